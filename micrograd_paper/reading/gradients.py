"""What the gradients are that the nodes of a graph hold: of its own pass, of other passes too, or not computed."""

from functools import cached_property
from typing import Any, NamedTuple

from micrograd_paper.display import number_text
from micrograd_paper.engine import Value
from micrograd_paper.functions import Number, is_zero
from micrograd_paper.graph import own_gradients, same

NOT_COMPUTED = "gradient not computed"


class Held(NamedTuple):
    """A node's gradient, None where it has none of this graph; whether it is ∂root/∂node; and what is to be said."""

    number: Number | None
    is_derivative: bool
    note: str


class Gradients:
    """The gradients that root's graph holds at this moment. root.grad is the seed of its last pass."""

    def __init__(self, root: Value) -> None:
        self.root = root
        self.seed = root.grad

    @cached_property
    def own(self) -> dict[Value, Number]:
        return own_gradients(self.root)

    @cached_property
    def is_computed(self) -> bool:
        """Whether a pass has reached the root."""
        zero: Any = self.seed is None or is_zero(self.seed)
        return not bool(zero.all() if hasattr(zero, "all") else zero)

    @property
    def is_of_seed_1(self) -> bool:
        return same(self.seed, 1)

    @cached_property
    def is_complete(self) -> bool:
        """Whether the pass has reached every operation, as far as can be seen."""
        return all(not is_untouched(node) or is_untouched_number(own) for node, own in self.own.items() if node.op)

    @property
    def note(self) -> str:
        """What is to be said of all of them; "" for a pass with the seed 1."""
        if not self.is_computed or self.is_of_seed_1:
            return ""
        return f"gradients of a pass with the seed {number_text(self.seed)}, not 1"

    def of(self, node: Value) -> Held:
        """What the node's gradient is."""
        if not self.is_computed:
            return Held(None, False, NOT_COMPUTED)
        own = self.own[node]
        if same(node.grad, own):
            return Held(node.grad, self.is_of_seed_1, "")
        if is_untouched(node):
            return Held(None, False, f"{NOT_COMPUTED}: no pass has reached it, or it was set to 0 since")
        if node.op is not None:
            return Held(None, False, "no gradient of this graph: it holds one of another root, or of a pass on its way")
        if not self.is_complete:
            return Held(None, False, "gradient not complete: the pass is not at its end")
        here, there, both = (number_text(x) for x in (own, node.grad - own, node.grad))
        return Held(node.grad, False, f"{here} here + {there} from other passes = {both}")


def is_untouched(node: Value) -> bool:
    return node.grad is None or is_untouched_number(node.grad)


def is_untouched_number(grad: Number) -> bool:
    """The int 0, which a node has before any pass; a gradient of 0 is a float, or a sum."""
    return type(grad) is int and grad == 0
