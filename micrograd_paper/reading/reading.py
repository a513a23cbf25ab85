"""A graph read in the paper's terms: what each node is, its layer, its name, the equation that it stands for.

    >>> reading = Reading(C)
    >>> node = reading.lookup.find("z2_1")
    >>> reading.roles[node], reading.layers[node], reading.names[node]
    ('weighted-input', 2, 'z²₁')
    >>> reading.equations.forward(node)
    '(12)'

Every tool reads a graph here, so that all of them say the same. Each fact is worked out when it is first asked for.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from micrograd_paper.display import label_text
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.graph import is_current
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.equation_numbers import EquationNumbers
from micrograd_paper.reading.gradients import Gradients
from micrograd_paper.reading.layers import INPUTS, layers
from micrograd_paper.reading.names import Names, UniqueNames, made_at, node_names, own_name
from micrograd_paper.reading.roles import allowed, roles
from micrograd_paper.reading.stale_nodes import stale_note
from micrograd_paper.reading.symbols import delta_of, last_layer, speaks_of_neurons, symbol_of
from micrograd_paper.reading.variables import Variables

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")


class Reading:
    """What is known of each node of root's graph. Raises NotAValue."""

    def __init__(
        self, root: Value, order: Sequence[Value] | None = None, paths: Mapping[Value, str] | None = None
    ) -> None:
        self.root = root
        self.nodes = topological_order(root) if order is None else order
        if paths is not None:
            self.paths = paths

    @cached_property
    def consumers(self) -> dict[Value, list[Value]]:
        """The nodes that a node is an operand of, once for each time."""
        found: dict[Value, list[Value]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for operand in node.operands:
                found[operand].append(node)
        return found

    @cached_property
    def paths(self) -> Mapping[Value, str]:
        """The paths to nodes without a label from the program's variables, as they are when this is first asked for."""
        there = set(self.nodes)
        found = Variables.visible().paths()
        return {node: path for node, path in found.items() if node in there and not own_name(node.label)}

    @cached_property
    def given_names(self) -> dict[Value, str]:
        """The label, or the path; nothing for a node that has neither."""
        names = {node: label_text(node.label) for node in self.nodes if node.label is not None}
        return {node: name for node, name in names.items() if name} | dict(self.paths)

    @cached_property
    def spelled(self) -> dict[Value, Symbol | None]:
        """The name as a Symbol, where it is or spells one."""
        paths = self.paths
        return {node: symbol_of(node.label) if node.label is not None else symbol_of(paths[node]) if node in paths
                else None for node in self.nodes}

    @cached_property
    def symbols(self) -> dict[Value, Symbol | None]:
        """The same, where the node's place allows the name: of a computed "y" nothing."""
        return allowed(self.nodes, self.spelled)

    @cached_property
    def roles(self) -> dict[Value, str]:
        """input, activation, weight, bias, weighted-input, target, unnamed-leaf, cost, result or operation."""
        return roles(self.nodes, self.consumers, self.symbols, self.given_names)

    @cached_property
    def layers(self) -> dict[Value, int]:
        """The layer, 1 … L; nothing for what is behind the last, and nothing at all in a graph that is no network."""
        return layers(self.nodes, self.consumers, self.symbols, self.roles) if self.last_layer else {}

    @cached_property
    def speaks_of_neurons(self) -> bool:
        """Whether its names are a network's."""
        return speaks_of_neurons(self.symbols.values())

    @cached_property
    def last_layer(self) -> int:
        """L; 0 for a graph that is no network."""
        return last_layer(self.symbols.values())

    @property
    def is_network(self) -> bool:
        return self.last_layer > 0

    @cached_property
    def names(self) -> dict[Value, str]:
        """Each node's name, which no other has: its label, its path, or n1, n2, …"""
        return node_names(self.nodes, self.paths)

    def delta(self, node: Value) -> Symbol | None:
        """δ²₁ of z²₁: ∂C/∂z²₁, (15). None where the paper has no name for the gradient, or the root is no cost but a
        neuron itself."""
        return delta_of(self.symbols[node]) if self.is_of_cost else None

    @property
    def is_of_cost(self) -> bool:
        """Whether the root is more than a neuron: gradients are then those of a cost."""
        return self.roles[self.root] not in ("weighted-input", "activation")

    def twin(self, node: Value) -> str:
        """#2 for the second node of one label; "" for a node that is the only one of its."""
        name = self.names[node]
        _, mark, place = name.rpartition("#")
        is_twin = bool(mark) and name != self.given_names.get(node) and place.isdecimal() and node in self.given_names
        return mark + place if is_twin else ""

    def full_name(self, node: Value) -> str:
        """Its name; of a node that has only a number also where it was made, if that was recorded: n12, model.py:5."""
        place = "" if node in self.given_names else made_at(node)
        return f"{self.names[node]}, {place}" if place else self.names[node]

    def partial_name(self, node: Value, position: int, name: str, operand: str) -> str:
        """∂z/∂x for a local derivative; z.partials[0] where z depends on x in another way, too, and ∂z/∂x is more."""
        return f"∂{name}/∂{operand}" if self.is_only_way(node, position) else f"{name}.partials[{position}]"

    def is_only_way(self, node: Value, position: int) -> bool:
        """Whether node depends on that operand by this edge alone.

        Two searches for another way take turns, up from the operand and down from the node: the shorter one decides.
        """
        operand = node.operands[position]
        if operand in self.repeated[node]:
            return False
        first, last = self.place[operand], self.place[node]

        def search(near: Iterable[Value], further: Callable[[Value], Iterable[Value]], goal: Value) -> Iterator[bool]:
            seen, fronts = set(), deque([near])
            while fronts:
                for each in fronts.popleft():
                    yield each is goal
                    if each not in seen and first < self.place[each] < last:
                        seen.add(each)
                        fronts.append(further(each))

        up = search((each for each in self.consumers[operand] if each is not node), self.consumers.__getitem__, node)
        down = search((each for each in node.operands if each is not operand), lambda each: each.operands, operand)
        return not any(is_above or is_below for is_above, is_below in zip(up, down))

    @cached_property
    def repeated(self) -> dict[Value, set[Value]]:
        """The operands that each node has more than once."""
        times = {node: Counter(node.operands) for node in self.nodes}
        return {node: {operand for operand, count in each.items() if count > 1} for node, each in times.items()}

    @cached_property
    def place(self) -> dict[Value, int]:
        """Where each node stands in the topological order."""
        return {node: place for place, node in enumerate(self.nodes)}

    @cached_property
    def gradients(self) -> Gradients:
        """What the gradients are that the nodes hold now."""
        return Gradients(self.root, self.nodes)

    @cached_property
    def stale(self) -> list[Value]:
        """The nodes that no longer follow from their operands, because a number was changed since."""
        return [node for node in self.nodes if node.op is not None and not is_current(node, node.op)]

    @cached_property
    def older(self) -> set[Value]:
        """The stale nodes, and all that was computed from them: what is older than the leaves."""
        found = set(self.stale)
        for node in self.nodes if found else ():
            if not found.isdisjoint(node.operands):
                found.add(node)
        return found

    @property
    def stale_note(self) -> str:
        """How many these are, and the first of them; "" for none."""
        return stale_note(self.stale, self.names)

    @cached_property
    def lookup(self) -> Names:
        """The nodes by what somebody types."""
        return Names(self.nodes, self.names)

    @cached_property
    def equations(self) -> EquationNumbers:
        return EquationNumbers(self.nodes, self.symbols)

    @cached_property
    def ids(self) -> dict[Value, str]:
        """A name of each node that no other has, and that XML takes as an id: w2_1_1, n1."""
        named, paths, new = self.given_names, self.paths, self.unique.new
        own = {node: self.identifier(node) for node in self.nodes if node in named}
        found = {node: new(name) for node, name in own.items() if name}
        unlabelled = [node for node in self.nodes if node not in named or node in paths]
        numbers = {node: f"n{place}" for place, node in enumerate(unlabelled, start=1)}
        return found | {node: new(numbers.get(node, "node")) for node in self.nodes if node not in found}

    def new_id(self, wanted: str) -> str:
        """An id for something else, which no node and nothing else has."""
        return self.unique.new(wanted) if self.ids else wanted

    @cached_property
    def unique(self) -> UniqueNames:
        return UniqueNames()

    def identifier(self, node: Value) -> str:
        """The name that a node brings as an id, or nothing."""
        symbol = self.spelled[node]
        name = symbol.ascii if symbol is not None else self.given_names.get(node, "")
        return name if IDENTIFIER.fullmatch(name) else ""

    def layer_title(self, layer: int) -> str:
        """inputs, layer 2, layer 3 · output; of L + 1, what is behind the last: cost."""
        if layer == INPUTS:
            return "inputs"
        if layer > self.last_layer:
            return self.roles[self.root]
        is_output = layer == self.last_layer and self.root not in self.layers
        return f"layer {layer} · output" if is_output else f"layer {layer}"
