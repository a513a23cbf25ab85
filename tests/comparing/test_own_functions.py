"""`compare` takes user-defined activations and costs: what is around them is judged, and of them it says who judges."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Op, apply, compare, detect_anomaly, gradcheck, quadratic
from micrograd_paper.comparing.own_operations import by_own_operations
from micrograd_paper.costs import batch_cost, matched
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import NotAValue
from micrograd_paper.functions import cos, is_zero, sin, where
from micrograd_paper.kinds.bounded import FLOAT64, SLACK, Bounded
from micrograd_paper.operations import TABLE
from tests.strategies import few_examples, networks

ERF = Op("erf", "erf", math.erf, lambda result, x: (2 / math.sqrt(math.pi) * math.exp(-x * x),))  # of floats alone


def cube(z):
    return z**3


def gelu(z):
    return 0.5 * z * (1 + apply(ERF, z * 2**-0.5))


OWN = {
    "cube": cube, "gelu": gelu, "leaky relu": lambda z: z if z.data > 0 else 0.1 * z, "identity": lambda z: z,
    "softsign": lambda z: z / (1 + abs(z)), "swish": lambda z: z * z.sigmoid(), "a power of 2": lambda z: 2**(z / 4),
    "gaussian": lambda z: (-z * z).exp(), "elu": lambda z: z.relu() - (-(z.exp() - 1)).relu(),
    "softplus": lambda z: z.softplus(), "logarithm": lambda z: (1 + z * z).log(), "root": lambda z: (1 + z**2) ** 0.5,
}


def huber(a, y):
    return sum((1 + (a_j - y_j) ** 2).sqrt() - 1 for a_j, y_j in zip(a, y))


def absolute_error(a, y):
    return sum(abs(a_j - y_j) for a_j, y_j in zip(a, y)) / len(a)


OWN_COSTS = {"huber": huber, "absolute error": absolute_error}


def with_own(network, choices):
    """The network with a function of OWN in place of each activation that a choice names."""
    net, x, y = network
    for layer, choice in zip(net.layers, choices):
        for neuron in layer.neurons:
            neuron.activation = OWN.get(choice, neuron.activation)
            if choice in ("cube", "gaussian", "a power of 2"):
                for w in neuron.weights:
                    w.data /= 8
    net.activations[:] = [layer.neurons[0].activation for layer in net.layers]
    return net, x, y


choices = st.lists(st.sampled_from(["", *OWN]), min_size=4, max_size=4)


@given(networks(), choices, st.sampled_from([quadratic, huber, absolute_error]), st.sampled_from([0.0, 0.3]))
def test_networks_with_functions_of_one_s_own_agree(network, own, cost, alpha):
    net, x, y = with_own(network, own)
    forward = net.forward(x)
    C = batch_cost([forward], [y], cost, alpha)
    C.backward()
    comparison = compare(forward, y, cost, alpha, eta=0.3, C=C)
    assert comparison.ok, comparison
    assert ("gradcheck" in comparison.verdict) == (cost is not quadratic or any(map(callable, net.activations)))
    assert {row.equation for row in comparison.rows if row.symbol == "C"} == (
        {27} if alpha else {5} if cost is quadratic else set())


@few_examples(50)
@given(networks(most_layers=3, most_neurons=3), choices, st.sampled_from([quadratic, huber]), st.data())
def test_a_wrong_partial_beside_them_is_seen(network, own, cost, data):
    net, x, y = with_own(network, own)
    forward = net.forward(x)
    C = cost(forward.output, y)
    sums = [node for node in topological_order(C) if node.op is TABLE["weighted_sum"]]
    if not sums:  # atomic
        return
    node = data.draw(st.sampled_from(sums))
    place = data.draw(st.integers(0, len(node.partials) - 1))
    compared = [*itertools.chain(*forward.z.values()), *net.parameters()]
    C.backward()
    right = [each.grad for each in compared]
    node.partials = tuple(p + 0.1 * (i == place) for i, p in enumerate(node.partials))
    C.backward()
    if any(abs(each.grad - before) > 1e-7 for each, before in zip(compared, right)):  # else relu's σ′ of 0 hides it
        assert not compare(forward, y, cost).ok


def test_it_says_what_it_took_from_the_graph_and_does_not_judge():
    net = MLP(2, [3, 1], [cube, "sigmoid"], seed=1)
    forward = net.forward([1.0, 0.5])
    quadratic(forward.output, [1.0]).backward()
    comparison = compare(forward, [1.0])
    said = "σ′ of cube is taken from the graph's own operations: of it this says only what gradcheck says"
    assert comparison.remark == said == comparison.as_dict()["remark"] and comparison.verdict.endswith(f"; {said}")
    assert said in comparison.markdown() and said in str(comparison) and said in comparison.filter(21).verdict
    assert "σ′ of cube" in comparison._repr_html_()
    huber(forward.output, [1.0]).backward()
    assert compare(forward, [1.0], huber).remark.startswith("σ′ of cube and ∂C/∂a of huber are taken from the graph's")
    forward = MLP(2, [3, 1], seed=1).forward([1.0, 0.5])
    quadratic(forward.output, [1.0]).backward()
    assert compare(forward, [1.0]).remark == "" and "remark" not in compare(forward, [1.0]).as_dict()


def test_an_operation_of_one_s_own_with_wrong_partials_is_what_gradcheck_finds():
    wrong = Op("square", "²", lambda x: x * x, lambda result, x: (x,))
    forward = MLP(2, [2, 1], [lambda z: apply(wrong, z), "tanh"], seed=1).forward([1.0, 0.5])
    C = quadratic(forward.output, [1.0])
    C.backward()
    comparison = compare(forward, [1.0])
    assert comparison.ok and "only what gradcheck says" in comparison.verdict
    assert not gradcheck(C).ok


def test_a_batch_of_a_cost_of_one_s_own_is_the_mean():
    net = MLP(2, [3, 1], cube, seed=1)
    forwards = [net.forward([1.0, i / 3], i) for i in (1, 2)]
    C = batch_cost(forwards, [1.0, 0.0], lambda a, y: absolute_error(*matched(a, y)), 0.7, 5)
    C.backward()
    comparison = compare(forwards, [1.0, 0.0], lambda a, y: absolute_error(*matched(a, y)), 0.7, 5, 0.1, C)
    assert comparison.ok and "∂C/∂a of <lambda>" in comparison.remark
    assert [row.equation for row in comparison.filter(symbol="C").rows] == [27]


@pytest.mark.parametrize("name", OWN)
@given(z=st.floats(-3, 3).filter(lambda z: abs(z) > 1e-3), error=st.floats(0, 1e6))
def test_the_bound_holds_where_the_argument_is_off(name, z, error):
    value, (slope,) = by_own_operations(lambda inputs: OWN[name](inputs[0]), [Bounded(z, error)], name)
    for sign in (1, -1):
        moved, (its_slope,) = by_own_operations(
            lambda inputs: OWN[name](inputs[0]), [Bounded(z + sign * error * FLOAT64, 0.0)], name)
        assert abs(moved.value - value.value) <= SLACK * FLOAT64 * value.error
        assert abs(its_slope.value - slope.value) <= SLACK * FLOAT64 * slope.error


@pytest.mark.parametrize("name", OWN)
@given(z=st.floats(0.1, 3) | st.floats(-3, -0.1))
def test_the_bound_is_no_wider_than_some_roundings(name, z):
    value, (slope,) = by_own_operations(lambda inputs: OWN[name](inputs[0]), [Bounded(z)], name)
    assert max(value.error, slope.error) <= 1e3


def test_an_operation_that_asks_whether_its_operand_is_0_is_answered():
    def sinc(x): return where(is_zero(x), 1, sin(x) / where(is_zero(x), 1, x))
    def partials(result, x): return (where(is_zero(x), 0, (cos(x) - result) / where(is_zero(x), 1, x)),)

    net = MLP(1, [2, 1], [lambda z: apply(Op("sinc", "sinc", sinc, partials), z), "linear"], seed=1)
    forward = net.forward([0.0])
    C = quadratic(forward.output, [1.0])
    C.backward()
    assert forward.a[2][0].data == 1 and compare(forward, [1.0], C=C).ok


def test_an_activation_that_leaves_the_graph_and_a_nan_watch():
    with pytest.raises(NotAValue, match="the activation f must return a Value; it returned 3"):
        by_own_operations(lambda inputs: 3, [Bounded(1.0)], "the activation f")
    forward = MLP(1, [1], gelu, seed=1).forward([1.0])
    quadratic(forward.output, [1.0]).backward()
    before = [node.grad for node in topological_order(forward.output[0])]
    with detect_anomaly():
        assert compare(forward, [1.0]).ok
    assert [node.grad for node in topological_order(forward.output[0])] == before
