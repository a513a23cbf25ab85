"""Columns of boxes in their order: neurons from top to bottom, example after example, whatever Graphviz made of it.

Graphviz gives each box its column, and shuffles the columns to cross fewer edges. Where a network's are shuffled, they
are sorted here, placed beside what they are connected with, and the edges run through the gaps between the boxes.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from micrograd_paper.drawing.dot import FRAME_TITLE_HEIGHT, MARGIN, Shape

GAP = 12.0  # between boxes of one column
BETWEEN = 10.0  # frames, one above the other
TITLE = FRAME_TITLE_HEIGHT + 8.0  # of a frame, with what Graphviz leaves around it
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


def is_shuffled(columns: Sequence[Column], shapes: Sequence[Shape], tops: Sequence[float], keys: Sequence[Key]) -> bool:
    """Whether a box of some column and group does not stand where its key puts it."""
    for column in columns:
        for group in {shapes[box].group for box in column}:
            members = sorted([box for box in column if shapes[box].group == group], key=lambda box: tops[box])
            if members != sorted(members, key=lambda box: keys[box]):
                return True
    return False


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
        self.taken = [
            sorted((tops[box], tops[box] + sum(shapes[box].heights)) for box in column) for column in columns
        ]
        self.used: list[set[int]] = [set() for _ in columns]

    def lane(self, number: int, wanted: float) -> float:
        """A free height in a column, near the wanted one."""
        free: list[float] = []
        ends = [float("-inf"), *(end for pair in self.taken[number] for end in pair), float("inf")]
        for high, low in zip(ends[::2], ends[1::2]):
            high, low = high + CLEAR, low - CLEAR
            if high <= low:
                free += [y for y in (min(max(wanted, high), low) + step * CLEAR for step in (0, -1, 1, -2, 2))
                         if high <= y <= low]
        open_lanes = [y for y in free if round(y / CLEAR) not in self.used[number]] or free
        found = min(open_lanes, key=lambda y: abs(y - wanted))
        self.used[number].add(round(found / CLEAR))
        return found
