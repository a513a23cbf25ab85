"""The first nan or infinity of a graph, where it arises: in data, in a partial derivative, or in a gradient."""

import cmath
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager

from micrograd_paper.display import application, label_text, shown
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import AnomalyFound
from micrograd_paper.functions import Number, library
from micrograd_paper.observing import Earlier
from micrograd_paper.stepping.observers import watching
from micrograd_paper.stepping.origins import Origins


def detect_anomaly() -> AbstractContextManager[None]:
    """A context that raises AnomalyFound at the first node with a nan or an infinity in it.

    The data and partials of a Value are checked when it is made; those of the whole graph, leaves first, when a
    backward() starts, as the graph may be older than the context, edited or recomputed; a gradient after each chain
    rule that added to it. So the message names the node where the anomaly arose. Every element of an array is checked;
    symbols are ignored. Origins are recorded, as by record_origins.
    """
    return watching(Anomalies)


class Anomalies(Origins):
    """Checks data and partials of each new Value, and gradients during a backward."""

    def made(self, node: Value) -> None:
        super().made(node)
        check_node(node)

    def walk(self, nodes: Iterator[Value], earlier: Earlier) -> Iterator[Value]:
        return checked_gradients(nodes)


def check_node(node: Value) -> None:
    """Raises AnomalyFound if the node's data or one of its partials is nan or infinite."""
    if not is_finite(node.data):
        raise anomaly(node, f"the data of {placed(node)} is {what_is_wrong(node.data)}", node)
    for operand, partial in zip(node.operands, node.partials):
        if not is_finite(partial):
            what = f"the partial of {placed(node)} for {label_or_kind(operand)} is {what_is_wrong(partial)}"
            raise anomaly(node, what, node)


def checked_gradients(nodes: Iterable[Value]) -> Iterator[Value]:
    """The nodes of a backward, root first; checks the gradients to which the chain rule of each has added."""
    root = None
    for node in nodes:
        if root is None:
            root = node
            for each in topological_order(root):
                check_node(each)
            if not is_finite(root.grad):
                raise anomaly(root, f"the gradient of {placed(root)}, the seed, is {what_is_wrong(root.grad)}", root)
        yield node
        for operand, partial in zip(node.operands, node.partials):
            if not is_finite(operand.grad):
                what = f"the gradient of {placed(operand)} is {what_is_wrong(operand.grad)}"
                term = f"{shown(partial)} · {shown(node.grad)}"
                raise anomaly(operand, f"{what} after the chain rule of {label_or_kind(node)} added {term}", node)


def anomaly(node: Value, what: str, result: Value) -> AnomalyFound:
    """The error about a node, which shows the operation of `result`: the operands that are not finite first, if there
    are too many to show them all."""
    if result.op is not None:
        operands = result.operands
        if len(operands) > 4:
            operands = tuple(sorted(operands, key=lambda operand: is_finite(operand.data)))
        what += f": {application(result.op, operands)}"
    error = AnomalyFound(what)
    error.node = node
    return error


def label_or_kind(node: Value) -> str:
    """Its label, or its kind: a node that an operation has just made has no label yet."""
    if node.label is not None:
        return label_text(node.label)
    return "a leaf" if node.op is None else f"a node {node.op.symbol}"


def placed(node: Value) -> str:
    """Its name, and where it was made, if that is known."""
    return label_or_kind(node) if node.origin is None else f"{label_or_kind(node)} ({node.origin})"


def is_finite(number: Number) -> bool:
    """Whether it is neither nan nor infinite; for an array, whether no element is. Types without nan are finite."""
    if type(number) is int:
        return True
    if isinstance(number, (float, complex)):  # a union would be built again on each call
        return cmath.isfinite(number)
    if hasattr(number, "ravel"):
        return first_anomaly(number) is None
    method = getattr(number, "is_finite", None)  # Decimal's; a symbol's is not a method
    if callable(method):
        return bool(method())
    function = getattr(library(type(number)), "isfinite", None)
    return function is None or bool(function(number))


def first_anomaly(array: Number) -> int | None:
    """The place, in the flat array, of its first element that is nan or infinite."""
    if array.dtype.kind in "biufc" and bool(library(type(array)).isfinite(array).all()):
        return None  # the fast path, taken nearly always
    return next((place for place, element in enumerate(array.ravel().tolist()) if not is_finite(element)), None)


def what_is_wrong(number: Number) -> str:
    """Describes a number that is not finite: inf, or for an array nan at index 3 of 100."""
    if not getattr(number, "shape", ()):
        return shown(number)
    place = first_anomaly(number)
    return f"{shown(number.ravel().tolist()[place])} at index {place} of {number.size}"
