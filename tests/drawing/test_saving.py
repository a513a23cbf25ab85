"""A drawing is saved whole or not at all, in each format."""

import io
import math
import os
import re
import shutil
import struct
import subprocess
import sys
import warnings
import zlib
from functools import partial

import pytest
from hypothesis import given

from micrograd_paper import Value, around
from micrograd_paper.deadline import Deadline
from micrograd_paper.display import number_text
from micrograd_paper.drawing.draw import Drawing, draw
from micrograd_paper.drawing.formats import FAMILIES, MOST_PIXELS, PROBE, ZOOM, font, pdf, png as png_within
from micrograd_paper.drawing.svg import picture_size
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import FileError, UsageError
from tests.drawing.graphs import SVG, classic_neuron, iris, parsed
from tests.processes import PATIENCE
from tests.strategies import expressions, few_examples


def png(svg):
    return png_within(svg, Deadline(60))


def size_of(picture):
    """Width and height of a PNG, by its header."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", picture[16:24])


@pytest.mark.parametrize("name", ["C.svg", "C", "C.SVG", ".svg"])
def test_a_drawing_is_saved_whole(tmp_path, name):
    drawing = draw(classic_neuron())
    drawing.save(tmp_path / name)
    assert (tmp_path / name).read_bytes() == drawing.svg.encode()
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["C.png", "C.PNG"])
def test_a_name_that_ends_in_png_gets_a_png_of_twice_the_size(tmp_path, name):
    pytest.importorskip("resvg_py")
    drawing = draw(classic_neuron())
    drawing.save(str(tmp_path / name))
    picture = parsed(drawing)
    expected = [ZOOM * float(picture.get(side)) for side in ("width", "height")]
    assert size_of((tmp_path / name).read_bytes()) == pytest.approx(expected, abs=1)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_the_png_of_the_automatic_theme_is_the_light_one():
    pytest.importorskip("resvg_py")
    auto, light, dark = (png(draw(classic_neuron(), theme=theme).svg) for theme in ("auto", "light", "dark"))
    assert auto == light != dark


def test_the_texts_appear_in_a_png():
    pytest.importorskip("resvg_py")
    svg = draw(classic_neuron()).svg
    for name in ("symbol", "value", "gradient"):  # serif italic and sans
        without = re.sub(f'<(text|g) ([^>]*class="{name}[^>]*)>', r'<\1 \2 display="none">', svg)
        assert without != svg and png(without) != png(svg)


def test_a_pdf_has_the_texts_and_their_fonts():
    pytest.importorskip("typst")
    drawing = draw(classic_neuron())
    picture = pdf(drawing.svg, Deadline(60))
    assert picture.startswith(b"%PDF-") and picture == pdf(drawing.svg, Deadline(60))
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", picture, re.DOTALL)
    inflated = b"\n".join(inflate(stream) for stream in [picture, *streams])
    sides = [0.75 * side for side in picture_size(drawing.svg)]
    box = re.search(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", inflated)
    assert [float(box[1]), float(box[2])] == pytest.approx(sides, abs=0.1)
    assert b"/FontFile" in inflated and b"Tj" in inflated and b"beginbfchar" in inflated  # text that can be selected


def inflate(stream):
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


@pytest.mark.parametrize("format, begins", [("svg", b"<svg "), ("png", b"\x89PNG"), ("pdf", b"%PDF-")])
def test_an_open_file_takes_each_format(tmp_path, format, begins):
    pytest.importorskip({"svg": "graphviz", "png": "resvg_py", "pdf": "typst"}[format])
    file, drawing = io.BytesIO(), draw(Value(1.0))
    drawing.save(file, format=format)
    drawing.save(tmp_path / "C", format=format)
    assert file.getvalue().startswith(begins) and (tmp_path / "C").read_bytes() == file.getvalue()
    with pytest.raises(FileError, match="open in mode wb"):
        drawing.save(io.StringIO(), format=format)


@pytest.mark.parametrize("scale", [0.6, 1, 3])
def test_a_scale_is_of_the_whole_picture(scale):
    pytest.importorskip("resvg_py")
    drawing, svg, image = draw(classic_neuron()), io.BytesIO(), io.BytesIO()
    drawing.save(svg, scale=scale)
    drawing.save(image, format="png", scale=scale)
    sides = [scale * side for side in picture_size(drawing.svg)]
    assert picture_size(svg.getvalue().decode()) == pytest.approx(sides, abs=0.01)
    assert size_of(image.getvalue()) == pytest.approx(sides, abs=1)


@pytest.mark.parametrize("option, message", [
    ({"scale": 0}, "a scale above 0"), ({"scale": math.nan}, "a scale above 0"), ({"scale": "2"}, "a scale above 0"),
    ({"format": "gif"}, "unknown format 'gif': expected svg, png, pdf"), ({"background": "red"}, "background="),
])
def test_a_wrong_option_is_one_line(option, message):
    with pytest.raises(UsageError, match=message):
        draw(Value(1.0)).save(io.BytesIO(), **option)


def test_a_transparent_picture_has_no_ground():
    drawing, file = draw(classic_neuron()), io.BytesIO()
    drawing.save(file, background="transparent")
    assert 'class="paper"' not in file.getvalue().decode() and 'class="paper"' in drawing.svg


@pytest.mark.parametrize("name", ["C.eps", "C.svg.gz", "v1.2"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match=r"^cannot save a drawing as .*: expected \.svg, .*, \.tex or \.dot in "):
        draw(Value(1.0)).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["C.svg", "C.png"])
def test_a_directory_that_does_not_exist_is_named(tmp_path, name):
    pytest.importorskip("resvg_py")
    with pytest.raises(FileError, match=rf"^cannot write .*nowhere.*{name}: there is no directory .*nowhere$"):
        draw(Value(1.0)).save(tmp_path / "nowhere" / name)


@pytest.mark.parametrize("path", [None, 7, "", "a\0b.svg"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(FileError, match="expected the path of a file"):
        draw(Value(1.0)).save(path)


@pytest.mark.parametrize("name", ["C.svg", "C.png"])
def test_a_save_that_fails_keeps_the_old_file(monkeypatch, tmp_path, name):
    pytest.importorskip("resvg_py")
    (tmp_path / name).write_text("old")

    def no_space(*files):
        raise OSError(28, "No space left on device")

    drawing = draw(Value(1.0))
    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(FileError, match=rf"{re.escape(name)}: (?i:no space left on device)"):
        drawing.save(tmp_path / name)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "old")]


def test_without_the_package_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UsageError, match=r'^a PNG needs resvg-py: pip install "micrograd_paper\[png\]"$'):
        draw(Value(1.0)).save(tmp_path / "C.png")
    assert not list(tmp_path.iterdir())


def test_a_machine_without_fonts_gets_no_png_without_texts():
    resvg_py = pytest.importorskip("resvg_py")
    with pytest.raises(UsageError, match=r"a PNG needs a font, .* or save as \.svg$"):
        font(partial(resvg_py.svg_to_bytes, skip_system_fonts=True))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_font_that_is_there_is_taken(family):
    def resvg(svg_string, sans_serif_family="", serif_family=""):
        """Of a machine with this font alone."""
        return svg_string if family in (sans_serif_family, serif_family) else PROBE.format("")

    assert font(resvg) == family


@pytest.mark.slow
def test_a_very_large_picture_gets_fewer_pixels():
    """Without memory for its pixels resvg would end the whole process."""
    pytest.importorskip("resvg_py")
    svg = draw(Value(1.0)).svg
    large = re.sub(r'width="[\d.]+" height="[\d.]+"', 'width="300000" height="20000"', svg, count=1)
    width, height = size_of(png(Drawing(large).svg))
    assert 0.99 * MOST_PIXELS < width * height < 1.01 * MOST_PIXELS
    assert width / height == pytest.approx(15, rel=0.01)


def test_letters_too_small_to_read_are_said(tmp_path):
    pytest.importorskip("resvg_py")
    drawing = draw(classic_neuron())
    with pytest.warns(UserWarning, match=r"letters of this PNG are 4\.4 px high, too small to read: draw a part, or "):
        drawing.save(tmp_path / "C.png", scale=0.4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawing.save(tmp_path / "D.png", scale=0.6)
        drawing.save(tmp_path / "D.svg", scale=0.1)


# DOT and TikZ.

@few_examples(20)
@given(expressions())
def test_dot_has_every_node_with_its_numbers_and_every_edge(expression):
    root = expression.value([Value(x) for x in expression.leaves])
    root.backward()
    drawing, buffer = draw(root, collapse=False), io.BytesIO()
    drawing.save(buffer, format="dot")
    text = buffer.getvalue().decode()
    order = topological_order(root)
    assert text.count(" [label=") == len(order) and text.count(" -> ") == sum(len(node.operands) for node in order)
    for node in order:
        assert f"{number_text(node.data)}" in text and f"grad {number_text(node.grad)}" in text


def test_graphviz_reads_dot_whatever_the_labels_are(tmp_path):
    pygraphviz = pytest.importorskip("pygraphviz")
    root = Value(1.0, 'a "quoted\\" \\n <b> label') * Value(2.0, "→ 中")
    draw(root).save(tmp_path / "C.dot")
    found = pygraphviz.AGraph(str(tmp_path / "C.dot"))
    assert len(found.nodes()) == 3 and len(found.edges()) == 2
    assert {node.attr["label"].split(" = ")[0].split("\n")[0] for node in found.nodes()} >= {"→ 中"}


def test_of_a_part_dot_has_the_part():
    buffer = io.BytesIO()
    draw(around(iris(), "w2_1_1", 1)).save(buffer, format="dot")
    assert buffer.getvalue().decode().count(" [label=") == len(around(iris(), "w2_1_1", 1).nodes)


@pytest.mark.parametrize("options", [{}, {"detail": "neurons"}, {"detail": "layers", "theme": "dark"},
                                     {"derivatives": True, "title": "100 % {x} & 中"}])
def test_tikz_has_the_texts_and_colours_of_the_drawing(options):
    root = iris()
    root.backward()
    drawing, buffer = draw(root, **options), io.BytesIO()
    drawing.save(buffer, format="tex")
    text = buffer.getvalue().decode()
    assert text.count("{") == text.count("}") or "\\{" in text
    assert set(re.findall(r"(?:fill|draw|text)=c(\w+)", text)) == set(re.findall(r"definecolor\{c(\w+)\}", text))
    written = re.findall(r"\\node\[.*?\] at \(.*?\) \{(.*)\};", text)
    shown = [each.text for each in parsed(drawing).iter(f"{SVG}text") if not each.get("aria-hidden")]
    assert len(written) == len([each for each in shown if each])
    for number in [each for each in shown if re.fullmatch(r"0\.\d+", each)]:
        assert number in written
    if options.get("title"):
        assert "100 \\% \\{x\\} \\& [U+4E2D]" in written


@pytest.mark.slow
@pytest.mark.parametrize("detail", ["operations", "neurons"])
def test_pdflatex_compiles_tikz(tmp_path, detail):
    if shutil.which("pdflatex") is None:
        pytest.skip("TeX is not installed")
    root = iris()
    root.backward()
    drawing = draw(root, detail=detail)
    drawing.save(tmp_path / "C.tex", scale=0.5)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", r"\pdfobjcompresslevel=0\input C"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=PATIENCE)
    assert run.returncode == 0, run.stdout.decode(errors="replace")[-2000:]
    sides = [float(each) for each in re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]",
                                               (tmp_path / "C.pdf").read_bytes()).groups()]
    wide, high = picture_size(drawing.svg)
    assert sides == pytest.approx([wide / 2 * 72 / 72.27, high / 2 * 72 / 72.27], abs=0.1)


def test_a_drawing_of_no_graph_is_no_dot():
    with pytest.raises(UsageError, match="of no graph that could be saved as DOT"):
        Drawing("<svg/>").save(io.BytesIO(), format="dot")
