"""What the gradients are that the nodes of a graph hold: of its own pass, of other passes too, or not computed."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from micrograd_paper.display import number_text
from micrograd_paper.engine import Value
from micrograd_paper.functions import Number
from micrograd_paper.graph import own_gradients, same

NOT_COMPUTED = "gradient not computed"
NOT_OF_NOW = "no gradient of this graph as it is: one of another root or moment, or of a pass on its way"


class Held(NamedTuple):
    """A node's gradient, None where it has none of this graph; whether it is ∂root/∂node; and what is to be said."""

    number: Number | None
    is_derivative: bool
    note: str


class Gradients:
    """The gradients that root's graph holds at this moment. root.grad is the seed of its last pass."""

    def __init__(self, root: Value, nodes: Sequence[Value]) -> None:
        self.root = root
        self.nodes = nodes
        self.seed = root.grad

    @cached_property
    def own(self) -> dict[Value, Number]:
        return own_gradients(self.root, self.nodes)

    @cached_property
    def is_computed(self) -> bool:
        """Whether a pass of this root has begun. backward(0) leaves 0.0 in the nodes, and nothing else."""
        if not is_untouched(self.root):
            return True
        inner = [node.grad for node in self.nodes if node.op is not None and not is_untouched(node)]
        return bool(inner) and all(same(grad, 0) for grad in inner)

    @cached_property
    def is_of_seed_1(self) -> bool:
        return same(self.seed, 1)

    @cached_property
    def is_complete(self) -> bool:
        """Whether the last pass has reached every operation, as far as can be seen."""
        return all(not is_untouched(node) or is_untouched_number(own) for node, own in self.own.items() if node.op)

    @cached_property
    def is_of_now(self) -> bool:
        """Whether each operation holds what a pass on this graph, as it is, gives it."""
        return all(same(node.grad, own) for node, own in self.own.items() if node.op)

    @property
    def notes(self) -> list[str]:
        """What is to be said of all of them; nothing for one pass with the seed 1."""
        if not self.is_computed:
            return []
        seed = f"gradients of a pass with the seed {number_text(self.seed)}, not 1, or of another root's"
        found = [] if self.is_of_seed_1 else [seed]
        if self.is_complete and not self.is_of_now:
            found.append("some gradients are of another root's pass, or of before the graph was recomputed")
        elif self.is_complete:
            leaves = [node for node in self.nodes if node.op is None and not is_untouched(node) and self.of(node).note]
            holds = "1 leaf holds" if len(leaves) == 1 else f"{len(leaves):,} leaves hold"
            found += [f"{holds} gradients from other passes, too"] * bool(leaves)
        return found

    def of(self, node: Value) -> Held:
        """What the node's gradient is."""
        held = self.held.get(node)
        if held is None:
            held = self.held[node] = self.found(node)
        return held

    @cached_property
    def held(self) -> dict[Value, Held]:
        """What was asked for."""
        return {}

    def found(self, node: Value) -> Held:
        if not self.is_computed:
            return Held(None, False, NOT_COMPUTED)
        own = self.own[node]
        if node.grad is own or same(node.grad, own):
            return Held(node.grad, self.is_of_seed_1, "")
        if is_untouched(node) or same(node.grad, 0):
            return Held(None, False, f"{NOT_COMPUTED}: the last pass has not reached it, or it was set to 0 since")
        if node.op is not None:
            return Held(None, False, NOT_OF_NOW)
        if not self.is_complete:
            return Held(None, False, "gradient not complete: the pass is not at its end")
        if not self.is_of_now:
            return Held(node.grad, False, NOT_OF_NOW)
        here, there, both = (number_text(x) for x in (own, node.grad - own, node.grad))
        return Held(node.grad, False, f"{here} here + {there} from other passes or elsewhere = {both}")


def is_untouched(node: Value) -> bool:
    return node.grad is None or is_untouched_number(node.grad)


def is_untouched_number(grad: Number) -> bool:
    """The int 0, which a node has before any pass; a gradient of 0 is a float, or a sum."""
    return type(grad) is int and grad == 0
