"""gradcheck: right graphs are never accused, every wrong partial is named with its operation and node."""

import math
import random
import sys
from fractions import Fraction

import numpy
import pytest
import sympy
from hypothesis import example, given
from hypothesis import strategies as st

from micrograd_paper import MLP, Op, Value, apply, cross_entropy, gradcheck, quadratic, record_origins
from micrograd_paper.comparing.slopes import slope_at_0
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import MicrogradPaperError, NotAValue, UsageError
from micrograd_paper.operations import TABLE, power_by
from tests.strategies import expressions, networks

pytestmark = pytest.mark.usefixtures("nameless")
DOMAINS = {"log": (0.1, 3.0), "sqrt": (0.1, 3.0), "power": (0.2, 2.0), "divide": (0.3, 2.0), "ieee_divide": (0.3, 2.0),
           "ieee_power": (0.2, 2.0), "ieee_log": (0.1, 3.0), "cross_entropy": (0.05, 0.95)}
COUNTS = {"total": (1, 3, 7), "weighted_sum": (3, 5, 13), "quadratic": (2, 6, 12), "cross_entropy": (2, 6, 12),
          "cross_entropy_from_logits": (2, 6, 12)}
ROWS = [*TABLE.values(), power_by(3.0), power_by(-0.5)]
BROKEN = {
    "the sign": lambda p: -p, "a thousandth": lambda p: p * 1.001, "twice": lambda p: 2 * p, "0": lambda p: 0 * p,
    "a constant": lambda p: p + 1e-3,
}


def number_of_operands(op):
    for n in (1, 2):
        try:
            if len(op.partials(op.forward(*[0.5] * n), *[0.5] * n)) == n:
                return n
        except TypeError:
            pass
    raise AssertionError(op.name)


def made(op, rng, n):
    """A node of this operation at random numbers of its domain."""
    low, high = DOMAINS.get(op.name, (0.2, 2.0) if op.name.endswith("power") else (-2.0, 2.0))
    return apply(op, *[Value(rng.uniform(low, high), f"x{k}") for k in range(1, n + 1)])


@pytest.mark.parametrize("op", ROWS, ids=lambda op: op.name)
@pytest.mark.parametrize("seed", range(8))
def test_every_operation_passes_and_is_named_where_one_of_its_partials_is_broken(op, seed):
    rng = random.Random(f"{op.name} {seed}")
    for n in COUNTS.get(op.name) or (number_of_operands(op),):
        node = made(op, rng, n)
        right = gradcheck(node * 1.5 + 0.25)
        assert right and not right.unknown and not right.kinks, right
        k = rng.randrange(n)
        for broken in BROKEN.values():
            if abs(broken(node.partials[k]) - node.partials[k]) < 1e-6:
                continue  # of a partial that is 0
            wrong = op._replace(partials=lambda result, *x, f=broken, k=k: tuple(
                f(p) if i == k else p for i, p in enumerate(op.partials(result, *x))))
            again = apply(wrong, *node.operands)
            found = gradcheck(again * 1.5 + 0.25)
            assert not found and found.wrong[0].node is again
            assert f"of {op.name} is" in found.verdict and f"∂n1/∂x{k + 1}" in found.verdict


@given(expressions())
def test_no_right_graph_is_accused(expression):
    root = expression.value([Value(x) for x in expression.leaves])
    assert gradcheck(root), gradcheck(root)


@given(networks(), st.sampled_from([quadratic, cross_entropy]))
def test_no_network_is_accused(drawn, cost):
    net, x, _ = drawn
    outputs = net.forward(x).output
    if cost is cross_entropy and any(not 1e-9 < a.data < 1 - 1e-9 for a in outputs):
        return
    C = cost(outputs, [0.5] * net.shape[-1])
    before = [(node.data, node.grad, node.label) for node in topological_order(C)]
    check = gradcheck(C)
    assert check, check
    assert [(node.data, node.grad, node.label) for node in topological_order(C)] == before


