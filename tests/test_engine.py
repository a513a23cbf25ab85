"""The engine: gradients against PyTorch and 50 digits, the graph as a data structure, and what it says to bad input."""

import copy
import gc
import io
import math
import pickle
import re
import struct
import sys
import threading
import weakref
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from mpmath import mpf

from micrograd_paper.engine import (
    Value, apply, gradient, observer, recompute, topological_order, total, weighted_sum,
)
from micrograd_paper.errors import (
    DivisionByZero, DomainError, MicrogradPaperError, NotANumber, RangeError, ShapeError,
)
from micrograd_paper.nn import MLP
from micrograd_paper.operations import TABLE, Op
from tests.strategies import DOMAINS, expressions, networks, small_floats

try:
    import torch
except ImportError:
    torch = None

needs_torch = pytest.mark.skipif(torch is None, reason="PyTorch is not installed: python -m pip install torch")

DIGITS = 50
LONG = 200_000


def values(numbers):
    return [Value(x) for x in numbers]


def chain(length, start=0.0):
    """start + 1 + 1 + …: as deep as it is long."""
    node, one = Value(start, "start"), Value(1.0, "one")
    for _ in range(length):
        node = node + one
    return node


def bits(number):
    return struct.pack("<d", number)


def close(found, expected, tolerance):
    return abs(found - expected) <= tolerance * (1 + abs(expected))


def reach(expression):
    """[Σ over the paths to x of Π |∂node/∂operand| for each leaf x]: the size of the terms that ∂root/∂x sums."""
    leaves = values(expression.leaves)
    order = topological_order(expression.value(leaves))
    sizes = Counter({order[-1]: 1.0})
    for node in reversed(order):
        for operand, partial in zip(node.operands, node.partials):
            sizes[operand] += abs(partial) * sizes[node]
    return [sizes[leaf] for leaf in leaves]


# Gradients.

def test_expressions_of_the_strategy_use_every_operation():
    used = set()

    @settings(max_examples=500, derandomize=True, database=None, phases=[Phase.generate])
    @given(expressions())
    def draw(expression):
        used.update(step.operation for step in expression.steps)

    draw()
    assert used == set(DOMAINS)


@given(expressions())
def test_gradients_of_random_expressions_equal_50_digit_differences(expression):
    with mpmath.workdps(3 * DIGITS):
        leaves = [mpf(x) for x in expression.leaves]
        h = mpf(10) ** -DIGITS

        def at(k, dk):
            return expression.number(mpmath, shifted(leaves, k, dk))

        expected = [(at(k, h) - at(k, -h)) / (2 * h) for k in range(len(leaves))]
    with mpmath.workdps(DIGITS):
        exact = values(leaves)
        expression.value(exact).backward()
    rounded = values(expression.leaves)
    expression.value(rounded).backward()
    for in_digits, in_floats, g, size in zip(exact, rounded, expected, reach(expression)):
        assert abs(in_digits.grad - g) <= mpf(10) ** (15 - DIGITS) * (1 + size)
        assert abs(in_floats.grad - g) <= 1e-12 * (1 + size)


@given(expressions(most_steps=5))
def test_second_derivatives_of_random_expressions_equal_50_digit_differences(expression):
    with mpmath.workdps(4 * DIGITS):
        leaves = [mpf(x) for x in expression.leaves]
        h = mpf(10) ** -DIGITS

        def at(j, dj, k, dk):
            return expression.number(mpmath, shifted(shifted(leaves, j, dj), k, dk))

        expected = [
            [(at(j, h, k, h) - at(j, h, k, -h) - at(j, -h, k, h) + at(j, -h, k, -h)) / (4 * h * h)
             for k in range(len(leaves))]
            for j in range(len(leaves))
        ]
    with mpmath.workdps(DIGITS):
        exact = values(leaves)
        first = gradient(expression.value(exact), exact, create_graph=True)
        for g, row in zip(first, expected):
            largest = max(map(abs, row))
            for second, h_jk in zip(gradient(g, exact), row):
                assert abs(second - h_jk) <= mpf(10) ** (20 - DIGITS) * (1 + largest)


def shifted(numbers, k, h):
    return [x + h if i == k else x for i, x in enumerate(numbers)]


@needs_torch
@given(expressions())
def test_gradients_of_random_expressions_equal_pytorchs(expression):
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in expression.leaves]
    root = expression.number(torch, tensors)
    expected = torch.autograd.grad(root, tensors, allow_unused=True) if root.requires_grad else [None] * len(tensors)
    leaves = values(expression.leaves)
    cost = expression.value(leaves)
    cost.backward()
    assert close(cost.data, root.item(), 1e-10)
    for leaf, g, size in zip(leaves, expected, reach(expression)):
        assert abs(leaf.grad - (0 if g is None else float(g))) <= 1e-12 * (1 + size)


