"""The commands that show a graph, named as in `graphs`: draw and explore."""

import argparse
import sys
import warnings
import webbrowser
from pathlib import Path
from typing import Any

from micrograd_paper.commands.arguments import AN_IRIS, add_command, network_and_data
from micrograd_paper.commands.graphs import add_graph, check_network_file, graph_of, note_if_stale, output, say
from micrograd_paper.commands.scripts import split
from micrograd_paper.drawing.dot import SECONDS
from micrograd_paper.drawing.draw import DETAILS, DIRECTIONS, MAX_NODES, MOST_NEURONS, THEMES, check_limits, draw
from micrograd_paper.drawing.formats import FORMATS, check_format
from micrograd_paper.engine import Value
from micrograd_paper.errors import FileError, StaleGraphWarning
from micrograd_paper.nn import MLP
from micrograd_paper.reading.parts import PARTS, GraphPart, part_of
from micrograd_paper.reading.variables import Variables, seen_as


def add_commands(commands: Any) -> None:
    """Add them to the parser's commands."""
    draw = add_command(commands, "draw", "draw the graph of a script's Value, or of examples in a network",
                       f"{AN_IRIS}\nmicrograd-paper draw net.json --data iris --example 71 --derivatives")
    add_graph(draw)
    draw.add_argument("-o", "--output", dest="file", metavar="FILE", default="graph.svg",
                      help="an SVG, or by its suffix a PNG, PDF, TikZ (.tex) or DOT; - is stdout "
                           "(default: %(default)s)")
    draw.add_argument("-f", "--format", choices=list(FORMATS), help="(default: the file's suffix, or svg)")
    draw.add_argument("--scale", type=float, metavar="S", help="times its size (default: 2 for a PNG, 1 else)")
    draw.add_argument("--detail", choices=DETAILS, default="operations", help="(default: %(default)s)")
    draw.add_argument("--derivatives", action="store_true", help="show ∂result/∂operand beside each edge")
    draw.add_argument("--max-neurons", type=int, default=MOST_NEURONS, metavar="N",
                      help="neurons of a layer that detail neurons draws (default: %(default)s)")
    draw.add_argument("--direction", choices=DIRECTIONS, default="right", help="where operations lead (default: "
                      "%(default)s)")
    add_part(draw)
    draw.add_argument("--step", type=int, metavar="N", help="draw the middle of a backward pass, after N steps")
    draw.add_argument("--no-collapse", dest="collapse", action="store_false",
                      help="draw every node of a large graph, not what is alike as one box")
    add_looks(draw)
    draw.set_defaults(run=run_draw)

    explore = add_command(commands, "explore", "the graph of a script's Value, or of examples in a network, as a page "
                          "to step through in a browser",
                          f"{AN_IRIS}\nmicrograd-paper explore net.json --data iris --example 71 --open")
    add_graph(explore)
    explore.add_argument("-o", "--output", dest="file", metavar="FILE", default="backprop.html",
                         help="(default: %(default)s)")
    explore.add_argument("--open", action="store_true", help="open it in the web browser")
    explore.add_argument("--step", type=int, metavar="N", help="open at this step")
    explore.add_argument("--view", metavar="V", help="present, for a projector, descent, or ask, with questions")
    add_part(explore)
    add_looks(explore)
    explore.set_defaults(run=run_explore)


def add_part(command: Any) -> None:
    command.add_argument("--part", metavar="P", help=f"draw a part: {PARTS}")


def add_looks(command: Any) -> None:
    command.add_argument("--theme", choices=THEMES, default="auto", help="auto follows the viewer (default: auto)")
    command.add_argument("--title", metavar="T", help="the heading")
    command.add_argument("--max-nodes", type=int, default=MAX_NODES, metavar="N",
                         help="refuse a larger graph of operations (default: %(default)s)")
    command.add_argument("--seconds", type=float, metavar="S",
                         help=f"time limit for the drawing, in seconds (default: {SECONDS:g}, for each 100,000 nodes)")


def seconds_of(arguments: argparse.Namespace) -> float:
    return SECONDS if arguments.seconds is None else float(arguments.seconds)


