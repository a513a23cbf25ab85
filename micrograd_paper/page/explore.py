"""A graph as one page to step through in a browser: the forward pass, the backward pass, a number changed by hand.

    >>> file = explore(C, "backprop.html")   # one self-contained HTML file, whose policy forbids loading anything else

The page holds the drawing, the numbers of the graph, and a text for each step with holes for its numbers. After an edit
the browser recomputes with the table of operations, translated to JavaScript by running it on `ProgramText`.
"""

import base64
import copy
import hashlib
import html
import itertools
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from micrograd_paper.costs import Cost, Example
from micrograd_paper.deadline import Deadline, Watched
from micrograd_paper.checks import integer
from micrograd_paper.display import as_given, cut, in_notebook, label_text, number_text
from micrograd_paper.drawing.box_widths import ROOM
from micrograd_paper.drawing.dot import SECONDS
from micrograd_paper.drawing.draw import MAX_NODES, THEMES, Drawing, check_limits, page_folds, page_picture, too_late
from micrograd_paper.drawing.rows import BEYOND
from micrograd_paper.drawing.rows import STEPS as SHADE_STEPS
from micrograd_paper.drawing.operations import Picture
from micrograd_paper.drawing.style import COLOURS
from micrograd_paper.drawing.svg import clean, exact, number_width
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import MicrogradPaperError, UsageError
from micrograd_paper.files import check_path, check_writable, write_atomically
from micrograd_paper.graph import recompute, stale
from micrograd_paper.kinds.program import JAVASCRIPT, ProgramText, written_op
from micrograd_paper.nn import MLP
from micrograd_paper.operations import TABLE, Op
from micrograd_paper.page.training import Training, descent_data, training
from micrograd_paper.paper import equation
from micrograd_paper.reading.names import node_names
from micrograd_paper.reading.parts import GraphPart
from micrograd_paper.reading.reading import Reading
from micrograd_paper.stepping.formulas import Part, is_of_the_table
from micrograd_paper.stepping.steps import Step, backward_steps, forward_steps
from micrograd_paper.stepping.words import CONDITIONS, PAGE_TEMPLATES, TEMPLATES

HERE = Path(__file__).parent
NO_FLOATS = "the numbers of this graph are no floats: the page shows them, and cannot compute with others"
RECOMPUTED = (
    '<p id="note">A number was changed after this graph was made. The page shows a copy of the graph, recomputed; its '
    "gradients are those of a pass on that copy.</p>\n"
)
SCRIPTS = ("passes.js", "picture.js", "lesson.js", "panel.js", "ask.js", "descent.js", "edit.js", "take.js")
PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf")
MOST_OPERANDS = 65_533  # a function in JavaScript has at most 65,534 parameters, of which one is the result
FOLDED = "folded-"  # begins the ids of the picture in which what is alike is one box
PREFIX = "node-"  # of the drawing's ids: a label may be anything, for example "step", which the page itself uses
ACCENT = {  # colour, ink on it, ink of an error
    "light": ("#C2410C", "#FFFFFF", "#B42318"),
    "dark": ("#FDBA74", "#111827", "#FDA29B"),
}
INKS = {  # of symbols, by what they are; the ground of the step at hand in the list
    "light": {"act": "#0F766E", "par": "#8A5A00", "pre": "#6D4BC3", "tint": "#FFF7ED"},
    "dark": {"act": "#43B5A4", "par": "#D6A045", "pre": "#A99BF3", "tint": "#241A10"},
}
FAILURES = {  # the errors that the page's functions raise: an operation of the table, and operands for which it fails
    "exp": ("exp", (1000.0,)), "log": ("log", (0.0,)), "sqrt": ("sqrt", (-1.0,)), "sin": ("sin", (math.inf,)),
    "cos": ("cos", (math.inf,)), "divide": ("divide", (1.0, 0.0)), "zero_power": ("power", (0.0, -1.0)),
    "negative_power": ("power", (-8.0, 0.5)), "large_power": ("power", (10.0, 1000.0)),
}


