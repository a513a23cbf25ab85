"""1.3: stochastic descent is near the minimum first, and does not end at it; batch descent does."""

import math

import pytest

pytestmark = pytest.mark.slow


def test_the_minimum_is_one(demo):
    assert demo.lowest.converged
    w, b = demo.minimum
    for step in (-0.01, 0.01):
        assert demo.cost(w + step, b) > demo.C_min and demo.cost(w, b + step) > demo.C_min


def test_after_few_examples_the_smaller_the_mini_batch_the_lower_the_cost(demo):
    batch, mini, stochastic = (demo.costs[k] for k in (demo.m, 10, 1))
    for seen in (100, 200):
        assert cost_at(stochastic, seen) < cost_at(mini, seen) < cost_at(batch, seen)
    assert cost_at(stochastic, 100) < 0.05 * cost_at(batch, 100)


def cost_at(costs, seen):
    """The cost at the last moment that is not later."""
    return costs[max(n for n in costs if n <= seen)]


def test_near_the_minimum_it_is_the_other_way_round(demo):
    distances = demo.distances
    assert 10 * distances[demo.m] < distances[10] < distances[1] / 3
    assert distances[1] > 0.3  # not at the minimum,
    assert demo.costs[1][20000] < 0.1 * demo.costs[1][0]  # near it


def test_batch_descent_ends_at_the_minimum(demo):
    assert math.dist(demo.ways[demo.m][-1], demo.minimum) < 0.002
    costs = list(demo.costs[demo.m].values())
    assert costs == sorted(costs, reverse=True)


def test_a_smaller_eta_ends_nearer(demo):
    assert demo.slower < demo.distances[1] / 3


def test_a_smaller_mini_batch_makes_more_updates_of_the_same_examples(demo):
    assert {k: len(way) - 1 for k, way in demo.ways.items()} == {k: 200 * demo.m // k for k in (demo.m, 10, 1)}
