"""Backpropagation as a learner writes it in NumPy, with one known mistake or two: what a diagnosis is judged by.

    problem = problems(np.random.default_rng(1), "quadratic")
    right(problem)                                    ∂C/∂W² … ∂C/∂Wᴸ and ∂C/∂b² … ∂C/∂bᴸ, as the paper has them
    MISTAKES["y_minus_a"](problem)                    the same, with one mistake
    backprop(problem, {"y_minus_a", "not_divided"})   with two
    identifiable("y_minus_a", problem)                whether the mistake changes the numbers of this problem
    compatible("y_minus_a", "not_divided", problem)   whether the two make up a third thing, that no single one explains
    correct(problem, "float32", "vectorized")         other right ways of writing it, STYLES

Everything here is written from the paper alone, without the package: lists have one entry for each layer 2 … L, so that
weights[i] leads from activations[i] to activations[i + 1]; row j of an array of activations or errors is example j.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

Gradients = tuple[list[np.ndarray], list[np.ndarray]]


class Problem(NamedTuple):
    """A sigmoid network, a mini-batch and what its cost is made of.

    C = 1/k Σ C_x + α/2m Σ w² with C_x of (5) or (25); k = len(X) examples of the m training examples. `earlier` is one
    more example (x, y), whose gradients may have been left in.
    """

    weights: list[np.ndarray]  # W² … Wᴸ, shape (n_l, n_{l−1})
    biases: list[np.ndarray]
    X: np.ndarray  # (k, n_1)
    Y: np.ndarray  # (k, n_L)
    cost: str  # "quadratic" or "cross-entropy"
    alpha: float
    m: int
    eta: float
    earlier: tuple[np.ndarray, np.ndarray] | None = None


# What each mistake is. A shape that does not fit would crash the learner's code: there the right thing stands.
MEANINGS = {
    "sigma_prime_forgotten_16": "σ′(z) is left out in the output layer: δᴸ = ∂C/∂a, for cross-entropy that of (25)",
    "sigma_prime_forgotten_21": "σ′(z) is left out in the hidden layers",
    "sigma_prime_forgotten_everywhere": "σ′(z) is left out in all layers; the output layer as in …_16",
    "sigma_prime_at_a_16": "σ′(a) instead of σ′(z) in the output layer: δᴸ = ∂C/∂a · σ′(a)",
    "sigma_prime_at_a_21": "σ′(a) instead of σ′(z) in the hidden layers",
    "sigma_prime_at_a_everywhere": "σ′(a) instead of σ′(z) in all layers",
    "sigma_prime_twice_16": "σ′(z)² instead of σ′(z) in the output layer; quadratic cost only",
    "sigma_prime_twice_21": "σ′(z)² instead of σ′(z) in the hidden layers",
    "sigma_prime_of_tanh_16": "1 − a², the slope of tanh, instead of a(1 − a) in the output layer",
    "sigma_prime_of_tanh_21": "1 − a² instead of a(1 − a) in the hidden layers",
    "sigma_prime_of_tanh_everywhere": "1 − a² instead of a(1 − a) in all layers",
    "sigma_prime_of_relu_21": "1 where z > 0 and else 0 instead of σ′(z) in the hidden layers",
    "not_transposed": "W instead of Wᵀ in (21), wherever that W is square",
    "wrong_layer_w": "the layer's own W in (21) instead of the next layer's, wherever both have the same shape",
    "a_of_wrong_layer_24": "a of the layer itself in (24) instead of the layer before, wherever they are equally large",
    "y_minus_a": "y − a instead of a − y",
    "not_divided": "the sum over the batch is not divided by k",
    "divided_twice": "the sum over the batch is divided by k twice",
    "half_forgotten": "the ½ of (5) is left out, so ∂C/∂a = 2(a − y); quadratic cost only",
    "biases_forgotten": "the gradients of the biases stay 0",
    "biases_shared": "two equal hidden layers share one bias vector: both report the sum of their two gradients",
    "biases_same_delta": "of two equal hidden layers the earlier one reports the bias gradient of the later one",
    "biases_decayed": "α/m b is added to the gradients of the biases",
    "decay_by_k": "α/k w instead of α/m w",
    "decay_alpha": "α w instead of α/m w",
    "other_cost": "δᴸ of the other cost: (a − y) σ′(z) for cross-entropy, a − y for the quadratic cost",
    "softmax_delta": "δᴸ = softmax(z) − y, whichever the cost",
    "last_example_only": "only the last example's gradient, as the mean of a batch of one",
    "first_example_only": "only the first example's gradient, as the mean of a batch of one",
    "weights_updated_first": "each W has made its step by −η ∂C/∂W before (21) uses it for the layer before",
    "earlier_added": "the gradients of an earlier example, with their decay, were not set to zero and are added in",
    "weights_forgotten": "the gradients of the first weights, W², stay 0",
    "weights_only_decayed": "the gradients of the first weights, W², are their decay and nothing else",
    "times_eta": "every gradient is multiplied by η",
    "backward_twice": "backward ran twice and added its gradients, decay and all, a second time",
    "z_instead_of_a_24": "z of the layer before in (24) instead of its a",
    "outer_transposed": "δ_k a_j instead of δ_j a_k in (24), wherever that W is square",
    "biases_summed": "the gradient of each bias is the sum of the layer's δ",
    "divided_by_m": "the sum over the batch is divided by m instead of k",
    "decay_forgotten": "the weights do not decay",
    "penalty_without_half": "2α/m w instead of α/m w, the slope of α/m Σ w²",
    "averaged_over_outputs": "the cost is the mean over the outputs instead of their sum, so δᴸ is divided by n_L",
    "reverse_order": "the gradients are in a list from the last layer to the first, wherever all shapes allow it",
}

# Where each mistake stands. Two mistakes at one place cannot both be made, or not in one clear way.
PLACES = {
    "sigma_prime_forgotten_16": {"σ′ of (16)"},
    "sigma_prime_forgotten_21": {"σ′ of (21)"},
    "sigma_prime_forgotten_everywhere": {"σ′ of (16)", "σ′ of (21)"},
    "sigma_prime_at_a_16": {"σ′ of (16)"},
    "sigma_prime_at_a_21": {"σ′ of (21)"},
    "sigma_prime_at_a_everywhere": {"σ′ of (16)", "σ′ of (21)"},
    "sigma_prime_twice_16": {"σ′ of (16)"},
    "sigma_prime_twice_21": {"σ′ of (21)"},
    "sigma_prime_of_tanh_16": {"σ′ of (16)"},
    "sigma_prime_of_tanh_21": {"σ′ of (21)"},
    "sigma_prime_of_tanh_everywhere": {"σ′ of (16)", "σ′ of (21)"},
    "sigma_prime_of_relu_21": {"σ′ of (21)"},
    "not_transposed": {"W of (21)"},
    "wrong_layer_w": {"W of (21)", "which step W of (21) has made"},
    "a_of_wrong_layer_24": {"a of (24)"},
    "y_minus_a": {"the sign of a − y"},
    "not_divided": {"the mean"},
    "divided_twice": {"the mean"},
    "half_forgotten": {"∂C/∂a"},
    "biases_forgotten": {"the biases"},
    "biases_shared": {"the biases"},
    "biases_same_delta": {"the biases"},
    "biases_decayed": {"the biases", "the decay"},  # with decay_by_k: α/k b or α/m b?
    "decay_by_k": {"the decay", "k with last_example_only", "k with earlier_added"},  # of one example or of the batch?
    "decay_alpha": {"the decay"},
    "other_cost": {"∂C/∂a", "σ′ of (16)"},
    "softmax_delta": {"∂C/∂a", "σ′ of (16)"},
    "last_example_only": {"the mean", "k with last_example_only"},
    "first_example_only": {"the mean", "k with last_example_only"},
    "weights_updated_first": {"which step W of (21) has made", "the gradient of the step"},
    "earlier_added": {"k with earlier_added", "the gradient of the step"},  # is the step made with the earlier one in?
    "weights_forgotten": {"the first weights"},
    "weights_only_decayed": {"the first weights"},
    "times_eta": {"the scale"},
    "backward_twice": {"the scale", "the gradient of the step"},
    "z_instead_of_a_24": {"a of (24)"},
    "outer_transposed": {"the product of (24)"},
    "biases_summed": {"the biases"},
    "divided_by_m": {"the mean"},
    "decay_forgotten": {"the decay"},
    "penalty_without_half": {"the decay"},
    "averaged_over_outputs": {"∂C/∂a"},
    "reverse_order": {"the order"},
}


def sigma(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def sigma_prime(z: np.ndarray) -> np.ndarray:
    return sigma(z) * (1 - sigma(z))


def right(problem: Problem, dtype: Any = np.float64) -> Gradients:
    """∂C/∂W and ∂C/∂b of every layer, one example after the other: (11), (16) or (26), (22), (23), (24), (6), (29)."""
    weights, biases, X, Y = arrays(problem, dtype)
    gradients_w = [np.zeros_like(W) for W in weights]
    gradients_b = [np.zeros_like(b) for b in biases]
    for x, y in zip(X, Y):
        a, zs = [x], []
        for W, b in zip(weights, biases):
            zs.append(W @ a[-1] + b)
            a.append(sigma(zs[-1]))
        delta = a[-1] - y
        if problem.cost == "quadratic":
            delta = delta * sigma_prime(zs[-1])
        for i in reversed(range(len(weights))):
            gradients_w[i] += np.outer(delta, a[i])
            gradients_b[i] += delta
            if i > 0:
                delta = (weights[i].T @ delta) * sigma_prime(zs[i - 1])
    k, decay = len(X), float(problem.alpha) / problem.m
    return [g / k + decay * W for g, W in zip(gradients_w, weights)], [g / k for g in gradients_b]


def backprop(problem: Problem, mistakes: Iterable[str] = (), dtype: Any = np.float64) -> Gradients:
    """∂C/∂W and ∂C/∂b of every layer with these mistakes made, the whole batch at once; without any they are right.

    A mistake that the shapes or the cost of the problem leave no room for is not made. Raises ValueError for a name
    that is none.
    """
    mistakes = frozenset(mistakes)
    if not mistakes <= MEANINGS.keys():
        raise ValueError(f"no such mistake: {', '.join(sorted(mistakes - MEANINGS.keys()))}")
    weights, biases, X, Y = arrays(problem, dtype)
    k, m, alpha, eta = len(X), problem.m, float(problem.alpha), float(problem.eta)
    if "last_example_only" in mistakes:
        X, Y = X[-1:], Y[-1:]
    if "first_example_only" in mistakes:
        X, Y = X[:1], Y[:1]

    activations, zs = [X], []
    for W, b in zip(weights, biases):
        zs.append(activations[-1] @ W.T + b)
        activations.append(sigma(zs[-1]))

    decay = alpha / m
    if "decay_by_k" in mistakes:
        decay = alpha / k
    if "decay_alpha" in mistakes:
        decay = alpha
    if "decay_forgotten" in mistakes:
        decay = 0.0
    if "penalty_without_half" in mistakes:
        decay = 2 * alpha / m

    delta = output_delta(problem.cost, zs[-1], activations[-1], Y, mistakes)
    gradients_w, gradients_b = [], []
    for i in reversed(range(len(weights))):
        inputs = activations[i]
        if "a_of_wrong_layer_24" in mistakes and activations[i + 1].shape == inputs.shape:
            inputs = activations[i + 1]
        if "z_instead_of_a_24" in mistakes and i > 0:
            inputs = zs[i - 1]
        total = delta.T @ inputs
        if "outer_transposed" in mistakes and total.shape[0] == total.shape[1]:
            total = total.T
        gradient_w = over_batch(total, k, m, mistakes) + decay * weights[i]
        gradients_w.insert(0, gradient_w)
        gradients_b.insert(0, over_batch(delta.sum(axis=0), k, m, mistakes))
        if "weights_updated_first" in mistakes:
            weights[i] = weights[i] - eta * gradient_w
        if i > 0:
            own = "wrong_layer_w" in mistakes and weights[i - 1].shape == weights[i].shape
            W = weights[i - 1] if own else weights[i]
            as_it_is = "not_transposed" in mistakes and W.shape[0] == W.shape[1]
            delta = delta @ (W.T if as_it_is else W)  # a row of errors times W is Wᵀ times a column of them
            delta = times_sigma_prime(delta, zs[i - 1], activations[i], "21", mistakes)

    gradients_b = with_bias_mistakes(gradients_b, biases, alpha / m, mistakes)
    if "weights_forgotten" in mistakes:
        gradients_w[0] = 0 * gradients_w[0]
    if "weights_only_decayed" in mistakes:
        gradients_w[0] = decay * weights[0]
    if "backward_twice" in mistakes:
        gradients_w, gradients_b = [g + g for g in gradients_w], [g + g for g in gradients_b]
    if "times_eta" in mistakes:
        gradients_w, gradients_b = [eta * g for g in gradients_w], [eta * g for g in gradients_b]
    if "reverse_order" in mistakes and len({*map(np.shape, weights)}) == 1:
        gradients_w, gradients_b = gradients_w[::-1], gradients_b[::-1]
    if "earlier_added" in mistakes and problem.earlier is not None:
        x, y = problem.earlier
        before = problem._replace(X=np.array([x]), Y=np.array([y]), earlier=None)
        earlier_w, earlier_b = backprop(before, mistakes - {"earlier_added"}, dtype)
        gradients_w = [g + earlier for g, earlier in zip(gradients_w, earlier_w)]
        gradients_b = [g + earlier for g, earlier in zip(gradients_b, earlier_b)]
    return gradients_w, gradients_b


def output_delta(cost: str, z: np.ndarray, a: np.ndarray, y: np.ndarray, mistakes: frozenset[str]) -> np.ndarray:
    """δᴸ, (16): ∂C/∂a · σ′(z), which (26) makes a − y for cross-entropy."""
    if "softmax_delta" in mistakes:
        a = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    difference = y - a if "y_minus_a" in mistakes else a - y
    if "softmax_delta" in mistakes:
        return difference
    if "averaged_over_outputs" in mistakes:
        difference = difference / a.shape[1]
    if "other_cost" in mistakes:
        return difference if cost == "quadratic" else difference * sigma_prime(z)
    if cost == "quadratic":
        if "half_forgotten" in mistakes:
            difference = 2 * difference
        return times_sigma_prime(difference, z, a, "16", mistakes)
    if any("σ′ of (16)" in PLACES[mistake] for mistake in mistakes - {"sigma_prime_twice_16"}):
        return times_sigma_prime(difference / (a * (1 - a)), z, a, "16", mistakes)
    return difference


def times_sigma_prime(
    error: np.ndarray, z: np.ndarray, a: np.ndarray, equation: str, mistakes: frozenset[str]
) -> np.ndarray:
    """The factor σ′(z) of (16) or (21)."""
    if mistakes & {f"sigma_prime_forgotten_{equation}", "sigma_prime_forgotten_everywhere"}:
        return error
    if mistakes & {f"sigma_prime_at_a_{equation}", "sigma_prime_at_a_everywhere"}:
        return error * sigma_prime(a)
    if f"sigma_prime_twice_{equation}" in mistakes:
        return error * sigma_prime(z) ** 2
    if mistakes & {f"sigma_prime_of_tanh_{equation}", "sigma_prime_of_tanh_everywhere"}:
        return error * (1 - a**2)
    if f"sigma_prime_of_relu_{equation}" in mistakes:
        return error * (z > 0)
    return error * sigma_prime(z)


def over_batch(total: np.ndarray, k: int, m: int, mistakes: frozenset[str]) -> np.ndarray:
    """A sum over the batch as a mean, (6)."""
    if mistakes & {"not_divided", "last_example_only", "first_example_only"}:
        return total
    if "divided_by_m" in mistakes:
        return total / m
    return total / k / k if "divided_twice" in mistakes else total / k


def with_bias_mistakes(
    gradients: list[np.ndarray], biases: list[np.ndarray], decay: float, mistakes: frozenset[str]
) -> list[np.ndarray]:
    """The gradients of the biases, once (23) has given all of them."""
    gradients = list(gradients)
    pair = equal_hidden_layers(biases)
    if "biases_shared" in mistakes and pair:
        i, j = pair
        gradients[i] = gradients[j] = gradients[i] + gradients[j]
    if "biases_same_delta" in mistakes and pair:
        i, j = pair
        gradients[i] = gradients[j]
    if "biases_summed" in mistakes:
        gradients = [np.full_like(g, g.sum()) for g in gradients]
    if "biases_decayed" in mistakes:
        gradients = [g + decay * b for g, b in zip(gradients, biases)]
    if "biases_forgotten" in mistakes:
        gradients = [np.zeros_like(g) for g in gradients]
    return [g.copy() for g in gradients]


def equal_hidden_layers(biases: list[np.ndarray]) -> tuple[int, int] | None:
    """The places in the lists of the first hidden layer that is as large as the one after it, and of that one."""
    for i in range(len(biases) - 2):
        if len(biases[i]) == len(biases[i + 1]):
            return i, i + 1
    return None


def mistaken(name: str) -> Callable[..., Gradients]:
    """Backpropagation with this one mistake, as a function of its own."""

    def gradients(problem: Problem, dtype: Any = np.float64) -> Gradients:
        return backprop(problem, {name}, dtype)

    gradients.__name__ = gradients.__qualname__ = name
    gradients.__doc__ = f"∂C/∂W and ∂C/∂b of every layer, but {MEANINGS[name]}."
    return gradients


MISTAKES = {name: mistaken(name) for name in MEANINGS}


def differ(first: Gradients, second: Gradients, noticeable: float = 1e-6) -> bool:
    """Whether some entry differs by more than this relative to its size, and by more than rounding in its layer."""
    for one, other in zip([*first[0], *first[1]], [*second[0], *second[1]]):
        size = np.maximum(np.abs(one), np.abs(other))
        if np.any(np.abs(one - other) > np.maximum(noticeable * size, 1e-12 * size.max())):
            return True
    return False


def identifiable(mistake: str, problem: Problem, noticeable: float = 1e-6) -> bool:
    """Whether the mistake has room in the problem's shapes and changes its numbers noticeably.

    Where every z is positive, the slope of relu is σ′ forgotten, and no mistake of its own.
    """
    if mistake == "sigma_prime_of_relu_21" and not differ(
        backprop(problem, {mistake}), backprop(problem, {"sigma_prime_forgotten_21"}), noticeable
    ):
        return False
    return differ(backprop(problem, {mistake}), right(problem), noticeable)


def compatible(a: str, b: str, problem: Problem, noticeable: float = 1e-6) -> bool:
    """Whether both can be made at once, and together give numbers that neither right code nor a single mistake gives.

    So they stand at different places and each is identifiable. σ′ forgotten in (16) and σ′ forgotten in (21) are not
    two mistakes but σ′ forgotten everywhere.
    """
    if a == b or PLACES[a] & PLACES[b]:
        return False
    if not (identifiable(a, problem, noticeable) and identifiable(b, problem, noticeable)):
        return False
    both = backprop(problem, {a, b})
    singles = (MISTAKES[name](problem) for name in MISTAKES)
    return differ(both, right(problem), noticeable) and all(differ(both, single, noticeable) for single in singles)


def same_numbers(mistake: str, problem: Problem, noticeable: float = 1e-6) -> set[str]:
    """The mistakes that give the numbers of this one, itself among them: no diagnosis can tell them apart here.

    With the quadratic cost, σ′ forgotten in (16) is the other cost.
    """
    numbers = MISTAKES[mistake](problem)
    return {name for name in MISTAKES if not differ(numbers, MISTAKES[name](problem), noticeable)}


def problems(rng: np.random.Generator, cost: str, wide: bool = False, square: bool = False) -> Problem:
    """A random network n₁-h-h-n₄ with its batch; wide, n₁ = h, so that W² and W³ have the same shape; square, all W."""
    h, outputs = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    outputs = h if square else outputs
    inputs = h if wide or square else int(rng.integers(2, 5))
    shape = [inputs, h, h, outputs]
    k = int(rng.integers(3, 5))
    Y = rng.uniform(0, 1, (k + 1, outputs))
    if cost == "cross-entropy":
        Y = np.where(rng.random(Y.shape) < 0.5, np.round(Y), Y)
        Y[:k].flat[rng.permutation(k * outputs)[:2]] = [0.0, 1.0]
    X = rng.normal(size=(k + 1, inputs))
    return Problem(
        weights=[rng.normal(size=(n, n_before)) for n_before, n in pairwise(shape)],
        biases=[rng.normal(scale=0.5, size=n) for n in shape[1:]],
        X=X[:k],
        Y=Y[:k],
        cost=cost,
        alpha=float(rng.uniform(0.1, 2)),
        m=k + int(rng.integers(2, 11)),
        eta=float(rng.uniform(0.1, 1)),
        earlier=(X[k], Y[k]),
    )


def with_shared_biases(problem: Problem) -> Problem:
    """The problem with one and the same bias vector in its two equal hidden layers, as who shares it has them."""
    pair = equal_hidden_layers(problem.biases)
    if pair is None:
        return problem
    biases = [b.copy() for b in problem.biases]
    biases[pair[1]] = biases[pair[0]].copy()
    return problem._replace(biases=biases)


STYLES = ("loop", "vectorized", "loop through a", "vectorized through a", "sums")


def correct(problem: Problem, dtype: Any = np.float64, style: str = "loop") -> Gradients:
    """The right gradients in one of STYLES, so that rounding differs and nothing else.

    "loop" goes example by example, "vectorized" takes matrix products, np.mean and σ′ = e⁻ᶻ/(1 + e⁻ᶻ)², and "sums"
    writes every index out. "through a" takes δᴸ of cross-entropy by (25), ∂C/∂a · σ′(z), not by (26), a − y.
    """
    if style == "loop":
        return right(problem, dtype)
    if style == "loop through a":
        return loop_through_a(problem, dtype)
    if style in ("vectorized", "vectorized through a"):
        return vectorized(problem, dtype, through_a=style.endswith("through a"))
    if style == "sums":
        return sums(problem, dtype)
    raise ValueError(f"no such style: {style!r}; there are {', '.join(STYLES)}")


def loop_through_a(problem: Problem, dtype: Any) -> Gradients:
    """Example by example, the last first, each one's share of the mean added to the decay; σ′(z) = a (1 − a)."""
    weights, biases, X, Y = arrays(problem, dtype)
    k = len(X)
    gradients_w = [W * float(problem.alpha) / problem.m for W in weights]
    gradients_b = [b * 0 for b in biases]
    for x, y in zip(X[::-1], Y[::-1]):
        a = [x]
        for W, b in zip(weights, biases):
            a.append(sigma(b + W @ a[-1]))
        by_a = a[-1] - y if problem.cost == "quadratic" else -(y / a[-1] - (1 - y) / (1 - a[-1]))
        for i in reversed(range(len(weights))):
            delta = by_a * (a[i + 1] * (1 - a[i + 1]))
            gradients_w[i] = gradients_w[i] + delta[:, None] * a[i][None, :] / k
            gradients_b[i] = gradients_b[i] + delta / k
            by_a = delta @ weights[i]
    return gradients_w, gradients_b


