"""What the README shows is true: its programs run, and its comments and transcripts are what they print."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import PATIENCE

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


@pytest.mark.parametrize("program", re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
def test_a_program_of_the_readme_runs_and_prints_what_its_comments_say(program, tmp_path):
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True,
                         encoding="utf-8", timeout=PATIENCE)
    assert run.returncode == 0, run.stderr
    comments = re.findall(r"^print\(.*\)\s+# (.*)$", program, re.MULTILINE)
    for comment in comments:
        assert comment in run.stdout or comment.startswith("δ²₁")
    assert comments


def rounded(line):
    """The line with decimals in three digits and without differences in ulp: C libraries differ in exp's last bit."""
    line = re.sub(r"(\(\d+\)) +[\d.e-]+ +[\d.e-]+$", r"\1", line)
    return re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.3g}", line).split()


def transcripts():
    for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL):
        for part in block.split("$ ")[1:]:
            command, _, output = part.partition("\n")
            if "pip" not in command or "micrograd_paper" in command:
                yield command.rpartition("&& ")[2], output


def test_the_transcripts_of_the_readme_are_what_the_commands_print(tmp_path):
    commands = list(transcripts())
    assert len(commands) == 14
    (tmp_path / "demos").symlink_to(ROOT / "demos")
    for command, output in commands:
        shown = command.replace("micrograd-paper", f"{sys.executable} -m micrograd_paper")
        shown = re.sub(r"^python ", f"{sys.executable} ", shown)
        run = subprocess.run(shown, shell=True, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True,
                             encoding="utf-8", timeout=PATIENCE, executable=shutil.which("sh"))
        assert run.returncode == 0, run.stderr
        promised = output.removesuffix("…\n").splitlines()
        assert list(map(rounded, run.stdout.splitlines()[: len(promised)])) == list(map(rounded, promised))


def test_the_debugger_session_of_the_readme_shows_what_pdb_shows(tmp_path):
    setup, shown = re.search(r"With `(net = .*?)` and `(?:C = .*?)`:\n\n```console\n(.*?)```", TEXT, re.DOTALL).groups()
    cost = re.search(r"` and `(C = quadratic.*?)`:", TEXT)[1]
    (tmp_path / "program.py").write_text(
        f"from micrograd_paper import MLP, quadratic\n{setup}\n{cost}\nbreakpoint()\nC.backward()\n"
    )
    commands = "tbreak C.backward\ncontinue\n" + "next\n" * 3 + "p node, operand, partial\ncontinue\n"
    run = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, env=ENVIRONMENT, input=commands, text=True,
                         capture_output=True, encoding="utf-8", timeout=PATIENCE)
    lines = [line.removeprefix("(Pdb) ") for line in run.stdout.splitlines()]
    for line in shown.splitlines():
        if not line.startswith(("> ", "(Pdb) ")):
            assert line in lines, run.stdout
    assert any(re.match(r"> .*engine\.py\(\d+\)backward\(\)", line) for line in lines)
