"""`diagnose` on what people really write: public mistakes, their conventions, other networks, and what is unknown."""

import numpy as np
import pytest

from micrograd_paper import MLP
from micrograd_paper.diagnosing.diagnosis import diagnose
from micrograd_paper.display import number_text
from tests.diagnosing import mistakes, public
from tests.diagnosing.diagnosed import NET, RIGHT, X, Y, backprop, diagnosed, lists, network, reports
from tests.diagnosing.test_diagnosis import is_named


def several(first, last):
    """Seeds that the loop leaves out."""
    return [pytest.param(seed, marks=pytest.mark.slow) for seed in range(first, last)]


@pytest.mark.parametrize("case", public.EXPECTED, ids=lambda case: case.__name__)
@pytest.mark.parametrize("seed", [0, *several(1, 5)])
def test_a_public_mistake_is_named_by_its_equation(case, seed):
    expected, told = public.EXPECTED[case]
    diagnosis = diagnose(**case(np.random.default_rng(seed)))
    found = [sorted((mistake.name, mistake.equation) for mistake in each) for each in diagnosis.explanations]
    assert sorted(expected) in found, diagnosis
    assert diagnosis.told == told


# How people hand over the gradients: what is told, and the form of weights, biases, X and Y.
SHAPES = {
    "columns of W": (["your matrices are (in, out): transposed"], lambda W, b: ([w.T for w in W], b)),
    "biases first": (["your biases come first, then your weights"], lambda W, b: (b, W)),
    "pairs": (["your gradients are pairs (∂C/∂W, ∂C/∂b), layer by layer"], lambda W, b: list(zip(W, b))),
    "names": (["weights and biases are told by their names"], lambda W, b: {
        f"d{letter}{l}": part for letter, parts in (("W", W), ("b", b)) for l, part in enumerate(parts, 1)}),
    "reversed": (["your layers stand from the last to the second"], lambda W, b: (W[::-1], b[::-1])),
    "flat": (["your flat list is read as W², b², W³, b³, …"], lambda W, b: np.concatenate(
        [part.ravel() for pair in zip(W, b) for part in pair])),
    "last column": (["your matrices hold weights and biases", "the last column of your matrices is the bias"],
                    lambda W, b: [np.c_[w, c] for w, c in zip(W, b)]),
    "first row": (["your matrices hold weights and biases", "your matrices are (in, out): transposed",
                   "the first row of your matrices is the bias"], lambda W, b: [np.c_[c, w].T for w, c in zip(W, b)]),
    "no biases": (["you have no biases: weights alone are judged"], lambda W, b: (W, None)),
    "column vectors": ([], lambda W, b: (W, [c[:, None] for c in b])),
}


@pytest.mark.parametrize("form", SHAPES)
@pytest.mark.parametrize("shape", [(3, 4, 2), (2, 5, 3, 4)])
def test_right_gradients_of_every_form_are_right_and_the_form_is_told(form, shape):
    rng = np.random.default_rng(len(form))
    told, given_as = SHAPES[form]
    net = public.Net(rng, shape)
    for k in (1, 4):
        x, y = public.batch(rng, shape[0], shape[-1], k)
        weights, biases = gradients_of(net, x, y)
        diagnosis = diagnose(given_as(weights, biases), net.mlp, x, y)
        assert diagnosis.ok and diagnosis.told == told, diagnosis
        assert all(f"read so: {each}" in str(diagnosis) for each in told)
        wrong = [w + 0.1 for w in weights]
        assert not any(report.ok for report in reports(given_as(wrong, biases), net.mlp, x, y))


def gradients_of(net, X, Y, factor=1.0, sums=False, added=0.0):
    """Right gradients of a public.Net of sigmoids and the quadratic cost; `added` to every hidden δ."""
    a = net.forward(X)
    delta, found = factor * (a[-1] - Y) * a[-1] * (1 - a[-1]), []
    for i in reversed(range(len(net.W))):
        found.insert(0, (delta.T @ a[i], delta.sum(0)))
        delta = delta @ net.W[i] * a[i] * (1 - a[i]) + added
    k = 1 if sums else len(X)
    return [W / k for W, _ in found], [b / k for _, b in found]


