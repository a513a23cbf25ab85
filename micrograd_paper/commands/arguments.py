"""What several commands take: a shape, a cost, a network and examples for it."""

import argparse
import json
import sys
import textwrap
from itertools import pairwise
from typing import Any

from micrograd_paper import checkpoint, datasets
from micrograd_paper.costs import COSTS
from micrograd_paper.display import as_given, label_text
from micrograd_paper.errors import DataError, UsageError, harmless
from micrograd_paper.nn import MLP

MOST_WEIGHTS = 1_000_000
STATUS = """exit status: 0; 1 where something was checked and is not as it should be;
2 for bad input, in one line on stderr; 130 for Ctrl-C"""
AN_IRIS = "micrograd-paper train --data iris --save net.json"  # the beginning of an example
DIGITS = 15  # of a number that counts something
COST_OPTIONS = [row.option for row in COSTS.values() if not row.takes_logits]
Examples = list[tuple[list[float], list[float]]]  # (x, y)


def add_command(commands: Any, name: str, sentence: str, example: str, **more: Any) -> Any:
    """A parser for the command: what it does, and an example that works when it is pasted, are its --help."""
    return commands.add_parser(
        name, help=sentence, description=f"{sentence[0].upper()}{sentence[1:]}.", **more,
        epilog=f"example:\n{textwrap.indent(example, '  ')}\n\n{STATUS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def as_json(found: Any) -> str:
    """What .as_dict() of it has, as JSON."""
    return json.dumps(found.as_dict(), ensure_ascii=False, indent=2, allow_nan=False)


def shape(text: str) -> tuple[int, ...]:
    """4-3-3 as (4, 3, 3)."""
    sizes = text.split("-")
    if len(sizes) < 2 or not all(is_count(size) for size in sizes):
        most = f" of at most {DIGITS} digits" * any(size.isdecimal() and len(size) > DIGITS for size in sizes)
        raise argparse.ArgumentTypeError(f"expected positive integers{most} such as 4-3-3, got {as_given(text)}")
    found = tuple(map(int, sizes))
    weights = sum(nin * nout for nin, nout in pairwise(found))
    if weights > MOST_WEIGHTS:
        raise argparse.ArgumentTypeError(f"{as_given(text)} has {weights:,} weights; the most is {MOST_WEIGHTS:,}")
    return found


def is_count(text: str) -> bool:
    """Whether it is a positive integer of at most 15 digits."""
    return text.isdecimal() and len(text) <= DIGITS and int(text) > 0


def example_numbers(text: str) -> list[int]:
    """7, 1-10 or 3,1,4 as the numbers of examples, which count from 1."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if not (is_count(first) and is_count(last) and int(first) <= int(last)):
            most = f" to {'9' * DIGITS}" * any(size.isdecimal() and len(size) > DIGITS for size in (first, last))
            raise argparse.ArgumentTypeError(f"expected an example's number from 1 {most[1:] or 'on'}, or several as "
                                             f"1-10 or 3,1,4; got {as_given(text)}")
        if int(last) - int(first) > 100_000:
            raise argparse.ArgumentTypeError(f"{as_given(text)} is too long a range: the limit is 100,001 examples")
        found += range(int(first), int(last) + 1)
    return found


def add_network(command: Any, required: bool = True) -> None:
    """The arguments that name a network, a cost and examples for it."""
    command.add_argument("network", metavar="NET.json", help="a network that train saved")
    add_examples(command, required)
    command.add_argument("--eta", type=float, help="learning rate η of an update (7), (28), (29)")


def add_examples(command: Any, required: bool) -> None:
    """The arguments that name examples and their cost."""
    command.add_argument("--data", required=required, metavar="DATA",
                         help=f"{', '.join(datasets.BUILT_IN)}, or a CSV file whose last column names the class")
    command.add_argument("--example", required=required, type=example_numbers, metavar="7",
                         help="the example's number in the data, counted from 1; 1-10 or 3,1,4 is a batch")
    command.add_argument("--cost", choices=COST_OPTIONS,
                         help="(5) or (25) (default: with α and m what the network was trained with, else quadratic)")
    command.add_argument("--alpha", type=float, help="α of the penalty α/2m Σ w² (27)")
    command.add_argument("--m", type=int, help="the number of training examples, in (27) and (29)")
    command.add_argument("--seed", type=int, help="seed of the moons (default: 1)")


def network_and_data(arguments: argparse.Namespace) -> tuple[MLP, datasets.Dataset]:
    """The network and the data that the arguments name, as the network takes them; what is doubtful is said on stderr.

    Raises what `datasets.load_for` raises, and DataError for data without classes.
    """
    net = checkpoint.load(arguments.network)
    data = datasets.load_for(net, arguments.data, 1 if arguments.seed is None else arguments.seed)
    if not data.labels:
        raise DataError(f"{data.name} names no classes: expected one more column than the {net.shape[0]} features")
    note(data, *data.doubts)
    if net.classes is None:
        numbers = ", ".join(f"{label_text(name)} = {c}" for c, name in enumerate(data.classes[:8]))
        note(data, f"the network does not know its classes; taken in the order of the data: {numbers}")
    return net, data


def note(data: datasets.Dataset, *doubts: str) -> None:
    """Say on stderr what may have been meant otherwise."""
    for doubt in doubts:
        print(f"micrograd-paper: note: {harmless(data.name)}: {doubt}", file=sys.stderr)


def chosen(net: MLP, data: datasets.Dataset, numbers: list[int]) -> Examples:
    """The examples with these numbers, as the network takes them. Raises UsageError for a number out of range."""
    for number in numbers:
        if number > len(data.inputs):
            raise UsageError(f"{data.name} has the examples 1 to {len(data.inputs)}; got {number}")
    return data.examples([number - 1 for number in numbers], net.shape[-1], net.scaling)


def examples_in_words(data: datasets.Dataset, numbers: list[int]) -> str:
    """Which examples these are, in words."""
    which = f"{len(numbers)} examples"
    if len(numbers) == 1:
        which = f"example {numbers[0]}, {label_text(data.classes[data.labels[numbers[0] - 1]])}"
    return f"{harmless(data.name)}, {which}"
