"""After (3): too small an η is slow, too large an η misses the minimum, and 2/λ is the limit between."""

import math

import numpy
import pytest

from micrograd_paper import gradient
from micrograd_paper.costs import mean_cost

pytestmark = pytest.mark.slow


def test_the_limit_on_the_bowl_is_2_over_its_second_derivative(demo):
    assert demo.curvature == 2
    for eta, path in demo.paths.items():
        assert path.converged is (eta < 2 / demo.curvature)


def test_a_good_eta_needs_fewer_steps_than_a_small_one_and_a_large_one(demo):
    steps = {eta: len(path.points) for eta, path in demo.paths.items()}
    assert steps[0.3] < steps[0.95] < steps[0.02]
    assert demo.paths[1.05].costs[20] > 10 * demo.paths[1.05].costs[0]


def test_a_large_eta_jumps_over_the_minimum_and_a_small_one_does_not(demo):
    jumps = {eta: path.points[0][0] * path.points[1][0] < 0 for eta, path in demo.paths.items()}
    assert jumps == {0.02: False, 0.3: False, 0.95: True, 1.05: True}


def test_power_iteration_finds_the_largest_eigenvalue_of_the_hessian(demo):
    for p, p_i in zip(demo.w, demo.minimum):
        p.data = p_i
    slopes = gradient(mean_cost(demo.net, demo.XOR, demo.cross_entropy, demo.ALPHA), demo.w, create_graph=True)
    hessian = [gradient(slope, demo.w) for slope in slopes]
    assert demo.largest == pytest.approx(max(numpy.linalg.eigvalsh(hessian)), rel=1e-9)


def test_just_below_2_over_the_largest_eigenvalue_a_network_converges_and_just_above_it_does_not(demo):
    for share, distances in demo.distances.items():
        assert distances[60] / distances[0] == pytest.approx(abs(1 - 2 * share) ** 60, rel=0.2)  # (1 − ηλ)ⁿ
    assert demo.distances[0.95][60] < 0.01 * demo.distances[0.95][0]
    assert demo.distances[1.05][60] > 100 * demo.distances[1.05][0]
    assert math.isclose(demo.limit * demo.largest, 2)