sizes = st.floats(-323, 308).map(lambda exponent: 10.0**exponent)
unary = st.sampled_from([TABLE[name] for name in ("exp", "log", "sqrt", "sin", "tanh", "sigmoid", "softplus")])
binary = st.sampled_from([TABLE[name] for name in ("add", "subtract", "multiply", "divide")])


@given(sizes, sizes, unary, binary, st.booleans())
@example(1e-300, 2.0, TABLE["exp"], TABLE["multiply"], False)
@example(1.0, 1e-300, TABLE["exp"], TABLE["divide"], False)
@example(1e-300, 1e300, TABLE["exp"], TABLE["multiply"], True)
@example(1e305, 1.0, TABLE["sin"], TABLE["multiply"], True)
@example(1e-308, 1.0, TABLE["log"], TABLE["multiply"], True)
@example(1e-219, 1.0, TABLE["softplus"], TABLE["multiply"], True)
@example(1e-214, 1e-105, TABLE["exp"], TABLE["divide"], False)
def test_tiny_and_huge_numbers_raise_nothing_and_accuse_nobody(a, b, last, first, is_last):
    try:
        root = apply(first, Value(a), Value(b))
        root = apply(last, root) if is_last else root
    except MicrogradPaperError:  # there is no such graph
        return
    check = gradcheck(root)
    assert check and str(check)


@pytest.mark.parametrize(("make", "said"), [
    (lambda: Value(1.0) / Value(1e-300), "of divide: not of finite numbers"),
    (lambda: Value(1e-200) * 1e200 * 1e200, "∂n3/∂n1 of multiply: of numbers too small to measure a slope; and 1 more"),
    (lambda: Value(Fraction(10) ** 400) * Fraction(1, 10**399) * 1.5, "not of finite numbers"),
    (lambda: Value(1e-300) * 2.0, "of multiply: of numbers too small to measure a slope"),
    (lambda: Value(1e305).sin(), "of sin: its differences in floats are too coarse to measure a slope"),
])
def test_what_floats_cannot_tell_is_told(make, said):
    check = gradcheck(make())
    assert check.ok and said in check.verdict


def test_a_wrong_partial_beside_tiny_and_huge_numbers_is_still_found():
    for number in (1e-100, 1e-60, 1e60, 1e100):
        wrong = TABLE["multiply"]._replace(partials=lambda result, x, y: (y, 1.001 * x))
        assert not gradcheck(apply(wrong, Value(number), Value(2.0)))


def test_a_kink_is_told_and_not_accused_unless_the_partial_is_on_neither_side():
    x = Value(0.0, "x")
    check = gradcheck(x.relu() + abs(x))
    assert check and len(check.kinks) == 2
    assert "at a kink or a rim, where a slope is a choice: ∂n1/∂x of relu is 0 by its partials, 0 to the left" in (
        check.verdict)
    steep = TABLE["relu"]._replace(partials=lambda result, x: (5.0,))
    assert not gradcheck(apply(steep, x))
    assert gradcheck(apply(TABLE["relu"]._replace(partials=lambda result, x: (0.5,)), x))
    near = gradcheck(Value(1e-7, "x").relu())
    assert near and not near.kinks


def test_a_rim_of_the_domain_is_told_and_not_accused():
    rim = Op("root", "√", lambda x: math.sqrt(x) if x >= 0 else math.log(-1.0), lambda result, x: (1.0,))
    check = gradcheck(apply(rim, Value(0.0, "x")))
    assert check and len(check.kinks) == 1 and "none to the left" in check.verdict


def leaky(x):
    return x if x > 0 else 0.01 * x


def gelu(x):
    return 0.5 * x * (1 + math.erf(x / math.sqrt(2)))


def gelu_partials(result, x):
    return (0.5 * (1 + math.erf(x / math.sqrt(2))) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi),)


