"""unroll, run as a user runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from micrograd_paper import Value, datasets, load, quadratic, unroll
from micrograd_paper.cli import main
from tests.commands.graphs import IRIS, NET, PROGRAM
from tests.processes import PATIENCE
from tests.test_cli import command


def test_the_value_of_a_script_becomes_a_program_that_runs(directory):
    (directory / "demo.py").write_text(PROGRAM + "C.backward()\nprint('δ', a.grad)\n", encoding="utf-8")
    run = command("unroll", "demo.py:C", cwd=directory)
    path = directory / "backprop_unrolled.py"
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines()[1:] == [f"The program is written to {path}"]
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    C = (a * b).tanh()
    C.label = "C"
    assert path.read_text(encoding="utf-8") == unroll(C)
    done = subprocess.run([sys.executable, "-I", path], env={"PATH": ""}, capture_output=True, timeout=PATIENCE)
    gradient = run.stdout.split()[1]
    assert done.returncode == 0 and f"dC/da  {gradient:>24}" in done.stdout.decode("utf-8")


def test_an_example_in_a_network_has_its_title_and_the_gradients_of_compare(directory):
    run = command("unroll", *IRIS, "-o", "flower.py", cwd=directory)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == f"The program is written to {directory / 'flower.py'}\n"
    title = "iris, example 71, versicolor, in the network 4-3-3: quadratic cost C = 0.6783"
    ((x, y),) = datasets.load("iris").examples([70], outputs=3, scaling=load(NET).scaling)
    C = quadratic(load(NET).forward(x).output, y)
    assert (directory / "flower.py").read_text(encoding="utf-8") == unroll(C, title=title)
    assert sorted(os.listdir(directory)) == ["demo.py", "flower.py"]


def test_a_batch_with_a_penalty_and_a_title_of_one_s_own(directory, capsys):
    arguments = (NET, "--data", "iris", "--example", "1-3", "--cost", "cross-entropy", "--alpha", "0.1", "--m", "120")
    assert main(["unroll", *arguments, "--title", "Three flowers"]) == 0
    text = Path("backprop_unrolled.py").read_text(encoding="utf-8")
    assert text.startswith('"""Three flowers\n')
    assert "\nz2_1__3 = " in text and "**2  # (27)\n" in text


@pytest.mark.parametrize("arguments, message", [
    (["demo.py"], "demo.py: say which Value, as demo.py:NAME; the script has the Values C, b, a"),
    (["demo.py:loss"], "demo.py has no loss; the script has the Values C, b, a"),
    (["array.py:C"], "a program is written of ints, floats, complex numbers and Fractions; w is "),
    (["operation.py:C"], "the operation erf cannot be written as a program"),
    (["demo.py:C", "-o", "demo.py"], "-o demo.py would overwrite demo.py: choose another name"),
    (["demo.py:C", "-o", "no/such/place.py"], "cannot write no/such/place.py: "),
    (["demo.py:C", "--m", "3"], "--m is for a network; demo.py is a script, which makes its own graph"),
    ([NET, "--data", "iris"], "is a network: --example is missing, such as --example 7"),
    (["net.json", "--data", "iris", "--example", "7"], "net.json"),
    ([*IRIS[:-1], "151"], "iris has the examples 1 to 150; got 151"),
    ([*IRIS, "-o", NET], "would overwrite"),
])
def test_bad_input_is_one_line_and_nothing_is_written(arguments, message, directory, capsys):
    (directory / "array.py").write_text("import numpy\nfrom micrograd_paper import Value\n"
                                        "C = Value(numpy.ones(3), 'w') * 2.0\n")
    (directory / "operation.py").write_text("import math\nfrom micrograd_paper.engine import Value, apply\n"
                                            "from micrograd_paper.operations import Op\n"
                                            "C = apply(Op('erf', 'erf', math.erf, lambda r, x: (1,)), Value(0.5))\n")
    before = sorted(os.listdir(directory))
    net = Path(NET).read_bytes()
    assert main(["unroll", *arguments]) == 2
    out, err = capsys.readouterr()
    assert message in err and err.count("\n") == 1 and err.startswith("micrograd-paper: ")
    assert (out, sorted(set(os.listdir(directory)) - {"__pycache__"})) == ("", before)
    assert Path(NET).read_bytes() == net and (directory / "demo.py").read_text() == PROGRAM


def test_the_command_is_listed(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "unroll" in capsys.readouterr().out
