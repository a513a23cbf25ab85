"""The formula of an operation, and of a partial derivative, as text: in symbols, or with holes for the numbers.

No formula is written here: the operation's own `forward` and `partials` run on `FormulaText`. The caller's Leaves
decide how a leaf of the formula is written: names give the symbols, holes give the text that numbers are put into.

    forward_formula(node, leaves)               w²₁₁·x₁ + w²₁₂·x₂ + b²₁
    term_formula(node, 0, leaves)               δ²₁·x₁, what the chain rule adds to the gradient of operand 0
    pieces(formula)                             the text, cut at its holes
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from micrograd_paper.display import label_text
from micrograd_paper.engine import Value
from micrograd_paper.graph import is_current, same
from micrograd_paper.kinds.formula import NEGATIVE, FormulaText
from micrograd_paper.operations import TABLE, Op

MOST_TERMS = 6  # limit on the terms of a sum that is written out; a longer one is elided
HARMLESS = 0.5  # a value at which no formula of the table takes a branch, such as 0·ln 0
PROBES = (HARMLESS, 0.25, -0.7, 3.0)  # for powers and for user-defined operations, which may depend on them

# Control characters, which no name contains.
HOLE = re.compile("\x02([^\x03]*)\x03")
ELIDED = "\x05"
ELLIPSIS = re.compile(rf"\w*\((?:1 − |−)?{ELIDED}\)²?|{ELIDED}(?: [+−] |·){ELIDED}")  # what an elided term is part of


class NumberSlot(NamedTuple):
    """A hole for a number.

    quantity   data: node.data · grad: node.grad when the step was made · partial: node.partials[position]
               term, before, after: the step's own, which `node` and `position` name · size: |partial|
    bracketed  whether a negative number must stand in brackets there
    """

    quantity: str
    node: Value
    position: int | None = None
    bracketed: bool = False


Part = str | NumberSlot


class Leaf(FormulaText):
    """A name or a hole in a formula. Its first power is itself: 2·x, not 2·x¹."""

    __slots__ = ()

    def raised(self, exponent: Any, function: Callable[[Any, Any], Any]) -> FormulaText:
        return self if type(exponent) is int and exponent == 1 else super().raised(exponent, function)


class Hole(Leaf):
    """A place for a number, with a ! where brackets must be put around a negative one."""

    __slots__ = ()

    def __init__(self, key: str, value: float = HARMLESS) -> None:
        super().__init__(value, f"\x02{key}\x03", NEGATIVE)

    def bracketed(self, least: int) -> str:
        return self.text.replace("\x03", "!\x03")  # no caller requires less than a sum's right operand does


class Leaves(Protocol):
    """How one node's formulas are written."""

    def operand(self, position: int, value: float) -> FormulaText:
        """The operand there, with a value at which the formula is to be run."""

    def result(self, value: float) -> FormulaText:
        """The node itself."""

    def gradient(self) -> FormulaText | None:
        """The node's gradient; None where that is 1 and is not written."""

    def partial(self, position: int, name: str) -> FormulaText:
        """The partial derivative for that operand, where it is a number and a name, such as σ′(z)."""


def forward_formula(node: Value, leaves: Leaves) -> FormulaText:
    """What the node computes. A function, or an operation with no formula, is a call: σ(z), hypot(x, y)."""
    op, count = operation(node), len(node.operands)
    places = shown(op, count)
    if is_function(op):
        return call_formula(op.symbol, places, leaves)

    def run(values: list[float]) -> Any:
        return op.forward(*[
            FormulaText(x, ELIDED) if place is None else leaves.operand(place, x) for place, x in zip(places, values)
        ])

    formula = written_by(op, run, count, len(places))
    if isinstance(formula, FormulaText):
        return with_ellipsis(formula)
    return call_formula(op.name, places, leaves)


def call_formula(name: str, places: Sequence[int | None], leaves: Leaves) -> FormulaText:
    """name(x, y); |x| for the name |·|."""
    texts = ["…" if place is None else leaves.operand(place, HARMLESS).text for place in places]
    if "·" in name and len(texts) == 1:
        return FormulaText(HARMLESS, label_text(name).replace("·", texts[0]))
    return FormulaText(HARMLESS, f"{label_text(name)}({', '.join(texts)})")


def term_formula(node: Value, position: int, leaves: Leaves) -> FormulaText:
    """partial·gradient, in the paper's order: δ·a. A factor 1 is left out."""
    gradient, partial = leaves.gradient(), partial_formula(node, position, leaves)
    if gradient is None:
        return partial if isinstance(partial, FormulaText) else FormulaText(partial)
    if isinstance(partial, FormulaText):
        return gradient * partial
    return gradient if partial == 1 else -gradient if partial == -1 else gradient * partial


