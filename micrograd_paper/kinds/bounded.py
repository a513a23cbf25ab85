"""Numbers that know how far a rounded computation may be from them.

What somebody else computed, in another order, by other formulas, in float32 perhaps, is right if it lies within the
rounding errors of the computation. A `Rounded` carries a first-order bound of them, in units of the roundoff: 2⁻⁵³ for
float64, 2⁻²⁴ for float32. So one run of the equations says how near is near enough, for every precision.
"""

import math
from collections.abc import Callable
from typing import Any

from micrograd_paper import equations
from micrograd_paper.engine import Value
from micrograd_paper.errors import NotANumber

FLOAT64, FLOAT32 = 2.0**-53, 2.0**-24
FLOAT16, BFLOAT16 = 2.0**-11, 2.0**-8
ROUNDOFF = {"float64": FLOAT64, "float32": FLOAT32, "float16": FLOAT16, "bfloat16": BFLOAT16}
TINY = {FLOAT64: 2.3e-308, FLOAT32: 1.2e-38, FLOAT16: 6.2e-5, BFLOAT16: 1.2e-38}  # smaller ones may be flushed to 0
SLACK = 8  # sums of many terms in another order; functions that are not rounded correctly


class Rounded:
    """A number, and a bound of its error in units of the roundoff."""

    __slots__ = ("value", "error")

    def __init__(self, value: float, error: float | None = None) -> None:
        self.value = value
        self.error = abs(value) if error is None else error

    def __add__(self, other: Any) -> "Rounded":
        y, e = (other.value, other.error) if type(other) is Rounded else (other, 0.0)
        return Rounded(self.value + y, self.error + e + abs(self.value) + abs(y))

    __radd__ = __add__

    def __neg__(self) -> "Rounded":
        return Rounded(-self.value, self.error)

    def __sub__(self, other: Any) -> "Rounded":
        y, e = (other.value, other.error) if type(other) is Rounded else (other, 0.0)
        return Rounded(self.value - y, self.error + e + abs(self.value) + abs(y))

    def __rsub__(self, other: Any) -> "Rounded":
        return Rounded(other - self.value, self.error + abs(self.value) + abs(other))

    def __mul__(self, other: Any) -> "Rounded":
        x, e = self.value, self.error
        if type(other) is Rounded:
            y = other.value
            error = abs(y) * e + abs(x) * other.error + abs(x * y)
            return Rounded(x * y, math.inf if error != error else error)  # 0·∞: of this product nothing is known
        return Rounded(x * other, abs(other) * e + abs(x * other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Rounded":
        y, e = (other.value, other.error) if type(other) is Rounded else (other, 0.0)
        if y == 0:  # y/a of (26) at a saturated neuron: nothing is known there
            return Rounded(math.inf, math.inf) if self.value else Rounded(0.0, 0.0)  # (25) takes 0·ln 0 as 0
        result = self.value / y
        return Rounded(result, (self.error + abs(result) * e) / abs(y) + abs(result))

    def __rtruediv__(self, other: Any) -> "Rounded":
        return Rounded(other, 0.0) / self

    def near(self, number: float, roundoff: float, slack: float = 0.0) -> bool:
        """Whether a number computed with this roundoff may be this one; slack is allowed on top."""
        return abs(number - self.value) <= SLACK * (roundoff * self.error + TINY[roundoff]) + slack


def rounded(number: Any) -> Rounded:
    """The number as a Rounded. Raises NotANumber for anything but a real number or a Value of one."""
    if not isinstance(number, Rounded | Value | int | float):
        raise NotANumber(f"compare takes real numbers; got {number!r}")
    return number if isinstance(number, Rounded) else Rounded(float(number))


def exponential(x: Rounded) -> Rounded:
    """e^x of an x that is not large."""
    power = math.exp(x.value)
    return Rounded(power, power * x.error + 4 * power)


def sigmoid(z: Rounded) -> Rounded:
    e = math.exp(-abs(z.value))
    a = (1.0 if z.value >= 0 else e) / (1.0 + e)
    return Rounded(a, e / (1.0 + e) ** 2 * z.error + 4 * a)


def sigmoid_prime(z: Rounded) -> Rounded:
    slope: Rounded = equations.sigmoid_prime(z, sigmoid)
    return slope


def tanh(z: Rounded) -> Rounded:
    a = math.tanh(z.value)
    return Rounded(a, (1 - a * a) * z.error + 4 * abs(a))


def tanh_prime(z: Rounded) -> Rounded:
    a = tanh(z)
    return 1 - a * a


def relu(z: Rounded) -> Rounded:
    return z if z.value > 0 else Rounded(0.0, z.error)


def relu_prime(z: Rounded) -> Rounded:
    """1 or 0; the bound reaches the other one where rounding errors may carry z over the kink, and at 0 itself."""
    other = 1 / (SLACK * FLOAT64)
    return Rounded(float(z.value > 0), min(z.error / abs(z.value), other) if z.value else other)


def linear(z: Rounded) -> Rounded:
    return z


def linear_prime(z: Rounded) -> Rounded:
    return Rounded(1.0, 0.0)


SIGMAS: dict[Any, tuple[Callable[[Rounded], Rounded], Callable[[Rounded], Rounded]]] = {
    "sigmoid": (sigmoid, sigmoid_prime),
    "tanh": (tanh, tanh_prime),
    "relu": (relu, relu_prime),
    "linear": (linear, linear_prime),
}
