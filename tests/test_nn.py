"""Networks: the paper's names, Figure 4 written out, and what a wrong shape is told."""

import math
import random
from array import array
from collections import UserList, deque
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Layer, Neuron, compare, fit, quadratic
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import NotANumber, NotAValue, RangeError, ShapeError, UnknownName, UsageError
from micrograd_paper.nn import Scaling, winner
from tests.graphs import values
from tests.strategies import networks


def sigma(z):
    return 1 / (1 + math.exp(-z))


@pytest.fixture
def figure_4():
    """The network of Figure 4: five inputs, four hidden neurons, one output; every weight and bias different."""
    net = MLP(5, [4, 1], seed=4)
    for i, parameter in enumerate(net.parameters()):
        parameter.data = math.sin(i + 1)
    return net, [0.5, -1.0, 2.0, 0.25, 1.5]


@pytest.mark.parametrize("atomic", [False, True])
def test_a2_4_of_figure_4_is_the_sum_written_out_in_section_2(figure_4, atomic):
    net, x = figure_4
    for layer in net.layers:
        for neuron in layer.neurons:
            neuron.atomic = atomic
    x1, x2, x3, x4, x5 = x
    w = {k: net[f"w2_4_{k}"].data for k in range(1, 6)}
    a2_4 = sigma(x1 * w[1] + x2 * w[2] + x3 * w[3] + x4 * w[4] + x5 * w[5] + net["b2_4"].data)
    assert net.forward(x)["a2_4"].data == pytest.approx(a2_4, rel=1e-14)


def test_a3_1_of_figure_4_is_the_sum_written_out_in_section_2(figure_4):
    net, x = figure_4
    forward = net.forward(x)
    a1, a2, a3, a4 = (forward[f"a2_{j}"].data for j in range(1, 5))
    w = {k: net[f"w3_1_{k}"].data for k in range(1, 5)}
    a3_1 = sigma(a1 * w[1] + a2 * w[2] + a3 * w[3] + a4 * w[4] + net["b3_1"].data)
    assert forward["a3_1"].data == pytest.approx(a3_1, rel=1e-14)
    assert net(x).data == forward["a3_1"].data


@given(networks(atomic=False))
def test_an_atomic_network_has_the_same_output_and_gradients_to_rounding(network):
    net, x, y = network
    runs = []
    for atomic in (False, True):
        for layer in net.layers:
            for neuron in layer.neurons:
                neuron.atomic = atomic
        net.zero_grad()
        C = quadratic(net.forward(x).output, y)
        C.backward()
        runs.append([C.data, *(p.grad for p in net.parameters())])
    for plain, atomic in zip(*runs):
        assert atomic == pytest.approx(plain, rel=1e-9, abs=1e-12)


def test_an_atomic_z_is_made_of_products_and_sums_of_two():
    z = MLP(3, [1], seed=1, atomic=True).forward([1.0, 2.0, 3.0])["z2_1"]
    names = sorted(node.op.name for node in topological_order(z) if node.op)
    assert names == ["add", "add", "add", "multiply", "multiply", "multiply"]


def test_names_weights_and_rows_are_the_same_nodes():
    net = MLP(4, [3, 2], seed=1)
    assert net["w2_3_4"] is net.weights[2][2][3] is net["w²₃₄"]
    assert net["b3_2"] is net.biases[3][1]
    assert str(net["w3_1_2"].label) == "w³₁₂"
    assert list(net.weights) == list(net.biases) == [2, 3]
    forward = net.forward([0.1, 0.2, 0.3, 0.4])
    assert forward["z2_3"] is forward.z[2][2]
    assert forward["a1_2"] is forward["x2"] is forward.x[1] is forward.a[1][1]
    assert forward["w2_1_1"] is net["w2_1_1"]
    assert forward.output == forward.a[3]


