"""The paper's cost functions.

    quadratic(a, y)                       C = ½‖y − a‖² of one example, (5)
    cross_entropy(a, y)                   (25) of one example, through a: ∂C/∂a and σ′ can be seen to cancel in (26)
    cross_entropy_from_logits(z, y)       the same from z, finite for every z, δ = a − y exactly
    l2_penalty(weights, alpha, m)         α/2m Σ w², (27)
    mean_cost(net, examples, cost)        the mean over examples, (4), (9), (25), and with alpha (27)
    batch_cost(forwards, targets, cost)   the same for examples that have been run forward already

A cost is a function of outputs a and targets y (lists of equal length, or single ones) that returns one Value. COSTS
is the table of them; wherever a cost is an argument, its name in the table is accepted too, such as "cross_entropy".
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from micrograd_paper import equations
from micrograd_paper.checks import check_alpha, check_m, listed, one_example
from micrograd_paper.display import number_text
from micrograd_paper.engine import Value, apply
from micrograd_paper.errors import DomainError, NotAValue, ShapeError, UsageError
from micrograd_paper.nn import MLP, Forward, Training
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import CROSS_ENTROPY, CROSS_ENTROPY_FROM_LOGITS, QUADRATIC, TOTAL, Op

Cost = Callable[[Any, Any], Value]
Example = tuple[Sequence[Any], Sequence[Any]]  # inputs x, targets y
Slopes = Callable[[Sequence[Any], Sequence[Any]], list[Any]]


def total(terms: Iterable[Any]) -> Value:
    """The sum of the terms, one or more, from left to right, as one node. Raises ShapeError for none."""
    operands = list(terms)
    if not operands:
        raise ShapeError("total takes one term or more; got none")
    return apply(TOTAL, *operands)


def quadratic(a: Any, y: Any) -> Value:
    """C = ½ Σⱼ (yⱼ − aⱼ)² of one example, (5); ∂C/∂aⱼ = aⱼ − yⱼ. Raises ShapeError for unequal lengths."""
    outputs, targets = matched(a, y)
    return labelled(apply(QUADRATIC, *outputs, *targets), outputs)


def cross_entropy(a: Any, y: Any) -> Value:
    """C = −Σⱼ [yⱼ ln aⱼ + (1 − yⱼ) ln(1 − aⱼ)] of one example, (25), with 0·ln 0 = 0.

    Targets lie in [0, 1]. Raises DomainError, with the neuron's name, for an output outside (0, 1) where the logarithm
    is needed: in float64 σ(37) is exactly 1.0. cross_entropy_from_logits has no such case.
    """
    outputs, targets = matched(a, y)
    check_targets(targets)
    for j, (output, target) in enumerate(zip(outputs, targets), start=1):
        number = output.data
        if not isinstance(number, int | float):
            continue
        if not 0 <= number <= 1:
            raise DomainError(f"cross_entropy takes outputs in [0, 1], as σ gives; {output.label or j} is {number}")
        if target.data > 0 == number or target.data < 1 == number:
            raise DomainError(
                f"cross_entropy: output {output.label or j} is {number} where y is {target.data}, and (25) has no "
                "logarithm there; cross_entropy_from_logits(z, y) is finite for every z"
            )
    return labelled(apply(CROSS_ENTROPY, *outputs, *targets), outputs)


def cross_entropy_from_logits(z: Any, y: Any) -> Value:
    """cross_entropy(σ(z), y) from the weighted inputs z: finite for every z, and ∂C/∂zⱼ = σ(zⱼ) − yⱼ, (26)."""
    logits, targets = matched(z, y)
    check_targets(targets)
    return labelled(apply(CROSS_ENTROPY_FROM_LOGITS, *logits, *targets), logits)


class PaperCost(NamedTuple):
    """A row of COSTS: a cost, and everything that is known about it.

    function       C of one example
    op             the operation that computes it; its name is the cost's, and its key in the table
    equations      their numbers, for one example and for the mean over examples
    slopes         ∂C/∂aⱼ for every j, written by hand, for the comparison
    output_errors  δ of sigmoid outputs, written by hand, where σ′ cancels, (26); None where δ is (16)
    sign, rule     in pictures: what stands before a target, and the formula in the tooltip
    takes_logits   its operands are z, not a
    from_logits    the same cost from z, which `fit` uses for sigmoid outputs
    is_of_classes  targets lie in [0, 1], outputs in (0, 1)
    closed_form    C of one example, or the mean over several, written by hand, of their outputs, their targets and ln;
                   without it the comparison has no row for C
    """

    function: Cost
    op: Op
    equations: tuple[int, int]
    slopes: Slopes
    output_errors: Slopes | None = None
    sign: str = "−"
    rule: str = ""
    takes_logits: bool = False
    from_logits: Cost | None = None
    is_of_classes: bool = False
    closed_form: Callable[[Sequence[Any], Sequence[Any], Callable[[Any], Any]], Any] | None = None

    @property
    def name(self) -> str:
        return self.op.name

    @property
    def option(self) -> str:
        """The name on the command line: cross-entropy."""
        return self.name.replace("_", "-")


def quadratic_slopes(a: Sequence[Any], y: Sequence[Any]) -> list[Any]:
    return list(map(equations.quadratic_slope, a, y))

def quadratic_closed_form(a: Sequence[Any], y: Sequence[Any], log: Any) -> Any:
    return equations.squared_error(a[0], y[0]) if len(a) == 1 else equations.quadratic_cost(a, y)

def cross_entropy_slopes(a: Sequence[Any], y: Sequence[Any]) -> list[Any]:
    return list(map(equations.cross_entropy_slope, a, y))

def cross_entropy_output_errors(a: Sequence[Any], y: Sequence[Any]) -> list[Any]:
    return list(map(equations.cross_entropy_output_error, a, y))


COSTS = {
    row.name: row for row in (
        PaperCost(
            quadratic, QUADRATIC, (5, 4), quadratic_slopes, sign="−", rule="C = ½ Σ (y − a)², (5)",
            closed_form=quadratic_closed_form,
        ),
        PaperCost(
            cross_entropy, CROSS_ENTROPY, (25, 25), cross_entropy_slopes, cross_entropy_output_errors, sign="ln",
            rule="C = −Σ [y ln a + (1 − y) ln(1 − a)], (25)", from_logits=cross_entropy_from_logits, is_of_classes=True,
            closed_form=equations.cross_entropy_cost,
        ),
        PaperCost(
            cross_entropy_from_logits, CROSS_ENTROPY_FROM_LOGITS, (25, 25), cross_entropy_slopes,
            cross_entropy_output_errors, sign="ln σ", rule="C of (25) with a = σ(z), from z; δ = a − y, (26)",
            takes_logits=True, from_logits=cross_entropy_from_logits, is_of_classes=True,
            closed_form=equations.cross_entropy_cost,
        ),
    )
}


def cost_function(cost: Any) -> Cost:
    """A cost, given as a function or by its name. Raises UsageError for anything else."""
    if isinstance(cost, str) and cost.replace("-", "_") in COSTS:
        return COSTS[cost.replace("-", "_")].function
    if not callable(cost):
        raise UsageError(f"the cost must be a function of outputs and targets, or one of {', '.join(COSTS)}; "
                         f"got {cost!r}")
    return cost  # type: ignore[no-any-return]


def row_of(cost: Cost) -> PaperCost | None:
    """Its row in the table; None for a user-defined cost."""
    return next((row for row in COSTS.values() if row.function == cost), None)


class Setting(NamedTuple):
    """A cost and the α and m of its penalty (27), and the training that the cost is of; None where it was asked for."""

    cost: Cost
    alpha: float
    m: int
    training: Training | None

    @property
    def is_trained(self) -> bool:
        """Whether C is the one that the network was trained with: where α is 0, m says nothing."""
        trained = self.training
        return trained is not None and self.alpha == trained.alpha and (not self.alpha or self.m == trained.m)

    def __str__(self) -> str:
        row = row_of(self.cost)
        name = getattr(self.cost, "__name__", "user-defined") if row is None else row.option
        penalty = [f"α = {number_text(self.alpha)}", f"m = {self.m}"] if self.alpha else []
        return ", ".join([f"{name} cost", *penalty, *["as in training"] * self.is_trained])

    def of_value(self, C: Value) -> str:
        """What the cost is, and its value, in words."""
        return f"{self}{',' * (',' in str(self))} C = {number_text(C.data)}"


def setting(net: MLP, examples: int, cost: Cost | str | None, alpha: float | None, m: int | None) -> Setting:
    """What was asked for; where nothing was, what the network was trained with; else quadratic, without a penalty.

    α and m of the training count only where no cost was asked for; each of them unless it was asked for itself. m is
    otherwise the number of examples. Raises UsageError.
    """
    trained = net.training if cost is None else None
    if trained is not None and trained.cost is None:  # a user-defined one, which no file holds
        trained = None
    found = cost_function(quadratic if cost is None and trained is None else trained.cost if trained else cost)
    if trained is not None:
        alpha = trained.alpha if alpha is None else alpha
        m = max(trained.m, examples) if m is None else m
    m = examples if m is None else m
    return Setting(found, check_alpha(alpha or 0.0), check_m(m, examples), trained)


def known_cost(cost: Cost, who: str) -> PaperCost:
    """The cost's row in the table. Raises UsageError, naming `who`, for a cost that is not in it."""
    row = row_of(cost)
    if row is not None:
        return row
    raise UsageError(f"{who} knows the costs {', '.join(COSTS)}; got {getattr(cost, '__name__', repr(cost))}")


