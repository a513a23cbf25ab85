"""A moving picture shows each number from the step on that makes it, and changes nothing."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given

from micrograd_paper import Value, animate, around
from micrograd_paper.animation import ONLY, moments_of, still, timed
from micrograd_paper.drawing.draw import draw_within
from micrograd_paper.display import number_text
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import FileError, UsageError
from micrograd_paper.stepping.steps import after_steps, backward_steps, forward_steps
from tests.drawing.graphs import SVG, iris, of_class
from tests.graphs import chain
from tests.strategies import expressions, few_examples

pytestmark = pytest.mark.usefixtures("nameless")


def everything(root):
    """What the picture is made of: the moments, and the drawing with its times."""
    order = topological_order(root)
    moments = moments_of(order, {}, dict.fromkeys(order))
    with after_steps(order, sum(len(node.operands) for node in order)) as (reached, _):
        drawing = draw_within(root, reached, "caption", {})
    return order, moments, drawing, timed(drawing, moments)


@few_examples(15)
@given(expressions(most_steps=6))
def test_each_frame_has_the_values_computed_and_the_gradients_complete_by_then(expression):
    root = expression.value([Value(x, f"x{i}") for i, x in enumerate(expression.leaves)])
    if not root.operands:
        return
    root.label = "C"
    order, moments, drawing, picture = everything(root)
    forward = [node for node in order if node.op is not None]
    assert len(moments) == len(forward) + sum(len(node.operands) for node in order)
    backward = [(node, i) for node in reversed(order) for i in range(len(node.operands))]
    for step in {0, len(forward) - 1, len(forward), (len(forward) + len(moments)) // 2, len(moments)}:
        frame = ElementTree.fromstring(still(picture, step, len(moments) - 1))
        rows = {each.get("id"): each for each in frame.iter(f"{SVG}g") if each.get("id")}
        made = backward[: max(0, step - len(forward))]
        waits = {node.operands[i] for node, i in backward[len(made):]}
        for node, name in drawing.ids.items():
            texts = {each.get("class", "").split()[0] for each in rows[name].iter(f"{SVG}text") if each.get("class")}
            assert ("value" in texts) == (node.op is None or step >= forward.index(node))
            is_complete = step >= len(forward) and node not in waits
            assert ("gradient" in texts) == is_complete
        assert len(of_class(frame, "current-step")) == 1 and ONLY not in still(picture, step, len(moments) - 1)


def test_the_captions_are_the_steps_and_nothing_in_the_graph_is_changed(tmp_path):
    root = iris()
    root.backward()
    before = [node.grad for node in topological_order(root)]
    moments = everything(root)[1]
    texts = [step.text for step in forward_steps(root)] + [step.text for step in backward_steps(iris())]
    whole = [(moment.caption, text) for moment, text in zip(moments, texts) if moment.caption == text]
    assert len(whole) > len(moments) // 2 and "…" not in "".join(moment.caption for moment in moments)
    animate(root, tmp_path / "pass.svg")
    assert [node.grad for node in topological_order(root)] == before


def test_the_svg_moves_by_itself_and_is_still_for_those_who_want_that(tmp_path):
    animate(iris(), tmp_path / "pass.svg", seconds=0.5)
    text = (tmp_path / "pass.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    names = set(re.findall(r"@keyframes ([\w-]+)\{", text))
    assert names == set(re.findall(r"\.([\w-]+)\{animation-name", text)) and len(names) > 60
    assert "@media (prefers-reduced-motion:reduce){.moving{animation:none!important}}" in text
    assert f"animation-duration:{(13 + 60 + 3) * 0.5:g}s" in text  # 13 nodes are computed, 60 steps go back


@pytest.mark.slow
def test_a_gif_has_a_frame_a_step_and_the_end(tmp_path):
    images = pytest.importorskip("PIL.Image")
    part = around(iris(), "z3_1", 1)
    animate(part, tmp_path / "pass.gif", seconds=0.2)
    with images.open(tmp_path / "pass.gif") as found:
        steps = len(moments_of(topological_order(part.root), {}, part.nodes))
        assert found.n_frames == steps + 1 and found.info["duration"] == 200 and found.info["loop"] == 0


@pytest.mark.parametrize("path, options, error, expected", [
    ("pass.png", {}, UsageError, "cannot save a moving picture as .png: expected .svg or .gif in pass.png"),
    ("pass", {}, UsageError, "as a file without a suffix: expected .svg or .gif"),
    ("pass.svg", {"seconds": 0}, UsageError, "expected seconds above 0, at most 60; got 0"),
    ("nowhere/pass.svg", {}, FileError, "there is no directory"),
])
def test_what_is_wrong_is_one_line(tmp_path, monkeypatch, path, options, error, expected):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=re.escape(expected)):
        animate(Value(1.0, "x") * 2, path, **options)
    assert not list(tmp_path.iterdir())


def test_a_large_graph_is_to_be_animated_in_parts(tmp_path):
    with pytest.raises(UsageError, match=r"at most 150 nodes; this has 202 nodes: animate a part of it"):
        animate(chain(200), tmp_path / "pass.svg")
    assert number_text(1.0) == "1"
