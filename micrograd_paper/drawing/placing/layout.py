"""Where boxes stand and edges run: a network's by arithmetic, in columns; those of other graphs by Graphviz, but for
the curves between neighbouring columns.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from micrograd_paper.deadline import Deadline, Watched
from micrograd_paper.drawing.dot import ARROW, MARGIN, Shape, dot, inlet_height, inlet_numbers, run
from micrograd_paper.drawing.ledger import Edge
from micrograd_paper.drawing.placing.ordering import Key, Lanes, column_lefts, column_numbers, frame_ends, sorted_tops

Point = tuple[float, float]
STEPS = 32  # a cubic is followed in


class Frame(NamedTuple):
    x: float
    y: float
    width: float
    height: float


class Curve(NamedTuple):
    """A chain of cubics (1 + 3n points) and the tip of the arrow that goes on from its end."""

    points: list[Point]
    tip: Point


class Layout(NamedTuple):
    width: float
    height: float
    corners: list[Point]  # of each shape, the upper left one, right of its gutter
    frames: dict[int, Frame]  # of each group
    curves: list[Curve]  # of each edge


def layout(
    shapes: Sequence[Shape], edges: Sequence[Edge], titles: dict[int, int], deadline: Deadline,
    keys: Sequence[Key] = (),
) -> Layout:
    """Place the shapes from left to right; `titles` gives each group's width of title. With keys, the columns are
    placed by arithmetic, and the shapes of a group that stand in one are in the order of theirs.

    Raises TimeoutError, and LayoutError if Graphviz is needed, and missing or fails.
    """
    shapes, edges = Watched(shapes, deadline), Watched(edges, deadline)
    return in_columns(shapes, edges, titles, deadline, keys) if keys else by_graphviz(shapes, edges, deadline)


def in_columns(
    shapes: Sequence[Shape], edges: Sequence[Edge], titles: dict[int, int], deadline: Deadline, keys: Sequence[Key],
) -> Layout:
    """A network's layers from left to right, and in them what is computed first."""
    pairs = [(edge.source, edge.target) for edge in edges]
    numbers = column_numbers(shapes, pairs)
    lefts = column_lefts(shapes, numbers, pairs, any(edge.kind == "band" for edge in edges))
    columns = Columns(shapes, [(left + shape.gutter, 0.0) for left, shape in zip(lefts, shapes)])
    tops = sorted_tops(columns.boxes, shapes, pairs, keys)
    corners = [(left + shape.gutter, top) for left, shape, top in zip(lefts, shapes, tops)]
    frames = {}
    for group, title in titles.items():
        members = [i for i, shape in enumerate(shapes) if shape.group == group]
        high, low = frame_ends(members, shapes, tops)
        left = min(lefts[i] for i in members) - MARGIN
        right = max(lefts[i] + shapes[i].gutter + shapes[i].width for i in members) + MARGIN
        frames[group] = Frame(left, high, max(right - left, title + 2 * MARGIN), low - high)
    lanes = Lanes(columns.boxes, shapes, tops)
    curves: list[Curve] = Watched([], deadline)
    for edge, (start, tip) in zip(edges, ends(shapes, edges, corners)):
        passed = [lanes.lane(*at) for at in columns.passed(edge, start, tip)]
        curves.append(through(start, tip, columns.gaps(edge.source, edge.target), passed))
    return trimmed(shapes, corners, frames, curves)


def ends(
    shapes: Sequence[Shape], edges: Sequence[Edge], corners: Sequence[Point]
) -> Iterator[tuple[Point, Point]]:
    """Where each edge leaves its source, and where it enters its target."""
    rows = [[*accumulate(shape.heights, initial=0)] for shape in shapes]  # how far below its box's corner each begins
    for edge, inlet in zip(edges, inlet_numbers(edges)):
        source, target = shapes[edge.source], shapes[edge.target]
        x, y = corners[edge.source]
        start = x + source.width, y + rows[edge.source][-1] - source.heights[-1] / 2
        x, y = corners[edge.target]
        yield start, (x, y + rows[edge.target][edge.row] + inlet_height(target.heights[edge.row], *inlet))


def by_graphviz(shapes: Sequence[Shape], edges: Sequence[Edge], deadline: Deadline) -> Layout:
    """A graph of no network, which has no layers to be framed."""
    found = json.loads(run(dot(shapes, edges, inlet_numbers(edges)), deadline))
    height = coordinates(found["bb"])[3]  # y counts upwards there
    objects = {thing["name"]: thing for thing in found.get("objects", [])}
    corners = []
    for i, shape in enumerate(shapes):
        x, y = coordinates(objects[f"b{i}"]["pos"])
        corners.append((x - (shape.width - shape.gutter) / 2, height - y - sum(shape.heights) / 2))
    splines = {int(drawn["id"]): drawn["pos"] for drawn in found.get("edges", []) if "id" in drawn}
    columns = Columns(shapes, corners)
    curves: list[Curve] = Watched([], deadline)
    for i, (edge, (start, tip)) in enumerate(zip(edges, ends(shapes, edges, corners))):
        gaps = columns.gaps(edge.source, edge.target)
        if len(gaps) == 1 and gaps[0][1] - gaps[0][0] >= 2 * ARROW:
            curves.append(through(start, tip, gaps, []))
        else:
            curves.append(along(splines[i], height, start, tip, shapes[edge.target].gutter))
    return trimmed(shapes, corners, {}, curves)