def is_of_classes(cost: Cost) -> bool:
    """Whether its targets are classes, in [0, 1]: (25). False for a user-defined cost, of which nothing is known."""
    row = row_of(cost)
    return row is not None and row.is_of_classes


def l2_penalty(weights: Iterable[Value], alpha: float, m: int) -> Value:
    """α/2m Σ w², (27): the weights of the network, not its biases; m is the number of training examples."""
    penalty: Value = total([w**2 for w in weights]) * alpha / (2 * m)
    return penalty


def mean_cost(
    net: MLP, examples: Sequence[Example], cost: Cost | str, alpha: float = 0.0, m: int | None = None
) -> Value:
    """The mean of the cost over the examples (x, y), as one graph: (4), (9), (25); with alpha, (27).

    m, in the penalty, is the number of training examples: len(examples) unless these are only some of them. Example i
    stands in the names of its nodes. With cross_entropy and sigmoid outputs the cost is taken from the logits.
    """
    examples = list(examples)
    forwards = [net.forward(x, i) for i, (x, _) in enumerate(examples, start=1)]
    return batch_cost(forwards, [y for _, y in examples], cost, alpha, m)


def batch_cost(
    forwards: Sequence[Forward], targets: Sequence[Any], cost: Cost | str, alpha: float = 0.0, m: int | None = None
) -> Value:
    """The same mean for examples that have been run forward: what net.forward(x, i) returned, and their targets y.

    With alpha the mean itself is C₀, and C is C₀ plus the penalty, (27). The mean of one example without a number is
    its cost, without a further node.

    m is by default the number of these examples. Raises UsageError for no examples, for different networks and for
    alpha or m out of range; NotAValue for anything but a Forward; ShapeError unless there are as many targets as
    Forwards.
    """
    targets = listed(targets, "the list of targets")
    net = check_forwards(forwards, targets, "the mean cost")
    m = len(forwards) if m is None else m
    alpha, m = check_alpha(alpha), check_m(m)
    cost = cost_function(cost)
    costs = [example_cost(forward, y, cost) for forward, y in zip(forwards, targets)]
    mean = costs[0] if len(costs) == 1 and costs[0].label == Symbol("C") else total(costs) / len(costs)
    if alpha:
        mean.label = Symbol("C", None, (0,))
        mean = mean + l2_penalty(net_weights(net), alpha, m)
    mean.label = Symbol("C")
    return mean


