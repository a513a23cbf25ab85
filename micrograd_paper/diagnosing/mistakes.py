"""The mistakes that people make in backpropagation: which equation each one breaks, where, and what it changes.

    known_mistakes(problem, z)     those that are possible for this network and these arguments
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from micrograd_paper.comparing.closed_forms import ByLayer
from micrograd_paper.diagnosing.wrong_backpropagation import Changes, Problem


class Mistake(NamedTuple):
    """A known mistake: the equation that it breaks, in which layers, how, and what it changes."""

    name: str
    equation: int
    layers: tuple[int, ...]
    how: str
    changes: Changes

    def __str__(self) -> str:
        layers = f"layer{'s' * (len(self.layers) > 1)} {', '.join(map(str, self.layers))}" if self.layers else ""
        return f"({self.equation}){', ' * bool(layers)}{layers}: {self.name}: {self.how}"


def known_mistakes(problem: Problem, z: Sequence[ByLayer]) -> list[Mistake]:
    """Every single mistake that is possible in the problem, those of all layers before those of one.

    z are the weighted inputs of each example of the batch, which show where relu′ would be a distinct mistake.
    """
    found = [
        *wrong_slopes(problem, z), *wrong_outputs(problem), *wrong_matrices(problem), *wrong_activations(problem),
        *wrong_weights(problem), *wrong_biases(problem), *wrong_orders(problem), *wrong_batches(problem),
        *wrong_decays(problem), *wrong_times(problem),
    ]
    first = {(mistake.name, mistake.changes): mistake for mistake in reversed(found)}  # two names may mean the same
    return list(first.values())[::-1]


def everywhere(place: str, layers: Iterable[int], value: Any) -> Changes:
    return frozenset(((place, l), value) for l in layers)


def wrong_outputs(problem: Problem) -> Iterable[Mistake]:
    L = problem.L
    if problem.cost == "cross_entropy":
        yield Mistake("saturated", 26, (L,), "δ is 0 where a is exactly 0 or 1: through a the logarithm is lost; "
                      "take it from z, a − y", frozenset({(("saturated",), "through a")}))
    yield Mistake("y − a", 16, (L,), "the sign of ∂C/∂a is turned: y − a instead of a − y",
                  frozenset({(("sign",), -1)}))
    if problem.cost == "quadratic":
        yield Mistake("½ left out", 16, (L,), "∂C/∂a is 2(a − y), the slope of ‖y − a‖² without the ½ of (4)",
                      frozenset({(("factor",), 2)}))
    n = problem.n(L)
    for factor, what in ((1, "δ is averaged over the output neurons, where the paper sums; in PyTorch, "
                             "reduction='mean'"),
                         (2, "∂C/∂a is 2(a − y)/n, the slope of a mean over n outputs without ½; "
                             "PyTorch's MSELoss()")):
        if factor != n > 1 and (factor == 1 or problem.cost == "quadratic"):
            yield Mistake("averaged over the outputs", 16, (L,), what, frozenset({(("factor",), factor / n)}))
    if problem.net.activations[-1] == "sigmoid":
        if problem.cost == "quadratic":
            yield Mistake("the other cost's δ", 16, (L,), "δ is a − y, which is (26), the cross-entropy's; the "
                          "quadratic cost's is (a − y) σ′(z)", frozenset({(("cost",), "other")}))
        else:
            yield Mistake("the other cost's δ", 26, (L,), "δ is (a − y) σ′(z), the quadratic cost's (17); the "
                          "cross-entropy's is a − y", frozenset({(("cost",), "other")}))
    if n > 1:
        yield Mistake("softmax's δ", 16 if problem.cost == "quadratic" else 26, (L,), "δ is softmax(z) − y, of a "
                      "softmax layer and its own cross-entropy", frozenset({(("cost",), "softmax")}))


SLOPES = (  # what stands for σ′(z), and the activations of which it is σ′(z)
    ("none", "σ′ forgotten", "δ lacks its factor σ′(z)", ("linear",)),
    ("at a", "σ′ at a", "σ′ is taken at a = σ(z) instead of z", ("relu", "linear")),
    ("twice", "σ′ twice", "δ has its factor σ′(z) twice", ("relu", "linear")),
    (("sigmoid", "a"), "σ′ of another activation", "σ′ is the sigmoid's, a(1 − a)", ("sigmoid",)),
    (("sigmoid", "z"), "σ′ of another activation", "σ′(z) is the sigmoid's", ("sigmoid",)),
    (("tanh", "a"), "σ′ of another activation", "σ′ is tanh's, 1 − a²", ("tanh",)),
    (("tanh", "z"), "σ′ of another activation", "σ′(z) is tanh's", ("tanh",)),
    (("relu", "z"), "σ′ of another activation", "σ′(z) is relu's, 1 or 0", ("relu",)),
)


def wrong_slopes(problem: Problem, z: Sequence[ByLayer]) -> Iterable[Mistake]:
    """σ′ of (16), of (21) in all hidden layers, of both, and of (21) in each."""
    L = problem.L
    for value, name, how, right in SLOPES:
        layers = [l for l in range(2, L + 1) if problem.net.activations[l - 2] not in right]
        if value == "twice" and problem.cost == "cross_entropy" and problem.net.activations[-1] == "sigmoid":
            layers = [l for l in layers if l < L]  # that is the other cost's δ
        hidden = tuple(l for l in layers if l < L)
        output = tuple(l for l in layers if l == L)
        both = (*hidden, *output) if hidden and output else ()
        for where, too in ((output, ""), (hidden, ""), (both, ", in (16) too"), *(((l,), "") for l in hidden)):
            positive = [[z_j.value > 0 for each in z for z_j in each[l]] for l in where]
            if value == ("relu", "z") and (all(map(all, positive)) or (L in where and not any(positive[-1]))):
                continue  # 1 everywhere is σ′ forgotten, 0 in the whole output layer leaves no gradient
            if where:
                yield Mistake(name, 21 if where[0] < L else 16, where, how + too, everywhere("prime", where, value))


def wrong_matrices(problem: Problem) -> Iterable[Mistake]:
    """W of (21): right is (W^{l+1})ᵀ, n_l × n_{l+1}; another matrix is possible where its shape fits."""
    n, hidden = problem.n, range(2, problem.L)
    for offset, transposed in ((1, False), (0, True), (0, False), (2, True), (2, False)):
        layers = []
        for l in hidden:
            other = l + offset
            if other <= problem.L:
                rows, columns = (n(other - 1), n(other)) if transposed else (n(other), n(other - 1))
                if (rows, columns) == (n(l), n(l + 1)):
                    layers.append(l)
        which = {0: "Wˡ", 1: "Wˡ⁺¹", 2: "Wˡ⁺²"}[offset]
        if offset == 1:
            name, how = "W not transposed", "δˡ takes Wˡ⁺¹ instead of its transpose: row j instead of column j"
        else:
            name = "W of the wrong layer"
            how = f"δˡ takes {which}{'ᵀ' * transposed} instead of (Wˡ⁺¹)ᵀ"
        for where in choices(layers):
            yield Mistake(name, 21, where, how, everywhere("W", where, (offset, transposed)))


def wrong_activations(problem: Problem) -> Iterable[Mistake]:
    """a of (24): right is a^{l−1}."""
    n, L = problem.n, problem.L
    for name, how, offset, kind, first in (
        ("a of the wrong layer", "∂C/∂w takes aˡ instead of aˡ⁻¹", 0, "a", 2),
        ("a of the wrong layer", "∂C/∂w takes aˡ⁻² instead of aˡ⁻¹", 2, "a", 3),
        ("z instead of a", "∂C/∂w takes zˡ⁻¹ instead of aˡ⁻¹", 1, "z", 3),
    ):
        layers = [l for l in range(first, L + 1) if n(l - offset) == n(l - 1)]
        for where in choices(layers):
            yield Mistake(name, 24, where, how, everywhere("a", where, (kind, offset)))
    for where in choices([l for l in range(2, L + 1) if n(l) == n(l - 1) > 1]):
        yield Mistake("∂C/∂W transposed", 24, where, "∂C/∂w_jk is δ_k a_j instead of δ_j a_k",
                      everywhere("outer", where, "transposed"))


def wrong_weights(problem: Problem) -> Iterable[Mistake]:
    """∂C/∂W of one layer that has not been filled in."""
    for l in range(2, problem.L + 1):
        yield Mistake("weights forgotten", 24, (l,), "∂C/∂W is 0", everywhere("w", [l], "zero"))
        if problem.alpha:
            yield Mistake("weights forgotten", 24, (l,), "∂C/∂W is the decay α/m w alone",
                          everywhere("w", [l], "decay"))


def wrong_orders(problem: Problem) -> Iterable[Mistake]:
    """Lists filled from the last layer to the second and not reversed, where the shapes do not show it."""
    n, L = problem.n, problem.L
    layers = tuple(range(2, L + 1))
    if L == 2 or any(n(l) != n(L + 2 - l) for l in layers):
        return
    parts: list[tuple[tuple[str, ...], str]] = [(("order b",), " (biases only)")]
    if all(n(l - 1) == n(L + 1 - l) for l in layers):
        parts = [(("order w", "order b"), ""), (("order w",), " (weights only)"), *parts]
    for places, part in parts:
        yield Mistake("layers in reverse order", 24 if "order w" in places else 23, layers,
                      "the gradients stand from the last layer to the second" + part,
                      frozenset(((place,), "reversed") for place in places))


def wrong_biases(problem: Problem) -> Iterable[Mistake]:
    layers = list(range(2, problem.L + 1))
    for where in choices(layers):
        yield Mistake("biases forgotten", 23, where, "∂C/∂b is 0", everywhere("b", where, "zero"))
    if problem.alpha:
        for where in choices(layers):
            yield Mistake("biases decayed", 28, where, "∂C/∂b has α/m b added; (27) has the weights alone",
                          everywhere("b", where, "decayed"))
    for size in dict.fromkeys(problem.net.shape[1:]):
        same = tuple(l for l in layers if problem.n(l) == size)
        for group in dict.fromkeys([same, tuple(l for l in same if l < problem.L)]):
            if len(group) > 1:
                yield Mistake("biases shared between layers", 23, group, "∂C/∂b is the sum of these layers' δ",
                              everywhere("b", group, ("sum", group)))
                for other in group:
                    yield Mistake("biases shared between layers", 23, group, f"∂C/∂b is δ of layer {other} in each",
                                  everywhere("b", group, ("sum", (other,))))
    for where in choices([l for l in layers if problem.n(l) > 1]):
        yield Mistake("biases summed over the layer", 23, where, "each ∂C/∂b_j is the sum of the whole layer's δ",
                      everywhere("b", where, "summed"))


def wrong_batches(problem: Problem) -> Iterable[Mistake]:
    """(6), (7): the sum over the batch is divided by k, once."""
    k = len(problem.batch)
    ways = [
        ("not divided", "the sum over the batch is not divided by its size", "sum"),
        ("divided twice", "the sum over the batch is divided by its size twice", "twice"),
        *((f"the {which} example only", f"the gradient is the {which} example's alone{divided}", f"{which}{by}")
          for which in ("last", "first") for divided, by in (("", ""), (", divided by the batch's size", "/k"))),
        ("divided by m", "the sum over the batch is divided by m, the training examples, instead of k", "m"),
    ]
    for name, how, value in ways:
        if (k > 1) if value != "m" else (problem.m != k):
            for places, part in ((("batch w", "batch b"), ""), (("batch w",), " (weights only)"),
                                 (("batch b",), " (biases only)")):
                yield Mistake(name, 6, (), how + part, frozenset(((place,), value) for place in places))


def wrong_decays(problem: Problem) -> Iterable[Mistake]:
    if not problem.alpha:
        return
    k = len(problem.batch)
    ways = [("decay divided by k", "the decay is α/k w instead of α/m w", 1 / k)] if k != problem.m else []
    if problem.m != 1:
        ways.append(("decay not divided", "the decay is α w instead of α/m w", 1.0))
    ways += [("decay forgotten", "the weights have no decay α/m w", 0.0),
             ("½ of the penalty left out", "the decay is 2α/m w, the slope of α/m Σ w²", 2 / problem.m)]
    for name, how, factor in ways:
        yield Mistake(name, 29, (), how, frozenset({(("decay",), factor)}))


def wrong_times(problem: Problem) -> Iterable[Mistake]:
    hidden = range(2, problem.L)
    if problem.eta is not None:
        for where in choices(list(hidden)):
            yield Mistake("weights updated too early", 22, where, "δˡ takes Wˡ⁺¹ after its update (29), not before",
                          everywhere("update", where, "too early"))
        yield Mistake("multiplied by η", 3, (), "these are the steps η ∂C/∂w and η ∂C/∂b, not the gradients",
                      frozenset({(("reported",), problem.eta)}))
    yield Mistake("backward run twice", 7, (), "every gradient stands twice in these: they were not set to zero in "
                  "between", frozenset({(("backward",), 2)}))
    if problem.earlier:
        yield Mistake("an earlier gradient added in", 7, (), "the gradients of `earlier` are still in these: they "
                      "were not set to zero before", frozenset({(("earlier",), "all")}))
        if problem.alpha:
            yield Mistake("an earlier gradient added in", 7, (), "the gradients of `earlier` without their decay are "
                          "still in these: they were not set to zero before", frozenset({(("earlier",), "no decay")}))


def choices(layers: Sequence[int]) -> list[tuple[int, ...]]:
    """All of these layers, then each alone."""
    return list(dict.fromkeys([tuple(layers), *((l,) for l in layers)])) if layers else []