def vectorized(problem: Problem, dtype: Any, through_a: bool) -> Gradients:
    """The batch at once, examples in columns; the mean is taken of every example's own ∂C/∂W."""
    weights, biases, X, Y = arrays(problem, dtype)
    a, slopes = [X.T], []
    for W, b in zip(weights, biases):
        e = np.exp(-(np.matmul(W, a[-1]) + b[:, np.newaxis]))
        a.append(1 / (1 + e))
        slopes.append(e / (1 + e) ** 2)
    delta = a[-1] - Y.T
    if problem.cost == "quadratic":
        delta = delta * slopes[-1]
    elif through_a:
        delta = ((1 - Y.T) / (1 - a[-1]) - Y.T / a[-1]) * slopes[-1]
    gradients_w, gradients_b = [], []
    for i in range(len(weights) - 1, -1, -1):
        each = delta[:, np.newaxis, :] * a[i][np.newaxis, :, :]
        gradients_w.append(np.mean(each, axis=2) + weights[i] * (float(problem.alpha) / problem.m))
        gradients_b.append(np.mean(delta, axis=1))
        if i > 0:
            delta = np.matmul(weights[i].T, delta) * slopes[i - 1]
    return gradients_w[::-1], gradients_b[::-1]


def sums(problem: Problem, dtype: Any) -> Gradients:
    """Σ by Σ as the paper prints them, (12), (21), (24), number by number."""
    weights, biases, X, Y = arrays(problem, dtype)
    k, decay = len(X), np.dtype(dtype).type(problem.alpha / problem.m)
    gradients_w = [decay * W for W in weights]
    gradients_b = [np.zeros_like(b) for b in biases]
    for x, y in zip(X, Y):
        a, zs = [list(x)], []
        for W, b in zip(weights, biases):
            zs.append([sum(w * a_k for w, a_k in zip(row, a[-1])) + b_j for row, b_j in zip(W, b)])
            a.append([sigma(z) for z in zs[-1]])
        delta = [a_j - y_j for a_j, y_j in zip(a[-1], y)]
        if problem.cost == "quadratic":
            delta = [d * sigma_prime(z) for d, z in zip(delta, zs[-1])]
        for i in reversed(range(len(weights))):
            for j, d in enumerate(delta):
                gradients_b[i][j] += d / k
                for n, a_n in enumerate(a[i]):
                    gradients_w[i][j, n] += d * a_n / k
            if i > 0:
                columns = zip(weights[i].T, zs[i - 1])
                delta = [sum(w * d for w, d in zip(column, delta)) * sigma_prime(z) for column, z in columns]
    return gradients_w, gradients_b


