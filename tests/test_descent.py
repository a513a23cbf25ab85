"""Gradient descent: (1)–(3) on functions, (6), (7), (28), (29) on networks; what is kept when training ends badly."""

import contextlib
import io
import itertools
import math
import os
import signal
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, cross_entropy, fit, quadratic
from micrograd_paper.costs import cross_entropy_from_logits, mean_cost
from micrograd_paper.descent import directional_derivative, evaluate, minimize, steepest_descent_direction
from micrograd_paper.errors import (
    Diverged, DivisionByZero, DomainError, NotANumber, NotAValue, RangeError, ShapeError, UsageError,
)
from micrograd_paper.nn import Neuron, winner
from tests.strategies import networks, small_floats

XOR = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])]


def bowl(point):
    """f(x, y) = x² + y² of Figure 1."""
    x, y = point
    return x * x + y * y


def surface(point):
    x, y = point
    return (x * y).sin() + x * x / 2 - y


def parameters(net):
    return [p.data for p in net.parameters()]


points = st.tuples(small_floats, small_floats)


@given(points, points)
def test_equation_1_is_the_limit_of_the_difference_quotient(point, v):
    h = 1e-6
    ahead, behind = ([Value(p + sign * h * v_i) for p, v_i in zip(point, v)] for sign in (1, -1))
    slope = (surface(ahead).data - surface(behind).data) / (2 * h)
    assert directional_derivative(surface, point, v) == pytest.approx(slope, rel=1e-5, abs=1e-6)


@given(points, points, small_floats)
def test_equation_1_scales_with_the_length_of_v(point, v, s):
    scaled = directional_derivative(surface, point, [s * v_i for v_i in v])
    assert scaled == pytest.approx(s * directional_derivative(surface, point, v), rel=1e-9, abs=1e-9)


@given(points, st.floats(0, 2 * math.pi))
def test_equation_2_no_unit_vector_descends_steeper(point, angle):
    steepest = steepest_descent_direction(surface, point)
    assert math.hypot(*steepest) == pytest.approx(1, rel=1e-12)
    other = directional_derivative(surface, point, [math.cos(angle), math.sin(angle)])
    assert directional_derivative(surface, point, steepest) <= other + 1e-12


def test_no_direction_is_steepest_at_a_minimum():
    with pytest.raises(UsageError, match="∇f has length 0"):
        steepest_descent_direction(bowl, [0.0, 0.0])


@pytest.mark.parametrize("f, length", [
    (lambda point: point[0].sqrt() + point[1], "inf"), (lambda point: point[1] - point[0].sqrt(), "inf"),
    (lambda point: point[0] * point[0].sqrt() + point[1], "nan"),
])
def test_no_direction_is_steepest_where_the_gradient_is_not_finite(f, length):
    with pytest.raises(UsageError, match=rf"∇f has length {length} at \[0\.0, 1\.0\]: no direction"):
        steepest_descent_direction(f, [0.0, 1.0])


