"""The command that draws the paper's figures: figures."""

import argparse
from pathlib import Path
from typing import Any

from micrograd_paper.commands.arguments import add_command
from micrograd_paper.errors import FileError, harmless
from micrograd_paper.figures.paper_figures import FIGURES
from micrograd_paper.figures.picture import FORMATS, THEMES, check_picture
from micrograd_paper.files import reason


def add_commands(commands: Any) -> None:
    """Add it to the parser's commands."""
    command = add_command(commands, "figures", "the paper's figures, drawn from the package's own functions",
                          "micrograd-paper figures 1 3 --theme dark -o figures")
    command.add_argument("number", nargs="*", type=figure_number, metavar="N", help="1 to 6 (default: all of them)")
    command.add_argument("-o", "--output", dest="directory", metavar="DIR", default=".",
                         help="where figure_1.svg and the others are written (default: the current directory)")
    command.add_argument("--format", choices=[suffix[1:] for suffix in FORMATS], default="svg",
                         help="(default: %(default)s)")
    command.add_argument("--theme", choices=THEMES, default="light", help="(default: %(default)s)")
    command.set_defaults(run=run_figures)


def figure_number(text: str) -> int:
    if text not in map(str, FIGURES):
        raise argparse.ArgumentTypeError(f"the paper has the figures 1 to {len(FIGURES)}; got {harmless(text)}")
    return int(text)


def run_figures(arguments: argparse.Namespace) -> int:
    """Draw the figures into the directory, which is made if it is not there; say of each what there is to see."""
    directory = Path(arguments.directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the directory {directory}: {reason(error)}") from error
    numbers = dict.fromkeys(arguments.number or FIGURES)
    paths = {number: directory / f"figure_{number}.{arguments.format}" for number in numbers}
    for path in paths.values():
        check_picture(path)
    for number, path in paths.items():
        picture = FIGURES[number].draw(arguments.theme)
        picture.save(path)
        print(f"{picture.title}. {picture.see}\n  {harmless(str(path))}")
    return 0
