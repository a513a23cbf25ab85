"""The slope of a function at 0, measured by running it: what a partial derivative must be.

    slope_at_0(lambda t: math.tanh(0.5 + t), 0.5)      Slope(left=0.7864…, right=0.7864…, error=…)

By a complex step where the function takes complex numbers, by differences in 50 digits where mpmath is installed and
the function takes its numbers, and else by differences of floats, extrapolated to 0 (Ridders). What is more exact
counts only if it agrees with the differences: a function may take a kind of number and not be made for it.
"""

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from micrograd_paper.checks import real

Curve = Callable[[Any], Any]
EPSILON = 2.0**-52
COMPLEX_STEP, LOOK = 1e-100, 1e-6
SMALLEST = 1e-290  # of what floats keep all digits, after a few operations
STARTS, ROWS = (0.1, 1e-3, 1e-5, 1e-8), 8
DIGITS = 50
MANY_DIGITS = 1e-32  # what is left of them by a difference, of a number about 1


class Slope(NamedTuple):
    """The slopes to the left and to the right of 0, and how far they may be off. A side where there is no function is
    None: a rim."""

    left: float | None
    right: float | None
    error: float

    @property
    def is_smooth(self) -> bool:
        return self.left is not None and self.left == self.right


def slope_at_0(f: Curve, scale: float) -> Slope | None:
    """The slope, if f can be evaluated beside 0; scale is how far f may be expected to go its way."""
    quick = quick_look(f, scale)
    if quick is not None:
        return quick
    sides = right, left = extrapolated(f, scale, (0, 1)), extrapolated(f, scale, (-1, 0))
    if right is None or left is None:
        error = max([side[1] for side in sides if side is not None], default=None)
        return None if error is None else Slope(left and left[0], right and right[0], error)
    error = left[1] + right[1]
    if abs(right[0] - left[0]) > 4 * error + 1e-9 * max(abs(right[0]), abs(left[0])):
        return Slope(left[0], right[0], error)
    value, error = extrapolated(f, scale, (-1, 1)) or right
    exact = in_many_digits(f, scale)
    if exact is not None and abs(exact - value) <= 8 * error + 1e-6 * abs(exact):
        value, error = exact, EPSILON * abs(exact) + MANY_DIGITS
    return Slope(value, value, error)


def quick_look(f: Curve, scale: float) -> Slope | None:
    """The complex step, if both sides of 0 agree with it as far as plain differences can tell."""
    h, exact = LOOK * scale, complex_step(f, scale)
    try:
        below, nearer_below, at_0, nearer, above = [float(f(t)) for t in (-h, -h / 8, 0.0, h / 8, h)]
    except Exception:  # outside of its domain
        return None
    if exact is None:
        return None
    bend, nearer_bend = abs(above - 2 * at_0 + below) / h, abs(nearer - 2 * at_0 + nearer_below) / (h / 8)
    room = 1e-4 * abs(exact) + 32 * EPSILON * max(abs(below), abs(at_0), abs(above)) / h
    if not (abs((above - below) / (2 * h) - exact) <= room and nearer_bend <= bend / 4 + 8 * room):
        return None  # also where one of them is nan
    return Slope(exact, exact, 16 * EPSILON * abs(exact))


def complex_step(f: Curve, scale: float) -> float | None:
    """Im f(ih)/h for a tiny h; None where f is not made for complex numbers, or is too small."""
    h = COMPLEX_STEP * min(scale, 1.0)
    try:
        found = f(complex(0.0, h)) if h > SMALLEST else None
    except Exception:
        return None
    return found.imag / h if type(found) is complex and not 0 < abs(found.imag) < SMALLEST else None


def extrapolated(f: Curve, scale: float, ends: tuple[int, int]) -> tuple[float, float] | None:
    """(f(end·t) − f(start·t))/t for t → 0, and its error; None where f has no numbers there."""
    found, order = [], 2 if ends == (-1, 1) else 1  # of the error in t
    for first in STARTS:
        rows: list[list[float]] = []
        best = 0.0, math.inf
        try:
            for i in range(ROWS):
                t = first * scale / 2**i
                start, middle, end = (float(f(each * t)) for each in (ends[0], 0, ends[1]))
                width = (ends[1] - ends[0]) * t
                row = [(end - start) / width]
                steepest = max(abs(start - middle), abs(end - middle)) / t
                noise = 2 * EPSILON * (max(abs(start), abs(end)) + steepest * scale) / width  # of f, and of x + t
                for k in range(i):
                    row.append(row[-1] + (row[-1] - rows[-1][k]) / (2.0 ** (order * (k + 1)) - 1))
                    error = max(abs(row[-1] - row[-2]), abs(row[-1] - rows[-1][k])) + noise
                    best = min(best, (row[-1], error), key=lambda each: each[1])
                rows.append(row)
        except Exception:  # outside of its domain: nearer to 0 it may be inside
            continue
        if math.isfinite(best[1]):
            found.append(best)
    return min(found, key=lambda each: each[1], default=None)


def in_many_digits(f: Curve, scale: float) -> float | None:
    """The central difference in 50 digits; None without mpmath, where f does not take its numbers,
    and where they see no difference."""
    try:
        mpmath = import_module("mpmath")
    except ImportError:
        return None
    with mpmath.workdps(DIGITS):
        t = mpmath.mpf(scale) * mpmath.mpf(10) ** (-DIGITS // 3)
        try:
            above, below = f(t), f(-t)
            is_seen = isinstance(above, mpmath.mpf) and abs(above - below) > abs(above) * MANY_DIGITS
            return real((above - below) / (2 * t)) if is_seen else None
        except Exception:
            return None
