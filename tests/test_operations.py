"""The table of operations: every partial derivative against an independent one, and every kind of number."""

import math
import struct
from fractions import Fraction
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpc, mpf

from micrograd_paper import functions
from micrograd_paper.engine import Value, apply
from micrograd_paper.graph import gradient
from micrograd_paper.operations import TABLE, Op, power_by
from tests.strategies import DOMAINS, FORMULAS

DIGITS = 50

# Operands inside the domain of each operation; a new operation needs a line here.
SAMPLES = {
    "add": [(1.5, -2.25), (0.0, 3.0)],
    "subtract": [(1.5, -2.25), (0.0, 3.0)],
    "multiply": [(1.5, -2.25), (0.0, 3.0)],
    "divide": [(1.5, -2.25), (-7.0, 0.125), (0.0, 3.0)],
    "negative": [(1.5,), (-2.25,), (0.0,)],
    "absolute": [(1.5,), (-2.25,)],
    "power": [(1.5, -2.25), (0.25, 3.0), (4.0, 0.5), (2.0, 0.0)],
    "exp": [(1.5,), (-2.25,), (0.0,)],
    "log": [(1.5,), (0.001,), (900.0,)],
    "sqrt": [(1.5,), (0.001,), (900.0,)],
    "sin": [(1.5,), (-2.25,), (0.0,)],
    "cos": [(1.5,), (-2.25,), (0.0,)],
    "tanh": [(1.5,), (-2.25,), (0.0,)],
    "identity": [(1.5,), (-2.25,), (0.0,)],
    "sigmoid": [(1.5,), (-2.25,), (0.0,)],
    "relu": [(1.5,), (-2.25,)],
    "softplus": [(1.5,), (-2.25,), (0.0,)],
    "total": [(1.5,), (1.5, -2.25), (1.5, -2.25, 0.0, 4.0)],
    "weighted_sum": [(1.5, -2.25, 0.5), (1.5, -2.25, 0.5, 0.0, -1.25, 4.0, 0.125)],
    "quadratic": [(1.5, -2.25), (0.25, 0.5, 1.0, 0.0)],
    "cross_entropy": [(0.25, 0.75), (0.25, 0.75, 0.5, 0.125), (0.25, 0.75, 0.0, 1.0)],
    "cross_entropy_from_logits": [(1.5, 0.75), (1.5, -2.25, 0.5, 0.125), (1.5, -2.25, 1.0, 0.0)],
}
EITHER_SIDE, RIGHT_SIDE = [(1.5,), (-2.25,)], [(1.5,), (0.01,)]
POWERS = [
    *[(n, EITHER_SIDE) for n in (2, 3, 1, 0, -1, -3, 2.0, 0.0)],
    *[(n, RIGHT_SIDE) for n in (0.5, -0.5, 2.5, Fraction(1, 4))],
]
OPERATIONS = [
    *[pytest.param(op, SAMPLES.get(name, []), id=name) for name, op in TABLE.items()],
    *[pytest.param(power_by(n), points, id=f"power_by({n!r})") for n, points in POWERS],
]


def exponent_of(op):
    """n of a constant power, else None."""
    return op.forward.args[0] if op.name == "constant_power" else None


def operations(condition):
    return pytest.mark.parametrize(("op", "points"), [row for row in OPERATIONS if condition(row.values[0])])


every_operation = operations(lambda op: True)
RATIONAL = ("add", "subtract", "multiply", "divide", "negative", "absolute", "identity", "relu", "total",
            "weighted_sum", "quadratic")
rational_operations = operations(lambda op: op.name in RATIONAL or type(exponent_of(op)) is int)
# |x| and relu ask which side of 0 an operand lies on
complex_operations = operations(lambda op: op.name not in ("absolute", "relu"))
# 1/4 in source is a division


