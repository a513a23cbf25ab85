"""Where circles, pills and lines stand when a network is drawn as in Figure 4: plain arithmetic, a column a layer."""

from collections.abc import Sequence
from typing import NamedTuple

from micrograd_paper.drawing.amounts import real
from micrograd_paper.drawing.box_columns import PILL_PADDING, number_width, symbol_width
from micrograd_paper.reading.network import Network, Neuron
from micrograd_paper.drawing.neuron_texts import delta_symbol, delta_text
from micrograd_paper.drawing.style import DELTA_SIZE
from micrograd_paper.engine import Value

MOST, FIRST = 8, 6  # neurons of a layer: drawn at most; drawn before the ⋮
RADIUS, PITCH = 25, 88
PILL_DROP = 37  # from a circle's middle to its pill's
PILL_HEIGHT = 18  # δ stands on its own here, with indices above and below
TITLE_HEIGHT = 34
COLUMN_PITCH, COLUMN_GAP = 210, 100  # at least: between the middles, and between the pills, of neighbouring columns
ABSENT_WIDTH = 40  # of a pill without a number


class Column(NamedTuple):
    """A layer: its name, its circles by number, and where the ⋮ stands."""

    layer: int
    title: str
    x: float
    half: float  # of its widest thing
    places: dict[int, float]  # neuron → y
    elided: float | None


class Line(NamedTuple):
    """A weight between two circles that are drawn, and what it shows: w or ∂C/∂w."""

    source: Neuron
    target: Neuron
    weight: Value
    number: float


class Plan(NamedTuple):
    columns: list[Column]
    middle: float  # of every column
    height: float
    at: dict[Neuron, tuple[float, float]]
    lines: list[Line]


def plan(network: Network, derivatives: bool) -> Plan:
    """Columns from left to right, each in the middle of the height."""
    most = max(len(slots(network.neurons[l])) for l in network.layers)
    middle = TITLE_HEIGHT + RADIUS + PITCH * (most - 1) / 2
    columns: list[Column] = []
    for l in network.layers:
        rows = slots(network.neurons[l])
        ys = {j: middle + PITCH * (i - (len(rows) - 1) / 2) for i, j in enumerate(rows)}
        elided = ys.pop(None, None)
        places = {j: y for j, y in ys.items() if j is not None}
        title = f"{network.graph.group_title(l)} ({len(network.neurons[l])})"
        half = max(RADIUS + 1, number_width(title) / 2, *(pill_width(network, (l, j)) / 2 for j in places))
        x = columns[-1].x + max(COLUMN_PITCH, columns[-1].half + COLUMN_GAP + half) if columns else half
        columns.append(Column(l, title, x, half, places, elided))
    at = {(column.layer, j): (column.x, y) for column in columns for j, y in column.places.items()}
    height = middle + PITCH * (most - 1) / 2 + PILL_DROP + PILL_HEIGHT / 2
    return Plan(columns, middle, height, at, lines(network, at, derivatives))


def slots(neurons: Sequence[int]) -> list[int | None]:
    """What stands in a column, from the top; None is the ⋮."""
    return list(neurons) if len(neurons) <= MOST else [*neurons[:FIRST], None, neurons[-1]]


def pill_width(network: Network, neuron: Neuron) -> float:
    """0 if the neuron has no pill: nothing in the graph is its z."""
    if neuron not in network.z:
        return 0.0
    number = delta_text(network, neuron)
    if number is None:
        return ABSENT_WIDTH
    return symbol_width(delta_symbol(network, neuron), DELTA_SIZE) + 6 + number_width(number) + 2 * PILL_PADDING


def lines(network: Network, at: dict[Neuron, tuple[float, float]], derivatives: bool) -> list[Line]:
    """The thickest first, so that none hides another; none for what is not computed or is no finite number."""
    if derivatives and not network.computed:
        return []
    found = []
    for (l, j, k), weight in network.weights.items():
        number = real(weight.grad if derivatives else weight.data)
        if number is not None and (l, j) in at and (l - 1, k) in at:
            found.append(Line((l - 1, k), (l, j), weight, number))
    return sorted(found, key=lambda line: -abs(line.number))
