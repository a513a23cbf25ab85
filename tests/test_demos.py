"""Every demo runs by itself, and the gallery holds what it draws."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.processes import PATIENCE

ROOT = Path(__file__).parent.parent
DEMOS = [path for path in sorted((ROOT / "demos").glob("*.py"))
         if not (ROOT / "tests" / "demos" / f"test_{path.name}").exists()]  # those run there, with their claims
SLOW = {"figures", "gpt", "cluster"}  # more than a second
NEEDS = {"cluster": "distributed"}  # packages that no extra of [test] has


def visible(path):
    """What a drawing shows: its texts and where they stand. (Tooltips hold exact numbers: C libraries differ there.)

    Versions of matplotlib place texts differently.
    """
    root = ElementTree.parse(path).getroot()
    places = ("x", "y") if root.get("class", "").startswith("micrograd-paper") else ()
    elements = [element for element in root.iter() if element.tag.endswith("}text")]
    return [("".join(element.itertext()), *map(element.get, places)) for element in elements]


@pytest.mark.parametrize("demo", [
    pytest.param(demo, id=demo.stem, marks=[pytest.mark.slow] * (demo.stem in SLOW)) for demo in DEMOS
])
def test_a_demo_runs_and_draws_what_the_gallery_holds(demo, tmp_path):
    if demo.stem in NEEDS:
        pytest.importorskip(NEEDS[demo.stem], reason=f"{NEEDS[demo.stem]} is not installed")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run([sys.executable, str(demo)], cwd=tmp_path, env=environment, capture_output=True, text=True,
                         encoding="utf-8", timeout=PATIENCE)
    assert run.returncode == 0, run.stderr
    assert run.stdout
    holds_what_it_draws(demo, tmp_path)


def holds_what_it_draws(demo, directory):
    """Fail if the gallery is not what the demo has drawn into the directory, or that is nothing of what it says."""
    for drawn in directory.glob("*.svg"):
        kept = ROOT / "demos" / "gallery" / drawn.name
        assert visible(drawn) == visible(kept), f"{kept} is not what {demo.name} draws now"


def test_there_are_demos():
    assert DEMOS
