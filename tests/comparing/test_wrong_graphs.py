"""`compare` sees what is wrong with a wrong graph, on every edge, and says where it begins and what it looks like."""

import itertools
import math

import pytest

from micrograd_paper import MLP, compare, cross_entropy, quadratic
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.costs import batch_cost, l2_penalty, net_weights
from micrograd_paper.engine import topological_order
from micrograd_paper.notation import Symbol
from tests.comparing.compared import COSTS, cost_node


def test_the_wrong_cost_is_seen_in_every_delta():
    net = MLP(2, [3, 1], seed=1)
    forward = net.forward([1.0, 0.5])
    cross_entropy(forward.output, [1.0]).backward()
    comparison = compare(forward, [1.0], quadratic)
    assert not comparison.ok
    assert all(not row.ok for row in comparison.rows if row.equation in (16, 21))
    assert "✗" in str(comparison) and "differ from the paper's" in str(comparison)


def without_the_half(a, y):
    return sum((a_j - y_j) ** 2 for a_j, y_j in zip(a, y))


def difference_alone(a, y):
    return a[0] - y[0]


@pytest.mark.parametrize("wrong", [without_the_half, difference_alone])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_cost_of_one_s_own_that_is_wrong_is_seen_from_the_output_error_on(wrong, activation):
    net = MLP(2, [3, 1], ["sigmoid", activation], seed=3)
    net["b3_1"].data = 2.0
    forward = net.forward([1.0, 0.5])
    wrong(forward.output, [1.0]).backward()
    comparison = compare(forward, [1.0])
    assert [row.ok for row in comparison.filter((16, 21, 23, 24)).rows] == [False] * 17
    assert comparison.filter((12, 14, 20)).ok
    assert "the first to differ on the way back is δ³₁ (16)" in comparison.verdict


def test_a_forgotten_zero_grad_is_seen_in_weights_and_biases_and_not_in_delta():
    net = MLP(2, [3, 1], seed=1)
    for _ in range(2):
        forward = net.forward([1.0, 0.5])
        quadratic(forward.output, [1.0]).backward()
    comparison = compare(forward, [1.0], eta=0.1)
    assert {row.equation for row in comparison.rows if not row.ok} == {23, 24, 28, 7}
    assert "zero_grad" in comparison.verdict
    assert "the first to differ on the way back is ∂C/∂b³₁ (23)" in str(comparison)
    assert "zero_grad" in comparison.filter((16, 21, 23, 24)).verdict
    assert "every δ" not in comparison.filter(24).verdict  # no δ is among these


def test_a_forgotten_zero_grad_of_a_batch_is_not_called_a_sum():
    net = MLP(2, [3, 1], seed=1)
    for _ in range(2):
        forwards = [net.forward([1.0, 0.5], 1), net.forward([0.0, 0.5], 2)]
        batch_cost(forwards, [1.0, 0.0], quadratic).backward()
    verdict = compare(forwards, [1.0, 0.0]).verdict
    assert "zero_grad" in verdict and "sum" not in verdict


@pytest.mark.parametrize("alpha, m, said, said_m", [(0.3, 7, 0.0, 7), (0.0, 7, 0.3, 7), (0.3, 7, 0.3, 8)])
def test_another_penalty_than_the_graph_s_is_seen_in_weights_alone(alpha, m, said, said_m):
    net = MLP(2, [3, 1], seed=1)
    forward = net.forward([1.0, 0.5])
    (quadratic(forward.output, [1.0]) + l2_penalty(net_weights(net), alpha, m)).backward()
    comparison = compare(forward, [1.0], alpha=said, m=said_m)
    assert {row.quantity.symbol.name for row in comparison.rows if not row.ok} == {"w"}
    assert "another alpha or m, (27)" in comparison.verdict


@pytest.mark.parametrize("one_graph", [True, False])
def test_the_sum_over_a_batch_is_told_from_the_mean(one_graph):
    net = MLP(2, [3, 1], seed=1)
    forwards = [net.forward([i / 3, 0.5], i) for i in (1, 2, 3)]
    costs = [quadratic(forward.output, [1.0]) for forward in forwards]
    for C in [sum(costs)] if one_graph else costs:
        C.backward()
    comparison = compare(forwards, [1.0] * 3)
    for verdict in (comparison.verdict, comparison.filter((6, 15)).verdict):
        assert "are 3 times the paper's" in verdict and "sum" in verdict and "zero_grad" not in verdict


