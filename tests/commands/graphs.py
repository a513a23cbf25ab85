"""The graphs that the tests name on the command line."""

from pathlib import Path

NET = str(Path(__file__).parents[2] / "demos" / "iris-4-3-3.json")
IRIS = (NET, "--data", "iris", "--example", "71")
PROGRAM = """
from micrograd_paper import Value
a, b = Value(2.0, "a"), Value(-3.0, "b")
C = (a * b).tanh()
C.label = "C"
outputs = [a, C]
"""
