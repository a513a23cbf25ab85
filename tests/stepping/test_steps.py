"""Steps: the passes that they perform, and the arithmetic that they show."""

import cmath
import gc
import math
import re
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import functions
from micrograd_paper.costs import cross_entropy, cross_entropy_from_logits, mean_cost, quadratic, total
from micrograd_paper.engine import Value, apply, topological_order
from micrograd_paper.errors import NotAValue
from micrograd_paper.nn import MLP
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import TABLE, Op
from micrograd_paper.stepping.steps import NumberSlot, backward_steps, forward_steps
from tests.graphs import bits, chain, values
from tests.strategies import DOMAINS, N_ARY, expressions, networks, small_floats

pytestmark = pytest.mark.usefixtures("nameless")

FLOWER = [5.1, 3.5, 1.4, 0.2]


def gradients(root):
    return [bits(float(node.grad)) for node in topological_order(root)]


def network_cost(drawn, cost=quadratic):
    net, x, y = drawn
    return cost(net.forward(x).output, y)


def performed(steps):
    for _ in steps:
        pass


# The pass.

@given(expressions(), small_floats, st.booleans())
def test_the_steps_leave_exactly_the_bits_that_backward_leaves_also_called_twice(expression, seed, twice):
    root, twin = (expression.value(values(expression.leaves)) for _ in range(2))
    for _ in range(2 if twice else 1):
        root.backward(seed)
        performed(backward_steps(twin, seed))
    assert gradients(twin) == gradients(root)


@given(networks())
def test_so_they_do_for_two_costs_that_share_a_network(drawn):
    net, x, y = drawn
    found = []
    for one_pass in (Value.backward, lambda root: performed(backward_steps(root))):
        net.zero_grad()
        output = net.forward(x).output
        for cost in (quadratic(output, y), total(output) * 2):
            one_pass(cost)
        found.append([bits(float(parameter.grad)) for parameter in net.parameters()])
    assert found[0] == found[1]


@given(expressions())
def test_a_forward_step_for_each_operation_and_a_backward_step_for_each_operand(expression):
    root = expression.value(values(expression.leaves))
    interior = [node for node in topological_order(root) if node.op is not None]
    forward = list(forward_steps(root))
    assert [step.node for step in forward] == interior
    assert all(step.operand is step.position is step.grad is step.before is step.term is None for step in forward)
    assert [step.after for step in forward] == [node.data for node in interior]
    edges = [(node, position) for node in reversed(interior) for position in range(len(node.operands))]
    backward = list(backward_steps(root))
    assert [(step.node, step.position) for step in backward] == edges
    assert [step.operand for step in backward] == [node.operands[position] for node, position in edges]


@given(networks(), small_floats)
def test_each_step_holds_the_numbers_of_its_addition(drawn, seed):
    for step in backward_steps(network_cost(drawn), seed):
        assert step.grad is step.node.grad
        assert bits(float(step.term)) == bits(float(step.node.partials[step.position] * step.node.grad))
        assert bits(float(step.after)) == bits(float(step.before + step.term))
        assert step.operand.grad is step.after  # the addition has been made


def test_an_operand_that_is_used_twice_has_two_steps():
    x = Value(3.0, "x")
    square = x * x
    first, second = backward_steps(square)
    assert (first.before, first.term, first.after) == (0, 3.0, 3.0)
    assert (second.before, second.term, second.after) == (3.0, 3.0, 6.0)
    assert (first.total, second.total) == ("", "3 + 3 = 6")


@pytest.mark.parametrize("end", ["closed", "dropped", "not begun", "finished"])
def test_what_leaves_held_before_is_not_lost_wherever_a_pass_ends(end):
    a, b = Value(2.0, "a"), Value(5.0, "b")
    root = a * b + a
    a.grad, b.grad = 100.0, 200.0
    steps = backward_steps(root)
    if end != "not begun":
        assert next(steps).operand is root.operands[0]
        assert next(steps).operand is a
        assert (a.grad, b.grad) == (1, 0)  # of this pass alone
    if end == "closed":
        steps.close()
    elif end == "finished":
        performed(steps)
    del steps
    gc.collect()
    assert (a.grad, b.grad) == {"not begun": (100, 200), "finished": (106, 202)}.get(end, (101, 200))


