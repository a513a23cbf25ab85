"""Where the numbers of a graph stand in arrays, and how sums of products become matrix products.

Each group is a run of rows in one of two arenas: what depends on the example has a column for each, the rest has one.
In a sum, members whose factors w and x are a full grid of R tuples of w and C of x are one product of matrices; grids
that share nothing are a stack of them, where a hole costs less than a further operation.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from micrograd_paper.matrix.canonical import BATCH, NOTHING, PARAMETER, Applied, Canonical, Products, Sum
from micrograd_paper.matrix.grouping import Group

ZERO = -2  # the place of a 0, in what is filled up to equal lengths
WASTE = 6  # times as many elements as there are terms
Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Product(NamedTuple):
    """A part of a sum, for all members: places of w (blocks, R, n) and of x (blocks, n, C), coefficients of w or None;
    `member` has each member's place in (blocks, R, C). Without w, the coefficients are the matrix."""

    w: Places | None
    x: Places
    coefficients: Floats | None
    member: Places
    scale: float


class Rows(NamedTuple):
    """A part of a sum that is no product of matrices: places of w and of x, and coefficients, all (members, n)."""

    w: Places | None
    x: Places
    coefficients: Floats


class Plan(NamedTuple):
    """A group with its members in the order of their rows; of sums, the parts and the constants (members)."""

    group: Group
    members: list[int]
    parts: list[Product | Rows]
    constants: Floats | None


def plan(graph: Canonical, group: Group, row: dict[int, int]) -> list[Plan]:
    """The group, ready to be written; several if its sums differ so much in length that filling up would waste."""
    if group.op is not None:
        members = sorted(group.members, key=lambda i: first_row(graph, i, row))
        return [Plan(group, members, [], None)]
    found = []
    for members in of_like_length(graph, group.members):
        definitions = [graph.definitions[i] for i in members]
        parts = [[d.parts[kind] for d in definitions if isinstance(d, Sum)] for kind in kinds_of(definitions[0])]
        kinds = kinds_of(definitions[0])
        leading = max(range(len(parts)), key=lambda p: (kinds[p][0] != NOTHING, sum(len(q.x) for q in parts[p])))
        product = product_of(parts[leading], kinds[leading])
        order = (product.member.argsort() if product is not None
                 else np.array(sorted(range(len(members)), key=lambda m: first_row(graph, members[m], row))))
        planned: list[Product | Rows] = []
        for p, (kind, each) in enumerate(zip(kinds, parts)):
            each = [each[m] for m in order]
            grid = product if p == leading else product_of(each, kind) if kind[0] != NOTHING else None
            if grid is not None and p == leading:
                grid = grid._replace(member=grid.member[order])
            planned.append(grid or rows_of(each, kind))
        constants = np.array([definitions[m].constant for m in order])
        found.append(Plan(group, [members[m] for m in order], planned, constants if constants.any() else None))
    return found


def kinds_of(definition: Sum | Applied) -> list[tuple[int, int]]:
    return list(definition.parts) if isinstance(definition, Sum) else []


def first_row(graph: Canonical, i: int, row: dict[int, int]) -> tuple[int, ...]:
    """The sort key of a member: the row of its first computed operands."""
    definition = graph.definitions[i]
    if isinstance(definition, Applied):
        return tuple([row[x] for x in definition.operands if x in row])
    part = next(iter(definition.parts.values()))
    return tuple([row[x] for x in part.x[:1] if x in row] + [row[w] for w in part.w[:1] if w in row])


def of_like_length(graph: Canonical, members: list[int]) -> list[list[int]]:
    """The members, together unless filling their sums up to the longest would waste too much."""
    def length(i: int) -> int:
        definition = graph.definitions[i]
        return max((len(p.x) for p in definition.parts.values()), default=0) if isinstance(definition, Sum) else 1

    lengths = list(map(length, members))
    if max(lengths) * len(members) <= WASTE * sum(lengths) + 64:
        return [members]
    classes: dict[int, list[int]] = {}
    for i, n in zip(members, lengths):
        classes.setdefault(n.bit_length(), []).append(i)
    return list(classes.values())


