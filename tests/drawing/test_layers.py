"""One box a layer: shapes and norms are those of the network, and every text has room."""

import math
from fractions import Fraction
from xml.etree import ElementTree

import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, cross_entropy, quadratic
from micrograd_paper.costs import mean_cost
from micrograd_paper.display import number_text
from micrograd_paper.drawing import layers
from micrograd_paper.drawing.style import NUMBER_SIZE, SCALE_SIZE
from micrograd_paper.drawing.svg import width
from micrograd_paper.errors import UsageError
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.gradients import Gradients, Held
from micrograd_paper.reading.names import find
from micrograd_paper.reading.reading import Reading
from tests.drawing.graphs import (
    FLOWER, SVG, atomic, batch, classes, classic_neuron, iris, of_class, symbol_extent, text_of, texts as texts_in,
)
from tests.strategies import few_examples, networks


def picture(root, theme="light", title=None, prefix=""):
    return ElementTree.fromstring(layers.picture(Reading(root), theme, title, prefix))


def by_id(drawn):
    return {element.get("id"): element for element in drawn.iter() if element.get("id")}


def texts(element):
    """[symbol, shape, norm, norm of the gradient]; δ has no norm."""
    return [text_of(text) for text in texts_in(element)]


def exact_numbers(element):
    """‖W²‖ → the number in the tooltip."""
    lines = element[0].text.split("\n")
    return dict(line.split(" = ") for line in lines if line.startswith("‖"))


def root_of_squares(numbers):
    return math.sqrt(sum(Fraction(number) ** 2 for number in numbers))


# What the boxes say.

@few_examples(30)
@given(networks())
def test_norms_and_shapes_are_those_of_the_networks_matrices(network):
    net, x, y = network
    forward = net.forward(x)
    C = quadratic(forward.output, y)
    C.backward()
    found = by_id(picture(C))
    for l, (n, m) in enumerate(zip(net.shape, net.shape[1:]), start=2):
        weights = [w for row in net.weights[l] for w in row]
        for name, shape, nodes in ((f"W{l}", f"{m} × {n}", weights), (f"b{l}", str(m), net.biases[l])):
            size, slope = (root_of_squares(numbers) for numbers in zip(*((v.data, v.grad) for v in nodes)))
            assert texts(found[name])[1] == shape
            shown = [float(number) for number in exact_numbers(found[name]).values()]
            assert shown == pytest.approx([size, slope], rel=1e-14, abs=0)
        delta = root_of_squares([z.grad for z in forward.z[l]])
        shown = float(exact_numbers(found[f"delta{l}"])[f"‖{Symbol('delta', l)}‖"])
        assert shown == pytest.approx(delta, rel=1e-14, abs=0)


def test_a_row_shows_symbol_shape_norm_and_the_norm_of_the_gradient():
    C = iris()
    W = [find(C, f"w2_{j}_{k}") for j in (1, 2, 3) for k in (1, 2, 3, 4)]
    z = [find(C, f"z2_{j}") for j in (1, 2, 3)]
    found = by_id(picture(C))
    assert texts(found["W2"]) == [
        "W2", "3 × 4", number_text(root_of_squares(w.data for w in W)), number_text(root_of_squares(w.grad for w in W)),
    ]
    assert texts(found["delta2"]) == ["δ2", "3", number_text(root_of_squares(v.grad for v in z))]
    assert texts(found["x"]) == ["x", "4", number_text(root_of_squares(FLOWER))]
    assert texts(found["a1"]) == ["a1", "4"]
    assert texts(found["a3"]) == ["a3", "3"]
    assert texts(found["C"]) == ["C", number_text(C.data)]


def test_tooltips_have_the_exact_norms_and_the_equation():
    found = by_id(picture(iris()))
    lines = found["W2"][0].text.split("\n")
    assert lines[0] == "W² has the shape 3 × 4"
    assert [line.split(" = ")[0] for line in lines[1:]] == ["‖W²‖", "‖∂C/∂W²‖", "∂C/∂w"]
    assert "(24)" in lines[-1]
    assert "(15)" in found["delta3"][0].text
    assert "(23)" in found["b3"][0].text


def test_ids_and_classes_name_what_is_drawn():
    drawn = picture(iris())
    assert set(by_id(drawn)) == {
        "inputs", "x", "a1", "layer-2", "W2", "b2", "delta2", "a2", "layer-3", "W3", "b3", "delta3", "a3", "C",
    }
    assert set(by_id(picture(iris(), prefix="p."))) == {f"p.{name}" for name in by_id(drawn)}
    assert classes(by_id(drawn)["C"])[:2] == ["node", "cost"]
    assert [text.text for text in of_class(drawn, "title")][:3] == ["inputs", "layer 2", "layer 3 · output"]


