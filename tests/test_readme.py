"""What README and demos/*.md show is true: programs run, and comments and transcripts are what they print."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import PATIENCE

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "demos").glob("*.md"))]
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in PAGES if path.stem not in ("equations", "paper")}
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def programs():
    for page, text in TEXTS.items():
        for n, program in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL), 1):
            if not program.startswith("# "):  # a file for a debugger, which tests/test_debugging_demo.py writes
                yield pytest.param(program, id=f"{page} {n}")


@pytest.mark.parametrize("program", list(programs()))
def test_a_program_of_the_pages_runs_and_prints_what_its_comments_say(program, tmp_path):
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True,
                         encoding="utf-8", timeout=PATIENCE)
    assert run.returncode == 0, run.stderr
    comments = re.findall(r"^ *print\(.*\)\s+# (.*)$", program, re.MULTILINE)
    for comment in comments:
        assert comment.strip("… ") in run.stdout or comment.startswith("δ²₁")
    assert comments


def rounded(line):
    """The line with decimals in three digits and without differences in ulp: C libraries differ in exp's last bit."""
    line = re.sub(r"(\(\d+\)) +[\d.e−-]+ +[\d.e−-]+$", r"\1", line)
    return re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.3g}", line).split()


TRAINS = re.compile(r"train --data iris|-m micrograd_paper$")  # on the irises, which takes a second


def transcripts():
    """For each command that the pages show: those before it whose files it reads, and itself; what it prints."""
    for page, text in TEXTS.items():
        yield from transcripts_of(page, text)


def transcripts_of(page, text):
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        files = {}
        if page == "debugging" and block.startswith("$ python "):  # tests/test_debugging_demo.py plays it
            continue
        for part in block.split("$ ")[1:]:
            line, _, output = part.partition("\n")
            if "micrograd_paper" not in line and ("pip" in line or "pytest" in line):
                continue
            command = line.rpartition("&& ")[2]
            commands = [*(files[word] for word in command.split() if word in files), command]
            marks = [pytest.mark.slow] if any(map(TRAINS.search, commands)) else []
            yield pytest.param(commands, output, id=f"{page}: {command}", marks=marks)
            for made in re.findall(r"(?:-o|--save|>) (\S+)", command):
                files[made] = command


TRANSCRIPTS = list(transcripts())


def test_the_pages_have_transcripts_and_programs():
    assert len(TRANSCRIPTS) >= 14 and len(list(programs())) >= 8


def test_the_front_page_is_short_and_its_links_lead_somewhere():
    assert len(TEXTS["README"].split()) < 1200
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (page.parent / target).exists(), (page, target)


@pytest.mark.parametrize("commands, output", TRANSCRIPTS)
def test_a_transcript_of_the_pages_is_what_the_command_prints(commands, output, tmp_path):
    (tmp_path / "demos").symlink_to(ROOT / "demos")
    for command in commands:
        run = typed(command, tmp_path)
        assert run.returncode == 0, run.stderr
    promised = output.removesuffix("…\n").splitlines()
    assert list(map(rounded, run.stdout.splitlines()[: len(promised)])) == list(map(rounded, promised))


def typed(command, directory):
    """What a shell makes of it, in this directory."""
    command = re.sub(r"^python ", f"{sys.executable} ", command)
    command = command.replace("micrograd-paper", f"{sys.executable} -m micrograd_paper")
    return subprocess.run(command, shell=True, cwd=directory, env=ENVIRONMENT, capture_output=True, text=True,
                          encoding="utf-8", timeout=PATIENCE, executable=shutil.which("sh"))


def test_the_debugger_session_of_the_engine_s_page_shows_what_pdb_shows(tmp_path):
    TEXT = TEXTS["engine"]
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
