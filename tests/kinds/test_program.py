"""ProgramText text is the operation itself: what it evaluates to has the bits that the engine computes."""

import math
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from micrograd_paper import functions
from micrograd_paper.functions import where
from micrograd_paper.kinds.program import JAVASCRIPT, PYTHON, ProgramText, literal, written_op
from micrograd_paper.operations import TABLE, Op, power_by
from tests.strategies import N_ARY

SCOPE = {name: getattr(functions, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "ieee_divide",
                                                     "ieee_power", "ieee_log")}
SCOPE |= {"log1p": math.log1p, "nan": math.nan, "inf": math.inf, "abs": abs}
any_floats = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 1e308, -1e308, 5e-324]))
exponents = st.sampled_from([0, 1, 2, 3, -1, -2, 2.0, 0.5, -0.5, -1.5])


@st.composite
def operations_and_numbers(draw):
    """An operation of the table or a constant power, and operands, mostly outside its domain."""
    name = draw(st.sampled_from([*TABLE, "constant_power"]))
    op = power_by(draw(exponents)) if name == "constant_power" else TABLE[name]
    n = draw(st.integers(1, 3))
    count = {"total": n, "weighted_sum": 2 * n + 1}.get(name, 2 * n)
    if name not in N_ARY:
        count = 2 if name in ("add", "subtract", "multiply", "divide", "power") else 1
    return op, tuple(draw(st.lists(any_floats, min_size=count, max_size=count)))


def bits(number):
    number = float(number)
    return "nan" if number != number else struct.pack("<d", number)


def outcome(run):
    """The bits of what run() returns, or the kind of error that it raises."""
    try:
        result = run()
    except (ArithmeticError, ValueError) as error:
        return type(error)
    return "not real" if isinstance(result, complex) else bits(result)


def expected(run):
    result = outcome(run)
    return "not real" if result is ValueError else result


@given(operations_and_numbers())
def test_an_operation_written_in_python_gives_the_same_bits_or_the_same_error_at_any_floats(case):
    op, numbers = case
    written = written_op(op, len(numbers), PYTHON)
    scope = {**SCOPE, **dict(zip(written.parameters, numbers))}
    assert expected(lambda: eval(written.forward, scope)) == expected(lambda: op.forward(*numbers))
    try:
        result = op.forward(*numbers)
    except (ArithmeticError, ValueError):
        return
    for i, text in enumerate(written.partials):
        assert expected(lambda text=text: eval(text, {**scope, "result": result})) == expected(
            lambda i=i: op.partials(result, *numbers)[i]
        ), text


FORMULAS = st.recursive(
    st.one_of(st.sampled_from("xyz"), st.integers(-3, 3), st.sampled_from([0.5, -1.25, 1e-7])),
    lambda parts: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "<", "where"]), parts, parts),
        st.tuples(st.just("neg"), parts), st.tuples(st.just("**"), parts, st.integers(-2, 3)),
    ),
    max_leaves=12,
)


def run(formula, numbers):
    """The formula over any kind of number; a condition is one of the two numbers it compares."""
    if isinstance(formula, str):
        return numbers[formula]
    if not isinstance(formula, tuple):
        return numbers["constant"](formula)
    sign, *parts = formula
    if sign == "**":
        return run(parts[0], numbers) ** parts[1]
    a, *rest = [run(part, numbers) for part in parts]
    if sign == "neg":
        return -a
    (b,) = rest
    if sign in ("<", "where"):
        return where(a < b, a, b) if sign == "<" else where(b <= a, b, a)
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[sign]()


@given(FORMULAS, st.tuples(*[st.floats(-3, 3, allow_subnormal=False)] * 3))
@example(("neg", ("*", 0, "x")), (0.0, 0.0, 0.0))
def test_every_bracket_that_a_formula_needs_is_written(formula, floats):
    numbers = {**dict(zip("xyz", floats)), "constant": lambda number: number}
    texts = {**{name: ProgramText(name, PYTHON) for name in "xyz"}, "constant": lambda number: literal(number, PYTHON)}
    text = run(formula, texts).text
    assert outcome(lambda: eval(text, numbers)) == outcome(lambda: run(formula, numbers)), text


def test_brackets_that_are_not_needed_are_left_out():
    x, y = ProgramText("x", PYTHON), ProgramText("y", PYTHON)
    assert (x * y + 1 - x).text == "x*y + 1 - x"
    assert (x - (y - 1)).text == "x - (y - 1)"
    assert (-x * y).text == "(-x)*y"
    assert ((x + y) ** 2 / -3).text == "(x + y)**2/(-3)"


def test_python_and_javascript_differ_where_the_languages_do():
    for language, condition, division, power in (
        (PYTHON, "1 if x == 0 else x", "x/y", "x**y"), (JAVASCRIPT, "x === 0 ? 1 : x", "divide(x, y)", "power(x, y)"),
    ):
        x, y = ProgramText("x", language), ProgramText("y", language)
        assert where(functions.is_zero(x), 1, x).text == condition
        assert (x / y).text == division
        assert (x**y).text == power
    assert (ProgramText("x", JAVASCRIPT) / 2).text == "x/2"  # a divisor that cannot be 0
    assert (ProgramText("x", JAVASCRIPT) / 0).text == "divide(x, 0)"


@pytest.mark.parametrize("number, python, javascript", [
    (3, "3", "3"), (-3, "-3", "-3"), (0.1, "0.1", "0.1"), (-0.0, "-0.0", "-0.0"), (1e300, "1e+300", "1e+300"),
    (math.inf, "inf", "Infinity"), (-math.inf, "-inf", "-Infinity"), (math.nan, "nan", "NaN"),
])
def test_numbers_are_written_with_all_their_digits(number, python, javascript):
    assert literal(number, PYTHON).text == python
    assert literal(number, JAVASCRIPT).text == javascript


def test_an_operation_that_is_made_for_floats_alone_says_so():
    erf = Op("erf", "erf", math.erf, lambda result, x: (2 / math.sqrt(math.pi) * math.exp(-x * x),))
    with pytest.raises(TypeError):
        written_op(erf, 1, PYTHON)
    with pytest.raises(ValueError, match="half has 1 partials for 2 operands"):
        written_op(Op("half", "½", lambda x, y: x / 2, lambda result, x, y: (0.5,)), 2, PYTHON)
