"""The engine: a Value records operations into a graph, and `backward` walks it in reverse topological order.

    a, b = Value(2.0, "a"), Value(-3.0, "b")
    C = (a * b + 1).tanh()        every operation makes a node that knows its operands and ∂result/∂operand
    C.backward()                  the chain rule, once for each edge
    a.grad                        ∂C/∂a

    topological_order(root)       the nodes, operands before results
    apply(op, *operands)          a node of any operation, from the table or your own
"""

from collections.abc import Iterable
from typing import Any, cast

from micrograd_paper import copying, functions, observing
from micrograd_paper.display import failed_operation, label_text, shown
from micrograd_paper.errors import NotAValue
from micrograd_paper.functions import Number
from micrograd_paper.operations import (
    ABSOLUTE, ADD, COS, DIVIDE, EXP, LOG, MULTIPLY, NEGATIVE, POWER, RELU, SIGMOID, SIN, SOFTPLUS, SQRT, SUBTRACT, TANH,
    Op, power_by,
)


class Value:
    """A number in a graph of operations.

    data      the number: float, int, complex, Fraction, mpf, SymPy expression, NumPy array
    grad      ∂root/∂self after root.backward(); 0 before. None counts as 0
    op        the operation that made it, None for a leaf; operands: the Values it was applied to
    partials  ∂self/∂operand for each operand: numbers, fixed when the node is made
    label     its name: a string or a notation.Symbol
    origin    where it was made, when that is recorded

    Equality and hash are identity; < <= > >= compare the data. `float(v)` is the bare number: math.exp(v) therefore
    leaves the graph and has no gradient, v.exp() stays in it. Raises NotANumber for anything that is not a number.
    """

    __slots__ = ("data", "grad", "op", "operands", "partials", "label", "origin")

    __array_ufunc__ = None  # array * Value and Symbol * Value leave the work to Value.__rmul__
    _op_priority = 1000.0

    def __init__(self, data: Number, label: object = None) -> None:
        self.data = data if type(data) is float else functions.number(data)
        self.grad: Number = 0
        self.op: Op | None = None
        self.operands: tuple[Value, ...] = ()
        self.partials: tuple[Number, ...] = ()
        self.label = label
        self.origin: Any = None
        if observing.observers:
            observing.made(self)

    def backward(self, seed: Number = 1) -> None:
        """Fill `.grad` of every node of this graph with seed·∂self/∂node.

        What leaves held before is added at the end: a second call adds exactly the same gradient again, and the
        gradients of two costs with common leaves add up. Interior nodes hold this call's gradient alone. If it fails,
        leaves hold what they held before. One backward runs at a time, whichever threads call it.
        """
        with OnePass(self, seed) as this:
            for node in observing.walk(reversed(this.order), this.earlier):
                for operand, partial in zip(node.operands, node.partials):
                    operand.grad = operand.grad + partial * node.grad  # the chain rule, (18)

    def __add__(self, other: Any) -> "Value": return binary(ADD, self, other)
    def __radd__(self, other: Any) -> "Value":
        return self if type(other) is int and other == 0 else binary(ADD, other, self)  # the 0 that sum() starts with
    def __sub__(self, other: Any) -> "Value": return binary(SUBTRACT, self, other)
    def __rsub__(self, other: Any) -> "Value": return binary(SUBTRACT, other, self)
    def __mul__(self, other: Any) -> "Value": return binary(MULTIPLY, self, other)
    def __rmul__(self, other: Any) -> "Value": return binary(MULTIPLY, other, self)
    def __truediv__(self, other: Any) -> "Value": return binary(DIVIDE, self, other)
    def __rtruediv__(self, other: Any) -> "Value": return binary(DIVIDE, other, self)
    def __pow__(self, exponent: Any) -> "Value":
        if isinstance(exponent, Value) or type(exponent).__hash__ is None:  # no constant to look up: an array
            return binary(POWER, self, exponent)
        return unary(power_by(functions.number(exponent)), self)
    def __rpow__(self, base: Any) -> "Value": return binary(POWER, base, self)
    def __neg__(self) -> "Value": return unary(NEGATIVE, self)
    def __pos__(self) -> "Value": return self
    def __abs__(self) -> "Value": return unary(ABSOLUTE, self)

    def exp(self) -> "Value": return unary(EXP, self)
    def log(self) -> "Value": return unary(LOG, self)
    def sqrt(self) -> "Value": return unary(SQRT, self)
    def sin(self) -> "Value": return unary(SIN, self)
    def cos(self) -> "Value": return unary(COS, self)
    def tanh(self) -> "Value": return unary(TANH, self)
    def sigmoid(self) -> "Value": return unary(SIGMOID, self)
    def relu(self) -> "Value": return unary(RELU, self)
    def softplus(self) -> "Value": return unary(SOFTPLUS, self)

    def __lt__(self, other: Any) -> Any: return self.data < bare(other)
    def __le__(self, other: Any) -> Any: return self.data <= bare(other)
    def __gt__(self, other: Any) -> Any: return self.data > bare(other)
    def __ge__(self, other: Any) -> Any: return self.data >= bare(other)

    def equals_zero(self) -> Any: return functions.is_zero(self.data)  # == is identity
    def __float__(self) -> float: return float(self.data)

    def __repr__(self) -> str:
        name = "" if self.label is None else f"{label_text(self.label)} = "
        symbol = "" if self.op is None else f" · {self.op.symbol}"
        return f"{name}{shown(self.data)} · grad {shown(self.grad)}{symbol}"

    @property
    def _prev(self) -> set["Value"]: return set(self.operands)  # as the classic engine calls them
    @property
    def _op(self) -> str:
        symbol = "" if self.op is None else self.op.symbol
        return {"×": "*", "relu": "ReLU"}.get(symbol, symbol)  # as the classic engine writes it

    def __copy__(self) -> "Value": return cast(Value, copying.shallow_copy(self))
    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        return cast(Value, copying.deep_copy(topological_order(self), memo))
    def __reduce__(self) -> tuple[Any, ...]: return copying.reduced(self, topological_order)