def test_operations_of_ones_own_for_floats_alone_are_checked_as_well():
    for x in (-1.7, -1e-3, 0.4, 30.0):
        assert gradcheck(apply(Op("gelu", "g", gelu, gelu_partials), Value(x, "x")))
        assert not gradcheck(apply(Op("gelu", "g", gelu, lambda r, x: (0.5 * (1 + math.erf(x)),)), Value(x / 40, "x")))
    assert gradcheck(apply(Op("leaky", "l", leaky, lambda r, x: (1.0 if x > 0 else 0.01,)), Value(-2.0, "x")))
    assert not gradcheck(apply(Op("leaky", "l", leaky, lambda r, x: (float(x > 0),)), Value(-2.0, "x")))


def test_a_function_that_takes_complex_numbers_and_is_not_made_for_them_is_not_believed():
    size = Op("size", "|", lambda x: (x * x.conjugate()).real ** 0.5 * complex(1) if type(x) is complex else abs(x),
              lambda result, x: (math.copysign(1.0, x),))
    assert gradcheck(apply(size, Value(-2.0, "x")))


def test_the_line_that_made_the_node_is_told(tmp_path):
    with record_origins():
        node = apply(Op("cube", "³", lambda x: x**3, lambda result, x: (3 * x,)), Value(2.0, "x"))
    assert f"({node.origin})" in gradcheck(node * 2).verdict and "test_gradcheck.py:" in gradcheck(node * 2).verdict


def test_of_what_is_no_real_number_and_of_a_stale_node_nothing_is_said():
    x = Value(2.0, "x")
    for root in (Value(1j) * 2, Value(sympy.Symbol("s")) * 2, Value(numpy.array([1.0, 2.0])) * 2, Value(math.inf) * 2):
        check = gradcheck(root)
        assert check.ok and len(check.unknown) == 1 and "nothing is said of 1" in check.verdict
        assert check.verdict.startswith("there are no partial derivatives to compare")
    C = x * x
    x.data = 3.0
    assert "recompute(root) brings it up to date" in gradcheck(C).verdict


def test_what_is_no_graph_is_refused():
    with pytest.raises(NotAValue):
        gradcheck([1.0])
    with pytest.raises(UsageError, match="number of directions must be a positive integer"):
        gradcheck(Value(1.0), directions=0)


def test_without_mpmath_the_differences_of_floats_decide(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpmath", None)
    x = Value(0.3, "x")
    assert gradcheck(abs(x) + x.relu() * 2)
    assert not gradcheck(apply(TABLE["absolute"]._replace(partials=lambda result, x: (1.001,)), x))


@pytest.mark.parametrize(("f", "scale", "left", "right"), [
    (lambda t: t * t * t + 2 * t, 1.0, 2.0, 2.0), (abs, 1.0, -1.0, 1.0), (lambda t: max(t, 3 * t), 10.0, 1.0, 3.0),
    (lambda t: math.sqrt(1.0 + t), 1.0, 0.5, 0.5), (lambda t: 1e-30 * t, 1.0, 1e-30, 1e-30),
    (lambda t: math.exp(50.0 + t), 50.0, math.exp(50.0), math.exp(50.0)),
])
def test_slopes(f, scale, left, right):
    found = slope_at_0(f, scale)
    assert (found.left, found.right) == (pytest.approx(left, rel=1e-8), pytest.approx(right, rel=1e-8))
    assert abs(found.left - left) <= found.error + 1e-14 * abs(left)


def test_a_large_operation_names_the_operand_whose_partial_is_wrong():
    net = MLP(40, [1], seed=1)
    z = net.forward([0.1 * k for k in range(40)]).z[2][0]
    op = z.op._replace(partials=lambda result, *x: tuple(
        p + 0.01 * (i == 57) for i, p in enumerate(z.op.partials(result, *x))))
    node = apply(op, *z.operands)
    check = gradcheck(node)
    assert [each.name for each in check.wrong] == [f"∂n1/∂{node.operands[57].label}"]


def test_where_kinks_meet_no_slope_of_the_whole_is_judged():
    x = Value(0.0, "x")
    check = gradcheck(x.relu() - (-x).relu() + Value(2.0) * x)
    assert check and len(check.kinks) == 2 and not check.directions
    assert "∇C·v" not in check.verdict
