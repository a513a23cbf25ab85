"""fit(engine="matrix") gives the weights of engine="graph", and refuses what it cannot vectorize."""

import concurrent.futures
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, fit, quadratic
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.errors import Diverged, UsageError
from micrograd_paper.matrix.in_place import InPlace
from tests.strategies import few_examples


def data(nin, nout, count, seed=0):
    rng = random.Random(seed)
    return [([rng.uniform(-1, 1) for _ in range(nin)], [rng.random() for _ in range(nout)]) for _ in range(count)]


def mean_square(a, y):
    return sum((a_j - y_j) ** 2 for a_j, y_j in zip(a, y)) / len(a)


def weights(net):
    return [p.data for p in net.parameters()]


@few_examples(40)
@given(
    shape=st.lists(st.integers(1, 5), min_size=2, max_size=4), hidden=st.sampled_from(list(ACTIVATIONS)),
    last=st.sampled_from(list(ACTIVATIONS)), as_arrays=st.booleans(),
    cost=st.sampled_from(["quadratic", "cross_entropy", "cross_entropy_from_logits", mean_square]),
    alpha=st.sampled_from([0.0, 0.3]), batch_size=st.integers(1, 7), atomic=st.booleans(),
)
def test_the_weights_after_an_epoch_are_those_of_the_graph(
        shape, hidden, last, as_arrays, cost, alpha, batch_size, atomic):
    examples = data(shape[0], shape[-1], 7)
    if as_arrays:
        examples = [(np.array(x), np.array(y)) for x, y in examples]
    activations = [hidden] * (len(shape) - 2) + ["sigmoid" if "entropy" in str(cost) else last]
    nets = [MLP(shape[0], shape[1:], activations, seed=1, atomic=atomic) for _ in range(2)]
    histories = [
        fit(net, examples, eta=0.05, epochs=1, batch_size=batch_size, cost=cost, alpha=alpha, seed=2, engine=engine,
            validation=examples[:3])
        for net, engine in zip(nets, ("graph", "matrix"))
    ]
    assert weights(nets[1]) == pytest.approx(weights(nets[0]), rel=1e-9, abs=1e-11)
    first, second = (history.epochs[0] for history in histories)
    assert second.cost == pytest.approx(first.cost, rel=1e-9)
    assert second.validation_cost == pytest.approx(first.validation_cost, rel=1e-9)
    assert second.accuracy == first.accuracy and second.validation_accuracy == first.validation_accuracy


@few_examples(30)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.sampled_from([0.0, 0.3]))
def test_a_step_gives_the_weights_of_the_graph_to_12_digits(shape, alpha):
    examples = data(shape[0], shape[-1], 5)
    nets = [MLP(shape[0], shape[1:], seed=1) for _ in range(2)]
    for net, engine in zip(nets, ("graph", "matrix")):
        fit(net, examples, eta=0.5, epochs=1, batch_size=5, alpha=alpha, seed=2, engine=engine)
    assert weights(nets[1]) == pytest.approx(weights(nets[0]), rel=1e-12, abs=1e-12)


def test_a_cost_that_branches_on_data_is_refused_by_name():
    def huber(a, y):
        d = a[0] - y[0]
        return d * d if abs(d.data) < 0.2 else abs(d)

    examples = [([0.1], [0.5]), ([0.2], [0.99]), ([0.3], [0.0]), ([0.4], [0.5])]
    net = MLP(1, [1], seed=1)
    before = weights(net)
    with pytest.raises(UsageError, match=r"example 2 .*in huber"):
        fit(net, examples, eta=0.1, epochs=1, batch_size=2, cost=huber, engine="matrix")
    assert weights(net) == before


def test_a_branch_that_the_traced_examples_do_not_show_is_found_beside_the_graph():
    def clipped(a, y):
        return (a[0] - y[0]) ** 2 if y[0] < 0.9 else abs(a[0] - y[0])

    examples = [([0.1], [0.5]), ([0.2], [0.95]), ([0.3], [0.5]), ([0.4], [0.5]), ([0.5], [0.5]), ([0.5], [0.5])]
    with pytest.raises(UsageError, match=r"not those of the graph.*clipped"):
        fit(MLP(1, [1], seed=1), examples, eta=0.1, epochs=1, batch_size=6, cost=clipped, engine="matrix")


