"""What is wrong with my backpropagation? Given gradients, and which known mistakes reproduce them.

    >>> weights = [[[-w.grad for w in neuron.weights] for neuron in layer.neurons] for layer in net.layers]
    >>> biases = [[-neuron.bias.grad for neuron in layer.neurons] for layer in net.layers]
    >>> diagnosis = diagnose((weights, biases), net, x, y, cost="cross_entropy")
    >>> diagnosis.ok                    # and print(diagnosis) says it layer by layer
    False
    >>> [mistake.how for mistake in diagnosis.explanations[0]]
    ['the sign of ∂C/∂a is turned: y − a instead of a − y']

The gradients are compared with the paper's, computed from the network alone. If they differ, each known mistake is put
into the paper's equations, then each compatible pair, and those that give exactly these numbers are named. The
tolerance is what rounding errors can be in the precision of the gradients.
"""

import html
import itertools
import math
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from micrograd_paper.activations import check_activations
from micrograd_paper.checks import check_alpha, check_eta, check_m, check_size, is_table, listed, real
from micrograd_paper.costs import Cost, cost_function, cross_entropy, cross_entropy_from_logits, quadratic
from micrograd_paper.descent import checked_examples
from micrograd_paper.diagnosing.conclusions import conclusions, other_networks, own_errors, with_own
from micrograd_paper.diagnosing.given_gradients import Given, read_deltas, readings
from micrograd_paper.diagnosing.search import Explanation, LayerReport, Matcher, Mistake
from micrograd_paper.diagnosing.wrong_backpropagation import RIGHT, Pair, Problem
from micrograd_paper.display import as_given, number_text
from micrograd_paper.errors import MicrogradPaperError, NotAValue, ShapeError, UsageError
from micrograd_paper.kinds.bounded import ROUNDOFF
from micrograd_paper.nn import MLP
from micrograd_paper.paper import equation
from micrograd_paper.plain import printable


NOTHING = Explanation()


