"""A backward pass that goes forward and back, one application of the chain rule at a time.

    >>> walk = Pass.of(C)         # C's gradients are those that C.backward() has before its first step
    >>> walk.peek().symbols       # of the Step that comes next
    '∂C/∂a³₁ += −(y₁/a³₁ − (1 − y₁)/(1 − a³₁))'
    >>> step = walk.step()        # makes it
    >>> undone = walk.back()      # undoes the last one, exactly
    >>> walk.close()              # adds what the leaves held before, as `backward` does at its end

After n steps, however they were reached, every gradient has the same bits as in `backward` after n steps.
"""

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

from micrograd_paper.backward_pass import add_back, checked_seed, give_back, set_aside
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.functions import Number
from micrograd_paper.graph import recompute, same
from micrograd_paper.reading.gradients import is_untouched
from micrograd_paper.stepping.steps import Shared, Step, reached

RECORDS = 100_000  # limit on the steps that are undone directly; to go back further, the pass starts again


class Pass:
    """The backward pass over the nodes of `order`, which are in topological order; it begins at once.

    nodes     in the order of the pass: the root first, each node before its operands
    index     of the node whose turn it is; its gradient is complete. Leaves have a turn too, in which nothing is done
    place     which of its operands is next
    program   what the user's program sees, by name, and the debugger's own numbers: $pass
    records   what the operands of the last steps held before them
    """

    what = "pass"

    def __init__(
        self, order: list[Value], seed: Number = 1, earlier: Sequence[tuple[Value, Number]] = (),
        records: int = RECORDS,
    ) -> None:
        self.program: Mapping[str, Any] = {}
        self.shared = Shared(order, seed)
        self.root = order[-1]
        self.seed = seed
        self.earlier = earlier
        self.nodes = order[::-1]
        self.starts = array("q", accumulate(chain((0,), (len(node.operands) for node in self.nodes))))
        self.records: deque[Any] = deque(maxlen=records)
        self.rewind()

    @classmethod
    def of(cls, root: Value, seed: Number = 1, records: int = RECORDS) -> "Pass":
        """The pass of root.backward(seed). What leaves hold is set aside until `close`. Raises NotAValue."""
        order, seed = topological_order(root), checked_seed(seed)
        return cls(order, seed, set_aside(order), records)

    def close(self) -> None:
        """End the pass where it is: leaves get what they held before it added."""
        add_back(self.earlier)
        self.earlier = ()

    def abandon(self) -> None:
        """End the pass as if it had not been made: leaves hold what they held before, interior nodes nothing."""
        for node in self.nodes:
            node.grad = 0
        give_back(self.nodes, self.earlier)
        self.earlier = ()

    @property
    def length(self) -> int:
        """How many steps the whole pass has."""
        return self.starts[-1]

    @property
    def position(self) -> int:
        """How many steps have been made."""
        return self.starts[self.index] + self.place

    @property
    def at_start(self) -> bool:
        return self.position == 0 and not self.index

    @property
    def at_end(self) -> bool:
        return self.position == self.length

    @property
    def node(self) -> Value | None:
        """The node whose operand is next; None at the end."""
        return None if self.at_end else self.nodes[self.at(self.position)[0]]

    @property
    def page_step(self) -> int:
        """The number of the next step on the page, which counts those of the forward pass too."""
        return sum(node.op is not None for node in self.nodes) + self.position

    @cached_property
    def indices(self) -> dict[Value, int]:
        return {node: index for index, node in enumerate(self.nodes)}

    def gradient(self, node: Value) -> Number:
        """The node's gradient at this moment, as the program sees it: a leaf's with what it held before the pass."""
        before = self.held.get(node)
        return node.grad if before is None else before + node.grad

    @cached_property
    def held(self) -> dict[Value, Number]:
        """What leaves hold of other passes: it is added at the end of this one."""
        return {leaf: grad for leaf, grad in self.earlier if grad is not None and not same(grad, 0)}

    def is_complete(self, node: Value) -> bool:
        """Whether nothing more will be added to the node's gradient."""
        return self.at_end or self.indices[node] <= self.at(self.position)[0]

    def is_reached(self, node: Value) -> bool:
        """Whether something has been added to the node's gradient, or nothing will be."""
        return self.is_complete(node) or not is_untouched(node)

    def reached(self) -> dict[Value, bool]:
        """The root, which has the seed, and the nodes to whose gradient something has been added: whether it is
        complete."""
        if self.at_end:
            return dict.fromkeys(self.nodes, True)
        return reached(self.nodes, *self.at(self.position))

    def at(self, position: int) -> tuple[int, int]:
        """Index and place of the step that is made after `position` others."""
        index = bisect_right(self.starts, position) - 1
        return index, position - self.starts[index]

    def peek(self) -> Step | None:
        """The step that comes next, with its numbers; None at the end."""
        if self.at_end:
            return None
        index, place = self.at(self.position)
        node = self.nodes[index]
        return self.step_of(node, place, node.operands[place].grad)

    def made(self, position: int) -> Step | None:
        """The step that was made after `position` others; None if its record is gone, or it has not been made yet."""
        undone = self.position - position
        if not 0 < undone <= len(self.records):
            return None
        index, place = self.at(position)
        return self.step_of(self.nodes[index], place, self.records[-undone])

    def step_of(self, node: Value, place: int, before: Number) -> Step:
        term = node.partials[place] * node.grad
        return Step(self.shared, node, node.operands[place], place, node.grad, before, term, before + term)

    def step(self) -> Step | None:
        """Make the next step, and return it; None at the end."""
        step = self.peek()
        if step is not None:
            self.to(self.position + 1)
        return step

    def back(self) -> Step | None:
        """Undo the last step, and return it: it comes next again. None at the start."""
        if self.position == 0:
            return None
        self.to(self.position - 1)
        return self.peek()

    def to_end(self) -> None:
        """To the end, past the turns of all leaves."""
        self.to(self.length)
        self.index, self.place = len(self.nodes), 0

    def rewind(self) -> None:
        """Go back to the start: every gradient 0 but the root's, the seed."""
        for node in self.nodes:
            node.grad = 0
        self.root.grad = self.seed
        self.index = self.place = 0
        self.records.clear()

    def to(self, position: int) -> None:
        """Make or undo steps until `position` have been made."""
        undone = self.position - position
        if undone > len(self.records):
            self.rewind()
        elif undone > 0:
            for past in range(self.position - 1, position - 1, -1):
                index, place = self.at(past)
                self.nodes[index].operands[place].grad = self.records.pop()
            self.index, self.place = self.at(position)
            return
        while self.position < position:
            self.chain_rule(self.place + position - self.position)

    def to_turn(self, index: int, place: int = 0) -> None:
        """Go to where the turn of that node comes, a leaf's too, or to the step of one of its operands."""
        self.to(self.starts[index] + place)
        self.index, self.place = index, place

    def chain_rule(self, most: int) -> None:
        """Apply the chain rule to the operands of the node whose turn it is, up to the one at `most`."""
        node = self.nodes[self.index]
        operands, partials = node.operands, node.partials
        record = self.records.append
        for place in range(self.place, min(most, len(operands))):
            operand = operands[place]
            record(operand.grad)
            operand.grad = operand.grad + partials[place] * node.grad  # the chain rule, (18)
        if most < len(operands):
            self.place = most
        else:
            self.index, self.place = self.index + 1, 0

    def run(
        self, arrived: Callable[[Value], Any], changed: Callable[[Step], Any] | None = None,
        watched: frozenset[Value] = frozenset(), interrupted: Callable[[], bool] = lambda: False, here: bool = False,
    ) -> Any:
        """Run until one of these returns something true, and return that; None at the end of the pass.

        arrived(node) is called when a node's turn comes, leaves included; for the node whose turn it is only if `here`.
        changed(step) is called after each step to one of the watched nodes. interrupted() is called at each node.
        """
        while self.index < len(self.nodes):
            node = self.nodes[self.index]
            if here and self.place == 0 and (reason := arrived(node)):
                return reason
            here = True
            if interrupted():
                return True
            if watched.isdisjoint(node.operands):
                self.chain_rule(len(node.operands))
                continue
            for place in range(self.place, len(node.operands)):
                step = self.step_of(node, place, node.operands[place].grad)
                self.chain_rule(place + 1)
                if changed is not None and step.operand in watched and (reason := changed(step)):
                    return reason
        return None

    def change(self, leaf: Value, number: Number) -> None:
        """Give the leaf another number, recompute the graph, and start again; if that fails, nothing is changed."""
        before, leaf.data = leaf.data, number
        try:
            self.recompute()
        except BaseException:
            leaf.data = before
            raise

    def recompute(self) -> None:
        """Bring the graph up to date with its leaves, and start again; if that fails, nothing is changed."""
        recompute(self.root)
        vars(self.shared.reading).pop("stale", None)  # what was known of it
        self.rewind()