def test_nodes_of_an_example_carry_its_number_and_parameters_do_not():
    forward = MLP(2, [1], seed=1).forward([1.0, 2.0], example=7)
    assert str(forward["z2_1"].label) == "z²₁⁽⁷⁾"
    assert str(forward.x[0].label) == "x₁⁽⁷⁾"
    assert str(forward["w2_1_1"].label) == "w²₁₁"


@pytest.mark.parametrize("name", [
    "w2_4_1", "w1_1_1", "b2_0", "z2_0", "z2_4", "z2_1_1", "a2_1_1", "a_1", "z_1", "q", "", "w2_1", 3, [1],
])
def test_a_name_that_does_not_exist_is_an_error_that_repeats_it(name):
    net = MLP(2, [3, 1])
    for holder in (net, net.forward([1.0, 2.0])):
        with pytest.raises(UnknownName, match=f"2-3-1 has no .*{name}"):
            holder[name]


def test_the_seed_decides_the_weights():
    weights = [[p.data for p in MLP(3, [2, 2], seed=seed).parameters()] for seed in (1, 1, 2)]
    assert weights[0] == weights[1] != weights[2]


@pytest.mark.parametrize("nin", [1, 3, 20])
def test_initial_weights_fill_an_interval_around_0_in_which_z_has_variance_1_for_inputs_of_variance_1(nin):
    rng = random.Random(1)
    layer = Layer(nin, 3000, rng=rng)
    weights, bound = [w.data for neuron in layer.neurons for w in neuron.weights], math.sqrt(3 / nin)
    assert 0.99 * bound < max(weights) <= bound and -bound <= min(weights) < -0.99 * bound
    assert all(neuron.bias.data == 0 for neuron in layer.neurons)
    z = [neuron.forward(values([rng.gauss(0, 1) for _ in range(nin)]))[0].data for neuron in layer.neurons]
    assert sum(z) / len(z) == pytest.approx(0, abs=0.1)
    assert sum(z_j * z_j for z_j in z) / len(z) == pytest.approx(1, abs=0.1)


def test_no_two_weights_of_a_new_network_are_the_same():
    weights = [p.data for p in MLP(3, [3, 3, 3], seed=1).parameters() if p.label.name == "w"]
    assert len(weights) == len(set(weights)) == 27


@given(networks())
def test_inputs_that_are_values_are_the_inputs_and_have_gradients(network):
    net, x, _ = network
    x = values(x)
    forward = net.forward(x)
    assert forward.x == x and all(x_k.label is None for x_k in x)
    forward.output[0].backward()
    plain = net.forward([x_k.data for x_k in x])
    plain.output[0].backward()
    assert [x_k.grad for x_k in x] == [x_k.grad for x_k in plain.x]


def test_one_output_is_a_value_and_several_are_a_list():
    assert MLP(2, [1], seed=1)([1.0, 2.0]).op.name == "sigmoid"
    assert len(MLP(2, [3], seed=1)([1.0, 2.0])) == len(Layer(2, 3)([1.0, 2.0])) == 3
    assert Layer(2, 1)([1.0, 2.0]).op.name == Neuron(2)([1.0, 2.0]).op.name == "sigmoid"


def test_an_activation_may_be_a_function_of_a_value():
    def cube(z):
        return z**3

    net = MLP(1, [1, 1], [cube, "linear"], seed=1)
    forward = net.forward([2.0])
    assert forward["a2_1"].data == forward["z2_1"].data ** 3
    assert str(forward["a2_1"].label) == "a²₁"


def test_an_activation_may_give_z_itself_which_keeps_its_name():
    forward = MLP(1, [1], lambda z: z, seed=1).forward([2.0], example=7)
    assert forward["a2_1"] is forward["z2_1"] and str(forward["z2_1"].label) == "z²₁⁽⁷⁾"


def test_a_network_keeps_its_activations_when_the_list_that_was_given_changes():
    activations = ["tanh", "sigmoid"]
    net = MLP(2, [2, 1], activations, seed=1)
    activations[1] = "relu"
    assert net.activations == ["tanh", "sigmoid"]


