"""A network as one box a layer: the shapes of x, W, b and δ, their norms, and the norms of their gradients.

‖·‖ is the root of the sum of the squares of all elements, of a matrix too. In the graph of a batch x, a and δ are
matrices with a column for each example.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from micrograd_paper.display import number_text
from micrograd_paper.drawing.document import Entry, document, not_computed, scale, tooltip, words
from micrograd_paper.drawing.rows import largest_of, norm, shade
from micrograd_paper.drawing.network_marks import NetworkPicture, short
from micrograd_paper.drawing.style import NUMBER_SIZE, SCALE_SIZE, SYMBOL_SIZE, shade_class
from micrograd_paper.drawing.svg import (
    MIDDLE, PILL_PADDING, SYMBOL_MIDDLE, absent_pill, centred_joint, exact, letter_width, number_width, pill, px,
    rectangle, symbol, symbol_width, text, width,
)
from micrograd_paper.engine import Value
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.layers import INPUTS
from micrograd_paper.reading.network import Network
from micrograd_paper.reading.reading import Reading

NORM_DIGITS = 4
TITLE_HEIGHT, ROW_HEIGHT, FOOT = 34, 28, 8
PADDING, SPACE = 14, 12  # at a box's sides, between its columns
LEAST_PILL = 44
CORNER = 8
ERRORS = ("delta", "grad")  # what is a gradient itself: δ, or the same of another seed
LEAST_ARROW, ARROWHEAD = 60, 9
EXPLANATION = "shape · norm, the root of the sum of squares · norm of the gradient"


class LayerRow(NamedTuple):
    """A vector or matrix of a layer."""

    symbol: Symbol
    role: str
    shape: str  # 30 × 784
    norm: float | None  # None: an element is no number
    gradient: float | None  # None: not computed, or no number
    is_missing: bool  # not computed
    tooltip: list[str]  # lines, with the exact norms

    @property
    def norm_text(self) -> str:
        """Nothing for δ, which is a gradient itself."""
        return "" if self.symbol.name in ERRORS else norm_text(self.norm)


class LayerBox(NamedTuple):
    """A layer, and what leaves it: its a, or z where the graph has no a."""

    name: str  # an id: inputs, layer-2
    title: str
    is_given: bool  # without parameters: the inputs, or activations where the graph begins with them
    rows: list[LayerRow]
    output: LayerRow


class LayerColumns(NamedTuple):
    """Widths in a box; no pill in the inputs'."""

    title: float
    letter: float  # of a symbol, up to its index
    symbol: float
    shape: float
    norm: float
    pill: float

    @property
    def width(self) -> float:
        pill = SPACE + self.pill if self.pill else 0
        return 2 * PADDING + max(self.title, self.symbol + SPACE + self.shape + SPACE + self.norm + pill)


def picture(graph: Reading, theme: str, title: str | None, prefix: str) -> str:
    """The whole SVG. Raises UsageError for a graph of no one network."""
    drawing = LayersPicture(Network(graph, "layers"), prefix)
    return document(
        drawing.marks(), drawing.size, drawing.entries(), theme, title,
        f"The layers of the network {drawing.network.shape_text}, {drawing.root}", drawing.description(),
    )