@needs_torch
@given(expressions(most_steps=5))
def test_second_derivatives_of_random_expressions_equal_pytorchs(expression):
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in expression.leaves]
    root = expression.number(torch, tensors) + 0 * sum(tensors)  # then no leaf is unused
    leaves = values(expression.leaves)
    first = gradient(expression.value(leaves), leaves, create_graph=True)
    for g, theirs in zip(first, torch.autograd.grad(root, tensors, create_graph=True)):
        row = [0.0] * len(tensors)
        if theirs.requires_grad:
            row = [0.0 if t is None else float(t) for t in
                   torch.autograd.grad(theirs, tensors, retain_graph=True, allow_unused=True)]
        largest = max(map(abs, row))
        for second, expected in zip(gradient(g, leaves), row):
            assert abs(second - expected) <= 1e-8 * (1 + largest + abs(g.data))


@given(expressions())
def test_gradient_is_what_backward_leaves_and_touches_no_grad(expression):
    leaves = values(expression.leaves)
    root = expression.value(leaves)
    order = topological_order(root)
    for node in order:
        node.grad = 7.0
    found = gradient(root, order)
    as_values = gradient(root, order, create_graph=True)
    assert all(node.grad == 7.0 for node in order)
    for node in order:
        node.grad = 0
    root.backward()
    assert found == [node.grad for node in order]
    for node, g in zip(order, as_values):
        assert close(g.data, node.grad, 1e-12)


@given(networks())
def test_gradients_of_a_network_are_those_of_its_atomic_twin(drawn):
    net, x, _ = drawn
    grads = []
    for atomic in (False, True):
        for layer in net.layers:
            for neuron in layer.neurons:
                neuron.atomic = atomic
        net.zero_grad()
        output = net.forward(x).output
        total(output).backward()
        grads.append(([a.data for a in output], [p.grad for p in net.parameters()]))
    assert grads[0][0] == grads[1][0]
    assert grads[0][1] == pytest.approx(grads[1][1], rel=1e-12, abs=1e-12)


def test_an_input_that_the_output_does_not_depend_on_has_gradient_0():
    a, b, stranger = values((2.0, 3.0, 5.0))
    assert gradient(a * b, [stranger, a]) == [0, 3.0]
    zero, slope = gradient(a * b, [stranger, a], create_graph=True)
    assert isinstance(zero, Value) and zero.data == 0 and slope.data == 3.0
    assert gradient(slope, [a, b]) == [0, 1]  # b's own node, or one that depends on it


def test_inputs_of_gradient_may_be_interior_nodes_and_the_output_itself():
    a, b = values((2.0, 3.0))
    product = a * b
    root = product * product + a
    assert gradient(root, [product, a, root]) == [12.0, 37.0, 1]
    (slope,) = gradient(root, [product], create_graph=True)
    assert slope.data == 12.0
    assert gradient(slope, [product]) == [2]


def test_derivatives_of_every_order():
    x = Value(Fraction(3))
    y, orders = x**4, []
    for _ in range(5):
        (y,) = gradient(y, [x], create_graph=True)
        orders.append(y.data)
    assert orders == [108, 108, 72, 24, 0]
    t = Value(0.5)
    y = t.sin() * t.exp()
    for _ in range(4):
        (y,) = gradient(y, [t], create_graph=True)
    assert close(y.data, -4 * math.sin(0.5) * math.exp(0.5), 1e-14)


def test_gradients_that_gradient_returns_can_be_changed_in_place():
    a, b = Value(np.array([1.0, 2.0])), Value(np.array([3.0, 4.0]))
    (g,) = gradient(a * b, [a])
    g *= 0
    assert b.data.tolist() == [3.0, 4.0]


# backward.

@given(expressions(), small_floats)
def test_a_second_backward_adds_the_same_gradient_again(expression, seed):
    leaves = values(expression.leaves)
    root = expression.value(leaves)
    root.backward(seed)
    order = topological_order(root)
    once = {node: node.grad for node in order}
    root.backward(seed)
    sizes = dict(zip(leaves, reach(expression)))
    for node in order:
        if node.operands:
            assert bits(node.grad) == bits(once[node])
        else:  # term after term is added to what the first call left, so the last bit may differ
            assert abs(node.grad - 2 * once[node]) <= 1e-14 * sizes.get(node, 1) * abs(seed)


@given(expressions(), small_floats)
def test_every_backward_adds_the_same_bits(expression, held):
    leaves = [Value(x) for x in expression.leaves]
    root = expression.value(leaves)
    root.backward()
    once = [leaf.grad for leaf in leaves]
    root.backward()
    assert [leaf.grad for leaf in leaves] == [2 * grad for grad in once]
    for leaf in leaves:
        leaf.grad = held
    root.backward()
    assert [leaf.grad for leaf in leaves] == [held + grad for grad in once]


def test_without_rounding_two_backwards_are_exactly_twice_one():
    net = MLP(3, [4, 4, 2], ["relu", "relu", "linear"], seed=1)
    for parameter in net.parameters():
        parameter.data = Fraction(parameter.data).limit_denominator(1000)
    output = net.forward([Fraction(1, 3), Fraction(-2, 7), Fraction(5)]).output
    cost = apply(TABLE["quadratic"], *output, Fraction(1), Fraction(0))
    cost.backward()
    once = [parameter.grad for parameter in net.parameters()]
    assert all(isinstance(g, Fraction) for g in once) and sum(map(bool, once)) > 5
    cost.backward()
    assert [parameter.grad for parameter in net.parameters()] == [2 * g for g in once]