def explore(
    root: Value | GraphPart | MLP, path: str | os.PathLike[str] | None = None, *, theme: str = "auto",
    title: str | None = None, max_nodes: int = MAX_NODES, seconds: float = SECONDS,
    examples: Sequence[Example] | None = None, validation: Sequence[Example] | None = None,
    cost: Cost | str | None = None, step: int | None = None, view: str | None = None,
) -> Any:
    """Write a page that steps through the forward and the backward pass of root's graph; the path of the file.

    Without a path that is backprop.html; in a notebook the page shows itself there, and no file is written. It opens
    at `step`; view is present, for a projector, descent, ask, or None. Of a part, all of the graph is computed and the
    part alone is drawn.

    For a network instead of a root: the page shows the cost of the first example (x, y), and descends on all of them;
    validation are held-out examples. The cost is by default what the network was trained with, else the quadratic one.

    The page shows floats, and computes both passes itself: the graph is only read, and the gradients in its nodes do
    not matter. If a number was changed after the graph was made, the page shows it recomputed, and says so. theme is
    light, dark, or auto, which follows the viewer. Raises UsageError for numbers that cannot be floats and for more
    than max_nodes nodes, LayoutError if it takes longer than `seconds`, FileError.
    """
    inline = path is None and in_notebook()
    path = "backprop.html" if path is None else path
    if not inline:
        check_page_name(path)
        check_writable(path)
    text = page(root, theme=theme, title=title, max_nodes=max_nodes, seconds=seconds, examples=examples,
                validation=validation, cost=cost, step=step, view=view)
    if inline:
        return Inline(text)
    write_atomically(path, text)
    return Path(path).absolute()


