"""Text in a drawing: numbers in four significant digits, hostile labels made harmless, and how wide a text may get.

    number_text(x)     what a row shows of a number            exact(x)     all of it, for the tooltip
    clean(text)        no control characters                   cut(text)    at most 40 characters
    escaped(text)      clean, and markup is text               width(text)  in em, whatever font the viewer has
"""

import html
import re
import unicodedata
from typing import Any

LABEL_LENGTH = 40
NUMBER_LENGTH = 16
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


def number_text(number: Any) -> str:
    """A float or complex in four significant digits, an array's first elements, anything else as it prints; short."""
    if hasattr(number, "ravel") and hasattr(number, "tolist"):
        return cut(f"[{', '.join(map(number_text, number.ravel()[:NUMBER_LENGTH].tolist()))}]", NUMBER_LENGTH)
    if isinstance(number, float | complex):
        return typeset(f"{number:.4g}")
    plain = printed(number, str)
    if len(plain) > NUMBER_LENGTH - 4:
        try:
            approximate = float(number)
        except Exception:  # a symbol, or what only its library knows
            return cut(plain, NUMBER_LENGTH)
        if approximate and abs(approximate) != float("inf"):
            return typeset(f"{approximate:.4g}")
    return typeset(plain) if re.fullmatch(r"[-+]?[\d./]+(e[-+]?\d+)?", plain) else cut(plain, NUMBER_LENGTH)


def typeset(digits: str) -> str:
    """−6.9e−5 for -6.9e-05."""
    return re.sub(r"e\+?(-?)0*(\d)", r"e\1\2", digits).replace("-", "−")


def exact(number: Any) -> str:
    """The number's repr on one line; cut only where it fills a page."""
    return cut(printed(number, repr), EXACT_LENGTH)


def printed(thing: Any, how: Any) -> str:
    """str(thing) or repr(thing) on one line, and no error or memory address from whatever class thing is of."""
    try:
        text = how(thing)
    except Exception:
        return f"<{type(thing).__name__}>"
    return " ".join(re.sub(r" at 0x[0-9a-fA-F]+", "", text).split())


def cut(text: str, length: int = LABEL_LENGTH) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


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
