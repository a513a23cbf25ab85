"""The paths from a node to the root: how many there are, and that the chain rule along all of them is the gradient."""

from unittest import mock

import pytest
from hypothesis import given

from micrograd_paper.costs import quadratic
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UnknownName
from micrograd_paper.graph import gradient
from micrograd_paper.nn import MLP
from micrograd_paper.reading.names import find
from micrograd_paper.stepping import paths
from micrograd_paper.stepping.paths import MOST, Paths, how_many
from micrograd_paper.stepping.steps import Shared
from tests.graphs import values
from tests.stepping.test_steps import evaluated
from tests.strategies import expressions, networks


def all_ways(root):
    return [Paths(Shared(topological_order(root), 1), node, root) for node in topological_order(root)]


def walked(node, source):
    """Every path, one by one, by recursion."""
    if node is source:
        return [[]]
    return [[(node, place), *rest] for place, operand in enumerate(node.operands) for rest in walked(operand, source)]


@given(expressions())
def test_the_paths_are_those_that_one_finds_by_walking_and_as_many_as_counted(expression):
    for ways in all_ways(expression.value(values(expression.leaves))):
        found = walked(ways.target, ways.source)
        assert ways.count == len(found)
        assert ways.first(len(found) + 1) == found
        assert ways.first(2) == found[:2]


@given(expressions())
def test_the_products_along_all_paths_add_up_to_the_gradient(expression):
    for ways in all_ways(expression.value(values(expression.leaves))):
        products = [ways.product(path) for path in ways.first(ways.count)]
        (slope,) = gradient(ways.target, [ways.source])
        assert float(sum(products)) == pytest.approx(float(slope), rel=1e-9, abs=1e-9 * sum(map(abs, products)))


def exact(number):
    return repr(float(number)).replace("-", "−")


@given(expressions())
def test_the_whole_formula_in_numbers_is_arithmetic_that_gives_the_gradient(expression):
    for ways in all_ways(expression.value(values(expression.leaves))):
        with mock.patch.object(paths, "number_text", exact):
            if ways.factors() <= 40:
                terms = [abs(ways.product(path)) for path in ways.first(ways.count)]
                (slope,) = gradient(ways.target, [ways.source])
                tolerance = 1e-9 * (1 + sum(terms))
                assert evaluated(ways.whole()[1].text) == pytest.approx(float(slope), rel=1e-9, abs=tolerance)


@given(networks(output="sigmoid", most_layers=2, most_neurons=3))
def test_so_it_does_in_a_network(drawn):
    net, x, y = drawn
    root = quadratic(net.forward(x).output, y)
    for name in ("w2_1_1", "b2_1", "z2_1", "x1"):
        ways = Paths(Shared(topological_order(root), 1), find(root, name), root)
        with mock.patch.object(paths, "number_text", exact):
            text = ways.whole()[1].text
        (slope,) = gradient(root, [ways.source])
        if "…" not in text:
            assert evaluated(text) == pytest.approx(float(slope), rel=1e-6, abs=1e-9)


def formula(root, name, seed=1):
    symbols, numbers = Paths(Shared(topological_order(root), seed), find(root, name), root).whole()
    return symbols.text, numbers.text


def test_the_gradient_of_a_weight_is_the_papers_product():
    root = quadratic(MLP(1, [2, 1], seed=1).forward([0.5]).output, [1.0])
    assert formula(root, "w3_1_2")[0] == "(a³₁ − y₁)·σ′(z³₁)·a²₂"  # (16) into (24)
    assert formula(root, "w2_2_1")[0] == "(a³₁ − y₁)·σ′(z³₁)·w³₁₂·σ′(z²₂)·x₁"  # (21) into (24)
    two = quadratic(MLP(1, [1, 2], seed=1).forward([0.5]).output, [1.0, 0.0])
    assert formula(two, "w2_1_1")[0] == (
        "((a³₂ − y₂)·σ′(z³₂)·w³₂₁ + (a³₁ − y₁)·σ′(z³₁)·w³₁₁)·σ′(z²₁)·x₁"
    )


def test_factors_1_are_left_out_constants_are_numbers_and_a_seed_is_one():
    a, b = Value(-2.0, "a"), Value(4.0, "b")
    root = (a + b) * 3 - b
    root.label = "C"
    assert formula(root, "a") == ("3", "3")
    assert formula(root, "b") == ("−1 + 3", "−1 + 3")
    assert formula(root, "b", 0.5) == ("−0.5 + 0.5·3", "−0.5 + 0.5·3")
    assert formula(-(a * b), "a") == ("−b", "−4")
    assert formula(root, "C") == ("1", "1")


def diamond(levels):
    node = Value(1.0, "x")
    source = node
    for _ in range(levels):
        node = node * 0.5 + node * 0.5
    return source, node


def test_a_diamond_of_1000_levels_is_counted_up_to_a_limit_and_its_first_paths_are_found():
    source, root = diamond(49)
    assert Paths(Shared(topological_order(root), 1), source, root).count == 2**49
    source, root = diamond(1000)
    ways = Paths(Shared(topological_order(root), 1), source, root)
    assert ways.count == MOST and how_many(ways.count) == "more than 10¹⁵ paths"
    first = ways.first(3)
    assert [len(path) for path in first] == [2000] * 3 and len({tuple(path) for path in first}) == 3
    assert ways.factors() > 40
    assert ways.along(first[0])[0].text == "0.5·0.5·0.5·0.5·0.5·…·0.5·0.5·0.5·0.5·0.5"  # the sums give no factor


def test_where_no_path_leads_it_is_said():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    root = a * b
    with pytest.raises(UnknownName, match="no path leads from a to b: b does not depend on it"):
        Paths(Shared(topological_order(root), 1), a, b)


def test_of_a_path_of_sums_alone_a_1_is_left_and_of_others_the_factors_that_are_none_of_a_sum():
    x, w = Value(3.0, "x"), Value(2.0, "w")
    node = x
    for _ in range(30):
        node = node + x
    ways = Paths(Shared(topological_order(node), 1), x, node)
    assert [ways.along(path)[0].text for path in ways.first(2)] == ["1", "1"]
    node = x * w
    for _ in range(30):
        node = node + 1.0
    ways = Paths(Shared(topological_order(node), 1), x, node)
    assert [side.text for side in ways.along(ways.first(1)[0])] == ["w", "2"]


def test_the_minus_of_a_difference_stays_in_a_long_product():
    x, w = Value(3.0, "x"), Value(2.0, "w")
    node = w - x * w
    for _ in range(30):
        node = node + 1.0
    ways = Paths(Shared(topological_order(node), 1), x, node)
    assert [side.text for side in ways.along(ways.first(1)[0])] == ["−w", "−2"]