@given(st.data())
def test_the_gradients_of_two_costs_add_up_on_the_leaves_that_they_share(data):
    expression = data.draw(expressions())
    leaves = values(expression.leaves)
    cost = expression.value(leaves)
    interior = [node for node in topological_order(cost) if node.operands]
    other = data.draw(st.sampled_from(interior)).tanh() * data.draw(st.sampled_from(leaves))
    alone = [gradient(cost, leaves), gradient(other, leaves)]
    cost.backward()
    other.backward()
    for leaf, first, second, size in zip(leaves, *alone, reach(expression)):
        assert abs(leaf.grad - (first + second)) <= 1e-13 * (1 + 4 * size)


def test_two_costs_that_share_interior_nodes_give_the_sum():
    a, b = values((2.0, 3.0))
    shared = a * b
    one, other = shared * shared, shared * 5
    one.backward()
    other.backward()
    assert (a.grad, b.grad) == (2 * 6 * 3 + 5 * 3, 2 * 6 * 2 + 5 * 2)
    assert shared.grad == 5  # of the last call


def test_gradients_add_up_over_a_node_that_is_used_many_times():
    x = Value(3.0)
    y = x * x + x + x * x * x
    y.backward()
    assert x.grad == 2 * 3 + 1 + 3 * 9
    z = Value(2.0)
    total([z] * 10).backward()
    assert z.grad == 10


def test_the_seed_scales_every_gradient():
    a, b = values((2.0, 3.0))
    root = a * b
    root.backward(-0.5)
    assert (root.grad, a.grad, b.grad) == (-0.5, -1.5, -1.0)


def test_backward_of_a_leaf_adds_the_seed():
    leaf = Value(2.0)
    leaf.backward()
    leaf.backward(2.5)
    assert leaf.grad == 3.5


def test_grad_is_0_before_backward():
    product = Value(2.0) * 3
    assert product.grad == 0
    assert all(operand.grad == 0 for operand in product.operands)


@given(expressions())
def test_the_topological_order_has_every_operand_before_its_result_and_every_node_once(expression):
    root = expression.value(values(expression.leaves))
    order = topological_order(root)
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is root
    assert all(place[operand] < place[node] for node in order for operand in node.operands)
    reached, frontier = {root}, [root]
    while frontier:
        frontier = [operand for node in frontier for operand in node.operands if operand not in reached]
        reached.update(frontier)
    assert set(order) == reached


@given(expressions())
def test_the_topological_order_is_the_same_on_every_run(expression):
    orders = [topological_order(expression.value(values(expression.leaves))) for _ in range(2)]
    shapes = [
        [(node.data, node.op, [order.index(operand) for operand in node.operands]) for node in order]
        for order in orders
    ]
    assert shapes[0] == shapes[1]


def test_the_topological_order_of_a_small_graph_is_the_one_that_a_reader_expects():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    root = a * b + a
    assert [node.label or node.op.symbol for node in topological_order(root)] == ["a", "b", "×", "+"]


@given(expressions(), st.data())
def test_recompute_gives_the_bits_of_a_new_graph_after_a_leaf_was_edited(expression, data):
    leaves = values(expression.leaves)
    root = expression.value(leaves)
    k = data.draw(st.integers(0, len(leaves) - 1))
    leaves[k].data *= 1.0001
    fresh_leaves = values([leaf.data for leaf in leaves])
    try:
        fresh = expression.value(fresh_leaves)
    except MicrogradPaperError:
        with pytest.raises(MicrogradPaperError):
            recompute(root)
        return
    recompute(root)
    for old, new in zip(topological_order(root), topological_order(fresh), strict=True):
        assert bits(old.data) == bits(new.data)
        assert old.partials == new.partials
    root.backward()
    fresh.backward()
    assert [leaf.grad for leaf in leaves] == [leaf.grad for leaf in fresh_leaves]


def test_recompute_names_the_operation_that_an_edit_took_out_of_its_domain():
    x = Value(2.0, "x")
    root = x.log() + 1
    x.data = -2.0
    with pytest.raises(DomainError, match=r"log ln of x = −2"):
        recompute(root)


def test_partials_are_fixed_when_the_node_is_made():
    a, b = values((2.0, 3.0))
    product = a * b
    a.data = 100.0
    assert product.partials == (3.0, 2.0)


# Operators.

@given(small_floats, small_floats.filter(lambda x: abs(x) > 0.01))
def test_operators_take_values_and_plain_numbers_on_either_side(x, y):
    a, b = Value(x), Value(y)
    for found in (a + b, a + y, x + b):
        assert found.data == x + y
    for found in (a - b, a - y, x - b):
        assert found.data == x - y
    for found in (a * b, a * y, x * b):
        assert found.data == x * y
    for found in (a / b, a / y, x / b):
        assert found.data == x / y
    assert (-a).data == -x and abs(a).data == abs(x) and +a is a
    assert (abs(a) + 1) ** 2.5 > 0


