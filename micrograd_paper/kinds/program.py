"""ProgramText: a kind of number for tracing. A function of numbers, run on it, gives its own source text.

    >>> z = ProgramText("z", JAVASCRIPT)
    >>> (z * z + 1).text
    'z*z + 1'
    >>> from micrograd_paper.operations import TABLE
    >>> written_op(TABLE["relu"], 1, PYTHON)    # the operation's forward and partials, as expressions of x1
    WrittenOp(parameters=['x1'], forward='0 if x1 < 0 else x1', partials=['1 if x1 > 0 else 0'])

A comparison is text too, and `functions.where` a conditional expression: both branches are written. So the text is
the operation itself, for all numbers. The floats that Python computes from it are those of the engine, bit for bit.
Code that needs the truth value of a comparison (`if x > 0`) cannot be traced and raises TypeError.
"""

import math
from fractions import Fraction
from typing import Any, NamedTuple

from micrograd_paper.display import cut
from micrograd_paper.operations import Op

# The precedence of a text, from loosest to tightest: a if c else b, a < b, a + b, −a, a*b, a**b, a name or f(a).
CONDITIONAL, COMPARISON, SUM, NEGATION, PRODUCT, EXPONENTIAL, ATOM = range(7)


class Language(NamedTuple):
    """The syntax in which programming languages differ.

    conditional  {0} where the condition {1} holds, else {2}
    equal        the sign of equality
    divide       a/b as an operator; None: as a function that raises what Python raises
    power        a**b, likewise
    constants    nan and inf
    exact        whether it has fractions and complex numbers, and writes no number as another
    """

    name: str
    conditional: str
    equal: str
    divide: str | None
    power: str | None
    nan: str
    inf: str
    exact: bool


PYTHON = Language("Python", "{0} if {1} else {2}", "==", "{0}/{1}", "{0}**{1}", "nan", "inf", True)
JAVASCRIPT = Language("JavaScript", "{1} ? {0} : {2}", "===", None, None, "NaN", "Infinity", False)


class ProgramText:
    """The text of an expression, and its precedence."""

    __slots__ = ("text", "language", "strength")

    def __init__(self, text: str, language: Language, strength: int = ATOM) -> None:
        self.text = text
        self.language = language
        self.strength = strength

    def __str__(self) -> str: return self.text

    def __repr__(self) -> str: return f"<ProgramText {self.text}>"

    def bracketed(self, least: int) -> str:
        """The text, in brackets unless it binds at least that tightly."""
        return self.text if self.strength >= least else f"({self.text})"

    def like(self, number: Any) -> "ProgramText":
        """A number as text of the same language."""
        return number if isinstance(number, ProgramText) else literal(number, self.language)

    def written(self, form: str, strength: int, *operands: tuple["ProgramText", int]) -> "ProgramText":
        """The form with the operands in it, each in brackets unless it binds at least as tightly as the number given.

        Every text made of several parts is made here.
        """
        return ProgramText(form.format(*[x.bracketed(least) for x, least in operands]), self.language, strength)

    def joined(self, sign: str, other: Any, strength: int) -> "ProgramText":
        """self and other with a sign between: a left-associative operator needs brackets on its right only."""
        return self.written(f"{{0}}{sign}{{1}}", strength, (self, strength), (self.like(other), strength + 1))

    def called(self, name: str, *others: Any) -> "ProgramText":
        """name(self, others…)."""
        operands = [self, *map(self.like, others)]
        places = ", ".join(["{}"] * len(operands))
        return self.written(f"{name}({places})", ATOM, *[(operand, CONDITIONAL) for operand in operands])

    def __add__(self, other: Any) -> "ProgramText": return self.joined(" + ", other, SUM)
    def __radd__(self, other: Any) -> "ProgramText": return self.like(other) + self
    def __sub__(self, other: Any) -> "ProgramText": return self.joined(" - ", other, SUM)
    def __rsub__(self, other: Any) -> "ProgramText": return self.like(other) - self
    def __mul__(self, other: Any) -> "ProgramText": return self.joined("*", other, PRODUCT)
    def __rmul__(self, other: Any) -> "ProgramText": return self.like(other) * self
    def __truediv__(self, other: Any) -> "ProgramText":
        if self.language.divide is None and (isinstance(other, ProgramText) or other == 0):
            return self.called("divide", other)
        return self.joined("/", other, PRODUCT)
    def __rtruediv__(self, other: Any) -> "ProgramText": return self.like(other) / self

    def __pow__(self, exponent: Any) -> "ProgramText":
        if self.language.power is None:
            return self.called("power", exponent)
        return self.written(self.language.power, EXPONENTIAL, (self, ATOM), (self.like(exponent), ATOM))
    def __rpow__(self, base: Any) -> "ProgramText": return self.like(base) ** self

    def __neg__(self) -> "ProgramText":
        zero_first = self.text.startswith(("0*", "0/"))  # -0*x is (-0)*x, and the integer 0 has no sign
        needed = EXPONENTIAL if zero_first else PRODUCT
        return self.written("-{}", NEGATION, (self, needed))

    def __pos__(self) -> "ProgramText": return self
    def __abs__(self) -> "ProgramText": return self.called("abs")

    def exp(self) -> "ProgramText": return self.called("exp")
    def log(self) -> "ProgramText": return self.called("log")
    def log1p(self) -> "ProgramText": return self.called("log1p")
    def sqrt(self) -> "ProgramText": return self.called("sqrt")
    def sin(self) -> "ProgramText": return self.called("sin")
    def cos(self) -> "ProgramText": return self.called("cos")
    def tanh(self) -> "ProgramText": return self.called("tanh")

    @property
    def real(self) -> "ProgramText":
        """Itself: `functions.sigmoid` looks at the sign of the real part."""
        return self

    def __lt__(self, other: Any) -> "ProgramText": return self.joined(" < ", other, COMPARISON)
    def __le__(self, other: Any) -> "ProgramText": return self.joined(" <= ", other, COMPARISON)
    def __gt__(self, other: Any) -> "ProgramText": return self.joined(" > ", other, COMPARISON)
    def __ge__(self, other: Any) -> "ProgramText": return self.joined(" >= ", other, COMPARISON)

    def __eq__(self, other: Any) -> Any: return self.joined(f" {self.language.equal} ", other, COMPARISON)
    def __ne__(self, other: Any) -> Any:
        return self.joined(f" {self.language.equal.replace('=', '!', 1)} ", other, COMPARISON)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError(f"whether {cut(self.text)} holds is not known; functions.where(condition, a, b) writes both")

    def equals_zero(self) -> Any:
        """self == 0, as a condition."""
        return self == 0

    def where(self, a: Any, b: Any) -> "ProgramText":
        """For a condition: a where it holds, else b."""
        yes, no = self.like(a), self.like(b)
        form = self.language.conditional
        return self.written(form, CONDITIONAL, (yes, COMPARISON), (self, CONDITIONAL), (no, COMPARISON))

    def ieee_divide(self, numerator: Any) -> "ProgramText":
        """numerator/self; an infinity where Python raises."""
        return self.like(numerator).called("ieee_divide", self)
    def ieee_power(self, n: Any) -> "ProgramText":
        """selfⁿ; an infinity where Python raises."""
        return self.called("ieee_power", n)
    def ieee_log(self) -> "ProgramText":
        """ln self; −inf at 0, nan below."""
        return self.called("ieee_log")


