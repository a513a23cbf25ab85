"""A Bounded bounds what rounding did to its number, and not much more than that."""

import math
import operator
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from micrograd_paper import Value, functions
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.errors import NotANumber
from micrograd_paper.kinds.bounded import FLOAT32, FLOAT64, FUNCTION_ROUNDOFF, SLACK, TINY, Bounded, bounded

numbers = st.floats(-8, 8, width=32).filter(lambda x: abs(x) > 1e-3)
OPERATIONS = {"+": operator.add, "−": operator.sub, "·": operator.mul, "/": operator.truediv}


@given(st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), numbers, st.integers(0, 2)), max_size=8), numbers)
def test_the_bound_holds_for_any_arithmetic_with_numbers_on_either_side(steps, start):
    found, exact, single = Bounded(start, 0.0), Fraction(start), np.float32(start)
    for name, y, kind in steps:
        operation, terms = OPERATIONS[name], [(found, exact, single), (y, Fraction(y), np.float32(y))]
        if kind:
            terms = [(Bounded(y, 0.0) if kind == 1 else y, *terms[1][1:]), terms[0]]
        found, exact, single = (operation(left, right) for left, right in zip(*terms))
        assume(1e-6 < abs(found.value) < 1e6 and found.error * FLOAT32 < 0.01 * abs(found.value))
    assert abs(Fraction(found.value) - exact) <= Fraction(found.error) * Fraction(FLOAT64) * Fraction(1.05)
    assert found.near(float(single), FLOAT32)
    negative = -found
    assert (negative.value, negative.error) == (-found.value, found.error)


@given(numbers, numbers)
def test_the_bound_of_one_operation_is_three_roundings_of_its_terms_at_most(x, y):
    a, b = Bounded(x), Bounded(y)  # leaves that may be off by a rounding each
    for found, value, size in (
        (a + b, x + y, 2 * (abs(x) + abs(y))), (a - b, x - y, 2 * (abs(x) + abs(y))), (a * b, x * y, 3 * abs(x * y)),
        (a / b, x / y, 3 * abs(x / y)), (a + y, x + y, 2 * abs(x) + abs(y)), (y + a, x + y, 2 * abs(x) + abs(y)),
        (a - y, x - y, 2 * abs(x) + abs(y)), (y - a, y - x, 2 * abs(x) + abs(y)), (a * y, x * y, 2 * abs(x * y)),
        (y * a, x * y, 2 * abs(x * y)), (a / y, x / y, 2 * abs(x / y)), (y / a, y / x, 2 * abs(y / x)),
    ):
        assert found.value == value
        assert found.error == pytest.approx(size, rel=1e-12)


def test_nothing_is_known_of_a_division_by_0_and_of_0_times_infinity():
    assert (Bounded(1.0) / 0.0).error == (Bounded(1.0) / Bounded(0.0)).error == math.inf
    assert (Bounded(0.0) / Bounded(0.0)).value == (Bounded(0.0) / 0.0).error == 0.0  # (25) takes 0·ln 0 as 0
    assert (Bounded(1.0) / 0.0 * Bounded(0.0)).error == math.inf


MPMATH = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)), "tanh": mpmath.tanh, "relu": lambda z: max(z, mpmath.mpf(0)),
    "linear": lambda z: z, "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)), "exponential": mpmath.exp,
}


@given(st.sampled_from(sorted(MPMATH)), st.floats(-6, 6).filter(lambda z: abs(z) > 1e-2), st.floats(0, 1e5))
def test_the_bound_of_a_function_is_its_slope_times_that_of_its_argument_and_some_roundings(name, z, error):
    sigma = functions.exp if name == "exponential" else ACTIVATIONS[name].sigma
    found = sigma(Bounded(z, error))
    with mpmath.workdps(40):
        exact = MPMATH[name](mpmath.mpf(z))
        slope = float(mpmath.diff(MPMATH[name], mpmath.mpf(z)))
        assert abs(exact - found.value) <= 4 * FLOAT64 * abs(exact)
    low, high = abs(slope) * error, 1.001 * abs(slope) * error + 4 * abs(found.value)
    assert (low * 0.999 <= found.error <= high) or (name == "relu" and z < 0 and found.error == pytest.approx(error))


ELEMENTARY = {
    "exp": mpmath.exp, "log": mpmath.log, "sqrt": mpmath.sqrt, "sin": mpmath.sin, "cos": mpmath.cos,
    **{name: MPMATH[name] for name in ("tanh", "sigmoid", "softplus")},
}


@given(st.sampled_from(sorted(ELEMENTARY)), st.floats(-6, 6).filter(lambda z: abs(z) > 1e-2))
def test_a_function_of_a_number_without_error_is_bounded_by_its_own_rounding(name, z):
    z = abs(z) if name in ("log", "sqrt") else z
    found = getattr(functions, name)(Bounded(z, 0.0))
    with mpmath.workdps(40):
        assert abs(ELEMENTARY[name](mpmath.mpf(z)) - found.value) <= FLOAT64 * found.error
    if hasattr(Bounded, name):  # the others are computed from these
        assert found.error == FUNCTION_ROUNDOFF * abs(found.value)


@given(st.sampled_from(sorted(ACTIVATIONS)), st.floats(-6, 6).filter(lambda z: abs(z) > 1e-2))
def test_sigma_prime_is_the_slope_and_its_bound_stays_in_proportion(name, z):
    found = 1 * Bounded(1.0, 0.0) * ACTIVATIONS[name].sigma_prime(Bounded(z))
    with mpmath.workdps(40):
        assert found.value == pytest.approx(float(mpmath.diff(MPMATH[name], mpmath.mpf(z))), rel=1e-9)
    assert found.error <= 40  # of a number between 0 and 1; of relu's the kink is |z| away


def test_relu_at_its_kink_may_be_either_side():
    relu_prime = ACTIVATIONS["relu"].sigma_prime
    for z in (Bounded(0.0), Bounded(1e-17, 1.0), Bounded(-1e-17, 1.0)):
        found = relu_prime(z)
        assert found.near(0.0, FLOAT64) and found.near(1.0, FLOAT64) and not found.near(2.1, FLOAT64)
    assert not relu_prime(Bounded(0.5)).near(0.9, FLOAT64)
    assert (relu_prime(Bounded(0.5)).value, relu_prime(Bounded(-0.5)).value) == (1.0, 0.0)


@given(st.floats(0.1, 100), st.floats(1, 10), st.sampled_from([FLOAT64, FLOAT32]))
def test_near_is_within_the_slack_on_either_side(value, factor, roundoff):
    number = Bounded(value, factor * value)
    reach = SLACK * roundoff * factor * value
    for sign in (1, -1):
        assert number.near(value + sign * 0.7 * reach, roundoff) and number.near(value, roundoff)
        assert not number.near(value + sign * 1.3 * reach, roundoff)
        assert number.near(value + sign * (0.7 * reach + 0.5), roundoff, 0.5)
    assert Bounded(0.0, 0.0).near(SLACK * TINY[roundoff], roundoff)
    assert not Bounded(0.0, 0.0).near(2 * SLACK * TINY[roundoff], roundoff)


def test_what_is_no_real_number_is_refused():
    assert bounded(Value(2.0)).value == bounded(2).value == bounded(Bounded(2.0)).value == 2.0
    for wrong in ("1", 1j, None):
        with pytest.raises(NotANumber, match="real numbers; got"):
            bounded(wrong)
