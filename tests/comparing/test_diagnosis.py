"""`diagnose` names the mistake that stands in somebody's backpropagation, and never accuses a right one.

The wrong implementations are in mistakes.py, in NumPy, written from the paper and without the package.
"""

import json
import math
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from hypothesis import assume, given
from hypothesis import strategies as st

from micrograd_paper import MLP, cross_entropy, quadratic
from micrograd_paper.comparing.diagnosis import assert_matches_paper, diagnose
from micrograd_paper.costs import mean_cost
from micrograd_paper.errors import MicrogradPaperError, NotANumber, NotAValue, ShapeError, UsageError
from tests.comparing import mistakes
from tests.strategies import networks

COSTS = {"quadratic": quadratic, "cross-entropy": cross_entropy}

# How the diagnosis calls each mistake: its name, and the equation where that belongs to it.
NAMES = {
    "sigma_prime_forgotten_16": ("σ′ forgotten", 16),
    "sigma_prime_forgotten_21": ("σ′ forgotten", 21),
    "sigma_prime_forgotten_everywhere": ("σ′ forgotten", 21),
    "sigma_prime_at_a_16": ("σ′ at a", 16),
    "sigma_prime_at_a_21": ("σ′ at a", 21),
    "sigma_prime_at_a_everywhere": ("σ′ at a", 21),
    "not_transposed": ("W not transposed", 21),
    "wrong_layer_w": ("W of the wrong layer", 21),
    "a_of_wrong_layer_24": ("a of the wrong layer", 24),
    "y_minus_a": ("y − a", 16),
    "not_divided": ("not divided", 6),
    "divided_twice": ("divided twice", 6),
    "half_forgotten": ("½ left out", 16),
    "biases_forgotten": ("biases forgotten", 23),
    "biases_shared": ("biases shared between layers", 23),
    "biases_same_delta": ("biases shared between layers", 23),
    "biases_decayed": ("biases decayed", 28),
    "decay_by_k": ("decay divided by k", 29),
    "decay_alpha": ("decay not divided", 29),
    "other_cost": ("the other cost's δ", None),
    "last_example_only": ("the last example only", 6),
    "weights_updated_first": ("weights updated too early", 22),
    "earlier_added": ("an earlier gradient added in", None),
}
NEEDS_EQUAL_LAYERS_BEFORE = ("wrong_layer_w",)


def network(problem):
    """The problem's network as an MLP."""
    sizes = [problem.X.shape[1], *map(len, problem.biases)]
    net = MLP(sizes[0], sizes[1:], seed=0)
    for l, (W, b) in enumerate(zip(problem.weights, problem.biases), start=2):
        for neuron, row, bias in zip(net.layers[l - 2].neurons, W, b):
            neuron.bias.data = float(bias)
            for weight, w in zip(neuron.weights, row):
                weight.data = float(w)
    return net


def diagnosed(problem, gradients):
    return diagnose(gradients, network(problem), problem.X, problem.Y, COSTS[problem.cost], alpha=problem.alpha,
                    m=problem.m, eta=problem.eta, earlier=problem.earlier)


def is_named(mistake, found):
    name, number = NAMES[mistake]
    return found.name == name and number in (None, found.equation)


def names(explanation, *expected):
    """Whether an explanation is of just the expected mistakes."""
    return len(explanation) == len(expected) and any(
        all(is_named(mistake, found) for mistake, found in zip(order, explanation))
        for order in (expected, expected[::-1])
    )


