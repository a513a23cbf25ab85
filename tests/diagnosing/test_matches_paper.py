"""`assert_matches_paper`, as a course's test uses it, fails with the diagnosis of a wrong backpropagation."""

import numpy as np
import pytest

from micrograd_paper import cross_entropy
from micrograd_paper.diagnosing.diagnosis import assert_matches_paper
from micrograd_paper.errors import ShapeError, UsageError
from tests.diagnosing import mistakes
from tests.diagnosing.diagnosed import backprop


def test_a_right_backprop_matches_the_paper():
    assert_matches_paper(backprop)
    assert_matches_paper(lambda W, b, x, y: mistakes.correct(as_problem(W, b, x, y, "cross-entropy")), cross_entropy)


def as_problem(W, b, x, y, cost):
    return mistakes.Problem([np.array(w) for w in W], [np.array(c) for c in b], np.array([x]), np.array([y]), cost,
                            alpha=0.0, m=1, eta=0.1)


@pytest.mark.slow
def test_a_wrong_backprop_fails_with_the_diagnosis_as_message():
    with pytest.raises(AssertionError) as caught:
        assert_matches_paper(lambda *given: backprop(*given, transposed=False))
    message = str(caught.value)
    assert "of 20 networks have other gradients than the paper's" in message and "W not transposed" in message
    assert "one mistake gives just these numbers" in message
    with pytest.raises(AssertionError, match="σ′ forgotten"):
        assert_matches_paper(lambda *given: backprop(*given, prime=False), trials=1)
    with pytest.raises(AssertionError, match="not a mistake I know"):
        assert_matches_paper(lambda *given: backprop(*given, added=0.1))


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


def of_three_layers(W, b, x, y):
    """As many first programs are: one hidden layer, and no loop."""
    (W2, W3), (b2, b3) = W, b
    a2 = mistakes.sigma(W2 @ x + b2)
    a3 = mistakes.sigma(W3 @ a2 + b3)
    output = (a3 - y) * a3 * (1 - a3)
    hidden = W3.T @ output * a2 * (1 - a2)
    return [np.outer(hidden, x), np.outer(output, a2)], [hidden, output]


def test_code_for_one_hidden_layer_passes_with_shapes_and_what_it_is_right_on_stands_first():
    assert_matches_paper(of_three_layers, array=np.array, shapes=[(2, 3, 1), (4, 2, 5)])
    with pytest.raises(UsageError, match=r"^right on all networks of 3 layers; backprop raised ValueError on a "):
        assert_matches_paper(of_three_layers, array=np.array)


def in_batches(W, b, X, Y, alpha=0.0, divided=True, slope=lambda a: 1 - a**2):
    a = [np.array(X)]
    for w, c in zip(W, b):
        a.append(np.tanh(a[-1] @ w.T + c))
    k, delta, found = len(X), (a[-1] - Y) * slope(a[-1]), []
    for w, below in zip(W[::-1], a[-2::-1]):
        found.insert(0, (delta.T @ below / k + alpha / k * w, delta.sum(0) / (k if divided else 1)))
        delta = delta @ w * slope(below)
    return [w for w, _ in found], [c for _, c in found]


@pytest.mark.slow
def test_batches_activations_penalties_and_tolerances_are_taken():
    how = dict(array=np.array, batch=4, activation="tanh")  # noqa: C408
    assert_matches_paper(in_batches, **how)
    assert_matches_paper(lambda *given: in_batches(*given, alpha=0.5), alpha=0.5, **how)
    with pytest.raises(AssertionError, match="decay forgotten"):
        assert_matches_paper(in_batches, alpha=0.5, **how)
    with pytest.raises(AssertionError, match="not divided"):
        assert_matches_paper(lambda *given: in_batches(*given, divided=False), **how)
    with pytest.raises(AssertionError, match=r"σ′ is the sigmoid's, a\(1 − a\)"):
        assert_matches_paper(lambda *given: in_batches(*given, slope=lambda a: a * (1 - a)), **how)

    def rounded(*given):
        return [[np.round(part, 4) for part in parts] for parts in in_batches(*given)]

    with pytest.raises(AssertionError):
        assert_matches_paper(rounded, **how)
    assert_matches_paper(rounded, tolerance=0.05, **how)
    with pytest.raises(UsageError, match="the size of the batch must be a positive integer; got 0"):
        assert_matches_paper(in_batches, batch=0)
