"""Figure 4: a circle for each neuron, a line for each weight, a pill for each δ, and nothing on top of another."""

import math
import re
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, cross_entropy, quadratic
from micrograd_paper.costs import batch_cost, l2_penalty, mean_cost
from micrograd_paper.drawing import neurons
from micrograd_paper.drawing.draw import MOST_NEURONS, draw
from micrograd_paper.drawing.network_marks import NetworkPicture, short
from micrograd_paper.drawing.placing.neuron_layout import COLUMN_GAP, PLAIN, PILL_HEIGHT, plan
from micrograd_paper.drawing.style import COLOURS, NUMBER_SIZE, SYMBOL_SIZE, contrast
from micrograd_paper.drawing.svg import symbol_width, width
from micrograd_paper.errors import NotAValue, UsageError
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.gradients import Gradients, Held
from micrograd_paper.reading.names import find
from micrograd_paper.reading.network import Network
from micrograd_paper.reading.reading import Reading
from tests.drawing.graphs import (
    FLOWER, SVG, atomic, batch, classes, classic_neuron, iris, of_class, symbol_extent, text_of,
)
from tests.strategies import few_examples, networks


def picture(root, theme="light", title=None, prefix="", derivatives=False):
    return ElementTree.fromstring(neurons.picture(Reading(root), theme, title, prefix, derivatives, MOST_NEURONS))


def by_id(drawn):
    return {element.get("id"): element for element in drawn.iter() if element.get("id")}


def lines(drawn):
    """id → the visible line of each weight."""
    return {element.get("id"): of_class(element, "line")[0] for element in of_class(drawn, "weight")}


def middle(element):
    circle = element.find(f"{SVG}circle")
    return float(circle.get("cx")), float(circle.get("cy"))


def circles(drawn):
    neurons = {name: part for name, part in by_id(drawn).items() if "node" in classes(part)}
    return {name: middle(part) for name, part in neurons.items() if part.find(f"{SVG}circle") is not None}


def radius(drawn):
    return float(next(drawn.iter(f"{SVG}circle")).get("r"))


def pills(drawn):
    """id → x, y, width, height."""
    return {
        pill.get("id"): tuple(float(of_class(pill, "halo")[0].get(name)) for name in ("x", "y", "width", "height"))
        for pill in of_class(drawn, "delta-pill")
    }


def ends(line):
    x, y, end_x, end_y = map(float, re.findall(r"-?[\d.]+", line.get("d")))
    return (x, y), (end_x, end_y)


def thickness(line):
    return float(line.get("stroke-width"))


def network(shape, cost=quadratic, backward=True, **options):
    net = MLP(shape[0], shape[1:], seed=1, **options)
    C = cost(net.forward([math.sin(k) for k in range(1, shape[0] + 1)]).output, [0.0] * shape[-1])
    if backward:
        C.backward()
    return C


SHAPES = [(4, 3, 3), (2, 3, 1), (5, 4, 1), (1, 1), (8, 9, 8), (3, 12, 2, 4), (64, 30, 10)]


# What is drawn.

@few_examples(30)
@given(networks(), st.booleans())
def test_every_neuron_has_a_circle_every_weight_a_line_and_every_delta_a_pill(drawn_network, derivatives):
    net, x, y = drawn_network
    C = quadratic(net.forward(x).output, y)
    C.backward()
    drawn = picture(C, derivatives=derivatives)
    ids = [element.get("id") for element in drawn.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert set(lines(drawn)) == {symbol.ascii for symbol in net.named if symbol.name == "w"}
    places = [(l, j) for l, size in enumerate(net.shape, start=1) for j in range(1, size + 1)]
    assert set(circles(drawn)) == {f"x{j}" if l == 1 else f"a{l}_{j}" for l, j in places}
    assert set(pills(drawn)) == {f"delta{l}_{j}" for l, j in places if l > 1}


def test_ids_and_classes_name_what_is_drawn():
    found = by_id(picture(iris()))
    assert classes(found["a2_1"])[:2] == ["node", "activation"]
    assert classes(found["x4"])[:2] == ["node", "input"]
    assert classes(found["C"])[:2] == ["node", "cost"]
    assert classes(found["w2_1_3"])[0] == "weight"
    assert {"delta3_3", "inputs", "layer-2", "layer-3", "a3_1--C"} <= set(found)


def test_a_prefix_begins_every_id():
    plain, prefixed = set(by_id(picture(iris()))), set(by_id(picture(iris(), prefix="left-")))
    assert prefixed == {f"left-{name}" for name in plain}


@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"activation": "linear"}, {"activation": "relu"}], ids=str)
def test_networks_of_every_make_give_the_same_marks(options):
    assert set(by_id(picture(iris(**options)))) == set(by_id(picture(iris())))


