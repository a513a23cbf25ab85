"""A graph is taken for a network's cost where it is one, made of its very nodes; anything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.costs import batch_cost, cross_entropy, cross_entropy_from_logits, quadratic, total
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.nn import ACTIVATIONS, MLP
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.rebuilt_network import rebuilt_network
from tests.strategies import networks


def recorded(root):
    return rebuilt_network(Reading(root))


@given(networks(output="sigmoid", atomic=False), st.sampled_from([quadratic, cross_entropy]), st.integers(1, 3),
       st.sampled_from([0.0, 0.1, 2.5]), st.none() | st.integers(1, 9))
def test_a_cost_is_read_back_as_the_forwards_targets_and_penalty_that_made_it(network, cost, count, alpha, m):
    net, x, y = network
    forwards = [net.forward(x, i) for i in range(1, count + 1)]
    found = recorded(batch_cost(forwards, [y] * count, cost, alpha, m))
    assert found.targets == [y] * count and found.batch
    assert (found.alpha, found.m) == ((alpha, m or count) if alpha else (0.0, None))
    assert found.cost.function in (cost, cross_entropy_from_logits)
    read = found.forwards[0].net
    assert read.shape == net.shape and read.activations == net.activations
    assert read.parameters() == net.parameters() and all(read[p.label] is p for p in net.parameters())
    last = len(net.shape)
    for forward, original in zip(found.forwards, forwards, strict=True):
        assert forward.net is read and forward.x == original.x and forward.z == original.z
        for l in range(1, last if cost is cross_entropy else last + 1):
            assert forward.a[l] == original.a[l]
        assert [a.data for a in forward.output] == [a.data for a in original.output]
        assert [a.label for a in forward.output] == [a.label for a in original.output]


@given(networks(atomic=False), st.sampled_from([0.0, 0.5]))
def test_the_cost_of_one_example_is_no_mean(network, alpha):
    net, x, y = network
    forward = net.forward(x)
    found = recorded(batch_cost([forward], [y], quadratic, alpha))
    assert not found.batch and found.forwards[0].a == forward.a and found.alpha == alpha


def relabelled(changes):
    """The cost of a 2-2-2-1 network of which these nodes have other names, or none."""
    net = MLP(2, [2, 2, 1], seed=1)
    forward = net.forward([0.5, -1.0])
    C = quadratic(forward.output, [1.0])
    for name, label in changes.items():
        (C if name == "C" else forward[name]).label = label
    return C


def costs(cost=quadratic, other=quadratic):
    net = MLP(1, [1], seed=1)
    return [cost(net.forward([0.5], 1).output, [1.0]), other(net.forward([-0.5], 2).output, [0.0])]


def mixed():
    """A layer with two activations."""
    forward = MLP(1, [2], seed=1).forward([0.5])
    z = forward["z2_2"]
    a = z.tanh()
    a.label = forward["a2_2"].label
    return quadratic([forward["a2_1"], a], [1.0, 0.0])


@pytest.mark.parametrize(("graph", "message"), [
    (lambda: relabelled({"C": "cost"}), "its cost must be quadratic"),
    (lambda: relabelled({"w3_2_1": None}), "it has no w³₂₁"),
    (lambda: relabelled({"x2": "height"}), "it has no x₂"),
    (lambda: relabelled({"b3_1": None, "b3_2": None}), "no weights and biases of layers 2 to L"),
    (lambda: relabelled({f"w2_{j}_{k}": None for j in (1, 2) for k in (1, 2)}), "no weights and biases of layers 2"),
    (lambda: relabelled({"z3_1": "q"}), "it has no z³₁"),
    (lambda: relabelled({"a2_2": None}), "it has no a²₂"),
    (mixed, f"layer 2 must have one of the activations {', '.join(ACTIVATIONS)}"),
    (lambda: total(costs()), "its cost must be quadratic"),
    (lambda: total(costs()) / 3, "is the sum over 2 examples divided by 3, and no mean"),
    (lambda: total([*costs(), Value(1.0, "u")]) / 3, "its cost must be quadratic"),
    (lambda: total(costs(quadratic, cross_entropy)) / 2, "its cost must be quadratic"),
    (lambda: Value(1.0, "u") / 2, "its cost must be quadratic"),
    (lambda: Value(1.0, "C"), "its cost must be quadratic"),
])
def test_what_is_no_cost_of_a_network_is_refused_with_what_it_lacks(graph, message):
    with pytest.raises(UsageError, match="check needs the graph of a network with the paper's names") as raised:
        recorded(graph())
    assert message in str(raised.value)