def test_sum_adds_no_stray_node():
    terms = values((1.0, 2.0, 3.0))
    root = sum(terms)
    assert [node.data for node in topological_order(root)] == [1.0, 2.0, 3.0, 3.0, 6.0]
    assert sum(terms[:1]) is terms[0]
    assert (0.0 + terms[0]) is not terms[0]  # −0.0 + 0.0 is another number


def test_a_power_with_a_plain_exponent_takes_no_logarithm():
    x = Value(-4.0, "x")
    square = x**2
    square.backward()
    assert (square.data, x.grad, square.operands) == (16.0, -8.0, (x,))
    assert (Value(-2.0) ** 3).partials == (12.0,)
    assert (Value(-2.0) ** -1).partials == (-0.25,)
    assert (Value(0.0) ** 0).partials == (0,)
    assert (Value(0.0) ** 1).partials == (1.0,)
    assert (Value(0.0) ** 2).partials == (0.0,)


def test_a_power_of_two_values_has_both_derivatives():
    x, y = values((2.0, 3.0))
    (x**y).backward()
    assert (x.grad, y.grad) == (12.0, pytest.approx(8 * math.log(2)))
    y = Value(3.0)
    (2**y).backward()
    assert y.grad == pytest.approx(8 * math.log(2))
    assert (Value(0.0) ** Value(2.0)).partials == (0.0, 0.0)
    assert (Value(0.0) ** Value(0.0)).partials == (0.0, 0.0)


def test_a_negative_base_has_no_derivative_by_its_exponent():
    for number in (-2.0, -2, Fraction(-2)):
        by_base, by_exponent = (Value(number) ** Value(2)).partials
        assert by_base == -4
        assert math.isnan(by_exponent)
    x = Value(-4.0)
    (slope,) = gradient(x ** Value(2.0), [x], create_graph=True)
    assert slope.data == -8.0
    assert gradient(slope, [x]) == [2.0]


def test_partials_that_are_infinite_where_the_value_is_fine_are_stored():
    assert (Value(0.0) ** 0.5).partials == (math.inf,)
    assert (Value(0.0) ** Value(0.5)).partials[0] == math.inf
    assert Value(0.0).sqrt().partials == (math.inf,)
    assert Value(0j).sqrt().partials == (math.inf,)
    for root in (lambda x: x**0.5, lambda x: x ** Value(0.5), lambda x: x.sqrt()):
        x = Value(0.0)
        assert gradient(root(x), [x], create_graph=True)[0].data == math.inf


def test_a_gradient_by_a_saturated_output_of_the_cross_entropy_can_be_made_a_graph():
    a = Value(0.0)
    (slope,) = gradient(apply(TABLE["cross_entropy"], a, 0.0), [a], create_graph=True)
    assert slope.data == 1
    assert gradient(slope, [a]) == [1]


def test_kinks_have_the_derivative_0():
    assert Value(0.0).relu().partials == (0,)
    assert abs(Value(0.0)).partials == (0,)
    assert Value(-1.0).relu().partials == (0,) and Value(2.0).relu().partials == (1,)


def test_comparisons_look_at_the_data():
    a, b = values((2.0, 3.0))
    assert a < b and a <= b and b > a and b >= a and a < 3 and a > 1 and not a > b
    assert sorted([b, a]) == [a, b] and max(a, b) is b


def test_equality_and_hash_are_identity():
    a, twin = values((2.0, 2.0))
    assert a == a and a != twin and a != 2.0
    assert len({a, twin}) == 2


def test_float_of_a_value_is_the_bare_number():
    assert float(Value(2)) == 2.0 and type(float(Value(2))) is float
    assert math.exp(Value(1.0)) == math.exp(1.0)


def test_total_and_weighted_sum_are_one_node():
    a, b, c = values((2.0, 3.0, 5.0))
    assert total([a, b, 1.0]).data == 6.0
    assert total(iter([a])).operands == (a,)
    z = weighted_sum([a, b], [1.0, -1.0], c)
    z.backward()
    assert z.data == 4.0 and len(topological_order(z)) == 6
    assert (a.grad, b.grad, c.grad) == (1.0, -1.0, 1)


def test_total_of_nothing_and_weighted_sums_of_unequal_or_no_lengths_are_errors():
    with pytest.raises(ShapeError, match="got none"):
        total([])
    with pytest.raises(ShapeError, match="got 2, 1"):
        weighted_sum([1.0, 2.0], [1.0], 0.0)
    with pytest.raises(ShapeError, match="got 0, 0"):
        weighted_sum([], [], Value(3.0))


# Bad input.

class SomeClass:
    pass


