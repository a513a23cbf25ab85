"""Text in a drawing: exact numbers for tooltips, hostile labels made harmless, and how wide a text may get.

    exact(x)           all of a number                         clean(text)  no control characters
    escaped(text)      clean, and markup is text               width(text)  in em, whatever font the viewer has
"""

import html
import unicodedata
from typing import Any

from micrograd_paper.display import cut, one_line

EXACT_LENGTH = 2000  # of a number in a tooltip: a symbolic gradient can be a book

# Advance widths in em of the widest fonts that a viewer falls back to; what is not here is in `character_width`.
WIDTHS = {
    **dict.fromkeys(" !',.:;|/\\[]()-·ijlI", 0.42),
    **dict.fromkeys("frtJ", 0.5),
    **dict.fromkeys("0123456789abcdeghknopqsuvxyz$?*_`{}\"δ∂√²³–", 0.66),
    **dict.fromkeys("Σσπ", 0.72),
    **dict.fromkeys("w+<=>~^#×−÷±&", 0.9),
    **dict.fromkeys("mM%@W½…", 1.05),
}


def exact(number: Any) -> str:
    """The number's repr on one line; cut only where it fills a page."""
    return cut(one_line(number, repr), EXACT_LENGTH)


def clean(text: str) -> str:
    """The text without characters that XML forbids or that turn its neighbours around; the C0 controls get pictures."""
    return "".join([character if is_harmless(character) else stand_in(character) for character in text])


def is_harmless(character: str) -> bool:
    code = ord(character)
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp") and code & 0xFFFE != 0xFFFE


def stand_in(character: str) -> str:
    """␀ for NUL, ␊ for a new line, � for what has no picture."""
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"


def escaped(text: str) -> str:
    return html.escape(clean(text))


def width(text: str) -> float:
    """At most how wide the text gets, in em: then it fits, whatever font draws it."""
    return sum([character_width(character) for character in text])


def character_width(character: str) -> float:
    if character in WIDTHS:
        return WIDTHS[character]
    if character.isascii():
        return 0.88  # capitals
    if unicodedata.combining(character):
        return 0.0
    is_narrow = character.isalpha() and unicodedata.east_asian_width(character) not in "WF"
    return 1.1 if is_narrow else 1.5
