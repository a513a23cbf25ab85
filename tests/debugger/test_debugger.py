"""The debugger, spoken to as in a pipe: each command, what it says, and what is wrong with what is typed."""

import io
import math
import re
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import micrograd_paper
from micrograd_paper import apply, draw, find, observing
from micrograd_paper.comparing.compare import compare
from micrograd_paper.costs import batch_cost, cross_entropy, quadratic, total
from micrograd_paper.debugger.check import check_gradients
from micrograd_paper.debugger.debugger import COMMANDS, Debugger, Quit, debugging
from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.nn import MLP
from micrograd_paper.operations import TABLE
from micrograd_paper.stepping.breakpoints import break_at
from micrograd_paper.stepping.steps import backward_steps
from tests.drawing.graphs import nodes, of_class
from tests.graphs import bits, values
from tests.strategies import expressions, networks

FLOWER = [5.1, 3.5, 1.4, 0.2]


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def iris(cost=quadratic, **options):
    return cost(MLP(4, [3, 3], seed=1, **options).forward(FLOWER).output, [1.0, 0.0, 0.0])


def talk(root, *commands):
    """What is said to each of the commands, as lines; the first is what is said at the start."""
    out = io.StringIO()
    walk = Pass.of(root)
    Debugger(io.StringIO("".join(f"{command}\n" for command in commands)), out).visit(walk, None)
    walk.close()
    answers = out.getvalue().split("(debug) ")
    return [answers[0].splitlines(), *(answer.splitlines()[1:] for answer in answers[1:])]


def said(root, *commands):
    """The answer to the last of the commands."""
    return talk(root, *commands)[len(commands)]


def one_line_error(root, *commands):
    """The error that the last command gives, after which the conversation goes on."""
    answers = talk(root, *commands, "info")
    text = " ".join(" ".join(answers[len(commands)]).split())
    assert text.startswith("*** ") and text.count("***") == 1
    assert "steps made" in answers[len(commands) + 1][1]
    return text.removeprefix("*** ")


def gradients(root):
    return [bits(float(node.grad)) for node in topological_order(root)]


# Moving.

def test_a_stop_shows_the_node_and_the_next_step_as_arithmetic():
    assert talk(iris())[0] == [
        "backward() of C = 0.3805: 47 nodes, 60 steps",
        "> C = 0.3805 · grad 1 · ½Σ²",
        "-> ∂C/∂a³₁ += a³₁ − y₁ = 0.4161 − 1 = −0.5839   (16)",
    ]


def test_step_shows_one_step_after_the_other_and_an_empty_line_repeats_it():
    steps = [step.text for step in backward_steps(iris())]
    answers = talk(iris(), "step", "s", "", "print C", "")
    shown = [" ".join(answer[-1].split()) for answer in (answers[0], answers[1], answers[2], answers[3], answers[5])]
    assert shown == [f"-> {' '.join(step.split())}" for step in steps[:5]]


def test_nothing_happens_on_an_empty_line_before_the_first_move():
    assert said(iris(), "") == []


move = st.sampled_from(["step", "step 7", "next", "next 3", "layer", "back", "back 9", "rewind", "finish", "continue",
                        "why", "where", "list", "info", "print"])


@given(st.lists(move, max_size=8))
def test_whatever_is_typed_the_gradients_are_those_of_backward_when_one_goes_on(typed):
    root, twin = iris(), iris()
    twin.backward()
    talk(root, *typed, "finish", "continue")
    assert gradients(root) == gradients(twin)


def test_quitting_in_the_middle_leaves_the_gradients_of_that_moment_and_what_leaves_held():
    a, b = Value(2.0, "a"), Value(5.0, "b")
    a.grad = 100.0
    root = a * b + a
    assert talk(root, "step 2", "quit")
    assert (root.grad, a.grad, b.grad) == (1, 101.0, 0)


def test_next_goes_from_node_to_node_and_layer_from_layer_to_layer():
    nodes = [answer[0] for answer in talk(iris(), "next", "next 2", "layer", "layer")[1:5]]
    assert [re.match(r"> (\S+) = ", line)[1] for line in nodes[:3]] == ["a³₃", "a³₂", "a²₃"]
    assert nodes[3].startswith("The end of the pass, 60 steps")


def test_layers_of_a_network_made_of_sums_and_products_are_those_of_the_neurons_that_they_are_in():
    root = iris(atomic=True)
    answers = talk(root, "layer", "info", "layer", "info")
    assert answers[2][1].endswith("a³₃, layer 3") and answers[4][1].endswith("a²₃, layer 2")


def test_back_and_rewind_undo_steps():
    answers = talk(iris(), "step 9", "info", "back", "info", "back 3", "info", "rewind", "info")
    assert [answers[i][1].split()[0] for i in (2, 4, 6, 8)] == ["9", "8", "5", "0"]


def test_continue_stops_at_the_end_of_the_pass_first_and_then_goes_on():
    answers = talk(iris(), "continue", "c")
    assert answers[1] == ["The end of the pass, 60 steps: continue goes on, back and rewind go back."]
    assert len(answers) == 3  # nothing was asked after it


