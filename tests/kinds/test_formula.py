"""FormulaText: the text of a formula, read by the usual precedence, is the arithmetic that was done."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import equations
from micrograd_paper.functions import sigmoid, softplus, where
from micrograd_paper.kinds.formula import SLASHED, FormulaText, call
from micrograd_paper.operations import TABLE
from tests.strategies import DOMAINS, N_ARY, small_floats

FROM_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SCOPE = {"exp": math.exp, "ln": math.log, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "tanh": math.tanh,
         "abs": abs, "sigmoid": sigmoid, "softplus": softplus, "relu": lambda x: max(x, 0.0)}


def read_back(text, **names):
    """The value of a text with ASCII names, by Python's own precedence."""
    text = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: f"**({power[0].translate(FROM_SUPERSCRIPTS)})", text)
    for sign, operator in (("·", "*"), ("−", "-"), ("^", "**"), ("√", "sqrt"), ("σ", "sigmoid")):
        text = text.replace(sign, operator)
    return eval(text, {**SCOPE, **names})


FUNCTIONS = ("exp", "sin", "cos", "tanh", "sigmoid", "softplus", "relu")
NAMES = ("p", "q", "r")


def combined(children):
    return st.one_of(
        st.tuples(st.sampled_from("+-*/"), children, children),
        st.tuples(st.sampled_from(["negative", "square", "absolute", "cube", *FUNCTIONS]), children),
    )


trees = st.recursive(st.one_of(st.sampled_from(NAMES), small_floats, st.integers(-5, 5)), combined, max_leaves=12)


def evaluate(tree, names, leaf):
    """The expression on names' numbers, and on leaf(number) of the numbers in it."""
    if isinstance(tree, str):
        return names[tree]
    if isinstance(tree, float | int):
        return leaf(tree)
    operation, *operands = [evaluate(part, names, leaf) if i else part for i, part in enumerate(tree)]
    x = operands[0]
    if operation in "+-*/":
        y = operands[1]
        return {"+": lambda: x + y, "-": lambda: x - y, "*": lambda: x * y, "/": lambda: x / y}[operation]()
    if operation in FUNCTIONS:
        return getattr(x, operation)() if isinstance(x, FormulaText) else SCOPE[operation](x)
    return {
        "negative": lambda: -x, "square": lambda: x * x, "absolute": lambda: abs(x), "cube": lambda: x**3,
    }[operation]()


@given(trees, st.tuples(small_floats, small_floats, small_floats), st.booleans())
def test_text_and_value_of_any_expression_are_what_direct_evaluation_gives(tree, numbers, named):
    try:
        expected = evaluate(tree, dict(zip(NAMES, numbers)), lambda x: x)
    except (ZeroDivisionError, OverflowError):
        return
    leaves = {name: FormulaText(x, name if named else None, digits=17) for name, x in zip(NAMES, numbers)}
    found = evaluate(tree, leaves, lambda x: FormulaText(x, digits=17))
    assert found.value == expected or math.isnan(expected)
    assert read_back(found.text, **dict(zip(NAMES, numbers))) == pytest.approx(expected, rel=1e-13, nan_ok=True)
    assert "+ −" not in found.text and "·−" not in found.text and "−−" not in found.text


w, x, y, z = FormulaText(0.4, "w³₁₁"), FormulaText(-0.1, "x"), FormulaText(2.0, "y"), FormulaText(-0.1)