class LayersPicture(NetworkPicture):
    """The marks of one picture, their ids, and the scale of the pills."""

    def __init__(self, network: Network, prefix: str) -> None:
        super().__init__(network, prefix)
        self.boxes = [box_of(self, l) for l in network.layers]
        norms = [row.gradient for box in self.boxes if not box.is_given for row in box.rows]
        self.largest = largest_of(norms)
        self.rows = max(len(box.rows) for box in self.boxes)
        self.middle = TITLE_HEIGHT + self.rows * ROW_HEIGHT / 2
        self.height = TITLE_HEIGHT + self.rows * ROW_HEIGHT + FOOT
        self.columns = [layer_columns(box) for box in self.boxes]
        self.lefts = [0.0]
        for box, columns in zip(self.boxes, self.columns):
            self.lefts.append(self.lefts[-1] + columns.width + arrow_length(box.output))
        self.leads_on = network.has_outcome or len(network.neurons[network.layers[-1]]) == 1  # to one number
        self.size = self.lefts[-1] + self.outcome_width * self.leads_on, self.height

    def marks(self) -> Iterator[str]:
        for box, columns, left, end in zip(self.boxes, self.columns, self.lefts, self.lefts[1:]):
            yield from self.box_marks(box, columns, left)
            yield from self.arrow_marks(box.output, left + columns.width, end)
        if self.leads_on:
            yield from self.outcome_marks(self.lefts[-1], self.middle)

    def box_marks(self, box: LayerBox, columns: LayerColumns, left: float) -> Iterator[str]:
        role = "input" if box.is_given else "weighted-input"
        yield f'<g id="{self.new(box.name)}" class="layer {role} {role}-box">'
        for part in ("fill", "outline"):
            yield rectangle(left, 0, columns.width, self.height, part, CORNER)
        yield text(left + columns.width / 2, 21, box.title, "title centred")
        for i, row in enumerate(box.rows):
            yield from self.row_marks(row, columns, left, self.middle + ROW_HEIGHT * (i - (len(box.rows) - 1) / 2))
        yield "</g>"

    def row_marks(self, row: LayerRow, columns: LayerColumns, left: float, middle: float) -> Iterator[str]:
        """symbol | shape | norm | norm of the gradient."""
        x = left + PADDING
        right = left + columns.width - PADDING
        yield f'<g id="{self.new(row.symbol.ascii)}" class="row {row.role}">'
        yield tooltip(row.tooltip)
        joint = x + columns.letter
        yield symbol(joint, middle + SYMBOL_MIDDLE * SYMBOL_SIZE, row.symbol, SYMBOL_SIZE, "symbol")
        yield text(x + columns.symbol + SPACE, middle + MIDDLE * SCALE_SIZE, row.shape, "small faint")
        low = middle + MIDDLE * NUMBER_SIZE
        if row.norm_text:
            yield text(right - (columns.pill + SPACE if columns.pill else 0), low, row.norm_text, "value")
        if columns.pill and row.is_missing:
            yield absent_pill(right - columns.pill, middle, columns.pill)
        elif columns.pill:
            colour = shade(row.gradient, self.largest)
            yield pill(right - columns.pill, middle, columns.pill, colour)
            number = norm_text(row.gradient)
            yield text(right - PILL_PADDING, low, number, f"gradient on-{shade_class(colour)}")
        yield "</g>"

    def arrow_marks(self, output: LayerRow, start: float, end: float) -> Iterator[str]:
        """What one layer hands to the next: its name above the arrow, its shape below."""
        middle, y = (start + end - ARROWHEAD) / 2, self.middle
        yield f'<g id="{self.new(output.symbol.ascii)}" class="output">'
        yield tooltip(output.tooltip)
        yield f'<path d="M{px(start)} {px(y)}H{px(end - ARROWHEAD)}" class="edge thick"/>'
        yield f'<path d="M{px(end)} {px(y)}l-{ARROWHEAD} -4.5v9z" class="arrow"/>'
        joint = middle + centred_joint(output.symbol, SYMBOL_SIZE)
        yield symbol(joint, y - 8, output.symbol, SYMBOL_SIZE, "symbol")
        yield text(middle, y + 16, output.shape, "small faint centred") + "</g>"

    def entries(self) -> list[Entry]:
        """The legend."""
        found = [words(EXPLANATION)]
        if any(row.is_missing for box in self.boxes if not box.is_given for row in box.rows):
            found.append(not_computed())
        if self.computed and self.largest:
            found.append(scale("0", number_text(float(f"{self.largest:.2g}")), "norm of the gradient", range(5)))
        return [*found, *self.notes]

    def description(self) -> str:
        """What somebody who does not see the picture has to know."""
        parts = []
        for box in self.boxes:
            rows = [f"{row.symbol} {row.shape}{norm_words(row, self.computed)}" for row in box.rows]
            parts.append(f"{box.title}: {', '.join(rows)}.")
        result = [f"{self.root} = {number_text(self.graph.root.data)}."] * self.leads_on
        return " ".join(["From left to right,", *parts, *result])


def norm_words(row: LayerRow, computed: bool) -> str:
    size = f" with norm {row.norm_text}" if row.norm_text else ""
    return f"{size}, gradient {norm_text(row.gradient)}" if computed else size


