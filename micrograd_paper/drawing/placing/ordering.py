"""A network's boxes in columns, by arithmetic: layer after layer, neurons from top to bottom, example after example.

Graphviz has no option that keeps an order. Here each box has a column, right of all that it is computed from, and is
placed beside what it is connected with; the edges run through the gaps between the boxes.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from micrograd_paper.drawing.dot import FRAME_TITLE_HEIGHT, MARGIN, Shape

GAP = 12.0  # between boxes of one column
BETWEEN = 10.0  # frames, one above the other
TITLE = FRAME_TITLE_HEIGHT + 8.0  # of a frame, with what Graphviz leaves around it
ROOM, MOST_ROOM, FOLDED_ROOM = 58.0, 116.0, 44.0  # between columns: the bends of few edges, of a hundred, of bands
CLEAR = 5.0  # between an edge and the boxes and edges that it passes

Key = tuple[int, ...]
Column = list[int]  # boxes from top to bottom


class Band(NamedTuple):
    """The columns of one group, from the left, by their number; those of level 0 stand side by side."""

    group: int
    columns: dict[int, Column]
    level: int = 0

    @property
    def boxes(self) -> Column:
        return [box for column in self.columns.values() for box in column]

    def shares_columns(self, other: "Band") -> bool:
        """Whether their frames would overlap, were they at one height."""
        return min(self.columns) <= max(other.columns) and min(other.columns) <= max(self.columns)


def column_numbers(shapes: Sequence[Shape], edges: Iterable[tuple[int, int]]) -> list[int]:
    """The column of each box, from 0: one more than the last of what it is computed from, and right of all of the
    layers before. What is computed from nothing stands left of the first that uses it."""
    sources: list[list[int]] = [[] for _ in shapes]
    targets: list[list[int]] = [[] for _ in shapes]
    for source, target in edges:
        sources[target].append(source)
        targets[source].append(target)
    layers = sorted({shape.group for shape in shapes if shape.group is not None and shape.group > 0})
    inputs = {box for box, shape in enumerate(shapes) if layers and shape.group == layers[0] and not sources[box]}
    late = {box for box in range(len(shapes)) if not sources[box] and targets[box] and box not in inputs}
    order = computed_first(sources, targets)
    numbers, base = [0] * len(shapes), 0
    for layer in [*layers, None] if layers else [None]:
        members = [box for box in order if shapes[box].group == layer or (layer is None and not belongs(shapes[box]))]
        for box in members:
            found = [numbers[source] + 1 for source in sources[box] if sources[source] or source in inputs]
            numbers[box] = max([base * (layer is not None), *found])
        base = max([base, *(numbers[box] + 1 for box in members if layer is not None)])
    if any(numbers[source] >= numbers[target] for target in order if target not in late for source in sources[target]
           if source not in late):  # names of layers that no order of them fits
        for box in order:
            numbers[box] = max([numbers[source] + 1 for source in sources[box] if source not in late], default=0)
    for box in late:
        numbers[box] = min(numbers[target] for target in targets[box]) - 1
    least = min(numbers, default=0)
    return [number - least for number in numbers]


def belongs(shape: Shape) -> bool:
    """Whether it is in a layer."""
    return shape.group is not None and shape.group > 0


def computed_first(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[int]:
    """The boxes, each after all that it is computed from."""
    missing = [len(each) for each in sources]
    order = [box for box, count in enumerate(missing) if not count]
    for box in order:
        for target in targets[box]:
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    return order


def column_lefts(
    shapes: Sequence[Shape], numbers: Sequence[int], edges: Iterable[tuple[int, int]], is_folded: bool,
) -> list[float]:
    """The left end of each box, its gutter included. The boxes of a column have their middles on one line; where many
    edges bend between two columns there is more room."""
    count = max(numbers, default=-1) + 1
    widths, crossing = [0] * count, [0] * count
    for shape, number in zip(shapes, numbers):
        widths[number] = max(widths[number], shape.gutter + shape.width)
    for source, target in edges:
        for number in range(numbers[source], numbers[target]):
            crossing[number] += 1
    x, lefts = 0.0, []
    for wide, many in zip(widths, crossing):
        lefts.append(x)
        x += wide + (FOLDED_ROOM if is_folded else min(max(ROOM, many), MOST_ROOM))
    return [lefts[number] + (widths[number] - shape.gutter - shape.width) / 2
            for shape, number in zip(shapes, numbers)]


def sorted_tops(
    columns: Sequence[Column], shapes: Sequence[Shape], edges: Iterable[tuple[int, int]], keys: Sequence[Key]
) -> list[float]:
    """The upper ends of the boxes, sorted by their keys."""
    beside: dict[int, list[int]] = {box: [] for column in columns for box in column}
    for source, target in edges:
        beside[source].append(target)
        beside[target].append(source)
    tops: dict[int, float] = {}
    placed: list[Band] = []
    for band in bands(columns, shapes, keys):
        place(band, shapes, beside, tops)
        move(band, [other for other in placed if band.shares_columns(other)], shapes, tops)
        placed.append(band)
    return [tops[box] for box in range(len(shapes))]


def bands(columns: Sequence[Column], shapes: Sequence[Shape], keys: Sequence[Key]) -> list[Band]:
    """The groups: layers, whose columns stand side by side, and then what shares columns with one, as shared
    parameters do."""
    members: dict[int, dict[int, Column]] = {}
    for number, column in enumerate(columns):
        for box in sorted(column, key=lambda box: keys[box]):
            members.setdefault(shapes[box].group or 0, {}).setdefault(number, []).append(box)
    found: list[Band] = []
    for group in sorted(members, key=lambda group: (group < 0, -len(members[group]), abs(group))):
        band = Band(group, dict(sorted(members[group].items())))
        level = max([other.level for other in found if band.shares_columns(other)], default=-1) + 1
        found.append(band._replace(level=level))
    return sorted(found, key=lambda band: (band.level, -tallest(band, shapes)))


def tallest(band: Band, shapes: Sequence[Shape]) -> float:
    return max(height(column, shapes) for column in band.columns.values())


def height(column: Column, shapes: Sequence[Shape]) -> float:
    return sum(sum(shapes[box].heights) + GAP for box in column)


def place(band: Band, shapes: Sequence[Shape], beside: Mapping[int, Sequence[int]], tops: dict[int, float]) -> None:
    """The tallest column first, then outwards on both sides."""
    numbers = list(band.columns)
    first = max(numbers, key=lambda number: height(band.columns[number], shapes))
    at = numbers.index(first)
    for number in [*numbers[at:], *numbers[:at][::-1]]:
        column = band.columns[number]
        wanted = [middle_of([other for other in beside[box] if other in tops], shapes, tops) for box in column]
        known = [middle for middle in wanted if middle is not None]
        mean = math.fsum(known) / len(known) if known else 0.0
        heights = [float(sum(shapes[box].heights)) for box in column]
        for box, top in zip(column, stacked(heights, [mean if middle is None else middle for middle in wanted])):
            tops[box] = top


def middle_of(boxes: Sequence[int], shapes: Sequence[Shape], tops: Mapping[int, float]) -> float | None:
    middles = [tops[box] + sum(shapes[box].heights) / 2 for box in boxes]
    return math.fsum(middles) / len(middles) if middles else None


def stacked(heights: Sequence[float], wanted: Sequence[float]) -> list[float]:
    """Tops of boxes in this order, as near to the wanted middles as they can be without coming too close."""
    blocks: list[tuple[float, float, list[float]]] = []  # middle of the whole, its height, heights of its boxes
    for height, middle in zip(heights, wanted):
        block = middle, height, [height]
        while blocks and blocks[-1][0] + blocks[-1][1] / 2 + GAP > block[0] - block[1] / 2:
            above, whole, several = blocks.pop()
            count, added = len(several), len(block[2])
            shift = (whole + GAP) / 2  # of the lower one's middle below the middle of both
            together = (count * (above + (block[1] + GAP) / 2) + added * (block[0] - shift)) / (count + added)
            block = together, whole + GAP + block[1], [*several, *block[2]]
        blocks.append(block)
    tops = []
    for middle, whole, several in blocks:
        top = middle - whole / 2
        for height in several:
            tops.append(top)
            top += height + GAP
    return tops


def move(band: Band, others: Sequence[Band], shapes: Sequence[Shape], tops: dict[int, float]) -> None:
    """Move a band, with its frame, past those that it shares columns with: parameters above them, a layer below."""
    if others:
        high, low = frame_ends(band.boxes, shapes, tops)
        above, below = frame_ends([box for other in others for box in other.boxes], shapes, tops)
        shift = above - BETWEEN - low if band.group < 0 else below + BETWEEN - high
        for box in band.boxes:
            tops[box] += shift


def frame_ends(
    boxes: Iterable[int], shapes: Sequence[Shape], tops: Mapping[int, float] | Sequence[float]
) -> tuple[float, float]:
    """The upper and the lower end of a group's frame."""
    boxes = list(boxes)
    high, low = min(tops[box] for box in boxes), max(tops[box] + sum(shapes[box].heights) for box in boxes)
    return high - MARGIN - TITLE, low + MARGIN


