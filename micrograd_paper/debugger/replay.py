"""The forward pass again, for the same commands as the backward pass."""

from array import array
from collections.abc import Callable
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.engine import Value
from micrograd_paper.functions import Number
from micrograd_paper.stepping.steps import Step


class Replay(Pass):
    """The forward pass of a graph: a step is a node, with the arithmetic that gave its number. Nothing is computed or
    changed, leaves have no turn, and no gradient is known.

    backward  the backward pass after it, which is at its start
    """

    what = "forward pass"

    def __init__(self, walk: Pass) -> None:
        self.backward = walk
        self.program, self.shared, self.root, self.seed, self.earlier = (
            walk.program, walk.shared, walk.root, walk.seed, walk.earlier)
        self.nodes = walk.nodes[::-1]
        self.starts = array("q", accumulate(chain((0,), (int(node.op is not None) for node in self.nodes))))
        self.rewind()

    @cached_property
    def indices(self) -> dict[Value, int]:
        """Where each node's turn is; for a leaf, that of the first node it is an operand of."""
        found: dict[Value, int] = {}
        for index, node in enumerate(self.nodes):
            for each in (*node.operands, *[node] * (node.op is not None)):
                found.setdefault(each, index)
        return found

    @property
    def at_start(self) -> bool: return self.position == 0

    @property
    def page_step(self) -> int: return self.position

    def is_complete(self, node: Value) -> bool: return False

    def is_reached(self, node: Value) -> bool: return False

    def reached(self) -> dict[Value, bool]: return {}

    def made(self, position: int) -> Step | None:
        return self.step_of(self.nodes[self.at(position)[0]], 0, 0) if position < self.position else None

    def step_of(self, node: Value, place: int, before: Number) -> Step:
        return Step(self.shared, node, None, None, None, None, None, node.data)

    def peek(self) -> Step | None:
        return None if self.at_end else self.step_of(self.nodes[self.at(self.position)[0]], 0, 0)

    def rewind(self) -> None: self.to(0)

    def to(self, position: int) -> None:
        self.index, self.place = len(self.nodes) if position == self.length else self.at(position)[0], 0

    def to_turn(self, index: int, place: int = 0) -> None: self.to(self.starts[index])

    def chain_rule(self, most: int) -> None: self.to(self.position + 1)

    def run(
        self, arrived: Callable[[Value], Any], changed: Callable[[Step], Any] | None = None,
        watched: frozenset[Value] = frozenset(), interrupted: Callable[[], bool] = lambda: False, here: bool = False,
    ) -> Any:
        """As that of a backward pass; no gradient changes, so nothing that is watched stops it."""
        while not self.at_end:
            if here and (reason := arrived(self.nodes[self.index])):
                return reason
            here = True
            if interrupted():
                return True
            self.to(self.position + 1)
        return None
