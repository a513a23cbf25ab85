"""Both passes of a graph as a moving picture, a step at a time: for slides.

    animate(C, "pass.svg")                      moves by itself, in a browser and on a page
    animate(around(C, "z2_1", 2), "pass.gif")   for everything else

A value appears when its node has been computed, a gradient when it is complete; each step is framed, and said above.
"""

import copy
import io
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from micrograd_paper.checks import real
from micrograd_paper.deadline import Deadline
from micrograd_paper.display import counted, cut
from micrograd_paper.drawing.draw import MOST_ROWS, Drawing, draw_within, outline
from micrograd_paper.drawing.formats import png
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.files import check_path, write_atomically
from micrograd_paper.reading.parts import GraphPart
from micrograd_paper.reading.reading import Reading
from micrograd_paper.stepping.steps import Shared, Step, after_steps, chain_rule

SVG = "{http://www.w3.org/2000/svg}"
HOLD = 3  # steps that the end is shown for
LONGEST_CAPTION = 90
MOST_SECONDS = 60.0  # a step
FROM, ONLY = "data-from", "data-only"  # the steps from which, and in which, something is seen
WHEN_STILL = "@media (prefers-reduced-motion:reduce){.moving{animation:none!important}}"


class Moment(NamedTuple):
    """A step: its line, its node, and the operand that the chain rule is applied to; none in the forward pass."""

    caption: str
    node: Value
    position: int | None


def animate(root: Value | GraphPart, path: str | os.PathLike[str], *, seconds: float = 1.0) -> None:
    """Write both passes of root's graph, or of a part of it, as an SVG that moves or as a GIF.

    seconds  a step lasts; the end, which is the whole picture, three times as long

    An SVG is light or dark as the viewer is, and shows its end alone to those who want less motion. Nothing in the
    graph is changed. Raises NotAValue, FileError, and UsageError for another suffix, for more than 150 nodes, for a GIF
    without Pillow or resvg (extra [gif]), and for seconds outside of 0 to 60.
    """
    check_path(path)
    suffix = Path(path).suffix.lower()
    if suffix not in (".svg", ".gif"):
        what = suffix or "a file without a suffix"
        raise UsageError(f"cannot save a moving picture as {what}: expected .svg or .gif in {os.fspath(path)}")
    if not 0 < (real(seconds) or 0.0) <= MOST_SECONDS:
        raise UsageError(f"expected seconds above 0, at most {MOST_SECONDS:.0f}; got {seconds!r}")
    part, root = (root, root.root) if isinstance(root, GraphPart) else (None, root)
    order = topological_order(root)
    shown = dict.fromkeys(order) if part is None else part.nodes
    if len(shown) > MOST_ROWS:
        raise UsageError(f"a moving picture has at most {MOST_ROWS} nodes; this has {counted(len(shown), 'node')}: "
                         "animate a part of it, such as around(C, name, 2)")
    paths = Reading(root, order).paths
    moments = moments_of(order, paths, shown)
    with after_steps(order, sum(len(node.operands) for node in order)) as (reached, _):
        longest = max([moment.caption for moment in moments], key=len, default="")
        drawing = draw_within(root, reached, longest or " ", paths, part)
    picture = timed(drawing, moments)
    write_atomically(path, gif(picture, len(moments), seconds) if suffix == ".gif"
                     else moving(picture, len(moments), seconds))


def moments_of(order: list[Value], paths: Mapping[Value, str], shown: Mapping[Value, Any]) -> list[Moment]:
    """The steps of both passes that are in the picture. The gradients that the graph holds stay as they are."""
    shared, held = Shared(order, 1, paths), [node.grad for node in order]
    forward = [Step(shared, node, None, None, None, None, None, node.data) for node in order if node.op is not None]
    found = [Moment(caption_of(step), step.node, None) for step in forward if step.node in shown]
    try:
        found += [Moment(caption_of(step), step.node, step.position) for step in chain_rule(shared)
                  if step.node in shown and step.operand in shown]
    finally:
        for node, grad in zip(order, held):
            node.grad = grad
    return found


def caption_of(step: Step) -> str:
    """The whole line, or what of it has room: no number is cut."""
    lines = (step.text, f"{step.symbols} = {step.filled((step.result,))}", step.symbols)
    return next((line for line in lines if len(line) <= LONGEST_CAPTION), cut(step.symbols, LONGEST_CAPTION))