def by_differences(op, point, k, lift=mpf):
    """∂op/∂operandₖ at the point, from central differences with twice the digits of the answer."""
    with mpmath.workdps(3 * DIGITS):
        h = mpf(10) ** -DIGITS
        right = [lift(x) + h if i == k else lift(x) for i, x in enumerate(point)]
        left = [lift(x) - h if i == k else lift(x) for i, x in enumerate(point)]
        return (op.forward(*right) - op.forward(*left)) / (2 * h)


def partials_at(op, point):
    return op.partials(op.forward(*point), *point)


def bits(number):
    return struct.pack("<d", float(number))


def close(found, expected, tolerance):
    return abs(found - expected) <= tolerance * (1 + abs(expected))


def test_every_operation_of_the_table_has_sample_points_a_formula_and_a_domain_in_these_tests():
    assert set(SAMPLES) == set(TABLE)
    assert set(FORMULAS) == set(TABLE)
    assert set(DOMAINS) == {*TABLE, "constant_power"}
    assert all(SAMPLES.values())


def test_the_table_holds_each_operation_under_its_own_name():
    assert all(op.name == name for name, op in TABLE.items())


@every_operation
def test_partials_equal_50_digit_differences(op, points):
    for point in points:
        with mpmath.workdps(DIGITS):
            partials = partials_at(op, [mpf(x) for x in point])
            assert len(partials) == len(point)
            for k, partial in enumerate(partials):
                assert close(partial, by_differences(op, point, k), mpf(10) ** (10 - DIGITS)), (point, k)


@every_operation
def test_forward_equals_its_definition(op, points):
    for point in points:
        with mpmath.workdps(DIGITS):
            numbers = [mpf(x) for x in point]
            if op.name == "constant_power":
                expected = numbers[0] ** mpmath.mpmathify(exponent_of(op))
            elif op.name == "cross_entropy":  # (25) takes 0·ln 0 as 0, the definition has a logarithm there
                expected = FORMULAS[op.name](SimpleNamespace(log=lambda x: mpmath.log(x) if x else 0), *numbers)
            else:
                expected = FORMULAS[op.name](mpmath, *numbers)
            assert close(op.forward(*numbers), expected, mpf(10) ** (5 - DIGITS)), point


@every_operation
def test_floats_agree_with_50_digits_to_the_last_bits(op, points):
    for point in points:
        with mpmath.workdps(DIGITS):
            exact = [mpf(x) for x in point]
            assert close(op.forward(*point), op.forward(*exact), 1e-15)
            for found, expected in zip(partials_at(op, point), partials_at(op, exact), strict=True):
                assert isinstance(found, (int, float))
                assert close(found, expected, 1e-14)


@every_operation
def test_ints_give_what_the_same_floats_give(op, points):
    for point in points:
        if all(x == int(x) for x in point):
            whole = [int(x) for x in point]
            assert op.forward(*whole) == op.forward(*point)
            assert partials_at(op, whole) == partials_at(op, point)


@complex_operations
def test_complex_partials_equal_50_digit_differences_in_the_plane(op, points):
    for point in points:
        shifted = [complex(x, 0.125 * (k + 1)) for k, x in enumerate(point)]
        for k, partial in enumerate(partials_at(op, shifted)):
            assert close(partial, complex(by_differences(op, shifted, k, mpc)), 1e-13), (shifted, k)


@rational_operations
def test_fractions_stay_exact_in_rational_operations(op, points):
    for point in points:
        numbers = [Fraction(x) for x in point]
        result = op.forward(*numbers)
        partials = op.partials(result, *numbers)
        assert isinstance(result, Fraction)
        assert all(isinstance(partial, (int, Fraction)) for partial in partials)
        for k, partial in enumerate(partials):
            with mpmath.workdps(DIGITS):
                exact = mpf(partial.numerator) / partial.denominator
                assert close(exact, by_differences(op, point, k), mpf(10) ** (10 - DIGITS)), (point, k)


