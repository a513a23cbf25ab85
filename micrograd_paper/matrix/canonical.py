"""A graph in canonical form: every chain of + − × ÷ that is a sum of products is one Sum.

    nodes = canonical(topological_order(C), inputs=[…], parameters=[…])

So a network of one node for each + and × (atomic=True) and one of weighted sums, (12), become the same. An operand is
taken into the sum that uses it if nothing else uses it. Needs no NumPy.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from micrograd_paper.display import label_text
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.kinds.program import PYTHON, ProgramText
from micrograd_paper.operations import (
    ADD, DIVIDE, IDENTITY, MULTIPLY, NEGATIVE, SUBTRACT, TOTAL, WEIGHTED_SUM, Op,
)

# What a node depends on: nothing but itself, constants, parameters, or the example. Of a product w·x, x ranks higher.
PARAMETER, CONSTANT, SCALAR, BATCH, INPUT = range(5)
LINEAR = {id(op): op for op in (ADD, SUBTRACT, NEGATIVE, TOTAL, WEIGHTED_SUM, MULTIPLY, DIVIDE, IDENTITY)}
NOTHING = -1  # in the place of w in a term that is no product
Kind = tuple[int, int]  # ranks of w and x; NOTHING for no w


class Products(NamedTuple):
    """Σ c·w·x over terms whose factors have equal ranks: coefficients, and the places of w and x."""

    coefficients: list[float]
    w: list[int]
    x: list[int]


class Sum(NamedTuple):
    """The parts of a sum by the ranks of their factors, and a constant."""

    parts: dict[Kind, Products]
    constant: float


class Applied(NamedTuple):
    """An operation on the nodes at these places."""

    op: Op
    operands: tuple[int, ...]


class Canonical:
    """The nodes that the root needs, by place: their rank, their definition, the constant's number, the Value.

    Operands have smaller places than what uses them, but for the terms of a cost: they come after all others.
    """

    def __init__(self, order: Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value]) -> None:
        self.values: list[Value | None] = list(order)
        self.place = {node: i for i, node in enumerate(order)}
        self.ranks = self.ranked(order, set(inputs), set(parameters))
        self.numbers: dict[int, float] = {}
        self.definitions: dict[int, Sum | Applied] = {}  # from the root on
        self.distance: dict[int, int] = {}
        self.root = len(order) - 1
        self.uses = [0] * len(order)
        self.operands: list[tuple[int, ...]] = []
        for node in order:
            places = tuple([self.place[operand] for operand in node.operands])
            self.operands.append(places)
            for i in places:
                self.uses[i] += 1
        self.separable: dict[int, bool] = {}
        self.define(order)

    @staticmethod
    def ranked(order: Sequence[Value], inputs: set[Value], parameters: set[Value]) -> list[int]:
        ranks: dict[Value, int] = {}
        for node in order:
            if not node.operands:
                ranks[node] = INPUT if node in inputs else PARAMETER if node in parameters else CONSTANT
                continue
            of = {ranks[operand] for operand in node.operands}
            ranks[node] = (BATCH if INPUT in of or BATCH in of else SCALAR if SCALAR in of or PARAMETER in of
                           else CONSTANT)
        return [ranks[node] for node in order]

    def define(self, order: Sequence[Value]) -> None:
        """Definitions of all that the root needs, from the root down."""
        needed = {self.root}
        self.distance[self.root] = 0
        for i in range(self.root, -1, -1):
            if i not in needed or (self.ranks[i] < SCALAR and i != self.root) or not self.operands[i]:
                continue
            node = order[i]
            op: Any = node.op
            if id(op) in LINEAR and not (op is DIVIDE and self.ranks[self.operands[i][1]] != CONSTANT):
                self.add_definition(i, self.sum_of(i), needed)
            elif op.groups and len(node.operands) > op.groups and self.is_separable(op):
                n = len(node.operands) // op.groups
                terms = [self.operands[i][k::n] for k in range(n)]
                places = list(range(len(self.values), len(self.values) + n))
                rank = self.ranks[i]
                self.values += [None] * n
                self.ranks += [rank] * n
                part = Products([1.0] * n, [NOTHING] * n, places)
                self.add_definition(i, Sum({(NOTHING, rank): part}, 0.0), needed)
                for place, term in zip(places, terms):
                    self.add_definition(place, Applied(op, term), needed)
            else:
                self.add_definition(i, Applied(op, self.operands[i]), needed)
        for i in needed:
            if self.ranks[i] == CONSTANT and i < len(order):
                self.numbers[i] = self.number(i)

    def add_definition(self, i: int, definition: Sum | Applied, needed: set[int]) -> None:
        self.definitions[i] = definition
        further = self.distance[i] + 1
        for operand in operands_of(definition):
            needed.add(operand)
            if self.distance.get(operand, -1) < further:
                self.distance[operand] = further

    def number(self, i: int) -> float:
        """The constant at a place. Raises UsageError for one that is no real number."""
        node = self.values[i]
        assert node is not None
        data = node.op.forward(*map(self.number, self.operands[i])) if node.op and node.operands else node.data
        if type(data) is not float and type(data) is not int:
            raise UsageError(f"vectorize takes graphs of floats; {label_text(node.label) or 'a leaf'} holds a "
                             f"{type(data).__name__}")
        return float(data)

    def sum_of(self, root: int) -> Sum:
        """The node at a place as a sum of products, with what only it uses taken in; terms as they are written."""
        ranks, operands, uses, values = self.ranks, self.operands, self.uses, self.values
        parts: dict[Kind, Products] = {}
        constant = 0.0
        stack: list[tuple[float, int, int]] = [(1.0, NOTHING, root)]
        while stack:
            c, w, i = stack.pop()
            if w == NOTHING:
                if ranks[i] == CONSTANT:
                    constant += c * self.number(i)
                    continue
                op = values[i].op if uses[i] == 1 or i == root else None  # type: ignore[union-attr]
                if op is ADD or op is TOTAL:
                    stack += [(c, NOTHING, x) for x in reversed(operands[i])]
                    continue
                if op is MULTIPLY:
                    stack.append((c, operands[i][0], operands[i][1]))
                    continue
                if op is WEIGHTED_SUM:
                    n = len(operands[i]) // 2
                    stack.append((c, NOTHING, operands[i][-1]))
                    stack += [(c, *pair) for pair in zip(operands[i][n - 1 :: -1], operands[i][-2 : n - 1 : -1])]
                    continue
                if op is SUBTRACT:
                    stack += [(-c, NOTHING, operands[i][1]), (c, NOTHING, operands[i][0])]
                    continue
                if op is NEGATIVE or op is IDENTITY:
                    stack.append((-c if op is NEGATIVE else c, NOTHING, operands[i][0]))
                    continue
                if op is DIVIDE and ranks[operands[i][1]] == CONSTANT:
                    stack.append((c / self.number(operands[i][1]), NOTHING, operands[i][0]))
                    continue
            else:  # the product of w and i
                if ranks[w] > ranks[i]:
                    w, i = i, w
                if ranks[w] == CONSTANT:  # a constant times a parameter stays a product: it may be a feature
                    stack.append((c * self.number(w), NOTHING, i))
                    continue
            kind = (NOTHING if w == NOTHING else ranks[w], ranks[i])
            part = parts.get(kind)
            if part is None:
                part = parts[kind] = Products([], [], [])
            part.coefficients.append(c)
            part.w.append(w)
            part.x.append(i)
        return Sum(dict(sorted(parts.items(), reverse=True)), constant)

    def is_separable(self, op: Op) -> bool:
        """Whether an operation on n terms is the sum of itself on each: its partials, written for two terms, are those
        of one, and its forward gives the sum."""
        if id(op) not in self.separable:
            self.separable[id(op)] = separable(op)
        return self.separable[id(op)]


def separable(op: Op) -> bool:
    names = [[ProgramText(f"{name}{k}", PYTHON) for k in range(2)] for name in "abcdefgh"[: op.groups]]
    result = ProgramText("result", PYTHON)
    try:
        both = [str(p) for p in op.partials(result, *[x for group in names for x in group])]
        alone = [[str(p) for p in op.partials(result, *[group[k] for group in names])] for k in range(2)]
        numbers = [[0.3 + 0.1 * g + 0.07 * k for k in range(2)] for g in range(op.groups)]
        whole = op.forward(*[x for group in numbers for x in group])
        terms = op.forward(*[g[0] for g in numbers]) + op.forward(*[g[1] for g in numbers])
    except Exception:  # a user-defined operation for floats alone
        return False
    if len(both) != 2 * op.groups or any("result" in text for text in both) or abs(whole - terms) > 1e-12:
        return False
    return all(both[2 * g + k] == alone[k][g] for g in range(op.groups) for k in range(2))


def operands_of(definition: Sum | Applied) -> list[int]:
    """The places that it uses, as often as it does."""
    if isinstance(definition, Applied):
        return list(definition.operands)
    return [i for part in definition.parts.values() for i in (*[w for w in part.w if w != NOTHING], *part.x)]
