"""The table of mistakes that people make in backpropagation: the equation that each breaks, where, and with what.

    mistakes(passes)     the rows that are possible for this network and these arguments
    ways(problem)        the factors of all gradients: signs, sums for means, η
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from micrograd_paper import equations
from micrograd_paper.comparing.closed_forms import ByLayer
from micrograd_paper.diagnosing.wrong_backpropagation import (
    ALL, ONE, RIGHT, ZERO, At, Backpropagation, Changes, Examples, Matrix, Problem, Scale, Vector, prime_of,
)
from micrograd_paper.functions import exp, sqrt
from micrograd_paper.kinds.bounded import Bounded

Term = Callable[[At, int], Any]
OF_BIASES = {"biases δ", "bias decay"}  # places


class Row(NamedTuple):
    """A mistake or a convention: the equation that it changes, how, what stands at which places, and how to mend it.

    `layers` are those where it is possible, () for what is of all layers at once.
    """

    name: str
    equation: int
    how: str
    mend: str
    places: tuple[str, ...] = ()
    value: Any = None
    layers: tuple[int, ...] = ()
    is_convention: bool = False
    telling: tuple[int, ...] | None = None  # without one of these layers it is another row

    def changes(self, layers: Iterable[int]) -> Changes:
        return frozenset(((place, l), self.value) for place in self.places for l in layers)


class Way(NamedTuple):
    """A factor of all gradients, or a choice of examples, with the rows that tell of it."""

    scale: Scale
    examples: Examples
    rows: tuple[Row, ...]


def mistakes(passes: Backpropagation) -> list[Row]:
    """Every row that is possible for this network, these examples and gradients; without ∂C/∂b, those of weights."""
    problem, has_biases = passes.problem, bool(passes.given.biases)
    found = [*wrong_primes(problem, passes.z[: problem.k]), *wrong_outputs(passes), *wrong_matrices(problem),
             *wrong_sources(problem),
             *wrong_products(problem, has_biases), *wrong_biases(problem), *wrong_decays(problem)]
    return [row for row in found if row.layers and (has_biases or not OF_BIASES & {*row.places})]


# (16), (21): σ′

def through_a(name: str) -> Term:
    """σ′ of that activation written with a, whatever the activation is."""
    if name == "sigmoid":
        return lambda at, l: [equations.sigmoid_prime(a, lambda a: a) for a in at.a[l]]
    return lambda at, l: [1 - a * a for a in at.a[l]]


def of_error(factor: float) -> Term:
    """e(1 − e) with an error that has that factor; δ itself has it from the rows of all gradients."""
    return lambda at, l: [(e * factor) * (1 - e * factor) for e in at.before_prime(l)]


def at_z(name: str) -> Term: return lambda at, l: [ONE * prime_of(name)(z) for z in at.z[l]]


OWN = "multiply by σ′(z) of this layer before going on to the one before it"
PRIMES: tuple[tuple[str, str, Term, tuple[str, ...]], ...] = (  # name, how, what stands for σ′(z), where that is right
    ("σ′ forgotten", "δ lacks its factor σ′(z)", lambda at, l: [ONE] * len(at.z[l]), ("linear",)),
    ("σ′ at a", "σ′ is taken at a = σ(z) instead of z", lambda at, l: at.prime(l, at.a[l]), ("relu", "linear")),
    ("σ′ twice", "δ has its factor σ′(z) twice", lambda at, l: [s * s for s in at.prime(l)], ("relu", "linear")),
    ("σ′ of another activation", "σ′ is the sigmoid's, a(1 − a)", through_a("sigmoid"), ("sigmoid",)),
    ("σ′ of another activation", "σ′(z) is the sigmoid's", at_z("sigmoid"), ("sigmoid", "softplus")),
    ("σ′ of another activation", "σ′ is tanh's, 1 − a²", through_a("tanh"), ("tanh",)),
    ("σ′ of another activation", "σ′(z) is tanh's", at_z("tanh"), ("tanh",)),
    ("σ′ of another activation", "σ′(z) is relu's, 1 or 0", at_z("relu"), ("relu",)),
    ("σ′ of another activation", "σ′(z) is a leaky relu's, 1 or 0.01",
     lambda at, l: [Bounded(1.0 if z.value > 0 else 0.01, 0.0) for z in at.z[l]], ()),
    ("z for a in σ′", "σ′ is z(1 − z), with z in the place of a", lambda at, l: [z * (1 - z) for z in at.z[l]],
     ("linear",)),
    ("z for a in σ′", "σ′ is 1 − z², with z in the place of a", lambda at, l: [1 - z * z for z in at.z[l]],
     ("linear",)),
    ("σ for σ′", "a = σ(z) itself stands for σ′(z)", lambda at, l: at.a[l], ("linear",)),
    ("half of σ′", "1 − a stands for a(1 − a)", lambda at, l: [1 - a for a in at.a[l]], ("linear",)),
    ("σ′ written wrongly", "(1 − a)² stands for a(1 − a)", lambda at, l: [(1 - a) * (1 - a) for a in at.a[l]], ()),
    ("σ′ written wrongly", "a(1 + a) stands for a(1 − a)", lambda at, l: [a * (1 + a) for a in at.a[l]], ()),
    *(("σ′ of the error", f"σ′ is e(1 − e), of the error e that comes back{source}, instead of a(1 − a)",
       of_error(factor), ()) for factor, source in ((1.0, ""), (-1.0, " from y − a"), (2.0, " from 2(a − y)"),
                                                    (-2.0, " from 2(y − a)"))),
    ("σ′ of the next layer", "σ′ is taken at zˡ⁺¹ instead of zˡ", lambda at, l: at.prime(l, at.z[l + 1]), ()),
)


def wrong_primes(problem: Problem, z: Sequence[ByLayer]) -> Iterator[Row]:
    for name, how, value, right in PRIMES:
        telling = layers = [l for l in problem.layers if problem.net.activations[l - 2] not in right]
        if name == "σ′ of the next layer":
            layers = [l for l in layers if l < problem.L and problem.n(l) == problem.n(l + 1)]
        if name == "σ′ twice" and problem.cost == "cross_entropy" and problem.net.activations[-1] == "sigmoid":
            layers = [l for l in layers if l < problem.L]  # that is the other cost's δ
        if "relu's" in how:  # 1 everywhere is σ′ forgotten, 0 in the whole output layer leaves the decay alone
            signs = {l: [z_j.value > 0 for each in z for z_j in each[l]] for l in layers}
            layers = [l for l in layers if l < problem.L or any(signs[l]) or "leaky" in how or problem.alpha]
            telling = [l for l in layers if not all(signs[l])]
            layers = layers if telling else []
        yield Row(name, 21, how, OWN, ("prime",), value, tuple(layers), telling=tuple(telling))


# (16): the output layer

def signs(numbers: Vector) -> Vector:
    return [Bounded(float((x.value > 0) - (x.value < 0)), 0.0) for x in numbers]


def mean(numbers: Sequence[Bounded]) -> Any: return equations.summed(numbers) / len(numbers)


def softmax(z: Vector) -> Vector:
    """e^z_j/Σ e^z_k, which is not in the paper."""
    largest = max(z_j.value for z_j in z)
    powers = [exp(z_j - largest) for z_j in z]
    return [power / equations.summed(powers) for power in powers]


def of_softmax(at: At) -> Vector: return [s - y for s, y in zip(softmax(at.z[at.L]), at.y)]


def through_jacobian(at: At) -> Vector:
    """(s − y) times the Jacobian of softmax, (diag s − s sᵀ)."""
    s, e = softmax(at.z[at.L]), of_softmax(at)
    common = equations.summed([s_j * e_j for s_j, e_j in zip(s, e)])
    return [s_j * (e_j - common) for s_j, e_j in zip(s, e)]


ERRORS: tuple[tuple[str, str, Term], ...] = (  # what stands for a − y
    ("z − y", "z − y stands for a − y", lambda at, l: [z - y for z, y in zip(at.z[l], at.y)]),
    ("|a − y|", "|a − y| stands for a − y", lambda at, l: [abs(e) for e in at.errors]),
    ("the sign of a − y", "the sign of a − y stands for a − y", lambda at, l: signs(at.errors)),
    ("(a − y)²", "(a − y)² stands for a − y", lambda at, l: [e * e for e in at.errors]),
    ("the cost for its slope", "the cost ½ Σ (a − y)² stands for its slope a − y",
     lambda at, l: [equations.squared_error(at.a[l], at.y)] * len(at.y)),
    ("the mean error", "the mean of a − y over the outputs stands for each",
     lambda at, l: [mean(at.errors)] * len(at.y)),
    ("divided by the root mean square", "a − y is divided by √(mean (a − y)²), as if the cost were its root",
     lambda at, l: [e / sqrt(mean([e * e for e in at.errors])) for e in at.errors]),
)
CROSS_ENTROPY_SLOPES: tuple[tuple[str, str, Term], ...] = (
    ("half of ∂C/∂a", "∂C/∂a is −y/a, the slope of −y ln a alone",
     lambda at, l: [-y / a for a, y in zip(at.a[l], at.y)]),
    ("a sign within ∂C/∂a", "∂C/∂a is −y/a − (1 − y)/(1 − a) instead of −y/a + (1 − y)/(1 − a)",
     lambda at, l: [-y / a - (1 - y) / (1 - a) for a, y in zip(at.a[l], at.y)]),
)


def wrong_outputs(passes: Backpropagation) -> Iterator[Row]:
    problem = passes.problem
    errors = [e.value for i in range(problem.k) for e in At(passes, i, RIGHT).errors]
    last, n, is_quadratic = (problem.L,), problem.n(problem.L), problem.cost == "quadratic"
    number, right = (16, "δ is (a − y) σ′(z), (17)") if is_quadratic else (26, "δ is a − y, (26)")

    def whole(name: str, how: str, value: Term) -> Row: return Row(name, number, how, right, ("delta",), value, last)

    for name, how, value in ERRORS:
        if (n > 1 or name != "the mean error") and (min(errors) < 0 < max(errors) or name != "|a − y|"):
            if is_quadratic:
                yield Row(name, 16, how, "∂C/∂a is a − y", ("slopes",), value, last)
            yield whole(name, f"δ: {how}", value)
    if not is_quadratic:
        yield Row("saturated", 26, "δ is 0 where a is exactly 0 or 1: through a the logarithm is lost",
                  "take it from z, a − y", ("delta",), lambda at, l: [
                      ZERO if a.value in (0.0, 1.0) else delta for a, delta in zip(at.a[l], at.passes.output_errors(at))
                  ], last)
        for name, how, value in CROSS_ENTROPY_SLOPES:
            yield Row(name, 16, how, "∂C/∂a is −y/a + (1 − y)/(1 − a)", ("slopes",), value, last)
        if problem.net.activations[-1] == "sigmoid":
            yield whole("the other cost's δ", "δ is (a − y) σ′(z), the quadratic cost's (17); the cross-entropy's is "
                        "a − y", lambda at, l: [e * s for e, s in zip(at.errors, at.prime(l))])
    if n > 1:
        yield whole("softmax's δ", "δ is softmax(z) − y, of a softmax layer and its own cross-entropy",
                    lambda at, l: of_softmax(at))
        yield whole("softmax's δ", "δ is (s − y) s(1 − s) with s = softmax(z), the diagonal of its Jacobian alone",
                    lambda at, l: [e * s * (1 - s) for e, s in zip(of_softmax(at), softmax(at.z[l]))])
        yield whole("softmax's δ", "δ is that of softmax with the squared error, through its whole Jacobian",
                    lambda at, l: through_jacobian(at))


# (22): what comes back

def by_matrix(matrix: Callable[[At, int], Matrix]) -> Term: return lambda at, l: at.times(matrix, l)


def normalized(size: Callable[[Bounded], Bounded]) -> Callable[[At, int], Matrix]:
    def matrix(at: At, l: int) -> Matrix:
        return [[w / equations.summed(list(map(size, row))) for w in row] for row in at.W[l + 1]]

    return matrix


def updated(sign: int) -> Callable[[At, int], Matrix]:
    """W after its step by their slopes: subtracted, or added (−1), as those of y − a are."""
    def matrix(at: At, l: int) -> Matrix:
        return [equations.descent_step(row, sign * (at.problem.eta or 0.0), slopes)
                for row, slopes in zip(at.W[l + 1], at.their_slopes(l + 1))]

    return matrix


def wrong_matrices(problem: Problem) -> Iterator[Row]:
    """W of (22): right is (W^{l+1})ᵀ, n_l × n_{l+1}; another matrix is possible where its shape fits."""
    n, hidden = problem.n, range(2, problem.L)

    def row(name: str, how: str, matrix: Callable[[At, int], Matrix], layers: Iterable[int],
            mend: str = "go back with (Wˡ⁺¹)ᵀ") -> Row:
        return Row(name, 22, how, mend, ("back",), by_matrix(matrix), tuple(layers))

    for offset, transposed in ((1, False), (0, True), (0, False), (2, True), (2, False)):
        layers = []
        for l in hidden:
            other = l + offset
            if other <= problem.L:
                rows, columns = (n(other - 1), n(other)) if transposed else (n(other), n(other - 1))
                if (rows, columns) == (n(l), n(l + 1)):
                    layers.append(l)
        which = {0: "Wˡ", 1: "Wˡ⁺¹", 2: "Wˡ⁺²"}[offset]

        def other_matrix(at: At, l: int, offset: int = offset, transposed: bool = transposed) -> Matrix:
            return at.W[l + offset] if transposed else list(zip(*at.W[l + offset]))

        if offset == 1:
            yield row("W not transposed", "δˡ takes Wˡ⁺¹ instead of its transpose: row j instead of column j",
                      other_matrix, layers)
        else:
            yield row("W of the wrong layer", f"δˡ takes {which}{'ᵀ' * transposed} instead of (Wˡ⁺¹)ᵀ", other_matrix,
                      layers)
    yield row("∂C/∂W for W", "δˡ takes (∂C/∂Wˡ⁺¹)ᵀ instead of (Wˡ⁺¹)ᵀ", lambda at, l: at.their_slopes(l + 1), hidden)
    yield row("W normalized", "each row of Wˡ⁺¹ is divided by its sum", normalized(lambda w: w), hidden)
    yield row("W normalized", "each row of Wˡ⁺¹ is divided by the sum of its sizes", normalized(abs), hidden)
    yield row("the wrong column removed", "the weights stand one column off: the bias's column, the first of [b W], is "
              "kept and the last removed", lambda at, l: [[b, *w[:-1]] for b, w in zip(at.b[l + 1], at.W[l + 1])],
              hidden, "remove the bias's column, the first")
    yield row("the wrong column removed", "the weights stand one column off: the bias's column, the last of [W b], is "
              "kept and the first removed", lambda at, l: [[*w[1:], b] for b, w in zip(at.b[l + 1], at.W[l + 1])],
              hidden, "remove the bias's column, the last")
    if problem.eta is not None:
        for sign, step in ((1, ""), (-1, " by +η, as y − a is added")):
            yield row("weights updated too early", f"δˡ takes Wˡ⁺¹ after its update (29){step}, not before",
                      updated(sign), hidden, "go back through all layers first, then update")


def wrong_sources(problem: Problem) -> Iterator[Row]:
    """δ^{l+1} of (21), and what stands for all of δ^l."""
    n, L, hidden = problem.n, problem.L, range(2, problem.L)

    def fits(l: int, other: int) -> bool: return n(other) in (1, n(l))

    def spread(delta: Vector, count: int) -> Vector: return delta * count if len(delta) == 1 != count else delta

    below = tuple(l for l in hidden if not (l + 1 == L and problem.cost == "cross_entropy")
                  and problem.net.activations[l - 1] != "linear")
    yield Row("the raw error goes back", 21, "δˡ takes (Wˡ⁺¹)ᵀ e with the error e before its factor σ′(zˡ⁺¹), not δˡ⁺¹",
              "multiply by σ′(zˡ⁺¹) before going on to the layer before", ("source",),
              lambda at, l: at.before_prime(l + 1), below)
    yield Row("no W", 22, "δˡ takes δˡ⁺¹ without W", "go back with (Wˡ⁺¹)ᵀ", ("back",),
              lambda at, l: spread(at.delta(l + 1), len(at.z[l])), tuple(l for l in hidden if fits(l, l + 1)))
    yield Row("no W", 22, "δˡ takes the sum of δˡ⁺¹ without W", "go back with (Wˡ⁺¹)ᵀ", ("back",),
              lambda at, l: [equations.summed(at.delta(l + 1))] * len(at.z[l]),
              tuple(hidden), telling=tuple(l for l in hidden if n(l + 1) > 1))  # else it is the row before
    far = tuple(l for l in hidden if fits(l, L))
    for name, how, value, layers in (
        ("δᴸ in a hidden layer", "takes δᴸ of the output", lambda at: at.delta(L), far),
        ("the output's error in a hidden layer", "takes a − y of the output", lambda at: at.errors, far),
    ):
        def vector(at: At, l: int, value: Callable[[At], Vector] = value) -> Vector:
            return spread(value(at), len(at.z[l]))

        yield Row(name, 21, f"δˡ {how} instead of (Wˡ⁺¹)ᵀ δˡ⁺¹", "go back layer by layer, (22)", ("back",), vector,
                  layers, telling=tuple(l for l in layers if "δᴸ" not in name or l + 1 < L))  # else it is without W
        yield Row(name, 21, f"δˡ is {how.removeprefix('takes ')} itself", "go back layer by layer, (22)", ("delta",),
                  vector, layers)
        yield Row(name, 24, f"∂C/∂w {how} instead of δˡ", "∂C/∂w is δˡ aˡ⁻¹", ("weights δ",), vector, layers)


# (24), (23)

def wrong_products(problem: Problem, has_biases: bool) -> Iterator[Row]:
    n, L, layers = problem.n, problem.L, problem.layers
    right = "∂C/∂w_jk is δˡ_j aˡ⁻¹_k"
    for name, how, value, fitting in (
        ("a of the wrong layer", "∂C/∂w takes aˡ instead of aˡ⁻¹", lambda at, l: at.a[l],
         [l for l in layers if n(l) == n(l - 1)]),
        ("a of the wrong layer", "∂C/∂w takes aˡ⁻² instead of aˡ⁻¹", lambda at, l: at.a[l - 2],
         [l for l in layers if l > 2 and n(l - 2) == n(l - 1)]),
        ("a of the wrong layer", "∂C/∂w takes the inputs x instead of aˡ⁻¹", lambda at, l: at.a[1],
         [l for l in layers if l > 3 and n(1) == n(l - 1)]),
        ("z instead of a", "∂C/∂w takes zˡ⁻¹ instead of aˡ⁻¹", lambda at, l: at.z[l - 1], [*layers][1:]),
        ("σ′ in (24)", "∂C/∂w takes aˡ⁻¹ times its own σ′ instead of aˡ⁻¹",
         lambda at, l: [a * s for a, s in zip(at.a[l - 1], at.prime(l - 1))], [*layers][1:]),
        ("σ′ in (24)", "∂C/∂w takes σ′(zˡ⁻¹) instead of aˡ⁻¹", lambda at, l: at.prime(l - 1), [*layers][1:]),
        ("a forgotten", "∂C/∂w is δ without its factor aˡ⁻¹", lambda at, l: [ONE] * n(l - 1), [*layers]),
    ):
        yield Row(name, 24, how, right, ("inputs",), value, tuple(fitting))
    yield Row("∂C/∂W transposed", 24, "∂C/∂w_jk is δ_k a_j instead of δ_j a_k", right, ("outer",),
              lambda at, l: lambda j, k: equations.weight_gradient(at.delta(l)[k], at.a[l - 1][j]),
              tuple(l for l in layers if n(l) == n(l - 1) > 1))
    yield Row("w instead of a", 24, "∂C/∂w_jk is δ_j w_jk instead of δ_j a_k", right, ("outer",),
              lambda at, l: lambda j, k: at.delta(l)[j] * at.W[l][j][k], tuple(layers))
    sloped = tuple(l for l in layers if problem.net.activations[l - 2] != "linear"
                   and (l < L or problem.cost == "quadratic"))
    for places, what in ((("weights δ",), "∂C/∂w"), (("biases δ",), "∂C/∂b"),
                         (("weights δ", "biases δ"), "∂C/∂w and ∂C/∂b")):
        telling = tuple(l for l in sloped if l > 2 or (len(places) == 1 and has_biases))  # nothing goes back from 2
        yield Row("σ′ left out of the gradient alone", 23 if places == ("biases δ",) else 24,
                  f"{what} lack{'s' * (' ' not in what)} the factor σ′(z) of δ, which goes back with it",
                  "∂C/∂b is δ and ∂C/∂w is δ a, with σ′ in δ", places, lambda at, l: at.before_prime(l), sloped,
                  telling=telling)
    yield Row("weights forgotten", 24, "∂C/∂W is 0", right, ("times W",), 0.0, tuple(layers))
    if problem.alpha:
        yield Row("weights forgotten", 24, "∂C/∂W is the decay α/m w alone", right, ("weights δ",),
                  lambda at, l: [ZERO] * n(l), tuple(layers))


def wrong_biases(problem: Problem) -> Iterator[Row]:
    n, layers = problem.n, problem.layers

    def row(name: str, how: str, value: Term, fitting: Iterable[int], is_convention: bool = False) -> Row:
        return Row(name, 23, how, "∂C/∂b is δ", ("biases δ",), value, tuple(fitting), is_convention)

    yield row("biases forgotten", "∂C/∂b is 0", lambda at, l: [ZERO] * n(l), layers)
    yield row("biases summed over the layer", "each ∂C/∂b_j is the sum of the whole layer's δ",
              lambda at, l: [equations.summed(at.delta(l))] * n(l), [l for l in layers if n(l) > 1])
    yield row("the bias is subtracted", "∂C/∂b is −δ: of a bias that is subtracted, as one with the input −1",
              lambda at, l: [-d for d in at.delta(l)], layers, True)
    if problem.alpha:
        yield Row("biases decayed", 28, "∂C/∂b has α/m b added; (27) has the weights alone", "biases do not decay",
                  ("bias decay",), lambda problem, b: b * (problem.alpha / problem.m), tuple(layers))
        yield Row("biases decayed", 28, "∂C/∂b has α/m added, the decay of a column of ones", "biases do not decay",
                  ("bias decay",), lambda problem, b: problem.alpha / problem.m, tuple(layers))


def shared_biases(problem: Problem, l: int) -> Iterator[tuple[Row, tuple[int, ...]]]:
    """Layers, of which l is the first, that share one bias vector: ∂C/∂b of all is the sum of their δ, or one's."""
    same = tuple(other for other in problem.layers if problem.n(other) == problem.n(l))
    for group in dict.fromkeys([same, tuple(other for other in same if other < problem.L)]):
        if len(group) > 1 and group[0] == l:
            for others in [group, *((other,) for other in group)]:
                def value(at: At, l: int, others: Sequence[int] = others) -> Vector:
                    return [equations.summed(column) for column in zip(*map(at.delta, others))]

                how = "∂C/∂b is the sum of these layers' δ" if others == group else (
                    f"∂C/∂b is δ of layer {others[0]} in each")
                yield Row("biases shared between layers", 23, how, "each layer has biases of its own", ("biases δ",),
                          value, group), group


