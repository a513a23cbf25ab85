"""The program as NumPy that a person reads and steps through: one statement a line, in the paper's matrix notation."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from micrograd_paper.matrix.array_text import names_in, written
from micrograd_paper.matrix.builder import Builder, needed
from micrograd_paper.matrix.forward import Assign, Scatter, Statement

VIEW = '''def view(array, start, shape, steps):
    """The elements, or rows, of an array from `start` on, `steps` apart along each axis."""
    strides = (*[step * array.strides[0] for step in steps], *array.strides[1:])
    return np.lib.stride_tricks.as_strided(array[start:], (*shape, *array.shape[1:]), strides)
'''
SIGMOID = '''def sigmoid(z):
    return 1 / (1 + np.exp(-z))  # (8)
'''
SOFTPLUS = '''def softplus(z):
    return np.logaddexp(0, z)
'''


def texts(statements: Sequence[Statement]) -> list[str]:
    found = []
    for s in statements:
        line = (f"{s.name} = {written(s.term)}" if isinstance(s, Assign)
                else f"np.add.at({s.arena}, {s.rows}, {written(s.term)})")
        found.append(f"{line}  # {s.comment}" if s.comment else line)
    return found


def arguments(builder: Builder) -> list[str]:
    """The names of the batch's arrays: x for A1, y for Y."""
    return ["x" if s.base.operands[0] == "A1" else s.base.operands[0].lower() + "_" * s.base.operands[0].islower()
            for s in builder.inputs]


def function_text(builder: Builder) -> str:
    """def equations(W2, b2, …, x, y): the passes; def cost_and_gradient(theta, x, y), which calls it."""
    given = arguments(builder)
    root = builder.plans[-1][1].operands[0]
    start, stop = builder.theta.start, builder.theta.stop
    scattered = [arena for arena in ("dS", "dV") if builder.scattered[arena]]
    passes = [*builder.forward, *builder.backward]
    taken = ["theta"] * any("theta" in names_in(s.term) for s in passes) + [s.name for s in builder.views] + given
    lines = [f"{written(s.base)} = {text}.T" for s, text in zip(builder.inputs, given)]
    if any("k" in re.findall(r"\w+", text) for text in texts(passes)) or "dV" in scattered:
        lines.append(f"k = len({given[0]})" if given else "k = 1")
    first = needed(builder.forward, builder.backward)
    rest = [s for s in builder.forward if s not in first]  # of the cost alone
    lines += ["", *texts(first), *[""] * bool(first)]
    for arena in scattered:
        columns = "k" if arena == "dV" else 1
        lines.append(f"{arena} = np.zeros(({builder.sources[arena == 'dV'][-1].stop}, {columns}))")
    lines += texts(builder.backward)
    each = " over the examples, the rows of what is given" if given else ""
    what = f"The sum of {root}, and of its gradients,{each}." if given else f"{root}, and its gradients."
    back = [f"{root}.sum()", *["dS"] * ("dS" in scattered), *[g.name for g in builder.gradients]]
    if rest:
        what += f" Without the cost, {root} is None."
        lines += ["", "if not with_cost:", f"    return {', '.join(['None', *back[1:]])}", *texts(rest)]
    lines += ["", f"return {', '.join(back)}{',' * (len(back) == 1)}"]
    outer = [f"{s.name} = {written(s.term)}" for s in builder.views]
    outer.append(f"{', '.join(['total', *back[1:]])}{',' * (len(back) == 1)} = equations({', '.join(taken)})")
    outer.append(f"gradient = dS[{start}:{stop}, 0].copy()" if "dS" in scattered
                 else f"gradient = np.zeros({stop - start})")
    outer += [f"view(gradient, {g.start}, {g.shape}, {g.steps})[...] += {g.name}" for g in builder.gradients]
    outer.append(f"return total / len({given[0]}), gradient / len({given[0]})  # (6)" if given
                 else "return total, gradient")
    whole = (f"The mean of {root} over the examples, and its gradient by the {stop - start} numbers of theta." if given
             else f"{root}, and its gradient by the {stop - start} numbers of theta.")
    return "\n".join([
        f"def equations({', '.join([*taken, *['with_cost=True'] * bool(rest)])}):", f'    """{what}"""',
        *indented(lines), "", "",
        f"def cost_and_gradient({', '.join(['theta', *given])}):", f'    """{whole}"""', *indented(outer), ""])


def indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}".rstrip() for line in lines]


def prelude(text: str) -> str:
    """The functions that the text calls."""
    return "\n\n".join(["import numpy as np\n", *[code for called, code in (
        ("view(", VIEW), ("sigmoid(", SIGMOID), ("softplus(", SOFTPLUS)) if called in text], ""])


def array_texts(builder: Builder) -> list[str]:
    """The index arrays and constants that the statements name, as Python."""
    used: set[str] = set()
    for s in (*builder.views, *builder.forward, *builder.backward):
        used |= names_in(s.term) | index_names(s.term) | ({s.rows} if isinstance(s, Scatter) else set())
    found = []
    for text, values in builder.arrays.items():
        if text in used:
            numbers = np.array2string(values, separator=", ", threshold=values.size + 1, max_line_width=110,
                                      floatmode="unique")
            found.append(f"{text} = np.array({numbers})\n")
    return found


def index_names(x: Any) -> set[str]:
    """The index arrays that a ArrayText names."""
    found: set[str] = set()
    stack = [x]
    while stack:
        y = stack.pop()
        if hasattr(y, "op"):
            if y.op == "take":
                found.add(y.operands[1])
            stack += y.operands
    return found
