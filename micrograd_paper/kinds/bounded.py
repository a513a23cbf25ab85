"""Numbers with a running error bound: how far a rounded computation may be from them.

A result computed elsewhere, in another order, by other formulas, perhaps in float32, is right if it lies within the
rounding errors of the computation. A `Bounded` carries a first-order bound on them, in units of the roundoff: 2⁻⁵³ for
float64, 2⁻²⁴ for float32. So one run of the equations gives the tolerance for every precision. The number itself is a
float, or of a kind that is more exact: a Fraction, an int, one of mpmath's.
"""

import math
import operator
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from micrograd_paper import functions
from micrograd_paper.checks import real
from micrograd_paper.display import as_given
from micrograd_paper.engine import Value
from micrograd_paper.errors import NotANumber

FLOAT64, FLOAT32 = 2.0**-53, 2.0**-24
FLOAT16, BFLOAT16 = 2.0**-11, 2.0**-8
ROUNDOFF = {"float64": FLOAT64, "float32": FLOAT32, "float16": FLOAT16, "bfloat16": BFLOAT16}
TINY = {FLOAT64: 2.3e-308, FLOAT32: 1.2e-38, FLOAT16: 6.2e-5, BFLOAT16: 1.2e-38}  # smaller ones may be flushed to 0
STEP = 1e-200  # of a complex step
MOST_BITS = 1000  # for a roundoff that is a float
FUNCTION_ROUNDOFF = 4  # of an elementary function, in units of the roundoff: libraries differ in the last digits
SLACK = 8  # sums of many terms in another order; functions that are not rounded correctly
CERTAIN = 1 / (SLACK * FLOAT64)  # of a comparison of equal numbers: the bound reaches both branches


