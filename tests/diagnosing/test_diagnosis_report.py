"""What a diagnosis says: where the first difference is, how large, what holds all the same; and what is refused."""

import itertools
import json
import math
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from micrograd_paper import MLP, cross_entropy
from micrograd_paper.diagnosing.diagnosis import diagnose
from micrograd_paper.diagnosing.search import Difference
from micrograd_paper.errors import MicrogradPaperError, NotANumber, NotAValue, ShapeError, UsageError
from tests.diagnosing.diagnosed import NET, RIGHT, X, Y, backprop, lists, reports


def changed(l, part, value):
    """The right gradients of NET with one part replaced."""
    weights, biases = dict(enumerate(RIGHT[0], 2)), dict(enumerate(RIGHT[1], 2))
    (weights if part == "W" else biases)[l] = value
    return weights, biases


def test_one_example_needs_no_batch_and_the_report_goes_layer_by_layer():
    gradients = backprop(*lists(NET), X, Y, transposed=False)
    diagnosis = diagnose(gradients, NET, X, Y)
    assert [(report.layer, report.ok) for report in diagnosis.layers] == [(4, True), (3, True), (2, False)]
    assert [[mistake.name for mistake in explanation] for explanation in diagnosis.explanations] == [
        ["W not transposed"]
    ]
    text = str(diagnosis)
    assert "layer 3   ∂C/∂W ✓   ∂C/∂b ✓\n" in text and "∂C/∂W ✗   ∂C/∂b ✗   ∂C/∂w²" in text
    assert "(22), layer 2: W not transposed" in text and "the paper: δˡ = ((Wˡ⁺¹)ᵀ δˡ⁺¹)" in text


def test_what_is_no_known_mistake_is_told_with_place_size_and_what_still_holds():
    diagnosis = diagnose(backprop(*lists(NET), X, Y, added=0.1), NET, X, Y)
    assert not diagnosis.ok and diagnosis.explanations == []
    assert diagnosis.verdict.startswith("not a mistake I know; on the way back the first difference is in layer 3: ∂C/")
    assert "layer 3: from your ∂C/∂b of layer 4 as δ, (21) does not hold" in diagnosis.consistent
    assert "layer 2: with your ∂C/∂b as δ, (24) holds" in diagnosis.consistent


def test_24_holds_with_the_decay_of_the_weights_in_it():
    weights, biases = backprop(*lists(NET), X, Y, added=0.1)
    for alpha, decay in ((0.5, 0.5), (0.5, 0.0)):
        decayed = [g + decay / 4 * np.array(W) for g, W in zip(weights, lists(NET)[0])]
        consistent = diagnose((decayed, biases), NET, X, Y, alpha=alpha, m=4).consistent
        assert ("layer 3: with your ∂C/∂b as δ, (24) holds" in consistent) == (decay == alpha)


def test_the_difference_named_is_the_largest_of_its_layer():
    weights, biases = RIGHT
    for j, k in itertools.product(range(4), range(4)):
        given = [1.001 * W for W in weights]
        given[1][j, k] = -weights[1][j, k]
        assert 2 * abs(weights[1][j, k]) > 0.002 * np.max(np.abs(weights[1]))
        (report,) = (report for report in reports((given, biases), NET, X, Y) if report.layer == 3)
        assert report.weights.symbol == f"∂C/∂{NET.weights[3][j][k].label}" and report.biases is None
        assert report.weights.given == -weights[1][j, k] == pytest.approx(-report.weights.closed_form)


def test_a_delta_is_named_with_its_example_where_there_are_several():
    deltas = [d.copy() for d in RIGHT[1]]
    deltas[2][1] += 1.0
    assert diagnose(RIGHT, NET, X, Y, deltas=deltas).layers[0].deltas.symbol == "δ⁴₂"
    batch = [[d, d + 0.0] for d in RIGHT[1]]
    assert diagnose(RIGHT, NET, [X, X], [Y, Y], deltas=batch).ok
    batch[2][1][1] += 1.0
    assert diagnose(RIGHT, NET, [X, X], [Y, Y], deltas=batch).layers[0].deltas.symbol == "δ⁴₂⁽²⁾"


def test_deltas_tell_an_error_before_delta_from_one_after_it():
    weights, biases = backprop(*lists(NET), X, Y)
    doubled = [2 * W for W in weights]
    diagnosis = diagnose((doubled, biases), NET, X, Y, deltas=biases)
    assert all(report.deltas is None and report.biases is None and report.weights for report in diagnosis.layers)
    wrong = [biases[0], 3 * biases[1], biases[2]]
    diagnosis = diagnose((weights, biases), NET, X, Y, deltas=wrong)
    assert [report.layer for report in diagnosis.layers if report.deltas] == [3]
    assert diagnosis.layers[1].deltas.symbol.startswith("δ³") and "δ ✗" in str(diagnosis)