def partial_formula(node: Value, position: int, leaves: Leaves) -> FormulaText | int:
    """∂node/∂operand: what `partials` gives, run on the operands that it needs; 1, −1 and the like as plain numbers."""
    op, count = operation(node), len(node.operands)
    if (count > MOST_TERMS and not op.groups) or not follows(node, position):
        return leaves.partial(position, "")  # a number was changed since: only the number that the pass uses is known
    if is_function(op):
        return leaves.partial(position, f"{op.symbol}′({leaves.operand(0, HARMLESS).text})" if count == 1 else "")
    needed, place = own_term(op, count, position)

    def run(values: list[float]) -> Any:
        operands = [leaves.operand(there, value) for there, value in zip(needed, values)]
        return op.partials(leaves.result(HARMLESS), *operands)[place]

    formula = written_by(op, run, count, len(needed))
    if formula is None:
        name = f"{label_text(op.name)}′({leaves.operand(0, HARMLESS).text})" if count == 1 else ""
        return leaves.partial(position, name)
    return formula


def spelled_partial(node: Value, position: int, leaves: Leaves) -> list[str]:
    """∂node/∂operand as `partial_formula` writes it, σ′(z); of a function also what the table gives, a·(1 − a)."""
    found = [str(partial_formula(node, position, leaves))]
    op = operation(node)
    if is_function(op) and follows(node, position):
        operands = [leaves.operand(i, operand.data) for i, operand in enumerate(node.operands)]
        try:
            formula = op.partials(leaves.result(node.data), *operands)[position]
        except Exception:  # a kind of number that formulas do not take
            return found
        found += [str(formula)] if isinstance(formula, FormulaText) else []
    return found


def follows(node: Value, position: int) -> bool:
    """Whether ∂node/∂operand, as the pass uses it, is what the operation gives for its operands now."""
    op = operation(node)
    if not op.groups:
        return is_current(node, op)
    needed, place = own_term(op, len(node.operands), position)
    try:
        partials = op.partials(node.data, *[node.operands[i].data for i in needed])
    except Exception:  # an operand that is outside of its domain now
        return False
    return same(partials[place], node.partials[position])


def operation(node: Value) -> Op:
    assert node.op is not None  # a step is of a node that an operation made
    return node.op


def is_of_the_table(op: Op) -> bool:
    return TABLE.get(op.name) == op


def is_function(op: Op) -> bool:
    """Whether the operation is written by its symbol, as σ(z) is, and its derivative too: σ′(z)."""
    return is_of_the_table(op) and not op.is_arithmetic and not op.groups


def shown(op: Op, count: int) -> list[int | None]:
    """The places of the operands that are written; of many terms the first two and the last, None for the rest."""
    groups = op.groups or 1
    n = count // groups
    if n <= MOST_TERMS:
        return list(range(count))
    terms = [place if place is None else group * n + place for group in range(groups) for place in (0, 1, None, n - 1)]
    return [*terms, *range(groups * n, count)]


def own_term(op: Op, count: int, position: int) -> tuple[list[int], int]:
    """The operands on which the partial for one of them may depend, and the place of that one among these."""
    if not op.groups:
        return list(range(count)), position
    groups, n = op.groups, count // op.groups
    rest = list(range(groups * n, count))
    if position >= groups * n:  # the bias
        return [*range(0, groups * n, n), *rest], groups + position - groups * n
    return [*range(position % n, groups * n, n), *rest], position // n


def written_by(op: Op, run: Callable[[list[float]], Any], count: int, written: int) -> FormulaText | int | None:
    """The formula that an operation of `count` operands gives, run on as many of them as are written.

    None for a user-defined operation that gives no formula, or not the same for all numbers, for example because of a
    comparison or a float(x).
    """
    if is_of_the_table(op):
        formula: FormulaText | int = run([HARMLESS] * written)
        return formula
    found: FormulaText | int | None = None
    for probe in PROBES if count <= MOST_TERMS else ():
        try:
            formula = run([probe + place / 64 for place in range(written)])
        except (ArithmeticError, ValueError):  # outside its domain
            continue
        except Exception:  # made for floats alone, or for an unknown type
            return None
        if not isinstance(formula, FormulaText) and type(formula) is not int:
            return None
        if found is not None and str(formula) != str(found):
            return None
        found = formula
    return found


def with_ellipsis(formula: FormulaText) -> FormulaText:
    """The elided term as …, whatever the operation makes of it."""
    text, found = formula.text, 1 if ELIDED in formula.text else 0
    while found:
        text, found = ELLIPSIS.subn(ELIDED, text)
    return FormulaText(formula.value, text.replace(ELIDED, "…"), formula.strength)


def pieces(formula: FormulaText) -> list[str]:
    """The text of a formula, cut at its holes: text, key of a hole, text, … and a text at the end."""
    return HOLE.split(formula.text)
