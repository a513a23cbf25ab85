"""The drawing that the page rewrites: a place for every number, with room for any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import Value, quadratic
from micrograd_paper.deadline import Deadline
from micrograd_paper.display import number_text
from micrograd_paper.drawing.box_widths import columns_of, is_bold
from micrograd_paper.drawing.draw import draw, page_picture
from micrograd_paper.drawing.ledger import ledger
from micrograd_paper.drawing.style import DELTA_SIZE
from micrograd_paper.drawing.svg import PILL_PADDING, number_width, symbol_width
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.reading.reading import Reading
from tests.drawing.graphs import (
    SVG, assert_is_whole, atomic, batch, classic_neuron, iris, nodes, of_class, parsed, text_of,
)
from tests.strategies import expressions, few_examples, networks, rounded_floats


def assert_has_a_place_for_every_number(root):
    drawing = page_picture(root)
    picture = parsed(drawing)
    assert_is_whole(picture, root)
    found = nodes(picture)
    for node in topological_order(root):
        row = found[drawing.ids[node]]
        [value], [pill], [gradient] = (of_class(row, name) for name in ("value", "pill", "gradient"))
        assert (value.tag, pill.tag, gradient.tag) == (f"{SVG}text", f"{SVG}rect", f"{SVG}text")
        assert (text_of(value), text_of(gradient)) == (number_text(node.data), number_text(node.grad))
    assert not of_class(picture, "absent")


@few_examples(10)
@given(expressions(), networks(), st.booleans())
def test_every_row_has_one_value_one_pill_and_one_gradient(expression, network, backward):
    net, x, y = network
    for root in (expression.value([Value(x) for x in expression.leaves]), quadratic(net.forward(x).output, y)):
        if backward:
            root.backward()
        assert_has_a_place_for_every_number(root)


BOOKS = [ledger(Reading(graph()), every_gradient=True) for graph in (iris, classic_neuron, atomic, batch)]


@given(rounded_floats(-9999, 9999), st.sampled_from(BOOKS))
def test_a_float_without_an_exponent_fits_its_column_down_to_a_hundredth(number, book):
    number = number_text(number if abs(number) >= 0.01 else 0.0)
    for box, columns in zip(book.boxes, columns_of(book, roomy=True)):
        assert columns.value >= number_width(number, any(map(is_bold, box.rows)))
        delta = max(symbol_width(row.delta, DELTA_SIZE) if row.delta is not None else 0.0 for row in box.rows)
        assert columns.pill >= number_width(number) + delta + 2 * PILL_PADDING


def test_the_numbers_change_nothing_but_themselves():
    """Before and after backward() every text and box stands in the same place."""
    def places(root):
        return [(e.tag, e.get("x"), e.get("y"), e.get("width"), e.get("d")) for e in parsed(page_picture(root)).iter()]

    assert places(iris()) == places(iris(backward=False))


def test_the_legend_is_true_of_all_numbers():
    texts = [text_of(text) for text in of_class(parsed(page_picture(iris(backward=False))), "legend")[0].iter()]
    assert "−largest" in texts and "largest · a step is √10" in texts


def test_the_ids_and_edges_are_those_of_the_drawing():
    C = batch()
    assert page_picture(C).ids == draw(C).ids
    assert page_picture(C).edges == draw(C).edges


def test_what_draw_refuses_is_refused():
    with pytest.raises(UsageError, match="unknown theme 'blue'"):
        page_picture(Value(1.0), "blue")
    with pytest.raises(UsageError, match="more than 46 nodes is too large"):
        page_picture(iris(), max_nodes=46)
    with pytest.raises(TimeoutError, match=r"longer than 0\.001 s and was stopped$"):
        page_picture(iris(), deadline=Deadline(0.001))
