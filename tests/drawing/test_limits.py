"""What cannot be drawn is refused in one line that says what to do, at once or at the time limit; nothing is left."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import micrograd_paper
from micrograd_paper import MLP, Value, above, around, between, quadratic
from micrograd_paper.drawing import dot, draw as drawing_module
from micrograd_paper.drawing.draw import HUGE, MAX_NODES, SECONDS, draw, page_picture, patience
from micrograd_paper.errors import LayoutError, NotAValue, UsageError
from tests.drawing.graphs import assert_is_whole, atomic, batch, iris, nodes, parsed
from tests.processes import PATIENCE, wait_until

PROJECT = Path(micrograd_paper.__file__).parent.parent
SMALLER_DETAIL = 'draw with detail="neurons" or detail="layers"'
SMALLER_PART = "draw a smaller part of it"


def chain(length):
    root = Value(1.0)
    for _ in range(length):
        root = root.sin()
    return root


# The time limit.

@pytest.mark.parametrize("root, advice", [(iris(), SMALLER_DETAIL), (chain(3), SMALLER_PART)], ids=["network", "chain"])
def test_a_layout_that_takes_too_long_gives_advice(root, advice):
    with pytest.raises(LayoutError) as caught:
        draw(root, seconds=0.001)
    assert str(caught.value) == f"the drawing took longer than 0.001 s and was stopped: {advice}, or raise seconds"


def test_a_layout_that_is_stopped_leaves_no_file_and_no_process(monkeypatch, tmp_path):
    started = []

    class Noted(subprocess.Popen):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            started.append(self.pid)

    monkeypatch.setattr(dot.subprocess, "Popen", Noted)
    monkeypatch.setattr(dot, "CHILD", "import time; time.sleep(600)")
    with pytest.raises(LayoutError, match=r"longer than 0\.5 s"):
        draw(chain(3), seconds=0.5).save(tmp_path / "C.svg")
    assert list(tmp_path.iterdir()) == []
    (child,) = started
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.parametrize("times", [1, 3])
def test_ctrl_c_ends_a_layout_and_its_process_however_often_it_comes(tmp_path, times, ctrl_c):
    program = f"""
import os, signal
from micrograd_paper import Value
from micrograd_paper.drawing import dot
from micrograd_paper.drawing.draw import draw

def interrupt(number, frame):  # as Python does, but only what Ctrl-C is to end: what comes later is for nobody
    while frame is not None and frame.f_code is not dot.run.__code__:
        frame = frame.f_back
    if frame is not None:
        raise KeyboardInterrupt

signal.signal(signal.SIGINT, interrupt)
dot.CHILD = "import time; open({str(tmp_path / "begun")!r}, 'w'); time.sleep(600)"
try:
    draw(Value(1.0), seconds=600).save({str(tmp_path / "C.svg")!r})
