"""The commands that show a graph: draw and explore.

    SCRIPT.py:NAME                       the script is run, and the Value of that name is the graph's root
    NET.json --data iris --example 7     the cost of an example, or of a batch, is backpropagated through the network
"""

import argparse
import os
import sys
import webbrowser
from pathlib import Path
from typing import Any

from micrograd_paper import datasets
from micrograd_paper.commands.arguments import COST_OPTIONS, chosen, network_and_data, numbers
from micrograd_paper.commands.comparing import described
from micrograd_paper.commands.scripts import name_values, parsed, run_script, split, value_named
from micrograd_paper.costs import Cost, batch_cost, check_penalty, cost_function, example_cost
from micrograd_paper.drawing.dot import SECONDS
from micrograd_paper.drawing.draw import DETAILS, MAX_NODES, THEMES, check_limits, check_suffix, draw
from micrograd_paper.engine import Value
from micrograd_paper.graph import stale
from micrograd_paper.errors import DomainError, FileError, UsageError
from micrograd_paper.files import check_writable
from micrograd_paper.nn import Forward
from micrograd_paper.display import label_text

OF_NETWORKS = ("data", "example", "cost", "alpha", "m", "seed")  # arguments that a script has no use for


def add_commands(commands: Any) -> None:
    """Add them to the parser's commands."""
    draw = commands.add_parser("draw", help="draw the graph of a script's Value, or of examples in a network")
    add_graph(draw)
    draw.add_argument("-o", "--output", dest="file", metavar="FILE", default="graph.svg",
                      help="an SVG, or a PNG by its suffix (default: %(default)s)")
    draw.add_argument("--detail", choices=DETAILS, default="operations", help="(default: %(default)s)")
    draw.add_argument("--derivatives", action="store_true", help="show ∂result/∂operand beside each edge")
    add_looks(draw)
    draw.set_defaults(run=run_draw)

    explore = commands.add_parser("explore", help="the same graph as a page to step through in a browser")
    add_graph(explore)
    explore.add_argument("-o", "--output", dest="file", metavar="FILE", default="backprop.html",
                         help="(default: %(default)s)")
    explore.add_argument("--open", action="store_true", help="open it in the web browser")
    add_looks(explore)
    explore.set_defaults(run=run_explore)


def add_graph(command: Any) -> None:
    """The arguments that name a graph."""
    command.add_argument("graph", metavar="SCRIPT.py:NAME|NET.json",
                         help="the Value of that name after the script has run, or a network that train saved")
    network = command.add_argument_group("with a network")
    network.add_argument("--data", metavar="DATA",
                         help=f"{', '.join(datasets.BUILT_IN)}, or a CSV file whose last column names the class")
    network.add_argument("--example", type=numbers, metavar="7",
                         help="the example's number in the data, from 1 on; 1-10 or 3,1,4 is a batch")
    network.add_argument("--cost", choices=COST_OPTIONS, help="(5) or (25) (default: quadratic)")
    network.add_argument("--alpha", type=float, help="α of the penalty α/2m Σ w² (27) (default: 0)")
    network.add_argument("--m", type=int, help="the number of training examples, in (27)")
    network.add_argument("--seed", type=int, help="of the moons (default: 1)")


def add_looks(command: Any) -> None:
    command.add_argument("--theme", choices=THEMES, default="auto", help="auto follows the viewer (default: auto)")
    command.add_argument("--title", metavar="T", help="the heading")
    command.add_argument("--max-nodes", type=int, default=MAX_NODES, metavar="N",
                         help="refuse a larger graph of operations (default: %(default)s)")
    command.add_argument("--seconds", type=float, default=SECONDS, metavar="S",
                         help="the most that the layout may take (default: %(default)s)")


def run_draw(arguments: argparse.Namespace) -> int:
    """Draw the graph into a file, and say where."""
    check_limits(arguments.max_nodes, arguments.seconds)
    file = output(arguments)
    check_suffix(file)
    root, title = graph_of(arguments)
    drawing = draw(root, detail=arguments.detail, derivatives=arguments.derivatives, theme=arguments.theme, title=title,
                   max_nodes=arguments.max_nodes, seconds=arguments.seconds)
    drawing.save(file)
    say(file, "The graph is drawn in")
    return 0