@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"activation": "linear"}, {"activation": "relu"}], ids=str)
def test_networks_of_every_make_give_the_same_boxes(options):
    assert set(by_id(picture(iris(**options)))) == set(by_id(picture(iris())))


def test_the_largest_norm_has_the_strongest_colour():
    C = iris()
    drawn = picture(C)
    sizes = {}
    for name in ("W2", "b2", "delta2", "W3", "b3", "delta3"):
        shade = classes(of_class(by_id(drawn)[name], "pill")[0])[1]
        sizes[name] = float(list(exact_numbers(by_id(drawn)[name]).values())[-1]), shade
    largest = max(size for size, _ in sizes.values())
    for size, shade in sizes.values():
        steps = sum(size / largest >= step for step in (0.01, 0.0316, 0.1, 0.316))
        assert shade == (f"plus-{steps}" if steps else "zero")
    assert f"{largest:.2g}" in text_of(of_class(drawn, "legend")[0])


def test_without_a_backward_pass_the_pills_are_dashed():
    drawn = picture(iris(backward=False))
    assert not of_class(drawn, "gradient")
    assert [text.text for text in of_class(drawn, "absent")] == ["–"] * (6 + 1)  # the legend's
    assert "gradient not computed" in by_id(drawn)["W2"][0].text


def test_a_network_without_a_cost_ends_in_its_neuron():
    drawn = picture(MLP(4, [3, 3], seed=1).forward(FLOWER)["a3_2"])
    assert texts(by_id(drawn)["W3"])[1] == "1 × 3"
    assert classes(by_id(drawn)["a3_2"])[1] == "activation"


def test_a_graph_that_begins_with_activations_shows_them_as_given():
    net = MLP(1, [2, 1], seed=1)
    a = [Value(3.0, Symbol("a", 2, (1,))), Value(4.0, Symbol("a", 2, (2,)))]
    C = quadratic(net.layers[1].forward(a)[1], [0.0])
    found = by_id(picture(C))
    assert texts(found["layer-2"]) == ["layer 2", "a2", "2", "5"]
    assert texts(found["W3"])[1] == "1 × 2"


def test_in_a_batch_a_vector_has_a_column_for_each_example():
    C = batch()
    found = by_id(picture(C))
    assert [texts(found[name])[1] for name in ("x", "a2", "delta2", "W2", "b2")] == [
        "4 × 3", "3 × 3", "3 × 3", "3 × 4", "3",
    ]
    z = [find(C, f"z2_{j}__{i}").grad for j in (1, 2, 3) for i in (1, 2, 3)]
    assert texts(found["delta2"])[2] == number_text(root_of_squares(z))


def test_where_the_cost_is_taken_from_the_logits_z_leaves_the_last_layer():
    C = mean_cost(MLP(4, [3, 3], seed=1), [(FLOWER, [1, 0, 0]), (FLOWER, [0, 1, 0])], cross_entropy, alpha=0.5)
    found = set(by_id(picture(C)))
    assert "z3" in found
    assert "a3" not in found


# Numbers.

@few_examples(20)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2))
def test_norms_of_huge_and_of_tiny_numbers_are_right(numbers):
    C = quadratic(MLP(2, [1], seed=1).forward([1.0, 2.0]).output, [0.0])
    for k, number in enumerate(numbers, start=1):
        find(C, f"w2_1_{k}").data = number
    shown = float(exact_numbers(by_id(picture(C))["W2"])["‖W²‖"])
    exact = sum(Fraction(number) ** 2 for number in numbers)
    below, above = (math.nextafter(math.nextafter(shown, end), end) for end in (0, math.inf))
    assert Fraction(below) ** 2 <= exact
    assert above == math.inf or Fraction(above) ** 2 >= exact


@pytest.mark.parametrize("number, shown", [
    (math.nan, "nan"), (math.inf, "inf"), (-math.inf, "inf"), (1e308, "1e308"), (7, "7"), (3 - 4j, "5"),
    (Fraction(-1, 2), "0.5"), (sympy.Symbol("t"), "–"), (numpy.array([3.0, 4.0]), "5"), (10**400, "–"), (True, "1"),
], ids=str)
def test_norms_of_every_kind_of_number_are_shown(number, shown, monkeypatch):
    monkeypatch.setattr(Gradients, "of", lambda self, node: Held(node.grad, True, ""))  # as if a pass had given it
    C = iris()
    for node in Reading(C).nodes:
        node.data = node.grad = 0.0
    for name in ("w2_1_1", "x1", "z2_1", "a2_1", "C"):
        find(C, name).data = number
    C.grad = 1.0
    find(C, "w2_1_1").grad = find(C, "z2_1").grad = number
    found = by_id(picture(C))
    assert texts(found["W2"])[2:] == [shown, shown]
    assert texts(found["delta2"])[2] == texts(found["x"])[2] == shown


