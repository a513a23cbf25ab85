"""`compare` agrees with a right graph, whatever the network, and sees what is wrong with a wrong one."""

import itertools
import json
import math
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, compare, cross_entropy, quadratic
from micrograd_paper.comparing.rows import Comparison, Quantity, Row
from micrograd_paper.costs import batch_cost, cross_entropy_from_logits, l2_penalty, mean_cost, net_weights
from micrograd_paper.descent import descend
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import NotANumber, NotAValue, ShapeError, UnknownName, UsageError
from micrograd_paper.nn import ACTIVATIONS
from micrograd_paper.notation import Symbol
from tests.strategies import networks

COSTS = {"quadratic": quadratic, "cross_entropy": cross_entropy, "from_logits": cross_entropy_from_logits}


def cost_node(forward, y, cost):
    if cost is cross_entropy_from_logits:
        return cost(forward.z[len(forward.net.shape)], y)
    return cost(forward.output, y)


def compared(net, x, y, cost=quadratic, alpha=0.0, m=1, eta=None):
    forward = net.forward(x)
    net.zero_grad()
    C = cost_node(forward, y, cost)
    if alpha:
        C = C + l2_penalty(net_weights(net), alpha, m)
    C.backward()
    return compare(forward, y, cost, alpha, m, eta)


def counts(net, k=1):
    """How many rows of each kind a comparison of k examples has."""
    pairs = list(zip(net.shape, net.shape[1:]))
    neurons, weights = sum(net.shape[1:]), sum(a * b for a, b in pairs)
    return {"z": neurons * k, "a": neurons * k, "delta": neurons * k, "b": neurons, "w": weights,
            "slope": (weights - pairs[0][0] * pairs[0][1]) * k}


def kinds(comparison):
    """The same, counted: updates apart."""
    found = Counter()
    for row in comparison.rows:
        if row.quantity.kind != "update":
            found["slope" if row.quantity.kind == "slope" else row.quantity.symbol.name] += 1
    return {name: found[name] for name in ("z", "a", "delta", "b", "w", "slope")}


@given(networks())
def test_every_number_of_a_random_network_agrees_with_the_quadratic_cost(network):
    net, x, y = network
    comparison = compared(net, x, y)
    assert comparison.ok, comparison
    assert kinds(comparison) == counts(net)
    assert {row.equation for row in comparison.rows} <= {12, 14, 16, 20, 21, 23, 24}


@given(networks(output="sigmoid"), st.sampled_from([cross_entropy, cross_entropy_from_logits]))
def test_every_number_of_a_random_network_agrees_with_cross_entropy(network, cost):
    comparison = compared(*network, cost)
    assert comparison.ok, comparison
    assert kinds(comparison) == counts(network[0])
    assert {row.equation for row in comparison.rows} <= {12, 14, 20, 21, 23, 24, 26}


@given(networks(output="sigmoid"), st.sampled_from(list(COSTS.values())), st.floats(0.01, 5), st.integers(1, 200),
       st.floats(0.01, 10))
def test_gradients_and_updates_agree_with_the_penalty_of_27(network, cost, alpha, m, eta):
    net, x, y = network
    comparison = compared(net, x, y, cost, alpha, m, eta)
    assert comparison.ok, comparison
    count = counts(net)
    assert kinds(comparison) == count
    found = Counter(row.equation for row in comparison.rows)
    assert found[27] == found[29] == count["w"] and found[23] == found[28] == count["b"] and not found[24]


@st.composite
def batches(draw):
    """A network with sigmoid outputs and 1–4 examples for it, with numbers that need not begin at 1."""
    net, x, y = draw(networks(output="sigmoid", most_layers=3, most_neurons=4))
    k, first = draw(st.integers(1, 4)), draw(st.integers(1, 90))
    examples = [
        ([draw(st.floats(-2, 2)) for _ in x], [draw(st.sampled_from([0.0, 0.5, 1.0])) for _ in y]) for _ in range(k)
    ]
    return net, [net.forward(x, i) for i, (x, _) in enumerate(examples, first)], [y for _, y in examples]


