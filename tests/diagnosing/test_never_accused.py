"""`diagnose` never accuses right gradients: of any arithmetic and precision, read from any form."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from micrograd_paper import MLP, cross_entropy, quadratic
from micrograd_paper.costs import mean_cost
from micrograd_paper.diagnosing.diagnosis import diagnose
from micrograd_paper.diagnosing.given_gradients import digits
from micrograd_paper.kinds.bounded import FLOAT16, FLOAT32, FLOAT64
from tests.diagnosing import mistakes
from tests.diagnosing.diagnosed import COSTS, NET, RIGHT, X, Y, backprop, diagnosed, lists, network, reports
from tests.strategies import networks


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("style", mistakes.STYLES)
def test_a_right_implementation_in_numpy_is_never_accused(style, dtype):
    rng = np.random.default_rng(7)
    for i in range(160):
        problem = mistakes.problems(rng, list(COSTS)[i % 2])
        diagnosis = diagnosed(problem, mistakes.correct(problem, dtype, style))
        assert diagnosis.ok and not diagnosis.explanations, diagnosis


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_implementation_in_pytorch_is_never_accused(torch, dtype):
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
    report, = (report for report in reports(net, net, x, y) if not report.ok)
    assert report.layer == parameter.label.layer
    difference = report.weights or report.biases
    assert difference.symbol == f"∂C/∂{parameter.label}" and difference.given == parameter.grad


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "linear"])
def test_cross_entropy_after_any_output_is_judged_through_a_and_a_saturated_one_by_26(activation):
    net = MLP(1, [1], activation, seed=0)
    net["w2_1_1"].data, net["b2_1"].data = 0.2, 0.3
    cross_entropy(net.forward([1.0]).output, [0.9]).backward()
    assert diagnose(net, net, [1.0], [0.9], cross_entropy).ok
    if activation == "sigmoid":
        net["w2_1_1"].data = 40.0
        for delta, right in ((1.0, True), (0.5, False)):
            assert diagnose(([[[delta]]], [[delta]]), net, [1.0], [0.0], cross_entropy).ok == right


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


def test_deltas_of_a_batch_may_be_those_of_the_mean():
    problem = mistakes.problems(np.random.default_rng(3), "quadratic")
    k, net = len(problem.X), network(problem)
    each = [mistakes.correct(problem._replace(X=problem.X[i:i + 1], Y=problem.Y[i:i + 1]))[1] for i in range(k)]
    deltas = [[each[i][l] for i in range(k)] for l in range(3)]
    gradients = mistakes.correct(problem)
    for scale in (1, k):
        scaled = [[delta / scale for delta in layer] for layer in deltas]
        assert diagnose(gradients, net, problem.X, problem.Y, alpha=problem.alpha, m=problem.m, deltas=scaled).ok
        rough = [[delta + 1e-3 * np.max(np.abs(layer)) for delta in layer] for layer in scaled]
        for tolerance, ok in ((1.1e-3, True), (9e-4, False)):
            assert diagnose(gradients, net, problem.X, problem.Y, alpha=problem.alpha, m=problem.m, deltas=rough,
                            tolerance=tolerance).ok == ok
    assert not diagnose(gradients, net, problem.X, problem.Y, alpha=problem.alpha, m=problem.m,
                        deltas=[[-delta for delta in layer] for layer in deltas]).ok


def test_deltas_of_one_example_may_be_a_row_or_a_column_and_have_few_digits():
    biases = RIGHT[1]
    for deltas in (biases, [d[:, None] for d in biases], [[d.tolist()] for d in biases]):
        assert diagnose(RIGHT, NET, X, Y, deltas=deltas).ok
    rough = [d + 1e-4 * np.max(np.abs(d)) for d in biases]
    assert not diagnose(RIGHT, NET, X, Y, deltas=rough).ok
    assert diagnose(RIGHT, NET, X, Y, deltas=rough, tolerance=1e-3).ok
    assert not diagnose(RIGHT, NET, X, Y, deltas=rough, tolerance=1e-5).ok


def test_a_tolerance_is_as_wide_for_negative_numbers():
    net = MLP(1, [1], seed=1)
    weights, biases = backprop(*lists(net), [2.0], [1.0])
    assert weights[0].max() < 0 and biases[0].max() < 0
    rough = [1.001 * weights[0]], [1.001 * biases[0]]
    assert diagnose(rough, net, [2.0], [1.0], tolerance=2e-3, deltas=rough[1]).ok
    for found, deltas in ((rough, biases), ((weights, biases), rough[1])):
        assert not diagnose(found, net, [2.0], [1.0], tolerance=5e-4, deltas=deltas).ok


def test_the_coarsest_type_of_several_counts():
    weights, biases = RIGHT
    for found in (([W.astype("f") for W in weights], biases), (weights, [b.astype("f") for b in biases])):
        diagnosis = diagnose(found, NET, X, Y)
        assert diagnosis.ok and diagnosis.precision == "float32"


def test_gradients_with_few_digits_are_right_with_a_tolerance():
    weights, biases = backprop(*lists(NET), X, Y)
    copied = [np.round(W, 4).tolist() for W in weights], [np.round(b, 4).tolist() for b in biases]
    assert not diagnose(copied, NET, X, Y).ok
    assert diagnose(copied, NET, X, Y, tolerance=0.05).ok
    weights, biases = backprop(*lists(NET), X, Y, prime=False)
    copied = [np.round(W, 4).tolist() for W in weights], [np.round(b, 4).tolist() for b in biases]
    found = diagnose(copied, NET, X, Y, tolerance=0.01).explanations
    assert found and found[0][0].name == "σ′ forgotten"


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
    assert not diagnose(([coarser(-W) for W in weights], [coarser(b) for b in biases]), NET, X, Y).ok


@given(st.lists(st.integers(-800, 800).map(lambda n: n / 16), min_size=4), st.sampled_from([0.1, 1 / 3]))
def test_round_numbers_tell_no_type_and_three_others_are_too_few_to_tell_one(round_numbers, number):
    for dtype, roundoff in ((np.float16, FLOAT16), (np.float32, FLOAT32)):
        coarse = float(dtype(number))
        assert digits(round_numbers) == digits([*round_numbers, *[coarse] * 3]) == FLOAT64
        assert digits([*round_numbers, *[coarse] * 4]) == roundoff
        assert digits([*round_numbers, *[coarse] * 4, number]) == FLOAT64


@pytest.mark.parametrize("form", ["lists", "arrays", "dicts", "text keys", "columns", "float32"])
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
    else:  # float32, and then as plain numbers: their digits tell
        gradients = [W.astype("f").tolist() for W in weights], [b.astype("f").tolist() for b in biases]
    diagnosis = diagnose(gradients, NET, X, Y)
    assert diagnosis.ok and diagnosis.precision == ("float32" if form == "float32" else "float64")


@pytest.mark.parametrize("form", ["tensors", "module"])
def test_gradients_are_read_from_pytorchs_forms(torch, form):
    weights, biases = backprop(*lists(NET), X, Y)
    gradients = [torch.tensor(W) for W in weights], [torch.tensor(b) for b in biases]
    if form == "module":
        gradients = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Sigmoid(), torch.nn.Linear(4, 4),
                                        torch.nn.Sigmoid(), torch.nn.Linear(4, 2), torch.nn.Sigmoid()).double()
        for linear, own, W, b in zip(list(gradients)[::2], lists(NET)[0], weights, biases):
            linear.weight.data = torch.tensor(own, dtype=torch.float64)
            linear.weight.grad, linear.bias.grad = torch.tensor(W), torch.tensor(b)
    diagnosis = diagnose(gradients, NET, X, Y)
    assert diagnosis.ok and diagnosis.precision == "float64"


def test_an_example_may_be_columns_and_its_numbers_numpys():
    assert diagnose(RIGHT, NET, np.array(X)[:, None], np.array(Y)[:, None]).ok
    assert diagnose(RIGHT, NET, list(np.array(X)), list(np.array(Y)), m=np.int64(1)).ok
