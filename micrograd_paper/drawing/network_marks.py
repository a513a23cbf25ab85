"""What the two pictures of a network share: the numbers of many nodes put into one mark, and the box of the cost.

    real(x)                         x as a finite float, or None
    summed(xs), mean(xs)            of floats without overflow on the way
    short(x, digits)                a float in so many significant digits
    fitted(x, digits, room, size)   the same, and a font size at which it has room
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from micrograd_paper.display import cut, number_text
from micrograd_paper.drawing.document import Entry, tooltip, words
from micrograd_paper.drawing.rows import Writer, operator_text, whole_name
from micrograd_paper.drawing.style import LABEL_SIZE, NUMBER_SIZE, SYMBOL_SIZE
from micrograd_paper.drawing.svg import (
    MIDDLE, SYMBOL_MIDDLE, letter_width, name_width, number_width, rectangle, symbol, text, width,
)
from micrograd_paper.engine import Value
from micrograd_paper.functions import Number
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.names import UniqueNames
from micrograd_paper.reading.network import Network, Neuron

OUTCOME_HEIGHT = 36
OUTCOME_PADDING = 12


class NetworkPicture:
    """What the marks of a picture of a network need: its texts, whether it has gradients, ids that are not taken."""

    def __init__(
        self, network: Network, prefix: str, names: Mapping[Neuron, str] | None = None, is_blank: bool = False
    ) -> None:
        """names: of inputs and outputs, beside them. is_blank: without an example only parameters have numbers."""
        self.network = network
        self.neuron_names = {neuron: cut(name, 24) for neuron, name in (names or {}).items()}
        self.is_blank = is_blank
        self.graph = network.graph
        self.prefix = prefix
        self.write = Writer(network.graph, {})
        self.computed = self.write.computed
        self.ids = UniqueNames()
        self.root = cut(whole_name(network.graph, network.graph.root))

    def new(self, wanted: str) -> str:
        return self.prefix + self.ids.new(wanted)

    def delta(self, neuron: Neuron) -> Number | None:
        """δ, summed over the examples: ∂C/∂b, (23). None where there is no z, or no gradient has been computed."""
        nodes = self.network.z.get(neuron)
        return self.summed_gradient(nodes) if nodes else None

    def summed_gradient(self, nodes: Sequence[Value]) -> Number | None:
        """The sum of what these nodes hold; None where one of them has none of this graph."""
        numbers = [self.write.held(node).number for node in nodes]
        return None if any(number is None for number in numbers) else summed(numbers)

    def gradient_of(self, name: str) -> str:
        """∂C/∂w; "grad of w" where the weights hold something else, too."""
        held = [self.write.held(weight) for weight in self.network.weights.values()]
        is_derivative = not self.computed or all(each.is_derivative for each in held)
        return f"∂{self.root}/∂{name}" if is_derivative else f"grad of {name}"

    @property
    def is_of_seed_1(self) -> bool:
        return not self.computed or self.graph.gradients.is_of_seed_1

    @property
    def is_delta(self) -> bool:
        """Whether the gradient of z is δ = ∂C/∂z, (15)."""
        return self.is_of_seed_1 and self.graph.is_of_cost

    @property
    def notes(self) -> list[Entry]:
        """What the legend says of the whole graph."""
        others = self.network.other_terms
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        hidden = f"{self.graph.names[others[0]]}{more}: a sum of more than w·a and b, which are drawn" if others else ""
        return list(map(words, [*self.write.notes, *[hidden] * bool(hidden)]))

    @property
    def outcome_name(self) -> Symbol | str:
        root = self.graph.root
        return self.write.name(root) or operator_text(root.op)

    @property
    def outcome_width(self) -> float:
        """Of the box at the right end: the cost, or whatever the outputs lead to."""
        number = number_width(number_text(self.graph.root.data), bold=True)
        return OUTCOME_PADDING + name_width(self.outcome_name) + 16 + number + OUTCOME_PADDING

    def outcome_marks(self, left: float, middle: float) -> Iterator[str]:
        """Name and value of the root."""
        root, name, wide = self.graph.root, self.outcome_name, self.outcome_width
        role = self.graph.roles[root]
        ground = " on-cost" if role in ("cost", "result") else ""
        yield f'<g id="{self.new(self.graph.ids[root])}" class="node {role} {role}-box">'
        yield tooltip(self.write.tooltip(root))
        for part in ("fill", "outline"):
            yield rectangle(left, middle - OUTCOME_HEIGHT / 2, wide, OUTCOME_HEIGHT, part, 6)
        x = left + OUTCOME_PADDING
        if isinstance(name, Symbol):
            joint = x + letter_width(name, SYMBOL_SIZE)
            yield symbol(joint, middle + SYMBOL_MIDDLE * SYMBOL_SIZE, name, SYMBOL_SIZE, f"symbol{ground}")
        else:
            yield text(x, middle + SYMBOL_MIDDLE * LABEL_SIZE, name, f"label{ground}")
        number = number_text(root.data)
        low = middle + MIDDLE * NUMBER_SIZE
        yield text(left + wide - OUTCOME_PADDING, low, number, f"value computed{ground}")
        yield "</g>"


def real(number: Any) -> float | None:
    """The number as a finite float; None for infinities, nan, and what is no real number."""
    try:
        value = float(number) if getattr(number, "shape", ()) == () else math.nan
    except Exception:  # complex, symbolic, or too large for a float
        return None
    return value if math.isfinite(value) else None


def summed(numbers: Sequence[Any]) -> Any:
    """The sum; of floats the correctly rounded one."""
    if all(isinstance(number, float) for number in numbers):
        try:
            return math.fsum(numbers)
        except (OverflowError, ValueError):  # too large, or ∞ − ∞
            pass
    result = numbers[0]
    for number in numbers[1:]:
        result = result + number
    return result


def mean(numbers: Sequence[Any]) -> Any:
    """The mean; of one number this number, of floats the correctly rounded one."""
    if len(numbers) == 1:
        return numbers[0]
    if all(isinstance(number, float) for number in numbers):
        return statistics.mean(numbers)  # of exact fractions
    return summed(numbers) / len(numbers)


def short(number: Any, digits: int) -> str:
    """A float in so many significant digits, another number as the ledger has it."""
    return number_text(number, digits if isinstance(number, float) else 4)


def fitted(number: Any, digits: int, room: float, size: float) -> tuple[str, float]:
    """The number's text and a font size, at most `size`, at which it is no wider than `room`.

    Digits go first, then size: a number that is cut would be another number. Only what is no number is cut.
    """
    texts = [short(number, digits)]
    rounded = real(number)
    if rounded is not None:
        texts += [short(rounded, count) for count in range(digits, 0, -1)]
    for candidate in texts:
        if size * width(candidate) * 0.86 <= room:  # a little smaller looks better than a digit less
            return candidate, min(size, room / width(candidate))
    if rounded is not None or isinstance(number, float):
        return texts[-1], room / width(texts[-1])
    length = len(texts[0])
    while length > 1 and 0.86 * size * width(cut(texts[0], length)) > room:
        length -= 1
    shortened = cut(texts[0], length)
    return shortened, min(size, room / width(shortened))