class Diagnosis:
    """.ok; .layers from the last to the second; .explanations, the simplest first, each of mistakes and conventions.

    .told says how the gradients were read, where their form is not the expected one. .consistent holds, where nothing
    explains them, what can be said of them all the same; .partly, what explains the layers after .stopped_at; and
    .below, what explains that layer and those before it from their own δ.
    """

    def __init__(
        self, layers: Sequence[LayerReport], explanations: Sequence[Explanation], consistent: Sequence[str],
        precision: str, told: Sequence[str] = (), partly: Explanation = NOTHING, below: Explanation = NOTHING,
        stopped_at: int = 0, more: bool = False, tolerance: float = 0.0, largest: float = 0.0,
    ) -> None:
        self.layers = list(layers)
        self.explanations = list(explanations)
        self.consistent = list(consistent)
        self.precision = precision
        self.told = list(told)
        self.partly, self.below, self.stopped_at, self.more = partly, below, stopped_at, more
        self.tolerance, self.largest = tolerance, largest

    @property
    def ok(self) -> bool:
        """Whether every gradient is the paper's, up to the rounding errors of its precision."""
        return all(layer.ok for layer in self.layers)

    @property
    def conventions(self) -> list[Mistake]:
        """What the first explanation has that is a matter of convention: signs, sums for means, η."""
        return [mistake for mistake in (*self.explanations[:1], self.partly)[0] if mistake.is_convention]

    @property
    def verdict(self) -> str:
        """One sentence."""
        if self.ok:
            how_far = f"as far as {self.precision} can tell" if not self.tolerance else (
                f"within {number_text(self.tolerance, 3)} of the largest number of each layer (largest difference "
                f"{number_text(self.largest, 2)} of it)")
            return f"every gradient is the paper's, {how_far}"
        if not self.explanations:
            if not any(layer.weights or layer.biases for layer in self.layers):
                return "every gradient is the paper's, but the δ given are not"
            first = next(layer for layer in self.layers if not layer.ok)
            difference = first.weights or first.biases or first.deltas
            return f"not a mistake I know; on the way back the first difference is in layer {first.layer}: {difference}"
        n, conventions = len(self.explanations), len(self.conventions)
        if self.explanations[0][0].name == "another network":
            return f"not this network's: {self.explanations[0][0].how}" + f"; {n} such networks fit" * (n > 1)
        size = len(self.explanations[0]) - conventions
        what = "one mistake" if size == 1 else f"{NUMBERS.get(size, str(size))} mistakes at once"
        beside = "a convention" if conventions == 1 else f"{NUMBERS.get(conventions, str(conventions))} conventions"
        if not size:
            what = beside if conventions > 1 else "one convention"
        give = f"give{'s' * (size == 1 or (not size and conventions == 1))} just these numbers"
        apart = f", apart from {beside}" if size and conventions else ""
        if n == 1:
            return f"{what} {give}{apart}"
        fit = f"{n}{' pairs' if size == 2 else ' sets' * (size > 2)} fit"
        return f"{what} would give just these numbers{apart}; {fit}, and the numbers cannot tell them apart"

    def lines(self) -> list[str]:
        """The report as lines of text."""
        lines = []
        for layer in self.layers:
            marks = "   ".join(f"{name} {'✓' if difference is None else '✗'}" for name, difference in parts_of(layer))
            worst = layer.weights or layer.biases or layer.deltas
            delta = "   δ ✗" if layer.deltas else ""
            lines.append(f"layer {layer.layer}   {marks}{delta}" + (f"   {worst}" if worst else ""))
        return [*lines, "", *self.sentences()]

    def sentences(self) -> list[str]:
        """The verdict, how the gradients were read, and what explains them."""
        lines = [self.verdict + (":" if self.explanations else ""), *(f"  read so: {each}" for each in self.told)]
        for explanation in self.explanations[:MOST_SHOWN]:
            lines += ["", *described(explanation)]
        if len(self.explanations) > MOST_SHOWN:
            lines += ["", f"  … and {len(self.explanations) - MOST_SHOWN} more that fit"]
        if self.more:
            lines += ["", "  more fit than were followed"]
        l = self.stopped_at
        for explanation, what in ((self.partly, f"this explains the layers after layer {l}, and apart from it:"), (
                self.below, f"with your own δ of layer {l}, this explains that layer and those before it:")):
            if explanation:
                lines += ["", what, *described(explanation)]
        return lines + [""] * bool(self.partly or self.below) + [f"  {line}" for line in self.consistent]

    def __str__(self) -> str:
        return printable("\n".join(self.lines()))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        text = html.escape("\n".join(self.sentences()[1:]).strip("\n"))
        rows = "".join(
            f"<tr><th>layer {layer.layer}</th>" + "".join(
                f"<td>{name} {'✓' if difference is None else '✗'}</td>" for name, difference in parts_of(layer)
            ) + f"<td>{html.escape(str(layer.weights or layer.biases or layer.deltas or ''))}</td></tr>"
            for layer in self.layers
        )
        return (f"<div><p><b>{html.escape(self.verdict)}</b></p><table>{rows}</table>"
                + (f"<pre>{text}</pre>" if text else "") + "</div>")

    def as_dict(self) -> dict[str, Any]:
        """The diagnosis as what JSON can hold."""
        return {
            "ok": self.ok,
            "verdict": self.verdict,
            "precision": self.precision,
            "told": self.told,
            "layers": [
                {"layer": layer.layer, "ok": layer.ok,
                 **{name: None if part is None else part._asdict()
                    for name, part in (("weights", layer.weights), ("biases", layer.biases), ("deltas", layer.deltas))}}
                for layer in self.layers
            ],
            "explanations": [mistakes_as_dicts(explanation) for explanation in self.explanations],
            "partly": mistakes_as_dicts(self.partly),
            "below": mistakes_as_dicts(self.below),
            "consistent": self.consistent,
        }


