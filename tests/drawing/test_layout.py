"""Nothing overlaps: boxes, frames, the texts in a row, and the edges with boxes that they only pass."""

import itertools
import math
import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, quadratic
from micrograd_paper.costs import batch_cost, mean_cost
from micrograd_paper.deadline import Deadline
from micrograd_paper.drawing.box_widths import columns_of, shape
from micrograd_paper.drawing.dot import ARROW, Shape
from micrograd_paper.drawing.draw import draw
from micrograd_paper.drawing.placing.layout import layout
from micrograd_paper.drawing.placing.ordering import CLEAR, Lanes
from micrograd_paper.drawing.ledger import ledger
from micrograd_paper.drawing.style import PARTIAL_SIZE
from micrograd_paper.drawing.svg import letter_width, number_width, symbol as symbol_marks, symbol_width, width
from micrograd_paper.reading.reading import Reading
from tests.drawing.graphs import (
    SVG, atomic, batch, classes, classic_neuron, iris, nodes, of_class, parsed, symbol_extent, text_of, texts,
)
from tests.strategies import expressions, few_examples, networks, symbols

pytestmark = pytest.mark.usefixtures("nameless")


def planned(root, derivatives=False):
    """The ledger, each box's shape and rectangle (left, top, right, bottom) with its gutter, and the layout."""
    book = ledger(Reading(root), partials=derivatives)
    inlets = [{} for _ in book.boxes]
    for edge in book.edges:
        inlets[edge.target][edge.row] = inlets[edge.target].get(edge.row, 0) + 1
    shapes = [shape(box, columns, count) for box, columns, count in zip(book.boxes, columns_of(book), inlets)]
    titles = {box.group: 60 for box in book.boxes if box.group is not None}
    plan = layout(shapes, book.edges, titles, Deadline(60), book.keys)
    rectangles = [(x - s.gutter, y, x + s.width, y + sum(s.heights)) for (x, y), s in zip(plan.corners, shapes)]
    return book, shapes, rectangles, plan


def overlap(one, other, margin=0.0):
    return (
        one[0] < other[2] - margin and other[0] < one[2] - margin
        and one[1] < other[3] - margin and other[1] < one[3] - margin
    )


def on_curve(points, steps=12):
    for i in range(0, len(points) - 1, 3):
        a, b, c, d = points[i : i + 4]
        for k in range(steps + 1):
            t = k / steps
            u = 1 - t
            yield tuple(
                u**3 * p + 3 * u * u * t * q + 3 * u * t * t * r + t**3 * s for p, q, r, s in zip(a, b, c, d)
            )


def assert_nothing_overlaps(root, derivatives=False):
    book, shapes, rectangles, plan = planned(root, derivatives)
    for one, other in itertools.combinations(rectangles, 2):
        assert not overlap(one, other)
    frames = {group: (x, y, x + w, y + h) for group, (x, y, w, h) in plan.frames.items()}
    for one, other in itertools.combinations(frames.values(), 2):
        assert not overlap(one, other)
    for box, (left, top, right, bottom) in zip(book.boxes, rectangles):
        for group, frame in frames.items():
            if group == box.group:
                assert frame[0] < left and frame[1] + 30 < top and right < frame[2] and bottom < frame[3]
            else:
                assert not overlap((left, top, right, bottom), frame)
        assert left > -1e-6 and top > -1e-6 and right < plan.width + 1e-6 and bottom < plan.height + 1e-6
    bends = [x for curve in plan.curves for x, _ in on_curve(curve.points)]
    lefts = [left for left, *_ in rectangles] + [frame[0] for frame in frames.values()]
    assert min(lefts + bends) == pytest.approx(0, abs=0.5)
    for edge, curve in zip(book.edges, plan.curves):
        start, tip = curve.points[0], curve.tip
        source, target = rectangles[edge.source], rectangles[edge.target]
        assert start[0] == pytest.approx(source[2]) and source[1] < start[1] < source[3]
        assert ARROW - 0.5 < math.dist(curve.points[-1], tip) < ARROW + 3
        level = target[0] + shapes[edge.target].gutter
        assert tip[0] == pytest.approx(level) and target[1] < tip[1] < target[3]
        assert all(y == pytest.approx(tip[1], abs=0.01) for x, y in on_curve(curve.points) if target[0] + 1 < x < level)
        for x, y in on_curve(curve.points):
            assert -0.5 <= x <= plan.width + 0.5 and -0.5 <= y <= plan.height + 0.5
            for i, rectangle in enumerate(rectangles):
                if i not in (edge.source, edge.target):
                    assert not overlap((x, y, x, y), rectangle, margin=1.5)


