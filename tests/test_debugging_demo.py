"""What demos/debugging.md shows is true: programs, debugger sessions, and the launch.json of VS Code."""

import importlib.util
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from micrograd_paper import engine
from tests.processes import PATIENCE

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "demos" / "debugging.md").read_text(encoding="utf-8")
PROGRAMS = {
    name: program for program, name in re.findall(r"```python\n(# (.+?)\n.*?)```", TEXT, re.DOTALL)
}
SESSIONS = re.findall(r"```console\n\$ (python .*?)\n(.*?)```", TEXT, re.DOTALL)  # the others: tests/test_readme.py
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONBREAKPOINT"},
    "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8",
}


@pytest.fixture
def directory(tmp_path):
    for name, program in PROGRAMS.items():
        (tmp_path / name).write_text(program, encoding="utf-8")
    return tmp_path


def comparable(text, directory):
    """The text without what differs between machines: where it is installed, line numbers of the package, last bits."""
    text = text.replace(f"{ROOT}{os.sep}", "").replace(f"{directory.resolve()}{os.sep}", "")
    text = re.sub(r"(micrograd_paper/[\w/]+\.py)(\(\d+\)|:\d+)", r"\1", text)
    return re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.4g}", text).strip()


def test_the_page_has_programs_and_sessions():
    assert list(PROGRAMS) == ["train.py", "stop.py", "where.py", "origins.py", "overflow.py"]
    assert [command.split()[1] for command, _ in SESSIONS] == [
        "train.py", "train.py", "stop.py", "where.py", "origins.py", "overflow.py"
    ]


@pytest.mark.parametrize(("command", "shown"), SESSIONS, ids=[command for command, _ in SESSIONS])
def test_a_session_is_what_the_commands_print(command, shown, directory):
    before, *answers = shown.split("(Pdb) ")
    typed = [answer.partition("\n")[0] for answer in answers]
    run = subprocess.run(
        re.sub(r"^python ", f"'{sys.executable}' ", command), shell=True, cwd=directory, env=ENVIRONMENT,
        input="".join([line + "\n" for line in typed]), capture_output=True, text=True, encoding="utf-8",
        timeout=PATIENCE, executable=shutil.which("sh"),
    )
    assert run.returncode == 0 and not run.stderr, run.stderr
    printed = run.stdout.split("(Pdb) ")
    assert len(printed) == len(answers) + 1
    if not answers:
        assert comparable(printed[0], directory) == comparable(before, directory)
    else:  # from Python 3.13 on, the line is that of breakpoint()
        first, promised = (re.split(r"\(|\n", comparable(text, directory))[0] for text in (printed[0], before))
        assert first == promised
    for answer, found in zip(answers, printed[1:]):
        promised = comparable(answer.partition("\n")[2], directory)
        assert re.sub(r"\n-> (return node|breakpoint).*", "", comparable(found, directory)) == re.sub(
            r"\n-> return node.*", "", promised
        )


def launch_configuration(directory):
    (configuration,) = json.loads(re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)[1])["configurations"]
    return {
        name: value.replace("${workspaceFolder}", str(directory)) if isinstance(value, str) else value
        for name, value in configuration.items()
    }


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("debugpy") is None and "CI" not in os.environ,
    reason='debugpy is not installed: pip install ".[test]"',
)
def test_the_launch_json_and_the_conditional_breakpoint_stop_where_the_page_says(directory):
    from tests.stepping.dap import Client

    lines, first = inspect.getsourcelines(engine.Value.backward)
    rule = first + next(number for number, line in enumerate(lines) if "# the chain rule, (18)" in line)
    (condition,) = set(re.findall(r"`(str\(node\.label\) == .*?)`", TEXT))
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    configuration = launch_configuration(directory)
    assert configuration.pop("console") == "integratedTerminal"  # there is none here
    with Client() as client:
        client.launch(
            {**configuration, "console": "internalConsole", "cwd": str(directory), "env": environment},
            {inspect.getsourcefile(engine): [{"line": rule, "condition": condition}]},
        )
        frames = client.stopped()
        assert Path(frames[0]["source"]["path"]).name == "train.py"  # its breakpoint()
        frames = client.go("continue")
        assert client.variables(frames[0])["node"].startswith("z²₁ = ")
        assert float(client.evaluate("partial * node.grad", frames[0])) != 0
        frames = client.go("next")
        assert frames[0]["name"] == "backward"
        assert client.go("continue")[0]["line"] == rule
