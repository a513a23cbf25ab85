"""Ctrl-C at any moment of a command is one line and exit status 130, without a traceback."""

import pkgutil
import re
import signal
import subprocess
import sys

import pytest

from micrograd_paper.__main__ import entry_point
from tests.processes import PATIENCE, sleeps, wait_until
from tests.test_cli import ROOT, environment

INTERRUPTED = (130, "", "micrograd-paper: interrupted\n")
IMPORTING = f"""
import os, sys

class Interrupting:
    def find_spec(name, path=None, target=None):
        if name == {{name!r}}:
            try:
                os.kill(os.getpid(), {int(signal.SIGINT)})
            except BaseException:
                if not {{is_lost}}:  # as in some places of an import
                    raise

sys.meta_path.insert(0, Interrupting)
sys.modules.pop("signal", None)
from micrograd_paper.__main__ import entry_point
sys.argv = ["micrograd-paper", "equations", "21"]
sys.exit(entry_point())
"""
MODULES = ["micrograd_paper.cli", "argparse", "micrograd_paper.engine", "micrograd_paper.commands.unrolling"]
SCRIPT = "import atexit, os, signal, sys, threading\nfrom micrograd_paper import Value\nC = Value(1.0)\n{}\n"
CTRL_C = "os.kill(os.getpid(), signal.SIGINT)"


def ended(arguments, directory, **options):
    process = subprocess.run([sys.executable, *arguments], cwd=directory, env=environment(), capture_output=True,
                             text=True, encoding="utf-8", timeout=PATIENCE, **options)
    return process.returncode, process.stdout, process.stderr


def unrolled(program, directory):
    (directory / "demo.py").write_text(SCRIPT.format(program))
    status, out, err = ended(["-m", "micrograd_paper", "unroll", "demo.py:C"], directory)
    return status, out.replace(f"The program is written to {directory / 'backprop_unrolled.py'}\n", "done\n"), err


@pytest.mark.parametrize("name, is_lost", [("signal", False), *((name, True) for name in MODULES)])
def test_while_a_module_is_imported(name, is_lost, tmp_path, ctrl_c):
    assert ended(["-c", IMPORTING.format(name=name, is_lost=is_lost)], tmp_path) == INTERRUPTED


def test_where_it_is_ignored_the_command_is_done(tmp_path):
    program = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    program += IMPORTING.format(name="argparse", is_lost=False)
    status, out, err = ended(["-c", program], tmp_path)
    assert (status, err) == (0, "") and "δ" in out


def test_while_a_command_runs(tmp_path, ctrl_c):
    assert unrolled(CTRL_C, tmp_path) == INTERRUPTED


def test_while_python_ends(tmp_path, ctrl_c):
    assert unrolled(f"atexit.register(lambda: {CTRL_C})", tmp_path) == (130, "done\n", INTERRUPTED[2])


def test_while_python_waits_for_a_thread_of_the_script(tmp_path, ctrl_c):
    thread = "threading.main_thread().join(), print('waits', file=sys.stderr, flush=True), threading.Event().wait()"
    (tmp_path / "demo.py").write_text(SCRIPT.format(f"threading.Thread(target=lambda: ({thread})).start()"))
    process = subprocess.Popen([sys.executable, "-m", "micrograd_paper", "unroll", "demo.py:C"], cwd=tmp_path,
                               text=True, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert process.stderr.readline() == "waits\n"
        wait_until(lambda: sleeps(process))
        process.send_signal(signal.SIGINT)
        assert (process.wait(PATIENCE), process.stderr.read()) == (130, INTERRUPTED[2])
    finally:
        process.kill()
        process.communicate()


def test_when_all_is_done_it_comes_too_late(tmp_path, ctrl_c):
    program = "class Last:\n    def __del__(self, kill=os.kill, process=os.getpid(), ctrl_c=signal.SIGINT):\n"
    program += "        kill(process, ctrl_c)\nthreading.last = Last()  # goes with the module"
    assert unrolled(program, tmp_path) == (0, "done\n", "")


def test_a_script_keeps_its_own_handler(tmp_path, ctrl_c):
    program = f"signal.signal(signal.SIGINT, lambda *signal: print('own'))\natexit.register(lambda: {CTRL_C})"
    assert unrolled(program, tmp_path) == (0, "done\nown\n", "")


def test_where_stderr_is_closed_nothing_is_said(tmp_path, ctrl_c):
    program = IMPORTING.format(name="argparse", is_lost=False)
    command = ["/bin/sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-c", program]
    process = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, timeout=PATIENCE)
    assert (process.returncode, process.stdout, process.stderr) == (130, b"", b"")


def test_the_command_that_is_installed_is_this_one():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert pkgutil.resolve_name(re.search(r'^micrograd-paper = "(.*)"$', project, re.MULTILINE)[1]) is entry_point
