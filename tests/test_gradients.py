"""Gradients: against PyTorch and 50 digits, of any order, added up over nodes, calls and costs."""

import math
import re
from collections import Counter
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from mpmath import mpf

from micrograd_paper.costs import total
from micrograd_paper.engine import Value, apply, topological_order
from micrograd_paper.errors import DomainError, MicrogradPaperError, NotAValue
from micrograd_paper.graph import gradient, recompute
from micrograd_paper.nn import MLP
from micrograd_paper.operations import TABLE
from tests.graphs import bits, values
from tests.strategies import DOMAINS, expressions, small_floats

DIGITS = 50


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


@pytest.mark.slow
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


@given(expressions())
def test_gradients_of_random_expressions_equal_pytorchs(torch, expression):
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in expression.leaves]
    root = expression.number(torch, tensors)
    expected = torch.autograd.grad(root, tensors, allow_unused=True) if root.requires_grad else [None] * len(tensors)
    leaves = values(expression.leaves)
    cost = expression.value(leaves)
    cost.backward()
    assert close(cost.data, root.item(), 1e-10)
    for leaf, g, size in zip(leaves, expected, reach(expression)):
        assert abs(leaf.grad - (0 if g is None else float(g))) <= 1e-12 * (1 + size)


@given(expressions(most_steps=5))
def test_second_derivatives_of_random_expressions_equal_pytorchs(torch, expression):
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


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(("given_", "named"), [
    (2.0, "2"), ("a", "'a'"), (None, "None"), ([Value(1.0)], "[1 · grad 0]"), (np.array([1.0, 2.0]), "array("),
])
def test_a_gradient_by_what_is_no_value_is_refused_and_says_what_was_given(given_, named, create_graph):
    a = Value(2.0)
    with pytest.raises(NotAValue, match=re.escape(f"the Values to differentiate by; got {named}")):
        gradient(a * 3, [a, given_], create_graph=create_graph)


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

@given(expressions(), small_floats, small_floats)
def test_a_second_backward_adds_exactly_the_same_gradient_again(expression, seed, held):
    leaves = values(expression.leaves)
    root = expression.value(leaves)
    root.backward(seed)
    once = {node: node.grad for node in topological_order(root)}
    root.backward(seed)
    for node in once:
        assert bits(node.grad) == bits(once[node] if node.operands else once[node] + once[node])
    for leaf in leaves:
        leaf.grad = held
    root.backward(seed)
    assert [leaf.grad for leaf in leaves] == [held + once.get(leaf, 0.0) for leaf in leaves]


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
