"""What a node is: its name says it in a network's graph, and else its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.costs import cross_entropy, cross_entropy_from_logits, quadratic, total
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.nn import MLP
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.roles import ROLES, role_of_word
from micrograd_paper.reading.symbols import symbol_of
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
def test_a_leaf_with_a_name_is_an_input_and_one_without_is_said_to_have_none(label, role):
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
    assert [found[leaf] for leaf in (a, b, x)] == ["input"] * 3
    a.label = "w"
    found = roles_of(a * x + b)
    assert [found[leaf] for leaf in (a, b, x)] == ["weight", "bias", "input"]


@pytest.mark.parametrize(("names", "graph"), [
    ("ab", lambda w, x, a, b: a * b * w - x), ("tb", lambda w, x, t, b: t * t * w + b * x),
    ("ya", lambda w, x, y, a: w * x * y + a), ("wb", lambda w, x, v, b: (w * x + v).exp() * b),
])
def test_a_letter_in_another_place_is_no_role(names, graph):
    w, x, *others = Value(0.5, "w"), Value(2.0, "x"), *(Value(1.0, name) for name in names)
    found = roles_of((graph(w, x, *others) - 1.0) ** 2)
    assert [found[leaf] for leaf in others if leaf.label != "w"] == ["input"] * (2 - names.count("w"))


# A name says which role, the place whether it may be.

def swish(z):
    return z * z.sigmoid()


ACTIVATIONS = ["sigmoid", "tanh", "relu", "softplus", "linear", swish, lambda z: 2 / (1 + (-2 * z).exp()) - 1]


@given(st.sampled_from(ACTIVATIONS), st.sampled_from(ACTIVATIONS), st.booleans(),
       st.sampled_from([quadratic, "from logits", "softmax"]), st.booleans())
def test_every_name_of_a_network_is_allowed_however_it_is_made(hidden, output, atomic, cost, as_text):
    forward = MLP(2, [3, 2], [hidden, output], seed=1, atomic=atomic).forward([0.5, -1.0], 7)
    if cost == "softmax":
        powers = [z.exp() for z in forward.z[3]]
        for j, power in enumerate(powers, start=1):
            forward.a[3][j - 1] = named(power / total(powers), Symbol("a", 3, (j,), 7))
        C = -(forward.a[3][0].log())
    elif cost == "from logits":
        C = cross_entropy_from_logits(forward.z[3], [1.0, 0.0])
    else:
        C = quadratic(forward.a[3], [1.0, 0.0])
    reading = Reading(named(C, Symbol("C", example=7)))
    if as_text:
        for node in reading.nodes:
            node.label = None if node.label is None else node.label.ascii
    for node in reading.nodes:
        assert (reading.symbols[node] is None) == (node.label is None), node
    assert {reading.roles[node] for node in forward.z[2]} == {"weighted-input"}


@pytest.mark.parametrize(("label", "node"), [
    ("y", lambda w, x: (w * x).tanh()), ("y1", lambda w, x: w * x), ("x2", lambda w, x: w * x),
    ("w3_1_1", lambda w, x: w + x), ("b2_1", lambda w, x: w * 2), ("z2_1", lambda w, x: x * 2),
    ("z2_1", lambda w, x: w.exp()), ("z2_1", lambda w, x: -(w * x)), ("a2_1", lambda w, x: w * x),
    ("a2_1", lambda w, x: w.tanh()), ("a2_1", lambda w, x: (w * x) * (w + x)),
])
def test_a_name_that_the_place_denies_is_plain_text(label, node):
    w, x = Value(0.5, "w2_1_1"), Value(2.0, "x1")
    inner = named(node(w, x), label)
    reading = Reading(inner * 3.0)
    assert reading.symbols[inner] is None and reading.roles[inner] in ("operation", "weighted-input", "activation")
    assert reading.names[inner] in (label, str(symbol_of(label)))
    assert Reading(inner).roles[inner] == "result"


def test_a_prediction_named_y_is_no_target_and_the_target_t_is_one():
    w, x, b, t = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b"), Value(1.0, "t")
    y = named((w * x + b).tanh(), "y")
    found = roles_of(named((y - t) ** 2, "loss"))
    assert [found[node] for node in (w, x, b, t, y)] == ["weight", "input", "bias", "target", "activation"]
    found = roles_of(y)
    assert found[y] == "result"


@pytest.mark.parametrize(("name", "role"), [
    ("n.layers[0].neurons[0].w[0]", "weight"), ("self.b", "bias"), ("xs[1][0]", "input"), ("params['W1'][0]", "weight"),
    ("params[0]", None), ("ygt[2]", "target"), ("y_true", "target"), ("targets[0]", "target"), ("tow", None),
    ("b1", "bias"), ("labels", None), ("weights[2][0][1]", "weight"), ("w_in", None), ("", None),
])
def test_the_last_word_of_a_path_says_the_role(name, role):
    assert role_of_word(name) == role


@pytest.mark.parametrize("name", ["v0", "a0", "theta0", "w0", "x0", "C0"])
def test_a_0_is_an_index_and_no_power(name):
    symbol = symbol_of(name)
    assert (symbol.layer, symbol.indices) == (None, (0,)) and str(symbol) == name.removesuffix("0") + "₀"


def test_a_loop_over_other_neurons_does_not_make_an_a():
    z1, z2 = (named(Value(0.5, f"w2_{j}_1") * Value(2.0, "x1") + Value(0.0, f"b2_{j}"), f"z2_{j}") for j in (1, 2))
    a1, a2 = named(z2.tanh(), "a2_1"), named(z2.tanh(), "a2_2")
    reading = Reading(a1 + a2 + z1)
    assert reading.symbols[a1] is None and reading.symbols[a2] == Symbol("a", 2, (2,))
