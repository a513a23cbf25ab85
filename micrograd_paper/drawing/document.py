"""What is around a drawing: the SVG element, title, description, colours, a heading above and a legend below.

Only what occurs in the drawing is explained in its legend.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from micrograd_paper.display import cut, number_text
from micrograd_paper.drawing.ledger import Ledger
from micrograd_paper.drawing.style import (
    HEADING_SIZE, NUMBER_SIZE, PARTIAL_SIZE, ROLE_FAMILIES, SCALE_SIZE, css, shade_class,
)
from micrograd_paper.drawing.svg import (
    MIDDLE, absent_pill, clock, escaped, letter_width, number_width, old_pill, px, rectangle, symbol, symbol_width,
    text, width,
)
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.parts import Words
from micrograd_paper.reading.symbols import split_at_symbols

BORDER = 16  # around everything
ABOVE_LEGEND = 16
LEAST_ROOM = 420  # for the legend, below a small drawing
LINE = 28
GAP = 26  # between entries
SWATCH = 18
STEP = 24  # of the gradient scale
HEADING_SYMBOL_SIZE = 19


class Legend(NamedTuple):
    marks: list[str]
    width: float
    height: float


class Entry(NamedTuple):
    """Marks around the point (0, 0), the left end of the entry's middle line."""

    marks: list[str]
    width: float


def arranged(entries: Sequence[Entry], left: float, top: float, room: float) -> Legend:
    """The entries side by side, and on further lines where they need more than `room`."""
    x, y, widest = left, top + LINE / 2, 0.0
    marks = []
    for entry in entries:
        if x > left and x + entry.width > left + room:
            x, y = left, y + LINE
        marks += [f'<g transform="translate({x:g} {y:g})">', *entry.marks, "</g>"]
        x += entry.width + GAP
        widest = max(widest, x - GAP - left)
    return Legend(marks, widest, y + LINE / 2 - top)


def entries(ledger: Ledger, roomy: bool) -> list[Entry]:
    """What the boxes and pills of a ledger mean.

    Roomy: for a picture whose numbers change, so the scale is drawn whatever they are, and without them.
    """
    roles = {row.role for box in ledger.boxes for row in box.rows}
    found = []
    for family in ROLE_FAMILIES.values():
        names = [role for role in family if role in roles]
        if names:
            found.append(swatch(names))
    if any(row.partial for box in ledger.boxes for row in box.rows) or any(edge.partial for edge in ledger.edges):
        found.append(local_derivative())
    if any(row.many for box in ledger.boxes for row in box.rows):
        found.append(norm_sample())
    if any(row.cells for box in ledger.boxes for row in box.rows):
        found.append(cells_sample())
    if any(row.is_older for box in ledger.boxes for row in box.rows):
        found.append(sample(clock(6, 0), 18, "older than its leaves"))
    is_of_then = any(row.is_of_then for box in ledger.boxes for row in box.rows)
    if is_of_then:
        found.append(sample(old_pill(0, 0, 32), 39, "gradient of then"))
    if roomy:
        found.append(scale("−largest", "largest"))
    elif any(row.gradient is None and row.role != "stub" for box in ledger.boxes for row in box.rows):
        found.append(not_computed())
    if ledger.largest and not roomy and not is_of_then:
        rounded = float(f"{ledger.largest:.2g}")
        found.append(scale(number_text(-rounded), number_text(rounded)))
    return [*found, *map(words, ledger.notes)]


def sample(mark: str, wide: float, name: str) -> Entry:
    return Entry([mark, text(wide, MIDDLE * NUMBER_SIZE, name, "title")], wide + number_width(name))


def words(sentence: str) -> Entry:
    return Entry([text(0, MIDDLE * NUMBER_SIZE, sentence, "title")], number_width(sentence))


def swatch(roles: Sequence[str]) -> Entry:
    name = ", ".join(roles).replace("-", " ")
    return Entry(
        [
            f'<g class="{roles[0]} {roles[0]}-box">',
            rectangle(0, -7, SWATCH, 14, "fill", 3), rectangle(0, -7, SWATCH, 14, "outline", 3), "</g>",
            text(SWATCH + 7, MIDDLE * NUMBER_SIZE, name, "title"),
        ],
        SWATCH + 7 + number_width(name),
    )


def not_computed() -> Entry:
    return sample(absent_pill(0, 0, 32), 39, "gradient not computed")


