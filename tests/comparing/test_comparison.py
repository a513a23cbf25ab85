"""`compare` agrees with a right graph, whatever the network, and sees what is wrong with a wrong one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, compare, cross_entropy, quadratic
from micrograd_paper.costs import cross_entropy_from_logits
from micrograd_paper.engine import Value
from micrograd_paper.errors import NotANumber, NotAValue, ShapeError, UsageError
from micrograd_paper.nn import ACTIVATIONS
from micrograd_paper.operations import TABLE, Op
from tests.strategies import networks


def compared(net, x, y, cost=quadratic):
    forward = net.forward(x)
    net.zero_grad()
    if cost is cross_entropy_from_logits:
        cost(forward.z[len(net.shape)], y).backward()
    else:
        cost(forward.output, y).backward()
    return compare(forward, y, cost)


@given(networks())
def test_every_gradient_of_a_random_network_agrees_with_the_quadratic_cost(network):
    net, x, y = network
    comparison = compared(net, x, y)
    assert comparison.ok, comparison
    neurons = sum(net.shape[1:])
    assert len(comparison.rows) == 2 * neurons + sum(a * b for a, b in zip(net.shape, net.shape[1:]))


@given(networks(output="sigmoid"), st.sampled_from([cross_entropy, cross_entropy_from_logits]))
def test_every_gradient_of_a_random_network_agrees_with_cross_entropy(network, cost):
    comparison = compared(*network, cost)
    assert comparison.ok, comparison
    assert {row.equation for row in comparison.rows} <= {21, 23, 24, 26}


@pytest.mark.parametrize("z", [-800.0, -40.0, 40.0, 800.0])
def test_a_saturated_neuron_is_not_called_wrong(z):
    net = MLP(1, [1, 1], seed=1)
    net["w2_1_1"].data = z
    assert compared(net, [1.0], [0.5]).ok


def test_the_wrong_cost_is_seen_in_every_delta():
    net = MLP(2, [3, 1], seed=1)
    forward = net.forward([1.0, 0.5])
    cross_entropy(forward.output, [1.0]).backward()
    comparison = compare(forward, [1.0], quadratic)
    assert not comparison.ok
    assert all(not row.ok for row in comparison.rows if row.equation in (16, 21))
    assert "✗" in str(comparison) and "differ from the paper's" in str(comparison)


def test_a_forgotten_zero_grad_is_seen_in_weights_and_biases_and_not_in_delta():
    net = MLP(2, [3, 1], seed=1)
    for _ in range(2):
        forward = net.forward([1.0, 0.5])
        quadratic(forward.output, [1.0]).backward()
    comparison = compare(forward, [1.0])
    assert {row.equation for row in comparison.rows if not row.ok} == {23, 24}
    assert "zero_grad" in comparison.verdict


@pytest.mark.parametrize("broken", ["weighted_sum", "sigmoid", "quadratic"])
def test_an_operation_with_wrong_partials_is_seen(broken, monkeypatch):
    right = TABLE[broken]
    wrong = Op(right.name, right.symbol, right.forward,
               lambda result, *operands: tuple(1.001 * p for p in right.partials(result, *operands)))
    net = MLP(2, [2, 1], seed=1)
    assert compared(net, [1.0, 0.5], [1.0]).ok
    monkeypatch.setitem(TABLE, broken, wrong)
    monkeypatch.setattr("micrograd_paper.nn.WEIGHTED_SUM", TABLE["weighted_sum"])
    monkeypatch.setitem(ACTIVATIONS, "sigmoid", TABLE["sigmoid"])
    assert not compared(net, [1.0, 0.5], [1.0]).ok


def test_a_gradient_that_is_nan_is_wrong_and_the_worst():
    net = MLP(1, [1], seed=1)
    forward = net.forward([1.0])
    quadratic(forward.output, [1.0]).backward()
    net["w2_1_1"].grad = math.nan
    comparison = compare(forward, [1.0])
    assert not comparison.ok and comparison.worst.symbol == "∂C/∂w²₁₁"


def test_the_table_names_gradient_equation_and_both_values():
    net = MLP(1, [1], seed=1)
    comparison = compared(net, [1.0], [1.0])
    lines = str(comparison).splitlines()
    assert [line.split()[0] for line in lines[2:5]] == ["δ²₁", "∂C/∂b²₁", "∂C/∂w²₁₁"]
    assert f"{net['b2_1'].grad:.12g}" in lines[3] and "(23)" in lines[3]
    assert lines[-1].startswith("all 3 gradients are the paper's")


def test_what_compare_cannot_judge_is_refused():
    def cube(z):
        return z**3

    def my_cost(a, y):
        return a[0] - y[0]

    net = MLP(2, [1], seed=1)
    forward = net.forward([1.0, 2.0])
    with pytest.raises(UsageError, match="call backward"):
        compare(forward, [1.0])
    quadratic(forward.output, [1.0]).backward()
    with pytest.raises(ShapeError, match="needs 1 targets y; got 2"):
        compare(forward, [1.0, 0.0])
    with pytest.raises(UsageError, match="knows the costs quadratic and cross_entropy; got my_cost"):
        compare(forward, [1.0], my_cost)
    with pytest.raises(NotAValue, match=r"what net\.forward\(x\) returned; got MLP"):
        compare(net, [1.0])
    with pytest.raises(NotANumber, match="real numbers; got '1'"):
        compare(forward, "1")
    with pytest.raises(UsageError, match=r"knows the activations .*; got cube"):
        compare(MLP(1, [1], cube).forward([1.0]), [1.0])


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_an_output_exactly_on_its_target_is_compared(activation):
    net = MLP(2, [1], activation, seed=1)
    assert compared(net, [0.0, 0.0], [0.0], cross_entropy).ok  # a = 0 where y = 0


def test_a_target_may_be_a_number_or_a_value():
    net = MLP(1, [1], seed=1)
    forward = net.forward([1.0])
    quadratic(forward.output, 1.0).backward()
    assert compare(forward, 1.0).ok and compare(forward, [Value(1.0)]).ok
