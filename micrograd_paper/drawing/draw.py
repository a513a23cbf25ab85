"""A computation graph as SVG.

    drawing = draw(C)            ledger boxes of operations, values and gradients, from the inputs to C
    drawing.save("C.svg")        "C.png" or "C.pdf"; drawing.svg is the text; a notebook shows the drawing itself

    draw(C, derivatives=True)    the local derivatives too, which the chain rule multiplies
    draw(C, detail="neurons")    the network as the paper's Figure 4; detail="layers": one box a layer
"""

import base64
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

from micrograd_paper.deadline import Deadline, Watched
from micrograd_paper.display import counted, label_text
from micrograd_paper.drawing import operations
from micrograd_paper.drawing.dot import SECONDS, dot_of
from micrograd_paper.drawing.eliding import elided, opened_boxes
from micrograd_paper.drawing.formats import FORMATS, check_choice, check_format
from micrograd_paper.drawing.style import in_notebook
from micrograd_paper.drawing.svg import picture_size
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import FileError, LayoutError, StaleGraphWarning, UsageError
from micrograd_paper.checks import integer, real
from micrograd_paper.files import write_atomically
from micrograd_paper.nn import MLP, Forward
from micrograd_paper.reading.groups import Place, folded_places, leads_back, on_paths, runs
from micrograd_paper.reading.parts import GraphPart, above, collapsed
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.symbols import last_layer, symbol_of

if TYPE_CHECKING:
    from micrograd_paper.stepping.steps import Step

MAX_NODES = 5000
MOST_ROWS = 150  # of a graph that is drawn node by node unless all of it is asked for
HUGE = 100_000  # nodes, beyond which a graph gets more time
MOST_BOXES = 40  # of runs that are drawn whole
MOST_NEURONS, LEAST_NEURONS = 8, 3  # of a layer that are drawn; that may be asked for
LONGEST = 1e6  # seconds, a time limit that a system can keep
DIRECTIONS = ("right", "down")
DETAILS = ("operations", "neurons", "layers")
LARGEST_SCALE = 20.0
PAPER = re.compile(r'\n<rect [^>]*class="paper"/>')
THEMES = ("auto", "light", "dark")
MARK = "#E11D48"  # visible on a light and on a dark background, and no role's colour
STYLES = {
    "node": f'fill="none" stroke="{MARK}" stroke-width="3"',
    "operand": f'fill="none" stroke="{MARK}" stroke-width="2" stroke-dasharray="5 3"',
    "edge": f'fill="none" stroke="{MARK}" stroke-width="3"',
}
PREFIX = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*)?")


IMAGE = (
    '<img id="{0}" alt="computation graph" style="max-width:100%;height:auto" src="data:image/svg+xml;base64,{1}">'
    '<script>{{const image = document.getElementById("{0}"); if (image) image.outerHTML = new TextDecoder().decode('
    'Uint8Array.from(atob(image.src.split(",")[1]), byte => byte.charCodeAt(0)));}}</script>'
)
number_shown = 0  # of drawings in notebooks