def test_the_columns_are_titled_with_their_sizes():
    titles = [text.text for text in of_class(picture(iris()), "title")][:3]
    assert titles == ["inputs (4)", "layer 2 (3)", "layer 3 · output (3)"]


def test_numbers_are_the_graphs():
    C = iris()
    found = by_id(picture(C))
    for name, digits in (("x1", 3), ("a3_2", 3)):
        shown = text_of(found[name].findall(f"{SVG}text")[-1])
        assert shown == f"{find(C, name).data:.{digits}g}"
    shown = text_of(of_class(found["delta3_1"], "gradient")[0])
    assert shown == f"{find(C, 'z3_1').grad:.2g}".replace("-", "−")
    assert text_of(of_class(found["C"], "value")[0]) == f"{C.data:.4g}"


def test_tooltips_have_the_exact_numbers_and_the_equations():
    C = iris()
    found = by_id(picture(C))
    w, a, b, z = (find(C, name) for name in ("w2_1_3", "a3_1", "b3_1", "z3_1"))
    assert found["w2_1_3"][0].text.split("\n") == [
        f"w²₁₃ = {w.data!r}", "a leaf: weight", f"∂C/∂w²₁₃ = {w.grad!r}", "∂C/∂w = δ a, (24)", "from x₃ to a²₁",
    ]
    tooltip = found["a3_1"][0].text
    expected = {f"a³₁ = {a.data!r}", f"b³₁ = {b.data!r}", f"∂C/∂b³₁ = {b.grad!r}", "target y₁ = 1.0"}
    assert expected <= set(tooltip.split("\n"))
    assert "(14)" in tooltip
    tooltip = found["delta3_1"][0].text.split("\n")
    assert tooltip[0] == f"δ³₁ = {z.grad!r}"
    assert tooltip[-1] == "z = Σ w a + b, (12); δ = ∂C/∂z, (15) and (16)"


def test_an_atomic_network_and_a_cost_written_out_by_hand_are_drawn():
    found = by_id(picture(atomic()))
    assert {"x3", "a2_2", "a3_1", "w2_2_3", "w3_1_2", "delta3_1", "C"} <= set(found)
    assert text_of(found["x2"].findall(f"{SVG}text")[-1]) == "−1"


def test_a_network_without_a_cost_ends_in_its_neuron():
    forward = MLP(4, [3, 3], seed=1).forward(FLOWER)
    drawn = picture(forward["a3_2"])
    assert set(circles(drawn)) == {"x1", "x2", "x3", "x4", "a2_1", "a2_2", "a2_3", "a3_2"}
    assert not of_class(drawn, "cost")
    assert {f"w3_2_{k}" for k in (1, 2, 3)} <= set(lines(drawn))
    assert not any(name.startswith("w3_1") for name in lines(drawn))


def test_inputs_of_ones_own_stand_where_their_weights_are():
    x = [Value(1.0, "sepal"), Value(2.0, "x1"), Value(3.0)]
    C = quadratic(MLP(3, [2], seed=1).forward(x).output, [0.0, 1.0])
    found = by_id(picture(C))
    assert [text_of(found[f"x{k}"].findall(f"{SVG}text")[-1]) for k in (1, 2, 3)] == ["1", "2", "3"]
    assert found["x1"][0].text.startswith("sepal = 1.0")


