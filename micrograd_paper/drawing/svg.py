"""The elements that a drawing is made of, as SVG text: shapes, symbols, and text that no label can break out of.

    exact(x)           all of a number                         clean(text)  no control characters
    escaped(text)      clean, and markup is text               width(text)  in em, whatever font the viewer has
"""

import html
import math
import re
import unicodedata
from typing import Any

from micrograd_paper.display import cut, one_line
from micrograd_paper.drawing.style import LABEL_SIZE, NUMBER_SIZE, SCRIPT, LEAST_SIZE, SYMBOL_SIZE, shade_class
from micrograd_paper.notation import Symbol

RADIUS = 4  # of a box's corners
PILL_HEIGHT = 18  # δ has indices above and below
CLOCK = 17  # with the space after it
PILL_PADDING = 8
BOLD = 1.12  # bold digits are that much wider
MIDDLE = 0.35  # from the middle of a line of text down to its baseline, in em
SYMBOL_MIDDLE = 0.29  # the same for small letters with indices


def px(number: float) -> str:
    """A coordinate: two decimals at most."""
    return f"{round(number, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def picture_size(svg: str) -> tuple[float, float]:
    """Width and height of a whole picture, as its first element says; 1 × 1 where it does not."""
    found = re.match(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"', svg)
    return (float(found[1]), float(found[2])) if found else (1.0, 1.0)


def text(x: float, baseline: float, content: str, classes: str) -> str:
    return f'<text x="{px(x)}" y="{px(baseline)}" class="{classes}">{escaped(content)}</text>'


def symbol(joint: float, baseline: float, symbol: Symbol, size: float, classes: str) -> str:
    """w²₁₁ with its indices one above the other, each a text of its own: viewers disagree about shifts inside a text.

    The letter ends at the joint, where the indices begin: so they stand beside it in any font.
    """
    name, above, below = symbol_parts(symbol)
    letter = f'<text x="{px(joint)}" y="{px(baseline)}" font-size="{px(size)}" text-anchor="end">{escaped(name)}</text>'
    texts = [letter]
    small = script_size(size)
    for script, right, down in ((above, 0.08, -0.36), (below, 0.05, 0.26 if above else 0.22)):
        if script:
            x, y = px(joint + right * size), px(baseline + down * size)
            texts.append(f'<text x="{x}" y="{y}" font-size="{px(small)}" class="script">{script}</text>')
    return f'<g class="{classes}">{"".join(texts)}</g>'


def script_size(size: float) -> float:
    return max(SCRIPT * size, LEAST_SIZE)


def haloed(x: float, baseline: float, content: str, classes: str) -> str:
    """A text that what runs below it does not touch: a stroked one is behind it."""
    again = text(x, baseline, content, f"{classes} behind").replace("<text ", '<text aria-hidden="true" ', 1)
    return again + text(x, baseline, content, classes)


def rectangle(x: float, y: float, width: float, height: float, classes: str, radius: float = 0) -> str:
    corners = f' rx="{px(radius)}"' if radius else ""
    return f'<rect x="{px(x)}" y="{px(y)}" width="{px(width)}" height="{px(height)}"{corners} class="{classes}"/>'


def slab(x: float, y: float, width: float, height: float, classes: str, corners: tuple[bool, bool, bool, bool]) -> str:
    """A rectangle of which some corners are round: upper left, upper right, lower right, lower left."""
    a, b, c, d = (RADIUS if is_round else 0 for is_round in corners)
    path = (
        f"M{px(x + a)} {px(y)}h{px(width - a - b)}a{b} {b} 0 0 1 {b} {b}v{px(height - b - c)}a{c} {c} 0 0 1 -{c} {c}"
        f"h{px(c + d - width)}a{d} {d} 0 0 1 -{d} -{d}v{px(a + d - height)}a{a} {a} 0 0 1 {a} -{a}z"
    )
    return f'<path d="{path}" class="{classes}"/>'


def pill(x: float, middle: float, width: float, shade: int | None) -> str:
    """The ground of a gradient."""
    name = f"pill {shade_class(shade)}"
    return rectangle(x, middle - PILL_HEIGHT / 2, width, PILL_HEIGHT, name, PILL_HEIGHT / 2)


def old_pill(x: float, middle: float, width: float) -> str:
    """The ground of a gradient of before a number was changed: no colour says what it is now."""
    return rectangle(x, middle - PILL_HEIGHT / 2, width, PILL_HEIGHT, "pill of-then", PILL_HEIGHT / 2)


def clock(x: float, middle: float) -> str:
    """Before a number that is older than the leaves."""
    hands = f'<path d="M{px(x)} {px(middle - 3.2)}v3.2h2.6" class="clock"/>'
    return rectangle(x - 5.5, middle - 5.5, 11, 11, "clock", 5.5) + hands


def absent_pill(x: float, middle: float, width: float, ground: str = "") -> str:
    """The place of a gradient that has not been computed."""
    outline = rectangle(x, middle - PILL_HEIGHT / 2, width, PILL_HEIGHT, f"pill not-computed{ground}", PILL_HEIGHT / 2)
    return outline + text(x + width / 2, middle + MIDDLE * NUMBER_SIZE, "–", f"absent{ground}")


# Text.

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
    return math.fsum([character_width(character) for character in text])


def character_width(character: str) -> float:
    if character in WIDTHS:
        return WIDTHS[character]
    if character.isascii():
        return 0.88  # capitals
    if unicodedata.combining(character):
        return 0.0
    is_narrow = character.isalpha() and unicodedata.east_asian_width(character) not in "WF"
    return 1.1 if is_narrow else 1.5


def name_width(name: Symbol | str) -> float:
    return symbol_width(name, SYMBOL_SIZE) if isinstance(name, Symbol) else LABEL_SIZE * width(name)


def number_width(text: str, bold: bool = False) -> float:
    return NUMBER_SIZE * width(text) * (BOLD if bold else 1.0)


def letter_width(symbol: Symbol, size: float) -> float:
    """From a symbol's left end to its joint, at most."""
    return size * width(symbol.name.replace("delta", "δ"))


def symbol_width(symbol: Symbol, size: float) -> float:
    _, above, below = symbol_parts(symbol)
    scripts = script_size(size) * max(width(above), width(below)) + 0.16 * size if above or below else 0.0
    return letter_width(symbol, size) + scripts


def centred_joint(symbol: Symbol, size: float) -> float:
    """The joint of a symbol whose middle is at 0, as most fonts have it."""
    _, above, below = symbol_parts(symbol)
    scripts = 0.5 * script_size(size) * max(len(above), len(below))
    return (0.5 * size * len(symbol.name.replace("delta", "δ")) - scripts) / 2


def symbol_parts(symbol: Symbol) -> tuple[str, str, str]:
    """Name, superscript, which ends in the example, and subscript."""
    layer, example = symbol.layer, symbol.example
    above = ("" if layer is None else str(layer)) + ("" if example is None else f"({example})")
    return symbol.name.replace("delta", "δ"), above, symbol.joined(",")
