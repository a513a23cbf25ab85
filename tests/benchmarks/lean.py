"""The least that a scalar autodiff engine can be, as one writes it: the peer of the benchmarks.

No checks, no labels, no operations but those of `gpt.py`. The order is found by recursion, so a graph may not be deeper
than Python's limit; `visit` refers to itself and to every node, so a graph stays until the garbage collector comes.
"""

import math


class Value:
    """A number, its gradient, its operands and ∂self/∂operand for each of them."""

    __slots__ = ("data", "grad", "operands", "partials")

    def __init__(self, data, operands=(), partials=()):
        self.data = data
        self.grad = 0
        self.operands = operands
        self.partials = partials

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1, 1))
    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))
    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self):
        result = math.exp(self.data)
        return Value(result, (self,), (result,))
    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))
    def relu(self):
        return Value(max(0.0, self.data), (self,), (1 if self.data > 0 else 0,))

    def __neg__(self):
        return self * -1
    def __sub__(self, other):
        return self + -other
    def __truediv__(self, other):
        return self * other**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for operand in node.operands:
                    visit(operand)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            for operand, partial in zip(node.operands, node.partials):
                operand.grad += partial * node.grad
