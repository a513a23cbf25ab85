"""Sums, means, norms and short texts of any kind of number, for the drawings that put many nodes into one mark.

    real(x)                        x as a finite float, or None
    total(xs), mean(xs), norm(xs)  of floats without overflow on the way
    shade(x, largest)              which of the nine shades a gradient has
    short(x, digits)               a float in so many significant digits
    fitted(x, digits, room, size)  the same, and a font size at which it has room
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from micrograd_paper.drawing.ledger import STEPS, magnitude
from micrograd_paper.drawing.text import width
from micrograd_paper.display import cut, four_digits, typeset


def real(number: Any) -> float | None:
    """The number as a finite float; None for infinities, nan, and what is no real number."""
    try:
        value = float(number) if getattr(number, "shape", ()) == () else math.nan
    except Exception:  # complex, symbolic, or too large for a float
        return None
    return value if math.isfinite(value) else None


def total(numbers: Sequence[Any]) -> Any:
    """The sum; of floats the correctly rounded one."""
    if all(isinstance(number, float) for number in numbers):
        try:
            return math.fsum(numbers)
        except (OverflowError, ValueError):  # too large, or ∞ − ∞
            pass
    result = numbers[0]
    for number in numbers[1:]:
        result = result + number
    return result


def mean(numbers: Sequence[Any]) -> Any:
    """The mean; of one number this number, of floats the correctly rounded one."""
    if len(numbers) == 1:
        return numbers[0]
    if all(isinstance(number, float) for number in numbers):
        return statistics.mean(numbers)  # of exact fractions
    return total(numbers) / len(numbers)


def norm(numbers: Iterable[Any]) -> float | None:
    """‖·‖₂ of all elements; None if one of them is neither a real nor a complex number."""
    parts: list[float] = []
    try:
        for number in numbers:
            elements = number.ravel().tolist() if hasattr(number, "ravel") and hasattr(number, "tolist") else [number]
            for element in elements:
                is_complex = isinstance(element, complex)
                parts += [element.real, element.imag] if is_complex else [float(element)]
    except Exception:  # symbolic, or too large for a float
        return None
    return math.hypot(*parts)  # neither overflows nor underflows on the way


def shade(number: Any, largest: float) -> int:
    """−4 … 4, by sign and by size beside the largest: a class of gradients, as in the ledger."""
    size = magnitude(number)
    if not largest or not size:
        return 0
    steps = sum([size / largest >= step for step in STEPS])
    return -steps if float(number) < 0 else steps


def short(number: Any, digits: int) -> str:
    """A float in so many significant digits, another number as the ledger has it."""
    return typeset(f"{number:.{digits}g}") if isinstance(number, float) else four_digits(number)


def fitted(number: Any, digits: int, room: float, size: float) -> tuple[str, float]:
    """The number's text and a font size, at most `size`, at which it is no wider than `room`.

    Digits go first, then size: a number that is cut would be another number. Only what is no number is cut.
    """
    texts = [short(number, digits)]
    rounded = real(number)
    if rounded is not None:
        texts += [short(rounded, count) for count in range(digits, 0, -1)]
    for text in texts:
        if size * width(text) * 0.86 <= room:  # a little smaller looks better than a digit less
            return text, min(size, room / width(text))
    if rounded is not None or isinstance(number, float):
        return texts[-1], room / width(texts[-1])
    length = len(texts[0])
    while length > 1 and 0.86 * size * width(cut(texts[0], length)) > room:
        length -= 1
    text = cut(texts[0], length)
    return text, min(size, room / width(text))
