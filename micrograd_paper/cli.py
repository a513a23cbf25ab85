"""The commands.

    micrograd-paper                  the paper, end to end: train on the irises, backpropagate, compare, draw
    micrograd-paper train            train a network on a data set or a CSV file, and save it
    micrograd-paper predict          classify the rows of a CSV file with a saved network
    micrograd-paper draw             the graph of a script's Value, or of examples in a network, as SVG
    micrograd-paper figures          the paper's figures, drawn from the package's own functions
    micrograd-paper explore          the same as a page to step through in a browser
    micrograd-paper unroll           the same as a Python program, one line a node, to step through in any debugger
    micrograd-paper debug            step through the backward passes of a script, or of an example, in the terminal
    micrograd-paper equations        the paper's equations, each with numbers put into it
    micrograd-paper compare          a network's gradients beside the ones that the equations give
    micrograd-paper prove            the same for all weights and inputs at once
    micrograd-paper gradcheck        any graph's partial derivatives beside the slopes of its operations
    micrograd-paper diagnose         what is wrong with somebody else's gradients

An error is one line on stderr and exit status 2; Ctrl-C is one, too, and exit status 130.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn, TextIO

from micrograd_paper import __version__
from micrograd_paper.commands import comparing, debugging, drawing, figures, training, unrolling
from micrograd_paper.commands.arguments import STATUS
from micrograd_paper.display import one_line
from micrograd_paper.errors import MicrogradPaperError, UsageError
from micrograd_paper.plain import Stream


class Parser(argparse.ArgumentParser):
    def print_help(self, file: Any = None) -> None:  # argparse's does not say that it cannot be written
        (file or sys.stdout).write(self.format_help())

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {UsageError(one_line(message, str))} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit status. Raises KeyboardInterrupt."""
    before = sys.stdout, sys.stderr
    if sys.stdout is None:
        print("micrograd-paper: cannot write the output: it is closed", file=sys.stderr)
        return 2
    sys.stdout, sys.stderr = Stream(sys.stdout), Stream(sys.stderr)
    try:
        try:
            return run_command(argv)
        finally:
            sys.stdout.flush()
    except MicrogradPaperError as error:
        say(f"micrograd-paper: {error}")
        return 2
    except BrokenPipeError:  # `| head` has seen enough
        return 0
    finally:
        sys.stdout, sys.stderr = before
        for stream in before:
            if not can_be_flushed(stream):  # nor could it when the interpreter ends
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(message: str) -> None:
    """Print it on stderr, if that can be written: the exit status says the rest."""
    with suppress(OSError):
        print(message, file=sys.stderr)


def run_command(argv: Sequence[str] | None) -> int:
    top = parser()
    arguments = top.parse_args(argv)
    if arguments.output is not None and arguments.run is not training.run_paper:
        top.error("argument -o/--output: is for the main job only, without a command")
    status: int = arguments.run(arguments)
    return status


def can_be_flushed(stream: TextIO) -> bool:
    try:
        stream.flush()
    except OSError:
        return False
    return True


def parser() -> Parser:
    top = Parser(
        prog="micrograd-paper", description="Gradient descent, neural networks, backpropagation: the paper, executable."
        " Without a command: train on the irises, compare every gradient with the paper's, draw the graph.",
        epilog=STATUS, formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"micrograd-paper {__version__}")
    top.add_argument("-o", "--output", metavar="FILE", help="file of the main job's drawing (default: backprop.svg)")
    top.add_argument("--verbose", action="store_true", help="one line per epoch if stderr is not a terminal")
    top.set_defaults(run=training.run_paper)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    training.add_commands(commands)
    drawing.add_commands(commands)
    figures.add_commands(commands)
    unrolling.add_commands(commands)
    debugging.add_commands(commands)
    comparing.add_commands(commands)
    return top
