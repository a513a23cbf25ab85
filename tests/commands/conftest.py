"""A directory with a script in it."""

import pytest

from tests.commands.graphs import PROGRAM


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """The empty current directory, but for demo.py."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo.py").write_text(PROGRAM)
    return tmp_path
