"""The box at the right end of a drawing: the cost, or whatever the outputs lead to."""

from collections.abc import Callable

from micrograd_paper.drawing.box_columns import name_width, number_width
from micrograd_paper.drawing.document import tooltip
from micrograd_paper.drawing.ledger import operator_text
from micrograd_paper.drawing.marks import MIDDLE, SYMBOL_MIDDLE, rectangle, symbol, text
from micrograd_paper.reading.network import Network
from micrograd_paper.drawing.style import LABEL_SIZE, NUMBER_SIZE, SYMBOL_SIZE
from micrograd_paper.notation import Symbol
from micrograd_paper.display import four_digits

HEIGHT = 36
PADDING = 12


def outcome_name(network: Network) -> Symbol | str:
    root = network.graph.root
    return network.write.name(root) or operator_text(root.op)


def outcome_width(network: Network) -> float:
    number = number_width(four_digits(network.graph.root.data), bold=True)
    return PADDING + name_width(outcome_name(network)) + 16 + number + PADDING


def outcome_marks(network: Network, new: Callable[[str], str], left: float, middle: float) -> list[str]:
    """Name and value of the root; `new` makes its id."""
    graph, root, name, wide = network.graph, network.graph.root, outcome_name(network), outcome_width(network)
    role = graph.roles[root]
    ground = " on-cost" if role in ("cost", "result") else ""
    if isinstance(name, Symbol):
        called = symbol(left + PADDING, middle + SYMBOL_MIDDLE * SYMBOL_SIZE, name, SYMBOL_SIZE, f"symbol{ground}")
    else:
        called = text(left + PADDING, middle + SYMBOL_MIDDLE * LABEL_SIZE, name, f"label{ground}")
    number = four_digits(root.data)
    return [
        f'<g id="{new(graph.ids[root])}" class="node {role} {role}-box">', tooltip(network.write.tooltip(root)),
        *(rectangle(left, middle - HEIGHT / 2, wide, HEIGHT, part, 6) for part in ("fill", "outline")),
        called, text(left + wide - PADDING, middle + MIDDLE * NUMBER_SIZE, number, f"value computed{ground}"), "</g>",
    ]
