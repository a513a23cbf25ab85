"""The costs (4), (5), (9), (25), (27), and their edges."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, compare, cross_entropy, diagnose, equations, fit, prove, quadratic
from micrograd_paper.costs import (
    batch_cost, cost_function, cross_entropy_from_logits, example_cost, l2_penalty, mean_cost, net_weights,
)
from micrograd_paper.descent import evaluate
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import DomainError, NotAValue, ShapeError, UsageError
from micrograd_paper.examples.worked import worked
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import CROSS_ENTROPY, CROSS_ENTROPY_FROM_LOGITS, QUADRATIC
from micrograd_paper.reading.names import find
from tests.strategies import networks

probabilities = st.floats(1e-6, 1 - 1e-6)
pairs = st.lists(st.tuples(probabilities, st.floats(0, 1)), min_size=1, max_size=5)


@given(pairs)
def test_equation_5_is_half_the_squared_distance(pairs):
    a, y = zip(*pairs)
    assert quadratic([Value(a_j) for a_j in a], y).data == pytest.approx(math.dist(a, y) ** 2 / 2, rel=1e-12)


@given(pairs)
def test_equation_25_of_one_example(pairs):
    a, y = zip(*pairs)
    closed = equations.cross_entropy_cost([a], [y], math.log)
    assert cross_entropy([Value(a_j) for a_j in a], y).data == pytest.approx(closed, rel=1e-12, abs=1e-15)


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(0, 1)), min_size=1, max_size=5))
def test_cross_entropy_from_logits_is_cross_entropy_of_the_sigmoid(pairs):
    z, y = [Value(z_j) for z_j, _ in pairs], [y_j for _, y_j in pairs]
    through_a, from_z = cross_entropy([z_j.sigmoid() for z_j in z], y), cross_entropy_from_logits(z, y)
    assert from_z.data == pytest.approx(through_a.data, rel=1e-10)
    through_a.backward()
    slow = [z_j.grad for z_j in z]
    for z_j in z:
        z_j.grad = 0
    from_z.backward()
    assert [z_j.grad for z_j in z] == pytest.approx(slow, rel=1e-9, abs=1e-10)


@given(st.floats(-1e308, 1e308), st.sampled_from([0.0, 0.25, 1.0]))
def test_cross_entropy_from_logits_is_finite_for_every_z_with_delta_a_minus_y(z, y):
    z = Value(z)
    C = cross_entropy_from_logits([z], [y])
    C.backward()
    assert math.isfinite(C.data) and C.data >= 0
    assert z.grad == z.sigmoid().data - y


def test_zero_times_the_logarithm_of_zero_is_zero():
    a = [Value(0.0), Value(1.0)]
    C = cross_entropy(a, [0.0, 1.0])
    C.backward()
    assert C.data == 0.0
    assert [a_j.grad for a_j in a] == [1.0, -1.0]


@given(st.sampled_from([0.0, 1.0]), st.floats(0, 1) | st.sampled_from([0.0, 1.0]))
def test_an_output_of_0_or_1_has_a_cross_entropy_only_where_y_is_the_same(a, y):
    if y == a:
        assert cross_entropy([Value(a)], [y]).data == 0
    else:
        with pytest.raises(DomainError, match=f"output 1 is {a} where y is {y}, and"):
            cross_entropy([Value(a)], [y])


@pytest.mark.parametrize("z, y", [(40.0, 0.0), (-800.0, 1.0)])
def test_an_output_saturated_on_the_wrong_side_names_the_neuron_and_the_way_out(z, y):
    net = MLP(1, [1], seed=1)
    net["w2_1_1"].data = z
    with pytest.raises(DomainError, match=r"a²₁ is [01]\.0 where y is [01]\.0.*cross_entropy_from_logits"):
        cross_entropy(net.forward([1.0]).output, [y])


def test_a_saturated_output_is_found_behind_one_of_another_kind_of_number():
    with pytest.raises(DomainError, match=r"output 2 is 1\.0 where y is 0\.0, and .*cross_entropy_from_logits"):
        cross_entropy([Value(Fraction(1, 2)), Value(1.0)], [0.5, 0.0])


@pytest.mark.parametrize("a", [-0.001, 1.001, math.inf, math.nan])
def test_cross_entropy_of_an_output_that_is_no_probability_is_refused(a):
    with pytest.raises(DomainError, match=r"takes outputs in \[0, 1\]"):
        cross_entropy([Value(a)], [0.0 if a < 0 else 1.0])


@pytest.mark.parametrize("y", [-0.1, 1.1])
@pytest.mark.parametrize("cost", [cross_entropy, cross_entropy_from_logits])
def test_cross_entropy_refuses_targets_outside_0_to_1(cost, y):
    with pytest.raises(UsageError, match=rf"targets in \[0, 1\]; y₂ is {y}"):
        cost([Value(0.5), Value(0.5)], [0.5, y])


@pytest.mark.parametrize("cost", [quadratic, cross_entropy, cross_entropy_from_logits])
def test_outputs_and_targets_of_different_lengths_are_refused(cost):
    with pytest.raises(ShapeError, match="example 3: 2 outputs need as many targets y; got 1"):
        cost(MLP(1, [2]).forward([1.0], example=3).output, [1.0])


@pytest.mark.parametrize("cost", [quadratic, cross_entropy, cross_entropy_from_logits])
def test_a_cost_of_nothing_is_refused(cost):
    with pytest.raises(ShapeError, match="0 outputs"):
        cost([], [])


@given(st.sampled_from([quadratic, cross_entropy, cross_entropy_from_logits]), probabilities, st.floats(0, 1))
def test_a_cost_takes_plain_numbers_and_values_of_any_name_and_is_c(cost, a, y):
    costs = [cost([Value(a)], [y]), cost(Value(a, "mine"), Value(y, 5)), cost([a], (y,)), cost(a, y)]
    assert len({C.data for C in costs}) == 1 and {C.label for C in costs} == {Symbol("C")}


def test_the_cross_entropy_is_taken_from_the_logits_where_the_output_layer_is_sigmoid_and_nowhere_else():
    def logistic(z):
        return z.sigmoid()

    for activations, op in ((["tanh", "sigmoid"], CROSS_ENTROPY_FROM_LOGITS), (["sigmoid", logistic], CROSS_ENTROPY)):
        forward = MLP(1, [1, 1], activations, seed=1).forward([0.5])
        C = batch_cost([forward], [[1.0]], cross_entropy)
        assert C.op is op and C.operands[0] is forward["z3_1" if op is CROSS_ENTROPY_FROM_LOGITS else "a3_1"]


def test_the_cross_entropy_from_logits_takes_z_whatever_is_made_of_it():
    forward = MLP(1, [1], "tanh", seed=1).forward([0.5])
    assert batch_cost([forward], [[1.0]], cross_entropy_from_logits).operands[0] is forward["z2_1"]


def test_targets_and_cost_carry_the_paper_s_names():
    C = quadratic(MLP(1, [2]).forward([1.0], example=3).output, [1.0, 0.0])
    assert str(C.label) == "C⁽³⁾"
    assert [str(y.label) for y in C.operands[2:]] == ["y₁⁽³⁾", "y₂⁽³⁾"]


@given(networks(output="sigmoid"), st.sampled_from([quadratic, cross_entropy]), st.floats(0, 2), st.integers(2, 9))
def test_mean_cost_is_the_mean_over_examples_with_the_penalty_of_27_on_weights_alone(network, cost, alpha, m):
    net, x, y = network
    examples = [(x, y), ([-v for v in x], [1 - t for t in y])]
    costs = [
        cross_entropy_from_logits(net.forward(x).z[len(net.shape)], y).data if cost is cross_entropy
        else cost(net.forward(x).output, y).data
        for x, y in examples
    ]
    weights = [p.data for p in net.parameters() if p.label.name == "w"]
    expected = equations.regularized_cost(sum(costs) / 2, weights, alpha, m)
    assert mean_cost(net, examples, cost, alpha, m).data == pytest.approx(expected, rel=1e-12)


def test_the_penalty_leaves_biases_alone():
    net = MLP(2, [2, 1], seed=1)
    penalty = l2_penalty(net_weights(net), 0.3, 10)
    penalty.backward()
    for p in net.parameters():
        assert p.grad == (pytest.approx(0.3 / 10 * p.data) if p.label.name == "w" else 0)


def test_mean_cost_of_no_examples_or_no_sense_is_refused():
    with pytest.raises(UsageError, match="at least one example"):
        mean_cost(MLP(1, [1]), [], quadratic)
    for alpha, m in ((-1.0, None), (math.nan, None), (0.1, 0)):
        with pytest.raises(UsageError, match=r"alpha must be 0 or more|training examples, 1 or more"):
            mean_cost(MLP(1, [1]), [([1.0], [1.0])], quadratic, alpha, m)


@given(networks(output="sigmoid"), st.sampled_from([quadratic, cross_entropy, cross_entropy_from_logits]),
       st.floats(0, 2), st.none() | st.integers(1, 9))
def test_batch_cost_of_kept_forwards_is_mean_cost_to_the_last_bit(network, cost, alpha, m):
    net, x, y = network
    examples = [(x, y), ([-v for v in x], [1 - t for t in y])]
    net.zero_grad()
    mean = mean_cost(net, examples, cost, alpha, m)
    mean.backward()
    expected = [mean.data, *(parameter.grad for parameter in net.parameters())]
    net.zero_grad()
    forwards = [net.forward(x, i) for i, (x, _) in enumerate(examples, start=1)]
    C = batch_cost(forwards, [y for _, y in examples], cost, alpha, m)
    C.backward()
    assert [C.data, *(parameter.grad for parameter in net.parameters())] == expected
    assert C.label == mean.label == Symbol("C")


def test_batch_cost_takes_single_targets_and_a_cost_of_one_s_own_with_targets_of_its_own():
    net = MLP(1, [2], seed=1)
    forwards = [net.forward([1.0], 1), net.forward([0.5], 2)]
    C = batch_cost(forwards, [0, 1], lambda a, chosen: -a[chosen].log())
    assert C.data == pytest.approx(-(math.log(forwards[0].output[0].data) + math.log(forwards[1].output[1].data)) / 2)
    net = MLP(1, [1], seed=1)
    assert batch_cost((net.forward([1.0], 1),), [1.0], quadratic).data == quadratic(net.forward([1.0]).output, 1.0).data


def test_what_batch_cost_cannot_take_is_refused():
    net, twin, other = MLP(1, [1], seed=1), MLP(1, [1], seed=1), MLP(1, [2, 1], seed=2)
    forwards = [net.forward([1.0], 1), net.forward([2.0], 2)]
    with pytest.raises(UsageError, match="at least one example; got none"):
        batch_cost([], [], quadratic)
    with pytest.raises(NotAValue, match=r"a list of what net\.forward\(x, i\) returned; got Forward"):
        batch_cost(forwards[0], [1.0], quadratic)
    with pytest.raises(NotAValue, match=r"what net\.forward\(x\) returned; got Value"):
        batch_cost([*forwards, forwards[0].output[0]], [1.0, 0.0, 1.0], quadratic)
    with pytest.raises(UsageError, match="some of MLP 1-1, sigmoid, 2 parameters and of another MLP 1-1"):
        batch_cost([forwards[0], twin.forward([1.0], 2)], [1.0, 0.0], quadratic)
    with pytest.raises(UsageError, match="some of MLP 1-1, sigmoid, 2 parameters and of MLP 1-2-1"):
        batch_cost([forwards[0], other.forward([1.0], 2)], [1.0, 0.0], quadratic)
    with pytest.raises(ShapeError, match="2 examples need as many lists of targets; got 1"):
        batch_cost(forwards, [1.0], quadratic)
    with pytest.raises(ShapeError, match="example 2: 1 outputs need as many targets y; got 2"):
        batch_cost(forwards, [1.0, [1.0, 0.0]], quadratic)
    with pytest.raises(UsageError, match="the cost must be a function"):
        batch_cost(forwards, [1.0, 0.0], "mse")
    with pytest.raises(NotAValue, match=r"must return a Value; .* returned 1\.0"):
        batch_cost(forwards, [1.0, 0.0], lambda a, y: 1.0)
    for alpha, m in ((-1.0, None), (math.inf, None), (math.nan, 2), ("0.1", 2), (0.1, 0), (0.1, "2")):
        with pytest.raises(UsageError, match=r"alpha must be 0 or more|training examples, 1 or more"):
            batch_cost(forwards, [1.0, 0.0], quadratic, alpha, m)


@pytest.mark.parametrize("examples", [1, 3])
def test_the_cost_without_the_penalty_is_c_0_as_27_names_it(examples):
    net = MLP(2, [2, 1], seed=1)
    numbered = [None] if examples == 1 else [*range(1, examples + 1)]
    forwards = [net.forward([0.5, -1.0], i) for i in numbered]
    C = batch_cost(forwards, [[1.0]] * examples, quadratic, alpha=0.1, m=5)
    names = [str(node.label) for node in topological_order(C) if isinstance(node.label, Symbol)]
    assert names.count("C") == names.count("C₀") == 1
    C_0 = find(C, "C0")
    assert C_0 is find(C, "C₀") and C.operands[0] is C_0
    penalty = sum(w.data**2 for row in (*net.weights[2], *net.weights[3]) for w in row) * 0.1 / 10
    assert C.data == pytest.approx(C_0.data + penalty)
    assert C_0.data == batch_cost(forwards, [[1.0]] * examples, quadratic).data


def test_the_mean_of_one_example_without_a_number_is_its_cost():
    forward = MLP(2, [1], seed=1).forward([0.5, -1.0])
    assert batch_cost([forward], [[1.0]], quadratic).op is QUADRATIC
    own = Value(2.0, "mine")  # what a user-defined cost returns keeps its name
    assert batch_cost([forward], [[1.0]], lambda a, y: own).operands[0].operands == (own,) and own.label == "mine"


@pytest.mark.parametrize("name, cost", [("quadratic", quadratic), ("cross_entropy", cross_entropy),
                                        ("cross-entropy", cross_entropy)])
def test_a_cost_goes_by_its_name_wherever_it_is_an_argument(name, cost):
    def results(cost):
        net = MLP(2, [2, 1], seed=1)
        examples = [([0.5, -1.0], [1.0]), ([1.0, 2.0], [0.0])]
        forward = net.forward([0.5, -1.0])
        cost_function(cost)(forward.output, [1.0]).backward()
        gradients = [[[w.grad for w in row] for row in net.weights[l]] for l in (2, 3)]
        given = gradients, [[b.grad for b in net.biases[l]] for l in (2, 3)]
        return [
            mean_cost(net, examples, cost).data, example_cost(forward, [1.0], cost).data, evaluate(net, examples, cost),
            str(compare(forward, [1.0], cost)), str(prove("2-2-1", cost)), str(worked(16, forward, [1.0], cost)),
            str(diagnose(given, net, [0.5, -1.0], [1.0], cost)),
            fit(net, examples, eta=0.1, epochs=2, batch_size=1, cost=cost, seed=1).cost,
        ]

    assert results(name) == results(cost)
