"""The names of the nodes of a graph, and finding them by what somebody types: z2_1, z²₁, δ²₁, a label, n3 …

    find(root, "z2_1")                     the node of that name
    node_names(topological_order(root))    each node's name: its label, or n1, n2, …

A node without a label is named by its path from the program's variables: w, xs[1], n.layers[0].neurons[0].w[0].
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property

from micrograd_paper.display import cut, label_text, number_text, one_line
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UnknownName
from micrograd_paper.notation import Symbol, parse
from micrograd_paper.reading.symbols import symbol_of
from micrograd_paper.reading.variables import Variables

NUMBERED = re.compile(r"(n\d+′*)(, .*)?")  # where it was made may follow
GRADIENT = re.compile(r"(?:∂.*/∂|d\w*/d)(?P<of>.+)")  # ∂C/∂w²₁₁, dC/dw2_1_1
SINGLE_NAME = re.compile(r"[^\s+\-−*×·/÷=<>^]+|[^\s+\-−*×·/÷=<>^]+\[.*\]")  # needs no brackets in a formula
LOOKED_THROUGH = 20_000  # names, for the nearest to one that is unknown
LISTED = 5


def find(root: Value, name: str | Symbol) -> Value:
    """The node of root's graph of that name: z²₁, z2_1, any label, a path from the caller's variables such as n.b or
    xs[1], n3 for the third node without a label.

    In the graph of a batch "z2_1" stands for every example's, "z2_1__7" for example 7's; of several nodes with one name
    "x#2" is the second. Raises UnknownName if no node has the name, or several, which it lists.
    """
    order = topological_order(root)
    names = Names(order, node_names(order, Variables.visible().paths()))
    return names.find(name if isinstance(name, str) else name.ascii)


def node_names(nodes: Iterable[Value], paths: Mapping[Value, str] | None = None) -> dict[Value, str]:
    """Each node's name, which no other has: its label, on one line and at most 40 characters long, or its path in
    `paths`, or the number that it has among the unlabelled in this order, n1, n2, …

    Several with one label are x#1, x#2, …; an unlabelled node whose number somebody's label has taken is n1′.
    """
    names, paths = {node: own_name(node.label) for node in nodes}, paths or {}
    unlabelled = [node for node, name in names.items() if not name]
    names |= {node: paths[node] for node in unlabelled if node in paths}
    taken = Counter(names.values())
    places: Counter[str] = Counter()
    for node, name in names.items():
        if name and taken[name] > 1:
            places[name] += 1
            names[node] = f"{name}#{places[name]}"
            while names[node] in taken:
                names[node] += "′"
    for place, node in enumerate(unlabelled, start=1):
        name = f"n{place}"
        while name in taken:
            name += "′"
        names[node] = names[node] or name
    return names


def bracketed(name: str) -> str:
    """The name, in brackets where it looks like a formula: ∂C/∂(x1*w1)."""
    return name if SINGLE_NAME.fullmatch(name) else f"({name})"


def own_name(label: object) -> str:
    """The label as text; "z2_1" is written z²₁, as the Symbol is. "" for none."""
    if label is None:
        return ""
    symbol = symbol_of(label)
    return label_text(label) if symbol is None or symbol.layer is None else cut(str(symbol))


def made_at(node: Value) -> str:
    """Where it was made, if that was recorded: what follows the number of a node that has no name."""
    return "" if node.origin is None else cut(one_line(node.origin, str), 80)


class Names:
    """The names of one graph's nodes: what can be typed. `names` are those that are shown."""

    def __init__(self, order: Sequence[Value], names: dict[Value, str]) -> None:
        self.order = order
        self.names = names

    @cached_property
    def shown(self) -> dict[str, Value]:
        return {name: node for node, name in self.names.items()}

    @cached_property
    def typed(self) -> dict[str, list[Value]]:
        """Each name but the numbers that can be typed → the nodes that have it; without an example, all examples'."""
        found: dict[str, list[Value]] = {}
        for node in self.order:
            names = typed_names(node.label) if node.label is not None else []
            if not names and not NUMBERED.fullmatch(self.names[node]):
                names = spelled(self.names[node].partition("#")[0])
            for name in names:
                found.setdefault(name, []).append(node)
        return found

    def all(self, name: str) -> list[Value]:
        """The nodes of this name; [] if there are none. δ²₁ and ∂C/∂z²₁ stand for z²₁."""
        for exact in (name, label_text(name)):
            if exact in self.shown or exact in self.typed:
                return [self.shown[exact]] if exact in self.shown else self.typed[exact]
        match = GRADIENT.fullmatch(name.strip())
        name = match["of"] if match else name.strip()
        numbered, (base, twin, place) = NUMBERED.fullmatch(name), name.rpartition("#")
        if numbered:
            name = base = numbered[1]
        symbol = parse(base if twin else name)
        symbols = [] if symbol is None else [symbol, *([symbol._replace(name="z")] if symbol.name == "delta" else [])]
        for key in (name, *(f"{each}{twin}{place if twin else ''}" for each in symbols)):
            if key in self.shown:
                return [self.shown[key]]
        for key in (name, *(each.ascii for each in symbols if not twin)):
            if key in self.typed:
                return self.typed[key]
        other = self.of_program(name)
        return [other] if other is not None and other in self.names else []

    def find(self, name: str) -> Value:
        """The one node of this name. Raises UnknownName, with the nearest name, or with the nodes that have it."""
        found = self.all(name)
        if len(found) == 1:
            return found[0]
        if found:
            these = ", ".join([self.described(node) for node in found[:LISTED]] + ["…"] * (len(found) > LISTED))
            raise UnknownName(f"{len(found)} nodes are named {label_text(name)}: {these}; say which one")
        if self.of_program(name) is not None:
            raise UnknownName(f"{self.names[self.order[-1]]} does not depend on {label_text(name)}")
        raise UnknownName(f"no node of this graph is named {label_text(name) or repr(name)}{self.nearest(name)}")

    def described(self, node: Value) -> str:
        """z2_1__7; x#2 = 3."""
        symbol = symbol_of(node.label)
        if symbol is not None and self.names[node] == str(symbol):
            return symbol.ascii
        return f"{self.names[node]} = {number_text(node.data)}"

    def of_program(self, path: str) -> Value | None:
        """The Value that a path from the program's variables leads to, of this graph or not."""
        thing = Variables.visible().at(path)
        return thing if isinstance(thing, Value) else None

    def nearest(self, name: str) -> str:
        """What might have been meant, or else some of the names that there are."""
        names = list(self.typed)[:LOOKED_THROUGH]
        some = ", ".join(names[:LISTED]) + (", …" if len(names) > LISTED else "")
        numbers = [name for name in self.shown if NUMBERED.fullmatch(name)]
        return nearest(name, names) or f"; there are {some or f'{numbers[0]} to {numbers[-1]}'}"

    def beginning(self, text: str) -> list[str]:
        """The names that begin so, for completion."""
        return [name for name in self.typed if name.startswith(text)]


def typed_names(label: object) -> list[str]:
    """z2_1__7 and z2_1 of z²₁⁽⁷⁾; of any other label its text, and what that spells."""
    if isinstance(label, Symbol):
        return list(dict.fromkeys([label.ascii, label.of_example(None).ascii]))
    text = label_text(label)
    return spelled(text) if text else []


def spelled(text: str) -> list[str]:
    """The text, and the paper's name that it spells, as that is typed."""
    symbol = parse(text)
    return list(dict.fromkeys([text] + ([symbol.ascii] if symbol is not None else [])))


def nearest(name: str, names: Sequence[str]) -> str:
    """ (did you mean z2_1?), or nothing."""
    close = get_close_matches(name, names, 1) if len(name) <= 40 else []
    return f" (did you mean {close[0]}?)" if close else ""


class UniqueNames:
    """Names of which none is given twice: one that is taken gets a suffix, as an id of SVG may have it."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}

    def new(self, wanted: str) -> str:
        name = wanted
        while name in self.taken:
            self.taken[wanted] += 1
            name = f"{wanted}-{self.taken[wanted]}"
        self.taken[name] = 1
        return name
