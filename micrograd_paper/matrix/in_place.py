"""The same statements with memory bound to them: every operation writes into an array that is there already."""

from typing import Any

import numpy as np

from micrograd_paper.matrix.array_text import ArrayText, names_in
from micrograd_paper.matrix.builder import SEED, Builder, alone, needed
from micrograd_paper.matrix.forward import Assign, Scatter, Statement

UFUNCS = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "power": np.power,
    "negative": np.negative, "absolute": np.absolute, "exp": np.exp, "log": np.log, "log1p": np.log1p,
    "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "maximum": np.maximum, "matmul": np.matmul,
    "less": np.less, "less_equal": np.less_equal, "greater": np.greater, "greater_equal": np.greater_equal,
    "equal": np.equal,
}
COMPARISONS = ("less", "less_equal", "greater", "greater_equal", "equal")


class Local:
    """An array that is only known when the program runs: what is given, or its transpose."""

    def __init__(self, text: str, shape: tuple[int, ...]) -> None:
        self.text, self.shape = text, shape


class InPlace:
    """A program for k examples: value_and_grad(theta, arrays), and step(arrays, eta, decay), which changes `theta`."""

    def __init__(self, builder: Builder, k: int, scalars: Any) -> None:
        self.builder, self.k = builder, k
        rows = {wide: builder.sources[wide][-1].stop for wide in (False, True)}
        self.S, self.V = scalars, np.zeros((rows[True], k))
        self.S[: len(builder.arrays["constants"])] = builder.arrays["constants"]
        start, stop = builder.theta.start, builder.theta.stop
        self.theta = self.S[start:stop]
        self.dS, self.dV = np.zeros(rows[False]), np.zeros((rows[True], k) if builder.scattered["dV"] else (0, k))
        self.gradient = self.dS[start:stop]
        self.values: dict[str, Any] = {"k": float(k), "seed": Local("seed", ()), "theta": self.theta,
                                       "dS": self.dS[:, None], "dV": self.dV, **builder.arrays}
        self.namespace: dict[str, Any] = {"add_reduce": np.add.reduce, "take": np.take, "copyto": np.copyto,
                                          "logaddexp": np.logaddexp, "bincount": np.bincount, "square": np.square,
                                          "reduceat": np.add.reduceat, **{f.__name__: f for f in UFUNCS.values()}}
        self.bound: dict[int, str] = {}
        self.pool: dict[Any, list[Any]] = {}
        self.temporary: list[Any] = []
        self.numbers: dict[float, Any] = {}
        self.done: dict[ArrayText, Any] = {}  # what this statement has computed
        self.kept: dict[ArrayText, Any] = {}  # what all statements may use
        self.head = self.bind_inputs()
        for source in (*builder.sources[False][2:], *builder.sources[True][1 + len(builder.inputs) :]):
            wide = len(source.base.shape) == 2 and source.base.shape[1] == -1
            array = self.V[source.start : source.stop] if wide else self.S[source.start : source.stop, None]
            self.values[source.base.operands[0]] = array
        for view in builder.views:
            self.values[view.name] = self.lower(view.term)
        self.functions: dict[str, Any] = {}

    def bind_inputs(self) -> list[str]:
        """Lines that name what is given, or copy it where rows of it are picked."""
        picked: set[str] = set()
        for s in (*self.builder.forward, *self.builder.backward):
            stack = [s.term]
            while stack:
                x = stack.pop()
                if isinstance(x, ArrayText):
                    if x.op in ("rows", "strided", "take", "flat", "reshape", "full", "concatenate"):
                        picked |= {n for n in names_in(x) if n in {i.base.operands[0] for i in self.builder.inputs}}
                    stack += x.operands
        lines = []
        for i, source in enumerate(self.builder.inputs):
            text = source.base.operands[0]
            if text in picked:
                rows = self.V[source.start : source.stop]
                self.values[text] = rows
                lines.append(f"copyto({self.bind(rows)}, given[{i}].T)")
            else:
                self.values[text] = Local(f"in{i}", (source.stop - source.start, self.k))
                lines += [f"in{i}T = given[{i}]", f"in{i} = in{i}T.T"]
        return lines

    def value_and_grad(self, theta: Any, arrays: Any) -> tuple[float, Any]:
        if "value" not in self.functions:
            self.functions["value"] = self.function(self.builder.forward, self.builder.backward,
                                                    self.builder.gradients)
        np.copyto(self.theta, theta)
        self.functions["value"](arrays, 1.0)
        root = self.values[self.builder.plans[-1][1].operands[0]]
        return float(np.add.reduce(root, None)) / self.k, self.gradient / self.k

    def value(self, theta: Any, arrays: Any) -> float:
        """The mean of the root alone."""
        if "forward" not in self.functions:
            self.functions["forward"] = self.function(self.builder.forward, [], [])
        np.copyto(self.theta, theta)
        self.functions["forward"](arrays, 1.0)
        return float(self.values[self.builder.plans[-1][1].operands[0]].mean())

    def step(self, arrays: Any, eta: float, decay: Any = None) -> None:
        """theta ← decay·theta − η/k Σ ∂C/∂theta, (7) and (29), in place."""
        if "step" not in self.functions:
            before = self.builder.backward, self.builder.gradients, self.builder.scattered
            self.builder.differentiate(SEED)
            self.functions["step"] = self.function(self.builder.forward, self.builder.backward,
                                                   self.builder.gradients, needed_only=True)
            self.builder.backward, self.builder.gradients, self.builder.scattered = before
        self.functions["step"](arrays, eta / self.k)
        if decay is not None:
            np.multiply(self.theta, decay, self.theta)
        np.subtract(self.theta, self.gradient, self.theta)

    def function(self, forward: Any, backward: Any, gradients: Any, needed_only: bool = False) -> Any:
        """The statements as a function of (given, seed)."""
        if needed_only:
            forward = needed(forward, backward)
        self.lines: list[str] = [*self.head]
        self.kept = {}
        self.pool = {}
        self.written = {"dS": np.zeros(len(self.dS), bool), "dV": np.zeros(len(self.dV), bool)}
        self.partly: dict[str, list[Any]] = {"dS": [], "dV": []}
        targets = self.bind_gradients(gradients)
        for s in forward:
            self.statement(s, targets)
        start = len(self.lines)
        for s in backward:
            self.statement(s, targets)
        if backward:
            self.lines[start:start] = self.zeros()
        for g in gradients:
            if g.name not in targets:
                target = self.gradient_view(g)
                self.call("add", target, self.values[g.name], target)
        body = "\n    ".join(self.lines or ["pass"])
        exec(compile(f"def run(given, seed):\n    {body}\n", "<matrix program in place>", "exec"), self.namespace)
        return self.namespace.pop("run")

    def gradient_view(self, g: Any) -> Any:
        size = self.gradient.itemsize
        return np.lib.stride_tricks.as_strided(self.gradient[g.start :], g.shape, [s * size for s in g.steps])

    def bind_gradients(self, gradients: Any) -> dict[str, Any]:
        """Matrices of the gradient that are computed in their place: what no other statement writes to."""
        lone = alone(self.builder) if gradients else {}
        for places in lone.values():
            self.written["dS"][self.builder.theta.start + places] = True
        return {g.name: self.gradient_view(g) for g in gradients if g.name in lone}

    def zeros(self) -> list[str]:
        """Lines that make 0 what is added to before anything is assigned to it; no other row is ever written."""
        theta = self.builder.theta
        self.partly["dS"].append(theta.start + np.flatnonzero(~self.written["dS"][theta.start : theta.stop]))
        lines = []
        for arena, parts in self.partly.items():
            rows = np.unique(np.concatenate([np.zeros(0, int), *parts]))
            if len(rows):
                array, run = getattr(self, arena), slice(rows[0], rows[-1] + 1)
                lines.append(f"{self.bind(array[run])}.fill(0.0)" if len(rows) == run.stop - run.start
                             else f"{self.bind(array)}[{self.bind(rows)}] = 0.0")
        return lines

    def statement(self, s: Statement, targets: dict[str, Any]) -> None:
        self.temporary = []
        self.done = {}
        self.count_uses(s.term)
        if isinstance(s, Assign):
            shape = self.shape(s.term.shape)
            target = targets.get(s.name)
            if target is None:
                target = self.values.get(s.name)
            if target is None or isinstance(target, Local):
                target = np.zeros(shape)
            self.values[s.name] = target
            if isinstance(found := self.lower(s.term, target), Local) or found is not target:
                self.call("copyto", target, found)
        else:
            self.scatter(s)
        for buffer in self.temporary:
            self.pool.setdefault((buffer.shape, buffer.dtype), []).append(buffer)

    def scatter(self, s: Scatter) -> None:
        """arena[rows] += term; = for the first that writes to these rows."""
        rows = self.builder.arrays[s.rows]
        arena = self.dS if s.arena == "dS" else self.dV
        found = self.lower(s.term)
        unique, inverse, count = np.unique(rows, return_inverse=True, return_counts=True)
        if s.arena == "dS":
            found = found.reshape(-1)
        is_first = not self.written[s.arena][unique].any()
        if not is_first:
            self.partly[s.arena].append(unique[~self.written[s.arena][unique]])
        self.written[s.arena][unique] = True
        adds = "=" if is_first else "+="
        if len(unique) == len(rows):
            if len(rows) == rows[-1] - rows[0] + 1 and (np.diff(rows) == 1).all():
                target = arena[rows[0] : rows[-1] + 1]
                self.call(*(("copyto", target, found) if is_first else ("add", target, found, target)))
            else:
                self.lines.append(f"{self.bind(arena)}[{self.bind(rows)}] {adds} {self.text(found)}")
        elif s.arena == "dS":
            total = f"bincount({self.bind(inverse)}, {self.text(found)}, {len(unique)})"
            self.lines.append(f"{self.bind(arena)}[{self.bind(unique)}] {adds} {total}")
        else:
            order, starts = np.argsort(inverse, kind="stable"), np.concatenate([[0], np.cumsum(count)[:-1]])
            total = f"reduceat({self.text(found)}[{self.bind(order)}], {self.bind(starts)}, 0)"
            self.lines.append(f"{self.bind(arena)}[{self.bind(unique)}] {adds} {total}")

    def count_uses(self, x: ArrayText) -> None:
        self.uses: dict[ArrayText, int] = {}
        stack = [x]
        while stack:
            y = stack.pop()
            if isinstance(y, ArrayText):
                self.uses[y] = self.uses.get(y, 0) + 1
                if self.uses[y] == 1:
                    stack += y.operands

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return tuple([-n * self.k if n < 0 else n for n in shape])

    def bind(self, thing: Any) -> str:
        """A name for an array in the function's namespace."""
        if id(thing) not in self.bound:
            self.bound[id(thing)] = text = f"m{len(self.bound)}"
            self.namespace[text] = thing
        return self.bound[id(thing)]

    def text(self, x: Any) -> str:
        if isinstance(x, Local):
            return x.text
        if not isinstance(x, np.ndarray):  # an array of no dimension, which NumPy need not convert
            x = self.numbers.setdefault(float(x), np.array(float(x)))
        return self.bind(x)

    def call(self, function: str, *operands: Any) -> None:
        self.lines.append(f"{function}({', '.join(map(self.text, operands))})")

    def buffer(self, shape: tuple[int, ...], of: type = float) -> Any:
        free = self.pool.get((shape, np.dtype(of)))
        found = free.pop() if free else np.zeros(shape, of)
        self.temporary.append(found)
        return found

    def lower(self, x: Any, out: Any = None) -> Any:
        """An array, a Local or a number that holds the ArrayText's value; in `out` if it must be computed."""
        if not isinstance(x, ArrayText):
            return x
        if x.op == "name":
            return self.values[x.operands[0]]
        if x in self.kept or x in self.done:
            return self.kept[x] if x in self.kept else self.done[x]
        is_picked = (x.op == "take" and x.operands[2]) or (x.op == "reshape" and x.operands[0].op == "strided")
        if is_picked:  # rows that the forward pass wrote: the backward pass uses them again
            before, self.temporary, pool, self.pool = self.temporary, [], self.pool, {}
            found = getattr(self, f"lower_{x.op}")(x, None)
            self.temporary, self.pool = before, pool
            self.kept[x] = found
            return found
        found = self.done[x] = getattr(self, f"lower_{x.op}", self.lower_ufunc)(x, out)
        return found

    def lower_ufunc(self, x: ArrayText, out: Any) -> Any:
        operands = [self.lower(y) for y in x.operands]
        of = bool if x.op in COMPARISONS else float
        out = self.place_for(x, operands, out, of)
        if x.op == "power" and x.operands[1] == 2:
            self.call("square", operands[0], out)
        elif x.op == "sigmoid":
            self.call("negative", operands[0], out)
            self.call("exp", out, out)
            self.call("add", out, 1.0, out)
            self.call("divide", 1.0, out, out)
        elif x.op == "softplus":
            self.call("logaddexp", 0.0, operands[0], out)
        elif x.op == "maximum":  # takes no third operand
            self.lines.append(f"maximum({', '.join(map(self.text, operands))}, out={self.bind(out)})")
        else:
            self.call(UFUNCS[x.op].__name__, *operands, out)
        return out

    def place_for(self, x: ArrayText, operands: Any, out: Any, of: type) -> Any:
        """Where the result goes: `out`, an operand that nothing else needs, or a new buffer."""
        if out is not None and of is float:
            return out
        shape = self.shape(x.shape)
        for y, operand in zip(x.operands, operands):
            if (isinstance(operand, np.ndarray) and operand.shape == shape and operand.dtype == of
                    and x.op != "matmul" and any(operand is t for t in self.temporary)
                    and self.uses[y] == 1 and y.op in UFUNCS):
                return operand
        return self.buffer(shape, of)

    def lower_where(self, x: ArrayText, out: Any) -> Any:
        condition, a, b = [self.lower(y) for y in x.operands]
        out = self.buffer(self.shape(x.shape)) if out is None else out
        self.call("copyto", out, b)
        self.lines.append(f"copyto({self.bind(out)}, {self.text(a)}, where={self.text(condition)})")
        return out

    def lower_sum(self, x: ArrayText, out: Any) -> Any:
        found = self.lower(x.operands[0])
        out = self.buffer(self.shape(x.shape)) if out is None else out
        if isinstance(found, np.ndarray) and x.operands[1] == 1 and found.shape[1:] == (2, 1):  # NumPy's loop is of 2
            self.call("add", found[:, :1], found[:, 1:], out)
        else:
            self.lines.append(f"add_reduce({self.text(found)}, {x.operands[1]}, None, {self.bind(out)}, True)")
        return out

    def lower_take(self, x: ArrayText, out: Any) -> Any:
        base, index, place = x.operands
        if place:
            array: Any = self.V if self.builder.absolute[place] else self.S
            rows = self.builder.arrays[place]
        else:
            array, rows = self.lower(base), self.builder.arrays[index]
        out = self.buffer(self.shape(x.shape)) if out is None or not out.flags.c_contiguous else out
        self.lines.append(f"take({self.text(array)}, {self.bind(rows)}, 0, {self.bind(out)}, 'clip')")
        return out

    def lower_concatenate(self, x: ArrayText, out: Any) -> Any:
        out = np.zeros(self.shape(x.shape))  # the last row stays 0
        found = self.lower(x.operands[0])
        self.call("copyto", out[: self.shape(x.operands[0].shape)[0]], found)
        return out

    def lower_reshape(self, x: ArrayText, out: Any) -> Any:
        found, shape = self.array(x.operands[0]), self.shape(x.shape)
        view = found.reshape(shape)
        if np.may_share_memory(view, found):
            return view
        copy = self.buffer(found.shape)  # its elements are not in that order
        self.call("copyto", copy, found)
        return copy.reshape(shape)

    def array(self, x: Any) -> Any:
        """An array of memory that is there now."""
        found = self.lower(x)
        if isinstance(found, Local):
            copy = self.buffer(found.shape)
            self.call("copyto", copy, found)
            return copy
        return found

    def lower_transpose(self, x: ArrayText, out: Any) -> Any:
        found = self.lower(x.operands[0])
        if isinstance(found, Local):
            return Local(f"{found.text}T", found.shape[::-1])
        return found.swapaxes(-1, -2)

    def lower_full(self, x: ArrayText, out: Any) -> Any:
        found, shape = self.array(x.operands[0]), self.shape(x.shape)
        return np.full(shape, float(found)) if not isinstance(found, np.ndarray) else np.broadcast_to(found, shape)

    def lower_rows(self, x: ArrayText, out: Any) -> Any:
        base, start, stop = x.operands
        return self.lower(base)[start:stop]

    def lower_flat(self, x: ArrayText, out: Any) -> Any:
        return self.lower(x.operands[0])[:, 0]

    def lower_strided(self, x: ArrayText, out: Any) -> Any:
        base, start, shape, steps = x.operands
        array = self.lower(base)
        strides = (*[s * array.strides[0] for s in steps], *array.strides[1:])
        return np.lib.stride_tricks.as_strided(array[start:], (*shape, *array.shape[1:]), strides)
