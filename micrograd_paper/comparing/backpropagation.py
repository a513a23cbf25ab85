"""The paper's backpropagation with mistakes put in: the equations, given the wrong thing at a certain place.

    Backpropagation(problem).weights(l, changes)      ∂C/∂Wˡ as code with these changes would compute it
    Backpropagation(problem).biases(l, changes)       ∂C/∂bˡ

A change is a pair (place, value): (("prime", 3), "none") is σ′ left out in δ³. Every place that is not named is right.
All arithmetic is `equations.py`, on numbers that carry their rounding errors.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from micrograd_paper import equations
from micrograd_paper.comparing.rounding import SIGMAS, Rounded
from micrograd_paper.nn import MLP

Place = tuple[Any, ...]
Changes = frozenset[tuple[Place, Any]]
Vector = list[Rounded]
Matrix = list[list[Rounded]]
RIGHT: Changes = frozenset()
ONE = Rounded(1.0, 0.0)
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
    """The gradients of a problem, right or with changes; what several sets of changes have in common is kept."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        net, L = problem.net, problem.L
        self.sigmas = {l: SIGMAS[activation] for l, activation in enumerate(net.activations, start=2)}
        self.W = {l: [[Rounded(float(w)) for w in row] for row in rows] for l, rows in net.weights.items()}
        self.b = {l: [Rounded(float(b)) for b in row] for l, row in net.biases.items()}
        self.y: list[Vector] = []
        self.z: list[dict[int, Vector]] = []
        self.a: list[dict[int, Vector]] = []
        for x, y in [*problem.batch, *problem.earlier]:
            z: dict[int, Vector] = {}
            a = {1: [Rounded(x_k) for x_k in x]}
            for l in range(2, L + 1):
                z[l] = equations.weighted_inputs(self.W[l], a[l - 1], self.b[l])
                a[l] = equations.activations(z[l], self.sigmas[l][0])
            self.y.append([Rounded(y_j) for y_j in y])
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
        """∂C/∂W^l, rows of it."""
        shape = range(self.problem.n(l))
        batch, earlier = dict(changes).get(("batch w",), "mean"), dict(changes).get(("earlier",))
        decay = self.problem.alpha * dict(changes).get(("decay",), 1 / self.problem.m)
        outer = [self.outer(i, l, changes) for i in self.examples()]
        total = [self.averaged([o[j] for o in outer], batch) for j in shape]
        if decay:
            total = [[g + w * decay for g, w in zip(row, w_row)] for row, w_row in zip(total, self.W[l])]
        if (("backward",), "twice") in changes:
            total = [[g + g for g in row] for row in total]
        if earlier is not None:
            before = [self.outer(i, l, changes) for i in self.examples(True)]
            total = [self.joined(row, self.averaged([o[j] for o in before], batch)) for j, row in enumerate(total)]
            if decay and earlier == "all":
                total = [[g + w * decay for g, w in zip(row, w_row)] for row, w_row in zip(total, self.W[l])]
        return total

    def biases(self, l: int, changes: Changes) -> Vector:
        """∂C/∂b^l."""
        given = dict(changes)
        way, batch, earlier = given.get(("b", l)), given.get(("batch b",), "mean"), given.get(("earlier",))
        if way == "zero":
            return [Rounded(0.0)] * self.problem.n(l)
        total = self.averaged([self.bias_part(i, l, way, changes) for i in self.examples()], batch)
        decay = self.problem.alpha / self.problem.m if way == "decayed" else 0.0
        if decay:
            total = [g + b * decay for g, b in zip(total, self.b[l])]
        if (("backward",), "twice") in changes:
            total = [g + g for g in total]
        if earlier is not None:
            total = self.joined(
                total, self.averaged([self.bias_part(i, l, way, changes) for i in self.examples(True)], batch)
            )
            if decay and earlier == "all":
                total = [g + b * decay for g, b in zip(total, self.b[l])]
        return total

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
            sigma_prime = self.sigmas[l][1]
            z, way = self.z[i][l], given.get(("prime", l))
            if way == "none":
                def sigma_prime(z: Rounded) -> Rounded:
                    return ONE
            elif way == "at a":
                z = self.a[i][l]
            if l == self.problem.L:
                factor = given.get(("sign",), 1) * given.get(("half",), 1)
                delta = self.output_errors(i, z, sigma_prime, way, ("cost",) in given)
                if ("saturated",) in given:
                    delta = [Rounded(0.0, 0.0) if a_j.value in (0.0, 1.0) else delta_j
                             for a_j, delta_j in zip(self.a[i][l], delta)]
                return delta if factor == 1 else [delta_j * factor for delta_j in delta]
            return equations.hidden_errors(self.matrix(l, given.get(("W", l), (1, True)), changes),
                                           self.delta(i, l + 1, changes), z, sigma_prime)

        return self.once(("delta", i, l, self.relevant(l, changes)), compute)

    def output_errors(self, i: int, z: Vector, sigma_prime: Any, way: Any, other: bool) -> Vector:
        """δ^L by (17), or by (26) for the cross-entropy after a sigmoid, or the other cost's of the two."""
        L, a, y = self.problem.L, self.a[i][self.problem.L], self.y[i]
        quadratic = equations.output_errors(list(map(equations.quadratic_slope, a, y)), z, sigma_prime)
        short = list(map(equations.cross_entropy_output_error, a, y))
        if (self.problem.cost == "quadratic") != other:
            return quadratic
        if other:
            return short
        through_a = equations.output_errors(list(map(equations.cross_entropy_slope, a, y)), z, sigma_prime)
        if way is not None or self.problem.net.activations[L - 2] != "sigmoid":
            return through_a
        # either way is right: (26), or through a, which a saturated neuron makes less exact
        return [Rounded(s.value, max(s.error, t.error) if t.error < float("inf") else s.error)
                for s, t in zip(short, through_a)]

    def matrix(self, l: int, way: Any, changes: Changes) -> Sequence[Sequence[Rounded]]:
        """What stands for W^{l+1} in (22); its columns are what δ^{l+1} is multiplied by."""
        offset, transposed = way
        W: Sequence[Sequence[Rounded]] = self.W[l + offset]
        if (("update", l), "too early") in changes and offset > 0:
            eta = self.problem.eta
            W = [[equations.updated_bias(w, eta, g) for w, g in zip(row, slopes)]  # w − η ∂C/∂w, the decay is in it
                 for row, slopes in zip(W, self.weights(l + offset, changes))]
        return W if transposed else list(zip(*W))

    def averaged(self, vectors: Sequence[Vector], batch: str) -> Vector:
        """(6), or a wrong way to do it."""
        k = len(vectors)
        if batch.startswith("last"):
            return vectors[-1] if batch == "last" else [g / k for g in vectors[-1]]
        mean = equations.mean_gradient(vectors)
        factor = {"mean": 1.0, "sum": k, "twice": 1 / k, "m": k / self.problem.m}[batch]
        return mean if factor == 1 else [g * factor for g in mean]

    def joined(self, vector: Vector, other: Vector) -> Vector:
        return [g + h for g, h in zip(vector, other)]

    def examples(self, earlier: bool = False) -> range:
        k = len(self.problem.batch)
        return range(k, k + len(self.problem.earlier)) if earlier else range(k)

    def relevant(self, l: int, changes: Changes, *more: str) -> Changes:
        """The changes that δ^l can depend on, and those of the further places at layer l."""
        if any(place[0] == "update" and place[1] >= l for place, _ in changes):
            return changes
        return frozenset(
            (place, value) for place, value in changes
            if place[0] in ("sign", "half", "cost", "saturated")
            or (place[0] in ("prime", "W") and place[1] >= l)
            or (place[0] in more and place[1] == l)
        )