# (29)

def wrong_decays(problem: Problem) -> Iterator[Row]:
    if not problem.alpha:
        return
    alpha, m, k = problem.alpha, problem.m, problem.k
    rows = [
        ("decay divided by k", "the decay is α/k w instead of α/m w", alpha / k, k != m),
        ("decay not divided", "the decay is α w instead of α/m w", alpha, m != 1),
        ("decay forgotten", "the weights have no decay α/m w", 0.0, True),
        ("½ of the penalty left out", "the decay is 2α/m w, the slope of α/m Σ w²", 2 * alpha / m, True),
        ("½ of the penalty twice", "the decay is α/2m w instead of α/m w", alpha / m / 2, True),
        ("decay divided by m and k", "the decay is α/(mk) w instead of α/m w", alpha / m / k, k != 1),
        ("the decay's sign", "the decay is −α/m w: weights grow", -alpha / m, True),
    ]
    for name, how, factor, is_distinct in rows:
        if is_distinct:
            yield Row(name, 29, how, "the decay is α/m w", ("decay",), lambda problem, k, factor=factor: factor,
                      tuple(problem.layers))
    yield Row("the first column does not decay", 29, "the weights of the first column have no decay, as if they were "
              "biases", "all weights decay", ("decay",), lambda problem, k: (alpha / m) * (k > 0),
              tuple(problem.layers),
              telling=tuple(l for l in problem.layers if problem.n(l - 1) > 1))  # of one column no weight decays


