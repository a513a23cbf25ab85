"""A picture that is read downwards, and long runs that stay together in either direction."""

import itertools
import math
import re
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import Value, quadratic
from micrograd_paper.costs import batch_cost
from micrograd_paper.deadline import Deadline
from micrograd_paper.drawing.box_widths import LANE, columns_of, shape
from micrograd_paper.drawing.dot import ARROW
from micrograd_paper.drawing.draw import draw
from micrograd_paper.drawing.ledger import ledger
from micrograd_paper.drawing.operations import arranged
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.reading.parts import above, around, between, collapsed
from micrograd_paper.reading.reading import Reading
from tests.drawing.graphs import (
    assert_is_whole, atomic, batch, classic_neuron, iris, nodes, of_class, parsed, text_of, texts,
)
from tests.drawing.test_layout import on_curve, overlap
from tests.strategies import expressions, few_examples, networks

pytestmark = pytest.mark.usefixtures("nameless")


def assert_leads_down(root, derivatives=False):
    """Sources stand above targets, nothing overlaps, and an edge ends on top of its box or beside its row."""
    book = ledger(Reading(root), partials=derivatives)
    inlets = [{} for _ in book.boxes]
    for edge in book.edges:
        inlets[edge.target][edge.row] = inlets[edge.target].get(edge.row, 0) + 1
    columns = columns_of(book, is_down=True)
    shapes = [shape(box, widths, count, True) for box, widths, count in zip(book.boxes, columns, inlets)]
    titles = {box.group: 60 for box in book.boxes if box.group is not None}
    plan = arranged(shapes, book, titles, Deadline(60), True)
    rectangles = [(x - s.gutter, y, x + s.width, y + sum(s.heights)) for (x, y), s in zip(plan.corners, shapes)]
    for one, other in itertools.combinations(rectangles, 2):
        assert not overlap(one, other)
    for box, (left, top, right, bottom) in zip(book.boxes, rectangles):
        assert left > -LANE and top > -1e-6 and right < plan.width + 1e-6 and bottom < plan.height + 1e-6
        if box.group is not None:
            x, y, wide, high = plan.frames[box.group]
            assert x < left and y + 30 < top and right < x + wide and bottom < y + high
    for edge, curve in zip(book.edges, plan.curves):
        source, target, form = rectangles[edge.source], rectangles[edge.target], shapes[edge.target]
        (x, y), tip, left = curve.points[0], curve.tip, target[0] + form.gutter
        assert y == pytest.approx(source[3]) and source[0] < x < source[2]
        assert source[3] < target[1]
        assert ARROW - 0.5 < math.dist(curve.points[-1], tip) < ARROW + 3
        if form.lanes:
            rows = [target[1] + height for height in accumulate(form.heights, initial=0)]
            assert tip[0] == pytest.approx(left) and rows[edge.row] < tip[1] < rows[edge.row + 1]
        else:
            assert tip[1] == pytest.approx(target[1]) and left < tip[0] < target[2]
        for x, y in on_curve(curve.points):
            for i, rectangle in enumerate(rectangles):
                if i not in (edge.source, edge.target):
                    assert not overlap((x, y, x, y), rectangle, margin=1.5)


@pytest.mark.parametrize("derivatives", [False, True])
@pytest.mark.parametrize("graph", [iris, classic_neuron, atomic, batch])
def test_boxes_and_edges_lead_down_in(graph, derivatives):
    assert_leads_down(graph(), derivatives)


@few_examples(10)
@given(expressions(most_steps=15), st.booleans())
def test_a_random_expression_leads_down(expression, derivatives):
    assert_leads_down(expression.value([Value(x) for x in expression.leaves]), derivatives)


@few_examples(8)
@given(networks(most_layers=3, most_neurons=4), st.integers(1, 3), st.booleans())
def test_a_random_network_leads_down(network, examples, derivatives):
    net, x, y = network
    assert_leads_down(
        batch_cost([net.forward(x, i) for i in range(1, examples + 1)], [y] * examples, quadratic), derivatives)


@pytest.mark.parametrize("part", [
    lambda C: C, lambda C: around(C, "w2_1_1", 2), lambda C: between(C, "w2_1_1"), lambda C: above(C, 3), collapsed,
])
def test_a_picture_that_is_read_downwards_says_what_the_other_says(part):
    C = part(iris())
    right, down = draw(C), draw(C, direction="down")
    said = [sorted(text_of(text) for text in texts(parsed(drawing))) for drawing in (right, down)]
    assert said[0] == said[1]
    assert down.ids == right.ids and down.edges == right.edges


def test_a_direction_is_of_operations():
    with pytest.raises(UsageError, match='detail="neurons" is read from left to right: expected direction="right"'):
        draw(iris(), detail="neurons", direction="down")
    with pytest.raises(UsageError, match="unknown direction 'left': expected right, down"):
        draw(iris(), direction="left")


# Runs.

def run_of(operations, x):
    for i in range(operations):
        x = x * 1.01 if i % 2 else x + 0.5
    return x


def run_boxes(picture):
    """x, y, width of the boxes of runs."""
    frames = [box[-1] for box in of_class(picture, "box") if len(of_class(box, "node")) >= 6]
    return [tuple(float(frame.get(side)) for side in ("x", "y", "width")) for frame in frames]


@pytest.mark.parametrize("direction", ["right", "down"])
@few_examples(4)
@given(st.integers(30, 120), st.integers(30, 120))
def test_the_boxes_of_a_run_stand_side_by_side_in_a_graph_of_other_things(direction, one, other):
    x, w = Value(1.0, "x"), Value(2.0, "w")
    root = (run_of(one, x) * run_of(other, w.tanh()) + x).tanh()
    picture = parsed(draw(root, direction=direction, collapse=False))
    assert_is_whole(picture, root)
    tops = {}
    for left, top, wide in run_boxes(picture):
        tops.setdefault(top, []).append((left, left + wide))
    for row in tops.values():
        assert all(right + 40 < left for (_, right), (left, _) in itertools.pairwise(sorted(row)))
    assert len(tops) <= 2 and sum(map(len, tops.values())) >= 4  # two runs


@few_examples(5)
@given(st.integers(1_700, 2_500))
def test_of_a_run_that_is_too_long_the_ends_are_drawn(operations):
    root = run_of(operations, Value(1.0, "x"))
    drawing = draw(root)
    picture = parsed(drawing)
    [row] = of_class(picture, "group")
    left_out = int(re.match(r"([\d,]+) nodes", row[0].text)[1].replace(",", ""))
    assert text_of(texts(row)[0]) == "⋮" and left_out == 2 * (operations - 32)
    drawn = nodes(picture)
    constants = [element for element in drawn.values() if "1 more node" in element[0].text]
    assert len(drawn) + len(constants) + left_out == len(topological_order(root))
    assert root in drawing.ids
