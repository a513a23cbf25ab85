"""Which rows of the table give somebody's gradients: back through the layers, as the algorithm goes.

    Matcher(problem, given, deltas, tolerance)
        .report(l)         whether layer l is the paper's, else the largest difference
        .explanations()    what gives exactly the given numbers, with the fewest mistakes
        .reached           how far the best attempt came, where there is none

From the last layer down: which δ, (16) or (21), gives this layer's ∂C/∂W and ∂C/∂b, with which (24), (23), (29)? What
fits is followed to the layer before. Factors of all gradients, such as the sign, are looked up where they first show.
"""

import bisect
import collections
import copy
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from micrograd_paper.diagnosing.given_gradients import Given
from micrograd_paper.diagnosing.mistakes import Row, Way, mistakes, shared_biases, ways
from micrograd_paper.diagnosing.wrong_backpropagation import (
    ALL, RIGHT, UNSCALED, Backpropagation, Changes, Examples, Problem,
)
from micrograd_paper.display import number_text
from micrograd_paper.kinds.bounded import SLACK, TINY, Bounded
from micrograd_paper.notation import Symbol

MOST_FOLLOWED = 60  # attempts at one layer
MOST_IN_A_LAYER = 3  # rows that are not in a layer after it


class Mistake(NamedTuple):
    """What is wrong or a convention: the equation, in which layers, how, and how to mend it."""

    name: str
    equation: int
    layers: tuple[int, ...]
    how: str
    mend: str = ""
    is_convention: bool = False

    def __str__(self) -> str:
        layers = f"layer{'s' * (len(self.layers) > 1)} {', '.join(map(str, self.layers))}" if self.layers else ""
        return f"({self.equation}){', ' * bool(layers)}{layers}: {self.name}: {self.how}"


class Explanation(tuple[Mistake, ...]):
    """Mistakes and conventions that give the numbers together; .factor is that of all of them by the conventions."""

    factor = 1.0


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
    has_biases: bool = True

    @property
    def ok(self) -> bool:
        return self.weights is None and self.biases is None and self.deltas is None


class Attempt(NamedTuple):
    """What explains the layers down to one: rows with their layer (0: of all), the changes, the factors of all."""

    changes: Changes = RIGHT
    rows: tuple[tuple[Row, int], ...] = ()
    way_W: Way | None = None
    way_b: Way | None = None
    waiting: tuple[int, ...] = ()  # layers whose ∂C/∂b may be the sum of this and others

    @property
    def cost(self) -> int:
        """How many mistakes it is at least, with a small preference for what has a name."""
        kinds = {(row.name, row.how) for row, _ in self.rows}
        return 2 * len(kinds) + sum(name == "a factor" for name, _ in kinds)


    @property
    def mistakes(self) -> int:
        """How many kinds of rows it has that are no conventions."""
        return len({(row.name, row.how) for row, _ in self.rows if not row.is_convention})

    @property
    def uncommon(self) -> int:
        """How many of its rows are no conventions."""
        return sum(not row.is_convention for row, _ in self.rows)


NOTHING_YET = Attempt()


class Fit(NamedTuple):
    """What explains ∂C/∂W or ∂C/∂b of one layer."""

    rows: tuple[Row, ...]
    changes: Changes
    way: Way | None  # None: it cannot be told from these numbers


