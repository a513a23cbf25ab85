"""How a graph is named on the command line, the same for every command that takes one.

    SCRIPT.py:NAME                       the script is run, and the Value of that name is the graph's root
    NET.json --data iris --example 7     the cost of an example, or of a batch, is backpropagated through the network
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

from micrograd_paper import checkpoint
from micrograd_paper.commands.arguments import add_examples, chosen, examples_in_words, network_and_data
from micrograd_paper.commands.scripts import compiled, run_script, split, value_named
from micrograd_paper.costs import Cost, batch_cost, example_cost, setting
from micrograd_paper.engine import Value
from micrograd_paper.errors import CheckpointError, DomainError, FileError, UsageError, harmless
from micrograd_paper.files import check_writable, is_stdout
from micrograd_paper.nn import MLP, Forward
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.variables import Variables

OF_NETWORKS = ("data", "example", "cost", "alpha", "m", "seed")  # arguments that do not apply to a script


def add_graph(command: Any) -> None:
    """The arguments that name a graph."""
    command.add_argument("graph", metavar="SCRIPT.py:NAME|NET.json",
                         help="the Value of that name after the script has run, or a network that train saved")
    network = command.add_argument_group("with a network")
    add_examples(network, required=False)


class Graph(NamedTuple):
    """The root of a graph, with the gradients that it holds; the drawing's title; the variables of its script; its
    network, if it is one that was saved."""

    root: Value
    title: str | None
    variables: Variables
    net: MLP | None = None


def graph_of(arguments: argparse.Namespace) -> Graph:
    """The graph that the arguments name.

    Raises UsageError for arguments that do not go together, and what run_script, value_named and backpropagated raise.
    """
    script = split(arguments.graph)
    if script:
        path, name = script
        for option in OF_NETWORKS:
            if getattr(arguments, option) is not None:
                raise UsageError(f"--{option} is for a network; {path} is a script, which makes its own graph")
        if name:
            compiled(name)  # an invalid name is reported before the script runs
        ran = run_script(path)
        return Graph(value_named(ran, name), arguments.title, ran.variables)
    net = check_network_file(arguments.graph)
    for option, example in (("data", "iris"), ("example", "7")):
        if getattr(arguments, option) is None:
            raise UsageError(f"{arguments.graph} is a network: --{option} is missing, such as --{option} {example}")
    C, title = backpropagated(arguments.graph, arguments)
    return Graph(C, title if arguments.title is None else arguments.title, Variables({}), net)


def check_network_file(path: str) -> MLP:
    """The network. Raise what `load` raises for a .json file that is not one, UsageError for any other such file."""
    try:
        return checkpoint.load(path)
    except (CheckpointError, FileError) as error:
        if path.lower().endswith(".json"):
            raise
        raise UsageError(f"expected SCRIPT.py:NAME, or the NET.json of a network; got {path!r}") from error


def note_if_stale(root: Value, then: str) -> None:
    """Print a note on stderr if a number was changed after the graph was made."""
    note = Reading(root).stale_note
    if note:
        print(f"micrograd-paper: note: {note}; {then}", file=sys.stderr)


def backpropagated(network: str, arguments: argparse.Namespace) -> tuple[Value, str]:
    """The cost of the examples in the network, backpropagated, and its description in words.

    Raises FileError, CheckpointError, DataError or UsageError for a network or examples that cannot be used.
    """
    net, data = network_and_data(argparse.Namespace(network=network, data=arguments.data, seed=arguments.seed))
    examples = chosen(net, data, arguments.example)
    single = len(examples) == 1
    asked = setting(net, len(examples), arguments.cost, arguments.alpha, arguments.m)
    forwards = [net.forward(x, None if single else i) for i, (x, _) in zip(arguments.example, examples)]
    if single and not asked.alpha:  # the mean of one would add two nodes and no information
        C = visible_cost(forwards[0], examples[0][1], asked.cost)
    else:
        C = batch_cost(forwards, [y for _, y in examples], asked.cost, asked.alpha, asked.m)
    C.backward()
    return C, f"{examples_in_words(data, arguments.example)}, in the network {net.shape_text}: {asked.of_value(C)}"


def visible_cost(forward: Forward, y: list[float], cost: Cost) -> Value:
    """The cost through the outputs a: σ′ can be seen to cancel in (26). For saturated outputs, from the logits."""
    try:
        return cost(forward.output, y)
    except DomainError:
        return example_cost(forward, y, cost)


def output(arguments: argparse.Namespace) -> Path:
    """The absolute path of the file to write: the script may change the directory.

    It is checked before anything runs. Raises FileError if the file cannot be written, UsageError if it would overwrite
    an input file.
    """
    if arguments.file == "-":
        arguments.file = "/dev/stdout"
    check_writable(arguments.file)
    script = split(arguments.graph)
    for source in (script[0] if script else arguments.graph, arguments.data):
        if source and os.path.realpath(source) == os.path.realpath(arguments.file):
            raise UsageError(f"-o {arguments.file} would overwrite {source}: choose another name")
    return Path(arguments.file).absolute()


def say(file: Path, what: str) -> None:
    """Report where the file is; not on stdout if that is the file itself, for example /dev/stdout."""
    print(f"{what} {harmless(str(file))}", file=sys.stderr if is_stdout(file.stat()) else sys.stdout, flush=True)
