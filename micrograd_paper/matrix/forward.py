"""ForwardPass: a graph's groups as statements on whole arrays.

    Z2 = W2 @ A1 + b2             a sum of products of all members at once, (13)
    A2 = sigmoid(Z2)              the table's forward, run on ArrayTexts
"""

import itertools
import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_paper.display import cut, label_text, one_line
from micrograd_paper.errors import UsageError
from micrograd_paper.matrix.canonical import BATCH, CONSTANT, Applied, Canonical
from micrograd_paper.matrix.grouping import groups
from micrograd_paper.matrix.layout import ZERO, Places, Plan, Product, Rows, plan
from micrograd_paper.matrix.naming import Names
from micrograd_paper.matrix.array_text import (
    ArrayText, full, matmul, name, reshape, sum_over, term, times,
)


class Assign(NamedTuple):
    """name = term  # comment."""

    name: str
    term: Any
    comment: str = ""


class Scatter(NamedTuple):
    """arena[rows] += term, where rows may repeat."""

    arena: str
    rows: str
    term: Any
    comment: str = ""


class Gradient(NamedTuple):
    """A matrix in theta, or in its gradient: the element at (i, j) is at start + i·steps[0] + j·steps[1]."""

    name: str
    start: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


Statement = Assign | Scatter


class Source(NamedTuple):
    """Rows of an arena that have a name of their own."""

    base: ArrayText
    start: int
    stop: int


