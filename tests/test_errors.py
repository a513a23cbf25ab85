"""Errors are one line that is short enough to read, and also the built-in that fits."""

import numpy as np
import pytest

from micrograd_paper import MLP, Value, compare, cross_entropy, draw, errors, find, fit, gradient, quadratic, save
from micrograd_paper.cli import main
from micrograd_paper.costs import batch_cost
from micrograd_paper.diagnosing.diagnosis import diagnose

LONG = "x" * 10_000
NET = MLP(2, [1], seed=1)


@pytest.mark.parametrize("call", [
    lambda: Value(LONG), lambda: Value([1.0] * 10_000), lambda: NET[LONG], lambda: NET.forward(LONG),
    lambda: MLP(2, LONG), lambda: MLP(2, [1], LONG), lambda: MLP(LONG, [1]), lambda: find(Value(1.0), LONG),
    lambda: draw(Value(1.0), detail=LONG), lambda: draw(Value(1.0), prefix=LONG + "!"),
    lambda: draw(Value(1.0)).save(LONG + ".txt"), lambda: draw(Value(1.0)).save(LONG + ".svg"),
    lambda: fit(NET, LONG, eta=1.0, epochs=1, batch_size=1), lambda: fit(NET, [LONG], eta=1, epochs=1, batch_size=1),
    lambda: fit(NET, [([1.0, LONG], [1.0])], eta=1.0, epochs=1, batch_size=1),
    lambda: fit(NET, [([1.0, 2.0], [1.0])], eta=LONG, epochs=1, batch_size=1),
    lambda: fit(NET, [([1.0, 2.0], [1.0])], eta=1.0, epochs=1, batch_size=1, cost=LONG),
    lambda: compare(NET.forward([1.0, 2.0]), LONG), lambda: diagnose(LONG, NET, [1.0, 2.0], [1.0]),
    lambda: diagnose([[[LONG]], [[LONG]]], NET, [1.0, 2.0], [1.0]), lambda: quadratic(Value(1.0), [1.0] * 10_000),
])
def test_an_error_is_one_line_of_at_most_300_characters_whatever_was_given(call):
    with pytest.raises(errors.MicrogradPaperError) as raised:
        call()
    assert 0 < len(str(raised.value)) <= 300 and "\n" not in str(raised.value)


PAIR = [([1.0, 2.0], [1.0])]


def with_a_complex_gradient():
    forward = NET.forward([1.0, 2.0])
    quadratic(forward.output, [1.0]).backward()
    forward["w2_1_1"].grad = 1j
    return forward


@pytest.mark.parametrize(("call", "said"), [
    (lambda: fit(NET, PAIR, eta=1.0, epochs=np.array([1.0]), batch_size=1), "must be a positive integer; got array"),
    (lambda: fit(NET, PAIR, eta=1.0, epochs=1, batch_size=np.array([1])), "batch_size must be an integer from 1 to"),
    (lambda: fit(NET, PAIR, eta=1.0, epochs=1, batch_size=1, seed=np.array([1.0])), "a seed is an integer or a text"),
    (lambda: fit(NET, PAIR, eta=1.0, epochs=1, batch_size=1, on_epoch=3), "on_epoch is a function of an Epoch; got 3"),
    (lambda: MLP(2, np.array([[3, 1]])), "the number of neurons of layer 2 must be a positive integer; got array"),
    (lambda: MLP(2, np.array(3)), "nouts lists the neurons of each layer, such as"),
    (lambda: cross_entropy([0.5], [1j]), "takes targets in [0, 1]; y₁ is 1j"),
    (lambda: compare(with_a_complex_gradient(), [1.0]), "compare takes real numbers; ∂C/∂w²₁₁ is 1j in the graph"),
    (lambda: draw(Value(1.0), title=5), "a title is text; got 5"),
    (lambda: draw(Value(1.0), max_nodes=np.float64(5)), "expected max_nodes of 1 or more; got np.float64(5.0)"),
    (lambda: save(5, "x"), "save takes an MLP; got 5"), (lambda: MLP.from_weights(None), "W lists what each layer has"),
    (lambda: gradient(Value(1.0), Value(2.0, "w")), "a list of the Values to differentiate by, such as [x]; got w = 2"),
    (lambda: gradient(Value(1.0), 3), "a list of the Values to differentiate by, such as [x]; got 3"),
    (lambda: batch_cost([NET.forward([1.0, 2.0])], [[1.0]], quadratic, 1.0, 10**4000), "or more here, at most 922337"),
    *[(lambda seed=seed: MLP(2, [1], seed=seed), "a seed is an integer or a text; got") for seed in (
        1.0, float("nan"), b"1", True, np.float32(1), [1])],
])
def test_what_is_given_wrongly_is_told_by_the_packages_own_errors(call, said):
    with pytest.raises(errors.MicrogradPaperError) as raised:
        call()
    assert said in str(raised.value) and "\n" not in str(raised.value)


def test_limits_of_a_drawing_are_numbers_of_any_kind():
    root = Value(1.0, "x")
    assert draw(root, max_nodes=np.int64(500), seconds=np.float32(20)).svg == draw(root).svg


def test_a_tensor_as_an_exponent_is_computed_or_told(torch):
    with pytest.raises(errors.MicrogradPaperError, match=r"^power \*\* of operand = 2, operand = tensor"):
        Value(2.0) ** torch.tensor([2.0, 1.0])
    assert (Value(2.0) ** torch.tensor(2.0)).data == 4.0


@pytest.mark.parametrize("arguments", [
    [LONG], ["draw", LONG], ["draw", LONG + ".py:C"], ["train", "--data", LONG],
    ["train", "--data", "iris", "--shape", LONG], ["equations", LONG], ["predict", LONG, LONG],
    ["prove", "--shape", "1-" * 5000 + "1"], ["compare", LONG, "--cost", LONG],
])
def test_so_it_is_on_the_command_line(arguments, capsys):
    try:
        status = main(arguments)
    except SystemExit as end:
        status = end.code
    message = capsys.readouterr().err
    assert status == 2 and message.count("\n") == 1 and len(message) <= 400


def test_each_error_is_also_a_built_in():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__}
    for kind in kinds - {errors.MicrogradPaperError, errors.StaleGraphWarning}:
        assert issubclass(kind, errors.MicrogradPaperError)
        assert any(base.__module__ == "builtins" and base not in (Exception, BaseException, object)
                   for base in kind.__mro__), kind
