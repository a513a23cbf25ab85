"""The neurons and parameters that a graph holds, for one example or for many, however the sums are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.costs import batch_cost, quadratic, total
from micrograd_paper.drawing.draw import draw
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.nn import MLP
from micrograd_paper.reading.network import Network
from micrograd_paper.reading.reading import Reading
from tests.strategies import networks


def network_of(root):
    return Network(Reading(root), "neurons")


def named(node, label):
    node.label = label
    return node


@given(networks(), st.integers(1, 3))
def test_a_network_is_read_back_for_any_number_of_examples(drawn, count):
    net, x, y = drawn
    forwards = [net.forward(x, i) for i in range(1, count + 1)]
    read = network_of(batch_cost(forwards, [y] * count, quadratic))
    last = len(net.shape)
    assert read.layers == list(range(1, last + 1)) and read.examples == count and read.has_outcome
    assert read.neurons == {l: list(range(1, net.shape[l - 1] + 1)) for l in read.layers}
    assert list(read.weights) == sorted(read.weights) and list(read.biases) == sorted(read.biases)
    for (l, j, k), w in read.weights.items():
        assert w is net.weights[l][j - 1][k - 1]
    for (l, j), b in read.biases.items():
        assert b is net.biases[l][j - 1]
    assert len(read.weights) + len(read.biases) == len(net.parameters())
    for (l, j), nodes in read.outputs.items():
        assert nodes == [forward.a[l][j - 1] for forward in forwards]
    for (l, j), nodes in read.z.items():
        assert nodes == [forward.z[l][j - 1] for forward in forwards]
    assert read.shape_text == net.shape_text


def neuron(product):
    """a²₁ of x₁ and x₂, whose products are written as `product` writes them; they have no names of the paper's."""
    x, w = [Value(1.0, "height"), Value(2.0)], [Value(0.5, "w2_1_1"), Value(-1.0, "w2_1_2")]
    z = named(product(w[0], x[0]) + product(w[1], x[1]) + Value(0.25, "b2_1"), "z2_1")
    return x, z, named(z.tanh(), "a2_1")


@pytest.mark.parametrize("product", [lambda w, x: w * x, lambda w, x: x * w])
def test_what_a_weight_is_multiplied_with_on_either_side_is_its_input_whatever_its_name(product):
    x, z, a = neuron(product)
    read = network_of(a)
    assert read.outputs == {(1, 1): [x[0]], (1, 2): [x[1]], (2, 1): [a]} and read.z == {(2, 1): [z]}
    assert not read.has_outcome and not network_of(z).has_outcome and network_of(a * 2.0).has_outcome
    assert [str(read.symbol(place)) for place in read.outputs] == ["x₁", "x₂", "a²₁"]
    assert str(network_of(z).symbol((2, 1))) == "z²₁" and network_of(z).role((2, 1)) == "weighted-input"


def test_the_examples_are_those_of_the_neuron_that_has_most():
    net = MLP(1, [2, 1], seed=1)
    one, other = net.forward([0.5], 1), net.forward([-0.5], 2)
    root = one.output[0] + other["a2_1"]
    read = network_of(root)
    assert read.examples == 2 and read.outputs[2, 1] == [one["a2_1"], other["a2_1"]]
    assert read.outputs[3, 1] == [one["a3_1"]]


@pytest.mark.parametrize("graph", [
    lambda: Value(1.0, "w2_1_1") + Value(2.0, "b2_1"),  # a weight that joins nothing
    lambda: Value(1.0, "b2_1") * 2.0,
    lambda: total([Value(1.0, "w2_1_1"), named(Value(2.0).tanh(), "a2_1")]),
    lambda: Value(1.0, "x1") * Value(2.0, "w1"),
    lambda: Value(1.0, "w2_1_1") * Value(1.0, "x1") + Value(2.0, "w2_1_1"),
])
def test_a_graph_without_a_connection_of_two_neurons_or_with_several_networks_is_refused(graph):
    with pytest.raises(UsageError, match=r'detail="neurons" draws one network.*expected detail="operations"'):
        network_of(graph())


def test_two_neurons_that_no_weight_connects_are_no_network():
    t = Value(1.0) * 2
    z = named(t + 1, "z2_1")
    a = named(z.sigmoid() * 3, "a3_2")
    with pytest.raises(UsageError, match=r'expected detail="operations"'):
        network_of(a + named(Value(0.5, "w2_1_1") - 1, "q"))


def test_an_input_named_as_another_one_is_shown_by_its_name():
    x = [Value(1.0, "x1"), Value(2.0, "x2")]
    w, b = [Value(0.3, "w2_1_1"), Value(-0.2, "w2_1_2")], Value(0.1, "b2_1")
    z = named(w[0] * x[1] + w[1] * x[0] + b, "z2_1")
    read = network_of(named(z.sigmoid(), "a2_1") * 2.0)
    assert [str(read.own_symbol((1, k))) for k in (1, 2)] == ["x₂", "x₁"]
    assert read.outputs[1, 1] == [x[1]] and not read.other_terms


@pytest.mark.parametrize("more", [lambda x: x * 0.5, lambda x: x, lambda x: x.exp()])
def test_a_sum_of_more_than_is_drawn_is_said_to_be_one(more):
    x, w, b = Value(1.0, "x1"), Value(0.5, "w2_1_1"), Value(0.1, "b2_1")
    z = named(w * x + b + more(x), "z2_1")
    root = named(z.sigmoid(), "a2_1") * 2.0
    assert network_of(root).other_terms == [z]
    assert "z²₁: a sum of more than w·a and b" in draw(root, detail="neurons").svg
    assert not network_of(named((w * x + b).sigmoid(), "a2_1") * 2.0 + named(w * x + b, "z2_1")).other_terms
