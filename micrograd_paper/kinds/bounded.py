"""Numbers with a running error bound: how far a rounded computation may be from them.

A result computed elsewhere, in another order, by other formulas, perhaps in float32, is right if it lies within the
rounding errors of the computation. A `Bounded` carries a first-order bound on them, in units of the roundoff: 2⁻⁵³ for
float64, 2⁻²⁴ for float32. So one run of the equations gives the tolerance for every precision.
"""

import math
import operator
from collections.abc import Callable
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
FUNCTION_ROUNDOFF = 4  # of an elementary function, in units of the roundoff: libraries differ in the last digits
SLACK = 8  # sums of many terms in another order; functions that are not rounded correctly
CERTAIN = 1 / (SLACK * FLOAT64)  # of a comparison of equal numbers: the bound reaches both branches


class Bounded:
    """A number, and a bound on its error in units of the roundoff."""

    __slots__ = ("value", "error")

    def __init__(self, value: float, error: float | None = None) -> None:
        self.value = value
        self.error = abs(value) if error is None else error

    def __add__(self, other: Any) -> "Bounded":
        y, e = (other.value, other.error) if type(other) is Bounded else (other, 0.0)
        return Bounded(self.value + y, self.error + e + abs(self.value) + abs(y))

    __radd__ = __add__

    def __neg__(self) -> "Bounded": return Bounded(-self.value, self.error)

    def __sub__(self, other: Any) -> "Bounded":
        y, e = (other.value, other.error) if type(other) is Bounded else (other, 0.0)
        return Bounded(self.value - y, self.error + e + abs(self.value) + abs(y))

    def __rsub__(self, other: Any) -> "Bounded":
        return Bounded(other - self.value, self.error + abs(self.value) + abs(other))

    def __mul__(self, other: Any) -> "Bounded":
        x, e = self.value, self.error
        if type(other) is Bounded:
            y = other.value
            error = abs(y) * e + abs(x) * other.error + abs(x * y)
            return Bounded(x * y, math.inf if error != error else error)  # 0·∞: nothing is known about this product
        return Bounded(x * other, abs(other) * e + abs(x * other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Bounded":
        y, e = (other.value, other.error) if type(other) is Bounded else (other, 0.0)
        if y == 0:  # y/a of (26) at a saturated neuron: nothing is known there
            return Bounded(math.inf, math.inf) if self.value else Bounded(0.0, 0.0)  # (25) takes 0·ln 0 as 0
        result = self.value / y
        return Bounded(result, (self.error + abs(result) * e) / abs(y) + abs(result))

    def __rtruediv__(self, other: Any) -> "Bounded": return Bounded(other, 0.0) / self

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

    def through(self, function: Callable[[Any], Any]) -> "Bounded":
        """function(self). Its slope is taken by a complex step, so that no derivative has to be known here."""
        value = function(self.value)
        slope = function(complex(self.value, STEP)).imag / STEP
        return Bounded(value, abs(slope) * self.error + FUNCTION_ROUNDOFF * abs(value))

    def near(self, number: float, roundoff: float, slack: float = 0.0) -> bool:
        """Whether a number computed with this roundoff may be this one; slack is allowed on top."""
        return abs(number - self.value) <= SLACK * (roundoff * self.error + TINY[roundoff]) + slack


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
        return Bounded(chosen.value, max(chosen.error, self.doubt * abs(chosen.value - other.value)))


def compared(one: Bounded, other: Any, how: Callable[[float, float], bool]) -> Comparison:
    right = constant(other)
    return Comparison(how(one.value, right.value), abs(one.value - right.value), one.error + right.error)


def constant(number: Any) -> Bounded:
    """A plain number as one without rounding error."""
    return number if isinstance(number, Bounded) else Bounded(float(number), 0.0)


def bounded(number: Any) -> Bounded:
    """The number as a Bounded. Raises NotANumber for anything but a real number or a Value of one."""
    if isinstance(number, Bounded):
        return number
    plain = real(number.data if isinstance(number, Value) else number)
    if plain is None:
        raise NotANumber(f"compare takes real numbers; got {as_given(number)}")
    return Bounded(plain)
