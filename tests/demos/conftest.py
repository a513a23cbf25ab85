"""The claims of the demos: test_X.py is about demos/X.py, which runs once for all of the file's tests."""

import contextlib
import io
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

DEMOS = Path(__file__).parent.parent.parent / "demos"


@pytest.fixture(scope="module")
def demo(request, tmp_path_factory):
    """What the demo leaves: its variables, and `printed`, its output. Its pictures go to a directory of their own."""
    path = DEMOS / f"{request.path.stem.removeprefix('test_')}.py"
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.chdir(tmp_path_factory.mktemp("demo"))
        left = runpy.run_path(str(path), run_name="__main__")
    return SimpleNamespace(**left, printed=printed.getvalue())
