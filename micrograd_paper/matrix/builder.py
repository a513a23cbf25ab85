"""Builder: the forward pass, and the backward pass after it. No derivative is written here.

    D2 = W3.T @ D3 * A2 * (1 - A2)    the adjoint of what uses A2, times the table's partials, run on ArrayTexts, (22)
    dW2 = D2 @ A1.T                   summed over what the operand lacks: members, or examples, (24)
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd_paper.matrix.array_text import (
    ArrayText, full, matmul, name, names_in, reshape, sum_over, term, times, transpose,
)
from micrograd_paper.matrix.canonical import BATCH, CONSTANT, INPUT, Canonical
from micrograd_paper.matrix.forward import (
    Assign, ForwardPass, Gradient, Scatter, Statement, affine, is_everyone, one_axis, rows_of, scaled, two_levels,
)
from micrograd_paper.matrix.layout import ZERO, Places, Plan, Product, Rows
from micrograd_paper.matrix.naming import Names

SEED = name("seed", ())  # the adjoint of the root, where it is not 1

class Builder(ForwardPass):
    """The statements of both passes; `gradients` says where the matrices of the gradient belong, `scattered` which rows
    of the adjoints are added to."""

    def __init__(self, graph: Canonical, inputs: Sequence[Sequence[int]], parameters: Sequence[int], names: Names):
        super().__init__(graph, inputs, parameters, names)
        self.backward: list[Statement] = []
        self.gradients: list[Gradient] = []
        self.scattered: dict[str, list[Any]] = {"dS": [], "dV": []}

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


def needed(forward: Sequence[Statement], backward: Sequence[Statement]) -> list[Statement]:
    """The statements of the forward pass whose results the backward pass uses: all but those of the cost alone."""
    names = set().union(*[names_in(s.term) | takes(s.term) for s in backward])
    kept: list[Statement] = []
    for s in reversed(forward):
        if isinstance(s, Scatter) or s.name in names or "S" in names:
            kept.insert(0, s)
            names |= names_in(s.term) | takes(s.term)
    return kept


def alone(builder: Builder) -> dict[str, Any]:
    """The matrices of the gradient that no other statement writes to, by their names: where in the gradient."""
    writes = np.zeros(builder.theta.stop - builder.theta.start, int)
    places = {}
    for g in builder.gradients:
        places[g.name] = index = g.start + sum(
            step * along for step, along in zip(g.steps, np.indices(g.shape, sparse=True)))
        writes[index] += 1
    for rows in builder.scattered["dS"]:
        rows = rows - builder.theta.start
        writes[rows[(rows >= 0) & (rows < len(writes))]] += 2
    return {text: index for text, index in places.items() if (writes[index] == 1).all()}


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