class Lanes:
    """Where edges may pass the columns: between boxes, and apart from each other."""

    def __init__(self, columns: Sequence[Column], shapes: Sequence[Shape], tops: Sequence[float]) -> None:
        self.gaps: list[list[tuple[float, float]]] = []  # between the boxes of each column, from the top
        for column in columns:
            taken = sorted((tops[box], tops[box] + sum(shapes[box].heights)) for box in column)
            ends = [-math.inf, *(end for pair in taken for end in pair), math.inf]
            gaps = [(high + CLEAR, low - CLEAR) for high, low in zip(ends[::2], ends[1::2])]
            self.gaps.append([gap for gap in gaps if gap[0] <= gap[1]])
        self.used: list[set[int]] = [set() for _ in columns]

    def lane(self, number: int, wanted: float) -> float:
        """A free height in a column, near the wanted one."""
        gaps, used = self.gaps[number], self.used[number]
        at = bisect_left(gaps, (wanted, math.inf))
        found, least = wanted, math.inf
        nearest = None
        for near in (range(at - 1, -1, -1), range(at, len(gaps))):  # upwards and downwards
            for high, low in (gaps[i] for i in near):
                level = min(max(wanted, high), low)
                if abs(level - wanted) >= least:
                    break
                nearest = level if nearest is None or abs(level - wanted) < abs(nearest - wanted) else nearest
                for step in (0, -1, 1, -2, 2):
                    y = level + step * CLEAR
                    if high <= y <= low and abs(y - wanted) < least and round(y / CLEAR) not in used:
                        found, least = y, abs(y - wanted)
        if least == math.inf and nearest is not None:  # all are taken
            found = nearest
        used.add(round(found / CLEAR))
        return found