# Stopping.

def stops_at(root, *commands):
    """The nodes at which continue stops."""
    answers = talk(root, *commands, *["continue"] * 30)[len(commands) + 1:]
    return [re.match(r"> (.+?) = ", line)[1] for answer in answers for line in answer if line.startswith("> ")]


def test_breakpoints_stop_where_the_turn_of_their_node_comes():
    assert stops_at(iris(), "break z2_1") == ["z²₁"]
    assert stops_at(iris(), "b z²₂", "b delta3_1") == ["z³₁", "z²₂"]
    assert stops_at(iris(), "break layer 2") == ["a²₃"]
    assert stops_at(iris(), "break op sigmoid") == stops_at(iris(), "break op σ") == [
        "a³₃", "a³₂", "a³₁", "a²₃", "a²₂", "a²₁",
    ]
    assert stops_at(iris(), 'break if label == "z2_3"') == stops_at(iris(), "break if label == 'z²₃'") == ["z²₃"]
    square = Value(2.0, "x") * 2
    square.label = "x² of mine"
    assert stops_at(square + 1, "break if label == 'x² of mine'") == ["x² of mine"]
    assert stops_at(iris(), "break if op == 'weighted_sum' and layer > 2") == ["z³₃", "z³₂", "z³₁"]
    assert stops_at(iris(), "tbreak op sigmoid") == ["a³₃"]


def test_a_breakpoint_at_a_leaf_stops_when_its_gradient_is_complete():
    root = iris()
    answer = said(root, "break w2_1_1", "continue")
    twin = iris()
    twin.backward()
    weight = next(node for node in topological_order(twin) if str(node.label) == "w²₁₁")
    assert answer[0] == "breakpoint 1 (w2_1_1)"
    assert answer[1] == f"> w²₁₁ = {weight.data:.4g} · grad {weight.grad:.4g}, complete".replace("-", "−")
    assert "> x = 2 · grad 4, complete\n   " in program("break x", "go", "go", passes=1)[0][2]  # then where it was made


@given(networks(), st.sampled_from([0.01, 0.1, 1.0]))
def test_a_condition_stops_at_exactly_the_nodes_for_which_it_holds(drawn, least):
    net, x, y = drawn
    root, twin = (quadratic(net.forward(x).output, y) for _ in range(2))
    net.zero_grad()
    twin.backward()
    expected = [node for node in topological_order(twin)[::-1] if abs(node.grad) > least and node is not twin]
    net.zero_grad()
    out = io.StringIO()
    walk = Pass.of(root)
    commands = f"break if abs(grad) > {least}\n" + "c\n" * (len(expected) + 2)
    debugger = Debugger(io.StringIO(commands), out)
    debugger.visit(walk, "")
    assert debugger.stops.all[0].hits == len(expected)
    assert debugger.left == "continue"


def test_a_watch_stops_after_each_change_of_the_gradient():
    answers = talk(iris(), "watch a2_1", "c", "c", "c", "c")
    for answer, number in zip(answers[2:5], (1, 2, 3)):
        assert answer[0].startswith("watch 1 (a2_1): ") and answer[1].startswith("   ∂C/∂a²₁ += δ³"), number
        assert any(line.startswith("-> ") for line in answer)
    assert answers[5][0].startswith("The end of the pass")
    answer = said(iris(), "watch z3_1", "step 20", "c")  # after it a leaf has its turn, which is not what was watched
    assert not any("complete" in line for line in answer)
    x = Value(3.0, "x")
    assert said(x * 0.0 + x * 0, "watch x", "c")[0].startswith("The end of the pass")  # nothing is added


def test_breakpoints_are_listed_counted_and_cleared():
    answers = talk(iris(), "break z2_1", "tbreak op sigmoid", "watch b2_1", "c", "c", "break", "clear 1", "clear b2_1",
                   "break", "clear")
    assert answers[6] == ["breakpoint 1 (z2_1), met 1 time", "watch 3 (b2_1)"]
    assert answers[7:10] == [["breakpoint 1 (z2_1) is cleared"], ["watch 3 (b2_1) is cleared"],
                             ["no breakpoint is set"]]
    assert answers[10] == ["*** no breakpoint is set"]


def test_a_breakpoint_that_the_pass_has_passed_says_so():
    assert said(iris(), "finish", "break z2_1") == [
        "breakpoint 1 (z2_1) is set, where the pass has been already: rewind goes back"
    ]


@pytest.mark.parametrize("condition, message", [
    ("abs(", "abs( is not an expression: '(' was never closed"),
    ("grad >", "grad > is not an expression: invalid syntax"),
    ("foo > 1", "no node of this graph is named foo"),
    ("", "expected a condition, as in break if abs(grad) > 0.1"),
    ("(" * 300 + "1" + ")" * 300, "is not an expression"),
    ("1" + "+1" * 20_000, "expression"),
])
def test_a_condition_that_does_not_compile_is_one_line(condition, message):
    assert message in one_line_error(iris(), f"break if {condition}")


