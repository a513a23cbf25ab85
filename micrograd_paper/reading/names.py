"""The names of the nodes of a graph, and finding them by what somebody types: z2_1, z²₁, δ²₁, a label, n3 …

    find(root, "z2_1")                     the node of that name
    node_names(topological_order(root))    each node's name: its label, or n1, n2, …
"""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cached_property

from micrograd_paper.display import label_text, number_text
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UnknownName
from micrograd_paper.notation import Symbol, parse
from micrograd_paper.reading.symbols import symbol_of

NUMBERED = re.compile(r"n(\d+)′*")
GRADIENT = re.compile(r"(?:∂.*/∂|d\w*/d)(?P<of>.+)")  # ∂C/∂w²₁₁, dC/dw2_1_1
LOOKED_THROUGH = 20_000  # names, for the nearest to one that is unknown
LISTED = 5


def find(root: Value, name: str | Symbol) -> Value:
    """The node of root's graph of that name: z²₁, z2_1, any label, n3 for the third node without one.

    In the graph of a batch "z2_1" stands for every example's, "z2_1__7" for example 7's. Raises UnknownName if no node
    has the name, or several, which it lists.
    """
    order = topological_order(root)
    return Names(order, node_names(order)).find(name if isinstance(name, str) else name.ascii)


def node_names(nodes: Iterable[Value]) -> dict[Value, str]:
    """Each node's name: its label, on one line and at most 40 characters long, or n1, n2, … in this order.

    An unlabelled node whose number somebody's label has taken is named n1′. Nodes with equal labels have equal names.
    """
    names = {node: own_name(node.label) for node in nodes}
    labels = set(names.values())
    unlabelled = [node for node, name in names.items() if not name]
    for place, node in enumerate(unlabelled, start=1):
        name = f"n{place}"
        while name in labels:
            name += "′"
        names[node] = name
    return names


def own_name(label: object) -> str:
    """The label as text; "z2_1" is written z²₁, as the Symbol is. "" for none."""
    if label is None:
        return ""
    symbol = symbol_of(label) if isinstance(label, str) else None
    return label_text(label) if symbol is None or symbol.layer is None else str(symbol)


class Names:
    """The names of one graph's nodes: what can be typed. `names` are those that are shown."""

    def __init__(self, order: Sequence[Value], names: dict[Value, str]) -> None:
        self.order = order
        self.names = names

    @cached_property
    def labelled(self) -> dict[str, list[Value]]:
        """Each name that can be typed → the nodes that have it; without an example, those of every example."""
        found: dict[str, list[Value]] = {}
        for node in self.order:
            if node.label is not None:
                for name in typed_names(node.label):
                    found.setdefault(name, []).append(node)
        return found

    @cached_property
    def unlabelled(self) -> list[Value]:
        return [node for node in self.order if node.label is None or not label_text(node.label)]

    def all(self, name: str) -> list[Value]:
        """The nodes of this name; [] if there are none. δ²₁ and ∂C/∂z²₁ stand for z²₁."""
        name = name.strip()
        match = GRADIENT.fullmatch(name)
        symbol = parse(match["of"] if match else name)
        keys = [match["of"] if match else name]
        if symbol is not None:
            keys += [symbol.ascii, *([symbol._replace(name="z").ascii] if symbol.name == "delta" else [])]
        for key in keys:
            if key in self.labelled:
                return self.labelled[key]
            numbered = NUMBERED.fullmatch(key)
            if numbered and 0 < int(numbered[1]) <= len(self.unlabelled):
                node = self.unlabelled[int(numbered[1]) - 1]
                if self.names[node] == key:
                    return [node]
        return []

    def find(self, name: str) -> Value:
        """The one node of this name. Raises UnknownName, with the nearest name, or with the nodes that have it."""
        found = self.all(name)
        if len(found) == 1:
            return found[0]
        if found:
            these = ", ".join([self.described(node) for node in found[:LISTED]] + ["…"] * (len(found) > LISTED))
            raise UnknownName(f"{len(found)} nodes are named {label_text(name)}: {these}; say which one")
        raise UnknownName(f"no node of this graph is named {label_text(name) or repr(name)}{self.nearest(name)}")

    def described(self, node: Value) -> str:
        """z2_1__7, or the whole line of a node that has no name of its own."""
        label = node.label
        return label.ascii if isinstance(label, Symbol) else f"{self.names[node]} = {number_text(node.data)}"

    def nearest(self, name: str) -> str:
        """What might have been meant, or else some of the names that there are."""
        names = list(self.labelled)[:LOOKED_THROUGH]
        some = ", ".join(names[:LISTED]) + (", …" if len(names) > LISTED else "")
        return nearest(name, names) or (f"; there are {some}" if some else f"; there are n1 to n{len(self.unlabelled)}")

    def beginning(self, text: str) -> list[str]:
        """The names that begin so, for completion."""
        return [name for name in self.labelled if name.startswith(text)]


def typed_names(label: object) -> list[str]:
    """z2_1__7 and z2_1 of z²₁⁽⁷⁾; of any other label its text, and what that spells."""
    if isinstance(label, Symbol):
        return list(dict.fromkeys([label.ascii, label.of_example(None).ascii]))
    text = label_text(label)
    symbol = parse(text)
    return list(dict.fromkeys([text] + ([symbol.ascii] if symbol is not None else []))) if text else []


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