@pytest.mark.parametrize("given, closed_form, text", [
    (-0.5, 0.25, "w is −0.5, the paper's is 0.25"), (0.123456789, -2.0, "w is 0.123457, the paper's is −2"),
    (-0.125, -0.12500000001, "w is −0.125, the paper's is −0.12500000001"),
    (5e-324, 0.0, "w is 4.94066e−324, the paper's is 0"), (100.123456789, 100.5, "w is 100.123, the paper's is 100.5"),
])
def test_a_difference_is_shown_with_the_digits_that_it_takes_to_see_it(given, closed_form, text):
    assert str(Difference("w", given, closed_form)) == text


@pytest.mark.parametrize("l, j, line", [
    (3, 1, "layer 3: from your ∂C/∂b of layer 4 as δ, (21) does not hold"),
    (3, 0, "layer 3: with your ∂C/∂b as δ, (24) does not hold"),
    (2, 2, "layer 2: from your ∂C/∂b of layer 3 as δ, (21) does not hold"),
    (3, 3, "layer 2: from your ∂C/∂b of layer 3 as δ, (21) does not hold"),
    (2, 1, "layer 2: with your ∂C/∂b as δ, (24) does not hold"),
    (2, 0, "layer 3: from your ∂C/∂b of layer 4 as δ, (21) holds"),
    (2, 0, "layer 4: with your ∂C/∂b as δ, (24) holds"),
])
def test_one_wrong_number_is_enough_for_an_equation_not_to_hold(l, j, line):
    row = RIGHT[1][l - 2].copy()
    row[j] = 0.0
    diagnosis = diagnose(changed(l, "b", row), NET, X, Y)
    assert diagnosis.explanations == [] and line in diagnosis.consistent


def test_one_factor_is_told_where_some_gradients_are_0():
    weights, biases = backprop(*lists(NET), [0.0, -1.0, 2.0], Y)
    diagnosis = diagnose(([-0.7 * W for W in weights], [-0.7 * b for b in biases]), NET, [0.0, -1.0, 2.0], Y)
    assert diagnosis.consistent == ["every number is −0.7 times the paper's"]


@pytest.mark.parametrize("factor, line", [(0.0, "every number is 0: was backward run?"),
                                          (-0.7, "every number is −0.7 times the paper's")])
def test_one_factor_between_all_numbers_and_the_papers_is_told(factor, line):
    diagnosis = diagnose(([factor * W for W in RIGHT[0]], [factor * b for b in RIGHT[1]]), NET, X, Y)
    assert diagnosis.explanations == [] and diagnosis.consistent == [line]


def test_the_diagnosis_is_json_and_html_too():
    diagnosis = diagnose(backprop(*lists(NET), X, Y, prime=False), NET, X, Y)
    content = json.loads(json.dumps(diagnosis.as_dict(), allow_nan=False))
    assert content["ok"] is False and content["explanations"][0][0]["name"] == "σ′ forgotten"
    assert [layer["layer"] for layer in content["layers"]] == [4, 3, 2]
    text = "".join(ElementTree.fromstring(diagnosis._repr_html_()).itertext())
    assert diagnosis.verdict in text and "(16), layer 4: σ′ forgotten" in text
    right = diagnose(RIGHT, NET, X, Y)
    assert right.as_dict()["ok"] and "<b>every gradient is the paper" in right._repr_html_()


def test_a_module_whose_backward_has_not_run_or_that_has_no_bias_is_told_so(torch):
    net = MLP(2, [1], seed=1)
    with pytest.raises(UsageError, match=r"layer 2: Linear.* has no \.grad yet: call backward"):
        diagnose(torch.nn.Sequential(torch.nn.Linear(2, 1)), net, [0, 0], [0])
    with pytest.raises(ShapeError, match=r"layer 2: Linear.* has no bias"):
        diagnose(torch.nn.Sequential(torch.nn.Linear(2, 1, bias=False)), net, [0, 0], [0])
    with pytest.raises(UsageError, match="Sequential has no Linear layers"):
        diagnose(torch.nn.Sequential(torch.nn.Sigmoid()), net, [0, 0], [0])


def test_a_module_with_other_weights_than_the_network_is_told_so(torch):
    module = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Sigmoid())
    module(torch.zeros(1, 2)).sum().backward()
    net = MLP(2, [1], seed=1)
    module[0].weight.data = torch.tensor(lists(net)[0][0])
    diagnose(module, net, [0, 0], [0])
    for k, off in ((0, 1e-5), (1, -1e-5)):
        module[0].weight.data = torch.tensor(lists(net)[0][0])
        module[0].weight.data[0, k] += off
        with pytest.raises(UsageError, match=r"layer 2: the weights of Linear.* are not the network's"):
            diagnose(module, net, [0, 0], [0])


def test_a_network_with_a_nan_is_told_so():
    net = MLP(1, [1], seed=1)
    net["b2_1"].data = math.nan
    with pytest.raises(UsageError, match="the network's b²₁ is nan"):
        diagnose(([[[0.0]]], [[0.0]]), net, [1.0], [0.0])


