"""The elements that a drawing is made of, as SVG text."""

from micrograd_paper.drawing.box_columns import symbol_parts
from micrograd_paper.drawing.style import NUMBER_SIZE, SCRIPT, shade_class
from micrograd_paper.drawing.text import escaped
from micrograd_paper.notation import Symbol

RADIUS = 4  # of a box's corners
PILL_HEIGHT = 16
MIDDLE = 0.35  # from the middle of a line of text down to its baseline, in em
SYMBOL_MIDDLE = 0.29  # the same for small letters with indices


def px(number: float) -> str:
    """A coordinate: two decimals at most."""
    return f"{round(number, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def text(x: float, baseline: float, content: str, classes: str) -> str:
    return f'<text x="{px(x)}" y="{px(baseline)}" class="{classes}">{escaped(content)}</text>'


def symbol(x: float, baseline: float, symbol: Symbol, size: float, classes: str) -> str:
    """w²₁₁ with its indices one above the other. Shifts are in px: viewers disagree about % and baseline-shift."""
    name, above, below, example = symbol_parts(symbol)
    small = SCRIPT * size
    spans = []
    low = 0.0  # how far below the baseline the last span stands, in px
    for script, dx, target in (
        (above, 0.06 * size, -0.36 * size),
        (below, -small * (0.5 * len(above) + 0.06) if above else 0.04 * size, 0.26 * size if above else 0.22 * size),
        (example, 0.06 * size + 0.5 * small * max(0, len(above) - len(below)) * bool(below), -0.36 * size),
    ):
        if script:
            spans.append(
                f'<tspan class="script" font-size="{px(small)}" dx="{px(dx)}" dy="{px(target - low)}">{script}</tspan>'
            )
            low = target
    return f'<text x="{px(x)}" y="{px(baseline)}" class="{classes}">{escaped(name)}{"".join(spans)}</text>'


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


def pill(x: float, middle: float, width: float, shade: int) -> str:
    """The ground of a gradient."""
    name = f"pill {shade_class(shade)}"
    return rectangle(x, middle - PILL_HEIGHT / 2, width, PILL_HEIGHT, name, PILL_HEIGHT / 2)


def absent_pill(x: float, middle: float, width: float, ground: str = "") -> str:
    """The place of a gradient that has not been computed."""
    outline = rectangle(x, middle - PILL_HEIGHT / 2, width, PILL_HEIGHT, f"pill not-computed{ground}", PILL_HEIGHT / 2)
    return outline + text(x + width / 2, middle + MIDDLE * NUMBER_SIZE, "–", f"absent{ground}")
