"""The page in a real Chromium: what is seen at a step, heard at a step, and stays where it is."""

import pytest

from micrograd_paper import MLP, Value, cross_entropy, quadratic
from micrograd_paper.display import number_text
from micrograd_paper.drawing.draw import draw
from micrograd_paper.engine import topological_order
from micrograd_paper.stepping.origins import Origin
from micrograd_paper.stepping.steps import backward_steps, forward_steps
from tests.drawing.graphs import atomic, batch, classic_neuron, iris, nodes, of_class, parsed, text_of
from tests.page.browser import address_of, edit, engine_of, press, run, step_of, text

pytestmark = pytest.mark.usefixtures("nameless")

webdriver = pytest.importorskip("selenium.webdriver")
By = webdriver.common.by.By
Keys = webdriver.common.keys.Keys

ROWS = """rows.map(row => [".value", ".gradient", ".pill", ".delta"].flatMap(name => [...row.querySelectorAll(name)])
    .flatMap(part => [part.textContent.trim(), part.getAttribute("class")]))"""


def zero_gradients():
    return (Value(0.0, "x") * Value(0.0, "y") + Value(0.0, "z")) * 0.0


def on_the_thresholds():
    return Value(1.0, "x") * 10.0 + Value(1.0, "y") - Value(1.0, "z") * 0.1


def vast():
    return Value(1e300, "x") * Value(1e300, "y") - Value(3.0, "z") * 1e-3


@pytest.mark.parametrize("graph", [iris, batch, atomic, classic_neuron, zero_gradients, on_the_thresholds, vast])
def test_after_the_last_step_and_an_edit_the_picture_is_the_one_that_draw_gives(opened, graph):
    root = graph()
    browser = opened(root, "#step=99999")
    assert_looks_like_the_drawing_of(browser, root)
    leaf = next(node for node in topological_order(root) if not node.operands)
    leaf.data = 3.0
    edit(browser, str(leaf.label), "3")
    assert_looks_like_the_drawing_of(browser, root)
    run(browser, "go(0)")
    inks = run(browser, "[...svg.querySelectorAll('.node :is(.gradient, .delta)')].map(part => part.classList[1])")
    assert set(inks) == {"absent-ink"}


def assert_looks_like_the_drawing_of(browser, root):
    engine_of(root)
    drawing = draw(root, derivatives=True)  # and the gradients of targets, which the page has
    picture = nodes(parsed(drawing))
    expected = []
    for node in topological_order(root):
        row = picture[drawing.ids[node]]
        parts = [part for name in ("value", "gradient", "pill", "delta") for part in of_class(row, name)]
        expected.append([x for part in parts for x in (text_of(part), part.get("class"))])
    assert run(browser, ROWS) == expected
    scales = [text_of(part) for part in of_class(parsed(drawing), "scale")] or ["0", "0 · a step is √10"]
    assert run(browser, "[...svg.querySelectorAll('.legend .scale')].map(part => part.textContent)") == scales


def marks_of(step):
    """What a step marks: the row it changes, the one whose gradient it takes, those whose numbers it uses."""
    if step.operand is None:
        return step.node, None, set(step.node.operands)
    used = {part.node for part in step.numbers if not isinstance(part, str) and part.quantity == "data"}
    return step.operand, step.node, used - {step.operand}


@pytest.mark.parametrize("graph", [iris, classic_neuron])
def test_each_step_marks_its_rows_and_edges_and_what_is_to_come_looks_different(opened, graph):
    root = graph()
    order, edges = topological_order(root), draw(root).edges
    steps = [*forward_steps(root), *backward_steps(root)]
    names = ("now", "from", "used", "todo", "untouched", "growing")
    found = opened(root).execute_script("""
        const names = arguments[0];
        return [0, ...graph.steps.map((_, s) => s + 1)].map(s => {
            go(s);
            return [...names.map(name => rows.flatMap((row, i) => row.classList.contains(name) ? [i] : [])),
                    [...svg.querySelectorAll(".now .edge")].map(edge => edge.closest("[id]").id),
                    Object.entries(frames).map(([name, frame]) => {
                        if (frame.style.display === "none") return null;
                        const [a, b] = [frame, svg.querySelector(`.${name} .fill`)].map(shape => shape.getBBox());
                        return ["x", "y", "width", "height"].every(side => a[side] === b[side]);
                    })];
        });""", names)
    for at, (*states, thick, frames) in enumerate(found):
        now, origin, used = marks_of(steps[at - 1]) if at else (None, None, set())
        made = {step.node for step in steps[:at] if step.operand is None} | {x for x in order if not x.operands}
        forward = sum(step.operand is None for step in steps)
        reached = {step.operand for step in steps[:at]} - {None} | ({root} if at > forward else set())
        growing = {step.operand for step in steps[at:]} & reached - {None}
        expected = [{now} - {None}, {origin} - {None}, used, set(order) - made, set(order) - reached, growing]
        assert [{order[i] for i in state} for state in states] == expected, at
        step = steps[at - 1]
        places = [] if not at else (
            [(now, j) for j in range(len(now.operands))] if step.operand is None else [(step.node, step.position)])
        assert sorted(thick) == sorted(f"node-{edges[place]}" for place in places if place in edges)
        assert frames == [origin and True, now and True]


