"""The command debug, run as a user runs it, with commands from a pipe."""

import multiprocessing
import os
import re
import subprocess
import sys

import pytest

from micrograd_paper.cli import main
from tests.processes import PATIENCE
from tests.test_cli import ROOT, environment

NET = str(ROOT / "demos" / "iris-4-3-3.json")
IRIS = (NET, "--data", "iris", "--example", "71")
TRAIN = """
import sys
from micrograd_paper import MLP, quadratic

def loss(net, x, y):
    return quadratic(net.forward(x).output, y)

net = MLP(2, [2, 1], seed=1)
for epoch in range(int(sys.argv[1])):
    net.zero_grad()
    C = loss(net, [1.0, 0.5], [1.0])
    C.backward()
    for p in net.parameters():
        p.data -= 0.5 * p.grad
print("trained", sys.argv[1:], C.data, [p.grad for p in net.parameters()])
"""

CHILDREN = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from micrograd_paper import Value, debug

def work(n, queue=None):
    x = Value(float(n), "x")
    C = x * x
    debug(C) if "debug" in sys.argv else C.backward()
    if queue is not None:
        queue.put(x.grad)
    return x.grad

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    a = Value(2.0, "a")
    B = a * 3
    B.backward()
    with context.Pool(2) as pool:
        print("pool", pool.map(work, range(4)))
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        print("executor", list(pool.map(work, range(4))))
    queue = context.Queue()
    process = context.Process(target=work, args=(5, queue))
    process.start()
    print("queue", queue.get())
    process.join()
    D = a * a
    D.backward()
    print("end", a.grad)
"""
FORKED = """
import os, sys
from micrograd_paper import Value
a = Value(2.0, "a")
B = a * 3
B.backward()
child = os.fork()
if child == 0:
    x = Value(7.0, "x")
    C = x * x
    C.backward()
    print("child", x.grad)
    {}