@pytest.mark.parametrize("nin, nouts", [(0, [1]), (2, [0]), (2, [3, -1]), (2.0, [1]), (2, [1.5]), (True, [1]), (2, [])])
def test_layer_sizes_that_are_not_positive_integers_are_refused(nin, nouts):
    with pytest.raises(UsageError, match=r"positive integer|at least one layer"):
        MLP(nin, nouts)


@pytest.mark.parametrize("nouts", [3, None, "3"])
def test_layers_that_are_no_list_of_sizes_are_refused(nouts):
    with pytest.raises(UsageError, match=r"nouts lists|positive integer"):
        MLP(2, nouts)


def test_sizes_may_be_numpy_integers():
    numpy = pytest.importorskip("numpy")
    shape = MLP(numpy.int64(2), numpy.array([3, 1])).shape
    assert shape == (2, 3, 1) and {*map(type, shape)} == {int}


def test_an_activation_that_leaves_the_graph_is_told_so():
    with pytest.raises(NotAValue, match=r"activation tanh must return a Value, got .*z\.tanh\(\) stays in it"):
        MLP(1, [1], math.tanh)([1.0])


@pytest.mark.parametrize("x", [5, None, 2.0])
def test_inputs_that_are_no_list_are_refused(x):
    with pytest.raises(ShapeError, match=rf"takes 2 inputs; got {x}"):
        MLP(2, [1]).forward(x)


def test_a_forward_pass_shows_its_network_and_outputs():
    assert repr(MLP(1, [1], seed=1).forward([1.0])).startswith("forward pass of MLP 1-1, sigmoid, 2 parameters: a²₁ = ")
    assert repr(MLP(2, [2, 2, 1], ["tanh", "tanh", "linear"])) == "MLP 2-2-2-1, tanh, linear, 15 parameters"
    for n in (3, 4, 5, 6):
        shown = repr(MLP(1, [n], seed=1).forward([1.0]))
        assert [f"a²{j} = " in shown for j in "₁₂₃₄₅₆"] == [j < min(n, 4) for j in range(6)]
        assert shown.endswith(", …") == (n > 4)


@pytest.mark.parametrize("activation", ["sigmoyd", ["sigmoid"], ["sigmoid", "tanh", "relu"], None, 5])
def test_unknown_or_too_many_activations_are_refused(activation):
    with pytest.raises(UsageError, match="activation"):
        MLP(2, [2, 1], activation)


def test_inputs_of_the_wrong_length_name_example_expected_and_got():
    with pytest.raises(ShapeError, match=r"example 7: the network 2-1 takes 2 inputs; got 3"):
        MLP(2, [1]).forward([1.0, 2.0, 3.0], example=7)
    for atomic in (False, True):
        for given_ in (1, 3):
            with pytest.raises(ShapeError, match=f"2 inputs was given {given_}"):
                Neuron(2, atomic=atomic)([1.0] * given_)


def test_an_output_above_one_half_means_class_1():
    assert [winner([a]) for a in (0.0, 0.5, 0.5000001, 1.0)] == [0, 0, 1, 1]
    assert winner([0.2, 0.7, 0.6]) == 1
    assert winner([0.2, 0.7, 0.7]) == 1  # the first of the largest


def test_scaled_inputs_have_mean_0_and_standard_deviation_1():
    inputs = [[1.0, 5.0], [2.0, 5.0], [6.0, 5.0]]
    scaling = Scaling.of(inputs)
    first, second = zip(*map(scaling, inputs))
    assert sum(first) == pytest.approx(0) and sum(x * x for x in first) / 3 == pytest.approx(1)
    assert second == (0.0, 0.0, 0.0)


