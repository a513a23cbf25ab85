"""The engine: a Value records operations into a graph, and `backward` walks it in reverse topological order.

    a, b = Value(2.0, "a"), Value(-3.0, "b")
    C = (a * b + 1).tanh()        every operation makes a node that knows its operands and ∂result/∂operand
    C.backward()                  the chain rule, once for each edge
    a.grad                        ∂C/∂a

    topological_order(root)       the nodes, operands before results
    apply(op, *operands)          a node of any operation, from the table or your own
"""

import functools
import operator
from collections.abc import Callable
from typing import Any, cast

from micrograd_paper import arrays, copying, functions, observing
from micrograd_paper.backward_pass import OnePass
from micrograd_paper.display import failed_operation, label_text, shown
from micrograd_paper.errors import NotANumber, NotAValue
from micrograd_paper.functions import Number
from micrograd_paper.operations import (
    ABSOLUTE, ADD, COS, DIVIDE, EXP, IEEE_DIVIDE, IEEE_LOG, IEEE_POWER, LOG, MULTIPLY, NEGATIVE, POWER, RELU, SIGMOID,
    SIN, SOFTPLUS, SQRT, SUBTRACT, TANH, Op, power_by,
)
from micrograd_paper.plain import printable


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

    _op_priority = 1000.0  # Symbol * Value leaves the work to Value.__rmul__

    def __init__(self, data: Number, label: object = None) -> None:
        self.data = data if type(data) is float else functions.number(data)
        self.grad: Number = 0
        self.op: Op | None = None
        self.operands: tuple[Value, ...] = ()
        self.partials: tuple[Number, ...] = ()
        self.label = label
        self.origin: Any = None
        if observing.makers:
            observing.made(self)

    def backward(self, seed: Number = 1) -> None:
        """Fill `.grad` of every node of this graph with seed·∂self/∂node.

        What leaves held before is added at the end: a second call adds exactly the same gradient again, and the
        gradients of two costs with common leaves add up. Interior nodes hold this call's gradient alone. If it fails,
        leaves hold what they held before. One backward runs at a time, whichever threads call it.
        """
        with OnePass(topological_order(self), seed) as this:
            for node in observing.walk(reversed(this.order), this.earlier):
                for operand, partial in zip(node.operands, node.partials):
                    operand.grad = operand.grad + partial * node.grad  # the chain rule, (18)

    def __add__(self, other: Any) -> Any: return binary(ADD, self, other)
    def __radd__(self, other: Any) -> Any:
        return self if type(other) is int and other == 0 else binary(ADD, other, self)  # the 0 that sum() starts with
    def __sub__(self, other: Any) -> Any: return binary(SUBTRACT, self, other)
    def __rsub__(self, other: Any) -> Any: return binary(SUBTRACT, other, self)
    def __mul__(self, other: Any) -> Any: return binary(MULTIPLY, self, other)
    def __rmul__(self, other: Any) -> Any: return binary(MULTIPLY, other, self)
    def __truediv__(self, other: Any) -> Any: return binary(DIVIDE, self, other)
    def __rtruediv__(self, other: Any) -> Any: return binary(DIVIDE, other, self)
    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, Value) or type(exponent).__hash__ is None or getattr(exponent, "shape", ()) != ():
            return binary(POWER, self, exponent)  # an array is no constant to look up
        return unary(power_by(functions.number(exponent)), self)
    def __rpow__(self, base: Any) -> Any: return binary(POWER, base, self)
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

    def __lt__(self, other: Any) -> Any: return compared(operator.lt, self, other)
    def __le__(self, other: Any) -> Any: return compared(operator.le, self, other)
    def __gt__(self, other: Any) -> Any: return compared(operator.gt, self, other)
    def __ge__(self, other: Any) -> Any: return compared(operator.ge, self, other)

    def equals_zero(self) -> Any: return functions.is_zero(self.data)  # == is identity
    def __float__(self) -> float: return float(self.data)
    def __complex__(self) -> complex: return complex(self.data)
    def __round__(self, digits: int | None = None) -> Any: return round(self.data, digits)
    def __format__(self, spec: str) -> str: return format(self.data, spec) if spec else repr(self)

    def ieee_divide(self, numerator: Any) -> Any: return binary(IEEE_DIVIDE, numerator, self)  # for second
    def ieee_power(self, exponent: Any) -> Any: return binary(IEEE_POWER, self, exponent)  # derivatives, where
    def ieee_log(self) -> "Value": return unary(IEEE_LOG, self)  # the first ones are infinite

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return arrays.of_ufunc(Value, ufunc, method, inputs, options)

    def __repr__(self) -> str:
        name = "" if self.label is None else f"{label_text(self.label)} = "
        symbol = "" if self.op is None else f" · {self.op.symbol}"
        return printable(f"{name}{shown(self.data)} · grad {shown(self.grad)}{symbol}")

    safely_stringify_for_pudb = __repr__  # which else shows a type

    @property
    def name(self) -> str:
        """The label as text that can be typed, z2_1; "" without one. For conditions: node.name == "z2_1"."""
        return "" if self.label is None else str(getattr(self.label, "ascii", self.label))

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


