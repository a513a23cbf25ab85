"""The engine: operators, kinds of number, what it says to bad input, who may watch it, and what it shows."""

import asyncio
import math
import os
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from mpmath import mpf

from micrograd_paper import observing
from micrograd_paper.costs import total
from micrograd_paper.engine import Value, apply, topological_order
from micrograd_paper.errors import DivisionByZero, DomainError, MicrogradPaperError, NotANumber, RangeError, ShapeError
from micrograd_paper.graph import gradient
from micrograd_paper.nn import weighted_sum
from micrograd_paper.operations import TABLE, Op
from micrograd_paper.stepping.steps import backward_steps
from tests.graphs import chain, values
from tests.strategies import small_floats

DIGITS = 50


def close(found, expected, tolerance):
    return abs(found - expected) <= tolerance * (1 + abs(expected))


# Operators.

@given(small_floats, small_floats.filter(lambda x: abs(x) > 0.01))
def test_operators_take_values_and_plain_numbers_on_either_side(x, y):
    a, b = Value(x), Value(y)
    for found in (a + b, a + y, x + b):
        assert found.data == x + y
    for found in (a - b, a - y, x - b):
        assert found.data == x - y
    for found in (a * b, a * y, x * b):
        assert found.data == x * y
    for found in (a / b, a / y, x / b):
        assert found.data == x / y
    assert (-a).data == -x and abs(a).data == abs(x) and +a is a
    assert (abs(a) + 1) ** 2.5 > 0


def test_sum_adds_no_stray_node():
    terms = values((1.0, 2.0, 3.0))
    root = sum(terms)
    assert [node.data for node in topological_order(root)] == [1.0, 2.0, 3.0, 3.0, 6.0]
    assert sum(terms[:1]) is terms[0]
    assert (0.0 + terms[0]) is not terms[0]  # −0.0 + 0.0 is another number


def test_a_power_with_a_plain_exponent_takes_no_logarithm():
    x = Value(-4.0, "x")
    square = x**2
    square.backward()
    assert (square.data, x.grad, square.operands) == (16.0, -8.0, (x,))
    assert (Value(-2.0) ** 3).partials == (12.0,)
    assert (Value(-2.0) ** -1).partials == (-0.25,)
    assert (Value(0.0) ** 0).partials == (0,)
    assert (Value(0.0) ** 1).partials == (1.0,)
    assert (Value(0.0) ** 2).partials == (0.0,)


def test_a_power_of_two_values_has_both_derivatives():
    x, y = values((2.0, 3.0))
    (x**y).backward()
    assert (x.grad, y.grad) == (12.0, pytest.approx(8 * math.log(2)))
    y = Value(3.0)
    (2**y).backward()
    assert y.grad == pytest.approx(8 * math.log(2))
    assert (Value(0.0) ** Value(2.0)).partials == (0.0, 0.0)
    assert (Value(0.0) ** Value(0.0)).partials == (0.0, 0.0)


def test_a_negative_base_has_no_derivative_by_its_exponent():
    for number in (-2.0, -2, Fraction(-2)):
        by_base, by_exponent = (Value(number) ** Value(2)).partials
        assert by_base == -4
        assert math.isnan(by_exponent)
    x = Value(-4.0)
    (slope,) = gradient(x ** Value(2.0), [x], create_graph=True)
    assert slope.data == -8.0
    assert gradient(slope, [x]) == [2.0]


def test_partials_that_are_infinite_where_the_value_is_fine_are_stored():
    assert (Value(0.0) ** 0.5).partials == (math.inf,)
    assert (Value(0.0) ** Value(0.5)).partials[0] == math.inf
    assert Value(0.0).sqrt().partials == (math.inf,)
    assert Value(0j).sqrt().partials == (math.inf,)
    for root in (lambda x: x**0.5, lambda x: x ** Value(0.5), lambda x: x.sqrt()):
        x = Value(0.0)
        assert gradient(root(x), [x], create_graph=True)[0].data == math.inf


