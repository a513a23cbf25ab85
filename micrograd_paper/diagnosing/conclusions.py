"""What can be said of gradients that no known mistake gives: which equations hold among the numbers themselves.

    own_errors(matcher, l)      somebody's own δ of a layer: given, or ∂C/∂b of one example, or recovered from a batch
    conclusions(matcher)        sentences, the most telling first
    other_networks(problem)     networks of which the gradients may be right
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

from micrograd_paper import equations
from micrograd_paper.diagnosing.search import Matcher
from micrograd_paper.diagnosing.wrong_backpropagation import RIGHT, At, Changes, Problem, Vector
from micrograd_paper.display import number_text
from micrograd_paper.kinds.bounded import Bounded
from micrograd_paper.nn import MLP

LARGE = 20_000  # weights and biases times examples
WORST_CONDITION = 1e6  # beyond it, δ cannot be recovered from sums over a batch


def own_errors(matcher: Matcher, l: int) -> list[Vector] | None:
    """δ^l of each example as the gradients have it, up to one factor; None if it cannot be told from them."""
    problem, given = matcher.problem, matcher.given
    if matcher.deltas is not None:
        return [[Bounded(d) for d in row] for row in matcher.deltas[l]]
    b = given.biases.get(l)
    if problem.k == 1 and b is not None:
        return [[Bounded(g) for g in b]] if any(b) else None
    decay = problem.alpha / problem.m
    rows = [[g - decay * w.value for g, w in zip(row, own)] for row, own in zip(given.weights[l], matcher.passes.W[l])]
    inputs = [[a.value for a in matcher.passes.a[i][l - 1]] for i in range(problem.k)]
    if b is not None:
        rows, inputs = [[*row, g] for row, g in zip(rows, b)], [[*a, 1.0] for a in inputs]
    found = least_squares(inputs, [[problem.k * g for g in row] for row in rows])
    if found is None:
        return None
    deltas, condition = found
    largest = max((abs(d) for row in deltas for d in row), default=0.0)
    return [[Bounded(row[i], 4 * condition * largest) for row in deltas] for i in range(problem.k)] if largest else None


def least_squares(columns: Sequence[Sequence[float]], rows: Sequence[Sequence[float]]
                  ) -> tuple[list[list[float]], float] | None:
    """For each row the d for which Σ dᵢ columnsᵢ is nearest to it, and the condition number; None if there are several.

    By orthogonalization (Gram–Schmidt, modified, twice).
    """
    basis: list[list[float]] = []
    triangle: list[list[float]] = []
    for column in columns:
        rest, parts = list(column), [0.0] * len(basis)
        for _ in range(2):
            for i, q in enumerate(basis):
                along = math.fsum(x * y for x, y in zip(q, rest))
                parts[i] += along
                rest = [y - along * x for x, y in zip(q, rest)]
        length = math.sqrt(math.fsum(x * x for x in rest))
        if length == 0:
            return None
        basis.append([x / length for x in rest])
        triangle.append([*parts, length])
    lengths = [row[-1] for row in triangle]
    condition = max(math.sqrt(math.fsum(x * x for x in row)) for row in triangle) / min(lengths)
    if len(columns) > len(columns[0]) or condition > WORST_CONDITION:
        return None
    found = []
    for row in rows:
        projected = [math.fsum(x * y for x, y in zip(q, row)) for q in basis]
        d = [0.0] * len(projected)
        for i in reversed(range(len(projected))):
            d[i] = (projected[i] - math.fsum(triangle[j][i] * d[j] for j in range(i + 1, len(projected)))) / lengths[i]
        found.append(d)
    return found, condition


def with_own(l: int, deltas: list[Vector]) -> Changes:
    """The change that puts these in the place of δ^l."""
    def own(at: At, l: int) -> Vector: return deltas[at.i]

    return frozenset({(("delta", l), own)})


def conclusions(matcher: Matcher) -> list[str]:
    """Which equations hold with somebody's own δ, layer by layer; first, if it is only one that does not, which."""
    factor = matcher.factor()
    if factor == 0:
        return ["every number is 0: was backward run?"]
    if factor is not None:
        return [f"every number is {number_text(factor, 6)} times the paper's"]
    problem = matcher.problem
    L, lines, broken = problem.L, [], []
    what = "∂C/∂b" if problem.k == 1 and matcher.deltas is None and matcher.given.biases else "gradients"
    own = {l: own_errors(matcher, l) for l in problem.layers}
    known = [l for l in problem.layers if own[l] is not None]
    for l in reversed(known):
        count = problem.n(l - 1) + bool(matcher.given.biases)
        if problem.k == 1 or matcher.deltas is not None or problem.k < count:
            mine = with_own(l, own[l] or [])
            holds = matcher.weights_match(l, mine) and (what == "∂C/∂b" or matcher.biases_match(l, mine))
            broken += [] if holds else [(24, l)]
            told = "with your ∂C/∂b as δ" if what == "∂C/∂b" else "with the δ that your numbers give"
            lines.append(f"layer {l}: {told}, (24) {'holds' if holds else 'does not hold'}")
        if l < L and l + 1 in known:
            holds = has_21(matcher, l, own)
            broken += [] if holds else [(21, l)]
            told = f"your ∂C/∂b of layer {l + 1} as δ" if what == "∂C/∂b" else f"the δ that your layer {l + 1} gives"
            lines.append(f"layer {l}: from {told}, (21) {'holds' if holds else 'does not hold'}")
    if L in known and not all(
        d.near(c.value, matcher.given.roundoff) or c.near(d.value, matcher.given.roundoff)
        for i in range(problem.k) for d, c in zip((own[L] or [])[i], matcher.passes.delta(i, L, RIGHT))
    ):
        broken.append((16, L))
    if len(known) == len(problem.layers) and len(broken) == 1:
        (equation, l), = broken
        return [only(matcher, equation, l, own), *lines]
    wrong = [l for l in problem.layers if not matcher.report(l).ok]
    return [f"layer {wrong[0]} alone differs: every other layer is the paper's"] * (len(wrong) == 1 < L - 1) + lines


