"""A step of descent compiled by numba, for small networks, where the interpreter is the cost. The statements are those
of the program; sums over an axis, which numba writes differently, and small products have functions of their own.
"""

import math
from typing import Any

import numpy as np

from micrograd_paper.errors import UsageError
from micrograd_paper.matrix.array_text import ArrayText, names_in, term, written
from micrograd_paper.matrix.builder import Assign, Builder, Gradient
from micrograd_paper.matrix.source import arguments

SMALL = 64  # numbers of a matrix, or of a row of it for each example, up to which loops are faster than BLAS
FUNCTIONS = '''
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))

def small_product(a, b):
    result = np.zeros((a.shape[0], b.shape[1]))
    for row in range(a.shape[0]):
        for term in range(a.shape[1]):
            for column in range(b.shape[1]):
                result[row, column] += a[row, term] * b[term, column]
    return result

def sum_over_0(x):
    total = np.zeros((1, x.shape[1]))
    for row in range(x.shape[0]):
        for column in range(x.shape[1]):
            total[0, column] += x[row, column]
    return total

def sum_over_1(x):
    total = np.zeros((x.shape[0], 1))
    for row in range(x.shape[0]):
        for column in range(x.shape[1]):
            total[row, 0] += x[row, column]
    return total
'''


def jitted_step(builder: Builder) -> Any:
    """step(theta, scale, x, y): theta ← theta − scale·Σ ∂C/∂theta, in place.

    Raises UsageError where numba is missing, and for a program that is more than products and element-wise functions of
    whole matrices.
    """
    try:
        import numba  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise UsageError('jit=True needs numba: pip install "micrograd_paper[jit]"') from error
    text = step_text(builder)
    namespace: dict[str, Any] = {"np": np}
    exec(FUNCTIONS, namespace)
    for name in ("sigmoid", "softplus", "small_product", "sum_over_0", "sum_over_1"):
        namespace[name] = numba.njit(namespace[name])
    namespace.update({name: array for name, array in builder.arrays.items() if name in text})
    exec(text, namespace)
    return numba.njit(namespace["step"])


def step_text(builder: Builder) -> str:
    given = arguments(builder)
    statements = [s for s in (*builder.forward, *builder.backward) if isinstance(s, Assign)]
    needed: set[str] = {g.name for g in builder.gradients}
    kept = []
    for s in reversed(statements):
        if s.name in needed:
            needed |= names_in(s.term)
            kept.append(f"{s.name} = {written(for_numba(s.term))}")
    if builder.scattered["dS"] or builder.scattered["dV"]:
        raise UsageError("jit=True compiles programs on whole matrices; this one picks single rows")
    lines = [f"{written(s.base)} = {text}.T" for s, text in zip(builder.inputs, given)]
    lines += [f"k = {given[0]}.shape[0]" if given else "k = 1"]
    size = builder.theta.stop - builder.theta.start
    for s in builder.views:
        _, start, shape, steps = s.term.operands
        lines.append(f"{s.name} = {view_text(Gradient(s.name, start, shape, steps), size)}")
    lines += reversed(kept)
    for g in builder.gradients:
        lines.append(f"theta_{g.name} = {view_text(g, size)}")
        lines.append(f"theta_{g.name} -= scale * {g.name}")
    head = f"def step({', '.join(['theta', 'scale', *given])}):\n    "
    return head + "\n    ".join(lines) + "\n"


def view_text(g: Gradient, size: int) -> str:
    """A matrix in theta by reshape, as numba takes it. Raises UsageError for one that lies otherwise."""
    R, n = g.shape if len(g.shape) == 2 else (0, 0)
    step = max(g.steps[0], n)
    for first in (0, step - n):
        start = g.start - first
        if R and g.steps[1] == 1 and start >= 0 and start + R * step <= size:
            return f"theta[{start}:{start + R * step}].reshape({R}, {step})[:, {first}:{first + n}]"
    raise UsageError("jit=True compiles programs whose parameters are the rows of matrices, one after the other")


def for_numba(x: Any) -> Any:
    """The term with functions for its sums."""
    if not isinstance(x, ArrayText):
        return x
    if x.op in ("take", "strided", "concatenate", "flat") or len(x.shape) > 2:
        raise UsageError("jit=True compiles programs on whole matrices; this one picks single rows")
    if x.op == "sum":
        return term(f"sum_over_{x.operands[1]}", (for_numba(x.operands[0]),), x.shape)
    if x.op == "matmul" and all(abs(math.prod(y.shape)) <= SMALL for y in x.operands):
        return term("small_product", tuple(map(for_numba, x.operands)), x.shape)
    return term(x.op, tuple(map(for_numba, x.operands)), x.shape)
