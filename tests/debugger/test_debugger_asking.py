"""What a person asks next: how, health, rcontinue, display …; and which command finds which mistake."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Op, Value, apply, health, quadratic
from micrograd_paper.debugger import ask_commands
from micrograd_paper.engine import topological_order
from micrograd_paper.graph import gradient
from micrograd_paper.operations import TABLE
from micrograd_paper.stepping.steps import backward_steps, forward_steps
from tests.debugger.test_debugger import iris, one_line_error, said, talk
from tests.debugger.test_debugger_program import talk as program
from tests.graphs import bits
from tests.strategies import expressions

DEMO = Path(__file__).parents[2] / "demos" / "debugging.md"


@pytest.fixture(autouse=True)
def two_hundred_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def forgotten_zero_grad():
    w = Value(3.0)
    for _ in range(2):
        C = (w * 2 - 1) ** 2
        C.backward()


def stale_graph():
    w = Value(3.0)
    C = (w * 2 - 1) ** 2
    for _ in range(2):
        w.grad = 0
        C.backward()
        w.data -= 0.1 * w.grad


def dead_relus():
    w = [Value(-1.0), Value(-2.0), Value(1.5)]
    hidden = [(each * 2).relu() for each in w]
    C = (hidden[0] + hidden[1] + hidden[2] - 1) ** 2
    C.backward()


def vanishing():
    net = MLP(2, [2] * 9 + [1], seed=1)
    C = quadratic(net.forward([1.0, 0.5]).output, [1.0])
    C.backward()


def exploding():
    x = Value(1e-9)
    for _ in range(5):
        x = (x * 30).tanh()
    C = x * 1.0
    C.backward()


def log_of_0():
    p = Value(1e-200)
    C = -(p * p + Value(1e-320)).log() * 1e-3
    C.backward()


def left_the_graph():
    from math import exp

    w, v = Value(0.5), Value(2.0)
    h = w * 3
    C = exp(h) * v
    C.backward()


def wrong_derivative():
    cube = Op("cube", "³", lambda x: x**3, lambda result, x: (2 * x,))
    w = Value(2.0)
    C = apply(cube, w) * 4
    C.backward()


def shared_weight():
    w = Value(2.0)
    C = w * 3 * w
    C.backward()


PROGRAMS = {function.__name__.replace("_", " "): function for function in (
    forgotten_zero_grad, stale_graph, dead_relus, vanishing, exploding, log_of_0, left_the_graph, wrong_derivative,
    shared_weight)}


def rows():
    """The table of the demo: what is wrong → commands, what is shown."""
    found = re.findall(r"^\| ([^|`]+) \| `([^|]+)` \| `(.+)` \|$", DEMO.read_text(encoding="utf-8"), re.MULTILINE)
    return {what: (commands.split("`, `"), shown) for what, commands, shown in found}


@pytest.mark.parametrize("what", PROGRAMS)
def test_at_most_three_commands_lead_to_each_mistake_as_the_demo_says(what):
    commands, shown = rows()[what]
    assert len(commands) <= 3 and list(rows()) == list(PROGRAMS)
    assert shown.removesuffix(" …") in program(PROGRAMS[what], *commands, "go").replace("\n  ", "\n")


def test_a_sound_pass_has_no_finding_and_the_table_has_a_row_for_each_layer():
    found = health(iris())
    assert found.ok and [row[0] for row in found.rows] == ["2", "3"]
    C = iris()
    C.backward()
    deltas = [node.operands[0].grad for node in topological_order(C) if node.op and node.op.name == "sigmoid"]
    assert sum(row[1] ** 2 for row in found.rows) == pytest.approx(sum(delta**2 for delta in deltas))


@given(expressions(), st.booleans())
def test_health_changes_nothing(expression, passed):
    root = expression.value([Value(x) for x in expression.leaves])
    if passed:
        root.backward()
    before = [(node.data, node.grad, node.label) for node in topological_order(root)]
    str(health(root))
    assert [(node.data, node.grad, node.label) for node in topological_order(root)] == before


def test_how_spells_out_the_forward_arithmetic_and_each_partial():
    root = iris()
    a = talk(root, "how a2_1")[1]
    z, y = (next(node for node in topological_order(root) if str(node.label) == name) for name in ("z²₁", "a²₁"))
    assert a[0].startswith("a²₁ = σ(z²₁) = ")
    assert a[1] == (f"∂a²₁/∂z²₁ = σ′(z²₁) = a²₁·(1 − a²₁) = {y.data:.4g}·(1 − {y.data:.4g}) = {y.partials[0]:.4g}")
    assert z.op is not None and len(said(root, "how z2_1")) == 2 + len(z.operands)  # and words


@given(expressions(), st.data())
def test_rcontinue_goes_to_the_last_stop_before_this_moment_with_the_gradients_of_that_moment(expression, data):
    root = expression.value([Value(x, f"x{i}") for i, x in enumerate(expression.leaves)])
    leaf = data.draw(st.sampled_from([node for node in topological_order(root) if node.op is None]))
    forward = talk(root, f"watch {leaf.label}", "c", "c", "c")
    stops = [answer[0] for answer in forward[2:] if answer and answer[0].startswith("watch")]
    for node in topological_order(root):
        node.grad = 0
    back = talk(root, f"watch {leaf.label}", *["c"] * len(stops), "rc")[len(stops) + 2]
    if stops:
        assert back[0] == stops[-1]


@given(st.integers(1, 60), st.sampled_from(["z2_1", "a3_1", "C", "z2_3"]))
def test_back_to_a_node_is_where_its_turn_came(steps, name):
    root = iris()
    answers = talk(root, f"step {steps}", f"tbreak {name}", f"back {name}", "print")
    if "has not come yet" not in " ".join(answers[3]):
        assert answers[4][0].startswith({"z2_1": "z²₁", "a3_1": "a³₁", "C": "C", "z2_3": "z²₃"}[name])


def test_a_displayed_expression_is_shown_at_each_stop_until_it_is_displayed_again():
    answers = talk(iris(), "display data", "next", "display data", "next")
    assert answers[1][0].startswith("display data: 0.3805") and answers[2][-1].startswith("display data: ")
    assert answers[3] == ["data is not displayed any more"] and "display" not in " ".join(answers[4])


def test_list_takes_a_range_and_all():
    assert len(said(iris(), "list all")) == 60 and len(said(iris(), "list 3 7")) == 5
    assert said(iris(), "list 3 7")[0].startswith("3    ")


def test_names_lists_what_can_be_typed():
    assert said(iris(), "names w2_1") == ["w2_1_1  w2_1_2  w2_1_3  w2_1_4"]
    assert said(iris(), "names z*_1") == ["z2_1  z3_1"]
    assert one_line_error(iris(), "names qqq") == "no name contains qqq; names alone lists them"


def test_explore_writes_a_page(tmp_path):
    answer = " ".join(said(iris(), "next", f"explore {tmp_path / 'page.html'}"))
    assert "<html" in (tmp_path / "page.html").read_text(encoding="utf-8") and "#step=" in answer


@pytest.mark.parametrize("typed, expected", [
    ("how x1", "x₁ is a leaf: nothing computes it; how takes the name of a result, and why "),
    ("forward 3", "forward stands alone: nothing follows it; got 3"), ("forwrad", "did you mean forward?"),
    ("how nothing", "no node of this graph is named nothing"),
    ("health C", "health stands alone: nothing follows it; got C"),
    ("display", "nothing is displayed; expected an expression, as in display z2_1.grad"),
    ("display ((", "(( is not an expression"), ("display nothing", "no node of this graph is named nothing"),
    ("list 0 3", "expected a step's number, as in list 12; got 0"), ("list 1 99", "the pass has the steps 1 to 60"),
    ("list 1 2 3", "the pass has the steps 1 to 60"), ("list all all x", "expected a step's number"),
    ("back z2_1", "this is the start of the pass"), ("rc", "this is the start of the pass"),
    ("rcontinue 3", "rcontinue stands alone"), ("explore a.svg", "explore writes a page"),
    ("explore /nowhere/a.html", "annot"), ("pdb now", "pdb stands alone"), ("ignore 1 x", "expected"),
])
def test_what_is_wrong_is_one_line_with_the_remedy(typed, expected):
    assert expected in one_line_error(iris(), typed)


@given(expressions())
def test_the_deltas_of_health_are_those_of_gradient(expression):
    root = expression.value([Value(x) for x in expression.leaves])
    nodes = [node for node in topological_order(root) if node.op is not None and node.op.name in
             ("relu", "sigmoid", "tanh")]
    of_pass = gradient(root, [node.operands[0] for node in nodes])
    norms = [row[1] for row in health(root).rows]
    assert bool(norms) == bool(of_pass) and all(bits(float(norm)) for norm in norms)
    if len(nodes) == 1:
        assert norms == [abs(of_pass[0])]


def test_a_stop_spells_out_the_slope_of_a_function():
    root = iris()
    lines = said(root, "break z3_1", "c", "back")
    a = next(node for node in topological_order(root) if str(node.label) == "a³₁")
    spelled = [line for line in lines if line.startswith("   σ′(z³₁) = ")]
    assert spelled == [f"   σ′(z³₁) = a³₁·(1 − a³₁) = {a.data:.4g}·(1 − {a.data:.4g}) = {a.partials[0]:.4g}"]


def test_a_pass_of_gradient_is_not_called_backward():
    def second():
        x = Value(2.0)
        y = x**3
        (dx,) = gradient(y, [x], create_graph=True)
        dx.backward()

    headings = [line for line in program(second, "c", "c", "c", "c").splitlines() if " nodes, " in line]
    assert [line.partition(" of ")[0] for line in headings] == ["gradient(…, create_graph=True)", "backward()"]


def test_how_says_in_words_what_the_node_and_the_next_step_do():
    root = iris()
    forward = {step.node: step for step in forward_steps(root)}
    for moves in ([], ["step 3"], ["break z2_1", "c"]):
        answers = said(root, *moves, "how")
        at = next(node for node in forward if forward[node].text in answers)
        assert forward[at].words in answers
        here = next(line for line in answers if line.startswith("Next: "))
        assert here.removeprefix("Next: ") in {step.words for step in backward_steps(root)}


def test_a_slope_is_not_spelled_in_digits_that_do_not_give_it():
    C = Value(6.0, "y").tanh()
    assert said(C, "how")[1] == f"∂root/∂y = tanh′(y) = 1 − root² = {C.partials[0]:.4g}".replace("e-0", "e−")
    assert "1²" in " ".join(said(Value(1.0, "y") ** 3, "how")) and "·(1 − " in " ".join(said(iris(), "how a2_1"))


def test_a_number_that_comes_from_a_node_of_the_graph_itself_has_left_it_too():
    x = Value(0.3)
    a = x.tanh()
    lost, half = Value(math.exp(a.data)), Value(0.5)
    told = " ".join(health(a * lost + (x + 0.2) * half).findings)
    assert "lost is a leaf with the number exp of a.data" in told and "half" not in told


def test_a_step_of_a_wide_sum_takes_no_work_for_its_other_operands(monkeypatch):
    monkeypatch.setattr(ask_commands, "gives_it", lambda node, place: pytest.fail("all partials are computed again"))
    root = apply(TABLE["total"], *[Value(float(i), f"x{i}") for i in range(100)])
    assert said(root, "s", "s", "s")[0].startswith("-> ∂root/∂x3 += 1")


def test_a_product_with_1_has_not_left_the_graph():
    w, x, b = Value(0.3712345), Value(1.0), Value(0.0)
    before = w * x
    loss = (w * x + b).tanh()
    assert before.data == w.data and "left" not in " ".join(health(loss).findings)
