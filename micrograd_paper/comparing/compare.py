"""What a graph holds after `backward` beside what the paper's equations give.

    >>> comparison = compare(forward, y, cost="cross_entropy")
    >>> comparison.ok                                   # and print(comparison) is a table
    True

Every z (12), a (14), δ (16) (21) (26), ∂C/∂b (23), ∂C/∂w (24) and ∂z^{l+1}/∂z^l (20) of one example or of a batch (6),
with L2 regularization (27), and the step of gradient descent that follows, (7) (28) (29). The closed forms see the
network's weights, biases and x alone; they are evaluated on numbers that carry a running error bound.

float32 is computed as float64. Numbers of mpmath's are compared to their own precision. What + − × ÷ make of Fractions
must be equal; what σ makes of one is a float.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from micrograd_paper import equations
from micrograd_paper.checks import check_eta, listed, one_example, real
from micrograd_paper.comparing.closed_forms import ClosedForms, Passes, bias_gradients, weight_gradients
from micrograd_paper.comparing.comparison import Comparison, Quantity, Row
from micrograd_paper.costs import COSTS, Cost, Setting, check_forwards, setting
from micrograd_paper.display import as_given, label_text
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import MicrogradPaperError, NotANumber, NotAValue, ShapeError, UsageError
from micrograd_paper.graph import gradient, stale
from micrograd_paper.kinds.bounded import ROUNDOFF, Bounded, in_kind, roundoff
from micrograd_paper.nn import MLP, Forward
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.gradients import is_untouched, is_untouched_number
from micrograd_paper.reading.stale_nodes import stale_note

HELD = ("number", "error", "gradient")  # by the graph; slopes and updates are computed from them


def compare(
    forward: Forward | Sequence[Forward], y: Any, cost: Cost | str | None = None, alpha: float | None = None,
    m: int | None = None, eta: float | None = None, C: Value | None = None,
) -> Comparison:
    """Set what this graph holds after `backward` beside the closed forms, for one example or for a batch.

    forward is what net.forward(x) returned, y its targets, cost is one of costs.COSTS, or its name, or a function of
    outputs and targets. δ of the output layer is (16), or (26) for cross-entropy after a sigmoid. For a batch, forward
    lists what net.forward(x, i) returned for each example i, y the targets of each, and the graph's cost is the mean
    over them, as `batch_cost` makes it: an example's δ is then divided by their number k, and ∂C/∂b and ∂C/∂w are the
    means (6).

    Where no cost is given, cost, alpha and m are those that the network was trained with, unless alpha or m is given,
    and the heading says which; of an untrained one, quadratic without a penalty. With alpha the cost has the penalty of
    (27); m is the number of training examples, by default those given. With eta there are rows for the step of gradient
    descent that these gradients make, (7), (28), (29). With C, the graph's cost, there is a row for it, (5), (4), (25),
    (27). Nothing is changed.

    σ′ and ∂C/∂a of functions that are not the paper's are taken from the graph's own operations, and the verdict says
    so: a wrong partial of theirs is what gradcheck finds.

    Raises ShapeError for the wrong number of targets; NotAValue for anything but a Forward, or a Value as C; UsageError
    for Forwards of several networks, for m below the number of examples, and where `backward` has not been run.
    """
    if isinstance(forward, Sequence):
        batch, forwards, targets = True, forward, listed(y, "y")
    else:
        batch, forwards, targets = False, [forward], [y]
    net = check_forwards(forwards, targets, "compare")
    asked = setting(net, len(forwards), cost, alpha, m)
    check_comparable(net, forwards, targets)
    if eta is not None:
        eta = check_eta(eta)
    if not isinstance(C, Value | None):
        raise NotAValue(f"C is the cost that backward() was called on, a Value; got {as_given(C)}")
    closed = ClosedForms(net, asked.cost, in_kind)
    try:
        shown = list(rows(closed, forwards, targets, batch, asked, eta, C))
    except TypeError as error:  # a Fraction and a number of mpmath's
        if isinstance(error, MicrogradPaperError):
            raise
        raise NotANumber(f"compare takes numbers of kinds that go together: {error}") from error
    unit = roundoff([each.graph for each in shown if each.quantity.kind in HELD and not each.is_missing])
    leaves = {type(leaf.data) for leaf in [*net.parameters(), *(x_k for forward in forwards for x_k in forward.x)]}
    if Fraction in leaves:  # beside one, sums of NumPy's float32 are of its digits
        unit = max(unit, *(ROUNDOFF.get(kind.__name__, unit) for kind in leaves))
    found = Comparison([each._replace(roundoff=unit) for each in shown], len(forwards), reason(net, forwards),
                       "" if asked.training is None else str(asked), remark(closed, shown))
    if asked.is_trained and not found.ok and not found.note:
        found.note = next((
            f"with cost={other}, alpha=0 every number agrees: the graph's cost is not the one of the training"
            for other in COSTS if is_gradient_of(other, forward, y, C)
        ), "")
    return found


def is_gradient_of(cost: str, forward: Forward | Sequence[Forward], y: Any, C: Value | None) -> bool:
    try:
        return compare(forward, y, cost, 0.0, C=C).ok
    except UsageError:  # targets that the cost does not take
        return False


def remark(closed: ClosedForms, shown: Sequence[Row]) -> str:
    """Of what the comparison says nothing; "" where it judges everything."""
    said = []
    if closed.own:
        are, them = ("are", "them") if len(closed.own) > 1 else ("is", "it")
        said.append(f"{' and '.join(closed.own)} {are} taken from the graph's own operations: of {them} this says only "
                    "what gradcheck says")
    if not any(row.graph or row.closed_form for row in shown if row.quantity.kind == "error"):
        said.append("every δ is exactly 0, as with many another cost: the gradients say nothing about the cost")
    return "; ".join(said)


def reason(net: MLP, forwards: Sequence[Forward]) -> str:
    """What is known of these graphs that makes numbers differ, before an equation is blamed; "" for nothing."""
    left_behind = dict.fromkeys(node for forward in forwards for output in forward.output for node in stale(output))
    note = stale_note(list(left_behind), {node: label_text(node.label or "a node") for node in left_behind})
    if note:
        return f"a number was changed after the graph was made: {note}"
    errors = [z for forward in forwards for layer in forward.z.values() for z in layer]
    unreached = [node for node in (*errors, *net.parameters()) if is_untouched(node)]
    if unreached:
        more = f" and {len(unreached) - 1} more" if len(unreached) > 1 else ""
        return f"the last pass has not reached {unreached[0].label}{more}, or the gradient was set to 0 since"
    return ""


def check_comparable(net: MLP, forwards: Sequence[Forward], targets: Sequence[Any]) -> None:
    """Raise as `compare` does for what the closed forms do not cover, and for graphs without gradients."""
    for forward, y in zip(forwards, targets):
        given = one_example(y, net.shape[-1], f"{of_example(forward)}y")
        if len(given) != net.shape[-1]:
            raise ShapeError(f"{of_example(forward)}the network {net.shape_text} needs {net.shape[-1]} targets y; "
                             f"got {len(given)}")
        for j, target in enumerate(given, start=1):
            if not abs(in_kind(target).value) < math.inf:
                raise UsageError(f"{of_example(forward)}the targets y must be finite; y{j} is {in_kind(target).value}")
    for forward in forwards:
        last = (*forward.z[len(net.shape)], *forward.output)
        if all(type(node.grad) is int and node.grad == 0 for node in last):
            raise UsageError(f"{of_example(forward)}this graph holds no gradients yet: "
                             "call backward() on its cost before compare")
    numbers = [example_of(forward) for forward in forwards]
    if len(forwards) > 1 and (None in numbers or len({*numbers}) < len(numbers)):
        raise UsageError("the examples of a batch need a number each, as in net.forward(x, i); "
                         f"got {', '.join(map(str, numbers[:8]))}")


def example_of(forward: Forward) -> int | None:
    """The number of its example, which is part of its nodes' names."""
    label = forward.output[0].label
    return label.example if isinstance(label, Symbol) else None


