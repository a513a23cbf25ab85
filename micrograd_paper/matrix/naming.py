"""What the arrays of a program are called: W2, Z2, A2, D2 as in the paper, or what their labels have in common."""

import builtins
import keyword
import re
from collections.abc import Sequence
from typing import Any

from micrograd_paper.display import label_text
from micrograd_paper.engine import Value
from micrograd_paper.matrix.grouping import Group
from micrograd_paper.matrix.array_text import ArrayText, names_in
from micrograd_paper.reading.symbols import symbol_of

INDEX = re.compile(r"\[(\d+)\]|\d+$|[₀-₉,]+$|⁽.*⁾$|_$")
RESERVED = frozenset((*keyword.kwlist, *dir(builtins)))
TAKEN = {"np", "k", "theta", "seed", "view", "gradient", "dS", "dV", "constants", "sigmoid", "softplus"}


class Names:
    """The names of one program. `paths` are those of the user's variables, for leaves without a label."""

    def __init__(self, paths: dict[Value, str], inputs: Sequence[Sequence[Value]], parameters: list[int]) -> None:
        self.taken = {*RESERVED, *TAKEN}
        self.paths = paths
        self.parameters = parameters
        self.of_arrays: dict[Any, str] = {}
        self.layers: dict[str, tuple[str, int]] = {}  # Z2 → z, 2
        self.of_inputs = [self.of_input(each, i) for i, each in enumerate(inputs)]

    def unique(self, name: str) -> str:
        found, number = name, 1
        while found in self.taken:
            number += 1
            found = f"{name}_{number}"
        self.taken.add(found)
        return found

    def common(self, values: Sequence[Value | None]) -> tuple[str, str, int | None] | None:
        """(name, letter, layer) of all of these: ("W2", "w", 2); else a common part of their names, None if none."""
        if not values or any(value is None for value in values):
            return None
        symbols = [symbol_of(value.label) for value in values if value is not None]
        heads = {None if s is None else (s.name, s.layer) for s in symbols}
        if len(heads) == 1 and (head := heads.pop()) is not None:
            letter, layer = head
            is_matrix = letter in ("w", "z", "a", "x", "y")
            return f"{letter.upper() if is_matrix else letter}{'' if layer is None else layer}", letter, layer
        stems = {self.stem(value) for value in values if value is not None}
        return (stem, "", None) if len(stems) == 1 and (stem := stems.pop()) else None

    def stem(self, value: Value) -> str:
        """attn_wq of state_dict['attn_wq'][3][5]; "" if it has no name."""
        text = label_text(value.label) if value.label is not None else self.paths.get(value, "")
        while text != (text := INDEX.sub("", text)):
            pass
        key = re.search(r"\[['\"](.*)['\"]\]$", text)
        text = key[1] if key else text.rpartition(".")[2]
        return identifier(text) if text else ""

    def of_input(self, values: Sequence[Value], i: int) -> str:
        found = self.common(values)
        if found is not None and found[1] == "x":
            self.layers["A1"] = "a", 1
            return self.unique("A1")
        return self.unique(found[0] if found else f"X{i + 1}" if i else "X")

    def of_matrix(self, values: Sequence[Value | None], axes: int) -> str:
        found = self.common(values)
        text = self.unique(found[0] if found else "theta1")
        if found and found[2] is not None:
            self.layers[text] = found[1], found[2]
        return text

    def of_group(self, values: Sequence[Value | None], group: Group) -> tuple[str, str]:
        """The name of a group, and its equation."""
        found = self.common(values)
        unnamed = "S1" if group.op is None else (identifier(group.op.name) or "f") + "1"
        text = self.unique(found[0] if found else unnamed)
        if found is None or found[2] is None:
            return text, ""
        self.layers[text] = found[1], found[2]
        is_z, is_a = found[1] == "z" and group.op is None, found[1] == "a" and group.op is not None
        return text, "(13)" if is_z else "(14)" if is_a else ""

    def of_adjoint(self, text: str) -> str:
        letter, layer = self.layers.get(text, ("", 0))
        return self.unique(f"D{layer}" if letter == "z" else f"d{text}")

    def is_error(self, text: str) -> bool:
        return bool(re.fullmatch(r"D\d+", text))

    def of_error(self, text: str, adjoint: Any) -> str:
        """The equation of δ: (22) if it comes from the next layer's, else that of the output layer."""
        if not self.is_error(text):
            return ""
        if any(self.is_error(name) for name in names_in(adjoint)):
            return "(22)" if any(x.op == "matmul" for x in subterms(adjoint)) else ""
        return "(17)" if adjoint.op == "multiply" else "(26)" if adjoint.op == "subtract" else ""

    def of_slope(self, text: str, value: ArrayText) -> str:
        letter, _ = self.layers.get(text, ("", 0))
        is_of_error = any(self.is_error(name) for name in names_in(value))
        if not is_of_error:
            return ""
        return {("w", "matmul"): "(24)", ("b", "sum"): "(23)"}.get((letter, value.op), "")


def identifier(text: str) -> str:
    """The text as an identifier of ASCII letters; "" if nothing of it can be one."""
    found = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_")[:40]
    return f"_{found}" if found[:1].isdigit() else found


def subterms(x: Any) -> list[ArrayText]:
    found, stack = [], [x]
    while stack:
        y = stack.pop()
        if isinstance(y, ArrayText):
            found.append(y)
            stack += y.operands
    return found