class Drawing:
    """An SVG picture: `.svg` is its text, `.save(path)` writes it, a notebook shows it.

    ids    node → the id of its element
    edges  (consumer, operand's position) → the id of the edge's element; no entry where both are in one box
    limit  the seconds that it may take, a PNG included, and those that it has taken

    Both are empty for a picture of neurons or layers.
    """

    def __init__(
        self, svg: str, ids: dict[Value, str] | None = None, edges: dict[tuple[Value, int], str] | None = None,
        limit: tuple[float, float] = (SECONDS, 0.0), graph: Reading | None = None,
    ) -> None:
        self.svg = svg
        self.graph = graph
        self.limit = limit
        self.ids = ids or {}
        self.edges = edges or {}

    def save(
        self, path: str | os.PathLike[str] | IO[Any], *, format: str | None = None, scale: float | None = None,
        background: str | None = None,
    ) -> None:
        """Write the picture to a file, whole or not at all, or to an open binary one.

        format      svg, png, pdf, tex or dot; without it what the name ends in, else svg
        scale       times the picture's own size; of a PNG the pixels for one px (default: 2 for a PNG, 1 else)
        background  "transparent" leaves out the ground

        Raises FileError, UsageError for another format, one without its extra [png] or [pdf], or a PNG without a font,
        and LayoutError for what takes too long.
        """
        is_open = hasattr(path, "write")
        written, usual = FORMATS[check_format(path, format)]
        if scale is not None and not 0 < (real(scale) or 0.0) <= LARGEST_SCALE:
            raise UsageError(f"expected a scale above 0, at most {LARGEST_SCALE:g}; got {scale!r}")
        if background not in (None, "transparent"):
            raise UsageError(f'expected background="transparent" or none; got {background!r}')
        svg = PAPER.sub("", self.svg, 1) if background else self.svg
        if check_format(path, format) == "dot":
            svg = self.dot()
        try:
            picture = written(svg, Deadline(*self.limit), usual if scale is None else float(scale))
        except TimeoutError as error:
            raise too_late(error, "save it as .svg") from error
        if not is_open:
            write_atomically(cast(str, path), picture)
            return
        try:
            cast(IO[Any], path).write(picture.encode("utf-8") if isinstance(picture, str) else picture)
        except (TypeError, ValueError, OSError) as error:
            raise FileError(f"cannot write the picture: {error}; expected a file that is open in mode wb") from error

    def dot(self) -> str:
        """The graph in Graphviz's language: the nodes that have a place in the drawing; of neurons and layers all."""
        if self.graph is None:
            raise UsageError("this drawing is of no graph that could be saved as DOT")
        return dot_of(self.graph, self.ids or dict.fromkeys(self.graph.nodes))

    def __repr__(self) -> str:
        wide, high = picture_size(self.svg)
        return f"<micrograd_paper drawing, {wide:.0f} × {high:.0f} px: save it as .svg, .png or .pdf>"

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        """For a notebook: no wider than its cell, in its theme where it says which, and with ids that nothing else on
        the page has. It is an image, in whose place a script puts the SVG: a notebook that is not trusted leaves the
        script out, and of an SVG all but its texts."""
        global number_shown
        number_shown += 1
        svg = re.sub(r'\bid="', f'id="drawing-{number_shown}-', self.svg)
        svg = svg.replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1)
        if ' micrograd-paper-auto"' in svg:
            svg = svg.replace("</style>", f"{in_notebook()}</style>", 1)
        return IMAGE.format(f"drawing-{number_shown}", base64.b64encode(svg.encode()).decode())


