"""What nodes are named and found by, and how numbers are shown in four digits."""

import math
from fractions import Fraction

import mpmath
import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.display import number_text
from micrograd_paper.costs import total
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UnknownName
from micrograd_paper.nn import MLP
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.names import Names, bracketed, find, node_names
from tests.strategies import networks

pytestmark = pytest.mark.usefixtures("nameless")


class Unprintable:
    def __str__(self):
        raise RuntimeError("no")


@given(networks())
def test_a_symbol_is_its_own_name(drawn):
    net, x, _ = drawn
    forward = net.forward(x, example=7)
    order = topological_order(forward.output[0])
    names = node_names(order)
    assert list(names) == order
    for node in order:
        assert (names[node] == str(node.label)) == (node.label is not None)


@given(st.lists(st.sampled_from([None, "", " \n", "a", "n1", "n2", "n1′", "n3"])))
def test_the_unlabelled_are_numbered_in_order_and_never_take_a_label(labels):
    nodes = [Value(0.0, label) for label in labels]
    names = node_names(iter(nodes))
    unlabelled = [names[node] for node in nodes if not (node.label or "").strip()]
    assert [int(name.rstrip("′")[1:]) for name in unlabelled] == list(range(1, len(unlabelled) + 1))
    assert not set(unlabelled) & set(labels)
    for node in nodes:
        if (node.label or "").strip():
            bearers = [other for other in nodes if other.label == node.label]
            twin = f"#{bearers.index(node) + 1}" if len(bearers) > 1 else ""
            assert names[node] == node.label + twin
    assert len(set(names.values())) == len(nodes)


@given(st.lists(st.sampled_from([None, "", " \n", "a", "n1", "n2", "n1′", "n3"]), min_size=1))
def test_each_name_that_is_shown_finds_its_node_and_no_other_number_or_dash_does(labels):
    nodes = [Value(0.0, label) for label in labels]
    names = node_names(nodes)
    lookup = Names(nodes, names)
    for node in nodes:
        assert lookup.all(names[node]) == [node]
    for name in ("n0", f"n{len(nodes) + 1}", *(f"{name}′" for name in names.values())):
        assert lookup.all(name) == [node for node in nodes if name in (names[node], node.label)]


def test_a_name_is_found_as_it_is_typed_and_as_the_paper_writes_it_and_by_its_gradient():
    z, w, x = Value(1.0, "z²₁"), Value(2.0, "w2_1_3"), Value(3.0, Symbol("x", None, (1,), 7))
    root = z * w * x
    for name in ("z2_1", "z²₁", " z²₁ ", "δ²₁", "delta2_1", "∂C/∂z²₁", "dC/dz2_1", "d/dz2_1", "∂loss/∂z2_1"):
        assert find(root, name) is z
    for name in ("w2_1_3", "w²₁₃", "dC/dw²₁₃", "∂C/∂w2_1_3"):
        assert find(root, name) is w
    for name in ("x1", "x₁", "x1__7", "x₁⁽⁷⁾", "dC/dx1"):
        assert find(root, name) is x
    for name in ("x1__8", "z2_2", "w2_1", "C/dz2_1", "dz2_1", "z", ""):
        with pytest.raises(UnknownName):
            find(root, name)


@pytest.mark.parametrize("count", [2, 5, 6])
def test_an_ambiguous_name_lists_five_nodes_and_says_that_there_are_more(count):
    root = total([Value(float(k), "same") for k in range(count)])
    with pytest.raises(UnknownName) as raised:
        find(root, "same")
    listed = ", ".join([f"same#{k + 1} = {k}" for k in range(min(count, 5))] + ["…"] * (count > 5))
    assert str(raised.value) == f"{count} nodes are named same: {listed}; say which one"


@pytest.mark.parametrize("count", [1, 5, 6])
def test_an_unknown_name_lists_five_names_and_says_that_there_are_more(count):
    letters = "pqrstu"[:count]
    with pytest.raises(UnknownName) as raised:
        find(total([Value(0.0, letter * 5) for letter in letters]), "zzz")
    names = ", ".join([letter * 5 for letter in letters[:5]] + ["…"] * (count > 5))
    assert str(raised.value) == f"no node of this graph is named zzz; there are {names}"


def test_an_unknown_name_is_told_the_nearest_one_or_the_numbers_of_a_graph_without_names():
    with pytest.raises(UnknownName, match=r"named losss \(did you mean loss\?\)$"):
        find(Value(0.0, "loss") * Value(1.0, "x"), "losss")
    with pytest.raises(UnknownName, match=r"named q; there are n1 to n3$"):
        find(Value(0.0) * Value(1.0), "q")


