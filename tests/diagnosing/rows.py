"""Each row of the package's table of mistakes as an independent wrong implementation, in NumPy.

    problem = drawn(np.random.default_rng(1))
    gradients(problem)                             ∂C/∂W² … ∂C/∂Wᴸ and ∂C/∂b² … ∂C/∂bᴸ, right
    gradients(problem, row, (2, 3))                with that row's mistake in layers 2 and 3; None if no shape fits
    gradients(problem, row, (2, 3), "y − a")       and with a convention, or a tuple of them
    ROWS                                           the rows; FACTORS, those of all layers at once

Everything here is written from the meaning of a row, without the package. Arrays have one example in each row: delta[l]
is (k, n_l), and (Wˡ⁺¹)ᵀ δˡ⁺¹ of each example is delta[l + 1] @ W[l + 1].
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from tests.diagnosing.mistakes import Problem, sigma


class Row(NamedTuple):
    """A row by its name and the beginning of its "how", and what it puts at which place: functions of State and layer.

    The places: slopes (∂C/∂a of the outputs), back (what goes back), prime (σ′), delta, delta of W, delta of b,
    inputs (a of ∂C/∂W), W (the mean over the batch), decay, bias decay, all of W (with its decay).
    """

    name: str
    how: str
    functions: dict[str, Any]


class Factor(NamedTuple):
    """What is done to all gradients: a factor of ∂C/∂a, of each example by layer, of everything, an earlier example."""

    name: str
    how: str
    slopes: Any = lambda problem: 1.0
    shares: Any = None  # of the examples in the sum; None: 1/k each
    total: Any = lambda problem: 1.0
    earlier: float = 0.0  # the share of the earlier example
    decays: int = 1  # how often the decay is added
    is_possible: Any = lambda problem: True


class State:
    """A backpropagation on its way: all that a mistake may take by mistake."""

    def __init__(self, problem):
        self.problem, self.cost, self.k = problem, problem.cost, len(problem.X)
        X, self.y = problem.X, problem.Y
        if problem.earlier is not None:
            X, self.y = (np.vstack([mine, other]) for mine, other in zip((X, self.y), problem.earlier))
        self.L = len(problem.weights) + 1
        self.W = dict(enumerate(problem.weights, 2))
        self.b = dict(enumerate(problem.biases, 2))
        self.z, self.a = {}, {1: X}
        for l in range(2, self.L + 1):
            self.z[l] = self.a[l - 1] @ self.W[l].T + self.b[l]
            self.a[l] = sigma(self.z[l])
        self.error, self.prime, self.delta, self.dW, self.db = {}, {}, {}, {}, {}
        self.turn = 1.0  # −1 where y − a is written, so that steps are added

    def n(self, l):
        return self.a[l].shape[1]

    def slope(self, l):
        return self.a[l] * (1 - self.a[l])

    @property
    def difference(self):
        return self.a[self.L] - self.y

    @property
    def softmax(self):
        powers = np.exp(self.z[self.L])
        return powers / powers.sum(1, keepdims=True)


class DoesNotFit(Exception):
    """The learner's code would crash here."""


def gradients(problem, row=None, layers=(), convention=None):
    """∂C/∂W and ∂C/∂b by layer with a row's mistake in these layers and a convention; None where no shape fits."""
    try:
        return computed(problem, row, layers, convention)
    except (DoesNotFit, ValueError, KeyError, IndexError):
        return None


def several(convention):
    """The names of conventions: none, one, or a tuple of them."""
    return convention if isinstance(convention, tuple) else (convention,) * (convention is not None)