def of_example(forward: Forward) -> str:
    number = example_of(forward)
    return "" if number is None else f"example {number}: "


def rows(
    closed: ClosedForms, forwards: Sequence[Forward], targets: Sequence[Any], batch: bool, asked: Setting,
    eta: float | None, C: Value | None,
) -> Iterator[Row]:
    """Forward, one example after the other; C; backward from the last layer; then the step of gradient descent."""
    net, alpha, m = forwards[0].net, asked.alpha, asked.m
    examples = [
        Example(example_of(forward), forward, closed.passes(list(map(in_kind, forward.x)), y))
        for forward, y in zip(forwards, targets)
    ]
    for example in examples:
        yield from forward_rows(example)
    if C is not None:
        yield from cost_rows(C, closed, examples, batch, alpha, m)
    updates: list[Row] = []
    for l in range(closed.L, 1, -1):
        for example in examples:
            yield from error_rows(example, l, closed.output_error if l == closed.L else 21, len(examples))
        for equation, symbol, slope_0 in parameter_gradients(net, examples, l, batch):
            parameter, old, slope = net[symbol], in_kind(net[symbol].data), slope_0
            if alpha and symbol.name == "w":
                slope = equations.regularized_weight_gradient(slope_0, old, in_kind(alpha), m)
                equation = 27
            yield row(equation, Quantity("gradient", symbol), parameter.grad, slope)
            if eta is not None:
                if symbol.name == "b":
                    equation, new = 28, equations.updated_bias(old, in_kind(eta), slope_0)
                else:
                    equation = 29 if alpha else 7
                    new = equations.updated_weight(old, in_kind(eta), slope_0, in_kind(alpha), m)
                stepped = old.value - eta * (0 if parameter.grad is None else parameter.grad)
                updates.append(row(equation, Quantity("update", symbol), stepped, new))
        if l > 2:
            for example in examples:
                yield from slope_rows(example, l, closed)
    yield from updates


