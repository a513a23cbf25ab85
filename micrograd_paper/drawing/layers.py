"""A network as one box a layer: the shapes of W, b and δ, their norms, and the norms of their gradients."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from micrograd_paper.drawing.amounts import shade
from micrograd_paper.drawing.box_columns import PILL_PADDING, number_width, symbol_width
from micrograd_paper.drawing.document import document, tooltip
from micrograd_paper.drawing.ledger import called
from micrograd_paper.drawing.legend import Entry, not_computed, scale
from micrograd_paper.drawing.marks import MIDDLE, SYMBOL_MIDDLE, absent_pill, pill, px, rectangle, symbol, text
from micrograd_paper.drawing.layer_rows import Box, Row, box_of, norm_text
from micrograd_paper.reading.network import Network
from micrograd_paper.drawing.outcome import outcome_marks, outcome_width
from micrograd_paper.reading.roles import Graph, Names
from micrograd_paper.drawing.style import NUMBER_SIZE, SCALE_SIZE, SYMBOL_SIZE, shade_class
from micrograd_paper.drawing.text import width
from micrograd_paper.display import cut, four_digits

TITLE_HEIGHT, ROW_HEIGHT, FOOT = 34, 28, 8
PADDING, SPACE = 14, 12  # at a box's sides, between its columns
LEAST_PILL = 44
CORNER = 8
LEAST_ARROW, ARROWHEAD = 60, 9
EXPLANATION = "shape · norm, the root of the sum of squares · norm of the gradient"


class Columns(NamedTuple):
    """Widths in a box; no pill in the inputs'."""

    title: float
    symbol: float
    shape: float
    norm: float
    pill: float

    @property
    def width(self) -> float:
        pill = SPACE + self.pill if self.pill else 0
        return 2 * PADDING + max(self.title, self.symbol + SPACE + self.shape + SPACE + self.norm + pill)


def picture(graph: Graph, theme: str, title: str | None, prefix: str) -> str:
    """The whole SVG. Raises UsageError for a graph of no one network."""
    drawing = Drawing(Network(graph, "layers"), prefix)
    return document(
        drawing.marks(), drawing.size, drawing.entries(), theme, title,
        f"The layers of the network {drawing.network.shape_text}, {drawing.root}", drawing.description(),
    )