def test_the_only_example_of_a_batch_is_not_called_a_sum():
    net = MLP(1, [1], seed=1)
    forwards = [net.forward([1.0], 1)]
    batch_cost(forwards, [1.0], quadratic).backward()
    forwards[0].z[2][0].grad *= 2
    assert compare(forwards, [1.0]).verdict.endswith("the first to differ on the way back is δ²₁⁽¹⁾ (16)")


def graphs():
    """Graphs over all that a network and its costs record: (name, make); make() is (C, what compare takes)."""

    def one(activation, atomic, cost, output="sigmoid"):
        net = MLP(2, [2, 2], [activation, output], seed=4, atomic=atomic)
        for l, bias in ((2, 1.0), (3, 2.0)):
            for b in net.biases[l]:
                b.data = bias  # no relu is dead
        forward = net.forward([0.7, -0.4])
        return cost_node(forward, [0.9, 0.2], cost), (forward, [0.9, 0.2], cost)

    def batch(cost):
        net = MLP(2, [2, 1], seed=4)
        forwards = [net.forward([0.7, -0.4], 1), net.forward([-0.3, 0.8], 2)]
        return batch_cost(forwards, [0.9, 0.2], cost, 0.5, 5), (forwards, [0.9, 0.2], cost, 0.5, 5)

    for activation, atomic in itertools.product(ACTIVATIONS, (False, True)):
        yield f"{activation}{' atomic' * atomic}", lambda a=activation, t=atomic: one(a, t, quadratic, a)
    for name, cost in COSTS.items():
        yield name, lambda cost=cost: one("sigmoid", False, cost)
        yield f"batch {name}", lambda cost=cost: batch(cost)


GRAPHS = dict(graphs())


def judged(make):
    """The comparison after backward through the graph, once `break_it` has been at its nodes."""

    def run(break_it):
        C, arguments = make()
        break_it(topological_order(C))
        C.backward()
        return compare(*arguments)

    return run


def is_judged(node):
    """Whether a gradient of this node reaches a row: not for x, y and constants."""
    return bool(node.operands) or (isinstance(node.label, Symbol) and node.label.name in "wb")


@pytest.mark.parametrize("name", GRAPHS)
def test_a_wrong_partial_is_seen_on_every_edge_of_the_graph(name):
    run = judged(GRAPHS[name])
    assert run(lambda order: None).ok
    order = topological_order(GRAPHS[name]()[0])
    edges = [(i, j) for i, node in enumerate(order) for j, operand in enumerate(node.operands) if is_judged(operand)]
    seen = 0
    for i, j in edges:

        def break_it(order, i=i, j=j):
            partials = list(order[i].partials)
            partials[j] *= 1.001
            order[i].partials = tuple(partials)

        comparison = run(break_it)
        assert not comparison.ok, (order[i], order[i].operands[j])
        assert all(row.ok for row in comparison.rows if row.equation in (12, 14))
        seen += 1
    assert seen >= 20


@pytest.mark.parametrize("name", GRAPHS)
def test_a_wrong_partial_between_two_layers_is_seen_in_their_slopes_and_one_outside_is_not(name):
    run = judged(GRAPHS[name])
    order = topological_order(GRAPHS[name]()[0])
    for wrong, layer, right in (("a", 2, False), ("z", 2, True), ("C", None, True)):
        places = [
            i for i, node in enumerate(order)
            if isinstance(node.label, Symbol) and (node.label.name, node.label.layer) == (wrong, layer)
        ]

        def break_it(order, places=places):
            for i in places:
                order[i].partials = tuple(1.001 * partial for partial in order[i].partials)

        slopes = run(break_it).filter(20).rows
        assert places and [row.ok for row in slopes] == [right] * len(slopes)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_operation_with_wrong_partials_is_seen(name):
    run = judged(GRAPHS[name])
    for op in {node.op.name for node in topological_order(GRAPHS[name]()[0]) if node.op}:

        def break_it(order, op=op):
            for node in order:
                if node.op and node.op.name == op:
                    node.partials = tuple(1.001 * partial for partial in node.partials)

        assert not run(break_it).ok, op