def run_draw(arguments: argparse.Namespace) -> int:
    """Draw the graph into a file, and say where."""
    check_limits(arguments.max_nodes, seconds_of(arguments))
    file = output(arguments)
    check_format(file, arguments.format)
    root: Value | GraphPart | MLP
    net: MLP | None
    if is_network_alone(arguments):
        root = net = check_network_file(arguments.graph)
        title, variables = arguments.title, Variables({})
    else:
        root, title, variables, net = graph_of(arguments)
    with seen_as(variables), warnings.catch_warnings():
        if isinstance(root, Value):
            note_if_stale(root, "recompute(root) brings a graph up to date")
            root = chosen(root, arguments)
        warnings.simplefilter("ignore", StaleGraphWarning)  # there was a note already
        drawing = draw(root, net=net, detail=arguments.detail, derivatives=arguments.derivatives,
                       theme=arguments.theme, title=title, max_nodes=arguments.max_nodes, seconds=arguments.seconds,
                       collapse=arguments.collapse, max_neurons=arguments.max_neurons, step=arguments.step,
                       direction=arguments.direction)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        drawing.save(file, format=arguments.format, scale=arguments.scale)
    for each in told:
        print(f"micrograd-paper: note: {each.message}", file=sys.stderr)
    say(file, "The graph is drawn in")
    return 0


def is_network_alone(arguments: argparse.Namespace) -> bool:
    """Whether a network is asked for without an example: its picture has weights and biases alone."""
    given = [arguments.data, arguments.example, arguments.part]
    return split(arguments.graph) is None and given == [None, None, None]


def run_explore(arguments: argparse.Namespace) -> int:
    """Write the page, say where, and open it if asked to."""
    from micrograd_paper.page.explore import check_page_name, explore  # before a script can change what can be imported

    check_limits(arguments.max_nodes, seconds_of(arguments))
    file = output(arguments)
    check_page_name(file)
    if arguments.data is not None and arguments.example is None and split(arguments.graph) is None:
        return explore_training(arguments, file)
    root, title, variables, _ = graph_of(arguments)
    with seen_as(variables):
        note_if_stale(root, "the page is of the graph recomputed")
        explore(chosen(root, arguments), file, theme=arguments.theme, title=title, max_nodes=arguments.max_nodes,
                seconds=seconds_of(arguments), step=arguments.step, view=arguments.view)
    return page_written(file, arguments)


def explore_training(arguments: argparse.Namespace, file: Path) -> int:
    """Write the page of a network that descends on its data, split as `train` splits them."""
    from micrograd_paper.page.explore import explore

    check_network_file(arguments.graph)
    named = argparse.Namespace(network=arguments.graph, data=arguments.data, seed=arguments.seed)
    net, data = network_and_data(named)
    seed = 1 if net.training is None or net.training.seed is None else net.training.seed
    train, held_out = (data.examples(part, net.shape[-1], net.scaling) for part in data.split(seed=seed))
    in_words = f"{len(train)} training, {len(held_out)} held-out examples, in the network {net.shape_text}"
    title = arguments.title or f"{data.name}, {in_words}"
    explore(net, file, theme=arguments.theme, title=title, max_nodes=arguments.max_nodes, seconds=seconds_of(arguments),
            examples=train, validation=held_out, cost=arguments.cost, step=arguments.step, view=arguments.view)
    return page_written(file, arguments)


def page_written(file: Path, arguments: argparse.Namespace) -> int:
    """Say where the page is, and open it if asked to."""
    say(file, "The page is written to")
    if arguments.open and not opened(file):
        raise FileError(f"no web browser could be started: open {file} in one")
    return 0


def chosen(root: Value, arguments: argparse.Namespace) -> Value | GraphPart:
    """The part that is asked for, or all of the graph."""
    return root if arguments.part is None else part_of(root, arguments.part)


def opened(file: Path) -> bool:
    """Whether a web browser took the file."""
    try:
        return webbrowser.open(file.as_uri())
    except webbrowser.Error:
        return False
