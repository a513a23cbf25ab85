"""The engine: a Value records operations into a graph, and `backward` walks it in reverse topological order.

    a, b = Value(2.0, "a"), Value(-3.0, "b")
    C = (a * b + 1).tanh()        every operation makes a node that knows its operands and ∂result/∂operand
    C.backward()                  the chain rule, once for each edge
    a.grad                        ∂C/∂a

    topological_order(root)       the nodes, operands before results
    apply(op, *operands)          a node of any operation, from the table or your own
"""

import contextvars
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, cast

from micrograd_paper import copying, functions
from micrograd_paper.display import label_text, shown
from micrograd_paper.errors import (
    DivisionByZero, DomainError, MicrogradPaperError, NotANumber, NotAValue, RangeError, ShapeError,
)
from micrograd_paper.functions import Number
from micrograd_paper.operations import (
    ABSOLUTE, ADD, COS, DIVIDE, EXP, LOG, MULTIPLY, NEGATIVE, POWER, RELU, SIGMOID, SIN, SOFTPLUS, SQRT, SUBTRACT, TANH,
    TOTAL, WEIGHTED_SUM, Op, power_by,
)


class Observer(Protocol):
    """What may watch the engine: set `observer` to one, and reset it afterwards."""

    def made(self, node: "Value") -> None:
        """Called with each Value, a leaf or what an operation made, right after it was made."""

    def walk(self, nodes: Iterable["Value"]) -> Iterator["Value"]:
        """Called once a `backward`; it yields the nodes on, and may look at each before and after its chain rule."""


observer: contextvars.ContextVar[Observer | None] = contextvars.ContextVar("observer", default=None)


