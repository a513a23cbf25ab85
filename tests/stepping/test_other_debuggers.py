"""What other debuggers and notebooks show of a Value: ipdb, pudb, and the cell that made it."""

import subprocess
import sys

import pytest

from micrograd_paper import MLP, Value

CELLS = ("from micrograd_paper import Value, record_origins\nfrom micrograd_paper.debugger.debugger import Debugger, "
         "debugging\nimport io",
         "def cube(x):\n    return x * x * x",
         "out = io.StringIO()\nwith debugging(Debugger(io.StringIO('continue\\ncontinue\\n'), out)):\n"
         "    C = cube(Value(2.0, 'x'))\n    C.backward()\nprint(C.origin)\nprint(out.getvalue())")


@pytest.mark.slow
def test_a_stop_in_a_notebook_shows_the_cell_and_the_line_that_made_the_node():
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
    text = "".join(output.get("text", "") for output in book.cells[-1].outputs)
    assert text.startswith("In[2], line 2")
    assert "In[2], line 2, in cube  return x * x * x" in text or "In[2], line 2  return x * x * x" in text
    assert "In[3], line 4" in text  # backward() was called there


def test_pudb_shows_numbers_not_types():
    a = MLP(2, [1], seed=1).forward([1.0, 0.5]).output[0]
    assert type(a).safely_stringify_for_pudb(a) == repr(a)
    view = pytest.importorskip("pudb.var_view", reason="pudb is not installed")
    assert view.default_stringifier(a) == repr(a)


def test_a_condition_may_ask_for_a_nodes_name():
    net = MLP(2, [1], seed=1)
    assert [p.name for p in net.parameters()] == ["w2_1_1", "w2_1_2", "b2_1"]
    assert Value(1.0).name == "" and Value(1.0, "loss").name == "loss" and (Value(1.0) * 2).name == ""


PROGRAM = """
import ipdb
from micrograd_paper import Value
x = Value(2.0, "x")
C = x * 3
ipdb.set_trace()
C.backward()
"""


@pytest.mark.slow
def test_ipdb_shows_them_too(tmp_path):
    pytest.importorskip("ipdb", reason="ipdb is not installed")
    (tmp_path / "program.py").write_text(PROGRAM)
    run = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True,
                         input="p C\nn\np x\nq\n")
    assert "6 · grad 0 · ×" in run.stdout and "x = 2 · grad 3" in run.stdout


@pytest.mark.slow
def test_percent_debug_opens_where_a_program_failed():
    pytest.importorskip("IPython", reason="IPython is not installed")
    lines = ("from micrograd_paper import Value", "x = Value(0.0, 'x')", "C = x.exp()", "C.backward()", "1 / 0",
             "%debug", "p C", "p x", "q", "")
    run = subprocess.run([sys.executable, "-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
                         capture_output=True, text=True, input="\n".join(lines))
    assert "ipdb> 1 · grad 1 · exp" in run.stdout and "ipdb> x = 0 · grad 1" in run.stdout