def test_the_text_of_a_row_says_where_it_was_made(opened):
    root = iris()
    root.origin = Origin("train.py", 7, "loss")
    browser = opened(root)
    browser.find_element(By.ID, "last").click()
    lines = run(browser, "element('node-C').querySelector('title').textContent").split("\n")
    assert lines[2] == "∂C/∂C = 1" and lines[3] == "made at train.py:7, in loss"


def test_the_text_of_a_row_for_mouse_and_screen_reader_is_that_of_the_step(opened):
    browser = opened(Value(2.0, "x") * Value(0.1, "y"))

    def of(id):
        row = browser.find_element(By.ID, f"node-{id}")
        return row.get_attribute("aria-label"), run(browser, f"element('node-{id}').querySelector('title').textContent")

    assert of("n1") == ("n1: not computed yet, gradient not computed yet",
                        "n1 is not computed yet\nmultiply × of x, y\n∂n1/∂n1 is not computed yet")
    press(browser, Keys.END)
    assert of("n1") == ("n1: 0.2, 1 gradient", "n1 = 0.2\nmultiply × of x, y\n∂n1/∂n1 = 1")
    edit(browser, "y", "0.30000000000000004")
    assert of("x")[0] == "x: 2, 0.3 gradient"
    edit(browser, "y", "0")
    edit(browser, "y", "-0")
    assert of("y")[0] == "y: −0, 2 gradient"
    edit(browser, "y", "0.30000000000000004")
    assert of("x") == ("x: 2, 0.3 gradient", "x = 2\na leaf: input\n∂n1/∂x = 0.30000000000000004")


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_nothing_below_the_step_moves_from_step_to_step(opened, narrow):
    browser = opened(iris(cross_entropy))
    if narrow:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                {"width": 375, "height": 740, "deviceScaleFactor": 2, "mobile": True})
    places = browser.execute_script("""
        go(1);
        return graph.steps.map((_, s) => {
            go(s);
            const {top} = element("controls").getBoundingClientRect();
            return [top, drawing.clientHeight, element("step").scrollWidth <= element("step").clientWidth].join();
        });""")
    assert len(set(places)) == 1 and places[0].endswith("true")


def test_the_list_of_steps_shows_the_one_at_hand_and_keeps_the_focus(opened):
    browser = opened(iris())
    current = "#around [aria-current=step]"
    for step in run(browser, "[0, ...visible.slice(0, 4), ...visible.slice(20, 22), ...visible.slice(-3)]"):
        run(browser, f"go({step})")
        assert run(browser, f"""(() => {{
            const item = document.querySelector("{current}").getBoundingClientRect();
            const list = element("around").getBoundingClientRect();
            return item.top >= list.top && item.bottom <= list.bottom && item.height >= 24;
        }})()"""), step
        words = run(browser, f"document.querySelector('{current} span').textContent")
        assert words == ("the beginning" if step == 0 else run(browser, f"listed({step - 1})[0]"))
    for where in (0, 3, -1):
        buttons = browser.find_elements(By.CSS_SELECTOR, "#around button")
        wanted = buttons[where].text
        buttons[where].click()
        assert browser.find_element(By.CSS_SELECTOR, current).text == wanted
        assert run(browser, f"document.activeElement === document.querySelector('{current}')")
    run(browser, "go(1)")
    future, listed = (len(browser.find_elements(By.CSS_SELECTOR, f"#around {what}")) for what in (".future", "li"))
    assert future == listed - 2