class Value:
    """A number in a graph of operations.

    data      the number: float, int, complex, Fraction, mpf, SymPy expression, NumPy array
    grad      ∂root/∂self after root.backward(); 0 before
    op        the operation that made it, None for a leaf; operands: the Values it was applied to
    partials  ∂self/∂operand for each operand: numbers, fixed when the node is made
    label     what it is called: a string or a notation.Symbol
    origin    where it was made, when that is recorded

    Equality and hash are identity; < <= > >= compare the data. `float(v)` is the bare number: math.exp(v) therefore
    leaves the graph and has no gradient, v.exp() stays in it. Raises NotANumber for anything that is not a number.
    """

    __slots__ = ("data", "grad", "op", "operands", "partials", "label", "origin")

    __array_ufunc__ = None  # array * Value and Symbol * Value leave the work to Value.__rmul__
    _op_priority = 1000.0

    def __init__(self, data: Number, label: object = None) -> None:
        self.data = data if type(data) is float else checked(data)
        self.grad: Number = 0
        self.op: Op | None = None
        self.operands: tuple[Value, ...] = ()
        self.partials: tuple[Number, ...] = ()
        self.label = label
        self.origin: Any = None
        watcher = observer.get()
        if watcher is not None:
            watcher.made(self)

    def backward(self, seed: Number = 1) -> None:
        """Fill `.grad` of every node of this graph with seed·∂self/∂node.

        What leaves held before is added at the end: a second call adds exactly the same gradient again, and the
        gradients of two costs with common leaves add up. Interior nodes hold this call's gradient alone.
        """
        order = topological_order(self)
        earlier = set_aside(order)
        self.grad = seed
        watcher = observer.get()
        for node in reversed(order) if watcher is None else watcher.walk(reversed(order)):
            for operand, partial in zip(node.operands, node.partials):
                operand.grad = operand.grad + partial * node.grad  # the chain rule, (18)
        for leaf, grad in earlier:
            leaf.grad = grad + leaf.grad

    def __add__(self, other: Any) -> "Value":
        return binary(ADD, self, other)
    def __radd__(self, other: Any) -> "Value":
        return self if type(other) is int and other == 0 else binary(ADD, other, self)  # the 0 that sum() starts with
    def __sub__(self, other: Any) -> "Value":
        return binary(SUBTRACT, self, other)
    def __rsub__(self, other: Any) -> "Value":
        return binary(SUBTRACT, other, self)
    def __mul__(self, other: Any) -> "Value":
        return binary(MULTIPLY, self, other)
    def __rmul__(self, other: Any) -> "Value":
        return binary(MULTIPLY, other, self)
    def __truediv__(self, other: Any) -> "Value":
        return binary(DIVIDE, self, other)
    def __rtruediv__(self, other: Any) -> "Value":
        return binary(DIVIDE, other, self)
    def __pow__(self, exponent: Any) -> "Value":
        if isinstance(exponent, Value) or type(exponent).__hash__ is None:  # no constant to look up: an array
            return binary(POWER, self, exponent)
        return unary(power_by(checked(exponent)), self)
    def __rpow__(self, base: Any) -> "Value":
        return binary(POWER, base, self)

    def __neg__(self) -> "Value":
        return unary(NEGATIVE, self)
    def __pos__(self) -> "Value":
        return self
    def __abs__(self) -> "Value":
        return unary(ABSOLUTE, self)

    def exp(self) -> "Value":
        return unary(EXP, self)
    def log(self) -> "Value":
        return unary(LOG, self)
    def sqrt(self) -> "Value":
        return unary(SQRT, self)
    def sin(self) -> "Value":
        return unary(SIN, self)
    def cos(self) -> "Value":
        return unary(COS, self)
    def tanh(self) -> "Value":
        return unary(TANH, self)
    def sigmoid(self) -> "Value":
        return unary(SIGMOID, self)
    def relu(self) -> "Value":
        return unary(RELU, self)
    def softplus(self) -> "Value":
        return unary(SOFTPLUS, self)

    def __lt__(self, other: Any) -> Any:
        return self.data < bare(other)
    def __le__(self, other: Any) -> Any:
        return self.data <= bare(other)
    def __gt__(self, other: Any) -> Any:
        return self.data > bare(other)
    def __ge__(self, other: Any) -> Any:
        return self.data >= bare(other)

    def equals_zero(self) -> Any:
        """Whether the data is 0: == on Values is identity."""
        return functions.is_zero(self.data)

    def __float__(self) -> float:
        return float(self.data)

    def __repr__(self) -> str:
        name = "" if self.label is None else f"{label_text(self.label)} = "
        symbol = "" if self.op is None else f" · {self.op.symbol}"
        return f"{name}{shown(self.data)} · grad {shown(self.grad)}{symbol}"

    @property
    def _prev(self) -> set["Value"]:
        """The operands, as the classic engine calls them."""
        return set(self.operands)

    @property
    def _op(self) -> str:
        """The operation's symbol, as the classic engine writes it; "" for a leaf."""
        symbol = "" if self.op is None else self.op.symbol
        return {"×": "*", "relu": "ReLU"}.get(symbol, symbol)

    def __copy__(self) -> "Value":
        return cast(Value, copying.shallow_copy(self))
    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        return cast(Value, copying.deep_copy(topological_order(self), memo))
    def __reduce__(self) -> tuple[Any, ...]:
        return copying.reduced(self, topological_order)



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


def set_aside(order: Iterable[Value]) -> list[tuple[Value, Number]]:
    """Set every gradient to 0; the leaves that held one, and what they held."""
    earlier = []
    for node in order:
        grad, node.grad = node.grad, 0
        if not node.operands and (type(grad) is not int or grad != 0):
            earlier.append((node, grad))
    return earlier


def apply(op: Op, *operands: Any) -> Value:
    """The node op(operands), of an operation from the table or of your own. Numbers become leaves."""
    if {*map(type, operands)} != {Value}:
        operands = tuple([x if isinstance(x, Value) else Value(x) for x in operands])
    return recorded(op, operands)


def total(terms: Iterable[Any]) -> Value:
    """The sum of the terms, one or more, from left to right, as one node. Raises ShapeError for none."""
    operands = list(terms)
    if not operands:
        raise ShapeError("total takes one term or more; got none")
    return apply(TOTAL, *operands)


