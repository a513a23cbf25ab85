"""(1), (2): of 360 directions none is steeper than −∇C/‖∇C‖; 1.1 and 1.2: where descent along it ends."""

import math

import pytest

from micrograd_paper.descent import directional_derivative


def test_none_of_360_unit_vectors_is_steeper_and_the_steepest_of_them_is_the_nearest(demo):
    assert len(demo.slopes) == 360
    assert all(slope >= demo.steepest_slope for slope in demo.slopes.values())
    assert abs(demo.best - demo.angle) <= 0.5  # degrees
    assert demo.steepest_slope == pytest.approx(-math.hypot(2 * demo.w[0], 2 * demo.w[1]))  # −‖∇C‖


def test_the_opposite_direction_is_steepest_uphill_and_a_right_angle_to_it_is_level(demo):
    assert max(demo.slopes, key=demo.slopes.get) == (demo.best + 180) % 360
    x, y = demo.steepest
    assert directional_derivative(demo.bowl, demo.w, [-y, x]) == pytest.approx(0, abs=1e-12)


def test_a_longer_vector_only_scales_the_number(demo):
    assert set(demo.scaled) == {1, 2, 3}
    for length, rate in demo.scaled.items():
        assert rate / length == pytest.approx(demo.steepest_slope, rel=1e-14)


def test_descent_ends_in_a_local_minimum_from_one_start_and_in_the_lowest_from_the_other(demo):
    lowest, local = demo.ends.values()
    assert lowest.converged and local.converged
    assert local.costs[-1] > lowest.costs[-1] + 0.1
    around = [demo.valleys([local.points[-1][0] + step]) for step in (-0.05, 0.05)]
    assert min(around) > local.costs[-1]  # a minimum, and no saddle
    assert local.costs == sorted(local.costs, reverse=True)


def test_a_cost_near_0_is_not_reached_where_one_input_has_two_targets(demo):
    assert demo.fitted.converged
    assert demo.fitted.costs[-1] == pytest.approx(1 / 8, abs=1e-9)
    assert demo.a == pytest.approx(0.5, abs=1e-6)
    assert min((a * a + (1 - a) ** 2) / 4 for a in (i / 1000 for i in range(1001))) == 1 / 8  # no output does better
