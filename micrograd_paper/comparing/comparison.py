"""The contents of a comparison: rows, each a number of the graph beside the same number by an equation; the verdict."""

import math
import operator
import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from micrograd_paper.checks import real
from micrograd_paper.comparing import tables
from micrograd_paper.display import label_text, number_text
from micrograd_paper.errors import UnknownName, UsageError
from micrograd_paper.kinds.bounded import FLOAT64, SLACK
from micrograd_paper.notation import Symbol, parse
from micrograd_paper.plain import printable

SMALLEST = sys.float_info.min
EQUATIONS = range(1, 30)

# Vector forms and other notations: the equations whose rows each of them selects.
ROWS_OF = {
    9: (4,), 10: (14,), 11: (14,), 13: (12,), 19: (12,), 15: (16, 21, 26), 16: (16, 26), 17: (16, 26), 18: (21,),
    22: (21,),
}

GRADIENTS_OF = {23: "b", 24: "w"}  # of one example, as the mean (6) or with the penalty (27)

NOTE = "ulp: the difference in units in the last place · of terms: relative to the terms that the closed form sums"

FORMS = {  # how the kinds of quantity are written
    "number": "{0}", "error": "{0}", "gradient": "∂C/∂{0}", "slope": "∂{0}/∂{1}", "update": "{0} ←",
}
TYPED = str.maketrans({"∂": "d", "←": "<-"})


class Quantity(NamedTuple):
    """What a row is about: a number z²₁, an error δ²₁, a gradient ∂C/∂w²₁₁, a slope ∂z³₁/∂z²₂, an update w²₁₁ ←.

    str is the paper's notation, .ascii what can be typed: dC/dw2_1_1, dz3_1/dz2_2, w2_1_1 <-.
    """

    kind: str
    symbol: Symbol
    by: Symbol | None = None  # the variable of a slope

    def __str__(self) -> str:
        return FORMS[self.kind].format(self.symbol, self.by)

    @property
    def ascii(self) -> str:
        return FORMS[self.kind].translate(TYPED).format(self.symbol.ascii, self.by and self.by.ascii)

    def is_called(self, name: str | Symbol) -> bool:
        """Whether the name is this quantity's or its symbol's; a name without an example matches every example's."""
        symbol = parse(name) if isinstance(name, str) else name
        if symbol is not None:
            return self.kind != "slope" and symbol in (self.symbol, self.symbol.of_example(None))
        of_all = self._replace(symbol=self.symbol.of_example(None), by=self.by and self.by.of_example(None))
        return name in (str(self), self.ascii, str(of_all), of_all.ascii)