def draw(
    root: Value | GraphPart | Forward | MLP, *, detail: str = "operations", derivatives: bool = False,
    theme: str = "auto", title: str | None = None, prefix: str = "", max_nodes: int = MAX_NODES,
    seconds: float | None = None, collapse: bool = True, max_neurons: int = MOST_NEURONS, step: int | None = None,
    net: MLP | None = None, direction: str = "right",
) -> Drawing:
    """The graph that ends in root, or a part of one, with the gradients that root.backward() left in it; a forward pass
    without a cost; or a network without an example, in neurons.

    detail       operations: every node of the graph; neurons: Figure 4, lines for weights; layers: one box a layer
    derivatives  shows ∂node/∂operand too; of neurons the lines are the weights' gradients
    theme        light, dark, or auto, which follows the viewer
    prefix       begins every id of the drawing, so that several can stand on one page
    max_nodes    limit of the nodes drawn in operations
    seconds      time limit for the drawing, and for it and a PNG together; 10, for each 100,000 nodes, if it is None
    collapse     draws what is alike in a graph of more than 150 nodes as one box, and says so; False draws all
    max_neurons  of a larger layer the first neurons, a ⋮ and the last are drawn in neurons
    step         draws the middle of a backward pass, after so many applications of the chain rule, with the last one
                 marked; the nodes keep the gradients that they hold
    direction    right, or down: of operations, where the inputs stand: on the left, or on top
    net          the network of the graph: in neurons its features and classes stand beside inputs and outputs

    A graph of which a number was changed after it was made is drawn as it is: a clock stands before what is older than
    its leaves, gradients of then have no colour, and StaleGraphWarning is issued. The same graph gives the same bytes.
    Raises UsageError for an argument outside of this and for too many nodes, and LayoutError if it takes too long or
    the layout fails.
    """
    check_choice("detail", detail, DETAILS)
    check_choice("direction", direction, DIRECTIONS)
    if direction != "right" and detail != "operations":
        raise UsageError(f'detail="{detail}" is read from left to right: expected direction="right", or '
                         'detail="operations"')
    check_choice("theme", theme, THEMES)
    check_prefix(prefix)
    is_blank = isinstance(root, MLP)
    if isinstance(root, MLP):
        check_network(detail, derivatives, step)
        detail, root = "neurons", root.forward([0.0] * root.shape[0])  # whose numbers are not shown
    order = None
    if isinstance(root, Forward):
        if step is not None:
            raise UsageError("step draws the middle of a backward pass, which begins at a cost; got a forward pass")
        order = [*dict.fromkeys(node for output in root.output for node in topological_order(output))]
        net, root = root.net, root.output[-1]
    if net is not None and not isinstance(net, MLP):
        raise UsageError(f"expected net, a network; got {label_text(net)}")
    if title is not None and not isinstance(title, str):
        raise UsageError(f"a title is text; got {title!r}")
    seconds = patience(root) if seconds is None else seconds
    check_limits(max_nodes, seconds)
    check_neurons(max_neurons)
    if detail == "layers" and derivatives:
        raise UsageError('detail="layers" has no derivatives to show: expected detail="operations" or "neurons"')
    if step is not None and (integer(step) is None or detail != "operations"):
        raise UsageError(f'expected step, a number of steps, with detail="operations"; got {step!r}, "{detail}"')
    deadline = Deadline(seconds)
    is_of_operations = detail == "operations"
    part, root = (root, root.root) if isinstance(root, GraphPart) else (None, root)
    if part is not None and not is_of_operations:
        raise UsageError(f'a part is drawn in operations; detail="{detail}" draws the whole network')
    if is_of_operations and part is None and collapse and isinstance(root, Value) and is_larger(root, MOST_ROWS):
        part = collapsed(root)
    if order is not None:
        part = part and part._replace(nodes=dict.fromkeys(order))
        title = title or (f"A forward pass of {net.shape_text}" if part and net else None)
        graph = within(deadline, root, order=order)
        if part is None and is_of_operations and len(order) > max_nodes:
            raise too_many(order, max_nodes)
    else:
        graph = sized(root, max_nodes, deadline) if part is None and is_of_operations else within(deadline, root)
    try:
        if is_of_operations:
            with middle(graph, step) as (reached, last):
                chosen, places = drawable(graph, part, max_nodes, last)
                if last is not None and title is None:
                    title = f"{last.symbols} · step {step:,} of the backward pass"
                drawing = drawing_of(operations.picture(
                    graph, theme, title, prefix, derivatives, deadline, reached=reached, part=chosen, places=places,
                    is_down=direction == "down"), last)
        elif detail == "layers":
            from micrograd_paper.drawing import layers

            drawing = Drawing(layers.picture(graph, theme, title, prefix))
        else:
            from micrograd_paper.drawing import neurons

            drawing = Drawing(neurons.picture(
                graph, theme, title, prefix, derivatives, max_neurons, net, is_blank))
        note = graph.stale_note
    except TimeoutError as error:
        raise too_late(error, advice(is_of_operations and is_network(graph.nodes[:MAX_NODES]))) from error
    if note:
        warnings.warn(f"{note}; recompute(root) brings the graph up to date", StaleGraphWarning, 2)
    drawing.limit, drawing.graph = (seconds, deadline.used), graph
    return drawing


@contextmanager
def middle(graph: Reading, step: int | None) -> Iterator[tuple[Mapping[Value, bool] | None, "Step | None"]]:
    """The graph as it is, or after so many steps of a backward pass: what that has reached, and its last step."""
    if step is None:
        yield None, None
        return
    from micrograd_paper.stepping.steps import after_steps

    with after_steps(list(graph.nodes), step) as found:
        yield found


def draw_within(
    root: Value, reached: Mapping[Value, bool], title: str, paths: Mapping[Value, str], part: GraphPart | None = None,
    step: "Step | None" = None,
) -> Drawing:
    """The same in the middle of a backward pass, with a step of it marked: only the nodes that it has reached have a
    gradient, whole or not."""
    deadline = Deadline(patience(root))
    if part is None and is_larger(root, MOST_ROWS):
        part = collapsed(root)
    graph = within(deadline, root, paths)
    try:
        part, places = drawable(graph, part, MAX_NODES, step)
        return drawing_of(operations.picture(
            graph, "auto", title, "", False, deadline, reached=reached, part=part, places=places), step)
    except TimeoutError as error:
        raise LayoutError(f"{error}: {advice(is_network(graph.nodes))}") from error


