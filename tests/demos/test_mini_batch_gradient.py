"""(6): the mean gradient of a mini-batch approaches the full one."""

import math

import pytest


def test_the_error_falls_as_one_over_the_root_of_k_while_k_is_small(demo):
    assert -0.56 < demo.slope < -0.47
    assert max(demo.small) <= demo.m / 8 and len(demo.small) == 5


def test_the_error_is_that_of_drawing_without_putting_back(demo):
    for k, error in demo.errors.items():
        theory = demo.errors[1] * math.sqrt((demo.m - k) / (k * (demo.m - 1)))
        assert error == pytest.approx(theory, rel=0.12, abs=1e-12)


def test_a_larger_mini_batch_is_nearer_and_that_of_all_examples_is_there(demo):
    errors = list(demo.errors.values())
    assert errors == sorted(errors, reverse=True)
    assert list(demo.errors)[-1] == demo.m and errors[-1] < 1e-12
