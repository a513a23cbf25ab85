"""The gradients that a pass has completed, compared with the paper's closed forms: the debugger's `check`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from micrograd_paper.comparing.compare import compare
from micrograd_paper.comparing.comparison import Comparison
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.rebuilt_network import rebuilt_network


def why_no_network(root: Value) -> str:
    """Why root's graph is not one that the closed forms are of; "" if it is."""
    try:
        rebuilt_network(Reading(root))
    except UsageError as error:
        return str(error)
    return ""


def check_gradients(root: Value, is_complete: Callable[[Value], bool]) -> Comparison:
    """The gradients of root's graph that are complete, each beside the closed form.

    Raises UsageError if the graph is not a network's, if its cost is not one of the paper's, or if no δ is complete.
    """
    recorded = rebuilt_network(Reading(root))
    forwards, targets = recorded.forwards, recorded.targets
    wanted = {"error": "z", "gradient": ""}
    last = [z for forward in forwards for z in forward.z[len(forward.net.shape)]]
    if not any(is_complete(z) for z in last):
        raise UsageError("no δ is complete yet: make some steps before check")
    with as_if_reached(last):
        comparison = compare(
            forwards if recorded.batch else forwards[0], targets if recorded.batch else targets[0],
            recorded.cost.function, recorded.alpha, recorded.m,
        )
    rows = [
        row for row in comparison.rows if row.quantity.kind in wanted
        and is_complete(recorded.named[
            row.quantity.symbol._replace(name=wanted[row.quantity.kind] or row.quantity.symbol.name)
        ])
    ]
    return Comparison(rows, comparison.k, comparison.note, remark=comparison.remark)


@contextmanager
def as_if_reached(nodes: list[Value]) -> Iterator[None]:
    """Inside, the nodes that a pass has not reached have the gradient 0.0: compare takes the 0 of an example that the
    pass comes to later for a forgotten backward(). Their rows are left out in any case."""
    untouched = [node for node in nodes if type(node.grad) is int and node.grad == 0]
    for node in untouched:
        node.grad = 0.0
    try:
        yield
    finally:
        for node in untouched:
            node.grad = 0
