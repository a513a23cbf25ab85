"""A graph read as the network that it records: which nodes are which neuron's, for one example or for many.

    network.layers               1 … L, as far as the graph holds them; 1 is the inputs
    network.neurons[2]           the numbers j of the neurons of layer 2
    network.outputs[2, 1]        the nodes of a²₁, one for each example (x₁ in layer 1; z where the graph has no a)
    network.z[2, 1]              the nodes of z²₁, one for each example: their gradients are δ²₁
    network.weights[2, 1, 3]     w²₁₃
    network.biases[2, 1]         b²₁
"""

from functools import cached_property

from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import ADD, MULTIPLY, TOTAL, WEIGHTED_SUM
from micrograd_paper.reading.layers import INPUTS
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.roles import computes

Neuron = tuple[int, int]  # layer, number
Weight = tuple[int, int, int]  # layer, to, from: l, j, k of wˡⱼₖ


class Network:
    """The neurons and parameters in a graph. Raises UsageError for a graph of none, or of several networks."""

    def __init__(self, graph: Reading, detail: str) -> None:
        self.graph = graph
        self.detail = detail
        self.weights: dict[Weight, Value] = {}
        self.biases: dict[Neuron, Value] = {}
        if not graph.is_network:
            raise self.refusal("this graph has no such names")
        self.read_parameters()
        self.outputs, self.z = self.read_neurons()
        self.layers = sorted({l for l, _ in self.outputs})
        self.neurons = {l: sorted(j for layer, j in self.outputs if layer == l) for l in self.layers}
        drawn = any((l, j) in self.outputs and (l - 1, k) in self.outputs for l, j, k in self.weights)
        if not self.outputs or not (drawn or (len(self.layers) == 1 and not self.weights)):
            raise self.refusal("this graph is none")

    def refusal(self, why: str) -> UsageError:
        return UsageError(
            f'detail="{self.detail}" draws one network, with nodes named w2_1_1, z2_1 and so on; {why}: '
            'expected detail="operations"'
        )

    def read_parameters(self) -> None:
        """weights and biases, in the order of their layers and neurons."""
        found: dict[tuple[str, tuple[int, ...]], Value] = {}
        for node, symbol in self.graph.symbols.items():
            if symbol is None or not symbol.layer or (symbol.name, len(symbol.indices)) not in (("w", 2), ("b", 1)):
                continue
            key = symbol.name, (symbol.layer, *symbol.indices)
            if key in found:
                raise self.refusal(f"this graph has several nodes named {symbol.ascii}")
            found[key] = node
        for (name, place), node in sorted(found.items(), key=lambda item: item[0]):
            if name == "w":
                self.weights[place[0], place[1], place[2]] = node
            else:
                self.biases[place[0], place[1]] = node

    def read_neurons(self) -> tuple[dict[Neuron, list[Value]], dict[Neuron, list[Value]]]:
        """outputs and z. What a weight is multiplied with is its neuron's output, whatever its name is."""
        outputs: dict[Neuron, list[Value]] = {}
        for (l, _, k), sources in self.sources().items():
            if len(sources) > len(outputs.get((l - 1, k), [])):
                outputs[l - 1, k] = sources
        claimed = {node: neuron for neuron, nodes in outputs.items() for node in nodes}
        named: dict[str, dict[Neuron, list[Value]]] = {"a": {}, "z": {}}
        for node, symbol in self.graph.symbols.items():
            if symbol is not None and symbol.layer is not None and symbol.name in named and len(symbol.indices) == 1:
                neuron = symbol.layer, symbol.indices[0]
                if claimed.get(node, neuron) == neuron:
                    named[symbol.name].setdefault(neuron, []).append(node)
        for nodes_of in (named["a"], named["z"]):
            for neuron, nodes in nodes_of.items():
                if len(nodes) > len(outputs.get(neuron, [])):
                    outputs[neuron] = nodes
        return outputs, named["z"]

    def sources(self) -> dict[Weight, list[Value]]:
        """What each weight is multiplied with on the way to its z, once for each example."""
        weights = {node: place for place, node in self.weights.items()}
        found: dict[Weight, list[Value]] = {place: [] for place in self.weights}
        for node in self.graph.nodes:
            operands = node.operands
            if computes(node, WEIGHTED_SUM):
                pairs = list(zip(operands, operands[len(operands) // 2 : -1]))
            else:
                pairs = list(zip(operands, operands[::-1])) if computes(node, MULTIPLY) else []
            for weight, source in pairs:
                place = weights.get(weight)
                if place is not None and self.graph.layers.get(node) == place[0]:  # a penalty's × is in no layer
                    found[place].append(source)
        return found

    @cached_property
    def other_terms(self) -> list[Value]:
        """The z that are more than the sum of their neuron's w·a and b: what else they hold is not drawn."""
        known = {node for nodes in self.outputs.values() for node in nodes}
        return [z for nodes in self.z.values() for z in nodes if any(
            term not in self.biases.values() and not (
                computes(term, MULTIPLY) and not known.isdisjoint(term.operands)
                and any(each in self.weights_drawn for each in term.operands))
            for term in self.terms(z)
        )]

    @cached_property
    def weights_drawn(self) -> set[Value]:
        return set(self.weights.values())

    def terms(self, z: Value) -> list[Value]:
        """What a z is the sum of, unnamed sums taken apart; nothing for a Σ, which holds w, a and b alone."""
        found, stack = [], list(z.operands) if computes(z, ADD, TOTAL) else [] if computes(z, WEIGHTED_SUM) else [z]
        while stack:
            node = stack.pop()
            if computes(node, ADD, TOTAL) and self.graph.symbols[node] is None:
                stack += node.operands
            else:
                found.append(node)
        return found

    @property
    def examples(self) -> int:
        """How many examples the graph holds."""
        return max(len(nodes) for nodes in self.outputs.values())

    @property
    def shape_text(self) -> str:
        """4-3-3."""
        return "-".join([str(len(self.neurons[l])) for l in self.layers])

    @property
    def has_outcome(self) -> bool:
        """Whether the root is more than a neuron: the cost."""
        root = self.graph.root
        return not any(root in nodes for nodes in (*self.outputs.values(), *self.z.values()))

    def symbol(self, neuron: Neuron) -> Symbol:
        """x₁, a²₁, or z²₁ where the graph has no a."""
        layer, j = neuron
        if layer == INPUTS:
            return Symbol("x", None, (j,))
        return Symbol("z" if self.role(neuron) == "weighted-input" else "a", layer, (j,))

    def own_symbol(self, neuron: Neuron) -> Symbol:
        """The same; of an input that is named as another one, that name: who multiplies w²₁₁ with x₂ sees x₂."""
        symbols = [self.graph.symbols[node] for node in self.outputs[neuron]]
        own = {symbol.of_example(None) for symbol in symbols if symbol is not None and symbol.name == "x"}
        return own.pop() if len(own) == 1 and neuron[0] == INPUTS else self.symbol(neuron)

    def role(self, neuron: Neuron) -> str:
        if neuron[0] == INPUTS:
            return "input"
        return "weighted-input" if self.outputs[neuron] == self.z.get(neuron) else "activation"
