"""A run of operations whose boxes go on at the top of a next one: they stand side by side, whatever else is drawn."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from micrograd_paper.drawing.dot import Shape
from micrograd_paper.drawing.placing.layout import Curve, Layout, ends, through, trimmed
from micrograd_paper.drawing.ledger import Edge
from micrograd_paper.reading.groups import LONG_RUN

RUN_GAP = 44  # between the boxes of a run


class Joined(NamedTuple):
    """The shapes and edges of a layout in which every run is one shape, and where in it the boxes are."""

    shapes: list[Shape]
    edges: list[Edge]
    runs: list[list[int]]  # the boxes of each shape, from left to right
    within: set[int]  # the edges in a run, by their number


def joined(shapes: Sequence[Shape], edges: Sequence[Edge]) -> Joined:
    """With a shape for each run, which an edge enters in its first box, and leaves from its last one."""
    entering, leaving = Counter([edge.target for edge in edges]), Counter([edge.source for edge in edges])
    between = Counter([(edge.source, edge.target) for edge in edges if not edge.row and not edge.kind])
    after = {
        source: target for (source, target), count in between.items()
        if entering[target] == leaving[source] == count
        and min(len(shapes[box].heights) for box in (source, target)) >= LONG_RUN
    }
    begun = set(after.values())
    runs = [run_from(box, after) for box in range(len(shapes)) if box not in begun]
    place = {box: number for number, run in enumerate(runs) for box in run}
    within = {i for i, edge in enumerate(edges) if after.get(edge.source) == edge.target}
    outer = [edge._replace(source=place[edge.source], target=place[edge.target])
             for i, edge in enumerate(edges) if i not in within]
    return Joined([whole([shapes[box] for box in run]) for run in runs], outer, runs, within)


def run_from(box: int, after: dict[int, int]) -> list[int]:
    run = [box]
    while run[-1] in after:
        run.append(after[run[-1]])
    return run


def whole(shapes: Sequence[Shape]) -> Shape:
    """Those of a run as one: its first row is theirs, and the middle of its last row that of the last one's."""
    first, last = shapes[0], shapes[-1]
    if len(shapes) == 1:
        return first
    high, exit_at = max(sum(shape.heights) for shape in shapes), sum(last.heights) - last.heights[-1] // 2
    low = 2 * (high - exit_at)
    wide = sum(shape.width + shape.gutter for shape in shapes) - first.gutter + RUN_GAP * (len(shapes) - 1)
    heights = [first.heights[0], high - first.heights[0] - low, low]
    return Shape(wide, heights, first.group, first.gutter, first.lanes, last.width)


def taken_apart(plan: Layout, joint: Joined, shapes: Sequence[Shape], edges: Sequence[Edge]) -> Layout:
    """The layout of the boxes themselves."""
    if not joint.within:
        return plan
    corners = [(0.0, 0.0)] * len(shapes)
    for run, (x, y) in zip(joint.runs, plan.corners):
        x -= shapes[run[0]].gutter
        for box in run:
            x += shapes[box].gutter
            corners[box] = x, y
            x += shapes[box].width + RUN_GAP
    curves: list[Curve] = []
    outer, places = iter(plan.curves), list(ends(shapes, edges, corners))
    for i, (edge, (start, tip)) in enumerate(zip(edges, places)):
        if i in joint.within:
            x, _ = corners[edge.target]
            curves.append(through(start, tip, [(start[0], x - shapes[edge.target].gutter)], []))
        else:
            curve = next(outer)
            x, y = curve.points[0]
            bottom = corners[edge.source][1] + sum(shapes[edge.source].heights)
            up = [(x, bottom)] * 2 + [(x, y)] if y > bottom else []
            curves.append(Curve([*up, *curve.points], curve.tip))
    return trimmed(shapes, corners, plan.frames, curves)