def drawn(mistake, cost, count):
    """`count` random problems in which the mistake changes the numbers."""
    rng = np.random.default_rng(sum(map(ord, mistake + cost)))
    found = []
    while len(found) < count:
        problem = mistakes.problems(rng, cost, wide=mistake in NEEDS_EQUAL_LAYERS_BEFORE)
        if mistakes.identifiable(mistake, problem):
            found.append(problem)
    return found


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("mistake", mistakes.MISTAKES)
def test_a_mistake_is_among_those_named_on_100_of_100_networks(mistake, cost):
    if mistake == "half_forgotten" and cost == "cross-entropy":
        return  # the ½ is the quadratic cost's
    for problem in drawn(mistake, cost, 100):
        diagnosis = diagnosed(problem, mistakes.MISTAKES[mistake](problem))
        assert not diagnosis.ok
        assert any(names(explanation, mistake) for explanation in diagnosis.explanations), diagnosis


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("seed", range(2))
def test_two_compatible_mistakes_at_once_are_named_on_95_of_100_networks(seed, cost):
    rng = np.random.default_rng(seed)
    kinds = sorted(mistakes.MISTAKES)
    missed = []
    tried = 0
    while tried < 100:
        one, other = (str(name) for name in rng.choice(kinds, 2, replace=False))
        problem = mistakes.problems(rng, cost, wide={one, other} & {*NEEDS_EQUAL_LAYERS_BEFORE} != set())
        if not mistakes.compatible(one, other, problem):
            continue
        tried += 1
        diagnosis = diagnosed(problem, mistakes.backprop(problem, {one, other}))
        if not any(names(explanation, one, other) for explanation in diagnosis.explanations):
            missed.append((one, other, str(diagnosis)))
    assert len(missed) <= 5, missed


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("style", mistakes.STYLES)
def test_a_right_implementation_in_numpy_is_never_accused(style, dtype):
    rng = np.random.default_rng(7)
    for i in range(160):
        problem = mistakes.problems(rng, list(COSTS)[i % 2])
        diagnosis = diagnosed(problem, mistakes.correct(problem, dtype, style))
        assert diagnosis.ok and not diagnosis.explanations, diagnosis


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_implementation_in_pytorch_is_never_accused(dtype):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    rng = np.random.default_rng(8)
    for i in range(250):
        problem = mistakes.problems(rng, list(COSTS)[i % 2])
        diagnosis = diagnosed(problem, mistakes.torch_gradients(problem, dtype))
        assert diagnosis.ok, diagnosis


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_saturated_neurons_and_large_inputs_do_not_make_a_right_implementation_wrong(dtype):
    rng = np.random.default_rng(9)
    judged = 0
    for i in range(150):
        problem = mistakes.problems(rng, list(COSTS)[i % 2])
        problem = problem._replace(weights=[8 * W for W in problem.weights], X=3 * problem.X)
        with np.errstate(all="ignore"):
            gradients = mistakes.correct(problem, dtype, mistakes.STYLES[i % len(mistakes.STYLES)])
        if all(np.isfinite(part).all() for part in [*gradients[0], *gradients[1]]):  # through a, σ′/(1 − a) may be 0/0
            assert diagnosed(problem, gradients).ok
            judged += 1
    assert judged >= 100


@given(networks(), st.floats(0, 2), st.integers(1, 9))
def test_the_gradients_of_the_graph_are_right_whatever_the_activations(network, alpha, m):
    net, x, y = network
    net.zero_grad()
    mean_cost(net, [(x, y)], quadratic, alpha, m).backward()
    diagnosis = diagnose(net, net, x, y, quadratic, alpha, m)
    assert diagnosis.ok, diagnosis


@given(networks(), st.data())
def test_a_gradient_that_is_a_millionth_off_is_not_right(network, data):
    net, x, y = network
    assume(all(z.data for row in net.forward(x).z.values() for z in row))  # at relu's kink any slope in [0, 1] does
    net.zero_grad()
    mean_cost(net, [(x, y)], quadratic).backward()
    parameter = data.draw(st.sampled_from(net.parameters()))
    parameter.grad = parameter.grad * (1 + 1e-6) + 1e-6
    diagnosis = diagnose(net, net, x, y)
    layer = parameter.label.layer
    assert [report.layer for report in diagnosis.layers if not report.ok] == [layer]
    report = next(report for report in diagnosis.layers if report.layer == layer)
    difference = report.weights or report.biases
    assert difference.symbol == f"∂C/∂{parameter.label}" and difference.given == parameter.grad