def weighted_sum(weights: Sequence[Any], inputs: Sequence[Any], bias: Any) -> Value:
    """z = Σₖ wₖ aₖ + b, (12), as one node. Raises ShapeError unless there are as many weights as inputs, and one."""
    if len(weights) != len(inputs) or len(weights) == 0:
        raise ShapeError(f"weighted_sum takes as many weights as inputs, 1 or more; got {len(weights)}, {len(inputs)}")
    return apply(WEIGHTED_SUM, *weights, *inputs, bias)


def recorded(op: Op, operands: tuple[Value, ...]) -> Value:
    """A new node of any number of operands."""
    node = Value.__new__(Value)
    compute(node, op, operands)
    node.grad = 0
    node.op = op
    node.operands = operands
    node.label = node.origin = None
    watcher = observer.get()
    if watcher is not None:
        watcher.made(node)
    return node


def unary(op: Op, x: Value) -> Value:
    """A new node of one operand."""
    node = Value.__new__(Value)
    try:
        node.data = data = op.forward(x.data)
        node.partials = op.partials(data, x.data)
    except (ArithmeticError, ValueError) as error:
        raise named(error, op, (x,)) from error
    node.grad = 0
    node.op = op
    node.operands = (x,)
    node.label = node.origin = None
    watcher = observer.get()
    if watcher is not None:
        watcher.made(node)
    return node


def binary(op: Op, x: Any, y: Any) -> Value:
    """A new node of two operands, one of which may be a plain number. Most nodes are made here: no call is wasted."""
    if not isinstance(x, Value):
        x = constant(x, y)
    elif not isinstance(y, Value):
        y = constant(y, x)
    left, right = x.data, y.data
    node = Value.__new__(Value)
    try:
        node.data = data = op.forward(left, right)
        node.partials = op.partials(data, left, right)
    except (ArithmeticError, ValueError) as error:
        raise named(error, op, (x, y)) from error
    node.grad = 0
    node.op = op
    node.operands = (x, y)
    node.label = node.origin = None
    watcher = observer.get()
    if watcher is not None:
        watcher.made(node)
    return node


def constant(number: Any, beside: Value) -> Value:
    """A leaf for a plain number in an operation with a Value; an int becomes a number of that Value's kind."""
    if type(number) is int and type(beside.data) is not float:
        number = functions.like(number, beside.data)
    return Value(number)


def compute(node: Value, op: Op, operands: tuple[Value, ...]) -> None:
    """Give the node the data and partials of op(operands)."""
    numbers = [operand.data for operand in operands]
    try:
        data = op.forward(*numbers)
        node.partials = op.partials(data, *numbers)
        node.data = data
    except (ArithmeticError, ValueError) as error:
        raise named(error, op, operands) from error


def named(error: Exception, op: Op, operands: tuple[Value, ...]) -> MicrogradPaperError:
    """The same error with the names of the operation and its operands."""
    kinds = {ZeroDivisionError: DivisionByZero, OverflowError: RangeError}
    kind = next((ours for theirs, ours in kinds.items() if isinstance(error, theirs)), DomainError)
    return kind(f"{application(op, operands)}: {error}")


def application(op: Op, operands: Sequence[Value]) -> str:
    """What is applied to what, and where each operand was made, if that is recorded: log ln of x = 0 (train.py:7)."""
    places = [
        f"{label_text(operand.label or 'operand')} = {shown(operand.data)}"
        + ("" if operand.origin is None else f" ({operand.origin})")
        for operand in operands[:4]
    ]
    return f"{op.name} {op.symbol} of {', '.join(places)}" + (", …" if len(operands) > 4 else "")


def checked(number: Any) -> Number:
    """The number itself, or the Python number that a NumPy scalar holds. Raises NotANumber for anything else."""
    kind = type(number)
    if functions.library(kind) is not None and getattr(number, "shape", None) == ():
        return checked(number.item())
    if issubclass(kind, Value) or not hasattr(kind, "__neg__") or not hasattr(kind, "__mul__"):
        raise NotANumber(f"a Value holds a number; got {shown(number)} of type {kind.__name__}")
    return number


def bare(number: Any) -> Any:
    """The data of a Value; any other number itself."""
    return number.data if isinstance(number, Value) else number
