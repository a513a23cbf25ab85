"""The same graph gives the same bytes, in every process, with every environment."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import micrograd_paper
from micrograd_paper import Value
from micrograd_paper.drawing import dot
from micrograd_paper.drawing.draw import draw
from tests.drawing.graphs import atomic, batch, classic_neuron, iris

PROJECT = Path(micrograd_paper.__file__).parent.parent

PROGRAM = """
import sys
from tests.drawing.graphs import atomic, batch, classic_neuron, iris
from micrograd_paper.drawing.draw import draw
for graph in (iris, atomic, batch, classic_neuron):
    sys.stdout.buffer.write(draw(graph()).svg.encode())
"""


def in_a_process(program, python=sys.executable, **environment):
    """What the program prints in an interpreter of its own, with this environment and no other."""
    packages = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run([python, "-c", program], cwd=PROJECT, env=packages | environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_two_processes_with_other_hash_seeds_and_an_empty_path_draw_the_same_bytes():
    here = "".join(draw(graph()).svg for graph in (iris, atomic, batch, classic_neuron))
    assert in_a_process(PROGRAM, PYTHONHASHSEED="1", PATH="") == here
    assert in_a_process(PROGRAM, PYTHONHASHSEED="2") == here


def test_graphviz_is_found_where_python_found_it(tmp_path):
    """In an environment of its own, with the packages on PYTHONPATH, which the layout's process does not read."""
    venv.create(tmp_path / "venv", symlinks=os.name != "nt")
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    packages = Path(dot.importlib.util.find_spec("pygraphviz").origin).parent.parent
    program = "from micrograd_paper.drawing.draw import *; print(draw(Value(1.0)).svg)"
    assert "</svg>" in in_a_process(program, python, PYTHONPATH=f"{PROJECT}{os.pathsep}{packages}", PATH="")


class Thing:
    """Prints as <… object at 0x…>."""


def test_no_memory_address_gets_into_the_drawing():
    things = Thing(), Thing()
    assert str(things[0]) != str(things[1])
    one, other = (draw(Value(1.0, thing)).svg for thing in things)
    assert one == other
    assert "Thing object" in one