def run_explore(arguments: argparse.Namespace) -> int:
    """Write the page, say where, and open it if asked to."""
    from micrograd_paper.page.explore import explore  # now: what the script does to the process is not known

    check_limits(arguments.max_nodes, arguments.seconds)
    file = output(arguments)
    if file.suffix.lower() in (".svg", ".png"):
        raise UsageError("explore writes a page, draw a picture: expected a name such as backprop.html; "
                         f"got {file.name}")
    root, title = graph_of(arguments)
    explore(root, file, theme=arguments.theme, title=title, max_nodes=arguments.max_nodes, seconds=arguments.seconds)
    say(file, "The page is written to")
    if arguments.open and not opened(file):
        raise FileError(f"no web browser could be started: open {file} in one")
    return 0


def say(file: Path, what: str) -> None:
    """Tell where it is; not on stdout if that may be the file itself, /dev/stdout for one."""
    print(f"{what} {file}", file=sys.stdout if file.is_file() else sys.stderr, flush=True)


def warn_if_stale(root: Value) -> None:
    """Tell, in one line on stderr, if leaves were changed after the graph was made: then its numbers do not fit."""
    older = stale(root)
    if older:
        print(f"micrograd-paper: note: {label_text(older[0].label or 'a node')} and {len(older) - 1:,} others were "
              "computed before a leaf was changed; graph.recompute(root) brings a graph up to date", file=sys.stderr)


def opened(file: Path) -> bool:
    """Whether a web browser took the file."""
    try:
        return webbrowser.open(file.as_uri())
    except webbrowser.Error:
        return False


def output(arguments: argparse.Namespace) -> Path:
    """The absolute path of the file to write: the script may change the directory.

    It is checked before anything runs. Raises FileError if the file cannot be written, UsageError if it would overwrite
    what is read.
    """
    check_writable(arguments.file)
    script = split(arguments.graph)
    for source in (script[0] if script else arguments.graph, arguments.data):
        if source and os.path.realpath(source) == os.path.realpath(arguments.file):
            raise UsageError(f"-o {arguments.file} would overwrite {source}: choose another name")
    return Path(arguments.file).absolute()


def graph_of(arguments: argparse.Namespace) -> tuple[Value, str | None]:
    """The root of the graph that the arguments name, with the gradients that it holds, and the drawing's title.

    Raises UsageError for arguments that do not fit each other; else as run_script, value_named and backpropagated do.
    """
    script = split(arguments.graph)
    if script:
        path, name = script
        for option in OF_NETWORKS:
            if getattr(arguments, option) is not None:
                raise UsageError(f"--{option} is for a network; {path} is a script, which makes its own graph")
        if name:
            parsed(name)  # what is no name is told before the script runs
        ran = run_script(path)
        root = value_named(ran, name)
        name_values(ran)
        warn_if_stale(root)
        return root, arguments.title
    if not arguments.graph.lower().endswith(".json") and not os.path.isfile(arguments.graph):
        raise UsageError(f"expected SCRIPT.py:NAME, or the NET.json of a network; got {arguments.graph!r}")
    for option, example in (("data", "iris"), ("example", "7")):
        if getattr(arguments, option) is None:
            raise UsageError(f"{arguments.graph} is a network: --{option} is missing, such as --{option} {example}")
    C, title = backpropagated(arguments.graph, arguments)
    return C, title if arguments.title is None else arguments.title


def backpropagated(network: str, arguments: argparse.Namespace) -> tuple[Value, str]:
    """The cost of the examples in the network, backpropagated, and what that is in words.

    Raises FileError, CheckpointError, DataError or UsageError for a network or examples that cannot be used.
    """
    seed = 1 if arguments.seed is None else arguments.seed
    cost, alpha = arguments.cost or "quadratic", arguments.alpha or 0.0
    net, data = network_and_data(argparse.Namespace(network=network, data=arguments.data, seed=seed))
    examples = chosen(net, data, arguments.example)
    m, single = arguments.m, len(examples) == 1
    check_penalty(alpha, len(examples) if m is None else m, "the cost")
    forwards = [net.forward(x, None if single else i) for i, (x, _) in zip(arguments.example, examples)]
    if single and not alpha:  # the mean of one would be two nodes that say nothing
        C = visible_cost(forwards[0], examples[0][1], cost_function(cost))
    else:
        C = batch_cost(forwards, [y for _, y in examples], cost_function(cost), alpha, m)
    C.backward()
    return C, (f"{data.name}, {described(data, arguments.example)}, in the network {net.shape_text}: "
               f"{cost} cost C = {C.data:.4g}")


def visible_cost(forward: Forward, y: list[float], cost: Cost) -> Value:
    """The cost through the outputs a: σ′ can be seen to cancel in (26). Of saturated outputs, from the logits."""
    try:
        return cost(forward.output, y)
    except DomainError:
        return example_cost(forward, y, cost)
