"""Checks of the numbers that several functions take: one check and one wording for each. All raise UsageError."""

import math
import operator
from typing import Any

from micrograd_paper.display import as_given
from micrograd_paper.errors import UsageError


def check_size(n: Any, what: str) -> int:
    """n as an int; it must be a positive integer, NumPy's included."""
    if not hasattr(n, "__index__") or isinstance(n, bool) or operator.index(n) < 1:
        raise UsageError(f"{what} must be a positive integer; got {as_given(n)}")
    return operator.index(n)


def check_eta(eta: Any) -> None:
    if not isinstance(eta, int | float) or not 0 < eta < math.inf:
        raise UsageError(f"the learning rate eta must be a positive number; got {as_given(eta)}")


def check_alpha(alpha: Any) -> None:
    if not isinstance(alpha, int | float) or not 0 <= alpha < math.inf:
        raise UsageError(f"the regularization strength alpha must be 0 or more; got {as_given(alpha)}")


def check_m(m: Any, examples: int = 1) -> int:
    """m of (27) as an int: there are at least as many training examples as are given."""
    if not hasattr(m, "__index__") or isinstance(m, bool) or operator.index(m) < examples:
        raise UsageError(f"m is the number of training examples, {examples} or more here; got {as_given(m)}")
    return operator.index(m)
