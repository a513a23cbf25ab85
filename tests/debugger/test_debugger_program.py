"""The debugger in the user's own program: its variables, its passes and its lines."""

import bdb
import io
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_paper
from micrograd_paper import Value, gradient, observing, record_origins
from micrograd_paper.debugger.debugger import Debugger, debugging
from micrograd_paper.engine import topological_order
from tests.graphs import bits
from tests.processes import PATIENCE
from tests.strategies import expressions
from tests.test_cli import environment


@pytest.fixture(autouse=True)
def two_hundred_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def talk(run, *commands):
    out = io.StringIO()
    with debugging(Debugger(io.StringIO("".join(f"{command}\n" for command in commands)), out)):
        run()
    return out.getvalue()


def descend(epochs=6):
    """The cost falls, and rises once, in pass 4."""
    w, xs = Value(3.0), [Value(1.0), Value(2.0)]
    previous = 0.0
    for epoch in range(epochs):
        loss = (w * xs[0] + xs[1]) ** 2
        w.grad = 0
        loss.backward()
        w.data = 50.0 if epoch == 2 else w.data / 2
        previous = loss.data
    return previous


def stopped_at(text):
    """The epochs that `print epoch` said."""
    return [int(line) for line in text.splitlines() if line.isdecimal()]


@pytest.mark.parametrize("condition, epoch", [
    ("epoch == 3", 3), ("$pass == 5", 4), ("loss.data > $cost_before", 3), ("loss > 400 and previous < 25", 3),
    ("sum(x.data for x in xs) + epoch == 8", 5), ("len(xs) == 2 and xs[1] == 2 and epoch", 1),
])
def test_a_condition_sees_the_programs_variables_and_the_numbers_of_its_passes(condition, epoch):
    text = talk(descend, f"break if {condition}", "go", "print epoch", "clear", "go")
    assert stopped_at(text) == [epoch] and "***" not in text


@given(st.integers(2, 6))
def test_go_goes_to_a_pass_by_its_number(number):
    text = talk(descend, f"go {number}", "print epoch", "print $pass", "go")
    assert stopped_at(text) == [number - 1, number]


@given(st.integers(1, 4))
def test_a_breakpoint_is_ignored_as_often_as_it_says(count):
    text = talk(descend, "break w", f"ignore 1 {count}", "go", "print epoch", "info", "clear", "go")
    assert stopped_at(text) == [count] and f"met {count + 1} times" in text


def test_a_breakpoint_with_a_condition_stops_at_its_node_alone():
    text = talk(descend, "break w if epoch > 3 and grad > 0", "go", "print epoch", "clear", "go")
    assert stopped_at(text) == [4] and "breakpoint 1 (w if epoch > 3 and grad > 0)\n> w = 25 · grad 54, comp" in text


def test_the_nodes_words_go_before_the_graphs_names_and_these_before_the_programs_variables():
    def run():
        data, gamma, epoch = 1.0, 7.0, Value(5.0)
        C = epoch * Value(2.0, "op") * data
        C.backward()
        return gamma

    text = talk(run, "print data", "print op", "print epoch * 1", "print gamma", "go")
    answers = [each.splitlines()[1] for each in text.split("(debug) ")[1:5]]
    assert answers[0] == "10.0" and answers[1] == "'multiply'" and answers[2:] == ["5.0", "7.0"]


def test_a_gradient_in_an_expression_is_what_the_program_sees_whatever_it_is_reached_by():
    def run():
        w, x = Value(3.0), Value(2.0)
        w.grad = 100.0
        pair = [w, x]
        C = w * x
        C.backward()
        return pair

    text = talk(run, "finish", "print sum(each.grad for each in pair)", "print [w.grad for w in pair]", "go")
    assert "\n105.0\n" in text and "\n[102.0, 3.0]\n" in text


@pytest.mark.parametrize("typed, expected", [
    ("print $nothing", "there is no $nothing; there are $pass, $cost_before"),
    ("print nothing + 1", "no node of this graph is named nothing"),
    ("go 1", "this is pass 1 of the program: go takes a later one, got 1"),
    ("go x", "expected a pass, as in go 50; got x"),
    ("ignore", "expected a breakpoint's number and how many times"),
    ("ignore 7 2", "there is no breakpoint 7: none is set"),
    ("break w if", "no node of this graph is named w if"),
    ("break w if ((", "is not an expression"),
    ("break nothing if 1", "no node of this graph is named nothing"),
])
def test_what_is_wrong_is_said_in_one_line_with_the_remedy(typed, expected):
    text = talk(lambda: descend(1), typed, "go")
    answer = " ".join(text.split("(debug) ")[1].splitlines()[1:])
    assert answer.startswith("*** ") and expected in " ".join(answer.split()) and text.count("***") == 1


def test_a_stop_shows_the_line_of_the_program_that_made_the_node():
    def run():
        w = Value(3.0)
        C = w * 2 + 1  # this line
        C.backward()

    assert ", in run  C = w * 2 + 1 # this line\n-> " in talk(run, "go")


def test_debug_says_once_that_no_lines_were_recorded(monkeypatch, capsys):
    monkeypatch.setattr(Debugger, "has_said", False)
    for _ in range(2):
        monkeypatch.setattr("sys.stdin", io.StringIO("c\nc\n"))
        micrograd_paper.debug(Value(3.0) * 2)
    assert capsys.readouterr().out.count("was not recorded") == 1
    with record_origins():
        x = Value(3.0) * 2  # recorded
    monkeypatch.setattr("sys.stdin", io.StringIO("c\nc\n"))
    micrograd_paper.debug(x)
    assert "  x = Value(3.0) * 2 # recorded\n" in capsys.readouterr().out


