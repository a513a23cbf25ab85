"""Descent in the page, in a real Chromium: its steps are the package's; and what a page of a network is made of."""

import pytest

from micrograd_paper import MLP, Value, cross_entropy, explore, quadratic
from micrograd_paper.descent import descend, evaluate
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import NotANumber, ShapeError, UsageError
from micrograd_paper.page.explore import page
from tests.drawing.graphs import iris
from tests.page.browser import By, address_of, close, engine_of, numbers_of, press, run, step_of, text

ActionChains = pytest.importorskip("selenium.webdriver").ActionChains

pytestmark = pytest.mark.usefixtures("nameless")

EXAMPLES = [([0.5, -1.0], [1.0, 0.0]), ([1.5, 2.0], [0.0, 1.0]), ([-0.5, 0.25], [0.25, 0.5])]
HELD = [([0.1, 0.2], [1.0, 0.0])]


@pytest.fixture
def made(browser, tmp_path):
    """The page of a network, opened; no error in the console at the end."""
    def open_page(net, hash="#mode=descent", **options):
        path = explore(net, tmp_path / "page.html", **options)
        browser.get("about:blank")
        browser.get(path.as_uri() + hash)
        return browser

    yield open_page
    assert [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []


def give(browser, **numbers):
    for id, number in numbers.items():
        browser.execute_script("element(arguments[0]).value = arguments[1]", id, repr(number))


@pytest.mark.parametrize("cost, activations, eta, alpha", [
    (quadratic, "sigmoid", 3.0, 0.0), (cross_entropy, "sigmoid", 0.5, 0.3), (quadratic, ["tanh", "linear"], 0.1, 0.01),
], ids=["quadratic", "cross-entropy", "tanh"])
def test_every_step_is_the_packages_and_so_are_the_costs(made, cost, activations, eta, alpha):
    net = MLP(2, [3, 2], activations, seed=1)
    browser = made(net, examples=EXAMPLES, validation=HELD, cost=cost)
    give(browser, eta=eta, alpha=alpha)
    for _ in range(5):
        browser.find_element(By.ID, "descend").click()
        descend(net, [(i, *example) for i, example in enumerate(EXAMPLES, start=1)], eta, cost, alpha, len(EXAMPLES))
        found = run(browser, "Object.fromEntries(parameters.map(i => [graph.nodes[i].key, pass.data[i]]))")
        for p in net.parameters():
            assert close(found[p.label.ascii], p.data), p.label
            p.data = found[p.label.ascii]  # the next step begins with equal weights
        costs = run(browser, "trail.at(-1)")
        assert costs["training"] == pytest.approx(evaluate(net, EXAMPLES, cost, alpha)[0], rel=1e-12)
        assert costs["heldOut"] == pytest.approx(evaluate(net, HELD, cost)[0], rel=1e-12)
    assert run(browser, "svg.querySelectorAll('.descends .change').length") == len(net.parameters())


def test_a_row_shows_the_change_beside_the_gradient_that_made_it_and_the_lesson_says_so(made):
    net = MLP(2, [2], seed=1)
    browser = made(net, examples=EXAMPLES)
    give(browser, eta=2.0)
    browser.find_element(By.ID, "descend").click()
    assert text(browser, "phase").startswith("after step 1")
    rows = run(browser, """parameters.map((i, k) => [graph.nodes[i].name, lastStep.grads[k], moved(k),
        parts[i].gradient.textContent, rows[i].querySelector(".change").textContent])""")
    for name, gradient, change, written, moved in rows:
        assert change == pytest.approx(-2 * gradient, rel=1e-9)
        assert written == run(browser, f"short({gradient})")
        assert moved == ("▲" if change > 0 else "▼") + run(browser, f"short({abs(change)})")
        browser.execute_script("jump(graph.nodes.findIndex(node => node.name === arguments[0]))", name)
        words = text(browser, "words").replace("\u00a0", " ")
        assert f"The gradient of {name} was {run(browser, f'text({gradient})')}, so it went " in words
        assert ("up" if change > 0 else "down") in words and words.startswith("The cost fell by")
    browser.find_element(By.ID, "restart").click()
    assert run(browser, "trail.length") == 0
    assert numbers_of(browser)[0] == [float(x) for x in run(browser, "recorded.data.map(exact)")]


def test_too_large_an_eta_is_seen_to_overshoot_and_what_is_no_number_stops_with_its_reason(made):
    net = MLP(1, [1], ["linear"], seed=1)
    browser = made(net, examples=[([1.0], [0.5]), ([2.0], [0.0])])
    give(browser, eta=3.0)
    browser.find_element(By.ID, "descend").click()
    assert "The cost rose by" in text(browser, "words") and "a smaller η may help" in text(browser, "words")
    give(browser, eta=1e300)
    for _ in range(3):
        browser.find_element(By.ID, "descend").click()
    assert "stopped at step" in text(browser, "message") and "a smaller η may help" in text(browser, "message")
    assert run(browser, "pass.data.every(Number.isFinite)")
    give(browser, eta=-1.0)
    browser.find_element(By.ID, "descend").click()
    assert text(browser, "message") == "η and α are numbers from 0 on; got -1.0"


def test_play_goes_on_by_itself_and_back_in_the_steps_the_drawing_is_as_before(made):
    browser = made(MLP(2, [2, 2], seed=1), "#step=5", examples=EXAMPLES)
    parts = "[...row.querySelectorAll('.pill, .gradient')]"
    places = f"rows.map(row => {parts}.map(part => [part.getAttribute('x'), part.getAttribute('width')]).join())"
    before = run(browser, places)
    run(browser, "choose_mode('descent')")
    browser.execute_async_script("element('run').click(); setTimeout(arguments[0], 500)")
    assert run(browser, "trail.length") >= 3 and text(browser, "run") == "Pause"
    browser.find_element(By.ID, "run").click()
    run(browser, "choose_mode('steps')")
    assert run(browser, places) == before and run(browser, "svg.querySelectorAll('.descends').length") == 0
    press(browser, "\ue012")
    assert step_of(browser) < run(browser, "graph.steps.length")


def test_another_example_is_shown_with_its_own_numbers(made):
    browser = made(MLP(2, [2, 2], seed=1), examples=EXAMPLES, validation=HELD)
    net = MLP(2, [2, 2], seed=1)
    for k, (x, y) in enumerate([*EXAMPLES, *HELD]):
        browser.execute_script("element('example').value = arguments[0];"
                               "element('example').dispatchEvent(new Event('change'))", str(k))
        for found, expected in zip(numbers_of(browser), engine_of(quadratic(net.forward(x).output, y))):
            assert all(map(close, found, expected))
    assert "w2_1_1" not in address_of(browser)


def test_a_graph_alone_descends_on_its_own_example(opened):
    root = iris()
    browser = opened(root, "#mode=descent")
    browser.find_element(By.ID, "descend").click()
    assert run(browser, "trail[1].training < trail[0].training && batch().length === 1")
    browser = opened(Value(2.0, "u") * Value(3.0, "v"), "#mode=descent")
    browser.find_element(By.ID, "descend").click()
    assert numbers_of(browser)[0] == [-1.0, 1.0, -1.0]
    browser = opened(Value(1.0) * 2.0, "#mode=descent")
    assert "no weights and no other named numbers" in text(browser, "message")


@pytest.mark.parametrize("given, error, what", [
    ({}, UsageError, "a page of a network needs examples"), ({"examples": []}, UsageError, "needs examples"),
    ({"examples": [([1.0], [1.0, 0.0])]}, ShapeError, "example 1"),
    ({"examples": [([1.0, "a"], [1.0, 0.0])]}, NotANumber, "example 1"),
    ({"examples": EXAMPLES, "cost": lambda a, y: a[0]}, UsageError, "a page knows the costs"),
])
def test_a_network_without_fitting_examples_is_refused(given, error, what):
    with pytest.raises(error, match=what):
        page(MLP(2, [2], seed=1), **given)


def test_examples_are_for_a_network():
    with pytest.raises(UsageError, match="are for a network"):
        page(Value(1.0, "C"), examples=EXAMPLES)


def test_beyond_200_examples_the_page_holds_only_the_one_it_shows():
    net = MLP(2, [2], seed=1)
    assert '"examples": []' in page(net, examples=EXAMPLES * 100) and '"m": 300' in page(net, examples=EXAMPLES * 100)
    assert '"examples": []' not in page(net, examples=EXAMPLES * 60)


def test_a_number_is_changed_where_it_stands_by_keys_by_a_double_click_and_by_a_drag(opened):
    root = iris()
    browser = opened(root, "#step=20")
    place = run(browser, "graph.nodes.findIndex(node => node.key === 'w2_1_1')")
    run(browser, f"focusRow({place})")
    for keys in ("-", "2.5\ue007"):
        browser.switch_to.active_element.send_keys(keys)
    assert run(browser, f"pass.data[{place}]") == -2.5 and step_of(browser) == 20
    assert run(browser, "document.activeElement.id") == "node-w2_1_1"
    run(browser, f"rows[{place}].dispatchEvent(new MouseEvent('dblclick'))")
    browser.switch_to.active_element.send_keys("1x\ue007")
    assert "expected a number" in text(browser, "message") and run(browser, f"pass.data[{place}]") == -2.5
    value = browser.find_element(By.CSS_SELECTOR, "#node-w2_1_1 .value")
    step = step_of(browser)
    ActionChains(browser, duration=0).move_to_element(value).click_and_hold().move_by_offset(25, 0).release().perform()
    assert run(browser, f"pass.data[{place}]") == pytest.approx(-2.0) and step_of(browser) == step
    assert run(browser, "edits.size") == 1
    topological_order(root)[place].data = run(browser, f"pass.data[{place}]")
    for found, expected in zip(numbers_of(browser), engine_of(root)):
        assert all(map(close, found, expected))
