"""The paper's backpropagation with mistakes put in: the equations with something else at a certain place.

    Backpropagation(problem, given).weight(l, changes)(j, k)    ∂C/∂w^l_jk as code with these changes computes it
    Backpropagation(problem, given).bias(l, changes)(j)         ∂C/∂b^l_j

A change is a pair (place, what stands there): (("prime", 3), f) puts f in the place of σ′ in δ³. What is not changed is
right. All arithmetic is `equations.py`, on numbers that carry a running error bound. The places:

    ("slopes", L)      ∂C/∂a of the last layer, (16)       ("back", l)       (W^{l+1})ᵀ δ^{l+1}, (22)
    ("source", l)      δ^{l+1} in it                       ("delta", l)      all of δ^l
    ("prime", l)       σ′(z^l), (16) and (21)              ("clip",)         the largest size of all gradients
    ("inputs", l)      a^{l−1} of (24)                     ("outer", l)      all of (24)
    ("weights δ", l)   δ^l in (24)                         ("biases δ", l)   δ^l in (23)
    ("decay", l)       α/m w of (29)                       ("bias decay", l) what (28) does not have
    ("times W", l)     a factor of ∂C/∂W^l as it is given  ("times b", l)    and of ∂C/∂b^l   ("times δ", l)   of δ^l
    ("scale W",), ("scale b",), ("examples W",), ("examples b",)     of all layers: a Scale; which examples
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from micrograd_paper import equations
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.comparing.closed_forms import ByLayer, ClosedForms
from micrograd_paper.costs import COSTS
from micrograd_paper.diagnosing.given_gradients import Given
from micrograd_paper.kinds.bounded import Bounded
from micrograd_paper.nn import MLP

Place = tuple[Any, ...]
Changes = frozenset[tuple[Place, Any]]
Vector = list[Bounded]
Matrix = Sequence[Sequence[Bounded]]
Pair = tuple[list[float], list[float]]
RIGHT: Changes = frozenset()
ZERO, ONE = Bounded(0.0, 0.0), Bounded(1.0, 0.0)
OF_DELTA = ("slopes", "source", "back", "prime", "delta", "times δ")  # what δ of a layer, and of those before, is of
T = TypeVar("T")


class Problem(NamedTuple):
    """What the gradients are of: the mean over the batch of the cost, plus α/2m Σ w²."""

    net: MLP
    batch: list[Pair]  # (x, y); k of them
    cost: str  # quadratic or cross_entropy
    alpha: float
    m: int
    eta: float | None
    earlier: list[Pair]

    @property
    def L(self) -> int:
        return len(self.net.shape)

    @property
    def k(self) -> int:
        return len(self.batch)

    def n(self, l: int) -> int:
        """How many neurons layer l has."""
        return self.net.shape[l - 1]

    @property
    def layers(self) -> range:
        return range(2, self.L + 1)


class Scale(NamedTuple):
    """A factor of every gradient: `total` of all of it, `data` of what comes from the examples, by layer."""

    total: float = 1.0
    data: tuple[float, ...] = ()  # of layer 2, 3, …; () is 1 in each
    earlier: float = 1.0  # what the mean of the earlier examples counts beside that of the batch

    def of(self, l: int) -> float: return self.data[l - 2] if self.data else 1.0


class Examples(NamedTuple):
    """Whose slopes are added: the batch's, or only one example's; the earlier ones' with that factor."""

    only: int | None = None
    earlier: float = 0.0
    decays: int = 0  # how many times more the decay is added


UNSCALED, ALL = Scale(), Examples()


