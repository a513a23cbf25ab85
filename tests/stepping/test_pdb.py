"""Stepping through backward in pdb itself, in a process of its own; and what stack traces and repr say there."""

import inspect
import os
import re
import subprocess
import sys
import traceback
from itertools import pairwise
from pathlib import Path

import pytest

from micrograd_paper import MLP, Value, quadratic
from micrograd_paper.engine import apply, topological_order
from micrograd_paper.errors import DomainError
from micrograd_paper.operations import TABLE, power_by
from tests.graphs import chain
from tests.processes import PATIENCE

ROOT = Path(__file__).parent.parent.parent
SETUP = """\
from micrograd_paper import MLP, quadratic
from micrograd_paper.graph import recompute
from micrograd_paper.stepping.breakpoints import break_at

net = MLP(2, [2, 1], seed=1)
forward = net.forward([1.0, 0.5])
C = quadratic(forward.output, [1.0])
"""
BREAK_AT = """\
with break_at(C, "z2_1"):
    C.backward()
print("the end")
"""
HOOK = """\
import sys
def hook():
    frame = sys._getframe(1)
    print("hook:", frame.f_locals["node"], "on the way from", frame.f_back.f_code.co_name)
"""
CHAIN_RULE = re.compile(r"> .*engine\.py\(\d+\)backward\(\)\n-> operand\.grad = .*# the chain rule, \(18\)\n")


def run(program, commands, directory, **environment):
    """What the program prints when pdb is given the commands: up to the first prompt, and after each command."""
    (directory / "train.py").write_text(SETUP + program, encoding="utf-8")
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONBREAKPOINT"}
    path = os.pathsep.join([str(ROOT), str(directory)])
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=directory, input="".join([command + "\n" for command in commands]),
        env={**plain, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("(Pdb) ")


def small_network():
    net = MLP(2, [2, 1], seed=1)
    forward = net.forward([1.0, 0.5])
    return net, forward, quadratic(forward.output, [1.0])


# A session.

def test_ten_applications_of_the_chain_rule_are_stepped_over_one_by_one(tmp_path):
    look = ["next", "p node", "p operand.label", "p operand.grad + partial * node.grad", "p operand.grad"]
    answers = run("breakpoint()\nC.backward()\n", ["tbreak C.backward", "continue", *look * 40, "continue"], tmp_path)
    looks = [[text.strip("\n") for text in answers[at : at + 5]] for at in range(3, len(answers) - 5, 5)]
    passes = [(*here[1:4], after[4]) for here, after in pairwise(looks) if CHAIN_RULE.match(here[0] + "\n")]

    _, _, C = small_network()
    C.backward()
    edges = [(node, operand) for node in reversed(topological_order(C)) for operand in node.operands]
    assert len(passes) >= 10
    for (shown, label, expected, grad), (node, operand) in zip(passes, edges):
        assert shown == repr(node)
        assert label == repr(operand.label)
        assert grad == expected != ""
    assert passes[3][0].startswith("z³₁ = ") and passes[3][0].endswith(" · Σ")


def test_a_leaf_edited_in_pdb_is_brought_up_to_date_by_recompute(tmp_path):
    answers = run("breakpoint()\nC.backward()\n", [
        'net["w2_1_1"].data = 5.0', "p C, C.partials[0]", "recompute(C)", "p C, C.partials[0]", "continue"
    ], tmp_path)
    net, _, C = small_network()
    assert answers[2].strip() == str((C, C.partials[0]))
    net["w2_1_1"].data = 5.0
    C = quadratic(net.forward([1.0, 0.5]).output, [1.0])
    assert answers[4].strip() == str((C, C.partials[0])) != answers[2].strip()


# break_at and PYTHONBREAKPOINT.

def test_break_at_opens_pdb_with_the_node_and_next_leads_on_to_its_chain_rule(tmp_path):
    answers = run(BREAK_AT, ["p node", "return", "next", "next", "p node is operand", "p node, operand", "continue"],
                  tmp_path)
    _, forward, C = small_network()
    C.backward()
    assert re.search(r"breakpoints\.py\(\d+\)__next__\(\)\n", answers[0])
    assert answers[1].strip() == repr(forward["z2_1"])
    assert "--Return--" in answers[2]
    assert re.match(r"> .*engine\.py\(\d+\)backward\(\)\n-> for operand, partial in ", answers[3])
    assert CHAIN_RULE.match(answers[4])
    assert answers[6].startswith(f"({forward['z2_1']!r}, w²₁₁ = ")
    assert answers[7].endswith("the end\n")


def test_at_a_leaf_the_frame_above_holds_its_last_contribution(tmp_path):
    answers = run(BREAK_AT.replace("z2_1", "b2_1"), ["p node", "up", "p node, operand, partial", "continue"], tmp_path)
    net, forward, C = small_network()
    C.backward()
    assert answers[1].strip() == repr(net["b2_1"])
    assert "engine.py" in answers[2]
    assert answers[3].strip() == str((forward["z2_1"], net["b2_1"], 1))


def test_pythonbreakpoint_0_turns_break_at_off(tmp_path):
    assert run(BREAK_AT, [], tmp_path, PYTHONBREAKPOINT="0") == ["the end\n"]


def test_pythonbreakpoint_chooses_what_break_at_calls(tmp_path):
    (tmp_path / "hooks.py").write_text(HOOK, encoding="utf-8")
    _, forward, C = small_network()
    C.backward()
    assert run(BREAK_AT, [], tmp_path, PYTHONBREAKPOINT="hooks.hook") == [
        f"hook: {forward['z2_1']} on the way from backward\nthe end\n"
    ]


# Stack traces.

class Broken:
    """A number with which nothing can be calculated."""

    def fail(self, *others):
        raise ValueError("broken")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = fail
    __neg__ = __abs__ = __gt__ = __lt__ = exp = log = sqrt = sin = cos = tanh = sigmoid = softplus = fail


@pytest.mark.parametrize(
    "op", [op for op in (*TABLE.values(), power_by(2)) if op.name != "identity"], ids=lambda op: op.name
)
def test_a_stack_trace_has_the_name_of_the_operation(op):
    parameters = inspect.signature(op.forward).parameters.values()
    several = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
    with pytest.raises(DomainError, match="broken") as raised:
        apply(op, *[Value(Broken()) for _ in range(3 if several else len(parameters))])
    names = [frame.name for frame in traceback.extract_tb(raised.value.__cause__.__traceback__)]
    assert op.name in names and "<lambda>" not in names


# What a variable pane shows.

def test_repr_takes_the_same_work_for_a_graph_of_any_size():
    def calls(node):
        """The functions of the package that repr(node) calls; what else Python does meanwhile is its own affair."""
        names = []

        def note(frame, event, argument):
            if event == "call" and "micrograd_paper" in frame.f_code.co_filename:
                names.append(frame.f_code.co_name)

        sys.setprofile(note)
        try:
            repr(node)
        finally:
            sys.setprofile(None)
        return [name for name in names if name not in ("calls", "note")]

    short, long = chain(10), chain(100_000)
    assert calls(short) == calls(long) != []


def test_repr_is_one_short_line_whatever_the_label_and_the_number_are():
    class Unprintable:
        def __str__(self):
            raise RuntimeError

    for label in ("a\nb", "x" * 10_000, "\x1b[2J", Unprintable(), ""):
        text = repr(Value(2.0, label))
        assert "\n" not in text and "\x1b" not in text and len(text) < 120
    for number in (10**5000, Broken()):  # Python refuses to make text of the first
        assert len(repr(Value(number, "x"))) < 120 and repr(Value(number, "x")).startswith("x = ")
