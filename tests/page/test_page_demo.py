"""The page that opens from the repository is the one that the demo writes."""

import re
import subprocess
import sys
from pathlib import Path

from tests.processes import PATIENCE
from tests.test_cli import ROOT, environment

KEPT = ROOT / "demos" / "page.html"


def rounded(page):
    """Its text with numbers in ten digits, and without hashes of it: C libraries differ in exp's last bit."""
    page = re.sub(r"sha256-[\w+/=]+", "sha256", page)
    return re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.10g}", page)


def test_the_page_of_the_repository_is_current_and_small(tmp_path):
    demo = Path(ROOT, "demos", "page.py")
    subprocess.run([sys.executable, str(demo)], cwd=tmp_path, env=environment(), check=True, timeout=PATIENCE)
    written = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert rounded(written) == rounded(KEPT.read_text(encoding="utf-8")), "python demos/page.py writes it"
    assert len(written.encode()) < 200_000
