"""The paper's backpropagation with mistakes put in: the equations with a wrong argument at a certain place.

    Backpropagation(problem).weights(l, changes)      ∂C/∂Wˡ as code with these changes would compute it
    Backpropagation(problem).biases(l, changes)       ∂C/∂bˡ

A change is a pair (place, value): (("prime", 3), "none") is σ′ left out in δ³. Every place that is not named is right.
All arithmetic is `equations.py`, on numbers that carry a running error bound.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from micrograd_paper import equations
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.comparing.closed_forms import ByLayer, ClosedForms
from micrograd_paper.functions import exp
from micrograd_paper.kinds.bounded import Bounded
from micrograd_paper.nn import MLP

Place = tuple[Any, ...]
Changes = frozenset[tuple[Place, Any]]
Vector = list[Bounded]
Matrix = list[list[Bounded]]
RIGHT: Changes = frozenset()
ONE, ZERO = Bounded(1.0, 0.0), Bounded(0.0, 0.0)
T = TypeVar("T")


class Problem(NamedTuple):
    """What the gradients are of: the mean over the batch of the cost, plus α/2m Σ w²."""

    net: MLP
    batch: list[tuple[list[float], list[float]]]  # (x, y); k of them
    cost: str  # quadratic or cross_entropy
    alpha: float
    m: int
    eta: float | None
    earlier: list[tuple[list[float], list[float]]]

    @property
    def L(self) -> int:
        return len(self.net.shape)

    def n(self, l: int) -> int:
        """How many neurons layer l has."""
        return self.net.shape[l - 1]


class Backpropagation:
    """The gradients of a problem, right or with changes; results common to several sets of changes are cached."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        closed = ClosedForms(problem.net)
        self.W, self.b, self.sigmas = closed.W, closed.b, closed.sigmas
        self.y: list[Vector] = []
        self.z: list[ByLayer] = []
        self.a: list[ByLayer] = []
        for x, y in [*problem.batch, *problem.earlier]:
            z, a = closed.forward([Bounded(x_k) for x_k in x])
            self.y.append([Bounded(y_j) for y_j in y])
            self.z.append(z)
            self.a.append(a)
        self.kept: dict[Any, Any] = {}

    def once(self, key: Any, compute: Callable[[], T]) -> T:
        """What compute() gives, computed the first time."""
        if key not in self.kept:
            self.kept[key] = compute()
        found: T = self.kept[key]
        return found

    def weights(self, l: int, changes: Changes) -> Matrix:
        """What is reported as ∂C/∂W^l, rows of it."""
        given = dict(changes)
        rows = self.weight_gradients(self.problem.L + 2 - l if ("order w",) in given else l, changes)
        eta = given.get(("reported",))
        return rows if eta is None else [[eta * g for g in row] for row in rows]

    def biases(self, l: int, changes: Changes) -> Vector:
        """What is reported as ∂C/∂b^l."""
        given = dict(changes)
        row = self.bias_gradients(self.problem.L + 2 - l if ("order b",) in given else l, changes)
        eta = given.get(("reported",))
        return row if eta is None else [eta * g for g in row]

    def weight_gradients(self, l: int, changes: Changes) -> Matrix:
        """∂C/∂W^l as the step of descent takes it."""
        way, decay = dict(changes).get(("w", l)), dict(changes).get(("decay",), 1 / self.problem.m)
        if way == "zero":
            return [[ZERO] * len(row) for row in self.W[l]]
        outers = [self.outer(i, l, changes) for i in self.examples(changes)]
        if way == "decay":
            outers = [[[ZERO] * len(row) for row in outer] for outer in outers]
        return [
            self.accumulated([outer[j] for outer in outers], row, self.problem.alpha * decay, ("batch w",), changes)
            for j, row in enumerate(self.W[l])
        ]

    def bias_gradients(self, l: int, changes: Changes) -> Vector:
        """∂C/∂b^l as the step of descent takes it."""
        way = dict(changes).get(("b", l))
        if way == "zero":
            return [ZERO] * self.problem.n(l)
        parts = [self.bias_part(i, l, way, changes) for i in self.examples(changes)]
        decay = self.problem.alpha / self.problem.m if way == "decayed" else 0.0
        return self.accumulated(parts, self.b[l], decay, ("batch b",), changes)

    def accumulated(
        self, slopes: Sequence[Vector], parameters: Vector, decay: float, place: Place, changes: Changes
    ) -> Vector:
        """The mean of each example's slopes, with decay, and what an earlier backward left in."""
        given, k = dict(changes), len(self.problem.batch)
        way, earlier, factor = given.get(place, "mean"), given.get(("earlier",)), given.get(("backward",), 1)
        total = decayed(self.averaged(slopes[:k], way), parameters, decay)
        if factor != 1:
            total = [g * factor for g in total]
        if earlier is None:
            return total
        before = decayed(self.averaged(slopes[k:], way), parameters, decay if earlier == "all" else 0.0)
        return [g + h for g, h in zip(total, before)]

    def bias_part(self, i: int, l: int, way: Any, changes: Changes) -> Vector:
        if isinstance(way, tuple):
            vectors = [self.delta(i, other, changes) for other in way[1]]
            return [equations.summed(deltas) for deltas in zip(*vectors)]
        delta = [equations.bias_gradient(delta_j) for delta_j in self.delta(i, l, changes)]
        return [equations.summed(delta)] * len(delta) if way == "summed" else delta

    def outer(self, i: int, l: int, changes: Changes) -> Matrix:
        """δ^l (a^{l−1})ᵀ of example i, (24)."""

        def compute() -> Matrix:
            kind, offset = dict(changes).get(("a", l), ("a", 1))
            a = (self.a if kind == "a" else self.z)[i][l - offset]
            delta = self.delta(i, l, changes)
            if (("outer", l), "transposed") in changes:
                return [[equations.weight_gradient(delta_k, a_j) for delta_k in delta] for a_j in a]
            return [[equations.weight_gradient(delta_j, a_k) for a_k in a] for delta_j in delta]

        return self.once(("outer", i, l, self.relevant(l, changes, "a", "outer")), compute)

    def delta(self, i: int, l: int, changes: Changes) -> Vector:
        """δ^l of example i, from the last layer down: (17), (22)."""

        def compute() -> Vector:
            given = dict(changes)
            way = given.get(("prime", l))
            z, sigma_prime = self.slope(i, l, way)
            if l == self.problem.L:
                factor = given.get(("sign",), 1) * given.get(("factor",), 1)
                delta = self.output_errors(i, z, sigma_prime, way, given.get(("cost",)))
                if ("saturated",) in given:
                    delta = [ZERO if a_j.value in (0.0, 1.0) else delta_j
                             for a_j, delta_j in zip(self.a[i][l], delta)]
                return delta if factor == 1 else [delta_j * factor for delta_j in delta]
            return equations.hidden_errors(self.matrix(l, given.get(("W", l), (1, True)), changes),
                                           self.delta(i, l + 1, changes), z, sigma_prime)

        return self.once(("delta", i, l, self.relevant(l, changes)), compute)

    def slope(self, i: int, l: int, way: Any) -> tuple[Vector, Callable[[Bounded], Bounded]]:
        """The argument of σ′ in layer l, and the function used as σ′."""
        z, a, sigma_prime = self.z[i][l], self.a[i][l], self.sigmas[l][1]
        if way is None:
            return z, sigma_prime
        if way == "none":
            return z, lambda z: ONE
        if way == "at a":
            return a, sigma_prime
        if way == "twice":
            return z, lambda z: sigma_prime(z) * sigma_prime(z)
        other, of = way
        return (z, ACTIVATIONS[other].sigma_prime) if of == "z" else (a, THROUGH_A[other])

    def output_errors(self, i: int, z: Vector, sigma_prime: Any, way: Any, other: Any) -> Vector:
        """δ^L by (17), or by (26) for the cross-entropy after a sigmoid; or the other cost's, or softmax's."""
        L, a, y = self.problem.L, self.a[i][self.problem.L], self.y[i]
        if other == "softmax":
            return list(map(equations.cross_entropy_output_error, softmax(self.z[i][L]), y))
        long = equations.output_errors(list(map(equations.quadratic_slope, a, y)), z, sigma_prime)
        short = list(map(equations.cross_entropy_output_error, a, y))
        if (self.problem.cost == "quadratic") != (other is not None):
            return long
        if other is not None:
            return short
        through_a = equations.output_errors(list(map(equations.cross_entropy_slope, a, y)), z, sigma_prime)
        if way is not None or self.problem.net.activations[L - 2] != "sigmoid":
            return through_a
        # either way is right: (26), or through a, which is less exact for a saturated neuron
        return [Bounded(s.value, max(s.error, t.error) if t.error < math.inf else s.error)
                for s, t in zip(short, through_a)]

    def matrix(self, l: int, way: Any, changes: Changes) -> Sequence[Sequence[Bounded]]:
        """What stands for W^{l+1} in (22); its columns are what δ^{l+1} is multiplied by."""
        offset, transposed = way
        W: Sequence[Sequence[Bounded]] = self.W[l + offset]
        if (("update", l), "too early") in changes and offset > 0:
            slopes = self.weight_gradients(l + offset, changes)  # the decay is in them
            W = [equations.descent_step(row, self.problem.eta, slopes_j) for row, slopes_j in zip(W, slopes)]
        return W if transposed else list(zip(*W))

    def averaged(self, vectors: Sequence[Vector], batch: str) -> Vector:
        """(6), or a wrong way to do it."""
        k = len(vectors)
        if batch.startswith(("first", "last")):
            which, _, divided = batch.partition("/")
            only = vectors[0 if which == "first" else -1]
            return [g / k for g in only] if divided else only
        mean = equations.mean_gradient(vectors)
        factor = {"mean": 1.0, "sum": k, "twice": 1 / k, "m": k / self.problem.m}[batch]
        return mean if factor == 1 else [g * factor for g in mean]

    def examples(self, changes: Changes) -> range:
        """The batch, followed by the earlier examples where they are added in."""
        k = len(self.problem.batch)
        return range(k + len(self.problem.earlier) if any(place == ("earlier",) for place, _ in changes) else k)

    def relevant(self, l: int, changes: Changes, *more: str) -> Changes:
        """The changes that δ^l can depend on, and those of the further places at layer l."""
        if any(place[0] == "update" and place[1] >= l for place, _ in changes):
            return changes
        return frozenset(
            (place, value) for place, value in changes
            if place[0] in ("sign", "factor", "cost", "saturated")
            or (place[0] in ("prime", "W") and place[1] >= l)
            or (place[0] in more and place[1] == l)
        )


def decayed(slopes: Vector, parameters: Vector, decay: float) -> Vector:
    """The slopes with the decay of (29)."""
    return [g + p * decay for g, p in zip(slopes, parameters)] if decay else slopes


def softmax(z: Vector) -> Vector:
    """e^z_j/Σ e^z_k, which is not in the paper."""
    largest = max(z_j.value for z_j in z)
    powers = [exp(z_j - largest) for z_j in z]
    return [power / equations.summed(powers) for power in powers]


def identity(a: Bounded) -> Bounded:
    return a


def sigmoid_prime_through_a(a: Bounded) -> Bounded:
    slope: Bounded = equations.sigmoid_prime(a, identity)  # a (1 − a)
    return slope


def tanh_prime_through_a(a: Bounded) -> Bounded:
    return 1 - a * a


THROUGH_A = {"sigmoid": sigmoid_prime_through_a, "tanh": tanh_prime_through_a}