def test_names_that_begin_as_what_is_typed_complete_it():
    root = total([Value(0.0, Symbol("z", 2, (1,), 7)), Value(0.0, "z2_2"), Value(0.0, "az2"), Value(0.0, "w2")])
    lookup = Names(topological_order(root), node_names(topological_order(root)))
    assert lookup.beginning("z2") == ["z2_1__7", "z2_1", "z2_2"]
    assert lookup.beginning("2") == [] and len(lookup.beginning("")) == 5


def test_constants_are_counted_and_equal_labels_are_told_apart():
    x, other = Value(1.0, "x"), Value(2.0, "x")
    root = 2 * x + other
    assert list(node_names(topological_order(root)).values()) == ["n1", "x#1", "n2", "x#2", "n3"]


@given(st.text(max_size=60))
def test_every_label_is_one_line_of_at_most_40_printable_characters(label):
    (name,) = node_names([Value(0.0, label)]).values()
    assert 1 <= len(name) <= 40
    assert name.splitlines() == [name] and not any(ord(letter) < 32 or letter in "\u202e\u200f\x7f" for letter in name)


@pytest.mark.parametrize(("label", "name"), [
    ("two\r\n lines", "two lines"), ("a\0b", "a�b"), ("right\u202eleft", "right�left"), ("\ud800", "�"),
    ("<script>", "<script>"), ("😀", "😀"), ("x" * 10_000, "x" * 39 + "…"), (2.5, "2.5"),
    (Unprintable(), "<Unprintable>"), (Symbol("z", 2, None), "<Symbol>"), (Symbol("w", 2, (10, 3), 7), "w²₁₀,₃⁽⁷⁾"),
    (object(), "<object object>"),
])
def test_labels_of_every_kind(label, name):
    assert list(node_names([Value(0.0, label)]).values()) == [name]


@pytest.mark.parametrize(("number", "text"), [
    (0.1234567, "0.1235"), (-2.0, "−2"), (-6.9e-05, "−6.9e−5"), (1e22, "1e22"), (math.inf, "inf"), (-math.inf, "−inf"),
    (math.nan, "nan"), (0.0, "0"), (1 - 2j, "1−2j"), (7, "7"), (-7, "−7"),
    (10**30, "1e30"), (10**400, "100000000000000…"),
    (Fraction(-1, 3), "−1/3"), (Fraction(10**9, 3 * 10**8 + 1), "3.333"), (mpmath.mpf("0.1"), "0.1"),
    (sympy.Symbol("s") ** 2, "s**2"), (sympy.Symbol("s" * 50), "s" * 15 + "…"),
    (numpy.array([0.5, -1 / 3]), "[0.5, −0.3333]"), (numpy.arange(100.0), "[0, 1, 2, 3, 4,…"),
    (Unprintable(), "<Unprintable>"),
])
def test_four_digits_of_every_kind_of_number(number, text):
    assert number_text(number) == text


@given(st.floats(allow_nan=False))
def test_four_digits_are_the_number_to_four_digits(x):
    text = number_text(x)
    assert "-" not in text and "+" not in text and "e0" not in text and "e−0" not in text
    assert float(text.replace("−", "-")) == float(f"{x:.4g}")


def test_the_names_in_a_network_do_not_change_from_run_to_run():
    orders = [topological_order(MLP(2, [2, 1], seed=1, atomic=True)([1.0, 2.0])) for _ in "ab"]
    names = [list(node_names(order).values()) for order in orders]
    assert names[0] == names[1] and "n1" in names[0] and "a³₁" in names[0]


@given(st.lists(st.sampled_from([
    "x", "x#1", "x#2", "x#1′", "n1", None, "∂C/∂w", "δ²₁", "a\nb", "long " * 40, " x ", "z2_1",
]), min_size=2, max_size=7))
def test_no_two_nodes_have_one_name_and_each_name_that_is_shown_can_be_typed(labels):
    nodes = [Value(float(k), label) for k, label in enumerate(labels)]
    root = total(nodes)
    names = node_names(topological_order(root))
    assert len(set(names.values())) == len(names)
    for node, name in names.items():
        assert find(root, name) is node


def test_a_place_that_there_is_not_names_nothing():
    x = Value(1.0, "x")
    C = x * 2
    for name in ("x#1", "x#2", "x#0", "x#-1", "x#", "C#1", "x # comment"):
        with pytest.raises(UnknownName):
            find(C, name)


def test_a_name_that_looks_like_a_formula_is_in_brackets():
    assert [bracketed(name) for name in ("x1*w1", "n.w[0]", "p['a b'][0]", "w²₁₁", "x + 1")] == [
        "(x1*w1)", "n.w[0]", "p['a b'][0]", "w²₁₁", "(x + 1)"]
