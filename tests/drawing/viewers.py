"""Programs that show an SVG. VIEWERS has one row each: the picture it makes of a file, as grey numbers, 0 for ink."""

import io
import os
import re
import shutil
import subprocess
import sys

import numpy
import pytest

from micrograd_paper.deadline import Deadline
from micrograd_paper.drawing.formats import png
from tests.processes import PATIENCE

QT = """
import sys
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
application, renderer = QGuiApplication([]), QSvgRenderer(sys.argv[1])
image = QImage(renderer.defaultSize() * 2, QImage.Format_ARGB32)
image.fill(0xFFFFFFFF)
painter = QPainter(image)
renderer.render(painter)
painter.end()
image.save(sys.argv[2])
"""


def run(*command):
    subprocess.run([str(part) for part in command], check=True, capture_output=True, timeout=PATIENCE,
                   env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})


def chromium(svg, png):
    wide, high = (int(float(side)) + 1 for side in re.findall(r'(?:width|height)="([\d.]+)"', svg.read_text())[:2])
    run(program("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--force-device-scale-factor=2", f"--window-size={wide},{high + 200}", f"--screenshot={png}", svg.as_uri())


def librsvg(svg, png):
    run(program("rsvg-convert"), "--zoom=2", svg, "-o", png)


def inkscape(svg, png):
    run(program("inkscape"), svg, "-o", png, "-d", "192")


def resvg(svg, file):
    package("resvg_py")
    file.write_bytes(png(svg.read_text(encoding="utf-8"), Deadline(PATIENCE)))


def cairo(svg, png):
    package("cairosvg").svg2png(url=str(svg), write_to=str(png), scale=2)


def qt(svg, png):
    package("PySide6.QtSvg")
    run(sys.executable, "-c", QT, svg, png)


VIEWERS = {"chromium": chromium, "librsvg": librsvg, "inkscape": inkscape, "resvg": resvg, "cairosvg": cairo, "qt": qt}
INSTALLED_BY_CI = {"chromium", "librsvg", "resvg", "cairosvg", "qt"}


def program(name):
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} on this machine")
    return found


def package(name):
    return pytest.importorskip(name, reason=f"{name} is not installed", exc_type=ImportError)


def shown(viewer, svg, folder):
    """The picture at twice the size, 255 where it is white.

    Skips if the viewer is not there; in CI that is an error if CI installs it.
    """
    pillow = pytest.importorskip("PIL.Image")
    source, picture = folder / "drawing.svg", folder / f"{viewer}.png"
    source.write_text(svg, encoding="utf-8")
    try:
        VIEWERS[viewer](source, picture)
    except pytest.skip.Exception as missing:
        if "CI" in os.environ and viewer in INSTALLED_BY_CI:
            raise AssertionError(f"CI installs every viewer but Inkscape: {missing}") from missing
        raise
    with pillow.open(io.BytesIO(picture.read_bytes())) as image:
        ground = pillow.new("RGBA", image.size, "white")
        return numpy.array(pillow.alpha_composite(ground, image.convert("RGBA")).convert("L"))