except KeyboardInterrupt:
    print("interrupted")
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no child is left")
"""
    running = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: (tmp_path / "begun").exists() or running.poll() is not None)
        for _ in range(times):
            running.send_signal(signal.SIGINT)
            time.sleep(0.05)
        assert running.communicate(timeout=PATIENCE)[0] == "interrupted\nno child is left\n"
    finally:
        running.kill()
    assert not (tmp_path / "C.svg").exists()


def test_a_process_is_ended_even_if_ctrl_c_comes_while_it_is():
    class Impatient(subprocess.Popen):
        waits = 0

        def wait(self, timeout=None):
            self.waits += 1
            if self.waits < 3:
                raise KeyboardInterrupt
            return super().wait(timeout)

    with Impatient([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        dot.end(process)
        assert process.returncode == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")
def test_a_layout_ends_by_itself_when_nobody_waits_for_it():
    packages = Path(dot.importlib.util.find_spec("pygraphviz").origin).parent.parent
    command = [sys.executable, "-I", "-c", dot.LIMIT + dot.CHILD, str(packages), "0.01"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:  # it reads, and no input comes
        assert process.wait(timeout=PATIENCE) == -signal.SIGALRM


# Failing.

@pytest.mark.parametrize("child, reason", [
    ("import os; os.abort()", "status"), ("raise SystemExit('no room left')", "no room left"), ("pass", "status 0"),
])
def test_a_layout_that_fails_says_so_in_one_line(monkeypatch, child, reason):
    monkeypatch.setattr(dot, "CHILD", child)
    with pytest.raises(LayoutError, match=rf"^Graphviz could not lay out this graph: .*{reason}") as caught:
        draw(Value(1.0))
    assert "\n" not in str(caught.value)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(dot.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LayoutError, match=r"-m pip install pygraphviz; networks are drawn without it$"):
        draw(Value(1.0))


def test_a_network_is_drawn_without_graphviz(monkeypatch):
    monkeypatch.setattr(dot, "run", None)
    for root in (iris(), atomic(), batch(), around(iris(), "w2_1_1", 2), between(iris(), "w2_1_1", "C")):
        assert "</svg>" in draw(root).svg
    assert "</svg>" in page_picture(iris()).svg


# Sizes.

def test_more_nodes_than_the_limit_are_refused_before_anything_is_built(monkeypatch):
    monkeypatch.setattr(drawing_module, "Reading", None)
    for drawn, options in ((draw, {"collapse": False}), (page_picture, {})):
        with pytest.raises(UsageError) as caught:
            drawn(chain(MAX_NODES), **options)
        assert str(caught.value) == (
            f"a graph of more than 5,000 nodes is too large to draw in operations: {SMALLER_PART}, or raise max_nodes"
        )


def test_a_network_that_is_too_large_is_told_of_the_smaller_details():
    with pytest.raises(UsageError, match=re.escape(f"{SMALLER_DETAIL}, or raise max_nodes")):
        draw(iris(), max_nodes=46)
    assert len(nodes(parsed(draw(iris(), max_nodes=47)))) == 47


def test_the_smaller_details_have_no_limit():
    for detail in ("neurons", "layers"):
        assert draw(iris(), detail=detail, max_nodes=1).svg.endswith("</svg>\n")


def test_a_node_used_twice_counts_once():
    x = Value(3.0)
    assert len(draw(x * x, max_nodes=2).ids) == 2


@pytest.mark.parametrize("derivatives", [False, True])
def test_a_network_of_a_thousand_nodes_is_drawn(derivatives):
    C = quadratic(MLP(16, [24, 18, 4], seed=1).forward([0.5] * 16).output, [0.0] * 4)
    assert_is_whole(parsed(draw(C, derivatives=derivatives, collapse=False)), C)


@pytest.mark.slow
def test_a_deep_graph_is_drawn():
    assert len(nodes(parsed(draw(chain(2000), collapse=False)))) == 2001


@pytest.mark.parametrize("thing", [None, 1.0, "C", [MLP(1, [1])]])
def test_what_is_no_value_is_refused(thing):
    with pytest.raises(NotAValue, match=f"of type {type(thing).__name__}"):
        draw(thing)


# Arguments.

@pytest.mark.parametrize("arguments, message", [
    ({"theme": "blue"}, "unknown theme 'blue': expected auto, light, dark"),
    ({"theme": None}, "unknown theme None: expected auto, light, dark"),
    ({"detail": "ops"}, "unknown detail 'ops': expected operations, neurons, layers"),
    ({"detail": ["layers"]}, "unknown detail ['layers']: expected operations, neurons, layers"),
    ({"detail": "layers", "derivatives": True}, "detail=\"layers\" has no derivatives to show"),
    ({"max_nodes": 0}, "expected max_nodes of 1 or more; got 0"),
    ({"max_nodes": 1e3}, "expected max_nodes of 1 or more; got 1000.0"),
    ({"max_nodes": True}, "expected max_nodes of 1 or more; got True"),
    ({"seconds": 0}, "expected seconds above 0, at most 1,000,000; got 0"),
    ({"seconds": -1.0}, "got -1.0"), ({"seconds": float("nan")}, "got nan"), ({"seconds": float("inf")}, "got inf"),
    ({"seconds": 10**400}, "got 1000"), ({"seconds": "10"}, "got '10'"),
], ids=lambda thing: str(thing)[:40])
def test_an_argument_outside_of_what_is_expected_is_named(arguments, message):
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        draw(Value(1.0), **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("prefix", ["1", "-a", ".", "a b", "a\n", "é", "<", '"', "a:b", None, 7, b"a"])
def test_a_prefix_that_begins_no_name_is_refused(prefix):
    for detail in ("operations", "neurons", "layers"):
        with pytest.raises(UsageError, match="a prefix begins ids: expected a letter or _"):
            draw(iris(), prefix=prefix, detail=detail)


def test_a_huge_graph_gets_more_time():
    assert patience(chain(10)) == SECONDS
    assert SECONDS < patience(chain(HUGE + 10)) < 1.01 * SECONDS
    assert patience(above(chain(2 * HUGE), 3)) == pytest.approx(2 * SECONDS, rel=1e-3)
