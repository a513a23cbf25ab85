"""A forward pass and a network are drawn without a cost; features and classes stand beside their neurons."""

import pytest
from hypothesis import given

from micrograd_paper import MLP, Value, quadratic
from micrograd_paper.checkpoint import load
from micrograd_paper.drawing.draw import draw
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import UsageError
from tests.drawing.graphs import SVG, of_class, parsed, text_of, texts
from tests.strategies import few_examples, networks
from tests.test_cli import ROOT

NET = ROOT / "demos" / "iris-4-3-3.json"
pytestmark = pytest.mark.usefixtures("nameless")


def all_texts(picture):
    return [text_of(text) for text in texts(picture)]


@few_examples(20)
@given(networks())
def test_a_forward_pass_has_every_node_of_every_output_once(drawn):
    net, x, _ = drawn
    forward = net.forward(x)
    drawing = draw(forward, collapse=False)
    nodes = {node for output in forward.output for node in topological_order(output)}
    assert set(drawing.ids) == nodes
    assert not of_class(parsed(drawing), "cost")
    for detail in ("neurons", "layers"):
        assert "C" not in all_texts(parsed(draw(forward, detail=detail)))


@few_examples(20)
@given(networks())
def test_a_network_shows_its_weights_and_biases_and_no_number_of_an_example(drawn):
    net, *_ = drawn
    before = [(p.data, p.grad) for p in net.parameters()]
    picture = parsed(draw(net))
    assert not of_class(picture, "pill") and not of_class(picture, "weighted-input")
    assert [(p.data, p.grad) for p in net.parameters()] == before
    circles = [each for role in ("activation", "input") for each in of_class(picture, role) if each.get("id")]
    shown = [text.text or "" for circle in circles for text in circle.iter(f"{SVG}text")]
    assert shown and not [text for text in shown if "." in text]


def test_features_and_classes_stand_beside_their_circles():
    net = load(NET)
    net.features = ["sepal length", "sepal width", "petal length", "petal width"]
    forward = net.forward([0.1, 0.2, 0.3, 0.4])
    C = quadratic(forward.output, [1.0, 0.0, 0.0])
    for picture in map(parsed, (draw(net), draw(forward, detail="neurons"), draw(C, detail="neurons", net=net))):
        found = all_texts(picture)
        assert set(net.features) | set(net.classes) <= set(found)
        where = {text_of(text): (float(text.get("x")), float(text.get("y"))) for text in texts(picture)
                 if text.get("x")}
        ys = [where[name][1] for name in net.features]
        assert ys == sorted(ys) and all(where[name][0] < where["setosa"][0] for name in net.features)
        assert min(where[name][0] for name in net.features) > 60  # they end there
    assert "sepal length" not in all_texts(parsed(draw(C, detail="neurons")))
    other = MLP(2, [3, 2], seed=1)
    assert "setosa" not in all_texts(parsed(draw(quadratic(other.forward([1.0, 2.0]).output, [1.0, 0.0]),
                                                 detail="neurons", net=net)))


@pytest.mark.parametrize("options, expected", [
    ({"detail": "layers"}, 'no detail="layers" to draw'), ({"derivatives": True}, "no derivatives to draw"),
    ({"step": 3}, "no step to draw"),
])
def test_what_a_network_without_an_example_has_not_is_said(options, expected):
    with pytest.raises(UsageError, match=expected):
        draw(MLP(2, [1], seed=1), **options)


def test_a_forward_pass_has_no_backward_pass_to_be_in_the_middle_of():
    with pytest.raises(UsageError, match="step draws the middle of a backward pass, which begins at a cost"):
        draw(MLP(2, [1], seed=1).forward([1.0, 2.0]), step=1)
    with pytest.raises(UsageError, match="expected net, a network; got 3"):
        draw(Value(1.0), net=3)
    with pytest.raises(UsageError, match="more than 10 nodes"):
        draw(MLP(2, [3, 3], seed=1).forward([1.0, 2.0]), max_nodes=10)


def test_a_large_forward_pass_is_collapsed():
    drawing = draw(MLP(30, [20, 3], seed=1).forward([0.1] * 30))
    found = all_texts(parsed(drawing))
    assert any("A forward pass of 30-20-3" in text for text in found)