def test_a_gradient_by_a_saturated_output_of_the_cross_entropy_can_be_made_a_graph():
    a = Value(0.0)
    (slope,) = gradient(apply(TABLE["cross_entropy"], a, 0.0), [a], create_graph=True)
    assert slope.data == 1
    assert gradient(slope, [a]) == [1]


def test_kinks_have_the_derivative_0():
    assert Value(0.0).relu().partials == (0,)
    assert abs(Value(0.0)).partials == (0,)
    assert Value(-1.0).relu().partials == (0,) and Value(2.0).relu().partials == (1,)


@given(small_floats, small_floats)
def test_comparisons_are_those_of_the_data_with_values_and_plain_numbers_on_either_side(x, y):
    for left, right in ((x, y), (x, x)):
        for a, b in ((Value(left), Value(right)), (Value(left), right), (left, Value(right))):
            assert (a < b, a <= b, a > b, a >= b) == (left < right, left <= right, left > right, left >= right)


def test_comparisons_look_at_the_data():
    a, b = values((2.0, 3.0))
    assert a < b and a <= b and b > a and b >= a and a < 3 and a > 1 and not a > b
    assert sorted([b, a]) == [a, b] and max(a, b) is b


def test_equality_and_hash_are_identity():
    a, twin = values((2.0, 2.0))
    assert a == a and a != twin and a != 2.0
    assert len({a, twin}) == 2


def test_float_of_a_value_is_the_bare_number():
    assert float(Value(2)) == 2.0 and type(float(Value(2))) is float
    assert math.exp(Value(1.0)) == math.exp(1.0)


def test_total_and_weighted_sum_are_one_node():
    a, b, c = values((2.0, 3.0, 5.0))
    assert total([a, b, 1.0]).data == 6.0
    assert total(iter([a])).operands == (a,)
    z = weighted_sum([a, b], [1.0, -1.0], c)
    z.backward()
    assert z.data == 4.0 and len(topological_order(z)) == 6
    assert (a.grad, b.grad, c.grad) == (1.0, -1.0, 1)


def test_total_of_nothing_and_weighted_sums_of_unequal_or_no_lengths_are_errors():
    with pytest.raises(ShapeError, match="got none"):
        total([])
    with pytest.raises(ShapeError, match="got 2, 1"):
        weighted_sum([1.0, 2.0], [1.0], 0.0)
    with pytest.raises(ShapeError, match="got 0, 0"):
        weighted_sum([], [], Value(3.0))


# Bad input.

class SomeClass:
    pass


@pytest.mark.parametrize(("given_", "named"), [
    ("2.0", "'2.0' of type str"), (None, "None of type NoneType"), ([1.0], "[1.0] of type list"),
    ((1.0,), "(1.0,) of type tuple"), ({}, "{} of type dict"), (Value(2.0), "2 · grad 0 of type Value"),
    (float, "<class 'float'> of type type"), (np.str_("2"), "'2' of type str"), (b"2", "b'2' of type bytes"),
    (np.array(Value(2.0), dtype=object), "of type Value"), (SomeClass, "of type type"), (print, "print"),
    (Counter("a"), "Counter({'a': 1}) of type Counter"),
])
def test_something_that_is_not_a_number_is_named(given_, named):
    with pytest.raises(NotANumber, match=re.escape(named)) as raised:
        Value(given_)
    assert isinstance(raised.value, TypeError)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("operation", [
    lambda x, other: x + other, lambda x, other: other + x, lambda x, other: x * other, lambda x, other: x / other,
    lambda x, other: x - other, lambda x, other: x**other, lambda x, other: other**x,
    lambda x, other: total([x, other]), lambda x, other: weighted_sum([x], [other], 0.0),
], ids=["+", "reflected +", "×", "÷", "−", "**", "reflected **", "total", "weighted_sum"])
@pytest.mark.parametrize("other", [None, "2", [1.0], {}])
def test_an_operation_with_something_that_is_not_a_number_is_a_type_error(operation, other):
    with pytest.raises(TypeError):
        operation(Value(2.0), other)
    if other is None:
        with pytest.raises(NotANumber, match="None of type NoneType"):
            operation(Value(2.0), other)