@pytest.mark.parametrize(("given_", "named"), [
    ("2.0", "'2.0' of type str"), (None, "None of type NoneType"), ([1.0], "[1.0] of type list"),
    ((1.0,), "(1.0,) of type tuple"), ({}, "{} of type dict"), (Value(2.0), "2 · grad 0 of type Value"),
    (float, "<class 'float'> of type type"), (np.str_("2"), "'2' of type str"), (b"2", "b'2' of type bytes"),
    (np.array(Value(2.0), dtype=object), "of type Value"), (SomeClass, "of type type"), (print, "print"),
])
def test_something_that_is_not_a_number_is_named(given_, named):
    with pytest.raises(NotANumber, match=re.escape(named)) as raised:
        Value(given_)
    assert isinstance(raised.value, TypeError)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("operation", [
    lambda x, other: x + other, lambda x, other: other + x, lambda x, other: x * other, lambda x, other: x / other,
    lambda x, other: x - other, lambda x, other: x**other, lambda x, other: other**x,
    lambda x, other: total([x, other]), lambda x, other: weighted_sum([x], [other], 0.0),
], ids=["+", "reflected +", "×", "÷", "−", "**", "reflected **", "total", "weighted_sum"])
@pytest.mark.parametrize("other", [None, "2", [1.0], {}])
def test_an_operation_with_something_that_is_not_a_number_is_a_type_error(operation, other):
    with pytest.raises(TypeError):
        operation(Value(2.0), other)
    if other is None:
        with pytest.raises(NotANumber, match="None of type NoneType"):
            operation(Value(2.0), other)


@pytest.mark.parametrize(("operation", "error", "builtin", "message"), [
    (lambda x: x.log(), DomainError, ValueError, "log ln of x = 0: "),
    (lambda x: (x - 1).sqrt(), DomainError, ValueError, "sqrt √ of operand = −1: "),
    (lambda x: (x - 8) ** 0.5, DomainError, ValueError, "constant_power **0.5 of operand = −8: a negative number has"),
    (lambda x: (x - 8) ** Value(0.5, "y"), DomainError, ValueError, "power ** of operand = −8, y = 0.5: "),
    (lambda x: x**-1, DivisionByZero, ZeroDivisionError, "constant_power **-1 of x = 0: "),
    (lambda x: x ** Value(-1.0), DivisionByZero, ZeroDivisionError, "power ** of x = 0, operand = −1: "),
    (lambda x: 1 / x, DivisionByZero, ZeroDivisionError, "divide ÷ of operand = 1, x = 0: "),
    (lambda x: (x + 1000).exp(), RangeError, OverflowError, "exp exp of operand = 1000: "),
    (lambda x: (x + 1e200) ** 2, RangeError, OverflowError, "constant_power **2 of operand = 1e+200: "),
    (lambda x: (x + math.inf).sin(), DomainError, ValueError, "sin sin of operand = inf: "),
])
def test_an_operation_outside_its_domain_is_an_error_that_names_operation_and_operands(
    operation, error, builtin, message
):
    with pytest.raises(error, match=re.escape(message)) as raised:
        operation(Value(0.0, "x"))
    assert isinstance(raised.value, builtin) and isinstance(raised.value, MicrogradPaperError)
    assert "\n" not in str(raised.value)


def test_division_by_zero_of_other_kinds_of_number_is_the_same_error():
    for zero in (0, Fraction(0), Decimal(0), mpf(0), 0j):
        with pytest.raises(DivisionByZero):
            Value(zero + 1) / Value(zero)


def test_inf_and_nan_pass_through_plus_minus_and_times_as_ieee_754_says():
    huge = Value(1e308)
    assert (huge * 10).data == math.inf
    assert (huge + huge).data == math.inf
    assert (-huge - huge).data == -math.inf
    assert math.isnan((huge * 10 - huge * 10).data)
    assert math.isnan((Value(math.nan) * 2 + 1).data)
    assert math.isnan((Value(math.inf) * 0).data)
    assert math.isnan(Value(math.nan).relu().data)


# Kinds of number.

def test_array_leaves_have_gradients_example_by_example():
    x, w = Value(np.array([1.0, 2.0, 3.0])), Value(0.5)
    cost = (x * w + 1) ** 2
    cost.backward()
    assert cost.data.tolist() == [2.25, 4.0, 6.25]
    assert x.grad.tolist() == [1.5, 2.0, 2.5]
    assert w.grad.tolist() == [3.0, 8.0, 15.0]  # of the shared weight: one for each example
    before = w.grad
    cost.backward()
    assert before.tolist() == [3.0, 8.0, 15.0] and w.grad.tolist() == [6.0, 16.0, 30.0]


@pytest.mark.parametrize("other", [
    np.array([1.0, 2.0]), np.float64(3.0), np.int64(3), sympy.Symbol("x"), sympy.Integer(3), sympy.Rational(1, 3),
    sympy.Float(2.5), sympy.pi, mpf(3), Fraction(1, 3), 3 + 1j, 3,
], ids=lambda other: type(other).__name__)
def test_other_numbers_on_the_left_reach_the_value(other):
    v = Value(2.0)
    for found, expected in (
        (other + v, other + 2.0), (other - v, other - 2.0), (other * v, other * 2.0), (other / v, other / 2.0),
        (other**v, other**2.0),
    ):
        assert type(found) is Value and v in found.operands
        assert np.all(found.data == expected)