def check_forwards(forwards: Sequence[Forward], targets: Sequence[Any], what: str) -> MLP:
    """The common network of these Forwards, each of which has its targets y; otherwise raises as `batch_cost` does."""
    if not isinstance(forwards, list | tuple):
        raise NotAValue(f"{what} takes a list of what net.forward(x, i) returned; got {type(forwards).__name__}")
    if not forwards:
        raise UsageError(f"{what} needs at least one example; got none")
    for forward in forwards:
        if not isinstance(forward, Forward):
            raise NotAValue(f"{what} takes what net.forward(x) returned; got {type(forward).__name__}")
        if forward.net is not forwards[0].net:
            raise UsageError(f"{what} takes examples of one network; got some of {forwards[0].net} "
                             f"and of {'another ' * (repr(forward.net) == repr(forwards[0].net))}{forward.net}")
    if len(targets) != len(forwards):
        raise ShapeError(f"{len(forwards)} examples need as many lists of targets; got {len(targets)}")
    net: MLP = forwards[0].net
    return net


def example_cost(forward: Forward, y: Any, cost: Cost | str) -> Value:
    """The cost of one example; cross_entropy after sigmoid outputs from the logits, which cannot saturate.

    Raises NotAValue if a user-defined cost returns something else.
    """
    cost = cost_function(cost)
    row = row_of(cost)
    if row is not None and row.takes_logits:
        return cost(forward.z[len(forward.net.shape)], y)
    if row is not None and row.from_logits is not None and forward.net.activations[-1] == "sigmoid":
        return row.from_logits(forward.z[len(forward.net.shape)], y)
    value = cost(forward.output, y)
    if not isinstance(value, Value):
        raise NotAValue(f"a cost must return a Value; {getattr(cost, '__name__', cost)} returned {value!r}")
    return value


def net_weights(net: MLP) -> list[Value]:
    """Every w of the network, but no b."""
    return [w for rows in net.weights.values() for row in rows for w in row]


def matched(a: Any, y: Any) -> tuple[list[Value], list[Value]]:
    """Outputs and targets as two lists of Values of equal length; targets that are numbers become y₁, y₂, …"""
    outputs = listed(a, "a")
    targets = one_example(y, len(outputs), "y")
    first = outputs[0].label if outputs and isinstance(outputs[0], Value) else None
    example = first.example if isinstance(first, Symbol) else None
    if len(outputs) != len(targets) or not outputs:
        which = "" if example is None else f"example {example}: "
        raise ShapeError(f"{which}{len(outputs)} outputs need as many targets y; got {len(targets)}")
    return (
        [output if isinstance(output, Value) else Value(output) for output in outputs],
        [
            target if isinstance(target, Value) else Value(target, Symbol("y", None, (j,), example))
            for j, target in enumerate(targets, start=1)
        ],
    )


def check_targets(targets: Sequence[Value]) -> None:
    for target in targets:
        is_beside = isinstance(target.data, int | float) and not 0 <= target.data <= 1
        if is_beside or isinstance(target.data, complex):
            raise UsageError(f"the cross-entropy (25) takes targets in [0, 1]; {target.label or 'y'} is {target.data}")


def labelled(cost: Value, outputs: Sequence[Value]) -> Value:
    label = outputs[0].label
    cost.label = Symbol("C", example=label.example if isinstance(label, Symbol) else None)
    return cost
