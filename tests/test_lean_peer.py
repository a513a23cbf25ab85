"""The peer and the program of the benchmarks: the lean engine and this one train the same small GPT alike."""

import warnings

import numpy as np
import pytest

from micrograd_paper.engine import Value, topological_order
from tests.benchmarks import lean
from tests.benchmarks.gpt import GPT, NAMES


def small_models():
    return [GPT(value, n_embd=4, n_head=2) for value in (Value, lean.Value)]


@pytest.mark.parametrize("name", NAMES[:4])
def test_loss_and_gradients_of_a_step_are_equal(name):
    ours, peer = models = small_models()
    losses = [model.loss(name) for model in models]
    for loss in losses:
        loss.backward()
    assert losses[0].data == pytest.approx(losses[1].data, rel=1e-12)
    largest = max(abs(p.grad) for p in peer.parameters)
    assert largest > 0.01
    assert len(ours.parameters) == len(peer.parameters)
    for p, q in zip(ours.parameters, peer.parameters):
        assert abs(p.grad - q.grad) <= 1e-12 * largest


def test_losses_are_equal_after_three_steps_of_adam():
    losses = []
    for model in small_models():
        first = model.loss(NAMES[0]).data
        for _ in range(3):
            model.step(NAMES[0])
        losses.append(model.loss(NAMES[0]).data)
        assert losses[-1] < first
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


def test_the_step_has_as_many_nodes_as_is_said():
    model = GPT(Value)
    assert len(model.parameters) == 3_936
    assert len(topological_order(model.loss("benjamin"))) == 63_825


@pytest.mark.slow
def test_the_hand_written_gradients_of_the_benchmark_are_the_graphs():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the peers that are not installed
        from tests.benchmarks.training import Padded, gpt_by_numpy
    model = GPT(Value, n_embd=4, n_head=2)
    loss = sum(map(model.loss, NAMES[:8])) / 8
    loss.backward()
    value, gradients = gpt_by_numpy(Padded(model))()
    found = np.concatenate([gradient.ravel() for gradient in gradients])
    expected = np.array([p.grad for p in model.parameters])
    assert value == pytest.approx(loss.data, rel=1e-14)
    assert abs(found - expected).max() <= 1e-12 * abs(expected).max()