def test_an_array_as_an_exponent_is_an_operand():
    x = Value(np.array([2.0, 3.0]))
    power = x ** np.array([2.0, 1.0])
    assert power.data.tolist() == [4.0, 3.0]
    assert power.partials[0].tolist() == [4.0, 1.0]


def test_numpy_scalars_become_python_numbers():
    for scalar in (np.float64(0.5), np.float32(0.5), np.int64(2), np.array(0.5), np.complex128(1j)):
        assert type(Value(scalar).data) is type(scalar.item())
        assert type((Value(1.0) * scalar).operands[1].data) is type(scalar.item())
    assert (Value(3.0) ** np.int64(2)).op.symbol == "**2"


def test_constant_ints_become_numbers_of_the_other_operands_kind():
    third = Value(Fraction(1)) / 3
    assert third.data == Fraction(1, 3) and type(third.operands[1].data) is Fraction
    with mpmath.workdps(DIGITS):
        third = Value(mpf(1)) / 3
        third.backward()
        assert third.data == mpf(1) / 3 and third.operands[0].grad == mpf(1) / 3
        assert (2 / Value(mpf(3))).data == mpf(2) / 3
    half = Value(sympy.Symbol("x")) / 2
    half.backward()
    assert half.operands[0].grad == sympy.Rational(1, 2)
    assert type((Value(2.0) * 3).operands[1].data) is int


def test_complex_numbers_have_complex_gradients():
    z = Value(1 + 2j)
    (z**3 * z.exp()).backward()
    at = 1 + 2j
    assert abs(z.grad - (3 * at**2 + at**3) * np.exp(at)) < 1e-12
    base = Value(2.0)
    (base ** (1 + 2j)).backward()
    assert abs(base.grad - (1 + 2j) * 2.0**2j) < 1e-14


def test_an_operation_of_ones_own_can_be_applied():
    def cube(x):
        return x * x * x

    def cube_partials(result, x):
        return (3 * x * x,)

    x = Value(2.0)
    y = apply(Op("cube", "³", cube, cube_partials), x)
    (slope,) = gradient(y, [x], create_graph=True)
    assert (y.data, y.op.symbol, slope.data) == (8.0, "³", 12.0)
    assert gradient(slope, [x]) == [12.0]
    assert [operand.data for operand in apply(TABLE["add"], 1.0, x).operands] == [1.0, 2.0]


# Watching.

class Watcher:
    def __init__(self):
        self.nodes, self.walked = [], []

    def made(self, node):
        self.nodes.append(node)

    def walk(self, nodes):
        for node in nodes:
            self.walked.append((node, node.grad))
            yield node


@pytest.fixture
def watcher():
    watcher = Watcher()
    token = observer.set(watcher)
    yield watcher
    observer.reset(token)


def test_an_observer_sees_every_node_when_it_is_made(watcher):
    a = Value(2.0)
    made = [a * 3, a.exp(), a**2, total([a, 1.0]), weighted_sum([a], [a], a), -a]
    assert watcher.nodes == made  # in that order; leaves are not made by an operation
    (slope,) = gradient(made[0] * made[1], [a], create_graph=True)
    assert slope in watcher.nodes


def test_gradients_as_values_make_no_node_that_no_input_reaches_and_none_for_a_product_with_1(watcher):
    a, b = values((2.0, 3.0))
    root = a * a * b * 5.0 + 1.0
    watcher.nodes.clear()
    assert gradient(root, [b], create_graph=True)[0].data == 20.0
    assert [node.data for node in watcher.nodes] == [20.0]  # a² · 5


def test_an_observer_walks_a_backward_with_the_final_gradient_of_each_node(watcher):
    a, b = values((2.0, 3.0))
    root = a * b + a
    root.backward()
    assert [node for node, _ in watcher.walked] == topological_order(root)[::-1]
    assert dict(watcher.walked) == {root: 1, root.operands[0]: 1, a: 4.0, b: 2.0}


def test_a_backward_inside_a_walk_works():
    class Nested(Watcher):
        depth = 0

        def walk(self, nodes):
            for node in nodes:
                if not self.depth:
                    self.depth += 1
                    self.inner = Value(5.0)
                    (self.inner * self.inner).backward()
                    self.depth -= 1
                yield node

    nested = Nested()
    token = observer.set(nested)
    try:
        a = Value(2.0)
        (a * 3).backward()
    finally:
        observer.reset(token)
    assert a.grad == 3 and nested.inner.grad == 10.0


def test_without_an_observer_nobody_is_called():
    assert observer.get() is None
    watcher = Watcher()
    token = observer.set(watcher)
    observer.reset(token)
    (Value(2.0) * 3).backward()
    assert watcher.nodes == watcher.walked == []


def test_an_observer_watches_its_own_context_only(watcher):
    thread = threading.Thread(target=lambda: (Value(2.0) * 3).backward())
    thread.start()
    thread.join()
    assert watcher.nodes == watcher.walked == []