@pytest.mark.parametrize("gradients, error, message", [
    (changed(2, "W", RIGHT[0][0].T), ShapeError, r"layer 2: ∂C/∂W must be 4×3, as W is; got 3×4: transposed\?"),
    (changed(3, "W", np.zeros((4, 5))), ShapeError, "layer 3: ∂C/∂W must be 4×4, as W is; got 4×5"),
    (changed(3, "W", 1.0), ShapeError, "layer 3: ∂C/∂W must be 4×4, as W is; got a single number"),
    (changed(3, "W", [[1.0], [1.0, 2.0]]), ShapeError, "got rows of unequal length"),
    (changed(3, "W", [[[1.0], 0.0, 0.0, 0.0]] * 4), ShapeError, "layer 3: ∂C/∂W must be .* got rows that hold lists"),
    (changed(4, "b", [[0.0], 1.0]), ShapeError, "layer 4: ∂C/∂b must be 2 numbers; got numbers and lists mixed"),
    (changed(4, "b", [0.0]), ShapeError, "layer 4: ∂C/∂b must be 2 numbers; got 1"),
    (changed(4, "b", [0.0, math.nan]), UsageError, "∂C/∂b⁴₂ is nan: the gradients must be finite"),
    (changed(2, "W", np.full((4, 3), np.inf)), UsageError, "∂C/∂w²₁₁ is inf"),
    (changed(4, "b", [0.0, "1"]), NotANumber, "gradients are numbers; got '1'"),
    (changed(5, "b", [0.0]), ShapeError, "∂C/∂b must be given for the layers 2, 3, 4; got 2, 3, 4, 5"),
    ((RIGHT[0], RIGHT[1][:2]), ShapeError, "∂C/∂b must be given for 3 layers, 2 to 4; got 2"),
    (RIGHT[0], ShapeError, r"must be a pair \(∂C/∂W by layer, ∂C/∂b by layer\), .* got list of 3"),
    (None, ShapeError, "must be a pair .* got NoneType"),
    (changed(4, "b", [0.0, 10**400]), UsageError, "∂C/∂b⁴₂ is inf"),
    (changed(4, "b", np.array(["a", "b"])), NotANumber, "gradients are numbers; got 'a'"),
    (changed(4, "b", [True, 0.0]), NotANumber, "gradients are numbers; got True"),
])
def test_gradients_that_do_not_fit_are_refused_with_layer_expected_and_got(gradients, error, message):
    with pytest.raises(error, match=message) as caught:
        diagnose(gradients, NET, X, Y)
    assert isinstance(caught.value, MicrogradPaperError) and "\n" not in str(caught.value)


def test_a_network_of_one_layer_takes_one():
    with pytest.raises(ShapeError, match="layer 2: ∂C/∂b must be 1 number; got 2"):
        diagnose(([[[0.0]]], [[0.0, 0.0]]), MLP(1, [1], seed=1), [0.0], [0.0])
    with pytest.raises(ShapeError, match="∂C/∂W must be given for 1 layer, 2 to 2; got 2"):
        diagnose(([[[0.0]], [[0.0]]], [[0.0]]), MLP(1, [1], seed=1), [0.0], [0.0])


@pytest.mark.parametrize("arguments, error, message", [
    ({"x": [1.0]}, ShapeError, "example 1 has 1 inputs x; the network 3-4-4-2 needs 3"),
    ({"y": [1.0]}, ShapeError, "example 1 has 1 targets y; the network 3-4-4-2 needs 2"),
    ({"x": [X, X], "y": [Y]}, ShapeError, "x are 2 examples; y are 1"),
    ({"x": ["a", 1, 2]}, NotANumber, "example 1: x1 must be a number; got 'a'"),
    ({"x": [math.nan, 1, 2]}, UsageError, "example 1: x1 must be finite; got nan"),
    ({"x": [], "y": []}, ShapeError, "example 1 has 0 inputs x"),
    ({"cost": max}, UsageError, "knows the mistakes that are made with quadratic and cross_entropy; got max"),
    ({"cost": cross_entropy, "y": [3.0, 0.0]}, UsageError, r"targets in \[0, 1\]"),
    ({"x": [10**400, 0, 0]}, UsageError, "example 1: x1 must be finite; got 1000"),
    ({"alpha": -1}, UsageError, "alpha must be 0 or more; got -1"),
    ({"m": 0}, UsageError, "m is the number of training examples, 1 or more here; got 0"),
    ({"eta": 0}, UsageError, "eta must be a positive number; got 0"),
    ({"earlier": X}, ShapeError, r"earlier must be a pair \(x, y\)"),
    ({"earlier": (X, [1.0])}, ShapeError, "earlier example 1 has 1 targets y"),
    ({"deltas": [[1.0], [1.0], [1.0]]}, ShapeError, "layer 2: δ must be 4 numbers; got 1"),
    ({"tolerance": 2}, UsageError, "relative tolerance must be in \\[0, 1\\); got 2"),
    ({"net": None}, NotAValue, "takes the network as an MLP; got NoneType"),
    ({"net": MLP(3, [4, 4, 2], lambda z: z**3)}, UsageError, "knows the activations sigmoid, tanh, relu, softplus, l"),
])
def test_arguments_that_do_not_fit_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        diagnose(**{"gradients": RIGHT, "net": NET, "x": X, "y": Y, **arguments})
