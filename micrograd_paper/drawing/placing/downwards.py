"""The layout of a picture that is read downwards: that from left to right, of boxes which lie on their sides, turned.

An edge ends on top of its box, or goes down a lane left of it to its row: that of the lowest row in the leftmost lane.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from micrograd_paper.deadline import Deadline, Watched
from micrograd_paper.drawing.dot import ARROW, MARGIN, Shape, inlet_height, inlet_numbers
from micrograd_paper.drawing.placing.layout import Curve, Frame, Layout, Point, layout, trimmed
from micrograd_paper.drawing.ledger import Edge
from micrograd_paper.drawing.placing.ordering import TITLE, Key

BEND = 6.0  # radius, from a lane into a row
NUMBER = 16  # above a box on which edges with numbers end


def layout_down(
    shapes: Sequence[Shape], edges: Sequence[Edge], titles: Mapping[int, int], deadline: Deadline,
    keys: Sequence[Key] = (),
) -> Layout:
    """Place the shapes from the top to the bottom; all else is as in `layout`."""
    inlets = inlet_numbers(edges)
    order = sorted(range(len(edges)), key=lambda i: (bool(shapes[edges[i].target].lanes), edges[i].row, inlets[i]))
    first = next((at for at, i in enumerate(order) if shapes[edges[i].target].lanes), len(order))
    order = [*order[:first], *order[:first - 1 if first else None:-1]]
    numbered = {edge.target for edge in edges if edge.partial}
    lying = [lain(shape, shape.group in titles, box in numbered) for box, shape in enumerate(shapes)]
    plan = layout(lying, [edges[i]._replace(row=0) for i in order], {}, deadline, keys)
    corners = [(y + shape.gutter, x) for (x, y), shape in zip(plan.corners, shapes)]
    curves: list[Curve] = Watched([Curve([], (0.0, 0.0))] * len(edges), deadline)
    for i, curve in zip(order, plan.curves):
        edge, upright = edges[i], Curve([(y, x) for x, y in curve.points], curve.tip[::-1])
        shape, (x, y) = shapes[edge.target], corners[edge.target]
        if shape.lanes:
            above = [*accumulate(shape.heights, initial=0)][edge.row]
            upright = into_row(upright, (x, y + above + inlet_height(shape.heights[edge.row], *inlets[i])))
        curves[i] = upright
    frames = {}
    for group, title in titles.items():
        members = [box for box, shape in enumerate(shapes) if shape.group == group]
        left = min(corners[box][0] - shapes[box].gutter for box in members) - MARGIN
        right = max(corners[box][0] + shapes[box].width for box in members) + MARGIN
        high = min(corners[box][1] for box in members) - MARGIN - TITLE
        low = max(corners[box][1] + sum(shapes[box].heights) for box in members) + MARGIN
        frames[group] = Frame(left, high, max(right - left, title + 2 * MARGIN), low - high)
    return trimmed(shapes, corners, frames, curves)


def lain(shape: Shape, is_framed: bool, is_numbered: bool) -> Shape:
    """The box on its side: lanes, then what is left of its gutter, then itself. What is free above it is its gutter."""
    beside = [shape.lanes, shape.gutter - shape.lanes] if shape.lanes else []
    own = [shape.width - shape.last, shape.last] if shape.last else [shape.width]
    free = TITLE * is_framed + NUMBER * (is_numbered and not shape.lanes)
    return Shape(sum(shape.heights), [*beside, *own], shape.group, round(free))


def into_row(curve: Curve, tip: Point) -> Curve:
    """The curve, which ends above a lane, on down that lane and to the right into a row."""
    (lane, _), (x, y) = curve.tip, tip
    bend, end, corner = min(BEND, x - ARROW - lane), (x - ARROW, y), (lane, y)
    turn, after = (lane, y - bend), (lane + bend, y)
    return Curve([*curve.points, curve.points[-1], turn, turn, corner, corner, after, after, end, end], tip)