# What a debugger's variable pane shows.

def test_repr_shows_label_data_grad_and_operation():
    a = Value(2.0, "a")
    root = a * -1.23456789
    root.backward()
    assert repr(a) == "a = 2 · grad −1.235"
    assert repr(root) == "−2.469 · grad 1 · ×"
    root.label = "C"
    assert repr(root) == "C = −2.469 · grad 1 · ×"


def test_repr_is_short_and_never_the_whole_graph():
    assert len(repr(chain(1000))) < 40
    wide = Value(np.arange(10_000.0))
    assert len(repr(wide * wide)) < 120 and "\n" not in repr(wide)
    x = sympy.Symbol("x")
    assert len(repr(Value(sum(x**k for k in range(100))))) < 120


def test_a_value_takes_no_stray_attributes():
    with pytest.raises(AttributeError):
        Value(2.0).gradient = 1.0


# Copies and pickles.

def through_c_pickler(value):
    return pickle.loads(pickle.dumps(value))


def through_python_pickler(value):
    file = io.BytesIO()
    pickle._Pickler(file).dump(value)
    return pickle._loads(file.getvalue())


copies = pytest.mark.parametrize("copied", [copy.deepcopy, through_c_pickler, through_python_pickler])


def as_lists(root):
    """The graph as data, every number as its bits."""
    order = topological_order(root)
    place = {node: i for i, node in enumerate(order)}
    return [
        (bits(node.data), bits(node.grad), node.label, node.origin, node.op and (node.op.name, node.op.symbol),
         [bits(partial) for partial in node.partials], [place[operand] for operand in node.operands])
        for node in order
    ]


@copies
@given(expression=expressions())
def test_a_copied_graph_has_the_same_bits_and_the_same_sharing(copied, expression):
    leaves = values(expression.leaves)
    root = expression.value(leaves)
    root.backward(0.1)
    root.label, root.origin = "root", ("file.py", 3)
    twin = copied(root)
    assert as_lists(twin) == as_lists(root)
    assert not set(topological_order(twin)) & set(topological_order(root))
    before = as_lists(root)
    for leaf in topological_order(twin):
        leaf.data = leaf.grad = 5.0
    assert as_lists(root) == before


@copies
@given(expression=expressions())
def test_a_copied_graph_works_on_as_the_original_does(copied, expression):
    root = expression.value(values(expression.leaves))
    twin = copied(root)
    for each in (root, twin):
        recompute(each)
        (each * 2).backward()
    assert as_lists(twin) == as_lists(root)


@copies
def test_nan_infinity_and_minus_zero_survive_a_copy(copied):
    for number in (math.nan, math.inf, -0.0, 5e-324, 0.1):
        assert bits(copied(Value(number)).data) == bits(number)


@copies
def test_several_roots_in_one_copy_share_their_nodes(copied):
    a, b = values((2.0, 3.0))
    shared = a * b
    one, other = shared + 1, shared.exp() * a
    p, q, r, s, t = copied([one, other, a, shared, one])
    assert p.operands[0] is q.operands[0].operands[0] is s
    assert q.operands[1] is r is s.operands[0]
    assert p is t and p is not one
    p, (q,), r = copied((a, [shared], {"root": one}))
    assert r["root"].operands[0] is q and q.operands[0] is p


@copies
def test_a_network_and_its_graph_share_their_parameters_in_one_copy(copied):
    net = MLP(2, [3, 1], seed=1)
    cost = net([0.5, -0.5])
    twin, twin_cost = copied((net, cost))
    twin_cost.backward()
    cost.backward()
    assert [p.grad for p in twin.parameters()] == [p.grad for p in net.parameters()]
    assert twin["w2_1_1"] is twin.weights[2][0][0] is twin.layers[0].neurons[0].weights[0]
    assert twin["w2_1_1"] in topological_order(twin_cost)


@copies
@pytest.mark.parametrize("number", [
    7, 1 + 2j, Fraction(1, 3), mpf("0.1"), sympy.Symbol("x") ** 2, np.array([1.0, 2.0]),
], ids=lambda number: type(number).__name__)
def test_every_kind_of_number_can_be_copied(copied, number):
    a = Value(number)
    root = a * a + 1
    root.backward()
    twin = copied(root)
    assert type(twin.data) is type(root.data) and np.all(twin.data == root.data)
    assert np.all(topological_order(twin)[0].grad == a.grad)


@copies
def test_a_copy_has_its_own_arrays(copied):
    x, w = Value(np.array([1.0, 2.0])), Value(0.5)
    root = x * w
    root.backward()
    x2, w2 = copied(root).operands
    x2.data += 1
    w2.grad += 1  # the number is a float, its gradient an array
    assert x.data.tolist() == [1.0, 2.0] and w.grad.tolist() == [1.0, 2.0]