def test_an_input_that_is_called_like_a_neuron_is_an_input():
    x = [Value(5.0, "a2_1"), Value(7.0, "z2_2")]
    C = quadratic(MLP(2, [2, 1], seed=1).forward(x).output, [0.0])
    network_of_C = Network(Reading(C), "neurons")
    assert network_of_C.outputs[1, 1] == x[:1]
    assert network_of_C.examples == 1
    assert x[1] not in network_of_C.z[2, 2]


# Lines.

@few_examples(30)
@given(networks(), st.booleans())
def test_a_line_is_thicker_where_the_number_is_larger_and_coloured_by_its_sign(drawn_network, derivatives):
    net, x, y = drawn_network
    C = quadratic(net.forward(x).output, y)
    C.backward()
    drawn = picture(C, derivatives=derivatives)
    shown = {}
    for name, line in lines(drawn).items():
        weight = net[name]
        number = weight.grad if derivatives else weight.data
        shown[name] = abs(number), thickness(line)
        sign = [part for part in classes(by_id(drawn)[name]) if part != "weight"]
        assert sign == (["negative"] if number < 0 else ["positive"] if number > 0 else [])
        assert 0.5 <= thickness(line) <= 5
    ordered = sorted(shown.values())
    assert all(thin <= thick for (_, thin), (_, thick) in pairwise(ordered))
    assert ordered[-1][1] == (5 if ordered[-1][0] else 0.5)


def test_lines_are_the_weights_or_their_gradients_and_the_legend_says_which():
    C = iris()
    weights, gradients = picture(C), picture(C, derivatives=True)
    assert "weight" in text_of(of_class(weights, "legend")[0])
    assert "∂C/∂w" in text_of(of_class(gradients, "legend")[0])
    largest = max((node for node in Reading(C).nodes if Reading(C).roles[node] == "weight"), key=lambda w: abs(w.grad))
    assert thickness(lines(gradients)[largest.label.ascii]) == 5
    assert f"{abs(largest.grad):.2g}" in text_of(of_class(gradients, "legend")[0])


def test_the_legend_shows_only_the_signs_that_occur():
    C = network((1, 1))
    find(C, "w2_1_1").data = 2.0
    legend = of_class(picture(C), "legend")[0]
    assert of_class(legend, "positive")
    assert not of_class(legend, "negative")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_line_joins_the_rims_of_its_circles(shape):
    drawn = picture(network(shape))
    at = circles(drawn)
    for name, line in lines(drawn).items():
        l, j, k = map(int, name[1:].split("_"))
        start, end = ends(line)
        assert math.dist(start, at[f"x{k}" if l == 2 else f"a{l - 1}_{k}"]) == pytest.approx(radius(drawn), abs=0.02)
        assert math.dist(end, at[f"a{l}_{j}"]) == pytest.approx(radius(drawn), abs=0.02)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_lines_can_be_seen(theme):
    colours = COLOURS[theme]
    assert all(contrast(colours[name], colours["paper"]) >= 4 for name in ("negative", "positive"))


# Numbers.

@few_examples(20)
@given(networks(), st.booleans())
def test_a_negative_line_is_dashed_and_each_line_has_its_number(drawn_network, derivatives):
    net, x, y = drawn_network
    C = quadratic(net.forward(x).output, y)
    C.backward()
    drawn = picture(C, derivatives=derivatives)
    held = {name: net[name].grad if derivatives else net[name].data for name in lines(drawn)}
    for name, line in lines(drawn).items():
        assert (line.get("stroke-dasharray") is not None) == (held[name] < 0)
    shown = sorted(text_of(plate[1]) for plate in of_class(drawn, "number"))
    assert shown == (sorted(short(number, 2) for number in held.values()) if len(held) <= 60 else [])


