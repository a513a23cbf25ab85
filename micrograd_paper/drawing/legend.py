"""The line below a drawing: what the colours of boxes and pills mean. Only what occurs is explained."""

from collections.abc import Sequence
from typing import NamedTuple

from micrograd_paper.drawing.columns import number_width
from micrograd_paper.drawing.ledger import Ledger
from micrograd_paper.drawing.marks import MIDDLE, absent_pill, rectangle, text
from micrograd_paper.drawing.style import NUMBER_SIZE, ROLE_FAMILIES, SCALE_SIZE, shade_class
from micrograd_paper.drawing.text import number_text, width

LINE = 28
GAP = 26  # between entries
SWATCH = 18
STEP = 24  # of the gradient scale


class Legend(NamedTuple):
    marks: list[str]
    width: float
    height: float


class Entry(NamedTuple):
    """Marks around the point (0, 0), the left end of the entry's middle line."""

    marks: list[str]
    width: float


def legend(ledger: Ledger, left: float, top: float, room: float) -> Legend:
    """The entries side by side, and on further lines where they need more than `room`."""
    x, y, widest = left, top + LINE / 2, 0.0
    marks = []
    for entry in entries(ledger):
        if x > left and x + entry.width > left + room:
            x, y = left, y + LINE
        marks += [f'<g transform="translate({x:g} {y:g})">', *entry.marks, "</g>"]
        x += entry.width + GAP
        widest = max(widest, x - GAP - left)
    return Legend(marks, widest, y + LINE / 2 - top)


def entries(ledger: Ledger) -> list[Entry]:
    roles = {row.role for box in ledger.boxes for row in box.rows}
    found = []
    for family in ROLE_FAMILIES.values():
        names = [role for role in family if role in roles]
        if names:
            found.append(swatch(names))
    if ledger.largest is None:
        found.append(not_computed())
    elif ledger.largest:
        found.append(scale(ledger.largest))
    return found


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
    name = "gradient not computed"
    marks = [absent_pill(0, 0, 32), text(39, MIDDLE * NUMBER_SIZE, name, "title")]
    return Entry(marks, 39 + number_width(name))


def scale(largest: float) -> Entry:
    """The nine classes of gradients, from −largest to largest."""
    rounded = float(f"{largest:.2g}")
    low, high = number_text(-rounded), number_text(rounded)
    high += " · a step is √10"
    start = number_width("gradient") + 10 + SCALE_SIZE * width(low) + 7
    end = start + 9 * STEP
    marks = [
        text(0, MIDDLE * NUMBER_SIZE, "gradient", "title"),
        text(start - 7, MIDDLE * SCALE_SIZE, low, "scale low"),
        *[rectangle(start + STEP * (shade + 4), -6, STEP, 12, shade_class(shade)) for shade in range(-4, 5)],
        text(end + 7, MIDDLE * SCALE_SIZE, high, "scale"),
    ]
    return Entry(marks, end + 7 + SCALE_SIZE * width(high))