@given(expressions(), st.integers(0, 12))
def test_quit_in_debug_raises_bdbquit_and_leaves_no_gradient_of_its_pass(expression, steps):
    root = expression.value([Value(x) for x in expression.leaves])
    for node in topological_order(root):
        node.grad = 0 if node.op else 5.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(f"step {steps + 1}\nq\n"))
        patch.setattr("sys.stdout", io.StringIO())
        with pytest.raises(bdb.BdbQuit):
            micrograd_paper.debug(root)
    assert all(node.grad == (0 if node.op else 5.0) for node in topological_order(root))


def test_the_end_of_input_finishes_the_pass_and_says_so_on_stderr(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("step\n"))
    x = Value(3.0, "x")
    micrograd_paper.debug(x * x * x)
    assert x.grad == 27.0
    assert capsys.readouterr().err == (
        "micrograd-paper: the input has ended: the pass was finished as backward() does it\n")


def test_pdb_opens_in_the_frame_of_the_program_and_comes_back():
    text = talk(lambda: descend(2), "pdb", "p epoch, previous", "!epoch + 41", "q", "print $pass", "go")
    assert "(0, 0.0)" in text and "41" in text and "(Pdb) (debug) print $pass\n1\n" in text


def test_after_a_bare_go_nobody_is_told_of_new_nodes():
    seen = []

    def run():
        for _ in range(3):
            C = Value(2.0) * 3
            seen.append((C.origin is not None, len(observing.makers)))
            C.backward()

    talk(run, "continue", "continue", "go")
    assert seen == [(True, 1), (True, 1), (False, 0)]
    seen.clear()
    talk(run, "break if 1 > 2", "go")
    assert seen == [(True, 1)] * 3


def test_a_pass_of_gradient_with_create_graph_can_be_stopped_at_and_changes_no_grad():
    def run():
        x = Value(3.0, "x")
        x.grad = 7.0
        C = x * x * x
        (g,) = gradient(C, [x], create_graph=True)
        assert (x.grad, C.grad, g.data) == (7.0, 0, 27.0)

    text = talk(run, "print $pass", "finish", "print x.grad", "go")
    assert "(debug) print $pass\n1\n" in text and "\n34.0\n" in text


PACKAGE = {
    "pack/__init__.py": "",
    "pack/model.py": "from micrograd_paper import Value\n\ndef loss(w):\n    return w * w\n",
    "pack/train.py": "import sys\nfrom micrograd_paper import Value\nfrom .model import loss\n\nw = Value(3.0, 'w')\n"
                     "C = loss(w)\nC.backward()\nprint(sys.argv[1:], __package__, __name__, w.grad)\n",
    "pack/__main__.py": "from .train import w\nprint('main', w.grad)\n",
}


@pytest.fixture
def package(tmp_path):
    (tmp_path / "pack").mkdir()
    for name, text in PACKAGE.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def debug(*arguments, commands=(), cwd):
    return subprocess.run([sys.executable, "-m", "micrograd_paper", "debug", *arguments], cwd=cwd, capture_output=True,
                          input="".join(f"{command}\n" for command in commands), text=True, encoding="utf-8",
                          timeout=PATIENCE, env={**environment(), "COLUMNS": "120"})


def test_a_module_of_a_package_is_debugged_as_python_runs_it(package):
    run = debug("-m", "pack.train", "--epochs", "3", commands=["print w", "go"], cwd=package)
    assert (run.returncode, run.stderr) == (0, "")
    assert "pack/model.py:4, in loss  return w * w" in run.stdout
    assert run.stdout.endswith("['--epochs', '3'] pack __main__ 6.0\n")
    run = debug("-m", "pack", commands=["go"], cwd=package)
    assert run.stdout.endswith("main 6.0\n")


@pytest.mark.parametrize("module", ["pack.nothing", "nothing", "pack..x", "sys", "pack.model.x", ""])
def test_a_module_that_is_not_there_is_one_line(package, module):
    run = debug("-m", module, cwd=package)
    assert run.returncode == 2 and run.stderr.count("\n") == 1 and "Traceback" not in run.stderr


UNDER_PYTEST = """
from micrograd_paper import Value, debug

def test_it():
    x = Value(3.0, "x")
    print("captured")
    debug(x * x)
    assert x.grad == 6.0
"""


def test_under_pytest_debug_has_the_terminal_as_breakpoint_has(tmp_path):
    (tmp_path / "test_it.py").write_text(UNDER_PYTEST)
    run = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
                          "test_it.py"],
                         cwd=tmp_path, capture_output=True, input="print x\nc\nc\n", text=True, encoding="utf-8",
                         timeout=PATIENCE, env=environment())
    assert run.returncode == 0, run.stdout
    assert "x = 3.0\n" in run.stdout and "captured" not in run.stdout


@given(expressions())
def test_a_program_without_stops_gets_the_gradients_of_backward(expression):
    root = expression.value([Value(x) for x in expression.leaves])

    def grads():
        return [bits(float(node.grad)) for node in topological_order(root)]

    root.backward()
    expected = grads()
    for node in topological_order(root):
        node.grad = 0
    talk(root.backward, "go")
    assert grads() == expected