def backprop(weights, biases, x, y, *, prime=True, transposed=True, factor=1.0):
    """Backpropagation of the quadratic cost of one example, in NumPy."""
    a = [np.array(x)]
    for W, b in zip(weights, biases):
        a.append(mistakes.sigma(np.array(W) @ a[-1] + np.array(b)))
    delta = (a[-1] - y) * (a[-1] * (1 - a[-1]) if prime else 1)
    gradients = []
    for i in reversed(range(len(weights))):
        gradients.insert(0, (np.outer(delta, a[i]), delta))
        W = np.array(weights[i])
        delta = (W.T if transposed or W.shape[0] != W.shape[1] else W) @ delta * a[i] * (1 - a[i]) * factor
    return [W for W, _ in gradients], [b for _, b in gradients]


def lists(net):
    return ([[[w.data for w in row] for row in rows] for rows in net.weights.values()],
            [[b.data for b in row] for row in net.biases.values()])


NET, X, Y = MLP(3, [4, 4, 2], seed=5), [0.5, -1.0, 2.0], [1.0, 0.0]


def test_one_example_needs_no_batch_and_the_report_goes_layer_by_layer():
    gradients = backprop(*lists(NET), X, Y, transposed=False)
    diagnosis = diagnose(gradients, NET, X, Y)
    assert [(report.layer, report.ok) for report in diagnosis.layers] == [(4, True), (3, True), (2, False)]
    assert [[mistake.name for mistake in explanation] for explanation in diagnosis.explanations] == [
        ["W not transposed"]
    ]
    text = str(diagnosis)
    assert "layer 3   ∂C/∂W ✓   ∂C/∂b ✓\n" in text and "∂C/∂W ✗   ∂C/∂b ✗   ∂C/∂w²" in text
    assert "(21), layer 2: W not transposed" in text and "the paper: δˡⱼ = Σₖ" in text


def test_mistakes_that_give_the_same_numbers_are_all_named():
    diagnosis = diagnose(backprop(*lists(NET), X, Y, prime=False), NET, X, Y)
    assert [mistake.name for (mistake,) in diagnosis.explanations] == ["σ′ forgotten", "the other cost's δ"]
    assert "2 fit, and the numbers cannot tell them apart" in diagnosis.verdict


def test_what_is_no_known_mistake_is_told_with_place_size_and_what_still_holds():
    diagnosis = diagnose(backprop(*lists(NET), X, Y, factor=1.5), NET, X, Y)
    assert not diagnosis.ok and diagnosis.explanations == []
    assert diagnosis.verdict.startswith("not a mistake I know; on the way back the first difference is in layer 3: ∂C/")
    assert "layer 3: from your ∂C/∂b of layer 4 as δ, (21) does not hold" in diagnosis.consistent
    assert "layer 2: with your ∂C/∂b as δ, (24) holds" in diagnosis.consistent


def test_deltas_tell_an_error_before_delta_from_one_after_it():
    weights, biases = backprop(*lists(NET), X, Y)
    doubled = [2 * W for W in weights]
    diagnosis = diagnose((doubled, biases), NET, X, Y, deltas=biases)
    assert all(report.deltas is None and report.biases is None and report.weights for report in diagnosis.layers)
    wrong = [biases[0], 3 * biases[1], biases[2]]
    diagnosis = diagnose((weights, biases), NET, X, Y, deltas=wrong)
    assert [report.layer for report in diagnosis.layers if report.deltas] == [3]
    assert diagnosis.layers[1].deltas.symbol.startswith("δ³") and "δ ✗" in str(diagnosis)