def test_an_expression_is_python_and_a_label_is_data_in_it():
    x, evil = Value(2.0, "x"), Value(3.0, "__import__('os').abort()")
    root = x * evil
    assert said(root, "print [k * x for k in (1, 2)]") == ["[2.0, 4.0]"]
    assert said(root, "print max(x, 1) + sqrt(4)") == ["4.0"]
    assert said(root, "break if label.startswith('__import__')", "c")[0].startswith("breakpoint 1 (if label.")
    named = Value(2.0, "abs") * Value(5.0, "max")
    assert said(named, "print abs(-1) + abs + max") == ["8.0"]  # what is called is a function, what is not is a node


def test_a_delta_in_an_expression_is_the_gradient_of_z_and_a_leafs_gradient_holds_what_it_held():
    root, twin = iris(), iris()
    root.backward()
    twin.backward()
    delta, slope = (float(node.grad) for node in (find(twin, "z2_1"), find(twin, "w2_1_1")))
    written = ("delta2_1", "δ²₁", "z2_1.grad", "z²₁.grad", "w2_1_1.grad", "w2_1_1")
    answers = talk(root, "finish", *[f"print {each} * 1" for each in written])[2:]
    found = [float(answer[0]) for answer in answers[:len(written)]]
    assert found[:4] == [delta] * 4
    assert found[4:] == [slope + slope, find(twin, "w2_1_1").data]  # this pass, and the one before


def test_a_condition_that_fails_stops_there_with_one_line_that_says_why():
    answers = talk(iris(), "break if 1 / (data - data) > 1", "c", "clear 1", "c")
    assert " ".join(" ".join(answers[2][:2]).split()).startswith(
        "breakpoint 1: 1 / (data - data) > 1 fails: ZeroDivisionError: float division by zero; clear 1 removes it"
    )
    assert answers[4][0].startswith("The end of the pass")
    x = Value(numpy.array([1.0, 2.0]), "x")
    assert "is neither true nor false" in " ".join(said(x * x, "break if grad > 0", "c"))


# Looking.

def test_print_shows_a_node_with_all_digits_and_whether_its_gradient_is_complete():
    root = Value(0.1, "a") * Value(3.0, "b")
    assert said(root, "p a") == ["a = 0.1", "∂root/∂a = –, not computed yet"]
    assert said(root, "finish", "print a") == ["a = 0.1", "∂root/∂a = 3.0, complete"]
    assert said(root, "root") == ["root = 0.30000000000000004 · ×", "∂root/∂root = 1, complete"]
    assert said(root, "p") == said(root, "root")


def test_print_evaluates_expressions_of_data_and_gradients_by_name():
    root = iris()
    answers = talk(root, "finish", "p w2_1_1.grad * 2", "p δ²₁ / delta2_1 + exp(0)", "p w²₁₁ - w2_1_1.data",
                   "p max(z²₁,z2_2) == max(z2_1.data, z2_2.data)", "p op", "p label")
    weight = next(node for node in topological_order(root) if str(node.label) == "w²₁₁")
    assert answers[2] == [repr(weight.grad * 2)]
    assert answers[3:8] == [["2.0"], ["0.0"], ["True"], ["'quadratic'"], ["'C'"]]


@given(networks(most_layers=2, most_neurons=2))
def test_a_delta_in_an_expression_is_the_gradient_of_its_z_and_not_its_data(drawn):
    net, x, y = drawn
    forward = net.forward(x)
    answers = talk(quadratic(forward.output, y), "finish", "p δ²₁ + 0", "p delta2_1 + 0", "p δ²₁ - z²₁.grad")
    assert answers[2] == answers[3] == [repr(forward["z2_1"].grad + 0)]
    assert float(answers[4][0]) == 0


@given(expressions())
def test_every_name_that_is_shown_can_be_typed(expression):
    leaves = [Value(x, f"p{letter}") for x, letter in zip(expression.leaves, "abcd")]
    root = expression.value(leaves)
    walk = Pass.of(root)
    debugger = Debugger(io.StringIO(), io.StringIO())
    debugger.visit(walk, "")
    for node, name in walk.shared.names.items():
        assert debugger.names.find(name) is node
    assert set(debugger.names.beginning("p")) == {leaf.label for leaf in leaves if leaf in walk.shared.names}


def test_list_shows_the_steps_around_with_the_numbers_that_are_known():
    steps = [step.text for step in backward_steps(iris())]
    answer = said(iris(), "step 8", "list")
    assert [" ".join(line.split()[1 + (i == 5):]) for i, line in enumerate(answer)][:6] == [
        " ".join(step.split()) for step in steps[3:9]
    ]
    assert answer[5].startswith(" 9 -> ") and answer[6] == "10    ∂C/∂w³₃₃ += δ³₃·a²₃   (24)"
    assert said(iris(), "finish", "list")[-1] == "   -> the end of the pass"
    assert said(iris(), "list 1")[0].startswith("1 -> ")
    assert said(iris(), "finish", "list 1")[-1].startswith("6    ")  # the end is far from there