@pytest.mark.parametrize(("operation", "error", "builtin", "message"), [
    (lambda x: x.log(), DomainError, ValueError, "log ln of x = 0: "),
    (lambda x: (x - 1).sqrt(), DomainError, ValueError, "sqrt √ of operand = −1: "),
    (lambda x: (x - 8) ** 0.5, DomainError, ValueError, "constant_power **0.5 of operand = −8: a negative number has"),
    (lambda x: (x - 1e200) ** 2.5, DomainError, ValueError, "constant_power **2.5 of operand = −1e200: a negative"),
    (lambda x: (x - 8) ** Value(0.5, "y"), DomainError, ValueError, "power ** of operand = −8, y = 0.5: "),
    (lambda x: x**-1, DivisionByZero, ZeroDivisionError, "constant_power **-1 of x = 0: "),
    (lambda x: x ** Value(-1.0), DivisionByZero, ZeroDivisionError, "power ** of x = 0, operand = −1: "),
    (lambda x: 1 / x, DivisionByZero, ZeroDivisionError, "divide ÷ of operand = 1, x = 0: "),
    (lambda x: (x + 1000).exp(), RangeError, OverflowError, "exp exp of operand = 1000: "),
    (lambda x: (x + 1e200) ** 2, RangeError, OverflowError, "constant_power **2 of operand = 1e200: "),
    (lambda x: (x + math.inf).sin(), DomainError, ValueError, "sin sin of operand = inf: "),
])
def test_an_operation_outside_its_domain_is_an_error_that_names_operation_and_operands(
    operation, error, builtin, message
):
    with pytest.raises(error, match=re.escape(message)) as raised:
        operation(Value(0.0, "x"))
    assert isinstance(raised.value, builtin) and isinstance(raised.value, MicrogradPaperError)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("n", "named"), [
    (1, "p0 = 0: "), (4, "p0 = 0, p1 = 1, p2 = 2, p3 = 3: "), (5, "p0 = 0, p1 = 1, p2 = 2, p3 = 3, …: "),
])
def test_an_error_names_four_operands_and_says_that_there_are_more(n, named):
    def nowhere(*operands):
        raise ValueError("defined nowhere")

    with pytest.raises(DomainError, match=f"^nowhere ! of {named}defined nowhere$"):
        apply(Op("nowhere", "!", nowhere, nowhere), *[Value(float(k), f"p{k}") for k in range(n)])


def test_division_by_zero_of_other_kinds_of_number_is_the_same_error():
    for zero in (0, Fraction(0), Decimal(0), mpf(0), 0j):
        with pytest.raises(DivisionByZero):
            Value(zero + 1) / Value(zero)


def test_inf_and_nan_pass_through_plus_minus_and_times_as_ieee_754_says():
    huge = Value(1e308)
    assert (huge * 10).data == math.inf
    assert (huge + huge).data == math.inf
    assert (-huge - huge).data == -math.inf
    assert math.isnan((huge * 10 - huge * 10).data)
    assert math.isnan((Value(math.nan) * 2 + 1).data)
    assert math.isnan((Value(math.inf) * 0).data)
    assert math.isnan(Value(math.nan).relu().data)


# Kinds of number.

def test_array_leaves_have_gradients_example_by_example():
    x, w = Value(np.array([1.0, 2.0, 3.0])), Value(0.5)
    cost = (x * w + 1) ** 2
    cost.backward()
    assert cost.data.tolist() == [2.25, 4.0, 6.25]
    assert x.grad.tolist() == [1.5, 2.0, 2.5]
    assert w.grad.tolist() == [3.0, 8.0, 15.0]  # of the shared weight: one for each example
    before = w.grad
    cost.backward()
    assert before.tolist() == [3.0, 8.0, 15.0] and w.grad.tolist() == [6.0, 16.0, 30.0]


