"""Every demo runs by itself, and the gallery holds what it draws."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.processes import PATIENCE

ROOT = Path(__file__).parent.parent
DEMOS = sorted((ROOT / "demos").glob("*.py"))
LONG = ("gpt", "cluster")  # take seconds
NEEDS = {"cluster": "distributed"}  # packages that no extra of [test] has


def visible(path):
    """What a drawing shows: its texts and where they stand. (Tooltips hold exact numbers: C libraries differ there.)"""
    elements = [element for element in ElementTree.parse(path).iter() if element.tag.endswith("}text")]
    return [("".join(element.itertext()), element.get("x"), element.get("y")) for element in elements]


@pytest.mark.parametrize("demo", [pytest.param(demo, marks=[pytest.mark.slow] * (demo.stem in LONG)) for demo in DEMOS],
                         ids=lambda demo: demo.stem)
def test_a_demo_runs_and_draws_what_the_gallery_holds(demo, tmp_path):
    if demo.stem in NEEDS:
        pytest.importorskip(NEEDS[demo.stem], reason=f"{NEEDS[demo.stem]} is not installed")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run([sys.executable, str(demo)], cwd=tmp_path, env=environment, capture_output=True, text=True,
                         encoding="utf-8", timeout=PATIENCE)
    assert run.returncode == 0, run.stderr
    assert run.stdout
    for drawn in tmp_path.iterdir():
        kept = ROOT / "demos" / "gallery" / drawn.name
        assert visible(drawn) == visible(kept), f"{kept} is not what {demo.name} draws now"


def test_there_are_demos():
    assert DEMOS