@given(batches(), st.sampled_from(list(COSTS.values())), st.sampled_from([0.0, 0.7]), st.none() | st.integers(1, 50),
       st.none() | st.floats(0.01, 10))
def test_every_number_of_a_random_batch_agrees(batch, cost, alpha, m, eta):
    net, forwards, targets = batch
    batch_cost(forwards, targets, cost, alpha, m).backward()
    comparison = compare(forwards, targets, cost, alpha, m, eta)
    assert comparison.ok, comparison
    count = counts(net, len(forwards))
    assert kinds(comparison) == count
    found = Counter(row.equation for row in comparison.rows)
    assert found[6] == count["b"] + (0 if alpha else count["w"]) and found[27] == (count["w"] if alpha else 0)
    assert found[28] == (0 if eta is None else count["b"])
    assert found[29 if alpha else 7] == (0 if eta is None else count["w"])
    assert len({row.symbol for row in comparison.rows}) == len(comparison.rows)


@given(batches(), st.floats(0.01, 2), st.sampled_from([0.0, 0.7]), st.integers(0, 40))
def test_the_update_rows_are_what_descent_does(batch, eta, alpha, more):
    net, forwards, targets = batch
    m = len(forwards) + more
    batch_cost(forwards, targets, quadratic, alpha, m).backward()
    rows = [row for row in compare(forwards, targets, alpha=alpha, m=m, eta=eta).rows if row.quantity.kind == "update"]
    examples = [(i, [x.data for x in forward.x], y) for i, (forward, y) in enumerate(zip(forwards, targets), 1)]
    descend(net, examples, eta, quadratic, alpha, m)
    assert len(rows) == len(net.parameters())
    for row in rows:
        assert net[row.quantity.symbol].data == pytest.approx(row.closed_form, rel=1e-9, abs=1e-12)


def test_rows_go_forward_through_z_and_a_and_back_from_the_last_layer():
    net = MLP(1, [2, 1], seed=1)
    shown = [f"{row.symbol} {row.equation}" for row in compared(net, [1.0], [0.5], alpha=1.0, m=9, eta=0.5).rows]
    assert shown == [
        "z²₁ 12", "z²₂ 12", "a²₁ 14", "a²₂ 14", "z³₁ 12", "a³₁ 14",
        "δ³₁ 16", "∂C/∂b³₁ 23", "∂C/∂w³₁₁ 27", "∂C/∂w³₁₂ 27", "∂z³₁/∂z²₁ 20", "∂z³₁/∂z²₂ 20",
        "δ²₁ 21", "δ²₂ 21", "∂C/∂b²₁ 23", "∂C/∂b²₂ 23", "∂C/∂w²₁₁ 27", "∂C/∂w²₂₁ 27",
        "b³₁ ← 28", "w³₁₁ ← 29", "w³₁₂ ← 29", "b²₁ ← 28", "b²₂ ← 28", "w²₁₁ ← 29", "w²₂₁ ← 29",
    ]


def test_a_row_of_a_batch_carries_its_example_and_a_mean_does_not():
    net = MLP(1, [1, 1], seed=1)
    forwards = [net.forward([1.0], 3), net.forward([0.5], 12)]
    batch_cost(forwards, [1.0, 0.0], quadratic).backward()
    symbols = [row.symbol for row in compare(forwards, [1.0, 0.0], eta=1).rows]
    assert {"z²₁⁽³⁾", "a³₁⁽¹²⁾", "δ²₁⁽³⁾", "∂z³₁⁽¹²⁾/∂z²₁⁽¹²⁾", "∂C/∂w²₁₁", "w²₁₁ ←"} < set(symbols)


@pytest.mark.parametrize("z", [-800.0, -40.0, 40.0, 800.0])
def test_a_saturated_neuron_is_not_called_wrong(z):
    net = MLP(1, [1, 1], seed=1)
    net["w2_1_1"].data = z
    assert compared(net, [1.0], [0.5]).ok