def has_21(matcher: Matcher, l: int, own: dict[int, list[Vector] | None]) -> bool:
    """Whether somebody's δ^l is what (21) gives from their δ^{l+1}."""
    return all(d.near(c.value, matcher.given.roundoff, matcher.slack_b.get(l, 0.0)) or c.near(
        d.value, matcher.given.roundoff, matcher.slack_b.get(l, 0.0))
               for i in range(matcher.problem.k)
               for d, c in zip((own[l] or [])[i], expected(matcher, i, l, own)))


def expected(matcher: Matcher, i: int, l: int, own: dict[int, list[Vector] | None]) -> Vector:
    """What the paper gives as δ^l of example i, from somebody's own δ^{l+1}."""
    if l == matcher.problem.L:
        return matcher.passes.delta(i, l, RIGHT)
    passes = matcher.passes
    return equations.hidden_errors(passes.W[l + 1], (own[l + 1] or [])[i], passes.z[i][l], passes.sigmas[l][1])


def only(matcher: Matcher, equation: int, l: int, own: dict[int, list[Vector] | None]) -> str:
    """The one equation that does not hold, and what somebody's numbers are of the paper's."""
    if equation == 24:
        return (f"(21) holds in every layer with your own δ, and (24) in every other: only ∂C/∂W of layer {l}, (24), "
                "is wrong")
    others = "(24) and (21) hold" if len(matcher.problem.layers) > 1 else "(24) holds"
    where = "with your own δ" if equation == 16 else "with your own δ everywhere else"
    told = f"{others} {where}: only δ of layer {l}, ({equation}), is wrong"
    pairs = [(d.value, c.value, At(matcher.passes, i, RIGHT), j) for i in range(matcher.problem.k)
             for j, (d, c) in enumerate(zip((own[l] or [])[i], expected(matcher, i, l, own)))]
    if any(not c for _, c, _, _ in pairs):
        return told
    ratios = [d / c for d, c, _, _ in pairs]
    shown = ", ".join(number_text(ratio, 3) for ratio in ratios[:4]) + ", …" * (len(ratios) > 4)
    told += f"; yours divided by the paper's is {shown}"
    for name, value in FACTORS:
        try:
            values = [value(at, l, j) for _, _, at, j in pairs]
        except (ArithmeticError, KeyError):
            continue
        if all(abs(ratio - v) <= 1e-6 * abs(v) for ratio, v in zip(ratios, values)):
            return f"{told}: that is {name}"
    return told


