"""The formats of a drawing, made of its SVG, a row each in FORMATS.

    svg   the drawing itself
    png   by resvg, which draws with the machine's own fonts: `pip install "micrograd_paper[png]"`
    pdf   by typst, lines and text, which can be selected: `pip install "micrograd_paper[pdf]"`
"""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from micrograd_paper.deadline import Deadline
from micrograd_paper.drawing.dot import in_child
from micrograd_paper.drawing.svg import picture_size, px
from micrograd_paper.errors import UsageError
from micrograd_paper.files import check_path

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
POINTS = 0.75  # of a px
LONGEST = 14_400  # points: no page may have a longer side
TYPST = """
import typst
width, height = sys.argv[3:]
page = f'''#set document(date: none)
#set page(width: {width}pt, height: {height}pt, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, height: 100%)'''
picture = typst.compile(page.encode(), format="pdf", sys_inputs={"svg": sys.stdin.buffer.read().decode()})
sys.stdout.buffer.write(picture)
"""


def scaled(svg: str, deadline: Deadline, scale: float) -> str:
    """The SVG, shown that many times as large."""
    if scale == 1.0:
        return svg
    wide, high = (px(scale * side) for side in picture_size(svg))
    return re.sub(r'width="[\d.]+" height="[\d.]+"', f'width="{wide}" height="{high}"', svg, count=1)


def png(svg: str, deadline: Deadline, scale: float = ZOOM) -> bytes:
    """The picture at `scale` times its size, less only for a very large one; of the automatic theme the light one.

    Raises UsageError without the package or without a font, TimeoutError, and LayoutError if resvg fails.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise UsageError('a PNG needs resvg-py: pip install "micrograd_paper[png]"') from error
    wide, high = picture_size(svg)
    zoom, family = min(scale, (MOST_PIXELS / (wide * high)) ** 0.5), font(resvg_py.svg_to_bytes)
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


def pdf(svg: str, deadline: Deadline, scale: float = 1.0) -> bytes:
    """One page as large as the picture, or `scale` times that, with its fonts; of the automatic theme the light one.

    Raises UsageError without the package, TimeoutError, and LayoutError if typst fails.
    """
    try:
        import typst  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise UsageError('a PDF needs typst: pip install "micrograd_paper[pdf]"') from error
    size = picture_size(svg)
    points = min(POINTS * scale, LONGEST / max(size))
    sides = [f"{points * side:.2f}" for side in size]
    return in_child(TYPST, typst.__file__, sides, svg, deadline, "typst could not draw this picture")


FORMATS: dict[str, tuple[Callable[[str, Deadline, float], str | bytes], float]] = {  # of the SVG, at which scale
    "svg": (scaled, 1.0), "png": (png, ZOOM), "pdf": (pdf, 1.0),
}


def check_format(path: object, format: str | None = None) -> str:
    """The format asked for, or what the file's name ends in. Raises UsageError for one that cannot be written."""
    if not hasattr(path, "write"):
        check_path(path)
    if format is not None:
        check_choice("format", format, tuple(FORMATS))
        return format
    suffix = "" if hasattr(path, "write") else Path(cast(str, path)).suffix.lower()
    if suffix and suffix[1:] not in FORMATS:
        expected = " or ".join(f".{each}" for each in FORMATS)
        raise UsageError(f"cannot save a drawing as {suffix}: expected {expected} in {path}")
    return suffix[1:] or "svg"


def check_choice(name: str, choice: object, choices: tuple[str, ...]) -> None:
    if choice not in choices:
        raise UsageError(f"unknown {name} {choice!r}: expected {', '.join(choices)}")
