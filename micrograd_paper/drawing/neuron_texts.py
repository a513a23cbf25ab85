"""What the marks of a neuron say: the symbol and number of δ, and the exact numbers in the tooltips."""

from collections.abc import Sequence

from micrograd_paper.drawing.amounts import mean, short
from micrograd_paper.drawing.ledger import MAX_OPERANDS, RULES, called
from micrograd_paper.reading.network import Network, Neuron
from micrograd_paper.reading.roles import COSTS
from micrograd_paper.drawing.text import exact
from micrograd_paper.engine import Value
from micrograd_paper.notation import Symbol
from micrograd_paper.display import cut


def delta_name(neuron: Neuron) -> Symbol:
    return Symbol("delta", neuron[0], (neuron[1],))


def delta_symbol(network: Network, neuron: Neuron) -> Symbol:
    """δ²₁; Σδ²₁ where it is a sum over examples."""
    several = len(network.z.get(neuron, [])) > 1
    return delta_name(neuron)._replace(name="Σδ") if several else delta_name(neuron)


def delta_text(network: Network, neuron: Neuron) -> str | None:
    """δ in two significant digits; None if it is not computed."""
    delta = network.delta(neuron)
    return None if delta is None else short(delta, 2)


def circle_tooltip(network: Network, neuron: Neuron) -> list[str]:
    """The exact activation, of each example and their mean; then the bias, and the targets of an output."""
    nodes = network.outputs[neuron]
    if len(nodes) == 1:
        lines = network.write.tooltip(nodes[0])
    else:
        average = exact(mean([node.data for node in nodes]))
        head = f"{network.symbol(neuron)}, the mean over {len(nodes)} examples, = {average}"
        lines = [head, *each(network, nodes), RULES[network.role(neuron)]]
    bias = network.biases.get(neuron)
    if bias is not None:
        lines += network.write.tooltip(bias)
    targets = [target for node in nodes for target in targets_of(network, node)]
    return [*lines, *(f"target {cut(called(network.graph, y))} = {exact(y.data)}" for y in targets[:MAX_OPERANDS])]


def pill_tooltip(network: Network, neuron: Neuron) -> list[str]:
    """The exact δ, of each example and their sum, which is ∂C/∂b."""
    nodes, delta = network.z[neuron], network.delta(neuron)
    if delta is None:
        return [f"{delta_name(neuron)}: gradient not computed"]
    if len(nodes) == 1:
        return [f"{delta_name(neuron)} = {exact(delta)}", *network.write.tooltip(nodes[0])]
    head = f"Σ {delta_name(neuron)} over {len(nodes)} examples = {exact(delta)}"
    return [head, *each(network, nodes, gradients=True), RULES["bias"]]


def each(network: Network, nodes: Sequence[Value], gradients: bool = False) -> list[str]:
    """A line for each of the first examples."""
    graph = network.graph
    root = cut(called(graph, graph.root))
    lines = [
        f"∂{root}/∂{cut(called(graph, node))} = {exact(node.grad)}" if gradients
        else f"{cut(called(graph, node))} = {exact(node.data)}"
        for node in nodes[:MAX_OPERANDS]
    ]
    return lines + ["…"] * (len(nodes) > MAX_OPERANDS)


def targets_of(network: Network, output: Value) -> list[Value]:
    """What the costs compare this output with."""
    found = []
    for consumer in network.graph.consumers[output]:
        if consumer.op is not None and consumer.op.name in COSTS:
            n = len(consumer.operands) // 2
            found += [y for a, y in zip(consumer.operands[:n], consumer.operands[n:]) if a is output]
    return found
