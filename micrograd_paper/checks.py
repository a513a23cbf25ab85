"""Checks of the numbers that several functions take: one check and one wording for each. All raise UsageError.

A number may come as any kind of Python's `numbers.Real`, or as a scalar of NumPy or PyTorch; what is given back is
Python's float or int.
"""

import math
import numbers
import operator
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
    return operator.index(plain) if hasattr(plain, "__index__") and not isinstance(plain, bool) else None


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
    if m is None or m < examples:
        raise UsageError(f"m is the number of training examples, {examples} or more here; got {as_given(given)}")
    return m


def check_seed(given: Any) -> Any:
    """What random.Random takes as a seed, NumPy's integers as Python's."""
    seed = integer(given)
    if seed is None and given is not None and not isinstance(given, int | float | str | bytes | bytearray):
        raise UsageError(f"a seed is an integer or a text; got {as_given(given)}")
    return given if seed is None else seed


def is_table(given: Any, n: int) -> bool:
    """Whether it holds rows, and is no column of one example's n numbers, as matrix programs have it."""
    lengths = [len(row) if isinstance(row, list | tuple) else 0 for row in listed(given)]
    is_column = len(lengths) == n != 1 and set(lengths) == {1}
    return any(lengths) and not is_column


def one_example(given: Any, n: int, what: str = "x") -> list[Any]:
    """The numbers of one example, which has n: from a list, an array, a column, or a number alone. Raises ShapeError
    for a table of several."""
    if is_table(given, n):
        numbers, rows = f"{n} number{'s' * (n > 1)}", len(listed(given))
        raise ShapeError(f"{what} is one example, of {numbers}; got a table of {rows} rows: [net(x) for x in X]")
    return [row[0] if isinstance(row, list | tuple) else row for row in listed(given)]


def listed(numbers: Any) -> list[Any]:
    """Several numbers, or a single one, as a list."""
    if hasattr(numbers, "tolist"):  # an array of NumPy or PyTorch, or one of its numbers
        numbers = numbers.tolist()
    return list(numbers) if isinstance(numbers, list | tuple) else [numbers]
