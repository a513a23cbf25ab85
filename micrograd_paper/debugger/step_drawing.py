"""The drawing of a graph with one step of its backward pass marked in it."""

import re
from collections.abc import Mapping

from micrograd_paper.drawing.draw import Drawing, draw_within
from micrograd_paper.engine import Value
from micrograd_paper.reading.parts import GraphPart
from micrograd_paper.stepping.steps import Shared, Step

MARK = "#E11D48"  # visible on a light and on a dark background, and no role's colour
STYLES = {
    "node": f'fill="none" stroke="{MARK}" stroke-width="3"',
    "operand": f'fill="none" stroke="{MARK}" stroke-width="2" stroke-dasharray="5 3"',
    "edge": f'fill="none" stroke="{MARK}" stroke-width="3"',
}


def drawing_of(
    shared: Shared, step: Step | None, title: str, reached: Mapping[Value, bool], part: GraphPart | None = None
) -> Drawing:
    """The graph, or a part of it, with the step's node framed, its operand in a dashed frame, and their edge thick.

    Only the nodes that the pass has reached have a gradient. Raises what draw raises.
    """
    drawing = draw_within(shared.root, reached, title, shared.reading.paths, part)
    if step is None or step.position is None:
        return drawing
    edge = drawing.edges.get((step.node, step.position))
    marks = [
        *outline(drawing.svg, edge, "edge"),
        *outline(drawing.svg, drawing.ids.get(step.node.operands[step.position]), "operand"),
        *outline(drawing.svg, drawing.ids.get(step.node), "node"),
    ]
    head, legend, rest = drawing.svg.partition('</g>\n<g class="legend">')  # above everything else of the graph
    marked = "\n".join([head.rstrip("\n"), '<g class="current-step">', *marks, "</g>", ""]) + legend + rest
    return Drawing(marked, drawing.ids, drawing.edges)


def outline(svg: str, name: str | None, kind: str) -> list[str]:
    """The first path of the element with this id again, as a mark."""
    if name is None:
        return []
    element = re.search(rf'<g id="{re.escape(name)}"[^>]*>.*?<path d="([^"]*)"', svg, re.DOTALL)
    return [f'<path d="{element[1]}" class="current-{kind}" {STYLES[kind]}/>'] if element else []
