"""Section 2: how many terms there are, and what a sigmoid of six quadratic ones can tell apart."""

import itertools

import pytest

pytestmark = pytest.mark.slow


def test_there_are_six_terms_of_three_features_and_50_million_of_a_picture(demo):
    assert len(demo.terms) == 6 and demo.polynomial_terms(100, 2) == 5050
    assert sum(1 for _ in itertools.combinations_with_replacement(range(100), 2)) == 5050
    assert demo.polynomial_terms(10_000, 2) == 10_000 * 10_001 // 2 == 50_005_000
    assert "5,050" in demo.printed and "50,005,000" in demo.printed


def test_above_a_half_means_class_1_for_every_point(demo):
    assert demo.right == len(demo.examples) == 200
    assert demo.costs[-1] < demo.costs[0] / 5 and sorted(demo.costs, reverse=True) == demo.costs
    assert {y for _, (y,) in demo.examples} == {0.0, 1.0}


def test_it_has_no_linear_terms_and_no_bias(demo):
    assert demo.model(demo.w, [0.0, 0.0, 0.0]).data == 0.5
    for x, _ in demo.examples[:20]:  # so it does not see the sign of x
        assert demo.model(demo.w, x).data == demo.model(demo.w, [-x_i for x_i in x]).data
