"""The claims of the demos: test_X.py is about demos/X.py, which runs once for all of the file's tests.

The others run in tests/test_demos.py.
"""

import contextlib
import gc
import io
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.test_demos import holds_what_it_draws

DEMOS = Path(__file__).parent.parent.parent / "demos"


@pytest.fixture(scope="module")
def demo(request, tmp_path_factory):
    """What the demo leaves: its variables, and `printed`, its output. Its pictures go to a directory of their own."""
    path = DEMOS / f"{request.path.stem.removeprefix('test_')}.py"
    printed, directory = io.StringIO(), tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.chdir(directory)
        left = runpy.run_path(str(path), run_name="__main__")
    gc.enable()  # a demo may have paused it
    holds_what_it_draws(path, directory)
    return SimpleNamespace(**left, printed=printed.getvalue())
