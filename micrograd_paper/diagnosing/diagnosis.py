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
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from micrograd_paper.activations import check_activations
from micrograd_paper.checks import check_alpha, check_eta, check_m, is_table, listed
from micrograd_paper.costs import Cost, cost_function, cross_entropy, cross_entropy_from_logits, quadratic
from micrograd_paper.descent import checked_examples
from micrograd_paper.diagnosing.given_gradients import read_deltas, read_gradients
from micrograd_paper.diagnosing.search import Explanation, LayerReport, Matcher
from micrograd_paper.diagnosing.wrong_backpropagation import Problem
from micrograd_paper.errors import MicrogradPaperError, NotAValue, ShapeError, UsageError
from micrograd_paper.kinds.bounded import ROUNDOFF
from micrograd_paper.nn import MLP
from micrograd_paper.paper import equation
from micrograd_paper.plain import printable


class Diagnosis:
    """.ok; .layers from the last to the second; .explanations, the simplest first, each of one mistake or of two.

    .consistent holds, where no explanation was found for a single example, what agrees with the gradients' own δ.
    """

    def __init__(
        self, layers: Sequence[LayerReport], explanations: Sequence[Explanation], consistent: Sequence[str],
        precision: str,
    ) -> None:
        self.layers = list(layers)
        self.explanations = list(explanations)
        self.consistent = list(consistent)
        self.precision = precision

    @property
    def ok(self) -> bool:
        """Whether every gradient is the paper's, up to the rounding errors of its precision."""
        return all(layer.ok for layer in self.layers)

    @property
    def verdict(self) -> str:
        """One sentence."""
        if self.ok:
            return f"every gradient is the paper's, as far as {self.precision} can tell"
        if not self.explanations:
            if not any(layer.weights or layer.biases for layer in self.layers):
                return "every gradient is the paper's, but the δ given are not"
            first = next(layer for layer in self.layers if not layer.ok)
            difference = first.weights or first.biases or first.deltas
            return f"not a mistake I know; on the way back the first difference is in layer {first.layer}: {difference}"
        n, size = len(self.explanations), len(self.explanations[0])
        what = "one mistake" if size == 1 else "two mistakes at once"
        if n == 1:
            return f"{what} give{'s' * (size == 1)} just these numbers"
        fit = f"{n}{' pairs' * (size == 2)} fit"
        return f"{what} would give just these numbers; {fit}, and the numbers cannot tell them apart"

    def lines(self) -> list[str]:
        """The report as lines of text."""
        lines = []
        for layer in self.layers:
            marks = "   ".join(
                f"{name} {'✓' if difference is None else '✗'}"
                for name, difference in (("∂C/∂W", layer.weights), ("∂C/∂b", layer.biases))
            )
            worst = layer.weights or layer.biases or layer.deltas
            delta = "   δ ✗" if layer.deltas else ""
            lines.append(f"layer {layer.layer}   {marks}{delta}" + (f"   {worst}" if worst else ""))
        lines += ["", self.verdict + (":" if self.explanations else "")]
        for explanation in self.explanations[:MOST_SHOWN]:
            lines.append("")
            for i, mistake in enumerate(explanation):
                lines.append(("  and " if i else "  • ") + str(mistake))
                lines.append(f"      the paper: {equation(mistake.equation).text}  ({mistake.equation})")
        if len(self.explanations) > MOST_SHOWN:
            lines += ["", f"  … and {len(self.explanations) - MOST_SHOWN} more that fit"]
        return lines + [f"  {line}" for line in self.consistent]

    def __str__(self) -> str:
        return printable("\n".join(self.lines()))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        text = html.escape("\n".join(self.lines()[len(self.layers) + 2 :]).strip("\n"))
        rows = "".join(
            f"<tr><th>layer {layer.layer}</th>" + "".join(
                f"<td>{name} {'✓' if difference is None else '✗'}</td>"
                for name, difference in (("∂C/∂W", layer.weights), ("∂C/∂b", layer.biases))
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
            "layers": [
                {"layer": layer.layer, "ok": layer.ok,
                 **{name: None if part is None else part._asdict()
                    for name, part in (("weights", layer.weights), ("biases", layer.biases), ("deltas", layer.deltas))}}
                for layer in self.layers
            ],
            "explanations": [
                [{"equation": mistake.equation, "layers": list(mistake.layers), "name": mistake.name,
                  "how": mistake.how} for mistake in explanation]
                for explanation in self.explanations
            ],
            "consistent": self.consistent,
        }


MOST_SHOWN = 6


def diagnose(
    gradients: Any, net: MLP, x: Any, y: Any, cost: Cost | str = quadratic, alpha: float = 0.0, m: int | None = None,
    eta: float | None = None, earlier: Any = None, deltas: Any = None, tolerance: float = 0.0,
) -> Diagnosis:
    """Say whether the given gradients are the paper's, and if not, which equation is broken and how.

    gradients   (∂C/∂W by layer, ∂C/∂b by layer), from layer 2 on: nested lists, NumPy arrays, PyTorch tensors; or a
                torch.nn.Sequential whose Linear layers hold a .grad; or an MLP after `backward`
    net         the network with the weights that they were computed at
    x, y        one example, or a batch: lists of k examples; the cost is then their mean, (4), (25)
    cost        quadratic or cross_entropy
    alpha, m    of the penalty α/2m Σ w² (27); m is the number of training examples (default: the batch's size)
    eta         the learning rate, if the weights may have been updated before δ was propagated
    earlier     (x, y) of an earlier example or batch whose gradients may not have been reset
    deltas      their δ by layer, if known: for a batch a list of k for each layer
    tolerance   relative to the largest number of each layer: 1e-3 for numbers copied from paper to three digits

    Raises ShapeError, UsageError, NotANumber for invalid arguments, with the layer, what was expected and what given.
    """
    problem = posed(net, x, y, cost, alpha, m, eta, earlier)
    given = read_gradients(gradients, net)
    known_deltas = None if deltas is None else read_deltas(deltas, net, len(problem.batch))
    matcher = Matcher(problem, given, known_deltas, check_tolerance(tolerance))
    layers = [matcher.report(l) for l in range(problem.L, 1, -1)]
    explanations: list[Explanation] = []
    consistent: list[str] = []
    if not all(layer.ok for layer in layers):
        explanations = matcher.explanations()
        if not explanations:
            consistent = matcher.consistent()
    precision = next(name for name, roundoff in ROUNDOFF.items() if roundoff == given.roundoff)
    return Diagnosis(layers, explanations, consistent, precision)


def assert_matches_paper(
    backprop: Callable[[Any, Any, Any, Any], Any], cost: Cost | str = quadratic, trials: int = 20, *,
    array: Callable[[Any], Any] | None = None, seed: int = 0,
) -> None:
    """Check a backpropagation against the paper on random sigmoid networks, for example in the tests of a course.

    backprop(weights, biases, x, y) takes W² … Wᴸ (lists of rows), b² … bᴸ, one example x and its targets y, and
    returns (∂C/∂W² … ∂C/∂Wᴸ, ∂C/∂b² … ∂C/∂bᴸ). All of them are plain lists, or what `array` makes of each matrix and
    vector: array=numpy.array, array=torch.tensor. Layers of equal and of different size are among the networks.

    Raises AssertionError with the diagnosis if a gradient is not the paper's; UsageError if backprop itself fails.
    """
    __tracebackhide__ = True  # pytest then points at the caller
    if not callable(backprop):
        raise UsageError(f"backprop must be a function of weights, biases, x and y; got {backprop!r}")
    if not isinstance(trials, int) or isinstance(trials, bool) or trials < 1:
        raise UsageError(f"the number of trials must be a positive integer; got {trials!r}")
    failed: list[tuple[int, MLP, Diagnosis]] = []
    raised: list[tuple[MLP, Exception]] = []
    for trial in range(trials):
        net, x, y = drawn(random.Random(f"{seed} {trial}"), TRIAL_SHAPES[trial % len(TRIAL_SHAPES)])
        convert = array or (lambda numbers: numbers)
        weights = [convert([[w.data for w in row] for row in rows]) for rows in net.weights.values()]
        biases = [convert([b.data for b in row]) for row in net.biases.values()]
        try:
            gradients = backprop(weights, biases, convert(list(x)), convert(list(y)))
            diagnosis = diagnose(gradients, net, x, y, cost)
        except Exception as error:  # backprop's own, or gradients of another shape: a square network may say why
            raised.append((net, error))
            continue
        if not diagnosis.ok:
            failed.append((trial, net, diagnosis))
    if not failed and raised:
        net, cause = raised[0]
        if isinstance(cause, MicrogradPaperError):
            raise ShapeError(f"what backprop returned for a network {net.shape_text}: {cause}") from cause
        hint = "" if array else "; it was given plain lists: array=numpy.array gives it arrays"
        raise UsageError(f"backprop raised {type(cause).__name__} on a network {net.shape_text}: {cause}{hint}"
                         ) from cause
    if failed:
        trial, net, diagnosis = max(failed, key=lambda failure: len(failure[1].shape))
        likely = diagnosis.explanations
        for _, _, other in failed:  # what does not fit another network is not it; unless no such mistake has room there
            kinds = {kind(explanation) for explanation in other.explanations}
            likely = [found for found in likely if kind(found) in kinds] or likely
        told = Diagnosis(diagnosis.layers, likely, diagnosis.consistent, diagnosis.precision)
        also = f"\n\non a network {raised[0][0].shape_text} it fails: {raised[0][1]}" if raised else ""
        raise AssertionError(f"{len(failed)} of {trials} networks have other gradients than the paper's; one of them, "
                             f"{net.shape_text}, in trial {trial + 1}:\n{told}{also}")


TRIAL_SHAPES = ((2, 3, 1), (3, 3, 3), (4, 3, 3, 2), (2, 2, 2, 2), (1, 1), (3, 4, 2, 5), (5, 2), (3, 3, 3, 3, 3))


def drawn(rng: random.Random, shape: Sequence[int]) -> tuple[MLP, list[float], list[float]]:
    """A sigmoid network with random weights and biases, an example, its targets in [0, 1]."""
    net = MLP(shape[0], shape[1:], seed=0)
    for parameter in net.parameters():
        parameter.data = rng.uniform(-1.5, 1.5)
    return net, [rng.uniform(-2, 2) for _ in range(shape[0])], [rng.choice([0.0, 1.0, rng.random()])
                                                                  for _ in range(shape[-1])]


def kind(explanation: Explanation) -> frozenset[tuple[str, int]]:
    """What an explanation says, independent of the network's layers."""
    return frozenset((mistake.name, mistake.equation) for mistake in explanation)


def posed(
    net: MLP, x: Any, y: Any, cost: Cost | str, alpha: float, m: int | None, eta: float | None, earlier: Any
) -> Problem:
    """The arguments, checked. Raises UsageError, ShapeError or NotANumber."""
    if not isinstance(net, MLP):
        raise NotAValue(f"diagnose takes the network as an MLP; got {type(net).__name__}")
    check_activations(net.activations, "diagnose")
    cost = cost_function(cost)
    if cost not in (quadratic, cross_entropy, cross_entropy_from_logits):
        raise UsageError("diagnose knows the mistakes that are made with quadratic and cross_entropy; got "
                         f"{getattr(cost, '__name__', repr(cost))}")
    batch = examples(net, x, y, cost, "")
    for parameter in net.parameters():
        if not math.isfinite(parameter.data):
            raise UsageError(f"the network's {parameter.label} is {parameter.data}: no gradients are finite there")
    m = check_m(len(batch) if m is None else m, len(batch))
    alpha = check_alpha(alpha)
    if eta is not None:
        eta = check_eta(eta)
    if earlier is not None and not (isinstance(earlier, list | tuple) and len(earlier) == 2):
        raise ShapeError("earlier must be a pair (x, y): the example, or the batch, of an earlier backward pass")
    before = [] if earlier is None else examples(net, earlier[0], earlier[1], cost, "earlier ")
    name = "quadratic" if cost is quadratic else "cross_entropy"
    return Problem(net, batch, name, float(alpha), m, eta, before)


def examples(net: MLP, x: Any, y: Any, cost: Cost, which: str) -> list[tuple[list[float], list[float]]]:
    """(x, y) of each example, from one example or lists of them."""
    xs, ys = [[listed(part) if getattr(part, "ndim", 0) else part for part in listed(given)] for given in (x, y)]
    if not is_table(xs, net.shape[0]):
        xs, ys = [xs], [ys]
    if len(xs) != len(ys):
        raise ShapeError(f"{which}x are {len(xs)} examples; y are {len(ys)}")
    found = checked_examples(net, list(zip(xs, ys)), cost, f"{which}example")
    if not found:
        raise UsageError(f"diagnose needs at least one {which}example; got none")
    return found


def check_tolerance(tolerance: float) -> float:
    if not isinstance(tolerance, int | float) or not 0 <= tolerance < 1:
        raise UsageError(f"the relative tolerance must be in [0, 1); got {tolerance!r}")
    return float(tolerance)
