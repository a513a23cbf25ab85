"""Floats that know how large the terms were that they were summed from, and the activation functions on them.

That size is what a rounding error is measured by: σ(1 − σ) loses all of its relative precision for a saturated neuron,
and none relative to its terms.
"""

import math
from collections.abc import Callable
from typing import Any

from micrograd_paper import equations
from micrograd_paper.engine import Value
from micrograd_paper.errors import NotANumber


class Sized:
    """A float with the size of the terms that it was summed from: |x| + |y| for x − y."""

    __slots__ = ("value", "size")

    def __init__(self, value: float, size: float | None = None) -> None:
        self.value = value
        self.size = abs(value) if size is None else size

    def __add__(self, other: Any) -> "Sized":
        other = sized(other)
        return Sized(self.value + other.value, self.size + other.size)

    def __neg__(self) -> "Sized":
        return Sized(-self.value, self.size)

    def __sub__(self, other: Any) -> "Sized":
        return self + -sized(other)

    def __rsub__(self, other: Any) -> "Sized":
        return sized(other) + -self

    def __mul__(self, other: Any) -> "Sized":
        other = sized(other)
        return Sized(self.value * other.value, self.size * other.size)

    def __truediv__(self, other: Any) -> "Sized":
        other = sized(other)
        if other.value == 0:  # y/a of (26): (25) takes it as 0 where y is 0
            return Sized(0.0) if self.value == 0 else Sized(math.inf)
        # x/y is as uncertain as x, and as y is relative to itself
        uncertainty = other.size / abs(other.value)
        return Sized(self.value / other.value, self.size / abs(other.value) * uncertainty)

    def __rtruediv__(self, other: Any) -> "Sized":
        return sized(other) / self


def sized(number: Any) -> Sized:
    """The number as a Sized of its own size. Raises NotANumber for anything but a real number or a Value of one."""
    if not isinstance(number, Sized | Value | int | float):
        raise NotANumber(f"compare takes real numbers; got {number!r}")
    return number if isinstance(number, Sized) else Sized(float(number))


def sigmoid(z: Sized) -> Sized:
    """σ(z) = 1/(1 + e⁻ᶻ), (8); written so that no z overflows."""
    if z.value >= 0:
        return Sized(1 / (1 + math.exp(-z.value)))
    return Sized(math.exp(z.value) / (1 + math.exp(z.value)))


def sigmoid_prime(z: Sized) -> Sized:
    """σ′(z) = σ(z)(1 − σ(z)), below (16)."""
    prime: Sized = equations.sigmoid_prime(z, sigmoid)
    return prime


def tanh(z: Sized) -> Sized:
    return Sized(math.tanh(z.value))


def tanh_prime(z: Sized) -> Sized:
    return 1 - tanh(z) * tanh(z)


def relu(z: Sized) -> Sized:
    return z if z.value > 0 else Sized(0.0)


def relu_prime(z: Sized) -> Sized:
    return Sized(1.0 if z.value > 0 else 0.0)


def linear(z: Sized) -> Sized:
    return z


def linear_prime(z: Sized) -> Sized:
    return Sized(1.0)


Function = Callable[[Sized], Sized]
SIGMAS: dict[str, tuple[Function, Function]] = {  # σ and σ′ of each activation
    "sigmoid": (sigmoid, sigmoid_prime),
    "tanh": (tanh, tanh_prime),
    "relu": (relu, relu_prime),
    "linear": (linear, linear_prime),
}