def test_columns_of_examples_are_told_and_a_square_batch_is_tried_both_ways():
    rng = np.random.default_rng(1)
    net = public.Net(rng, (3, 4, 2))
    for k in (2, 3, 5):
        x, y = public.batch(rng, 3, 2, k)
        gradients = gradients_of(net, x, y)
        assert diagnose(gradients, net.mlp, x, y).told == []
        diagnosis = diagnose(gradients, net.mlp, x.T, y.T)
        assert diagnosis.ok and diagnosis.told == ["your examples are columns of x and y"]
    square = public.Net(rng, (3, 4, 3))
    x, y = public.batch(rng, 3, 3, 3)
    diagnosis = diagnose(gradients_of(square, x, y), square.mlp, x.T, y.T)
    assert diagnosis.ok and diagnosis.told == ["your examples are columns of x and y"]


@pytest.mark.parametrize("factor, sums, names", [
    (-1.0, True, ["y − a", "not divided"]), (-2.0, False, ["y − a", "½ left out"]), (1.0, True, ["not divided"]),
    (-0.3, False, ["y − a", "multiplied by η"]),
])
def test_conventions_are_told_as_such_and_not_as_mistakes(factor, sums, names):
    rng = np.random.default_rng(2)
    net = public.Net(rng, (3, 4, 5))
    x, y = public.batch(rng, 3, 5, 7)
    diagnosis = diagnose(gradients_of(net, x, y, factor, sums), net.mlp, x, y, eta=0.3)
    found = list(diagnosis.explanations[0])
    assert sorted(mistake.name for mistake in found) == sorted(names)
    assert diagnosis.conventions == found and not diagnosis.ok
    times = factor * (7 if sums else 1)
    assert f"  yours are {number_text(times, 6)} times the gradient: " in str(diagnosis)
    assert diagnosis.verdict.startswith("one convention " if len(names) == 1 else "two conventions ")
    assert str(diagnosis).count("(a convention)") >= len(names)


def tanh_like(function, prime):
    def gradients(net, X, Y):
        net.functions = [function, public.sigma]
        a = net.forward(X)
        output = (a[2] - Y) * a[2] * (1 - a[2])
        hidden = output @ net.W[1] * prime(net.z[0])
        return [hidden.T @ X / len(X), output.T @ a[1] / len(X)], [hidden.mean(0), output.mean(0)]

    return gradients


def without_biases(net, X, Y):
    net.b = [0 * b for b in net.b]
    return gradients_of(net, X, Y)


@pytest.mark.parametrize("gradients, words", [
    (tanh_like(np.tanh, lambda z: 1 - np.tanh(z) ** 2), "tanh hidden layers"),
    (tanh_like(lambda z: np.maximum(z, 0), lambda z: 1.0 * (z > 0)), "relu hidden layers"),
    (without_biases, "no biases in the forward pass"),
    (lambda net, X, Y: gradients_of(net, X, Y[:, ::-1]), "the classes in reverse"),
    (lambda net, X, Y: gradients_of(net, X, np.roll(Y, 1, 1)), "the classes one on"),
], ids=lambda each: each if isinstance(each, str) else "")
@pytest.mark.parametrize("seed", [0, *several(1, 3)])
def test_right_gradients_of_another_network_are_told_so(gradients, words, seed):
    rng = np.random.default_rng(seed)
    net = public.Net(rng, (3, 4, 3))
    x, y = public.batch(rng, 3, 3, 6)
    diagnosis = diagnose(gradients(net, x, y), net.mlp, x, y)
    assert diagnosis.verdict == f"not this network's: these are the right gradients of the network with {words}"


@pytest.mark.slow
def test_noise_on_one_layer_is_no_mistake_and_the_layer_and_its_equation_are_told():
    rng = np.random.default_rng(3)
    for k in (1, 3):
        for layer in range(3):
            net = public.Net(rng, (4, 5, 4, 3))
            x, y = public.batch(rng, 4, 3, k)
            weights, biases = gradients_of(net, x, y)
            weights[layer] = weights[layer] + 0.01 * rng.normal(size=weights[layer].shape)
            diagnosis = diagnose((weights, biases), net.mlp, x, y)
            assert diagnosis.explanations == [], diagnosis
            assert [report.layer for report in diagnosis.layers if not report.ok] == [layer + 2]
            told = "\n".join(diagnosis.consistent)
            assert f"layer {layer + 2} alone differs" in told or (
                f"only ∂C/∂W of layer {layer + 2}, (24), is wrong" in told) or f"only δ of layer {layer + 2}" in told
    assert not diagnose((weights, biases), net.mlp, x[:1], y[:1]).ok


