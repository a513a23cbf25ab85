"""Finding the nodes of a graph by what somebody types: z2_1, z²₁, δ²₁, a label, or n3 for one without a label."""

import contextlib
import math
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cached_property
from types import FrameType
from typing import Any

from micrograd_paper.engine import Value
from micrograd_paper.errors import UnknownName
from micrograd_paper.notation import Symbol, parse
from micrograd_paper.display import four_digits, label_text
from micrograd_paper.stepping.origins import PACKAGE
from micrograd_paper.stepping.steps import Shared

NUMBERED = re.compile(r"n(\d+)′*")
GRADIENT = re.compile(r"(?:∂.*/∂|d\w*/d)(?P<of>.+)")  # ∂C/∂w²₁₁, dC/dw2_1_1
LOOKED_THROUGH = 20_000  # names, for the nearest to one that is unknown
LISTED = 5
CONTEXTLIB = contextlib.__file__


class Names:
    """The names of one graph's nodes."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.order = shared.order

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
                if self.shared.names[node] == key:
                    return [node]
        return []

    def find(self, name: str) -> Value:
        """The one node of this name. Raises UnknownName, with the nearest name, or with the nodes that have it."""
        found = self.all(name)
        if len(found) == 1:
            return found[0]
        if found:
            these = ", ".join([self.described(node) for node in found[:LISTED]] + ["…"] * (len(found) > LISTED))
            raise UnknownName(f"{len(found)} nodes are called {label_text(name)}: {these}; say which one")
        raise UnknownName(f"no node of this graph is called {label_text(name) or repr(name)}{self.nearest(name)}")

    def described(self, node: Value) -> str:
        """z2_1__7, or the whole line of a node that has no name of its own."""
        label = node.label
        return label.ascii if isinstance(label, Symbol) else f"{self.shared.names[node]} = {four_digits(node.data)}"

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


@contextmanager
def named_by_variables(order: Sequence[Value]) -> Iterator[None]:
    """Inside, Values without a label bear the name of the variable that holds them in the innermost frame outside this
    package: who wrote x = Value(3.0) can say x. A name that a node of the graph has by its label stays that node's."""
    taken = {name for node in order if node.label is not None for name in typed_names(node.label)}
    named = []
    for name, thing in variables().items():
        if isinstance(thing, Value) and thing.label is None and not name.startswith("_") and name not in taken:
            thing.label = name
            named.append(thing)
    try:
        yield
    finally:
        for node in named:
            node.label = None


def variables() -> dict[str, Any]:
    """By name, what the innermost frame outside this package sees, its own variables first."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename.startswith((PACKAGE, CONTEXTLIB)):
        frame = frame.f_back
    return {} if frame is None else {**frame.f_locals, **frame.f_globals, **frame.f_locals}


def nearest(name: str, names: Sequence[str]) -> str:
    """ (did you mean z2_1?), or nothing."""
    close = get_close_matches(name, names, 1) if len(name) <= 40 else []
    return f" (did you mean {close[0]}?)" if close else ""


def layers(order: Sequence[Value]) -> dict[Value, int]:
    """Each node's layer: its label's, or else the one that it leads to; C is behind the last. {} without layers."""
    last = max([own_layer(node) or 0 for node in order], default=0)
    found: dict[Value, int] = {}
    for node in reversed(order) if last > 1 else ():
        own = own_layer(node)
        layer = found[node] = found.get(node, last + 1) if own is None else own
        for operand in node.operands:
            found[operand] = min(found.get(operand, layer), layer)
    return found


def own_layer(node: Value) -> int | None:
    """The layer that the paper's w, b, z, a has in its label; 1 for x."""
    label = node.label
    if not isinstance(label, Symbol):
        return None
    if label.name == "x":
        return 1
    return label.layer if label.name in ("w", "b", "z", "a") and isinstance(label.layer, int) else None


NO_LAYER = math.nan  # equal to no number, above none and below none