class Drawing:
    """The marks of one picture, their ids, and the scale of the pills."""

    def __init__(self, network: Network, prefix: str) -> None:
        self.network = network
        self.prefix = prefix
        self.names = Names()
        self.root = cut(called(network.graph, network.graph.root))
        self.boxes = [box_of(network, l) for l in network.layers]
        norms = [row.gradient for box in self.boxes if not box.is_given for row in box.rows]
        self.largest = max([size for size in norms if size is not None and math.isfinite(size)], default=0.0)
        self.rows = max(len(box.rows) for box in self.boxes)
        self.middle = TITLE_HEIGHT + self.rows * ROW_HEIGHT / 2
        self.height = TITLE_HEIGHT + self.rows * ROW_HEIGHT + FOOT
        self.columns = [columns_of(box) for box in self.boxes]
        self.lefts = [0.0]
        for box, columns in zip(self.boxes, self.columns):
            self.lefts.append(self.lefts[-1] + columns.width + arrow_length(box.output))
        self.size = self.lefts[-1] + outcome_width(network), self.height

    def new(self, wanted: str) -> str:
        return self.prefix + self.names.new(wanted)

    def marks(self) -> Iterator[str]:
        for box, columns, left, end in zip(self.boxes, self.columns, self.lefts, self.lefts[1:]):
            yield from self.box_marks(box, columns, left)
            yield from self.arrow_marks(box.output, left + columns.width, end)
        yield from outcome_marks(self.network, self.new, self.lefts[-1], self.middle)

    def box_marks(self, box: Box, columns: Columns, left: float) -> Iterator[str]:
        role = "input" if box.is_given else "weighted-input"
        yield f'<g id="{self.new(box.name)}" class="layer {role} {role}-box">'
        for part in ("fill", "outline"):
            yield rectangle(left, 0, columns.width, self.height, part, CORNER)
        yield text(left + columns.width / 2, 21, box.title, "title centred")
        for i, row in enumerate(box.rows):
            yield from self.row_marks(row, columns, left, self.middle + ROW_HEIGHT * (i - (len(box.rows) - 1) / 2))
        yield "</g>"

    def row_marks(self, row: Row, columns: Columns, left: float, middle: float) -> Iterator[str]:
        """symbol | shape | norm | norm of the gradient."""
        x = left + PADDING
        right = left + columns.width - PADDING
        yield f'<g id="{self.new(row.symbol.ascii)}" class="row {row.role}">'
        yield tooltip(row.tooltip)
        yield symbol(x, middle + SYMBOL_MIDDLE * SYMBOL_SIZE, row.symbol, SYMBOL_SIZE, "symbol")
        yield text(x + columns.symbol + SPACE, middle + MIDDLE * SCALE_SIZE, row.shape, "small faint")
        low = middle + MIDDLE * NUMBER_SIZE
        if row.norm_text:
            yield text(right - (columns.pill + SPACE if columns.pill else 0), low, row.norm_text, "value")
        if columns.pill and not self.network.computed:
            yield absent_pill(right - columns.pill, middle, columns.pill)
        elif columns.pill:
            colour = shade(row.gradient, self.largest)
            yield pill(right - columns.pill, middle, columns.pill, colour)
            number = norm_text(row.gradient)
            yield text(right - PILL_PADDING, low, number, f"gradient on-{shade_class(colour)}")
        yield "</g>"

    def arrow_marks(self, output: Row, start: float, end: float) -> Iterator[str]:
        """What one layer hands to the next: its name above the arrow, its shape below."""
        middle, y = (start + end - ARROWHEAD) / 2, self.middle
        yield f'<g id="{self.new(output.symbol.ascii)}" class="output">'
        yield tooltip(output.tooltip)
        yield f'<path d="M{px(start)} {px(y)}H{px(end - ARROWHEAD)}" class="edge thick"/>'
        yield f'<path d="M{px(end)} {px(y)}l-{ARROWHEAD} -4.5v9z" class="arrow"/>'
        yield symbol(middle, y - 8, output.symbol, SYMBOL_SIZE, "symbol centred")
        yield text(middle, y + 16, output.shape, "small faint centred") + "</g>"

    def entries(self) -> list[Entry]:
        """The legend."""
        words = Entry([text(0, MIDDLE * NUMBER_SIZE, EXPLANATION, "title")], number_width(EXPLANATION))
        if not self.network.computed:
            return [words, not_computed()]
        return [words, scale("0", four_digits(float(f"{self.largest:.2g}")), "", range(5))] if self.largest else [words]

    def description(self) -> str:
        """What somebody who does not see the picture has to know."""
        parts = []
        for box in self.boxes:
            rows = [f"{row.symbol} {row.shape}{norm_words(row, self.network.computed)}" for row in box.rows]
            parts.append(f"{box.title}: {', '.join(rows)}.")
        return " ".join(["From left to right,", *parts, f"{self.root} = {four_digits(self.network.graph.root.data)}."])


def norm_words(row: Row, computed: bool) -> str:
    size = f" with norm {row.norm_text}" if row.norm_text else ""
    return f"{size}, gradient {norm_text(row.gradient)}" if computed else size


def columns_of(box: Box) -> Columns:
    """The narrowest columns that hold a box's rows."""
    pills = [LEAST_PILL, *(number_width(norm_text(row.gradient)) + 2 * PILL_PADDING for row in box.rows)]
    return Columns(
        number_width(box.title),
        max(symbol_width(row.symbol, SYMBOL_SIZE) for row in box.rows),
        SCALE_SIZE * max(width(row.shape) for row in box.rows),
        max(number_width(row.norm_text) for row in box.rows),
        0 if box.is_given else max(pills),
    )


def arrow_length(output: Row) -> float:
    words = max(symbol_width(output.symbol, SYMBOL_SIZE), SCALE_SIZE * width(output.shape))
    return max(LEAST_ARROW, words + 20 + ARROWHEAD)
