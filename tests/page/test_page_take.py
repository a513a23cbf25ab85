"""What is taken along from the page, in a real Chromium: pictures, the page itself; presentation; frames; notebooks."""

import base64
import sys
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from micrograd_paper import explore
from micrograd_paper.errors import UsageError
from micrograd_paper.page import explore as page_module
from micrograd_paper.page.explore import page
from tests.drawing.graphs import classic_neuron, iris
from tests.page.browser import By, Keys, press, run, step_of, text

pytestmark = pytest.mark.usefixtures("nameless")


def test_the_picture_holds_the_marks_of_the_step_and_no_variable(opened):
    browser = opened(iris(), "#step=20")
    svg = browser.execute_async_script("picture().text().then(arguments[0])")
    ElementTree.fromstring(svg)
    assert 'class="highlight of-now"' in svg and "stroke: rgb(" in svg.replace("#C2410C", "rgb(") and "var(" not in svg
    width, height, first = browser.execute_async_script("""
        const done = arguments[0];
        pixels().then(createImageBitmap).then(image => done([image.width, image.height, image.width > 0]), done);""")
    assert [width, height] == [2 * round(x) for x in run(browser, "[size.width, size.height]")] and first


def test_the_saved_page_is_the_page_at_this_step_with_these_numbers(opened, tmp_path):
    browser = opened(classic_neuron(), "#step=7")
    run(browser, "change([[leaves[0], 0.25]])")
    saved = tmp_path / "saved.html"
    saved.write_text(run(browser, "wholePage()"), encoding="utf-8")
    numbers = run(browser, "[pass.data, pass.grad, line(at - 1)]")
    browser.get(saved.as_uri())
    assert step_of(browser) == 7 and run(browser, "[pass.data, pass.grad, line(at - 1)]") == numbers
    assert run(browser, "wholePage()") == saved.read_text(encoding="utf-8")


def test_a_presentation_opens_at_its_step_and_a_clicker_goes_on(browser, tmp_path):
    path = explore(iris(), tmp_path / "talk.html", step=33, view="present")
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": 1024, "height": 768, "deviceScaleFactor": 1, "mobile": False})
    browser.get(path.as_uri())
    assert step_of(browser) == 33 and run(browser, "scale") >= 1.28
    assert run(browser, "getComputedStyle(document.querySelector('#math math')).fontSize") == "46px"
    assert run(browser, "document.documentElement.scrollHeight") == 768
    press(browser, Keys.PAGE_DOWN)
    assert step_of(browser) == 34
    press(browser, Keys.PAGE_UP, Keys.ESCAPE)
    assert step_of(browser) == 33 and not run(browser, "'view' in document.body.dataset")


def test_in_a_sandboxed_frame_the_page_works_without_an_exception(browser, tmp_path):
    frame = page_module.Inline(page(classic_neuron()))._repr_html_()
    outer = tmp_path / "outer.html"
    outer.write_text(f"<!doctype html><meta charset=utf-8>{frame}", encoding="utf-8")
    browser.get(outer.as_uri())
    browser.switch_to.frame(0)
    for _ in range(2):
        browser.find_element(By.ID, "next").click()
    browser.execute_async_script("setTimeout(arguments[0], 250)")
    assert step_of(browser) == 2 and text(browser, "words")
    assert run(browser, "['copy-link', 'copy-exercise'].every(id => element(id).hidden)")  # they would lead nowhere
    browser.switch_to.default_content()
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def test_in_a_notebook_a_page_without_a_path_shows_itself_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    shown = explore(classic_neuron())
    assert shown._repr_html_().startswith('<iframe srcdoc="&lt;!doctype html&gt;') and list(tmp_path.iterdir()) == []
    shell.get_ipython = lambda: None
    assert explore(classic_neuron()) == tmp_path / "backprop.html"


@pytest.mark.parametrize("given, what", [
    ({"view": "film"}, "unknown view 'film'"),
    ({"step": -1}, "a step is a number"), ({"step": "x"}, "a step is a number"),
])
def test_a_start_that_makes_no_sense_is_refused(given, what):
    with pytest.raises(UsageError, match=what):
        page(classic_neuron(), **given)


def test_printed_the_picture_and_the_text_are_on_one_page(opened):
    browser = opened(iris(), "#step=41")
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"])
    assert pdf.count(b"/Type /Page\n") == 1