@pytest.mark.parametrize("derivatives", [False, True])
@pytest.mark.parametrize("graph", [iris, classic_neuron, atomic, batch])
def test_nothing_overlaps_in(graph, derivatives):
    assert_nothing_overlaps(graph(), derivatives)


@few_examples(10)
@given(expressions(most_steps=15), st.booleans())
def test_nothing_overlaps_in_a_random_expression(expression, derivatives):
    assert_nothing_overlaps(expression.value([Value(x) for x in expression.leaves]), derivatives)


@few_examples(8)
@given(networks(most_layers=3, most_neurons=4), st.booleans())
def test_nothing_overlaps_in_a_random_network(network, derivatives):
    net, x, y = network
    assert_nothing_overlaps(quadratic(net.forward(x).output, y), derivatives)


@few_examples(12)
@given(networks(most_layers=3, most_neurons=4), st.integers(1, 4), st.booleans())
def test_neurons_and_examples_stand_in_their_order(network, examples, derivatives):
    net, x, y = network
    root = batch_cost([net.forward(x, i) for i in range(1, examples + 1)], [y] * examples, quadratic)
    book, _, rectangles, _ = planned(root, derivatives)
    columns = {}
    for box, (left, top, right, _) in zip(book.boxes, rectangles):
        if box.rows[-1].name:
            columns.setdefault((box.group, round((left + right) / 2)), []).append((top, box.rows[-1].name))
    for column in columns.values():
        names = [name for _, name in sorted(column, key=lambda item: item[0])]
        if not any(name.name in ("w", "b") for name in names):
            assert names == sorted(names, key=lambda name: (name.example or 0, name.indices))
        else:
            assert names == sorted(names, key=lambda name: (name.indices[0], name.name == "b", name.indices))
    assert_nothing_overlaps(root, derivatives)


def regularized():
    net = MLP(2, [2, 1], seed=1)
    return mean_cost(net, [([0, 0], [0]), ([0, 1], [1]), ([1, 0], [1])], quadratic, alpha=0.1)


@pytest.mark.parametrize("graph", [iris, atomic, batch, regularized])
def test_every_layer_stands_right_of_the_one_before(graph):
    frames = planned(graph())[3].frames
    for before, after in itertools.pairwise(sorted(group for group in frames if group > 0)):
        assert frames[before].x + frames[before].width < frames[after].x


def test_shared_parameters_do_not_stand_between_the_layers():
    """In a batch they stand above or below the layer before: the way from x to C goes from column to column."""
    book, _, rectangles, plan = planned(batch())
    assert set(plan.frames) == {1, -2, 2, -3, 3, 4}
    for layer in (2, 3):
        left, right = plan.frames[layer - 1].x + plan.frames[layer - 1].width, plan.frames[layer].x
        assert left < right
        assert plan.frames[-layer].x < left
        for box, rectangle in zip(book.boxes, rectangles):
            assert box.group == layer or not (left < rectangle[0] < right)
            assert (box.group == -layer) == all(row.id.startswith((f"w{layer}_", f"b{layer}_")) for row in box.rows)


@pytest.mark.parametrize("derivatives, pitch", [(False, 7), (True, PARTIAL_SIZE + 3)])
def test_edges_that_enter_one_row_have_arrowheads_of_their_own(derivatives, pitch):
    book, _, _, plan = planned(batch(), derivatives)
    into = {}
    for edge, curve in zip(book.edges, plan.curves):
        into.setdefault((edge.target, edge.row), []).append(curve.tip[1])
    assert max(len(tips) for tips in into.values()) == 9
    for tips in into.values():
        assert all(b - a >= pitch for a, b in itertools.pairwise(sorted(tips)))


# Text in its columns, by the advance widths of DejaVu, the widest of the fonts that viewers fall back to: the larger
# one of its sans and its serif italic.

DEJAVU = {
    **dict.fromkeys("0123456789√", 0.637), **dict.fromkeys("−+×÷=<>~^#", 0.838), **dict.fromkeys(".,· |/il:;", 0.338),
    **dict.fromkeys("-()[]!", 0.402), **dict.fromkeys("²³t", 0.402), **dict.fromkeys("bdgpqnhu", 0.644),
    **dict.fromkeys("aoecxyvkszδ∂", 0.615), "r": 0.478, "f": 0.37, "w": 0.856, "C": 0.765, "H": 0.872, "N": 0.875,
    "O": 0.82, "Σ": 0.707, "σ": 0.683, "π": 0.657, "M": 1.024, "W": 1.028, "m": 0.974, "@": 1.0, "%": 0.95, "&": 0.89,
    "½": 0.969, "…": 1.0, "_": 0.5,
}
BOLD_DIGIT = 0.711  # Verdana's, as wide as they come
SVG_OF = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'
SIZES = {"operator": 14, "label": 14, "value": 12, "gradient": 12, "partial": 11}