def trimmed(
    shapes: Sequence[Shape], corners: Sequence[Point], frames: dict[int, Frame], curves: Sequence[Curve]
) -> Layout:
    """The layout moved to the origin, without the room for what is not drawn."""
    xs, ys = zip(
        *corners, *((x + shape.width, y + sum(shape.heights)) for shape, (x, y) in zip(shapes, corners)),
        *((frame.x, frame.y) for frame in frames.values()),
        *((frame.x + frame.width, frame.y + frame.height) for frame in frames.values()),
        *(point for curve in curves for point in waypoints(curve)),
    )
    left, top = min(xs), min(ys)

    def moved(point: Point) -> Point:
        return point[0] - left, point[1] - top

    return Layout(
        max(xs) - left, max(ys) - top, [moved(corner) for corner in corners],
        {group: Frame(*moved((x, y)), width, height) for group, (x, y, width, height) in frames.items()},
        [Curve([moved(point) for point in curve.points], moved(curve.tip)) for curve in curves],
    )


def waypoints(curve: Curve) -> list[Point]:
    """Points on the curve, within a fraction of a pixel of its extremes; its control points lie far outside."""
    found = []
    for i in range(0, len(curve.points) - 1, 3):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = ends = curve.points[i : i + 4]
        if all(min(a, d) <= b <= max(a, d) and min(a, d) <= c <= max(a, d) for a, b, c, d in zip(*ends)):
            found += [ends[0], ends[3]]
            continue
        for t in [step / STEPS for step in range(STEPS + 1)]:
            a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
            found.append((a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy))
    return found


def coordinates(text: str) -> list[float]:
    return [float(number) for number in text.split(",")]


class Columns:
    """Boxes of one rank have their middles on one line; between neighbouring columns no box stands in the way."""

    def __init__(self, shapes: Sequence[Shape], corners: Sequence[Point]) -> None:
        lefts = [x - shape.gutter for shape, (x, _) in zip(shapes, corners)]
        rights = [x + shape.width for shape, (x, _) in zip(shapes, corners)]
        self.middles = [round((left + right) / 2) for left, right in zip(lefts, rights)]
        self.number = {middle: i for i, middle in enumerate(sorted(set(self.middles)))}
        self.boxes: list[list[int]] = [[] for _ in self.number]
        for box, middle in enumerate(self.middles):
            self.boxes[self.number[middle]].append(box)
        self.left = [min(lefts[box] for box in column) for column in self.boxes]
        self.right = [max(rights[box] for box in column) for column in self.boxes]

    def gaps(self, source: int, target: int) -> list[tuple[float, float]]:
        """The free spaces, from x to x, between the columns from one box to another one."""
        at, to = self.number[self.middles[source]], self.number[self.middles[target]]
        return [(self.right[column], self.left[column + 1]) for column in range(at, to)]

    def passed(self, edge: Edge, start: Point, tip: Point) -> list[tuple[int, float]]:
        """The columns between an edge's ends, and at which height a straight line would pass each."""
        at, to = (self.number[self.middles[box]] for box in (edge.source, edge.target))
        slope = (tip[1] - start[1]) / max(tip[0] - start[0], 1.0)
        return [(column, start[1] + slope * ((self.left[column] + self.right[column]) / 2 - start[0]))
                for column in range(at + 1, to)]


def through(start: Point, tip: Point, gaps: Sequence[tuple[float, float]], lanes: Sequence[float]) -> Curve:
    """An S through each gap between columns, level beside the boxes, and past those between at the heights of lanes."""
    points, heights = [start], [start[1], *lanes, tip[1]]
    ends = [right for _, right in gaps[:-1]] + [gaps[-1][1] - ARROW]

    def straight(x: float, y: float) -> None:
        if points[-1][0] < x:
            points.extend([points[-1], (x, y), (x, y)])

    for (left, _), right, y, next_y in zip(gaps, ends, heights, heights[1:]):
        straight(left, y)
        middle = (left + right) / 2
        points.extend([(middle, y), (middle, next_y), (right, next_y)])
    straight(tip[0] - ARROW, tip[1])
    return Curve(points, tip)


def along(spline: str, height: float, start: Point, tip: Point, gutter: int) -> Curve:
    """The way that Graphviz found around what stands between, and on through the gutter."""
    points = [(x, height - y) for x, y in (coordinates(point.split("e,")[-1]) for point in spline.split()[1:])]
    if not gutter:
        return Curve([start, *points[1:]], tip)
    level, end = (tip[0] - gutter, tip[1]), (tip[0] - ARROW, tip[1])
    return Curve([start, *points[1:-1], level, level, end, end], tip)
