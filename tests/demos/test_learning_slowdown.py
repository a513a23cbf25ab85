"""3.2: with the quadratic cost a saturated output neuron learns slowly, with cross-entropy it does not."""

import pytest

pytestmark = pytest.mark.slow


def test_delta_is_the_partial_of_the_cost_times_sigma_prime_in_both_graphs(demo):
    for name, (_, _, (slope, sigma_prime, delta)) in demo.graphs.items():
        assert delta == slope * sigma_prime, name
    quadratic, cross_entropy = (factors for _, _, factors in demo.graphs.values())
    assert quadratic[1] == cross_entropy[1] < 0.003  # the same σ′, near 0


def test_cross_entropy_cancels_sigma_prime_and_leaves_a_minus_y(demo):
    a = demo.sigmoid(demo.z)
    (_, _, (_, _, slow)), (_, _, (slope, sigma_prime, fast)) = demo.graphs.values()
    assert fast == pytest.approx(a - 1, rel=1e-14)  # (26)
    assert slope == pytest.approx((a - 1) / sigma_prime, rel=1e-12)
    assert abs(slow) < 0.003 and abs(fast) > 0.99


def test_with_the_other_cost_only_16_changes(demo):
    assert [(q.symbol, q.equation, c.equation) for q, c in demo.changed] == [("δ³₁", 16, 26)]
    assert demo.kept == [12, 14, 20, 21, 23, 24]
    assert all(row.ok for rows in demo.rows.values() for row in rows)
    assert all(q.symbol == c.symbol for q, c in demo.pairs)


def test_the_cost_is_halved_in_far_fewer_epochs(demo):
    for name, shares in demo.shares.items():
        n = demo.halved[name]
        assert 0.9 < shares[1] < shares[0] == 1, name  # one cost, before and after an epoch
        assert shares[n] <= 0.5 < shares[n - 1]
    assert demo.halved["cross-entropy"] < 20 and demo.halved["quadratic"] > 1000


def test_delta_near_0_is_no_minimum(demo):
    assert demo.stopped.converged and len(demo.stopped.points) == 1
    assert demo.stopped.costs[-1] > 0.49
    assert demo.C_of_z([demo.Value(6.0)]).data < 0.001  # there is a much lower cost