class At(NamedTuple):
    """One example in a backpropagation with changes: what a row of the table of mistakes may read."""

    passes: "Backpropagation"
    i: int
    changes: Changes

    @property
    def problem(self) -> Problem: return self.passes.problem

    @property
    def L(self) -> int: return self.passes.problem.L

    @property
    def a(self) -> ByLayer: return self.passes.a[self.i]

    @property
    def z(self) -> ByLayer: return self.passes.z[self.i]

    @property
    def y(self) -> Vector: return self.passes.y[self.i]

    @property
    def W(self) -> dict[int, list[Vector]]: return self.passes.W

    @property
    def b(self) -> dict[int, Vector]: return self.passes.b

    @property
    def errors(self) -> Vector:
        """a − y of the output neurons."""
        return list(map(equations.quadratic_slope, self.a[self.L], self.y))

    def prime(self, l: int, z: Sequence[Bounded] | None = None) -> Vector:
        """σ′ of layer l at z^l, or at other numbers."""
        sigma_prime = self.passes.sigmas[l][1]
        return [ONE * sigma_prime(z_j) for z_j in (self.z[l] if z is None else z)]

    def delta(self, l: int) -> Vector: return self.passes.delta(self.i, l, self.changes)

    def before_prime(self, l: int) -> Vector: return self.passes.before_prime(self.i, l, self.changes)

    def source(self, l: int) -> Vector:
        """What goes back into layer l: δ^{l+1}, or what stands for it."""
        own = dict(self.changes).get(("source", l))
        return self.delta(l + 1) if own is None else own(self, l)

    def times(self, matrix: Callable[["At", int], Matrix], l: int) -> Vector:
        """The transpose of a matrix, which is the same for all examples, times what goes back into layer l."""
        delta = self.source(l)
        columns = self.passes.once((matrix, l, self.total), lambda: list(zip(*matrix(self, l))))
        return [equations.summed([w * d for w, d in zip(column, delta)]) for column in columns]

    @property
    def total(self) -> float:
        """The factor of all of ∂C/∂W."""
        scale: Scale = dict(self.changes).get(("scale W",), UNSCALED)
        return scale.total

    def their_slopes(self, l: int) -> Matrix:
        """∂C/∂W^l, their own numbers, without a factor of all."""
        return [[Bounded(g / self.total) for g in row] for row in self.passes.given.weights[l]]