def test_the_wrong_cost_is_seen_in_every_delta():
    net = MLP(2, [3, 1], seed=1)
    forward = net.forward([1.0, 0.5])
    cross_entropy(forward.output, [1.0]).backward()
    comparison = compare(forward, [1.0], quadratic)
    assert not comparison.ok
    assert all(not row.ok for row in comparison.rows if row.equation in (16, 21))
    assert "✗" in str(comparison) and "differ from the paper's" in str(comparison)


def test_the_value_and_the_closed_form_of_a_row_are_the_graph_s_and_the_equation_s():
    net = MLP(1, [1], seed=1)
    net["w2_1_1"].data, net["b2_1"].data = 0.5, -0.25
    rows = {row.symbol: row for row in compared(net, [2.0], [1.0], eta=0.5).rows}
    a = 1 / (1 + math.exp(-0.75))
    delta = (a - 1) * a * (1 - a)
    expected = {"z²₁": 0.75, "a²₁": a, "δ²₁": delta, "∂C/∂b²₁": delta, "∂C/∂w²₁₁": 2 * delta,
                "b²₁ ←": -0.25 - 0.5 * delta, "w²₁₁ ←": 0.5 - delta}
    assert list(rows) == list(expected)
    for symbol, number in expected.items():
        assert rows[symbol].graph == pytest.approx(number, rel=1e-14)
        assert rows[symbol].closed_form == pytest.approx(number, rel=1e-14)


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
        "add", "multiply", "divide", "constant_power", "total", "weighted_sum", "sigmoid", "tanh", "relu", "identity",
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


def row_of(graph, closed_form, size=1.0):
    return Row(12, Quantity("number", Symbol("z", 2, (1,))), graph, closed_form, size)


@given(st.floats(-1e300, 1e300).filter(lambda x: abs(x) > 1e-300), st.integers(1, 9))
def test_ulps_counts_units_in_the_last_place(number, steps):
    beside = number
    for _ in range(steps):
        beside = math.nextafter(beside, 0)
    ulps = row_of(number, beside).ulps
    assert ulps == row_of(beside, number).ulps and steps / 2 <= ulps <= steps
    assert row_of(number, number).ulps == 0.0


@pytest.mark.parametrize("graph, closed_form, ulps, ok", [
    (1.0 + 2**-52, 1.0, 1.0, True), (1.0 + 5e-12, 1.0, 22518.0, False), (0.0, -0.0, 0.0, True),
    (math.nan, 1.0, math.inf, False), (1.0, math.nan, math.inf, False), (math.inf, 1.0, math.inf, False),
    (math.inf, math.inf, 0.0, True), (5e-324, 0.0, 1.0, True),
])
def test_ulps_and_ok_at_the_edges(graph, closed_form, ulps, ok):
    row = row_of(graph, closed_form)
    assert row.ulps == ulps and row.ok == ok and (row.relative == math.inf) == (ulps == math.inf)


@pytest.mark.parametrize("graph, closed_form, size, ok", [
    (1.39e-312 + 5e-324, 1.39e-312, 1.39e-312, True), (5e-324, 0.0, 0.0, True), (0.0, 5e-324, 5e-324, True),
    (2e-312, 1e-312, 1e-312, False), (2e-300, 1e-300, 1e-300, False), (1e-10, 0.0, 0.0, False), (1e10, 0.0, 0.0, False),
])
def test_the_last_bits_of_numbers_too_small_for_all_their_digits_are_not_called_wrong(graph, closed_form, size, ok):
    assert row_of(graph, closed_form, size).ok is ok


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


def test_a_nan_among_the_targets_is_refused_and_one_in_a_gradient_is_named():
    net = MLP(2, [2, 1], seed=1)
    forward = net.forward([1.0, 0.5])
    quadratic(forward.output, [1.0]).backward()
    with pytest.raises(UsageError, match="the targets y must be finite; y1 is nan"):
        compare(forward, [math.nan])
    net["w2_1_1"].grad = math.nan
    verdict = compare(forward, [1.0]).verdict
    assert "the worst is ∂C/∂w²₁₁ (24), which is nan in the graph" in verdict and "penalty" not in verdict