def local_derivative() -> Entry:
    end = math.ceil(PARTIAL_SIZE * width("0.5"))
    mark = text(end, MIDDLE * PARTIAL_SIZE, "0.5", "partial")
    return sample(mark, end + 7, "local derivative, ∂output/∂input of an operation")


def norm_sample() -> Entry:
    name = "norm of several gradients"
    return sample(rectangle(0, -8, 40, 16, "plate", 8) + text(32, MIDDLE * NUMBER_SIZE, "1.2", "gradient"), 47, name)


def cells_sample() -> Entry:
    name = "their shades; the darkest is the largest of its row, or of a layer's neurons"
    cells = [rectangle(6 * i, -7, 5.5, 14, shade_class(each)) for i, each in enumerate((-4, -2, 0, 2, 4))]
    return sample("".join(cells), 37, name)


def scale(low: str, high: str, name: str = "gradient", shades: Sequence[int] = range(-4, 5)) -> Entry:
    """The classes of gradients, from the lowest to the highest."""
    high += " · a step is √10"
    start = number_width(name) + 10 + SCALE_SIZE * width(low) + 7
    end = start + len(shades) * STEP
    marks = [
        text(0, MIDDLE * NUMBER_SIZE, name, "title"),
        text(start - 7, MIDDLE * SCALE_SIZE, low, "scale low"),
        *[rectangle(start + STEP * i, -6, STEP, 12, shade_class(shade)) for i, shade in enumerate(shades)],
        text(end + 7, MIDDLE * SCALE_SIZE, high, "scale"),
    ]
    return Entry(marks, end + 7 + SCALE_SIZE * width(high))


def document(
    marks: Iterable[str], size: tuple[float, float], entries: Sequence[Entry], theme: str, heading: str | None,
    name: str, description: str, words: Words = (), note: str = "",
) -> str:
    """The whole SVG of marks that stand between (0, 0) and size. `name` is its title unless it has a heading.

    words are the heading of a part, where none is given; the note is a line below the heading.
    """
    heading = heading or "".join(map(str, words))
    above = cut(heading, 120)
    title, title_width = title_marks((above,) if heading != "".join(map(str, words)) else words)
    top = (2 * HEADING_SIZE if above else 0) + (1.5 * NUMBER_SIZE if note else 0)
    low = BORDER + top + size[1] + ABOVE_LEGEND
    key = arranged(entries, BORDER, low, max(size[0], LEAST_ROOM))
    full_width = 2 * BORDER + max(size[0], key.width, title_width, number_width(note))
    full_height = low + key.height + BORDER if entries else 2 * BORDER + top + size[1]
    scope, rules = css(theme)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{px(full_width)}" height="{px(full_height)}" '
        f'viewBox="0 0 {px(full_width)} {px(full_height)}" class="micrograd-paper {scope}" role="img">',
        f"<title>{escaped(heading or name)}</title>",
        f"<desc>{escaped(description)}</desc>",
        f"<style>\n{rules}</style>",
        rectangle(0, 0, full_width, full_height, "paper"),
        *title,
        *([text(BORDER, BORDER + (2.4 * HEADING_SIZE if above else NUMBER_SIZE), note, "note")] if note else []),
        f'<g class="graph" transform="translate({BORDER} {px(BORDER + top)})">', *marks, "</g>",
        '<g class="legend">', *key.marks, "</g>", "</svg>", "",
    ])


def title_marks(words: Words) -> tuple[list[str], float]:
    """Words and symbols side by side, and how wide they get. As no font is known, a symbol is where its room ends."""
    x, marks = float(BORDER), []
    pieces = [piece for word in words for piece in ([word] if isinstance(word, Symbol) else split_at_symbols(word))]
    for word in pieces:
        if isinstance(word, Symbol):
            joint = x + 0.8 * letter_width(word, HEADING_SYMBOL_SIZE)
            drawn = symbol(joint, BORDER + HEADING_SIZE, word, HEADING_SYMBOL_SIZE, "symbol")
            marks.append(f'<g class="title">{drawn}</g>')
            x = joint + symbol_width(word, HEADING_SYMBOL_SIZE) - letter_width(word, HEADING_SYMBOL_SIZE) + 2
        elif word:
            x += 4 * word.startswith(" ")
            marks.append(text(x, BORDER + HEADING_SIZE, word.strip(), "heading"))
            x += HEADING_SIZE * width(word) * (1.0 if word is pieces[-1] else 0.8)
    return marks, x - BORDER


def tooltip(lines: Sequence[str]) -> str:
    return f"<title>{chr(10).join([escaped(line) for line in lines])}</title>"
