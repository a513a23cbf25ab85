"""`forward`: the forward pass with the commands of the backward pass. And the commands in a real terminal."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import Value
from micrograd_paper.debugger.debugger import COMMANDS
from micrograd_paper.engine import topological_order
from micrograd_paper.stepping.steps import forward_steps
from tests.debugger.test_debugger import gradients, iris, one_line_error, said, talk
from tests.debugger.test_debugger_terminal import CTRL_C, IRIS, PROMPT, plain, start  # noqa: F401
from tests.strategies import expressions


@pytest.fixture(autouse=True)
def two_thousand_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "2000")


def root_of(expression):
    root = expression.value([Value(x, f"x{i}") for i, x in enumerate(expression.leaves)])
    root.label = "C"
    return root


@given(expressions())
def test_its_steps_are_what_each_node_computed(expression):
    root = root_of(expression)
    expected = [step.text for step in forward_steps(root)]
    if not expected:  # a leaf
        return
    answers = talk(root, "forward", *["step"] * len(expected))
    assert [answer[-1].removeprefix("-> ") for answer in answers[1 : len(expected) + 1]] == expected
    assert answers[len(expected) + 1][-1].startswith("The end of the forward pass, ")


MOVES = ("forward", "step", "step 3", "next", "next 2", "back", "back 2", "rewind", "finish", "rcontinue", "list all",
         "info", "print", "why", "where", "break op ×", "tbreak if data > 0", "continue", "watch x0", "health", "check",
         "how")


@given(expressions(), st.lists(st.sampled_from(MOVES), max_size=12))
def test_whatever_is_done_in_it_the_backward_pass_is_the_engines(expression, commands):
    root = root_of(expression)
    before = [node.data for node in topological_order(root)]
    talk(root, "forward", *commands, "continue", "continue", "clear", "forward", "finish", "continue", "finish")
    found = gradients(root)
    twin = root_of(expression)
    twin.backward()
    assert found == gradients(twin) and [node.data for node in topological_order(root)] == before


def test_it_stops_at_breakpoints_and_layers_goes_back_and_then_begins_the_backward_pass():
    answers = talk(iris(), "step 7", "forward", "layer", "break z3_2", "continue", "back z2_1", "step", "back a2_2",
                   "rc", "continue", "continue", "continue", "continue")
    assert answers[2][0].startswith("> z²₁ = ") and "grad" not in answers[2][0] and "δ" not in " ".join(answers[2])
    assert answers[3][0].startswith("> z³₁ = ") and answers[5][:1] == ["breakpoint 1 (z3_2)"]
    assert answers[6][0].startswith("> z²₁ = ") and answers[7][0].startswith("> a²₁ = ")
    assert answers[8][0] == "*** the turn of a2_2 has not come yet: tbreak and continue go on to it"
    assert answers[9][0].startswith("> z²₁ = ") and answers[10][0] == "breakpoint 1 (z3_2)"
    assert answers[11] == ["The end of the forward pass, 13 steps: continue begins the backward pass, back and rewind "
                           "go back."]
    assert answers[12][0].startswith("> C = ") and answers[12][-1].startswith("-> ∂C/∂a³₁ += ")
    assert answers[13][0] == "breakpoint 1 (z3_2)" and "grad" in answers[13][1]


def test_a_leaf_that_is_set_in_it_changes_what_comes():
    answers = talk(iris(), "forward", "set b2_1 5", "print b2_1", "continue", "continue")
    assert "The pass starts again" in answers[2][0] and "+ 5 =" in answers[2][-1]
    assert answers[3][0].startswith("b²₁ = 5") and answers[5][0].startswith("> C = ")


def test_it_has_no_gradients_to_check():
    assert one_line_error(iris(), "forward", "step 3", "check").startswith("check compares gradients, which the ")


@pytest.mark.parametrize("command", ["back", "rc"])
def test_at_its_start_there_is_nothing_before(command):
    assert one_line_error(iris(), "forward", command).startswith("this is the start of the forward pass: there ")


def test_draw_and_explore_are_of_this_step(tmp_path):
    assert "#step=4" in " ".join(said(iris(), "forward", "step 4", f"explore {tmp_path / 'page.html'}"))
    drawing = tmp_path / "step.svg"
    said(iris(), "forward", "step 4", f"draw {drawing}")
    text = drawing.read_text(encoding="utf-8")
    assert "step 5: z²₃ = " in text and "−0." in text


def test_one_step_is_no_steps():
    C = Value(2.0, "x").exp()
    C.label = "C"
    answers = talk(C, "info", "finish")
    assert answers[0][0] == "backward() of C = 7.389: 2 nodes, 1 step"
    assert answers[1] == ["C = 7.389: 2 nodes, 1 of them leaves", "0 of 1 step made; the pass is at C"]
    assert answers[2][0].startswith("The end of the pass, 1 step: ")


# In a real terminal.

ARGUMENTS = {
    "step": "2", "back": "1", "set": "b2_1 0.5", "break": "z2_1", "tbreak": "a2_1", "watch": "w2_1_1", "ignore": "1 1",
    "print": "z2_1", "list": "1 5", "why": "w2_1_1", "where": "x1", "paths": "z2_1 C", "equation": "21", "how": "z2_1",
    "display": "data", "names": "w2", "draw": "out.svg", "explore": "out.html", "clear": "1", "help": "step",
}
BEFORE = {"back": "step", "rcontinue": "step", "check": "finish"}
THEN = {"forward": ("finish", "continue")}
AFTER = ("continue", "go", "quit")  # they leave the pass


@pytest.mark.slow
@pytest.mark.parametrize("encoding, columns", [("utf-8", 40), ("ascii", 80), ("utf-8", 200)])
def test_each_command_answers_within_the_width_in_what_the_terminal_can_show(start, encoding, columns):  # noqa: F811
    terminal = start(*IRIS, PYTHONIOENCODING=encoding, COLUMNS=str(columns))
    terminal.until(PROMPT)
    for name in [each for each in COMMANDS if each not in (*AFTER, "pdb")]:
        typed = f"{name} {ARGUMENTS.get(name, '')}".strip()
        if name in BEFORE:
            terminal.type(BEFORE[name])
        answer = plain(terminal.type(typed)).removesuffix(PROMPT)
        for each in THEN.get(name, ()):
            terminal.type(each)
        assert "***" not in answer and "Traceback" not in answer, (typed, answer)
        assert encoding != "ascii" or answer.isascii()
        tables = ("check", "health", "where")  # whose rows are not broken
        wide = max(map(len, answer.splitlines()), default=0)
        has_a_long_word = any(len(word) > columns - 8 for word in answer.split())
        assert wide <= columns or name in tables or has_a_long_word, (typed, answer)
    assert "-> " in plain(terminal.type("set w2_1_3 0.25"))  # names can be typed
    os.write(terminal.master, b"quit\r")
    status, shown = terminal.ended()
    assert status == 0 and "Traceback" not in shown


def test_pdb_opens_in_the_users_frame_and_comes_back(start, tmp_path):  # noqa: F811
    (tmp_path / "demo.py").write_text("from micrograd_paper import Value\nx = Value(2.0)\nC = x * x\nC.backward()\n")
    terminal = start("debug", "demo.py")
    terminal.until(PROMPT)
    terminal.press("pdb\r", "(Pdb) ")
    assert "2.0" in terminal.press("p x.data\r", "(Pdb) ")
    assert "0 of 2 steps made" in plain(terminal.press("q\r") + terminal.type("info"))
    os.write(terminal.master, b"quit\r")
    assert terminal.ended()[0] == 0


ENDLESS = """
import time
from micrograd_paper import Value
w, i = Value(1.0, "w"), 0
while i < 4000:
    i += 1
    C = w * w
    C.backward()
    w.grad = 0
    if i == 3:
        print("going", flush=True)
    time.sleep(0.005)
print("came to the end")
"""


def test_ctrl_c_after_go_stops_at_the_next_backward_which_says_what_was_not_recorded(start, tmp_path):  # noqa: F811
    (tmp_path / "endless.py").write_text(ENDLESS)
    terminal = start("debug", "endless.py")
    assert "endless.py:7  C = w * w" in plain(terminal.until(PROMPT))
    terminal.press("go\r", "going")
    stopped = plain(terminal.press(CTRL_C))
    assert "backward() of C = 1" in stopped and "KeyboardInterrupt" not in stopped
    assert "was not recorded, as after go nothing could stop the program" in " ".join(stopped.split())
    assert "-> ∂C/∂w += w = 1" in stopped
    assert int(plain(terminal.type("print i")).splitlines()[-2]) >= 3
    terminal.type("continue")
    again = plain(terminal.type("continue"))
    assert "endless.py:7  C = w * w" in again and "not recorded" not in again
    os.write(terminal.master, b"quit\r")
    status, shown = terminal.ended()
    assert status == 0 and "came to the end" not in shown