def test_at_the_end_a_button_says_that_it_is_off_and_keeps_the_focus(opened):
    browser = opened(classic_neuron(), "#step=13")
    following = browser.find_element(By.ID, "next")
    states = {id: browser.find_element(By.ID, id) for id in ("first", "back", "next", "last", "reset")}

    def off():
        return {id for id, button in states.items() if button.get_attribute("aria-disabled") == "true"}

    assert off() == {"reset"}
    following.send_keys(Keys.ENTER)
    assert step_of(browser) == 14 and off() == {"next", "last", "reset"}
    assert browser.switch_to.active_element == following
    following.send_keys(Keys.ENTER)
    assert step_of(browser) == 14
    press(browser, Keys.HOME, Keys.ARROW_RIGHT)
    assert off() == {"reset"}
    press(browser, Keys.HOME)
    edit(browser, "x1", "3")
    assert off() == {"first", "back"}
    assert run(browser, "[...svg.querySelectorAll('.edited')].map(row => row.id)") == ["node-x1"]
    states["reset"].send_keys(Keys.ENTER)
    assert run(browser, "svg.querySelectorAll('.edited').length") == 0
    assert off() == {"first", "back", "reset"} and browser.switch_to.active_element == states["reset"]
    assert browser.find_element(By.ID, "number").get_property("value") == "2"


def test_while_it_plays_a_screen_reader_is_left_in_peace(opened):
    browser = opened(classic_neuron(), "#step=1")
    step = browser.find_element(By.ID, "step")
    assert step.get_attribute("aria-live") == "polite"
    press(browser, Keys.SPACE)
    assert step.get_attribute("aria-live") == "off"
    press(browser, Keys.END)
    assert step.get_attribute("aria-live") == "polite" and run(browser, "timer === null")


def test_many_steps_at_once_write_the_address_once(opened):
    browser = opened(iris())
    browser.execute_script("""
        window.written = 0;
        const replace = history.replaceState.bind(history);
        history.replaceState = (...given) => { window.written++; replace(...given); };
        for (let s = 1; s <= 60; s++) go(s);""")
    assert address_of(browser).endswith("#step=60") and run(browser, "window.written") == 1


@pytest.mark.parametrize("number", ["1e+21", "-0", "nan", "-inf", "1e-320", "1e400", "0.30000000000000004"])
def test_any_number_comes_back_from_the_address(opened, number):
    browser = opened(Value(2.0, "x") + 1.0)
    edit(browser, "x", number)
    address = address_of(browser)
    browser.get("about:blank")
    browser.get(address)
    assert text(browser, "message") == ""
    assert run(browser, f"Object.is(pass.data[0], parsed('{number}')) && edits.size === 1")
    field = browser.find_element(By.ID, "number").get_property("value")
    assert run(browser, f"Object.is(parsed('{field}'), pass.data[0])")


def test_an_address_that_cannot_be_computed_says_so_and_has_the_graphs_own_numbers(opened):
    browser = opened(Value(2.0, "x").log(), "#step=1&x=-1&y=2")
    assert "log" in text(browser, "message") and step_of(browser) == 1
    assert run(browser, "pass.data[0]") == 2 and run(browser, "edits.size") == 0
    assert run(browser, "[...svg.querySelectorAll('.legend .scale')].map(part => part.textContent)[0]") == "−0.5"


def test_keys_in_a_field_write_and_do_nothing_else(opened):
    browser = opened(classic_neuron(), "#step=3")
    press(browser, "/")
    field = browser.find_element(By.ID, "symbol")
    assert browser.switch_to.active_element == field
    field.send_keys("x1 0+-/", Keys.ARROW_LEFT, Keys.HOME)
    assert field.get_property("value") == "x1 0+-/" and step_of(browser) == 3 and run(browser, "timer") is None
    field.send_keys(Keys.ESCAPE)
    assert run(browser, "document.activeElement.id") == "drawing"
    press(browser, Keys.ARROW_RIGHT)
    assert step_of(browser) == 4
    browser.find_element(By.ID, "slider").send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert step_of(browser) == 6
    browser.find_element(By.ID, "slider").send_keys(Keys.HOME)
    assert step_of(browser) == 0
    browser.find_element(By.ID, "next").send_keys(Keys.SPACE)  # presses the button, and plays nothing
    assert step_of(browser) == 1 and run(browser, "timer") is None
    browser.find_element(By.ID, "node-n").send_keys(Keys.SPACE)
    assert run(browser, "timer") is None
    browser.find_element(By.ID, "node-b").send_keys(Keys.ENTER)
    assert "∂o/∂b" in text(browser, "symbols")
    left_alone = """drawing.dispatchEvent(new KeyboardEvent(
        "keydown", {key: "ArrowRight", ctrlKey: true, bubbles: true, cancelable: true}))"""
    assert run(browser, left_alone)  # the browser's own keys
    browser.find_element(By.ID, "node-n").send_keys(Keys.ENTER)
    assert step_of(browser) == run(browser, "graph.steps.findIndex(step => graph.nodes[step.operand]?.key === 'n') + 1")


