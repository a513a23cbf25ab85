"""The page asks, in a real Chromium: what is hidden, and how answers are judged."""

import pytest

from micrograd_paper.engine import topological_order
from micrograd_paper.stepping.steps import backward_steps, forward_steps
from tests.drawing.graphs import batch, classic_neuron, iris
from tests.page.browser import By, Keys, run, text

pytestmark = pytest.mark.usefixtures("nameless")


def answer(browser, number):
    field = browser.find_element(By.ID, "reply")
    field.clear()
    field.send_keys(str(number), Keys.ENTER)
    return text(browser, "verdict").replace("\u00a0", " ")


def posed(browser, name, times=1):
    """Ask for the step that computes this, the first or another time."""
    run(browser, f"pose(graph.steps.flatMap(({{name}}, s) => name === '{name}' ? [s + 1] : [])[{times - 1}])")


def test_nothing_of_the_step_that_is_asked_or_of_later_ones_is_shown(opened):
    root = iris()
    browser = opened(root, "#mode=ask")
    steps = [*forward_steps(root), *backward_steps(root)]
    for s in (20, 33, 58):
        run(browser, f"pose({s})")
        step, shown = steps[s - 1], run(browser, "document.body.innerText")
        hidden = run(browser, "[...svg.querySelectorAll('title')].map(tip => tip.textContent).join()")
        titles = run(browser, "[...document.querySelectorAll('#around button')].map(button => button.title).join()")
        assert step.arithmetic not in shown + hidden + titles and f"= {step.filled((step.result,))}" not in shown
        row = run(browser, f"parts[{topological_order(root).index(step.operand)}].gradient.textContent")
        assert row != step.filled((step.result,)) or row == "–"
        marks = run(browser, "svg.querySelectorAll('.now .edge, .used, .from, .path').length")
        assert marks == 0
        assert run(browser, "element('symbols').textContent + element('numbers').textContent") == ""


@pytest.mark.parametrize("graph", [iris, batch, classic_neuron])
def test_the_steps_own_number_is_right_and_three_digits_of_it(opened, graph):
    browser = opened(graph(), "#mode=ask")
    found = browser.execute_script("""
        return asking().map(s => [judge(expected(s - 1), s - 1), judge(Number(expected(s - 1).toPrecision(3)), s - 1),
                                  expected(s - 1) === 0 || judge(expected(s - 1) * 2 + 1, s - 1) !== ""]);""")
    assert found and all(one == two == "" and refused for one, two, refused in found)


def test_each_usual_mistake_is_named(opened):
    browser = opened(iris(), "#mode=ask")
    posed(browser, "δ²₁")
    grad, partial, term = run(browser, """(() => { const {node, position} = graph.steps[asked - 1];
        return [pass.grad[node], pass.partials[node][position], expected(asked - 1)]; })()""")
    assert "the slope of a²₁ at z²₁ is left out" in answer(browser, grad)
    assert "how C reacts to a²₁ is left out" in answer(browser, partial)
    assert "has the wrong sign" in answer(browser, -term)
    assert "is no number" in answer(browser, "abc")
    assert answer(browser, term).startswith("Right.") and text(browser, "check") == "Next"
    posed(browser, "∂C/∂a²₁", 2)
    found = browser.execute_script("""
        const s = asked - 1, {node, operand, position} = graph.steps[s], z = graph.nodes[node];
        const place = name => graph.nodes.findIndex(node => node.name === name);
        const number = name => pass.data[place(name)], delta = name => pass.grad[place(name)];
        return [pass.after[s], number("w³₁₁") * delta("z³₂"), number("w³₂₂") * delta("z³₂"),
                number("w³₂₁") * delta("z³₁"),
                delta("z³₂")].map(x => judge(x, s));""")
    so_far, row, column, neuron, factor = found
    assert "the sum so far" in so_far
    assert "comes with w³₁₁ in the place of w³₂₁" in row and "comes with w³₂₂ in the place of w³₂₁" in column
    assert "comes with δ³₁ in the place of δ³₂" in neuron and "the factor w³₂₁ is left out" in factor


def test_the_score_counts_right_helped_and_shown_until_the_end(opened):
    browser = opened(classic_neuron(), "#mode=ask")
    count = run(browser, "asking().length")
    answer(browser, run(browser, "expected(asked - 1)"))
    browser.find_element(By.ID, "check").click()
    browser.find_element(By.ID, "hint").click()
    assert "Multiply how the cost reacts to" in text(browser, "verdict")
    answer(browser, run(browser, "expected(asked - 1)"))
    browser.find_element(By.ID, "check").click()
    browser.find_element(By.ID, "reveal").click()
    assert text(browser, "score") == f"1 right at once · 1 after help · 1 shown · {count - 3} to go"
    browser.find_element(By.ID, "check").click()
    for _ in range(count - 3):
        browser.find_element(By.ID, "skip").click()
    assert text(browser, "phase") == "the end of the questions"
    assert text(browser, "verdict") == "1 right at once, 1 after help, 1 shown."


def test_a_factor_is_picked_and_another_steps_is_named(opened):
    root = iris()
    browser = opened(root, "#mode=ask&kind=factors")
    steps = [*forward_steps(root), *backward_steps(root)]
    own = steps[run(browser, "asked - 1")]
    buttons = browser.find_elements(By.CSS_SELECTOR, "#choices button")
    assert len(buttons) == 4
    wrong = next(button for button in buttons if button.text != own.filled(own.formula))
    reply = wrong.text
    wrong.click()
    assert f"{reply} is what reaches" in text(browser, "verdict")
    next(button for button in buttons if button.text == own.filled(own.formula)).click()
    assert text(browser, "verdict").startswith("Right.") and "1 after help" in text(browser, "score")
    run(browser, "choose_mode('steps')")
    assert text(browser, "words") and not browser.find_element(By.ID, "answer").is_displayed()
