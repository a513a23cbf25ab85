"""What is around a drawing: the SVG element, title, description, colours, a heading above and a legend below."""

from collections.abc import Iterable, Sequence

from micrograd_paper.drawing.legend import Entry, arranged
from micrograd_paper.drawing.marks import px, rectangle, text
from micrograd_paper.drawing.style import HEADING_SIZE, css
from micrograd_paper.drawing.text import escaped, width
from micrograd_paper.display import cut

BORDER = 16  # around everything
ABOVE_LEGEND = 16
LEAST_ROOM = 420  # for the legend, below a small drawing


def document(
    marks: Iterable[str], size: tuple[float, float], entries: Sequence[Entry], theme: str, heading: str | None,
    name: str, description: str,
) -> str:
    """The whole SVG of marks that stand between (0, 0) and size. `name` is its title unless it has a heading."""
    above = cut(heading or "", 120)
    top = 2 * HEADING_SIZE if above else 0
    low = BORDER + top + size[1] + ABOVE_LEGEND
    key = arranged(entries, BORDER, low, max(size[0], LEAST_ROOM))
    full_width = 2 * BORDER + max(size[0], key.width, HEADING_SIZE * width(above))
    full_height = low + key.height + BORDER if entries else 2 * BORDER + top + size[1]
    scope, rules = css(theme)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{px(full_width)}" height="{px(full_height)}" '
        f'viewBox="0 0 {px(full_width)} {px(full_height)}" class="micrograd-paper {scope}" role="img">',
        f"<title>{escaped(heading or name)}</title>",
        f"<desc>{escaped(description)}</desc>",
        f"<style>\n{rules}</style>",
        rectangle(0, 0, full_width, full_height, "paper"),
        *([text(BORDER, BORDER + HEADING_SIZE, above, "heading")] if above else []),
        f'<g class="graph" transform="translate({BORDER} {px(BORDER + top)})">', *marks, "</g>",
        '<g class="legend">', *key.marks, "</g>", "</svg>", "",
    ])


def tooltip(lines: Sequence[str]) -> str:
    return f"<title>{chr(10).join([escaped(line) for line in lines])}</title>"
