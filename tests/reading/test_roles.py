"""What a node is: its name says it in a network's graph, and else its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.costs import cross_entropy, cross_entropy_from_logits, quadratic, total
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.roles import ROLES
from tests.strategies import networks

pytestmark = pytest.mark.usefixtures("nameless")


def roles_of(root):
    return Reading(root).roles


def named(node, label):
    node.label = label
    return node


@given(networks(output="sigmoid"), st.sampled_from([quadratic, cross_entropy]))
def test_the_roles_of_a_network_are_those_of_its_names(network, cost):
    net, x, y = network
    for node, role in roles_of(cost(net.forward(x).output, y)).items():
        assert role == ("operation" if node.label is None else ROLES[node.label.name])


@given(networks(atomic=False), st.sampled_from([quadratic, cross_entropy_from_logits]))
def test_without_names_the_places_say_the_same(network, cost):
    net, x, y = network
    root = cost(net.forward(x).output, y)
    by_name = roles_of(root)
    for node in topological_order(root):
        node.label = None
    assert roles_of(root) == by_name


def test_what_a_cost_takes_first_is_no_target():
    a, y = Value(0.25), Value(1.0)
    for cost in (quadratic, cross_entropy, cross_entropy_from_logits):
        found = roles_of(cost([a, 0.5], [y, 0.0]))
        assert [found[leaf] for leaf in (a, y)] == ["unnamed-leaf", "target"]
        assert list(found.values()) == ["unnamed-leaf", "unnamed-leaf", "target", "target", "cost"]


@pytest.mark.parametrize(("label", "role"), [
    (None, "unnamed-leaf"), ("", "unnamed-leaf"), ("u", "input"), (0, "input"),
])
def test_a_leaf_with_a_name_is_an_input_and_one_without_is_none(label, role):
    leaf = Value(2.0, label)
    assert roles_of(leaf * 3.0)[leaf] == role and roles_of(leaf)[leaf] == "result"


@pytest.mark.parametrize(("label", "role"), [
    ("C", "cost"), ("cost", "cost"), ("loss", "cost"), ("error", "result"), ("y", "result"), (None, "result"),
])
def test_the_root_is_a_cost_where_it_is_named_one(label, role):
    inner = named(Value(2.0, "u") * 3.0, label)
    assert roles_of(inner)[inner] == role
    assert roles_of(inner * 2.0)[inner] == "operation"


def test_an_activation_is_a_function_of_a_weighted_input_and_of_nothing_else():
    x = Value(2.0, "x1")
    z = named(Value(0.5, "w2_1_1") * x, "z2_1")
    for a, role in ((z.tanh(), "activation"), (x.tanh(), "operation"), (z.exp(), "operation"), (-z, "operation")):
        assert roles_of(a * 2.0)[a] == role


def test_a_sum_is_a_weighted_input_where_names_are_a_networks_and_activations_alone_take_it():
    w, x, b = Value(0.5, "w2_1_1"), Value(2.0, "x1"), Value(-1.0, "b2_1")
    product = w * x
    for z in (product + b, total([product, b])):
        a = z.tanh()
        assert (roles_of(a)[z], roles_of(a * z.relu())[z]) == ("weighted-input", "weighted-input")
        assert roles_of(a * z)[z] == roles_of(z * z)[z] == "operation"
        assert roles_of(z)[z] == "result"
    assert roles_of(product.tanh())[product] == "operation"
    u, v = Value(0.5, "u"), Value(2.0, "v")
    assert roles_of((u + v).tanh())[u] == "input"
    z = u + v
    assert roles_of(z.tanh())[z] == "operation"


def test_letters_alone_are_no_network_and_w_is_one():
    a, b, x = Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "x")
    found = roles_of(a * b + x)
    assert {found[leaf] for leaf in (a, b, x)} == {"input"}
    a.label = "w"
    found = roles_of(a * b + x)
    assert [found[leaf] for leaf in (a, b, x)] == ["weight", "bias", "input"]