@pytest.mark.parametrize("k", [1, 4])
def test_what_stands_for_sigma_prime_in_16_is_found_from_the_ratio(k):
    rng = np.random.default_rng(4)
    net = public.Net(rng, (4, 5, 3))
    x, y = public.batch(rng, 4, 3, k)
    a = net.forward(x)
    output = (a[2] - y) * a[2] * (1 - a[2]) * a[2] ** 2  # of which the table knows nothing
    hidden = output @ net.W[1] * a[1] * (1 - a[1])
    diagnosis = diagnose(([hidden.T @ x / k, output.T @ a[1] / k], [hidden.mean(0), output.mean(0)]), net.mlp, x, y)
    assert diagnosis.explanations == []
    assert diagnosis.consistent[0].startswith(
        "(24) and (21) hold with your own δ: only δ of layer 3, (16), is wrong; yours divided by the paper's is ")
    assert diagnosis.consistent[0].endswith(": that is aⱼ²")


def test_conventions_beside_something_unknown_are_told_apart():
    rng = np.random.default_rng(5)
    net = public.Net(rng, (4, 5, 4, 3))
    x, y = public.batch(rng, 4, 3, 6)
    diagnosis = diagnose(gradients_of(net, x, y, -1.0, True, 0.05), net.mlp, x, y)
    assert diagnosis.explanations == [] and [mistake.name for mistake in diagnosis.partly] == ["y − a", "not divided"]
    assert diagnosis.stopped_at == 3 and diagnosis.below == ()  # 0.05 is added in layer 2 too
    assert "this explains the layers after layer 3, and apart from it:" in str(diagnosis)


@pytest.mark.parametrize("turned", [1.0, -1.0])
@pytest.mark.parametrize("k", [1, 3])  # 3 examples' δ are recovered from 5 sums
def test_what_comes_after_something_unknown_is_explained_from_their_own_delta(k, turned):
    rng = np.random.default_rng(6)
    net = public.Net(rng, (3, 4, 4, 2))
    x, y = public.batch(rng, 3, 2, k)
    a = net.forward(x)
    delta, found = turned * (a[-1] - y) * a[-1] * (1 - a[-1]), []
    for i in reversed(range(3)):
        found.insert(0, (delta.T @ a[i] / k, delta.mean(0)))
        delta = delta @ (net.W[i].T if i == 1 else net.W[i]) * a[i] * (1 - a[i]) * (
            rng.uniform(2, 3, a[i].shape) if i == 2 else 1)
    diagnosis = diagnose(([W for W, _ in found], [b for _, b in found]), net.mlp, x, y)
    assert diagnosis.explanations == [] and diagnosis.stopped_at == 3
    assert [mistake.name for mistake in diagnosis.partly] == ["y − a"] * (turned < 0)
    assert [(mistake.name, mistake.equation, mistake.layers) for mistake in diagnosis.below] == [
        ("W not transposed", 22, (2,))]
    assert "with your own δ of layer 3, this explains that layer and those before it:\n  • (22)" in str(diagnosis)
    assert diagnosis.as_dict()["below"][0]["name"] == "W not transposed"


def test_a_constant_factor_counts_only_where_two_numbers_have_it():
    net = MLP(1, [1, 1], seed=3)
    weights, biases = backprop(*lists(net), [0.7], [1.0])
    assert diagnose(([3.7 * weights[0], weights[1]], biases), net, [0.7], [1.0]).explanations == []
    weights, biases = RIGHT
    ((found,),) = diagnose(([3.7 * weights[0], *weights[1:]], biases), NET, X, Y).explanations
    assert (found.name, found.equation, found.layers) == ("a factor", 24, (2,)) and "3.7 times" in found.how


