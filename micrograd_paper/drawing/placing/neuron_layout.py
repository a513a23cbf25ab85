"""Where circles, pills and lines stand when a network is drawn as in Figure 4, a column a layer, and what they say."""

from collections.abc import Sequence
from typing import NamedTuple

from micrograd_paper.display import cut
from micrograd_paper.drawing.rows import MAX_OPERANDS, whole_name
from micrograd_paper.drawing.network_marks import NetworkPicture, mean, real, short
from micrograd_paper.drawing.style import DELTA_SIZE, SCALE_SIZE, SYMBOL_SIZE
from micrograd_paper.drawing.svg import PILL_HEIGHT, PILL_PADDING, exact, number_width, symbol_width, width
from micrograd_paper.engine import Value
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.network import Neuron
from micrograd_paper.reading.roles import is_cost

MOST_NUMBERS = 60  # lines that have their number beside them
CHIP_HEIGHT = 18  # of a bias above its circle
COLUMN_TITLE_HEIGHT = 34
NUMBERED_GAP, LEAST_SPACING = 320, 15  # between columns with numbers between them; between those numbers
NAME_GAP = 9  # between a circle and its name
NUMBER_MARGIN = 10  # between a number on a line and what stands in the column beside it
SYMBOL_ROOM = 34  # in half a circle, beside a number
COLUMN_PITCH, COLUMN_GAP = 280, 120  # at least: between the middles, and between the pills, of neighbouring columns
ABSENT_WIDTH = 40  # of a pill without a number


class Sizes(NamedTuple):
    """Of circles: their radius, their distance, and from a circle's middle to its pill's."""

    radius: float
    pitch: float
    drop: float


PLAIN, NUMBERED = Sizes(34, 108, 46), Sizes(42, 132, 54)  # with a alone; with w, b, z, a and δ


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
    share: float  # of the way from the source, where its number stands

    @property
    def text(self) -> str:
        return short(self.number, 2)


class Plan(NamedTuple):
    columns: list[Column]
    middle: float  # of every column
    height: float
    at: dict[Neuron, tuple[float, float]]
    lines: list[Line]
    sizes: Sizes

    @property
    def is_numbered(self) -> bool:
        """Whether there is room for every number: on the lines, and z, a and b at the circles."""
        return self.sizes.radius == NUMBERED.radius


def plan(picture: NetworkPicture, derivatives: bool, most: int) -> Plan:
    """Columns from left to right, each in the middle of the height."""
    network = picture.network
    rows = {l: slots(network.neurons[l], most) for l in network.layers}
    drawn = lines(picture, rows, derivatives)
    sizes = sizes_for(picture, rows)
    numbered = sizes.radius == NUMBERED.radius
    tallest = max(map(len, rows.values()))
    above = max(sizes.radius, sizes.drop + CHIP_HEIGHT / 2 if numbered else 0)
    middle = COLUMN_TITLE_HEIGHT + above + sizes.pitch * (tallest - 1) / 2
    columns: list[Column] = []
    for l in network.layers:
        ys = {j: middle + sizes.pitch * (i - (len(rows[l]) - 1) / 2) for i, j in enumerate(rows[l])}
        elided = ys.pop(None, None)
        places = {j: y for j, y in ys.items() if j is not None}
        title = f"{picture.graph.layer_title(l)} ({len(network.neurons[l])})"
        wide = [max(pill_width(picture, (l, j)), numbered * chip_width(picture, (l, j))) for j in places]
        half = max(sizes.radius + 1, number_width(title) / 2, *(each / 2 for each in wide))
        x = max(half, sizes.radius + name_room(picture, l))
        if columns:
            distance = max(COLUMN_PITCH, columns[-1].half + COLUMN_GAP + half)
            if numbered:
                gap = [line for line in drawn if line.target[0] == l]
                number = max([SCALE_SIZE * width(line.text) for line in gap], default=0.0) / 2 + NUMBER_MARGIN
                count = min(len(rows[l - 1]), len(rows[l])) if l - 1 in rows else 1
                distance = max(distance, NUMBERED_GAP, (count + 1) * (max(columns[-1].half, half) + number))
            x = columns[-1].x + distance
        columns.append(Column(l, title, x, half, places, elided))
    at = {(column.layer, j): (column.x, y) for column in columns for j, y in column.places.items()}
    height = middle + sizes.pitch * (tallest - 1) / 2 + sizes.drop + PILL_HEIGHT / 2
    return Plan(columns, middle, height, at, drawn, sizes)