class Example(NamedTuple):
    """One example: its number, what the graph recorded, and the same by the equations."""

    number: int | None
    forward: Forward
    closed: Passes

    def symbol(self, name: str, l: int, j: int) -> Symbol:
        return Symbol(name, l, (j,), self.number)


def forward_rows(example: Example) -> Iterator[Row]:
    """z (12) and a (14), layer by layer."""
    for l in example.closed.z:
        for name, equation, nodes, closed in (
            ("z", 12, example.forward.z, example.closed.z), ("a", 14, example.forward.a, example.closed.a),
        ):
            for j, (node, closed_j) in enumerate(zip(nodes[l], closed[l]), start=1):
                yield row(equation, Quantity("number", example.symbol(name, l, j)), node.data, closed_j)


def cost_rows(
    C: Value, closed: ClosedForms, examples: Sequence[Example], batch: bool, alpha: float, m: int
) -> Iterator[Row]:
    """C by (5) of one example, by (4) or (25) of several, with a penalty by (27). None where the paper has no C_0, and
    none where its bound is infinite: there any number would agree."""
    nodes = set(topological_order(C))
    is_through_a = any(not nodes.isdisjoint(example.forward.output) for example in examples)
    C_0 = closed.C_0([example.closed for example in examples], is_through_a)
    if C_0 is not None and (alpha or closed.row is not None):
        if alpha:
            weights = [w for rows in closed.W.values() for row in rows for w in row]
            C_0, equation = equations.regularized_cost(C_0, weights, in_kind(alpha), m), 27
        elif closed.row is not None:
            equation = closed.row.equations[batch]
        if math.isfinite(C_0.error):
            yield row(equation, Quantity("number", Symbol("C")), C.data, C_0)


def error_rows(example: Example, l: int, equation: int, k: int) -> Iterator[Row]:
    """δ of layer l. In the graph of the mean over k examples it is 1/k of the example's own: (26) beside (25)."""
    for j, (z_j, delta_j) in enumerate(zip(example.forward.z[l], example.closed.delta[l]), start=1):
        yield row(equation, Quantity("error", example.symbol("delta", l, j)), z_j.grad, delta_j / k)


def slope_rows(example: Example, l: int, closed: ClosedForms) -> Iterator[Row]:
    """∂z^l_k/∂z^{l−1}_j, (20): in the graph, by the chain rule over what it recorded from z^{l−1} to z^l."""
    for k, z_k in enumerate(example.forward.z[l], start=1):
        slopes = closed.slopes(l, k - 1, example.closed.z[l - 1])
        for j, (slope, closed_j) in enumerate(zip(gradient(z_k, example.forward.z[l - 1]), slopes), start=1):
            yield row(20, Quantity("slope", example.symbol("z", l, k), example.symbol("z", l - 1, j)), slope, closed_j)


def parameter_gradients(
    net: MLP, examples: Sequence[Example], l: int, batch: bool
) -> Iterator[tuple[int, Symbol, Bounded]]:
    """Equation, symbol and ∂C_0/∂ of each bias (23) and weight (24) of layer l; of a batch, the mean (6)."""
    bias_symbols = [Symbol("b", l, (j,)) for j in range(1, net.shape[l - 1] + 1)]
    weight_symbols = [
        Symbol("w", l, (j, k)) for j in range(1, net.shape[l - 1] + 1) for k in range(1, net.shape[l - 2] + 1)
    ]
    for equation, symbols, gradients in ((23, bias_symbols, bias_gradients), (24, weight_symbols, weight_gradients)):
        each = [gradients(example.closed, l) for example in examples]
        slopes = equations.mean_gradient(each) if batch else each[0]
        for symbol, slope in zip(symbols, slopes):
            yield 6 if batch else equation, symbol, slope


def row(equation: int, quantity: Quantity, graph: Any, closed_form: Bounded) -> Row:
    is_missing = closed_form.value != 0 and (graph is None or is_untouched_number(graph))
    graph = math.nan if is_missing else 0.0 if graph is None else graph
    if real(graph) is None:
        raise UsageError(f"compare takes real numbers; {quantity} is {as_given(graph)} in the graph")
    return Row(equation, quantity, in_kind(graph).value, closed_form.value, closed_form.error, is_missing)
