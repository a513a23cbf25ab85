"""A large graph opens with what is alike in one box: true numbers, what a step needs, there and back."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, quadratic
from micrograd_paper.display import number_text
from micrograd_paper.engine import topological_order
from micrograd_paper.page.explore import page
from micrograd_paper.reading.parts import collapsed
from micrograd_paper.stepping.steps import backward_steps, forward_steps
from tests.drawing.graphs import iris
from tests.page.browser import By, Keys, numbers_of, press, run, step_of
from tests.strategies import few_examples

FOLDS = """folds.map(({nodes, value, gradient}) => [nodes, value.textContent, gradient.textContent])"""


def network():
    return quadratic(MLP(8, [10, 6, 2], seed=1).forward([0.1 * k - 0.4 for k in range(8)]).output, [1.0, 0.0])


def sum_of_losses():
    pick = random.Random(1)
    w, b, loss = [Value(pick.uniform(-1, 1), f"w{i}") for i in range(3)], Value(0.1, "b"), Value(0.0)
    for _ in range(25):
        z = sum((wi * pick.uniform(-1, 1) for wi in w), b)
        loss = loss + (z.tanh() - pick.uniform(-1, 1)) ** 2
    return loss


GRAPHS = {"network": network, "sum": sum_of_losses}


def summed(nodes, there, numbers, absent):
    """What a row says: nothing, so many of its nodes, or their norm."""
    count = sum([node in there for node in nodes])
    if count < len(nodes):
        return f"{count}/{len(nodes)}" if count else absent
    return number_text(numbers[nodes[0]] if len(nodes) == 1 else math.hypot(*[numbers[node] for node in nodes]))


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
@pytest.mark.slow
def test_a_box_says_at_every_step_how_many_of_its_nodes_there_are_or_their_norm(opened, graph):
    root = graph()
    order = topological_order(root)
    number = {node: i for i, node in enumerate(order)}
    browser = opened(root)
    assert run(browser, "folded !== null")
    boxes = run(browser, "folds.map(({nodes}) => nodes)")
    constants = len(order) - len({node for nodes in boxes for node in nodes})
    assert constants == len(order) - sum(map(len, boxes)) >= 0  # no node is in two boxes
    forward, backward = [*forward_steps(root)], [*backward_steps(root)]
    data, grad = numbers_of(browser)
    last = {number[step.operand]: len(forward) + s + 1 for s, step in enumerate(backward)} | {
        number[root]: len(forward) + 1}
    made = {number[step.node]: s + 1 for s, step in enumerate(forward)}
    for step in [*range(0, len(forward) + 3, 7), *range(len(forward), len(forward) + len(backward) + 1, 23)]:
        run(browser, f"go({step})")
        there = {i for i in range(len(order)) if made.get(i, 0) <= step}
        complete = {i for i, s in last.items() if s <= step}
        for nodes, value, gradient in run(browser, FOLDS):
            assert value == summed(nodes, there, data, "?")
            assert gradient == summed(nodes, complete, grad, "–")


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_a_step_opens_what_it_needs_and_shows_there_what_the_single_nodes_show(opened, graph):
    browser = opened(graph())
    total = run(browser, "graph.steps.length")
    seen = "[...opened.querySelectorAll('.node')].map(row => row.querySelector('title').textContent)"
    assert run(browser, seen) == []
    for step in range(1, total + 1, max(1, total // 25)):
        run(browser, f"go({step})")
        shown = run(browser, seen)
        names = run(browser, "(({now, from, used}) => [now, from].filter(i => i !== null)"
                             ".map(i => parts[i].tip.textContent))(marksOf(at - 1))")
        assert set(names) <= set(shown) and len(shown) <= 18
        assert run(browser, "marksOf(at - 1).used.size") > 8 or len(shown) == run(
            browser, "new Set([graph.steps[at - 1].node, marksOf(at - 1).now, ...marksOf(at - 1).used]).size")
        assert run(browser, "opened.getBoundingClientRect().width <= drawing.clientWidth")
        run(browser, "show(false)")  # the single nodes say the same
        assert set(shown) <= set(run(browser, "parts.map(part => part.tip.textContent)"))
        run(browser, "show(true)")
    press(browser, Keys.HOME)
    assert run(browser, seen) == []


def test_a_click_opens_the_single_nodes_and_the_back_button_folds_them(opened):
    browser = opened(network())
    run(browser, "change([[leaves[0], 0.75]])")
    press(browser, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    browser.execute_script(
        "document.querySelector('#folded-z3').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    assert run(browser, "folded === null") and step_of(browser) == 2
    assert run(browser, "document.activeElement.id.startsWith('node-z3_') && scale === 0.95")
    seen, view = run(browser, "[document.activeElement, drawing].map(each => each.getBoundingClientRect().toJSON())")
    assert view["top"] < seen["top"] < seen["bottom"] < view["bottom"]
    run(browser, "go(following())")
    at = step_of(browser)
    browser.back()
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    assert run(browser, "folded !== null") and step_of(browser) == at
    assert run(browser, "pass.data[leaves[0]]") == 0.75  # what was changed stays


def test_other_modes_are_of_single_nodes_and_whole_folds_them(opened):
    browser = opened(network())
    for mode in ("Descent", "Ask me"):
        browser.find_element(By.XPATH, f"//button[contains(., '{mode}')]").click()
        assert run(browser, "folded === null")
        browser.find_element(By.ID, "fit").click()
        assert run(browser, "folded !== null && mode === 'steps'")


def test_boxes_are_one_stop_of_the_tab_key(opened):
    browser = opened(network())
    assert run(browser, "[...boxes.querySelectorAll('[tabindex=\"0\"]')].length") == 1
    run(browser, "folds[0].row.focus()")
    browser.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert run(browser, "document.activeElement === folds[1].row && folded !== null")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert run(browser, "folded === null && at === 0 && document.activeElement.id.startsWith('node-')")


def test_a_small_graph_opens_folded_if_that_is_asked_for(opened):
    browser = opened(collapsed(iris()))
    assert run(browser, "folded !== null && rows.every(row => row !== null)")
    assert "folds" not in page(iris())


@few_examples(5)
@given(st.integers(0, 100))
def test_every_number_of_the_folded_picture_is_written_by_the_page(seed):
    """The picture that Python draws for it holds none: an edit would leave it."""
    pick = random.Random(seed)
    net = MLP(3, [4, 2], seed=seed)
    text = page(collapsed(quadratic(net.forward([pick.random() for _ in range(3)]).output, [1, 0])))
    folded = text.partition('<svg hidden=""')[2].partition("</svg>")[0]
    heading, graph = folded.partition("</style>")[2].split('<g class="graph"')
    assert " = " not in heading and 'class="partial"' not in graph


def test_the_back_button_folds_a_descent_and_keeps_what_it_changed(opened):
    browser = opened(network())
    run(browser, "(choose_mode('descent'), element('descend').click(), true)")
    data = run(browser, "pass.data")
    browser.execute_async_script("setTimeout(arguments[0], 300)")  # the address is written a moment later
    browser.back()
    browser.execute_async_script("setTimeout(arguments[0], 300)")
    assert run(browser, "folded !== null && mode === 'steps'")
    assert run(browser, "pass.data") == data
