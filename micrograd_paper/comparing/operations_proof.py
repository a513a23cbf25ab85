"""Is each operation's partial derivative SymPy's own derivative of its forward? `prove("operations")`.

For each operation of the table: the forward on real symbols, differentiated by SymPy, minus the partials on the same
symbols. The difference is 0 identically, or piece by piece between the kinks, or on numbers of 50 digits, where SymPy
does not decide it. At single points, a kink or 0·ln 0, a partial is a choice, and nothing is shown.
"""

import inspect
import random
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from micrograd_paper.errors import UsageError
from micrograd_paper.operations import TABLE, Op, power_by
from micrograd_paper.plain import printable

TERMS = 3  # of an operation on any number of them
MOST_KINKS = 6  # in one difference: 64 pieces
POINTS, AGREED_DIGITS = 10, 45  # of 50
HOW = ("0 identically", "0 identically piece by piece", f"0 to {AGREED_DIGITS} digits, which SymPy does not decide")


def library(name: str) -> Any:
    """SymPy or mpmath. Raises UsageError where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise UsageError(f'prove needs {name}: pip install "micrograd_paper[proof]"') from error


class Shown:
    """Rows of a proof; .ok, .verdict; str() is a line a row, and the verdict."""

    given = ""  # what is not shown, a line above the verdict

    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows = list(rows)

    @property
    def ok(self) -> bool:
        """Whether every row is shown, or is one that cannot be shown here."""
        return all(row.ok for row in self.rows)

    @property
    def verdict(self) -> str:
        """One sentence."""
        raise NotImplementedError

    def __str__(self) -> str:
        return printable("\n".join([*map(str, self.rows), *[self.given] * bool(self.given), self.verdict]))

    __repr__ = __str__


class OperationRow(NamedTuple):
    """An operation, how many partial derivatives it has here, whether they are right, and how that was shown."""

    operation: str
    partials: int
    ok: bool
    detail: str

    def __str__(self) -> str:
        wide = max(map(len, TABLE))
        return printable(f"{self.operation:<{wide}}  {self.detail:<35}  {'✓' if self.ok else '✗'}")


class OperationsProof(Shown):
    """A row for each operation of the table; .ok, .verdict; str() is a line an operation, and the verdict."""

    @property
    def verdict(self) -> str:
        wrong = [row.operation for row in self.rows if not row.ok]
        if wrong:
            return f"not proved for {', '.join(wrong)}: see above"
        by = {how: [row.operation for row in self.rows if row.detail.endswith(how)] for how in HOW}
        ways = [f"{how} for {len(names) if how == HOW[0] else ', '.join(names)}" for how, names in by.items() if names]
        return (f"proved for all {len(self.rows)} operations: SymPy's own derivative of the forward minus the partial "
                f"is {'; '.join(ways)}; at single points, a kink or 0·ln 0, nothing is shown")


def prove_operations(on_row: Callable[[OperationRow], object] | None = None) -> OperationsProof:
    """Show it for every operation of the table, and for xⁿ with a constant n."""
    for name in ("sympy", "mpmath"):
        library(name)
    rows = []
    for shown in operation_rows():
        rows.append(shown)
        if on_row is not None:
            on_row(shown)
    return OperationsProof(rows)


def operation_rows() -> Iterator[OperationRow]:
    for op in (*TABLE.values(), power_by(library("sympy").Symbol("n", real=True, nonzero=True))):
        try:
            yield operation_row(op)
        except Exception as error:  # a forward made for floats alone, as math.erf is
            yield OperationRow(op.name, 0, False, f"not shown: on symbols it raises {type(error).__name__}")


def operation_row(op: Op) -> OperationRow:
    """SymPy's derivatives by all operands beside the partials; the detail says what was needed to see that it is so."""
    sympy = library("sympy")
    operands, result = on_symbols(op)
    partials = op.partials(result, *operands)
    if len(partials) != len(operands):
        return OperationRow(op.name, len(partials), False, f"{len(partials)} partials of {len(operands)} operands")
    hardest = 0
    for operand, partial in zip(operands, partials):
        how = way_to_zero(sympy.diff(result, operand) - partial)
        if how is None:
            right, ours = shortened(sympy.diff(result, operand)), shortened(sympy.sympify(partial))
            return OperationRow(op.name, len(partials), False, f"∂/∂{operand} is {right} by SymPy, {ours} in the table")
        hardest = max(hardest, how)
    of = f"of {TERMS} terms: " if op.groups else ""
    return OperationRow(op.name, len(partials), True, f"{of}{HOW[hardest]}")


def on_symbols(op: Op) -> tuple[list[Any], Any]:
    """Symbols for its operands, and its result. Of an operation on groups of terms, one operand may be left over: there
    are as many as the result depends on."""
    sympy = library("sympy")
    least = op.groups * TERMS or len(inspect.signature(op.forward).parameters)
    operands = [sympy.Symbol(f"x{i}" if least > 1 else "x", real=True) for i in range(1, least + 1)]
    result = sympy.sympify(op.forward(*operands))
    if not op.groups or result.free_symbols >= set(operands):
        return operands, result
    operands.append(sympy.Symbol(f"x{least + 1}", real=True))
    return operands, sympy.sympify(op.forward(*operands))


def way_to_zero(difference: Any) -> int | None:
    """Which of HOW shows that it is 0; None if it is not."""
    sympy = library("sympy")
    if sympy.simplify(difference) == 0:
        return 0
    parts = pieces(difference)
    if parts and all(sympy.simplify(piece) == 0 for piece in parts):
        return 1
    return 2 if all(map(is_zero_on_digits, parts or [difference])) else None


def pieces(difference: Any) -> list[Any]:
    """The difference on either side of each of its kinks; [] if it has none, or none that can be taken apart."""
    sympy = library("sympy")
    edges = {condition.lhs - condition.rhs for piecewise in difference.atoms(sympy.Piecewise)
             for _, on in piecewise.args for condition in on.atoms(sympy.core.relational.Relational)}
    edges |= {inner.args[0] for inner in difference.atoms(sympy.Abs, sympy.sign)}
    edges = {edge if not edge.could_extract_minus_sign() else -edge for edge in edges}
    if len(edges) > MOST_KINKS:
        return []
    found = [difference] * bool(edges)
    for i, edge in enumerate(sorted(edges, key=str)):
        variable = min(edge.free_symbols, key=str)
        beside = sympy.Symbol(f"beside{i}", positive=True)
        solved = sympy.solve(edge - beside, variable), sympy.solve(edge + beside, variable)
        if [len(each) for each in solved] != [1, 1]:
            return []
        found = [piece.subs(variable, side) for piece in found for (side,) in solved]
    return found


def is_zero_on_digits(difference: Any) -> bool:
    """Whether it is 0 on random numbers between 0 and 1 of 50 digits."""
    sympy = library("sympy")
    rng = random.Random(1)
    symbols = sorted(difference.free_symbols, key=str)
    for _ in range(POINTS):
        point = {symbol: sympy.Rational(rng.randrange(1, 10**6), 10**6) for symbol in symbols}
        rest = sympy.N(difference.subs(point), 50)
        if not (rest.is_real and abs(rest) < sympy.Rational(1, 10**AGREED_DIGITS)):
            return False
    return True


def shortened(expression: Any, length: int = 80) -> str:
    text = str(expression)
    return text if len(text) <= length else text[: length - 1] + "…"
