"""The page in a real Chromium: how it is used, by keys, mouse and address; narrow, dark, and with hostile labels."""

import copy
import math
import re

import pytest

from micrograd_paper import MLP, Value
from micrograd_paper.display import number_text
from micrograd_paper.drawing.draw import page_picture
from micrograd_paper.engine import topological_order
from micrograd_paper.page.explore import explore
from micrograd_paper.reading.names import find
from micrograd_paper.reading.parts import around, between
from micrograd_paper.stepping.steps import backward_steps, forward_steps
from tests.drawing.graphs import SVG, classic_neuron, iris, nodes, of_class, parsed, text_of
from tests.page.browser import address_of, close, edit, engine_of, numbers_of, press, run, step_of, text

By = pytest.importorskip("selenium.webdriver.common.by").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys


def test_the_keys_and_the_buttons_go_through_the_steps(opened):
    browser = opened(iris())
    total = run(browser, "graph.steps.length")
    assert step_of(browser) == 0 and "before the forward pass" in text(browser, "phase")
    press(browser, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert step_of(browser) == 2 and "forward pass · 2 of" in text(browser, "phase")
    press(browser, Keys.ARROW_LEFT)
    assert step_of(browser) == 1
    press(browser, Keys.END)
    assert step_of(browser) == total and text(browser, "phase") == "backward pass · 60 of 60 · step 73 of 73"
    run(browser, "go(13)")
    assert text(browser, "phase") == "forward pass · 13 of 13 · step 13 of 73"
    run(browser, "go(14)")
    assert text(browser, "phase") == "backward pass · 1 of 60 · step 14 of 73"
    press(browser, Keys.END)
    press(browser, Keys.ARROW_RIGHT)
    assert step_of(browser) == total
    press(browser, Keys.HOME, Keys.ARROW_LEFT)
    assert step_of(browser) == 0
    for id, expected in (("next", 1), ("last", total), ("back", run(browser, "visible.at(-2)")), ("first", 0)):
        browser.find_element(By.ID, id).click()
        assert step_of(browser) == expected
    browser.find_element(By.ID, "slider").send_keys(Keys.ARROW_RIGHT)
    assert step_of(browser) == 1


def test_play_goes_on_by_itself_until_the_end_or_a_pause(opened):
    browser = opened(classic_neuron())
    browser.execute_script("document.getElementById('speed').add(new Option('fast', '200', true, true))")
    press(browser, Keys.SPACE)
    assert run(browser, "timer !== null")
    for _ in range(200):
        if run(browser, "timer === null"):
            break
    assert step_of(browser) == run(browser, "graph.steps.length")
    browser.execute_script("""
        element('speed').value = '0.5';
        element('speed').dispatchEvent(new Event('change'));""")
    assert run(browser, "timer === null")  # another speed is no start
    press(browser, Keys.SPACE)
    assert step_of(browser) == 0 and browser.find_element(By.ID, "play").get_attribute("aria-label") == "Pause"
    press(browser, Keys.SPACE)
    assert run(browser, "timer === null") and browser.find_element(By.ID, "play").get_attribute("aria-label") == "Play"


def test_the_address_holds_the_step_and_the_edits_and_brings_them_back(opened):
    root = iris()
    browser = opened(root, "#step=20")
    assert step_of(browser) == 20
    edit(browser, "w²₁₁", "0.5")
    press(browser, Keys.ARROW_RIGHT)
    address = address_of(browser)
    assert address.endswith("#step=21&w2_1_1=0.5")
    numbers = numbers_of(browser)
    browser.get("about:blank")
    browser.get(address)
    assert step_of(browser) == 21 and numbers_of(browser) == numbers
    assert address_of(browser) == address
    browser.execute_script("location.hash = '#step=3'")
    browser.execute_async_script("setTimeout(arguments[0], 50)")
    assert browser.find_element(By.ID, "number").get_property("value") == "5.1"
    assert step_of(browser) == 3 and numbers_of(browser) == engine_of(root)


@pytest.mark.parametrize("hash, step", [("#step=abc", 0), ("#step=-5", 0), ("#step=99999", None), ("#", 0)])
def test_an_address_that_makes_no_sense_does_no_harm(opened, hash, step):
    browser = opened(iris(), hash)
    assert step_of(browser) == (run(browser, "graph.steps.length") if step is None else step)


@pytest.mark.parametrize("what", ["z2_1=1", "nobody=1", "x1=abc", "x1="])
def test_an_address_with_a_name_that_is_no_leaf_or_without_its_number_says_so(opened, what):
    browser = opened(iris(), f"#step=2&{what}&x2=7")
    assert text(browser, "message") == f"the address has {what}, which is no leaf of this graph and its number"
    assert step_of(browser) == 2 and run(browser, "[...edits.values()]") == [7]


def test_a_row_jumps_to_its_first_contribution_and_search_finds_it_by_name(opened):
    root = iris()
    browser = opened(root)
    order = topological_order(root)
    first = {}
    steps = [*forward_steps(root), *backward_steps(root)]
    for s, step in enumerate(steps, start=1):
        if step.operand is not None:
            first.setdefault(step.operand, s)
    for name in ("w2_1_1", "z2_3", "x4"):
        press(browser, Keys.HOME)
        run(browser, f"element('node-{name}').dispatchEvent(new MouseEvent('click', {{bubbles: true}}))")
        assert step_of(browser) == first[find(root, name)]
    for name in ("w²₁₁", "delta2_3", "a3_2", "∂C/∂b²₁"):
        field = browser.find_element(By.ID, "symbol")
        field.clear()
        field.send_keys(name, Keys.ENTER)
        node = {"delta2_3": "z2_3", "∂C/∂b²₁": "b2_1"}.get(name, name)
        assert step_of(browser) == first[find(root, node)]
    field.clear()
    field.send_keys("C", Keys.ENTER)
    assert text(browser, "phase").startswith("forward pass · 13 of 13")  # nothing contributes to C
    for name in ("dC/dw3_1_2", "∂C/∂w³₁₂", "w3_1_2"):
        field.clear()
        field.send_keys(name, Keys.ENTER)
        assert step_of(browser) == first[find(root, "w3_1_2")]
    for name in ("nonsense", "w2_"):
        field.clear()
        field.send_keys(name, Keys.ENTER)
        assert text(browser, "message") == f"no node of this graph is named {name}"
    assert len(order) > 10


def test_search_finds_the_one_node_whose_name_begins_so_and_labels_that_are_no_ids(opened):
    whole = ("a label that is cut " * 5).strip()
    browser = opened(Value(1.0, "learning rate") * Value(2.0, "x") + Value(3.0, "x") * Value(2.0, whole))
    field = browser.find_element(By.ID, "symbol")
    for name, found in (("learn", True), ("learning rate", True), (whole, True), (whole + "!", False), ("", False)):
        press(browser, Keys.HOME)
        field.clear()
        field.send_keys(name, Keys.ENTER)
        assert (step_of(browser) > 0) == found == (text(browser, "message") == "")
    assert text(browser, "message").endswith("the field is empty")


def test_leaves_are_offered_in_the_order_of_reading(opened):
    browser = opened(MLP(11, [2], seed=1)([1.0] * 11)[0])
    names = [option.text for option in browser.find_elements(By.CSS_SELECTOR, "#leaf option")]
    assert names[:11] == [f"x{index}" for index in ("₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉", "₁₀", "₁₁")]
    assert names[11:] == ["b²₁", *[f"w²₁{index}" for index in "₁₂₃₄₅₆₇₈₉"], "w²₁,₁₀", "w²₁,₁₁"]


def test_where_a_node_was_made_is_said_at_its_steps(opened):
    root = Value(2.0, "x") * 3.0
    root.origin = "train.py:7, in loss"
    browser = opened(root, "#step=1")
    assert text(browser, "origin") == "made at train.py:7, in loss"


def test_the_gradient_on_a_row_grows_with_its_contributions(opened):
    root = iris()
    browser = opened(root)
    steps = [*forward_steps(root), *backward_steps(root)]
    a = find(root, "a2_1")
    shown = []
    for s, step in enumerate(steps, start=1):
        if step.operand is a:
            run(browser, f"go({s})")
            row = browser.find_element(By.ID, "node-a2_1")
            shown.append((row.find_element(By.CSS_SELECTOR, ".gradient").text, "growing" in row.get_attribute("class"),
                          "now" in row.get_attribute("class")))
    assert len(shown) == 3
    assert [growing for _, growing, _ in shown] == [True, True, False] and all(now for _, _, now in shown)
    assert len({gradient for gradient, _, _ in shown}) == 3
    press(browser, Keys.HOME)
    row = browser.find_element(By.ID, "node-a2_1")
    assert row.find_element(By.CSS_SELECTOR, ".gradient").text == "–"
    assert row.find_element(By.CSS_SELECTOR, ".value").text == "?"


def test_the_step_at_hand_is_marked_and_scrolled_into_view(opened):
    browser = opened(iris())
    for id in ("real", "larger", "larger", "larger", "larger"):
        browser.find_element(By.ID, id).click()
    for s in range(1, run(browser, "graph.steps.length") + 1, 7):
        run(browser, f"drawing.style.scrollBehavior = 'auto', go({s})")
        assert len(browser.find_elements(By.CSS_SELECTOR, "#drawing .node.now")) == 1
        inside = run(browser, """(() => {
            const view = drawing.getBoundingClientRect();
            const row = document.querySelector("#drawing .node.now").getBoundingClientRect();
            return row.left >= view.left && row.right <= view.right && row.top >= view.top && row.bottom <= view.bottom;
        })()""")
        assert inside, s


# Narrow, dark, alone.

def test_on_a_narrow_screen_the_drawing_keeps_its_size_and_nothing_is_cut(browser, tmp_path):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": 375, "height": 740, "deviceScaleFactor": 2, "mobile": True})
    browser.get(explore(iris(), tmp_path / "page.html").as_uri() + "#step=20")
    assert run(browser, "innerWidth") == 375
    assert run(browser, "document.documentElement.scrollWidth") == 375
    assert run(browser, "scale") == 1
    assert run(browser, "drawing.scrollWidth > drawing.clientWidth && drawing.clientHeight > 250")
    for id in ("first", "back", "play", "next", "last", "slider", "symbols"):
        box = browser.find_element(By.ID, id).rect
        assert box["x"] >= 0 and box["x"] + box["width"] <= 375 and box["y"] + box["height"] <= 740


@pytest.mark.parametrize("theme, scheme, dark", [
    ("auto", "light", False), ("auto", "dark", True), ("light", "dark", False), ("dark", "light", True),
])
def test_the_theme_is_the_viewers_unless_one_was_asked_for(opened, theme, scheme, dark):
    browser = opened(classic_neuron(), theme=theme)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                            {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    colours = [run(browser, f"getComputedStyle(document.querySelector('{where}')).{what}")
               for where, what in (("body", "backgroundColor"), ("#drawing .paper", "fill"))]
    assert colours == (["rgb(13, 17, 23)"] * 2 if dark else ["rgb(255, 255, 255)"] * 2)


def test_everything_can_be_reached_and_read_without_a_mouse(opened):
    browser = opened(classic_neuron())
    reached = []
    for _ in range(40):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        id, outline = run(browser, "[document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]")
        assert outline == "solid" or not id, id  # the focus is seen
        reached.append(id)
    controls = {"play", "next", "last", "speed", "slider", "symbol", "leaf", "number", "larger"}
    assert controls | {"drawing", "node-x1"} <= set(reached)
    assert reached.index("next") < reached.index("node-x1")  # the steps before the many rows
    unnamed = run(browser, """[...document.querySelectorAll("button, input, select, [role=button]")].filter(
        control => !(control.getAttribute("aria-label") || control.labels?.length || control.textContent.trim()))
        .map(control => control.outerHTML)""")
    assert unnamed == []
    step = browser.find_element(By.ID, "step")
    assert (step.get_attribute("role"), step.get_attribute("aria-live")) == ("status", "polite")
    assert step.accessible_name == "The step at hand"


def test_the_rows_are_one_tab_stop_and_arrow_keys_go_to_neighbours(opened):
    browser = opened(iris())
    assert len(browser.find_elements(By.CSS_SELECTOR, "#drawing .node[tabindex='0']")) == 1
    run(browser, "focusRow(graph.nodes.findIndex(node => node.key === 'z2_1'))")
    for key, expected in ((Keys.ARROW_UP, "b2_1"), (Keys.ARROW_UP, "w2_1_4"), (Keys.ARROW_DOWN, "b2_1"),
                          (Keys.ARROW_RIGHT, "z2_1"), (Keys.ARROW_DOWN, "a2_1"), (Keys.ARROW_LEFT, "z2_1")):
        browser.switch_to.active_element.send_keys(key)
        assert run(browser, "document.activeElement.id") == f"node-{expected}"
    assert step_of(browser) == 0
    assert len(browser.find_elements(By.CSS_SELECTOR, "#drawing .node[tabindex='0']")) == 1


def test_nothing_from_elsewhere_is_loaded_and_nothing_but_the_pages_own_script_runs(opened):
    browser = opened(iris())
    assert run(browser, "performance.getEntriesByType('resource').length") == 0
    refused = browser.execute_async_script("""
        const done = arguments[0];
        addEventListener("securitypolicyviolation", event => done(event.violatedDirective));
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        setTimeout(() => done("nothing"), 2000);""")
    assert refused.startswith("script-src") and not run(browser, "window.ran === true")
    assert "Content Security Policy" in browser.get_log("browser")[-1]["message"]


HOSTILE = [
    "<script>window.ran = true</script>", "</script><script>window.ran = true</script>", "\"'\\`${window.ran = true}",
    "<img src=x onerror='window.ran = true'>", "<!--", "]]>", "&#955;", "{|}<>", "a\nb\r\nc", "nul\0", "\u202eabc",
    "\u2028", "🙂", "x" * 10_000, "step", "drawing", "graph", "__proto__", "constructor",
]


@pytest.mark.parametrize("label", HOSTILE, ids=lambda label: ascii(label[:20]))
def test_a_hostile_label_is_text_on_the_page_too(opened, label):
    x = Value(2.0, label)
    root = x * x + Value(3.0, label)
    root.label = label
    browser = opened(root, title=label)
    assert not run(browser, "window.ran === true")
    press(browser, Keys.END)
    assert numbers_of(browser) == engine_of(root)
    browser.find_element(By.ID, "number").send_keys("1", Keys.ENTER)
    assert not run(browser, "window.ran === true") and text(browser, "message") == ""


@pytest.mark.parametrize("root", [
    Value(1.0, "x"), Value(math.nan, "x") * 2.0, Value(math.inf, "x") - Value(math.inf, "y"),
], ids=["one leaf", "nan", "inf"])
def test_a_leaf_alone_and_numbers_that_are_none_have_a_page(opened, root):
    browser = opened(root)
    press(browser, Keys.ARROW_RIGHT, Keys.END)
    assert run(browser, "edits.size") == 0
    here, there = numbers_of(browser), engine_of(copy.deepcopy(root))
    assert all(map(close, here[0] + here[1], there[0] + there[1]))


@pytest.mark.parametrize("part", [around, between], ids=["around", "between"])
def test_the_page_of_a_part_draws_it_and_steps_through_all_of_the_graph(opened, part):
    C = iris()
    chosen = part(C, "w2_1_1")
    browser = opened(chosen)
    assert run(browser, "rows.filter(row => row !== null).length") == len(chosen.nodes)
    total = run(browser, "graph.steps.length")
    assert total == 73
    for step in range(0, total + 1, 7):
        run(browser, f"go({step})")
        assert step_of(browser) == step
    press(browser, Keys.END)
    w = find(C, "w2_1_1")
    assert run(browser, "document.querySelector('#node-w2_1_1 .gradient').textContent") == number_text(w.grad)
    for button in ("Why?", "Descent", "One step", "Ask me", "Steps"):
        browser.find_element(By.XPATH, f"//button[contains(., '{button}')]").click()


@pytest.mark.parametrize("part", [around, between], ids=["around", "between"])
def test_what_a_page_cannot_rewrite_holds_no_number_of_the_graph(part):
    C = iris()
    svg = parsed(page_picture(C, part=part(C, "w2_1_1")))
    assert not of_class(svg, "partial") and "=" not in "".join(text_of(note) for note in of_class(svg, "note"))
    rows = {text_of(text) for row in nodes(svg).values() for text in row.iter()}
    outside = {text_of(text) for text in of_class(svg, "graph")[0].iter(f"{SVG}text")} - rows
    assert not [text for text in outside if re.fullmatch("[−\\d.e]+", text)]
    assert "=" not in svg[1].text
