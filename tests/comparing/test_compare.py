"""`compare` agrees with a right graph, whatever network, cost and batch, and refuses what it cannot judge."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, compare, cross_entropy, quadratic
from micrograd_paper.costs import batch_cost, cross_entropy_from_logits, mean_cost
from micrograd_paper.descent import descend
from micrograd_paper.engine import Value
from micrograd_paper.errors import NotANumber, NotAValue, ShapeError, UsageError
from tests.comparing.compared import COSTS, compared
from tests.strategies import networks


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


@given(networks())
def test_the_cost_from_logits_takes_z_whatever_the_output_s_activation_is(network):
    net, x, _ = network
    comparison = compared(net, x, [0.3] * net.shape[-1], cross_entropy_from_logits)
    assert comparison.ok, comparison
    assert 26 in {row.equation for row in comparison.rows} and kinds(comparison) == counts(net)


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


@given(batches(), st.sampled_from(list(COSTS.values())), st.sampled_from([0.0, 0.7]), st.none() | st.integers(0, 46),
       st.none() | st.floats(0.01, 10))
def test_every_number_of_a_random_batch_agrees(batch, cost, alpha, more, eta):
    net, forwards, targets = batch
    m = None if more is None else len(forwards) + more
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


# What is refused.

def test_what_compare_cannot_judge_is_refused():
    net = MLP(2, [1], seed=1)
    forward = net.forward([1.0, 2.0])
    with pytest.raises(UsageError, match="call backward"):
        compare(forward, [1.0])
    quadratic(forward.output, [1.0]).backward()
    with pytest.raises(ShapeError, match="needs 1 targets y; got 2"):
        compare(forward, [1.0, 0.0])
    with pytest.raises(NotAValue, match=r"a cost must return a Value; it returned 1\.5"):
        compare(forward, [1.0], lambda a, y: 1.5)
    with pytest.raises(NotAValue, match=r"C is the cost that backward\(\) was called on, a Value; got 0\.5"):
        compare(forward, [1.0], C=0.5)
    with pytest.raises(NotAValue, match=r"what net\.forward\(x\) returned; got MLP"):
        compare(net, [1.0])
    with pytest.raises(NotANumber, match="real numbers; got '1'"):
        compare(forward, ["1"])


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
    ({"alpha": -1.0}, "alpha must be 0 or more"), ({"alpha": math.nan}, "alpha must be 0 or more"),
    ({"m": 0}, "training examples, 1 or more"),
    ({"alpha": "0"}, "alpha must be 0 or more"), ({"eta": 0.0}, "eta must be a positive number"),
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
    assert not compare(forwards, [y for _, y in examples], alpha=0.4, m=9).ok


@given(batches(), st.integers(1, 3))
def test_a_batch_of_more_examples_than_there_are_for_training_is_refused(batch, m):
    _, forwards, targets = batch
    batch_cost(forwards, targets, quadratic).backward()
    if m >= len(forwards):
        assert compare(forwards, targets, m=m).ok
        return
    with pytest.raises(UsageError, match=f"number of training examples, {len(forwards)} or more here; got {m}"):
        compare(forwards, targets, m=m)


def test_a_backward_pass_of_gradients_that_are_all_0_has_been_run():
    net = MLP(1, [1], "relu", seed=1)
    net["w2_1_1"].data = -1.0
    forward = net.forward([1.0])
    (forward.output[0] - 1).backward()  # ints throughout, and 0 from relu on
    assert compare(forward, [0.5]).ok