def test_the_size_is_changed_by_keys_and_wheel_and_has_limits(opened):
    browser = opened(iris())
    run(browser, "zoom(1)")
    press(browser, "+")
    assert run(browser, "scale") == 1.25
    press(browser, "-", "-")
    assert run(browser, "scale") == 0.8
    press(browser, "0")
    assert run(browser, "[scale, svg.width.baseVal.value, svg.height.baseVal.value]") == run(
        browser, "[1, size.width, size.height]")
    for id, limit in (("larger", 4), ("smaller", 0.1)):
        for _ in range(20):
            run(browser, f"element('{id}').click()")
        assert run(browser, "scale") == limit
        assert run(browser, "svg.width.baseVal.value / size.width") == pytest.approx(limit, rel=1e-3)
    browser.find_element(By.ID, "fit").click()
    assert run(browser, "scale") == pytest.approx(run(browser, "whole()"), abs=0.02)
    press(browser, "0")
    moved = browser.execute_script("""
        const place = () => [rows[0].getBoundingClientRect().left, rows[0].getBoundingClientRect().top];
        drawing.scrollTo({left: 200, top: 20, behavior: "instant"});
        const [x, y] = place();
        const turn = ctrlKey => drawing.dispatchEvent(new WheelEvent(
            "wheel", {deltaY: -60, ctrlKey, clientX: x, clientY: y, cancelable: true}));
        const scrolls = turn(false) && scale === 1, zooms = !turn(true);
        return [scrolls, zooms, scale, place()[0] - x, place()[1] - y];""")
    assert moved[:2] == [True, True] and moved[2] == pytest.approx(1.2214, abs=1e-4)
    assert max(map(abs, moved[3:])) < 1.5  # the point under the mouse stays


PLAIN = """(() => {  // where nothing but paper is, from the middle
    const {left, top, width, height} = drawing.getBoundingClientRect();
    for (let x = 60; x < width - 60; x += 10) for (let y = 60; y < height - 60; y += 10) {
        const there = document.elementFromPoint(left + x, top + y);
        if (there.closest("svg") && !there.closest(".node")) return [x - width / 2, y - height / 2].map(Math.round);
    }
})()"""


def test_dragging_moves_the_picture_and_is_no_click(opened):
    browser = opened(iris(), "#step=2")
    run(browser, "drawing.style.scrollBehavior = 'auto', zoom(2), drawing.scrollTo(300, 300)")
    drawing = browser.find_element(By.ID, "drawing")
    hand = webdriver.ActionChains(browser, duration=0).move_to_element_with_offset(
        drawing, *run(browser, PLAIN)).click_and_hold()
    hand.move_by_offset(-50, -30).perform()
    assert run(browser, "[drawing.scrollLeft, drawing.scrollTop, drawing.className]") == [350, 330, "dragged"]
    webdriver.ActionChains(browser, duration=0).release().move_by_offset(20, 0).perform()
    assert run(browser, "[drawing.scrollLeft, drawing.className, at, drag]") == [350, "", 2, None]
    row = browser.find_element(By.CSS_SELECTOR, "#node-z2_2 .symbol")
    run(browser, "zoom(1)")
    webdriver.ActionChains(browser, duration=0).move_to_element(row).click_and_hold().move_by_offset(
        30, 0).release().perform()
    assert step_of(browser) == 2
    webdriver.ActionChains(browser, duration=0).move_to_element(row).click_and_hold().move_by_offset(
        2, 1).release().perform()
    assert "δ²₂" in text(browser, "symbols") and step_of(browser) > 2


