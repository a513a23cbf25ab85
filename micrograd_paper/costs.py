"""The paper's cost functions.

    quadratic(a, y)                       C = ½‖y − a‖² of one example, (5)
    cross_entropy(a, y)                   (25) of one example, through a: ∂C/∂a and σ′ can be seen to cancel in (26)
    cross_entropy_from_logits(z, y)       the same from z, finite for every z, δ = a − y exactly
    l2_penalty(weights, alpha, m)         α/2m Σ w², (27)
    mean_cost(net, examples, cost)        the mean over examples, (4), (9), (25), and with alpha (27)
    batch_cost(forwards, targets, cost)   the same of examples that have been run forward already

A cost is a function of outputs a and targets y (lists of equal length, or single ones) that returns one Value.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from micrograd_paper.engine import Value, apply, total
from micrograd_paper.errors import DomainError, NotAValue, ShapeError, UsageError
from micrograd_paper.nn import MLP, Forward
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import TABLE

Cost = Callable[[Any, Any], Value]
Example = tuple[Sequence[Any], Sequence[Any]]  # inputs x, targets y


def quadratic(a: Any, y: Any) -> Value:
    """C = ½ Σⱼ (yⱼ − aⱼ)² of one example, (5); ∂C/∂aⱼ = aⱼ − yⱼ. Raises ShapeError for unequal lengths."""
    outputs, targets = matched(a, y)
    return labelled(apply(TABLE["quadratic"], *outputs, *targets), outputs)


def cross_entropy(a: Any, y: Any) -> Value:
    """C = −Σⱼ [yⱼ ln aⱼ + (1 − yⱼ) ln(1 − aⱼ)] of one example, (25), with 0·ln 0 = 0.

    Targets lie in [0, 1]. Raises DomainError, with the neuron's name, for an output outside (0, 1) where the logarithm
    is needed: in float64 σ(37) is exactly 1.0. cross_entropy_from_logits has no such place.
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
    return labelled(apply(TABLE["cross_entropy"], *outputs, *targets), outputs)


def cross_entropy_from_logits(z: Any, y: Any) -> Value:
    """cross_entropy(σ(z), y) from the weighted inputs z: finite for every z, and ∂C/∂zⱼ = σ(zⱼ) − yⱼ, (26)."""
    logits, targets = matched(z, y)
    check_targets(targets)
    return labelled(apply(TABLE["cross_entropy_from_logits"], *logits, *targets), logits)


def l2_penalty(weights: Iterable[Value], alpha: float, m: int) -> Value:
    """α/2m Σ w², (27): the weights of the network, not its biases; m is the number of training examples."""
    return total([w**2 for w in weights]) * alpha / (2 * m)


def mean_cost(net: MLP, examples: Sequence[Example], cost: Cost, alpha: float = 0.0, m: int | None = None) -> Value:
    """The mean of the cost over the examples (x, y), as one graph: (4), (9), (25); with alpha, (27).

    m, in the penalty, is the number of training examples: len(examples) unless these are only some of them. Example i
    stands in the names of its nodes. With cross_entropy and sigmoid outputs the cost is taken from the logits.
    """
    examples = list(examples)
    forwards = [net.forward(x, i) for i, (x, _) in enumerate(examples, start=1)]
    return batch_cost(forwards, [y for _, y in examples], cost, alpha, m)


def batch_cost(
    forwards: Sequence[Forward], targets: Sequence[Any], cost: Cost, alpha: float = 0.0, m: int | None = None
) -> Value:
    """The same mean of examples that have been run forward: what net.forward(x, i) returned, and the targets y of each.

    m is by default the number of these examples. Raises UsageError for none, for networks that differ and for alpha or
    m out of range; NotAValue for what is no Forward; ShapeError unless there are as many targets as Forwards.
    """
    targets = listed(targets)
    net = check_forwards(forwards, targets, "the mean cost")
    m = len(forwards) if m is None else m
    check_penalty(alpha, m, "the mean cost")
    if not callable(cost):
        raise UsageError(f"the cost must be a function of outputs and targets, such as quadratic; got {cost!r}")
    mean = total([example_cost(forward, y, cost) for forward, y in zip(forwards, targets)]) / len(forwards)
    if alpha:
        mean = mean + l2_penalty(net_weights(net), alpha, m)
    mean.label = Symbol("C")
    return mean


def check_forwards(forwards: Sequence[Forward], targets: Sequence[Any], what: str) -> MLP:
    """The one network of these Forwards, of which each has its targets y; else raises as `batch_cost` says."""
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


def check_penalty(alpha: float, m: int, what: str) -> None:
    """Raise UsageError unless the penalty of (27) has a meaning with these."""
    try:
        fits = 0 <= alpha < math.inf and m >= 1
    except TypeError:
        fits = False
    if not fits:
        raise UsageError(f"{what} takes a finite alpha of 0 or more and m of 1 or more; got alpha={alpha!r}, m={m!r}")


def example_cost(forward: Forward, y: Any, cost: Cost) -> Value:
    """The cost of one example; cross_entropy after sigmoid outputs from the logits, which cannot saturate.

    Raises NotAValue if a cost of one's own returns something else.
    """
    from_sigmoid = cost is cross_entropy and forward.net.activations[-1] == "sigmoid"
    if from_sigmoid or cost is cross_entropy_from_logits:
        return cross_entropy_from_logits(forward.z[len(forward.net.shape)], y)
    value = cost(forward.output, y)
    if not isinstance(value, Value):
        raise NotAValue(f"a cost must return a Value; {getattr(cost, '__name__', cost)} returned {value!r}")
    return value


def net_weights(net: MLP) -> list[Value]:
    """Every w of the network, no b."""
    return [w for rows in net.weights.values() for row in rows for w in row]


def matched(a: Any, y: Any) -> tuple[list[Value], list[Value]]:
    """Outputs and targets as two lists of Values of equal length; targets that are numbers become y₁, y₂, …"""
    outputs, targets = listed(a), listed(y)
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


def listed(numbers: Any) -> list[Any]:
    """Several numbers, or a single one, as a list."""
    if hasattr(numbers, "tolist"):  # a NumPy array, or one of its numbers
        numbers = numbers.tolist()
    return list(numbers) if isinstance(numbers, list | tuple) else [numbers]


def check_targets(targets: Sequence[Value]) -> None:
    for target in targets:
        if isinstance(target.data, int | float) and not 0 <= target.data <= 1:
            raise UsageError(f"the cross-entropy (25) takes targets in [0, 1]; {target.label or 'y'} is {target.data}")


def labelled(cost: Value, outputs: Sequence[Value]) -> Value:
    label = outputs[0].label
    cost.label = Symbol("C", example=label.example if isinstance(label, Symbol) else None)
    return cost