@every_operation
def test_partials_of_symbols_are_sympys_own_derivatives(op, points):
    symbols = sympy.symbols(f"x1:{len(points[-1]) + 1}", real=True)
    point = dict(zip(symbols, map(sympy.Rational, points[-1])))
    if op.name == "cross_entropy":  # an undecided symbol is not 0, so the point must not have a 0·ln 0
        point = dict(zip(symbols, map(sympy.Rational, (0.25, 0.75, 0.5, 0.125))))
    result = op.forward(*symbols)
    for symbol, partial in zip(symbols, op.partials(result, *symbols), strict=True):
        difference = sympy.diff(result, symbol) - partial
        assert abs(sympy.N(difference.subs(point), 30, chop=True)) < 1e-25, (symbol, difference)
        assert not sympy.sympify(partial).atoms(sympy.Float) or op.name == "constant_power"


@every_operation
def test_arrays_give_what_each_of_their_numbers_gives(op, points):
    for point in points:
        columns = [np.array([x, x]) for x in point]
        result = op.forward(*columns)
        assert np.allclose(result, op.forward(*point), rtol=1e-14, atol=1e-15)
        for found, expected in zip(op.partials(result, *columns), partials_at(op, point), strict=True):
            assert np.allclose(found, float(expected), rtol=1e-14, atol=1e-15)


def test_arrays_choose_the_side_of_a_kink_element_by_element():
    x = np.array([-1.0, 0.0, 2.0])
    assert TABLE["relu"].forward(x).tolist() == [0.0, 0.0, 2.0]
    assert np.asarray(partials_at(TABLE["relu"], (x,))[0]).tolist() == [0, 0, 1]
    assert np.asarray(partials_at(TABLE["absolute"], (x,))[0]).tolist() == [-1, 0, 1]
    a, y = np.array([0.25, 0.0, 1.0]), np.array([0.5, 0.0, 1.0])
    assert TABLE["cross_entropy"].forward(a, y)[1:].tolist() == [0.0, 0.0]


@every_operation
def test_on_values_the_partials_are_values_with_the_same_numbers(op, points):
    for point in points:
        leaves = [Value(x) for x in point]
        found = gradient(apply(op, *leaves), leaves, create_graph=True)
        assert all(isinstance(g, Value) for g in found)
        for g, expected in zip(found, partials_at(op, point), strict=True):
            assert g.data == expected


@every_operation
def test_derivatives_of_the_partials_equal_50_digit_differences_of_them(op, points):
    for point in points:
        with mpmath.workdps(DIGITS):
            leaves = [Value(mpf(x)) for x in point]
            first = gradient(apply(op, *leaves), leaves, create_graph=True)
            for j, g in enumerate(first):
                partial = Op("partial", "∂", lambda *x, op=op, j=j: partials_at(op, x)[j], None)
                for k, second in enumerate(gradient(g, leaves)):
                    assert close(second, by_differences(partial, point, k), mpf(10) ** (10 - DIGITS)), (point, j, k)


class sigma(sympy.Function):
    """σ, of which nothing is known but the name of its derivative."""

    def fdiff(self, argindex=1):
        return sigma_prime(self.args[0])


sigma_prime = sympy.Function("sigma_prime")


def sigma_partials(result, z):
    return (sigma_prime(z),)


def test_an_undefined_sigma_goes_through_the_engine_as_an_operation_of_its_own():
    undefined = Op("sigma", "σ", sigma, sigma_partials)
    x, w, b, v, c, y = sympy.symbols("x w b v c y")
    leaves = [Value(symbol) for symbol in (x, w, b, v, c, y)]
    z2 = apply(TABLE["weighted_sum"], leaves[1], leaves[0], leaves[2])
    z3 = apply(TABLE["weighted_sum"], leaves[3], apply(undefined, z2), leaves[4])
    cost = apply(TABLE["quadratic"], apply(undefined, z3), leaves[5])
    cost.backward()
    for leaf in leaves:
        assert sympy.simplify(leaf.grad - sympy.diff(cost.data, leaf.data)) == 0
    delta = (sigma(z3.data) - y) * sigma_prime(z3.data)
    assert leaves[4].grad == delta
    assert not cost.data.atoms(sympy.Float) and not leaves[1].grad.atoms(sympy.Float)