def test_where_is_the_path_to_the_root_with_the_product_of_its_derivatives():
    root = quadratic(MLP(1, [1, 1], seed=1).forward([0.5]).output, [1.0])
    answer = said(root, "where w2_1_1")
    assert [line.split()[0] for line in answer[1:6]] == ["C", "a³₁", "z³₁", "a²₁", "z²₁"]
    assert answer[6].split()[:2] == [">", "w²₁₁"]
    root.backward()
    weight = next(node for node in topological_order(root) if str(node.label) == "w²₁₁")
    assert answer[6].split()[-1] == f"{weight.grad:.4g}".replace("-", "−").replace("e−0", "e−")


def test_where_says_how_many_paths_there_are_and_which_line_made_the_node():
    x = Value(3.0, "x")
    x.origin = "train.py:7, in loss"
    answer = said(x * x + x, "where x")
    assert answer[-2:] == ["one of 3 paths; their sum is ∂root/∂x = 7", "x was made at train.py:7, in loss"]
    assert "train.py:7" in said(x * x, "p x")[0]


def test_why_is_the_whole_chain_rule_in_symbols_and_in_numbers():
    root = quadratic(MLP(1, [1, 1], seed=1).forward([0.5]).output, [1.0])
    assert said(root, "why b2_1") == [
        "∂C/∂b²₁ = (a³₁ − y₁)·σ′(z³₁)·w³₁₁·σ′(z²₁)",
        "        = (0.6028 − 1)·0.2394·1.204·0.2265",
        "        = −0.02592",
        "in this pass so far: nothing",
    ]
    assert said(root, "finish", "why b2_1")[-1] == "        = −0.02592"
    assert said(root, "why C") == ["∂C/∂C = 1"]


def diamond(levels):
    node = Value(1.0, "x")
    for _ in range(levels):
        node = node * 0.5 + node * 0.5
    node.label = "C"
    return node


@pytest.mark.parametrize("command", ["why x", "paths x C", "where x", "paths x"])
def test_a_diamond_of_1000_levels_is_counted_and_its_first_paths_shown(command):
    answer = " ".join(said(diamond(1000), command))
    assert "more than 10¹⁵ paths" in answer and "…" in answer
    assert len(answer) < 2500


def test_paths_shows_each_with_the_product_along_it_and_their_sum():
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    product = a * b
    product.label = "ab"
    root = product * a
    root.label = "C"
    assert said(root, "paths a C") == said(root, "paths a") == [
        "2 paths from a to C", "  a → ab → C", "    (−3)·2 = −6", "  a → C", "    −6",
        "∂C/∂a, the sum over all of them, is −12",
    ]
    assert said(root, "paths a ab")[0] == "1 path from a to ab"


@pytest.mark.parametrize("command", ["why w2_1_1", "why x1", "paths w2_1_1", "where w2_1_1"])
def test_formulas_of_a_deep_network_fit_into_80_columns(command):
    net = MLP(4, [4, 3, 3, 3], seed=1)
    answer = said(cross_entropy(net.forward(FLOWER, 1).output, [1.0, 0.0, 0.0]), command)
    assert len(answer) > 1 and max(map(len, answer)) <= 80 and not any("\u200b" in line for line in answer)


def test_a_product_that_is_broken_keeps_every_sign(monkeypatch):
    monkeypatch.setenv("COLUMNS", "500")
    root = cross_entropy(MLP(4, [4, 3, 3, 3], seed=1).forward(FLOWER, 1).output, [1.0, 0.0, 0.0])
    wide = "".join("".join(said(root, "why w2_1_1")).split())
    monkeypatch.setenv("COLUMNS", "60")
    narrow = said(root, "why w2_1_1")
    assert "".join("".join(narrow).split()) == wide and max(map(len, narrow)) <= 60
    assert {len(line) - len(line.lstrip(" =")) for line in narrow[1:-2]} == {len("∂C⁽¹⁾/∂w²₁₁ = ")}


def test_equation_shows_the_papers_with_this_steps_numbers():
    answer = said(iris(), "step 7", "equation")
    assert answer[0] == "(24) The gradient of a weight · section 3.1"
    assert answer[1] == "  ∂C/∂wˡⱼₖ = ∂C/∂zˡⱼ ∂zˡⱼ/∂wˡⱼₖ = δˡⱼ aˡ⁻¹ₖ" or "δˡⱼ aˡ⁻¹ₖ" in answer[1]
    assert answer[2].startswith("  ∂C/∂w³₃₁ += δ³₃·a²₁ = ")
    assert said(iris(), "equation 21")[0] == "(21) The error of a hidden neuron · section 3.1"


@given(networks(output="sigmoid"), st.sampled_from([quadratic, cross_entropy]))
def test_check_holds_the_gradients_to_the_equations_as_compare_does(drawn, cost):
    net, x, y = drawn
    forward = net.forward(x)
    root = cost(forward.output, y)
    net.zero_grad()
    root.backward()
    expected = [row for row in compare(forward, y, cost).rows if row.quantity.kind in ("error", "gradient")]
    assert check_gradients(root, lambda node: True).rows == expected