else:
    print("status", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    D = a * a
    D.backward()
    print("end", a.grad)
"""


def debug(*arguments, commands=(), cwd, **variables):
    return subprocess.run(
        [sys.executable, "-m", "micrograd_paper", "debug", *arguments], cwd=cwd, capture_output=True, text=True,
        input="".join(f"{command}\n" for command in commands), encoding="utf-8", timeout=PATIENCE,
        env={**environment(), "COLUMNS": "200", **variables},
    )


@pytest.fixture
def train(tmp_path):
    (tmp_path / "train.py").write_text(TRAIN)
    return tmp_path


def test_a_script_stops_at_every_backward_and_goes_on_with_the_same_numbers_to_the_last_bit(train):
    commands = ["step 5", "c", "c", "next", "back", "c", "c", "go"]
    run = debug("train.py", "3", "--rate", "1", commands=commands, cwd=train)
    python = subprocess.run([sys.executable, "train.py", "3", "--rate", "1"], cwd=train, env=environment(),
                            capture_output=True, text=True, encoding="utf-8")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines()[-1] == python.stdout.splitlines()[-1]
    starts = re.findall(r"backward\(\) of C = .*: 19 nodes, 20 steps · train\.py:12\n", run.stdout)
    assert len(starts) == 3


@pytest.mark.parametrize("arguments", [IRIS, ("train.py", "1")])
def test_a_closed_stdin_is_the_end_of_input(arguments, train):
    runs = [subprocess.run(["/bin/sh", "-c", f'"$0" -m micrograd_paper debug "$@" {stdin}', sys.executable, *arguments],
                           cwd=train, env=environment(), capture_output=True, timeout=PATIENCE)
            for stdin in ("<&-", "</dev/null")]
    assert [run.returncode for run in runs] == [0, 0] and all(run.stderr.decode() in ("", ENDED) for run in runs)
    assert runs[0].stdout == runs[1].stdout and b"(debug) " in runs[0].stdout


def test_a_reader_who_has_seen_enough_is_no_failure(train):
    with subprocess.Popen([sys.executable, "-m", "micrograd_paper", "debug", "train.py", "3"], cwd=train, text=True,
                          env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8") as process:
        assert process.stdout.readline().startswith("backward() of C")
        process.stdout.close()
        process.stdin.write("step\n" * 10)
        process.stdin.close()
        assert (process.stderr.read(), process.wait(PATIENCE)) == ("", 0)


def test_where_names_the_line_of_the_script_that_made_a_node(train):
    run = debug("train.py", "1", commands=["where z2_1"], cwd=train)
    assert "z²₁ was made at train.py:6, in loss" in run.stdout


ENDED = "micrograd-paper: the commands have ended, and the script with them; go lets it run on\n"


def test_the_end_of_the_commands_ends_the_script_as_quit_does(train):
    for commands, said in (([], ENDED), (["step", "quit"], "")):
        run = debug("train.py", "3", commands=commands, cwd=train)
        assert (run.returncode, run.stderr) == (0, said) and "trained" not in run.stdout


def test_a_pipe_has_no_escape_codes_and_shows_each_command_with_its_answer(train):
    run = debug(*IRIS, commands=["step", "help", "why w2_1_1", "check"], cwd=train, TERM="xterm")
    assert "\x1b" not in run.stdout
    assert "(debug) step\n-> ∂C/∂a³₂ += a³₂ − y₂ = 0.1645 − 1 = −0.8355   (16)\n" in run.stdout


def test_a_script_stops_only_where_a_backward_reaches_the_node_that_at_names(train):
    run = debug("--at", "z2_2", "train.py", "2", commands=["c", "c"], cwd=train)
    assert run.returncode == 0
    lines = run.stdout.splitlines()
    assert lines[1] == "stopped at z²₂" and lines[2].startswith("> z²₂ = ")
    run = debug("--at", "z7_1", "train.py", "2", cwd=train)
    assert run.returncode == 2 and run.stdout.startswith("trained")
    assert run.stderr.startswith("micrograd-paper: no backward() in train.py reached a node named z7_1; the script ")
    run = debug("train.py", "2", "--at", "z2_2", commands=["go"], cwd=train)
    assert run.stderr == ("micrograd-paper: note: arguments after train.py are passed to it, --at too; "
                          "the debugger's --at comes before it\n")


def test_an_example_in_a_network_is_debugged(train):
    run = debug(*IRIS, commands=["finish", "check δ²₁", "p δ²₁"], cwd=train)
    lines = run.stdout.splitlines()
    assert lines[:2] == ["iris, example 71, versicolor, in the network 4-3-3: quadratic cost C = 0.6783",
                         "backward() of C = 0.6783: 47 nodes, 60 steps"]
    assert "the one gradient is the paper's" in run.stdout
    for arguments in (("--at", "z2_1", *IRIS), (*IRIS, "--at", "z2_1"), (*IRIS[1:], "--at", "z2_1", NET)):
        assert debug(*arguments, cwd=train).stdout.splitlines()[2] == "stopped at z²₁"


def test_a_batch_with_weight_decay_is_held_to_the_equations(train):
    run = debug(NET, "--data", "iris", "--example", "1,71,101", "--cost", "cross-entropy", "--alpha", "0.1",
                "--m", "120", commands=["finish", "check"], cwd=train)
    assert re.search(r"all \d+ gradients are the paper's", run.stdout), run.stdout


def test_a_script_that_fails_is_debugged_as_far_as_it_came(tmp_path):
    (tmp_path / "demo.py").write_text(
        'from micrograd_paper import Value\na = Value(2.0, "a")\nC = a * 3\nD = C - 6\nE = D.log()\n'
    )
    run = debug("demo.py", commands=["info", "where a", "why a", "finish", "p a"], cwd=tmp_path)
    assert run.returncode == 2
    assert "Traceback" in run.stderr
    assert re.search(r"^micrograd-paper: demo\.py failed: DomainError: log ln of operand = 0", run.stderr, re.MULTILINE)
    assert run.stdout.startswith("The graph so far, of D; the script has the Values D, C, a\nbackward() of D = 0: ")
    assert "D = 0: 5 nodes, 3 of them leaves" in run.stdout and "∂D/∂a = 3, complete" in run.stdout
    assert "a was made at demo.py:2" in run.stdout


def test_a_script_that_fails_in_a_function_is_debugged_there_also_after_go(tmp_path):
    (tmp_path / "demo.py").write_text(
        "from micrograd_paper import Value\nC = Value(1.0)\n"
        "def train(w):\n    loss = w * w\n    loss.backward()\n    loss = loss * C\n    raise ValueError\n"
        "train(Value(3.0))\n"
    )
    run = debug("demo.py", commands=["go", "why w", "finish", "p w"], cwd=tmp_path)
    assert run.returncode == 2
    assert "(debug) go\nThe graph so far, of loss; the script has the Values loss, w, C\n" in run.stdout
    assert "∂loss/∂w = 6.0, complete" in run.stdout


def test_a_script_that_fails_without_a_graph_is_one_line_after_its_traceback(tmp_path):
    (tmp_path / "demo.py").write_text("x = 1 / 0\n")
    run = debug("demo.py", cwd=tmp_path)
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr.splitlines()[-1] == "micrograd-paper: demo.py failed: ZeroDivisionError: division by zero"


def test_a_script_that_never_calls_backward_says_which_values_it_has_and_each_can_be_debugged(tmp_path):
    (tmp_path / "demo.py").write_text(
        'import sys\nfrom micrograd_paper import Value\na = Value(float(sys.argv[1]), "a")\nC = a * a\n'
    )
    run = debug("demo.py", "3", cwd=tmp_path)
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr == ("micrograd-paper: demo.py never called backward(); the script has the Values C, a; "
                          "demo.py:C debugs that one\n")
    run = debug("demo.py:C", "3", commands=["why a"], cwd=tmp_path)
    assert "∂C/∂a = a + a\n      = 3 + 3\n      = 6\n" in run.stdout


@pytest.mark.parametrize("arguments, message", [
    ((), "the following arguments are required"),
    (("nothing.py",), "cannot read nothing.py: No such file"),
    (("nothing.json", "--data", "iris", "--example", "7"), "cannot read nothing.json: No such file"),
    (("nothing",), "expected SCRIPT.py:NAME, or the NET.json of a network; got 'nothing'"),
    ((NET,), "is a network: --data is missing, such as --data iris"),
    ((NET, "--data", "iris"), "is a network: --example is missing, such as --example 7"),
    ((NET, "--data", "iris", "--example", "x"), "expected an example's number from 1 on, or several"),
    ((NET, "--data", "iris", "--example", "7", "--wrong"), "unrecognized arguments: --wrong"),
    ((*IRIS, "--at", "q"), "no node of this graph is named q"),
    (("--data", "iris", "demo.py"), "--data is for a network; demo.py is a script: its own arguments follow it"),
    (("demo.py:D",), "demo.py has no D"),
    (("demo.py:1+",), "expected a name such as C"),
])
def test_bad_input_is_one_line_and_exit_status_2(arguments, message, tmp_path):
    (tmp_path / "demo.py").write_text("from micrograd_paper import Value\nC = Value(2.0) * 3\n")
    run = debug(*arguments, cwd=tmp_path)
    assert run.returncode == 2 and "Traceback" not in run.stderr
    assert message in run.stderr and run.stderr.count("\n") == 1


def test_without_a_script_only_that_is_said_to_be_missing(capsys):
    with pytest.raises(SystemExit) as end:
        main(["debug"])
    assert end.value.code == 2
    assert "the following arguments are required: SCRIPT.py:NAME|NET.json (see" in capsys.readouterr().err


# Processes that the script starts.

def split_off(out):
    """What the script printed, and what the debugger said."""
    lines = out.splitlines()
    own = [line for line in lines if line.partition(" ")[0] in ("pool", "executor", "queue", "child", "status", "end")]
    return own, [line for line in lines if line not in own]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_the_work_of_child_processes_arrives_and_none_of_them_prompts(method, tmp_path):
    (tmp_path / "demo.py").write_text(CHILDREN)
    process = subprocess.Popen(
        [sys.executable, "-m", "micrograd_paper", "debug", "demo.py", method], cwd=tmp_path, env=environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )
    try:
        process.stdin.write("c\n" * 4)
        process.stdin.flush()
        assert process.wait(PATIENCE) == 0
        out, err = process.communicate()
    finally:
        process.kill()
    own, debuggers = split_off(out)
    assert (own, err) == (["pool [0.0, 2.0, 4.0, 6.0]", "executor [0.0, 2.0, 4.0, 6.0]", "queue 10.0", "end 7.0"], "")
    starts = [line.partition(" =")[0] for line in debuggers if line.startswith("backward()")]
    assert starts == ["backward() of B", "backward() of D"] and debuggers.count("(debug) c") == 4


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_debug_in_a_child_process_reads_no_command_of_the_parents(method, tmp_path):
    """Its input has ended, so the pass is finished, and it says so, as where there is no terminal."""
    (tmp_path / "demo.py").write_text(CHILDREN)
    run = debug("demo.py", method, "debug", commands=["c"] * 4, cwd=tmp_path)
    own, debuggers = split_off(run.stdout)
    assert run.returncode == 0 and run.stderr.count("micrograd-paper: the input has ended: ") == 9
    assert own == ["pool [0.0, 2.0, 4.0, 6.0]", "executor [0.0, 2.0, 4.0, 6.0]", "queue 10.0", "end 7.0"]
    assert debuggers.count("(debug) c") == 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only some systems fork")
@pytest.mark.parametrize("ending, status", [
    ("pass", 0), ("sys.exit(3)", 3), ("raise ValueError", 1), ("sys.stdout.flush(); os._exit(4)", 4),
])
def test_a_forked_child_ends_without_the_debugger_and_the_session_goes_on(ending, status, tmp_path):
    (tmp_path / "demo.py").write_text(FORKED.format(ending))
    run = debug("demo.py", commands=["c"] * 4, cwd=tmp_path, PYTHONUNBUFFERED="")
    own, debuggers = split_off(run.stdout)
    assert run.returncode == 0 and "micrograd-paper" not in run.stderr
    assert ("ValueError" in run.stderr) == (status == 1)
    assert own == ["child 14.0", f"status {status}", "end 7.0"]
    starts = [line.partition(" =")[0] for line in debuggers if line.startswith("backward()")]
    assert starts == ["backward() of B", "backward() of D"] and "c" not in debuggers


def test_go_to_a_pass_that_the_program_does_not_make_is_said(train, tmp_path):
    for passes, said in (("3", ""), ("99", "train.py has ended after pass 4: it has no pass 99")):
        run = debug("train.py", "4", commands=(f"go {passes}", "go"), cwd=tmp_path)
        assert run.returncode == 0 and "trained" in run.stdout and said in run.stderr
        assert bool(said) == ("has ended" in run.stderr)
