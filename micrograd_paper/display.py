"""Numbers and labels of any kind as short text.

    number_text(-6.9e-05)      −6.9e−5
    label_text(label)          on one line, at most 40 characters, safe to print
"""

import re
import sys
from collections.abc import Callable, Container, Sequence
from typing import Any

from micrograd_paper.errors import DivisionByZero, DomainError, MicrogradPaperError, NotANumber, RangeError, harmless
from micrograd_paper.plain import printable

LABEL_LENGTH = 40
NUMBER_LENGTH = 16


def label_text(label: object) -> str:
    """A label as text that is safe to print: on one line, cut, � for control, formatting and surrogate characters."""
    return harmless(cut(one_line(label, str), LABEL_LENGTH))


def number_text(number: Any, digits: int = 4) -> str:
    """A float or complex in `digits` significant digits, an array's first elements, anything else as it prints; short.

    −6.9e−5: every shown number has this notation. Only a number with all its digits is Python's repr, to be pasted.
    """
    if getattr(number, "shape", None) == () and hasattr(number, "tolist"):
        number = number.tolist()  # NumPy's scalars
    if hasattr(number, "ravel") and hasattr(number, "tolist"):
        elements = [number_text(element, digits) for element in number.ravel()[:NUMBER_LENGTH].tolist()]
        return cut(f"[{', '.join(elements)}]", NUMBER_LENGTH)
    if isinstance(number, float | complex):
        return typeset(f"{number:.{digits}g}")
    plain = one_line(number, str)
    if len(plain) > NUMBER_LENGTH - 4:
        try:
            approximate = float(number)
        except Exception:  # a symbol, or a type that only its library knows
            return cut(plain, NUMBER_LENGTH)
        if approximate and abs(approximate) != float("inf"):
            return typeset(f"{approximate:.{digits}g}")
    return typeset(plain) if re.fullmatch(r"[-+]?[\d./]+(e[-+]?\d+)?", plain) else cut(plain, NUMBER_LENGTH)


def fixed(number: float) -> str:
    """A number in a column that changes little: four decimals, of a very large one four digits."""
    return f"{number:.4f}" if abs(number) < 1e6 else number_text(number)


def shown(thing: Any) -> str:
    """A float in four significant digits, as a variable pane has room for; anything else in 40 characters."""
    if isinstance(thing, float):
        return number_text(thing)
    text = cut(one_line(thing, repr))
    return typeset(text) if type(thing) is int else text


def as_given(thing: Any) -> str:
    """An argument as shown in an error: its repr on one line, at most 40 characters."""
    return cut(one_line(thing, repr))


def typeset(digits: str) -> str:
    """−6.9e−5 for -6.9e-05."""
    return re.sub(r"e\+?(-?)0*(\d)", r"e\1\2", digits).replace("-", "−")


def one_line(thing: Any, how: Callable[[Any], str]) -> str:
    """str(thing) or repr(thing) on one line, without memory addresses; if its class raises, the class name."""
    try:
        text = how(thing)
    except Exception:
        return f"<{type(thing).__name__}>"
    return " ".join(re.sub(r" at 0x[0-9a-fA-F]+", "", text).split())


def counted(count: int, what: str) -> str:
    """1 step, 1,234 steps."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def cut(text: str, length: int = LABEL_LENGTH) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def aligned(rows: Sequence[Sequence[str]], right: Container[int] = ()) -> list[str]:
    """Rows of cells as lines that sys.stdout can hold, columns as wide as their widest cell; `right` ones to the right.
    """
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows)]
    sides = [str.rjust if i in right else str.ljust for i in range(len(widths))]
    return ["  ".join([side(cell, w) for side, cell, w in zip(sides, row, widths)]).rstrip() for row in rows]


def application(op: Any, operands: Sequence[Any]) -> str:
    """What is applied to what, and where each operand was made, if that is recorded: log ln of x = 0 (train.py:7)."""
    places = [
        f"{label_text(operand.label or 'operand')} = {shown(operand.data)}"
        + ("" if operand.origin is None else f" ({operand.origin})")
        for operand in operands[:4]
    ]
    return f"{op.name} {op.symbol} of {', '.join(places)}" + (", …" if len(operands) > 4 else "")


def failed_operation(error: Exception, op: Any, operands: Sequence[Any]) -> MicrogradPaperError:
    """The project's own error for what an operation raised, with the names of the operation and its operands."""
    kinds = {ZeroDivisionError: DivisionByZero, OverflowError: RangeError, TypeError: NotANumber}
    kind = next((ours for theirs, ours in kinds.items() if isinstance(error, theirs)), DomainError)
    return kind(f"{application(op, operands)}: {one_line(error, str) or 'it has no number there'}")


class PythonText(str):
    """A program in Python, which a notebook shows with its colours."""

    def _repr_markdown_(self) -> str:
        return f"```python\n{self}\n```"


def in_notebook() -> bool:
    """Whether a kernel of Jupyter runs this: it has loaded IPython, and its shell has a kernel."""
    get_shell = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_shell is not None and hasattr(get_shell(), "kernel")