def test_deltas_of_a_batch_may_be_those_of_the_mean():
    problem = mistakes.problems(np.random.default_rng(3), "quadratic")
    k, net = len(problem.X), network(problem)
    each = [mistakes.correct(problem._replace(X=problem.X[i:i + 1], Y=problem.Y[i:i + 1]))[1] for i in range(k)]
    deltas = [[each[i][l] for i in range(k)] for l in range(3)]
    gradients = mistakes.correct(problem)
    for scale in (1, k):
        scaled = [[delta / scale for delta in layer] for layer in deltas]
        assert diagnose(gradients, net, problem.X, problem.Y, alpha=problem.alpha, m=problem.m, deltas=scaled).ok
    assert not diagnose(gradients, net, problem.X, problem.Y, alpha=problem.alpha, m=problem.m,
                        deltas=[[-delta for delta in layer] for layer in deltas]).ok


def test_gradients_with_few_digits_are_right_with_a_tolerance():
    weights, biases = backprop(*lists(NET), X, Y)
    copied = [np.round(W, 4).tolist() for W in weights], [np.round(b, 4).tolist() for b in biases]
    assert not diagnose(copied, NET, X, Y).ok
    assert diagnose(copied, NET, X, Y, tolerance=0.05).ok
    weights, biases = backprop(*lists(NET), X, Y, prime=False)
    copied = [np.round(W, 4).tolist() for W in weights], [np.round(b, 4).tolist() for b in biases]
    found = diagnose(copied, NET, X, Y, tolerance=0.01).explanations
    assert found and found[0][0].name == "σ′ forgotten"


@pytest.mark.parametrize("form", ["lists", "arrays", "dicts", "text keys", "columns", "tensors", "module", "float32"])
def test_gradients_are_read_from_every_form(form):
    weights, biases = backprop(*lists(NET), X, Y)
    if form == "lists":
        gradients = [W.tolist() for W in weights], [b.tolist() for b in biases]
    elif form == "arrays":
        gradients = weights, biases
    elif form == "dicts":
        gradients = dict(enumerate(weights, 2)), dict(enumerate(biases, 2))
    elif form == "text keys":
        gradients = {str(l): W for l, W in enumerate(weights, 2)}, {str(l): b for l, b in enumerate(biases, 2)}
    elif form == "columns":
        gradients = weights, [b[:, None] for b in biases]
    elif form == "float32":  # and then as plain numbers: their digits tell
        gradients = [W.astype("f").tolist() for W in weights], [b.astype("f").tolist() for b in biases]
    else:
        torch = pytest.importorskip("torch", reason="PyTorch is not installed")
        gradients = [torch.tensor(W) for W in weights], [torch.tensor(b) for b in biases]
        if form == "module":
            gradients = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Sigmoid(), torch.nn.Linear(4, 4),
                                            torch.nn.Sigmoid(), torch.nn.Linear(4, 2), torch.nn.Sigmoid()).double()
            for linear, own, W, b in zip(list(gradients)[::2], lists(NET)[0], weights, biases):
                linear.weight.data = torch.tensor(own, dtype=torch.float64)
                linear.weight.grad, linear.bias.grad = torch.tensor(W), torch.tensor(b)
    diagnosis = diagnose(gradients, NET, X, Y)
    assert diagnosis.ok and diagnosis.precision == ("float32" if form == "float32" else "float64")


def test_a_module_whose_backward_has_not_run_or_that_has_no_bias_is_told_so():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    net = MLP(2, [1], seed=1)
    with pytest.raises(UsageError, match=r"layer 2: Linear.* has no \.grad yet: call backward"):
        diagnose(torch.nn.Sequential(torch.nn.Linear(2, 1)), net, [0, 0], [0])
    with pytest.raises(ShapeError, match=r"layer 2: Linear.* has no bias"):
        diagnose(torch.nn.Sequential(torch.nn.Linear(2, 1, bias=False)), net, [0, 0], [0])
    with pytest.raises(UsageError, match="Sequential has no Linear layers"):
        diagnose(torch.nn.Sequential(torch.nn.Sigmoid()), net, [0, 0], [0])