def computed(problem, row, layers, convention):
    factors = [FACTORS_BY_NAME[name] for name in several(convention) if name in FACTORS_BY_NAME]
    mistaken = row.functions if isinstance(row, Row) else {}
    if "back" in mistaken and len(problem.weights) + 1 in layers:
        raise DoesNotFit
    factors += [row] if isinstance(row, Factor) else []
    if not all(factor.is_possible(problem) for factor in factors):
        raise DoesNotFit
    s = State(problem)
    s.turn = -1.0 if any(factor.name == "y − a" for factor in factors) else 1.0
    count, L, k = len(s.y), s.L, s.k

    def at(place, l, right):
        if place not in mistaken or l not in layers:
            return right()
        found, expected = mistaken[place](s, l), right()
        if np.shape(found) != np.shape(expected):
            raise DoesNotFit
        return found

    for l in range(L, 1, -1):
        if l == L:
            times = np.prod([factor.slopes(problem) for factor in factors])
            with np.errstate(all="ignore"):
                slopes = at("slopes", L, lambda: s.difference if s.cost == "quadratic" else s.difference / s.slope(L))
                s.error[L] = times * slopes
        else:
            s.error[l] = at("back", l, lambda l=l: s.delta[l + 1] @ s.W[l + 1])
        s.prime[l] = at("prime", l, lambda l=l: s.slope(l))
        if l == L and s.cost != "quadratic" and not (l in layers and {"slopes", "prime"} & {*mistaken}):
            s.delta[l] = times * at("delta", l, lambda: s.difference)
        else:
            s.delta[l] = at("delta", l, lambda l=l: s.error[l] * s.prime[l])
            if "delta" in mistaken and l in layers and l == L:
                s.delta[l] = times * s.delta[l]
        shares = np.where(np.arange(count) < k, 1 / k, 0.0)
        for factor in factors:
            if factor.shares is not None:
                shares[:k] = factor.shares(problem, s, l)
            shares[k:] += factor.earlier
        of_W = at("delta of W", l, lambda l=l: s.delta[l])
        of_b = at("delta of b", l, lambda l=l: s.delta[l])
        inputs = at("inputs", l, lambda l=l: s.a[l - 1])
        s.shares = shares
        mean = at("W", l, lambda of_W=of_W, inputs=inputs: (s.shares[:, None] * of_W).T @ inputs)
        decay = at("decay", l, lambda l=l: problem.alpha / problem.m * s.W[l])
        for factor in factors:
            decay = decay * factor.decays
        s.dW[l] = at("all of W", l, lambda mean=mean, decay=decay: mean + decay)
        s.db[l] = shares @ of_b + at("bias decay", l, lambda l=l: 0 * s.b[l])
    if "all of b" in mistaken:
        s.db |= {l: mistaken["all of b"](s, layers) for l in layers}
    total = np.prod([factor.total(problem) for factor in factors])
    W, b = ([total * part[l] for l in range(2, L + 1)] for part in (s.dW, s.db))
    if "transposed" in several(convention):
        W = [w.T for w in W]
    return W, None if "no biases" in several(convention) else b


def possible(problem, row):
    """The layers in which a row's mistake could be made: where its code does not crash."""
    if isinstance(row, Factor):
        return ()
    return tuple(l for l in range(2, len(problem.weights) + 2) if gradients(problem, row, (l,)) is not None)


def groups(problem, row):
    """The groups of layers: output, hidden, all, each one; () for what is of all layers at once."""
    if isinstance(row, Factor):
        return [()]
    L, layers = len(problem.weights) + 1, possible(problem, row)
    if "all of b" in row.functions:
        sizes = {l: len(problem.biases[l - 2]) for l in layers}
        alike = [tuple(l for l in layers if sizes[l] == size) for size in {*sizes.values()}]
        alike += [tuple(l for l in group if l < L) for group in alike]
        return list(dict.fromkeys(group for group in alike if len(group) > 1))
    hidden = tuple(l for l in layers if l < L)
    return list(dict.fromkeys(group for group in (layers, hidden, *((l,) for l in layers)) if group))


def equal(one, other):
    """Whether two sets of gradients are equal numbers, relative to the largest of each layer's part."""
    if one is None or other is None:
        return one is other
    if (one[1] is None) != (other[1] is None):
        return False
    pairs = [*zip(one[0], other[0]), *zip(one[1] or [], other[1] or [])]
    return all(mine.shape == theirs.shape and np.all(abs(mine - theirs) <= 1e-9 * max(abs(mine).max(), 1e-300))
               for mine, theirs in pairs)


def finite(found):
    """Whether all of the gradients are numbers, and not all are 0."""
    return found is not None and all(np.isfinite(part).all() for parts in found for part in parts or ()) and any(
        part.any() for parts in found for part in parts or ())