# Room.

@pytest.mark.parametrize("root", [
    iris, batch, atomic, lambda: MLP(1, [1], seed=1).forward([-1e-300]).output[0],
    lambda: quadratic(MLP(30, [120, 1], seed=1).forward([1e307] * 30).output, [0.0]),
    lambda: mean_cost(MLP(1, [120, 1], seed=1), [([1.0], [0.0])] * 20, quadratic), lambda: Value(1.0, "a3_1") ** 2,
], ids=["iris", "batch", "atomic", "one neuron", "large", "many examples", "long title"])
def test_texts_do_not_touch_and_fit_their_boxes(root):
    drawn = picture(root())
    graph = of_class(drawn, "graph")[0]
    right = 0.0
    for box in of_class(graph, "layer"):
        frame = of_class(box, "outline")[0]
        left, end = float(frame.get("x")), float(frame.get("x")) + float(frame.get("width"))
        assert left >= right  # boxes stand side by side
        right = end
        for row in of_class(box, "row"):
            at = left
            for text in texts_in(row):
                low, high = extent(text)
                assert low > at
                at = high
            assert at < end
            for rect in row.findall(f"{SVG}rect"):
                assert float(rect.get("x")) + float(rect.get("width")) < end
        title = of_class(box, "title")[0]
        half = NUMBER_SIZE * width(title.text) / 2
        assert float(title.get("x")) - half > left and float(title.get("x")) + half < end
    boxes = sorted(
        (float(part.get("x")), float(part.get("x")) + float(part.get("width"))) for part in of_class(graph, "outline")
    )
    for output, (_, start), (end, _) in zip(of_class(graph, "output"), boxes, boxes[1:]):
        for text in texts_in(output):
            low, high = extent(text)
            assert start < low and high < end
    assert boxes[-1][1] < float(drawn.get("width"))


def extent(text):
    """From x to x, in the widest font."""
    kinds = classes(text)
    if {"symbol", "delta"} & set(kinds):
        return symbol_extent(text, width)
    x, wide = float(text.get("x")), (SCALE_SIZE if "small" in kinds else NUMBER_SIZE) * width(text.text)
    if {"value", "gradient"} & set(kinds):
        return x - wide, x
    return (x - wide / 2, x + wide / 2) if {"centred", "absent"} & set(kinds) else (x, x + wide)


def test_a_large_network_is_drawn_from_all_its_weights():
    net = MLP(200, [30, 10], seed=1)
    C = quadratic(net.forward([0.5] * 200).output, [0.0] * 10)
    C.backward()
    size = root_of_squares(w.data for row in net.weights[2] for w in row)
    assert texts(by_id(picture(C))["W2"])[1:3] == ["30 × 200", number_text(size)]


# Refused, hostile, the same.

def test_a_graph_that_is_no_network_is_refused_in_one_line():
    with pytest.raises(UsageError, match=r'^detail="layers" .* expected detail="operations"$'):
        picture(classic_neuron())


HOSTILE = ["<script>", "a\x00\ud800\u202eb", "&#955;\"'{|}", "x" * 10000, "\n", "🙂"]


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_labels_are_text(label):
    C = quadratic(MLP(2, [1], seed=1).forward([Value(1.0, label), 2.0]).output, [0.0])
    C.label = label
    drawn = picture(C, "auto", label)
    assert {element.tag for element in drawn.iter()} <= {
        SVG + name for name in ("svg", "title", "desc", "style", "g", "rect", "path", "text", "tspan")
    }


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_the_same_graph_gives_the_same_bytes(theme):
    graph = Reading(iris())
    first = layers.picture(graph, theme, "One flower", "")
    assert layers.picture(graph, theme, "One flower", "") == first
    assert layers.picture(Reading(iris()), theme, "One flower", "") == first
    assert ("prefers-color-scheme" in first) == (theme == "auto")


def test_a_screen_reader_is_told_what_the_picture_shows():
    drawn = picture(iris())
    assert drawn.get("role") == "img"
    assert drawn[0].text == "The layers of the network 4-3-3, C"
    assert drawn[1].text.startswith("From left to right, inputs: x 4 with norm 6.345")
    assert "layer 2: W² 3 × 4 with norm " in drawn[1].text
