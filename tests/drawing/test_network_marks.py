"""Sums, means and norms are right for every kind of number, and a number's text fits the room it is given."""

import math
from fractions import Fraction

import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.drawing.rows import norm, shade
from micrograd_paper.drawing.network_marks import fitted, mean, real, short, summed
from micrograd_paper.drawing.svg import width

floats = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.floats(-1e100, 1e100), min_size=1, max_size=20))
def test_a_norm_is_the_root_of_the_exact_sum_of_squares(numbers):
    squares = sum(Fraction(number) ** 2 for number in numbers)
    assert Fraction(norm(numbers)) ** 2 == pytest.approx(squares, rel=1e-14)


@pytest.mark.parametrize("numbers, expected", [
    ([3e200, 4e200], 5e200), ([3e-200, -4e-200], 5e-200), ([3 + 4j], 5), ([numpy.array([3.0, 0.0]), 4], 5),
    ([Fraction(3), sympy.Integer(4)], 5), ([1.0, math.inf], math.inf), ([], 0),
])
def test_a_norm_neither_overflows_nor_underflows_and_takes_every_kind_of_number(numbers, expected):
    assert norm(numbers) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("number", [sympy.Symbol("t"), "text", 10**400, numpy.array(["a"])])
def test_what_is_no_number_has_no_norm(number):
    assert norm([1.0, number]) is None
    assert math.isnan(norm([1.0, math.nan]))


@given(st.lists(floats, min_size=1, max_size=9))
def test_a_mean_lies_between_the_least_and_the_largest(numbers):
    assert min(numbers) <= mean(numbers) <= max(numbers)


def test_sums_and_means_keep_the_kind_of_number():
    t = sympy.Symbol("t")
    assert mean([t, 3 * t]) == 2 * t
    assert mean([Fraction(1, 3), Fraction(2, 3)]) == Fraction(1, 2)
    assert isinstance(summed([Fraction(1, 3), 1]), Fraction)
    assert mean([1 + 1j, 3 + 5j]) == 2 + 3j
    assert list(mean([numpy.array([1.0, 2.0]), numpy.array([3.0, 4.0])])) == [2.0, 3.0]
    assert mean([0.1] * 3) == 0.1
    assert math.isnan(summed([math.inf, -math.inf]))
    assert summed([1e308, 1e308]) == math.inf


@pytest.mark.parametrize("number, expected", [
    (1.5, 1.5), (Fraction(1, 2), 0.5), (True, 1.0), (sympy.Rational(1, 4), 0.25), (math.nan, None), (math.inf, None),
    (1j, None), (sympy.Symbol("t"), None), (numpy.array([1.0]), None), (numpy.float64(2), 2.0), (10**400, None),
])
def test_real_is_a_finite_float_or_nothing(number, expected):
    assert real(number) == expected


@pytest.mark.parametrize("number, expected", [
    (1.0, 4), (-0.32, -4), (0.31, 3), (-0.11, -3), (0.09, 2), (-0.03, -1), (0.009, 0), (0, 0), (1j, 0),
])
def test_a_shade_is_the_ledgers(number, expected):
    assert shade(number, 1.0) == expected
    assert shade(number, 0.0) == 0


kinds = st.one_of(
    st.floats(), st.complex_numbers(), st.integers(), st.fractions(), st.sampled_from([
        sympy.Symbol("t") ** 9 + 1, numpy.array([1.0, 2.0]), 10**400, -(10**400), sympy.Symbol("W" * 90),
    ]),
)


@given(kinds, st.floats(20, 60), st.floats(8, 14))
def test_a_fitted_number_is_no_wider_than_its_room(number, room, size):
    text, found = fitted(number, 3, room, size)
    assert text
    assert 0 < found <= size
    assert found * width(text) <= room * (1 + 1e-9)


@given(st.floats())
def test_a_fitted_float_is_shortened_but_never_cut(number):
    text, size = fitted(number, 3, 41, 11)
    assert "…" not in text
    assert size >= 7.5
    if math.isfinite(number):
        shown = Fraction(text.replace("−", "-"))  # 2e308, rounded up to one digit, is no float
        assert abs(shown - Fraction(number)) <= abs(Fraction(number)) / 2


def test_a_short_number_has_the_digits_that_are_asked_for():
    assert [short(-0.0123456, digits) for digits in (1, 2, 3)] == ["−0.01", "−0.012", "−0.0123"]
    assert short(Fraction(1, 3), 2) == "1/3"