def test_numbered_circles_have_z_a_and_b():
    C = iris()
    found = by_id(picture(C))
    assert text_of(found["z2_1"].findall(f"{SVG}text")[-1]) == short(find(C, "z2_1").data, 3)
    assert text_of(of_class(found["b3_2"], "value")[0]) == short(find(C, "b3_2").data, 3)
    assert found["z2_1"][0].text.startswith(f"z²₁ = {find(C, 'z2_1').data!r}")
    assert "z2_1" not in by_id(picture(network((8, 8, 8))))


@pytest.mark.parametrize("shape", [(4, 3, 3), (4, 8, 3), (2, 30, 2), (7, 8), (1, 1), (30, 2)], ids=str)
def test_numbers_lie_beside_each_other_and_beside_all_else(shape):
    C = network(shape)
    for node in Reading(C).nodes:
        node.grad = -1.2e-300
    for derivatives in (False, True):
        drawn = picture(C, derivatives=derivatives)
        plates = [tuple(float(plate[0].get(name)) for name in ("x", "y", "width", "height"))
                  for plate in of_class(drawn, "number")]
        assert len(plates) == len(lines(drawn))
        chips = [box for name, box in by_id(drawn).items() if name.startswith("b")]
        boxes = [*pills(drawn).values(), *(
            tuple(float(of_class(chip, "fill")[0].get(name)) for name in ("x", "y", "width", "height"))
            for chip in chips)]
        for i, (x, y, wide, high) in enumerate(plates):
            for x2, y2, wide2, high2 in (*plates[i + 1:], *boxes):
                assert x + wide <= x2 or x2 + wide2 <= x or y + high <= y2 + 0.01 or y2 + high2 <= y + 0.01
            for cx, cy in circles(drawn).values():
                nearest = min(max(cx, x), x + wide), min(max(cy, y), y + high)
                assert math.dist(nearest, (cx, cy)) > radius(drawn)


def test_as_many_neurons_are_drawn_as_are_asked_for():
    C = network((2, 12, 2))
    for most, shown in ((3, {1, 12}), (11, {*range(1, 10), 12}), (12, set(range(1, 13)))):
        drawn = ElementTree.fromstring(draw(C, detail="neurons", max_neurons=most).svg)
        assert {name for name in circles(drawn) if name.startswith("a2")} == {f"a2_{j}" for j in shown}
    for wrong in (2, 0, 3.5, "8", None):
        with pytest.raises(UsageError, match="max_neurons of 3 or more"):
            draw(C, detail="neurons", max_neurons=wrong)


# Gradients that are not computed.

def test_without_a_backward_pass_there_are_dashed_pills_and_no_gradient_lines():
    C = iris(backward=False)
    drawn = picture(C, derivatives=True)
    assert not lines(drawn)
    assert not of_class(drawn, "gradient")
    assert [text.text for text in of_class(drawn, "absent")] == ["–"] * (6 + 1)  # the legend's
    assert "gradient not computed" in by_id(drawn)["delta2_1"][0].text
    assert len(lines(picture(C))) == 21


def test_a_delta_of_0_is_a_number():
    C = quadratic(MLP(2, [1], "linear", seed=1).forward([0.0, 0.0]).output, [0.0])
    C.backward()
    found = by_id(picture(C))
    assert text_of(of_class(found["delta2_1"], "gradient")[0]) == "0"


# Room.

def distance_to_line(point, line):
    (x, y), (end_x, end_y) = ends(line)
    length = math.dist((x, y), (end_x, end_y))
    along = ((point[0] - x) * (end_x - x) + (point[1] - y) * (end_y - y)) / length
    along = min(max(along, 0), length)
    return math.dist(point, (x + (end_x - x) * along / length, y + (end_y - y) * along / length))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_nothing_overlaps(shape):
    drawn = picture(network(shape))
    at, boxes = circles(drawn), pills(drawn)
    names = sorted(at)
    for i, name in enumerate(names):
        assert all(math.dist(at[name], at[other]) > 2 * radius(drawn) + PILL_HEIGHT for other in names[i + 1:])
    for name, (x, y, wide, high) in boxes.items():
        for other, (cx, cy) in at.items():
            nearest = min(max(cx, x), x + wide), min(max(cy, y), y + high)
            assert math.dist(nearest, (cx, cy)) > radius(drawn) + 1, (name, other)
        for other, (x2, y2, wide2, high2) in boxes.items():
            assert name == other or x + wide < x2 or x2 + wide2 < x or y + high < y2 or y2 + high2 < y
    for name, line in lines(drawn).items():
        l, j, k = map(int, name[1:].split("_"))
        own = {f"x{k}" if l == 2 else f"a{l - 1}_{k}", f"a{l}_{j}"}
        for other, point in at.items():
            assert other in own or distance_to_line(point, line) - thickness(line) / 2 > radius(drawn), (name, other)