def arrays(problem: Problem, dtype: Any) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray, np.ndarray]:
    """Copies of weights, biases, X and Y in this precision."""
    weights = [np.array(W, dtype=dtype) for W in problem.weights]
    biases = [np.array(b, dtype=dtype) for b in problem.biases]
    return weights, biases, np.array(problem.X, dtype=dtype), np.array(problem.Y, dtype=dtype)


def torch_gradients(problem: Problem, dtype: Any = np.float64) -> Any:
    """The network as torch's nn.Sequential of Linear and Sigmoid, with C's right gradients in .grad.

    dtype is NumPy's or its name. `torch_arrays` reads the gradients.
    """
    import torch

    weights, biases, X, Y = arrays(problem, dtype)
    layers: list[Any] = []
    for W, b in zip(weights, biases):
        linear = torch.nn.Linear(W.shape[1], W.shape[0], dtype=getattr(torch, np.dtype(dtype).name))
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W))
            linear.bias.copy_(torch.from_numpy(b))
        layers += [linear, torch.nn.Sigmoid()]
    net = torch.nn.Sequential(*layers)
    a, y = net(torch.from_numpy(X)), torch.from_numpy(Y)
    if problem.cost == "quadratic":
        each = ((a - y) ** 2).sum(dim=1) / 2
    else:
        each = -(y * torch.log(a) + (1 - y) * torch.log(1 - a)).sum(dim=1)
    penalty = sum((linear.weight**2).sum() for linear in layers[::2])
    (each.mean() + float(problem.alpha) / (2 * problem.m) * penalty).backward()
    return net


def torch_arrays(net: Any) -> Gradients:
    """What stands in .grad of the Linear layers of a Sequential of Linear and Sigmoid."""
    linears = list(net)[::2]
    return [linear.weight.grad.numpy() for linear in linears], [linear.bias.grad.numpy() for linear in linears]
