"""What several commands take: a shape, a cost, a network and examples for it."""

import argparse
from typing import Any

from micrograd_paper import checkpoint, datasets
from micrograd_paper.costs import COSTS
from micrograd_paper.errors import UsageError
from micrograd_paper.nn import MLP

COST_OPTIONS = [row.option for row in COSTS.values() if not row.takes_logits]
Examples = list[tuple[list[float], list[float]]]  # (x, y)


def shape(text: str) -> tuple[int, ...]:
    """4-3-3 as (4, 3, 3)."""
    sizes = text.split("-")
    if len(sizes) < 2 or not all(size.isdecimal() and int(size) > 0 for size in sizes):
        raise argparse.ArgumentTypeError(f"expected positive integers such as 4-3-3, got {text!r}")
    return tuple(int(size) for size in sizes)


def example_numbers(text: str) -> list[int]:
    """7, 1-10 or 3,1,4 as the numbers of examples, which count from 1."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
            raise argparse.ArgumentTypeError(f"expected an example's number from 1 on, or several as 1-10 or 3,1,4; "
                                             f"got {text!r}")
        if int(last) - int(first) > 100_000:
            raise argparse.ArgumentTypeError(f"{text} is too long a range: the limit is 100,001 examples")
        found += range(int(first), int(last) + 1)
    return found


def add_network(command: Any) -> None:
    """The arguments that name a network, a cost and examples for it."""
    command.add_argument("network", metavar="NET.json", help="a network that train saved")
    command.add_argument("--data", required=True, metavar="DATA",
                         help=f"{', '.join(datasets.BUILT_IN)}, or a CSV file whose last column names the class")
    command.add_argument("--example", required=True, type=example_numbers, metavar="7",
                         help="the example's number in the data, counted from 1; 1-10 or 3,1,4 is a batch")
    command.add_argument("--cost", choices=COST_OPTIONS, default="quadratic", help="(5) or (25) (default: %(default)s)")
    command.add_argument("--alpha", type=float, default=0.0, help="α of the penalty α/2m Σ w² (27) (default: 0)")
    command.add_argument("--m", type=int, help="the number of training examples, in (27) and (29)")
    command.add_argument("--eta", type=float, help="learning rate η of an update (7), (28), (29)")
    command.add_argument("--seed", type=int, default=1, help="seed of the moons (default: %(default)s)")


def network_and_data(arguments: argparse.Namespace) -> tuple[MLP, datasets.Dataset]:
    """The network and the data that the arguments name. Raises UsageError if their numbers of inputs differ."""
    net = checkpoint.load(arguments.network)
    data = datasets.load(arguments.data, arguments.seed)
    if len(data.features) != net.shape[0]:
        raise UsageError(f"{data.name} has {len(data.features)} features; the network {net.shape_text} of "
                         f"{arguments.network} takes {net.shape[0]} inputs")
    return net, data


def chosen(net: MLP, data: datasets.Dataset, numbers: list[int]) -> Examples:
    """The examples with these numbers, as the network takes them. Raises UsageError for a number out of range."""
    for number in numbers:
        if number > len(data.inputs):
            raise UsageError(f"{data.name} has the examples 1 to {len(data.inputs)}; got {number}")
    return data.examples([number - 1 for number in numbers], net.shape[-1], net.scaling)


def examples_in_words(data: datasets.Dataset, numbers: list[int]) -> str:
    """Which examples these are, in words."""
    if len(numbers) == 1:
        return f"example {numbers[0]}, {data.classes[data.labels[numbers[0] - 1]]}"
    return f"{len(numbers)} examples"
