"""The debugger in a real pseudo-terminal, with the keys that a person presses."""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.debugger.terminal import HISTORY_LENGTH, history
from tests.processes import PATIENCE, sleeps, wait_until
from tests.test_cli import ROOT

NET = str(ROOT / "demos" / "iris-4-3-3.json")
IRIS = ("debug", NET, "--data", "iris", "--example", "71")
PROMPT = "(debug) "
TAB, UP, CTRL_C, CTRL_D = "\t", "\x1b[A", "\x03", "\x04"


class Terminal:
    """A process in a pseudo-terminal; reading waits for what is expected."""

    def __init__(self, arguments, directory, **environment):
        self.master, slave = pty.openpty()
        variables = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80", "LINES": "40",
                     "XDG_STATE_HOME": str(directory / "state"), "PYTHONIOENCODING": "utf-8", "INPUTRC": "/dev/null"}
        variables.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "micrograd_paper", *arguments], cwd=directory, stdin=slave, stdout=slave,
            stderr=slave, env={**variables, **environment}, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C comes from the terminal
        )
        self.shown, self.decoder = "", codecs.getincrementaldecoder("utf-8")()
        os.close(slave)

    def until(self, expected):
        """What comes on the screen up to there, without bells. Fails if it does not come."""
        end = time.monotonic() + PATIENCE
        while expected not in self.shown:
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            assert ready, f"{expected!r} did not come after {self.shown!r}"
            try:
                self.shown += self.decoder.decode(os.read(self.master, 65536)).replace("\a", "")
            except OSError:  # Linux says so at the end of a pseudo-terminal
                break
        before, _, self.shown = self.shown.partition(expected)
        return before + expected

    def press(self, keys, expected=PROMPT):
        os.write(self.master, keys.encode())
        return self.until(expected)

    def interrupt(self):
        """Press Ctrl-C while it waits for a key: one that comes while readline is busy with a key, Python misses."""
        wait_until(lambda: sleeps(self.process))
        self.press(CTRL_C, "--KeyboardInterrupt--")
        self.until(PROMPT)

    def type(self, line):
        """The answer to a command."""
        self.press(f"{line}\r", "\n")
        return self.until(PROMPT)

    def ended(self):
        shown = self.until("\0")  # to the end
        status = self.process.wait(PATIENCE)
        return status, shown

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.master)


@pytest.fixture
def start(tmp_path, ctrl_c):
    running = []

    def new(*arguments, **environment):
        terminal = Terminal(arguments, tmp_path, **environment)
        running.append(terminal)
        return terminal

    yield new
    for terminal in running:
        terminal.close()


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r", "")


def test_a_person_steps_and_reads(start):
    terminal = start(*IRIS)
    assert "backward() of C = 0.6783: 47 nodes, 60 steps" in plain(terminal.until(PROMPT))
    assert "-> ∂C/∂a³₂ += a³₂ − y₂ = 0.1645 − 1 = −0.8355   (16)" in plain(terminal.type("step"))
    assert "-> ∂C/∂a³₃ += " in plain(terminal.type(""))
    assert "*** unknown command stpe (did you mean step?)" in plain(terminal.type("stpe"))
    os.write(terminal.master, b"quit\r")
    status, shown = terminal.ended()
    assert status == 0 and "Traceback" not in shown


def test_tab_completes_commands_symbols_and_what_break_takes(start):
    terminal = start(*IRIS)
    terminal.until(PROMPT)
    terminal.press("wat" + TAB, "watch ")
    terminal.press("w2_1" + TAB, "w2_1_")
    assert "watch 1 (w2_1_3) is set" in plain(terminal.type("3"))
    terminal.press("why w2_1_" + TAB + TAB, "w2_1_4")
    terminal.until(f"{PROMPT}why w2_1_")
    terminal.interrupt()
    terminal.press("break op sig" + TAB, "sigmoid")
    assert "breakpoint 2 (op sigmoid) is set" in plain(terminal.type(""))


def test_arrow_up_brings_back_what_was_typed_also_another_day(start, tmp_path):
    terminal = start(*IRIS)
    terminal.until(PROMPT)
    terminal.type("print z2_1")
    terminal.type("info")
    terminal.press(UP + UP, "print z2_1")
    assert "z²₁ = -5.26" in plain(terminal.type(""))
    os.write(terminal.master, b"quit\r")
    assert terminal.ended()[0] == 0
    assert "print z2_1" in (tmp_path / "state" / "micrograd-paper" / "debug_history").read_text()
    again = start(*IRIS)
    again.until(PROMPT)
    again.press(UP + UP + UP, "info")


def test_ctrl_c_at_the_prompt_gives_the_prompt_again_and_ctrl_d_quits(start):
    terminal = start(*IRIS)
    terminal.until(PROMPT)
    terminal.press("half a comm", "half a comm")
    terminal.interrupt()
    assert "0 of 60 steps made" in plain(terminal.type("info"))
    os.write(terminal.master, CTRL_D.encode())
    status, shown = terminal.ended()
    assert status == 0 and "Traceback" not in shown