def drawn(rng, saturated=False):
    """A random problem: 1 to 5 layers of weights, one example or a batch, either cost, with and without decay."""
    count = int(rng.integers(1, 6))
    sizes = [int(n) for n in rng.integers(1, 5, count + 1)]
    if rng.random() < 0.5:  # so that the shapes of other layers fit
        sizes = [int(n) for n in rng.choice(rng.integers(2, 5, 2), count + 1)]
    k = int(rng.choice([1, 1, 2, 3, 5]))
    m, alpha = (k, 0.0) if rng.random() < 0.3 else (k + int(rng.integers(1, 20)), float(rng.choice([0.0, 0.3, 0.8])))
    weights = [rng.normal(size=(n, before)) for before, n in pairwise(sizes)]
    biases = [rng.normal(size=n) for n in sizes[1:]]
    X, Y = rng.normal(size=(k, sizes[0])), rng.random((k, sizes[-1]))
    if saturated:
        biases[-1][0] = 50.0
    earlier = (rng.normal(size=sizes[0]), rng.random(sizes[-1])) if rng.random() < 0.3 else None
    return Problem(weights, biases, X, Y, str(rng.choice(["quadratic", "cross-entropy"])), alpha, m,
                   float(rng.choice([0.1, 0.3])), earlier)


def need(condition, value):
    """A value, where the condition for it holds: else this mistake is not possible."""
    if not condition:
        raise DoesNotFit
    return value


def rows_of(place, *table):
    return [Row(name, how, {place: function}) for name, how, function in table]


def tanh_prime(z):
    return 1 - np.tanh(z) ** 2


def sigma_prime(z):
    return sigma(z) * (1 - sigma(z))


def spread(vector, count):
    """An output's one number in each of so many neurons, or as it is."""
    return np.repeat(vector, count, axis=1) if vector.shape[1] == 1 else vector


def sizes_alike(s, l, other):
    return need(other in s.a and s.n(l) == s.n(other), True)


PRIMES = rows_of(
    "prime",
    ("σ′ forgotten", "δ lacks", lambda s, l: np.ones_like(s.z[l])),
    ("σ′ at a", "σ′ is taken at a", lambda s, l: sigma_prime(s.a[l])),
    ("σ′ twice", "δ has its factor", lambda s, l: need(s.cost == "quadratic" or l < s.L, s.slope(l) ** 2)),
    ("σ′ of another activation", "σ′ is tanh's", lambda s, l: 1 - s.a[l] ** 2),
    ("σ′ of another activation", "σ′(z) is tanh's", lambda s, l: tanh_prime(s.z[l])),
    ("σ′ of another activation", "σ′(z) is relu's", lambda s, l: np.heaviside(s.z[l], 0.0)),
    ("σ′ of another activation", "σ′(z) is a leaky relu's", lambda s, l: np.where(s.z[l] > 0, 1.0, 0.01)),
    ("z for a in σ′", "σ′ is z(1 − z)", lambda s, l: s.z[l] - s.z[l] ** 2),
    ("z for a in σ′", "σ′ is 1 − z²", lambda s, l: 1 - s.z[l] ** 2),
    ("σ for σ′", "a = σ(z)", lambda s, l: s.a[l]),
    ("half of σ′", "1 − a stands", lambda s, l: 1 - s.a[l]),
    ("σ′ written wrongly", "(1 − a)²", lambda s, l: (1 - s.a[l]) ** 2),
    ("σ′ written wrongly", "a(1 + a)", lambda s, l: s.a[l] + s.a[l] ** 2),
    ("σ′ of the error", "σ′ is e(1 − e)", lambda s, l: s.error[l] - s.error[l] ** 2),
    ("σ′ of the next layer", "σ′ is taken at zˡ⁺¹", lambda s, l: need(l < s.L, sigma_prime(s.z[min(l + 1, s.L)]))),
)


def through_softmax(s, l):
    """Σ_i (s_i − y_i) ∂s_i/∂z_j of each example."""
    S = s.softmax
    jacobians = [np.diag(row) - np.outer(row, row) for row in S]
    return np.array([jacobian @ (row - y) for jacobian, row, y in zip(jacobians, S, s.y)])