class Inline:
    """A page that a notebook shows where it is made: in a frame of its own, which can do nothing to the notebook."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        return (f'<iframe srcdoc="{html.escape(self.text)}" sandbox="allow-scripts allow-downloads" width="100%" '
                'height="760" style="border:0"></iframe>')


def check_page_name(path: str | os.PathLike[str]) -> None:
    """Raise UsageError for the file name of a picture: it would not be opened as a page."""
    check_path(path)
    if Path(path).suffix.lower() in PICTURES:
        raise UsageError("explore writes a page, draw a picture: expected a name such as backprop.html; "
                         f"got {Path(path).name}")


def page(
    root: Value | GraphPart | MLP, *, theme: str = "auto", title: str | None = None, max_nodes: int = MAX_NODES,
    seconds: float = SECONDS, examples: Sequence[Example] | None = None, validation: Sequence[Example] | None = None,
    cost: Cost | str | None = None, step: int | None = None, view: str | None = None,
) -> str:
    """The text of the page that `explore` writes."""
    if theme not in THEMES:
        raise UsageError(f"unknown theme {theme!r}: expected {', '.join(THEMES)}")
    if title is not None and not isinstance(title, str):
        raise UsageError(f"a title is text; got {title!r}")
    check_limits(max_nodes, seconds)
    start = start_of(step, view)
    part, given = None, None
    if isinstance(root, GraphPart):
        part, root = root, root.root
    if isinstance(root, MLP):
        given = training(root, examples, validation, cost)
        root = given.root
    elif examples is not None or validation is not None or cost is not None:
        raise UsageError("examples, validation and cost are for a network: explore(net, path, examples=[(x, y)])")
    try:
        return page_within(Deadline(seconds), root, theme, title, max_nodes, given, start, part, step)
    except TimeoutError as error:
        raise too_late(error, "draw a smaller part of the graph") from error


def page_within(
    deadline: Deadline, root: Value, theme: str, title: str | None, max_nodes: int, given: Training | None,
    start: str, part: GraphPart | None = None, step: int | None = None,
) -> str:
    twin, paths = in_floats(root, max_nodes)
    if part is not None:
        twins = dict(zip(topological_order(root), topological_order(twin)))
        part = part._replace(root=twin, nodes={twins[node]: None for node in part.nodes},
                             focus=tuple([twins[node] for node in part.focus]))
    graph = Passes(twin, paths, deadline)
    if step is not None and step > len(graph.steps):
        raise UsageError(f"this graph has {len(graph.steps):,} steps; got step={step}")
    place = {node: i for i, node in enumerate(topological_order(root))} if given else {}
    inputs = [graph.nodes[place[node]] for node in given.inputs] if given else []
    descent = descent_data(graph.roles, graph.number, graph.named, given, inputs)
    names = node_names(graph.nodes, paths)
    is_folded = part is None or part.kind == "collapsed"
    drawing = page_picture(twin, theme, None, prefix=PREFIX, max_nodes=max_nodes, deadline=deadline, paths=paths,
                           part=None if is_folded else part)
    reading = Reading(twin, graph.nodes, paths)
    folds = page_folds(reading, theme, FOLDED, deadline, part) if is_folded else None
    heading = clean(cut(title, 120)) if title else f"The graph of {names[graph.root]}, step by step"
    style = Template(read("page.css")).substitute(scheme="light dark" if theme == "auto" else theme) + variables(theme)
    program, unwritable = program_of(deadline.watched(graph.operations))
    script = "\n".join([program, *map(read, SCRIPTS if folds is None else (*SCRIPTS[:-1], "fold.js", SCRIPTS[-1]))])
    described = page_data(graph, drawing, names, unwritable) | {"descent": descent}
    styles = [style, style_of(drawing.svg)]
    if folds is not None:
        described["folds"] = folds_data(graph, folds)
        styles.append(style_of(folds.svg))
    data = json.dumps(described, ensure_ascii=False, allow_nan=False)
    return Template(read("page.html")).substitute(
        policy=policy([script], list(dict.fromkeys(styles))), start=start,
        title=html.escape(heading), note=RECOMPUTED if stale(root) else "", style=style,
        drawing=drawing.svg + ("" if folds is None else folds.svg.replace("<svg ", '<svg hidden="" ', 1)),
        script=script, graph=data.replace("<", "\\u003c"),
    )


VIEWS = {None: "", "present": "&amp;view=present", "descent": "&amp;mode=descent", "ask": "&amp;mode=ask"}


def start_of(step: int | None, view: str | None) -> str:
    """The attribute that says where the page opens. Raises UsageError."""
    if view not in VIEWS:
        raise UsageError(f"unknown view {view!r}: expected present, descent or ask")
    number = 0 if step is None else integer(step)
    if number is None or number < 0:
        raise UsageError(f"a step is a number from 0 on; got {as_given(step)}")
    return "" if step is None and view is None else f' data-start="step={number}{VIEWS[view]}"'


def read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def in_floats(root: Value, max_nodes: int) -> tuple[Value, dict[Value, str]]:
    """A copy of the graph, recomputed, and the paths to its nodes from the program's variables.

    Its numbers are floats; where one of them cannot be a float, all stay as they are. Raises UsageError if the graph is
    too large, and what an operation raises if a leaf that was changed is now outside of its domain.
    """
    nodes = topological_order(root)
    count = len(nodes)
    if count > max_nodes:
        raise UsageError(f"a graph of {count:,} nodes is too large for a page: the limit is {max_nodes:,} nodes; "
                         "max_nodes raises it")
    widest = max(nodes, key=lambda node: len(node.operands))
    if len(widest.operands) > MOST_OPERANDS:
        raise UsageError(f"a page cannot compute an operation of {len(widest.operands):,} operands: the limit is "
                         f"{MOST_OPERANDS:,} operands")
    twin = copy.deepcopy(root)
    reading, copies = Reading(root), topological_order(twin)
    paths = {copied: reading.paths[node] for node, copied in zip(reading.nodes, copies) if node in reading.paths}
    if stale(twin):
        for node, path in paths.items():  # for an error
            node.label = path
        try:
            recompute(twin)
        except MicrogradPaperError as error:
            raise type(error)(f"the graph cannot be recomputed for a page: {error}") from error
        for node in paths:
            node.label = None
    floats = {node: [as_float(number) for number in (node.data, *node.partials)] for node in copies}
    if not any(None in numbers for numbers in floats.values()):
        for node, (data, *partials) in floats.items():
            node.data, node.partials = data, tuple(partials)
    return twin, paths


def as_float(number: Any) -> float | None:
    """The number as a float; None if it is none, as a symbol, an array or a complex number."""
    try:
        if getattr(number, "shape", ()) == ():
            return float(number)
    except (TypeError, ValueError, OverflowError):
        pass
    return None


class Operation(NamedTuple):
    """An operation with as many operands as it has in the graph."""

    op: Op
    arity: int


class Passes:
    """A graph of floats, its steps, and its gradients after them."""

    def __init__(self, root: Value, paths: Mapping[Value, str], deadline: Deadline) -> None:
        self.root = root
        self.paths = paths
        self.nodes = Watched(topological_order(root), deadline)
        self.is_real = all(isinstance(x, float) for node in self.nodes for x in (node.data, *node.partials))
        for node in self.nodes:
            node.grad = 0.0 if self.is_real else 0
        self.number = {node: i for i, node in enumerate(self.nodes)}
        steps = itertools.chain(forward_steps(root, paths), backward_steps(root, paths=paths))
        self.steps = Watched(deadline.watched(steps), deadline)
        reading = Reading(root, self.nodes, paths)
        self.roles = roles = reading.roles
        self.named = set(reading.given_names)
        learns = not {"weight", "bias"}.isdisjoint(roles.values())
        self.given = {node for node, role in roles.items() if learns and role in ("input", "target")}
        self.operations = list(dict.fromkeys(
            Operation(node.op, len(node.operands)) for node in self.nodes if node.op is not None
        ))


def program_of(operations: Iterable[Operation]) -> tuple[str, str | None]:
    """The operations as JavaScript, and why the page cannot compute with them; None if it can."""
    written, unwritable = [], None
    for op, count in operations:
        try:
            parameters, forward, partials = written_op(op, count, JAVASCRIPT)
        except Exception as error:  # a user-defined operation, which may be made for floats alone
            unwritable = (f"this page cannot recompute {clean(op.name)}: its functions are not made for any kind of "
                          f"number ({error})")
            written.append("  null,")
            continue
        given = ", ".join(parameters)
        written.append(f"  {{ // {operations_comment(op, count)}\n    forward: ({given}) => {forward},\n"
                       f"    partials: (result, {given}) => [{', '.join(partials)}],\n  }},")
    return "\n".join(['"use strict";', "const PROGRAM = [", *written, "];", *conditions(), ""]), unwritable


def conditions() -> Iterator[str]:
    """The conditions of the sentences, written as the operations are."""
    yield "const CONDITIONS = {"
    for name, condition in CONDITIONS.items():
        yield f"  {name}: x => {condition(ProgramText('x', JAVASCRIPT))},"
    yield "};"


def operations_comment(op: Op, count: int) -> str:
    """Name and number of operands; a user-defined name could end the script."""
    return f"{op.name if op.name in TABLE or op.name == 'constant_power' else 'an operation'} of {count}"


def page_data(graph: Passes, drawing: Drawing, names: dict[Value, str], unwritable: str | None) -> dict[str, Any]:
    """The data for the page's script, to be written as JSON."""
    number = {operation: i for i, operation in enumerate(graph.operations)}
    keys = Reading(graph.root, graph.nodes, graph.paths).ids
    equations = dict.fromkeys(step.equation for step in graph.steps if step.equation)
    steps = [described_step(step, graph) for step in graph.steps]
    return {
        "nodes": [
            {
                "id": drawing.ids.get(node), "key": keys[node], "name": names[node],
                "label": None if node.label is None else clean(cut(str(node.label), 200)),
                **called(label_text(node.label or graph.paths.get(node, "operand")), names[node]),
                "op": None if node.op is None else number[Operation(node.op, len(node.operands))],
                "operands": [graph.number[operand] for operand in node.operands],
                "data": in_json(node.data), "partials": [in_json(partial) for partial in node.partials],
                **({} if node.origin is None else {"origin": clean(str(node.origin))}),
            }
            for node in graph.nodes
        ],
        "ops": [{"name": clean(op.name), "symbol": clean(op.symbol)} for op, _ in graph.operations],
        "steps": steps,
        "templates": {key: TEMPLATES[key] for key in dict.fromkeys(
            key for step in steps for key in [*[case[2] for case in step["saying"][0]], step["saying"][2]] if key
        )} | PAGE_TEMPLATES,
        "edges": {f"{graph.number[node]},{position}": id for (node, position), id in drawing.edges.items()},
        "equations": {name: equation_text(name) for name in equations},
        "sigmoid": [*[equation(name).text for name in (8, "sigmoid-slope")], *[
            i for i, (op, _) in enumerate(graph.operations) if op.name == "sigmoid" and is_of_the_table(op)]],
        "errors": {name: message(*failure) for name, failure in FAILURES.items()},
        "shades": SHADE_STEPS,
        "beyond": BEYOND,
        "room": round(number_width(ROOM), 2),
        "unwritable": unwritable if graph.is_real else NO_FLOATS,
        "recorded": None if graph.is_real else {
            "grad": [in_json(node.grad) for node in graph.nodes],
            **{name: [in_json(getattr(step, name)) for step in graph.steps] for name in ("before", "term", "after")},
        },
    }