class ForwardPass:
    """The statements: `views` of theta, and `forward`; `arrays` holds the index arrays and constants that they name."""

    def __init__(self, graph: Canonical, inputs: Sequence[Sequence[int]], parameters: Sequence[int], names: Names):
        self.graph, self.names = graph, names
        self.arrays: dict[str, Any] = {}
        self.absolute: dict[str, Any] = {}  # rows in the arena, for an index into sources
        self.views: list[Assign] = []
        self.forward: list[Statement] = []
        self.matrices: dict[tuple[Any, ...], ArrayText] = {}
        size = len(graph.values)
        self.row, self.number, self.rank = np.zeros(size + 2, int), np.zeros(size + 2), np.zeros(size + 2, int)
        self.rank[:size] = graph.ranks
        constants = list(graph.numbers)
        self.number[constants] = list(graph.numbers.values())
        self.row[constants] = range(1, len(constants) + 1)
        self.sources: dict[bool, list[Source]] = {
            False: [Source(name("constants", (1 + len(constants),)), 0, 1 + len(constants))],
            True: [Source(full(0.0, (1, -1)), 0, 1)],
        }
        self.arrays["constants"] = np.array([0.0, *graph.numbers.values()])
        self.theta = self.place(False, name("theta", (len(parameters),)), parameters)
        self.inputs = [self.place(True, name(text, (len(places), -1)), places)
                       for places, text in zip(inputs, names.of_inputs)]
        self.plans: list[tuple[Plan, ArrayText]] = []
        self.rows: dict[int, int] = {i: int(self.row[i]) for i in [*parameters, *[i for each in inputs for i in each]]}
        for group in groups(graph):
            for planned in plan(graph, group, self.rows):
                self.write_forward(planned)

    def place(self, wide: bool, base: ArrayText, places: Sequence[int]) -> Source:
        """Rows for these places, in this order."""
        start = self.sources[wide][-1].stop
        self.row[list(places)] = range(start, start + len(places))
        self.sources[wide].append(Source(base, start, start + len(places)))
        return self.sources[wide][-1]

    def array(self, values: Any, prefix: str = "i") -> str:
        """The name of an index array or of constants; equal ones have one."""
        key = (prefix, values.shape, values.tobytes())
        if key not in self.names.of_arrays:
            self.names.of_arrays[key] = self.names.unique(f"{prefix}{len(self.names.of_arrays) + 1}")
            self.arrays[self.names.of_arrays[key]] = values
        return self.names.of_arrays[key]

    # Reading what operands hold.

    def access(self, places: Places) -> Any:
        """The numbers at these places: a column (members, examples or 1), which may have one row for all; a table of
        more axes, and one for the examples if they depend on them; a number, if all are one constant."""
        filled = places[places != ZERO]
        rank = self.rank[filled[0]] if filled.size else CONSTANT
        dims = (*places.shape, 1) if places.ndim == 1 else places.shape
        if rank == CONSTANT:
            values = self.number[places]
            if filled.size == places.size and (values == values.flat[0]).all():
                return float(values.flat[0])
            return name(self.array(values.reshape(dims), "c"), dims)
        wide, rows = bool(rank >= BATCH), self.row[places]
        found = self.source(wide, rows)
        if found is None:
            return self.gathered(wide, rows)
        base, start, stop = found
        steps, first = affine(rows), int(rows.flat[0]) - start
        if places.ndim == 1 and found is not self.theta and steps is not None and steps[0] in (0, 1):
            count = len(places) if steps[0] else 1
            return base if count == stop - start else rows_of(base, first, first + count)
        if steps is None and places.ndim == 1 and (two := two_levels(rows)) is not None:
            return reshape(self.strided(found, first, *two), (len(places), -1 if wide else 1))
        if steps is None:
            return self.gathered(wide, rows)
        return self.strided(found, first, places.shape if wide else dims,
                            steps if wide or places.ndim > 1 else (*steps, 1))

    def strided(self, source: Source, first: int, shape: tuple[int, ...], steps: tuple[int, ...]) -> ArrayText:
        wide = len(source.base.shape) == 2 and source.base.shape[1] == -1
        base = source.base if wide or source is self.theta else flat(source.base)
        found = term("strided", (base, first, shape, steps), (*shape, -1) if wide else shape)
        if source is not self.theta or 0 in steps:
            return found
        key = (first, shape, steps)
        if key not in self.matrices:
            ends = itertools.product(*[sorted({0, n // 2, n - 1}) for n in shape])
            places = [self.names.parameters[first + sum(map(operator.mul, index, steps))] for index in ends]
            matrix = self.names.of_matrix([self.graph.values[i] for i in places], len(shape))
            self.matrices[key] = name(matrix, shape)
            self.views.append(Assign(matrix, found))
        return self.matrices[key]

    def source(self, wide: bool, rows: Any) -> Source | None:
        """The one source that has all of these rows."""
        low, high = rows.min(), rows.max()
        return next((s for s in self.sources[wide] if s.start <= low and high < s.stop), None)

    def gathered(self, wide: bool, rows: Any) -> ArrayText:
        """Rows of several sources, or in no regular order."""
        starts = np.array([s.start for s in self.sources[wide]])
        of = np.searchsorted(starts, rows, side="right") - 1
        used = np.unique(of)
        sources = [self.sources[wide][k] for k in used]
        offset = np.zeros(len(starts), int)
        offset[used] = np.cumsum([0, *[s.stop - s.start for s in sources]])[:-1] - starts[used]
        index = rows + offset[of]
        if not wide and rows.ndim == 1:
            index, rows = index[:, None], rows[:, None]
        bases = [s.base if wide else flat(s.base) for s in sources]
        base = bases[0] if len(bases) == 1 else term(
            "concatenate", tuple(bases), (sum(s.stop - s.start for s in sources), *[-1] * wide))
        key = self.array(index)
        shape = (*rows.shape, -1) if wide else rows.shape
        place = self.array(rows, "row")
        self.absolute[place] = wide
        return term("take", (base, key, place), shape)

    def write_forward(self, planned: Plan) -> None:
        group, members = planned.group, planned.members
        wide = group.rank >= BATCH
        shape = (len(members), -1 if wide else 1)
        if group.op is not None:
            operands = [self.access(places) for places in self.operand_places(planned)]
            result = self.run(planned, lambda op: op.forward(*operands))
        else:
            result = planned.constants[:, None] if planned.constants is not None else 0.0
            if planned.constants is not None:
                uniform = (planned.constants == planned.constants[0]).all()
                result = float(planned.constants[0]) if uniform else name(self.array(result, "c"), (len(members), 1))
            for k, part in enumerate(planned.parts):
                value = self.product(part) if isinstance(part, Product) else self.sum_of_rows(part)
                result = value if k == 0 and result == 0.0 and not isinstance(result, ArrayText) else (
                    result + value if k else value + result)
        if not isinstance(result, ArrayText) or result.shape != shape:
            result = full(result, shape)
        text, comment = self.names.of_group([self.graph.values[i] for i in members], group)
        self.forward.append(Assign(text, result, comment))
        base = name(text, shape)
        self.plans.append((planned, base))
        source = self.place(wide, base, members)
        self.rows.update(zip(members, range(source.start, source.stop)))

    def operand_places(self, planned: Plan) -> list[Places]:
        definitions = [self.graph.definitions[i] for i in planned.members]
        return [np.array(column) for column in zip(*[d.operands for d in definitions if isinstance(d, Applied)])]

    def run(self, planned: Plan, function: Any) -> Any:
        """function(op). Raises UsageError for an operation that is not made for arrays."""
        op = planned.group.op
        try:
            return function(op)
        except UsageError:
            raise
        except Exception as error:
            node = self.graph.values[planned.members[0]]
            where = label_text(node.label) if node is not None else ""
            raise UsageError(f"the operation {label_text(op.name) if op else ''}{f' of {where}' * bool(where)} has no "
                             f"array form: its functions are not made for any kind of number "
                             f"({cut(one_line(error, str), 120)})") from error

    def product(self, part: Product) -> ArrayText:
        """W @ X, for a stack of them at once; the members' rows of it."""
        w, x = self.factors(part)
        count, R = w.shape[:2] if len(w.shape) == 3 else (1, w.shape[0])
        wide = x.shape[-1] < 0
        found = scaled(matmul(w, x), part.scale)
        C = part.x.shape[-1]
        found = reshape(found, (count * R * C, -1 if wide else 1))
        if is_everyone(part.member, found.shape[0]):
            return found
        return term("take", (found, self.array(part.member), ""), (len(part.member), found.shape[1]))

    def factors(self, part: Product) -> tuple[ArrayText, ArrayText]:
        """W (blocks, R, n) and X (blocks, n, C); without the first axis if there is one block."""
        w: Any = self.access(self.block(part.w)) if part.w is not None else None
        if part.coefficients is not None:
            c = part.coefficients if len(part.coefficients) > 1 else part.coefficients[0]
            w = times(name(self.array(c, "c"), c.shape), 1 if w is None else w)
        if part.x.shape[::2] == (1, 1):  # one column: of a layer
            x = self.access(part.x[0, :, 0])
            shape: tuple[int, ...] = (part.x.shape[1], -1 if self.is_wide(part.x) else 1)
            weights = w if isinstance(w, ArrayText) else full(w, self.block(part.w).shape)  # type: ignore[arg-type]
            return weights, full(x, shape)
        x = self.access(self.block(part.x))
        shape = self.block(part.x).shape
        if not isinstance(x, ArrayText):
            x = full(x, shape)
        if not isinstance(w, ArrayText):
            w = full(w, self.block(part.w).shape)  # type: ignore[arg-type]
        wide = self.is_wide(part.x)
        return w, reshape(x, (*shape[:-1], -shape[-1])) if wide else x

    def block(self, places: Places) -> Places:
        return places[0] if len(places) == 1 else places

    def is_wide(self, places: Places) -> bool:
        filled = places[places != ZERO]
        return bool(self.rank[filled[0]] >= BATCH)

    def sum_of_rows(self, part: Rows) -> Any:
        """Σ c·w·x along the terms of each member."""
        w, x, c = self.row_factors(part)
        result = times(c, times(1 if w is None else w, x))
        if part.x.shape[1] == 1:
            return result
        M = len(part.x)
        wide = self.is_wide(part.x) or (part.w is not None and self.is_wide(part.w))
        columns = -1 if wide else 1
        if M == 1 and len(result.shape) == 2:
            return sum_over(result, 0)
        return reshape(sum_over(result, 1), (M, columns))

    def row_factors(self, part: Rows) -> tuple[Any, Any, Any]:
        """w, x and c: columns for one term each, or for one member; else (members, terms, examples or 1)."""
        M, n = part.x.shape
        def factor(places: Places | None) -> Any:
            found = None if places is None else self.access(one_axis(places))
            if places is not None and M == 1 < n and isinstance(found, ArrayText):
                return full(found, (n, found.shape[1]))
            if isinstance(found, ArrayText) and M > 1 < n and not self.is_wide(places):  # type: ignore[arg-type]
                return reshape(found, (M, n, 1))
            return found

        c = part.coefficients
        x = factor(part.x)
        if not isinstance(x, ArrayText) and n > 1:  # one constant for all
            x = full(x, (n, 1) if M == 1 else (M, n, 1))
        values = one_axis(c)
        column: Any = float(c[0, 0]) if (c == c[0, 0]).all() else name(
            self.array(values.reshape((*values.shape, 1)), "c"), (*values.shape, 1))
        return factor(part.w), x, column


def one_axis(table: Any) -> Any:
    """The table of a part; if its members have one term each, or there is one member, as a column."""
    return table[:, 0] if table.shape[1] == 1 else table[0] if len(table) == 1 else table


def scaled(x: Any, scale: float) -> Any:
    return times(x, scale) if scale != 1 else x


def is_everyone(member: Places, count: int) -> bool:
    return len(member) == count and bool((member == np.arange(count)).all())


def flat(base: ArrayText) -> ArrayText:
    return base if len(base.shape) == 1 else term("flat", (base,), base.shape[:1])


def rows_of(base: ArrayText, start: int, stop: int) -> ArrayText:
    return term("rows", (base, start, stop), (stop - start, base.shape[1]))


def affine(rows: Any) -> tuple[int, ...] | None:
    """The steps s with rows[i, j] = rows[0, 0] + i·s₀ + j·s₁; None if there are none."""
    first = rows.flat[0]
    expected, steps = np.array(first), []
    for axis, length in enumerate(rows.shape):
        index = [0] * rows.ndim
        index[axis] = 1
        step = int(rows[tuple(index)] - first) if length > 1 else 1
        steps.append(step)
        expected = expected[..., None] + step * np.arange(length)
    return tuple(steps) if (expected == rows).all() and all(s >= 0 for s in steps) else None


def two_levels(rows: Any) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """(R, C) and the steps, if the rows in R runs of C are affine: each row C times, or all rows R times."""
    differences = np.diff(rows)
    C = int(np.argmax(differences != differences[0])) + 1
    if C < 2 or len(rows) % C:
        return None
    table = rows.reshape(-1, C)
    steps = affine(table)
    return None if steps is None else (table.shape, (steps[0], steps[1]))