@given(st.lists(st.floats(-1e100, 1e100), min_size=1, max_size=8))
def test_the_offset_of_scaled_inputs_is_their_mean_to_the_last_bit_but_one(column):
    (offset,) = Scaling.of([[x] for x in column]).offset
    exact = sum(map(Fraction, column)) / len(column)
    assert abs(Fraction(offset) - exact) <= abs(exact) / 2**52 + Fraction(5e-324)


def test_inputs_too_large_to_scale_are_refused():
    with pytest.raises(RangeError, match="too large to scale"):
        Scaling.of([[1e300], [-1e300]])


# Anybody's weights, and one example where one is expected.

@pytest.mark.parametrize("form", [lambda rows: rows, np.array, lambda rows: [tuple(row) for row in rows], np.float32])
def test_a_network_is_made_of_anybodys_weights(form):
    W = [[[0.5, -0.25], [1.0, 2.0], [0.0, 0.125]], [[1.0, 0.5, -1.0]]]
    b = [[0.25, 0.5, -0.5], [0.75]]
    net = MLP.from_weights([form(matrix) for matrix in W], b, "tanh")
    assert net.shape == (2, 3, 1) and net["w2_3_2"].data == 0.125 and net["b2_2"].data == 0.5
    assert all(type(p.data) is float for p in net.parameters())
    x = np.array([0.5, -1.0])
    expected = np.tanh(np.array(W[1]) @ np.tanh(np.array(W[0]) @ x + b[0]) + b[1])
    assert net(x).data == pytest.approx(expected[0], rel=1e-14)
    for shaped in ([[0.25], [0.5], [-0.5]], [[0.25, 0.5, -0.5]], np.array([[0.25], [0.5], [-0.5]])):
        assert MLP.from_weights(W, [shaped, [0.75]])["b2_3"].data == -0.5
    assert [p.data for p in MLP.from_weights(W).parameters()].count(0.0) == 5


@pytest.mark.parametrize(("W", "b", "said"), [
    ([], None, "W lists a matrix for each layer"), ([[[1.0, 2.0]], [[1.0, 2.0]]], None,
     r"the rows of W\[1\] must have 1 number, one for each of the 1 rows of W\[0\]; got one of 2: is it the transp"),
    ([[[1.0, 2.0], [1.0]]], None,
     r"the rows of W\[0\] must have 2 numbers, as its first row; got one of 1$"),
    ([np.ones((2, 2)), np.ones((1, 3))], None,
     r"rows of W\[1\] must have 2 numbers, one for each of the 2 rows of W\[0\]; got one of 3$"),
    ([np.ones((2, 2)), np.ones((2, 1))], None,
     r"must have 2 numbers, .*; got one of 1: is it the transposed matrix\?$"),
    ([[1, 2]], None,
     r"W\[0\] is a matrix, with a row of numbers for each neuron; got \[1, 2\]: a single matrix M is W="),
    (None, None, r"W lists what each layer has, such as W=\[first, second\]; got None"),
    ({0: [[1, 2]]}, None, "W lists what each layer has"), ([{0: [1, 2]}], None, r"W\[0\] must be a sequence"),
    ([[[1, 2]]], {0: [1]}, "b lists what each layer has"), ([[[1, 2]]], [{1}], r"b\[0\] must be a sequence"),
    ([[{1, 2}]], None, r"W\[0\] is a matrix"), ("12", None, "W lists what each layer has"),
    ([[[1.0, 2.0]]], [[1.0, 2.0]], r"b\[0\] has a number for each of the 1 rows"), ([[[1.0]]], [], r"b\[0\].*got none"),
    ([[["x"]]], None, "holds a number"), ([[[1.0]]], [[1.0], [2.0]], "got 2 for 1"),
])
def test_weights_that_do_not_fit_are_refused(W, b, said):
    with pytest.raises((ShapeError, NotANumber), match=said):
        MLP.from_weights(W, b)