@given(networks(output="sigmoid", most_layers=2, most_neurons=3), st.sampled_from([0.0, 0.5]), st.booleans())
def test_so_it_does_for_a_batch_with_weight_decay(drawn, alpha, from_logits):
    net, x, y = drawn
    cost = cross_entropy if from_logits else quadratic
    forwards = [net.forward(inputs, i) for i, inputs in enumerate((x, [k + 0.25 for k in x]), start=1)]
    root = batch_cost(forwards, [y, y], cost, alpha, 7)
    net.zero_grad()
    root.backward()
    expected = compare(forwards, [y, y], cost, alpha, 7)
    assert check_gradients(root, lambda node: True).rows == [
        row for row in expected.rows if row.quantity.kind in ("error", "gradient")
    ]


def test_check_looks_at_complete_gradients_only_and_sees_a_wrong_one():
    answers = talk(iris(), "step 7", "check", "finish", "check", "check δ²₁")
    assert [line.split()[0] for line in answers[2][2:-3]] == ["δ³₃"]
    assert "all 33 gradients are the paper's" in " ".join(answers[4][-2:])
    assert len(answers[5]) == 6  # head, rule, row, note in two lines, verdict
    assert max(map(len, answers[4])) <= 80
    root = iris()
    root.operands[0].operands[0].partials = (2.0,) * 7  # a derivative of somebody's own, wrong
    assert "differ" in " ".join(said(root, "finish", "check")[-3:])


def test_check_holds_a_batch_to_the_equations_while_the_pass_has_reached_one_example_only():
    net = MLP(2, [2], seed=1)
    forwards = [net.forward([0.5, 1.5], 1), net.forward([1.5, -1.0], 2)]
    root = batch_cost(forwards, [[1.0, 0.0]] * 2, quadratic)
    walk = Pass.of(root)
    walk.run({forwards[1]["z2_1"]}.__contains__)
    rows = check_gradients(root, walk.is_complete).rows
    assert [str(row.quantity) for row in rows] == ["δ²₁⁽²⁾", "δ²₂⁽²⁾"] and all(row.ok for row in rows)
    assert type(forwards[0]["z2_1"].grad) is int  # as it was
    root.operands[0].operands[1].operands[0].partials = (2.0,)  # σ′ of somebody's own, wrong
    assert "differ" in " ".join(said(root, "break z2_1__2", "continue", "check")[-3:])


def test_check_says_what_it_needs():
    assert "needs the graph of a network" in one_line_error(Value(1.0) * 2, "check z2_1")
    assert "no δ is complete yet" in one_line_error(iris(), "check")
    assert "no mean" in one_line_error(total([iris(), iris()]) / 3, "check b2_1")


def test_check_of_a_graph_that_is_no_network_s_is_of_the_slopes_of_its_operations():
    x = Value(2.0, "x")
    text = " ".join(" ".join(said(x.exp() * x, "check")).split())  # without its line ends
    assert "needs the graph of a network" in text and "compared with the slope of its own operation: all 3" in text
    assert "all 3 partial derivatives are the slopes of their operations, and ∇C·v is the slope of C" in text
    wrong = apply(TABLE["exp"]._replace(partials=lambda result, x: (1.0,)), x)
    assert any("of exp is 1 by its partials, 7.38906 by its forward" in line for line in said(wrong * x, "check"))


def test_draw_marks_the_step_in_the_drawing(tmp_path):
    plain, marked = tmp_path / "start.svg", tmp_path / "step 8.svg"
    answers = talk(iris(), f"draw {plain}", "step 7", f"draw {marked}", "finish", f"draw {tmp_path / 'end.svg'}")
    assert " ".join(answers[3][0].split()).startswith("The graph is drawn in")
    svg = marked.read_text(encoding="utf-8")
    for name, kind in (("z3_3", "node"), ("w3_3_1", "operand")):
        row = re.search(rf'<g id="{name}".*?<path d="([^"]*)"', svg, re.DOTALL)[1]
        assert f'<path d="{row}" class="current-{kind}"' in svg
    assert "current-edge" not in svg and "current-edge" in plain.read_text(encoding="utf-8")
    assert "current-" not in (tmp_path / "end.svg").read_text(encoding="utf-8")


def test_draw_takes_a_part(tmp_path):
    file = tmp_path / "a part.svg"
    talk(iris(), "step 8", f"draw {file} around:z3_3:1")
    drawn = nodes(ElementTree.parse(file).getroot())
    assert set(drawn) == {"z3_3", "a3_3", "b3_3", "w3_3_1", "w3_3_2", "w3_3_3", "a2_1", "a2_2", "a2_3"}
    assert not of_class(drawn["a2_3"], "gradient") and of_class(drawn["z3_3"], "gradient")
    assert "expected a number of steps" in one_line_error(iris(), f"draw {file} around:z3_3:x")