def test_columns_keep_their_distance_whatever_stands_in_the_pills():
    C = network((3, 12, 12))
    for node in Reading(C).nodes:
        node.grad = -1.2e-300
    found = plan(NetworkPicture(Network(Reading(C), "neurons"), ""), False, MOST_NEURONS)
    left, right = found.columns[1], found.columns[2]
    assert right.x - right.half - (left.x + left.half) >= COLUMN_GAP


@pytest.mark.parametrize("data", [-0.98765, -1.2345e-7, 1.5e300, 123456.0, Fraction(-1, 3), 2 + 3j, -math.inf], ids=str)
def test_symbol_and_number_fit_the_circle(data):
    C = network((3, 120, 1))
    find(C, "a2_120").data = data
    drawn = picture(C)
    element = by_id(drawn)["a2_120"]
    x, y = middle(element)
    number = element.findall(f"{SVG}text")[-1]
    half, low = float(number.get("font-size")) * width(number.text) / 2, float(number.get("y"))
    assert math.hypot(half, low - y) <= radius(drawn)
    left, right = symbol_extent(of_class(element, "symbol")[0], lambda text: 0.55 * len(text))
    assert left + right == pytest.approx(2 * x, abs=3)


@pytest.mark.parametrize("symbol", [Symbol("x", None, (999999,)), Symbol("a", 999999, (999999,))], ids=str)
def test_the_longest_index_that_a_name_may_have_fits_the_circle(symbol):
    assert symbol_width(symbol, SYMBOL_SIZE) <= 2 * math.sqrt(PLAIN.radius**2 - 16**2)


def test_pills_lie_above_the_lines():
    svg = neurons.picture(Reading(iris()), "light", None, "", False, MOST_NEURONS)
    assert svg.index('class="line"') < svg.index('class="halo"')
    assert max(match.start() for match in re.finditer('<g id="w', svg)) < svg.index('<g id="delta')


def test_everything_lies_inside_the_picture():
    for shape in SHAPES:
        drawn = picture(network(shape))
        wide, high = float(drawn.get("width")), float(drawn.get("height"))
        shift = float(re.findall(r"[\d.]+", of_class(drawn, "graph")[0].get("transform"))[0])
        for x, y in circles(drawn).values():
            assert x - radius(drawn) + shift > 0 and x + radius(drawn) + shift < wide
            assert y - radius(drawn) > 0 and y + PLAIN.drop + PILL_HEIGHT + shift < high
        for text in of_class(of_class(drawn, "graph")[0], "title"):
            half = NUMBER_SIZE * width(text.text) / 2
            assert shift + float(text.get("x")) - half >= 0


# Large layers.

@pytest.mark.parametrize("n, shown", [
    (7, range(1, 8)), (8, range(1, 9)), (9, [1, 2, 3, 4, 5, 6, 9]), (30, [1, 2, 3, 4, 5, 6, 30]),
])
def test_of_more_than_eight_neurons_the_first_six_and_the_last_are_drawn(n, shown):
    drawn = picture(network((2, n, 2)))
    assert {name for name in circles(drawn) if name.startswith("a2")} == {f"a2_{j}" for j in shown}
    assert {name for name in lines(drawn) if name.startswith("w3_1")} == {f"w3_1_{j}" for j in shown}
    elided = of_class(drawn, "elided")
    assert bool(elided) == (n > 8)
    if elided:
        assert elided[0][0].text == f"{n - 7} neurons, 7 to {n - 1}, are not drawn"


