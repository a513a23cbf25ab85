"""Where the paper is wrong as printed, the printed form gives another number; where it is right under a condition, a
number shows the condition. One test a row of errata and notes.
"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, cross_entropy, equations, quadratic
from micrograd_paper.costs import mean_cost, total
from micrograd_paper.descent import descend
from micrograd_paper.engine import Value


def logistic(z):
    return 1 / (1 + math.exp(-z))


def test_equation_10_as_printed_is_not_the_activation_of_a_neuron_with_two_inputs():
    net = MLP(2, [1], seed=1)
    net["b2_1"].data = 0.1
    x = [1.0, 2.0]
    w, b, a = [p.data for p in net.weights[2][0]], net["b2_1"].data, net.forward(x)["a2_1"].data
    assert equations.activation(w, x, b, logistic) == pytest.approx(a, rel=1e-14)
    assert equations.activation_as_printed(w, x, b, logistic) == pytest.approx(
        logistic(w[0] * x[0] + b) + logistic(w[1] * x[1] + b), rel=1e-14
    )
    assert abs(equations.activation_as_printed(w, x, b, logistic) - a) > 0.1


def test_equation_10_as_printed_agrees_where_there_is_one_input():
    assert equations.activation_as_printed([0.3], [2.0], 0.1, logistic) == pytest.approx(logistic(0.7), rel=1e-15)


def test_section_2_as_printed_counts_100_inputs_and_not_the_10_000_pixels_of_a_picture():
    assert equations.polynomial_terms(100, 2) == 5050
    assert equations.polynomial_terms(100 * 100, 2) == 50_005_000 == math.comb(10_001, 2)


@pytest.mark.parametrize("m", [2, 3])
def test_equation_26_as_printed_is_m_times_the_error_of_an_example_in_25(m):
    net = MLP(2, [3, 2], seed=1)
    forwards = [net.forward([1.0, 0.5 * i], i) for i in range(m)]
    y = [1.0, 0.0]
    (total([cross_entropy(forward.output, y) for forward in forwards]) / m).backward()
    for forward in forwards:
        for z, a, y_j in zip(forward.z[3], forward.output, y):
            as_printed = equations.cross_entropy_output_error(a.data, y_j)
            assert z.grad == pytest.approx(as_printed / m, rel=1e-12)
            assert abs(z.grad - as_printed) > 0.1


def test_equation_26_as_printed_is_right_for_one_example():
    forward = MLP(2, [3, 2], seed=1).forward([1.0, 0.5])
    cross_entropy(forward.output, [1.0, 0.0]).backward()
    for z, a, y_j in zip(forward.z[3], forward.output, [1.0, 0.0]):
        assert z.grad == pytest.approx(equations.cross_entropy_output_error(a.data, y_j), rel=1e-12)


@pytest.mark.parametrize("k", [1, 2])
def test_equation_29_of_a_mini_batch_with_k_for_m_decays_too_much(k):
    m, eta, alpha = 4, 0.5, 0.8
    net = MLP(2, [1], seed=1)
    batch = [([1.0, -0.5], [1.0]), ([0.5, 2.0], [0.0])][:k]
    w, b = net["w2_1_1"], net["b2_1"]
    b.data = 0.7
    mean_cost(net, batch, quadratic).backward()
    old, slope, old_b, slope_b = w.data, w.grad, b.data, b.grad
    descend(net, [(i, x, y) for i, (x, y) in enumerate(batch, 1)], eta, quadratic, alpha, m)
    assert w.data == pytest.approx(equations.updated_weight(old, eta, slope, alpha, m), rel=1e-12)
    assert abs(w.data - equations.updated_weight(old, eta, slope, alpha, k)) > 0.01
    assert b.data == pytest.approx(equations.updated_bias(old_b, eta, slope_b), rel=1e-12)
    assert abs(b.data - equations.updated_weight(old_b, eta, slope_b, alpha, m)) > 0.01  # biases never decay


@given(st.floats(1e-6, 4.0))
def test_equation_29_shrinks_the_size_below_2_and_keeps_the_sign_below_1(decay):
    eta, m = 0.5, 4
    factor = equations.updated_weight(2.0, eta, 0.0, decay * m / eta, m) / 2.0
    assert (abs(factor) < 1) == (decay < 2) or abs(decay - 2) < 1e-9
    assert (factor > 0) == (decay < 1) or abs(decay - 1) < 1e-9


def test_section_3_1_a_delta_near_0_is_no_minimum_at_a_saturated_neuron():
    net = MLP(1, [1], seed=1)
    w, b, y = net["w2_1_1"], net["b2_1"], [0.0]
    w.data, b.data = 30.0, 0.0
    forward = net.forward([1.0])
    C = quadratic(forward.output, y)
    C.backward()
    assert abs(forward["z2_1"].grad) < 1e-12
    assert C.data > 0.499  # the largest cost that there is
    w.data = -30.0
    assert quadratic(net.forward([1.0]).output, y).data < 1e-12


def test_section_1_1_the_quadratic_cost_of_one_sigmoid_neuron_is_not_convex():
    def cost(w):
        return quadratic([Value(w).sigmoid()], [1.0]).data

    assert cost(-5.0) > (cost(-10.0) + cost(0.0)) / 2 + 0.1  # above the chord


def test_equation_8_lies_below_1_but_not_in_float64():
    assert equations.sigmoid(37.0, math.exp) == 1.0 == Value(37.0).sigmoid().data
    assert equations.sigmoid(36.0, math.exp) < 1.0
