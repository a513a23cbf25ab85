"""The columns of a ledger box: operator | symbol | value | local derivative | gradient pill, wide enough for any font.

Left of the box is its gutter, where the local derivatives of the edges stand.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from micrograd_paper.drawing.dot import MAX_INLETS, Shape
from micrograd_paper.drawing.ledger import Box, Ledger
from micrograd_paper.drawing.rows import NodeRow
from micrograd_paper.drawing.style import (
    DELTA_SIZE, OPERATOR_SIZE, PARTIAL_SIZE, ROLE_FAMILIES, SCALE_SIZE, SYMBOL_SIZE,
)
from micrograd_paper.drawing.svg import CLOCK, PILL_PADDING, letter_width, name_width, number_width, symbol_width, width
from micrograd_paper.notation import Symbol

TERM_HEIGHT, HEIGHT = 24, 27  # of a parameter's row, of any other
INLET_PITCH = 9  # between arrowheads
PARTIAL_PITCH = 16  # between arrowheads with a number above each
LANE, BAND_LANE = 8, 22  # between edges, between bands, on their way down
GUTTER = 16  # beside the number: the arrowhead, and where the edge comes level
ROOM = "−0.01234"  # for the numbers of a page, which condenses longer ones
PADDING = 10
CELL = 6  # of a strip of gradients
STUB = 28  # a pill's width beside its text
FAMILY = {role: family for family, roles in ROLE_FAMILIES.items() for role in roles}


class Columns(NamedTuple):
    """Widths in px; all but the value's and the pill's may be 0. `width` is the box's, without the gutter."""

    operator: int
    letter: int  # of symbols, up to their indices
    symbol: int
    value: int
    partial: int
    pill: int
    gutter: int
    many: int = 0  # of rows of many nodes
    cells: int = 0

    @property
    def symbol_left(self) -> int:
        return self.operator + (6 if self.operator else PADDING)

    @property
    def joint(self) -> int:
        """Where letters end and indices begin."""
        return self.symbol_left + self.letter

    def name_end(self, name: Symbol | str) -> float:
        before = self.letter - letter_width(name, SYMBOL_SIZE) if isinstance(name, Symbol) else 0.0
        return self.symbol_left + before + name_width(name)

    @property
    def value_right(self) -> int:
        return self.many_right + (PADDING if self.symbol or self.many else 2) + self.value

    @property
    def many_right(self) -> int:
        return self.symbol_left + self.symbol + (PADDING + self.many if self.many else 0)

    @property
    def partial_right(self) -> int:
        return self.value_right + (PADDING + self.partial if self.partial else 0)

    @property
    def pill_left(self) -> int:
        return self.partial_right + PADDING

    @property
    def width(self) -> int:
        return self.cells_left + self.cells * CELL if self.cells else self.pill_left + self.pill + 6

    @property
    def cells_left(self) -> int:
        return self.pill_left + self.pill + PADDING


def columns_of(book: Ledger, roomy: bool = False, is_down: bool = False) -> list[Columns]:
    """Each box's columns: the same for the boxes of a layer that are of the same make.

    Roomy: as wide as ROOM, whatever the numbers are. Downwards the numbers of bands stand beside the boxes.
    """
    makes = [make(i, box) for i, box in enumerate(book.boxes)]
    rows: dict[tuple[object, ...], list[NodeRow]] = {}
    for made, box in zip(makes, book.boxes):
        rows.setdefault(made, []).extend(box.rows)
    entering: dict[tuple[object, ...], list[str]] = {}
    for edge in book.edges:
        entering.setdefault(makes[edge.target], []).append(
            edge.partial or (edge.times if is_down or not edge.kind else ""))
    fitting = {made: fitted(together, entering.get(made, []), roomy) for made, together in rows.items()}
    return [fitting[made] for made in makes]


def make(place: int, box: Box) -> tuple[object, ...]:
    """What boxes of equal width have in common; a box of no layer has its own width."""
    if box.group is None or box.rows[0].role == "stub":
        return (place,)
    return -1, box.group, *(FAMILY[row.role] for row in box.rows)


def fitted(rows: Sequence[NodeRow], entering: Iterable[str], roomy: bool) -> Columns:
    """The narrowest columns that hold these rows and the local derivatives of the edges that enter."""
    if rows[0].role == "stub":
        return Columns(0, 0, 0, math.ceil(number_width(rows[0].value)), 0, 0, 0)
    operator = max(OPERATOR_SIZE * width(row.operator) for row in rows)
    partials = [row.partial for row in rows if row.partial], [partial for partial in entering if partial]
    column, gutter = (math.ceil(PARTIAL_SIZE * max(map(width, texts), default=0)) for texts in partials)
    if roomy:
        rows = [row._replace(value=ROOM, gradient=ROOM) for row in rows]
    letters = [letter_width(row.name, SYMBOL_SIZE) for row in rows if isinstance(row.name, Symbol)]
    letter = math.ceil(max(letters, default=0.0))
    unplaced = Columns(0, letter, 0, 0, 0, 0, 0)
    return Columns(
        max(22, math.ceil(operator) + 10) if operator else 0, letter,
        math.ceil(max(unplaced.name_end(row.name) - unplaced.symbol_left + twin_width(row) for row in rows)),
        math.ceil(max(number_width(row.value, is_bold(row)) + CLOCK * row.is_older for row in rows)),
        column,
        math.ceil(max(pill_width(row) for row in rows)),
        gutter + GUTTER if gutter else 0,
        math.ceil(max(SCALE_SIZE * width(row.many) for row in rows)),
        max(len(row.cells) for row in rows) + 1 if any(row.cells for row in rows) else 0,
    )


def is_bold(row: NodeRow) -> bool:
    """What the graph computes stands out from what it was given."""
    return not row.is_term and row.operator != ""


def twin_width(row: NodeRow) -> float:
    """Of #2, after the name, with a space before it."""
    return SCALE_SIZE * width(row.twin) + 4 if row.twin else 0.0


def pill_width(row: NodeRow) -> float:
    if row.gradient is None:
        return 32.0
    delta = symbol_width(row.delta, DELTA_SIZE) + 6 if row.delta is not None else 0.0
    alarm = 8 if row.shade is None else 0  # an exclamation mark
    return max(32.0, delta + alarm + number_width(row.gradient) + 2 * PILL_PADDING)


def shape(box: Box, columns: Columns, inlets: dict[int, int], is_down: bool = False, is_folded: bool = False) -> Shape:
    """The box as the layout sees it; a row of one node that many edges enter is high enough to tell them apart.

    Downwards edges end on top, if all enter the first row and there is room, or beside their rows, in the order of
    their lanes.
    """
    pitch = PARTIAL_PITCH if columns.gutter else INLET_PITCH
    count = min(sum(inlets.values()), MAX_INLETS)
    if is_down and set(inlets) <= {0} and count * max(columns.gutter, INLET_PITCH) <= columns.width:
        inlets = {}
    gutter, lanes = columns.gutter, 0
    if is_down:
        lanes = (BAND_LANE if is_folded else LANE) * count if inlets else 0
        gutter = lanes + (columns.gutter or GUTTER) if inlets else 0
    heights = [
        max(TERM_HEIGHT if row.is_term else HEIGHT,
            min(inlets.get(i, 0), MAX_INLETS) * pitch if len(row.nodes) < 2 else 0)
        for i, row in enumerate(box.rows)
    ]
    return Shape(columns.width, heights, box.group, gutter, lanes)
