"""How a gradient comes about: the paths from a node to the root, and the chain rule along all of them as one formula.

    >>> from micrograd_paper.engine import topological_order
    >>> ways = Paths(Shared(topological_order(C), 1), net["w2_1_1"], C)
    >>> ways.count                 # up to 10¹⁵
    1
    >>> [len(path) for path in ways.first(3)]      # the first three of them, as edges
    [5]
    >>> symbols, numbers = ways.whole()             # the chain rule over all of them as one formula
    >>> print(symbols)
    −(y₁/a³₁ − (1 − y₁)/(1 − a³₁))·σ′(z³₁)·w³₁₁·σ′(z²₁)·x₁

Nothing here enumerates all paths: they are counted by summation, in topological order.
"""

from collections.abc import Iterator
from typing import Any

from micrograd_paper.display import counted, number_text
from micrograd_paper.engine import Value
from micrograd_paper.errors import UnknownName
from micrograd_paper.functions import Number
from micrograd_paper.kinds.formula import ATOM, NEGATIVE, SUM, FormulaText
from micrograd_paper.stepping.formulas import HARMLESS, Hole, Leaf, term_formula
from micrograd_paper.stepping.steps import SINGLE_NUMBER, InSymbols, Shared, is_one

MOST = 10**15  # limit up to which paths are counted
MOST_FACTORS = 40  # limit on the factors of a formula that is written out whole
SUMS = ("add", "subtract", "total")
ENDS = 5  # factors at either end of a product that is too long to be written out

Edge = tuple[Value, int]  # a node, and the position of the operand from which a path comes


class Paths:
    """The paths from source to target, in a graph whose order is in `shared`. Raises UnknownName if there is none."""

    def __init__(self, shared: Shared, source: Value, target: Value) -> None:
        self.shared = shared
        self.source = source
        self.target = target
        self.counts = counts(shared.order, source)
        if target not in self.counts:
            names = shared.names
            raise UnknownName(f"no path leads from {names[source]} to {names[target]}: "
                              f"{names[target]} does not depend on it")

    @property
    def count(self) -> int:
        """How many paths there are; MOST if there are more than that."""
        return self.counts[self.target]

    def first(self, most: int) -> list[list[Edge]]:
        """The first `most` paths, each from target down to source."""
        return [path for path, _ in zip(self.each(), range(most))]

    def each(self) -> Iterator[list[Edge]]:
        """The paths one by one, in order of the operands' positions."""
        if self.source is self.target:
            yield []
        path: list[Edge] = []
        ways = [self.edges(self.target)]
        while ways:
            edge = next(ways[-1], None)
            if edge is None:
                ways.pop()
                del path[-1:]
                continue
            path.append(edge)
            operand = edge[0].operands[edge[1]]
            if operand is self.source:
                yield list(path)
                path.pop()
            else:
                ways.append(self.edges(operand))

    def edges(self, node: Value) -> Iterator[Edge]:
        """The edges of the node that lie on paths."""
        return iter([(node, place) for place, operand in enumerate(node.operands) if operand in self.counts])

    def factors(self) -> int:
        """How many factors the whole formula has, with every bracket written out; no more than MOST_FACTORS + 1."""
        sizes = {self.target: 0}
        for node in self.between():
            for operand in node.operands:
                if operand in self.counts:
                    sizes[operand] = sizes.get(operand, 0) + sizes[node] + 1
                    if sizes[operand] > MOST_FACTORS:  # all of them are factors of the source's formula too
                        return MOST_FACTORS + 1
        return sizes[self.source]

    def between(self) -> Iterator[Value]:
        """The nodes on the paths, the source left out, results before operands."""
        above = {self.target}
        for node in reversed(self.shared.order):
            if node in above and node is not self.source:
                above.update(operand for operand in node.operands if operand in self.counts)
                yield node

    def whole(self) -> tuple[FormulaText, FormulaText]:
        """∂target/∂source as one formula, in symbols and in numbers: the chain rule, run on texts."""
        symbols, numbers = (self.chained(kind) for kind in (Symbols, Numbers))
        return symbols, numbers

    def chained(self, kind: "type[Symbols]") -> FormulaText:
        so_far: dict[Value, FormulaText | None] = {self.target: self.seed()}
        for node in self.between():
            for place, operand in enumerate(node.operands):
                if operand in self.counts:
                    term = self.term(kind, node, place, so_far[node])
                    earlier = so_far.get(operand)
                    so_far[operand] = term if earlier is None else earlier + term
        return so_far[self.source] or FormulaText(1)

    def along(self, path: list[Edge]) -> tuple[FormulaText, FormulaText]:
        """The product along one path, in symbols and in numbers; the middle of a long one is elided.

        The factors 1 of sums are not counted: they are not written.
        """
        symbols, numbers = self.seed(), self.seed()
        path = [(node, place) for node, place in path if not is_summand(node, place)]
        left_out = range(ENDS, len(path) - ENDS) if len(path) > 2 * ENDS + 1 else range(0)
        for i, (node, place) in enumerate(path):
            if i not in left_out:
                symbols = self.term(Symbols, node, place, symbols)
                numbers = self.term(Numbers, node, place, numbers)
            elif i == left_out[0]:
                symbols, numbers = (
                    Leaf(HARMLESS, "…") if so_far is None or so_far.text == "1" else so_far * Leaf(HARMLESS, "…")
                    for so_far in (symbols, numbers)
                )
        return symbols or FormulaText(1), numbers or FormulaText(1)

    def term(self, kind: "type[Symbols]", node: Value, place: int, so_far: FormulaText | None) -> FormulaText:
        """so_far·∂node/∂operand; a factor 1 or −1 is not written."""
        if so_far is None or so_far.text not in ("1", "−1"):
            return term_formula(node, place, kind(self.shared, node, so_far))
        term = term_formula(node, place, kind(self.shared, node, None))
        return term if so_far.text == "1" else -term

    def seed(self) -> FormulaText | None:
        """The gradient of the target, a factor of every path, where it is not 1."""
        is_root = self.target is self.shared.root
        return None if not is_root or is_one(self.shared.seed) else in_digits(self.shared.seed, HARMLESS)

    def product(self, path: list[Edge]) -> Number:
        """The product of the local derivatives along one path, multiplied as backward() does it."""
        product: Any = 1
        for node, place in path:
            product = node.partials[place] * product
        return product


