"""A program written for the classic `micrograd.engine.Value` runs with only its import changed."""

import json
import math
import random
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from micrograd_paper import MLP
from micrograd_paper.engine import Value  # the line that changed


PAGE = Path(__file__).parent.parent / "demos" / "engine.md"


def relu_chain(x):
    """Sums, products and relu of one number."""
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    return h + q + q * x


def every_operator(a, b):
    """Every operator of the classic engine, with names bound anew on the way."""
    c, d = a + b, a * b + b**3
    c = c + (c + 1)
    c += 1 + c + (-a)
    d = d + (d * 2 + (b + a).relu())
    d += 3 * d + (b - a).relu()
    f = (c - d) ** 2
    g = f / 2.0
    g += 10.0 / f
    return g


PROGRAMS = [(relu_chain, (-4.0,)), (relu_chain, (3.0,)), (every_operator, (-4.0, 2.0)), (every_operator, (1.5, -0.5))]
programs = pytest.mark.parametrize(("program", "numbers"), PROGRAMS)


@programs
def test_forward_and_backward_equal_pytorchs(torch, program, numbers):
    leaves = [Value(x) for x in numbers]
    result = program(*leaves)
    result.backward()
    tensors = [torch.tensor([x], dtype=torch.float64, requires_grad=True) for x in numbers]
    expected = program(*tensors)
    expected.backward()
    assert abs(result.data - expected.item()) < 1e-6
    for leaf, tensor in zip(leaves, tensors):
        assert abs(leaf.grad - tensor.grad.item()) < 1e-6


class Dual:
    """A number and its derivative by one input, for a judge that is always there."""

    def __init__(self, number, slope=0):
        self.number, self.slope = Fraction(number), Fraction(slope)

    def of(self, other):
        return other if isinstance(other, Dual) else Dual(other)

    def __add__(self, other):
        other = self.of(other)
        return Dual(self.number + other.number, self.slope + other.slope)

    def __mul__(self, other):
        other = self.of(other)
        return Dual(self.number * other.number, self.slope * other.number + self.number * other.slope)

    def __pow__(self, n):
        return Dual(self.number**n, n * self.number ** (n - 1) * self.slope)

    def relu(self):
        return self if self.number > 0 else Dual(0)

    def __neg__(self): return self * -1
    def __sub__(self, other): return self + -self.of(other)
    def __rsub__(self, other): return self.of(other) + -self
    def __truediv__(self, other): return self * self.of(other) ** -1
    def __rtruediv__(self, other): return self.of(other) * self**-1
    __radd__, __rmul__ = __add__, __mul__


@programs
def test_forward_and_backward_equal_exact_arithmetic(program, numbers):
    leaves = [Value(x) for x in numbers]
    result = program(*leaves)
    result.backward()
    for k, leaf in enumerate(leaves):
        exact = program(*[Dual(x, k == i) for i, x in enumerate(numbers)])
        assert result.data == pytest.approx(float(exact.number), rel=1e-14)
        assert leaf.grad == pytest.approx(float(exact.slope), rel=1e-14)


def test_the_numbers_of_the_classic_readme():
    a, b = Value(-4.0), Value(2.0)
    g = every_operator(a, b)
    g.backward()
    assert (f"{g.data:.4f}", f"{a.grad:.4f}", f"{b.grad:.4f}") == ("24.7041", "138.8338", "645.5773")


class Neuron:
    """A neuron as classic programs write it."""

    def __init__(self, nin, rng, nonlinear):
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlinear = nonlinear

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return act.relu() if self.nonlinear else act

    def parameters(self):
        return [*self.w, self.b]


def test_a_classic_training_loop_learns_xor():
    rng = random.Random(3)
    hidden, output = [Neuron(2, rng, True) for _ in range(8)], Neuron(8, rng, False)
    parameters = [p for neuron in (*hidden, output) for p in neuron.parameters()]
    xs, ys = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], [-1, 1, 1, -1]
    losses = []
    for k in range(100):
        scores = [output([neuron(list(map(Value, x))) for neuron in hidden]) for x in xs]
        margins = [(1 + -yi * score).relu() for yi, score in zip(ys, scores)]
        loss = sum(margins) * (1.0 / len(margins)) + 1e-4 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0
        loss.backward()
        for p in parameters:
            p.data -= (0.1 - 0.0009 * k) * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.1 * losses[0]
    assert all((score.data > 0) == (yi > 0) for yi, score in zip(ys, scores))


def test_the_activations_that_the_page_names_are_the_classic_ones_and_learn_what_the_default_cannot():
    named = re.search(r"`MLP\(2, \[16, 16, 1\], (\[.*?\])\)`", PAGE.read_text(encoding="utf-8"))[1]
    xs, ys = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]], [-1, 1, 1, -1]
    losses = {}
    for activation in (json.loads(named), "sigmoid"):
        model = MLP(2, [8, 8, 1], activation, seed=2)
        for _ in range(60):
            losses[str(activation)] = loss = sum((1 + -y * model(x)).relu() for x, y in zip(xs, ys)) / len(xs)
            model.zero_grad()
            loss.backward()
            for p in model.parameters():
                p.data -= 0.1 * p.grad
    assert losses[named.replace('"', "'")].data < 0.2 < 0.9 < losses["sigmoid"].data


def test_an_array_of_floats_loses_gradients_and_lists_and_arrays_of_objects_keep_them():
    for collected, is_kept in ((np.zeros(2), False), (np.zeros(2, dtype=object), True), ([0, 0], True)):
        w = Value(3.0)
        for i in range(2):
            collected[i] = w * i
        total = sum(collected) + w * 0
        total.backward()
        assert total.data == 3.0 and w.grad == (1.0 if is_kept else 0.0)


def test_the_classic_engine_s_own_attributes_can_be_read():
    a, b = Value(2.0), Value(3.0)
    product = a * b
    assert product._prev == {a, b} and a._prev == set()
    assert product._op and a._op == ""
    assert [node._op for node in (a * b, a + b, a**2, a.relu(), a.tanh(), a.exp())] == [
        "*", "+", "**2", "ReLU", "tanh", "exp"]
    assert (a * a)._prev == {a}
    for name in ("_prev", "_op"):
        with pytest.raises(AttributeError):
            setattr(product, name, None)


def test_a_classic_drawing_program_walks_the_graph():
    a, b = Value(2.0), Value(3.0)
    root = (a * b + a).relu()
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    assert len(nodes) == 5 and len(edges) == 5
    assert sum(bool(v._op) for v in nodes) == 3


def test_a_loss_that_reaches_nan_stays_a_number_of_python():
    x = Value(1e308)
    assert math.isinf((x * 10).data) and math.isnan((x * 10 - x * 10).data)