def marked(picture: operations.Picture, node: Value, position: int) -> str:
    """With one application of the chain rule: its node framed, its operand in a dashed frame, and their edge thick."""
    operand = node.operands[position]
    rows = {each: name for name, nodes in picture.rows.items() for each in (node, operand) if each in nodes}
    marks = [
        *outline(picture.svg, picture.edges.get((node, position)), "edge"),
        *outline(picture.svg, rows.get(operand), "operand"),
        *outline(picture.svg, rows.get(node), "node"),
    ]
    head, legend, rest = picture.svg.partition('</g>\n<g class="legend">')  # above everything else of the graph
    return "\n".join([head.rstrip("\n"), '<g class="current-step">', *marks, "</g>", ""]) + legend + rest


def outline(svg: str, name: str | None, kind: str) -> list[str]:
    """The first path of the element with this id again, as a mark."""
    if name is None:
        return []
    element = re.search(rf'<g id="{re.escape(name)}"[^>]*>.*?<path d="([^"]*)"', svg, re.DOTALL)
    return [f'<path d="{element[1]}" class="current-{kind}" {STYLES[kind]}/>'] if element else []


def page_picture(
    root: Value, theme: str = "auto", title: str | None = None, *, prefix: str = "", max_nodes: int = MAX_NODES,
    deadline: Deadline | None = None, paths: Mapping[Value, str] | None = None, part: GraphPart | None = None,
) -> Drawing:
    """The drawing of operations for a page that rewrites its numbers: columns as wide as `box_widths.ROOM`.

    Every row holds one text.value, one rect.pill and one text.gradient, even where no gradient is computed yet.
    Raises what draw raises, and TimeoutError.
    """
    check_choice("theme", theme, THEMES)
    deadline = deadline or Deadline(SECONDS)
    graph = sized(root, max_nodes, deadline, paths)
    return drawing_of(operations.picture(graph, theme, title, prefix, False, deadline, roomy=True, part=part))


def page_folds(
    graph: Reading, theme: str, prefix: str, deadline: Deadline, part: GraphPart | None
) -> operations.Picture | None:
    """The same graph with what is alike in one box; None if it is small and nobody asked, or too little is alike.

    Raises what draw raises, and TimeoutError.
    """
    if part is None and len(graph.nodes) <= MOST_ROWS:
        return None
    part, places = drawable(graph, part or collapsed(graph.root), len(graph.nodes))
    if part is None or part.kind != "collapsed":
        return None
    return operations.picture(graph, theme, None, prefix, False, deadline, roomy=True, part=part, places=places)


def drawing_of(picture: operations.Picture, step: "Step | None" = None) -> Drawing:
    svg = picture.svg if step is None or step.position is None else marked(picture, step.node, step.position)
    return Drawing(svg, picture.ids, picture.edges)


def drawable(
    graph: Reading, part: GraphPart | None, most: int, step: "Step | None" = None
) -> tuple[GraphPart | None, dict[Value, Place]]:
    """The part, and what is drawn together in it, with the neurons of a step opened; of a graph in which too little is
    alike, its upper end.

    Raises UsageError for a part of too many nodes.
    """
    if part is None or part.kind != "collapsed":
        if part is not None and len(part.nodes) > most:
            raise UsageError(f"this part has {len(part.nodes):,} nodes, more than {most:,}: draw a smaller part of it, "
                             "or raise max_nodes")
        if part is None:
            return None, runs(graph)
        return part, on_paths(part.nodes) if part.kind == "between" else few(graph, part)
    ledger = runs(graph)
    if len(graph.nodes) - len(ledger) <= MOST_ROWS and 0 < len({place.box for place in ledger.values()}) <= MOST_BOXES:
        return None, ledger  # every node has its row
    symbols = [graph.symbols[node] for node in (step.node, step.operand) if node is not None] if step else []
    opened = [(symbol.layer, symbol.indices[0]) for symbol in symbols if symbol and symbol.layer and symbol.indices]
    places = folded_places(graph, {*part.opened, *opened, *[layer for layer, _ in opened]})
    if step is not None and step.operand is not None and opened:
        places |= opened_boxes(graph, part, places, step.operand)
    boxes = {place.box for place in places.values()}
    alone = len(graph.nodes) - len(places)
    is_small = len(boxes) + alone <= MOST_ROWS and len(set(places.values())) + alone <= 10 * MOST_ROWS
    if is_small and not (graph.is_network and leads_back(graph.nodes, places)):
        return part, places
    if len(graph.nodes) <= MOST_ROWS:
        return None, ledger
    steps, fitting = 0, above(graph.root, 0)
    while len((larger := above(graph.root, steps + 1)).nodes) <= MOST_ROWS // 2:
        steps, fitting = steps + 1, larger
    return fitting, few(graph, fitting)


