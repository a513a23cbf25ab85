"""A drawing shows every node of a graph once, with its number and its gradient."""

import base64
import itertools
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, cross_entropy, quadratic
from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.drawing.draw import draw, draw_within
from micrograd_paper.drawing.svg import number_width
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import StaleGraphWarning, UsageError
from micrograd_paper.reading.names import find
from micrograd_paper.reading.reading import Reading
from tests.drawing.graphs import (
    SVG, assert_is_whole, atomic, batch, classes, classic_neuron, iris, nodes, of_class, parsed, text_of, texts,
)
from tests.strategies import expressions, few_examples, networks

pytestmark = pytest.mark.usefixtures("nameless")

# Every node, once.

@few_examples(10)
@given(expressions())
def test_every_node_of_a_random_expression_has_one_element_with_its_own_id(expression):
    root = expression.value([Value(x) for x in expression.leaves])
    root.backward()
    assert_is_whole(parsed(draw(root)), root)


@few_examples(10)
@given(networks())
def test_every_node_of_a_random_network_has_one_element_named_as_in_the_paper(network):
    net, x, y = network
    C = quadratic(net.forward(x).output, y)
    picture = parsed(draw(C, collapse=False))
    assert_is_whole(picture, C)
    assert {symbol.ascii for symbol in net.named} <= set(nodes(picture))


@pytest.mark.parametrize("cost", [quadratic, cross_entropy])
def test_the_iris_network_shows_each_quantity_of_the_paper(cost):
    found = nodes(parsed(draw(iris(cost))))
    expected = {f"x{k}": "input" for k in range(1, 5)} | {f"y{j}": "target" for j in range(1, 4)} | {"C": "cost"}
    for l, n in ((2, 4), (3, 3)):
        for j in range(1, 4):
            expected |= {f"z{l}_{j}": "weighted-input", f"a{l}_{j}": "activation", f"b{l}_{j}": "bias"}
            expected |= {f"w{l}_{j}_{k}": "weight" for k in range(1, n + 1)}
    assert {name: classes(element)[1] for name, element in found.items()} == expected


def test_a_row_shows_operator_symbol_value_and_gradient():
    C = iris()
    w, z = find(C, "w2_1_1"), find(C, "z2_1")
    found = nodes(parsed(draw(C)))
    assert [text_of(text) for text in texts(found["w2_1_1"])] == [
        "×", "w211", f"{w.data:.4g}".replace("-", "−"), f"{w.grad:.4g}".replace("-", "−"),
    ]
    assert [text_of(text) for text in texts(found["z2_1"])] == [
        "Σ", "z21", f"{z.data:.4g}".replace("-", "−"), "δ21", f"{z.grad:.4g}".replace("-", "−"),
    ]


def test_the_lower_index_stands_below_the_upper_one():
    for name, shown in (("w2_1_1", ["2", "11"]), ("z2_1", ["2", "1"])):
        letter, upper, lower = of_class(nodes(parsed(draw(iris())))[name], "symbol")[0]
        assert [upper.text, lower.text] == shown
        assert letter.get("text-anchor") == "end"
        assert all(0 < float(script.get("x")) - float(letter.get("x")) < 2 for script in (upper, lower))
        assert float(lower.get("y")) - float(upper.get("y")) > float(upper.get("font-size")) * 0.8
        assert float(upper.get("y")) < float(letter.get("y")) < float(lower.get("y"))


def test_the_tooltip_has_the_exact_numbers_the_operation_and_the_equation():
    C = iris()
    w, z = find(C, "w2_1_1"), find(C, "z2_1")
    found = nodes(parsed(draw(C)))
    assert found["w2_1_1"][0].text.split("\n") == [
        f"w²₁₁ = {w.data!r}", "a leaf: weight", f"∂C/∂w²₁₁ = {w.grad!r}", "∂C/∂w = δ a, (24)",
    ]
    assert found["z2_1"][0].text.split("\n") == [
        f"z²₁ = {z.data!r}", "weighted_sum Σ of w²₁₁, w²₁₂, w²₁₃, w²₁₄, x₁, x₂, x₃, x₄, b²₁", f"∂C/∂z²₁ = {z.grad!r}",
        "z = Σ w a + b, (12); δ = ∂C/∂z, (15) and (21)",
    ]
    equations = {"a2_1": "(14)", "b2_1": "(23)", "z3_1": "(16)", "x1": "(12)", "y1": "(5)", "C": "(5)"}
    assert all(number in found[name][0].text for name, number in equations.items())


