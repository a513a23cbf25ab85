"""`seconds` bounds a whole drawing: whatever it is doing when the time is over, it stops with one message."""

import itertools
import subprocess
import traceback

import pytest

from micrograd_paper import Value, deadline, explore, quadratic, unroll
from micrograd_paper.costs import total
from micrograd_paper.deadline import AT_ONCE, Deadline, Watched
from micrograd_paper.drawing import dot, formats
from micrograd_paper.drawing.draw import Drawing, draw
from micrograd_paper.errors import LayoutError
from micrograd_paper.nn import MLP
from tests.drawing.graphs import iris

ENDLESS = "import time; time.sleep(600)"


@pytest.fixture
def asked(monkeypatch):
    """A clock of which a second goes by each time that it is asked."""
    clock = itertools.count(1)
    monkeypatch.setattr(deadline, "monotonic", lambda: float(next(clock)))
    return clock


def shared():
    """The graph of two examples, whose boxes are sorted."""
    net = MLP(2, [3, 1], seed=1)
    C = quadratic(net.forward([0.5, 1.0], 0).output, [0.0]) + quadratic(net.forward([0.1, 2.0], 1).output, [1.0])
    C.backward()
    return C


TOOLS = {
    "operations": lambda path, seconds: draw(shared(), seconds=seconds),
    "derivatives": lambda path, seconds: draw(shared(), derivatives=True, seconds=seconds),
    "wide": lambda path, seconds: draw(total([Value(2.0, "x")] * 200), seconds=seconds, collapse=False),
    "neurons": lambda path, seconds: draw(shared(), detail="neurons", seconds=seconds),
    "layers": lambda path, seconds: draw(shared(), detail="layers", seconds=seconds),
    "explore": lambda path, seconds: explore(shared(), path / "C.html", seconds=seconds),
}
STAGES = {  # files in which the time can end
    "operations": {"reading.py", "roles.py", "ledger.py", "box_widths.py", "layout.py", "operations.py"},
    "derivatives": {"reading.py", "ledger.py", "layout.py", "operations.py"},
    "wide": {"reading.py", "ledger.py", "layout.py", "operations.py"},
    "neurons": {"reading.py", "roles.py", "network.py"},
    "layers": {"reading.py", "roles.py", "network.py"},
    "explore": {"reading.py", "ledger.py", "layout.py", "operations.py", "explore.py"},
}


@pytest.mark.parametrize("tool", TOOLS)
def test_the_time_may_end_anywhere_with_one_message(tool, asked, monkeypatch, tmp_path):
    answers, graphviz = {}, dot.run

    def run(source, within):
        if source not in answers:
            answers[source] = graphviz(source, Deadline(60))
        return within.left and answers[source]

    monkeypatch.setattr("micrograd_paper.drawing.placing.layout.run", run)  # at once
    TOOLS[tool](tmp_path, 1e6)
    there = list(tmp_path.iterdir())
    begin = next(asked)
    TOOLS[tool](tmp_path, 1e6)
    asks = next(asked) - begin
    found = set()
    for seconds in range(1, asks - 6, max(1, asks // 50)):  # it is asked less than 6 times for other reasons
        with pytest.raises(LayoutError) as caught:
            TOOLS[tool](tmp_path, seconds)
        message, _, advice = str(caught.value).partition(": ")
        assert message == f"the drawing took longer than {seconds} s and was stopped"
        assert advice.startswith("draw ") and advice.endswith(", or raise seconds")
        frames = traceback.extract_tb(caught.value.__cause__.__traceback__)
        found |= {frame.filename.replace("\\", "/").rpartition("/")[2] for frame in frames}
    assert STAGES[tool] <= found
    assert list(tmp_path.iterdir()) == there
    assert unroll(shared())  # what has no time limit is not stopped


def test_a_watched_list_is_walked_through_until_the_deadline(asked):
    within = Deadline(5)
    many = [*range(3 * AT_ONCE)]
    assert list(Watched(many, within)) == many
    with pytest.raises(TimeoutError, match=r"^the drawing took longer than 5 s and was stopped$"):
        list(Watched(many, within))
    with pytest.raises(TimeoutError):
        list(reversed(Watched("abc", within)))
    with pytest.raises(TimeoutError):
        assert within.left


def test_time_that_was_used_does_not_come_again(asked):
    first = Deadline(9)
    list(first.watched("abc"))
    assert Deadline(9, first.used).left < 9 - 3


@pytest.mark.parametrize("seconds, used", [(0.3, 0.0), (600.0, 599.8), (1.0, 2.0)])
def test_a_png_that_takes_too_long_is_stopped_and_leaves_no_file(monkeypatch, tmp_path, seconds, used):
    pytest.importorskip("resvg_py")
    monkeypatch.setattr(formats, "RESVG", ENDLESS)
    drawing = Drawing(draw(Value(1.0)).svg, limit=(seconds, used))
    with pytest.raises(LayoutError) as caught:
        drawing.save(tmp_path / "C.png")
    assert str(caught.value) == (
        f"the drawing took longer than {seconds:g} s and was stopped: save it as .svg, or raise seconds"
    )
    assert list(tmp_path.iterdir()) == []
    drawing.save(tmp_path / "C.svg")  # that takes no time


def test_a_drawing_knows_the_time_that_is_left_for_its_png(asked):
    limit, used = draw(Value(1.0) + 2, seconds=1000).limit
    assert limit == 1000 and 5 < used < 1000


def test_resvg_that_fails_says_so_in_one_line(monkeypatch, tmp_path):
    pytest.importorskip("resvg_py")
    monkeypatch.setattr(formats, "RESVG", "raise SystemExit('no room left')")
    with pytest.raises(LayoutError, match=r"^resvg could not draw this picture: no room left$"):
        draw(Value(1.0)).save(tmp_path / "C.png")


def test_the_network_that_takes_too_long_is_told_of_the_smaller_details(asked):
    with pytest.raises(LayoutError, match=r'draw with detail="neurons" or detail="layers", or raise seconds$'):
        draw(iris(), seconds=3)


def test_no_process_is_left_of_a_png_that_was_stopped(monkeypatch, tmp_path):
    pytest.importorskip("resvg_py")
    started = []

    class Noted(subprocess.Popen):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            started.append(self)

    drawing = draw(Value(1.0))
    monkeypatch.setattr(dot.subprocess, "Popen", Noted)
    monkeypatch.setattr(formats, "RESVG", ENDLESS)
    drawing.limit = 0.3, 0.0
    with pytest.raises(LayoutError):
        drawing.save(tmp_path / "C.png")
    assert [process.returncode is None for process in started] == [False]
