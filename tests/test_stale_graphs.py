"""A graph whose leaf was changed after it was made: every tool says so, and no text shows a sum that is not one."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, compare, cross_entropy, draw, explore, recompute
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import MicrogradPaperError, StaleGraphWarning
from micrograd_paper.graph import stale
from micrograd_paper.stepping.steps import backward_steps, forward_steps
from tests.stepping.test_steps import check_arithmetic
from tests.strategies import expressions, small_floats


def product():
    """C = w·x + b, of which w was 2 when it was made."""
    w, x, b = Value(2.0, "w"), Value(5.0, "x"), Value(1.0, "b")
    z = w * x
    z.label = "z"
    C = z + b
    C.label = "C"
    C.backward()
    w.data = 6.0
    return C


def test_a_drawing_strikes_out_what_does_not_follow_and_warns_once():
    C = product()
    with pytest.warns(StaleGraphWarning, match="1 node no longer follows from its operands: z = 10, its operands now "
                                               "give 30; recompute") as told:
        svg = draw(C).svg
    assert len(told) == 1 and told[0].filename == __file__
    assert re.findall(r'id="(\w+)" class="node[^"]* stale"', svg) == ["z"]
    assert "z = 10.0; its operands now give 30" in svg and "1 node no longer follows from its operands: z = 10" in svg


@pytest.mark.filterwarnings("error")
def test_a_graph_brought_up_to_date_is_drawn_as_any_other():
    C = product()
    recompute(C)
    C.backward()
    assert "stale" not in draw(C).svg


@pytest.mark.parametrize("detail", ["neurons", "layers"])
def test_the_pictures_of_a_network_say_it_too(detail):
    net = MLP(2, [2, 1], seed=1)
    C = cross_entropy(net.forward([0.5, -1.0]).output, [1.0])
    net["w2_1_1"].data += 1.0
    with pytest.warns(StaleGraphWarning, match="1 node no longer follows"):
        svg = draw(C, detail=detail).svg
    assert "1 node no longer follows from its operands: z²₁" in svg


def test_a_step_says_what_the_node_holds_and_what_its_operands_give():
    C = product()
    texts = [step.text for step in forward_steps(C)]
    assert texts[0] == "z = 10, its operands now give 30" and texts[1].startswith("C = z + b = 10 + 1 = 11")


def test_the_step_of_a_pass_shows_the_partial_that_the_pass_uses():
    C = product()
    of_x = next(step for step in backward_steps(C) if step.operand is not None and step.operand.label == "x")
    assert "∂z/∂x" in of_x.symbols and float(of_x.value(of_x.result)) == 2.0  # not w, which is 6 now
    check_arithmetic(of_x)


@settings(max_examples=200)
@given(expressions(), st.data())
def test_the_arithmetic_of_every_step_gives_its_number_after_any_change(expression, data):
    leaves = [Value(x) for x in expression.leaves]
    root = expression.value(leaves)
    data.draw(st.sampled_from(leaves)).data = data.draw(small_floats)
    left_behind = stale(root)
    for step in forward_steps(root):
        if step.node in left_behind:
            assert "now give" in step.text
        else:
            check_arithmetic(step)
    for step in backward_steps(root):
        check_arithmetic(step)


def test_a_comparison_gives_the_changed_leaf_as_the_reason_and_no_common_mistake():
    net = MLP(2, [2, 1], seed=1)
    forward = net.forward([0.5, -1.0])
    C = cross_entropy(forward.output, [1.0])
    C.backward()
    net["w2_1_1"].data += 1.0
    comparison = compare(forward, [1.0])
    assert not comparison.ok
    assert "a leaf was changed after the graph was made: 1 node no longer follows from its operands: z²₁" in (
        comparison.verdict)


@settings(max_examples=30)
@given(expressions(), st.data())
def test_a_page_shows_the_graph_recomputed_says_so_and_leaves_the_graph_as_it_is(tmp_path_factory, expression, data):
    leaves = [Value(x) for x in expression.leaves]
    root = expression.value(leaves)
    data.draw(st.sampled_from(leaves)).data = data.draw(small_floats)
    before = [(repr(node.data), repr(node.partials)) for node in topological_order(root)]
    left_behind = bool(stale(root))
    file = tmp_path_factory.mktemp("page") / "page.html"
    try:
        explore(root, file)
    except MicrogradPaperError:
        assert left_behind and not file.exists()  # a leaf is outside of its operation's domain now
    else:
        assert ("The page shows a copy of the graph, recomputed" in file.read_text(encoding="utf-8")) == left_behind
    assert [(repr(node.data), repr(node.partials)) for node in topological_order(root)] == before