def mistakes_as_dicts(explanation: Explanation) -> list[dict[str, Any]]:
    return [mistake._asdict() | {"layers": list(mistake.layers)} for mistake in explanation]


MOST_SHOWN = 6
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def parts_of(layer: LayerReport) -> list[tuple[str, Any]]:
    return [("∂C/∂W", layer.weights), ("∂C/∂b", layer.biases)][: 2 if layer.has_biases else 1]


def described(explanation: Explanation) -> list[str]:
    lines = []
    if explanation.factor != 1:
        names = "; ".join(mistake.name for mistake in explanation if mistake.is_convention)
        apart = ". Apart from that:" * any(not mistake.is_convention for mistake in explanation)
        lines.append(f"  yours are {number_text(explanation.factor, 6)} times the gradient" + f": {names}" * bool(
            names) + apart)
    for i, mistake in enumerate(explanation):
        lines.append(("  and " if i else "  • ") + str(mistake) + "  (a convention)" * mistake.is_convention)
        lines.append(f"      the paper: {equation(mistake.equation).text}  ({mistake.equation})")
        if mistake.mend:
            lines.append(f"      instead: {mistake.mend}")
    return lines


def diagnose(
    gradients: Any, net: MLP, x: Any, y: Any, cost: Cost | str = quadratic, alpha: float = 0.0, m: int | None = None,
    eta: float | None = None, earlier: Any = None, deltas: Any = None, tolerance: float = 0.0,
) -> Diagnosis:
    """Say whether the given gradients are the paper's, and if not, which equation is broken and how.

    gradients   (∂C/∂W by layer, ∂C/∂b by layer), from layer 2 on: nested lists, NumPy arrays, PyTorch tensors; None
                for ∂C/∂b judges the weights alone; or a torch.nn.Sequential whose Linear layers hold a .grad; or an MLP
                after `backward`. Other orders and shapes are known by their shapes, and told
    net         the network with the weights that they were computed at
    x, y        one example, or a batch: lists of k examples (or columns of them); the cost is their mean, (4), (25)
    cost        quadratic or cross_entropy
    alpha, m    of the penalty α/2m Σ w² (27); m is the number of training examples (default: the batch's size)
    eta         the learning rate, if the weights may have been updated before δ was propagated
    earlier     (x, y) of an earlier example or batch whose gradients may not have been reset
    deltas      their δ by layer, if known: for a batch a list of k for each layer
    tolerance   relative to the largest number of each layer: 1e-3 for numbers copied from paper to three digits

    Raises ShapeError, UsageError, NotANumber for invalid arguments, with the layer, what was expected and what given.
    """
    return of_readings(matchers(gradients, net, posed(net, x, y, cost, alpha, m, eta, earlier), deltas, tolerance))


def matchers(
    gradients: Any, net: MLP, problems: Iterable[tuple[tuple[str, ...], Problem]], deltas: Any, tolerance: Any
) -> list[tuple[Matcher, tuple[str, ...]]]:
    """One for each way in which the gradients and examples can be read, and in words how that is."""
    tolerance, read = check_tolerance(tolerance), readings(gradients, net)
    return [
        (Matcher(problem, given, None if deltas is None else read_deltas(deltas, net, problem.k), tolerance),
         (*told, *columns)) for (told, given), (columns, problem) in itertools.product(read, problems)
    ]


def of_readings(read: Iterable[tuple[Matcher, tuple[str, ...]]]) -> Diagnosis:
    """The diagnosis of the reading that is right, else of that with the fewest mistakes."""
    found: list[Diagnosis] = []
    for matcher, told in read:
        found.append(of_one_reading(matcher, told))
        if found[-1].ok:
            return found[-1]
    return min(found, key=lambda each: len(each.explanations[0]) if each.explanations else math.inf)


