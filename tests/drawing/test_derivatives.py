"""With derivatives=True every edge and every row within a box carries ∂output/∂input of its operation."""

import pytest
from hypothesis import given

from micrograd_paper import MLP, Value, cross_entropy, quadratic
from micrograd_paper.costs import cross_entropy_from_logits, total
from micrograd_paper.display import number_text
from micrograd_paper.drawing.draw import draw
from micrograd_paper.engine import topological_order
from micrograd_paper.reading.names import find
from tests.drawing.graphs import (
    FLOWER, SVG, assert_is_whole, atomic, batch, classic_neuron, iris, nodes, of_class, parsed, text_of, texts,
)
from tests.strategies import expressions, few_examples, networks


def logits():
    net = MLP(4, [3, 3], seed=1)
    return cross_entropy_from_logits(net.forward(FLOWER).z[3], [1.0, 0.0, 0.0])


def named(picture):
    return {element.get("id"): element for element in picture.iter() if element.get("id")}


def partial_of(element):
    return [text_of(text) for text in of_class(element, "partial")]


def assert_shows_every_partial(root):
    drawing = draw(root, derivatives=True, collapse=False)
    picture = parsed(drawing)
    assert_is_whole(picture, root)
    elements = named(picture)
    shown = 0
    for node in topological_order(root):
        for position, (operand, partial) in enumerate(zip(node.operands, node.partials)):
            place = drawing.edges.get((node, position), drawing.ids[operand])  # on the edge, or in the operand's row
            assert partial_of(elements[place]) == [number_text(partial)]
            shown += 1
    assert len(of_class(of_class(picture, "graph")[0], "partial")) == shown


@pytest.mark.parametrize("graph", [iris, lambda: iris(cross_entropy), logits, classic_neuron, atomic, batch])
def test_every_partial_of(graph):
    assert_shows_every_partial(graph())


@few_examples(10)
@given(expressions())
def test_every_partial_of_a_random_expression(expression):
    assert_shows_every_partial(expression.value([Value(x) for x in expression.leaves]))


@few_examples(5)
@given(networks())
def test_every_partial_of_a_random_network(network):
    net, x, y = network
    assert_shows_every_partial(quadratic(net.forward(x).output, y))


def test_a_row_reads_w_a_and_delta_times_a():
    """(24), and (23) in the row of the bias; σ′(z) in the row of z."""
    C = iris()
    found = nodes(parsed(draw(C, derivatives=True)))
    delta = find(C, "z2_1").grad
    for k, a in enumerate(FLOWER, start=1):
        shown = [text_of(text) for text in texts(found[f"w2_1_{k}"])]
        assert shown[2:] == [number_text(find(C, f"w2_1_{k}").data), number_text(a), number_text(delta * a)]
    assert partial_of(found["b2_1"]) == ["1"]
    a = find(C, "a2_1").data
    assert partial_of(found["z2_1"]) == [number_text(a * (1 - a))]
    assert partial_of(found["a2_1"]) == partial_of(found["C"]) == []


def test_an_operand_used_twice_has_two_edges():
    x = Value(3.0, "x")
    root = x * x
    drawing = draw(root, derivatives=True)
    elements = named(parsed(drawing))
    places = [drawing.edges[root, position] for position in (0, 1)]
    assert len(set(places)) == 2
    assert [partial_of(elements[place]) for place in places] == [["3"], ["3"]]


def test_the_tooltip_of_an_edge_has_the_exact_number():
    C = iris()
    drawing = draw(C, derivatives=True)
    z = find(C, "z2_1")
    title = named(parsed(drawing))[drawing.edges[z, 4]][0]
    assert title.text == f"∂z²₁/∂x₁ = {find(C, 'w2_1_1').data!r}"


def test_partials_that_are_no_numbers_are_shown():
    x, y = Value(float("inf"), "x"), Value(float("nan"), "y")
    drawing = draw(x * y, derivatives=True)
    assert sorted(partial_of(of_class(parsed(drawing), "graph")[0])) == ["inf", "nan"]


@pytest.mark.parametrize("count, shown", [(100, 100), (101, 0)])
def test_more_edges_than_a_row_has_room_for_leave_their_numbers_to_the_tooltips(count, shown):
    root = total([Value(float(i)) for i in range(count)])
    drawing = draw(root, derivatives=True)
    picture = parsed(drawing)
    assert len(of_class(of_class(picture, "graph")[0], "partial")) == shown
    elements = named(picture)
    assert all(elements[place][0].text.endswith(" = 1") for place in drawing.edges.values())
    assert ("local derivative" in text_of(of_class(picture, "legend")[0])) == bool(shown)


def test_the_legend_says_what_the_small_number_is():
    def legend(**options):
        return [text_of(text) for text in of_class(parsed(draw(iris(), **options)), "legend")[0].iter(f"{SVG}text")]

    explained = "local derivative, ∂output/∂input of an operation"
    assert explained in legend(derivatives=True)
    assert explained not in legend()
    leaf = parsed(draw(Value(1.0), derivatives=True))
    assert not of_class(leaf, "partial")  # there is none, so none is explained


def test_without_derivatives_there_are_none():
    assert not of_class(parsed(draw(iris())), "partial")
