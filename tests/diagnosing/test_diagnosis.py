"""`diagnose` names the mistake that stands in somebody's backpropagation.

The wrong implementations are in mistakes.py, in NumPy, written from the paper and without the package.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, cross_entropy, quadratic
from micrograd_paper.diagnosing.diagnosis import diagnose, posed
from micrograd_paper.diagnosing.given_gradients import readings
from micrograd_paper.diagnosing.mistakes import mistakes as rows_of
from micrograd_paper.diagnosing.wrong_backpropagation import Backpropagation
from tests.diagnosing import mistakes
from tests.diagnosing.diagnosed import COSTS, NET, X, Y, backprop, diagnosed, lists
from tests.strategies import networks

pytestmark = pytest.mark.slow

# How the diagnosis calls each mistake: its name, and the equation where that belongs to it.
NAMES = {
    "sigma_prime_forgotten_16": ("σ′ forgotten", 16),
    "sigma_prime_forgotten_21": ("σ′ forgotten", 21),
    "sigma_prime_forgotten_everywhere": ("σ′ forgotten", 21),
    "sigma_prime_at_a_16": ("σ′ at a", 16),
    "sigma_prime_at_a_21": ("σ′ at a", 21),
    "sigma_prime_at_a_everywhere": ("σ′ at a", 21),
    "sigma_prime_twice_16": ("σ′ twice", 16),
    "sigma_prime_twice_21": ("σ′ twice", 21),
    "sigma_prime_of_tanh_16": ("σ′ of another activation", 16),
    "sigma_prime_of_tanh_21": ("σ′ of another activation", 21),
    "sigma_prime_of_tanh_everywhere": ("σ′ of another activation", 21),
    "sigma_prime_of_relu_21": ("σ′ of another activation", 21),
    "not_transposed": ("W not transposed", 22),
    "wrong_layer_w": ("W of the wrong layer", 22),
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
    "softmax_delta": ("softmax's δ", None),
    "last_example_only": ("the last example only", 6),
    "first_example_only": ("the first example only", 6),
    "weights_updated_first": ("weights updated too early", 22),
    "earlier_added": ("an earlier gradient added in", None),
    "weights_forgotten": ("weights forgotten", 24),
    "weights_only_decayed": ("weights forgotten", 24),
    "times_eta": ("multiplied by η", 3),
    "backward_twice": ("backward run twice", 7),
    "z_instead_of_a_24": ("z instead of a", 24),
    "outer_transposed": ("∂C/∂W transposed", 24),
    "biases_summed": ("biases summed over the layer", 23),
    "divided_by_m": ("divided by m", 6),
    "decay_forgotten": ("decay forgotten", 29),
    "penalty_without_half": ("½ of the penalty left out", 29),
    "averaged_over_outputs": ("averaged over the outputs", 16),
    "reverse_order": ("layers in reverse order", 24),
}
NEEDS_EQUAL_LAYERS_BEFORE = ("wrong_layer_w",)
NEEDS_EQUAL_LAYERS = ("reverse_order",)
OF_THE_QUADRATIC_COST = ("half_forgotten", "sigma_prime_twice_16")  # for cross-entropy the latter is the other cost's δ


def is_named(mistake, found):
    name, number = NAMES[mistake]
    if mistake == "other_cost" and "is (26), the other cost's δ" in found.how:
        return True  # of the quadratic cost it is σ′ forgotten
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
        problem = mistakes.problems(rng, cost, wide=mistake in NEEDS_EQUAL_LAYERS_BEFORE,
                                    square=mistake in NEEDS_EQUAL_LAYERS)
        if mistakes.identifiable(mistake, problem):
            found.append(problem)
    return found


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("mistake", mistakes.MISTAKES)
def test_a_mistake_is_among_those_named_on_each_network(many, mistake, cost):
    if mistake in OF_THE_QUADRATIC_COST and cost == "cross-entropy":
        return
    for problem in drawn(mistake, cost, 3 * many):
        diagnosis = diagnosed(problem, mistakes.MISTAKES[mistake](problem))
        assert not diagnosis.ok
        assert any(names(explanation, mistake) for explanation in diagnosis.explanations), diagnosis


@given(networks(output="sigmoid"), st.sampled_from([quadratic, cross_entropy]), st.sampled_from([None, 0.5]),
       st.sampled_from([0.0, 0.3]), st.booleans())
def test_every_known_mistake_gives_gradients_of_the_network_s_shape_and_no_two_are_the_same(
    network, cost, eta, alpha, before
):
    net, x, y = network
    check_rows(posed(net, [x, x], [y, y], cost, alpha, 5, eta, (x, y) if before else None)[0][1])


@pytest.mark.parametrize("sizes", [[3, 5, 3], [4, 3, 4], [4, 4], [3, 3, 3], [1], [3]])
def test_known_mistakes_have_the_network_s_shape_where_some_of_its_layers_are_equal(sizes):
    net = MLP(3, sizes, seed=1)
    check_rows(posed(net, [0.5, -1.0, 2.0], [0.5] * sizes[-1], quadratic, 0.0, 1, None, None)[0][1])


def check_rows(problem):
    ((_, given),) = readings(problem.net, problem.net)
    passes = Backpropagation(problem, given)
    rows = rows_of(passes)
    assert len({(row.name, row.how) for row in rows}) == len(rows) >= 10
    assert ("softmax's δ" in [row.name for row in rows]) == (problem.net.shape[-1] > 1)
    for row in rows:
        for l in row.layers:
            changes = row.changes([l])
            for n in range(2, l + 1):
                shape = len(problem.net.weights[n]), len(problem.net.weights[n][0])
                assert len(passes.delta(0, n, changes)) == len(passes.mean_bias_slopes(n, changes)) == shape[0]
                weight, bias = passes.weight(n, changes), passes.bias(n, changes)
                assert all(bias(j).error >= 0 for j in range(shape[0]))
                assert all(weight(j, k).error >= 0 for j in range(shape[0]) for k in range(shape[1]))


@pytest.mark.parametrize("mistake", ["not_divided", "divided_twice", "first_example_only"])
def test_a_wrong_mean_is_named_where_the_batch_is_the_whole_training_set(mistake):
    problem = mistakes.problems(np.random.default_rng(5), "quadratic")
    problem = problem._replace(m=len(problem.X), alpha=0.0)
    explanations = diagnosed(problem, mistakes.MISTAKES[mistake](problem)).explanations
    assert any(names(explanation, mistake) for explanation in explanations)
    assert "divided by m" not in [found.name for explanation in explanations for found in explanation]


def test_a_slope_that_the_other_cost_s_delta_does_not_have_is_not_named_with_it():
    problem = mistakes.problems(np.random.default_rng(5), "quadratic")
    diagnosis = diagnosed(problem, mistakes.backprop(problem, {"other_cost", "sigma_prime_at_a_21"}))
    assert [[(found.name, found.layers) for found in explanation] for explanation in diagnosis.explanations] == [
        [("σ′ forgotten", (4,)), ("σ′ at a", (2, 3))],  # which is the other cost's δ, and told there
    ]


@pytest.mark.parametrize("cost", COSTS)
def test_two_compatible_mistakes_at_once_are_named_on_95_of_100_networks(many, cost):
    rng = np.random.default_rng(0)
    kinds = sorted(mistakes.MISTAKES)
    missed = []
    tried = 0
    while tried < 20 * many:
        one, other = (str(name) for name in rng.choice(kinds, 2, replace=False))
        problem = mistakes.problems(rng, cost, wide={one, other} & {*NEEDS_EQUAL_LAYERS_BEFORE} != set(),
                                    square={one, other} & {*NEEDS_EQUAL_LAYERS} != set())
        if not mistakes.compatible(one, other, problem):
            continue
        tried += 1
        diagnosis = diagnosed(problem, mistakes.backprop(problem, {one, other}))
        if not any(names(explanation, one, other) for explanation in diagnosis.explanations):
            missed.append((one, other, str(diagnosis)))
    assert len(missed) <= tried / 20, missed


# σ and a slope of z and a; right are the pairs that come first.
SIGMAS = {"sigmoid": mistakes.sigma, "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "linear": lambda z: z}
SLOPES = {
    "a(1 − a)": lambda z, a: a * (1 - a), "1 − a²": lambda z, a: 1 - a**2, "relu": lambda z, a: 1.0 * (z > 0),
    "1": lambda z, a: 1.0 + 0 * z, "sigmoid at z": lambda z, a: mistakes.sigma_prime(z),
    "tanh at z": lambda z, a: 1 - np.tanh(z) ** 2, "2 at a": lambda z, a: 1 - np.tanh(a) ** 2,
    "twice": lambda z, a: (1 - a**2) ** 2,
}
RIGHT_SLOPES = {"sigmoid": ("a(1 − a)", "sigmoid at z"), "tanh": ("1 − a²", "tanh at z"), "relu": ("relu",),
                "linear": ("1",)}


def with_slope(activation, slope, rng):
    """A network 3-4-4-2 of this activation, four examples, and gradients with this for σ′ in every layer."""
    net = MLP(3, [4, 4, 2], activation, seed=int(rng.integers(1000)))
    X, Y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    weights, biases = ([np.array(part) for part in parts] for parts in lists(net))
    a, zs = [X], []
    for W, b in zip(weights, biases):
        zs.append(a[-1] @ W.T + b)
        a.append(SIGMAS[activation](zs[-1]))
    delta, gradients = (a[-1] - Y) * SLOPES[slope](zs[-1], a[-1]), []
    for i in (2, 1, 0):
        gradients.insert(0, (delta.T @ a[i] / 4, delta.mean(axis=0)))
        if i:
            delta = delta @ weights[i] * SLOPES[slope](zs[i - 1], a[i])
    return net, X, Y, ([W for W, _ in gradients], [b for _, b in gradients])


@pytest.mark.parametrize("activation", SIGMAS)
@pytest.mark.parametrize("slope, how", [
    ("a(1 − a)", "σ′ is the sigmoid's, a(1 − a), in (16) too"), ("sigmoid at z", "σ′(z) is the sigmoid's, in (16) too"),
    ("1 − a²", "σ′ is tanh's, 1 − a², in (16) too"), ("tanh at z", "σ′(z) is tanh's, in (16) too"),
    ("relu", "σ′(z) is relu's, 1 or 0, in (16) too"),
])
def test_the_slope_of_another_activation_is_named_in_networks_of_every_activation(many, activation, slope, how):
    rng = np.random.default_rng(4)
    tried = alone = 0
    while tried < 4 * many:
        net, X, Y, gradients = with_slope(activation, slope, rng)
        if not all(W.any() for W in gradients[0]):
            continue  # a layer whose relu is 0 for each example
        tried += 1
        diagnosis = diagnose(gradients, net, X, Y)
        if slope in RIGHT_SLOPES[activation]:
            assert diagnosis.ok
            alone += 1
        else:
            found = [[mistake.how for mistake in explanation] for explanation in diagnosis.explanations]
            assert [how] in found, diagnosis
            alone += len(found) == 1
    assert alone >= 0.9 * tried


@pytest.mark.parametrize("slope, name", [("2 at a", "σ′ at a"), ("twice", "σ′ twice"), ("1", "σ′ forgotten")])
def test_a_wrong_slope_of_tanh_is_named(slope, name):
    net, X, Y, gradients = with_slope("tanh", slope, np.random.default_rng(6))
    assert [[mistake.name for mistake in found] for found in diagnose(gradients, net, X, Y).explanations] == [[name]]


@pytest.mark.parametrize("bias, names", [
    (40.0, [["σ′ forgotten"], ["σ for σ′"]]), (0.0, [["σ′ of another activation"]]),  # at 40, a is 1 as well
])
def test_the_slope_of_relu_is_not_named_where_it_is_1_everywhere(bias, names):
    net = MLP(3, [4, 2], seed=5)
    for b in net.biases[2]:
        b.data = bias
    weights, biases = ([np.array(part) for part in parts] for parts in lists(net))
    z = weights[0] @ X + biases[0]
    a = mistakes.sigma(z)
    output = mistakes.sigma(weights[1] @ a + biases[1])
    delta = (output - Y) * output * (1 - output)
    hidden = weights[1].T @ delta * (z > 0)
    assert bias or (z < 0).any()
    found = diagnose(([np.outer(hidden, X), np.outer(delta, a)], [hidden, delta]), net, X, Y,
                     earlier=([-900.0, 0.0, 0.0], Y)).explanations
    assert [[mistake.name for mistake in explanation] for explanation in found] == names


def test_gradients_that_are_all_0_are_not_two_things_forgotten():
    net = MLP(2, [2], seed=1)
    diagnosis = diagnose(([[[0, 0], [0, 0]]], [[0, 0]]), net, [1.0, 0.5], [1.0, 0.0])
    assert diagnosis.explanations == [] and diagnosis.consistent == ["every number is 0: was backward run?"]
    dead = MLP(2, [2], seed=1)
    dead.biases[2][0].data = dead.biases[2][1].data = -9.0  # nor relu's slope, which is 0 here
    assert diagnose(([[[0, 0], [0, 0]]], [[0, 0]]), dead, [1.0, 0.5], [1.0, 0.0]).consistent == diagnosis.consistent
    for gradients, name in ((([[[0, 0], [0, 0]]], None), "weights"), ((None, [[0, 0]]), "biases")):
        weights, biases = backprop(*lists(net), [1.0, 0.5], [1.0, 0.0])
        given = gradients[0] or weights, gradients[1] or biases
        found = diagnose(given, net, [1.0, 0.5], [1.0, 0.0]).explanations
        assert [[mistake.name for mistake in explanation] for explanation in found] == [[f"{name} forgotten"]]


@pytest.mark.parametrize("sizes, parts, how", [
    ([3, 3, 3], "Wb", "second"), ([3, 3, 3], "W", "second (weights only)"), ([3, 3, 3], "b", "second (biases only)"),
    ([4, 4], "b", "second (biases only)"), ([4, 3, 4], "Wb", "second"), ([3, 5, 3], "b", "second (biases only)"),
])
def test_lists_in_reverse_order_are_named_where_shapes_do_not_show_them(sizes, parts, how):
    net = MLP(3, sizes, seed=5)
    weights, biases = backprop(*lists(net), X, [0.2, 0.4, 0.9, 0.5][: sizes[-1]])
    given = weights[::-1] if "W" in parts else weights, biases[::-1] if "b" in parts else biases
    diagnosis = diagnose(given, net, X, [0.2, 0.4, 0.9, 0.5][: sizes[-1]])
    ((found,),) = diagnosis.explanations
    assert (found.name, found.layers) == ("layers in reverse order", tuple(range(2, len(sizes) + 2)))
    assert found.how == f"the gradients stand from the last layer to the {how}"


@pytest.mark.parametrize("which", ["first", "last"])
def test_the_gradient_of_one_example_of_the_batch_is_named_divided_or_not(which):
    problem = mistakes.problems(np.random.default_rng(2), "quadratic")._replace(alpha=0.0)
    k = len(problem.X)
    weights, biases = mistakes.MISTAKES[f"{which}_example_only"](problem)
    for by, divided in ((1, ""), (k, ", divided by the batch's size")):
        given = [W / by for W in weights], [b / by for b in biases]
        ((found,),) = diagnosed(problem, given).explanations
        assert found.how == f"the gradient is the {which} example's alone{divided}"


def test_two_descriptions_of_one_change_are_one_explanation():
    diagnosis = diagnose(backprop(*lists(NET), X, Y, prime=False), NET, X, Y)
    ((found,),) = diagnosis.explanations
    assert found.name == "σ′ forgotten" and found.how.endswith("; a − y is (26), the other cost's δ")


def test_mistakes_that_give_the_same_numbers_are_all_named():
    gradients = [[2 * W for W in part] for part in backprop(*lists(NET), X, Y)]
    diagnosis = diagnose(gradients, NET, X, Y)
    assert {mistake.name for (mistake,) in diagnosis.explanations} == {"backward run twice", "½ left out"}
    assert "2 fit, and the numbers cannot tell them apart" in diagnosis.verdict


@pytest.mark.parametrize("reduction, cost, name", [
    ("MSELoss", quadratic, "averaged over the outputs"), ("BCELoss", cross_entropy, "averaged over the outputs"),
])
def test_the_mean_over_the_outputs_that_pytorchs_losses_take_is_named(torch, reduction, cost, name):
    net = MLP(2, [3], seed=1)
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Sigmoid()).double()
    module[0].weight.data = torch.tensor(lists(net)[0][0], dtype=torch.float64)
    module[0].bias.data = torch.tensor(lists(net)[1][0], dtype=torch.float64)
    x, y = [[0.5, -1.0], [2.0, 0.3]], [[1.0, 0.0, 0.2], [0.0, 0.0, 1.0]]
    given, expected = (torch.tensor(numbers, dtype=torch.float64) for numbers in (x, y))
    getattr(torch.nn, reduction)()(module(given), expected).backward()
    assert name in [found.name for (found,) in diagnose(module, net, x, y, cost).explanations]


def test_a_saturated_output_whose_logarithm_is_lost_is_named_so():
    net = MLP(1, [1], seed=0)
    net["w2_1_1"].data = 40.0
    found = diagnose(([[[0.0]]], [[0.0]]), net, [1.0], [0.0], cross_entropy).explanations
    assert "saturated" in [mistake.name for (mistake,) in found]


def test_a_wrong_gradient_of_outputs_far_out_is_looked_into_without_overflow():
    net = MLP(1, [2], seed=1)
    net["w2_1_1"].data, net["w2_2_1"].data = 900.0, -900.0
    for cost in (quadratic, cross_entropy):
        assert not diagnose(([[[1.0], [2.0]]], [[3.0, 4.0]]), net, [1.0], [0.0, 1.0], cost).ok


@pytest.mark.parametrize("cost, mistake, named", [
    ("cross-entropy", "other_cost", [("the other cost's δ", 26)]),  # and not σ′ twice
    ("quadratic", "other_cost", [("σ′ forgotten", 16)]),
    ("cross-entropy", "softmax_delta", [("softmax's δ", 26)]), ("quadratic", "softmax_delta", [("softmax's δ", 16)]),
])
def test_a_wrong_output_error_is_named_by_the_equation_of_its_cost(cost, mistake, named):
    problem = mistakes.problems(np.random.default_rng(5), cost)
    found = diagnosed(problem, mistakes.MISTAKES[mistake](problem)).explanations
    assert [(mistake.name, mistake.equation) for (mistake,) in found] == named


def test_a_wrong_output_error_and_a_wrong_slope_below_it_are_named_together():
    for one, other in (("other_cost", "sigma_prime_forgotten_21"), ("softmax_delta", "sigma_prime_of_tanh_21")):
        problem = mistakes.problems(np.random.default_rng(5), "cross-entropy")
        diagnosis = diagnosed(problem, mistakes.backprop(problem, {one, other}))
        assert any(names(explanation, one, other) for explanation in diagnosis.explanations), diagnosis


@pytest.mark.parametrize("decays, how", [(True, "`earlier` are still in"), (False, "`earlier` without their decay")])
def test_an_earlier_gradient_is_told_from_one_without_its_decay(decays, how):
    problem = mistakes.problems(np.random.default_rng(5), "quadratic")
    weights, biases = mistakes.MISTAKES["earlier_added"](problem)
    if not decays:
        weights = [g - problem.alpha / problem.m * W for g, W in zip(weights, problem.weights)]
    ((found,),) = diagnosed(problem, (weights, biases)).explanations
    assert found.name == "an earlier gradient added in" and how in found.how