def name_room(picture: NetworkPicture, layer: int) -> float:
    """What the longest name of a layer takes beside its circles."""
    names = [NAME_GAP + number_width(name) for (l, _), name in picture.neuron_names.items() if l == layer]
    return max(names, default=0.0)


def sizes_for(picture: NetworkPicture, rows: dict[int, list[int | None]]) -> Sizes:
    """Large circles where few lines are drawn, at a pitch that keeps their numbers apart."""
    network = picture.network
    count = sum(j in rows.get(l, ()) and k in rows.get(l - 1, ()) for l, j, k in network.weights)
    widest = max(symbol_width(network.symbol((l, j)), SYMBOL_SIZE) for l in rows for j in rows[l] if j is not None)
    if count > MOST_NUMBERS or widest > SYMBOL_ROOM:
        return PLAIN
    most = max([min(len(rows[l]), len(rows[l - 1])) for l in rows if l - 1 in rows], default=0)
    return NUMBERED._replace(pitch=max(NUMBERED.pitch, LEAST_SPACING * (most + 1)))


def slots(neurons: Sequence[int], most: int) -> list[int | None]:
    """What stands in a column, from the top; None is the ⋮, which takes a place of the most that there are."""
    return list(neurons) if len(neurons) <= most else [*neurons[:most - 2], None, neurons[-1]]


def pill_width(picture: NetworkPicture, neuron: Neuron) -> float:
    """0 if the neuron has no pill: nothing in the graph is its z."""
    if neuron not in picture.network.z or picture.is_blank:
        return 0.0
    number = delta_text(picture, neuron)
    if number is None:
        return ABSENT_WIDTH
    return symbol_width(delta_symbol(picture, neuron), DELTA_SIZE) + 6 + number_width(number) + 2 * PILL_PADDING


def chip_width(picture: NetworkPicture, neuron: Neuron) -> float:
    """Of the bias above a circle; 0 if the neuron has none."""
    if neuron not in picture.network.biases:
        return 0.0
    symbol = bias_symbol(neuron)
    return symbol_width(symbol, DELTA_SIZE) + 6 + number_width(bias_text(picture, neuron)) + 2 * PILL_PADDING


def lines(picture: NetworkPicture, rows: dict[int, list[int | None]], derivatives: bool) -> list[Line]:
    """The thickest first, so that none hides another; none for what is not computed or is no finite number.

    The numbers between two columns stand in a column, evenly spaced: at 1/(n + 1) of the way from the larger layer,
    where n is the size of the smaller one.
    """
    if derivatives and not picture.computed:
        return []
    found = []
    for (l, j, k), weight in picture.network.weights.items():
        number = real(picture.write.held(weight).number if derivatives else weight.data)
        if number is not None and j in rows.get(l, ()) and k in rows.get(l - 1, ()):
            sources, targets = len(rows[l - 1]), len(rows[l])
            share = 1 / (targets + 1) if targets <= sources else sources / (sources + 1)
            found.append(Line((l - 1, k), (l, j), weight, number, share))
    return sorted(found, key=lambda line: -abs(line.number))


# Texts.

def neuron_delta(neuron: Neuron) -> Symbol:
    return Symbol("delta", neuron[0], (neuron[1],))


def bias_symbol(neuron: Neuron) -> Symbol:
    return Symbol("b", neuron[0], (neuron[1],))


def bias_text(picture: NetworkPicture, neuron: Neuron) -> str:
    return short(picture.network.biases[neuron].data, 3)


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
    network, nodes = picture.network, picture.network.outputs[neuron]
    name = [picture.neuron_names[neuron]] if neuron in picture.neuron_names else []
    if picture.is_blank:
        lines = [str(network.symbol(neuron)), *name]
    else:
        lines = [*name, *mean_tooltip(picture, network.symbol(neuron), nodes, network.role(neuron))]
    bias = picture.network.biases.get(neuron)
    if bias is not None:
        lines += picture.write.tooltip(bias)
    targets = [target for node in nodes for target in targets_of(picture, node)]
    return [*lines, *(f"target {cut(whole_name(picture.graph, y))} = {exact(y.data)}" for y in targets[:MAX_OPERANDS])]


def mean_tooltip(picture: NetworkPicture, name: Symbol, nodes: Sequence[Value], role: str) -> list[str]:
    """One node's tooltip, or the exact mean of several."""
    if len(nodes) == 1:
        return picture.write.tooltip(nodes[0])
    head = f"{name}, the mean over {len(nodes)} examples, = {exact(mean([node.data for node in nodes]))}"
    return [head, *each(picture, nodes), picture.write.rule_of(role)]


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
