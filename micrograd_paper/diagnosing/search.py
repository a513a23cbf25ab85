"""Which known mistakes reproduce the given gradients: each alone, and each compatible pair.

    Matcher(problem, given, deltas, tolerance)
        .report(l)         whether layer l is the paper's, else the largest difference
        .explanations()    the mistakes that give exactly the given numbers
        .consistent()      which equations hold among the numbers given themselves
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from micrograd_paper import equations
from micrograd_paper.diagnosing.given_gradients import Given
from micrograd_paper.diagnosing.mistakes import Mistake, known_mistakes
from micrograd_paper.diagnosing.wrong_backpropagation import RIGHT, Backpropagation, Changes, Matrix, Problem, Vector
from micrograd_paper.display import number_text
from micrograd_paper.kinds.bounded import Bounded
from micrograd_paper.notation import Symbol

Explanation = tuple[Mistake, ...]


class Difference(NamedTuple):
    """Where a part of the gradient differs most from the paper's."""

    symbol: str
    given: float
    closed_form: float

    def __str__(self) -> str:
        digits = 6 if abs(self.given - self.closed_form) > 1e-5 * abs(self.closed_form) else 16
        given, closed_form = number_text(self.given + 0.0, digits), number_text(self.closed_form + 0.0, digits)
        return f"{self.symbol} is {given}, the paper's is {closed_form}"


class LayerReport(NamedTuple):
    """Whether ∂C/∂W, ∂C/∂b (and δ, if it was given) of a layer are the paper's: None, or the largest difference."""

    layer: int
    weights: Difference | None
    biases: Difference | None
    deltas: Difference | None

    @property
    def ok(self) -> bool:
        return self.weights is None and self.biases is None and self.deltas is None