def test_the_layers_are_framed_and_named():
    picture = parsed(draw(iris()))
    assert [element.get("id") for element in of_class(picture, "layer")] == ["inputs", "layer-2", "layer-3", "cost"]
    titles = ["inputs", "layer 2", "layer 3 · output", "cost"]
    found = of_class(picture, "on-frame")
    assert [element.text for element in found if "behind" not in classes(element)] == titles
    assert [element.text for element in found if "behind" in classes(element)] == titles  # a halo, below each


def test_a_hidden_activation_is_drawn_without_an_output_layer():
    hidden = MLP(2, [2, 1], seed=1).forward([1.0, 2.0]).a[2][0]
    assert [element.text for element in of_class(parsed(draw(hidden)), "behind")] == ["inputs", "layer 2"]


def test_the_nodes_of_a_batch_carry_the_number_of_their_example():
    C = batch()
    picture = parsed(draw(C))
    assert_is_whole(picture, C)
    found = nodes(picture)
    assert {"x1__1", "z2_1__2", "a3_3__3", "y1__3", "C__1", "C", "w2_1_1"} <= set(found)
    assert [text_of(text) for text in texts(found["z2_1__2"])][1] == "z2(2)1"


@pytest.mark.parametrize("graph", [classic_neuron, atomic])
def test_the_graph_of_plain_operations_is_drawn(graph):
    root = graph()
    assert_is_whole(parsed(draw(root)), root)


def test_the_weighted_input_of_the_classic_neuron_is_found_by_its_place():
    found = nodes(parsed(draw(classic_neuron())))
    assert {name: classes(element)[1] for name, element in found.items()} == {
        "x1": "input", "x2": "input", "w1": "weight", "w2": "weight", "b": "bias", "n1": "operation",
        "n2": "operation", "n3": "operation", "n": "weighted-input", "o": "result",
    }
    assert text_of(of_class(found["n"], "delta")[0]) == "δ"


def test_a_graph_of_one_leaf_is_drawn():
    leaf = Value(3.0, "x1")
    picture = parsed(draw(leaf))
    assert_is_whole(picture, leaf)
    assert text_of(of_class(picture, "value")[0]) == "3"


# Gradients.

def test_a_gradient_that_has_not_been_computed_is_a_dashed_pill():
    picture = parsed(draw(iris(backward=False)))
    count = len(nodes(picture)) - len([row for row in nodes(picture).values() if "target" in row.get("class").split()])
    assert len(of_class(picture, "not-computed")) == count + 1  # the legend's
    assert [text.text for text in of_class(picture, "absent")] == ["–"] * (count + 1)
    assert not of_class(picture, "gradient")
    assert "stroke-dasharray" in picture.find(f"{SVG}style").text


def test_the_gradients_of_targets_are_shown_where_they_are_asked_for():
    root = iris()
    for options, shown in (({}, False), ({"derivatives": True}, True), ({"step": 5}, True)):
        picture = parsed(draw(root, **options))
        row = nodes(picture)["y1"]
        assert bool(of_class(row, "gradient")) is shown and bool(of_class(row, "pill")) is shown
        assert re.search("∂C/∂y₁ = |grad = .*: so far", row[0].text)  # who points at it asks


def test_a_gradient_of_0_is_a_number():
    x = Value(2.0, "x1")
    root = x * 0.0
    root.backward()
    picture = parsed(draw(root))
    assert not of_class(picture, "not-computed")
    assert text_of(of_class(nodes(picture)["x1"], "gradient")[0]) == "0"


def test_the_legend_explains_what_occurs_and_nothing_else():
    def legend(root):
        return [text_of(text) for text in of_class(parsed(draw(root)), "legend")[0].iter(f"{SVG}text")]

    roles = ["input, activation", "weight, bias", "weighted input", "cost", "target"]
    largest = max(abs(node.grad) for node in topological_order(iris())[:-1])
    assert legend(iris()) == [*roles, "gradient", f"−{largest:.2g}", f"{largest:.2g} · a step is √10"]
    assert legend(iris(backward=False)) == [*roles, "–", "gradient not computed"]
    assert legend(Value(1.0)) == ["result", "–", "gradient not computed"]


def test_drawing_leaves_the_graph_alone():
    C = iris()
    before = [(node.data, node.grad, node.label, node.operands) for node in topological_order(C)]
    draw(C)
    assert [(node.data, node.grad, node.label, node.operands) for node in topological_order(C)] == before


# A Drawing.

def test_a_notebook_shows_the_drawing():
    drawing = draw(Value(1.0))
    assert drawing._repr_svg_() == drawing.svg


