"""What a backward pass sets aside before it begins, and gives back: the gradients of other passes."""

from collections.abc import Iterable, Sequence
from typing import Any

from micrograd_paper import observing
from micrograd_paper.display import as_given
from micrograd_paper.errors import NotANumber
from micrograd_paper.functions import Number, number
from micrograd_paper.observing import Node


class OnePass:
    """The nodes of a pass, every gradient 0 but the root's; at its end leaves get back what they held."""

    def __init__(self, order: Sequence[Node], seed: Number) -> None:
        self.order, self.seed = order, checked_seed(seed)

    def __enter__(self) -> "OnePass":
        observing.lock.acquire()
        self.earlier = set_aside(self.order)
        self.order[-1].grad = self.seed
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        add_back(self.earlier) if kind is None else give_back(self.order, self.earlier)
        observing.lock.release()


def checked_seed(seed: Any) -> Number:
    """The seed as `number` gives it back. Raises NotANumber."""
    try:
        return number(seed)
    except NotANumber:
        raise NotANumber(f"the seed of backward must be a number; got {as_given(seed)}") from None


def set_aside(order: Iterable[Node]) -> list[tuple[Node, Number]]:
    """Set every gradient to 0; the leaves that held something else, and what."""
    earlier = []
    for node in order:
        if type(node.grad) is not int or node.grad != 0:  # so it is in no fresh graph
            if not node.operands:
                earlier.append((node, node.grad))
            node.grad = 0
    return earlier


def add_back(earlier: Iterable[tuple[Node, Number]]) -> None:
    """Add what leaves held before the pass to what it gave them."""
    for leaf, grad in earlier:
        leaf.grad = leaf.grad if grad is None else grad + leaf.grad


def give_back(order: Iterable[Node], earlier: Iterable[tuple[Node, Number]]) -> None:
    """Give the leaves what they held before the pass, and nothing of it."""
    held = dict(earlier)
    for node in order:
        if not node.operands:
            node.grad = held.get(node, 0)
