"""The command that writes a graph as a program: unroll. It names the graph as draw does."""

import argparse
from typing import Any

from micrograd_paper.commands.arguments import AN_IRIS, add_command
from micrograd_paper.commands.graphs import add_graph, graph_of, note_if_stale, output, say
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.files import write_atomically
from micrograd_paper.matrix.vectorize import of_network, vectorize
from micrograd_paper.reading.variables import seen_as
from micrograd_paper.unrolling.unroll import unroll


def add_commands(commands: Any) -> None:
    """Add it to the parser's commands."""
    command = add_command(commands, "unroll", "the graph of a script's Value, or of examples in a network, as a Python "
                          "program for any debugger",
                          f"{AN_IRIS}\nmicrograd-paper unroll net.json --data iris --example 71 -o flower.py")
    add_graph(command)
    command.add_argument("-o", "--output", dest="file", metavar="FILE", default="backprop_unrolled.py",
                         help="(default: %(default)s)")
    command.add_argument("--title", metavar="T", help="the first line of its docstring")
    command.add_argument("--form", choices=("scalar", "matrix"), default="scalar",
                         help="one line a node, or NumPy on whole matrices, as in (13) to (24); an example's x and y, "
                              "or all labelled leaves of a script's graph, are its arguments (default: %(default)s)")
    command.set_defaults(run=run_unroll)


def run_unroll(arguments: argparse.Namespace) -> int:
    """Write the program, and say where."""
    file = output(arguments)
    root, title, variables, _ = graph_of(arguments)
    with seen_as(variables):
        note_if_stale(root, "the program computes it anew")
        text = unroll(root, title=title) if arguments.form == "scalar" else matrix_source(root)
    write_atomically(file, text)
    say(file, "The program is written to")
    return 0


def matrix_source(root: Value) -> str:
    """The matrix program of an example of a network, or of any other graph, whose labelled leaves are its parameters.

    Raises what vectorize raises.
    """
    order = topological_order(root)
    try:
        inputs, parameters = of_network(order)
    except UsageError:  # several examples, or no network
        inputs, parameters = [], [node for node in order if not node.operands and node.label is not None]
    return vectorize(root, inputs, parameters).source
