"""detect_anomaly: the first nan or infinity raises, and the message says where it began."""

import math
import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, observing, quadratic
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import AnomalyFound, MicrogradPaperError
from micrograd_paper.graph import recompute
from micrograd_paper.nn import weighted_sum
from micrograd_paper.stepping.breakpoints import detect_anomaly, record_origins
from tests.graphs import bits, values
from tests.strategies import expressions, networks

not_finite = st.sampled_from([math.nan, math.inf, -math.inf])


def finite(number):
    return math.isfinite(number)


def grown(a, b):
    return a * b


@given(expressions())
def test_a_graph_of_finite_numbers_is_left_as_it_is(expression):
    root = expression.value(values(expression.leaves))
    root.backward()
    nodes = topological_order(root)
    assume(all(finite(x) for node in nodes for x in (node.data, node.grad, *node.partials)))
    with detect_anomaly():
        again = expression.value(values(expression.leaves))
        again.backward()
    assert [(bits(node.data), bits(node.grad)) for node in topological_order(again)] == [
        (bits(node.data), bits(node.grad)) for node in nodes
    ]


@given(networks(), not_finite, st.data())
def test_the_parameter_with_an_infinity_is_named_wherever_it_is_in_the_network(network, number, data):
    net, x, y = network
    C = quadratic(net.forward(x).output, y)
    name = data.draw(st.sampled_from(list(net.named)))
    net[name].data = number
    with pytest.raises(AnomalyFound) as raised, detect_anomaly():
        C.backward()
    assert raised.value.node is net[name]
    assert str(raised.value).startswith(f"the data of {name} is ")


def test_data_made_infinite_is_named_with_its_operands_and_their_lines():
    def made():
        return Value(1e308, "a"), Value(10.0, "b")

    with pytest.raises(AnomalyFound) as raised, detect_anomaly():
        grown(*made())
    assert re.fullmatch(
        r"the data of a node × \(.*test_anomaly\.py:\d+, in grown\) is inf: "
        r"multiply × of a = 1e308 \(.*in made\), b = 10 \(.*in made\)", str(raised.value)
    )
    assert isinstance(raised.value, ArithmeticError) and isinstance(raised.value, MicrogradPaperError)
    assert raised.value.node.operands[0].data == 1e308


def test_a_leaf_that_is_nan_is_named_at_once():
    with pytest.raises(AnomalyFound, match=r"^the data of x \(.*\) is nan$"), detect_anomaly():
        Value(math.nan, "x")


def test_a_partial_that_is_infinite_is_named_with_its_operand():
    message = r"^the partial of a node √ \(.*\) for x is inf: sqrt √ of x = 0"
    with pytest.raises(AnomalyFound, match=message), detect_anomaly():
        Value(0.0, "x").sqrt()


def test_a_gradient_that_overflows_is_named_with_the_chain_rule_that_made_it_so():
    x = Value(1e-200, "x")
    y = x * 1e200
    y.label = "y"
    z = y * 1e200
    with pytest.raises(AnomalyFound, match=re.escape(
        "the gradient of x is inf after the chain rule of y added 1e200 · 1e200: multiply × of x = 1e−200, operand"
    )) as raised, detect_anomaly():
        z.backward()
    assert raised.value.node is x and y.grad == 1e200
    with pytest.raises(AnomalyFound, match=r"^the gradient of z, the seed, is nan"), detect_anomaly():
        z.label = "z"
        z.backward(math.nan)


def test_a_graph_made_before_is_looked_at_from_its_leaves_up():
    a = Value(1e308, "a")
    big = a * 10.0
    big.label = "big"
    root = (big * 2.0 + 1.0).tanh()
    message = r"^the data of big is inf: multiply × of a = 1e"
    with pytest.raises(AnomalyFound, match=message) as raised, detect_anomaly():
        root.backward()
    assert raised.value.node is big and root.grad == 1


def test_a_leaf_edited_and_recomputed_is_found_at_the_next_backward():
    with detect_anomaly():
        a = Value(1.0, "a")
        root = a * 10.0
        root.backward()
        a.data = 1e308
        recompute(root)
        with pytest.raises(AnomalyFound, match=r"the data of a node × .* is inf"):
            root.backward()


def test_of_many_operands_those_that_are_not_finite_are_shown_first():
    weights = [Value(float(x), f"w{x}") for x in range(8)]
    weights[6].data = math.inf
    with pytest.raises(AnomalyFound, match=r"weighted_sum Σ of w6 = inf, w0 = 0, .*, …$"), detect_anomaly():
        weighted_sum(weights, [1.0] * 8, 0.0)


@pytest.mark.parametrize(("number", "message"), [
    (math.inf, "is inf"), (-math.inf, "is −inf"), (complex(1, math.nan), r"is \(1\+nanj\)"),
    (np.float64("nan"), "is nan"), (np.array([1.0, math.nan]), "is nan at index 1 of 2"),
    (np.array([[1.0, 2.0], [math.inf, 4.0]]), "is inf at index 2 of 4"),
    (np.array([Fraction(1), math.nan], dtype=object), "is nan at index 1 of 2"),
    (np.array([1, complex(0, math.inf)]), r"is .*inf.* at index 1 of 2"),
    (mpmath.mpf("inf"), "is mpf"), (mpmath.mpc(1, "nan"), "is mpc"), (Decimal("nan"), "is Decimal"),
], ids=lambda thing: type(thing).__name__)
def test_every_kind_of_number_is_looked_at_and_of_an_array_every_element(number, message):
    with pytest.raises(AnomalyFound, match=rf"^the data of x \(.*\) {message}"), detect_anomaly():
        Value(number, "x")


@pytest.mark.parametrize("number", [
    10**400, Fraction(10**400), 1e150, 2j, True, np.arange(3), np.array([1.0, 2.0]),
    np.array([Fraction(1)], dtype=object), np.array([]), mpmath.mpf("1e1000"), Decimal("1e1000"),
    sympy.Symbol("x"), sympy.oo * sympy.Symbol("x"), sympy.nan,
], ids=lambda thing: type(thing).__name__)
def test_finite_numbers_of_every_kind_pass_and_so_do_symbols(number):
    with detect_anomaly():
        x = Value(number)
        (x * x + x).backward()


def test_it_ends_with_its_context_also_when_it_raises():
    x = Value(1e308)
    with pytest.raises(AnomalyFound), detect_anomaly():
        x * 10.0
    assert not observing.observers
    assert (x * 10.0).data == math.inf


def test_contexts_are_combined_in_either_order():
    x = Value(1e-200, "x")
    z = x * 1e200 * 1e200
    for outer, inner in ((record_origins, detect_anomaly), (detect_anomaly, record_origins)):
        with pytest.raises(AnomalyFound, match="the gradient of x"), outer(), inner():
            z.backward()
        with outer(), inner():
            net = MLP(1, [1], seed=1)
        assert all(parameter.origin.line for parameter in net.parameters())


def test_an_anomaly_in_another_thread_is_found_there():
    def failing(k):
        return Value(1e200, "x") * 1e200 if k == 3 else Value(float(k)) * 2.0

    with detect_anomaly(), ThreadPoolExecutor(4) as pool:
        found = [pool.submit(failing, k) for k in range(6)]
    for k, future in enumerate(found):
        if k == 3:
            with pytest.raises(AnomalyFound, match=r"is inf: multiply × of x = 1e200 \("):
                future.result()
        else:
            assert future.result().data == 2.0 * k
