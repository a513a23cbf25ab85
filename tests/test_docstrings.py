"""The examples in module docstrings run, and give what stands below them."""

import doctest
import importlib
import pkgutil

import pytest

import micrograd_paper
from micrograd_paper import MLP, cross_entropy

MODULES = [name for _, name, _ in pkgutil.walk_packages(micrograd_paper.__path__, "micrograd_paper.")
           if not name.endswith("__main__")]


def namespace():
    """What every example may use: a network 2-2-1, its forward pass, and the cost, backpropagated."""
    net, x, y = MLP(2, [2, 1], seed=1), [0.5, -1.0], [1.0]
    forward = net.forward(x)
    C = cross_entropy(forward.output, y)
    C.backward()
    return {"net": net, "x": x, "y": y, "forward": forward, "C": C}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    test = doctest.DocTestParser().get_doctest(
        module.__doc__ or "", {**vars(module), **namespace()}, name, module.__file__, 0)
    doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=(said := []).append)
    assert not said, "".join(said)


def test_there_are_examples():
    assert sum(">>>" in (importlib.import_module(name).__doc__ or "") for name in MODULES) >= 20