def called(text: str, name: str) -> dict[str, str]:
    """What a node is called in an error, where that is not its name."""
    return {} if text == name else {"called": text}


def folds_data(graph: Passes, folds: Picture) -> dict[str, Any]:
    """The rows of the folded picture, each with its nodes, and the bands between them, by the rows at their ends."""
    rows = {node: at for at, nodes in enumerate(folds.rows.values()) for node in nodes}
    bands = {(rows[node.operands[position]], rows[node]): id for (node, position), id in folds.edges.items()
             if node in rows and node.operands[position] in rows}
    return {
        "rows": [[id, [graph.number[node] for node in nodes]] for id, nodes in folds.rows.items()],
        "bands": {f"{source},{target}": id for (source, target), id in bands.items()},
    }


def described_step(step: Step, graph: Passes) -> dict[str, Any]:
    def described_part(part: Part) -> Any:
        if isinstance(part, str):
            return part
        return [part.quantity, graph.number[part.node], part.position, part.bracketed]

    cases, slots, tail = step.saying
    return {
        "node": graph.number[step.node],
        "operand": None if step.operand is None else graph.number[step.operand],
        "position": step.position,
        "name": step.name,
        "formula": [described_part(part) for part in step.formula],
        "numbers": [described_part(part) for part in step.numbers],
        "result": described_part(step.result),
        "equation": step.equation,
        "saying": [
            [[condition, number and described_part(number), template] for condition, number, template in cases],
            {slot: [described_part(part) for part in parts] for slot, parts in slots.items()}, tail,
        ],
        **({"skipped": True} if step.operand is not None and step.operand in graph.given else {}),
    }


