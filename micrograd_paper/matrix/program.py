"""MatrixProgram: a graph as a program on arrays, what `vectorize` returns."""

import hashlib
import linecache
import math
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from micrograd_paper.display import PythonText, label_text
from micrograd_paper.engine import Value
from micrograd_paper.errors import DomainError, NotANumber, ShapeError, UsageError
from micrograd_paper.matrix import source
from micrograd_paper.matrix.builder import Builder
from micrograd_paper.matrix.canonical import CONSTANT, PARAMETER, Canonical
from micrograd_paper.matrix.in_place import InPlace
from micrograd_paper.matrix.jit import Jitted, check_numba
from micrograd_paper.matrix.naming import Names
from micrograd_paper.plain import printable
from micrograd_paper.reading.variables import Variables

Floats = Any


class MatrixProgram:
    """A graph as a program on arrays.

    source      NumPy that can be read, and run by itself
    parameters  the Values whose numbers theta has, in this order
    baked       constants whose number is that of a computed node or a parameter, bit for bit
    """

    def __init__(self, graph: Canonical, inputs: Sequence[Sequence[Value]], parameters: Sequence[Value],
                 jit: bool = False) -> None:
        if jit:
            check_numba()
        self.graph = graph
        self.parameters, self.inputs = list(parameters), [list(each) for each in inputs]
        places = [graph.place.get(p, -1) for p in parameters]
        known = [i for i in places if i >= 0]
        self.known = None if len(known) == len(places) else np.flatnonzero(np.array(places) >= 0)
        names = Names(Variables.visible().paths(), inputs, known)
        self.builder = Builder(graph, [[graph.place[x] for x in each] for each in inputs], known, names)
        self.builder.differentiate(1)
        self.function_text = source.function_text(self.builder)
        self.in_place: dict[int, InPlace] = {}
        self.jitted: dict[int, Jitted] | None = {} if jit else None
        self.baked = baked(graph)
        self.root_name = label_text(self.builder.plans[-1][1].operands[0])

    @cached_property
    def scalars(self) -> Floats:
        """Memory for what does not depend on the example, which programs for all sizes of batches have in common."""
        scalars = np.zeros(self.builder.sources[False][-1].stop)
        scalars[self.builder.theta.start : self.builder.theta.stop] = self.theta[slice(None) if self.known is None
                                                                                 else self.known]
        return scalars

    @property
    def memory(self) -> Floats:
        """Where the program keeps theta, and where `step` updates it; at first the parameters' numbers."""
        return self.scalars[self.builder.theta.start : self.builder.theta.stop]

    @cached_property
    def key(self) -> str:
        """A name that no other program has."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    @cached_property
    def source(self) -> str:
        arrays = source.array_texts(self.builder)
        text = "\n".join([source.prelude(self.function_text), *arrays, "", self.function_text])
        return re.sub(r"\n{4,}", "\n\n\n", text)

    def __repr__(self) -> str:
        inputs = sum(map(len, self.inputs))
        return printable(f"<MatrixProgram of {self.root_name}: {inputs:,} inputs of an example, "
                         f"{len(self.parameters):,} parameters>")

    def _repr_markdown_(self) -> str:
        return PythonText(self.source)._repr_markdown_()

    @property
    def cost_and_gradient(self) -> Any:
        """cost_and_gradient(theta, x, y) of `source`."""
        return self.functions["cost_and_gradient"]

    @cached_property
    def functions(self) -> dict[str, Any]:
        """What `source` defines. A debugger can step through it."""
        text = source.prelude(self.function_text) + "\n\n" + self.function_text
        file = f"<matrix program {id(self)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        namespace: dict[str, Any] = dict(self.builder.arrays)
        exec(compile(text, file, "exec"), namespace)
        return namespace

    @property
    def theta(self) -> Floats:
        """The parameters' numbers of now."""
        return np.array([float(p.data) for p in self.parameters])

    def value_and_grad(self, theta: Any, batch: Any = ()) -> tuple[float, Floats]:
        """The mean of root over the examples of the batch, and its gradient by theta, in the order of `parameters`.

        batch: an array of (examples, inputs), or several in a tuple, as `inputs` was given; nothing without inputs.
        Raises ShapeError, NotANumber, UsageError for nan; DomainError if the result is not finite.
        """
        with np.errstate(all="ignore"):
            numbers = self.checked(theta, (len(self.parameters),), "theta")
            arrays = self.checked_batch(batch)
            numbers = numbers if self.known is None else numbers[self.known]
            value, gradient = self.compiled(len(arrays[0]) if arrays else 1).value_and_grad(numbers, arrays)
            finite = math.isfinite(value) and is_finite(gradient)
        if not finite:
            raise DomainError(f"{self.root_name} or its gradient is not finite, {value}"
                              + (": the program has computed numbers baked in, and tracing again may help"
                                 if self.baked else ""))
        if self.known is None:
            return value, gradient
        whole = np.zeros(len(self.parameters))
        whole[self.known] = gradient
        return value, whole

    def step(self, batch: Any, eta: float) -> None:
        """memory ← memory − eta·(the mean gradient of the batch), (7), in place. Raises as value_and_grad does, which
        puts its theta there, too.
        """
        with np.errstate(all="ignore"):
            arrays = self.checked_batch(batch)
            self.compiled(len(arrays[0]) if arrays else 1).step(arrays, eta)

    def has(self, node: Value) -> bool:
        """Whether the program computes it: what is a part of a sum alone is none of its rows."""
        place = self.graph.place.get(node)
        return place is not None and bool(self.builder.row[place])

    def compiled(self, k: int) -> InPlace | Jitted:
        """The program for k examples, by numba if jit=True."""
        if self.jitted is None:
            return self.bound(k)
        if k not in self.jitted:
            if len(self.jitted) > 3:
                self.jitted.pop(next(iter(self.jitted)))
            self.jitted[k] = Jitted(self.builder, k, self.scalars)
        return self.jitted[k]

    def bound(self, k: int) -> InPlace:
        """The program with memory for k examples."""
        if k not in self.in_place:
            if len(self.in_place) > 3:
                self.in_place.pop(next(iter(self.in_place)))
            self.in_place[k] = InPlace(self.builder, k, self.scalars)
        return self.in_place[k]

    def checked_batch(self, batch: Any) -> list[Floats]:
        given = list(batch) if len(self.inputs) != 1 or isinstance(batch, tuple) else [batch]
        if len(given) != len(self.inputs):
            raise ShapeError(f"the program takes a batch of {len(self.inputs)} arrays in a tuple; got {len(given)}")
        arrays: list[Floats] = []
        for i, (array, leaves) in enumerate(zip(given, self.inputs), start=1):
            rows, what = len(arrays[0]) if arrays else -1, f"array {i} of the batch" if len(given) > 1 else "the batch"
            if len(leaves) == 1 and isinstance(array, np.ndarray) and array.ndim == 1:
                array = array[:, None]  # a number for each example
            arrays.append(self.checked(array, (rows, len(leaves)), what))
        return arrays

    def checked(self, given: Any, shape: tuple[int, ...], what: str) -> Floats:
        """It as an array of floats of that shape, where −1 is any number of examples."""
        array = given if isinstance(given, np.ndarray) else np.array(given)
        if array.dtype.kind not in "fiub":
            raise NotANumber(f"{what} is an array of real numbers; got one of {array.dtype}")
        is_right = array.ndim == len(shape) and all(n in (-1, d) for n, d in zip(shape, array.shape)) and (
            array.size or -1 not in shape)
        if not is_right:
            expected = ", ".join("examples" if n == -1 else str(n) for n in shape)
            if array.ndim == len(shape) and not array.size and -1 in shape:
                raise ShapeError(f"{what} has no examples; got an array of the shape {array.shape}")
            raise ShapeError(f"{what} must have the shape ({expected}); got {array.shape}")
        array = np.asarray(array, float)
        if not is_finite(array):
            raise UsageError(f"{what} must be finite; it has nan or infinities")
        return array