@pytest.mark.parametrize("other", [
    np.float64(3.0), np.float32(3.0), np.int64(3), np.array(3.0), sympy.Symbol("x"), sympy.Integer(3),
    sympy.Rational(1, 3), sympy.Float(2.5), sympy.pi, mpf(3), Fraction(1, 3), 3 + 1j, 3,
], ids=lambda other: type(other).__name__)
def test_other_numbers_on_the_left_reach_the_value(other):
    v = Value(2.0)
    for found, expected in (
        (other + v, other + 2.0), (other - v, other - 2.0), (other * v, other * 2.0), (other / v, other / 2.0),
        (other**v, other**2.0),
    ):
        assert type(found) is Value and v in found.operands
        assert found.data == expected and not isinstance(found.data, np.generic)


def test_an_array_as_an_exponent_is_an_operand():
    x = Value(np.array([2.0, 3.0]))
    power = x ** np.array([2.0, 1.0])
    assert power.data.tolist() == [4.0, 3.0]
    assert power.partials[0].tolist() == [4.0, 1.0]


def test_numpy_scalars_become_python_numbers():
    for scalar in (np.float64(0.5), np.float32(0.5), np.int64(2), np.array(0.5), np.complex128(1j)):
        assert type(Value(scalar).data) is type(scalar.item())
        assert type((Value(1.0) * scalar).operands[1].data) is type(scalar.item())
    assert (Value(3.0) ** np.int64(2)).op.symbol == "**2"


def test_constant_ints_become_numbers_of_the_other_operands_kind():
    third = Value(Fraction(1)) / 3
    assert third.data == Fraction(1, 3) and type(third.operands[1].data) is Fraction
    with mpmath.workdps(DIGITS):
        third = Value(mpf(1)) / 3
        third.backward()
        assert third.data == mpf(1) / 3 and third.operands[0].grad == mpf(1) / 3
        assert (2 / Value(mpf(3))).data == mpf(2) / 3
    half = Value(sympy.Symbol("x")) / 2
    half.backward()
    assert half.operands[0].grad == sympy.Rational(1, 2)
    assert type((Value(2.0) * 3).operands[1].data) is int


def test_complex_numbers_have_complex_gradients():
    z = Value(1 + 2j)
    (z**3 * z.exp()).backward()
    at = 1 + 2j
    assert abs(z.grad - (3 * at**2 + at**3) * np.exp(at)) < 1e-12
    base = Value(2.0)
    (base ** (1 + 2j)).backward()
    assert abs(base.grad - (1 + 2j) * 2.0**2j) < 1e-14


def test_an_operation_of_ones_own_can_be_applied():
    def cube(x):
        return x * x * x

    def cube_partials(result, x):
        return (3 * x * x,)

    x = Value(2.0)
    y = apply(Op("cube", "³", cube, cube_partials), x)
    (slope,) = gradient(y, [x], create_graph=True)
    assert (y.data, y.op.symbol, slope.data) == (8.0, "³", 12.0)
    assert gradient(slope, [x]) == [12.0]
    assert [operand.data for operand in apply(TABLE["add"], 1.0, x).operands] == [1.0, 2.0]


def test_a_value_of_ones_own_class_is_an_operand_as_it_is():
    class Parameter(Value):
        pass

    p, x = Parameter(2.0), Value(3.0)
    for found in (p * x, p * 3.0, x * p, 3.0 * p, total([p, x]), total([p]), apply(TABLE["exp"], p), p.exp(), p**2):
        assert p in found.operands and type(found) is Value
    (p * x).backward()
    assert p.grad == 3.0


# Watching.

class Watcher:
    stops, sees_new = False, True

    def __init__(self):
        self.nodes, self.walked = [], []

    def made(self, node):
        self.nodes.append(node)

    def walk(self, nodes, earlier):
        for node in nodes:
            self.walked.append((node, node.grad))
            yield node