def few(graph: Reading, part: GraphPart) -> dict[Value, Place]:
    """The places of what is left out of a part because there is much like it."""
    places = elided(graph, part)
    return {} if leads_back(part.nodes, places) else places


def patience(root: object) -> float:
    """The time limit for a graph, in seconds."""
    root = root.root if isinstance(root, GraphPart) else root
    is_huge = isinstance(root, Value) and is_larger(root, HUGE)
    return SECONDS * len(topological_order(cast(Value, root))) / HUGE if is_huge else SECONDS


def is_larger(root: Value, most: int) -> bool:
    """Whether the graph has more nodes than that; a look at that many is enough."""
    seen, stack = {root}, [root]
    while stack and len(seen) <= most:
        for operand in stack.pop().operands:
            if operand not in seen:
                seen.add(operand)
                stack.append(operand)
    return len(seen) > most


def too_late(error: TimeoutError, advice: str) -> LayoutError:
    return LayoutError(f"{error}: {advice}, or raise seconds")


def check_prefix(prefix: object) -> None:
    if not isinstance(prefix, str) or not PREFIX.fullmatch(prefix):
        raise UsageError(f"a prefix begins ids: expected a letter or _, then letters, digits, _ . -; got {prefix!r}")


def check_limits(max_nodes: object, seconds: object) -> None:
    if (integer(max_nodes) or 0) < 1:
        raise UsageError(f"expected max_nodes of 1 or more; got {max_nodes!r}")
    if not 0 < (real(seconds) or 0.0) <= LONGEST:
        raise UsageError(f"expected seconds above 0, at most {LONGEST:,.0f}; got {seconds!r}")


def check_network(detail: str, derivatives: bool, step: int | None) -> None:
    """What there is to draw of a network without an example."""
    for what, is_asked in (('detail="layers"', detail == "layers"), ("derivatives", derivatives),
                           ("step", step is not None)):
        if is_asked:
            raise UsageError(f"a network without an example has no {what} to draw: expected a cost of net.forward(x), "
                             "on the command line --data and --example")


def check_neurons(max_neurons: object) -> None:
    if (integer(max_neurons) or 0) < LEAST_NEURONS:
        raise UsageError(f"expected max_neurons of {LEAST_NEURONS} or more; got {max_neurons!r}")


def sized(root: Value, most: int, deadline: Deadline, paths: Mapping[Value, str] | None = None) -> Reading:
    """The graph. Raises UsageError if it has more nodes; a look at that many is enough."""
    stack = [root] if isinstance(root, Value) else []  # Reading refuses any other object
    seen = set(stack)
    while stack:
        for operand in stack.pop().operands:
            if operand not in seen:
                seen.add(operand)
                stack.append(operand)
                if len(seen) > most:
                    raise too_many(seen, most)
    return within(deadline, root, paths)


def too_many(nodes: Iterable[Value], most: int) -> UsageError:
    return UsageError(f"a graph of more than {counted(most, 'node')} is too large to draw in operations: "
                      f"{advice(is_network(nodes))}, or raise max_nodes")


def within(
    deadline: Deadline, root: Value, paths: Mapping[Value, str] | None = None, order: Sequence[Value] | None = None
) -> Reading:
    """The graph, whose nodes are walked through, by whatever is asked of it, only until the deadline: TimeoutError."""
    return Reading(root, Watched(topological_order(root) if order is None else order, deadline), paths)


def is_network(nodes: Iterable[Value]) -> bool:
    """Whether there are labels of a network among them, as far as can be seen without the rest of the graph."""
    return last_layer([symbol_of(node.label) for node in nodes]) > 0


def advice(is_network: bool) -> str:
    """What to do instead of drawing too much."""
    return 'draw with detail="neurons" or detail="layers"' if is_network else "draw a smaller part of it"