FACTORS: tuple[tuple[str, Callable[[At, int, int], float]], ...] = (  # what a ratio per neuron may be
    ("aⱼ", lambda at, l, j: at.a[l][j].value), ("1 − aⱼ", lambda at, l, j: 1 - at.a[l][j].value),
    ("zⱼ", lambda at, l, j: at.z[l][j].value), ("σ′(zⱼ)", lambda at, l, j: at.prime(l)[j].value),
    ("1/σ′(zⱼ)", lambda at, l, j: 1 / at.prime(l)[j].value), ("1/aⱼ", lambda at, l, j: 1 / at.a[l][j].value),
    ("1/(1 − aⱼ)", lambda at, l, j: 1 / (1 - at.a[l][j].value)), ("aⱼ²", lambda at, l, j: at.a[l][j].value ** 2),
    ("the number of neurons", lambda at, l, j: float(len(at.z[l]))),
    ("1 over the number of neurons", lambda at, l, j: 1 / len(at.z[l])),
    ("yⱼ", lambda at, l, j: at.y[j].value if l == at.L else math.nan),
    ("1 − yⱼ", lambda at, l, j: 1 - at.y[j].value if l == at.L else math.nan),
)


def other_networks(problem: Problem) -> Iterator[tuple[int, str, int, Problem]]:
    """Equation, words, how many things differ, and problem of networks with other activations, biases, cost or classes.

    Of a large problem, those in which one thing differs.
    """
    net, n = problem.net, problem.n(problem.L)
    hidden, last = net.activations[:-1], net.activations[-1]
    size = problem.k * len(net.parameters())
    orders: list[tuple[str, Callable[[list[float]], list[float]]]] = [("", list)]
    if n > 1:
        orders.append(("the classes in reverse", lambda y: y[::-1]))
    if n > 2:
        orders += [("the classes one on", lambda y: [y[-1], *y[:-1]]),
                   ("the classes one back", lambda y: [*y[1:], y[0]])]
    choices = list(itertools.product(
        ["", *(name for name in ("tanh", "relu", "sigmoid") if hidden and {*hidden} != {name})],
        ["", *(name for name in ("linear", "sigmoid", "tanh") if name != last)],
        ["", *["no biases in the forward pass"] * any(b.data for row in net.biases.values() for b in row)],
        ["", "cross_entropy" if problem.cost == "quadratic" else "quadratic"], orders,
    ))
    for inner, outer, without, cost, (order, turned) in sorted(choices, key=lambda choice: sum(
            map(bool, (*choice[:4], choice[4][0])))):
        words = [f"{inner} hidden layers"] * bool(inner) + [f"a {outer} output"] * bool(outer) + [without] * bool(
            without) + [f"the {cost.replace('_', '-')} cost"] * bool(cost) + [order] * bool(order)
        batch = [(x, turned(list(y))) for x, y in problem.batch]
        is_possible = (cost or problem.cost) == "quadratic" or ((outer or last) == "sigmoid" and all(
            0 <= t <= 1 for _, y in batch for t in y))
        if words and is_possible and len(words) <= (2 if size < LARGE else 1):
            other = MLP.from_weights(
                [[[w.data for w in row] for row in rows] for rows in net.weights.values()],
                [[0.0 if without else b.data for b in row] for row in net.biases.values()],
                [*([inner] * len(hidden) if inner else hidden), outer or last],
            )
            yield (14 if inner or outer else 12 if without else 5, " and ".join(words), len(words),
                   problem._replace(net=other, batch=batch, cost=cost or problem.cost))