def test_the_graphs_that_are_broken_hold_every_operation_that_networks_and_costs_record():
    ops = {node.op.name for make in GRAPHS.values() for node in topological_order(make()[0]) if node.op}
    assert ops == {
        "add", "multiply", "divide", "constant_power", "total", "weighted_sum", "sigmoid", "tanh", "relu", "softplus",
        "identity",
        "quadratic", "cross_entropy", "cross_entropy_from_logits",
    }


@pytest.mark.parametrize("name", GRAPHS)
def test_wrong_data_of_every_z_and_a_is_seen_in_its_own_row_first(name):
    run = judged(GRAPHS[name])
    order = topological_order(GRAPHS[name]()[0])
    places = [i for i, node in enumerate(order) if isinstance(node.label, Symbol) and node.label.name in ("z", "a")]
    assert len(places) >= 6
    for i in places:

        def break_it(order, i=i):
            order[i].data *= 1.001

        comparison = run(break_it)
        label = order[i].label
        assert [row.symbol for row in comparison.rows if not row.ok] == [str(label)]
        equation = 12 if label.name == "z" else 14
        assert f"the first to differ on the way forward is {label} ({equation})" in comparison.verdict


def test_a_weight_edited_after_the_forward_pass_is_seen_in_z():
    net = MLP(1, [1], seed=1)
    forward = net.forward([1.0])
    quadratic(forward.output, [1.0]).backward()
    net["w2_1_1"].data += 0.5
    assert "the first to differ on the way forward is z²₁ (12)" in compare(forward, [1.0]).verdict


def test_a_gradient_that_is_nan_is_wrong_and_the_worst():
    net = MLP(1, [1], seed=1)
    forward = net.forward([1.0])
    quadratic(forward.output, [1.0]).backward()
    net["w2_1_1"].grad = math.nan
    comparison = compare(forward, [1.0])
    assert not comparison.ok and comparison.worst.symbol == "∂C/∂w²₁₁"


@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 1.05])
def test_a_wrong_gradient_of_a_saturated_neuron_is_seen(factor):
    net = MLP(2, [3, 1], seed=1)
    for w in net.weights[2][0]:
        w.data = 10.0
    net["b2_1"].data = 14.0
    forward = net.forward([0.5, 0.5])  # σ′(z²₁) is about 4e-11
    quadratic(forward.output, [1.0]).backward()
    assert compare(forward, [1.0]).ok
    net["b2_1"].grad *= factor
    net["w2_1_2"].grad *= factor
    wrong = [row.symbol for row in compare(forward, [1.0]).rows if not row.ok]
    assert wrong == ["∂C/∂b²₁", "∂C/∂w²₁₂"]


@pytest.mark.parametrize(("cost", "said"), [
    (lambda C: C.backward(10), "every gradient is 10 times the paper's: is the cost, a target or the seed"),
    (lambda C: (-C).backward(), "every gradient is −1 times the paper's"),
    (lambda C: (C + C).backward(), "every gradient is 2 times the paper's"),
    (lambda C: C.backward(0.0), "every gradient is 0 times the paper's"),
])
def test_a_common_factor_is_said_and_no_reason_is_blamed(cost, said):
    forward = MLP(2, [2, 1], seed=1).forward([1.0, 0.5])
    cost(quadratic(forward.output, [1.0]))
    assert said in compare(forward, [1.0]).verdict


def test_a_gradient_that_is_not_there_is_a_dash():
    net = MLP(2, [1], seed=1)
    forward = net.forward([1.0, 0.5])
    quadratic(forward.output, [1.0]).backward()
    net["w2_1_1"].grad = None
    comparison = compare(forward, [1.0])
    (row,) = comparison.filter(symbol="w2_1_1").rows
    assert row.cells()[:2] == ("∂C/∂w²₁₁", "–") and not row.ok
    assert "the last pass has not reached w²₁₁, or the gradient was set to 0 since" in comparison.verdict
    assert row.as_dict()["graph"] == "nan"
