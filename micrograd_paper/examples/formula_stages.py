"""The stages in which a formula is filled in: its symbols, numbers for them, then its functions' values.

    δ²₁ = w³₁₁·δ³₁·σ′(z²₁)          SYMBOLS
        = 0.4·(−0.1)·σ′(0.8)        NUMBERS, and ARGUMENTS where what a function is applied to is itself a formula
        = 0.4·(−0.1)·0.2139         VALUES

A Stage makes the leaves and functions that an equation is run on: `FormulaText` numbers, named or not.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from micrograd_paper import equations
from micrograd_paper.engine import Value
from micrograd_paper.kinds.formula import SLASHED, FormulaText, call
from micrograd_paper.notation import Symbol

SYMBOLS, NUMBERS, ARGUMENTS, VALUES = range(4)


class Line(NamedTuple):
    """One number of a worked example: its name, the equation run on it, and where else it was read."""

    left: str
    right: FormulaText
    graph: float
    source: str = "in the graph"


def exponential(x: float) -> float:
    """eˣ, and inf where it overflows: then 1/(1 + e⁻ᶻ) is 0."""
    return math.exp(x) if x < 709 else math.inf


def sigma_value(z: float) -> float:
    return float(equations.sigmoid(z, exponential))


def sigma_prime_value(z: float) -> float:
    return float(equations.sigmoid_prime(z, sigma_value))


class Stage(NamedTuple):
    """Makes leaves and functions for one stage; numbers have `digits` significant digits."""

    kind: int
    digits: int

    def number(self, value: float, name: str, strength: int | None = None) -> FormulaText:
        """A leaf: its name, or its number."""
        if self.kind == SYMBOLS:
            return FormulaText(value, name) if strength is None else FormulaText(value, name, strength)
        return FormulaText(value, digits=self.digits)

    def node(self, node: Value) -> FormulaText:
        """The data of a node of the graph, by the node's name."""
        return self.number(node.data, str(node.label))

    def nodes(self, nodes: Sequence[Value]) -> list[FormulaText]:
        return [self.node(node) for node in nodes]

    def targets(self, y: Sequence[float], example: int | None = None) -> list[FormulaText]:
        """y₁, y₂, …, of an example."""
        return [self.number(y_j, str(Symbol("y", None, (j,), example))) for j, y_j in enumerate(y, start=1)]

    def delta(self, z: Value) -> FormulaText:
        """δ, which is the gradient of z."""
        return self.number(z.grad, delta_name(z))

    def slope(self, slope: float, name: str, of: object) -> FormulaText:
        """The derivative ∂name/∂of."""
        return self.number(slope, f"∂{name}/∂{of}", SLASHED)

    def sigma(self, z: Any) -> FormulaText:
        return self.call("σ", sigma_value, z)

    def sigma_prime(self, z: Any) -> FormulaText:
        return self.call("σ′", sigma_prime_value, z)

    def exp(self, x: Any) -> FormulaText:
        return self.call("exp", exponential, x)

    def log(self, x: Any) -> FormulaText:
        return self.call("ln", math.log, x)

    def sqrt(self, x: Any) -> FormulaText:
        return self.call("√", math.sqrt, x)

    def call(self, name: str, function: Callable[[Any], Any], x: FormulaText) -> FormulaText:
        """name(x): as it stands, with the argument's number, or the value."""
        if self.kind == VALUES:
            return FormulaText(function(x.value), digits=self.digits)
        return call(name, function, FormulaText(x.value, digits=self.digits) if self.kind == ARGUMENTS else x)


def delta_name(z: Value) -> str:
    """δ²₁ for the node z²₁."""
    return str(z.label.delta) if isinstance(z.label, Symbol) else f"δ of {z.label}"
