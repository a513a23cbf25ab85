"""The row for C itself, by (5), (4), (25) or (27), and what is said where no δ tells anything of the cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, compare, cross_entropy, quadratic
from micrograd_paper.costs import COSTS as TABLE
from micrograd_paper.costs import batch_cost
from micrograd_paper.notation import Symbol
from tests.comparing.compared import COSTS, cost_node
from tests.comparing.test_compare import batches
from tests.strategies import networks


def the_row(comparison):
    (row,) = comparison.filter(symbol="C").rows
    return row


@given(networks(output="sigmoid"), st.sampled_from(list(COSTS)))
def test_the_cost_of_one_example_is_that_of_5_or_25(network, name):
    net, x, y = network
    forward = net.forward(x)
    C = cost_node(forward, y, COSTS[name])
    C.backward()
    row = the_row(compare(forward, y, COSTS[name], C=C))
    assert row.ok and row.equation == (5 if name == "quadratic" else 25) and row.graph == C.data
    assert row.quantity.symbol == Symbol("C") and row.quantity.kind == "number"


@given(batches(), st.sampled_from(list(COSTS.values())), st.sampled_from([0.0, 0.7]), st.integers(0, 9),
       st.floats(1e-9, 1.0))
def test_the_cost_of_a_batch_is_that_of_4_or_25_or_27_and_no_other(batch, cost, alpha, more, off):
    _, forwards, targets = batch
    m = len(forwards) + more
    C = batch_cost(forwards, targets, cost, alpha, m)
    C.backward()
    comparison = compare(forwards, targets, cost, alpha, m, C=C)
    assert comparison.ok, comparison
    row = the_row(comparison)
    assert row.equation == (27 if alpha else 4 if cost is quadratic else 25)
    C.data += off
    changed = compare(forwards, targets, cost, alpha, m, C=C)
    if off > 1e-6 * max(1.0, C.data):
        assert [row.symbol for row in changed.rows if not row.ok] == ["C"]
        assert f"the worst is C ({row.equation})" in changed.verdict and "times the paper's" not in changed.verdict


@pytest.mark.parametrize("z", [-800.0, -40.0, -30.0, 30.0, 36.0, 40.0, 800.0])
@pytest.mark.parametrize("y", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("way", ["through a", "from logits"])
def test_the_cross_entropy_of_a_saturated_neuron_is_not_called_wrong(z, y, way):
    net = MLP(1, [1], seed=1)
    net["w2_1_1"].data = z
    forward = net.forward([1.0])
    if way == "through a" and forward.output[0].data in (0, 1):
        return  # (25) has no logarithm there
    C = cross_entropy(forward.output, [y]) if way == "through a" else batch_cost([forward], [y], cross_entropy)
    C.backward()
    row = the_row(compare(forward, [y], cross_entropy, C=C))
    assert row.ok and row.closed_form == pytest.approx(max(z, 0) - y * z, abs=1e-9)


@given(st.floats(-800, 800), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.7]), st.floats(1e-9, 9))
def test_a_wrong_cost_from_logits_is_seen_however_saturated_the_neuron_is(z, y, alpha, off):
    net = MLP(1, [1], seed=1)
    net["w2_1_1"].data, net["b2_1"].data = 1.0, z
    forward = net.forward([0.0])
    C = batch_cost([forward], [y], cross_entropy, alpha)
    C.backward()
    assert the_row(compare(forward, [y], cross_entropy, alpha, C=C)).ok
    C.data += off
    assert the_row(compare(forward, [y], cross_entropy, alpha, C=C)).ok == (off < 1e-12 * abs(z))


def test_where_any_number_would_agree_there_is_no_row():
    net = MLP(1, [1], "tanh", seed=1)
    net["w2_1_1"].data = 40.0
    forward = net.forward([1.0])
    C = cross_entropy(forward.output, [1.0])  # ln 1 and 0·ln 0, of an a that is rounded to 1
    C.backward()
    C.data = 3.0
    assert "C" not in [row.symbol for row in compare(forward, [1.0], cross_entropy, C=C).rows]


@pytest.mark.parametrize("wrong", [lambda C: 2 * C, lambda C: C / 3, lambda C: -C])
def test_a_common_factor_of_cost_and_gradients_is_still_said(wrong):
    forward = MLP(2, [2, 1], seed=1).forward([1.0, 0.5])
    C = wrong(quadratic(forward.output, [1.0]))
    C.backward()
    comparison = compare(forward, [1.0], C=C)
    assert not the_row(comparison).ok and "times the paper's: is the cost" in comparison.verdict


def test_the_equations_of_the_cost_select_its_row_and_without_it_there_is_none():
    net = MLP(2, [2, 1], seed=1)
    forwards = [net.forward([1.0, 0.5], 1), net.forward([0.0, 0.5], 2)]
    C = batch_cost(forwards, [1.0, 0.0], quadratic)
    C.backward()
    comparison = compare(forwards, [1.0, 0.0], C=C)
    for number in (4, 9):
        assert [row.symbol for row in comparison.filter(number).rows] == ["C"]
    assert len(comparison.rows) == len(compare(forwards, [1.0, 0.0]).rows) + 1
    order = [row.symbol for row in comparison.rows]
    assert order.index("C") == order.index("δ³₁⁽¹⁾") - 1


def test_a_cost_of_the_table_without_a_closed_form_has_no_row(monkeypatch):
    monkeypatch.setitem(TABLE, "quadratic", TABLE["quadratic"]._replace(closed_form=None))
    forward = MLP(1, [1], seed=1).forward([1.0])
    C = quadratic(forward.output, [1.0])
    C.backward()
    assert "C" not in [row.symbol for row in compare(forward, [1.0], C=C).rows]


# Where every δ is 0.

def dead():
    net = MLP(1, [1], "relu", seed=1)
    net["w2_1_1"].data = -1.0
    forward = net.forward([1.0])
    quadratic(forward.output, [0.5]).backward()
    return forward


@pytest.mark.parametrize("cost", [quadratic, cross_entropy, lambda a, y: 7 * a[0] - y[0]])
def test_where_every_delta_is_0_the_gradients_say_nothing_about_the_cost_and_that_is_said(cost):
    forward = dead()
    comparison = compare(forward, [0.0], cost)
    said = "every δ is exactly 0, as with many another cost: the gradients say nothing about the cost"
    assert comparison.ok and comparison.verdict.endswith(said) and said in comparison.as_dict()["remark"]


@given(networks())
def test_it_is_said_where_every_delta_is_0_and_nowhere_else(network):
    net, x, y = network
    forward = net.forward(x)
    quadratic(forward.output, y).backward()
    comparison = compare(forward, y)
    errors = [z.grad for layer in forward.z.values() for z in layer]
    assert ("every δ is exactly 0" in comparison.verdict) == (not any(errors))
    assert comparison.filter(symbol="z2_1").remark == comparison.remark
    forward.z[2][0].grad = 0.25
    assert "every δ is exactly 0" not in compare(forward, y).verdict