def of_one_reading(matcher: Matcher, told: Sequence[str]) -> Diagnosis:
    """The diagnosis of gradients read in one way."""
    problem, given = matcher.problem, matcher.given
    layers = [matcher.report(l) for l in range(problem.L, 1, -1)]
    explanations: list[Explanation] = []
    said: list[str] = []
    partly, below, stopped_at = Explanation(), Explanation(), 0
    if not all(layer.ok for layer in layers):
        explanations = matcher.explanations()
        for others in (clipped_or_normalized, transposed, reversed_order, of_another_network):  # simpler, if any
            if mistakes_in(explanations) > 1:
                explanations = min(explanations, others(matcher, mistakes_in(explanations) - 1), key=mistakes_in)
        if not explanations:
            stopped_at = matcher.stopped_at
            said = conclusions(matcher)
            said += finite_differences(matcher)
            if matcher.reached is not None and matcher.reached.rows:
                partly = next(matcher.told(matcher.reached))
            own = own_errors(matcher, stopped_at) if stopped_at else None
            if own is not None:
                below = matcher.from_own(stopped_at, with_own(stopped_at, own))
    precision = next(name for name, roundoff in ROUNDOFF.items() if roundoff == given.roundoff)
    return Diagnosis(layers, explanations, said, precision, told, partly, below, stopped_at,
                     not matcher.are_all_followed, matcher.tolerance, matcher.largest_difference() if matcher.tolerance
                     else 0.0)


def mistakes_in(explanations: Sequence[Explanation]) -> float:
    """How many mistakes the explanations have, conventions not counted; another network is one."""
    return min((sum(not each.is_convention or each.name == "another network" for each in explanation)
                for explanation in explanations), default=math.inf)


def clipped_or_normalized(matcher: Matcher, most: float) -> list[Explanation]:
    """What is done to all gradients at the end: none is larger than a limit, or their norm is a round number."""
    given, layers = matcher.given, tuple(matcher.problem.layers)
    rows = [*itertools.chain(*given.weights.values()), *given.biases.values()]
    sizes = [abs(g) for row in rows for g in row]
    largest, norm = max(sizes), math.sqrt(math.fsum(g * g for g in sizes))
    if largest and sizes.count(largest) > 1 and matcher.fits(frozenset({(("clip",), largest)})):
        return [Explanation([Mistake("clipped", 24, layers, f"no gradient is larger than {number_text(largest, 6)}",
                                     "compare the gradients before they are clipped", True)])]
    factor = matcher.factor()
    if factor is not None and factor > 0 and norm and abs(norm - round(norm, 3)) < 1e-6 * norm:
        return [Explanation([Mistake("normalized", 24, layers, f"all gradients together have the norm "
                                     f"{number_text(round(norm, 3), 6)}", "compare the gradients before that", True)])]
    return []


def transposed(matcher: Matcher, most: float) -> list[Explanation]:
    """Square matrices that are transposed, decay and all, or whose (24) has another mistake: no shape shows it."""
    problem, given = matcher.problem, matcher.given
    layers = tuple(l for l in problem.layers if problem.n(l) > 1)
    if not layers or len({*problem.net.shape}) > 1:
        return []
    weights = {l: [list(column) for column in zip(*rows)] for l, rows in given.weights.items()}
    other = Matcher(problem, given._replace(weights=weights), matcher.deltas, matcher.tolerance)
    row = Mistake("∂C/∂W transposed", 24, layers, "the matrices are (in, out): column j, not row j, leads to neuron j",
                  "∂C/∂w_jk is δˡ_j aˡ⁻¹_k")
    found = [Explanation()] if other.fits(RIGHT) else other.explanations(most - 1)
    return [Explanation([row, *explanation]) for explanation in found]


