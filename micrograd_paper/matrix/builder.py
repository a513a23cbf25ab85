"""Builder: a graph's groups as statements on whole arrays, forward and backward. No derivative is written here.

    Z2 = W2 @ A1 + b2             a sum of products of all members at once, (13)
    A2 = sigmoid(Z2)              the table's forward, run on ArrayTexts
    D2 = W3.T @ D3 * A2 * (1 - A2)    the adjoint of what uses A2, times the table's partials, run on ArrayTexts, (22)
    dW2 = D2 @ A1.T               sum_over over what the operand lacks: members, or examples, (24)
"""

import itertools
import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_paper.display import cut, label_text, one_line
from micrograd_paper.errors import UsageError
from micrograd_paper.matrix.canonical import BATCH, CONSTANT, INPUT, Applied, Canonical
from micrograd_paper.matrix.grouping import groups
from micrograd_paper.matrix.layout import ZERO, Places, Plan, Product, Rows, plan
from micrograd_paper.matrix.naming import Names
from micrograd_paper.matrix.array_text import (
    ArrayText, full, matmul, name, names_in, reshape, sum_over, term, times, transpose,
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


class Builder:
    """The statements: `views` of theta, `forward`, `backward`; `gradients` says where the matrices of the gradient
    belong, `arrays` holds the index arrays and constants that the statements name."""

    def __init__(self, graph: Canonical, inputs: Sequence[Sequence[int]], parameters: Sequence[int], names: Names):
        self.graph, self.names = graph, names
        self.arrays: dict[str, Any] = {}
        self.absolute: dict[str, Any] = {}  # rows in the arena, for an index into sources
        self.views: list[Assign] = []
        self.forward: list[Statement] = []
        self.backward: list[Statement] = []
        self.matrices: dict[tuple[Any, ...], ArrayText] = {}
        self.gradients: list[Gradient] = []
        self.scattered: dict[str, list[Any]] = {"dS": [], "dV": []}
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

    # The forward pass.

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

    # The backward pass.

    def differentiate(self, seed: Any) -> None:
        """Write the backward pass: `seed` is the adjoint of the root."""
        self.deferred: dict[str, list[Any]] = {}
        self.backward, self.gradients = [], []
        self.scattered = {"dS": [], "dV": []}
        root = self.plans[-1][1].operands[0]
        self.deferred[root] = [seed]
        for planned, base in reversed(self.plans):
            adjoint = self.adjoint(planned, base)
            if adjoint is None:
                continue
            if planned.group.op is not None:
                self.through_operation(planned, base, adjoint)
            else:
                adjoint = self.named(base, adjoint, planned)
                for part in planned.parts:
                    if isinstance(part, Product):
                        self.through_product(part, adjoint, len(planned.members), base.shape[1] < 0)
                    else:
                        self.through_rows(part, adjoint, planned)

    def adjoint(self, planned: Plan, base: ArrayText) -> Any:
        """What all that uses the group has given it; None if nothing has."""
        wide = base.shape[1] == -1
        rows = self.row[planned.members]
        arena = "dV" if wide else "dS"
        found = self.deferred.pop(base.operands[0], [])
        if any(np.isin(rows, touched).any() for touched in self.scattered[arena]):
            size = self.sources[wide][-1].stop
            found.append(rows_of(name(arena, (size, base.shape[1])), int(rows[0]), int(rows[0]) + len(rows)))
        result = None
        for each in found:
            result = each if result is None else result + each
        return result

    def named(self, base: ArrayText, adjoint: Any, planned: Plan) -> Any:
        """The adjoint under a name of its own: D2 for Z2."""
        if not isinstance(adjoint, ArrayText) or adjoint.op == "name":
            return adjoint
        text = self.names.of_adjoint(base.operands[0])
        self.backward.append(Assign(text, adjoint, self.names.of_error(text, adjoint)))
        return name(text, adjoint.shape)

    def through_operation(self, planned: Plan, base: ArrayText, adjoint: Any) -> None:
        places = self.operand_places(planned)
        operands = [self.access(p) for p in places]
        partials = self.run(planned, lambda op: op.partials(base, *operands))
        wanted = [p for p, partial in enumerate(partials)
                  if self.takes_gradient(places[p]) and not (not isinstance(partial, ArrayText) and partial == 0)]
        if len(wanted) > 1:
            adjoint = self.named(base, adjoint, planned)
        for p in wanted:
            self.contribute(places[p], times(adjoint, partials[p]), base.shape[1] < 0)

    def through_product(self, part: Product, adjoint: Any, members: int, of_examples: bool) -> None:
        w, x = self.factors(part)
        count, R = w.shape[:2] if len(w.shape) == 3 else (1, w.shape[0])
        wide, C = x.shape[-1] < 0, part.x.shape[-1]
        columns = -1 if wide else 1
        if of_examples and not wide:
            adjoint = self.over_examples(adjoint)
        g = full(adjoint, (members, columns))
        if not is_everyone(part.member, count * R * C):
            back = np.full(count * R * C, members)
            back[part.member] = range(members)
            g = term("take", (term("concatenate", (g, full(0.0, (1, columns))), (members + 1, columns)),
                              self.array(back), ""), (count * R * C, columns))
        g = reshape(scaled(g, part.scale), (*([count] if count > 1 else []), R, -C if wide else C))
        if part.w is not None and self.takes_gradient(part.w):
            dw = matmul(g, transpose(x))
            if part.coefficients is not None:
                c = part.coefficients if count > 1 else part.coefficients[0]
                dw = times(dw, name(self.array(c, "c"), c.shape))
            self.add(self.block(part.w), reshape(dw, (*dw.shape, 1)))
        if self.takes_gradient(part.x):
            dx = matmul(transpose(w), g)
            self.add(self.block(part.x), reshape(dx, (*dx.shape[:-1], C, columns)))

    def through_rows(self, part: Rows, adjoint: Any, planned: Plan) -> None:
        w, x, c = self.row_factors(part)
        M, n = part.x.shape
        if M > 1 < n and isinstance(adjoint, ArrayText) and adjoint.shape:  # the seed has none
            adjoint = reshape(adjoint, (adjoint.shape[0], 1, adjoint.shape[1]))
        g = times(adjoint, c)
        factors = [(part.x, 1 if w is None else w), (part.w, x)]
        if part.w is not None and np.array_equal(part.w, part.x):  # a sum of squares
            factors = [(part.x, times(2, x))]
        for places, other in factors:
            if places is not None and self.takes_gradient(places):
                self.contribute(one_axis(places), times(g, other), planned.group.rank >= BATCH)

    def takes_gradient(self, places: Places) -> bool:
        filled = places[places != ZERO]
        return bool(self.rank[filled[0]] not in (CONSTANT, INPUT)) if filled.size else False

    def contribute(self, places: Places, value: Any, of_examples: bool) -> None:
        """Add a term to the adjoints of these places. Its axes are theirs and one for the examples; it is sum_over over
        the examples if the places do not depend on them, though what uses them does."""
        if not self.is_wide(places) and of_examples:
            value = self.over_examples(value)
        self.add(places, value)

    def over_examples(self, value: Any) -> Any:
        """Σ over the examples, along the last axis; k times what is the same for all."""
        is_for_each = isinstance(value, ArrayText) and bool(value.shape) and value.shape[-1] < 0
        return sum_over(value, len(value.shape) - 1) if is_for_each else times(value, name("k", ()))

    def add(self, places: Places, value: Any) -> None:
        """Add a term, whose axes may have length 1 where it is the same for all, to the adjoints of these places."""
        wide = self.is_wide(places)
        columns = -1 if wide else 1
        rows = self.row[places]
        found = self.source(wide, rows)
        steps = affine(rows) if found is not None else None
        if found is self.theta and steps is not None and all(s > 0 for s in steps):
            return self.add_gradient(int(rows.flat[0]) - self.theta.start, places, steps, value)
        if places.ndim > 1:
            value = reshape(full(value, (*places.shape, columns)), (places.size, columns))
            rows, places = rows.reshape(-1), places.reshape(-1)
            steps = affine(rows) if found is not None else None
        if found is not None and len(rows) > 1:
            if steps == (0,):
                return self.add(places[:1], sum_over(full(value, (len(rows), columns)), 0))
            if steps is None and (two := two_levels(rows)) is not None and 0 in two[1]:
                (R, C), (_, inner) = two
                table = reshape(full(value, (len(rows), columns)), (R, C, columns))
                fewer = places[:C] if inner else places[::C]
                return self.add(fewer, reshape(sum_over(table, 0 if inner else 1), (len(fewer), columns)))
        if (found is not None and found is not self.theta and steps == (1,)
                and len(rows) == found.stop - found.start):
            self.deferred.setdefault(found.base.operands[0], []).append(value)
            return None
        value = full(value, (len(rows), columns))
        keep = np.flatnonzero(places != ZERO)
        if len(keep) < len(places):
            value, rows = term("take", (value, self.array(keep), ""), (len(keep), columns)), rows[keep]
        arena = "dV" if wide else "dS"
        self.scattered[arena].append(rows)
        self.backward.append(Scatter(arena, self.array(rows), value))
        return None

    def add_gradient(self, start: int, places: Places, steps: tuple[int, ...], value: Any) -> None:
        """dW2 = …: a matrix of the gradient by theta."""
        column = places.ndim == 1
        shape = (*places.shape, 1) if column else places.shape
        value = full(value, shape) if column else reshape(full(value, (*shape, 1)), shape)
        steps = (*steps, 1) if column else steps
        matrix = self.matrices.get((start, shape, steps))
        of = matrix.operands[0] if matrix is not None else f"theta{start}"
        text = self.names.of_adjoint(of)
        self.backward.append(Assign(text, value, self.names.of_slope(of, value)))
        self.gradients.append(Gradient(text, start, shape, steps))


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


def needed(forward: Sequence[Statement], backward: Sequence[Statement]) -> list[Statement]:
    """The statements of the forward pass whose results the backward pass uses: all but those of the cost alone."""
    names = set().union(*[names_in(s.term) | takes(s.term) for s in backward])
    kept: list[Statement] = []
    for s in reversed(forward):
        if isinstance(s, Scatter) or s.name in names or "S" in names:
            kept.insert(0, s)
            names |= names_in(s.term) | takes(s.term)
    return kept


def takes(x: Any) -> set[str]:
    """The arenas whose rows a ArrayText picks, of which nobody says which statement wrote them."""
    found: set[str] = set()
    stack = [x]
    while stack:
        y = stack.pop()
        if isinstance(y, ArrayText):
            if y.op == "take" and y.operands[2]:
                found.add("S")
            stack += y.operands
    return found