def layer_columns(box: LayerBox) -> LayerColumns:
    """The narrowest columns that hold a box's rows."""
    pills = [LEAST_PILL, *(number_width(norm_text(row.gradient)) + 2 * PILL_PADDING for row in box.rows)]
    letter = max(letter_width(row.symbol, SYMBOL_SIZE) for row in box.rows)
    return LayerColumns(
        number_width(box.title),
        letter,
        max(letter - letter_width(row.symbol, SYMBOL_SIZE) + symbol_width(row.symbol, SYMBOL_SIZE) for row in box.rows),
        SCALE_SIZE * max(width(row.shape) for row in box.rows),
        max(number_width(row.norm_text) for row in box.rows),
        0 if box.is_given else max(pills),
    )


def arrow_length(output: LayerRow) -> float:
    words = max(symbol_width(output.symbol, SYMBOL_SIZE), SCALE_SIZE * width(output.shape))
    return max(LEAST_ARROW, words + 20 + ARROWHEAD)


# What a box shows.

def norm_text(size: float | None) -> str:
    return "–" if size is None else short(size, NORM_DIGITS)


def box_of(picture: NetworkPicture, layer: int) -> LayerBox:
    neurons = [(layer, j) for j in picture.network.neurons[layer]]
    outputs = [picture.network.outputs[neuron] for neuron in neurons]
    title, role = picture.graph.layer_title(layer), picture.network.role(neurons[0])
    if layer == INPUTS:
        output = vector(picture, Symbol("a", layer), role, outputs)
        return LayerBox("inputs", title, True, [vector(picture, Symbol("x"), role, outputs)], output)
    output = vector(picture, Symbol(picture.network.symbol(neurons[0]).name, layer), role, outputs)
    rows = []
    places = [(j, k) for l, j, k in picture.network.weights if l == layer]
    if places:
        shape = f"{len({j for j, _ in places})} × {len({k for _, k in places})}"
        weights = [picture.network.weights[layer, j, k] for j, k in places]
        rows.append(row(picture, Symbol("W", layer), "weight", shape, weights))
    biases = [[picture.network.biases[neuron]] for neuron in neurons if neuron in picture.network.biases]
    if biases:
        rows.append(vector(picture, Symbol("b", layer), "bias", biases))
    sums = [picture.network.z[neuron] for neuron in neurons if neuron in picture.network.z]
    if sums:
        symbol = Symbol("delta" if picture.is_delta else "grad", layer)
        rows.append(vector(picture, symbol, "weighted-input", sums))
    return LayerBox(f"layer-{layer}", title, not rows, rows or [output], output)


def vector(picture: NetworkPicture, symbol: Symbol, role: str, neurons: Sequence[Sequence[Value]]) -> LayerRow:
    """Of an element for each neuron, or for each neuron and example."""
    examples = max(len(nodes) for nodes in neurons)
    shape = f"{len(neurons)} × {examples}" if examples > 1 else str(len(neurons))
    return row(picture, symbol, role, shape, [node for nodes in neurons for node in nodes])


def row(picture: NetworkPicture, symbol: Symbol, role: str, shape: str, nodes: Sequence[Value]) -> LayerRow:
    root = picture.root
    size = norm([node.data for node in nodes])
    held = [picture.write.held(node) for node in nodes]
    missing = next((each.note for each in held if each.number is None), "")
    slope = None if missing else norm([each.number for each in held])
    lines = [f"{symbol} has the shape {shape}"]
    if symbol.name not in ERRORS:
        lines.append(f"‖{symbol}‖ = {exact_norm(size)}")
    name = f"‖{symbol}‖" if symbol.name in ERRORS else f"‖∂{root}/∂{symbol}‖"
    if not all(each.is_derivative for each in held):
        name = f"‖grad of {'z' if symbol.name in ERRORS else symbol}‖"
    lines.append(missing or f"{name} = {exact_norm(slope)}")
    return LayerRow(symbol, role, shape, size, slope, bool(missing), [*lines, picture.write.rule_of(role)])


def exact_norm(size: float | None) -> str:
    return "undefined: an element is no number" if size is None else exact(size)
