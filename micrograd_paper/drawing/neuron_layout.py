"""Where circles, pills and lines stand when a network is drawn as in Figure 4, a column a layer, and what they say."""

from collections.abc import Sequence
from typing import NamedTuple

from micrograd_paper.display import cut
from micrograd_paper.drawing.ledger import MAX_OPERANDS, whole_name
from micrograd_paper.drawing.network_marks import NetworkPicture, mean, real, short
from micrograd_paper.drawing.style import DELTA_SIZE
from micrograd_paper.drawing.svg import PILL_HEIGHT, PILL_PADDING, exact, number_width, symbol_width
from micrograd_paper.engine import Value
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.network import Neuron
from micrograd_paper.reading.roles import is_cost

MOST, FIRST = 8, 6  # neurons of a layer: drawn at most; drawn before the ⋮
RADIUS, PITCH = 34, 108
PILL_DROP = 46  # from a circle's middle to its pill's
COLUMN_TITLE_HEIGHT = 34
COLUMN_PITCH, COLUMN_GAP = 280, 120  # at least: between the middles, and between the pills, of neighbouring columns
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


def plan(picture: NetworkPicture, derivatives: bool) -> Plan:
    """Columns from left to right, each in the middle of the height."""
    most = max(len(slots(picture.network.neurons[l])) for l in picture.network.layers)
    middle = COLUMN_TITLE_HEIGHT + RADIUS + PITCH * (most - 1) / 2
    columns: list[Column] = []
    for l in picture.network.layers:
        rows = slots(picture.network.neurons[l])
        ys = {j: middle + PITCH * (i - (len(rows) - 1) / 2) for i, j in enumerate(rows)}
        elided = ys.pop(None, None)
        places = {j: y for j, y in ys.items() if j is not None}
        title = f"{picture.graph.layer_title(l)} ({len(picture.network.neurons[l])})"
        half = max(RADIUS + 1, number_width(title) / 2, *(pill_width(picture, (l, j)) / 2 for j in places))
        x = columns[-1].x + max(COLUMN_PITCH, columns[-1].half + COLUMN_GAP + half) if columns else half
        columns.append(Column(l, title, x, half, places, elided))
    at = {(column.layer, j): (column.x, y) for column in columns for j, y in column.places.items()}
    height = middle + PITCH * (most - 1) / 2 + PILL_DROP + PILL_HEIGHT / 2
    return Plan(columns, middle, height, at, lines(picture, at, derivatives))


def slots(neurons: Sequence[int]) -> list[int | None]:
    """What stands in a column, from the top; None is the ⋮."""
    return list(neurons) if len(neurons) <= MOST else [*neurons[:FIRST], None, neurons[-1]]


def pill_width(picture: NetworkPicture, neuron: Neuron) -> float:
    """0 if the neuron has no pill: nothing in the graph is its z."""
    if neuron not in picture.network.z:
        return 0.0
    number = delta_text(picture, neuron)
    if number is None:
        return ABSENT_WIDTH
    return symbol_width(delta_symbol(picture, neuron), DELTA_SIZE) + 6 + number_width(number) + 2 * PILL_PADDING


def lines(picture: NetworkPicture, at: dict[Neuron, tuple[float, float]], derivatives: bool) -> list[Line]:
    """The thickest first, so that none hides another; none for what is not computed or is no finite number."""
    if derivatives and not picture.computed:
        return []
    found = []
    for (l, j, k), weight in picture.network.weights.items():
        number = real(picture.write.held(weight).number if derivatives else weight.data)
        if number is not None and (l, j) in at and (l - 1, k) in at:
            found.append(Line((l - 1, k), (l, j), weight, number))
    return sorted(found, key=lambda line: -abs(line.number))


# Texts.

def neuron_delta(neuron: Neuron) -> Symbol:
    return Symbol("delta", neuron[0], (neuron[1],))


def delta_symbol(picture: NetworkPicture, neuron: Neuron) -> Symbol:
    """δ²₁; Σδ²₁ where it is a sum over examples; grad where it is not ∂C/∂z."""
    if not picture.is_delta:
        return Symbol("grad")
    several = len(picture.network.z.get(neuron, [])) > 1
    return neuron_delta(neuron)._replace(name="Σδ") if several else neuron_delta(neuron)


def delta_text(picture: NetworkPicture, neuron: Neuron) -> str | None:
    """δ in two significant digits; None if it is not computed."""
    delta = picture.delta(neuron)
    return None if delta is None else short(delta, 2)


def circle_tooltip(picture: NetworkPicture, neuron: Neuron) -> list[str]:
    """The exact activation, of each example and their mean; then the bias, and the targets of an output."""
    nodes = picture.network.outputs[neuron]
    if len(nodes) == 1:
        lines = picture.write.tooltip(nodes[0])
    else:
        average = exact(mean([node.data for node in nodes]))
        head = f"{picture.network.symbol(neuron)}, the mean over {len(nodes)} examples, = {average}"
        lines = [head, *each(picture, nodes), picture.write.rule_of(picture.network.role(neuron))]
    bias = picture.network.biases.get(neuron)
    if bias is not None:
        lines += picture.write.tooltip(bias)
    targets = [target for node in nodes for target in targets_of(picture, node)]
    return [*lines, *(f"target {cut(whole_name(picture.graph, y))} = {exact(y.data)}" for y in targets[:MAX_OPERANDS])]


def pill_tooltip(picture: NetworkPicture, neuron: Neuron) -> list[str]:
    """The exact δ, of each example and their sum, which is ∂C/∂b."""
    nodes, delta = picture.network.z[neuron], picture.delta(neuron)
    if delta is None:
        return [f"{neuron_delta(neuron) if picture.is_delta else 'grad'}: gradient not computed"]
    if len(nodes) == 1:
        return [f"{delta_symbol(picture, neuron)} = {exact(delta)}", *picture.write.tooltip(nodes[0])]
    name = neuron_delta(neuron) if picture.is_delta else delta_symbol(picture, neuron)
    head = f"Σ {name} over {len(nodes)} examples = {exact(delta)}"
    return [head, *each(picture, nodes, gradients=True), picture.write.rule_of("bias")]


def each(picture: NetworkPicture, nodes: Sequence[Value], gradients: bool = False) -> list[str]:
    """A line for each of the first examples."""
    graph = picture.graph
    lines = [
        picture.write.gradient_text(node) if gradients
        else f"{cut(whole_name(graph, node))} = {exact(node.data)}"
        for node in nodes[:MAX_OPERANDS]
    ]
    return lines + ["…"] * (len(nodes) > MAX_OPERANDS)


def targets_of(picture: NetworkPicture, output: Value) -> list[Value]:
    """What the costs compare this output with."""
    found = []
    for consumer in picture.graph.consumers[output]:
        if is_cost(consumer):
            n = len(consumer.operands) // 2
            found += [y for a, y in zip(consumer.operands[:n], consumer.operands[n:]) if a is output]
    return found