ERRORS = (
    ("z − y", "z − y stands", lambda s, l: s.z[l] - s.y),
    ("|a − y|", "|a − y| stands", lambda s, l: np.abs(s.difference)),
    ("the sign of a − y", "the sign of a − y", lambda s, l: np.sign(s.difference)),
    ("(a − y)²", "(a − y)² stands", lambda s, l: s.difference**2),
    ("the cost for its slope", "the cost ½ Σ", lambda s, l: np.repeat(
        0.5 * (s.difference**2).sum(1, keepdims=True), s.n(l), axis=1)),
    ("the mean error", "the mean of a − y", lambda s, l: np.repeat(
        s.difference.mean(1, keepdims=True), s.n(l), axis=1)),
    ("divided by the root mean square", "a − y is divided", lambda s, l: s.difference / np.sqrt(
        (s.difference**2).mean(1, keepdims=True))),
)
OUTPUTS = [
    *(Row(name, how, {"slopes": lambda s, l, value=value: need(l == s.L and s.cost == "quadratic", value(s, s.L))})
      for name, how, value in ERRORS),
    *rows_of("delta", *((name, f"δ: {how}", lambda s, l, value=value: need(l == s.L, value(s, s.L)))
                        for name, how, value in ERRORS)),
    *rows_of(
        "slopes",
        ("half of ∂C/∂a", "∂C/∂a is −y/a, the slope",
         lambda s, l: need(l == s.L and s.cost != "quadratic", -s.y / s.a[s.L])),
        ("a sign within ∂C/∂a", "∂C/∂a is −y/a − (1 − y)/(1 − a)",
         lambda s, l: need(l == s.L and s.cost != "quadratic", -s.y / s.a[s.L] - (1 - s.y) / (1 - s.a[s.L]))),
    ),
    *rows_of(
        "delta",
        ("saturated", "δ is 0", lambda s, l: need(l == s.L and s.cost != "quadratic", np.where(
            (s.a[s.L] == 0) | (s.a[s.L] == 1), 0.0, s.difference))),
        ("the other cost's δ", "δ is (a − y) σ′(z)",
         lambda s, l: need(l == s.L and s.cost != "quadratic", s.difference * s.slope(s.L))),
        ("softmax's δ", "δ is softmax(z) − y", lambda s, l: need(l == s.L and s.n(s.L) > 1, s.softmax - s.y)),
        ("softmax's δ", "δ is (s − y) s(1 − s)", lambda s, l: need(
            l == s.L and s.n(s.L) > 1, (s.softmax - s.y) * s.softmax * (1 - s.softmax))),
        ("softmax's δ", "δ is that of softmax with the squared error",
         lambda s, l: need(l == s.L and s.n(s.L) > 1, through_softmax(s, l))),
    ),
]


def raw(s, l):
    """The error of a layer before its σ′; the cross-entropy's output has a − y, which is its δ."""
    return s.delta[l] if l == s.L and s.cost != "quadratic" else s.error[l]


SOURCES = rows_of(
    "back",
    ("W not transposed", "δˡ takes Wˡ⁺¹ instead of its transpose", lambda s, l: s.delta[l + 1] @ s.W[l + 1].T),
    ("W of the wrong layer", "δˡ takes Wˡᵀ instead", lambda s, l: s.delta[l + 1] @ s.W[l]),
    ("W of the wrong layer", "δˡ takes Wˡ instead", lambda s, l: s.delta[l + 1] @ s.W[l].T),
    ("W of the wrong layer", "δˡ takes Wˡ⁺²ᵀ instead", lambda s, l: s.delta[l + 1] @ s.W[l + 2]),
    ("W of the wrong layer", "δˡ takes Wˡ⁺² instead", lambda s, l: s.delta[l + 1] @ s.W[l + 2].T),
    ("∂C/∂W for W", "δˡ takes (∂C/∂Wˡ⁺¹)ᵀ", lambda s, l: s.delta[l + 1] @ s.dW[l + 1]),
    ("W normalized", "each row of Wˡ⁺¹ is divided by its sum",
     lambda s, l: s.delta[l + 1] @ (s.W[l + 1] / s.W[l + 1].sum(1, keepdims=True))),
    ("W normalized", "each row of Wˡ⁺¹ is divided by the sum of its sizes",
     lambda s, l: s.delta[l + 1] @ (s.W[l + 1] / np.abs(s.W[l + 1]).sum(1, keepdims=True))),
    ("the wrong column removed", "the weights stand one column off: the bias's column, the first",
     lambda s, l: s.delta[l + 1] @ np.c_[s.b[l + 1], s.W[l + 1]][:, :-1]),
    ("the wrong column removed", "the weights stand one column off: the bias's column, the last",
     lambda s, l: s.delta[l + 1] @ np.c_[s.W[l + 1], s.b[l + 1]][:, 1:]),
    ("weights updated too early", "δˡ takes Wˡ⁺¹ after its update",
     lambda s, l: s.delta[l + 1] @ (s.W[l + 1] - s.turn * s.problem.eta * s.dW[l + 1])),
    ("the raw error goes back", "δˡ takes (Wˡ⁺¹)ᵀ e", lambda s, l: raw(s, l + 1) @ s.W[l + 1]),
    ("no W", "δˡ takes δˡ⁺¹ without W", lambda s, l: spread(s.delta[l + 1], s.n(l))),
    ("no W", "δˡ takes the sum of δˡ⁺¹", lambda s, l: np.repeat(
        s.delta[l + 1].sum(1, keepdims=True), s.n(l), axis=1)),
    ("δᴸ in a hidden layer", "δˡ takes δᴸ", lambda s, l: spread(s.delta[s.L], s.n(l))),
    ("the output's error in a hidden layer", "δˡ takes a − y", lambda s, l: spread(output_error(s), s.n(l))),
) + rows_of(
    "delta",
    ("δᴸ in a hidden layer", "δˡ is δᴸ", lambda s, l: need(l < s.L, spread(s.delta[s.L], s.n(l)))),
    ("the output's error in a hidden layer", "δˡ is a − y", lambda s, l: need(
        l < s.L, spread(output_error(s), s.n(l)))),
) + rows_of(
    "delta of W",
    ("δᴸ in a hidden layer", "∂C/∂w takes δᴸ", lambda s, l: need(l < s.L, spread(s.delta[s.L], s.n(l)))),
    ("the output's error in a hidden layer", "∂C/∂w takes a − y", lambda s, l: need(
        l < s.L, spread(output_error(s), s.n(l)))),
)