@pytest.fixture
def watcher():
    watcher = Watcher()
    observing.add(watcher)
    yield watcher
    observing.remove(watcher)


def test_an_observer_sees_every_value_when_it_is_made(watcher):
    a = Value(2.0, "a")
    made = [a * 3, a.exp(), a**2, total([a, 1.0]), weighted_sum([a], [a], a), -a]
    assert [node for node in watcher.nodes if node.op] == made  # in that order
    assert [(node.data, node.label) for node in watcher.nodes if not node.op] == [(2.0, "a"), (3, None), (1.0, None)]
    assert watcher.nodes[1] is made[0].operands[1]
    (slope,) = gradient(made[0] * made[1], [a], create_graph=True)
    assert slope in watcher.nodes


def test_gradients_as_values_make_no_node_that_no_input_reaches_and_none_for_a_product_with_1(watcher):
    a, b = values((2.0, 3.0))
    root = a * a * b * 5.0 + 1.0
    watcher.nodes.clear()
    assert gradient(root, [b], create_graph=True)[0].data == 20.0
    assert [node.data for node in watcher.nodes] == [20.0]  # a² · 5
    root = (a + 1.0 + a) * b
    watcher.nodes.clear()
    assert gradient(root, [a], create_graph=True)[0].data == 6.0
    assert [node.data for node in watcher.nodes] == [6.0]  # b + b


def test_an_observer_walks_a_backward_with_the_final_gradient_of_each_node(watcher):
    a, b = values((2.0, 3.0))
    root = a * b + a
    root.backward()
    assert [node for node, _ in watcher.walked] == topological_order(root)[::-1]
    assert dict(watcher.walked) == {root: 1, root.operands[0]: 1, a: 4.0, b: 2.0}


def test_a_backward_inside_a_walk_works():
    class Nested(Watcher):
        depth = 0

        def walk(self, nodes, earlier):
            for node in nodes:
                if not self.depth:
                    self.depth += 1
                    self.inner = Value(5.0)
                    (self.inner * self.inner).backward()
                    self.depth -= 1
                yield node

    nested = Nested()
    observing.add(nested)
    try:
        a = Value(2.0)
        (a * 3).backward()
    finally:
        observing.remove(nested)
    assert a.grad == 3 and nested.inner.grad == 10.0


def test_without_an_observer_nobody_is_called():
    assert not observing.observers
    watcher = Watcher()
    observing.add(watcher)
    observing.remove(watcher)
    (Value(2.0) * 3).backward()
    assert watcher.nodes == watcher.walked == []


def test_an_observer_sees_what_every_thread_and_every_task_makes(watcher):
    with ThreadPoolExecutor(2) as pool:
        made = pool.submit(lambda: Value(2.0) * 3).result()

    async def task():
        return await asyncio.create_task(other())

    async def other():
        return Value(5.0)

    leaf = asyncio.run(task())
    assert made in watcher.nodes and leaf in watcher.nodes


def test_observers_may_end_in_any_order():
    for first_out in (0, 1):
        watchers = [Watcher(), Watcher()]
        for each in watchers:
            observing.add(each)
        observing.remove(watchers[first_out])
        a = Value(2.0)
        observing.remove(watchers[1 - first_out])
        b = Value(3.0)
        seen = [each.nodes for each in watchers]
        assert seen[first_out] == [] and seen[1 - first_out] == [a] and b not in seen[1 - first_out]
        assert not observing.observers


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only some systems fork")
def test_a_forks_child_has_no_observer_and_no_lock():
    program = """if True:
        import os, threading
        from micrograd_paper import Value, observing

        class Watcher:
            stops, sees_new = False, True
            def made(self, node):
                print("seen")
            def walk(self, nodes, earlier):
                inside.set()
                done.wait()
                return nodes

        inside, done = threading.Event(), threading.Event()
        root = Value(2.0) * 3
        observing.add(Watcher())
        thread = threading.Thread(target=root.backward)  # holds the lock while the process forks
        thread.start()
        inside.wait()
        child = os.fork()
        if child == 0:
            x = Value(2.0)
            (x * x).backward()
            os.write(1, f"grad {x.grad}".encode())
            os._exit(0)
        os.waitpid(child, 0)
        done.set()
        thread.join()
    """
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (run.stdout, run.returncode) == ("grad 4.0", 0), run.stderr