# Batches.

def test_a_circle_of_a_batch_shows_the_mean_and_its_pill_the_gradient_of_the_bias():
    C = batch()
    drawn = picture(C)
    found = by_id(drawn)
    average = math.fsum(find(C, f"a2_1__{i}").data for i in (1, 2, 3)) / 3
    assert text_of(found["a2_1"].findall(f"{SVG}text")[-1]) == f"{average:.3g}"
    assert found["a2_1"][0].text.startswith(f"a²₁, the mean over 3 examples, = {average!r}\na²₁⁽¹⁾ = ")
    assert text_of(of_class(found["delta2_1"], "delta")[0]) == "Σδ21"
    assert found["delta2_1"][0].text.split("\n")[0].startswith("Σ δ²₁ over 3 examples = ")
    assert "∂C/∂b = δ, (23)" in found["delta2_1"][0].text
    words = text_of(of_class(drawn, "legend")[0])
    assert "means over 3 examples" in words
    assert "Σδ over 3 examples" in words
    assert "summed over 3 examples" in drawn.find(f"{SVG}desc").text


@few_examples(20)
@given(networks(), st.lists(st.floats(-2, 2), min_size=1, max_size=4))
def test_the_sum_of_delta_over_a_batch_is_the_gradient_of_the_bias(drawn_network, scales):
    net, x, y = drawn_network
    C = mean_cost(net, [([scale * x_k for x_k in x], y) for scale in scales], quadratic)
    C.backward()
    network_of_batch = Network(Reading(C), "neurons")
    picture = NetworkPicture(network_of_batch, "")
    for (l, j), bias in network_of_batch.biases.items():
        terms = [abs(node.grad) for node in network_of_batch.z[l, j]]
        assert abs(picture.delta((l, j)) - bias.grad) <= 1e-12 * sum(terms)
        assert len(network_of_batch.outputs[l, j]) == len(scales)
    for (layer, k), nodes in network_of_batch.outputs.items():
        if layer == 1:
            assert [node.data for node in nodes] == [scale * x[k - 1] for scale in scales]


def test_an_input_that_examples_share_counts_once_for_each_of_them():
    net = MLP(1, [2, 1], seed=1)
    shared, own = Value(1.0), Value(4.0)
    forwards = [net.forward([shared], 1), net.forward([shared], 2), net.forward([own], 3)]
    C = batch_cost(forwards, [[0.0], [1.0], [0.0]], quadratic)
    assert text_of(by_id(picture(C))["x1"].findall(f"{SVG}text")[-1]) == "2"


def test_where_the_cost_is_taken_from_the_logits_the_last_circles_are_z():
    C = mean_cost(MLP(4, [3, 3], seed=1), [(FLOWER, [1, 0, 0]), (FLOWER, [0, 1, 0])], cross_entropy, alpha=0.5)
    C.backward()
    drawn = picture(C)
    assert set(circles(drawn)) == {
        "x1", "x2", "x3", "x4", "a2_1", "a2_2", "a2_3", "z3_1", "z3_2", "z3_3",
    }
    assert classes(by_id(drawn)["z3_1"])[1] == "weighted-input"
    assert len(lines(drawn)) == 21


@pytest.mark.parametrize("options", [{}, {"atomic": True}], ids=str)
def test_a_penalty_written_by_hand_is_no_part_of_the_network(options):
    net = MLP(2, [2, 1], seed=1, **options)
    weights = [w for rows in net.weights.values() for row in rows for w in row]
    plain = quadratic(net.forward([1.0, 2.0]).output, [0.0])
    for penalty in (l2_penalty(weights, 0.1, 1), sum(w * w for w in weights), sum(w * 3.0 for w in weights)):
        C = plain + penalty
        C.backward()
        drawn = picture(C)
        assert set(circles(drawn)) == {"x1", "x2", "a2_1", "a2_2", "a3_1"}
        assert text_of(by_id(drawn)["x1"].findall(f"{SVG}text")[-1]) == "1"