def topological_order(root: Value) -> list[Value]:
    """Every node of root's graph once, operands before results, root last; the same order on every run."""
    if not isinstance(root, Value):
        raise NotAValue(f"a graph ends in a Value; got {shown(root)} of type {type(root).__name__}")
    order: list[Value] = []
    seen: set[Value] = set()
    stack: list[Value | None] = [root]
    while stack:
        node = stack.pop()
        if node is None:  # now the operands of the node beneath are
            order.append(stack.pop())  # type: ignore[arg-type]
        elif node not in seen:
            seen.add(node)
            if seen.issuperset(node.operands):  # a leaf, or all of its operands are in the order
                order.append(node)
            else:
                stack += (node, None, *node.operands[::-1])
    return order


class OnePass:
    """The nodes of a backward pass, every gradient 0 but the root's; at its end leaves get back what they held."""

    def __init__(self, root: Value, seed: Number) -> None:
        self.order, self.seed = topological_order(root), seed

    def __enter__(self) -> "OnePass":
        observing.lock.acquire()
        self.earlier = set_aside(self.order)
        self.order[-1].grad = self.seed
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        add_back(self.earlier) if kind is None else give_back(self.order, self.earlier)
        observing.lock.release()


def set_aside(order: Iterable[Value]) -> list[tuple[Value, Number]]:
    """Set every gradient to 0; the leaves that held something else, and what."""
    earlier = []
    for node in order:
        if type(node.grad) is not int or node.grad != 0:  # so it is in no fresh graph
            if not node.operands:
                earlier.append((node, node.grad))
            node.grad = 0
    return earlier


def add_back(earlier: Iterable[tuple[Value, Number]]) -> None:
    """Add what leaves held before the pass to what it gave them."""
    for leaf, grad in earlier:
        leaf.grad = leaf.grad if grad is None else grad + leaf.grad


def give_back(order: Iterable[Value], earlier: Iterable[tuple[Value, Number]]) -> None:
    """Give the leaves what they held before the pass, and nothing of it."""
    held = dict(earlier)
    for node in order:
        if not node.operands:
            node.grad = held.get(node, 0)


def apply(op: Op, *operands: Any) -> Value:
    """The node op(operands), of an operation from the table or of your own. Numbers become leaves."""
    if {*map(type, operands)} != {Value}:
        operands = tuple([x if isinstance(x, Value) else Value(x) for x in operands])
    return record(op, operands, *computed(op, operands))


def unary(op: Op, x: Value) -> Value:
    try:
        data = op.forward(x.data)
        partials = op.partials(data, x.data)
    except (ArithmeticError, ValueError) as error:
        raise failed_operation(error, op, (x,)) from error
    return record(op, (x,), data, partials)


def binary(op: Op, x: Any, y: Any) -> Value:
    """A node of two operands, one of which may be a plain number."""
    if not isinstance(x, Value):
        x = constant(x, y)
    elif not isinstance(y, Value):
        y = constant(y, x)
    left, right = x.data, y.data
    try:
        data = op.forward(left, right)
        partials = op.partials(data, left, right)
    except (ArithmeticError, ValueError) as error:
        raise failed_operation(error, op, (x, y)) from error
    return record(op, (x, y), data, partials)


def computed(op: Op, operands: tuple[Value, ...]) -> tuple[Number, tuple[Number, ...]]:
    """Data and partials of op(operands)."""
    numbers = [operand.data for operand in operands]
    try:
        data = op.forward(*numbers)
        return data, op.partials(data, *numbers)
    except (ArithmeticError, ValueError) as error:
        raise failed_operation(error, op, operands) from error


def record(op: Op, operands: tuple[Value, ...], data: Number, partials: tuple[Number, ...]) -> Value:
    """A new node of the graph."""
    node = Value.__new__(Value)
    node.data = data
    node.grad = 0
    node.op = op
    node.operands = operands
    node.partials = partials
    node.label = node.origin = None
    if observing.observers:
        observing.made(node)
    return node


def constant(number: Any, beside: Value) -> Value:
    """A leaf for a plain number in an operation with a Value; an int becomes a number of that Value's kind."""
    if type(number) is int and type(beside.data) is not float:
        number = functions.like(number, beside.data)
    return Value(number)


def bare(number: Any) -> Any:
    """The data of a Value; any other number itself."""
    return number.data if isinstance(number, Value) else number