def test_graphs_with_common_nodes_are_backpropagated_by_one_thread_at_a_time():
    for seed in range(5):
        leaves = values([math.sin(seed + k) for k in range(20)])
        shared = total([leaf * leaf for leaf in leaves]).tanh()
        roots = [shared * float(k) + leaves[k] for k in range(8)]
        expected = [0.0] * len(leaves)
        for root in roots:
            expected = [e + g for e, g in zip(expected, gradient(root, leaves))]
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(Value.backward, roots))
        finally:
            sys.setswitchinterval(interval)
        assert [leaf.grad for leaf in leaves] == pytest.approx(expected, rel=1e-12)


# A pass that fails.

class Fragile(float):
    """A number whose product fails."""

    def __rmul__(self, other):
        raise ArithmeticError("no product")
    __mul__ = __rmul__


@pytest.mark.parametrize("error", [KeyboardInterrupt, ArithmeticError])
def test_whatever_fails_in_a_pass_leaves_hold_what_they_held_before(error):
    class Failing(Watcher):
        def walk(self, nodes, earlier):
            for place, node in enumerate(nodes):
                if place == 3:
                    raise error
                yield node

    a, b, c = values((2.0, 3.0, 4.0))
    a.grad, b.grad, c.grad = 7.0, None, 0
    root = (a * b + c) * a
    failing = Failing()
    observing.add(failing)
    try:
        with pytest.raises(error):
            root.backward()
    finally:
        observing.remove(failing)
    assert (a.grad, b.grad, c.grad) == (7.0, None, 0)
    root.backward()
    assert (a.grad, b.grad, c.grad) == (7.0 + 16.0, 4.0, 2.0)


def test_a_step_that_fails_gives_the_leaves_back_what_they_held():
    a, b = values((2.0, 3.0))
    a.grad, b.grad = 7.0, None
    root = a * b
    root.partials = (3.0, Fragile(2.0))
    with pytest.raises(ArithmeticError, match="no product"):
        list(backward_steps(root))
    assert (a.grad, b.grad) == (7.0, None)
    with pytest.raises(ArithmeticError, match="no product"):
        root.backward()
    assert (a.grad, b.grad) == (7.0, None)


def test_a_gradient_of_none_counts_as_0():
    a = Value(2.0, "a")
    a.grad = None  # as torch's zero_grad leaves it
    (a * 3).backward()
    assert a.grad == 3
    a.grad = None
    assert [step.after for step in backward_steps(a * 3)] == [3, 2.0] and a.grad == 3


# What a debugger's variable pane shows.

def test_repr_shows_label_data_grad_and_operation():
    a = Value(2.0, "a")
    root = a * -1.23456789
    root.backward()
    assert repr(a) == "a = 2 · grad −1.235"
    assert repr(root) == "−2.469 · grad 1 · ×"
    root.label = "C"
    assert repr(root) == "C = −2.469 · grad 1 · ×"


def test_repr_is_short_and_never_the_whole_graph():
    assert len(repr(chain(1000))) < 40
    wide = Value(np.arange(10_000.0))
    assert len(repr(wide * wide)) < 120 and "\n" not in repr(wide)
    x = sympy.Symbol("x")
    assert len(repr(Value(sum(x**k for k in range(100))))) < 120


def test_a_value_takes_no_stray_attributes():
    with pytest.raises(AttributeError):
        Value(2.0).gradient = 1.0
