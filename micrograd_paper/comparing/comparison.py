"""The gradients that a graph holds beside the ones that the paper's equations give.

    forward = net.forward(x)
    cross_entropy(forward.output, y).backward()
    comparison = compare(forward, y, cost=cross_entropy)
    comparison.ok, comparison.worst            and print(comparison) is a table

The closed forms see the network's weights, biases and x alone. They are evaluated on numbers that carry the size of
the terms they were summed from (`Sized`), because that is what a rounding error is measured by: σ(1 − σ) loses all of
its relative precision for a saturated neuron, and none relative to its terms.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from micrograd_paper import equations
from micrograd_paper.costs import Cost, cross_entropy, cross_entropy_from_logits, listed, quadratic
from micrograd_paper.engine import Value
from micrograd_paper.errors import NotANumber, NotAValue, ShapeError, UsageError
from micrograd_paper.nn import Forward, activation_name
from micrograd_paper.notation import Symbol

TOLERANCE = 1e-12  # of the size of the terms summed


class Sized:
    """A float that knows how large the terms were that it was summed from: |x| + |y| for x − y."""

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
    return sigmoid(z) * (1 - sigmoid(z))


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


SIGMAS: dict[str, tuple[Callable[[Sized], Sized], Callable[[Sized], Sized]]] = {
    "sigmoid": (sigmoid, sigmoid_prime),
    "tanh": (tanh, tanh_prime),
    "relu": (relu, relu_prime),
    "linear": (linear, linear_prime),
}


class Row(NamedTuple):
    """One gradient: the equation, what it is, the graph's value, the closed form's, and the size of its terms."""

    equation: int
    symbol: str
    graph: float
    closed_form: float
    size: float

    @property
    def difference(self) -> float:
        return self.graph - self.closed_form

    @property
    def relative(self) -> float:
        """|difference| relative to the size of the terms summed; inf if the graph's value is nan."""
        if self.difference == 0:
            return 0.0
        return abs(self.difference) / self.size if self.size and math.isfinite(self.difference) else math.inf

    @property
    def ok(self) -> bool:
        return self.relative <= TOLERANCE


class Comparison:
    """Rows for every δ, ∂C/∂b and ∂C/∂w, layer by layer from the last; .ok, .worst; str() is a table."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)

    @property
    def ok(self) -> bool:
        """Whether every row agrees to 1e-12 of the size of the terms summed."""
        return all(row.ok for row in self.rows)

    @property
    def worst(self) -> Row:
        """The row with the largest difference relative to its terms."""
        return max(self.rows, key=lambda row: row.relative)

    @property
    def verdict(self) -> str:
        """One sentence."""
        wrong = [row for row in self.rows if not row.ok]
        if wrong:
            earlier = all(row.equation in (23, 24) for row in wrong)
            return (f"{len(wrong)} of {len(self.rows)} gradients differ from the paper's; the worst is "
                    f"{self.worst.symbol}, by {self.worst.difference:.3g}"
                    + ("; every δ agrees: were gradients of an earlier backward() left in (zero_grad)?" * earlier))
        return (f"all {len(self.rows)} gradients are the paper's; the largest difference is "
                f"{max(abs(row.difference) for row in self.rows):.2g}")

    def cells(self) -> Sequence[tuple[str, ...]]:
        """The table's cells as text, a header first."""
        return [("gradient", "graph", "closed form", "", "difference")] + [
            (row.symbol, f"{row.graph + 0.0:.12g}", f"{row.closed_form + 0.0:.12g}", f"({row.equation})",  # no −0
             "0" if row.difference == 0 else f"{row.difference:.1e}{'' if row.ok else '  ✗'}")
            for row in self.rows
        ]

    def __str__(self) -> str:
        cells = self.cells()
        widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
        lines = [
            "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in
                      enumerate(zip(row, widths))).rstrip()
            for row in cells
        ]
        return "\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:], self.verdict])

    __repr__ = __str__


