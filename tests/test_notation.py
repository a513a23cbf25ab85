"""The paper's names: as drawn, as typed, as TeX, and back."""

import pytest
from hypothesis import given

from micrograd_paper.costs import mean_cost, quadratic
from micrograd_paper.engine import Value
from micrograd_paper.errors import UnknownName
from micrograd_paper.nn import MLP
from micrograd_paper.notation import Symbol, parse
from micrograd_paper.reading.names import find
from tests.strategies import symbols


@pytest.mark.parametrize(("symbol", "drawn", "typed", "tex"), [
    (Symbol("w", 2, (1, 3)), "w²₁₃", "w2_1_3", "w^{2}_{13}"),
    (Symbol("w", 2, (10, 3)), "w²₁₀,₃", "w2_10_3", "w^{2}_{10,3}"),
    (Symbol("w", 12, (1, 3)), "w¹²₁₃", "w12_1_3", "w^{12}_{13}"),
    (Symbol("z", 2, (1,)), "z²₁", "z2_1", "z^{2}_{1}"),
    (Symbol("z", 2, (12,)), "z²₁₂", "z2_12", "z^{2}_{12}"),
    (Symbol("z", 2, (1,), 7), "z²₁⁽⁷⁾", "z2_1__7", "z^{2,(7)}_{1}"),
    (Symbol("delta", 3, (2,)), "δ³₂", "delta3_2", r"\delta^{3}_{2}"),
    (Symbol("x", None, (3,)), "x₃", "x3", "x_{3}"),
    (Symbol("x", None, (3,), 120), "x₃⁽¹²⁰⁾", "x3__120", "x^{(120)}_{3}"),
    (Symbol("W", 2), "W²", "W2", "W^{2}"),
    (Symbol("C"), "C", "C", "C"),
    (Symbol("C", example=7), "C⁽⁷⁾", "C__7", "C^{(7)}"),
])
def test_a_symbol_is_drawn_typed_and_set_as_in_the_paper(symbol, drawn, typed, tex):
    assert (str(symbol), symbol.ascii, symbol.tex) == (drawn, typed, tex)
    assert parse(drawn) == parse(typed) == symbol


@given(symbols)
def test_both_forms_of_every_symbol_are_read_back(symbol):
    assert parse(str(symbol)) == symbol
    assert parse(symbol.ascii) == symbol


@given(symbols)
def test_the_ascii_form_is_an_identifier(symbol):
    assert symbol.ascii.isascii() and symbol.ascii.isidentifier()


@given(symbols, symbols)
def test_different_symbols_have_different_names(one, other):
    assert (str(one) == str(other)) == (one.ascii == other.ascii) == (one.tex == other.tex) == (one == other)


@pytest.mark.parametrize("text", ["", "2", "w 2", "w2-1-3", "²₁", "w2_1_", "_w2", "total loss", "z²_1"])
def test_text_that_is_no_name_is_none(text):
    assert parse(text) is None


def test_a_symbol_of_an_example_and_of_none():
    assert Symbol("z", 2, (1,)).of_example(7) == Symbol("z", 2, (1,), 7)
    assert Symbol("z", 2, (1,), 7).of_example(None) == Symbol("z", 2, (1,))


def test_find_takes_either_form_a_symbol_or_a_label():
    net = MLP(2, [3, 1], seed=1)
    forward = net.forward([0.5, -0.5])
    cost = quadratic(forward.output, [1.0])
    root = cost * 2
    root.label = "twice the cost"
    for name in ("z2_1", "z²₁", Symbol("z", 2, (1,))):
        assert find(root, name) is forward.z[2][0]
    for name in ("w2_1_2", "w²₁₂"):
        assert find(root, name) is net["w2_1_2"]
    assert find(root, "x2") is find(root, "x₂") is forward.x[1]
    assert find(root, "C") is cost
    assert find(root, "twice the cost") is root


def test_find_by_a_label_that_only_looks_like_a_name():
    a1, loss = Value(2.0, "a1"), Value(3.0, "loss")
    root = a1 * loss
    assert find(root, "a1") is a1
    assert find(root, "loss") is loss


def test_a_name_that_several_examples_of_a_batch_share_is_an_error_that_lists_them():
    net = MLP(2, [3, 1], seed=1)
    examples = [([0.5, -0.5], [1.0]), ([1.0, 0.0], [0.0]), ([0.0, 1.0], [1.0])]
    root = mean_cost(net, examples, quadratic)
    with pytest.raises(UnknownName) as raised:
        find(root, "z2_1")
    for name in ("3 nodes", "z2_1", "z2_1__1", "z2_1__2", "z2_1__3"):
        assert name in str(raised.value)
    assert find(root, "z2_1__2").label == Symbol("z", 2, (1,), 2)
    assert find(root, "z²₁⁽²⁾") is find(root, "z2_1__2")
    assert find(root, "w2_1_1") is net["w2_1_1"]  # the parameters are every example's


def test_many_nodes_of_one_label_are_listed_up_to_five():
    root = sum(Value(float(k), "same") for k in range(8))
    with pytest.raises(UnknownName, match=r"8 nodes are named same: (same#\d = [^,]+, ){5}…; say which one"):
        find(root, "same")


def test_a_name_that_no_node_has_is_an_error():
    with pytest.raises(UnknownName, match="no node of this graph is named z9_1") as raised:
        find(MLP(2, [1], seed=1)([0.5, 0.5]), "z9_1")
    assert isinstance(raised.value, KeyError)
