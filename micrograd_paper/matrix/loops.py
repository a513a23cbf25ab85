"""Loops: the program's statements as loops over numbers in flat memory, for a compiler.

    for _1 in range(3):                             Z2 = W2 @ A1 + b2, for 4 examples
        for _2 in range(4):
            W[44 + 4 * _1 + _2] = (W[60 + 4 * _1 + _2] + S[9 + _1])

S is the memory that programs for all sizes of batches have in common, W what this one adds.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from micrograd_paper.matrix.array_text import OPERATORS, ArrayText
from micrograd_paper.matrix.builder import SEED, Builder, alone, needed
from micrograd_paper.matrix.forward import Scatter, Statement

FUNCTIONS = {
    **{each: f"np.{each}" for each in ("exp", "log", "log1p", "sqrt", "sin", "cos", "tanh", "absolute", "maximum")},
    "sigmoid": "sigmoid", "softplus": "softplus",
}
TOGETHER = 8  # terms of a product that are added in one loop


class Stored(NamedTuple):
    """An array in memory: the element at (i, j, …) is at start + i·steps[0] + j·steps[1] + …"""

    memory: str
    start: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]

    def at(self, index: Sequence[str]) -> str:
        """The text of an element."""
        terms = [i if step == 1 else f"{step} * {i}" for i, step in zip(index, self.steps) if step and i != "0"]
        return f"{self.memory}[{' + '.join([*[str(self.start)] * (self.start > 0 or not terms), *terms])}]"

    @property
    def is_in_order(self) -> bool: return all(n == 1 or s == t for n, s, t in zip(
        self.shape, self.steps, in_order(self.shape)))


def in_order(shape: Sequence[int]) -> tuple[int, ...]:
    """The steps of an array whose elements follow one another."""
    return tuple([math.prod(shape[axis + 1 :]) for axis in range(len(shape))])


class Loops:
    """The text of run(S, W, given arrays, seed), for k examples."""

    def __init__(self, builder: Builder, k: int, is_step: bool) -> None:
        self.builder, self.k = builder, k
        self.lines: list[str] = []
        self.done: dict[Any, Stored] = {}
        self.arrays: dict[str, Any] = {}
        self.count = self.size = 0
        rows = {wide: builder.sources[wide][-1].stop for wide in (False, True)}
        dS, dV = self.new((rows[False], 1)), self.new((rows[True], k))
        self.arenas = {"S": Stored("S", 0, (rows[False], 1), (1, 1)), "V": self.new((rows[True], k)),
                       "dS": dS, "dV": dV}
        theta = Stored("S", builder.theta.start, (builder.theta.stop - builder.theta.start,), (1,))
        self.memory = {"theta": theta, "dS": dS, "dV": dV}
        for i, source in enumerate(builder.inputs):
            self.lines.append(f"flat = given{i}.ravel()")
            target = self.rows("V", source.start, source.stop - source.start)
            of = Stored("flat", 0, target.shape, (1, target.shape[0]))
            self.memory[source.base.operands[0]] = target
            self.loop(target.shape, lambda i, target=target, of=of: f"{target.at(i)} = {of.at(i)}")
        for source in (*builder.sources[False][2:], *builder.sources[True][1 + len(builder.inputs) :]):
            wide = source.base.shape[-1] == -1
            self.memory[source.base.operands[0]] = self.rows("V" if wide else "S", source.start,
                                                             source.stop - source.start)
        for view in builder.views:
            self.memory[view.name] = self.view(view.term)  # type: ignore[assignment]

        before = builder.backward, builder.gradients, builder.scattered
        builder.differentiate(SEED)
        self.statements(needed(builder.forward, builder.backward) if is_step else builder.forward)
        self.zeros()
        self.statements(builder.backward)
        builder.backward, builder.gradients, builder.scattered = before

        if is_step:
            slope = self.rows("dS", builder.theta.start, theta.shape[0])
            self.loop(theta.shape, lambda i: f"{theta.at(i)} -= {slope.at([*i, '0'])}")
        else:
            root = self.memory[builder.plans[-1][1].operands[0]]
            self.lines.append("total = 0.0")
            self.loop(root.shape, lambda i: f"total += {root.at(i)}")
            self.lines.append(f"return total / {k}")
        given = [f"given{i}" for i in range(len(builder.inputs))]
        head = f"def run({', '.join(['S', 'W', *given, 'seed'])}):\n    "
        self.text = head + "\n    ".join(self.lines) + "\n"

    # Memory.

    def new(self, shape: tuple[int, ...]) -> Stored:
        self.size += math.prod(shape)
        return Stored("W", self.size - math.prod(shape), shape, in_order(shape))

    def rows(self, arena: str, start: int, count: int) -> Stored:
        memory, first, shape, steps = self.arenas[arena]
        return Stored(memory, first + start * steps[0], (count, *shape[1:]), steps)

    def constant(self, text: str) -> Stored:
        """An index array, or constants, of the program."""
        values = self.builder.arrays[text]
        self.arrays[text] = values.ravel()
        return Stored(text, 0, values.shape, in_order(values.shape))

    def shape(self, x: ArrayText) -> tuple[int, ...]: return tuple([-n * self.k if n < 0 else n for n in x.shape])

    def view(self, x: Any) -> Stored | None:
        """Where its elements are, if they are in memory already."""
        if x in self.done:
            return self.done[x]
        if x.op == "name":
            text = x.operands[0]
            return self.memory.get(text) or (self.constant(text) if text in self.builder.arrays else None)
        of = self.view(x.operands[0]) if x.op in ("rows", "flat", "strided", "transpose", "full", "reshape") and (
            isinstance(x.operands[0], ArrayText)) else None
        if of is None:
            return None
        memory, start, shape, steps = of
        if x.op == "rows":
            return Stored(memory, start + x.operands[1] * steps[0], self.shape(x), steps)
        if x.op == "flat":
            return Stored(memory, start, shape[:1], steps[:1])
        if x.op == "strided":
            _, first, _, each = x.operands
            return Stored(memory, start + first * steps[0], self.shape(x), (*[s * steps[0] for s in each], *steps[1:]))
        if x.op == "transpose":
            return Stored(memory, start, self.shape(x), (*steps[:-2], steps[-1], steps[-2]))
        if x.op == "full":
            wide = self.shape(x)
            return Stored(memory, start, wide, (0,) * (len(wide) - len(shape)) + tuple(
                [s if n > 1 else 0 for n, s in zip(shape, steps)]))
        return Stored(memory, start, self.shape(x), in_order(self.shape(x))) if of.is_in_order else None

    def stored(self, x: Any) -> Stored:
        """Where its elements are; what is not in memory is computed."""
        found = self.view(x)
        if found is None and x.op == "reshape":
            self.done[x.operands[0]] = self.computed(x.operands[0])
            found = self.view(x)
        if found is None:
            found = self.done[x] = self.computed(x)
        return found

    def computed(self, x: ArrayText) -> Stored:
        target = self.new(self.shape(x))
        self.assign(target, x)
        return target

    # Statements.

    def statements(self, statements: Sequence[Statement]) -> None:
        lone = alone(self.builder)
        gradients = {g.name: g for g in self.builder.gradients}
        for s in statements:
            self.done = {}
            if isinstance(s, Scatter):
                self.scatter(self.arenas[s.arena], self.constant(s.rows), s.term)
            elif s.name in gradients:
                g, dS = gradients[s.name], self.arenas["dS"]
                target = Stored("W", dS.start + self.builder.theta.start + g.start, g.shape, g.steps)
                self.assign(target, s.term, "=" if s.name in lone else "+=")
            else:
                if s.name not in self.memory:
                    self.memory[s.name] = self.new(self.shape(s.term))
                self.assign(self.memory[s.name], s.term)

    def scatter(self, target: Stored, rows: Stored, x: Any) -> None:
        self.loop((rows.shape[0], target.shape[1]), lambda i: (
            f"{target.at([rows.at(i[:1]), i[1]])} += {self.at(x, i)}"))

    def zeros(self) -> None:
        """0 in what the backward pass adds to."""
        theta, lone = self.builder.theta, alone(self.builder)
        added = np.ones(theta.stop - theta.start, bool)
        for places in lone.values():
            added[places] = False
        for arena, extra in (("dS", theta.start + np.flatnonzero(added)), ("dV", np.zeros(0, int))):
            rows = np.concatenate([extra, *[r.ravel() for r in self.builder.scattered[arena]]])
            if len(rows):
                run = self.rows(arena, int(rows.min()), int(rows.max() - rows.min()) + 1)
                self.loop(run.shape, lambda i, run=run: f"{run.at(i)} = 0.0")

    def loop(self, shape: Sequence[int], line: Any) -> None:
        """line(indices) for all of them. What line() itself writes comes before."""
        index = [self.variable() if n > 1 else "0" for n in shape]
        text = line(index)
        depth = 0
        for i, n in zip(index, shape):
            if n != 1:
                self.lines.append("    " * depth + f"for {i} in range({n}):")
                depth += 1
        self.lines += ["    " * depth + each for each in ([text] if isinstance(text, str) else text)]

    def variable(self) -> str:
        self.count += 1
        return f"_{self.count}"

    def assign(self, target: Stored, x: Any, sign: str = "=") -> None:
        if isinstance(x, ArrayText) and x.op == "matmul" and sign == "=":
            self.product(target, *map(self.stored, x.operands))
        elif isinstance(x, ArrayText) and x.op == "sum" and sign == "=":
            self.sum_over(target, *x.operands)
        elif isinstance(x, ArrayText) and x.op == "concatenate":
            start = target.start
            for part in x.operands:
                shape = self.shape(part)
                self.assign(Stored(target.memory, start, shape, target.steps), part)
                start += shape[0] * target.steps[0]
        else:
            self.loop(target.shape, lambda i: f"{target.at(i)} {sign} {self.at(x, i)}")

    def product(self, target: Stored, a: Stored, b: Stored) -> None:
        """Σ a·b: of a column each a loop of its own, else rows of b, four at a time, that are added to rows."""
        *outer, C = target.shape
        n = a.shape[-1]
        t, j = self.variable(), self.variable()
        if C > 1 and outer[-1] > TOGETHER and b.steps[-1] != 1:
            b, of = self.new(b.shape), b
            self.loop(b.shape, lambda i: f"{b.at(i)} = {of.at(i)}")
        if C == 1 or b.steps[-1] != 1:
            self.loop(target.shape, lambda i: self.total(target.at(i), t, n, (
                f"{a.at([*i[:-1], t])} * {b.at([*i[:-2], t, i[-1]])}")))
            return

        def added(i: list[str], first: Sequence[str], sign: str) -> list[str]:
            factors = [f"f{f} = {a.at([*i, place])}" for f, place in enumerate(first)]
            terms = [f"f{f} * {b.at([*i[:-1], place, j])}" for f, place in enumerate(first)]
            return [*factors, f"for {j} in range({C}):", f"    {target.at([*i, j])} {sign} {' + '.join(terms)}"]

        def lines(i: list[str]) -> list[str]:
            found = added(i, [str(place) for place in range(min(n, TOGETHER))], "=")
            if n >= 2 * TOGETHER:
                found += [f"for {t} in range({TOGETHER}, {n - n % TOGETHER}, {TOGETHER}):", *[
                    f"    {line}" for line in added(i, [f"({t} + {place})" for place in range(TOGETHER)], "+=")]]
            if n > TOGETHER and n % TOGETHER:
                found += added(i, [str(place) for place in range(n - n % TOGETHER, n)], "+=")
            return found

        self.loop(outer, lines)

    def total(self, target: str, t: str, n: int, term: str) -> list[str]:
        return ["total = 0.0", f"for {t} in range({n}):", f"    total += {term}", f"{target} = total"]

    def sum_over(self, target: Stored, x: Any, axis: int) -> None:
        n = self.shape(x)[axis]
        t = self.variable()
        self.loop(target.shape, lambda i: self.total(
            target.at(i), t, n, self.at(x, [*i[:axis], t, *i[axis + 1 :]])))

    # Expressions.

    def at(self, x: Any, index: Sequence[str]) -> str:
        """The text of an element of x."""
        if not isinstance(x, ArrayText):
            return {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}.get(repr(x), f"({x!r})")
        if x.op == "name" and x.operands[0] in ("k", "seed"):
            return str(self.k) if x.operands[0] == "k" else "seed"
        if x.op in ("matmul", "sum", "concatenate", "reshape") or self.view(x) is not None:
            return self.stored(x).at(index)
        if x.op == "full":
            return self.operand(x.operands[0], index)
        if x.op in ("rows", "flat", "strided", "transpose"):
            self.done[x.operands[0]] = self.computed(x.operands[0])
            return self.stored(x).at(index)
        if x.op == "take":
            base, rows, place = x.operands
            if place:
                arena = self.arenas["V" if self.builder.absolute[place] else "S"]
                places = self.constant(place)
                return arena.at([places.at(index[: len(places.shape)]), *index[len(places.shape) :]])
            return self.stored(base).at([self.constant(rows).at(index[:1]), *index[1:]])
        operands = [self.operand(y, index) for y in x.operands]
        if x.op == "where":
            condition, a, b = operands
            return f"({a} if {condition} else {b})"
        if x.op in OPERATORS:
            return f"({OPERATORS[x.op][0].format(*operands)})"
        return f"{FUNCTIONS[x.op]}({', '.join(operands)})"

    def operand(self, y: Any, index: Sequence[str]) -> str:
        """The text of an element of an operand that may have fewer axes, or axes of length 1."""
        if not isinstance(y, ArrayText) or not y.shape:
            return self.at(y, [])
        shape = self.shape(y)
        return self.at(y, [i if n > 1 else "0" for i, n in zip(index[len(index) - len(shape) :], shape)])
