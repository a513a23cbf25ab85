"""Stepping through backward as VS Code does it: the Debug Adapter Protocol, spoken with debugpy itself."""

import importlib.util
import inspect
import os
import re
from pathlib import Path

import pytest

from micrograd_paper import engine
from tests.processes import wait_until
from tests.stepping.dap import Client

pytestmark = [pytest.mark.slow, pytest.mark.skipif(
    importlib.util.find_spec("debugpy") is None and "CI" not in os.environ,
    reason='debugpy is not installed: pip install ".[test]"',
)]

ROOT = Path(__file__).parent.parent.parent
ENGINE = inspect.getsourcefile(engine)
CHAIN_RULE = next(
    number for number, line in enumerate(Path(ENGINE).read_text(encoding="utf-8").splitlines(), start=1)
    if "# the chain rule, (18)" in line
)
PROGRAM = """\
from micrograd_paper import MLP, quadratic
from micrograd_paper.stepping.breakpoints import break_at

net = MLP(2, [2, 1], seed=1)
forward = net.forward([1.0, 0.5])
C = quadratic(forward.output, [1.0])
C.backward()
print("w2_1_1:", net["w2_1_1"].grad)
with break_at(C, "z2_1"):
    C.backward()
print("the end")
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(PROGRAM, encoding="utf-8")
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PYTHONBREAKPOINT": ""}
    return {"program": str(path), "cwd": str(tmp_path), "env": environment, "console": "internalConsole",
            "justMyCode": False}


def test_a_breakpoint_on_the_chain_rule_shows_node_operand_and_partial_in_the_papers_names(program):
    with Client() as client:
        client.launch(program, {ENGINE: [{"line": CHAIN_RULE}]})
        frames = client.stopped()
        assert [frame["name"] for frame in frames[:2]] == ["backward", "<module>"]
        assert frames[0]["line"] == CHAIN_RULE
        shown = client.variables(frames[0])
        assert shown["node"] == "C = 0.1348 · grad 1 · ½Σ²"
        assert shown["operand"] == "a³₁ = 0.4808 · grad 0 · σ"
        assert shown["partial"].startswith("-0.519")
        assert client.evaluate("operand.grad == 0 and node is self", frames[0]) == "True"


def test_a_value_opens_to_its_operands_and_its_number_can_be_set(program):
    with Client() as client:
        client.launch(program, {ENGINE: [{"line": CHAIN_RULE}]})
        frames = client.stopped()
        shown, opened = client.children("operand", frames[0])
        (first, *_) = shown
        assert re.fullmatch(r"operand 0 × 0\.249\d+", first) and shown[first].startswith("z³₁ = ")
        assert list(shown)[1:] == ["data", "grad", "label", "op", "origin"] and not any("_" in name for name in shown)
        client.call("setVariable", variablesReference=opened, name="data", value="0.5")
        assert client.evaluate("operand.data", frames[0]) == "0.5"
        wide, _ = client.children("node", frames[0])
        assert list(wide)[:2] == [f"operand {i} × {float(partial)!r}" for i, partial in enumerate(
            map(float, client.evaluate("' '.join(map(str, node.partials))", frames[0]).strip("'").split()))]


def test_stepping_over_the_chain_rule_applies_it_once(program):
    with Client() as client:
        client.launch(program, {ENGINE: [{"line": CHAIN_RULE}]})
        frames = client.stopped()
        for _ in range(10):
            client.evaluate("expected = operand, operand.grad + partial * node.grad", frames[0])
            frames = client.go("next")
            assert frames[0]["name"] == "backward"
            assert client.evaluate("expected == (operand, operand.grad)", frames[0]) == "True"
            frames = client.go("continue")
            assert frames[0]["line"] == CHAIN_RULE
        assert client.variables(frames[0])["node"].startswith("z²₂ = ")  # after C's 2, a³₁'s 1, z³₁'s 5, a²₂'s 1


def test_a_conditional_breakpoint_on_the_label_stops_at_each_operand_of_that_node_only(program):
    with Client() as client:
        client.launch(program, {ENGINE: [{"line": CHAIN_RULE, "condition": 'str(node.label) == "z²₁"'}]})
        frames, operands = client.stopped(), []
        while len(operands) < 5:
            shown = client.variables(frames[0])
            assert shown["node"].startswith("z²₁ = ") and shown["node"].endswith(" · Σ")
            operands.append(shown["operand"].partition(" = ")[0])
            frames = client.go("continue")
        assert operands == ["w²₁₁", "w²₁₂", "x₁", "x₂", "b²₁"]


def test_break_at_stops_with_the_node_and_a_step_leads_to_its_chain_rule(program):
    with Client() as client:
        client.launch(program, {})
        frames = client.stopped()
        assert [frame["name"] for frame in frames[:3]] == ["__next__", "backward", "<module>"]
        assert client.variables(frames[0])["node"].startswith("z²₁ = ")
        assert client.evaluate("abs(node.grad) > 0", frames[0]) == "True"
        while frames[0]["name"] != "backward":
            frames = client.go("next")
        while frames[0]["line"] != CHAIN_RULE:
            frames = client.go("next")
        assert client.variables(frames[0])["node"].startswith("z²₁ = ")
        assert client.variables(frames[0])["operand"].startswith("w²₁₁ = ")
        assert client.go("continue") is None
        assert "the end" in client.output


def test_a_drawing_is_made_while_the_program_is_stopped(program):
    with Client() as client:
        client.launch(program, {ENGINE: [{"line": CHAIN_RULE}]})
        frames = client.stopped()
        assert "drawing" in client.evaluate("__import__('micrograd_paper').draw(self)", frames[0])


def test_break_at_stops_at_the_users_line_where_libraries_are_run_past(program):
    program["justMyCode"] = True
    program["env"]["LIBRARY_ROOTS"] = str(ROOT / "micrograd_paper")  # as if it were installed
    with Client() as client:
        client.launch(program, {})
        frames = client.stopped()
        line = PROGRAM.splitlines().index("    C.backward()") + 1
        assert (frames[0]["source"]["path"], frames[0]["line"]) == (program["program"], line)
        assert client.variables(frames[0])["node"].startswith("z²₁ = ")
        assert client.evaluate("abs(node.grad) > 0", frames[0]) == "True"
        assert client.go("continue") is None
        assert "the end" in client.output


def test_a_leaf_edited_in_the_debugger_is_brought_up_to_date_by_recompute(program):
    with Client() as client:
        client.launch(program, {program["program"]: [{"line": 7}]})
        frames = client.stopped()
        assert client.evaluate("C.data", frames[0]).startswith("0.1347")
        client.evaluate('net["w2_1_1"].data = 5.0', frames[0])
        assert client.evaluate("C.data", frames[0]).startswith("0.1347")
        client.evaluate("from micrograd_paper.graph import recompute", frames[0])
        client.evaluate("recompute(C)", frames[0])
        changed = "abs(C.data - quadratic(net.forward([1.0, 0.5]).output, [1.0]).data) < 1e-15"
        assert client.evaluate(changed, frames[0]) == "True"
        assert not client.evaluate("C.data", frames[0]).startswith("0.1347")


def test_disconnecting_leaves_no_process_behind(program):
    with Client() as client:
        client.launch(program, {ENGINE: [{"line": CHAIN_RULE}]})
        frames = client.stopped()
        debuggee = int(client.evaluate("__import__('os').getpid()", frames[0]))
    assert client.adapter.returncode is not None
    wait_until(lambda: not alive(debuggee))


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
