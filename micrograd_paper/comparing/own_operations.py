"""A user-defined activation or cost, by the graph's own operations, on numbers with an error bound.

The paper has no σ′ and no ∂C/∂a of it. Its graph is recorded on plain numbers and run once more on `Bounded` ones, by
the same table: the slopes are those of its operations' partials, and nothing here judges them. gradcheck does.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from micrograd_paper.display import label_text
from micrograd_paper.engine import Value, record, topological_order
from micrograd_paper.errors import NotAValue
from micrograd_paper.graph import gradient
from micrograd_paper.kinds.bounded import FUNCTION_ROUNDOFF, Bounded, constant, size
from micrograd_paper.operations import Op

BESIDE = 1e-6  # of an operand: a step to see how a function that takes no Bounded changes


def by_own_operations(
    function: Callable[[list[Value]], Any], inputs: Sequence[Bounded], name: str
) -> tuple[Bounded, list[Bounded]]:
    """function(inputs), and its slope by each of them. Raises NotAValue."""
    leaves = [Value(x.value) for x in inputs]
    output = function(leaves)
    if not isinstance(output, Value):
        raise NotAValue(f"{label_text(name)} must return a Value; it returned {label_text(output)}")
    twins = {leaf: Value(x) for leaf, x in zip(leaves, inputs)}
    for node in topological_order(output):
        if node.op is not None:
            operands = tuple([twins[operand] for operand in node.operands])
            twins[node] = record(node.op, operands, *bounded_result(node.op, [operand.data for operand in operands]))
        elif node not in twins:
            twins[node] = Value(node.data)
    slopes = gradient(twins[output], [twins[leaf] for leaf in leaves])
    return constant(twins[output].data), list(map(constant, slopes))


def bounded_result(op: Op, numbers: Sequence[Any]) -> tuple[Any, tuple[Any, ...]]:
    """Result and partials, from the operation's own arithmetic, or by steps beside where it takes floats alone."""
    try:
        result = op.forward(*numbers)
        return result, op.partials(result, *numbers)
    except Exception:
        result, *partials = by_steps(op, numbers)
        return result, tuple(partials)


def by_steps(op: Op, numbers: Sequence[Any]) -> list[Bounded]:
    """The same with measured bounds: how far each number goes where an operand is a little larger, or smaller."""
    bounds = list(map(constant, numbers))

    def at(moved: int | None = None, step: float = 0.0) -> list[Any]:
        x = [bound.value + step if i == moved else bound.value for i, bound in enumerate(bounds)]
        result = op.forward(*x)
        return [result, *op.partials(result, *x)]

    found = at()
    errors = [FUNCTION_ROUNDOFF * max(1.0, size(number)) for number in found]
    for i, bound in enumerate(bounds):
        width = BESIDE * max(1.0, size(bound.value))
        for step in (width, -width) if bound.error else ():
            try:
                slopes = [size(moved - number) / width for moved, number in zip(at(i, step), found)]
            except Exception:  # outside of its domain
                slopes = [math.inf] * len(found)
            errors = [error + slope * bound.error for error, slope in zip(errors, slopes)]
    return [Bounded(number, math.inf if math.isnan(error) else error) for number, error in zip(found, errors)]
