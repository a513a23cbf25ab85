"""The sentence of a step: every step has one, short, and every number in it is the step's."""

import re
from string import Formatter

import pytest
import sympy
from hypothesis import given

from micrograd_paper import MLP, Value, cross_entropy, quadratic
from micrograd_paper.costs import mean_cost
from micrograd_paper.display import number_text
from micrograd_paper.engine import topological_order
from micrograd_paper.stepping.steps import backward_steps, forward_steps
from micrograd_paper.stepping.words import TEMPLATES, largest_terms
from tests.drawing.graphs import batch, iris
from tests.strategies import expressions, few_examples, networks

pytestmark = pytest.mark.usefixtures("nameless")

NUMBER = re.compile(r"(?<![\w.⁰¹²³⁴⁵⁶⁷⁸⁹])−?\d[\d.]*(?:e−?\d+)?(?<!\.)")


def steps_of(root):
    return [*forward_steps(root), *backward_steps(root)]


def numbers_of(step):
    """The texts of all numbers that are the step's: of its node, operands, partials, and of the chain rule itself."""
    node = step.node
    own = [node.data, *[x.data for x in node.operands], *node.partials, step.grad, step.before, step.term, step.after]
    if node.op.name == "weighted_sum":
        own += [x for _, x in largest_terms(node, dict.fromkeys(topological_order(node), ""))]
    texts = {number_text(x) for x in own if x is not None} | {"0", str(len(node.operands)), "1", "2"}
    return texts | {text.lstrip("−") for text in texts}


def assert_is_true_of_its_step(step):
    names = set(step.shared.names.values())
    words = step.words
    for name in sorted(names, key=len, reverse=True):
        words = words.replace(name, "@")
    for number in NUMBER.findall(words):
        assert number in numbers_of(step) or int(number) < 100, (step, words)
    assert words.endswith(".") and "{" not in words


@given(expressions())
def test_every_step_of_an_expression_has_words_with_numbers_of_its_own(expression):
    for step in steps_of(expression.value([Value(x) for x in expression.leaves])):
        assert_is_true_of_its_step(step)


@few_examples(30)
@given(networks(most_layers=2, most_neurons=3))
def test_of_a_network_they_are_two_sentences_of_200_characters_at_most(network):
    net, x, y = network
    for step in steps_of(quadratic(net.forward(x).output, y)):
        assert_is_true_of_its_step(step)
        assert len(step.words) <= 200 and len(re.findall(r"\.(?= |$)", step.words)) <= 2, step.words


@given(networks(most_layers=2, most_neurons=3))
def test_which_way_an_output_should_go_is_said_by_the_sign_of_its_gradient(network):
    net, x, y = network
    C = quadratic(net.forward(x).output, y)
    for step in backward_steps(C):
        if step.node is C and step.operand.operands:
            said = {"below": "falls", "above": "grows", "equals": "hardly changes"}
            word = "below" if step.term < 0 else "above" if step.term > 0 else "equals"
            assert word in step.words and said[word] in step.words


def said_of(root, name):
    return [step.words for step in backward_steps(root) if step.operand.label == name]


def test_a_factor_zero_a_flat_sigmoid_and_the_last_share_have_their_own_sentence():
    net = MLP.from_weights([[[1.0, 30.0], [1.0, 2.0]], [[0.5, 0.25]]])
    forward = net.forward([0.0, 1.0])
    C = quadratic(forward.output, [1.0])
    words = {(step.shared.reading.ids[step.node], step.shared.reading.ids[step.operand]): step.words
             for step in backward_steps(C)}
    assert words["z2_1", "w2_1_1"] == "x₁ is 0: w²₁₁ has no effect here."
    assert "almost flat here: it passes on only" in words["a2_1", "z2_1"]
    assert words["z2_1", "x1"].startswith("The last of two: z²₁ adds")
    assert "acts on C through two neurons. This is the first, z²₂" in words["z2_2", "x1"]
    a = Value(3.0, "a")
    assert said_of(a * a + a, "a")[-1].endswith("∂n2/∂a is complete: 7.")


def test_a_dead_neuron_and_a_mean_and_decay_say_so():
    x = Value(-1.0, "x")
    assert said_of(x.relu() * 2.0, "x") == ["relu is flat here, with slope 0: no small change of x reaches n1."]
    net = MLP(1, [1], seed=1)
    C = mean_cost(net, [([1.0], [1.0]), ([2.0], [0.0])], quadratic, alpha=0.5)
    said = [step.words for step in backward_steps(C)]
    assert any("is the sum divided by 2: the sum counts 0.5" in words for words in said)
    assert any(re.fullmatch(r"Decay alone adds −?[\d.]+: it pulls w²₁₁ towards 0\..*", words) for words in said)


def test_after_a_change_no_sentence_speaks_of_the_new_number_as_if_the_pass_had_used_it():
    x, w = Value(2.0, "x"), Value(3.0, "w")
    C = x * w
    x.data = 100.0
    assert next(forward_steps(C)).words == "n1 is 6, which its operands do not give now: a number was changed since."
    assert [step.words for step in backward_steps(C)][1] == (
        "A small change of w reaches n1 2 times as large: 1 becomes 2.")


def test_symbols_and_complex_numbers_have_words_too():
    for number in (sympy.Symbol("t"), 1 + 2j):
        x = Value(number, "x")
        assert all(step.words for step in steps_of((x * x + 2) * x))


def test_every_template_has_only_slots_that_a_step_fills_and_is_said_by_some_step():
    said = {name for root in (iris(), iris(cross_entropy), batch(2)) for step in steps_of(root)
            for name in [*[case[2] for case in step.saying.cases], step.saying.tail]}
    assert {"neuron", "last-share", "bias", "weight", "share", "mean", "quadratic", "cross-entropy"} <= said
    for template in TEMPLATES.values():
        assert all(slot is None or slot.isidentifier() for _, slot, _, _ in Formatter().parse(template))


@few_examples(10)
@given(networks())
def test_the_step_of_each_error_says_what_its_name_is_short_for(network):
    net, x, y = network
    C = quadratic(net.forward(x).output, y)
    errors = [step for step in backward_steps(C) if step.name.startswith("δ")]
    assert len(errors) == sum(net.shape[1:])
    for step in errors:
        z = step.operand.label
        assert z.name == "z" and step.words.endswith(f"{z.delta} is short for ∂C/∂{z}.")
    said = [step.words for step in backward_steps((Value(1.0, "x") * Value(0.5, "w")).tanh())]
    assert not any("short for" in words for words in said)  # of no cost, so of no error
