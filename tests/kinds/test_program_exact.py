"""Python's text of fractions, complex numbers and conditions: exact, or refused."""

import decimal
import math
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.functions import where
from micrograd_paper.kinds.program import JAVASCRIPT, PYTHON, ProgramText, literal

SCOPE = {"Fraction": Fraction, "nan": math.nan, "inf": math.inf}


@given(st.one_of(st.integers(), st.booleans(), st.fractions(), st.complex_numbers(), st.floats()))
def test_a_literal_gives_the_number_again(number):
    again = eval(literal(number, PYTHON).text, SCOPE)
    assert type(again) is type(number) and repr(again) == repr(number)


@given(st.one_of(st.fractions(), st.complex_numbers(), st.integers()))
def test_a_literal_needs_no_other_brackets_than_it_gets(number):
    text = (1 / ProgramText("x", PYTHON) ** literal(number, PYTHON)).text
    assert repr(eval(text, {**SCOPE, "x": 1})) == repr(1 / 1**number)


def test_ints_of_any_length_can_be_read_again():
    number = -(10**5000)
    assert eval(literal(number, PYTHON).text) == number


@pytest.mark.parametrize("number", [mpmath.mpf(1), decimal.Decimal(1), "1", None, [1.0]])
def test_what_python_has_no_literal_for_is_refused(number):
    with pytest.raises(TypeError, match=f"no literal of Python gives a {type(number).__name__}"):
        literal(number, PYTHON)


@pytest.mark.parametrize("language, equal, unequal", [(PYTHON, "x == 1", "x != 1"), (JAVASCRIPT, "x === 1", "x !== 1")])
def test_equality_is_a_condition_like_the_others(language, equal, unequal):
    x = ProgramText("x", language)
    assert ((x == 1).text, (x != 1).text) == (equal, unequal)
    assert where(x == 1, 2, x).text == language.conditional.format("2", equal, "x")


def test_a_condition_is_no_plain_yes_or_no():
    x = ProgramText("x", PYTHON)
    for ask in (lambda: 1 if x > 0 else 2, lambda: max(x, 0), lambda: x in [1.0], lambda: not x):
        with pytest.raises(TypeError, match=r"whether .* holds is not known; functions\.where"):
            ask()
