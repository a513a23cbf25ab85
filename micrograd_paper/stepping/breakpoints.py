"""Contexts for finding out, in any debugger, what happens during `C.backward()`.

    >>> with break_at(C, lambda node: node.grad > 10):     # breakpoint() wherever the condition holds
    ...     C.backward()                                   # or where backward reaches a node: break_at(C, "z2_1")
    >>> with record_origins():                             # each Value knows the line of your program that made it
    ...     output = net(x)
    >>> with detect_anomaly():                             # raises at the first nan or infinity
    ...     output.backward()

They can be nested and combined. Outside them, `backward` has no overhead.
"""

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from micrograd_paper.display import cut, one_line
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import ConditionFailed, NotAValue, UnknownName
from micrograd_paper.notation import Symbol
from micrograd_paper.observing import Earlier
from micrograd_paper.reading.names import find
from micrograd_paper.reading.variables import users_frame
from micrograd_paper.stepping.anomaly import detect_anomaly
from micrograd_paper.stepping.observers import Watcher, watching
from micrograd_paper.stepping.origins import Origin, record_origins

__all__ = ["break_at", "detect_anomaly", "record_origins"]

Condition = Callable[[Value], Any]


def break_at(root: Value, where: str | Symbol | Value | Condition) -> AbstractContextManager[None]:
    """A context in which a backward() calls the built-in breakpoint() when it reaches a node of root's graph.

    where   the node's name, z2_1 or z²₁ or any label; its Symbol; the node; or a condition, a function of a node

    When it stops, `node` is a variable of the frame that the debugger shows. Its gradient is complete; its chain rule
    comes next, in the frame of `backward` above. At a leaf, which has no chain rule, it stops right after the last
    contribution to the gradient, whose `node`, `operand` and `partial` are variables of `backward`; its gradient then
    is what the program will get, with what the leaf held before. PYTHONBREAKPOINT chooses the debugger; 0 turns it off.

    Raises immediately UnknownName for a node that is not in the graph, NotAValue for anything but a node or a
    condition; ConditionFailed, in backward, if the condition raises.
    """
    if isinstance(where, str | Symbol):
        nodes = {find(root, where)}
    elif isinstance(where, Value) or callable(where):
        nodes = set(topological_order(root))
    else:
        raise NotAValue(f"break_at takes the name of a node, a node, or a condition; got {one_line(where, repr)}")
    if isinstance(where, Value):
        if where not in nodes:
            raise UnknownName(f"{where} is not a node of the graph of {root}")
        nodes = {where}
    condition = where if callable(where) else None
    return watching(lambda: Breakpoints(nodes, condition))


class Breakpoints(Watcher):
    """Calls breakpoint() at those nodes for which the condition holds, if there is one."""

    stops = True

    def __init__(self, nodes: set[Value], condition: Condition | None) -> None:
        self.nodes = nodes
        self.condition = condition

    def walk(self, nodes: Iterator[Value], earlier: Earlier) -> Iterator[Value]:
        return Stops(nodes, self, dict(earlier))

    def stops_at(self, node: Value) -> bool:
        if node not in self.nodes or self.condition is None:
            return node in self.nodes
        try:
            return bool(self.condition(node))
        except Exception as error:
            raise ConditionFailed(f"the condition of break_at, {condition_text(self.condition)}, failed at {node}: "
                                  f"{type(error).__name__}: {one_line(error, str)}") from error


class Stops:
    """The nodes of a backward, root first, passed on one by one.

    It is not a generator: in a debugger, `next` at a generator's yield stays in the generator, and runs past the chain
    rule; at a function's return it goes on to the caller.
    """

    def __init__(self, nodes: Iterator[Value], breakpoints: Breakpoints, earlier: Mapping[Value, Any]) -> None:
        self.root = next(nodes)
        self.earlier = earlier
        self.nodes = itertools.chain([self.root], nodes)
        self.breakpoints = breakpoints
        self.completed_by = completed_leaves(self.root)
        self.completed: list[Value] = []  # leaves, by the chain rule of the node before

    def __iter__(self) -> "Stops":
        return self

    def __next__(self) -> Value:
        for node in self.completed:
            of_this_pass, before = node.grad, self.earlier.get(node)
            if before is not None:
                node.grad = before + node.grad  # what the program will get
            if self.breakpoints.stops_at(node) and not stopped_in_users_code(node):
                breakpoint()
            if before is not None:
                node.grad = of_this_pass
        node = next(self.nodes)
        self.completed = self.completed_by.get(node, [])
        if ((node.operands or node is self.root) and self.breakpoints.stops_at(node)
                and not stopped_in_users_code(node)):
            breakpoint()
        return node  # its gradient is complete; back in `backward` its chain rule is next


def stopped_in_users_code(node: Value) -> bool:
    """Whether a debugger that runs past libraries, as VS Code's does by default, has stopped: at the user's line, in a
    frame of its own that has the node."""
    debugger = getattr(sys.modules.get("pydevd"), "get_global_debugger", lambda: None)()
    frame = users_frame()
    if debugger is None or frame is None or not debugger.get_use_libraries_filter():
        return False
    above = "\n" * max(frame.f_lineno - 2, 0)  # it stops at the line after breakpoint()
    exec(compile(f"{above}breakpoint()\nnode", frame.f_code.co_filename, "exec"), {"node": node})
    return True


def completed_leaves(root: Value) -> dict[Value, list[Value]]:
    """For each node, the leaves whose gradients it completes in a backward."""
    walk = reversed(topological_order(root))
    last = {leaf: node for node in walk for leaf in node.operands if not leaf.operands}
    completed: dict[Value, list[Value]] = {}
    for leaf, node in last.items():
        completed.setdefault(node, []).append(leaf)
    return completed


def condition_text(condition: Condition) -> str:
    """The condition's name, and where it is defined."""
    name = getattr(condition, "__qualname__", None) or cut(one_line(condition, repr))
    code = getattr(condition, "__code__", None)
    return name if code is None else f"{name} at {Origin(code.co_filename, code.co_firstlineno, '<module>')}"
