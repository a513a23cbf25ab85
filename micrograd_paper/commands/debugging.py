"""The command debug: a terminal debugger for the backward passes of a script, or of an example in a network.

    micrograd-paper debug train.py --epochs 3         arguments after the script are passed to it
    micrograd-paper debug -m package.module --epochs 3
    micrograd-paper debug net.json --data iris --example 7
"""

import argparse
import sys
from collections.abc import Callable
from traceback import walk_tb
from typing import Any

from micrograd_paper.commands.arguments import AN_IRIS, add_command
from micrograd_paper.commands.graphs import OF_NETWORKS, Graph, add_graph, graph_of
from micrograd_paper.commands.scripts import (
    Script, choices, compiled, run_module, run_script, split, value_named, value_names,
)
from micrograd_paper.debugger.debugger import Debugger, debugging
from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.errors import ScriptFailed, UnknownName, UsageError, harmless
from micrograd_paper.reading.variables import PACKAGE, loop_variables, seen_as


def add_commands(commands: Any) -> None:
    """Add it to the parser's commands."""
    debug = add_command(
        commands, "debug", "step through the backward passes of a script, or of an example in a network",
        f"{AN_IRIS}\nmicrograd-paper debug net.json --data iris --example 71",
        usage="%(prog)s [--at NAME] SCRIPT.py [ARGUMENTS …] | -m MODULE [ARGUMENTS …] | SCRIPT.py:NAME | "
              "NET.json --data D --example 7",
    )
    debug.add_argument("-m", dest="module", action="store_true", help="what follows is a module, as for python -m")
    add_graph(debug)
    add_at(debug)
    given = debug.add_argument("arguments", nargs=argparse.REMAINDER, help="the script's arguments")
    given.required = False  # Python's own default from 3.12 on
    debug.set_defaults(run=run_debug, title=None, network_parser=network_parser(type(debug), debug))


def add_at(command: Any) -> None:
    command.add_argument("--at", metavar="NAME",
                         help="stop only in a backward() that reaches this node, and stop there")


def network_parser(kind: Any, debug: Any) -> Any:
    """A parser for the arguments after NET.json; after a script they are the script's own."""
    parser = kind(prog=debug.prog, usage=debug.usage)
    add_graph(parser)
    add_at(parser)
    return parser


def run_debug(arguments: argparse.Namespace) -> int:
    """Debug a script, a Value that it makes, or an example in a network."""
    script = (arguments.graph, "") if arguments.module else split(arguments.graph)
    if script is None:
        arguments.network_parser.parse_args([arguments.graph, *arguments.arguments], arguments)
        return debug_graph(graph_of(arguments), arguments.at)
    path, name = script
    if "--at" in arguments.arguments:
        print(f"micrograd-paper: note: arguments after {harmless(path)} are passed to it, --at too; the debugger's "
              "--at comes before it", file=sys.stderr)
    for option in OF_NETWORKS:
        if getattr(arguments, option) is not None:
            raise UsageError(f"--{option} is for a network; {path} is a script: its own arguments follow it")
    if name:
        compiled(name)
        ran = run_script(path, arguments.arguments)
        return debug_graph(Graph(value_named(ran, name), None, ran.variables), arguments.at)
    return debug_script(path, arguments.arguments, arguments.at, run_module if arguments.module else run_script)


def debug_script(path: str, given: list[str], at: str | None, run: Callable[[str, list[str]], Script]) -> int:
    """Run the script or module, and stop at each backward(). If it fails, its graph so far is debugged, and the status
    is 2."""
    debugger = Debugger()
    try:
        with debugging(debugger, at):
            script = run(path, given)
    except ScriptFailed as error:
        script = so_far(error)
        names = value_names(script)
        if debugger.left == "quit" or not names:
            raise
        print(f"micrograd-paper: {error}", file=sys.stderr, flush=True)
        graph = Graph(value_named(script, names[0]), None, script.variables)
        print(f"The graph so far, of {names[0]}; {choices(script)}", flush=True)
        debugger.left = ""  # after go, prompt again
        debug_graph(graph, None, debugger)
        return 2
    if debugger.until is not None and debugger.passes is not None and debugger.passes < debugger.until:
        print(f"micrograd-paper: {path} has ended after pass {debugger.passes:,}: it has no pass {debugger.until:,}",
              file=sys.stderr)
    if debugger.visits or debugger.left == "quit":
        return 0
    values = value_names(script)
    try_this = f"; {path}:{values[0]} debugs that one" if values else ""
    if at is not None:
        raise UnknownName(f"no backward() in {path} reached a node named {at}; {choices(script)}{try_this}")
    raise UsageError(f"{path} never called backward(); {choices(script)}{try_this}")


def so_far(error: ScriptFailed) -> Script:
    """The failed script, with its own names and those of the functions in which it failed, the innermost last."""
    path, found, loops = error.script
    for frame, _ in walk_tb(error.__cause__.__traceback__ if error.__cause__ is not None else None):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            within = dict(frame.f_locals)
            found = {**{name: thing for name, thing in found.items() if name not in within}, **within}
            loops |= loop_variables(frame.f_code)
    return Script(path, found, loops)


def debug_graph(graph: Graph, at: str | None, debugger: Debugger | None = None) -> int:
    """Debug another backward pass of a graph; of a network's, which was made for it, the first."""
    walk = Pass.of(graph.root)
    if graph.title is not None:
        walk.earlier = ()
    if graph.title:
        print(graph.title, flush=True)
    debugger = debugger or Debugger()
    with seen_as(graph.variables):
        debugger.visit(walk, None, None if at is None else {walk.shared.reading.lookup.find(at)}.__contains__)
    return 0
