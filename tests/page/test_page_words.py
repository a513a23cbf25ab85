"""The page in a real Chromium: its sentences are Python's, also after an edit; the equation; why; what is skipped."""

import json
import random

import pytest

from micrograd_paper import MLP, Value, cross_entropy, quadratic
from micrograd_paper.costs import mean_cost
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import MicrogradPaperError
from micrograd_paper.graph import recompute
from micrograd_paper.stepping.steps import backward_steps, forward_steps
from tests.drawing.graphs import atomic, batch, classic_neuron, iris
from tests.page.browser import By, press, run, step_of, text
from tests.page.test_page_numbers import without_gradients

pytestmark = pytest.mark.usefixtures("nameless")

SAID = "graph.steps.map((_, s) => words(s))"


def decayed():
    return mean_cost(MLP(2, [2, 1], seed=1), [([1.0, 0.0], [1.0]), ([0.0, 1.0], [0.0])], quadratic, alpha=0.5)


def odd():
    x, y = Value(0.5, "x{y}"), Value(0.25, "$&")
    return (x.relu() * y + abs(x - y) / x + x**2 + y.tanh() - (x.exp() + y).log()) * 2.0


@pytest.mark.parametrize("graph", [iris, lambda: iris(cross_entropy), classic_neuron, atomic, batch, decayed, odd],
                         ids=["iris", "cross-entropy", "classic", "atomic", "batch", "decay", "odd"])
def test_the_sentences_of_the_page_are_those_of_python_also_after_edits(opened, graph):
    root = without_gradients(graph())
    browser = opened(root)
    leaves = [(i, node) for i, node in enumerate(topological_order(root)) if not node.operands]
    rng = random.Random(1)
    for _ in range(12):
        assert run(browser, SAID) == [step.words for step in [*forward_steps(root), *backward_steps(root)]]
        without_gradients(root)
        before = [node.data for _, node in leaves]
        numbers = [rng.choice([0.0, 1.0, rng.uniform(0.1, 2), rng.uniform(0.1, 40), node.data]) for _, node in leaves]
        for (_, node), number in zip(leaves, numbers):
            node.data = min(number, 1.0) if str(node.label).startswith("y") else number
        try:
            recompute(root)
        except MicrogradPaperError:
            for (_, node), number in zip(leaves, before):
                node.data = number
            recompute(root)
            continue
        run(browser, f"change({json.dumps([[i, node.data] for i, node in leaves])})")


def test_the_equation_has_each_number_below_its_symbol(opened):
    root = iris()
    browser = opened(root)
    found = browser.execute_script("""
        return graph.steps.map((_, s) => {
            go(s + 1);
            const cells = row => [...row.children].map(cell => cell.textContent);
            return [...document.querySelectorAll("#math mtr")].map(cells);
        });""")
    steps = [*forward_steps(root), *backward_steps(root)]
    for step, (above, below) in zip(steps, found, strict=True):
        assert len(above) == len(below) or step.node is root
        assert below[0] == step.filled((step.result,)) or step.total.endswith(f"= {below[0]}")
        assert "".join(below[2:]).replace(" ", "") == step.arithmetic.replace(" ", "")
    assert all("undefined" not in row for rows in found for row in rows for row in row)


def test_why_shows_every_term_of_the_chain_rule_and_each_lights_its_ways(opened):
    root = iris()
    steps = [*forward_steps(root), *backward_steps(root)]
    a = next(node for node in topological_order(root) if str(node.label) == "a²₂")
    shares = [(s, step) for s, step in enumerate(steps, start=1) if step.operand is a]
    browser = opened(root, f"#step={shares[1][0]}")
    browser.find_element(By.ID, "why").click()
    buttons = browser.find_elements(By.CSS_SELECTOR, "#terms button")
    assert [button.text for button in buttons] == [
        f"{step.filled(step.formula)} = {step.filled((step.result,))}" for _, step in shares]
    assert text(browser, "terms").startswith("∂C/∂a²₂ =")
    for button, (_, step) in zip(buttons, shares):
        button.click()
        lit = run(browser, "[...svg.querySelectorAll('.node.path')].map(row => row.id)")
        z = step.node.label.ascii
        assert set(lit) == {"node-a2_2", f"node-{z}", f"node-{z.replace('z', 'a')}", "node-C"}
    browser.find_element(By.ID, "why").click()
    assert run(browser, "svg.querySelectorAll('.path').length") == 0 and text(browser, "words")


def test_steps_for_inputs_and_targets_are_skipped_unless_wanted(opened):
    browser = opened(iris())
    passed = browser.execute_script("""
        const seen = [];
        go(0);
        while (at < graph.steps.length) {
            pressed.next();
            seen.push(graph.nodes[graph.steps[at - 1].operand]?.key ?? "forward");
        }
        return seen;""")
    assert len(passed) == 58 and not any(name[0] in "xy" for name in passed)
    assert text(browser, "phase") == "backward pass · 60 of 60 · step 73 of 73"
    browser.find_element(By.ID, "others").click()
    assert text(browser, "phase") == "backward pass · 60 of 60 · step 73 of 73"
    press(browser, "\ue00e")  # Page Up, as a clicker sends it
    assert step_of(browser) == 72


def test_a_graph_without_weights_skips_nothing(opened):
    browser = opened(Value(2.0, "x") * Value(3.0, "y"))
    assert run(browser, "visible.length === graph.steps.length && element('others-too').hidden")


def test_a_path_of_the_program_is_one_name_in_the_equation(opened):
    w, x = Value(0.5, "model.layers[0].w[1]"), Value(2.0, "xs[3]")
    browser = opened((w * x).tanh())
    names = "[...element('math').querySelectorAll('mfrac mi')].map(part => part.textContent)"
    seen = [run(browser, f"(go({step}), {names})") for step in range(1, run(browser, "graph.steps.length") + 1)]
    assert {"model.layers[0].w[1]", "xs[3]"} <= {name for step in seen for name in step}


def test_the_sigmoid_and_its_slope_are_written_beside_its_steps(opened):
    browser = opened(iris())
    seen = {}
    for step in range(1, run(browser, "graph.steps.length") + 1):
        run(browser, f"go({step})")
        op = run(browser, f"graph.ops[graph.nodes[graph.steps[{step - 1}].node].op].name")
        is_forward = run(browser, "at <= forwardSteps")
        forms = run(browser, "[...element('form').children].map(part => part.textContent)")
        seen.setdefault((op, is_forward), set()).add(tuple(forms[1:]))
    assert seen.pop(("sigmoid", True)) == {("σ(z)=1/(1+e−z)",)}
    assert seen.pop(("sigmoid", False)) == {("σ′(z)=σ(z)(1−σ(z))",)}
    assert set().union(*seen.values()) == {()}


def test_why_says_what_is_there_so_far_and_what_it_comes_to(opened):
    browser = opened(iris())
    shares = run(browser, "graph.steps.flatMap((step, s) => step.operand !== null"
                          " && graph.nodes[step.operand].name === 'a²₁' ? [s + 1] : [])")
    total = run(browser, "text(pass.grad[graph.nodes.findIndex(node => node.name === 'a²₁')])")
    for place, step in enumerate(shares, start=1):
        run(browser, f"(go({step}), askWhy(true))")
        said, after = run(browser, f"[element('terms').textContent, text(pass.after[{step - 1}])]")
        is_last = place == len(shares)
        assert said.endswith(f"= {total}" if is_last else f"= {total} in the end; {after} so far")
        assert run(browser, "element('terms').querySelectorAll('.future').length") == len(shares) - place