def test_a_module_with_other_weights_than_the_network_is_told_so():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    module = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Sigmoid())
    module(torch.zeros(1, 2)).sum().backward()
    with pytest.raises(UsageError, match=r"layer 2: the weights of Linear.* are not the network's"):
        diagnose(module, MLP(2, [1], seed=1), [0, 0], [0])


@pytest.mark.parametrize("reduction, cost, name", [
    ("MSELoss", quadratic, "averaged over the outputs"), ("BCELoss", cross_entropy, "averaged over the outputs"),
])
def test_the_mean_over_the_outputs_that_pytorchs_losses_take_is_named(reduction, cost, name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    net = MLP(2, [3], seed=1)
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Sigmoid()).double()
    module[0].weight.data = torch.tensor(lists(net)[0][0], dtype=torch.float64)
    module[0].bias.data = torch.tensor(lists(net)[1][0], dtype=torch.float64)
    x, y = [[0.5, -1.0], [2.0, 0.3]], [[1.0, 0.0, 0.2], [0.0, 0.0, 1.0]]
    given, expected = (torch.tensor(numbers, dtype=torch.float64) for numbers in (x, y))
    getattr(torch.nn, reduction)()(module(given), expected).backward()
    assert name in [found.name for (found,) in diagnose(module, net, x, y, cost).explanations]


@pytest.mark.parametrize("dtype", ["float16", "float32", "bfloat16"])
def test_numbers_that_were_of_a_coarser_type_once_are_judged_by_it(dtype):
    weights, biases = RIGHT
    if dtype == "bfloat16":
        def coarser(array):
            bits = np.round(array.astype("f").view("u4") / 65536).astype("u4") * 65536
            return bits.astype("u4").view("f").astype(float)
    else:
        def coarser(array):
            return array.astype(dtype).astype(float)
    diagnosis = diagnose(([coarser(W) for W in weights], [coarser(b) for b in biases]), NET, X, Y)
    assert diagnosis.ok and diagnosis.precision == dtype


@pytest.mark.parametrize("inputs, bias", [([0.1, 0.2, 0.0], -0.3), ([0.0, 0.0, 0.0], 0.0)])
def test_a_relu_at_its_kink_up_to_rounding_is_not_accused(inputs, bias):
    net = MLP(3, [1, 1], ["relu", "linear"], seed=1)
    for w in net.weights[2][0]:
        w.data = 1.0
    net.biases[2][0].data = bias
    quadratic(net.forward(inputs).output, [0.5]).backward()
    assert diagnose(net, net, inputs, [0.5]).ok
    w, b = net.weights[3][0][0].data, net.biases[3][0].data
    delta = w * max(sum(inputs) + bias, 0.0) + b - 0.5
    other = ([[[w * delta * x for x in inputs]], [[0.0]]], [[w * delta], [delta]])  # with relu′(0) = 1
    assert bias or diagnose(other, net, inputs, [0.5]).ok


def test_a_saturated_output_whose_logarithm_is_lost_is_named_so():
    net = MLP(1, [1], seed=0)
    net["w2_1_1"].data = 40.0
    found = diagnose(([[[0.0]]], [[0.0]]), net, [1.0], [0.0], cross_entropy).explanations
    assert "saturated" in [mistake.name for (mistake,) in found]


@pytest.mark.parametrize("factor, line", [(0.0, "every number is 0: was backward run?"),
                                          (-0.7, "every number is -0.7 times the paper's")])
def test_one_factor_between_all_numbers_and_the_papers_is_told(factor, line):
    diagnosis = diagnose(([factor * W for W in RIGHT[0]], [factor * b for b in RIGHT[1]]), NET, X, Y)
    assert diagnosis.explanations == [] and diagnosis.consistent == [line]


def test_an_example_may_be_columns_and_its_numbers_numpys():
    assert diagnose(RIGHT, NET, np.array(X)[:, None], np.array(Y)[:, None]).ok
    assert diagnose(RIGHT, NET, list(np.array(X)), list(np.array(Y)), m=np.int64(1)).ok


