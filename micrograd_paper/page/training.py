"""What a page descends with: the parameters of its graph, and the examples it was made with.

`explore(net, "page.html", examples=[(x, y), …])` shows the graph of the first example; the others are numbers for its
inputs and targets. So all examples must have one graph: the cost is one of the table.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from micrograd_paper.checks import check_alpha
from micrograd_paper.costs import Cost, Example, example_cost, known_cost, setting
from micrograd_paper.descent import check_cost, checked_examples
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.nn import MLP
from micrograd_paper.paper import equation

MOST_EXAMPLES = 200  # beyond these, or these nodes, a page descends on the example that it shows alone
MOST_NODES = 2_000
ETA = 1.0  # of a page whose network has not been trained


class Training(NamedTuple):
    """The root of the first example's graph, and what a page needs to descend: numbers for the leaves `inputs`."""

    root: Value
    inputs: list[Value]
    examples: list[list[float]]
    held: list[list[float]]
    m: int
    eta: float
    alpha: float


def training(
    net: MLP, examples: Sequence[Example] | None, validation: Sequence[Example] | None, cost: Cost | str | None
) -> Training:
    """The training that a page of a network shows; raises UsageError, ShapeError or NotANumber as `fit` does."""
    if not examples:
        raise UsageError("a page of a network needs examples (x, y): explore(net, path, examples=[(x, y)])")
    asked = setting(net, len(examples), cost, None, None)
    row = known_cost(asked.cost, "a page")
    check_cost(net, asked.cost)
    given = checked_examples(net, examples, asked.cost, "example")
    held = checked_examples(net, [] if validation is None else validation, asked.cost, "validation example")
    forward = net.forward(given[0][0])
    root = example_cost(forward, given[0][1], row.function)
    targets = list(root.operands[len(root.operands) // 2 :])
    numbers, held_out = ([[*x, *y] for x, y in each] for each in (given, held))
    trained = net.training
    return Training(root, [*forward.x, *targets], numbers, held_out, len(given),
                    trained.eta if trained is not None and trained.eta else ETA, check_alpha(asked.alpha))


def descent_data(
    roles: dict[Value, str], number: dict[Value, int], named: set[Value], given: Training | None, inputs: list[Value]
) -> dict[str, Any]:
    """What the page's script needs, with nodes by their numbers. A graph without weights descends with named leaves."""
    parameters = [node for node, role in roles.items() if role in ("weight", "bias") and not node.operands] or [
        node for node in roles if not node.operands and node in named]
    fits = given is not None and len(given.examples) + len(given.held) <= MOST_EXAMPLES and len(roles) <= MOST_NODES
    return {
        "parameters": [number[node] for node in parameters],
        "weights": [number[node] for node in parameters if roles[node] == "weight"],
        "inputs": [number[node] for node in inputs],
        "examples": given.examples if given is not None and fits else [],
        "held": given.held if given is not None and fits else [],
        "m": given.m if given is not None else 1,
        "eta": given.eta if given is not None else ETA,
        "alpha": given.alpha if given is not None else 0.0,
        "equations": {f"({n})": (equation(n).title, equation(n).text) for n in (7, 29)},
    }