class Matcher:
    """The given gradients beside those that the equations give with any changes."""

    def __init__(
        self, problem: Problem, given: Given, deltas: dict[int, list[list[float]]] | None, tolerance: float
    ) -> None:
        self.problem, self.given, self.deltas, self.tolerance = problem, given, deltas, tolerance
        self.passes = Backpropagation(problem, given)
        self.set_tolerance(tolerance)
        self.reached: Attempt | None = None
        self.stopped_at = 0
        self.are_all_followed = True
        self.has_factors = False
        self.most = math.inf  # mistakes that an explanation may have

    def set_tolerance(self, tolerance: float) -> None:
        self.tolerance = tolerance
        self.slack_W = {l: tolerance * max(abs(g) for row in rows for g in row)
                        for l, rows in self.given.weights.items()}
        self.slack_b = {l: tolerance * max(map(abs, row)) for l, row in self.given.biases.items()}

    def with_tolerance(self, tolerance: float) -> "Matcher":
        """The same numbers, judged with another tolerance."""
        other = copy.copy(self)
        other.set_tolerance(tolerance)
        return other

    # beside the given numbers

    def near(self, number: float, closed: Bounded, slack: float) -> bool:
        return closed.near(number, self.given.roundoff, slack)

    def weights_match(self, l: int, changes: Changes) -> bool:
        entry, slack = self.passes.weight(l, changes), self.slack_W[l]
        return all(self.near(g, entry(j, k), slack)
                   for j, row in enumerate(self.given.weights[l]) for k, g in enumerate(row))

    def biases_match(self, l: int, changes: Changes) -> bool:
        if l not in self.given.biases:
            return True
        entry, slack = self.passes.bias(l, changes), self.slack_b[l]
        return all(self.near(g, entry(j), slack) for j, g in enumerate(self.given.biases[l]))

    def deltas_match(self, l: int, changes: Changes) -> bool:
        """Whether the given δ are these; those of the mean over k examples, δ/k, are accepted too."""
        if self.deltas is None:
            return True
        k = self.problem.k
        closed = [self.passes.delta(i, l, changes) for i in range(k)]
        slack = self.tolerance * max(abs(d) for row in self.deltas[l] for d in row)
        return any(
            all(self.near(d * scale, c, slack * scale) for row, closed_row in zip(self.deltas[l], closed)
                for d, c in zip(row, closed_row))
            for scale in dict.fromkeys((1, k))
        )

    def fits(self, changes: Changes) -> bool:
        """Whether backpropagation with these changes gives exactly the given numbers; from the last layer down."""
        return all(self.biases_match(l, changes) and self.deltas_match(l, changes) and self.weights_match(l, changes)
                   for l in reversed(self.problem.layers))

    def report(self, l: int) -> LayerReport:
        worst_weights = worst_biases = worst_deltas = None
        if not self.weights_match(l, RIGHT):
            weight = self.passes.weight(l, RIGHT)
            worst_weights = self.worst([
                (f"∂C/∂{Symbol('w', l, (j + 1, k + 1))}", g, weight(j, k))
                for j, row in enumerate(self.given.weights[l]) for k, g in enumerate(row)
            ], self.slack_W[l])
        if not self.biases_match(l, RIGHT):
            bias = self.passes.bias(l, RIGHT)
            worst_biases = self.worst([(f"∂C/∂{Symbol('b', l, (j + 1,))}", g, bias(j))
                                       for j, g in enumerate(self.given.biases[l])], self.slack_b[l])
        if self.deltas is not None and not self.deltas_match(l, RIGHT):
            k = self.problem.k
            worst_deltas = self.worst([
                (str(Symbol("delta", l, (j,), None if k == 1 else i + 1)), d, c)
                for i in range(k)
                for j, (d, c) in enumerate(zip(self.deltas[l][i], self.passes.delta(i, l, RIGHT)), start=1)
            ], self.tolerance * max(abs(d) for row in self.deltas[l] for d in row))
        return LayerReport(l, worst_weights, worst_biases, worst_deltas, l in self.given.biases)

    def largest_difference(self) -> float:
        """The largest difference from the paper's, relative to the largest number of its layer's ∂C/∂W or ∂C/∂b."""
        found = [0.0]
        for l, rows in self.given.weights.items():
            weight, largest = self.passes.weight(l, RIGHT), max(abs(g) for row in rows for g in row) or 1.0
            found += [abs(g - weight(j, k).value) / largest for j, row in enumerate(rows) for k, g in enumerate(row)]
        for l, row in self.given.biases.items():
            bias, largest = self.passes.bias(l, RIGHT), max(map(abs, row)) or 1.0
            found += [abs(g - bias(j).value) / largest for j, g in enumerate(row)]
        return max(found)

    def worst(self, numbers: Sequence[tuple[str, float, Bounded]], slack: float) -> Difference:
        """The largest difference among those that rounding errors do not explain."""
        wrong = [(symbol, g, c.value) for symbol, g, c in numbers if not self.near(g, c, slack)] or [
            (symbol, g, c.value) for symbol, g, c in numbers]
        return Difference(*max(wrong, key=lambda entry: abs(entry[1] - entry[2])))

    # the search

    def explanations(self, most: float = math.inf) -> list[Explanation]:
        """Everything with the fewest mistakes, at most so many, that gives the given numbers; [] if nothing does."""
        self.most = most
        if not any(any(row) for rows in self.given.weights.values() for row in rows) and not any(
                map(any, self.given.biases.values())):
            return self.of_zeros()
        self.table = mistakes(self.passes)
        self.ways = ways(self.problem)
        self.sorted_ways: dict[int, dict[tuple[Examples, float], tuple[list[float], list[Way]]]] = {}
        attempts: list[Attempt] = []
        for self.has_factors in (False, True):
            if not attempts and not (self.has_factors and self.factor() is not None):
                attempts = self.searched()
        return self.simplest(attempts)

    def conventions_alone(self) -> list[Explanation]:
        """The explanations that are of factors of all gradients and, for a softmax layer, its δ, and nothing else."""
        self.table, self.ways, self.sorted_ways = [], ways(self.problem), {}
        self.table = [row for row in mistakes(self.passes) if "softmax(z) − y" in row.how]
        self.ways = [way for way in self.ways if all(row.is_convention for row in way.rows)]
        return self.simplest(self.searched())

    def simplest(self, attempts: Iterable[Attempt]) -> list[Explanation]:
        """What these attempts tell, where it is the fewest mistakes; in the order of the table."""
        found = {explanation: None for attempt in attempts for explanation in self.told(attempt)}
        fewest = min(map(weight_of, found), default=0)
        return sorted([each for each in found if weight_of(each) == fewest], key=lambda each: (
            sum(not mistake.is_convention for mistake in each), [self.place(mistake) for mistake in each]))

    def of_zeros(self) -> list[Explanation]:
        """Every number is 0: two parts that were not filled in are no explanation, one mistake may be."""
        rows = [row for row in mistakes(self.passes) if row.name == "saturated"]
        return [Explanation([self.mistake(row, row.layers)]) for row in rows if self.fits(row.changes(row.layers))]

    def factor(self) -> float | None:
        """The one factor between the numbers given and the paper's, if there is one; one number alone has none."""
        rows = [*itertools.chain(*self.given.weights.values()), *self.given.biases.values()]
        if sum(bool(g) for row in rows for g in row) == 1:
            return None
        l, j, k = max(((l, j, k) for l, rows in self.given.weights.items() for j, row in enumerate(rows)
                       for k in range(len(row))), key=lambda at: abs(self.given.weights[at[0]][at[1]][at[2]]))
        c = self.passes.weight(l, RIGHT)(j, k)
        if c.value == 0:
            return None
        factor = self.given.weights[l][j][k] / c.value
        changes = frozenset((("times " + part, l), factor) for part in "Wb" for l in self.problem.layers)
        return factor if self.fits(changes) else None

    def from_own(self, l: int, own: Changes) -> Explanation:
        """What gives layer l and those before it, where δ^l is somebody's own, which nothing known gives."""
        self.has_factors = False
        as_given = Way(UNSCALED, ALL, ())
        found = self.simplest(self.searched(Attempt(own, (), as_given, as_given), l))
        return found[0] if found else Explanation()

    def searched(self, start: Attempt = NOTHING_YET, first: int | None = None) -> list[Attempt]:
        """The attempts that explain all layers from the first, which is the last of the network, down to the second."""
        attempts = [start]
        for l in range(first or self.problem.L, 1, -1):
            found: dict[Any, Attempt] = {}
            for attempt in attempts:
                for further in self.extended(attempt, l):
                    found.setdefault((further.changes, frozenset((row.name, row.how, at) for row, at in further.rows)),
                                     further)
            kept = sorted(found.values(), key=lambda each: (each.cost, each.uncommon))
            if not kept:
                if not self.has_factors or l < self.stopped_at:
                    self.reached, self.stopped_at = min(attempts, key=lambda each: (each.cost, each.uncommon)), l
                return []
            attempts = [each for each in kept if each.cost <= kept[0].cost + 2]
            self.are_all_followed &= len(attempts) <= MOST_FOLLOWED
            attempts = attempts[:MOST_FOLLOWED]
        return [attempt for attempt in attempts if not attempt.waiting]

    def extended(self, attempt: Attempt, l: int) -> Iterator[Attempt]:
        """The attempt with whatever explains layer l as well: first with no further mistake in δ, then with one, two.
        """
        least, left = math.inf, self.most - attempt.mistakes
        for further_rows, tier in self.errors(attempt, l):
            if further_rows > min(least, left):
                return
            for rows in tier:
                changes = attempt.changes.union(*[row.changes([l]) for row in rows])
                if not self.deltas_match(l, changes):
                    continue
                most = min(MOST_IN_A_LAYER, least, left) - further_rows
                for further in self.with_parts(attempt, l, rows, changes, most, 1 - further_rows):
                    least = min(least, (further.cost - attempt.cost) / 2)
                    yield further

    def errors(self, attempt: Attempt, l: int) -> Iterator[tuple[int, list[tuple[Row, ...]]]]:
        """What may give δ^l, in tiers of 0, 1, 2 rows that are not used in a layer before."""
        if any(place == ("delta", l) for place, _ in attempt.changes):  # it is their own
            return iter([(0, [()])])
        used = {(row.name, row.how, row.places) for row, _ in attempt.rows}
        here = [row for row in self.table if l in row.layers]
        sources = [row for row in here if row.places in (("slopes",), ("source",), ("back",))]
        primes = [row for row in here if row.places == ("prime",)]
        whole = [row for row in here if row.places == ("delta",)]
        pairs: list[tuple[Row, ...]] = [(), *((row,) for row in [*primes, *sources, *whole])]
        pairs += [*self.factored(attempt, l), *((source, prime) for source in sources for prime in primes)]
        pairs += [(source, back) for source in sources for back in sources
                  if (*source.places, *back.places) == ("source", "back")]
        tiers = collections.defaultdict(list)
        for rows in pairs:
            tiers[sum((row.name, row.how, row.places) not in used for row in rows)].append(rows)
        return iter(sorted(tiers.items()))

    def with_parts(
        self, attempt: Attempt, l: int, rows: tuple[Row, ...], changes: Changes, most: float, most_unsure: int
    ) -> Iterator[Attempt]:
        """The attempt with this δ^l, where it explains ∂C/∂W and ∂C/∂b of the layer with `most` further rows.

        Where no ∂C/∂b speaks for this δ, ∂C/∂W is tried with `most_unsure` rows.
        """
        groups = [(row, group) for row, group in shared_biases(self.problem, l)] if self.given.biases else []
        biases = self.bias_fits(attempt, l, changes, most)
        can_wait = not biases and any(
            l in group[1:] for other in self.problem.layers for _, group in shared_biases(self.problem, other))
        shared = [(row, group) for row, group in groups if all(
            other == l or other in attempt.waiting or self.biases_match(other, attempt.changes) for other in group)]
        if not biases and not can_wait and not shared:
            return
        if not biases or not any(self.given.biases.get(l, ())):
            most = min(most, max(0, most_unsure))
        weights = self.weight_fits(attempt, l, changes, [fit.way for fit in biases], most)
        for W in weights:
            found = [self.joined(attempt, l, rows, changes, W, b) for b in biases]
            if not any(found) and W.way is not None:  # another (23), with the factor of the weights
                biases_too = self.bias_fits(attempt._replace(way_b=W.way), l, changes, most)
                found = [self.joined(attempt, l, rows, changes, W, b._replace(way=W.way)) for b in biases_too]
            yield from filter(None, found)
            own = Fit((), RIGHT, None)
            if can_wait:
                joined = self.joined(attempt, l, rows, changes, W, own)
                if joined is not None:
                    yield joined._replace(waiting=(*attempt.waiting, l))
            for row, group in shared if not biases or attempt.waiting else []:
                joined = self.joined(attempt, l, rows, changes, W, own)
                if joined is not None:
                    both = joined.changes | row.changes(group)
                    if joined.way_b is None and joined.way_W is not None:
                        both |= way_changes(joined.way_W, "b")
                    if all(self.biases_match(other, both) for other in group):
                        yield joined._replace(
                            changes=both, rows=(*joined.rows, *((row, other) for other in group)),
                            waiting=tuple(other for other in joined.waiting if other not in group))

    def joined(
        self, attempt: Attempt, l: int, rows: tuple[Row, ...], changes: Changes, W: Fit, b: Fit
    ) -> Attempt | None:
        """The attempt with fits of both parts, unless their factors contradict each other."""
        way_W, way_b = attempt.way_W or W.way, attempt.way_b or b.way
        further: list[tuple[Row, int]] = []
        if W.way is not None or b.way is not None:  # the factors show here for the first time
            of_W, of_b = (() if way is None else way.rows for way in (way_W, way_b))
            before = {(row.name, row.how) for row, _ in attempt.rows}
            if way_W is not None and way_b is not None:
                for own, other, part in ((of_W, of_b, "weights"), (of_b, of_W, "biases")):
                    alone = [row for row in own if row not in other]
                    if any(row.equation != 6 for row in alone):
                        return None
                    further += [(row._replace(how=f"{row.how} ({part} only)", is_convention=False), 0) for row in alone]
                of_W = tuple(row for row in of_W if row in of_b)
            further += [(row, 0) for row in (of_b if way_W is None else of_W) if (row.name, row.how) not in before]
        parts = [*W.rows, *(row for row in b.rows if row not in W.rows)]
        both = changes | W.changes | b.changes
        for way, part in ((way_W, "W"), (way_b, "b")):
            if way is not None:
                both |= way_changes(way, part)
        return Attempt(both, (*attempt.rows, *((row, l) for row in (*rows, *parts)), *further), way_W, way_b,
                       attempt.waiting)

    # one part of one layer

    def bias_fits(self, attempt: Attempt, l: int, changes: Changes, most: float) -> list[Fit]:
        """What gives ∂C/∂b^l from this δ: (23) or a wrong one, with any factor of all that is not yet known."""
        if l not in self.given.biases:
            return [Fit((), RIGHT, None)]
        given = self.given.biases[l]
        pivot = max(range(len(given)), key=lambda j: abs(given[j]))
        rows = [row for row in self.table if l in row.layers and (
            "biases δ" in row.places or row.places == ("bias decay",))]
        for variants in self.tried(attempt, most, rows):
            found = []
            for variant in variants:
                own = frozenset().union(*[row.changes([l]) for row in variant])
                known = changes | own
                if not given[pivot]:
                    if self.biases_match(l, known):
                        found.append(Fit(variant, own, None))
                    continue
                for way in self.possible_ways(attempt.way_b, l, not variant or most == MOST_IN_A_LAYER):
                    if isinstance(way, Examples):
                        slope = self.passes.mean_bias_slopes(l, known | {(("examples b",), way)})[pivot]
                        decays = [row.value(self.problem, self.passes.b[l][pivot]) for row in variant
                                  if row.places == ("bias decay",)]
                        decay = decays[0] * 1.0 if decays else 0.0
                        candidates = self.looked_up(l, way, given[pivot], slope, decay, self.slack_b[l])
                    else:
                        candidates = [way]
                    found += [Fit(variant, own, candidate) for candidate in candidates
                              if self.biases_match(l, known | way_changes(candidate, "b"))]
            if found:
                return found
        return self.factors(attempt, l, changes, "b")

    def weight_fits(
        self, attempt: Attempt, l: int, changes: Changes, of_biases: Sequence[Way | None], most: float
    ) -> list[Fit]:
        """What gives ∂C/∂W^l from this δ: (24) or a wrong one, and its decay."""
        given = self.given.weights[l]
        places = [(j, k) for j, row in enumerate(given) for k in range(len(row))]
        j, k = max(places, key=lambda place: abs(given[place[0]][place[1]]))
        rows = [row for row in self.table if l in row.layers and (
            {"inputs", "outer", "weights δ"} & {*row.places} or row.places == ("times W",))]
        decays = [row for row in self.table if l in row.layers and row.places == ("decay",)]
        preferred = list(dict.fromkeys(way for way in of_biases if way is not None))
        for only in ([preferred] if preferred and attempt.way_W is None else []) + [None]:
            found: list[Fit] = []
            for count, variants in enumerate(self.tried(attempt, most, rows, decays)):
                if found:  # a factor of all may hide a decay here that shows in no other layer
                    variants = [variant for variant in variants if variant and {*variant} <= {*decays}]
                for variant in variants:
                    own = frozenset().union(*[row.changes([l]) for row in variant])
                    known = changes | own
                    if not given[j][k]:
                        if self.weights_match(l, known):
                            found.append(Fit(variant, own, None))
                        continue
                    for way in only or self.possible_ways(attempt.way_W, l, not variant or most == MOST_IN_A_LAYER):
                        if isinstance(way, Examples):
                            there = known | {(("examples W",), way)}
                            slope = self.passes.mean_slope(l, there)(j, k)
                            if not slope.value and self.weights_match(l, known):
                                found.append(Fit(variant, own, None))  # the decay alone, which tells of no factor
                            decay = self.passes.decay(l, there)(k) * self.passes.W[l][j][k].value
                            candidates = self.looked_up(l, way, given[j][k], slope, decay, self.slack_W[l])
                        else:
                            candidates = [way]
                        found += [Fit(variant, own, candidate) for candidate in candidates
                                  if self.weights_match(l, known | way_changes(candidate, "W"))]
                if found and (count or not decays or attempt.way_W is not None):
                    break
            if found:
                return found + self.factors(attempt, l, changes, "W") * (only is None)
        return self.factors(attempt, l, changes, "W")

    def tried(
        self, attempt: Attempt, most: float, rows: Sequence[Row], others: Sequence[Row] = ()
    ) -> Iterator[list[tuple[Row, ...]]]:
        """No row and those that are used in a layer before; then each, and each with each of the others."""
        used = {(row.name, row.how) for row, _ in attempt.rows}
        is_new = {row: (row.name, row.how) not in used for row in [*rows, *others]}
        tiers: dict[int, list[tuple[Row, ...]]] = collections.defaultdict(list, {0: [()]})
        for row, new in is_new.items():
            tiers[new].append((row,))
        for count in range(3):
            if count <= most:
                pairs = itertools.product(rows, others) if any(not new for new in is_new.values()) or count == 2 else ()
                yield tiers[count] + [pair for pair in pairs if sum(map(is_new.__getitem__, pair)) == count]

    def possible_ways(self, known: Way | None, l: int, with_others: bool) -> Iterable[Any]:
        """The factor of all that is known, or each choice of examples whose factor is to be looked up.

        Other examples than the batch are a mistake as well, which is tried `with_others` where there is hardly another.
        """
        if known is not None:
            return [known]
        if not with_others:
            return [ALL]
        return dict.fromkeys(examples for examples, _ in self.index(l))

    def index(self, l: int) -> dict[tuple[Examples, float], tuple[list[float], list[Way]]]:
        """The ways by their examples and their total, sorted by their factor of the examples' slopes in layer l."""
        if l not in self.sorted_ways:
            groups = collections.defaultdict(list)
            for way in self.ways:
                groups[(way.examples, way.scale.total)].append(way)
            for group in groups.values():
                group.sort(key=lambda way: way.scale.of(l))
            self.sorted_ways[l] = {key: ([way.scale.of(l) for way in group], group) for key, group in groups.items()}
        return self.sorted_ways[l]

    def looked_up(
        self, l: int, examples: Examples, number: float, slope: Bounded, decay: float, slack: float
    ) -> list[Way]:
        """The ways by which number is total·(data·slope + decay), with the fewest rows."""
        if not slope.value:
            return []
        found = []
        for (which, total), (factors, group) in self.index(l).items():
            if which != examples:
                continue
            factor = (number / total - decay) / slope.value
            room = (SLACK * (self.given.roundoff * (2 * abs(number) + abs(factor * slope.error * total)) + TINY[
                self.given.roundoff]) + slack) / abs(slope.value * total) + 1e-12 * abs(factor)
            start, end = bisect.bisect_left(factors, factor - room), bisect.bisect_right(factors, factor + room)
            found += group[start:end]
        fewest = min((len(way.rows) for way in found), default=0)
        return [way for way in found if len(way.rows) <= fewest or (
            len(way.rows) == fewest + 1 and len({*way.scale.data}) > 1)]

    def factors(self, attempt: Attempt, l: int, changes: Changes, part: str) -> list[Fit]:
        """One factor of the whole part, which has no name: of two numbers or more that are not 0."""
        if not self.has_factors:
            return []
        factor = self.one_factor(attempt, l, changes, part)
        if factor is None:
            return []
        equation, name = (24, "∂C/∂W") if part == "W" else (23, "∂C/∂b")
        row = self.factor_row(equation, name, f"times {part}", factor)
        return [Fit((row,), row.changes([l]), None)]

    def factor_row(self, equation: int, name: str, place: str, factor: float) -> Row:
        times = number_text(factor, 6)
        return Row("a factor", equation, f"{name} is {times} times what it should be", f"divide by {times}", (place,),
                   factor, tuple(self.problem.layers))

    def factored(self, attempt: Attempt, l: int) -> Iterator[tuple[Row, ...]]:
        """δ^l times a factor that has no name, where both ∂C/∂W and ∂C/∂b of the layer have it."""
        factor = self.one_factor(attempt, l, attempt.changes, "W") if self.has_factors else None
        if factor is not None:
            yield (self.factor_row(21 if l < self.problem.L else 16, "δ", "times δ", factor),)

    def one_factor(self, attempt: Attempt, l: int, changes: Changes, part: str) -> float | None:
        """The factor between the numbers of a part and what is expected of it, if there is one."""
        way = attempt.way_W if part == "W" else attempt.way_b
        known = changes | (way_changes(way, part) if way is not None else RIGHT)
        if part == "W":
            entry: Callable[..., Bounded] = self.passes.weight(l, known)
            numbers: dict[tuple[int, ...], float] = {
                (j, k): g for j, row in enumerate(self.given.weights[l]) for k, g in enumerate(row)}
        else:
            entry = self.passes.bias(l, known)
            numbers = {(j,): g for j, g in enumerate(self.given.biases[l])}
        places = [place for place, g in numbers.items() if g]
        if len(places) < 2:
            return None
        pivot = max(places, key=lambda place: abs(numbers[place]))
        closed = entry(*pivot)
        if not closed.value:
            return None
        factor = numbers[pivot] / closed.value
        if abs(factor - round(factor, 9)) < 1e-12 * abs(factor):
            factor = round(factor, 9)
        own = known | {((f"times {part}", l), factor)}
        return factor if (self.weights_match if part == "W" else self.biases_match)(l, own) else None

    # what is told

    def told(self, attempt: Attempt) -> Iterator[Explanation]:
        """The attempt as mistakes, one for each row and group of layers: output, hidden, all, or one."""
        layers: dict[tuple[str, str], list[int]] = {}
        rows: dict[tuple[str, str], Row] = {}
        for row, l in attempt.rows:
            layers.setdefault((row.name, row.how), []).append(l)
            rows[row.name, row.how] = row
        found: list[Mistake] = []
        for key, where in layers.items():
            row = rows[key]
            if not row.layers:
                found.append(self.mistake(row, ()))
                continue
            if row.telling is not None and not {*row.telling} & {*where}:
                return
            found += [self.mistake(row, group) for group in self.grouped(row, tuple(sorted(set(where))), attempt)]
        order = sorted(found, key=lambda mistake: (not mistake.is_convention, -max(mistake.layers, default=99)))
        explanation = Explanation(order)
        way = attempt.way_W or attempt.way_b
        if way is not None and len({*way.scale.data}) == 1 and way.examples == ALL:
            explanation.factor = way.scale.total * way.scale.data[0]
        yield explanation

    def grouped(self, row: Row, layers: tuple[int, ...], attempt: Attempt) -> list[tuple[int, ...]]:
        """The layers as one group if they are all that are possible, or all hidden ones, or might as well be."""
        hidden = tuple(l for l in row.layers if l < self.problem.L)
        for group in (row.layers, hidden):
            if layers == group:
                return [group]
        for group in (hidden, row.layers):
            if {*layers} <= {*group} and len(layers) > 1 and row.name != "a factor":
                others = {place for l in group for place, _ in row.changes([l])}
                free = frozenset(change for change in attempt.changes if change[0] not in others)
                if self.fits(free | row.changes(group)):
                    return [group]
        return [(l,) for l in reversed(layers)]

    def mistake(self, row: Row, layers: tuple[int, ...]) -> Mistake:
        """The row in these layers; σ′ of the output layer alone is (16)."""
        equation, how, L = row.equation, row.how, self.problem.L
        if row.places == ("prime",) and layers == (L,):
            equation = 16
            if row.name == "σ′ forgotten" and self.problem.cost == "quadratic":
                how += "; a − y is (26), the other cost's δ"
        elif row.places == ("prime",) and L in layers:
            how += ", in (16) too"
        return Mistake(row.name, equation, layers, how, row.mend, row.is_convention)

    def place(self, mistake: Mistake) -> int:
        """Where its row stands in the table."""
        return next((i for i, row in enumerate(self.table) if row.name == mistake.name and
                     mistake.how.startswith(row.how)), 0)


def way_changes(way: Way, part: str) -> Changes:
    """A factor of all as changes of one part; what changes nothing is left out."""
    scale = {((f"scale {part}",), way.scale)} if way.rows else set()
    return frozenset(scale | ({((f"examples {part}",), way.examples)} if way.examples != ALL else set()))


def weight_of(explanation: Explanation) -> int:
    return 2 * len(explanation) + sum(mistake.name == "a factor" for mistake in explanation)