def test_draw_shows_a_gradient_only_where_the_pass_has_been(tmp_path):
    made = 8  # of 60 steps
    talk(iris(), f"step {made}", f"draw {tmp_path / 'step.svg'}")
    reached = {"C", *(step.operand.label.ascii for step in list(backward_steps(iris()))[:made])}
    rows = nodes(ElementTree.parse(tmp_path / "step.svg"))
    assert {name for name, row in rows.items() if of_class(row, "gradient")} == reached and len(rows) == 47
    assert "gradient not computed" in "".join(rows["x1"].itertext())
    assert "not computed" not in "".join(rows["C"].itertext())


# Changing a leaf.

def test_set_recomputes_the_graph_and_starts_again():
    root = iris()
    before = root.data
    answers = talk(root, "step 9", "set w2_1_1 0.5", "info", "finish", "continue")
    assert answers[2][0] == f"w²₁₁ = 0.5: C = {root.data:.4g}, it was {before:.4g}. The pass starts again."
    assert answers[3][1].startswith("0 of 60 steps made")
    twin = iris()
    next(node for node in topological_order(twin) if str(node.label) == "w²₁₁").data = 0.5
    micrograd_paper.graph.recompute(twin)
    twin.backward()
    assert gradients(root) == gradients(twin)


@pytest.mark.parametrize("number, text, expected", [
    (2.0, "-1e-3", -0.001), (2, "3", 3), (2, "0.5", 0.5), (Fraction(1, 3), "2/3", Fraction(2, 3)), (1j, "1+2j", 1 + 2j),
])
def test_a_leaf_keeps_its_kind_of_number(number, text, expected):
    leaf = Value(number, "x")
    said(leaf * leaf, f"set x = {text}")
    assert leaf.data == expected and type(leaf.data) is type(expected)


# What is wrong.

@pytest.mark.parametrize("command, message", [
    ("ste p", "expected how many steps, as in step 5; got p"),
    ("stpe", "unknown command stpe (did you mean step?)"),
    ("dance", "unknown command dance; help lists the commands"),
    ("w2_1_9", "unknown command w2_1_9; help lists the commands"),
    ("st\x1b[2J", "unknown command st�[2J"),
    ("l" * 10_000, "unknown command lll"),
    ("print w2_1_9", "no node of this graph is named w2_1_9 (did you mean w2_1_4?)"),
    ("print 1 +", "1 + is not an expression: invalid syntax"),
    ("print 1 / 0", "1 / 0 fails: ZeroDivisionError: division by zero"),
    ("break z9_9", "no node of this graph is named z9_9; there are w3_1_1, w3_1_2, w3_1_3, w2_1_1, w2_1_2, …"),
    ("break layer 7", "expected a layer from 2 to 3; got 7"),
    ("break layer two", "expected a layer from 2 to 3; got two"),
    ("break layer", "expected a layer, as in break layer 2"),
    ("break op", "expected an operation, as in break op sigmoid"),
    ("layer 2", "layer stands alone: nothing follows it; got 2"),
    ("d", "unknown command d: there are no frames here: where NAME shows the path to any node"),
    ("jump 3", "unknown command jump: tbreak NAME and continue go on to a node, back 5 goes back"),
    ("break op sigmod", "no node of this graph is made by sigmod (did you mean sigmoid?)"),
    ("tbreak", "expected what break takes, as in tbreak z2_1"),
    ("watch", "expected a name, as in watch w2_1_1"),
    ("clear 7", "there is no breakpoint 7: none is set"),
    ("back", "this is the start of the pass: there is no step to undo"),
    ("step x", "expected how many steps, as in step 5; got x"),
    ("step 0", "expected how many steps, as in step 5; got 0"),
    ("next " + "9" * 5000, "expected how many nodes, as in next 5, a number of at most 12 digits; got 999"),
    ("list 61", "the pass has the steps 1 to 60; got 61"),
    ("list x", "expected a step's number, as in list 12; got x"),
    ("set", "expected a leaf and a number, as in set w2_1_1 0.5"),
    ("set w2_1_1", "expected a leaf and a number, as in set w2_1_1 0.5"),
    ("set w2_1_1 much", "expected a number, as in set w2_1_1 0.5; got much"),
    ("set z2_1 1", "z²₁ is computed, by weighted_sum: set changes a leaf"),
    ("set q 1", "no node of this graph is named q"),
    ("paths", "expected one or two names, as in paths z2_1 C"),
    ("paths C z2_1", "no path leads from C to z²₁: z²₁ does not depend on it"),
    ("equation 99", "the paper has no equation 99: expected a number from 1 to 29"),
    ("check q", "no row of this comparison is about q"),
    ("draw picture.gif", "cannot save a drawing as .gif: expected .svg, .png, .pdf, .tex or .dot in picture.gif"),
    ("draw no/directory.svg", "cannot write no/directory.svg: there is no directory"),
    ("help dance", "there is no command dance"),
    ("wh", "wh may be where or why"),
])
def test_what_is_wrong_is_one_clear_line_and_the_conversation_goes_on(command, message):
    first = ["step 7"] if command == "check q" else []
    assert message in one_line_error(iris(), *first, command)


