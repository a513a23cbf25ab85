"""What the nodes of a graph are: inputs, weights, weighted inputs … and in which layer of a network they stand.

The label says it: w²₁₁ and "w1" are weights. Where there is none, the place says it: what σ is applied to is a weighted
input, the second half of a cost's operands are targets.
"""

import re
from collections.abc import Iterable

from micrograd_paper.engine import Value, topological_order
from micrograd_paper.notation import Symbol, parse
from micrograd_paper.display import LABEL_LENGTH

ROLES = {"x": "input", "a": "activation", "w": "weight", "b": "bias", "z": "weighted-input", "y": "target", "C": "cost"}
COSTS = ("quadratic", "cross_entropy", "cross_entropy_from_logits")
ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
INPUTS = 1  # the group of layer 1; layer l is group l, and the cost comes after the last


class Graph:
    """The nodes below root, operands first, with what a drawing needs to know of each.

    consumers  the nodes that a node is an operand of, once for each time
    symbols    its label as a Symbol, where it is one
    roles      input, activation, weight, bias, weighted-input, target, constant, cost, result or operation
    groups     its layer, INPUTS … last + 1; empty for a graph that is no network
    ids        unique, and an XML name: w2_1_1, n1
    """

    def __init__(self, root: Value) -> None:
        self.root = root
        self.nodes = topological_order(root)
        self.consumers: dict[Value, list[Value]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for operand in node.operands:
                self.consumers[operand].append(node)
        self.symbols = {node: symbol_of(node.label) for node in self.nodes}
        symbols = [symbol for symbol in self.symbols.values() if symbol is not None]
        self.speaks_of_neurons = any(symbol.indices or symbol.name == "w" for symbol in symbols)  # not so in a·b + c
        self.roles = roles(self)
        self.groups = groups(self)
        self.names = Names()
        labelled = [node for node in self.nodes if identifier(self, node)]
        self.ids = {node: self.names.new(identifier(self, node)) for node in labelled}
        unlabelled = [node for node in self.nodes if node not in self.ids]
        self.ids |= {node: self.names.new(f"n{place}") for place, node in enumerate(unlabelled, start=1)}

    @property
    def is_network(self) -> bool:
        return bool(self.groups)

    def group_title(self, group: int) -> str:
        """inputs, layer 2, layer 3 · output, cost; of −2: parameters of layer 2."""
        if group < 0:
            return f"parameters of {self.group_title(-group).split(' ·')[0]}"
        if group == INPUTS:
            return "inputs"
        if group > self.last_layer:
            return self.roles[self.root]
        is_output = group == self.last_layer and self.groups[self.root] > group
        return f"layer {group} · output" if is_output else f"layer {group}"

    @property
    def last_layer(self) -> int:
        return last_layer(self.symbols.values())


class Names:
    """The ids of one drawing: a name that is taken gets a suffix."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}

    def new(self, wanted: str) -> str:
        name = wanted
        while name in self.taken:
            self.taken[wanted] += 1
            name = f"{wanted}-{self.taken[wanted]}"
        self.taken[name] = 1
        return name


def symbol_of(label: object) -> Symbol | None:
    """The Symbol that a label is or spells; "w2" is the second weight w₂, for w² is no number."""
    if isinstance(label, Symbol):
        return label if is_well_formed(label) else None
    if not isinstance(label, str) or len(label) > LABEL_LENGTH:
        return None
    symbol = parse(label)
    if symbol is None or label not in (str(symbol), symbol.ascii):  # x01 would come out as x₁
        return None
    return symbol._replace(layer=None, indices=(symbol.layer,)) if symbol.layer and not symbol.indices else symbol


def is_well_formed(symbol: Symbol) -> bool:
    """A short name and small numbers; a Symbol is only a tuple, and may hold anything."""
    name, layer, indices, example = symbol
    if not isinstance(name, str) or not name.isalpha() or len(name) > LABEL_LENGTH or not isinstance(indices, tuple):
        return False
    numbers = [*indices, *(number for number in (layer, example) if number is not None)]
    return len(numbers) < 6 and all(type(number) is int and 0 <= number < 10**6 for number in numbers)


def is_labelled(node: Value) -> bool:
    return not (node.label is None or (isinstance(node.label, str) and not node.label))


def identifier(graph: Graph, node: Value) -> str:
    """The name that a node brings as an id, or nothing."""
    symbol = graph.symbols[node]
    name = symbol.ascii if symbol is not None else node.label if isinstance(node.label, str) else ""
    return name if IDENTIFIER.fullmatch(name) else ""


def roles(graph: Graph) -> dict[Value, str]:
    """Each node's role."""
    found: dict[Value, str] = {}
    for node in graph.nodes:
        symbol = graph.symbols[node]
        by_name = ROLES.get(symbol.name) if symbol is not None and graph.speaks_of_neurons else None
        if by_name is not None:
            found[node] = by_name
        else:
            found[node] = interior_role(graph, node, found) if node.operands else leaf_role(graph, node)
    return found


def leaf_role(graph: Graph, leaf: Value) -> str:
    for consumer in graph.consumers[leaf]:
        n = len(consumer.operands) // 2
        name = consumer.op.name if consumer.op else ""
        if name == "weighted_sum" and leaf is consumer.operands[-1]:
            return "bias"
        if name == "weighted_sum":
            return "weight" if leaf in consumer.operands[:n] else "input"
        if name in COSTS and leaf in consumer.operands[n:]:
            return "target"
    return "input" if is_labelled(leaf) else "constant"


def interior_role(graph: Graph, node: Value, found: dict[Value, str]) -> str:
    name = node.op.name if node.op else ""
    symbol = graph.symbols[node]
    if name in COSTS or (node is graph.root and symbol is not None and symbol.name in ("C", "cost", "loss")):
        return "cost"
    if node is graph.root:
        return "result"
    if name in ACTIVATIONS and found[node.operands[0]] == "weighted-input":
        return "activation"
    feeds = {consumer.op.name for consumer in graph.consumers[node] if consumer.op}
    is_neuron = graph.speaks_of_neurons and name in ("add", "total") and feeds and feeds.issubset(ACTIVATIONS)
    return "weighted-input" if name == "weighted_sum" or is_neuron else "operation"


def groups(graph: Graph) -> dict[Value, int]:
    """Each node's layer by its label; without one, the first layer that it leads to."""
    last = last_layer(graph.symbols.values())
    if last == 0:
        return {}
    found: dict[Value, int] = {}
    for node in reversed(graph.nodes):
        symbol = graph.symbols[node]
        if symbol is not None and symbol.layer is not None:
            found[node] = min(max(symbol.layer, INPUTS), last)
        elif graph.roles[node] == "input" and not node.operands:
            found[node] = INPUTS
        else:
            found[node] = min([found[consumer] for consumer in graph.consumers[node]], default=last + 1)
    return found


def last_layer(symbols: Iterable[Symbol | None]) -> int:
    """L; 0 if nothing is named as in a network."""
    return max([symbol.layer or 0 for symbol in symbols if symbol is not None and symbol.name in "wbza"], default=0)