def test_a_graph_of_numbers_too_small_for_all_their_digits_agrees():
    net = MLP(1, [1], seed=1)
    net["w2_1_1"].data = 0.0
    forwards = [net.forward([23 * 5e-324], 1), net.forward([0.0], 2)]
    batch_cost(forwards, [0.0, 0.0], quadratic).backward()
    comparison = compare(forwards, [0.0, 0.0])
    assert comparison.ok and comparison.filter(symbol="w2_1_1").worst.difference != 0


# Selection.

def example():
    return compared(MLP(2, [3, 1], seed=1), [1.0, 0.5], [0.5], alpha=0.5, m=5, eta=0.1)


def batch_example(cost=cross_entropy):
    net = MLP(2, [3, 1], seed=1)
    forwards = [net.forward([1.0, 0.5], 1), net.forward([0.0, 0.5], 2)]
    batch_cost(forwards, [1.0, 0.0], cost).backward()
    return compare(forwards, [1.0, 0.0], cost, eta=0.1)


def equations_of(comparison):
    return {row.equation for row in comparison.rows}


STANDS = {10: {14}, 11: {14}, 12: {12}, 13: {12}, 14: {14}, 15: {16, 21}, 16: {16}, 17: {16}, 18: {21}, 19: {12},
          20: {20}, 21: {21}, 22: {21}, 23: {23}, 27: {27}, 28: {28}, 29: {29}}


@pytest.mark.parametrize("number, found", STANDS.items())
def test_an_equation_selects_its_rows_and_those_it_is_another_writing_of(number, found):
    comparison = example()
    selected = comparison.filter(number)
    assert equations_of(selected) == found
    assert selected.rows == [row for row in comparison.rows if row.equation in found]


def test_the_equations_of_a_batch_with_cross_entropy_select_their_rows():
    comparison = batch_example()
    for number, found in {6: {6}, 7: {7}, 15: {26, 21}, 16: {26}, 17: {26}, 26: {26}, 28: {28}}.items():
        assert equations_of(comparison.filter(number)) == found
    assert equations_of(comparison.filter(equation=[17, 13])) == {26, 12}


@given(st.integers(-3, 40))
def test_an_equation_without_rows_is_an_error_that_lists_the_others(number):
    comparison = example()
    if number in STANDS:
        assert comparison.filter(number).rows
        return
    reason = rf"equation \({number}\) has no rows" if 1 <= number <= 29 else rf"equations 1 to 29, not {number};"
    with pytest.raises(UsageError, match=reason) as error:
        comparison.filter(equation=(12, number))
    assert [int(n) for n in re.findall(r"\((\d+)\)", str(error.value).split("rows of")[1])] == list(STANDS)


@pytest.mark.parametrize("asked", ["16", 16.0, True, [None]])
def test_what_is_no_number_of_an_equation_is_refused(asked):
    with pytest.raises(UsageError, match="the paper has equations 1 to 29, not"):
        example().filter(asked)


@pytest.mark.parametrize("name, symbols", [
    ("z2_1", ["z²₁"]), ("z²₁", ["z²₁"]), ("z3_1", ["z³₁"]), ("a3_1", ["a³₁"]), ("δ²₁", ["δ²₁"]), ("delta2_1", ["δ²₁"]),
    ("w2_1_2", ["∂C/∂w²₁₂", "w²₁₂ ←"]), ("w²₁₂", ["∂C/∂w²₁₂", "w²₁₂ ←"]), ("b2_3", ["∂C/∂b²₃", "b²₃ ←"]),
    ("∂C/∂w²₁₂", ["∂C/∂w²₁₂"]), ("dC/dw2_1_2", ["∂C/∂w²₁₂"]), ("w2_1_2 <-", ["w²₁₂ ←"]),
    ("∂z³₁/∂z²₂", ["∂z³₁/∂z²₂"]), ("dz3_1/dz2_2", ["∂z³₁/∂z²₂"]), (Symbol("z", 2, (1,)), ["z²₁"]),
])
def test_a_symbol_selects_the_rows_about_it(name, symbols):
    assert [row.symbol for row in example().filter(symbol=name).rows] == symbols