@pytest.mark.parametrize("written, text", [
    (w * x + y * 1, "w³₁₁·x + y·1"),
    (w * (x + y), "w³₁₁·(x + y)"),
    (w - (x - y), "w³₁₁ − (x − y)"),
    (w - x - y, "w³₁₁ − x − y"),
    (w / (x * y), "w³₁₁/(x·y)"),
    (w / x * y, "w³₁₁/x·y"),
    (-(x + y), "−(x + y)"),
    (-x * y, "−x·y"),
    (w + -(x * y), "w³₁₁ + (−x·y)"),
    (FormulaText(0.4) * z * FormulaText(0.2) - z, "0.4·(−0.1)·0.2 − (−0.1)"),
    (z + z, "−0.1 + (−0.1)"),
    (z * w, "(−0.1)·w³₁₁"),
    (-z / y, "−(−0.1)/y"),
    (w * w, "(w³₁₁)²"),
    (x * x, "x²"),
    ((x - y) * (x - y), "(x − y)²"),
    (x.sigmoid() * x.sigmoid(), "σ(x)²"),
    (FormulaText(0.5) * FormulaText(0.5), "0.5·0.5"),
    (z * z, "(−0.1)²"),
    (x.exp() * z.exp(), "exp(x)·exp(−0.1)"),
    ((FormulaText(0.12341) + 1) * (FormulaText(0.12342) + 1), "(0.1234 + 1)·(0.1234 + 1)"),
    (x**3, "x³"),
    (x**-2, "x⁻²"),
    (y**0.5, "y^0.5"),
    (2**y, "2^y"),
    (1 - (1 / y), "1 − 1/y"),
    (+x, "x"),
    (FormulaText(1.5e-7) * y, "1.5e−7·y"),
    (y * FormulaText(-1.5e-7), "y·(−1.5e−7)"),
    (y - y * FormulaText(1.0, "∂C/∂w", SLASHED), "y − y·(∂C/∂w)"),
    (y + FormulaText(1.0, "∂C/∂w", SLASHED), "y + ∂C/∂w"),
    (-FormulaText(1.0, "∂C/∂w", SLASHED), "−(∂C/∂w)"),
    (call("σ′", lambda x: 1.0, w * x), "σ′(w³₁₁·x)"),
])
def test_brackets_stand_where_they_must_and_nowhere_else(written, text):
    assert str(written) == text


def test_one_run_of_an_equation_gives_text_and_number():
    column = [FormulaText(0.4, "w³₁₁"), FormulaText(0.3, "w³₂₁")]
    deltas = [FormulaText(0.1, "δ³₁"), FormulaText(-0.2, "δ³₂")]
    delta = equations.hidden_error(column, deltas, FormulaText(0.8, "z²₁"), lambda z: call("σ′", lambda x: 0.5, z))
    assert delta.text == "w³₁₁·δ³₁·σ′(z²₁) + w³₂₁·δ³₂·σ′(z²₁)"
    assert float(delta) == 0.4 * 0.1 * 0.5 + 0.3 * -0.2 * 0.5
    assert repr(delta) == "w³₁₁·δ³₁·σ′(z²₁) + w³₂₁·δ³₂·σ′(z²₁) = −0.01"


@pytest.mark.parametrize("name", TABLE)
def test_every_operation_of_the_table_and_its_partials_write_what_they_compute(name):
    op = TABLE[name]
    points = [0.6, 0.7, 0.3, 0.9, 0.45][: len(DOMAINS[name](2 if name in N_ARY else 1))]
    names = {f"p{chr(97 + i)}": value for i, value in enumerate(points)}
    leaves = [FormulaText(value, text) for text, value in names.items()]
    result = op.forward(*leaves)
    assert result.value == op.forward(*points)
    assert read_back(result.text, **names) == pytest.approx(result.value, rel=1e-14)
    for partial, expected in zip(op.partials(result, *leaves), op.partials(result.value, *points), strict=True):
        assert read_back(str(partial).replace("-", "−"), **names) == pytest.approx(expected, rel=1e-14)


def test_a_comparison_looks_at_the_value_so_the_text_is_the_branch_taken():
    p, q = FormulaText(2.0, "p"), FormulaText(-1.0, "q")
    assert TABLE["relu"].forward(p).text == "p" and TABLE["relu"].forward(q) == 0
    assert p > q and q < p and p >= 2 and q <= -1
    assert str(where(p > 0, p + q, q)) == "p + q"
    assert FormulaText(0.0).equals_zero() is True and p.equals_zero() is False
    assert p.relu().value == 2 and q.relu().value == 0 and q.relu().text == "relu(q)"


def test_an_infinity_stands_where_python_raises():
    zero = FormulaText(0.0, "p")
    assert zero.ieee_divide(1).value == math.inf and zero.ieee_divide(1).text == "1/p"
    assert zero.ieee_log().value == -math.inf and zero.ieee_power(-1).value == math.inf
