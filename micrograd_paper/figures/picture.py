"""A picture that matplotlib draws: its look, light and dark, and its file formats (extra `[plots]`).

    with drawn("light", 720, 440) as (plot, look):       a matplotlib Figure of 720 × 440 px
        axes = plot.subplots()
        axes.plot(xs, ys, color=look.accent)
        picture = finished(plot, look, "Figure 3: the sigmoid", "In float64 σ(37) is exactly 1.")
    picture.save("sigmoid.svg")

The colours are those of the drawings of graphs. Text is text in an SVG, and the same picture has the same bytes.
"""

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from micrograd_paper.deadline import Deadline
from micrograd_paper.drawing.dot import SECONDS
from micrograd_paper.drawing.draw import draw
from micrograd_paper.drawing.formats import check_choice, png
from micrograd_paper.drawing.style import COLOURS, PALETTES
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.files import check_path, check_writable, write_atomically

FORMATS: dict[str, dict[str, str | None]] = {  # by suffix, with metadata that do not change from day to day
    ".svg": {"Date": None, "Creator": "micrograd_paper"}, ".png": {"Software": "micrograd_paper"},
    ".pdf": {"CreationDate": None, "Creator": "micrograd_paper", "Producer": "micrograd_paper"},
}
THEMES = ("light", "dark")
PX = 1 / 72  # inches: text of 12 points is 12 px high at the size of the picture
HEADER = 64  # px above the axes
ZOOM = 2  # pixels of a PNG for one px


class Look(NamedTuple):
    """The colours of a theme, by what they mean in every picture."""

    paper: str
    ink: str
    faint: str  # text that stands back
    line: str  # axes and grid
    curve: str  # the first curve; what is computed
    other: str  # a second curve beside it
    accent: str  # what to look at
    good: str
    fill: str  # an area behind a curve


def look_of(theme: str) -> Look:
    """The colours of that theme. Raises UsageError for another one."""
    check_choice("theme", theme, THEMES)
    colours, (palette, _) = COLOURS[theme], PALETTES[theme]
    return Look(colours["paper"], colours["ink"], colours["faint"], colours["frame_line"], palette["weighted-input"][1],
                palette["parameter"][1], colours["positive"], palette["activation"][1], palette["weighted-input"][0])


def matplotlib(module: str) -> Any:
    """A module of matplotlib. Raises UsageError where it is not installed."""
    try:
        return import_module(f"matplotlib.{module}" if module else "matplotlib")
    except ImportError as error:
        raise UsageError('figures need matplotlib: pip install "micrograd_paper[plots]"') from error


def settings(look: Look) -> dict[str, Any]:
    """matplotlib's settings for all pictures."""
    return {
        "figure.facecolor": look.paper, "axes.facecolor": look.paper, "savefig.facecolor": look.paper,
        "text.color": look.ink, "axes.labelcolor": look.ink, "axes.edgecolor": look.faint, "xtick.color": look.faint,
        "ytick.color": look.faint, "grid.color": look.line, "axes.grid": True, "axes.axisbelow": True,
        "axes.spines.top": False, "axes.spines.right": False, "font.family": ["DejaVu Sans", "sans-serif"],
        "font.size": 13, "xtick.labelsize": 12, "ytick.labelsize": 12, "axes.titlesize": 13,
        "axes.titlelocation": "left", "lines.linewidth": 2, "lines.solid_capstyle": "round", "legend.frameon": False,
        "svg.fonttype": "none", "svg.hashsalt": "micrograd_paper", "axes.unicode_minus": True, "figure.dpi": 72 * ZOOM,
    }


class Picture:
    """A picture: `.svg` is its text, `.save(path)` writes an SVG, PNG or PDF, `.plot` is matplotlib's Figure.

    `.title` and `.see`, what there is to see, stand above it; a notebook shows it.
    """

    def __init__(self, plot: Any, look: Look, title: str, see: str) -> None:
        self.plot, self.look, self.title, self.see = plot, look, title, see

    @property
    def svg(self) -> str:
        return self.written(".svg").decode("utf-8")

    def written(self, suffix: str) -> bytes:
        """The file with that suffix."""
        buffer = io.BytesIO()
        with matplotlib("").rc_context(settings(self.look)):
            self.plot.savefig(buffer, format=suffix[1:], metadata=FORMATS[suffix])
        written = buffer.getvalue()
        if suffix == ".svg":  # its points are px here
            return re.sub(rb'width="([\d.]+)pt" height="([\d.]+)pt"', rb'width="\1" height="\2"', written, count=1)
        return written

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, whole or not at all. Raises UsageError for another suffix, FileError."""
        write_atomically(path, self.written(check_suffix(path)))

    def _repr_svg_(self) -> str:
        return self.svg


class GraphPicture(Picture):
    """A graph of one network, drawn as neurons; a PDF holds it as an image."""

    def __init__(self, root: Value, theme: str, title: str, see: str) -> None:
        super().__init__(None, look_of(theme), title, see)
        self.drawing = draw(root, detail="neurons", theme=theme, title=f"{title}. {see}")

    @property
    def svg(self) -> str:
        return self.drawing.svg

    def written(self, suffix: str) -> bytes:
        if suffix == ".svg":
            return self.svg.encode("utf-8")
        image = png(self.svg, Deadline(SECONDS))
        if suffix == ".png":
            return image
        pixels = matplotlib("image").imread(io.BytesIO(image))
        height, width = pixels.shape[:2]
        with matplotlib("").rc_context(settings(self.look)):
            self.plot = matplotlib("figure").Figure(figsize=(width * PX / ZOOM, height * PX / ZOOM))
            axes = self.plot.add_axes((0, 0, 1, 1))
            axes.imshow(pixels)
            axes.set_axis_off()
            return super().written(suffix)


def check_suffix(path: str | os.PathLike[str]) -> str:
    """What the file's name ends in. Raises UsageError for a kind of picture that cannot be written."""
    check_path(path)
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UsageError(f"cannot save a figure as {suffix or 'a file without a suffix'}: expected "
                         f"{', '.join(FORMATS)} in {path}")
    return suffix


def check_picture(path: str | os.PathLike[str]) -> None:
    """Raise now what `save` would raise later: UsageError for a suffix or without matplotlib, FileError."""
    check_suffix(path)
    matplotlib("figure")
    check_writable(path)


@contextmanager
def drawn(theme: str, width: int, height: int) -> Iterator[tuple[Any, Look]]:
    """An empty matplotlib Figure of that size in px, and the colours of the theme."""
    look = look_of(theme)
    figure = matplotlib("figure")
    with matplotlib("").rc_context(settings(look)):
        yield figure.Figure(figsize=(width * PX, height * PX), layout="constrained"), look


def finished(plot: Any, look: Look, title: str, see: str) -> Picture:
    """The picture, with its title and, below that, what there is to see."""
    width, height = plot.get_size_inches() / PX
    plot.get_layout_engine().set(rect=(0, 0, 1, 1 - HEADER / height))
    plot.text(12 / width, 1 - 12 / height, title, va="top", fontsize=16, fontweight="bold")
    plot.text(12 / width, 1 - 37 / height, see, va="top", color=look.faint)
    for _ in range(2):  # matplotlib lays out anew for each file, a bit nearer to its aim each time
        plot.draw_without_rendering()
    plot.set_layout_engine("none")
    return Picture(plot, look, title, see)
