"""What is done with a graph that is there: gradients of any order, and bringing it up to date.

    gradient(C, [a, b])           ∂C/∂a and ∂C/∂b without touching any .grad; of any order with create_graph=True
    recompute(C)                  the graph again from its leaves, after a leaf's .data was edited
    stale(C)                      the nodes that an edit has left behind
    own_gradients(C)              what C's own pass gives each node, whatever the nodes hold
"""

from collections.abc import Iterable, Sequence
from typing import Any

from micrograd_paper import observing
from micrograd_paper.backward_pass import OnePass
from micrograd_paper.display import shown
from micrograd_paper.engine import Value, computed, topological_order
from micrograd_paper.errors import NotAValue
from micrograd_paper.functions import Number
from micrograd_paper.operations import Op


def gradient(output: Value, inputs: Sequence[Value], *, create_graph: bool = False) -> list[Any]:
    """[∂output/∂x for x in inputs], as numbers; reads and writes no .grad.

    With create_graph they are Values, made by running the same partials on Values: their gradients are the second
    derivatives, and so on; a debugger stops at this pass as at a backward(). An input that output does not depend on
    has gradient 0.
    """
    if isinstance(inputs, Value) or not isinstance(inputs, Iterable):
        raise NotAValue(f"gradient takes a list of the Values to differentiate by, such as [x]; got {shown(inputs)}")
    for x in inputs:
        if not isinstance(x, Value):
            raise NotAValue(f"gradient takes the Values to differentiate by; got {shown(x)}")
    wanted = set(inputs)
    order = topological_order(output)
    if create_graph and observing.observers:
        show_pass(order)
    depends = {node for node in order if node in wanted}
    for node in order:
        if not depends.isdisjoint(node.operands):
            depends.add(node)
    gradients: dict[Value, Any] = {output: 1}
    for node in reversed(order):
        if node not in depends or node not in gradients or not node.operands:
            continue
        partials = node.op.partials(node, *node.operands) if create_graph and node.op else node.partials
        for operand, partial in zip(node.operands, partials):
            if operand in depends:
                term = times(partial, gradients[node]) if create_graph else partial * gradients[node]
                gradients[operand] = gradients[operand] + term if operand in gradients else term
    found = [gradients.get(x, 0) for x in inputs]
    return [g if isinstance(g, Value) else Value(g) for g in found] if create_graph else found


def show_pass(order: Sequence[Value]) -> None:
    """Let those who watch see the pass of the graph's root, as in backward(); every .grad is then what it was."""
    before = [node.grad for node in order]
    try:
        with OnePass(order, 1) as this:
            for node in observing.walk(reversed(this.order), this.earlier):
                for operand, partial in zip(node.operands, node.partials):
                    operand.grad = operand.grad + partial * node.grad  # the chain rule, (18)
    finally:
        for node, grad in zip(order, before):
            node.grad = grad


def times(partial: Any, g: Any) -> Any:
    """partial·g, without a node for ×1."""
    return g if type(partial) is int and partial == 1 else partial if type(g) is int and g == 1 else partial * g


def recompute(root: Value) -> None:
    """Compute data and partials of every node again from the leaves, after somebody edited a leaf's `.data`.

    Gradients are left alone: call backward() again. Raises what the operations raise; the graph is then as it was.
    """
    before = []
    try:
        for node in topological_order(root):
            if node.op is not None:
                before.append((node, node.data, node.partials))
                node.data, node.partials = computed(node.op, node.operands)
    except BaseException:
        for node, data, partials in before:
            node.data, node.partials = data, partials
        raise


def stale(root: Value) -> list[Value]:
    """The nodes of root's graph whose data or partials are not what their operation gives for their operands now.

    So it is after a leaf's `.data` was changed, for example by an update of the weights, until `recompute(root)`. Costs
    about one forward pass.
    """
    return [node for node in topological_order(root) if node.op is not None and not is_current(node, node.op)]


def is_current(node: Value, op: Op) -> bool:
    try:
        data, partials = computed(op, node.operands)
    except Exception:  # an operand that is outside of its domain now
        return False
    return len(partials) == len(node.partials) and all(map(same, (data, *partials), (node.data, *node.partials)))


def same(a: Number, b: Number) -> bool:
    """Whether two numbers of any kind are equal, of arrays all elements; nan equals nan."""
    try:
        equal = (a == b) | ((a != a) & (b != b))
        return bool(equal.all() if hasattr(equal, "all") else equal)
    except Exception:  # numbers that cannot be compared
        return False


def own_gradients(root: Value, order: Sequence[Value] | None = None) -> dict[Value, Number]:
    """What this graph's own pass gives each node, if its seed is root.grad: what root.backward(root.grad) would leave
    in leaves that held nothing, bit for bit. Touches no .grad. `order`: the topological order, if it is known.
    """
    order = topological_order(root) if order is None else order
    found: dict[Value, Number] = dict.fromkeys(order, 0)
    found[root] = root.grad
    for node in reversed(order):
        for operand, partial in zip(node.operands, node.partials):
            found[operand] = found[operand] + partial * found[node]  # the chain rule, (18)
    return found
