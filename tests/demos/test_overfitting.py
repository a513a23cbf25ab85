"""3.3: without decay few digits are learnt by heart; with it weights are smaller and the cost of others stays lower."""

from itertools import pairwise

import pytest

pytestmark = pytest.mark.slow


def test_decay_keeps_the_weights_small_and_the_cost_of_digits_never_seen_lower(demo):
    (_, cost, accuracy, unseen, right, size), (_, decayed_cost, _, decayed, decayed_right, decayed_size) = (
        curve[-1] for curve in demo.found.values())
    assert accuracy == 1.0 and cost < decayed_cost  # by heart
    assert decayed < unseen - 0.1 and decayed_right >= right and decayed_size < 0.8 * size


def test_without_decay_the_cost_of_digits_never_seen_rises_while_that_of_the_others_falls(demo):
    curve, best = demo.found[0.0], demo.lowest[0.0]
    assert best[0] < demo.EPOCHS / 2 and curve[-1][3] > best[3] + 0.05
    after = [at for at in curve if at[0] >= best[0]]
    assert all(later[1] < earlier[1] for earlier, later in pairwise(after))


def test_each_step_multiplies_the_weight_and_then_takes_the_mean_slope_away(demo):
    factor = 1 - demo.ETA * demo.ALPHA / demo.m
    assert factor == 0.95 and len(demo.steps) == 4
    for before, slope, after in demo.steps:
        assert after == pytest.approx(factor * before - demo.ETA * slope, abs=1e-15)  # (29)
