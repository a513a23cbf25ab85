"""Elementary functions find the right library for each kind of number, and hold at kinks and far out."""

import cmath
import math
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import functions
from micrograd_paper.engine import Value

ELEMENTARY = ("exp", "log", "sqrt", "sin", "cos", "tanh")
every_function = pytest.mark.parametrize("name", ELEMENTARY)


@every_function
def test_floats_and_ints_go_to_math(name):
    function, expected = getattr(functions, name), getattr(math, name)
    assert function(0.75) == expected(0.75)
    assert function(2) == expected(2)
    assert function(Fraction(3, 4)) == expected(0.75)
    assert all(type(function(x)) is float for x in (0.75, 2, Fraction(3, 4)))


@every_function
def test_complex_numbers_go_to_cmath(name):
    assert getattr(functions, name)(0.75 + 0.5j) == getattr(cmath, name)(0.75 + 0.5j)


@every_function
def test_numpy_arrays_go_to_numpy(name):
    x = np.array([0.5, 2.0])
    found = getattr(functions, name)(x)
    assert isinstance(found, np.ndarray) and found.tolist() == getattr(np, name)(x).tolist()


@every_function
def test_mpmath_numbers_keep_their_digits(name):
    with mpmath.workdps(50):
        x = mpmath.mpf(3) / 4
        assert getattr(functions, name)(x) == getattr(mpmath, name)(x)
        assert getattr(functions, name)(mpmath.mpc(x, 1)) == getattr(mpmath, name)(mpmath.mpc(x, 1))


@every_function
def test_symbols_and_undefined_functions_go_to_sympy(name):
    x = sympy.Symbol("x")
    for expression in (x, sympy.Integer(2), sympy.Function("f")(x)):
        assert getattr(functions, name)(expression) == getattr(sympy, name)(expression)


@every_function
def test_anything_else_goes_to_its_own_method(name):
    class Own:
        pass

    setattr(Own, name, lambda self: f"own {name}")
    assert getattr(functions, name)(Own()) == f"own {name}"
    assert isinstance(getattr(functions, name)(Value(0.75)), Value)


@pytest.mark.parametrize("name", ["log", "sin", "cos", "tanh", "softplus"])
def test_a_decimal_does_not_become_a_float_without_a_word(name):
    with pytest.raises(TypeError, match=r"Decimal.*mpmath"):
        getattr(functions, name)(Decimal("0.75"))


def test_a_decimal_keeps_the_functions_that_it_has():
    assert functions.exp(Decimal(1)) == Decimal(1).exp()
    assert functions.sqrt(Decimal(2)) == Decimal(2).sqrt()


@given(st.floats(allow_nan=False))
def test_sigmoid_and_softplus_of_no_float_overflow(z):
    assert 0 <= functions.sigmoid(z) <= 1
    assert functions.softplus(z) >= max(z, 0.0)


@given(st.floats(-700, 700))
def test_sigmoid_and_softplus_are_exact_to_the_last_bits_everywhere(z):
    with mpmath.workdps(400):
        e = mpmath.exp(-mpmath.mpf(z))
        assert abs(functions.sigmoid(z) - 1 / (1 + e)) <= 4e-16 / (1 + e)
        exact = mpmath.log(1 + 1 / e)
        assert abs(functions.softplus(z) - exact) <= 4e-16 * exact


@pytest.mark.parametrize("z", [-800.0, -1.5, 0.0, 1.5, 800.0])
def test_sigmoid_and_softplus_agree_on_every_kind_of_number(z):
    for name in ("sigmoid", "softplus"):
        function = getattr(functions, name)
        expected = pytest.approx(function(z), rel=1e-14, abs=1e-300)
        assert function(Fraction(z)) == function(int(z) if z == int(z) else Fraction(z)) == expected
        assert function(np.array([z, z])).tolist() == [expected, expected]
        assert float(function(mpmath.mpf(z))) == expected
        assert function(Value(z)).data == function(z)
        assert function(complex(z)) == expected
        if abs(z) < 100:
            assert float(function(sympy.Float(z))) == expected
            x = sympy.Symbol("x")
            assert float(function(x).subs(x, z)) == expected


@given(st.integers(-600, 600))
def test_softplus_keeps_its_digits_on_every_kind_of_real_number_where_it_is_next_to_0(z):
    expected = pytest.approx(functions.softplus(float(z)), rel=1e-14, abs=0)
    assert functions.softplus(z) == functions.softplus(Fraction(z)) == expected
    assert functions.softplus(np.array([float(z)])).tolist() == [expected]
    assert float(functions.softplus(mpmath.mpf(z))) == expected


def test_nan_stays_nan():
    for name in ("sigmoid", "softplus", "exp", "tanh"):
        assert math.isnan(getattr(functions, name)(math.nan))
    assert math.isnan(functions.maximum(math.nan, 0))