def test_a_network_with_a_nan_is_told_so():
    net = MLP(1, [1], seed=1)
    net["b2_1"].data = math.nan
    with pytest.raises(UsageError, match="the network's b²₁ is nan"):
        diagnose(([[[0.0]]], [[0.0]]), net, [1.0], [0.0])


RIGHT = backprop(*lists(NET), X, Y)


def changed(l, part, value):
    """The right gradients of NET with one part replaced."""
    weights, biases = dict(enumerate(RIGHT[0], 2)), dict(enumerate(RIGHT[1], 2))
    (weights if part == "W" else biases)[l] = value
    return weights, biases


@pytest.mark.parametrize("gradients, error, message", [
    (changed(2, "W", RIGHT[0][0].T), ShapeError, r"layer 2: ∂C/∂W must be 4×3, as W is; got 3×4: transposed\?"),
    (changed(3, "W", np.zeros((4, 5))), ShapeError, "layer 3: ∂C/∂W must be 4×4, as W is; got 4×5"),
    (changed(3, "W", 1.0), ShapeError, "layer 3: ∂C/∂W must be 4×4, as W is; got a single number"),
    (changed(3, "W", [[1.0], [1.0, 2.0]]), ShapeError, "got rows of unequal length"),
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


@pytest.mark.parametrize("arguments, error, message", [
    ({"x": [1.0]}, ShapeError, "example 1 has 1 inputs x; the network 3-4-4-2 needs 3"),
    ({"y": [1.0]}, ShapeError, "example 1 has 1 targets y; the network 3-4-4-2 needs 2"),
    ({"x": [X, X], "y": [Y]}, ShapeError, "x are 2 examples; y are 1"),
    ({"x": ["a", 1, 2]}, NotANumber, "inputs x must be numbers; got 'a'"),
    ({"x": [math.nan, 1, 2]}, UsageError, "inputs x must be finite; got nan"),
    ({"x": [], "y": []}, ShapeError, "example 1 has 0 inputs x"),
    ({"cost": max}, UsageError, "knows the costs quadratic and cross_entropy; got max"),
    ({"cost": cross_entropy, "y": [3.0, 0.0]}, UsageError, r"targets in \[0, 1\]"),
    ({"x": [10**400, 0, 0]}, UsageError, "inputs x must be finite"),
    ({"alpha": -1}, UsageError, "alpha must be 0 or more; got -1"),
    ({"m": 0}, UsageError, "m is the number of training examples, 1 or more here; got 0"),
    ({"eta": 0}, UsageError, "eta must be a positive number; got 0"),
    ({"earlier": X}, ShapeError, r"earlier must be a pair \(x, y\)"),
    ({"earlier": (X, [1.0])}, ShapeError, "earlier example 1 has 1 targets y"),
    ({"deltas": [[1.0], [1.0], [1.0]]}, ShapeError, "layer 2: δ must be 4 numbers; got 1"),
    ({"tolerance": 2}, UsageError, "tolerance is relative, from 0 to below 1; got 2"),
    ({"net": None}, NotAValue, "takes the network as an MLP; got NoneType"),
    ({"net": MLP(3, [4, 4, 2], lambda z: z**3)}, UsageError, "knows the activations sigmoid, tanh, relu, linear"),
])
def test_arguments_that_do_not_fit_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        diagnose(**{"gradients": RIGHT, "net": NET, "x": X, "y": Y, **arguments})


def test_the_diagnosis_is_json_and_html_too():
    diagnosis = diagnose(backprop(*lists(NET), X, Y, prime=False), NET, X, Y)
    content = json.loads(json.dumps(diagnosis.as_dict(), allow_nan=False))
    assert content["ok"] is False and content["explanations"][0][0]["name"] == "σ′ forgotten"
    assert [layer["layer"] for layer in content["layers"]] == [4, 3, 2]
    text = "".join(ElementTree.fromstring(diagnosis._repr_html_()).itertext())
    assert diagnosis.verdict in text and "(16), layer 4: σ′ forgotten" in text
    right = diagnose(RIGHT, NET, X, Y)
    assert right.as_dict()["ok"] and "<b>every gradient is the paper" in right._repr_html_()


# assert_matches_paper, as a course's test uses it.

def test_a_right_backprop_matches_the_paper():
    assert_matches_paper(backprop)
    assert_matches_paper(lambda W, b, x, y: mistakes.correct(as_problem(W, b, x, y, "cross-entropy")), cross_entropy)


def as_problem(W, b, x, y, cost):
    return mistakes.Problem([np.array(w) for w in W], [np.array(c) for c in b], np.array([x]), np.array([y]), cost,
                            alpha=0.0, m=1, eta=0.1)


def test_a_wrong_backprop_fails_with_the_diagnosis_as_message():
    with pytest.raises(AssertionError) as caught:
        assert_matches_paper(lambda *given: backprop(*given, transposed=False))
    message = str(caught.value)
    assert "of 20 networks have other gradients than the paper's" in message and "W not transposed" in message
    assert "one mistake gives just these numbers" in message
    with pytest.raises(AssertionError, match="σ′ forgotten"):
        assert_matches_paper(lambda *given: backprop(*given, prime=False), trials=1)
    with pytest.raises(AssertionError, match="not a mistake I know"):
        assert_matches_paper(lambda *given: backprop(*given, factor=1.5))


def test_what_a_backprop_is_given_is_lists_or_what_array_makes_of_them():
    seen = []

    def spy(weights, biases, x, y):
        seen.append({type(part) for part in [*weights, *biases, x, y]})
        return backprop(weights, biases, x, y)

    assert_matches_paper(spy, trials=2)
    assert_matches_paper(spy, trials=2, array=np.array)
    assert seen == [{list}, {list}, {np.ndarray}, {np.ndarray}]


def test_the_networks_of_the_trials_have_square_layers_and_others():
    square = set()

    def spy(weights, biases, x, y):
        square.update(len(W) == len(W[0]) for W in weights[1:])
        return backprop(weights, biases, x, y)

    assert_matches_paper(spy)
    assert square == {True, False}


def test_a_mistake_that_needs_hidden_layers_or_square_matrices_is_named_by_the_networks_that_have_them():
    def no_slope_at_all(weights, biases, x, y):
        a = [np.array(x)]
        for W, b in zip(weights, biases):
            a.append(mistakes.sigma(np.array(W) @ a[-1] + b))
        delta, gradients = a[-1] - y, []
        for W, below in zip(weights[::-1], a[-2::-1]):
            gradients.insert(0, (np.outer(delta, below), delta))
            delta = np.array(W).T @ delta
        return [W for W, _ in gradients], [b for _, b in gradients]

    with pytest.raises(AssertionError, match=r"σ′ forgotten: δ lacks its factor σ′\(z\), in \(16\) too"):
        assert_matches_paper(no_slope_at_all)

    def crashes_unless_square(weights, biases, x, y):
        for W in weights[1:]:
            np.array(W) @ np.zeros(len(W))  # what W without its transpose does
        return backprop(weights, biases, x, y, transposed=False)

    with pytest.raises(AssertionError, match="W not transposed") as caught:
        assert_matches_paper(crashes_unless_square)
    assert "on a network 2-3-1 it fails: matmul" in str(caught.value)


def test_a_backprop_that_raises_or_returns_something_else_is_told_so():
    with pytest.raises(UsageError, match=r"raised TypeError on a network 2-3-1: .*array=numpy\.array gives it arrays"):
        assert_matches_paper(lambda W, b, x, y: W[0] @ x)
    with pytest.raises(ShapeError, match="must be a pair"):
        assert_matches_paper(lambda W, b, x, y: None)
    with pytest.raises(UsageError, match="backprop must be a function"):
        assert_matches_paper(None)
    with pytest.raises(UsageError, match="trials must be a positive integer; got 0"):
        assert_matches_paper(backprop, trials=0)