def test_functions_of_ones_own_are_traced():
    def cubed(z):
        return z * z * z

    def absolute_error(a, y):
        return sum((abs(a_j - y_j) for a_j, y_j in zip(a, y)), start=0)

    nets = [MLP(2, [3, 2], [cubed, "tanh"], seed=1) for _ in range(2)]
    for net, engine in zip(nets, ("graph", "matrix")):
        fit(net, data(2, 2, 6), eta=0.1, epochs=2, batch_size=4, cost=absolute_error, seed=1, engine=engine)
    assert weights(nets[1]) == pytest.approx(weights(nets[0]), rel=1e-9)


def test_a_run_that_diverges_keeps_the_last_good_weights():
    net = MLP(1, [1], ["linear"], seed=1)
    with pytest.raises(Diverged, match=r"epoch .*smaller learning rate"):
        fit(net, [([1e3], [1.0])], eta=1e3, epochs=200, batch_size=1, engine="matrix")
    assert all(abs(p) < float("inf") for p in weights(net))


def test_an_unknown_engine_and_an_executor_without_use_are_refused():
    for arguments, says in (({"engine": "jax"}, "engine is"), ({"executor": 3}, "executor is"),
                            ({"executor": 3, "engine": "matrix"}, "executor is")):
        with pytest.raises(UsageError, match=says):
            fit(MLP(1, [1]), [([1.0], [1.0])], eta=1.0, epochs=1, batch_size=1, **arguments)


def test_shards_on_an_executor_give_the_same_weights():
    nets = [MLP(3, [4, 2], seed=1) for _ in range(2)]
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        for net, where in zip(nets, (None, executor)):
            fit(net, data(3, 2, 11), eta=0.5, epochs=1, batch_size=5, seed=1, engine="matrix", executor=where,
                alpha=0.1)
    assert weights(nets[1]) == pytest.approx(weights(nets[0]), rel=1e-12, abs=1e-12)


def test_an_executor_that_fails_leaves_the_weights():
    class Failing(concurrent.futures.Executor):
        def submit(self, function, /, *arguments, **keywords):
            future = concurrent.futures.Future()
            future.set_exception(OSError("worker lost"))
            return future

    net = MLP(3, [2], seed=1)
    before = weights(net)
    with pytest.raises(OSError, match="worker lost"):
        fit(net, data(3, 2, 4), eta=0.5, epochs=1, batch_size=2, engine="matrix", executor=Failing())
    assert weights(net) == before


def test_ctrl_c_keeps_whole_epochs():
    def stop(epoch):
        if epoch.number == 2:
            raise KeyboardInterrupt

    history = fit(MLP(2, [2], seed=1), data(2, 2, 4), eta=0.1, epochs=5, batch_size=2, engine="matrix", on_epoch=stop)
    assert len(history.epochs) == 2 and history.interrupted


def test_ctrl_c_in_the_middle_of_a_step_keeps_whole_epochs(monkeypatch):
    step, calls = InPlace.step, []

    def interrupted(self, *given):
        step(self, *given)
        calls.append(self)
        if len(calls) == 6:  # of the second epoch's four
            self.theta[::2] += 1.0
            raise KeyboardInterrupt

    net, twin = MLP(3, [2], seed=1), MLP(3, [2], seed=1)
    fit(twin, data(3, 2, 8), eta=0.5, epochs=1, batch_size=2, seed=3, engine="matrix")
    monkeypatch.setattr(InPlace, "step", interrupted)
    history = fit(net, data(3, 2, 8), eta=0.5, epochs=3, batch_size=2, seed=3, engine="matrix")
    assert history.interrupted and len(history.epochs) == 1 and weights(net) == weights(twin)


@pytest.mark.slow
def test_a_process_pool_gives_the_same_weights():
    nets = [MLP(3, [4, 2], seed=1) for _ in range(2)]
    with concurrent.futures.ProcessPoolExecutor(2) as executor:
        for net, where in zip(nets, (None, executor)):
            fit(net, data(3, 2, 11), eta=0.5, epochs=1, batch_size=5, cost=quadratic, seed=1, engine="matrix",
                executor=where)
    assert weights(nets[1]) == pytest.approx(weights(nets[0]), rel=1e-12, abs=1e-12)