def test_step_is_0_and_sign_is_0_at_the_kink():
    assert [functions.step(x) for x in (-2.0, -0.0, 0.0, 2.0)] == [0, 0, 0, 1]
    assert [functions.sign(x) for x in (-2.0, -0.0, 0.0, 2.0)] == [-1, 0, 0, 1]
    assert functions.step(np.array([-2.0, 0.0, 2.0])).tolist() == [0, 0, 1]
    assert functions.sign(np.array([-2.0, 0.0, 2.0])).tolist() == [-1, 0, 1]
    assert [functions.sign(Fraction(x)) for x in (-2, 0, 2)] == [-1, 0, 1]


def test_step_and_sign_of_a_value_are_plain_numbers():
    assert type(functions.step(Value(2.0))) is int
    assert functions.sign(Value(-2.0)) == -1


def test_step_sign_and_maximum_of_a_symbol_wait_for_its_number():
    x = sympy.Symbol("x", real=True)
    for at, step, sign, maximum in ((-2, 0, -1, 0), (0, 0, 0, 0), (2, 1, 1, 2)):
        assert functions.step(x).subs(x, at) == step
        assert functions.sign(x).subs(x, at) == sign
        assert functions.maximum(x, 0).subs(x, at) == maximum


def test_maximum_keeps_the_kind_of_number():
    for kind in (float, Fraction, mpmath.mpf, sympy.Integer):
        for x in (-2, 2):
            larger = functions.maximum(kind(x), 0)
            assert larger == max(x, 0)
            assert isinstance(larger, kind)
    with mpmath.workdps(50):  # an int 0 would be divided as a float
        assert (Value(mpmath.mpf(-1)).relu() + 1).data / 3 == mpmath.mpf(1) / 3
        assert ((Value(mpmath.mpf(-1)).relu() + 1) / 3).data == mpmath.mpf(1) / 3


def test_where_takes_conditions_of_every_kind():
    assert functions.where(True, 1, 2) == 1
    assert functions.where(False, 1, 2) == 2
    assert functions.where(np.array([True, False]), 1, 2).tolist() == [1, 2]
    x = sympy.Symbol("x")
    assert functions.where(x > 0, 1, 2).subs(x, -1) == 2


def test_a_number_is_zero_and_a_symbol_is_not():
    assert functions.is_zero(0.0) and functions.is_zero(-0.0) and functions.is_zero(0) and functions.is_zero(Value(0.0))
    assert not functions.is_zero(1e-300)
    assert not functions.is_zero(Value(1.0))
    assert functions.is_zero(np.array([0.0, 1.0])).tolist() == [True, False]
    assert functions.is_zero(sympy.Symbol("x")) is False


def test_ieee_divide_is_infinite_where_python_raises():
    assert functions.ieee_divide(1, 0.0) == math.inf
    assert functions.ieee_divide(1, -0.0) == -math.inf
    assert functions.ieee_divide(-1, 0.0) == -math.inf
    assert math.isnan(functions.ieee_divide(0, 0.0)) and math.isnan(functions.ieee_divide(math.nan, 0.0))
    assert functions.ieee_divide(1, 4.0) == 0.25
    assert functions.ieee_divide(1, Fraction(0)) == math.inf
    assert functions.ieee_divide(1, mpmath.mpf(0)) == math.inf
    assert functions.ieee_divide(1, 0j) == math.inf
    assert functions.ieee_divide(1, Value(0.0)).data == math.inf


def test_ieee_power_is_infinite_where_python_raises_and_nan_where_it_is_not_real():
    assert functions.ieee_power(0.0, -0.5) == math.inf
    assert functions.ieee_power(0.0, -1) == math.inf
    assert functions.ieee_power(-0.0, -1) == -math.inf
    assert functions.ieee_power(-0.0, -2) == math.inf
    assert functions.ieee_power(-1e200, 3) == -math.inf
    assert functions.ieee_power(-1e200, 2) == math.inf
    assert math.isnan(functions.ieee_power(-8.0, 0.5))
    assert functions.ieee_power(-8.0, 2) == 64.0
    assert functions.ieee_power(0j, -0.5) == math.inf
    assert functions.ieee_power(2.0, 1j) == 2.0**1j
    assert functions.ieee_power(Value(0.0), Value(-0.5)).data == math.inf


def test_ieee_log_is_infinite_at_0_and_nan_below():
    for zero in (0.0, 0, Fraction(0), 0j):
        assert functions.ieee_log(zero) == -math.inf
    for below in (-2.0, -2, Fraction(-2)):
        assert math.isnan(functions.ieee_log(below))
    assert functions.ieee_log(Value(0.0)).data == -math.inf and math.isnan(functions.ieee_log(Value(-2.0)).data)
    assert functions.ieee_log(2.0) == math.log(2.0)


def test_an_integer_constant_becomes_a_number_of_the_other_kind():
    with mpmath.workdps(50):
        assert functions.like(1, mpmath.mpf(7)) / 3 == mpmath.mpf(1) / 3
    assert functions.like(1, Fraction(7)) / 3 == Fraction(1, 3)
    assert functions.like(1, sympy.Symbol("x")) / 3 == sympy.Rational(1, 3)
    assert functions.like(1, Decimal(7)) / 3 == Decimal(1) / 3
    assert functions.like(1, np.array([7.0])) == 1
    assert type(functions.like(1, 7.0)) is int
