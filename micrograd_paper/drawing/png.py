"""A drawing as PNG, by resvg, which draws with the machine's own fonts: `pip install "micrograd_paper[png]"`."""

import re
from functools import lru_cache
from typing import Any

from micrograd_paper.deadline import Deadline
from micrograd_paper.drawing.dot import in_child
from micrograd_paper.errors import UsageError

ZOOM = 2.0  # pixels for one px of the drawing
MOST_PIXELS = 32_000_000  # 130 MB while it is drawn; resvg ends the whole process if it gets no memory
FAMILIES = (  # where none of the fonts that a drawing names is there; without one resvg leaves the text out
    "Arial", "Helvetica", "Liberation Sans", "DejaVu Sans", "Noto Sans", "Ubuntu", "Ubuntu Sans", "Cantarell",
    "FreeSans", "Nimbus Sans", "Open Sans", "Roboto", "Segoe UI",
)
RESVG = """
from resvg_py import svg_to_bytes
zoom, family = float(sys.argv[3]), sys.argv[4]
svg = sys.stdin.buffer.read().decode()
sys.stdout.buffer.write(svg_to_bytes(svg_string=svg, zoom=zoom, sans_serif_family=family, serif_family=family))
"""
PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'


def png(svg: str, deadline: Deadline) -> bytes:
    """The picture at twice its size, less only for a very large one; of the automatic theme the light one.

    Raises UsageError without the package or without a font, TimeoutError, and LayoutError if resvg fails.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise UsageError('a PNG needs resvg-py: pip install "micrograd_paper[png]"') from error
    found = re.match(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"', svg)
    pixels = float(found[1]) * float(found[2]) if found else 1.0
    zoom, family = min(ZOOM, (MOST_PIXELS / pixels) ** 0.5), font(resvg_py.svg_to_bytes)
    failed = "resvg could not draw this picture"
    return in_child(RESVG, resvg_py.__file__, [str(zoom), family], svg, deadline, failed)


@lru_cache
def font(svg_to_bytes: Any) -> str:
    """The first of FAMILIES that is there. Raises UsageError if none is."""
    empty = svg_to_bytes(svg_string=PROBE.format(""))
    text = PROBE.format('<text x="0" y="15" font-size="15" font-family="sans-serif">0</text>')
    for family in FAMILIES:
        if svg_to_bytes(svg_string=text, sans_serif_family=family, serif_family=family) != empty:
            return family
    raise UsageError(
        "a PNG needs a font, and this machine has none that is known here: install DejaVu Sans (on Debian "
        "fonts-dejavu-core), or save as .svg"
    )