def reversed_order(matcher: Matcher, most: float) -> list[Explanation]:
    """Lists filled from the last layer to the second and not reversed, where the shapes do not show it."""
    problem, given, layers = matcher.problem, matcher.given, tuple(matcher.problem.layers)
    if len(layers) < 2:
        return []

    def turned(parts: dict[int, Any]) -> dict[int, Any]: return dict(zip(parts, reversed(parts.values())))

    weights, biases = turned(given.weights), turned(given.biases)
    fits_W = all((len(weights[l]), len(weights[l][0])) == (problem.n(l), problem.n(l - 1)) for l in layers)
    fits_b = bool(biases) and all(len(biases[l]) == problem.n(l) for l in layers)
    choices = [(weights, biases, "", 24)] * (fits_W and (fits_b or not biases))
    choices += [(weights, given.biases, " (weights only)", 24)] * fits_W
    choices += [(given.weights, biases, " (biases only)", 23)] * fits_b
    for W, b, part, number in choices:
        other = Matcher(problem, Given(W, b, given.roundoff), matcher.deltas, matcher.tolerance)
        row = Mistake("layers in reverse order", number, layers,
                      "the gradients stand from the last layer to the second" + part, "reverse the lists at the end")
        found = [Explanation()] if other.fits(RIGHT) else other.explanations(most - 1)
        if found:
            return [Explanation([row, *explanation]) for explanation in found]
    return []


def of_another_network(matcher: Matcher, most: float) -> list[Explanation]:
    """The gradients may be right, up to conventions, for a network with other activations, cost or classes."""
    found: list[Explanation] = []
    fewest = 0
    for number, words, changed, problem in other_networks(matcher.problem):
        if found and changed > fewest:
            break
        other = Matcher(problem, matcher.given, matcher.deltas, matcher.tolerance)
        for explanation in [Explanation()] if other.fits(RIGHT) else other.conventions_alone():
            row = Mistake("another network", number, (), f"these are the right gradients of the network with {words}",
                          "compare with that network, or build this one", True)
            found.append(Explanation([row, *explanation]))
            fewest = changed
    return found


def finite_differences(matcher: Matcher) -> list[str]:
    """A sentence where the numbers agree with the paper's to some digits, as finite differences do."""
    for digits in range(10, 3, -1):
        if matcher.with_tolerance(10.0**-digits).fits(RIGHT):
            return [f"all agree to {digits} digits, as finite differences do: tolerance=1e-{digits}"]
    return []