@pytest.mark.parametrize("character", DEJAVU)
def test_the_table_of_widths_has_room_for_the_widest_font(character):
    assert width(character) >= DEJAVU[character]


def test_bold_digits_get_room():
    assert number_width("0", bold=True) >= 12 * BOLD_DIGIT


@pytest.mark.parametrize("character", "漢👩ﷺЩאA")
def test_characters_of_other_scripts_get_room(character):
    assert width(character) >= (1.2 if unicodedata.east_asian_width(character) in "WF" else 0.7)


@given(symbols)
def test_a_symbol_gets_room(symbol):
    for size in (14, 17):
        marks = symbol_marks(letter_width(symbol, size), 0, symbol, size, "symbol")
        drawn = ElementTree.fromstring(SVG_OF.format(marks))
        left, right = symbol_extent(drawn[0], lambda text: sum(DEJAVU[character] for character in text))
        assert 0 <= left < right <= symbol_width(symbol, size)


def extent(text):
    """From where to where a text goes in DejaVu."""
    if text.tag != f"{SVG}text":
        return symbol_extent(text, lambda content: sum(DEJAVU[character] for character in content))
    [size] = [size for name, size in SIZES.items() if name in classes(text)]
    wide = size * sum(DEJAVU[character] for character in text.text or "") * (1.11 if "computed" in classes(text) else 1)
    x = float(text.get("x"))
    if {"value", "gradient", "partial"} & set(classes(text)):
        return x - wide, x
    return (x - wide / 2, x + wide / 2) if "operator" in classes(text) else (x, x + wide)


def named_hostile():
    root = Value(-1.23456e-107, "WWWW@@@%%%mmm") * Value(123.456, "w") + Value(-0.000123456, "x1")
    root.backward()
    return root


@pytest.mark.parametrize("derivatives", [False, True])
@pytest.mark.parametrize("graph", [iris, classic_neuron, atomic, batch, named_hostile])
def test_text_fits_its_column(graph, derivatives):
    picture = parsed(draw(graph(), derivatives=derivatives))
    boxes = of_class(picture, "box")
    for box in boxes:
        [outline] = of_class(box, "outline")
        left = float(outline.get("x"))
        right = left + float(outline.get("width"))
        for row in nodes(box).values():
            read = texts(row)
            ends = [left, *itertools.chain.from_iterable(extent(text) for text in read), right]
            assert ends == sorted(ends), text_of(row)
            if not derivatives and "target" in classes(row):  # ∂C/∂y is not asked for
                assert not of_class(row, "pill")
                continue
            [pill] = of_class(row, "pill")
            inside = [extent(text) for text in read if {"delta", "gradient"} & set(classes(text))]
            start = float(pill.get("x"))
            assert all(start + 4 <= a and b <= start + float(pill.get("width")) - 4 for a, b in inside)
    assert boxes


@pytest.mark.parametrize("graph", [iris, classic_neuron, atomic, batch, named_hostile])
def test_the_number_of_an_edge_fits_the_gutter(graph):
    root = graph()
    book, shapes, _, plan = planned(root, derivatives=True)
    drawing = draw(root, derivatives=True)
    elements = {element.get("id"): element for element in parsed(drawing).iter()}
    for edge in book.edges:
        [number] = of_class(elements[drawing.edges[edge.node, edge.position]], "partial")
        left, right = extent(number)
        box = plan.corners[edge.target][0]
        assert box - shapes[edge.target].gutter < left < right < box - ARROW
    assert book.edges


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 40)), min_size=1, max_size=8),
       st.lists(st.floats(-50, 600), min_size=1, max_size=30))
def test_an_edge_passes_a_column_in_the_nearest_free_lane(boxes, wanted):
    tops, y = [], 0.0
    for gap, height in boxes:
        tops.append(y + gap)
        y += gap + height
    shapes = [Shape(50, [height], None) for _, height in boxes]
    lanes = Lanes([list(range(len(boxes)))], shapes, tops)
    taken, used = [(top - CLEAR, top + height + CLEAR) for top, (_, height) in zip(tops, boxes)], set()
    for each in wanted:
        found = lanes.lane(0, each)
        assert not any(high + 1e-9 < found < low - 1e-9 for high, low in taken)  # in no box, and not close to one
        free = [y for y in (-1e9, each, 1e9) if not any(high < y < low for high, low in taken)]
        if each in free and round(each / CLEAR) not in used:
            assert found == each
        used.add(round(found / CLEAR))
