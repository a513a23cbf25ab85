"""Whatever the numbers and the labels are: the drawing is well-formed, and they are text in it."""

import random
import re
from fractions import Fraction

import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import Value
from micrograd_paper.drawing.draw import draw
from micrograd_paper.engine import topological_order
from micrograd_paper.reading.parts import above, around, between, collapsed
from tests.drawing.graphs import assert_is_whole, nodes, of_class, parsed, text_of
from tests.strategies import few_examples

pytestmark = pytest.mark.usefixtures("nameless")

# Numbers of every kind.

class Unprintable(Fraction):
    def __repr__(self):
        raise RuntimeError("no text")

    __str__ = __repr__


t = sympy.Symbol("t")


@pytest.mark.parametrize("number, shown", [
    (float("nan"), "nan"), (float("-inf"), "−inf"), (-1.23456e-7, "−1.235e−7"), (123456.0, "1.235e5"), (-0.0, "−0"),
    (7, "7"), (10**40, "1e40"), (10**5000, "<int>"), (True, "True"), (1 - 2j, "1−2j"), (Fraction(-1, 3), "−1/3"),
    (Fraction(10**20, 10**20 + 1), "1"), (Unprintable(1, 2), "0.5"), (sympy.Rational(1, 3), "1/3"),
    (sympy.sin(t) ** 2, "sin(t)**2"), (sympy.expand((t + 1) ** 9), "t**9 + 9*t**8 +…"),
    (numpy.array([1 / 3, -2.0]), "[0.3333, −2]"), (numpy.zeros(1000), "[0, 0, 0, 0, 0,…"),
], ids=lambda thing: thing if isinstance(thing, str) else type(thing).__name__)
def test_every_kind_of_number_is_shown_in_short(number, shown):
    leaf = Value(number, "q")
    picture = parsed(draw(leaf))
    assert_is_whole(picture, leaf)
    assert text_of(of_class(picture, "value")[0]) == shown


@pytest.mark.parametrize("number", [
    1e200, float("inf"), float("nan"), Fraction(1, 3), sympy.Symbol("t"), numpy.array([1.0, 2.0]), 1 + 2j,
])
def test_gradients_of_every_kind_are_drawn(number):
    root = Value(number, "p") * Value(number) + 1
    root.backward()
    picture = parsed(draw(root))
    assert_is_whole(picture, root)
    assert len(of_class(picture, "gradient")) == len(topological_order(root))


# Hostile labels.

HOSTILE = {
    "script": "<script>alert(1)</script>", "entity": "&#955; &amp; &lt;", "quotes": "\"'><g onload=\"alert(1)\">",
    "records": "{a|b}<f0>\\N\\G", "cdata": "]]><![CDATA[", "comment": "<!-- --", "emoji": "👩‍🔬 🎉", "empty": "",
    "NUL": "a\0b", "controls": "a\nb\tc\x1b[31m\x7f", "right to left": "a\u202egnp.exe\u2066", "surrogate": "a\ud800b",
    "noncharacter": "a\ufffeb\uffff", "long": "x1" * 5000, "digits": "x" + "1" * 5000, "template": "{0} %s $s ${paper}",
    "lines": "a\u2028b\u2029c", "hebrew": "שלום", "style": "</style><style>*{display:none}</style>",
}


@pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_label_is_text(label):
    root = Value(1.0, label) * Value(2.0, label)
    root.label = label
    root.backward()
    picture = parsed(draw(root, title=label, derivatives=True))
    assert_is_whole(picture, root)
    harmless = "".join(c for c in label if c.isprintable() or c == " ")
    for element in nodes(picture).values():
        shown = "".join(text_of(text) for text in of_class(element, "label") + of_class(element, "symbol"))
        assert len(shown) <= 40
        assert bool(shown) == bool(label)
        assert not re.search("[\0-\x1f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", text_of(element).replace("\n", ""))
        if harmless == label:
            assert shown == label or (len(label) > 40 and shown == label[:39] + "…")
            assert label in element[0].text


@few_examples(10)
@given(st.lists(st.text(st.characters(), max_size=60), min_size=1, max_size=20))  # surrogates among them
def test_no_label_breaks_the_drawing(labels):
    root = Value(1.0)
    for label in labels:
        root = root + Value(1.0, label)
        root.label = label
    assert_is_whole(parsed(draw(root, derivatives=True)), root)


def test_labels_that_are_taken_get_a_suffix():
    root = Value(1.0, "x1") + Value(2.0, "x1") + Value(3.0, "n1") + Value(4.0, "inputs") + Value(5.0, "x1-2")
    found = nodes(parsed(draw(root)))
    assert set(found) == {"x1", "x1-2", "n1", "inputs", "x1-2-2", "n1-2", "n2", "n3", "n4"}


def named_at_random(seed):
    """A graph in which nodes have names of a network in any order, more than one of them the same."""
    pick = random.Random(seed)
    names = ["w{}_{}_{}", "b{}_{}", "z{}_{}", "a{}_{}", "x{}", "y{}", "C", "h[{}]"]
    values = [Value(pick.uniform(-1, 1)) for _ in range(pick.randint(2, 30))]
    for _ in range(pick.randint(3, 120)):
        a, b = (pick.choice(values[-pick.choice([3, 10, 400]):]) for _ in "ab")
        values.append(pick.choice([a.__mul__, a.__add__, a.__sub__])(b) if pick.random() < 0.7 else a.tanh())
    root = sum(values[-pick.randint(1, 20):], Value(0.0))
    for node in topological_order(root):
        if pick.random() < 0.7:
            node.label = pick.choice(names).format(*(pick.randint(1, each) for each in (3, 12, 12)))
    root.backward()
    return root, pick.choice(topological_order(root)), pick.randint(0, 6)


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("seed", range(12))
def test_names_of_a_network_in_any_order_are_drawn(seed, direction):
    root, node, steps = named_at_random(seed)
    for part in (root, around(root, node, steps), above(root, steps), collapsed(root), collapsed(root, 2),
                 between(root, node)):
        assert parsed(draw(part, direction=direction, derivatives=steps % 2 == 1, seconds=60)) is not None
    assert draw(root, step=1).svg
