"""Copy and pickle graphs of any depth, without recursion: what `copy` and `pickle` ask a node for.

A node is an object with the slots of FIELDS and `operands`, a tuple of nodes; `order` is its graph, operands first.
"""

import contextvars
import copy
import itertools
import operator
import weakref
from collections.abc import Callable, Sequence
from typing import Any

Node = Any
FIELDS = ("data", "grad", "op", "partials", "label", "origin")


def shallow_copy(node: Node) -> Node:
    """Another node with the same operands."""
    return restored(type(node), [getattr(node, field) for field in FIELDS], node.operands)


def deep_copy(order: Sequence[Node], memo: dict[int, Any]) -> Node:
    """The last node of a graph with a copy of everything below it that memo has not got."""
    for node in order:
        if id(node) not in memo:
            twin = memo[id(node)] = shallow_copy(node)
            twin.operands = tuple([memo[id(operand)] for operand in node.operands])
            if type(node.data) not in (float, int) or type(node.grad) not in (float, int):  # an array is mutable
                twin.data, twin.grad, twin.partials = copy.deepcopy((node.data, node.grad, node.partials), memo)
    return memo[id(order[-1])]


def reduced(node: Node, order: Callable[[Node], list[Node]]) -> tuple[Any, ...]:
    """What pickle keeps of a node: its place in the Flat that holds it, a new one if need be."""
    sent = sending.get()() or Sent()
    sending.set(weakref.ref(sent))
    flat = sent.get(node, nothing)() or Flat(order(node), sent)
    return operator.getitem, (flat, flat.place[node])


class Sent(dict[Node, Any]):
    """The nodes that live picklers have sent, each with a weak reference to its Flat."""


class Flat:
    """A graph as flat lists in topological order; it is unpickled as the list of its nodes.

    A node that an earlier Flat of the same pickle holds is sent as a reference to it, so that roots share their nodes.
    """

    def __init__(self, order: Sequence[Node], sent: Sent) -> None:
        self.nodes = [node for node in order if sent.get(node, nothing)() is None]
        self.place = {node: place for place, node in enumerate(self.nodes)}
        operands = {operand: None for node in self.nodes for operand in node.operands}
        self.others = [operand for operand in operands if operand not in self.place]
        sent.update(dict.fromkeys(self.nodes, weakref.ref(self)))
        self.sent = sent  # which so lives as long as its Flats, and they as long as their pickler

    def __reduce__(self) -> tuple[Any, ...]:
        place = {**self.place, **{node: -1 - i for i, node in enumerate(self.others)}}
        return unflattened, (
            type(self.nodes[0]),
            self.others,
            [[getattr(node, field) for node in self.nodes] for field in FIELDS],
            [len(node.operands) for node in self.nodes],
            [place[operand] for node in self.nodes for operand in node.operands],
        )


def unflattened(
    kind: type, others: list[Node], fields: list[list[Any]], counts: list[int], operands: list[int]
) -> list[Node]:
    """The nodes of a Flat; an operand is the place of a node before it, or −1 − the place of one of the others."""
    nodes: list[Node] = []
    rest = iter(operands)
    for values, count in zip(zip(*fields), counts):
        edges = tuple([nodes[i] if i >= 0 else others[-1 - i] for i in itertools.islice(rest, count)])
        nodes.append(restored(kind, values, edges))
    return nodes


def restored(kind: type, values: Sequence[Any], operands: tuple[Node, ...]) -> Node:
    """A node with these FIELDS and operands."""
    node: Node = object.__new__(kind)
    node.data, node.grad, node.op, node.partials, node.label, node.origin = values
    node.operands = operands
    return node


def nothing() -> None:
    """A weak reference to an object that is gone."""


sending: contextvars.ContextVar[Callable[[], Sent | None]] = contextvars.ContextVar("sending", default=nothing)