# (3), (6), (7): all gradients

def ways(problem: Problem) -> list[Way]:
    """Every factor of all gradients that is known, the simplest first."""
    k, m, n, L = problem.k, problem.m, problem.n, problem.L
    shapes = [(n(l - 1), n(l)) for l in problem.layers]

    def row(name: str, equation: int, how: str, mend: str, is_convention: bool = True) -> Row:
        return Row(name, equation, how, mend, is_convention=is_convention)

    signs = [(1.0, []), (-1.0, [row("y − a", 16, "the sign of ∂C/∂a is turned: y − a instead of a − y",
                                    "a − y, or add the step instead of subtracting it")])]
    costs: list[tuple[float, list[Row]]] = [(1.0, [])]
    if problem.cost == "quadratic":
        costs.append((2.0, [row("½ left out", 16, "∂C/∂a is 2(a − y), the slope of ‖y − a‖² without the ½ of (4)",
                                "∂C/∂a is a − y")]))
    for factor, what in ((1, "δ is averaged over the output neurons, where the paper sums; in PyTorch, "
                             "reduction='mean'"),
                         (2, "∂C/∂a is 2(a − y)/n, the slope of a mean over n outputs without ½; "
                             "PyTorch's MSELoss()")):
        if factor != n(L) > 1 and (factor == 1 or problem.cost == "quadratic"):
            costs.append((factor / n(L), [row("averaged over the outputs", 16, what, "the cost sums over them")]))
    whole = [1.0] * len(shapes)
    batches: list[tuple[list[float], Examples, float, list[Row]]] = [(whole, ALL, 1.0, [])]
    earlier = len(problem.earlier) or 1

    def batch(name: str, how: str, data: list[float], share: float, is_convention: bool = False) -> None:
        rows = [row(name, 6, how, "divide the sum over the batch by k, once", is_convention)]
        batches.append((data, ALL, share, rows))

    if k > 1:
        batch("not divided", "the sum over the batch is not divided by its size", [k] * len(whole), earlier / k, True)
        batch("divided twice", "the sum over the batch is divided by its size twice", [1 / k] * len(whole), k / earlier)
        batch("divided by k − 1", "the sum over the batch is divided by k − 1", [k / (k - 1)] * len(whole), 1.0)
        for which, only in (("last", -1), ("first", 0)):
            for divided, by in (("", 1.0), (", divided by the batch's size", 1 / k)):
                batches.append(([by] * len(whole), Examples(only), 0.0, [
                    row(f"the {which} example only", 6, f"the gradient is the {which} example's alone{divided}",
                        "add up the whole batch", False)]))
    if m != k:
        batch("divided by m", "the sum over the batch is divided by m, the training examples, instead of k",
              [k / m] * len(whole), earlier / k)
    for side, what in ((0, "inputs"), (1, "neurons")):
        sizes = [shape[side] for shape in shapes]
        if any(size not in (1, k) for size in sizes):
            batch(f"divided by the layer's {what}", f"the gradients are divided by how many {what} the layer has"
                  f"{', W.shape[1],' * (not side)} and not by k", [k / size for size in sizes], 1.0)
    twice = row("backward run twice", 7, "every gradient stands twice in these: they were not set to zero in between",
                "set the gradients to zero first", False)
    totals: list[tuple[float, list[Row]]] = [(1.0, []), (2.0, [twice])]
    if problem.eta is not None:
        totals += [(total * problem.eta, [*rows, row(
            "multiplied by η", 3, "these are the steps η ∂C/∂w and η ∂C/∂b, not the gradients",
            "compare the gradients before the step")]) for total, rows in totals]
    turned: list[tuple[float, list[Row]]] = [(1.0, [])]
    if problem.alpha:
        turned.append((-1.0, [row("updates", 3, "these are −∂C/∂w, decay and all: what is added, not subtracted",
                                  "w ← w − η ∂C/∂w")]))
    before: list[tuple[float, int, list[Row]]] = [(0.0, 0, [])]
    for decays, what in ((1, ""), (0, " without their decay")):
        if problem.earlier and (not decays or problem.alpha):
            what = "" if not problem.alpha else what
            before.append((1.0, decays, [row("an earlier gradient added in", 7, f"the gradients of `earlier`{what} are "
                                             "still in these: they were not set to zero before",
                                             "set the gradients to zero first", False)]))
    found = []
    for sign, cost, (data, examples, share, batch_rows), total, turn, (old, decays, old_rows) in itertools.product(
        signs, costs, batches, totals, turned, before
    ):
        if examples.only is not None and old:
            continue
        told = (*sign[1], *cost[1], *batch_rows, *total[1], *turn[1], *old_rows)
        factors = tuple(sign[0] * cost[0] * by for by in data)
        chosen = examples._replace(earlier=old * share, decays=decays)
        found.append(Way(Scale(total[0] * turn[0], factors), chosen, told))
    return sorted(found, key=lambda way: len(way.rows))