class Backpropagation:
    """The gradients of a problem, right or with changes; what several sets of changes share is computed once."""

    def __init__(self, problem: Problem, given: Given) -> None:
        self.problem, self.given = problem, given
        closed = ClosedForms(problem.net, COSTS[problem.cost].function)
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

    def weight(self, l: int, changes: Changes) -> Callable[[int, int], Bounded]:
        """What is given as ∂C/∂w^l_jk, as a function of j and k, which count from 0 here."""
        there = dict(changes)
        scale = there.get(("scale W",), UNSCALED)
        times, data = there.get(("times W", l), 1.0) * scale.total, scale.of(l)
        slope, decay = self.mean_slope(l, changes), self.decay(l, changes)

        def entry(j: int, k: int) -> Bounded:
            g = slope(j, k)
            g = g if data == 1 else g * data
            c = decay(k)
            g = g + self.W[l][j][k] * c if c else g
            return g if times == 1 else g * times

        return clipped(entry, there)

    def bias(self, l: int, changes: Changes) -> Callable[[int], Bounded]:
        """What is given as ∂C/∂b^l_j, as a function of j, which counts from 0 here."""
        there = dict(changes)
        scale = there.get(("scale b",), UNSCALED)
        times, data = there.get(("times b", l), 1.0) * scale.total, scale.of(l)
        slopes, decay = self.mean_bias_slopes(l, changes), there.get(("bias decay", l))

        def entry(j: int) -> Bounded:
            g: Bounded = slopes[j] * data
            if decay is not None:
                g = g + decay(self.problem, self.b[l][j])
            scaled: Bounded = g * times
            return scaled

        return clipped(entry, there)

    def decay(self, l: int, changes: Changes) -> Callable[[int], float]:
        """What a weight from neuron k is multiplied by in its decay."""
        there = dict(changes)
        times = 1 + there.get(("examples W",), ALL).decays
        own = there.get(("decay", l))
        if own is not None:
            return lambda k: times * float(own(self.problem, k))
        return lambda k: times * self.problem.alpha / self.problem.m

    def mean_slope(self, l: int, changes: Changes) -> Callable[[int, int], Bounded]:
        """The mean over the examples of ∂C_x/∂w^l_jk, (24), (6)."""

        def prepare() -> Callable[[int, int], Bounded]:
            there = dict(changes)
            shares, outer, pairs = self.shares(there.get(("examples W",), ALL)), there.get(("outer", l)), []
            if outer is not None:
                every = [(outer(At(self, i, changes), l), share) for i, share in shares]
                return lambda j, n: equations.summed([entry(j, n) * share for entry, share in every])
            for i, share in shares:
                at = At(self, i, changes)
                delta = there[("weights δ", l)](at, l) if ("weights δ", l) in there else self.delta(i, l, changes)
                a = there[("inputs", l)](at, l) if ("inputs", l) in there else self.a[i][l - 1]
                pairs.append((delta if share == 1 else [d * share for d in delta], a))
            return lambda j, n: equations.summed([equations.weight_gradient(delta[j], a[n]) for delta, a in pairs])

        return self.once(("W", self.relevant(l, changes, "outer", "inputs", "weights δ", "examples W"), l), prepare)

    def mean_bias_slopes(self, l: int, changes: Changes) -> Vector:
        """The mean over the examples of ∂C_x/∂b^l, (23), (6)."""

        def compute() -> Vector:
            there = dict(changes)
            own, rows = there.get(("biases δ", l)), []
            for i, share in self.shares(there.get(("examples b",), ALL)):
                delta = self.delta(i, l, changes) if own is None else own(At(self, i, changes), l)
                rows.append([equations.bias_gradient(d) * share for d in delta])
            return [equations.summed(column) for column in zip(*rows)]

        return self.once(("b", self.relevant(l, changes, "biases δ", "examples b"), l), compute)

    def shares(self, which: "Examples") -> list[tuple[int, float]]:
        """The number of each example that is added, and the share of its slopes in the sum."""
        k, earlier = self.problem.k, len(self.problem.earlier)
        if which.only is not None:
            return [(which.only % k, 1.0)]
        return [*[(i, 1 / k) for i in range(k)], *[(k + i, which.earlier / earlier) for i in range(earlier)
                                                   if which.earlier]]

    def delta(self, i: int, l: int, changes: Changes) -> Vector:
        """δ^l of example i, from the last layer down: (17), (22)."""

        def compute() -> Vector:
            there, at = dict(changes), At(self, i, changes)
            factor = there.get(("times δ", l))
            if factor is not None:
                return [d * factor for d in self.delta(i, l, changes - {(("times δ", l), factor)})]
            if ("delta", l) in there:
                return there[("delta", l)](at, l)  # type: ignore[no-any-return]
            prime = there.get(("prime", l))
            if l == self.problem.L and prime is None and ("slopes", l) not in there:
                return self.output_errors(at)
            slopes = at.prime(l) if prime is None else prime(at, l)
            return [e_j * s_j for e_j, s_j in zip(self.before_prime(i, l, changes), slopes)]

        return self.once(("δ", i, l, self.relevant(l, changes)), compute)

    def before_prime(self, i: int, l: int, changes: Changes) -> Vector:
        """∂C/∂a^l of example i, what δ^l is before its factor σ′: ∇_a C of (17), or (W^{l+1})ᵀ δ^{l+1} of (22)."""

        def compute() -> Vector:
            source = dict(changes).get(("slopes" if l == self.problem.L else "back", l))
            if source is not None:
                return source(At(self, i, changes), l)  # type: ignore[no-any-return]
            if l == self.problem.L:
                return list(COSTS[self.problem.cost].slopes(self.a[i][l], self.y[i]))
            return At(self, i, changes).times(next_W, l)

        own = frozenset(change for change in changes if change[0] in (("source", l), ("back", l), ("slopes", l)))
        return self.once(("e", i, l, own, self.relevant(l + 1, changes)), compute)

    def output_errors(self, at: At) -> Vector:
        """δ^L by (17), or by (26) for the cross-entropy after a sigmoid."""
        L = at.L
        through_a = equations.output_errors(self.before_prime(at.i, L, RIGHT), at.z[L], self.sigmas[L][1])
        if self.problem.cost == "quadratic" or self.problem.net.activations[-1] != "sigmoid":
            return through_a
        short = map(equations.cross_entropy_output_error, at.a[L], at.y)
        # either way is right: (26), or through a, which is less exact for a saturated neuron
        return [Bounded(s.value, max(s.error, t.error) if t.error < INFINITE else s.error)
                for s, t in zip(short, through_a)]

    def relevant(self, l: int, changes: Changes, *more: str) -> Changes:
        """The changes that δ^l can depend on, and those of the further places at layer l or of all layers."""
        return self.once((l, changes, more), lambda: frozenset(
            (place, value) for place, value in changes
            if (place[0] in OF_DELTA and place[1] >= l) or (place[0] in more and place[1:] in ((), (l,)))
            or (place[0] == "scale W" and value.total != 1)  # of their own numbers
        ))


INFINITE = float("inf")


def clipped(entry: T, there: dict[Place, Any]) -> T:
    """The numbers of a part, none larger than the limit of ("clip",)."""
    limit = there.get(("clip",))
    if limit is None:
        return entry

    def within(*place: int) -> Bounded:
        g = entry(*place)  # type: ignore[operator]
        return Bounded(max(-limit, min(limit, g.value)), g.error)

    return within  # type: ignore[return-value]


def next_W(at: At, l: int) -> Matrix: return at.W[l + 1]


def prime_of(name: str) -> Callable[[Bounded], Bounded]:
    """σ′ of the activation of this name."""
    return ACTIVATIONS[name].sigma_prime
