"""What the gradients are that a graph holds: of its own pass, of others too, or not there. No tool shows another."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, draw, quadratic, recompute
from micrograd_paper.costs import batch_cost
from micrograd_paper.engine import topological_order
from micrograd_paper.graph import gradient
from micrograd_paper.reading.gradients import NOT_COMPUTED, NOT_OF_NOW, Gradients
from micrograd_paper.stepping.steps import backward_steps
from tests.strategies import expressions, small_floats


def tooltip(root, name, **options):
    """The lines of the tooltip of a node, by its id."""
    element = re.search(rf'<g id="{name}" class="node.*?<title>(.*?)</title>', draw(root, **options).svg, re.DOTALL)
    return element[1].splitlines()


def test_another_root_s_gradient_is_not_shown_as_this_one_s():
    x = Value(5.0, "x")
    a = x * 2
    a.label = "a"
    C = a * 3
    C.backward()
    lines = tooltip(a, "x")
    assert "grad = 6" in lines and not any("∂a/∂x" in line for line in lines)
    assert "gradients of a pass with the seed 3, not 1" in draw(a).svg


def test_a_seed_other_than_1_is_said_and_nothing_is_shown_as_a_derivative():
    x = Value(2.0, "x")
    C = x * 3
    C.label = "C"
    C.backward(10)
    assert "grad = 30" in tooltip(C, "x") and "grad = 10" in tooltip(C, "C")
    assert "∂C/∂" not in draw(C).svg


def test_what_other_passes_left_in_a_leaf_is_told_from_what_this_one_gave():
    w, x = Value(5.0, "w"), Value(3.0, "x")
    A, B = w * 5.0, w * 15.0 * x
    B.label = "B"
    A.backward()
    B.backward()
    assert "grad = 50.0: 45 here + 5 from other passes or elsewhere = 50" in tooltip(B, "w")
    assert "∂B/∂x = 75.0" in tooltip(B, "x")
    B.backward()
    assert "grad = 95.0: 45 here + 50 from other passes or elsewhere = 95" in tooltip(B, "w")


def test_an_inner_node_of_another_pass_has_a_dash():
    x = Value(2.0, "x")
    shared = x * 3.0
    shared.label = "shared"
    A, B = shared * 5.0, shared * 7.0
    B.label = "B"
    B.backward()
    A.backward()
    assert NOT_OF_NOW in tooltip(B, "shared")
    assert "∂B/∂shared" not in draw(B).svg


def test_what_no_pass_has_reached_is_a_dash_and_not_0():
    net = MLP(2, [2, 1], seed=1)
    C = quadratic(net.forward([0.5, -1.0]).output, [1.0])
    steps = backward_steps(C)
    for _ in range(4):
        next(steps)
    held = Gradients(C, topological_order(C))
    for node in topological_order(C):
        number = held.of(node).number
        (complete,) = gradient(C, [node])
        assert number is None or number == complete
    assert held.of(net["w2_1_1"]).number is None and NOT_COMPUTED in held.of(net["w2_1_1"]).note
    assert any(NOT_COMPUTED in line for line in tooltip(C, "w2_1_1"))
    steps.close()


def test_leaves_that_were_set_to_0_have_no_gradient():
    net = MLP(2, [1], seed=1)
    C = quadratic(net.forward([0.5, -1.0]).output, [1.0])
    C.backward()
    net.zero_grad()
    assert Gradients(C, topological_order(C)).of(net["w2_1_1"]).number is None
    net["w2_1_1"].grad = None
    assert Gradients(C, topological_order(C)).of(net["w2_1_1"]).number is None


@given(expressions(), small_floats, st.integers(0, 2))
def test_what_is_shown_as_a_derivative_is_one(expression, seed, earlier):
    leaves = [Value(x) for x in expression.leaves]
    root = expression.value(leaves)
    for _ in range(earlier):
        (root * 2.0).backward()
    root.backward(seed)
    held = Gradients(root, topological_order(root))
    for node in topological_order(root):
        found = held.of(node)
        if found.is_derivative:
            (slope,) = gradient(root, [node])
            assert found.number == slope or (found.number != found.number and slope != slope)
        if found.number is not None:
            assert found.number is node.grad


@pytest.mark.parametrize("detail", ["operations", "neurons", "layers"])
def test_a_fresh_graph_of_one_pass_has_derivatives_everywhere(detail):
    net = MLP(2, [2, 1], seed=1)
    C = batch_cost([net.forward([0.5, -1.0], 1), net.forward([0.1, 2.0], 2)], [[1.0], [0.0]], quadratic)
    C.backward()
    svg = draw(C, detail=detail).svg
    assert "other passes" not in svg and "seed" not in svg and "grad = " not in svg and "∂C/∂" in svg
    C.backward()
    assert "grad" in draw(C, detail=detail).svg and "other passes" in draw(C).svg


@pytest.mark.parametrize("detail", ["neurons", "layers"])
def test_the_pictures_of_a_network_say_the_seed_too(detail):
    net = MLP(2, [2, 1], seed=1)
    C = quadratic(net.forward([0.5, -1.0]).output, [1.0])
    C.backward(10.0)
    svg = draw(C, detail=detail, derivatives=detail == "neurons").svg
    assert "gradients of a pass with the seed 10, not 1" in svg
    assert not re.search("∂C/∂\\S+ = [^δ]", svg) and "δ²₁ =" not in svg


def square():
    """C = (a·b)², with everything named."""
    a, b = Value(2.0, "a"), Value(3.0, "b")
    c = a * b
    C = c * c
    c.label, C.label = "c", "C"
    return a, b, c, C


def test_several_passes_are_visible_without_a_pointer():
    a, _, _, C = square()
    C.backward()
    assert "other passes" not in draw(C).svg
    C.backward()
    assert "2 leaves hold gradients from other passes, too</text>" in draw(C).svg
    a.grad = 36.0
    assert "1 leaf holds gradients from other passes, too</text>" in draw(C).svg


def test_a_graph_recomputed_without_a_new_pass_shows_no_sum_that_no_pass_gave():
    a, b, c, C = square()
    C.backward()
    a.data = 5.0
    recompute(C)
    held = Gradients(C, topological_order(C))
    assert held.of(c) == (None, False, NOT_OF_NOW)
    assert held.of(a) == (36.0, False, NOT_OF_NOW) and held.of(b) == (24.0, False, NOT_OF_NOW)
    svg = draw(C).svg
    assert "of before the graph was recomputed</text>" in svg and " here + " not in svg
    C.backward()
    assert Gradients(C, topological_order(C)).of(c).is_derivative


@pytest.mark.parametrize("zero", [0, 0.0, -0.0, None])
def test_what_was_set_to_0_after_the_pass_is_a_dash(zero):
    a, b, c, C = square()
    C.backward()
    a.grad = c.grad = zero
    held = Gradients(C, topological_order(C))
    for node in (a, c):
        assert held.of(node).number is None and "set to 0 since" in held.of(node).note
    assert held.of(b).number == 24.0


@pytest.mark.parametrize("seed", [0, 0.0, -0.0])
def test_the_gradients_of_the_seed_0_are_computed(seed):
    a, _, c, C = square()
    C.backward(seed)
    held = Gradients(C, topological_order(C))
    assert held.is_computed and held.of(a).number == held.of(c).number == 0 and "the seed " in held.notes[0]
    assert "gradient not computed" not in draw(C).svg


def test_a_true_0_is_no_dash():
    x, w = Value(0.0, "x"), Value(2.0, "w")
    C = (w * x) ** 2
    C.backward()
    held = Gradients(C, topological_order(C))
    assert all(held.of(node).is_derivative for node in topological_order(C) if node in (x, w))


@pytest.mark.parametrize("detail", ["neurons", "layers", "operations"])
def test_the_gradient_of_z_is_no_delta_where_the_root_is_a_neuron(detail):
    forward = MLP(2, [3, 2], seed=1).forward([1.0, 0.5])
    C = quadratic(forward.output, [1.0, 0.0])
    C.backward()
    assert "δ" in draw(C, detail=detail).svg
    inner = forward["z3_1"]
    inner.backward()
    svg = draw(inner, detail=detail).svg
    assert "δ" not in svg and "∂C" not in svg
    assert not any("δ" in step.text for step in backward_steps(inner))
