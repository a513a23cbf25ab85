"""The command line: unroll --form matrix, and train by the matrix program."""

import subprocess
import sys
from pathlib import Path

DEMOS = Path(__file__).parents[2] / "demos"


def command(*arguments, cwd):
    return subprocess.run([sys.executable, "-m", "micrograd_paper", *arguments], cwd=cwd, capture_output=True,
                          text=True)


def test_unroll_writes_the_matrix_form_of_an_example(tmp_path):
    ran = command("unroll", str(DEMOS / "iris-4-3-3.json"), "--data", "iris", "--example", "7", "--form", "matrix",
                  "-o", "program.py", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    text = (tmp_path / "program.py").read_text()
    assert "Z2 = W2 @ A1 + b2  # (13)" in text and "D2 = W3.T @ D3 * A2 * (1 - A2)  # (22)" in text
    assert subprocess.run([sys.executable, "program.py"], cwd=tmp_path).returncode == 0


def test_unroll_writes_the_matrix_form_of_a_scripts_graph(tmp_path):
    (tmp_path / "script.py").write_text(
        "from micrograd_paper import Value\n"
        "w = [Value(0.1 * k, f'w{k}') for k in range(1, 5)]\n"
        "C = sum((p * 0.5).tanh() for p in w)\n")
    ran = command("unroll", "script.py:C", "--form", "matrix", "-o", "program.py", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "np.tanh(" in (tmp_path / "program.py").read_text()