def test_names_that_several_nodes_have_are_told_apart():
    net = MLP(1, [1], seed=1)
    root = batch_cost([net.forward([0.5], 1), net.forward([1.5], 2)], [[1.0], [0.0]], quadratic)
    assert one_line_error(root, "why z2_1") == "2 nodes are named z2_1: z2_1__1, z2_1__2; say which one"
    assert stops_at(root, "break z2_1") == ["z²₁⁽²⁾", "z²₁⁽¹⁾"]
    assert said(root, "why z2_1__2")[0].startswith("δ²₁⁽²⁾ = ")


def test_labels_cannot_speak_to_the_terminal():
    root = Value(2.0, "a\x1b[31m\nb") * Value(3.0, "x y")
    text = "\n".join(line for answer in talk(root, "s", "list", "where x y", "p x y", "why x y", "info", "break x y")
                     for line in answer)
    assert "\x1b" not in text and "*** " not in text


# Kinds of number.

@pytest.mark.parametrize("number", [Fraction(1, 3), 1 + 2j, 7, math.inf, math.nan, numpy.array([1.0, -2.0])])
def test_every_kind_of_number_is_stepped_through_and_looked_at(number):
    x = Value(number, "x")
    answers = talk(x * x + x, "s", "s", "p x", "list", "where x", "why x", "paths x", "back", "watch x", "c", "finish")
    assert not any("***" in line for answer in answers for line in answer)


# Help.

@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_listed_and_has_help(command):
    answers = talk(iris(), "help", f"help {command}", f"help {command[:5]}")
    assert any(line.split()[:1] == [command] for line in answers[1])
    assert answers[2][0].startswith(command) and len(answers[2]) > 1
    assert answers[2] == answers[3]
    assert max(map(len, answers[1])) <= 80


def test_beginnings_of_commands_are_understood_as_pdb_does():
    assert said(iris(), "s") == said(iris(), "step") != said(iris(), "n") == said(iris(), "next")
    assert said(iris(), "w") == said(iris(), "where")
    assert said(iris(), "eq") == said(iris(), "equation")
    assert said(iris(), "return") == said(iris(), "finish") and said(iris(), "ll") == said(iris(), "list")
    assert said(iris(), "s", "restart") == said(iris(), "s", "rewind")
    d = Value(1.0, "d")
    assert said(d * d, "d") == said(d * d, "print d")  # down is no command here
    assert said(iris(), "?") == said(iris(), "help") and said(iris(), "?why") == said(iris(), "help why")


# Completion.

def completions(line, root=None, typed=""):
    debugger = Debugger(io.StringIO(typed), io.StringIO())
    walk = Pass.of(root or iris())
    debugger.visit(walk, "")
    begin = len(line) - len(line.split(" ")[-1])
    return debugger.completedefault(line[begin:], line, begin, len(line)) if begin else debugger.completenames(line)


def test_commands_and_names_are_completed():
    assert completions("wa") == ["watch "] and completions("st") == ["step "]
    assert completions("why w2_1_") == ["w2_1_1", "w2_1_2", "w2_1_3", "w2_1_4"]
    assert completions("break la") == ["layer"] and completions("break op s") == ["sigmoid"]
    assert completions("break layer ") == ["2", "3"]
    assert completions("clear ", typed="break z2_1\nbreak op sigmoid\n") == ["1", "z2_1", "2", "sigmoid"]
    assert completions("help ti") == [] and completions("help tb") == ["tbreak"]
    assert set(completions("paths z2_1 z3_")) == {"z3_1", "z3_2", "z3_3"}
    assert completions("print typ") == ["typed"] and completions("why typ") == []  # a variable of `completions`


# Programs.

@pytest.fixture
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")


def program(*commands, at=None, passes=3):
    """Debug a program of several backward(); its answers, and what it found afterwards."""
    found = []

    def run():
        x = Value(2.0, "x")
        for number in range(passes):
            C = x * x + number
            C.label = f"C{number}"
            C.backward()
            found.append(x.grad)

    out = io.StringIO()
    debugger = Debugger(io.StringIO("".join(f"{command}\n" for command in commands)), out)
    with debugging(debugger, at):
        run()
    return out.getvalue().split("(debug) "), found, debugger


def test_every_backward_stops_and_the_program_goes_on_with_its_gradients(wide):
    answers, found, debugger = program(*["c", "c"] * 3)
    assert found == [4.0, 8.0, 12.0] and debugger.visits == 3
    heads = [line for answer in answers for line in answer.splitlines() if line.startswith("backward() of")]
    assert [head.split()[2] for head in heads] == ["C0", "C1", "C2"]
    assert all(re.search(r"test_debugger\.py:\d+, in run$", head) for head in heads)


def test_where_names_the_line_that_made_the_node():
    answers, _, _ = program("where", "go")
    assert re.search(r"C0 was made at .*test_debugger\.py:\d+, in run", " ".join(answers[1].split()))


def test_a_leaf_that_is_set_stays_so_for_the_program():
    _, found, _ = program("set x 5", "c", "c", "c", "c", "c", "c")
    assert found == [10.0, 20.0, 30.0]