def test_copy_copy_is_one_node_with_the_same_operands():
    a, b = values((2.0, 3.0))
    root = a * b
    root.label = "root"
    root.backward()
    twin = copy.copy(root)
    assert twin is not root and twin.operands == (a, b) and as_lists(twin) == as_lists(root)
    twin.data = 5.0
    assert root.data == 6.0


def test_every_protocol_of_pickle_keeps_the_bits():
    root = (Value(0.1, "a") * Value(-0.0) + 1).exp()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert as_lists(pickle.loads(pickle.dumps(root, protocol))) == as_lists(root)


def test_a_pickle_made_while_another_pickler_is_alive_stands_by_itself():
    a, b = values((2.0, 3.0))
    shared = a * b
    open_pickler = pickle.Pickler(io.BytesIO())
    open_pickler.dump(shared)
    root = shared + a
    assert as_lists(through_c_pickler(root)) == as_lists(root)
    assert as_lists(through_python_pickler(root)) == as_lists(root)
    del open_pickler
    assert as_lists(through_c_pickler(root)) == as_lists(root)


def test_pickling_many_roots_takes_work_in_proportion():
    def calls(count):
        leaves, events = values(map(float, range(count))), []
        sys.setprofile(lambda frame, event, argument: events.append(event))
        try:
            pickle.dumps(leaves)
        finally:
            sys.setprofile(None)
        return len(events)

    assert calls(1000) < 12 * calls(100)


def test_a_pickle_keeps_nothing_alive():
    leaf = Value(Tracked(2.0))
    gone = weakref.ref(leaf.data)
    text = pickle.dumps([leaf, leaf * 2])
    assert text
    del leaf
    assert gone() is None


# Length.

@pytest.fixture
def long_chain():
    return chain(LONG)


def test_a_chain_of_200_000_nodes_backpropagates_and_shows_itself(long_chain):
    assert long_chain.data == LONG
    long_chain.backward()
    assert [leaf.grad for leaf in topological_order(long_chain)[:2]] == [1, LONG]
    assert repr(long_chain) == "2e+05 · grad 1 · +"
    start = topological_order(long_chain)[0]
    assert gradient(long_chain, [start]) == [1]
    recompute(long_chain)
    assert long_chain.data == LONG


def test_a_long_chain_can_be_differentiated_twice():
    x = node = Value(0.5)
    for _ in range(LONG // 4):
        node = node * 1.000001
    (slope,) = gradient(node * node, [x], create_graph=True)
    assert gradient(slope, [x])[0] == pytest.approx(2 * math.exp(2e-6 * (LONG // 4)), rel=1e-4)


@copies
def test_a_chain_of_200_000_nodes_is_copied(long_chain, copied):
    twin = copied(long_chain)
    assert twin is not long_chain and twin.data == LONG and len(topological_order(twin)) == LONG + 2


def test_a_chain_of_200_000_nodes_is_freed_without_recursion():
    gone = []

    def free():
        node = Value(Tracked(0.0))
        first = weakref.ref(node.data)
        for _ in range(LONG):
            node = node + 1.0
        del node
        gone.append(first() is None)

    free()
    old = threading.stack_size(1024 * 1024)
    try:
        thread = threading.Thread(target=free)  # a thread's stack is smaller than the main one
        thread.start()
        thread.join()
    finally:
        threading.stack_size(old)
    assert gone == [True, True]


# Memory.

class Tracked(float):
    """A float that a weak reference can point to."""


@pytest.fixture
def without_collector():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("use", [
    lambda root, leaf: None,
    lambda root, leaf: root.backward(),
    lambda root, leaf: (root.backward(), root.backward()),
    lambda root, leaf: gradient(root, [leaf]),
    lambda root, leaf: gradient(gradient(root, [leaf], create_graph=True)[0], [leaf]),
    lambda root, leaf: recompute(root),
    lambda root, leaf: copy.deepcopy(root),
    lambda root, leaf: pickle.loads(pickle.dumps([root, leaf])),
    lambda root, leaf: through_python_pickler([root, leaf]),
    lambda root, leaf: repr(root),
], ids=["build", "backward", "backward twice", "gradient", "second derivative", "recompute", "deepcopy", "pickle",
        "Python pickler", "repr"])
def test_a_graph_is_freed_at_once_when_its_root_is_dropped(use):
    leaf = Value(Tracked(0.5))
    gone = weakref.ref(leaf.data)
    root = leaf
    for _ in range(3):
        root = (root * leaf + root.sigmoid() - 1) ** 2 / (abs(leaf) + 1)
        root = weighted_sum([leaf], [root], total([leaf, root]))
    use(root, leaf)
    assert gone() is not None
    del leaf, root
    assert gone() is None


@pytest.mark.usefixtures("without_collector")
def test_a_training_loop_leaves_no_garbage_behind():
    net = MLP(2, [4, 1], seed=1)

    def step():
        net.zero_grad()
        (net([0.5, -0.5]) ** 2).backward()

    step()
    gc.collect()
    count = sum(type(thing) is Value for thing in gc.get_objects())
    for _ in range(10):
        step()
    assert sum(type(thing) is Value for thing in gc.get_objects()) == count
    assert gc.collect() == 0