class Matcher:
    """The given gradients beside those that the equations give with any changes."""

    def __init__(
        self, problem: Problem, given: Given, deltas: dict[int, list[list[float]]] | None, tolerance: float
    ) -> None:
        self.problem = problem
        self.given = given
        self.deltas = deltas
        self.backpropagation = Backpropagation(problem)
        self.weights_slack = {l: tolerance * max(abs(g) for row in rows for g in row)
                              for l, rows in given.weights.items()}
        self.biases_slack = {l: tolerance * max(map(abs, row)) for l, row in given.biases.items()}
        self.tolerance = tolerance

    def near(self, number: float, closed: Bounded, slack: float) -> bool:
        return closed.near(number, self.given.roundoff, slack)

    def weights_match(self, l: int, closed: Matrix) -> bool:
        return all(self.near(g, c, self.weights_slack[l])
                   for row, closed_row in zip(self.given.weights[l], closed) for g, c in zip(row, closed_row))

    def biases_match(self, l: int, closed: Vector) -> bool:
        return all(self.near(g, c, self.biases_slack[l]) for g, c in zip(self.given.biases[l], closed))

    def deltas_match(self, l: int, changes: Changes) -> bool:
        """Whether the given δ are these; those of the mean over k examples, δ/k, are accepted too."""
        if self.deltas is None:
            return True
        k = len(self.problem.batch)
        closed = [self.backpropagation.delta(i, l, changes) for i in range(k)]
        slack = self.tolerance * max(abs(d) for row in self.deltas[l] for d in row)
        return any(
            all(self.near(d * scale, c, slack * scale) for row, closed_row in zip(self.deltas[l], closed)
                for d, c in zip(row, closed_row))
            for scale in dict.fromkeys((1, k))
        )

    def fits(self, changes: Changes) -> bool:
        """Whether backpropagation with these changes gives exactly the given numbers; from the last layer down."""
        return all(
            self.biases_match(l, self.backpropagation.biases(l, changes)) and self.deltas_match(l, changes)
            and self.weights_match(l, self.backpropagation.weights(l, changes))
            for l in range(self.problem.L, 1, -1)
        )

    def explanations(self) -> list[Explanation]:
        """All single mistakes that fit; if none does, all compatible pairs that fit.

        If every number is 0, pairs are not tried: two parts that were not filled in are not an explanation.
        """
        mistakes = known_mistakes(self.problem, self.backpropagation.z[: len(self.problem.batch)])
        singles: list[Explanation] = [(mistake,) for mistake in mistakes if self.fits(mistake.changes)]
        given = [*itertools.chain(*self.given.weights.values()), *self.given.biases.values()]
        if singles or not any(map(any, given)):
            return singles
        return [pair for pair in compatible_pairs(mistakes) if self.fits(pair[0].changes | pair[1].changes)]

    def report(self, l: int) -> LayerReport:
        weights, biases = self.backpropagation.weights(l, RIGHT), self.backpropagation.biases(l, RIGHT)
        worst_weights = worst_biases = worst_deltas = None
        if not self.weights_match(l, weights):
            worst_weights = self.worst([
                (f"∂C/∂{Symbol('w', l, (j, k))}", g, c)
                for j, (row, closed) in enumerate(zip(self.given.weights[l], weights), start=1)
                for k, (g, c) in enumerate(zip(row, closed), start=1)
            ], self.weights_slack[l])
        if not self.biases_match(l, biases):
            worst_biases = self.worst([
                (f"∂C/∂{Symbol('b', l, (j,))}", g, c)
                for j, (g, c) in enumerate(zip(self.given.biases[l], biases), start=1)
            ], self.biases_slack[l])
        if self.deltas is not None and not self.deltas_match(l, RIGHT):
            k = len(self.problem.batch)
            worst_deltas = self.worst([
                (str(Symbol("delta", l, (j,), None if k == 1 else i + 1)), d, c)
                for i in range(k)
                for j, (d, c) in enumerate(zip(self.deltas[l][i], self.backpropagation.delta(i, l, RIGHT)), start=1)
            ], self.tolerance * max(abs(d) for row in self.deltas[l] for d in row))
        return LayerReport(l, worst_weights, worst_biases, worst_deltas)

    def worst(self, numbers: Sequence[tuple[str, float, Bounded]], slack: float) -> Difference:
        """The largest difference among those that rounding errors do not explain."""
        wrong = [(symbol, g, c.value) for symbol, g, c in numbers if not self.near(g, c, slack)] or [
            (symbol, g, c.value) for symbol, g, c in numbers]
        return Difference(*max(wrong, key=lambda entry: abs(entry[1] - entry[2])))

    def consistent(self) -> list[str]:
        """For one example, where ∂C/∂b is δ: which equations hold among the given numbers themselves."""
        if (factor := self.factor()) is not None:
            return ["every number is 0: was backward run?" if factor == 0 else
                    f"every number is {number_text(factor, 6)} times the paper's"]
        if len(self.problem.batch) != 1:
            return []
        b = self.given.biases
        roundoff, lines = self.given.roundoff, []
        decay = self.problem.alpha / self.problem.m
        for l in range(self.problem.L, 1, -1):
            a = self.backpropagation.a[0][l - 1]
            closed = [[Bounded(delta) * a_k + w * decay for a_k, w in zip(a, row)]
                      for delta, row in zip(b[l], self.backpropagation.W[l])]
            if any(b[l]):
                holds = self.weights_match(l, closed)
                lines.append(f"layer {l}: with your ∂C/∂b as δ, (24) {'holds' if holds else 'does not hold'}")
            if l < self.problem.L and any(b[l + 1]):
                z, sigma_prime = self.backpropagation.z[0][l], self.backpropagation.sigmas[l][1]
                deltas = [Bounded(d) for d in b[l + 1]]
                expected = equations.hidden_errors(self.backpropagation.W[l + 1], deltas, z, sigma_prime)
                holds = all(c.near(g, roundoff, self.biases_slack[l]) for g, c in zip(b[l], expected))
                lines.append(f"layer {l}: from your ∂C/∂b of layer {l + 1} as δ, (21) "
                             f"{'holds' if holds else 'does not hold'}")
        return lines

    def factor(self) -> float | None:
        """The one factor between the numbers given and the paper's, if there is one."""
        layers = range(2, self.problem.L + 1)
        closed = {l: (self.backpropagation.weights(l, RIGHT), self.backpropagation.biases(l, RIGHT)) for l in layers}
        g, c = max(((g, c) for l in layers for g, c in [
            *[pair for row, others in zip(self.given.weights[l], closed[l][0]) for pair in zip(row, others)],
            *zip(self.given.biases[l], closed[l][1]),
        ]), key=lambda pair: abs(pair[1].value))
        if c.value == 0:
            return None
        factor = g / c.value
        same = all(
            self.weights_match(l, [[entry * factor for entry in row] for row in closed[l][0]])
            and self.biases_match(l, [entry * factor for entry in closed[l][1]]) for l in layers
        )
        return factor if same else None


def compatible_pairs(mistakes: Sequence[Mistake]) -> Iterator[tuple[Mistake, Mistake]]:
    """Every two mistakes that change different places."""
    places = {mistake: {place for place, _ in mistake.changes} for mistake in mistakes}
    for one, other in itertools.combinations(mistakes, 2):
        if places[one].isdisjoint(places[other]) and not ({("cost",)} & (places[one] | places[other]) and any(
            place[0] == "prime" and place[1] == max(one.layers + other.layers, default=0)
            for place in places[one] | places[other]
        )):
            yield one, other