def assert_matches_paper(
    backprop: Callable[[Any, Any, Any, Any], Any], cost: Cost | str = quadratic, trials: int = 20, *,
    array: Callable[[Any], Any] | None = None, shapes: Sequence[Sequence[int]] | None = None,
    activation: Any = "sigmoid", batch: int | None = None, alpha: float = 0.0, tolerance: float = 0.0, seed: int = 0,
) -> None:
    """Check a backpropagation against the paper on random networks, for example in the tests of a course.

    backprop(weights, biases, x, y) takes W² … Wᴸ (lists of rows), b² … bᴸ, one example x and its targets y, and
    returns the gradients in any form that `diagnose` takes. All of them are plain lists, or what `array` makes of each
    matrix and vector: array=numpy.array, array=torch.tensor.

    shapes       the layer sizes of the networks, such as [(2, 3, 1)]; by default some of two to five layers, of equal
                 and of different sizes
    activation   of all layers, or a list of one for each layer of weights
    batch        x and y are lists of so many examples, and the gradients those of the mean cost; None: one example
    alpha        of the penalty α/2m Σ w² (27), with m the batch's size
    tolerance    as in `diagnose`

    Raises AssertionError with the diagnosis if a gradient is not the paper's; UsageError if backprop itself fails.
    """
    __tracebackhide__ = True  # pytest then points at the caller
    if not callable(backprop):
        raise UsageError(f"backprop must be a function of weights, biases, x and y; got {backprop!r}")
    trials = check_size(trials, "the number of trials")
    k = None if batch is None else check_size(batch, "the size of the batch")
    right: list[MLP] = []
    failed: list[tuple[int, MLP, list[tuple[Matcher, tuple[str, ...]]]]] = []
    raised: list[tuple[MLP, Exception]] = []
    for trial in range(trials):
        sizes = list(shapes or TRIAL_SHAPES)
        net, xs, ys = drawn(random.Random(f"{seed} {trial}"), sizes[trial % len(sizes)], activation, k or 1)
        x, y = (xs[0], ys[0]) if k is None else (xs, ys)
        convert = array or (lambda numbers: numbers)
        weights = [convert([[w.data for w in row] for row in rows]) for rows in net.weights.values()]
        biases = [convert([b.data for b in row]) for row in net.biases.values()]
        try:
            gradients = backprop(weights, biases, convert(x), convert(y))
            read = matchers(gradients, net, posed(net, x, y, cost, alpha), None, tolerance)
        except Exception as error:  # backprop's own, or gradients of another shape: a square network may say why
            raised.append((net, error))
            continue
        if any(matcher.fits(RIGHT) for matcher, _ in read):
            right.append(net)
        else:
            failed.append((trial, net, read))
    if failed or raised:
        wrong = {len(net.shape) for net in [*(net for _, net, _ in failed), *(net for net, _ in raised)]}
        depths = sorted({len(net.shape) for net in right} - wrong)
        fine = f"right on all networks of {' and '.join(map(str, depths))} layers; " if depths else ""
        if not failed:
            net, cause = raised[0]
            if isinstance(cause, MicrogradPaperError):
                raise ShapeError(f"{fine}what backprop returned for a network {net.shape_text}: {cause}") from cause
            hint = "" if array else "; it was given plain lists: array=numpy.array gives it arrays"
            raise UsageError(f"{fine}backprop raised {type(cause).__name__} on a network {net.shape_text}: {cause}"
                             f"{hint}") from cause
        raise AssertionError(fine + failure(failed, raised, trials))


def failure(
    failed: Sequence[tuple[int, MLP, list[tuple[Matcher, tuple[str, ...]]]]], raised: Sequence[tuple[MLP, Exception]],
    trials: int,
) -> str:
    """What is told of wrong gradients; first what fails by shape, if most do."""
    trial, net, read = max(failed, key=lambda each: len(each[1].shape))
    diagnosis = of_readings(read)
    for _, _, other in failed:  # what does not fit another network is not it; unless no such mistake has room there
        if len(diagnosis.explanations) <= 1:
            break
        kinds = {kind(explanation) for explanation in of_readings(other).explanations}
        fitting = [found for found in diagnosis.explanations if kind(found) in kinds]
        diagnosis.explanations = fitting or diagnosis.explanations
    told = [f"{len(failed)} of {trials} networks have other gradients than the paper's; one of them, {net.shape_text}, "
            f"in trial {trial + 1}:\n{diagnosis}"]
    if raised:
        told.insert(0 if len(raised) > len(failed) else 1, f"on a network {raised[0][0].shape_text} it fails: "
                    f"{raised[0][1]}")
    return "\n\n".join(told)


TRIAL_SHAPES = ((2, 3, 1), (3, 3, 3), (4, 3, 3, 2), (2, 2, 2, 2), (1, 1), (3, 4, 2, 5), (5, 2), (3, 3, 3, 3, 3))


def drawn(
    rng: random.Random, shape: Sequence[int], activation: Any, k: int
) -> tuple[MLP, list[list[float]], list[list[float]]]:
    """A network with random weights and biases, k examples, their targets in [0, 1]."""
    net = MLP(shape[0], shape[1:], activation, seed=0)
    for parameter in net.parameters():
        parameter.data = rng.uniform(-1.5, 1.5)
    return (net, [[rng.uniform(-2, 2) for _ in range(shape[0])] for _ in range(k)],
            [[rng.choice([0.0, 1.0, rng.random()]) for _ in range(shape[-1])] for _ in range(k)])