class Bounded:
    """A number, and a bound on its error in units of the roundoff."""

    __slots__ = ("value", "error")

    def __init__(self, value: Any, error: float | None = None) -> None:
        self.value = value
        self.error = size(value) if error is None else error

    def __add__(self, other: Any) -> "Bounded":
        x = self.value
        y, e = (other.value, other.error) if type(other) is Bounded else (other, 0.0)
        result = x + y
        if type(result) is float:  # most are: this is what diagnosis spends its time on
            return Bounded(result, self.error + e + abs(x) + abs(y))
        return Bounded(result, self.error + e + size(x) + size(y))

    __radd__ = __add__

    def __neg__(self) -> "Bounded": return Bounded(-self.value, self.error)

    def __sub__(self, other: Any) -> "Bounded":
        y, e = (other.value, other.error) if type(other) is Bounded else (other, 0.0)
        return Bounded(self.value - y, self.error + e + size(self.value) + size(y))

    def __rsub__(self, other: Any) -> "Bounded":
        return Bounded(other - self.value, self.error + size(self.value) + size(other))

    def __mul__(self, other: Any) -> "Bounded":
        x, e = self.value, self.error
        if type(other) is Bounded:
            y, result = other.value, x * other.value
            if type(result) is float:
                error = abs(y) * e + abs(x) * other.error + abs(result)
            else:
                error = size(y) * e + size(x) * other.error + size(result)
            return Bounded(result, math.inf if error != error else error)  # 0·∞: nothing is known about this product
        return Bounded(x * other, size(other) * e + size(x * other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Bounded":
        y, e = (other.value, other.error) if type(other) is Bounded else (other, 0.0)
        if y == 0:  # y/a of (26) at a saturated neuron: nothing is known there
            return Bounded(math.inf, math.inf) if self.value else Bounded(0.0, 0.0)  # (25) takes 0·ln 0 as 0
        result = self.value / y
        return Bounded(result, (self.error + size(result) * e) / size(y) + size(result))

    def __rtruediv__(self, other: Any) -> "Bounded": return Bounded(other, 0.0) / self

    def __pow__(self, n: Any) -> "Bounded": return self.through(lambda x: x**n)

    def __abs__(self) -> "Bounded": return Bounded(abs(self.value), self.error)

    def __gt__(self, other: Any) -> "Comparison": return compared(self, other, operator.gt)
    def __lt__(self, other: Any) -> "Comparison": return compared(self, other, operator.lt)
    def __ge__(self, other: Any) -> "Comparison": return compared(self, other, operator.ge)
    def __le__(self, other: Any) -> "Comparison": return compared(self, other, operator.le)

    def exp(self) -> "Bounded": return self.through(functions.exp)
    def log(self) -> "Bounded": return self.through(functions.log)
    def sqrt(self) -> "Bounded": return self.through(functions.sqrt)
    def sin(self) -> "Bounded": return self.through(functions.sin)
    def cos(self) -> "Bounded": return self.through(functions.cos)
    def tanh(self) -> "Bounded": return self.through(functions.tanh)
    def sigmoid(self) -> "Bounded": return self.through(functions.sigmoid)
    def softplus(self) -> "Bounded": return self.through(functions.softplus)
    def equals_zero(self) -> bool: return bool(self.value == 0)

    def through(self, function: Callable[[Any], Any]) -> "Bounded":
        """function(self). Its slope is taken by a complex step, so that no derivative has to be known here."""
        value = function(self.value)
        slope = function(self.value + STEP * 1j).imag / STEP
        return Bounded(value, size(slope) * self.error + FUNCTION_ROUNDOFF * size(value))

    def near(self, number: float, roundoff: float, slack: float = 0.0) -> bool:
        """Whether a number computed with this roundoff may be this one; slack is allowed on top."""
        return size(number - self.value) <= SLACK * (roundoff * self.error + TINY[roundoff]) + slack


class Comparison:
    """Whether one number is larger than another, and how far rounding errors put that in doubt."""

    __slots__ = ("holds", "doubt")

    def __init__(self, holds: bool, gap: float, error: float) -> None:
        self.holds = holds
        self.doubt = min(error / gap, CERTAIN) if gap else CERTAIN

    def __bool__(self) -> bool: return self.holds

    def where(self, a: Any, b: Any) -> Bounded:
        """a where it holds, else b. The bound includes the other one where rounding errors may flip the comparison."""
        chosen, other = map(constant, (a, b) if self.holds else (b, a))
        return Bounded(chosen.value, max(chosen.error, self.doubt * size(chosen.value - other.value)))


def size(number: Any) -> float:
    """|number| as a float: bounds are floats, whatever is bounded."""
    return abs(number) if type(number) is float else real(abs(number)) or 0.0


def compared(one: Bounded, other: Any, how: Callable[[float, float], bool]) -> Comparison:
    right = constant(other)
    return Comparison(how(one.value, right.value), size(one.value - right.value), one.error + right.error)


def constant(number: Any) -> Bounded:
    """A plain number as one without rounding error."""
    return number if isinstance(number, Bounded) else Bounded(number, 0.0)


def bounded(number: Any) -> Bounded:
    """The number as a Bounded. Raises NotANumber for anything but a real number or a Value of one."""
    if isinstance(number, Bounded):
        return number
    plain = real(number.data if isinstance(number, Value) else number)
    if plain is None:
        raise NotANumber(f"compare takes real numbers; got {as_given(number)}")
    return Bounded(plain)


def in_kind(number: Any) -> Bounded:
    """The same, but a Fraction, an int that a float holds, or one of mpmath's numbers is not made a float."""
    found = bounded(number)
    if not isinstance(number, Bounded):
        plain = functions.number(number.data if isinstance(number, Value) else number)
        if is_of_mpmath(plain) or (isinstance(plain, Fraction | int) and abs(found.value) < 1 / FLOAT64):
            found.value = +plain
    return found


def is_of_mpmath(number: Any) -> bool:
    return getattr(functions.library(type(number)), "__name__", "") == "mpmath"


def roundoff(numbers: Iterable[Any]) -> float:
    """The roundoff of the coarsest kind among them: of mpmath's numbers by the bits that they have; of exact ones alone
    that of floats, which is not needed."""
    rounded = [number for number in numbers if not isinstance(number, Fraction | int)]
    if not rounded or not all(map(is_of_mpmath, rounded)):
        return FLOAT64
    bits = max(number.man.bit_length() for number in rounded)  # of one number they may end in zeros, which are left out
    return math.ldexp(1.0, -min(max(bits, 53), rounded[0].context.prec, MOST_BITS))