@given(points, st.integers(0, 20))
def test_equation_3_makes_one_point_more_than_steps_each_from_the_one_before(start, steps):
    path = minimize(surface, start, 0.1, steps)
    assert len(path.points) == len(path.costs) == steps + 1
    assert path.points[0] == list(start)
    for point, following, cost in zip(path.points, [*path.points[1:], None], path.costs):
        x = [Value(x_i) for x_i in point]
        f = surface(x)
        f.backward()
        assert cost == f.data
        if following is not None:
            assert following == pytest.approx([x_i.data - 0.1 * x_i.grad for x_i in x], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("steps", [-1, -2, 0.5])
def test_a_number_of_steps_that_is_negative_or_not_whole_is_refused(steps):
    with pytest.raises(UsageError, match="number of steps"):
        minimize(bowl, [1.0, 1.0], 0.1, steps)


def test_equation_3_follows_the_bowl_of_figure_1_and_keeps_the_path():
    path = minimize(bowl, [1.0, -2.0], eta=0.1, steps=50)
    assert len(path.points) == len(path.costs) == 51
    assert path.points[0] == [1.0, -2.0]
    assert path.points[1] == pytest.approx([0.8, -1.6])  # w − η·2w
    assert path.costs == sorted(path.costs, reverse=True)
    assert path.costs[-1] == pytest.approx(5 * 0.8**100, rel=1e-9)


def test_a_learning_rate_too_large_overshoots_and_one_too_small_is_slow():
    costs = {eta: minimize(bowl, [1.0, -2.0], eta, 20).costs[-1] for eta in (0.001, 0.3, 1.1)}
    assert costs[0.3] < 1e-6 < costs[0.001] < 5.0 < costs[1.1]


@given(points, st.floats(0.05, 0.45), st.floats(1e-9, 1e-2))
def test_until_convergence_ends_at_the_first_point_with_a_gradient_within_the_tolerance(start, eta, tolerance):
    path = minimize(bowl, start, eta, 1000, tolerance)
    lengths = [math.hypot(2 * x, 2 * y) for x, y in path.points]
    assert path.converged is True
    assert lengths[-1] <= tolerance and all(length > tolerance for length in lengths[:-1])
    assert path[:2] == minimize(bowl, start, eta, len(path.points) - 1)[:2]  # the same way as without a tolerance


def test_a_small_eta_makes_short_steps_and_is_not_taken_for_convergence():
    path = minimize(bowl, [1.0, -2.0], eta=1e-12, steps=20, tolerance=1e-6)
    assert path.converged is False and len(path.points) == 21


@pytest.mark.parametrize("f", [bowl, lambda point: point[0] * point[0] * math.inf])  # the gradient: long, nan
def test_what_does_not_converge_within_the_steps_says_so(f):
    assert minimize(f, [1.0, 0.0], eta=1.1, steps=50, tolerance=1e-6).converged is False
    assert minimize(f, [1.0, 0.0], eta=1.1, steps=50).converged is None


def test_the_start_may_be_the_last_point():
    path = minimize(bowl, [0.0, 0.0], eta=0.1, steps=0, tolerance=1e-6)
    assert path == ([[0.0, 0.0]], [0.0], True)


@pytest.mark.parametrize("tolerance", [0, -1e-6, math.inf, math.nan, "small"])
def test_a_tolerance_that_is_no_positive_number_is_refused(tolerance):
    with pytest.raises(UsageError, match="tolerance must be a positive number"):
        minimize(bowl, [1.0, 1.0], 0.1, 5, tolerance=tolerance)


def test_a_direction_of_another_length_than_the_point_is_refused():
    with pytest.raises(ShapeError, match="point of 2 numbers needs as many; got 3"):
        directional_derivative(bowl, [1.0, 2.0], [1.0, 0.0, 0.0])


def test_batch_descent_is_equation_3_on_the_mean_cost_of_all_examples():
    net, twin = MLP(2, [2, 1], seed=1), MLP(2, [2, 1], seed=1)
    fit(net, XOR, eta=0.7, epochs=1, batch_size=4, seed=5)
    mean_cost(twin, XOR, quadratic).backward()
    assert parameters(net) == pytest.approx([p.data - 0.7 * p.grad for p in twin.parameters()], rel=1e-14)


def test_batch_descent_with_decay_follows_the_gradient_of_the_regularized_cost():
    net, twin = MLP(2, [2, 1], seed=1), MLP(2, [2, 1], seed=1)
    fit(net, XOR, eta=0.7, epochs=1, batch_size=4, seed=5, cost=cross_entropy, alpha=0.4)
    mean_cost(twin, XOR, cross_entropy, alpha=0.4).backward()
    assert parameters(net) == pytest.approx([p.data - 0.7 * p.grad for p in twin.parameters()], rel=1e-13)


@pytest.mark.parametrize("batch_size, updates", [(4, 1), (3, 2), (2, 2), (1, 4)])
def test_an_epoch_updates_once_a_mini_batch_and_uses_every_example_once(batch_size, updates, monkeypatch):
    batches = []
    monkeypatch.setattr("micrograd_paper.descent.descend", lambda net, batch, *rest: batches.append(batch))
    fit(MLP(2, [1], seed=1), XOR, eta=1.0, epochs=1, batch_size=batch_size, seed=1)
    assert len(batches) == updates
    assert sorted((x, y) for batch in batches for _, x, y in batch) == sorted(XOR)


def test_each_epoch_has_an_order_of_its_own(monkeypatch):
    batches = []
    monkeypatch.setattr("micrograd_paper.descent.descend", lambda net, batch, *rest: batches.append(batch))
    examples = [([float(i)], [0.0]) for i in range(8)]
    fit(MLP(1, [1], seed=1), examples, eta=1.0, epochs=5, batch_size=8, seed=1)
    assert len({tuple(i for i, _, _ in batch) for batch in batches}) == 5
    assert all(x == [i - 1] for batch in batches for i, x, _ in batch)  # each with its own number


def test_the_seed_decides_the_order_of_the_examples_and_with_it_every_bit():
    runs = []
    for seed in (1, 1, 2):
        net = MLP(2, [2, 1], seed=3)
        fit(net, XOR, eta=1.0, epochs=3, batch_size=1, seed=seed)
        runs.append(parameters(net))
    assert runs[0] == runs[1] != runs[2]


def test_the_gradient_of_a_larger_mini_batch_is_closer_to_the_full_one():
    """(6): over all mini-batches of k of 8 examples, the mean squared distance falls as k grows."""
    from itertools import combinations

    net = MLP(2, [3, 1], seed=1)
    examples = [([math.sin(i), math.cos(3 * i)], [float(i % 3 == 0)]) for i in range(8)]

    def mean_gradient(chosen):
        net.zero_grad()
        mean_cost(net, chosen, quadratic).backward()
        return [p.grad for p in net.parameters()]

    full = mean_gradient(examples)
    distances = []
    for k in (1, 2, 4, 7, 8):
        batches = list(combinations(examples, k))
        distances.append(sum(math.dist(mean_gradient(batch), full) ** 2 for batch in batches) / len(batches))
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-30 < distances[-2]


@given(networks(output="sigmoid"), st.sampled_from([quadratic, cross_entropy]), st.floats(0, 2),
       st.none() | st.integers(1, 9))
def test_evaluate_gives_the_mean_cost_with_its_penalty_and_the_share_that_is_right(network, cost, alpha, m):
    net, x, y = network
    examples = [(x, y), ([-v for v in x], [1 - t for t in y]), (x, [1 - t for t in y])]
    mean, accuracy = evaluate(net, examples, cost, alpha, m=m)
    assert mean == pytest.approx(mean_cost(net, examples, cost, alpha, m).data, rel=1e-12)
    right = [winner(net.forward(x).output) == winner(y) for x, y in examples]
    assert accuracy == sum(right) / 3


def test_the_history_has_cost_and_accuracy_of_the_validation_examples_with_the_penalty_of_the_training():
    net, validation = MLP(2, [2, 1], seed=1), [([0.2, 0.9], [0.0]), ([0.1, 0.3], [0.0]), ([2.0, 1.0], [1.0])]
    history = fit(net, XOR, eta=1.0, epochs=3, batch_size=2, seed=1, alpha=0.4, validation=validation)
    of_validation = (history.validation_cost[-1], history.validation_accuracy[-1])
    assert of_validation == evaluate(net, validation, quadratic, 0.4, m=4) != evaluate(net, validation, quadratic, 0.4)
    assert (history.cost[-1], history.accuracy[-1]) == evaluate(net, XOR, quadratic, 0.4)
    assert history.accuracy[-1] != history.validation_accuracy[-1]


def test_xor_is_learnt_and_the_history_tells_how():
    net = MLP(2, [3, 1], seed=3)
    history = fit(net, XOR, eta=2.0, epochs=400, batch_size=4, cost=cross_entropy, seed=1, validation=XOR)
    assert len(history.epochs) == len(history.cost) == 400
    assert history.accuracy[-1] == 1.0 == history.validation_accuracy[-1]
    assert history.cost[-1] < 0.1 < history.cost[0]
    assert (history.cost[-1], history.accuracy[-1]) == evaluate(net, XOR, cross_entropy)
    assert history.cost == history.validation_cost
    assert "400 epochs" in repr(history)
    assert all(p.grad == 0 for p in net.parameters())


def test_a_saturated_output_learns_slowly_from_the_quadratic_cost_and_fast_from_cross_entropy():
    """Claim of 3.2: σ′ cancels in (26)."""
    fallen = {}
    for cost in (quadratic, cross_entropy):
        net = MLP(1, [1], seed=1)
        net["w2_1_1"].data, net["b2_1"].data = 2.0, 2.0  # a²₁ = 0.98 where y is 0
        fit(net, [([1.0], [0.0])], eta=0.15, epochs=50, batch_size=1, cost=cost)
        fallen[cost] = 0.982 - net([1.0]).data
    assert fallen[cross_entropy] > 5 * fallen[quadratic]


def test_weight_decay_multiplies_every_weight_by_1_minus_eta_alpha_over_m():
    """Claim of 3.3, where the gradient of C₀ is 0: inputs of 0 and outputs that are right."""
    net = MLP(2, [1], "linear", seed=1)
    net["b2_1"].data = 0.5
    before = parameters(net)
    fit(net, [([0.0, 0.0], [0.5])] * 4, eta=0.5, epochs=1, batch_size=2, alpha=0.8)
    decay = (1 - 0.5 * 0.8 / 4) ** 2  # two mini-batches, each decays by m = 4, not by k = 2
    assert parameters(net) == pytest.approx([before[0] * decay, before[1] * decay, 0.5], rel=1e-14)


@pytest.mark.parametrize("arguments, message", [
    ({"eta": 0.0}, "eta must be a positive number; got 0.0"),
    ({"eta": -1.0}, "eta must be a positive"),
    ({"eta": math.nan}, "eta must be a positive"),
    ({"eta": math.inf}, "eta must be a positive"),
    ({"epochs": 0}, "epochs must be a positive integer; got 0"),
    ({"batch_size": 0}, "batch_size must be an integer from 1 to the 4 examples; got 0"),
    ({"batch_size": 5}, "from 1 to the 4 examples; got 5"),
    ({"batch_size": 2.0}, "got 2.0"),
    ({"alpha": -0.1}, "alpha must be 0 or more; got -0.1"),
    ({"alpha": math.inf}, "alpha must be"),
    ({"alpha": math.nan}, "alpha must be"),
    ({"alpha": "0.1"}, "alpha must be 0 or more; got '0.1'"),
    ({"examples": []}, "at least one example; got none"),
    ({"examples": [*XOR[:2], ([1.0], [0.0])], "batch_size": 1}, "example 3 has 1 inputs x; the network 2-1 needs 2"),
    ({"examples": [*XOR, ([1.0, 1.0], [0.0, 1.0])]}, "example 5 has 2 targets y; the network 2-1 needs 1"),
    ({"validation": [([1.0], [0.0])]}, "validation example 1 has 1 inputs x"),
    ({"examples": [*XOR, ([1.0, 1.0], [2.0])], "cost": cross_entropy}, r"example 5: .* in \[0, 1\]; got y = \[2.0\]"),
    ({"examples": [([0.0, math.nan], [1.0])], "batch_size": 1}, "example 1: x2 must be finite; got nan"),
    ({"validation": [([0.0, 1.0], [-math.inf])]}, "validation example 1: y1 must be finite; got -inf"),
    ({"examples": [([0.0, "1"], [1.0])], "batch_size": 1}, "example 1: x2 must be a number; got '1'"),
    ({"examples": [([0.0, 1.0],)], "batch_size": 1}, r"example 1 must be a pair \(x, y\); got"),
    ({"examples": None}, r"expected examples \(x, y\); got None"),
    ({"eta": "fast"}, "eta must be a positive number; got 'fast'"),
    ({"epochs": True}, "epochs must be a positive integer; got True"),
    ({"cost": "mse"}, "must be a function of outputs and targets, or one of quadratic, cross_entropy, .*; got 'mse'"),
])
def test_arguments_that_do_not_fit_are_refused_and_the_network_is_as_before(arguments, message):
    net = MLP(2, [1], seed=1)
    before = parameters(net)
    everything = {"examples": XOR, "eta": 1.0, "epochs": 1, "batch_size": 2, "seed": 1} | arguments
    net["w2_1_1"].grad = 0.5
    with pytest.raises((UsageError, ShapeError, NotANumber), match=message):
        fit(net, everything.pop("examples"), **everything)
    assert parameters(net) == before and net["w2_1_1"].grad == 0.5


@pytest.mark.parametrize("arguments", [
    {"eta": 1e300, "epochs": 3}, {"eta": 0.5, "epochs": 600, "alpha": 10.0},
])
def test_no_epoch_of_a_history_has_a_cost_that_is_not_finite(arguments):
    net = MLP(2, [3, 1], seed=1)
    epochs = []
    with contextlib.suppress(Diverged):
        fit(net, XOR[::3], batch_size=1, seed=1, on_epoch=epochs.append, **arguments)
    assert all(math.isfinite(epoch.cost) for epoch in epochs)
    assert math.isfinite(evaluate(net, XOR[::3], alpha=arguments.get("alpha", 0.0))[0])


def test_weights_too_large_to_square_have_a_cost_without_a_penalty_and_none_with_one():
    net = MLP(2, [1], seed=1)
    net["w2_1_1"].data = 1e200
    assert evaluate(net, [([1.0, 0.0], [0.0])]) == (0.5, 0.0)
    with pytest.raises(Diverged, match="epoch 1: the cost over every example is inf"):
        evaluate(net, [([1.0, 0.0], [0.0])], alpha=0.1)


def test_cross_entropy_from_logits_trains_as_cross_entropy_does():
    runs = []
    for cost in (cross_entropy, cross_entropy_from_logits):
        net = MLP(2, [3, 1], seed=1)
        runs.append((fit(net, XOR, eta=1.0, epochs=20, batch_size=2, seed=1, cost=cost).cost, parameters(net)))
    assert runs[0] == runs[1]


def test_examples_may_be_numpy_arrays_and_targets_single_numbers():
    numpy = pytest.importorskip("numpy")
    runs = []
    x, y = [x for x, _ in XOR], [y[0] for _, y in XOR]
    for examples in (XOR, zip(x, y), list(zip(numpy.array(x), numpy.array(y)))):
        net = MLP(2, [2, 1], seed=1)
        fit(net, examples, eta=1.0, epochs=2, batch_size=2, seed=1)
        runs.append(parameters(net))
    assert runs[0] == runs[1] == runs[2]


def test_a_function_or_a_cost_that_leaves_the_graph_is_told_so():
    with pytest.raises(NotAValue, match=r"must return a Value, got 2\.7.*x\.exp\(\) stays in it"):
        minimize(lambda point: math.exp(point[0]), [1.0], 0.1, 3)
    with pytest.raises(NotAValue, match=r"a cost must return a Value; bare returned 1\.0"):
        def bare(a, y):
            return 1.0
        fit(MLP(2, [1]), XOR, eta=1.0, epochs=1, batch_size=1, cost=bare)


@pytest.mark.parametrize("activation", ["tanh", "relu", "linear"])
def test_cross_entropy_of_outputs_that_are_no_sigmoid_is_refused(activation):
    with pytest.raises(UsageError, match=rf"takes outputs in \(0, 1\); the output layer is {activation}"):
        fit(MLP(2, [1], activation), XOR, eta=1.0, epochs=1, batch_size=1, cost=cross_entropy)


def test_cross_entropy_of_outputs_of_ones_own_activation_is_taken_as_it_is():
    runs = []
    for activation in ("sigmoid", lambda z: z.sigmoid()):
        net = MLP(2, [2, 1], activation, seed=1)
        fit(net, XOR, eta=1.0, epochs=2, batch_size=2, seed=1, cost=cross_entropy)
        runs.append(parameters(net))
    assert runs[0] == pytest.approx(runs[1], rel=1e-9)


@pytest.mark.parametrize("what", [Neuron(2), None, "net.json"])
def test_what_is_no_network_is_not_trained(what):
    with pytest.raises(NotAValue, match=f"fit trains an MLP; got {type(what).__name__}"):
        fit(what, XOR, eta=1.0, epochs=1, batch_size=1)


@pytest.mark.parametrize("cost, error, message", [
    (lambda a, y: (a[0] + 1000).exp(), RangeError, "exp exp of"),
    (lambda a, y: (a[0] - 2).log(), DomainError, "log ln of"),
    (lambda a, y: 1 / (a[0] - a[0]), DivisionByZero, "divide ÷ of"),
])
def test_a_cost_that_cannot_be_computed_stops_with_epoch_example_and_operation(cost, error, message):
    net = MLP(2, [1], seed=1)
    before = parameters(net)
    with pytest.raises(Diverged, match=rf"epoch 1, example [1-4]: {message} .*; a smaller learning rate") as raised:
        fit(net, XOR, eta=1.0, epochs=1, batch_size=1, seed=1, cost=cost)
    assert type(raised.value.__cause__) is error and parameters(net) == before


def test_a_weight_that_becomes_infinite_stops_even_where_a_saturated_output_hides_it():
    net = MLP(1, [1], seed=1)
    net["w2_1_1"].data = 0.0
    with pytest.raises(Diverged, match=r"epoch 1: w²₁₁ became -inf; a smaller learning rate"):
        fit(net, [([1000.0], [0.0])], eta=1e308, epochs=2, batch_size=1)
    assert parameters(net) == [0.0, 0.0]


@pytest.mark.parametrize("number, mean", [(1e308, "inf"), (-1e308, "-inf")])
def test_a_mean_that_is_not_finite_stops_though_every_cost_is(number, mean):
    with pytest.raises(Diverged, match=f"the cost over every example is {mean}"):
        evaluate(MLP(2, [1], seed=1), XOR, lambda a, y: a[0] * 0 + number)


def test_a_cost_that_becomes_infinite_stops_names_epoch_and_node_and_keeps_the_last_good_weights():
    net = MLP(1, [1, 1], "linear", seed=1)
    examples = [([10.0], [1.0]), ([-9.0], [2.0])]
    good = []
    message = r"epoch \d+(, example \d)?: .*[zawb][²³].* (inf|nan|-inf);.*smaller learning rate"
    with pytest.raises(Diverged, match=message) as error:
        fit(net, examples, eta=0.5, epochs=500, batch_size=1, seed=1, on_epoch=lambda _: good.append(parameters(net)))
    assert 1 <= len(good) == len(error.value.history.epochs) < 500
    assert parameters(net) == good[-1]
    assert all(math.isfinite(p) for p in parameters(net))


def test_a_cost_that_is_infinite_on_a_validation_example_says_so():
    net = MLP(1, [1], "linear", seed=1)
    with pytest.raises(Diverged, match=r"epoch 1, validation example 2: the cost is inf; the first node .* is C⁽²⁾"):
        fit(net, [([1.0], [1.0])], eta=0.1, epochs=1, batch_size=1, validation=[([1.0], [1.0]), ([1e200], [1.0])])


def test_the_first_node_that_went_wrong_is_named():
    net = MLP(1, [1, 1], "linear", seed=1)
    net["w2_1_1"].data = 1e200
    with pytest.raises(Diverged, match=r"epoch 1, example 1: the cost is inf; the first node .* is z²₁⁽¹⁾ = inf"):
        fit(net, [([1e200], [1.0])], eta=0.1, epochs=1, batch_size=1)


def test_ctrl_c_keeps_the_whole_epochs_and_their_weights(ctrl_c):
    net = MLP(2, [2, 1], seed=1)
    kept = []

    def press_ctrl_c(epoch):
        kept.append(parameters(net))
        if epoch.number == 3:
            os.kill(os.getpid(), signal.SIGINT)

    history = fit(net, XOR, eta=1.0, epochs=100, batch_size=2, seed=1, on_epoch=press_ctrl_c)
    assert history.interrupted and repr(history).endswith(", interrupted")
    assert len(history.epochs) >= 3
    assert parameters(net) == kept[len(history.epochs) - 1]


class InterruptedAt:
    """Raises KeyboardInterrupt before the line that `fit` comes to as its n-th."""

    def __init__(self, n):
        self.left = n

    def __call__(self, frame, event, arg):
        return self.line if frame.f_code is fit.__code__ else None

    def line(self, frame, event, arg):
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self.line


def test_ctrl_c_at_any_line_of_the_training_keeps_whole_epochs_alone():
    def train(tracer=None, on_epoch=None):
        net, before = MLP(2, [1], seed=1), sys.gettrace()
        sys.settrace(tracer or before)
        try:
            return net, fit(net, XOR, eta=1.0, epochs=3, batch_size=4, seed=1, on_epoch=on_epoch)
        finally:
            sys.settrace(before)

    costs, lengths = train()[1].cost, []
    for n in itertools.count(1):
        tracer = InterruptedAt(n)
        try:
            net, history = train(tracer, lambda epoch: None)
        except KeyboardInterrupt:  # before the first epoch, or while the end is made
            continue
        if tracer.left > 0:
            break
        assert history.interrupted and history.cost == costs[: len(history.epochs)]
        assert not history.epochs or history.cost[-1] == evaluate(net, XOR)[0]
        assert history.epochs or parameters(net) == parameters(MLP(2, [1], seed=1))
        lengths.append(len(history.epochs))
    assert lengths == sorted(lengths) and {*lengths} == {0, 1, 2, 3}


class TerminalText(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("stream, progress, shows", [
    (TerminalText, True, True), (TerminalText, False, False), (io.StringIO, True, False), (io.StringIO, False, False),
])
def test_a_bar_is_shown_on_a_terminal_unless_it_is_not_wanted(stream, progress, shows, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", stream())
    fit(MLP(2, [1], seed=1), XOR, eta=1.0, epochs=3, batch_size=4, progress=progress)
    assert ("3/3" in sys.stderr.getvalue()) == bool(sys.stderr.getvalue()) == shows
