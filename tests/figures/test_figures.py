"""The paper's figures and the curves of a training: what they show, in every theme and format."""

import itertools
import math
import re
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from micrograd_paper import MLP, equations, figures, fit
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.cli import main
from micrograd_paper.descent import Epoch, History, directional_derivative
from micrograd_paper.drawing.style import contrast
from micrograd_paper.errors import FileError, UsageError
from micrograd_paper.figures.paper_figures import START, bowl, first_that_is_1
from micrograd_paper.figures.picture import FORMATS, THEMES, look_of

BEGINNINGS = {".svg": b"<", ".png": b"\x89PNG", ".pdf": b"%PDF"}
XOR = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])]


def texts(picture):
    root = ElementTree.fromstring(picture.svg)
    return [" ".join("".join(element.itertext()).split()) for element in root.iter() if element.tag.endswith("}text")]


@pytest.mark.parametrize("number", [4, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 3, 5, 6))])
def test_a_figure_says_what_it_is_and_what_to_see_and_has_the_same_bytes_again(number):
    picture = figures.figure(number)
    shown = " ".join(texts(picture))
    assert f"Figure {number}: {figures.FIGURES[number].caption}" in shown and picture.see in shown
    assert figures.figure(number).svg == picture.svg == picture._repr_svg_()
    sizes = [float(size) for size in re.findall(r"font(?:-size)?: ?([\d.]+)px", picture.svg)]
    assert sizes and min(sizes) >= 11


@pytest.mark.parametrize("number, theme, suffix", [
    (number, theme, suffix) if (number, theme) == (4, "light") or (number, suffix) == (4, ".svg")
    else pytest.param(number, theme, suffix, marks=pytest.mark.slow)
    for number, theme, suffix in itertools.product(figures.FIGURES, THEMES, FORMATS)
])
def test_a_figure_is_saved_in_every_theme_and_format(number, theme, suffix, tmp_path):
    path = tmp_path / f"figure{suffix}"
    figures.figure(number, theme).save(path)
    written = path.read_bytes()
    assert written.startswith(BEGINNINGS[suffix]) and len(written) > 5000
    if suffix == ".svg":
        assert look_of(theme).paper.lower() in written.decode().lower()


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_to_be_read_stands_out_from_the_paper(theme):
    look = look_of(theme)
    for colour in (look.ink, look.faint, look.curve, look.accent, look.good, look.other):
        assert contrast(colour, look.paper) >= (4.5 if colour != look.other else 3.5)


def test_figure_2_marks_the_direction_of_the_smallest_slope():
    slope = -math.hypot(*(2 * x for x in START))
    assert f"−∇f/‖∇f‖: slope {slope:.2f}".replace("-", "−") in texts(figures.figure(2))
    tried = [directional_derivative(bowl, START, (math.cos(i), math.sin(i))) for i in range(360)]
    assert slope <= min(tried)


def test_figure_3_says_from_where_on_sigma_is_1():
    sigma = ACTIVATIONS["sigmoid"].sigma
    first = first_that_is_1(sigma)
    assert sigma(first) == 1 > sigma(math.nextafter(first, 0))
    assert f"from z = {first:.2f} on" in texts(figures.figure(3))


@pytest.mark.parametrize("number, y", [(5, 1.0), (6, 0.0)])
def test_figures_5_and_6_have_the_slopes_of_the_cross_entropy(number, y):
    for a in (0.1, 0.5, 0.9):
        slope = equations.cross_entropy_slope(a, y)
        assert f"{slope:.3g}".replace("-", "−") in texts(figures.figure(number))


@pytest.mark.parametrize("number", [0, 7, "three", None, 2.5])
def test_another_figure_is_refused(number):
    with pytest.raises(UsageError, match="the paper has the figures 1 to 6; got"):
        figures.figure(number)


def test_a_theme_a_suffix_and_a_directory_that_are_none_are_refused(tmp_path):
    with pytest.raises(UsageError, match="unknown theme 'auto'"):
        figures.figure(5, "auto")
    with pytest.raises(UsageError, match=r"cannot save a figure as \.jpg: expected \.svg, \.png, \.pdf in "):
        figures.figure(5).save(tmp_path / "figure.jpg")
    with pytest.raises(FileError):
        figures.figure(5).save(tmp_path / "none" / "figure.svg")


def trained(epochs, held_out):
    return fit(MLP(2, [2, 1], seed=1), XOR, eta=1.0, epochs=epochs, batch_size=4, seed=1,
               validation=XOR[:2] if held_out else None)


@pytest.mark.parametrize("epochs", [1, 3, 60])
@pytest.mark.parametrize("held_out", [False, True])
def test_curves_show_the_numbers_of_every_epoch(epochs, held_out):
    history = trained(epochs, held_out)
    picture = history.plot(title="xor")
    for axes, parts in zip(picture.plot.axes, (("cost", "validation_cost"), ("accuracy", "validation_accuracy"))):
        lines = [list(line.get_ydata()) for line in axes.lines if line.get_linestyle() == "-"]
        assert lines == [getattr(history, part) for part in parts[: 1 + held_out]]
        assert all(list(line.get_xdata()) == list(range(1, epochs + 1)) for line in axes.lines
                   if line.get_linestyle() == "-")
    shown = texts(picture)
    assert "xor" in shown and picture.see in shown
    assert f"training {history.accuracy[-1]:.1%}" in shown
    assert (f"held out {history.validation_accuracy[-1]:.1%}" in shown) if held_out else "held out" not in str(shown)


def test_curves_tell_where_the_held_out_cost_was_lowest():
    history = History()
    for number, cost in enumerate([0.5, 0.2, 0.3], 1):
        history.epochs.append(Epoch(number, 0.4 / number, 0.5, cost, 0.5))
    assert figures.curves(history).see.endswith("; its cost was lowest after 2.")
    history.epochs.pop()
    assert "lowest" not in figures.curves(history).see


@pytest.mark.parametrize("given", [History(), [1.0], None])
def test_curves_of_nothing_are_refused(given):
    with pytest.raises(UsageError, match="curves are of a History with an epoch at least; got"):
        figures.curves(given)


def test_the_command_draws_figures_and_says_what_to_see(tmp_path, capsys):
    assert main(["figures", "5", "6", "5", "-o", str(tmp_path / "made"), "--theme", "dark"]) == 0
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["figure_5.svg", "figure_6.svg"]
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Figure 5: −ln a. ") and said[1] == f"  {tmp_path / 'made' / 'figure_5.svg'}"
    assert len(said) == 4


def test_bad_input_is_one_line(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("")
    assert main(["figures", "5", "-o", str(tmp_path / "file")]) == 2
    assert "cannot make the directory" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    for curves, message in (("c.gif", "cannot save a figure as .gif"), ("net.json", "cannot save a figure as .json"),
                            ("none/c.svg", "there is no directory")):
        assert main(["train", "--data", "xor", "--save", "net.json", "--curves", curves]) == 2
        out, err = capsys.readouterr()
        assert message in err and err.count("\n") == 1 and out == ""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for arguments in (["figures"], ["train", "--data", "xor", "--curves", "c.svg"]):
        assert main(arguments) == 2
        assert capsys.readouterr() == (
            "", 'micrograd-paper: figures need matplotlib: pip install "micrograd_paper[plots]"\n')
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_train_draws_its_curves(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--data", "xor", "--epochs", "2", "--curves", "curves.svg"]) == 0
    assert capsys.readouterr().out.endswith("the curves are drawn in curves.svg\n")
    assert "Training a network 2-3-1" in (tmp_path / "curves.svg").read_text(encoding="utf-8")