@few_examples(12)
@given(st.data())
def test_the_middle_of_a_pass_is_drawn_and_changes_nothing(data):
    C = data.draw(st.sampled_from([classic_neuron, iris]))()
    C.backward()
    nodes = Reading(C).nodes
    held = [node.grad for node in nodes]
    length = sum(len(node.operands) for node in nodes)
    n = data.draw(st.integers(0, length))
    walk = Pass.of(C)
    walk.to(n)
    expected = draw_within(C, walk.reached(), "T", {}).svg
    walk.abandon()
    for node, grad in zip(nodes, held):
        node.grad = grad
    drawn = draw(C, step=n, title="T").svg
    assert [node.grad for node in nodes] == held
    assert re.sub(r'<g class="current-step">.*?</g>\n', "", drawn, flags=re.DOTALL) == expected
    assert drawn.count('class="current-step"') == (n > 0)


def test_without_a_backward_pass_its_middle_is_drawn_too():
    C = iris(backward=False)
    drawn = draw(C, step=1)
    assert "step 1 of the backward pass" in drawn.svg and C.grad == 0
    heading = drawn.svg.partition('<g class="graph"')[0].partition('class="paper"/>')[2]
    assert heading.count('class="symbol"') == 3 and not re.search("[²³₁₂₃]", heading)  # ∂C/∂a³₁ += a³₁ − y₁
    for wrong in (-1, 10**6):
        with pytest.raises(UsageError, match=r"this graph has \d+ steps; got step="):
            draw(C, step=wrong)
    for wrong in (1.5, "2"):
        with pytest.raises(UsageError, match="a number of steps"):
            draw(C, step=wrong)
    with pytest.raises(UsageError, match="a number of steps"):
        draw(iris(), step=1, detail="neurons")


def test_a_drawing_says_what_it_is():
    assert re.fullmatch(r"<micrograd_paper drawing, \d+ × \d+ px: save it as .svg, .png or .pdf>", repr(draw(iris())))


def test_only_the_edges_of_shared_parameters_are_thin():
    w = Value(2.0, "w1")
    no_network = w * Value(1.0, "x1") + w * Value(3.0, "x2")
    used_once = MLP(1, [1], seed=1).forward([1.0]).output[0] + Value(1.0, "w2_9_9").sin()
    for root, count in ((iris(), 0), (batch(), 3 * (15 + 12)), (no_network, 0), (used_once, 0)):
        drawing = draw(root)
        elements = {element.get("id"): element for element in parsed(drawing).iter()}
        thin = [end for end, name in drawing.edges.items() if of_class(elements[name], "shared")]
        assert len(thin) == count
        assert all(node.operands[position].label.name in "wb" for node, position in thin)


def test_a_screen_reader_is_told_what_the_picture_shows():
    picture = parsed(draw(iris()))
    assert picture.get("role") == "img"
    assert picture[0].tag == f"{SVG}title"
    assert picture[0].text == "The computation graph of C"
    assert picture[1].tag == f"{SVG}desc"
    assert picture[1].text.startswith("47 nodes, from left to right: 4 input, 21 weight, 6 bias, 6 weighted input, ")


def test_a_screen_reader_reads_the_boxes_as_the_eye_does():
    for root in (iris(), batch(), atomic()):
        drawn = draw(root)
        picture = parsed(drawn)
        frames = [of_class(box, "outline")[0] for box in of_class(picture, "box")]
        places = [(float(frame.get("x")) + float(frame.get("width")) / 2, float(frame.get("y"))) for frame in frames]
        assert all(y < next_y or next_x > x for (x, y), (next_x, next_y) in itertools.pairwise(places))
        read = picture[1].text.partition(". ")[2]
        rows = [element for element in nodes(picture).values() if "term" not in classes(element)]
        titles = [row[0].text.split("\n")[0] for row in rows]
        assert read.startswith("; ".join(titles[:60]))


def test_a_title_stands_above_the_drawing():
    picture = parsed(draw(iris(), title="One flower"))
    assert picture[0].text == "One flower"
    assert [text.text for text in of_class(picture, "heading")] == ["One flower"]
    assert not of_class(parsed(draw(iris())), "heading")


def test_the_svg_is_one_document_without_anything_from_elsewhere():
    svg = draw(iris()).svg
    assert ElementTree.fromstring(svg).tag == f"{SVG}svg"
    assert re.findall(r"https?://[^\"]*|url\([^)]*\)|@import|href", svg) == ["http://www.w3.org/2000/svg"]


# Several drawings on one page.

