"""A network found again in the names of a graph's nodes, so that its gradients can be held to the closed forms."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from micrograd_paper.comparing.compare import compare
from micrograd_paper.comparing.comparison import Comparison
from micrograd_paper.costs import Cost, cross_entropy, cross_entropy_from_logits, quadratic
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.nn import ACTIVATIONS, MLP, Forward
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.equation_numbers import is_cost, is_squared_weight, op_name

COSTS: dict[str, Cost] = {
    "quadratic": quadratic, "cross_entropy": cross_entropy, "cross_entropy_from_logits": cross_entropy_from_logits,
}
OF_OPERATIONS = {op.name: name for name, op in ACTIVATIONS.items()}
EXPECTED = "check needs the graph of a network with the paper's names, as MLP makes it"


def check(root: Value, is_complete: Callable[[Value], bool]) -> Comparison:
    """The gradients of root's graph that are complete, each beside the closed form.

    Raises UsageError where the graph is no network's, or its cost none that the paper has, or no δ is complete yet.
    """
    named = by_symbol(root)
    costs, batch, alpha, m = parts_of(root)
    from_logits = op_name(costs[0]) == "cross_entropy_from_logits"
    net = network(named, from_logits)
    forwards, targets = [], []
    for cost in costs:
        example = cost.label.example if isinstance(cost.label, Symbol) else None
        forwards.append(forward_of(net, named, example))
        targets.append([y.data for y in cost.operands[len(cost.operands) // 2:]])
    wanted = {"error": "z", "gradient": ""}
    last = [z for forward in forwards for z in forward.z[len(net.shape)]]
    if not any(is_complete(z) for z in last):
        raise UsageError("no δ is complete yet: make some steps before check")
    with as_if_reached(last):
        if batch:
            comparison = compare(forwards, targets, COSTS[op_name(costs[0])], alpha, m)
        else:
            comparison = compare(forwards[0], targets[0], COSTS[op_name(costs[0])], alpha, m)
    rows = [
        row for row in comparison.rows
        if row.quantity.kind in wanted
        and is_complete(named[row.quantity.symbol._replace(name=wanted[row.quantity.kind] or row.quantity.symbol.name)])
    ]
    return Comparison(rows, comparison.k)


@contextmanager
def as_if_reached(nodes: list[Value]) -> Iterator[None]:
    """Inside, the nodes that a pass has not reached have the gradient 0.0: compare takes the 0 of an example that the
    pass comes to later for a forgotten backward(). Their rows are left out in any case."""
    untouched = [node for node in nodes if type(node.grad) is int and node.grad == 0]
    for node in untouched:
        node.grad = 0.0
    try:
        yield
    finally:
        for node in untouched:
            node.grad = 0


def by_symbol(root: Value) -> dict[Symbol, Value]:
    return {node.label: node for node in topological_order(root) if isinstance(node.label, Symbol)}


def parts_of(root: Value) -> tuple[list[Value], bool, float, int | None]:
    """The costs of the examples, whether root is their mean, and α and m of the penalty (27)."""
    alpha, m, mean = 0.0, None, root
    if op_name(root) == "add" and op_name(root.operands[1]) == "divide":
        mean, penalty = root.operands
        product, twice_m = penalty.operands
        squares = product.operands[0] if op_name(product) == "multiply" else product
        if op_name(squares) == "total" and all(is_squared_weight(term) for term in squares.operands):
            alpha, m = float(product.operands[1].data), round(float(twice_m.data) / 2)
    costs, batch = [mean], False
    if op_name(mean) == "divide" and op_name(mean.operands[0]) == "total":
        costs, batch = list(mean.operands[0].operands), True
        if float(mean.operands[1].data) != len(costs):
            raise UsageError(f"{EXPECTED}: the cost is the sum over {len(costs)} examples divided by "
                             f"{mean.operands[1].data}, and no mean")
    if not all(is_cost(cost) for cost in costs) or len({op_name(cost) for cost in costs}) > 1:
        raise UsageError(f"{EXPECTED}: its cost must be quadratic (5) or cross-entropy (25), "
                         "or their mean as costs.batch_cost makes it")
    return costs, batch, alpha, m


def network(named: dict[Symbol, Value], from_logits: bool) -> MLP:
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


def activation(named: dict[Symbol, Value], layer: int) -> str:
    """What made the activations of this layer. Raises UsageError for what compare does not know."""
    made = {op_name(node) for symbol, node in named.items() if symbol.name == "a" and symbol.layer == layer}
    names = {OF_OPERATIONS.get(op) for op in made}
    name = names.pop() if len(names) == 1 else None
    if name is None:
        raise UsageError(f"{EXPECTED}: layer {layer} must have one of the activations {', '.join(ACTIVATIONS)}")
    return name


def forward_of(net: MLP, named: dict[Symbol, Value], example: int | None) -> Forward:
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


def node_of(named: dict[Symbol, Value], symbol: Symbol) -> Value:
    if symbol not in named:
        raise UsageError(f"{EXPECTED}: it has no {symbol}")
    return named[symbol]
