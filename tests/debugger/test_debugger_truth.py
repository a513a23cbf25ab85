"""What the debugger says of gradients: of this pass, of other passes too, of another seed, not there yet."""

import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, break_at, quadratic
from micrograd_paper.costs import total
from micrograd_paper.debugger.debugger import Debugger, debug, debugging
from micrograd_paper.engine import topological_order
from tests.strategies import expressions, small_floats

pytestmark = pytest.mark.usefixtures("nameless")


def talk(run, *commands):
    """What is said to each command, while run() runs; the first is what is said at the start."""
    out = io.StringIO()
    with debugging(Debugger(io.StringIO("".join(f"{command}\n" for command in (*commands, "go"))), out)):
        run()
    return out.getvalue().split("(debug) ")


def two_epochs():
    """C = w·x, of which w holds 30 of an earlier pass."""
    w, x = Value(2.0, "w"), Value(30.0, "x")
    C = w * x
    C.label = "C"
    w.grad = 30.0
    return w, C


def test_what_a_leaf_holds_from_before_is_said_at_the_start_at_the_end_and_by_print():
    w, C = two_epochs()
    heading, printed, end, complete, *_ = talk(C.backward, "p w", "finish", "p w")
    assert "What w holds from before, 30, is added at the end" in heading
    assert "∂C/∂w = –, not computed yet\n" in printed
    assert "What w holds from before, 30, is added then." in end
    assert "∂C/∂w = 30.0, complete\n30.0 here + 30.0 from before this pass = 60.0, what the program gets" in complete
    assert w.grad == 60.0


def test_breakpoints_on_grad_count_what_was_there():
    _, C = two_epochs()
    answers = talk(C.backward, "break if w.grad > 50", "break if grad > 50", "c", "p w.grad", "clear 1", "c")
    assert "breakpoint 1" in answers[3] and answers[4].splitlines()[1] == "60.0"
    assert "breakpoint 2" in answers[6] and "> w = 2 · grad 30 + 30 from before, complete" in answers[6]


def test_break_at_counts_it_too_and_the_gradient_is_what_it_would_have_been(monkeypatch):
    w, C = two_epochs()
    seen = []
    monkeypatch.setattr("sys.breakpointhook", lambda: seen.append(w.grad))
    with break_at(C, lambda node: node.grad > 50):
        C.backward()
    assert seen == [60.0] and w.grad == 60.0
    with break_at(C, "w"):
        C.backward()
    assert seen == [60.0, 90.0] and w.grad == 90.0


@given(expressions(), st.lists(small_floats, min_size=1, max_size=3), st.data())
def test_however_a_pass_is_left_leaves_get_what_backward_gives_them(expression, held, data):
    leaves = [Value(x) for x in expression.leaves]
    root = expression.value(leaves)
    for grad in held:
        data.draw(st.sampled_from(leaves)).grad = grad
    before = [leaf.grad for leaf in leaves]
    root.backward()
    expected = [repr(leaf.grad) for leaf in leaves]
    for leaf, grad in zip(leaves, before):
        leaf.grad = grad
    talk(root.backward, "s", "s", "back", data.draw(st.sampled_from(["c", "finish", "s 2", "recompute", "info"])))
    assert [repr(leaf.grad) for leaf in leaves] == expected


def test_another_seed_is_in_the_heading_and_nothing_is_called_a_derivative():
    x = Value(2.0, "x")
    C = x * 3
    C.label = "C"
    said = "".join(talk(lambda: C.backward(10), "p C", "why x", "where x", "finish", "p x"))
    assert "backward() of C = 6, seed 10: 3 nodes" in said
    assert "10·∂C/∂C = 10, complete" in said and "10·∂C/∂x = 30, complete" in said and "10·∂C/∂x = 10·3" in said
    assert "\n∂C/∂" not in said and "is ∂C/∂" not in said


def test_stale_nodes_are_in_the_heading_the_first_three_of_them_but_not_under_go(monkeypatch):
    x = Value(1.0, "x")
    C = total([x * k for k in range(2, 7)])
    looked = []
    monkeypatch.setattr("micrograd_paper.reading.reading.is_current", lambda node, op: looked.append(node) or True)
    talk(C.backward, "go")
    assert len(looked) == 6  # each operation, at the first stop
    run = debugging(Debugger(io.StringIO("go\n"), io.StringIO()))
    with run:
        for _ in range(4):
            C.backward()
    assert len(looked) == 12  # not in the passes after go
    monkeypatch.undo()
    x.data = 3.0
    heading = talk(C.backward)[0]
    said = "5 nodes no longer follow from their operands, the first 3 are n2 = 2, its operands now give 6; n4 = 3, its"
    assert said in " ".join(heading.split())
    assert heading.count("now give") == 3


def test_recompute_brings_the_graph_up_to_date_and_fails_whole(monkeypatch, capsys):
    x = Value(2.0, "x")
    C = (x * 3).log()
    C.label = "C"
    x.data = 5.0
    answers = talk(C.backward, "recompute", "finish", "p x")
    assert "recomputed: C = 2.708, it was 1.792. The pass starts again." in answers[1]
    assert "∂C/∂x = 0.2" in answers[3] and C.data == math.log(15.0)
    x.data = -5.0
    held = [(node.data, node.partials) for node in topological_order(C)]
    answers = talk(C.backward, "recompute", "p C")
    assert "*** log ln of operand = −15: math domain error" in answers[1]
    assert [(node.data, node.partials) for node in topological_order(C)] == held


def test_debug_says_it_too(monkeypatch, capsys):
    w, C = two_epochs()
    monkeypatch.setattr("sys.stdin", io.StringIO("finish\nc\n"))
    debug(C)
    said = capsys.readouterr().out
    assert "What w holds from before, 30, is added at the end" in said and w.grad == 60.0


def test_a_fresh_graph_says_nothing_of_all_this():
    C = quadratic(MLP(2, [2, 1], seed=1).forward([0.5, -1.0]).output, [1.0])
    said = "".join(talk(C.backward, "finish", "p w2_1_1"))
    assert not any(word in said for word in ("before", "seed", "no longer", "recompute"))
