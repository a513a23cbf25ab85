"""What a layer's box shows: the shapes of x, W, b and δ, their norms, and the norms of their gradients.

‖·‖ is the root of the sum of the squares of all elements, of a matrix too. In the graph of a batch x, a and δ are
matrices with a column for each example.
"""

from collections.abc import Sequence
from typing import NamedTuple

from micrograd_paper.drawing.amounts import norm, short
from micrograd_paper.drawing.ledger import RULES, called
from micrograd_paper.reading.network import Network
from micrograd_paper.reading.roles import INPUTS
from micrograd_paper.drawing.text import exact
from micrograd_paper.engine import Value
from micrograd_paper.notation import Symbol
from micrograd_paper.display import cut

DIGITS = 4


class Row(NamedTuple):
    """A vector or matrix of a layer."""

    symbol: Symbol
    role: str
    shape: str  # 30 × 784
    norm: float | None  # None: an element is no number
    gradient: float | None  # None: not computed, or no number
    tooltip: list[str]  # lines, with the exact norms

    @property
    def norm_text(self) -> str:
        """Nothing for δ, which is a gradient itself."""
        return "" if self.symbol.name == "delta" else norm_text(self.norm)


class Box(NamedTuple):
    """A layer, and what leaves it: its a, or z where the graph has no a."""

    name: str  # an id: inputs, layer-2
    title: str
    is_given: bool  # without parameters: the inputs, or activations where the graph begins with them
    rows: list[Row]
    output: Row


def norm_text(size: float | None) -> str:
    return "–" if size is None else short(size, DIGITS)


def box_of(network: Network, layer: int) -> Box:
    neurons = [(layer, j) for j in network.neurons[layer]]
    outputs = [network.outputs[neuron] for neuron in neurons]
    title, role = network.graph.group_title(layer), network.role(neurons[0])
    if layer == INPUTS:
        output = vector(network, Symbol("a", layer), role, outputs)
        return Box("inputs", title, True, [vector(network, Symbol("x"), role, outputs)], output)
    name, output = f"layer-{layer}", vector(network, Symbol(network.symbol(neurons[0]).name, layer), role, outputs)
    rows = []
    places = [(j, k) for l, j, k in network.weights if l == layer]
    if places:
        shape = f"{len({j for j, _ in places})} × {len({k for _, k in places})}"
        weights = [network.weights[layer, j, k] for j, k in places]
        rows.append(row(network, Symbol("W", layer), "weight", shape, weights))
    biases = [[network.biases[neuron]] for neuron in neurons if neuron in network.biases]
    if biases:
        rows.append(vector(network, Symbol("b", layer), "bias", biases))
    sums = [network.z[neuron] for neuron in neurons if neuron in network.z]
    if sums:
        rows.append(vector(network, Symbol("delta", layer), "weighted-input", sums))
    return Box(name, title, not rows, rows or [output], output)


def vector(network: Network, symbol: Symbol, role: str, neurons: Sequence[Sequence[Value]]) -> Row:
    """Of an element for each neuron, or for each neuron and example."""
    examples = max(len(nodes) for nodes in neurons)
    shape = f"{len(neurons)} × {examples}" if examples > 1 else str(len(neurons))
    return row(network, symbol, role, shape, [node for nodes in neurons for node in nodes])


def row(network: Network, symbol: Symbol, role: str, shape: str, nodes: Sequence[Value]) -> Row:
    root = cut(called(network.graph, network.graph.root))
    size = norm([node.data for node in nodes])
    slope = norm([node.grad for node in nodes]) if network.computed else None
    lines = [f"{symbol} has the shape {shape}"]
    if symbol.name != "delta":
        lines.append(f"‖{symbol}‖ = {exact_norm(size)}")
    name = f"‖{symbol}‖" if symbol.name == "delta" else f"‖∂{root}/∂{symbol}‖"
    lines.append(f"{name} = {exact_norm(slope)}" if network.computed else "gradient not computed")
    return Row(symbol, role, shape, size, slope, [*lines, RULES[role]])


def exact_norm(size: float | None) -> str:
    return "undefined: an element is no number" if size is None else exact(size)