def output_error(s):
    """The a − y of this learner, who may write y − a or 2(a − y)."""
    return s.error[s.L] if s.cost == "quadratic" else s.delta[s.L]


def without_prime(s, l):
    return need(l < s.L or s.cost == "quadratic", s.error[l])


PRODUCTS = rows_of(
    "inputs",
    ("a of the wrong layer", "∂C/∂w takes aˡ instead", lambda s, l: s.a[l]),
    ("a of the wrong layer", "∂C/∂w takes aˡ⁻² instead", lambda s, l: s.a[l - 2]),
    ("a of the wrong layer", "∂C/∂w takes the inputs", lambda s, l: need(l > 3, s.a[1])),
    ("z instead of a", "∂C/∂w takes zˡ⁻¹", lambda s, l: s.z[l - 1]),
    ("σ′ in (24)", "∂C/∂w takes aˡ⁻¹ times", lambda s, l: s.a[l - 1] * sigma_prime(s.z[l - 1])),
    ("σ′ in (24)", "∂C/∂w takes σ′(zˡ⁻¹)", lambda s, l: sigma_prime(s.z[l - 1])),
    ("a forgotten", "∂C/∂w is δ without", lambda s, l: np.ones_like(s.a[l - 1])),
) + rows_of(
    "W",
    ("∂C/∂W transposed", "∂C/∂w_jk is δ_k a_j", lambda s, l: s.a[l - 1].T @ (s.shares[:, None] * s.delta[l])),
    ("w instead of a", "∂C/∂w_jk is δ_j w_jk", lambda s, l: (s.shares @ s.delta[l])[:, None] * s.W[l]),
) + rows_of(
    "all of W",
    ("weights forgotten", "∂C/∂W is 0", lambda s, l: 0 * s.W[l]),
    ("weights forgotten", "∂C/∂W is the decay", lambda s, l: need(s.problem.alpha, s.W[l] * s.problem.alpha
                                                                   / s.problem.m)),
) + [
    Row("σ′ left out of the gradient alone", "∂C/∂w lacks", {"delta of W": without_prime}),
    Row("σ′ left out of the gradient alone", "∂C/∂b lacks", {"delta of b": without_prime}),
    Row("σ′ left out of the gradient alone", "∂C/∂w and ∂C/∂b lack",
        {"delta of W": without_prime, "delta of b": without_prime}),
]
BIASES = rows_of(
    "delta of b",
    ("biases forgotten", "∂C/∂b is 0", lambda s, l: 0 * s.delta[l]),
    ("biases summed over the layer", "each ∂C/∂b_j", lambda s, l: s.delta[l] @ np.ones((s.n(l), s.n(l)))),
    ("the bias is subtracted", "∂C/∂b is −δ", lambda s, l: -s.delta[l]),
) + rows_of(
    "bias decay",
    ("biases decayed", "∂C/∂b has α/m b", lambda s, l: need(s.problem.alpha, s.b[l] * s.problem.alpha / s.problem.m)),
    ("biases decayed", "∂C/∂b has α/m added", lambda s, l: need(s.problem.alpha, np.full(
        s.n(l), s.problem.alpha / s.problem.m))),
) + [Row("biases shared between layers", "∂C/∂b is the sum of these",
         {"all of b": lambda s, layers: sum(s.shares @ s.delta[l] for l in layers)})]