def test_finite_differences_are_recognized_and_the_tolerance_says_how_far_it_went():
    weights, biases = RIGHT
    rng = np.random.default_rng(6)
    off = [[part * (1 + 1e-9 * rng.normal(size=part.shape)) for part in parts] for parts in (weights, biases)]
    diagnosis = diagnose(off, NET, X, Y)
    assert not diagnosis.ok and "as finite differences do: tolerance=1e-" in diagnosis.consistent[-1]
    within = diagnose(off, NET, X, Y, tolerance=1e-6)
    assert within.ok and "within 1e−6 of the largest number of each layer (largest difference " in within.verdict


@pytest.mark.parametrize("cost", ["quadratic", "cross-entropy"])
@pytest.mark.slow
def test_three_compatible_mistakes_at_once_are_named_on_90_of_100_networks(many, cost):
    rng = np.random.default_rng(7)
    kinds, missed, tried = sorted(mistakes.MISTAKES), [], 0
    while tried < 10 * many:
        chosen = [str(name) for name in rng.choice(kinds, 3, replace=False)]
        if {"wrong_layer_w", "not_transposed"} & {*chosen} and "weights_updated_first" in chosen:
            continue  # two things in the place of one W
        problem = mistakes.problems(rng, cost)
        if all(mistakes.compatible(one, other, problem) for one in chosen for other in chosen if one < other):
            tried += 1
            found = diagnosed(problem, mistakes.backprop(problem, {*chosen})).explanations
            if not any(len(each) <= 3 and all(any(is_named(name, mistake) for mistake in each) for name in chosen)
                       for each in found):
                missed.append(chosen)
    assert len(missed) <= tried / 10, missed


@pytest.mark.parametrize("seed", several(0, 8))
def test_explanations_give_just_the_given_numbers(seed):
    rng = np.random.default_rng(seed)
    problem = mistakes.problems(rng, "quadratic")
    name = str(rng.choice(sorted(mistakes.MISTAKES)))
    gradients = mistakes.MISTAKES[name](problem)
    off = [gradients[0][0].copy(), *gradients[0][1:]], gradients[1]
    off[0][0][0, 0] += 1e-3
    for explanation in diagnosed(problem, off).explanations:  # of numbers that no rule gives there is none
        assert "weights forgotten" in [mistake.name for mistake in explanation]
    assert network(problem).shape[0] == problem.X.shape[1]


@pytest.mark.parametrize("seed", [0, *several(1, 4)])
def test_clipped_and_normalized_gradients_are_told_so(seed):
    rng = np.random.default_rng(seed)
    net = public.Net(rng, (3, 4, 2))
    x, y = public.batch(rng, 3, 2)
    weights, biases = gradients_of(net, x, y)
    limit = float(np.sort(np.abs(np.concatenate([part.ravel() for part in [*weights, *biases]])))[-4])
    clipped = [[np.clip(part, -limit, limit) for part in parts] for parts in (weights, biases)]
    ((found,),) = diagnose(clipped, net.mlp, x, y).explanations
    assert found.name == "clipped" and found.is_convention
    norm = np.sqrt(sum((part**2).sum() for part in [*weights, *biases])) / 5
    ((found,),) = diagnose([[part / norm for part in parts] for parts in (weights, biases)], net.mlp, x, y).explanations
    assert found.name == "normalized" and "have the norm 5" in found.how


def test_a_raw_error_that_goes_back_through_normalized_weights_is_named_with_all_its_conventions():
    rng = np.random.default_rng(8)
    net = public.Net(rng, (3, 4, 2), biases=False)
    x, y = public.batch(rng, 3, 2, 6)
    _, a1, a2 = net.forward(x)
    error = y - a2
    back = error @ (net.W[1] / np.abs(net.W[1]).sum(1, keepdims=True))
    gradients = [0.1 * (back * a1 * (1 - a1)).T @ x, 0.1 * (error * a2 * (1 - a2)).T @ a1]
    diagnosis = diagnose((gradients, None), net.mlp, x, y, eta=0.1)
    assert [mistake.name for mistake in diagnosis.explanations[0]] == [
        "y − a", "not divided", "multiplied by η", "the raw error goes back", "W normalized"]