def is_finite(array: Floats) -> bool:
    """Whether all are. A sum with nan or an infinity in it is none that is finite, and is quick."""
    return math.isfinite(np.add.reduce(array, None)) or bool(np.isfinite(array).all())


def baked(graph: Canonical) -> list[Value]:
    """The constants whose number is that of a computed node or a parameter, bit for bit, but for short ones: 0.5."""
    computed = {v.data for i, v in enumerate(graph.values)
                if v is not None and ((v.operands and graph.ranks[i] > CONSTANT) or graph.ranks[i] == PARAMETER)}
    return [v for i, v in enumerate(graph.values)
            if v is not None and graph.ranks[i] == CONSTANT and not v.operands
            and v.data in computed and v.data != round(v.data, 3)]


def cancel(graph: Canonical, leaves: Sequence[Value]) -> bool:
    """Whether the adjoints of the leaves of one number add up to 0: then it does not matter what the number is."""
    adjoints = [0.0] * (graph.root + 1)
    adjoints[graph.root] = 1.0
    for i in range(graph.root, -1, -1):
        node, adjoint = graph.values[i], adjoints[i]
        for operand, partial in zip(graph.operands[i], node.partials if node is not None else ()):
            adjoints[operand] += partial * adjoint  # the chain rule, (18)
    totals: dict[float, list[float]] = {}
    for leaf in leaves:
        totals.setdefault(leaf.data, []).append(adjoints[graph.place[leaf]])
    return all(abs(math.fsum(terms)) <= 1e-9 * math.fsum(map(abs, terms)) for terms in totals.values())
