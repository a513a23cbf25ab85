"""What the nodes of a graph are: inputs, weights, weighted inputs …

The label says it: w²₁₁ and "w1" are weights. Where there is none, the place says it: what σ is applied to is a weighted
input, the second half of a cost's operands are targets.
"""

from collections.abc import Mapping, Sequence

from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.costs import COSTS
from micrograd_paper.engine import Value
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import ADD, TOTAL, WEIGHTED_SUM, Op
from micrograd_paper.reading.symbols import speaks_of_neurons

ROLES = {"x": "input", "a": "activation", "w": "weight", "b": "bias", "z": "weighted-input", "y": "target", "C": "cost"}

Consumers = Mapping[Value, Sequence[Value]]
Symbols = Mapping[Value, Symbol | None]


def roles(order: Sequence[Value], consumers: Consumers, symbols: Symbols) -> dict[Value, str]:
    """Each node's role: input, activation, weight, bias, weighted-input, target, constant, cost, result, operation."""
    of_neurons = speaks_of_neurons(symbols.values())
    found: dict[Value, str] = {}
    for node in order:
        symbol = symbols[node]
        by_name = ROLES.get(symbol.name) if symbol is not None and of_neurons else None
        if by_name is not None:
            found[node] = by_name
        elif not node.operands:
            found[node] = leaf_role(node, consumers[node])
        elif node is order[-1]:
            found[node] = root_role(node, symbol)
        else:
            found[node] = interior_role(node, consumers[node], found, of_neurons)
    return found


def leaf_role(leaf: Value, consumers: Sequence[Value]) -> str:
    for consumer in consumers:
        n = len(consumer.operands) // 2
        if computes(consumer, WEIGHTED_SUM) and leaf is consumer.operands[-1]:
            return "bias"
        if computes(consumer, WEIGHTED_SUM):
            return "weight" if leaf in consumer.operands[:n] else "input"
        if is_cost(consumer) and leaf in consumer.operands[n:]:
            return "target"
    return "input" if leaf.label not in (None, "") else "constant"


def root_role(root: Value, symbol: Symbol | None) -> str:
    return "cost" if is_cost(root) or (symbol is not None and symbol.name in ("C", "cost", "loss")) else "result"


def interior_role(
    node: Value, consumers: Sequence[Value], found: Mapping[Value, str], of_neurons: bool
) -> str:
    if is_cost(node):
        return "cost"
    if is_activation(node) and found[node.operands[0]] == "weighted-input":
        return "activation"
    is_neuron = of_neurons and computes(node, ADD, TOTAL) and bool(consumers) and all(map(is_activation, consumers))
    return "weighted-input" if computes(node, WEIGHTED_SUM) or is_neuron else "operation"


def is_cost(node: Value) -> bool:
    """Whether one of the paper's costs made it."""
    row = COSTS.get(node.op.name) if node.op is not None else None
    return row is not None and computes(node, row.op)


def is_activation(node: Value) -> bool:
    """Whether a function of the table of activations made it."""
    return computes(node, *[row.op for row in ACTIVATIONS.values()])


def computes(node: Value, *ops: Op) -> bool:
    """Whether the node's operation computes what one of these does; its partials may be wrong."""
    return node.op is not None and any(node.op.forward == op.forward for op in ops)
