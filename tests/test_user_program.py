"""The program that stands for a user's own uses every public name that needs no further package, and runs."""

import ast
from pathlib import Path

import micrograd_paper
from tests import user_program

ELSEWHERE = {"Neuron", "Layer", "prove", "debug", "datasets", "figures", "__version__", "health", "find", "vectorize"}


def test_it_runs():
    shown = user_program.program()
    assert "every gradient is the paper's, as far as float64 can tell" in shown and shown[-1] == (
        micrograd_paper.__version__)


def test_it_uses_the_public_names():
    tree = ast.parse(Path(user_program.__file__).read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    public = {name for name in dir(micrograd_paper) if not name.startswith("_")} & {*micrograd_paper.HOME}
    assert public - used <= ELSEWHERE
