"""The notebook: its cells are those of tests/tour.py, each of them runs, and the file holds what they show."""

import json

import pytest

from tests import tour


@pytest.mark.slow
def test_the_file_is_the_notebook_of_these_cells():
    pytest.importorskip("nbformat")
    kept = json.loads(tour.NOTEBOOK.read_text(encoding="utf-8"))
    assert ["".join(cell["source"]) for cell in kept["cells"]] == [cell.source for cell in tour.notebook().cells]


@pytest.mark.slow
def test_the_cells_run_and_show_what_the_file_holds():
    pytest.importorskip("nbclient")
    kept, now = json.loads(tour.NOTEBOOK.read_text(encoding="utf-8")), tour.executed()
    for before, after in zip(kept["cells"], now.cells, strict=True):
        for old, new in zip(before.get("outputs", []), after.get("outputs", []), strict=True):
            assert old["output_type"] == new.output_type != "error", before["source"]
            data = old.get("data", {})
            assert sorted(data) == sorted(new.get("data", {})), before["source"]
            for kind in {"text/latex", "text/markdown"} & data.keys():
                assert "".join(data[kind]) == new.data[kind]
