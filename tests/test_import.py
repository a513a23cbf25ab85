"""`import micrograd_paper` is quick because it brings nothing of others along."""

import json
import subprocess
import sys
from importlib.metadata import version

import pytest

import micrograd_paper


def modules_loaded_by(statement):
    """The top-level modules that the statement adds in a fresh interpreter."""
    program = f"import json, sys; before = set(sys.modules); {statement}; "
    program += "print(json.dumps([*{*sys.modules} - before]))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(run.stdout)}


@pytest.mark.parametrize("statement", [
    "import micrograd_paper",
    "from micrograd_paper import Value, gradient, MLP, Neuron, Layer, quadratic, cross_entropy",
    "from micrograd_paper import Value; (Value(2.0) * 3).exp().backward()",
])
def test_the_import_loads_the_standard_library_only(statement):
    loaded = modules_loaded_by(statement)
    assert "micrograd_paper" in loaded
    assert loaded - set(sys.stdlib_module_names) == {"micrograd_paper"}


@pytest.mark.parametrize("name", micrograd_paper.__all__)
def test_every_public_name_can_be_imported(name):
    public = getattr(micrograd_paper, name)
    if name == "__version__":
        assert public == version("micrograd_paper")
    else:
        assert public.__name__.rpartition(".")[2] == name and public.__doc__
    assert name in dir(micrograd_paper)


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="no attribute 'Tensor'"):
        micrograd_paper.Tensor  # noqa: B018
