"""The colours can be read, in light and dark, and change nothing but the drawing."""

import re

import pytest

from micrograd_paper import Value
from micrograd_paper.drawing.draw import draw
from micrograd_paper.drawing.style import COLOURS, PALETTES, contrast, css, ink_on


def test_contrast_is_as_the_standard_has_it():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)  # WCAG's known example of just too little


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_number_in_a_pill_can_be_read(theme):
    assert all(contrast(ink_on(pill, theme), pill) >= 4.7 for pill in PALETTES[theme][1])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_text_on_every_box_can_be_read(theme):
    inks = COLOURS[theme]
    for family, (fill, _, badge) in PALETTES[theme][0].items():
        ink = inks["on_cost" if family == "cost" else "ink"]
        assert contrast(ink, fill) >= 7
        assert contrast(ink, badge) >= 7
        assert family == "cost" or contrast(inks["faint"], fill) >= 4.5
    assert contrast(inks["heading"], inks["paper"]) >= 4.5
    assert contrast(inks["heading"], inks["frame"]) >= 4.5
    assert contrast(inks["edge"], inks["paper"]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_one_set_of_colours(theme):
    svg = draw(Value(1.0), theme=theme).svg
    assert COLOURS[theme]["paper"] in svg
    assert COLOURS["dark" if theme == "light" else "light"]["frame"] not in svg.partition("@media")[0]


def test_what_is_dark_is_printed_light():
    assert "@media" not in css("light")[1]
    dark, light = css("dark")[1].split("@media print")
    assert f".paper{{fill:{COLOURS['dark']['paper']}}}" in dark
    assert f".paper{{fill:{COLOURS['light']['paper']}}}" in light


def test_the_automatic_theme_is_light_unless_the_viewer_prefers_dark():
    light, dark = draw(Value(1.0)).svg.split("@media (prefers-color-scheme:dark)")
    assert f".paper{{fill:{COLOURS['light']['paper']}}}" in light
    assert COLOURS["dark"]["paper"] not in light
    assert f".paper{{fill:{COLOURS['dark']['paper']}}}" in dark


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_every_rule_is_about_this_drawing_alone(theme):
    name, rules = css(theme)
    selectors = re.findall(r"([^{}\n][^{}]*)\{[^{}]*\}", re.sub("@media [^{]*{", "", rules))
    assert len(selectors) > 40
    assert all(part.strip().startswith(f".{name} ") for selector in selectors for part in selector.split(","))
    assert rules.count("{") == rules.count("}")