def test_go_stops_at_breakpoints_of_later_passes_and_at_nothing_else():
    answers, found, _ = program("break x", "go", "go", "go", "go")
    assert found == [4.0, 8.0, 12.0]
    for number, answer in enumerate(answers[2:5]):
        assert "> x = 2 · grad 4" in answer and "breakpoint 1 (x)" in answer, number
    assert "backward() of C1" in answers[3] and "backward() of C2" in answers[4] and answers[5:] == ["go\n"]


def test_go_runs_on_until_a_condition_holds_in_any_pass():
    answers, found, _ = program("break if data > 5.5", "go", "p data", "go", "go")
    assert "backward() of C2 = 6" in answers[2]  # 4 and 5 did not stop it
    assert answers[3].splitlines()[1] == "6.0" and found == [4.0, 8.0, 12.0]


def test_breakpoints_stay_from_pass_to_pass():
    answers, _, _ = program("break x", "c", "c", "c", "c", "c", "break", *["c"] * 4)
    assert "breakpoint 1 (x), met 3 times" in answers[7]


def test_at_visits_only_what_reaches_that_node_and_stops_there(wide):
    answers, _, debugger = program("where", "c", "c", at="C1")
    assert debugger.visits == 1 and answers[0].splitlines()[:3] == [
        answers[0].splitlines()[0], "What x holds from before, 4, is added at the end", "stopped at C1"]
    assert program(at="nothing")[2].visits == 0


def test_quit_ends_the_program_and_the_end_of_the_commands_does_too():
    for commands in (["s", "quit"], ["s"]):
        with pytest.raises(Quit) as caught:
            program(*commands)
        assert caught.value.code == 0


def test_a_program_that_swallows_the_end_is_not_debugged_again():
    out = io.StringIO()
    debugger = Debugger(io.StringIO("quit\n"), out)
    with debugging(debugger):
        for _ in range(2):
            with pytest.raises(Quit):
                (Value(2.0) * 3).backward()
    assert debugger.visits == 1


def test_other_watchers_of_the_engine_see_the_pass_that_backward_makes_after_the_debugger(monkeypatch):
    monkeypatch.setattr("sys.breakpointhook", lambda: stopped.append(square.grad))
    stopped = []
    x = Value(3.0, "x")
    square = x * x
    root = square * 2
    with debugging(Debugger(io.StringIO("finish\nc\n"), io.StringIO())), break_at(root, square):
        root.backward()
    assert stopped == [2.0] and x.grad == 12.0


@given(expressions(), st.lists(move, max_size=5))
def test_a_debugged_backward_leaves_the_bits_of_backward_also_called_twice(expression, typed):
    leaves, twins = values(expression.leaves), values(expression.leaves)
    root, twin = expression.value(leaves), expression.value(twins)
    for _ in range(2):
        twin.backward()
        with debugging(Debugger(io.StringIO("\n".join([*typed, "finish", "c", ""])), io.StringIO())):
            root.backward()
    assert gradients(root) == gradients(twin)


def test_debug_is_the_same_from_code(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("s\nc\nc\n"))
    x = Value(3.0, "x")
    x.grad = 100.0
    micrograd_paper.debug(x * x)
    assert x.grad == 106.0
    out = capsys.readouterr().out
    assert out.startswith("backward() of n1 = 9: 2 nodes, 2 steps · ")
    assert "(debug) s\n-> ∂n1/∂x += x = 3; ∂n1/∂x = 3 + 3 = 6   (18)\n" in out
    assert "\x1b" not in out


def test_debug_refuses_what_is_no_value():
    with pytest.raises(micrograd_paper.errors.NotAValue):
        micrograd_paper.debug(2.5)


def test_nothing_is_watched_after_a_context():
    with debugging(Debugger(io.StringIO(), io.StringIO())):
        assert observing.observers
    assert not observing.observers

@pytest.mark.parametrize("options", [{}, {"alpha": 0.1, "m": 9}])
@pytest.mark.parametrize("examples", [1, 2])
def test_the_cost_is_in_no_layer_whatever_it_is_made_of(examples, options):
    net = MLP(2, [2, 1], seed=1)
    forwards = [net.forward([0.5, -1.0], None if examples == 1 else i) for i in range(1, examples + 1)]
    root = batch_cost(forwards, [[1.0]] * examples, quadratic, **options)
    assert "layer" not in " ".join(said(root, "info"))
    assert one_line_error(root, "break layer 4") == "expected a layer from 2 to 3; got 4"
    assert "layer 3" in " ".join(said(root, "break layer 3", "continue", "info"))


def test_labels_that_spell_the_papers_names_have_layers_here_as_in_a_drawing():
    w, x, b = Value(0.5, "w2_1_1"), Value(2.0, "x1"), Value(1.0, "b2_1")
    z = w * x + b
    z.label = "z2_1"
    a = z.sigmoid()
    a.label = "a2_1"
    root = (a - 1) ** 2
    assert "layer 2" in " ".join(said(root, "break layer 2", "continue", "info"))
    assert said(root, "next 3", "print z2_1")[1].startswith("δ²₁ = ")
    assert 'id="layer-2"' in draw(root).svg
