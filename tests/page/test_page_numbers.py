"""The page in a real Chromium: the steps and the numbers that it shows, and what it computes after an edit."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

from micrograd_paper import MLP, Value, cross_entropy, quadratic
from micrograd_paper.display import number_text
from micrograd_paper.engine import apply, topological_order
from micrograd_paper.errors import MicrogradPaperError
from micrograd_paper.graph import recompute
from micrograd_paper.nn import weighted_sum
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import TABLE, Op, power_by
from micrograd_paper.reading.names import find
from micrograd_paper.stepping.origins import Origin
from micrograd_paper.stepping.steps import backward_steps, forward_steps
from tests.drawing.graphs import atomic, batch, classic_neuron, iris
from tests.graphs import bits
from tests.page.browser import By, close, edit, engine_of, numbers_of, run, text
from tests.test_operations import POWERS, SAMPLES

pytestmark = pytest.mark.usefixtures("nameless")

GRAPHS = {"iris": iris, "cross-entropy": lambda: iris(cross_entropy), "classic": classic_neuron, "atomic": atomic,
          "batch": lambda: batch(2)}
every_graph = pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
LINES = "graph.steps.map((step, s) => line(s))"


def steps_of(root):
    return [*forward_steps(root), *backward_steps(root)]


def without_gradients(root):
    """The graph as it is before any backward."""
    for node in topological_order(root):
        node.grad = 0
    return root


@every_graph
def test_every_step_shows_what_the_steps_in_python_say(opened, graph):
    root = graph()
    expected = [step.text for step in steps_of(root)]
    browser = opened(root)
    assert run(browser, "graph.steps.length") == len(expected)
    assert run(browser, LINES) == expected


@every_graph
def test_the_numbers_of_the_page_are_the_engines_to_the_last_bit(opened, graph):
    root = graph()
    assert numbers_of(opened(root)) == engine_of(root)


def test_the_numbers_of_every_step_equal_those_of_backward_steps(opened):
    root = without_gradients(iris())
    browser = opened(root)
    found = run(browser, "graph.steps.map((step, s) => [pass.before[s], pass.term[s], pass.after[s]])")
    assert found == [[step.before, step.term, step.after] for step in steps_of(root)]


CASES = [*[(TABLE[name], points) for name, points in SAMPLES.items()], *[(power_by(n), points) for n, points in POWERS]]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 37.5, -745.5, 1e-320, 1e200, -1e200, math.inf, -math.inf, math.nan]


def leaves(point):
    return [Value(x, f"x{k}") for k, x in enumerate(point, start=1)]


def tried(points):
    """The sample points, with special numbers in one place, and in both of two."""
    count = len(points[0])
    yield from (point for point in points if len(point) == count)
    yield from (tuple(x if i == k else y for i, y in enumerate(points[0])) for k in range(count) for x in SPECIAL)
    yield from itertools.product(SPECIAL, repeat=2) if count == 2 else ()


def outcome(op, point):
    """data and gradients of op at these leaves by the engine, or its error."""
    try:
        return engine_of(apply(op, *leaves(point)))
    except MicrogradPaperError as error:
        return str(error)


def test_the_table_computes_in_the_browser_what_the_engine_computes_and_fails_where_it_fails(opened):
    """One page holds the sum of all operations, each of its own leaves, which are changed one operation at a time."""
    roots = [apply(op, *leaves(points[0])) for op, points in CASES]
    total = apply(TABLE["total"], *roots)
    number = {node: i for i, node in enumerate(topological_order(total))}
    cases = [([number[node] for node in topological_order(root)], list(tried(points)))
             for root, (_, points) in zip(roots, CASES)]
    found = opened(total).execute_script("""
        return arguments[0].map(([places, points]) => points.map(point => {
            try {
                const {data, grad} = backward(forward(new Map(point.map((x, k) => [places[k], Number(x)]))));
                return [places.map(i => String(data[i])), places.map(i => String(grad[i]))];
            } catch (error) {
                if (!(error instanceof DomainError)) throw error;
                return error.message;
            }
        }));""", [[places, [[in_javascript(x) for x in point] for point in points]] for places, points in cases])
    for (op, _), (_, points), results in zip(CASES, cases, found, strict=True):
        for point, here in zip(points, results, strict=True):
            expected = outcome(op, point)
            if isinstance(expected, str) or isinstance(here, str):
                assert here == expected, (op.name, point)
                continue
            for numbers, engines in zip(here, expected):
                assert all(map(close, map(float, numbers), engines)), (op.name, point, numbers, engines)


def in_javascript(number):
    return repr(number).replace("nan", "NaN").replace("inf", "Infinity")


@every_graph
def test_an_edited_leaf_gives_the_engines_numbers_and_steps_and_reset_goes_back(opened, graph):
    root = graph()
    browser = opened(root)
    before = numbers_of(browser), run(browser, LINES)
    leaf = next(node for node in topological_order(root) if not node.operands)
    edit(browser, str(leaf.label), "-0.75")
    leaf.data = -0.75
    check_numbers(browser, root)
    assert run(browser, LINES) == [step.text for step in steps_of(without_gradients(root))]
    browser.find_element(By.ID, "reset").click()
    assert (numbers_of(browser), run(browser, LINES)) == before


def check_numbers(browser, root):
    for found, expected in zip(numbers_of(browser), engine_of(root)):
        assert all(map(close, found, expected))


def test_a_hidden_layer_of_relu_changes_sides_after_an_edit(opened):
    net = MLP(1, [2, 1], ["relu", "linear"], seed=1)
    x = Value(0.5, "x")
    root = quadratic(net.forward([x]).output, [0.25])
    browser = opened(root)
    sides = [node.data > 0 for node in topological_order(root) if node.op is TABLE["relu"]]
    edit(browser, "x", "-0.5")
    x.data = -0.5
    check_numbers(browser, root)
    assert [node.data > 0 for node in topological_order(root) if node.op is TABLE["relu"]] != sides


def test_a_constant_without_a_name_can_be_edited_and_the_formula_shows_it(opened):
    root = Value(3.0, "x") * 2.0
    browser = opened(root)
    assert run(browser, "line(0)") == "n2 = x·2 = 3·2 = 6"
    edit(browser, "n1", "-4")
    assert run(browser, "line(0)") == "n2 = x·(−4) = 3·(−4) = −12"


def test_leaves_that_share_a_name_or_have_none_are_told_apart(opened):
    browser = opened((Value(3.0, "x") + Value(-1.5, "x")) * 2.0 + Value(1.0, "b"))
    choices = [choice.text for choice in browser.find_element(By.ID, "leaf").find_elements(By.TAG_NAME, "option")]
    assert sorted(choices) == ["b", "n2 = 2", "x#1", "x#2"]


def made_at(node, origin):
    node.origin = origin
    return node


@pytest.mark.parametrize("graph, name, number", [
    (lambda: Value(2.0, "x").log(), "x", -1.0),
    (lambda: 1.0 / Value(2.0, "x"), "x", 0.0),
    (lambda: made_at(Value(2.0, "x"), Origin("train.py", 7, "loss")).log(), "x", 0.0),
    (lambda: (Value(0.5, "x") + Value(1.0, "y")) ** 0.5, "y", -2.0),
    (lambda: cross_entropy([Value(0.5, f"a{k}") for k in (1, 2, 3)], [1.0, 0.0, 0.0]), "a1", 0.0),
    (lambda: cross_entropy([Value(0.5, f"a{k}") for k in (1, 2)], [1.0, 0.0]), "a1", 0.0),
], ids=["log", "divide", "origin", "power", "six operands", "four operands"])
def test_an_edit_outside_a_domain_shows_the_engines_error_and_changes_nothing(opened, graph, name, number):
    root = graph()
    browser = opened(root)
    before = numbers_of(browser)
    edit(browser, name, str(number))
    leaf = find(root, name)
    leaf.data, given = number, leaf.data
    with pytest.raises(MicrogradPaperError) as error:
        recompute(root)
    assert text(browser, "message") == str(error.value)
    assert numbers_of(browser) == before
    edit(browser, name, str(given))
    assert text(browser, "message") == "" and numbers_of(browser) == before


def test_an_edit_that_is_no_number_is_refused_in_one_line(opened):
    browser = opened(classic_neuron())
    before = numbers_of(browser)
    for given in ("abc", "", "1,5", "0x10", "1e", "constructor"):
        edit(browser, "x1", given)
        assert text(browser, "message") == f"expected a number such as 0.5 or -1e-3; got {given or 'nothing'}"
        assert numbers_of(browser) == before


def test_numbers_are_read_as_people_write_them_and_as_the_page_does(opened):
    browser = opened(Value(2.0, "x") * 3.0)
    for given, number in (("−0.5", -0.5), (" 1e-3 ", 0.001), (".5", 0.5), ("-inf", -math.inf), ("−4.5e−7", -4.5e-7),
                          ("+Infinity", math.inf), ("1e400", math.inf), ("1E-320", 1e-320), ("-0", -0.0)):
        edit(browser, "x", given)
        assert text(browser, "message") == ""
        assert bits(numbers_of(browser)[0][0]) == bits(number), given
        field = browser.find_element(By.ID, "number").get_property("value")
        assert run(browser, f"Object.is(parsed({field!r}), pass.data[0])")  # what is shown says the same


def test_an_operation_of_ones_own_is_stepped_through_and_says_why_it_cannot_be_edited(opened):
    erf = Op("erf", "erf", math.erf, lambda result, x: (2 / math.sqrt(math.pi) * math.exp(-x * x),))
    root = apply(erf, Value(0.5, "x"))
    browser = opened(root)
    assert numbers_of(browser) == engine_of(root)
    edit(browser, "x", "0.25")
    assert text(browser, "message").startswith("this page cannot recompute erf: its functions are not made for any")
    assert numbers_of(browser) == engine_of(root)


@pytest.mark.parametrize("low, high", [(-5, 3), (-12, 12), (-320, 308)])
def test_numbers_are_written_with_the_digits_that_python_gives_them(opened, low, high):
    browser = opened(Value(1.0, "x"))
    numbers = [sign * digits * 10.0**e for sign in (1, -1) for e in range(low, high + 1, max(1, (high - low) // 40))
               for digits in (1, 1.0625, 2.0005, 1.23456, 9.9995, 9.9994999, 0.5)]
    numbers += [n / 1024 for n in range(-5000, 5000, 7)] + [0.0, -0.0]  # many of them ties at four digits
    found = browser.execute_script("return arguments[0].map(x => text(Number(x)))", [repr(x) for x in numbers])
    assert found == [number_text(x) for x in numbers]


OVERFLOWING = """
    const left = box => box.x, right = box => box.x + box.width;
    return rows.flatMap((row, i) => {
        const [value, gradient, pill, fill] = [".value", ".gradient", ".pill", ".fill"].map(
            name => row.querySelector(name).getBBox());
        const [symbol, delta] = [".symbol, .label", ".delta"].map(name => row.querySelector(name)?.getBBox());
        const fits = left(value) >= (symbol ? right(symbol) - 1 : left(fill)) && right(value) <= left(pill)
            && left(gradient) >= (delta ? right(delta) - 1 : left(pill)) && right(gradient) <= right(pill)
            && Math.max(value.width, gradient.width) <= graph.room + 1;
        return fits ? [] : [graph.nodes[i].name];
    });"""


@pytest.mark.parametrize("number", ["-0.0001234", "-1.234e-300", "1.234e+100", "-1234.5", "nan"])
def test_a_number_too_long_for_its_column_is_condensed_into_it(opened, number):
    w, x = Value(0.5, Symbol("w", 2, (1, 1))), Value(1.0, Symbol("x", None, (1,)))
    z = weighted_sum([w], [x], Value(0.0, Symbol("b", 2, (1,))))
    z.label = Symbol("z", 2, (1,))
    root = z * 1.0
    browser = opened(root)
    for name in ("x₁", "w²₁₁"):
        edit(browser, name, number)
    browser.find_element(By.ID, "last").click()
    assert browser.execute_script(OVERFLOWING) == []


@pytest.mark.parametrize("number", [
    1j, 2 - 3j, np.complex128(1 + 2j), np.array([1.0, -2.0]), sympy.Symbol("t"), -sympy.Symbol("t"), Fraction(10**400),
], ids=str)
def test_numbers_that_are_no_floats_are_stepped_through_as_python_shows_them(opened, number):
    x, y = Value(number, "x"), Value(3, "y")
    root = x * y + x * 2
    root.label = "C"
    browser = opened(root)
    steps = steps_of(without_gradients(root))
    assert run(browser, LINES) == [step.text for step in steps]
    assert run(browser, "graph.steps.map((_, s) => words(s))") == [step.words for step in steps]
    browser.find_element(By.ID, "last").click()
    expected = [[number_text(node.data), number_text(node.grad)] for node in topological_order(root)]
    assert run(browser, "parts.map(({value, gradient}) => [value.textContent, gradient.textContent])") == expected
    edit(browser, "y", "2")
    for mode in ("descent", "ask"):
        assert "no floats" in text(browser, "message")
        run(browser, f"say(''), choose_mode('{mode}')")
    assert run(browser, LINES) == [step.text for step in steps] and run(browser, "mode") == "steps"