@pytest.mark.parametrize("name, symbols", [
    ("z2_1", ["z²₁⁽¹⁾", "z²₁⁽²⁾"]), ("z2_1__2", ["z²₁⁽²⁾"]), ("δ³₁⁽¹⁾", ["δ³₁⁽¹⁾"]),
    ("∂z³₁/∂z²₂", ["∂z³₁⁽¹⁾/∂z²₂⁽¹⁾", "∂z³₁⁽²⁾/∂z²₂⁽²⁾"]), ("w2_1_1", ["∂C/∂w²₁₁", "w²₁₁ ←"]),
])
def test_in_a_batch_a_symbol_stands_for_every_example_s(name, symbols):
    assert [row.symbol for row in batch_example().filter(symbol=name).rows] == symbols


def test_a_selection_is_never_empty():
    comparison = example()
    assert comparison.filter().rows == comparison.rows
    assert [row.symbol for row in comparison.filter(27, "w2_1_2").rows] == ["∂C/∂w²₁₂"]
    with pytest.raises(UsageError, match=r"the rows about w2_1_2 are of \(27\), \(29\)"):
        comparison.filter(12, "w2_1_2")
    for name in ("z2_4", "x1", "C", "z2_1__1", "nothing", ""):
        with pytest.raises(UnknownName, match=r"no row of this comparison is about .*; there are z2_1, "):
            comparison.filter(symbol=name)
    with pytest.raises(UsageError, match="no equation was asked for"):
        comparison.filter(())
    with pytest.raises(UsageError, match="at least one row"):
        Comparison([])


def test_a_selection_is_judged_by_its_own_rows():
    net = MLP(2, [3, 1], seed=1)
    forward = net.forward([1.0, 0.5])
    (2 * quadratic(forward.output, [1.0])).backward()
    comparison = compare(forward, [1.0])
    assert not comparison.ok and comparison.filter(14).ok and not comparison.filter(15).ok
    assert comparison.filter(14).verdict.startswith("all 4 numbers are the paper's")
    assert comparison.filter(21).verdict.startswith("3 of 3 gradients differ from the paper's")
    assert comparison.filter(symbol="z2_1").verdict.startswith("the 1 number is the paper's")


# What is shown.

def test_the_table_names_symbol_both_values_equation_and_difference():
    net = MLP(1, [1], seed=1)
    comparison = compared(net, [1.0], [1.0])
    lines = str(comparison).splitlines()
    assert re.split(r"  +", lines[0]) == ["symbol", "graph", "closed form", "equation", "ulp", "of terms"]
    assert [line.split()[0] for line in lines[2:-1]] == ["z²₁", "a²₁", "δ²₁", "∂C/∂b²₁", "∂C/∂w²₁₁"]
    assert f"{net['b2_1'].grad:.12g}" in lines[5] and "(23)" in lines[5]
    assert lines[-1].startswith("all 5 numbers are the paper's; the largest difference is 0")
    assert str(comparison.filter((16, 23, 24))).splitlines()[-1].startswith("all 3 gradients are the paper's")


def wrong_example():
    net = MLP(1, [2], seed=1)
    forward = net.forward([1.0])
    quadratic(forward.output, [1.0, 0.0]).backward()
    net["b2_1"].grad *= 1.5
    net["w2_2_1"].grad = math.nan
    net["w2_1_1"].grad = -math.inf
    return compare(forward, [1.0, 0.0])


def test_the_verdict_of_wrong_rows_counts_them_and_names_the_worst_and_the_first():
    verdict = wrong_example().verdict
    assert verdict.startswith("3 of 10 numbers differ from the paper's; the worst is ∂C/∂w²₁₁ (24), which is -inf in "
                              "the graph; the first to differ on the way back is ∂C/∂b²₁ (23)")