def timed(drawing: Drawing, moments: Sequence[Moment]) -> ElementTree.Element:
    """The drawing of the end, in which what comes later says from which step on, and marks say in which."""
    ElementTree.register_namespace("", SVG[1:-1])
    picture = ElementTree.fromstring(drawing.svg)
    rows = {each.get("id"): each for each in picture.iter(f"{SVG}g") if each.get("id")}
    backward = [i for i, moment in enumerate(moments) if moment.position is not None]
    values = {moment.node: i for i, moment in enumerate(moments) if moment.position is None}
    gradients = {moments[i].node.operands[moments[i].position or 0]: i + 1 for i in backward}
    begins = backward[0] if backward else len(moments)
    for node, name in drawing.ids.items():
        for element in rows[name].iter() if name in rows else ():
            classes = (element.get("class") or "").split()
            if "value" in classes and node in values:
                element.set(FROM, str(values[node]))
            elif {"pill", "gradient", "delta"} & set(classes):
                element.set(FROM, str(gradients.get(node, begins)))
    heading = next(each for each in picture.iter(f"{SVG}text") if each.get("class") == "heading")
    parent = next(each for each in picture.iter() if heading in list(each))
    graph = next(each for each in picture.iter(f"{SVG}g") if each.get("class") == "graph")
    for i, moment in enumerate(moments):
        caption = copy.deepcopy(heading)
        caption.text = moment.caption
        caption.set(ONLY, str(i))
        parent.insert(list(parent).index(heading), caption)
        marks = "".join(marks_of(drawing, moment))
        group = ElementTree.fromstring(f'<g xmlns="{SVG[1:-1]}" class="current-step" {ONLY}="{i}">{marks}</g>')
        graph.append(group)
    parent.remove(heading)
    title = picture.find(f"{SVG}title")
    if title is not None:
        title.text = "Both passes, step by step"
    return picture


def marks_of(drawing: Drawing, moment: Moment) -> list[str]:
    """The node framed; its operand in a dashed frame, and their edge thick."""
    node = outline(drawing.svg, drawing.ids.get(moment.node), "node")
    if moment.position is None:
        return node
    operand = drawing.ids.get(moment.node.operands[moment.position])
    edge = drawing.edges.get((moment.node, moment.position))
    return [*outline(drawing.svg, edge, "edge"), *outline(drawing.svg, operand, "operand"), *node]


def moving(picture: ElementTree.Element, steps: int, seconds: float) -> str:
    """The SVG, in which rules of CSS let each thing appear at its time, over and over."""
    slots = steps + HOLD
    rules = [f".moving{{animation-duration:{slots * seconds:g}s;animation-iteration-count:infinite;"
             "animation-timing-function:step-end}", f"[{ONLY}]{{visibility:hidden}}", WHEN_STILL]
    for kind in (FROM, ONLY):
        for i in sorted({int(each.get(kind) or 0) for each in picture.iter() if each.get(kind) is not None}):
            seen = [(0, i == 0), (i, True), *([(i + 1, False)] if kind == ONLY and i + 1 < steps else [])]
            frames = "".join([f"{100 * at / slots:.4g}%{{visibility:{'visible' if is_seen else 'hidden'}}}"
                              for at, is_seen in seen])
            name = f"{kind.removeprefix('data-')}-{i}"
            rules += [f"@keyframes {name}{{{frames}}}", f".{name}{{animation-name:{name}}}"]
    for each in picture.iter():
        for kind in (FROM, ONLY):
            if each.get(kind) is not None:
                classes = f"{each.get('class') or ''} moving {kind.removeprefix('data-')}-{each.get(kind)}"
                each.set("class", classes.strip())
    style = picture.find(f"{SVG}style")
    if style is not None:
        style.text = (style.text or "") + "\n".join(rules) + "\n"
    return ElementTree.tostring(picture, "unicode") + "\n"


def gif(picture: ElementTree.Element, steps: int, seconds: float) -> bytes:
    """A frame a step, and the end."""
    try:
        from PIL import Image
    except ImportError as error:
        raise UsageError('a GIF needs Pillow: pip install "micrograd_paper[gif]"') from error
    pictures = [png(still(picture, i, steps - 1), Deadline(60), 1.0) for i in range(steps + 1)]
    frames = [Image.open(io.BytesIO(each)).convert("RGB") for each in pictures]
    first, *more = [frame.quantize(256) for frame in frames]
    buffer = io.BytesIO()
    first.save(buffer, "gif", save_all=True, append_images=more, loop=0,
               duration=[1000 * seconds] * steps + [1000 * seconds * HOLD])
    return buffer.getvalue()


def still(picture: ElementTree.Element, step: int, last: int) -> str:
    """The SVG as it is in one step; after the last one, with that marked."""
    frame = copy.deepcopy(picture)
    for parent in list(frame.iter()):
        for each in list(parent):
            begins, only = each.get(FROM), each.get(ONLY)
            if (begins is not None and int(begins) > step) or (only is not None and int(only) != min(step, last)):
                parent.remove(each)
    return re.sub(r' data-(from|only)="\d+"', "", ElementTree.tostring(frame, "unicode"))