def test_a_drag_that_ends_outside_of_the_window_has_ended_and_a_finger_drags_nothing(opened):
    browser = opened(iris())
    assert browser.execute_script("""
        const send = (name, given) => drawing.dispatchEvent(new PointerEvent(name, {bubbles: true, ...given}));
        send("pointerdown", {button: 0});
        const begun = drag !== null;
        send("pointermove", {buttons: 0, clientX: 50});
        const ended = drag === null;
        send("pointerdown", {button: 0, pointerType: "touch"});
        return [begun, ended, drag];""") == [True, True, None]


def test_a_click_on_a_leaf_chooses_it_for_a_change(opened):
    browser = opened(iris())
    run(browser, "element('node-w2_3_2').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    assert browser.find_element(By.ID, "leaf").get_property("selectedOptions")[0].text == "w²₃₂"
    assert float(browser.find_element(By.ID, "number").get_property("value")) == run(browser, "pass.data[leaf.value]")


def tall():
    return quadratic(MLP(20, [20, 4], seed=1).forward([0.5] * 20).output, [1.0] * 4)


@pytest.mark.parametrize("graph", [iris, tall])
def test_the_step_at_hand_lies_clear_of_the_buttons_above_the_picture(opened, graph):
    browser = opened(graph())
    run(browser, "unfold()")
    clear = browser.execute_script("""
        drawing.style.scrollBehavior = "auto";
        const buttons = element("zoom").getBoundingClientRect();
        const view = drawing.getBoundingClientRect();
        const tried = graph.steps.map((_, s) => s + 1).filter(s => s < 30 || s % 17 === 0);
        return tried.filter(s => {
            go(s);
            const rows = [...document.querySelectorAll("#drawing .node:is(.now, .from)")];
            const boxes = rows.map(row => row.getBoundingClientRect());
            const right = view.left + drawing.clientWidth, bottom = buttons.top + 2;
            const size = (low, high) => Math.max(...boxes.map(b => b[high])) - Math.min(...boxes.map(b => b[low]));
            const both = size("left", "right") < right - view.left - 48
                && size("top", "bottom") < bottom - view.top - 48;
            return boxes.some((box, k) => (both || rows[k].matches(".now")) && (
                box.left < view.left || box.top < view.top || box.right > right || box.bottom > bottom));
        });""")
    assert clear == []
    assert browser.execute_script("""
        zoom(4);
        drawing.scrollTo(0, 0);
        go(40);
        const row = document.querySelector("#drawing .node.now").getBoundingClientRect();
        const view = drawing.getBoundingClientRect();
        return row.width > drawing.clientWidth && row.left >= view.left && row.left < view.left + 100;""")


def test_the_whole_is_seen_at_first_and_a_step_at_a_size_that_can_be_read(opened):
    browser = opened(iris())
    assert 0.5 <= run(browser, "scale") < 1 and run(browser, "drawing.scrollWidth <= drawing.clientWidth")
    browser = opened(Value(1.0, "x1") + 1.0)
    assert run(browser, "scale") == 1
    browser = opened(MLP(20, [3, 1], seed=1).forward([0.5] * 20).output[0])
    assert run(browser, "scale") < 0.75 and run(browser, "drawing.scrollHeight <= drawing.clientHeight + 1")
    press(browser, Keys.ARROW_RIGHT)
    assert run(browser, "scale") == 0.95
    browser.find_element(By.ID, "fit").click()
    assert run(browser, "scale === Math.min(whole(), 1.5) && drawing.scrollHeight <= drawing.clientHeight + 1")


def test_the_name_of_a_row_has_what_is_seen_in_it_in_its_order(opened):
    browser = opened(iris())
    label = lambda: browser.find_element(By.ID, "node-z2_1").get_attribute("aria-label")  # noqa: E731
    assert label() == "Σ z²₁: ?, δ²₁ –, not computed yet"
    press(browser, Keys.END)
    z = next(node for node in topological_order(iris()) if str(node.label) == "z²₁")
    assert label().startswith(f"Σ z²₁: {number_text(z.data)}, δ²₁ ") and "not computed" not in label()


def test_the_gradients_of_targets_are_seen_with_their_steps(opened):
    browser = opened(iris(), "#step=99999")
    seen = "getComputedStyle(element('node-y1').querySelector('.gradient')).visibility"
    assert run(browser, seen) == "hidden"
    browser.find_element(By.ID, "others").click()
    assert run(browser, seen) == "visible"