class Row(NamedTuple):
    """A number of the graph beside the closed form of an equation, and the size of the terms summed in the latter. What
    the graph has not computed is missing, and nan. Both are floats, or of a kind that is more exact; `roundoff` is that
    of the graph's numbers."""

    equation: int
    quantity: Quantity
    graph: Any
    closed_form: Any
    size: float
    is_missing: bool = False
    roundoff: float = FLOAT64

    @property
    def symbol(self) -> str:
        return str(self.quantity)

    @property
    def is_exact(self) -> bool:
        """Whether neither was ever rounded."""
        return isinstance(self.graph, Fraction | int) and isinstance(self.closed_form, Fraction | int)

    @property
    def difference(self) -> Any:
        """graph − closed form; 0 if they are equal, even if infinite."""
        return 0.0 if self.graph == self.closed_form else self.graph - self.closed_form

    @property
    def relative(self) -> float:
        """|difference| relative to the size of the terms summed; inf if one of the two is nan; nan if the size is.

        Below the smallest normal float numbers lose digits, so terms count as at least that large.
        """
        difference = as_float(self.difference)
        return abs(difference) / max(self.size, SMALLEST) if math.isfinite(difference) else math.inf

    @property
    def distance(self) -> str:
        """How far the graph's value is off, in words."""
        if self.is_missing:
            return "which the graph has not computed"
        if math.isfinite(as_float(self.difference)):
            return f"by {number_text(as_float(self.difference) + 0.0, 3)}"
        return f"which is {number_text(as_float(self.graph) + 0.0, 3)} in the graph"

    @property
    def ulps(self) -> float:
        """|difference| in units in the last place of the larger of the two; inf if it is not finite."""
        difference = as_float(self.difference)
        if not math.isfinite(difference):
            return math.inf
        ulp = math.ulp(max(abs(as_float(self.graph)), abs(as_float(self.closed_form))))
        return abs(difference) / (ulp * (self.roundoff / FLOAT64)) if difference else 0.0

    @property
    def ok(self) -> bool:
        """Whether they agree to some roundoffs of the terms summed; 1e-12 would hide what a saturated neuron errs in.
        Of numbers that were never rounded, whether they are equal."""
        return self.difference == 0 or (not self.is_exact and self.relative <= SLACK * self.roundoff)

    def is_of(self, equation: int) -> bool:
        """Whether the equation is this row's, another notation of it, or the one that gives its gradient."""
        if equation in GRADIENTS_OF:
            return self.quantity.kind == "gradient" and self.quantity.symbol.name == GRADIENTS_OF[equation]
        return self.equation in ROWS_OF.get(equation, (equation,))

    def __str__(self) -> str:
        symbol, graph, closed_form, equation, ulps, of_terms = self.cells()
        relative, wrong, _ = of_terms.partition("  ✗")
        return printable(f"{symbol} is {graph} in the graph, {closed_form} by {equation}: "
                         f"{ulps} ulp, {relative} of terms{wrong}")

    def cells(self) -> tuple[str, ...]:
        """As text: symbol, graph, closed form, equation, ulp, of terms, followed by ✗ if it is wrong."""
        return (
            self.symbol, "–" if self.is_missing else number_text(as_float(self.graph) + 0.0, 12),
            number_text(as_float(self.closed_form) + 0.0, 12), f"({self.equation})", number_text(self.ulps, 3),
            ("–" if math.isnan(self.relative) else number_text(self.relative, 2)) + ("" if self.ok else "  ✗"),
        )

    def as_dict(self) -> dict[str, Any]:
        """The row for JSON; inf and nan are strings."""
        return {
            "equation": self.equation, "symbol": self.symbol, "ascii": self.quantity.ascii,
            "graph": finite(self.graph), "closed_form": finite(self.closed_form),
            "difference": finite(self.difference), "ulps": finite(self.ulps), "relative": finite(self.relative),
            "ok": self.ok,
        }


