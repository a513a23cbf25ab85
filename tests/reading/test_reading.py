"""The layers of a graph, their titles, and the ids of its nodes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.costs import quadratic
from micrograd_paper.engine import Value
from micrograd_paper.nn import MLP
from micrograd_paper.reading.names import UniqueNames
from micrograd_paper.reading.reading import Reading
from tests.strategies import networks

pytestmark = pytest.mark.usefixtures("nameless")


def named(node, label):
    node.label = label
    return node


@given(networks())
def test_every_node_of_a_network_is_in_the_layer_of_its_name_inputs_in_1_and_what_is_behind_the_last_in_none(network):
    net, x, y = network
    forward = net.forward(x)
    root = quadratic(forward.output, y)
    layers = Reading(root).layers
    for node in Reading(root).nodes:
        if node.label is not None and node.label.layer is not None:
            assert layers[node] == node.label.layer
        elif node in forward.x:
            assert layers[node] == 1
        elif node.label is not None:  # C and y
            assert node not in layers
        else:
            assert layers[node] in range(2, len(net.shape) + 1)


def test_what_has_no_layer_in_its_name_is_in_the_first_that_it_leads_to():
    w2, w3, shared = Value(0.5, "w2_1_1"), Value(2.0, "w3_1_1"), Value(3.0)
    z2 = named(w2 * shared, "z2_1")
    for z3 in (named(z2 * w3 + shared, "z3_1"), named(shared + z2 * w3, "z3_1")):
        reading = Reading(z3)
        assert [reading.layers[node] for node in (shared, z2, w3, z3)] == [2, 2, 3, 3]
    assert Reading(z2 * shared).layers[shared] == 2


def test_no_layer_is_before_that_of_the_inputs():
    a0, w1 = Value(0.5, "a0_1"), Value(2.0, "w1_1_1")
    reading = Reading(named(a0 * w1, "z2_1"))
    assert reading.layers[a0] == reading.layers[w1] == 1


def test_a_graph_in_which_no_name_has_a_layer_has_no_layers():
    for label in ("x", "x1", "w", "w2", "u"):  # w2 is the second weight
        reading = Reading(Value(0.5, label) * 2.0)
        assert reading.layers == {} and not reading.is_network


def test_the_titles_of_layers_and_of_what_is_behind_the_last():
    forward = MLP(2, [2, 1], seed=1).forward([0.5, -1.0])
    C, other, (a,) = quadratic(forward.output, [1.0]), forward.output[0] * 2.0, forward.output
    for root, titles in (
        (C, ["inputs", "layer 2", "layer 3 · output", "cost"]),
        (other, ["inputs", "layer 2", "layer 3 · output", "result"]),
        (a, ["inputs", "layer 2", "layer 3", "activation"]),
    ):
        assert [Reading(root).layer_title(layer) for layer in (1, 2, 3, 4)] == titles


@given(st.lists(st.sampled_from([None, "a", "a-2", "a-3", "n1", "n2", "no id", "C"]), min_size=1, max_size=8),
       st.sampled_from(["a", "n1", "C", "layer-2"]))
def test_ids_are_different_and_a_new_one_is_nobodys(labels, wanted):
    root = sum((Value(1.0, label) for label in labels), start=Value(0.0))
    reading = Reading(root)
    new = [reading.new_id(wanted) for _ in range(3)]
    ids = list(reading.ids.values())
    assert len({*ids, *new}) == len(ids) + 3 and len(reading.ids) == len(reading.nodes)
    assert (new[0] == wanted) == (wanted not in ids)


def test_what_is_taken_gets_the_next_number():
    unique = UniqueNames()
    assert [unique.new("a") for _ in range(4)] == ["a", "a-2", "a-3", "a-4"]
    assert [unique.new(name) for name in ("a-2", "b", "a")] == ["a-2-2", "b", "a-5"]