def test_text_markdown_and_html_hold_the_same_cells():
    comparison = wrong_example()
    cells = comparison.cells()
    assert len(cells) == 11 and {len(row) for row in cells} == {6}
    assert [bool("✗" in row[-1]) for row in cells[1:]] == [not row.ok for row in comparison.rows]
    text = [re.split(r"  +", line.replace("  ✗", " ✗")) for line in str(comparison).splitlines()]
    marked = [[cell.replace("  ✗", " ✗") for cell in row] for row in cells]
    assert [text[0], *text[2:-1]] == marked
    table, verdict = comparison.markdown().split("\n\n")
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert lines[1] == ["---", "---:", "---:", "---:", "---:", "---:"]
    assert [tuple(line) for line in (lines[0], *lines[2:])] == cells and verdict == comparison.verdict
    root = ElementTree.fromstring(comparison._repr_html_())
    assert [tuple("".join(cell.itertext()) for cell in row) for row in root.iter("tr")] == cells
    assert [row.get("class") == "wrong" for row in root.iter("tr")][1:] == [not row.ok for row in comparison.rows]
    assert [child.tag for child in root] == ["style", "p", "table"] and root.find("p").text == comparison.verdict


def test_html_escapes_and_styles_nothing_but_itself(monkeypatch):
    monkeypatch.setattr(Row, "symbol", property(lambda row: "<b>&\"|"))
    comparison = example()
    root = ElementTree.fromstring(comparison._repr_html_())
    assert next(root.iter("td")).text == "<b>&\"|"
    assert '| <b>&"\\| |' in comparison.markdown()
    selectors = re.findall(r"([^{}]+)\{[^{}]*\}", root.find("style").text)
    names = [name.strip() for selector in selectors for name in selector.split(",")]
    assert len(names) >= 5 and all(name.startswith(f".{root.get('class')} ") for name in names)


def test_a_long_table_that_agrees_is_printed_wholly():
    comparison = compared(MLP(30, [10, 4], seed=1), [0.1] * 30, [0.5] * 4)
    assert len(comparison.rows) == 3 * 14 + 14 + 340 + 40
    assert len(str(comparison).splitlines()) == len(comparison.rows) + 3


def test_as_dict_is_ready_for_json_whatever_the_numbers():
    comparison = wrong_example()
    data = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    assert data["ok"] is False and data["verdict"] == comparison.verdict
    assert data["worst"]["symbol"] == comparison.worst.symbol
    assert [row["symbol"] for row in data["rows"]] == [row.symbol for row in comparison.rows]
    rows = {row["ascii"]: row for row in data["rows"]}
    assert rows["dC/dw2_2_1"]["graph"] == rows["dC/dw2_2_1"]["difference"] == "nan"
    assert rows["dC/dw2_1_1"]["graph"] == "-inf" and rows["dC/dw2_1_1"]["ulps"] == "inf"
    delta = next(row for row in comparison.rows if row.symbol == "δ²₁")
    assert rows["delta2_1"] == {
        "equation": 16, "symbol": "δ²₁", "ascii": "delta2_1", "graph": delta.graph, "closed_form": delta.closed_form,
        "difference": delta.difference, "ulps": delta.ulps, "relative": delta.relative, "ok": True,
    }


# What is refused.

def test_what_compare_cannot_judge_is_refused():
    def cube(z):
        return z**3

    def my_cost(a, y):
        return a[0] - y[0]

    net = MLP(2, [1], seed=1)
    forward = net.forward([1.0, 2.0])
    with pytest.raises(UsageError, match="call backward"):
        compare(forward, [1.0])
    quadratic(forward.output, [1.0]).backward()
    with pytest.raises(ShapeError, match="needs 1 targets y; got 2"):
        compare(forward, [1.0, 0.0])
    with pytest.raises(UsageError, match="knows the costs quadratic and cross_entropy; got my_cost"):
        compare(forward, [1.0], my_cost)
    with pytest.raises(NotAValue, match=r"what net\.forward\(x\) returned; got MLP"):
        compare(net, [1.0])
    with pytest.raises(NotANumber, match="real numbers; got '1'"):
        compare(forward, "1")
    with pytest.raises(UsageError, match=r"knows the activations .*; got cube"):
        compare(MLP(1, [1], cube).forward([1.0]), [1.0])


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_an_output_exactly_on_its_target_is_compared(activation):
    net = MLP(2, [1], activation, seed=1)
    assert compared(net, [0.0, 0.0], [0.0], cross_entropy).ok  # a = 0 where y = 0