new = Value.__new__  # without the checks of __init__


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


def apply(op: Op, *operands: Any) -> Value:
    """The node op(operands), of an operation from the table or of your own. Numbers become leaves."""
    if {*map(type, operands)} != {Value}:
        operands = tuple([x if isinstance(x, Value) else Value(x) for x in operands])
    return record(op, operands, *computed(op, operands))


def unary(op: Op, x: Value) -> Value:
    number = x.data
    try:
        if type(number) is not float:
            x.data = number = functions.number(number)  # somebody may have set it since
        data = op.forward(number)
        partials = op.partials(data, number)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise failed_operation(error, op, (x,)) from error
    return record(op, (x,), data, partials)


def binary(op: Op, x: Any, y: Any) -> Any:
    """A node of two operands, one of which may be a plain number."""
    if not isinstance(x, Value):
        if is_elementwise(x, y):
            return arrays.elementwise(functools.partial(binary, op), x, y)
        x = constant(x, y)
    elif not isinstance(y, Value):
        if is_elementwise(y, x):
            return arrays.elementwise(functools.partial(binary, op), x, y)
        y = constant(y, x)
    left, right = x.data, y.data
    try:
        if (type(left) is not float and type(left) is not int) or (type(right) is not float and type(right) is not int):
            # NumPy's scalars would warn, where Python's raise
            left, right = functions.number(left), functions.number(right)
        data = op.forward(left, right)
        if type(data) is not float:
            data = functions.number(data)
        partials = op.partials(data, left, right)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise failed_operation(error, op, (x, y)) from error
    return record(op, (x, y), data, partials)


def computed(op: Op, operands: tuple[Value, ...]) -> tuple[Number, tuple[Number, ...]]:
    """Data and partials of op(operands)."""
    numbers = [operand.data for operand in operands]
    try:
        data = op.forward(*numbers)
        if type(data) is not float:
            data, numbers = functions.settled(op.forward, numbers, data)
        return data, op.partials(data, *numbers)
    except (ArithmeticError, ValueError, TypeError) as error:
        raise failed_operation(error, op, operands) from error


def record(op: Op, operands: tuple[Value, ...], data: Number, partials: tuple[Number, ...]) -> Value:
    """A new node of the graph."""
    node = new(Value)
    node.data = data
    node.grad = 0
    node.op = op
    node.operands = operands
    node.partials = partials
    node.label = node.origin = None
    if observing.makers:
        observing.made(node)
    return node


def constant(number: Any, beside: Value) -> Value:
    """A leaf for a plain number in an operation with a Value; an int becomes a number of that Value's kind. What is a
    Value in an array of no dimension is that Value."""
    if type(number) is int:
        return Value(number if type(beside.data) is float else functions.like(number, beside.data))
    if type(number) is not float:
        number = arrays.unboxed(number)
    return number if isinstance(number, Value) else Value(number)


def is_elementwise(number: Any, beside: Value) -> bool:
    """Whether it is an array beside a Value that holds one number."""
    return type(number) not in (float, int) and functions.is_array(number) and not functions.is_array(beside.data)


def compared(how: Callable[[Any, Any], Any], x: Value, other: Any) -> Any:
    """Which of two numbers is the larger one. Raises NotANumber for complex numbers, which have no order."""
    if not isinstance(other, Value | float | int):
        other = arrays.unboxed(other)
        other = functions.number(other) if functions.is_scalar(other) else other
    try:
        return how(x.data, other.data if isinstance(other, Value) else other)
    except TypeError as error:
        raise NotANumber(f"{x} has no order beside {shown(other)}: {error}") from error