def test_a_graph_of_one_leaf_has_no_steps_and_the_seed_as_its_gradient():
    leaf = Value(2.0, "leaf")
    leaf.grad = 1.0
    assert list(forward_steps(leaf)) == list(backward_steps(leaf, 3.0)) == []
    assert leaf.grad == 4.0


def test_what_is_no_value_is_refused_before_the_first_step():
    for steps in (forward_steps, backward_steps):
        with pytest.raises(NotAValue, match=r"a graph ends in a Value; got 2\.5"):
            steps(2.5)


@pytest.mark.slow
def test_a_chain_of_100_000_operations_needs_no_recursion():
    root = chain(100_000)
    assert sum(1 for _ in forward_steps(root)) == 100_000
    for count, step in enumerate(backward_steps(root), start=1):  # noqa: B007
        pass
    assert count == 200_000
    assert step.text == "∂n100000/∂one += ∂n100000/∂n1 = 1; ∂n100000/∂one = 99999 + 1 = 100000   (18)"


def counted(op):
    """The operation, and a list that grows with each call of its functions."""
    calls = []

    def forward(*operands):
        calls.append(len(operands))
        return op.forward(*operands)

    def partials(result, *operands):
        calls.append(len(operands))
        return op.partials(result, *operands)

    return op._replace(forward=forward, partials=partials), calls


def test_no_text_is_made_unless_it_is_asked_for_and_then_of_one_term_alone(monkeypatch):
    op, calls = counted(TABLE["weighted_sum"])
    monkeypatch.setitem(TABLE, "weighted_sum", op)
    z = apply(op, *[Value(float(k), f"v{k}") for k in range(2 * 784 + 1)])
    calls.clear()
    steps = list(backward_steps(z))
    assert len(steps) == 1569 and calls == []
    assert steps[783].symbols == "∂n1/∂v783 += v1567"
    assert steps[1568].symbols == "∂n1/∂v1568 += 1"
    assert calls == [3, 3] * 2  # whether it still follows from its operands, and its text


# The arithmetic.

