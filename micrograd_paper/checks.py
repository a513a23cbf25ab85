"""Checks of the numbers that several functions take: one check and one wording for each. All raise UsageError.

A number may come as any kind of Python's `numbers.Real`, or as a scalar of NumPy or PyTorch; what is given back is
Python's float or int.
"""

import math
import numbers
import operator
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from micrograd_paper.display import as_given
from micrograd_paper.errors import NotANumber, ShapeError, UsageError
from micrograd_paper.functions import number


def real(given: Any) -> float | None:
    """The number as a float, infinite if it is too large for one; None for anything else."""
    try:
        plain = number(given)
        return float(plain) if isinstance(plain, numbers.Real) else None
    except NotANumber:
        return None
    except OverflowError:
        return math.inf if given > 0 else -math.inf


def integer(given: Any) -> int | None:
    """The number as an int; None for anything but an integer, and for True and False."""
    try:
        plain = number(given)
    except NotANumber:
        return None
    is_one = hasattr(plain, "__index__") and not isinstance(plain, bool) and getattr(plain, "shape", ()) == ()
    return operator.index(plain) if is_one else None


def check_size(given: Any, what: str) -> int:
    """It must be a positive integer."""
    n = integer(given)
    if n is None or n < 1:
        raise UsageError(f"{what} must be a positive integer; got {as_given(given)}")
    return n


def check_eta(given: Any) -> float:
    eta = real(given)
    if eta is None or not 0 < eta < math.inf:
        raise UsageError(f"the learning rate eta must be a positive number; got {as_given(given)}")
    return eta


def check_alpha(given: Any) -> float:
    alpha = real(given)
    if alpha is None or not 0 <= alpha < math.inf:
        raise UsageError(f"the regularization strength alpha must be 0 or more; got {as_given(given)}")
    return alpha


def check_m(given: Any, examples: int = 1) -> int:
    """m of (27): there are at least as many training examples as are given."""
    m = integer(given)
    if m is None or not examples <= m <= sys.maxsize:
        most = f", at most {sys.maxsize}" * (m is not None and m > sys.maxsize)
        raise UsageError(f"m is the number of training examples, {examples} or more here{most}; got {as_given(given)}")
    return m


def check_seed(given: Any) -> Any:
    """A seed of random.Random that is the same for equal numbers of every kind: an integer, a text, or None."""
    seed = integer(given)
    if seed is None and given is not None and not isinstance(given, str):
        raise UsageError(f"a seed is an integer or a text; got {as_given(given)}")
    return given if seed is None else seed


def is_table(given: Any, n: int) -> bool:
    """Whether it holds rows, and is no column of one example's n numbers, as matrix programs have it."""
    lengths = [len(row) if isinstance(row, list | tuple) else 0 for row in listed(given)]
    is_column = len(lengths) == n != 1 and set(lengths) == {1}
    return any(lengths) and not is_column


def one_example(given: Any, n: int, what: str = "x") -> list[Any]:
    """The numbers of one example, which has n: from a list, an array, a column, or a number alone. Raises ShapeError
    for a table of several, and for what has no order."""
    rows = listed(given, what)
    if is_table(rows, n) and not (n == 1 == len(rows) == len(rows[0])):
        instead = ": [net(x) for x in X]" if what == "x" else ""
        raise ShapeError(f"{what} is one example, of {n} number{'s' * (n > 1)}; got a table of {len(rows)} "
                         f"row{'s' * (len(rows) > 1)}{instead}")
    return [row[0] if isinstance(row, list | tuple) else row for row in rows]


def listed(numbers: Any, what: str = "what is given") -> list[Any]:
    """Several numbers, or a single one, as a list. Raises ShapeError for what has no order, or is a text."""
    if hasattr(numbers, "tolist"):  # an array of NumPy or PyTorch, or one of its numbers
        numbers = numbers.tolist()
    if isinstance(numbers, list | tuple) or is_sequence(numbers):
        return list(numbers)
    if isinstance(numbers, Iterable):
        raise ShapeError(f"{what} must be a sequence of numbers, such as a list or an array; got {as_given(numbers)}")
    return [numbers]


def is_sequence(given: Any) -> bool:
    """Whether it holds things in an order: a list, a range, an array; no set, no dict, no text."""
    if isinstance(given, Mapping | str | bytes | bytearray):
        return False
    return hasattr(given, "__len__") and hasattr(given, "__getitem__") and getattr(given, "shape", None) != ()
