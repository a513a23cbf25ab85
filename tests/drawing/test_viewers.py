"""Every program that shows an SVG puts the texts of a drawing at the same places, at the size that was meant.

The shapes are taken away and all ink is made black. Then the ink of each text is where its anchor says.
"""

import re
from typing import NamedTuple

import numpy
import pytest

from micrograd_paper.drawing.draw import draw
from micrograd_paper.drawing.style import LEAST_SIZE
from micrograd_paper.drawing.svg import width
from tests.drawing.graphs import SVG, batch, iris, parsed
from tests.drawing.viewers import VIEWERS, shown

pytestmark = [pytest.mark.usefixtures("nameless"), pytest.mark.slow]
SCALE = 2  # of the rendered pictures
NEAR = 2.5  # px: side bearings of fonts, slanted letters, blurred edges


class Text(NamedTuple):
    content: str
    x: float
    y: float  # of the baseline
    size: float
    anchor: str

    @property
    def room(self):
        """left, right: in which its ink may be."""
        wide = self.size * 1.12 * width(self.content)
        left = self.x - {"start": 0, "middle": wide / 2, "end": wide}[self.anchor]
        return left, left + wide


def only_texts(svg):
    """The same drawing without shapes and halos, all texts black."""
    svg = re.sub(r"<(rect|path|circle) [^>]*/>", "", svg)
    svg = re.sub(r'<text aria-hidden="true".*?</text>', "", svg)
    style, rest = svg.split("</style>")
    return re.sub(r"#[0-9A-F]{6}", "#000000", style) + "</style>" + rest


def texts_of(picture):
    """Every visible text with its place and size, as this package means them."""
    rules = dict(re.findall(r"^\.[\w-]+ \.([\w-]+)\{[^}]*font-size:([\d.]+)px", picture.find(f"{SVG}style").text, re.M))
    anchors = dict(re.findall(r"\.([\w-]+)\{[^}]*text-anchor:(\w+)", picture.find(f"{SVG}style").text))
    anchors["value"] = anchors["gradient"]
    found = []

    def walk(element, dx, dy):
        for move in re.findall(r"translate\(([-\d.e]+) ([-\d.e]+)\)", element.get("transform") or ""):
            dx, dy = dx + float(move[0]), dy + float(move[1])
        if element.tag == f"{SVG}text" and not element.get("aria-hidden"):
            names = (element.get("class") or "").split()
            size = float(element.get("font-size") or next((rules[name] for name in names[::-1] if name in rules), 12))
            anchor = element.get("text-anchor") or next((anchors[name] for name in names if name in anchors), "start")
            found.append(Text(element.text, dx + float(element.get("x")), dy + float(element.get("y")), size, anchor))
        for child in element:
            walk(child, dx, dy)

    walk(picture, 0.0, 0.0)
    return found


def ink(picture, left, top, right, bottom):
    """left, top, right, bottom of the ink inside; None where there is none."""
    a, b, c, d = (max(0, round(SCALE * side)) for side in (left, top, right, bottom))
    rows, columns = numpy.nonzero(picture[b:d, a:c] < 128)
    if not len(rows):
        return None
    return tuple((at + low) / SCALE for at, low in (
        (columns.min(), a), (rows.min(), b), (columns.max() + 1, a), (rows.max() + 1, b)))


DRAWINGS = {
    "operations": lambda: draw(iris(), title="One flower", derivatives=True),
    "batch": lambda: draw(batch(2)),
    "neurons": lambda: draw(iris(), detail="neurons"),
    "layers": lambda: draw(iris(), detail="layers"),
}


@pytest.mark.parametrize("drawing", DRAWINGS)
@pytest.mark.parametrize("viewer", VIEWERS)
def test_the_ink_of_every_text_is_where_it_was_meant(viewer, drawing, tmp_path):
    drawn = DRAWINGS[drawing]()
    picture = shown(viewer, only_texts(drawn.svg), tmp_path)
    texts = texts_of(parsed(drawn))
    assert len(texts) > 20
    left_over = picture.copy()
    for text in texts:
        left, right = text.room
        found = ink(picture, left, text.y - 0.8 * text.size, right, text.y + 0.05 * text.size)
        assert found, f"{viewer} shows no {text}"
        begin, top, end, bottom = found
        before, after = begin - left, right - end
        off = {"start": before, "end": after, "middle": abs(before - after) / 2}[text.anchor]
        assert off <= NEAR, f"{viewer}: {text} is {off} px off, {found}"
        if re.search(r"\d", text.content):  # a digit is 0.7 em high in every font, and stands on the line
            assert 0.55 * text.size < bottom - top, f"{viewer}: {text} is small, {found}"
            assert abs(bottom - text.y) < 1.5, f"{viewer}: {text} does not stand on its line, {found}"
        a, b, c, d = (max(0, round(SCALE * side)) for side in (
            left - NEAR, text.y - 1.1 * text.size, right + NEAR, text.y + 0.35 * text.size))
        left_over[b:d, a:c] = 255
    assert (left_over > 128).all(), f"{viewer} shows ink where no text has room"


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_no_text_is_smaller_than_the_smallest_size(drawing):
    assert min(text.size for text in texts_of(parsed(DRAWINGS[drawing]()))) >= LEAST_SIZE


@pytest.mark.parametrize("viewer", VIEWERS)
def test_the_title_of_a_frame_is_seen_above_its_halo(viewer, tmp_path):
    drawn = draw(iris())
    picture = shown(viewer, drawn.svg, tmp_path)
    for text in texts_of(parsed(drawn)):
        if text.content in ("inputs", "layer 2", "cost"):
            assert ink(picture, text.x, text.y - text.size, text.x + 20, text.y)