SCOPE = {
    "exp": math.exp, "ln": math.log, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "tanh": math.tanh,
    "abs": abs, "sigmoid": functions.sigmoid, "softplus": functions.softplus, "relu": lambda x: max(x, 0.0),
}
FROM_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def evaluated(text):
    """The number that a text of arithmetic gives, by Python's own precedence."""
    text = re.sub("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: f"**({power[0].translate(FROM_SUPERSCRIPTS)})", text)
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    for sign, operator in (("·", "*"), ("−", "-"), ("^", "**"), ("√", "sqrt"), ("σ", "sigmoid")):
        text = text.replace(sign, operator)
    return eval(text, dict(SCOPE))


def check_arithmetic(step):
    text = step.filled(step.numbers, repr)
    if "…" not in text:
        assert evaluated(text) == pytest.approx(float(step.value(step.result)), rel=1e-9, abs=1e-9), text
        assert not re.search(r"[·+/^−] ?-|(?<!e)-[\d.e]+[⁻⁰¹²³⁴⁵⁶⁷⁸⁹^]", text), text  # no sign without its brackets


@given(expressions(), st.sampled_from([1, 1.0, -0.25]))
def test_the_arithmetic_of_every_step_gives_its_number(expression, seed):
    root = expression.value(values(expression.leaves))
    for step in forward_steps(root):
        check_arithmetic(step)
    for step in backward_steps(root, seed):
        check_arithmetic(step)


@given(networks(output="sigmoid"), st.sampled_from([quadratic, cross_entropy]))
def test_so_it_does_in_a_network(drawn, cost):
    root = network_cost(drawn, cost)
    for step in (*forward_steps(root), *backward_steps(root)):
        check_arithmetic(step)


@pytest.mark.parametrize("name", TABLE)
def test_every_operation_of_the_table_is_written_and_its_symbols_are_its_arithmetic(name):
    numbers = [0.6, 0.7, 0.3, 0.9, 0.45][: len(DOMAINS[name](2 if name in N_ARY else 1))]
    leaves = [Value(number, f"p{letter}") for number, letter in zip(numbers, "abcde")]
    root = apply(TABLE[name], *leaves)
    named = {leaf.label: str(leaf.data) for leaf in leaves} | {"n1": repr(root.data)}
    (forward,) = forward_steps(root)
    check_arithmetic(forward)
    for step in (forward, *backward_steps(root, -2.0)):
        check_arithmetic(step)
        symbols = re.sub(r"\b(p[a-e]|n1)\b", lambda match: named[match[0]], step.filled(step.formula, repr))
        if "′" not in symbols:
            assert symbols == step.filled(step.numbers, repr)


@given(expressions())
def test_every_hole_names_a_number_of_its_step(expression):
    root = expression.value(values(expression.leaves))
    for step in (*forward_steps(root), *backward_steps(root, 2.0)):
        for hole in (part for part in step.numbers if isinstance(part, NumberSlot)):
            assert step.value(hole) is {
                "data": lambda hole: hole.node.data,
                "grad": lambda hole: hole.node.grad,
                "partial": lambda hole: hole.node.partials[hole.position],
            }[hole.quantity](hole)
            assert hole.node is step.node or (hole.node in step.node.operands and hole.quantity == "data")
            assert hole.quantity != "partial" or hole.position == step.position


@given(small_floats, small_floats)
def test_a_negative_number_stands_in_brackets_after_a_sign_and_under_a_power_and_nowhere_else(x, y):
    a, b = Value(-abs(x) - 1, "a"), Value(-abs(y) - 1, "b")
    left, right = (f"{number.data:.4g}".replace("-", "−") for number in (a, b))
    for root, text in (
        (a + b, f"{left} + ({right})"), (a - b, f"{left} − ({right})"), (a * b, f"({left})·({right})"),
        (a / b, f"({left})/({right})"), (a**2, f"({left})²"), (-a, f"−({left})"), (abs(a), f"|{left}|"),
        (a.sigmoid(), f"σ({left})"), (total([a, b]), f"{left} + ({right})"),
    ):
        assert next(forward_steps(root)).arithmetic == text


def test_a_hole_says_where_a_negative_number_needs_brackets():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    difference = a - b
    assert next(forward_steps(difference)).numbers == (NumberSlot("data", a), " − ", NumberSlot("data", b, None, True))
    step = next(backward_steps(difference.tanh()))
    assert step.numbers == (NumberSlot("partial", step.node, 0),)
    assert step.result == NumberSlot("term", step.node, 0)
    node = difference * 2
    step = [*backward_steps(node.tanh())][2]
    assert step.numbers == (NumberSlot("grad", node, None, True), "·", NumberSlot("data", difference, None, True))


def test_texts_hold_the_numbers_of_their_moment_although_gradients_go_on():
    x = Value(-3.0, "x")
    square = x * x
    root = square * 2
    kept = list(backward_steps(root, 5.0))
    root.backward(7.0)
    assert square.grad == 14
    assert kept[2].text == "5·∂n3/∂x += 5·∂n3/∂n1·x = 10·(−3) = −30   (18)"


# The paper's names.

def lines(root):
    return [step.text for step in (*forward_steps(root), *backward_steps(root))]


def test_the_lines_of_a_4_3_3_network_are_the_papers():
    found = lines(quadratic(MLP(4, [3, 3], seed=1).forward(FLOWER).output, [1.0, 0.0, 0.0]))
    for line in (
        "z²₁ = w²₁₁·x₁ + w²₁₂·x₂ + w²₁₃·x₃ + w²₁₄·x₄ + b²₁ = "
        "(−0.6333)·5.1 + 0.6018·3.5 + 0.4569·1.4 + (−0.4242)·0.2 + 0 = −0.5689   (12)",
        "a²₁ = σ(z²₁) = σ(−0.5689) = 0.3615   (14)",
        "C = ((y₁ − a³₁)² + (y₂ − a³₂)² + (y₃ − a³₃)²)/2 = "
        "((1 − 0.4161)² + (0 − 0.4689)² + (0 − 0.4475)²)/2 = 0.3805   (5)",
        "∂C/∂a³₁ += a³₁ − y₁ = 0.4161 − 1 = −0.5839   (16)",
        "∂C/∂y₁ += y₁ − a³₁ = 1 − 0.4161 = 0.5839   (18)",
        "δ³₁ += ∂C/∂a³₁·σ′(z³₁) = (−0.5839)·0.243 = −0.1419   (16)",
        "∂C/∂w³₁₁ += δ³₁·a²₁ = (−0.1419)·0.3615 = −0.05128   (24)",
        "∂C/∂b³₁ += δ³₁ = −0.1419   (23)",
        "∂C/∂a²₁ += δ³₁·w³₁₁ = (−0.1419)·0.5246 = −0.07442; ∂C/∂a²₁ = 0.1406 − 0.07442 = 0.06615   (21)",
        "δ²₁ += ∂C/∂a²₁·σ′(z²₁) = 0.06615·0.2308 = 0.01527   (21)",
        "∂C/∂w²₁₃ += δ²₁·x₃ = 0.01527·1.4 = 0.02138   (24)",
        "∂C/∂x₄ += δ²₂·w²₂₄ = (−0.006465)·0.5001 = −0.003233; ∂C/∂x₄ = −5.86e−6 − 0.003233 = −0.003239   (18)",
    ):
        assert line in found


def equations(root):
    """Each step's symbols → its equation."""
    return {step.symbols: step.equation for step in (*forward_steps(root), *backward_steps(root))}


def test_the_error_of_the_output_from_cross_entropy_through_a_and_from_z():
    forward = MLP(1, [1], seed=1).forward([0.5])
    through_a = equations(cross_entropy(forward.output, [1.0]))
    assert through_a["C = −(y₁·ln(a²₁) + (1 − y₁)·ln(1 − a²₁))"] == "(25)"
    assert through_a["∂C/∂a²₁ += −(y₁/a²₁ − (1 − y₁)/(1 − a²₁))"] == "(16)"
    assert through_a["δ²₁ += ∂C/∂a²₁·σ′(z²₁)"] == "(16)"
    from_z = equations(cross_entropy_from_logits(forward.z[2], [1.0]))
    assert from_z["C = y₁·softplus(−z²₁) + (1 − y₁)·softplus(z²₁)"] == "(25)"
    assert from_z["δ²₁ += σ(z²₁) − y₁"] == "(26)"


def test_a_target_is_not_an_output_whatever_it_is_called():
    learner, teacher = (MLP(1, [1], seed=seed).forward([0.5]) for seed in (1, 2))
    step, to_target = list(backward_steps(quadratic(learner.output, teacher.output)))[:2]
    assert (step.operand, step.equation) == (learner.output[0], "(16)")
    assert (to_target.operand, to_target.equation) == (teacher.output[0], "(18)")


def test_a_batch_with_a_penalty_names_examples_means_and_decay():
    net = MLP(2, [1, 1], seed=1)
    found = equations(mean_cost(net, [([1.0, 2.0], [1.0]), ([0.5, 2.0], [0.0])], quadratic, alpha=0.1))
    for symbols, equation in (
        ("z²₁⁽²⁾ = w²₁₁·x₁⁽²⁾ + w²₁₂·x₂⁽²⁾ + b²₁", "(12)"), ("C⁽²⁾ = (y₁⁽²⁾ − a³₁⁽²⁾)²/2", "(5)"),
        ("n1 = C⁽¹⁾ + C⁽²⁾", "(4)"), ("C₀ = n1/2", "(4)"),
        ("n3 = (w²₁₁)²", "(27)"), ("n6 = n3 + n4 + n5", "(27)"), ("n8 = n6·0.1", "(27)"), ("n10 = n8/4", "(27)"),
        ("C = C₀ + n10", "(27)"),
        ("∂C/∂w²₁₁ += ∂C/∂n3·(2·w²₁₁)", "(18)"), ("δ²₁⁽²⁾ += ∂C/∂a²₁⁽²⁾·σ′(z²₁⁽²⁾)", "(21)"),
        ("∂C/∂w²₁₁ += δ²₁⁽²⁾·x₁⁽²⁾", "(24)"), ("∂C/∂a³₁⁽²⁾ += ∂C/∂C⁽²⁾·(a³₁⁽²⁾ − y₁⁽²⁾)", "(16)"),
    ):
        assert found[symbols] == equation
    mean = mean_cost(net, [([1.0, 2.0], [1.0]), ([0.5, 2.0], [0.0])], cross_entropy)
    assert equations(mean)["C = n1/2"] == "(25)"


def test_the_products_and_sums_that_a_z_is_made_of_are_its_equation():
    inner = Value(0.5, "u") * Value(3.0, "v")
    found = equations(MLP(2, [1], seed=1, atomic=True).forward([inner, 2.0]).output[0])
    assert {symbols: equation for symbols, equation in found.items() if "+=" not in symbols} == {
        "n1 = u·v": "",
        "n2 = w²₁₁·n1": "(12)", "n3 = w²₁₂·x₂": "(12)", "n4 = n2 + n3": "(12)", "z²₁ = n4 + b²₁": "(12)",
        "a²₁ = σ(z²₁)": "(14)",
    }


def one_neuron(w, x, b, z, a):
    """One neuron and its squared error, with these labels."""
    total_input = apply(TABLE["weighted_sum"], Value(0.5, w), Value(2.0, x), Value(1.0, b))
    total_input.label = z
    output = total_input.sigmoid()
    output.label = a
    C = apply(TABLE["quadratic"], output, Value(1.0, "y1"))
    C.label = "C"
    return C


def test_no_equation_is_claimed_for_a_graph_that_does_not_bear_the_papers_names():
    found = equations(one_neuron("weight", "in", "b", "sum", "out") / 2)
    assert found["sum = weight·in + b"] == found["out = σ(sum)"] == ""
    assert set(found.values()) == {"", "(5)", "(16)", "(18)"} - {"(16)"}


def test_labels_that_spell_the_papers_names_are_read_as_its_symbols():
    found = equations(one_neuron("w2_1_1", "x1", "b2_1", "z2_1", "a2_1"))
    assert found["z²₁ = w²₁₁·x1 + b²₁"] == "(12)" and found["a²₁ = σ(z²₁)"] == "(14)"
    assert found["δ²₁ += ∂C/∂a²₁·σ′(z²₁)"] == "(16)" and found["∂C/∂w²₁₁ += δ²₁·x1"] == "(24)"


# Other names, other operations.

def test_unlabelled_nodes_are_numbered_and_constants_are_their_numbers():
    x = Value(2.0, "x")
    root = (2 * x - 0.5) ** 2 / -4
    assert [step.symbols for step in forward_steps(root)] == [
        "n2 = 2·x", "n4 = n2 − 0.5", "n5 = n4²", "n7 = n5/(−4)",
    ]
    assert [step.symbols for step in backward_steps(root)] == [
        "∂n7/∂n5 += 1/(−4)", "∂n7/∂n6 += −n7/(−4)", "∂n7/∂n4 += ∂n7/∂n5·(2·n4)", "∂n7/∂n2 += ∂n7/∂n4",
        "∂n7/∂n3 += −∂n7/∂n4", "∂n7/∂n1 += ∂n7/∂n2·x", "∂n7/∂x += ∂n7/∂n2·2",
    ]
    two = root.operands[0].operands[0].operands[0].operands[0]
    assert next(forward_steps(root)).formula == (NumberSlot("data", two, None, True), "·x")


def test_labels_that_look_like_formulas_stand_in_brackets():
    a, b = Value(2.0, "a + b"), Value(3.0, "b")
    loss = a * b
    loss.label = "the loss"
    assert [step.symbols for step in (*forward_steps(loss), *backward_steps(loss))] == [
        "the loss = (a + b)·b", "∂(the loss)/∂(a + b) += b", "∂(the loss)/∂b += a + b",
    ]


def test_hostile_labels_stay_on_their_line():
    for label in ("a\nb", "\x020\x03", "\x05", "{0}", "\u202eabc", "n1", "x" * 10_000, Symbol("z", 2, None), object()):
        x = Value(2.0, label)
        root = total([x * x for _ in range(9)])
        for step in (*forward_steps(root), *backward_steps(root)):
            assert step.text.isprintable() and len(step.text) < 400
            assert not any(part.node is x and part.quantity == "data" for part in step.formula
                           if isinstance(part, NumberSlot))


def test_a_seed_other_than_1_is_a_factor():
    x = Value(3.0, "x")
    C = x**3
    C.label = "C"
    assert [step.text for step in backward_steps(C, -2.0)] == ["(−2)·∂C/∂x += (−2)·(3·x²) = (−2)·(3·3²) = −54   (18)"]
    assert [step.text for step in backward_steps(C, 1.0)] == ["∂C/∂x += 3·x² = 3·3² = 27   (18)"]


@pytest.mark.parametrize("name", N_ARY)
def test_a_long_sum_is_elided_to_two_terms_and_the_last(name):
    groups = {"total": 1}.get(name, 2)
    letters = "pq"[:groups]
    for n in (6, 7, 300):
        operands = [Value(0.25 + k / 1000, f"{letter}{k}") for letter in letters for k in range(1, n + 1)]
        rest = [Value(0.5, "b")] if name == "weighted_sum" else []
        step = next(forward_steps(apply(TABLE[name], *operands, *rest)))
        shown = {int(k) for k in re.findall(r"[pq](\d+)", step.symbols)}
        assert shown == ({1, 2, n} if n > 6 else set(range(1, 7)))
        assert step.symbols.count("…") == step.arithmetic.count("…") == (n > 6)
        assert n == 6 or re.search(r"[\d)²] \+ … \+ [(\dpq]", step.symbols)
        holes = [part for part in step.numbers if isinstance(part, NumberSlot)]
        assert {hole.node for hole in holes} == {
            operand for operand in (*operands, *rest) if operand.label == "b" or int(operand.label[1:]) in shown
        }


@pytest.mark.parametrize("name", N_ARY)
def test_each_partial_of_a_long_sum_is_that_of_its_own_term(name):
    groups, n = {"total": 1}.get(name, 2), 9
    operands = [Value(0.25 + k / 100) for k in range(groups * n + (name == "weighted_sum"))]
    steps = list(backward_steps(apply(TABLE[name], *operands), 0.5))
    assert len(steps) == len(operands)
    for step in steps:
        check_arithmetic(step)


def from_floats(x):
    return math.sinh(x)


def from_floats_partials(result, x):
    return (math.cosh(x),)


def clipped(x, y):
    return functions.where(x > 1, x, y * x)


def clipped_partials(result, x, y):
    return functions.where(x > 1, 1, y), functions.where(x > 1, 0, x)


def swish(x, beta):
    return x * functions.sigmoid(beta * x)


def swish_partials(result, x, beta):
    s = functions.sigmoid(beta * x)
    return s + beta * x * s * (1 - s), x * x * s * (1 - s)


def test_an_operation_of_ones_own_is_written_by_its_formula_where_it_has_one_and_as_a_call_where_not():
    x, y = Value(2.0, "x"), Value(-0.5, "y")
    for op, operands, symbols in (
        (Op("sinh", "sinh", from_floats, from_floats_partials), (x,), ["sinh(x)", "∂n1·sinh′(x)"]),
        (Op("clipped", "clip", clipped, clipped_partials), (x, y),
         ["clipped(x, y)", "∂n1·(∂n1/∂x)", "∂n1·(∂n1/∂y)"]),
        (Op("swish", "swish", swish, swish_partials), (x, y),
         ["x·σ(y·x)", "∂n1·(σ(y·x) + y·x·σ(y·x)·(1 − σ(y·x)))", "∂n1·(x²·σ(y·x)·(1 − σ(y·x)))"]),
    ):
        root = apply(op, *operands)
        steps = [*forward_steps(root), *backward_steps(root, 3.0)]
        texts = [step.symbols.split("= ", 1)[1].replace("3·", "∂n1·", 1) for step in steps]
        assert texts == symbols
        for step in steps[1:]:
            check_arithmetic(step)


@pytest.mark.parametrize(("exponent", "symbols"), [
    (3, ["x³", "3·x²"]), (2, ["x²", "2·x"]), (-1, ["x⁻¹", "(−1)·x⁻²"]), (1, ["x", "1·x⁰"]), (0, ["x⁰", "0"]),
    (0.5, ["x^0.5", "0.5·x^(−0.5)"]), (1000, ["x¹⁰⁰⁰", "1000·x⁹⁹⁹"]), (Fraction(1, 2), ["x^(1/2)", "1/2·x^(−1/2)"]),
    (sympy.Symbol("n"), ["x^n", "constant_power′(x)"]), (mpmath.mpf(2), ["x^2.0", "2.0·x^1.0"]),
])
def test_powers_of_every_kind(exponent, symbols):
    root = Value(1, "x") ** exponent
    steps = [*forward_steps(root), *backward_steps(root)]
    assert [step.symbols.split("= ", 1)[1] for step in steps] == symbols


def test_a_power_that_no_float_has_is_a_call():
    root = Value(Decimal(3), "x") ** Decimal(2)
    assert [step.text for step in (*forward_steps(root), *backward_steps(root))] == [
        "n1 = constant_power(x) = constant_power(3) = 9", "∂n1/∂x += constant_power′(x) = 6   (18)",
    ]


def test_an_operation_of_ones_own_with_many_operands_is_an_elided_call():
    op = Op("spread", "⇔", lambda *xs: max(xs) - min(xs), lambda result, *xs: tuple(x / 10 for x in xs))
    root = apply(op, *[Value(float(k), f"x{k}") for k in range(1, 9)])
    (forward,) = forward_steps(root)
    assert forward.symbols == "n1 = spread(x1, x2, …, x8)"
    assert forward.arithmetic == "spread(1, 2, …, 8)"
    last = list(backward_steps(root, 2))[-1]
    assert last.text == "2·∂n1/∂x8 += 2·(∂n1/∂x8) = 2·0.8 = 1.6   (18)"


@pytest.mark.parametrize(("number", "arithmetic", "total"), [
    (1 + 2j, "(1+2j)·(1+2j)", "2+2j + (1+2j) = 3+4j"),
    (Fraction(1, 3), "(1/3)·(1/3)", "4/3 + (1/3) = 5/3"),
    (Fraction(-1, 3), "(−1/3)·(−1/3)", "2/3 + (−1/3) = 1/3"),
    (sympy.Symbol("s") + 1, "(s + 1)·(s + 1)", "s + 2 + (s + 1) = 2*s + 3"),
    (mpmath.mpf("0.1"), "0.1·0.1", "1.1 + 0.1 = 1.2"),
    (7, "7·7", "8 + 7 = 15"),
    (math.inf, "inf·inf", "inf + inf = inf"),
    (-6.9e-05, "(−6.9e−5)·(−6.9e−5)", "0.9999 − 6.9e−5 = 0.9999"),
])
def test_any_kind_of_number_steps_and_is_put_in_its_place(number, arithmetic, total):
    x = Value(number, "x")
    root = x * x
    assert next(forward_steps(root)).arithmetic == arithmetic
    steps = list(backward_steps(root + x))
    assert steps[-1].after == x.grad == 1 + number + number
    assert steps[-1].total == total


def test_arrays_step():
    x = Value(numpy.array([1.0, -2.0, 3.0]), "x")
    found = [step.text for step in backward_steps(x * x)]
    assert found[1] == "∂n1/∂x += x = [1, −2, 3]; ∂n1/∂x = [1, −2, 3] + [1, −2, 3] = [2, −4, 6]   (18)"
    assert x.grad.tolist() == [2.0, -4.0, 6.0]


def test_complex_numbers_step_through_every_function():
    z = Value(0.3 + 0.4j, "z")
    root = z.exp().sin() * z.log().sqrt()
    performed(backward_steps(root))
    step = 1e-6
    slope = [cmath.sin(cmath.exp(z.data + s)) * cmath.sqrt(cmath.log(z.data + s)) for s in (step, -step)]
    assert z.grad == pytest.approx((slope[0] - slope[1]) / (2 * step), rel=1e-6)