def test_an_op_cannot_be_changed():
    with pytest.raises(AttributeError):
        TABLE["add"].name = "plus"
    with pytest.raises((AttributeError, TypeError)):
        TABLE["add"].comment = "+"


@every_operation
def test_functions_of_the_table_have_names_that_a_stack_trace_can_show(op, points):
    for function in (op.forward, op.partials):
        name = getattr(function, "func", function).__name__  # of a power, beneath functools.partial
        assert name.isidentifier()
    assert getattr(op.partials, "func", op.partials).__name__.endswith("_partials")


def test_one_op_serves_every_power_with_the_same_exponent():
    assert power_by(3) is power_by(3)
    assert power_by(3) is not power_by(3.0)  # an int keeps a Fraction exact, a float does not
    assert power_by(3).symbol == "**3"


large, exponents = st.floats(1e160, 1e308), st.floats(2.01, 40).filter(lambda y: y % 1)


@given(large, exponents, st.integers(3, 40))
def test_a_power_that_is_too_large_is_a_range_error_and_one_that_is_not_real_a_domain_error(x, y, n):
    for raised in (TABLE["power"].forward, lambda base, exponent: power_by(exponent).forward(base)):
        with pytest.raises(ValueError, match="a negative number has no real power with a fractional exponent"):
            raised(-x, y)
        for base, exponent in ((x, y), (x, n), (-x, n), (x, float(n)), (-x, float(n)), (1 / x, -y), (1 / x, -n)):
            with pytest.raises(OverflowError):
                raised(base, exponent)
        for base, exponent in ((complex(-x, 0), y), (-x, complex(y, 0)), (complex(x, 0), complex(y, 0))):
            with pytest.raises(OverflowError):  # of complex numbers every power is one of them
                raised(base, exponent)


def test_sums_add_from_left_to_right():
    assert TABLE["total"].forward(1e16, 1.0, -1e16) == (1e16 + 1.0) - 1e16 == 0.0
    assert TABLE["weighted_sum"].forward(1e16, 1.0, -1e16, 1.0, 1.0, 1.0, 0.5) == 0.5


def test_0_ln_0_is_0_in_the_cross_entropy():
    op = TABLE["cross_entropy"]
    assert op.forward(0.0, 0.0) == op.forward(1.0, 1.0) == 0
    assert partials_at(op, (0.0, 0.0)) == (1, math.inf)
    assert partials_at(op, (1.0, 1.0)) == (-1, -math.inf)
    assert op.forward(-0.5, 0.0) == -math.log(1.5)  # no logarithm of a where y is 0
    with pytest.raises(ValueError, match="domain"):
        op.forward(0.0, 0.5)


def test_the_mixed_second_derivative_of_the_cross_entropy_holds_at_targets_0_and_1():
    for target in (0.0, 1.0):
        a, y = Value(0.25), Value(target)
        (slope,) = gradient(apply(TABLE["cross_entropy"], a, y), [a], create_graph=True)
        assert close(gradient(slope, [y])[0], -1 / 0.25 - 1 / 0.75, 1e-14)


@pytest.mark.parametrize("z", [-800.0, -40.0, 40.0, 800.0])
@pytest.mark.parametrize("y", [0.0, 0.25, 1.0])
def test_the_cross_entropy_from_logits_is_finite_and_its_delta_is_a_minus_y(z, y):
    op = TABLE["cross_entropy_from_logits"]
    assert math.isfinite(op.forward(z, y))
    assert partials_at(op, (z, y))[0] == functions.sigmoid(z) - y