@pytest.mark.parametrize("rows", [2, 3, 4])
def test_a_table_of_examples_is_refused_in_every_place_with_one_message_whatever_its_shape(rows):
    X, Y = np.ones((rows, 4)), np.ones((rows, 2))
    net = MLP(4, [2], seed=1)
    forward = net.forward(X[0])
    quadratic(forward.output, Y[0]).backward()
    for call, what in (
        (lambda X, Y: net(X), "x"), (lambda X, Y: Neuron(4)(X), "x"), (lambda X, Y: Layer(4, 2)(X), "x"),
        (lambda X, Y: quadratic(forward.output, Y), "y"), (lambda X, Y: compare(forward, Y), "y"),
        (lambda X, Y: fit(net, [(X, Y[0])], eta=1.0, epochs=1, batch_size=1, progress=False), "example 1: x"),
        (lambda X, Y: fit(net, [(X[0], Y)], eta=1.0, epochs=1, batch_size=1, progress=False), "example 1: y"),
    ):
        for form in (np.asarray, np.ndarray.tolist, lambda table: [tuple(row) for row in table.tolist()]):
            said = f"a table of {rows} rows" + r": \[net\(x\) for x in X\]" * (what == "x")
            with pytest.raises(ShapeError, match=rf"^{what} is one example, of .*; got {said}$"):
                call(form(X), form(Y))


def test_one_number_alone_or_in_a_row_or_a_column_is_one_target():
    forward = MLP(2, [1], seed=1).forward([1.0, 2.0])
    quadratic(forward.output, 1.0).backward()
    for y in (1, 1.0, [1], [[1]], np.ones(1), np.ones((1, 1)), range(1, 2), np.float64(1)):
        assert quadratic(forward.output, y).data == quadratic(forward.output, 1.0).data and compare(forward, y).ok
    with pytest.raises(ShapeError, match=r"^y is one example, of 1 number; got a table of 1 row$"):
        quadratic(forward.output, np.ones((1, 3)))


NET = MLP(3, [3], seed=1)


@pytest.mark.parametrize("take", [
    NET, NET.forward, NET.layers[0], NET.layers[0].neurons[0], lambda y: quadratic([0.5, 0.5, 0.5], y),
    lambda x: fit(NET, [(x, [1.0, 0.0, 0.0])], eta=1e-9, epochs=1, batch_size=1, progress=False),
    lambda y: fit(NET, [([1.0, 0.0, 0.0], y)], eta=1e-9, epochs=1, batch_size=1, progress=False),
    lambda y: compare(backpropagated(), y), lambda sizes: MLP(2, sizes),
], ids=["network", "forward", "layer", "neuron", "cost", "x of fit", "y of fit", "compare", "sizes"])
def test_numbers_come_in_a_sequence_and_what_has_no_order_is_refused(take):
    for x in ([1, 2, 3], (1, 2, 3), range(1, 4), np.array([1, 2, 3]), array("l", [1, 2, 3]), deque([1, 2, 3]),
              UserList([1, 2, 3])):
        take(x)
    for x in ({1, 2, 3}, frozenset((1, 2, 3)), {1: 1, 2: 2, 3: 3}, {1: 1, 2: 2, 3: 3}.keys(), b"123", "123",
              bytearray(b"123"), iter([1, 2, 3])):
        with pytest.raises((ShapeError, UsageError), match=r"must be a sequence|lists the neurons") as raised:
            take(x)
        assert "\n" not in str(raised.value)


def backpropagated():
    forward = NET.forward([1.0, 0.5, 0.25])
    quadratic(forward.output, [1.0, 2.0, 3.0]).backward()
    return forward


def test_a_column_is_one_example_in_every_place():
    net = MLP(4, [2], seed=1)
    x, y = np.array([[1.0], [0.5], [0.25], [0.0]]), np.array([[1.0], [0.0]])
    assert [a.data for a in net(x)] == [a.data for a in net(x.ravel())]
    forward = net.forward(x)
    assert quadratic(forward.output, y).data == quadratic(forward.output, [1.0, 0.0]).data
