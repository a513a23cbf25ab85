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