def test_a_target_may_be_a_number_or_a_value():
    net = MLP(1, [1], seed=1)
    forward = net.forward([1.0])
    quadratic(forward.output, 1.0).backward()
    assert compare(forward, 1.0).ok and compare(forward, [Value(1.0)]).ok


def test_a_batch_that_is_none_is_refused():
    net, other = MLP(1, [1], seed=1), MLP(1, [1], seed=2)
    forwards = [net.forward([1.0], 1), net.forward([2.0], 2)]
    with pytest.raises(UsageError, match=r"example 1: this graph holds no gradients yet"):
        compare(forwards, [1.0, 0.0])
    batch_cost(forwards, [1.0, 0.0], quadratic).backward()
    with pytest.raises(UsageError, match="at least one example"):
        compare([], [])
    with pytest.raises(NotAValue, match=r"what net\.forward\(x\) returned; got float"):
        compare([forwards[0], 1.0], [1.0, 0.0])
    with pytest.raises(UsageError, match="examples of one network"):
        compare([forwards[0], other.forward([1.0], 2)], [1.0, 0.0])
    for targets in ([1.0], [1.0, 0.0, 1.0], 1.0):
        with pytest.raises(ShapeError, match="2 examples need as many lists of targets"):
            compare(forwards, targets)
    with pytest.raises(ShapeError, match="example 2: the network 1-1 needs 1 targets y; got 2"):
        compare(forwards, [1.0, [0.0, 1.0]])
    with pytest.raises(UsageError, match="example 3: this graph holds no gradients"):
        compare([*forwards, net.forward([1.0], 3)], [1.0, 0.0, 1.0])


@pytest.mark.parametrize("numbers", [(None, None), (4, 4), (1, None)])
def test_examples_that_cannot_be_told_apart_are_refused(numbers):
    net = MLP(1, [1], seed=1)
    forwards = [net.forward([1.0], i) for i in numbers]
    batch_cost(forwards, [1.0, 0.0], quadratic).backward()
    with pytest.raises(UsageError, match=r"need a number each, as in net\.forward\(x, i\); got"):
        compare(forwards, [1.0, 0.0])


@pytest.mark.parametrize("arguments, message", [
    ({"alpha": -1.0}, "alpha of 0 or more"), ({"alpha": math.nan}, "alpha of 0 or more"), ({"m": 0}, "m of 1 or more"),
    ({"alpha": "0"}, "alpha of 0 or more"), ({"eta": 0.0}, "eta must be a positive number"),
    ({"eta": math.inf}, "eta must be a positive number"),
])
def test_alpha_m_and_eta_out_of_range_are_refused(arguments, message):
    net = MLP(1, [1], seed=1)
    forward = net.forward([1.0])
    quadratic(forward.output, [1.0]).backward()
    with pytest.raises(UsageError, match=message):
        compare(forward, [1.0], **arguments)


def test_m_is_by_default_the_number_of_examples_as_in_mean_cost():
    net = MLP(1, [2, 1], seed=1)
    examples = [([1.0], [1.0]), ([0.5], [0.0]), ([-1.0], [0.5])]
    mean_cost(net, examples, quadratic, 0.4).backward()
    expected = [parameter.grad for parameter in net.parameters()]
    net.zero_grad()
    forwards = [net.forward(x, i) for i, (x, _) in enumerate(examples, 1)]
    batch_cost(forwards, [y for _, y in examples], quadratic, 0.4).backward()
    assert [parameter.grad for parameter in net.parameters()] == expected
    assert compare(forwards, [y for _, y in examples], alpha=0.4).ok
    assert not compare(forwards, [y for _, y in examples], alpha=0.4, m=1).ok


def test_a_backward_pass_of_gradients_that_are_all_0_has_been_run():
    net = MLP(1, [1], "relu", seed=1)
    net["w2_1_1"].data = -1.0
    forward = net.forward([1.0])
    (forward.output[0] - 1).backward()  # ints throughout, and 0 from relu on
    assert compare(forward, [0.5]).ok
