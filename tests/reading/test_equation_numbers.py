"""A computation has the paper's number where the names say that it is the paper's; else it has none, or (18)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.costs import (
    batch_cost, cross_entropy, cross_entropy_from_logits, l2_penalty, net_weights, quadratic, total,
)
from micrograd_paper.engine import Value
from micrograd_paper.nn import MLP
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.reading import Reading
from tests.strategies import networks

pytestmark = pytest.mark.usefixtures("nameless")


def forward_numbers(root):
    reading = Reading(root)
    return {node: reading.equations.forward(node) for node in reading.nodes if node.operands}


def backward_numbers(root):
    reading = Reading(root)
    return {(node, position): reading.equations.backward(node, position)
            for node in reading.nodes for position in range(len(node.operands))}


COSTS = {quadratic: "(5)", cross_entropy: "(25)", cross_entropy_from_logits: "(25)"}


@given(networks(atomic=False, output="sigmoid"), st.sampled_from(list(COSTS)))
def test_every_computation_of_a_network_has_the_number_of_its_equation(network, cost):
    net, x, y = network
    forward = net.forward(x)
    C = batch_cost([forward], [y], cost)
    from_z = cost is not quadratic
    last, expected = len(net.shape), {C: COSTS[cost]}
    for l in range(2, last + 1):
        expected |= dict.fromkeys(forward.z[l], "(12)")
        expected |= {} if from_z and l == last else dict.fromkeys(forward.a[l], "(14)")
    assert forward_numbers(C) == expected
    for (node, position), number in backward_numbers(C).items():
        symbol, of = node.operands[position].label, node.label.name
        assert number == {
            ("C", "z"): "(26)", ("C", "a"): "(16)", ("C", "y"): "(18)", ("z", "w"): "(24)", ("z", "b"): "(23)",
            ("z", "a"): "(21)", ("z", "x"): "(18)", ("a", "z"): "(16)" if node.label.layer == last else "(21)",
        }[of, symbol.name]


@given(networks(atomic=False, output="sigmoid", most_layers=2, most_neurons=3), st.sampled_from(list(COSTS)), st.data())
def test_where_a_name_is_missing_no_equation_is_claimed_and_everywhere_else_the_same(network, cost, data):
    net, x, y = network
    C = batch_cost([net.forward(x)], [y], cost)
    forwards, backwards = forward_numbers(C), backward_numbers(C)
    unnamed = data.draw(st.sampled_from([node for node in Reading(C).nodes if node.label.layer or node is C]))
    unnamed.label = data.draw(st.sampled_from([None, "q", "w"]))
    for node, number in forward_numbers(C).items():
        assert number == forwards[node] or (not number and unnamed in (node, *node.operands))
        assert not number or node is not unnamed
    for (node, position), number in backward_numbers(C).items():
        touched = unnamed in (node, node.operands[position])
        assert number == ("(18)" if touched else backwards[node, position])


def named(node, label):
    node.label = label
    return node


def parts():
    return Value(0.5, "w2_1_1"), Value(2.0, "x1"), Value(-1.0, "b2_1")


def test_12_is_every_product_and_sum_of_a_z_that_has_no_name_of_its_own():
    w, x, b = parts()
    product = w * x
    z = named(product + b, "z2_1")
    assert forward_numbers(z) == {product: "(12)", z: "(12)"}
    product.label = "scaled"
    assert forward_numbers(z) == {product: "", z: "(12)"}
    product.label = None
    power = named(product**2 + b, "z2_1")
    assert forward_numbers(power) == {product: "", power.operands[0]: "", power: "(12)"}


@pytest.mark.parametrize("operation", [
    lambda w, x, b: w * x, lambda w, x, b: (w * x + b).tanh(), lambda w, x, b: w * x - b,
])
def test_what_is_named_z_and_is_no_sum_is_not_12(operation):
    z = named(operation(*parts()), "z2_1")
    assert set(forward_numbers(z).values()) == {""}


def test_what_is_named_a_and_is_no_function_of_a_z_is_not_14():
    w, x, b = parts()
    z = named(w * x + b, "z2_1")
    for a in (z * z, x.tanh(), total([z, z])):
        assert forward_numbers(named(a, "a2_1"))[a] == ""
        assert {number for (node, _), number in backward_numbers(a).items() if node is a} == {"(18)"}
    assert forward_numbers(named(z.exp(), "a2_1"))[z] == "(12)"


def two_costs(cost=quadratic):
    net = MLP(1, [1], seed=1)
    return net, [cost(net.forward([x], i).output, [1.0]) for i, x in ((1, 0.5), (2, -0.5))]


@pytest.mark.parametrize(("cost", "number"), [(quadratic, "(4)"), (cross_entropy, "(25)")])
def test_a_mean_is_a_sum_of_costs_alone_and_its_quotient(cost, number):
    net, costs = two_costs(cost)
    both = total(costs)
    mean = both / 2
    assert [forward_numbers(mean)[node] for node in (both, mean)] == [number, number]
    other = total([*costs, net["w2_1_1"]])
    for root in (other / 2, total([net["w2_1_1"], *costs]) / 2, (costs[0] + costs[1]) / 2):
        numbers = forward_numbers(root)
        assert numbers[root] == numbers[root.operands[0]] == ""
    again = mean / 2  # no mean of these examples
    assert forward_numbers(again)[again] == "" and forward_numbers(again)[mean] == number


def test_27_is_the_penalty_of_squared_weights_and_a_cost_with_it():
    net, costs = two_costs()
    penalty = l2_penalty(net_weights(net), 0.1, 2)
    for cost in (costs[0], total(costs) / 2):
        C = cost + penalty
        numbers = forward_numbers(C)
        product = penalty.operands[0]
        squares = product.operands[0]
        assert {numbers[node] for node in (C, penalty, product, squares, *squares.operands)} == {"(27)"}
    for cost in (net["b2_1"], net["b2_1"] * 2, penalty):  # what is no cost has no penalty
        assert forward_numbers(cost + penalty)[penalty] == "(27)"
        C = cost + penalty
        assert forward_numbers(C)[C] == ""


def test_a_penalty_of_anything_but_squared_weights_is_not_27():
    net, (cost, _) = two_costs()
    w, b = net["w2_1_1"], net["b2_1"]
    for terms in ([b**2], [w**2, b**2], [w**3], [w * w], [w**2, w], [Value(1.0, "v") ** 2]):
        C = cost + total(terms) * 0.1 / 4
        numbers = forward_numbers(C)
        assert numbers[C] == numbers[C.operands[1]] == "" and "(27)" not in numbers.values()


def test_c_0_with_its_penalty_keeps_its_own_number():
    net = MLP(1, [1], seed=1)
    C = batch_cost([net.forward([0.5])], [[1.0]], quadratic, alpha=0.1)
    C_0 = C.operands[0]
    assert C_0.label == Symbol("C", None, (0,)) and forward_numbers(C)[C_0] == "(5)" and forward_numbers(C)[C] == "(27)"