def equation_text(name: str) -> tuple[str, str]:
    """Title and formula of an equation such as "(24)"; for (18), which every step applies, in any names."""
    if name == "(18)":
        return "the chain rule", "∂C/∂x = Σ ∂C/∂u·∂u/∂x"
    found = equation(int(name.strip("()")))
    return found.title, found.text


def in_json(number: Any) -> Any:
    """JSON knows no nan and no infinity; JavaScript's Number reads them from text. What is no float is only text."""
    if not isinstance(number, float):
        return None if number is None else [number_text(number), clean(exact(number))]
    return number if math.isfinite(number) else "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"


def message(name: str, operands: Sequence[float]) -> str:
    """The message of this Python's exception when the operation fails there."""
    try:
        TABLE[name].forward(*operands)
    except (ArithmeticError, ValueError) as error:
        return str(error)
    raise AssertionError(f"{name} of {operands} does not fail")


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """The Content-Security-Policy: these scripts and styles, by their hashes, and nothing else at all."""
    allowed = [" ".join([f"'{sha256(text)}'" for text in texts]) for texts in (scripts, styles)]
    return (f"default-src 'none'; script-src {allowed[0]}; style-src {allowed[1]}; "
            "img-src blob:; base-uri 'none'; form-action 'none'")


def sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def style_of(svg: str) -> str:
    """The text of the drawing's <style>."""
    return svg.partition("<style>")[2].partition("</style>")[0]


def variables(theme: str) -> str:
    """The page's colours as CSS variables: the drawing's, and an accent for the step at hand."""
    rules = {}
    for name in ("light", "dark"):
        accent, on_accent, error = ACCENT[name]
        colours = {**COLOURS[name], **INKS[name], "accent": accent, "on_accent": on_accent, "error": error}
        rules[name] = ";".join([f"--{key.replace('_', '-')}:{colour}" for key, colour in colours.items()])
    if theme != "auto":
        return f":root{{{rules[theme]}}}\n"
    return f":root{{{rules['light']}}}\n@media (prefers-color-scheme:dark){{:root{{{rules['dark']}}}}}\n"
