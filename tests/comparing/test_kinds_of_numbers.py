"""`compare` is as exact as the numbers of the graph: Fractions must be equal, mpmath's agree in their own digits."""

import json
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, compare, cross_entropy, quadratic
from micrograd_paper.costs import batch_cost
from micrograd_paper.errors import NotANumber
from micrograd_paper.kinds.bounded import FLOAT64
from tests.strategies import few_examples, networks

KINDS = {"float": float, "float32": np.float32, "Fraction": Fraction, "mpf": mpmath.mpf, "int": round}


def converted(network, kind):
    """The network with parameters, x and y of this kind, of those that `kind` makes them one after the other."""
    net, x, y = network
    for parameter in net.parameters():
        parameter.data = kind(parameter.data)
    return net, [kind(x_k) for x_k in x], [kind(y_j) for y_j in y]


def after_backward(network, cost=quadratic, seed=1):
    """What compare takes, once backward has been run."""
    net, x, y = network
    forward = net.forward(x)
    net.zero_grad()
    batch_cost([forward], [y], cost).backward(seed)
    return forward, y, cost


def wrong(comparison):
    return [row.symbol for row in comparison.rows if not row.ok]


@given(networks(activations=["linear", "relu"]), st.integers(0, 10**6))
def test_what_arithmetic_makes_of_fractions_must_be_equal(network, choice):
    forward, y, _ = after_backward(converted(network, Fraction))
    comparison = compare(forward, y)
    assert comparison.ok, comparison
    assert all(isinstance(row.graph, Fraction | int) and row.difference == 0 for row in comparison.rows)
    parameters = forward.net.parameters()
    parameter = parameters[choice % len(parameters)]
    parameter.grad += Fraction(1, 10**40)
    assert wrong(compare(forward, y)) == [f"∂C/∂{parameter.label}"]
    assert compare(forward, y).worst.symbol == f"∂C/∂{parameter.label}"


@given(networks(output="sigmoid"), st.sampled_from([quadratic, cross_entropy]), st.data())
def test_numbers_of_several_kinds_in_one_network_agree(network, cost, data):
    beside = data.draw(st.sampled_from(["Fraction", "mpf"]))  # no library adds the two
    some = data.draw(st.lists(st.sampled_from(["float", "float32", "int", beside]), min_size=1, max_size=4))
    count = iter(range(10**6))
    mixed = converted(network, lambda x: KINDS[some[next(count) % len(some)]](x))
    comparison = compare(*after_backward(mixed, cost), eta=0.3, alpha=0.0)
    assert comparison.ok, comparison
    json.dumps(comparison.as_dict(), allow_nan=False)
    assert len(str(comparison).splitlines()) == len(comparison.rows) + 4 and comparison._repr_html_()


@given(networks(output="sigmoid"), st.sampled_from(["float32", "Fraction", "float"]), st.integers(0, 10**6))
def test_what_sigma_makes_of_any_of_them_is_compared_as_floats_are(network, kind, choice):
    forward, y, _ = after_backward(converted(network, KINDS[kind]))
    comparison = compare(forward, y, eta=0.3)
    assert comparison.ok and {row.roundoff for row in comparison.rows} == {FLOAT64}
    parameters = forward.net.parameters()
    parameter = parameters[choice % len(parameters)]
    slope = next(row for row in comparison.rows if row.symbol == f"∂C/∂{parameter.label}")
    parameter.grad += 1e-14 * (slope.size or 1.0)
    assert wrong(compare(forward, y)) == [f"∂C/∂{parameter.label}"]


@few_examples(40)
@given(networks(), st.integers(20, 60), st.integers(0, 10**6))
def test_numbers_of_mpmath_s_are_compared_in_their_own_digits(network, digits, choice):
    with mpmath.workdps(digits):
        forward, y, _ = after_backward(converted(network, lambda x: mpmath.mpf(x) / 3))
        comparison = compare(forward, y, eta=0.3)
        assert comparison.ok, comparison
        parameters = forward.net.parameters()
        parameter = parameters[choice % len(parameters)]
        slope = next(row for row in comparison.rows if row.symbol == f"∂C/∂{parameter.label}")
        if not slope.closed_form:
            return
        parameter.grad += slope.size * mpmath.mpf(10) ** (3 - digits)
        changed = compare(forward, y)
        assert wrong(changed) == [f"∂C/∂{parameter.label}"] and changed.worst.relative < 10.0 ** (5 - digits)


@few_examples(40)
@given(networks(output="sigmoid"))
def test_a_graph_of_fewer_digits_than_the_comparison_has_is_not_called_wrong(network):
    forward, y, _ = after_backward(converted(network, lambda x: mpmath.mpf(x) / 3))
    with mpmath.workdps(50):
        assert compare(forward, y).ok
    with mpmath.workdps(40):
        forward, y, _ = after_backward(converted(network, lambda x: mpmath.mpf(x) / 3))
    assert compare(forward, y).ok


@pytest.mark.parametrize("held", [0.0, 0])
@pytest.mark.parametrize("seed", [1, 1.0])
def test_fractions_that_a_float_was_added_to_are_compared_as_floats(held, seed):
    net = converted((MLP(2, [2, 1], "linear", seed=1), [0.3, 0.7], [0.1]), lambda x: Fraction(x) / 3)
    forward = net[0].forward(net[1])
    for parameter in net[0].parameters():
        parameter.grad = held
    quadratic(forward.output, net[2]).backward(seed)
    assert compare(forward, net[2]).ok


def test_the_digits_that_the_table_shows_are_relative_to_the_terms_whatever_the_kind():
    with mpmath.workdps(50):
        forward, y, _ = after_backward(converted((MLP(1, [1], "linear", seed=1), [1.0], [0.0]), mpmath.mpf))
        forward.net["w2_1_1"].grad *= 1 + mpmath.mpf(10) ** -20
        (row,) = compare(forward, y).filter(24).rows
    assert 1e-23 < row.relative < 1e-20 and 1e28 < row.ulps < 1e31
    assert str(row).endswith("✗") and "e−2" in row.cells()[-1]


def test_kinds_that_no_library_adds_are_refused_in_one_line():
    net = MLP(1, [1], "linear", seed=1)
    net["w2_1_1"].data, net["b2_1"].data = Fraction(1, 3), mpmath.mpf(1)
    forward = net.forward([1])
    quadratic(forward.output, [0]).backward()
    with pytest.raises(NotANumber, match="compare takes numbers of kinds that go together: unsupported operand"):
        compare(forward, [0], eta=0.5)