# Graphs that are no network, and hostile ones.

@pytest.mark.parametrize("root", [
    classic_neuron, lambda: Value(1.0) * 2, lambda: Value(1.0, "w2_1_1") ** 2, lambda: Value(1.0, "b2_1") + 1,
])
def test_a_graph_that_is_no_network_is_refused_in_one_line(root):
    with pytest.raises(UsageError, match=r'^detail="neurons" .* expected detail="operations"$'):
        picture(root())


def test_two_networks_are_refused():
    left, right = (MLP(2, [1], seed=seed).forward([1.0, 2.0]).output[0] for seed in (1, 2))
    with pytest.raises(UsageError, match="several nodes named w2_1_1"):
        picture(left * right)


def test_what_is_no_value_is_refused():
    with pytest.raises(NotAValue):
        picture(1.0)


REAL = [1e308, 5e-324, -0.0, 7, True, Fraction(-1, 3), sympy.Rational(1, 3), numpy.float64(0.1)]
NOT_REAL = [
    math.nan, math.inf, -math.inf, 10**400, 1 - 2j, sympy.sin(sympy.Symbol("t")) ** 99, numpy.array([1.0, 2.0]),
]


@pytest.mark.parametrize("number", REAL + NOT_REAL, ids=lambda thing: type(thing).__name__)
@pytest.mark.parametrize("derivatives", [False, True])
def test_numbers_of_every_kind_are_drawn_but_a_line_needs_a_real_one(number, derivatives, monkeypatch):
    monkeypatch.setattr(Gradients, "of", lambda self, node: Held(node.grad, True, ""))  # as if a pass had given it
    C = network((2, 9, 2))
    for name in ("x1", "w2_1_1", "b2_1", "z2_1", "a2_1", "a3_1", "C"):
        find(C, name).data = number
    for name in ("x1", "w2_1_1", "z2_1"):
        find(C, name).grad = number
    drawn = picture(C, derivatives=derivatives)
    assert {"x1", "a2_1", "delta2_1", "C"} <= set(by_id(drawn))
    assert ("w2_1_1" in lines(drawn)) == any(number is real for real in REAL)
    assert "nan" not in "".join(line.get("stroke-width") + line.get("d") for line in lines(drawn).values())


HOSTILE = ["<script>alert(1)</script>", "a\x00\x1b\ud800\u202eb", "&#955;\"'\\{|}", "x" * 10000, "\n\n", "🙂"]


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_labels_are_text(label):
    C = quadratic(MLP(2, [1], seed=1).forward([Value(1.0, label), 2.0]).output, [Value(1.0, label)])
    C.label = label
    svg = neurons.picture(Reading(C), "auto", label, "", False, MOST_NEURONS)
    drawn = ElementTree.fromstring(svg)
    assert {element.tag for element in drawn.iter()} <= {
        SVG + name for name in ("svg", "title", "desc", "style", "g", "rect", "path", "circle", "text", "tspan")
    }
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", name, re.ASCII) for name in by_id(drawn))


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_the_same_graph_gives_the_same_bytes(theme):
    C = iris()
    graph = Reading(C)
    first = neurons.picture(graph, theme, "One flower", "", True, MOST_NEURONS)
    assert neurons.picture(graph, theme, "One flower", "", True, MOST_NEURONS) == first
    assert neurons.picture(Reading(iris()), theme, "One flower", "", True, MOST_NEURONS) == first
    assert ("prefers-color-scheme" in first) == (theme == "auto")


def test_a_screen_reader_is_told_what_the_picture_shows():
    drawn = picture(iris())
    assert drawn.get("role") == "img"
    assert drawn[0].text == "The network 4-3-3, C"
    assert drawn[1].text.startswith("A network 4-3-3, from left to right: inputs (4), layer 2 (3), ")
    assert picture(iris(), title="One flower")[0].text == "One flower"