def literal(number: Any, language: Language) -> ProgramText:
    """A number as the language writes it: ints as they are, floats with all their digits.

    Python's text also has fractions and complex numbers; a number without a Python literal raises TypeError.
    """
    if type(number) is int:
        text = str(number) if abs(number) < 10**100 else hex(number)  # str() has a limit, and so has Python's parser
    elif language.exact and not isinstance(number, float):
        text = exact_literal(number, language)
    elif math.isfinite(number):
        text = repr(float(number))
    else:
        text = language.nan if number != number else language.inf if number > 0 else f"-{language.inf}"
    return ProgramText(text, language, NEGATION if text.startswith("-") else ATOM)


def exact_literal(number: Any, language: Language) -> str:
    """A fraction, a complex number, True or False. 1 - 0j would lose the sign of the 0."""
    if type(number) is bool:
        return str(number)
    if type(number) is Fraction:
        return f"Fraction({literal(number.numerator, language)}, {literal(number.denominator, language)})"
    if type(number) is complex:
        return f"complex({literal(number.real, language)}, {literal(number.imag, language)})"
    raise TypeError(f"no literal of {language.name} gives a {type(number).__name__}")


class WrittenOp(NamedTuple):
    """An operation as source: expressions of its operands x1, x2, …, and of its result."""

    parameters: list[str]
    forward: str
    partials: list[str]


def written_op(op: Op, count: int, language: Language) -> WrittenOp:
    """The operation of that many operands, written by running its two functions on ProgramText.

    Raises TypeError, ValueError or whatever else the functions raise where they are not made for any kind of number.
    """
    parameters = [f"x{i}" for i in range(1, count + 1)]
    operands = [ProgramText(name, language) for name in parameters]
    result = operands[0].like(op.forward(*operands))
    partials = [result.like(p).text for p in op.partials(ProgramText("result", language), *operands)]
    if len(partials) != count:
        raise ValueError(f"{op.name} has {len(partials)} partials for {count} operands")
    return WrittenOp(parameters, result.text, partials)