@few_examples(5)
@given(expressions(), networks(), st.from_regex(r"[a-z_][a-z0-9_.-]{0,5}", fullmatch=True))
def test_a_prefix_begins_every_id_and_changes_nothing_else(expression, network, prefix):
    net, x, y = network
    for root in (expression.value([Value(x) for x in expression.leaves]), quadratic(net.forward(x).output, y)):
        plain, prefixed = (draw(root, prefix=each, collapse=False) for each in ("", prefix))
        changed = [a for a, b in zip(plain.svg.split(' id="'), prefixed.svg.split(f' id="{prefix}')) if a != b]
        assert not changed
        assert prefixed.ids == {node: prefix + name for node, name in plain.ids.items()}
        assert prefixed.edges == {end: prefix + name for end, name in plain.edges.items()}


def test_drawings_with_two_prefixes_share_no_id():
    ids = [{element.get("id") for element in parsed(draw(iris(), prefix=prefix)).iter()} - {None} for prefix in "pq"]
    assert not ids[0] & ids[1]


@few_examples(10)
@given(expressions(), networks())
def test_a_drawing_knows_where_each_node_and_each_edge_is(expression, network):
    net, x, y = network
    for root in (expression.value([Value(x) for x in expression.leaves]), quadratic(net.forward(x).output, y)):
        drawing = draw(root, collapse=False)
        picture = parsed(drawing)
        shown = nodes(picture)
        assert set(drawing.ids) == set(topological_order(root))
        assert sorted(drawing.ids.values()) == sorted(shown)
        boxes = {name: i for i, box in enumerate(of_class(picture, "box")) for name in nodes(box)}
        groups = picture.iter(f"{SVG}g")
        edges = {element.get("id") for element in groups if any("edge" in classes(part) for part in element)}
        assert sorted(drawing.edges.values()) == sorted(edges)
        for node in topological_order(root):
            for position, operand in enumerate(node.operands):
                is_inside = boxes[drawing.ids[operand]] == boxes[drawing.ids[node]]
                assert ((node, position) in drawing.edges) != is_inside


@pytest.mark.parametrize("detail", ["neurons", "layers"])
def test_a_picture_of_neurons_or_layers_has_no_nodes_to_find(detail):
    drawing = draw(iris(), detail=detail, prefix="p-", theme="dark", title="One flower")
    assert (drawing.ids, drawing.edges) == ({}, {})
    assert parsed(drawing)[0].text == "One flower"
    assert all(element.get("id", "p-").startswith("p-") for element in parsed(drawing).iter())
    assert "micrograd-paper-dark" in drawing.svg


def test_in_a_notebook_it_fits_the_cell_follows_its_theme_and_shares_no_id():
    drawing = draw(iris())
    texts = [drawing._repr_html_(), drawing._repr_html_(), draw(iris(), theme="dark")._repr_html_()]
    assert len({re.search('<img id="([^"]+)"', text)[1] for text in texts}) == 3
    texts = [base64.b64decode(re.search('base64,([^"]+)"', text)[1]).decode() for text in texts]
    pictures = [ElementTree.fromstring(text) for text in texts]
    ids = [element.get("id") for picture in pictures for element in picture.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) and len(ids) > 3 * len(drawing.ids)
    assert all(picture.get("style") == "max-width:100%;height:auto" for picture in pictures)
    for where, followed in (("[data-jp-theme-light=false] .micrograd-paper-auto .paper{fill:#0D1117}", [1, 1, 0]),
                            (".vscode-light .micrograd-paper-auto .paper{fill:#FFFFFF}", [1, 1, 0])):
        assert [text.count(where) for text in texts] == followed
    assert "id=\"z2_1\"" in drawing.svg  # the file's own


@pytest.mark.parametrize("number", [0.1912, 3.0, 12.25, 1e-7])
def test_a_clock_stands_before_an_old_number_and_gradients_of_then_have_no_colour(number):
    x = Value(number, "x1")
    root = x * 1.5
    root.backward()
    assert not of_class(parsed(draw(root)), "clock")
    x.data = 7.0
    with pytest.warns(StaleGraphWarning):
        picture = parsed(draw(root))
    row = nodes(picture)["n2"]
    [value] = of_class(row, "value")
    assert "computed" not in classes(value) and not of_class(nodes(picture)["x1"], "clock")
    face = of_class(row, "clock")[0]
    begin = float(value.get("x")) - number_width(value.text)
    assert float(face.get("x")) + 11 < begin + 1e-6 and float(face.get("x")) > float(row[1].get("d")[1:].split()[0])
    pills = of_class(of_class(picture, "graph")[0], "pill")
    assert {name for pill in pills for name in classes(pill)} == {"pill", "of-then"}
    legend = text_of(of_class(picture, "legend")[0])
    assert "older than its leaves" in legend and "gradient of then" in legend and "√10" not in legend
