"""A drawing in a notebook, in a real Jupyter kernel."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from micrograd_paper import MLP, draw, quadratic
from tests.drawing.graphs import nodes
from tests.processes import PATIENCE

ROOT = Path(__file__).parent.parent.parent
CELLS = """\
from micrograd_paper import MLP, draw, quadratic
C = quadratic(MLP(2, [3, 1], seed=1).forward([1.0, 0.0]).output, [1.0])
C.backward()
draw(C)
""", """\
draw(C, detail="neurons", prefix="second-")
"""


@pytest.mark.slow
def test_the_last_expression_of_a_cell_is_shown_as_a_picture():
    nbformat = pytest.importorskip("nbformat.v4")
    client = pytest.importorskip("nbclient").NotebookClient
    notebook = nbformat.new_notebook(cells=[nbformat.new_code_cell(cell) for cell in CELLS])
    client(notebook, timeout=PATIENCE, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    shown = [output["data"] for cell in notebook.cells for output in cell.outputs]
    C = quadratic(MLP(2, [3, 1], seed=1).forward([1.0, 0.0]).output, [1.0])
    C.backward()
    assert shown[0]["image/svg+xml"].strip() == draw(C).svg.strip()
    assert shown[1]["image/svg+xml"].strip() == draw(C, detail="neurons", prefix="second-").svg.strip()
    assert all(data["text/plain"].startswith("<micrograd_paper") for data in shown)
    names = [re.search('<img id="([^"]+)"', data["text/html"])[1] for data in shown]
    assert len(set(names)) == 2 and all(data["text/html"].count("<script>") == 1 for data in shown)
    first, second = (set(nodes(ElementTree.fromstring(data["image/svg+xml"]))) for data in shown)
    assert first and second and not first & second  # two drawings share a page