def kind(explanation: Explanation) -> frozenset[tuple[str, int]]:
    """What an explanation says, independent of the network's layers."""
    return frozenset((mistake.name, mistake.equation) for mistake in explanation)


def posed(
    net: MLP, x: Any, y: Any, cost: Cost | str, alpha: float, m: int | None = None, eta: float | None = None,
    earlier: Any = None,
) -> list[tuple[tuple[str, ...], Problem]]:
    """The arguments, checked; with each way to read the batch. Raises UsageError, ShapeError or NotANumber."""
    if not isinstance(net, MLP):
        raise NotAValue(f"diagnose takes the network as an MLP; got {type(net).__name__}")
    check_activations(net.activations, "diagnose")
    cost = cost_function(cost)
    if cost not in (quadratic, cross_entropy, cross_entropy_from_logits):
        raise UsageError("diagnose knows the mistakes that are made with quadratic and cross_entropy; got "
                         f"{getattr(cost, '__name__', repr(cost))}")
    batches = batches_of(net, x, y, cost)
    for parameter in net.parameters():
        if not math.isfinite(parameter.data):
            raise UsageError(f"the network's {parameter.label} is {parameter.data}: no gradients are finite there")
    k = len(batches[0][1])
    m = check_m(k if m is None else m, k)
    alpha = check_alpha(alpha)
    if eta is not None:
        eta = check_eta(eta)
    if earlier is not None and not (isinstance(earlier, list | tuple) and len(earlier) == 2):
        raise ShapeError("earlier must be a pair (x, y): the example, or the batch, of an earlier backward pass")
    before = [] if earlier is None else examples(net, earlier[0], earlier[1], cost, "earlier ")
    name = "quadratic" if cost is quadratic else "cross_entropy"
    return [(told, Problem(net, batch, name, float(alpha), m, eta, before)) for told, batch in batches]


def batches_of(net: MLP, x: Any, y: Any, cost: Cost) -> list[tuple[tuple[str, ...], list[Pair]]]:
    """The examples as rows; where x and y fit as columns, those too, and what is told of it."""
    rows = plain_rows(x, "x"), plain_rows(y, "y")
    columns = [[list(column) for column in zip(*each)] if is_rectangle(each) else [] for each in rows]
    are_columns = len(columns[0]) == len(columns[1]) > 1 and all(
        len(row) == n for each, n in zip(columns, (net.shape[0], net.shape[-1])) for row in each)
    try:
        found: list[tuple[tuple[str, ...], list[Pair]]] = [((), examples(net, x, y, cost, ""))]
    except ShapeError:
        if not are_columns:
            raise
        found = []
    if are_columns:
        found.append((("your examples are columns of x and y",), examples(net, columns[0], columns[1], cost, "")))
    return found


def plain_rows(given: Any, what: str) -> list[Any]:
    return [listed(part, what) if getattr(part, "ndim", 0) else part for part in listed(given, what)]


def is_rectangle(rows: list[Any]) -> bool:
    return bool(rows) and all(isinstance(row, list | tuple) and len(row) == len(rows[0]) for row in rows)


def examples(net: MLP, x: Any, y: Any, cost: Cost, which: str) -> list[Pair]:
    """(x, y) of each example, from one example or lists of them."""
    xs, ys = plain_rows(x, f"{which}x"), plain_rows(y, f"{which}y")
    if not is_table(xs, net.shape[0]):
        xs, ys = [xs], [ys]
    if len(xs) != len(ys):
        raise ShapeError(f"{which}x are {len(xs)} examples; y are {len(ys)}")
    found = checked_examples(net, list(zip(xs, ys)), cost, f"{which}example")
    if not found:
        raise UsageError(f"diagnose needs at least one {which}example; got none")
    return found


def check_tolerance(given: Any) -> float:
    tolerance = real(given)
    if tolerance is None or not 0 <= tolerance < 1:
        raise UsageError(f"the relative tolerance must be in [0, 1); got {as_given(given)}")
    return tolerance
