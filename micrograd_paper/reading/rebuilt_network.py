"""The network and the forward passes that a graph records, made of the graph's own nodes: what `compare` takes.

    recorded = rebuilt_network(Reading(C))      of a network's graph with the paper's names, as MLP makes it
    compare(recorded.forwards, recorded.targets, recorded.cost, recorded.alpha, recorded.m)
"""

from typing import NamedTuple

from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.costs import PaperCost
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.nn import MLP, Forward
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import ADD, DIVIDE, MULTIPLY, TOTAL
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.roles import computes

EXPECTED = "check needs the graph of a network with the paper's names, as MLP makes it"
Named = dict[Symbol, Value]


class Recorded(NamedTuple):
    """Forwards and targets of each example, whether the root is their mean, the cost, and α and m of a penalty (27)."""

    named: Named
    forwards: list[Forward]
    targets: list[list[float]]
    batch: bool
    cost: PaperCost
    alpha: float
    m: int | None


def rebuilt_network(reading: Reading) -> Recorded:
    """Raises UsageError where the graph is no network's, or its cost none that the paper has."""
    named = {symbol: node for node, symbol in reading.symbols.items() if symbol is not None}
    costs, batch, alpha, m = parts_of(reading)
    cost = reading.equations.row_of(costs[0])
    net = network_of_nodes(named, cost.takes_logits)
    forwards, targets = [], []
    for node in costs:
        symbol = reading.symbols[node]
        forwards.append(forward_of(net, named, symbol.example if symbol is not None else None))
        targets.append([y.data for y in node.operands[len(node.operands) // 2:]])
    return Recorded(named, forwards, targets, batch, cost, alpha, m)


def parts_of(reading: Reading) -> tuple[list[Value], bool, float, int | None]:
    """The costs of the examples, whether root is their mean, and α and m of the penalty (27)."""
    alpha, m, mean = 0.0, None, reading.root
    if computes(mean, ADD) and computes(mean.operands[1], DIVIDE):
        mean, penalty = mean.operands
        product, twice_m = penalty.operands
        squares = product.operands[0] if computes(product, MULTIPLY) else product
        if computes(squares, TOTAL) and all(reading.equations.is_squared_weight(term) for term in squares.operands):
            alpha, m = float(product.operands[1].data), round(float(twice_m.data) / 2)
    costs, batch = [mean], False
    if computes(mean, DIVIDE) and computes(mean.operands[0], TOTAL):
        costs, batch = list(mean.operands[0].operands), True
        if float(mean.operands[1].data) != len(costs):
            raise UsageError(f"{EXPECTED}: the cost is the sum over {len(costs)} examples divided by "
                             f"{mean.operands[1].data}, and no mean")
    if not all(reading.equations.is_named_cost(cost) for cost in costs) or len({cost.op for cost in costs}) > 1:
        raise UsageError(f"{EXPECTED}: its cost must be quadratic (5) or cross-entropy (25), "
                         "or their mean as costs.batch_cost makes it")
    return costs, batch, alpha, m


def network_of_nodes(named: Named, from_logits: bool) -> MLP:
    """The network whose parameters are these very nodes. A cost from the logits is that of sigmoid outputs."""
    sizes: dict[int, int] = {}
    for symbol in named:
        if symbol.name == "b" and symbol.layer is not None and symbol.indices:
            sizes[symbol.layer] = max(sizes.get(symbol.layer, 0), symbol.indices[0])
    inputs = [symbol.indices[1] for symbol in named if symbol.name == "w" and symbol.layer == 2]
    if not inputs or sorted(sizes) != list(range(2, len(sizes) + 2)):
        raise UsageError(f"{EXPECTED}: it has no weights and biases of layers 2 to L")
    nouts = [sizes[layer] for layer in sorted(sizes)]
    computed = sorted(sizes)[: -1 if from_logits else None]
    activations = [activation(named, layer) for layer in computed] + ["sigmoid"] * from_logits
    net = MLP(max(inputs), nouts, activations, seed=0)
    for l, layer in enumerate(net.layers, start=2):
        for j, neuron in enumerate(layer.neurons, start=1):
            for k in range(1, len(neuron.weights) + 1):
                neuron.weights[k - 1] = node_of(named, Symbol("w", l, (j, k)))
            neuron.bias = net.biases[l][j - 1] = node_of(named, Symbol("b", l, (j,)))
    net.named = {symbol: node_of(named, symbol) for symbol in net.named}
    return net


def activation(named: Named, layer: int) -> str:
    """What made the activations of this layer. Raises UsageError for what compare does not know."""
    made = {node.op for symbol, node in named.items() if symbol.name == "a" and symbol.layer == layer}
    names = [name for name, row in ACTIVATIONS.items() if {row.op} == made]
    if not names:
        raise UsageError(f"{EXPECTED}: layer {layer} must have one of the activations {', '.join(ACTIVATIONS)}")
    return names[0]


def forward_of(net: MLP, named: Named, example: int | None) -> Forward:
    """The pass of one example, made of the graph's own nodes; a cost from the logits has left out the outputs."""
    x = [node_of(named, Symbol("x", None, (k,), example)) for k in range(1, net.shape[0] + 1)]
    z, a = {}, {1: x}
    for l, size in enumerate(net.shape[1:], start=2):
        z[l] = [node_of(named, Symbol("z", l, (j,), example)) for j in range(1, size + 1)]
        symbols = [Symbol("a", l, (j,), example) for j in range(1, size + 1)]
        if l == len(net.shape) and named.keys().isdisjoint(symbols):
            a[l] = [z_j.sigmoid() for z_j in z[l]]
            for a_j, symbol in zip(a[l], symbols):
                a_j.label = symbol
        else:
            a[l] = [node_of(named, symbol) for symbol in symbols]
    return Forward(net, x, z, a)


def node_of(named: Named, symbol: Symbol) -> Value:
    if symbol not in named:
        raise UsageError(f"{EXPECTED}: it has no {symbol}")
    return named[symbol]