class Comparison:
    """Rows in the order of the computation: forward layer by layer, then backward from the last.

    .ok, .worst, .verdict; .filter(equation, symbol) has fewer rows. str() is a table, .markdown() one for GitHub,
    .as_dict() is ready for JSON, and a notebook shows HTML. `k` is how many examples the cost is the mean of; `note`
    says what is known of the graph that makes numbers differ: a number was changed since, a node was not reached.
    `heading` says which cost they are compared for, where that was not asked for, `remark` of what it says nothing.
    """

    def __init__(
        self, rows: Iterable[Row], k: int = 1, note: str = "", heading: str = "", remark: str = ""
    ) -> None:
        self.rows = list(rows)
        self.k = k
        self.note = note
        self.heading = heading
        self.remark = remark
        if not self.rows:
            raise UsageError("a comparison needs at least one row; got none")

    @property
    def ok(self) -> bool:
        """Whether every row agrees up to the rounding errors of its terms; the relative tolerance is below 1e-12."""
        return all(row.ok for row in self.rows)

    @property
    def worst(self) -> Row:
        """The row with the largest difference relative to its terms; of those that differ, if any does."""
        return max(self.rows, key=lambda row: (not row.ok, 0.0 if math.isnan(row.relative) else row.relative))

    def filter(
        self, equation: int | str | Iterable[int | str] | None = None, symbol: str | Symbol | None = None
    ) -> "Comparison":
        """The rows of an equation or of several, of a symbol, or of both.

        A vector form or another notation stands for the equation that is compared: (9) for (4), (10) and (11) for (14),
        (13) and (19) for (12), (15) for every δ, (16) and (17) for those of the output layer, (18) and (22) for (21).
        (23) and (24) are every ∂C/∂b and ∂C/∂w, also where their rows carry (6) or (27). "21" is 21.
        "z2_1" or "z²₁" selects that one, "δ²₁" or "delta2_1" the error, "w2_1_1" ∂C/∂w²₁₁ and its update; for a batch,
        every example's. "∂z³₁/∂z²₂" or "dz3_1/dz2_2" is a slope. Raises UsageError for an equation without rows here,
        UnknownName for a symbol without rows. The selection is never empty.
        """
        numbers = None if equation is None else self.numbers_of(equation)
        named = [row for row in self.rows if symbol is None or row.quantity.is_called(symbol)]
        if not named:
            some = ", ".join(dict.fromkeys(row.quantity.ascii for row in self.rows[:: max(1, len(self.rows) // 6)]))
            raise UnknownName(f"no row of this comparison is about {label_text(symbol)}; there are {some}, …")
        rows = [row for row in named if numbers is None or any(row.is_of(number) for number in numbers)]
        if not rows:
            there = ", ".join(f"({number})" for number in sorted({row.equation for row in named}))
            raise UsageError(f"the rows about {symbol} are of {there}; none is of the equations asked for")
        return Comparison(rows, self.k, self.note, self.heading, self.remark)

    def numbers_of(self, asked: int | str | Iterable[int | str]) -> list[int]:
        """The numbers of the equations asked for. Raises UsageError for one that has no rows here."""
        several = list(asked) if isinstance(asked, Iterable) and not isinstance(asked, str) else [asked]
        valid = ", ".join(f"({n})" for n in EQUATIONS if any(row.is_of(n) for row in self.rows))
        if not several:
            raise UsageError(f"no equation was asked for; there are rows of {valid}")
        numbers = []
        for given in several:
            number = number_of(given)
            if number is None:
                raise UsageError(f"the paper has equations 1 to 29, not {given!r}; there are rows of {valid}")
            if not any(row.is_of(number) for row in self.rows):
                raise UsageError(f"equation ({number}) has no rows in this comparison; there are rows of {valid}")
            numbers.append(number)
        return numbers

    @property
    def verdict(self) -> str:
        """One sentence: how many agree, and by how much; or how many differ, the worst, the first, perhaps why; and of
        what that says nothing."""
        return "; ".join([self.result, *[self.remark] * bool(self.remark)])

    @property
    def result(self) -> str:
        """The verdict without the remark."""
        noun = "gradient" if all(row.quantity.kind in ("error", "gradient") for row in self.rows) else "number"
        count, wrong, worst = len(self.rows), [row for row in self.rows if not row.ok], self.worst
        if not wrong:
            agree = {1: f"the one {noun} is", 2: f"both {noun}s are"}.get(count, f"all {count} {noun}s are")
            if worst.difference == 0:
                return f"{agree} the paper's; the largest difference is 0"
            return (f"{agree} the paper's; the worst is {worst.symbol} ({worst.equation}), {worst.distance}, "
                    f"{number_text(worst.ulps, 3)} ulp")
        first = wrong[0]
        way = {"number": " on the way forward", "update": ""}.get(first.quantity.kind, " on the way back")
        differ = "differs" if len(wrong) == 1 else "differ"
        return (f"{len(wrong)} of {count} {noun}{'s' * (count > 1)} {differ} from the paper's; "
                f"the worst is {worst.symbol} ({worst.equation}), {worst.distance}; "
                f"the first to differ{way} is {first.symbol} ({first.equation}){self.hint}")

    @property
    def hint(self) -> str:
        """What is known of the graph, or a common mistake that the wrong rows look like, if there is one."""
        if self.note:
            return f"; {self.note}"
        errors = [row.ok for row in self.rows if row.quantity.kind == "error"]
        gradients = [row for row in self.rows if row.quantity.kind == "gradient"]
        rest = all(row.ok for row in self.rows
                   if row.quantity.kind in ("number", "slope") and row.quantity.symbol.name != "C")
        biases = [row.ok for row in gradients if row.quantity.symbol.name == "b"]
        if rest and errors and all(errors):
            if biases and not all(biases):
                return "; every δ agrees: were gradients of an earlier backward() left in (zero_grad)?"
            if biases and not any(row.ok for row in gradients if row.quantity.symbol.name == "w" and row.closed_form):
                return "; every δ and ∂C/∂b agrees: has the cost a penalty with another alpha or m, (27)?"
        factor = self.factor
        if rest and factor is not None and factor != self.k and not all(map(operator.attrgetter("ok"), gradients)):
            return (f"; every gradient is {number_text(as_float(factor) + 0.0)} times the paper's: is the cost, a "
                    "target or the seed of backward() another one?")
        means = [row for row in gradients if row.equation == 6 and row.closed_form]
        if rest and means and self.k > 1 and all(row._replace(graph=row.graph / self.k).ok for row in means):
            return (f"; the gradients (6) are {self.k} times the paper's: "
                    f"is the cost the sum over the {self.k} examples and not the mean, or the seed not 1?")
        return ""

    @property
    def factor(self) -> float | None:
        """What every δ and every gradient is the same multiple by, if they all are."""
        rows = [row for row in self.rows if row.quantity.kind in ("error", "gradient")]
        sizes = [row for row in rows if row.closed_form]
        if not any(row.quantity.kind == "error" for row in sizes):
            return None
        factor = sizes[0].graph / sizes[0].closed_form
        scaled = [row._replace(closed_form=row.closed_form * factor, size=row.size * abs(factor)) for row in rows]
        return factor if all(row.ok for row in scaled) else None

    def cells(self) -> Sequence[tuple[str, ...]]:
        """The table's cells as text, a header first."""
        return [("symbol", "graph", "closed form", "equation", "ulp", "of terms"), *(row.cells() for row in self.rows)]

    def __str__(self) -> str:
        return printable(tables.text(self.cells(), NOTE, self.verdict, self.heading))

    __repr__ = __str__

    def markdown(self) -> str:
        """A table as GitHub reads it, with what its columns mean and the verdict below."""
        return tables.markdown(self.cells(), NOTE, self.verdict, self.heading)

    def _repr_html_(self) -> str:
        return tables.html(self.cells(), [not row.ok for row in self.rows], NOTE, self.verdict, self.heading)

    def as_dict(self) -> dict[str, Any]:
        """ok, verdict, worst and rows, ready for JSON: inf and nan are strings."""
        return {
            **({"heading": self.heading} if self.heading else {}),
            **({"remark": self.remark} if self.remark else {}), "ok": self.ok, "verdict": self.verdict,
            "worst": self.worst.as_dict(),
            "rows": [row.as_dict() for row in self.rows],
        }


def as_float(number: Any) -> float:
    """A number of any of these kinds as a float: inf if it is too large for one."""
    found = real(number)
    return math.nan if found is None else found


def finite(number: Any) -> float | str:
    """The number as a float; "inf", "-inf" or "nan" where JSON has none."""
    found = as_float(number)
    return found if math.isfinite(found) else str(found)


def number_of(given: Any) -> int | None:
    """21 for 21, "21" and "(21)"; None for anything that is not the number of an equation."""
    if isinstance(given, str):
        digits = given.strip().removeprefix("(").removesuffix(")")
        given = int(digits) if digits.isdecimal() and len(digits) < 3 else None
    if isinstance(given, bool) or not hasattr(given, "__index__"):
        return None
    return operator.index(given) if operator.index(given) in EQUATIONS else None