def product_of(parts: list[Products], kind: tuple[int, int]) -> Product | None:
    """The part of all members as one product of matrices, or a stack of them; None if it is none."""
    if kind[0] >= BATCH or (kind[0] == NOTHING and max(len(p.x) for p in parts) == 1):
        return None
    scale = parts[0].coefficients[0]
    is_scaled = all(c == scale for p in parts for c in p.coefficients)
    if kind[0] == NOTHING and is_scaled:
        return None
    w_number: dict[tuple[tuple[int, ...], tuple[float, ...]], int] = {}
    x_number: dict[tuple[int, ...], int] = {}
    w_of, x_of = [], []
    for p, x in zip(parts, completed([tuple(p.x) for p in parts])):
        fill = len(x) - len(p.x)
        key = (*p.w, *[ZERO] * fill), () if is_scaled else (*p.coefficients, *[0.0] * fill)
        w_of.append(w_number.setdefault(key, len(w_number)))
        x_of.append(x_number.setdefault(x, len(x_number)))
    blocks = blocks_of(w_of, x_of)
    R, C = max(len(ws) for ws, _, _ in blocks), max(len(xs) for _, xs, _ in blocks)
    n, count = max(map(len, x_number)), len(blocks)
    is_worthwhile = (R > 1 and C > 1) or n > 1 or kind[0] == PARAMETER
    if not is_worthwhile or count * R * C > WASTE * len(parts) or count == len(parts) > 1:
        return None
    w, x_table, c = np.full((count, R, n), ZERO), np.full((count, n, C), ZERO), np.zeros((count, R, n))
    member = np.empty(len(parts), int)
    w_tuples, x_tuples = list(w_number), list(x_number)
    for b, (ws, xs, members) in enumerate(blocks):
        for number, r in ws.items():
            places, coefficients = w_tuples[number]
            w[b, r, : len(places)] = places
            c[b, r, : len(coefficients)] = coefficients
        for number, column in xs.items():
            x_table[b, : len(x_tuples[number]), column] = x_tuples[number]
        for m in members:
            member[m] = (b * R + ws[w_of[m]]) * C + xs[x_of[m]]
    if len(set(member.tolist())) < len(parts):
        return None  # one sum twice
    return Product(None if kind[0] == NOTHING else w, x_table, None if is_scaled else c, member,
                   scale if is_scaled else 1.0)


def completed(tuples: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Each tuple that begins another one, as the longest such: the last key and value that attention looks at."""
    longest: dict[int, tuple[int, ...]] = {}
    for x in tuples:
        if len(x) > len(longest.get(x[0], ())):
            longest[x[0]] = x
    return [longest[x[0]] if longest[x[0]][: len(x)] == x else x for x in tuples]


def blocks_of(w_of: list[int], x_of: list[int]) -> list[tuple[dict[int, int], dict[int, int], list[int]]]:
    """The grids that share nothing: the numbers of their w and x tuples, each with its row or column; the members."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def top(of: tuple[str, int]) -> tuple[str, int]:
        while parent.setdefault(of, of) != of:
            parent[of] = of = parent[parent[of]]
        return of

    for w, x in zip(w_of, x_of):
        parent[top(("w", w))] = top(("x", x))
    blocks: dict[tuple[str, int], tuple[dict[int, int], dict[int, int], list[int]]] = {}
    for m, (w, x) in enumerate(zip(w_of, x_of)):
        ws, xs, members = blocks.setdefault(top(("w", w)), ({}, {}, []))
        ws.setdefault(w, len(ws))
        xs.setdefault(x, len(xs))
        members.append(m)
    return list(blocks.values())


def rows_of(parts: list[Products], kind: tuple[int, int]) -> Rows:
    """The part as tables of places, filled up with zeros."""
    n = max(len(p.x) for p in parts)
    w, x, c = np.full((len(parts), n), ZERO), np.full((len(parts), n), ZERO), np.zeros((len(parts), n))
    for m, p in enumerate(parts):
        w[m, : len(p.w)], x[m, : len(p.x)], c[m, : len(p.x)] = p.w, p.x, p.coefficients
    filled = x != ZERO
    if (c[filled] == c[0, 0]).all():
        c[:] = c[0, 0]
    return Rows(None if kind[0] == NOTHING else w, x, c)