class Symbols(InSymbols):
    """A node's formulas in names, with the formula of its gradient in the gradient's place."""

    def __init__(self, shared: Shared, node: Value, so_far: FormulaText | None) -> None:
        super().__init__(shared, node)
        self.so_far = so_far

    def operand(self, position: int, value: float) -> FormulaText:
        leaf = super().operand(position, value)
        return in_digits(self.node.operands[position].data, value) if isinstance(leaf, Hole) else leaf

    def gradient(self) -> FormulaText | None:
        return self.so_far


class Numbers(Symbols):
    """The same in numbers."""

    def operand(self, position: int, value: float) -> FormulaText:
        return in_digits(self.node.operands[position].data, value)

    def result(self, value: float) -> FormulaText:
        return in_digits(self.node.data, value)

    def partial(self, position: int, name: str) -> FormulaText:
        return in_digits(self.node.partials[position], HARMLESS)


def is_summand(node: Value, place: int) -> bool:
    """Whether the local derivative is the 1 of a sum."""
    partial = node.partials[place]
    return node.op is not None and node.op.name in SUMS and type(partial) is int and partial == 1


def in_digits(number: Number, value: float) -> FormulaText:
    """The number as a leaf of a formula."""
    text = number_text(number)
    if SINGLE_NUMBER.fullmatch(text):
        return Leaf(value, text, ATOM)
    return Leaf(value, text, NEGATIVE if SINGLE_NUMBER.fullmatch(text.removeprefix("−")) else SUM)


def counts(order: list[Value], source: Value) -> dict[Value, int]:
    """Each node that depends on source → how many paths lead there; no more than MOST."""
    found = {source: 1}
    for node in order:
        if not found.keys().isdisjoint(node.operands) and node is not source:
            found[node] = min(sum([found.get(operand, 0) for operand in node.operands]), MOST)
    return found


def how_many(count: int) -> str:
    """1 path, 9 paths, more than 10¹⁵ paths."""
    return "more than 10¹⁵ paths" if count >= MOST else counted(count, "path")