def penalty(factor):
    return lambda s, l: need(s.problem.alpha, factor(s.problem.alpha, s.problem.m, s.k) * s.W[l])


def without_the_first(s, l):
    decayed = need(s.problem.alpha, s.problem.alpha / s.problem.m * s.W[l])
    decayed[:, 0] = 0
    return decayed


DECAYS = rows_of(
    "decay",
    ("decay divided by k", "the decay is α/k w", penalty(lambda alpha, m, k: alpha / k)),
    ("decay not divided", "the decay is α w", penalty(lambda alpha, m, k: alpha)),
    ("decay forgotten", "the weights have no", penalty(lambda alpha, m, k: 0.0)),
    ("½ of the penalty left out", "the decay is 2α/m w", penalty(lambda alpha, m, k: 2 * alpha / m)),
    ("½ of the penalty twice", "the decay is α/2m w", penalty(lambda alpha, m, k: alpha / (2 * m))),
    ("decay divided by m and k", "the decay is α/(mk) w", penalty(lambda alpha, m, k: alpha / (m * k))),
    ("the decay's sign", "the decay is −α/m w", penalty(lambda alpha, m, k: -alpha / m)),
    ("the first column does not decay", "the weights of the first", without_the_first),
)
ROWS = [*PRIMES, *OUTPUTS, *SOURCES, *PRODUCTS, *BIASES, *DECAYS]


def outputs(problem): return problem.Y.shape[1]


def each(share): return lambda problem, s, l: np.full(s.k, share(problem, s, l))


def only(i, share): return lambda problem, s, l: np.eye(s.k)[i] * share(s)


FACTORS = [
    Factor("y − a", "the sign", slopes=lambda problem: -1.0),
    Factor("½ left out", "∂C/∂a is 2(a − y)", slopes=lambda problem: 2.0,
           is_possible=lambda problem: problem.cost == "quadratic"),
    Factor("averaged over the outputs", "δ is averaged", slopes=lambda problem: 1 / outputs(problem)),
    Factor("averaged over the outputs", "∂C/∂a is 2(a − y)/n", slopes=lambda problem: 2 / outputs(problem),
           is_possible=lambda problem: problem.cost == "quadratic"),
    Factor("not divided", "the sum over the batch is not", shares=each(lambda problem, s, l: 1.0)),
    Factor("divided twice", "the sum over the batch is divided by its size", shares=each(
        lambda problem, s, l: s.k**-2.0)),
    Factor("divided by k − 1", "the sum over the batch is divided by k − 1", shares=each(
        lambda problem, s, l: 1 / (s.k - 1)), is_possible=lambda problem: len(problem.X) > 1),
    Factor("the last example only", "the gradient is the last example's alone", shares=only(-1, lambda s: 1.0)),
    Factor("the last example only", "the gradient is the last example's alone, divided", shares=only(
        -1, lambda s: 1 / s.k)),
    Factor("the first example only", "the gradient is the first example's alone", shares=only(0, lambda s: 1.0)),
    Factor("the first example only", "the gradient is the first example's alone, divided", shares=only(
        0, lambda s: 1 / s.k)),
    Factor("divided by m", "the sum over the batch is divided by m", shares=each(lambda problem, s, l: 1 / problem.m)),
    Factor("divided by the layer's inputs", "the gradients", shares=each(lambda problem, s, l: 1 / s.n(l - 1))),
    Factor("divided by the layer's neurons", "the gradients", shares=each(lambda problem, s, l: 1 / s.n(l))),
    Factor("backward run twice", "every gradient", total=lambda problem: 2.0),
    Factor("multiplied by η", "these are the steps", total=lambda problem: problem.eta),
    Factor("updates", "these are −∂C/∂w", total=lambda problem: -1.0),
    Factor("an earlier gradient added in", "the gradients of `earlier` are", earlier=1.0, decays=2,
           is_possible=lambda problem: problem.earlier is not None),
    Factor("an earlier gradient added in", "the gradients of `earlier` without", earlier=1.0,
           is_possible=lambda problem: problem.earlier is not None and problem.alpha),
]
CONVENTIONS = ("y − a", "not divided", "½ left out", "multiplied by η", "transposed", "no biases")
FACTORS_BY_NAME = {factor.name: factor for factor in FACTORS if factor.name in CONVENTIONS}