def compare(forward: Forward, y: Any, cost: Cost = quadratic) -> Comparison:
    """Set the gradients that this graph holds after `backward` beside the closed forms (16)–(24), for one example.

    y are its targets, cost is quadratic or cross_entropy. δ of the output layer is (16), or (26) for cross-entropy
    after a sigmoid. Raises ShapeError for the wrong number of targets; UsageError for another cost, for an activation
    that is a function of one's own, and where `backward` has not been run.
    """
    if not isinstance(forward, Forward):
        raise NotAValue(f"compare takes what net.forward(x) returned; got {type(forward).__name__}")
    targets = [sized(target) for target in listed(y)]
    net, L = forward.net, len(forward.net.shape)
    if len(targets) != net.shape[-1]:
        raise ShapeError(f"the network {net.shape_text} needs {net.shape[-1]} targets y; got {len(targets)}")
    if cost not in (quadratic, cross_entropy, cross_entropy_from_logits):
        raise UsageError(f"compare knows the costs quadratic and cross_entropy; got {getattr(cost, '__name__', cost)}")
    for activation in net.activations:
        if activation not in SIGMAS:
            raise UsageError(f"compare knows the activations {', '.join(SIGMAS)}; got {activation_name(activation)}")
    if all(type(z_j.grad) is int and z_j.grad == 0 for z_j in forward.z[L]):
        raise UsageError("this graph holds no gradients yet: call backward() on its cost before compare")
    sigmas = {l: SIGMAS[str(activation)] for l, activation in enumerate(net.activations, start=2)}
    W = {l: [[sized(w.data) for w in row] for row in rows] for l, rows in net.weights.items()}
    b = {l: [sized(b_j.data) for b_j in row] for l, row in net.biases.items()}

    z: dict[int, list[Sized]] = {}
    a = {1: [sized(x.data) for x in forward.x]}
    for l in range(2, L + 1):
        z[l] = equations.weighted_inputs(W[l], a[l - 1], b[l])
        a[l] = equations.activations(z[l], sigmas[l][0])

    numbers: dict[int, int] = dict.fromkeys(range(2, L), 21) | {L: 16}
    if cost is quadratic:
        slopes = [equations.quadratic_slope(a_j, y_j) for a_j, y_j in zip(a[L], targets)]
        delta = {L: equations.output_errors(slopes, z[L], sigmas[L][1])}
    elif net.activations[-1] == "sigmoid":
        numbers[L] = 26
        delta = {L: [equations.cross_entropy_output_error(a_j, y_j) for a_j, y_j in zip(a[L], targets)]}
    else:
        slopes = [equations.cross_entropy_slope(a_j, y_j) for a_j, y_j in zip(a[L], targets)]
        delta = {L: equations.output_errors(slopes, z[L], sigmas[L][1])}
    for l in range(L - 1, 1, -1):
        columns = list(zip(*W[l + 1]))
        delta[l] = [
            equations.hidden_error(columns[j], delta[l + 1], z_j, sigmas[l][1]) for j, z_j in enumerate(z[l])
        ]

    rows = []
    for l in range(L, 1, -1):
        for j, delta_j in enumerate(delta[l], start=1):
            rows.append(row(numbers[l], str(Symbol("delta", l, (j,))), forward.z[l][j - 1].grad, delta_j))
        for j, delta_j in enumerate(delta[l], start=1):
            bias = net.biases[l][j - 1]
            rows.append(row(23, f"∂C/∂{bias.label}", bias.grad, equations.bias_gradient(delta_j)))
        for j, delta_j in enumerate(delta[l], start=1):
            for a_k, w in zip(a[l - 1], net.weights[l][j - 1]):
                rows.append(row(24, f"∂C/∂{w.label}", w.grad, equations.weight_gradient(delta_j, a_k)))
    return Comparison(rows)


def row(equation: int, symbol: str, graph: Any, closed_form: Sized) -> Row:
    return Row(equation, symbol, float(graph), closed_form.value, closed_form.size)