LONG = """
import signal, time
from micrograd_paper import Value

class HalfWay(float):
    def __floor__(self):  # the debugger looks at this leaf: Ctrl-C comes now
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        print("half way", flush=True)
        while signal.SIGINT not in signal.sigpending():
            time.sleep(0.01)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        return 0

C = x = Value(1.0, "x")
for i in range(30_000):
    C = C + (HalfWay(1.0) if i == 15_000 else 1.0)
C.label = "C"
C.backward()
print("x has", x.grad)
"""


def test_ctrl_c_interrupts_a_long_continue_and_the_pass_goes_on_from_there_exactly(start, tmp_path):
    (tmp_path / "long.py").write_text(LONG)
    terminal = start("debug", "long.py")
    terminal.until(PROMPT)
    terminal.type("break if floor(data) < -9")
    terminal.press("continue\r", "half way")
    shown = plain(terminal.press(CTRL_C))
    assert "--KeyboardInterrupt--" in shown and "-> ∂C/∂n" in shown and "The end of the pass" not in shown
    made = int(re.search(r"([\d,]+) of 60,000 steps made", plain(terminal.type("info")))[1].replace(",", ""))
    assert 0 < made < 60_000
    terminal.type("clear")
    terminal.type("finish")
    os.write(terminal.master, b"continue\r")
    status, shown = terminal.ended()
    assert status == 0 and "x has 1" in shown


def test_a_terminal_has_colours_and_no_color_and_a_dumb_one_have_none(start):
    assert "\x1b[32m" in start(*IRIS).until(PROMPT)
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        terminal = start(*IRIS, **environment)
        assert "\x1b[3" not in terminal.until(PROMPT)
        shown = terminal.type("step")
        assert "\x1b[3" not in shown and "∂C/∂a³₂" in shown


def test_lines_are_as_wide_as_the_terminal(start):
    terminal = start(*IRIS)
    terminal.until(PROMPT)
    for command in ("help", "why w2_1_1", "where x1", "list", "paths x1", "step 30"):
        assert max(map(len, plain(terminal.type(command)).splitlines())) <= 80, command


lines = st.lists(st.text("abc 123", min_size=1, max_size=8), max_size=5)


def typed_so_far(readline):
    return [readline.get_history_item(i + 1) for i in range(readline.get_current_history_length())]


@given(lines, lines, lines)
def test_readline_has_the_debuggers_history_inside_and_what_it_had_before_afterwards(before, today, tomorrow):
    readline = pytest.importorskip("readline")
    with tempfile.TemporaryDirectory() as state, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", state)
        readline.clear_history()
        for line in before:
            readline.add_history(line)
        kept = []
        for typed in (today, tomorrow):
            with history():
                assert typed_so_far(readline) == kept
                for line in typed:
                    readline.add_history(line)
            kept += typed
            assert typed_so_far(readline) == before
        readline.clear_history()


def test_the_history_that_is_kept_is_the_latest_thousand_lines_and_cuts_nobody_elses(tmp_path, monkeypatch):
    readline = pytest.importorskip("readline")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with history():
        for i in range(HISTORY_LENGTH + 100):
            readline.add_history(f"step {i}")
    with history():
        assert typed_so_far(readline) == [f"step {i}" for i in range(100, HISTORY_LENGTH + 100)]
    for i in range(HISTORY_LENGTH + 100):
        readline.add_history(f"print({i})")
    readline.write_history_file(tmp_path / "somebody else's")
    readline.clear_history()
    assert len((tmp_path / "somebody else's").read_text().splitlines()) == HISTORY_LENGTH + 100


def test_without_a_place_for_the_history_what_is_typed_is_not_kept(tmp_path, monkeypatch):
    readline = pytest.importorskip("readline")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    readline.clear_history()
    readline.add_history("import this")
    for _ in range(2):
        with history():
            assert typed_so_far(readline) == []
            readline.add_history("step")
        assert typed_so_far(readline) == ["import this"]
    readline.clear_history()


def test_the_terminal_is_the_parents_while_its_children_work(start, tmp_path):
    (tmp_path / "demo.py").write_text(
        "import multiprocessing\nfrom micrograd_paper import Value\n"
        "def work(n):\n    x = Value(float(n))\n    C = x * x\n    C.backward()\n    return x.grad\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('fork').Pool(2) as pool:\n        print(pool.map(work, range(4)))\n"
        "    D = Value(2.0) * 3\n    D.backward()\n    print('end')\n"
    )
    terminal = start("debug", "demo.py")
    shown = plain(terminal.until(PROMPT))
    assert shown.startswith("[0.0, 2.0, 4.0, 6.0]\nbackward() of D = 6: ") and shown.count("backward()") == 1
    terminal.type("continue")
    os.write(terminal.master, b"continue\r")
    status, shown = terminal.ended()
    assert status == 0 and "\nend\n" in plain(shown)
