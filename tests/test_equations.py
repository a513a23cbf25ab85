"""The closed forms are the graph's numbers, and what numpy, mpmath and counting give; one test an equation.

Every equation about a network is asked of the graph's own numbers: the left side is read from the graph, the right side
is the closed form of the graph's w, z, a and δ. σ and σ′ are written here, not taken from the package. An error is
measured against the size of the terms summed: the same closed form of absolute values.
"""

import itertools
import math

import mpmath
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import equations
from micrograd_paper.costs import cross_entropy, cross_entropy_from_logits, mean_cost, quadratic
from micrograd_paper.descent import descend
from micrograd_paper.engine import Value
from micrograd_paper.graph import gradient
from micrograd_paper.nn import MLP
from tests.strategies import networks, rounded_floats, small_floats

TOLERANCE = 1e-12


def logistic(z):
    return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))


SIGMA = {"sigmoid": logistic, "tanh": math.tanh, "relu": lambda z: (z + abs(z)) / 2, "linear": lambda z: z,
         "softplus": lambda z: math.log1p(math.exp(-abs(z))) + max(z, 0.0)}
SIGMA_PRIME = {
    "sigmoid": lambda z: logistic(z) * (1 - logistic(z)),
    "tanh": lambda z: 1 - SIGMA["tanh"](z) ** 2,
    "relu": lambda z: float(z > 0),
    "linear": lambda z: 1.0,
    "softplus": logistic,
}
SIZE_OF_SIGMA_PRIME = {
    "sigmoid": lambda z: logistic(z) * (1 + logistic(z)),
    "tanh": lambda z: 1 + SIGMA["tanh"](z) ** 2,
    "relu": SIGMA_PRIME["relu"],
    "linear": SIGMA_PRIME["linear"],
    "softplus": logistic,
}


def numbers(values):
    return [value.data for value in values]


def gradients(values):
    return [value.grad for value in values]


def absolute(xs):
    return [abs(x) for x in xs]


def agree(graph, closed_form, size):
    assert abs(graph - closed_form) <= TOLERANCE * size, (graph, closed_form, size)


class Case:
    """A network after one backward pass, with σ, σ′ and the size of σ′ for each layer."""

    def __init__(self, network, cost_name):
        net, x, y = network
        self.net, self.y, self.L = net, y, len(net.shape)
        self.sigma, self.sigma_prime, self.sigma_size = (
            dict(enumerate((table[name] for name in net.activations), start=2))
            for table in (SIGMA, SIGMA_PRIME, SIZE_OF_SIGMA_PRIME)
        )
        self.forward = net.forward(x)
        self.a = {l: numbers(row) for l, row in self.forward.a.items()}
        self.z = {l: numbers(row) for l, row in self.forward.z.items()}
        if cost_name == "cross_entropy":
            self.C = cross_entropy(self.forward.output, y)
            self.slopes = [equations.cross_entropy_slope(a, t) for a, t in zip(self.a[self.L], y)]
            self.slope_sizes = [t / a + (1 - t) / (1 - a) for a, t in zip(self.a[self.L], y)]
        else:
            self.C = quadratic(self.forward.output, y)
            self.slopes = [equations.quadratic_slope(a, t) for a, t in zip(self.a[self.L], y)]
            self.slope_sizes = [abs(a) + abs(t) for a, t in zip(self.a[self.L], y)]
        net.zero_grad()
        self.C.backward()
        self.delta = {l: gradients(row) for l, row in self.forward.z.items()}
        self.W = {l: [numbers(row) for row in rows] for l, rows in net.weights.items()}
        self.b = {l: numbers(row) for l, row in net.biases.items()}

    def hidden(self):
        return range(self.L - 1, 1, -1)


cases = st.one_of(
    st.builds(Case, networks(), st.just("quadratic")),
    st.builds(Case, networks(output="sigmoid"), st.just("cross_entropy")),
)


# 1 Gradient descent

gradients_of_n = st.lists(small_floats, min_size=1, max_size=5)
lengths = rounded_floats(0.01, 2)


def close(found, expected, size=1.0):
    assert np.shape(found) == np.shape(expected)
    assert np.all(np.abs(np.subtract(found, expected)) <= TOLERANCE * (size + np.abs(expected))), (found, expected)


@given(st.tuples(small_floats, small_floats), st.tuples(small_floats, small_floats))
def test_equation_1_is_the_derivative_along_v(point, v):
    def f(x, y):
        return x**2 * y + mpmath.sin(x - 2 * y)

    with mpmath.workdps(30):
        slopes = [mpmath.diff(f, point, (1, 0)), mpmath.diff(f, point, (0, 1))]
        along = mpmath.diff(lambda t: f(point[0] + t * v[0], point[1] + t * v[1]), 0)
        assert abs(equations.directional_derivative(slopes, v) - along) < 1e-12


@given(small_floats, small_floats)
def test_equation_2_is_the_smallest_directional_derivative_on_the_unit_circle(p, q):
    angles = np.linspace(0, 2 * math.pi, 3601)
    around = p * np.cos(angles) + q * np.sin(angles)
    smallest = equations.steepest_slope([p, q], math.sqrt)
    assert np.all(smallest <= around + 1e-12)
    assert abs(smallest - around.min()) <= 1e-6 * math.hypot(p, q)


@given(gradients_of_n.filter(any))
def test_the_direction_of_steepest_descent_has_length_1_and_the_slope_of_2(slopes):
    v = equations.steepest_direction(slopes, math.sqrt)
    close(np.linalg.norm(v), 1.0)
    close(np.dot(slopes, v), equations.steepest_slope(slopes, math.sqrt), np.linalg.norm(slopes))
    close(np.dot(slopes, v), -np.linalg.norm(slopes))


@given(gradients_of_n, gradients_of_n, lengths)
def test_equation_3_steps_down_a_sum_of_squares(point, scales, eta):
    n = min(len(point), len(scales))
    point, scales = point[:n], scales[:n]
    xs = [Value(x) for x in point]
    slopes = gradient(sum_of_squares(xs, scales), xs)
    expected = [x * (1 - 2 * eta * scale) for x, scale in zip(point, scales)]
    close(equations.descent_step(point, eta, slopes), expected, 100)


def sum_of_squares(xs, scales):
    return sum(scale * x**2 for x, scale in zip(xs, scales))


@st.composite
def batches(draw):
    """A sigmoid network and 1 to 4 examples (x, y), targets 0, ½ or 1."""
    net, x, y = draw(networks(("sigmoid",), most_layers=3, most_neurons=3))
    return net, [
        ([draw(rounded_floats(-2, 2)) for _ in x], [draw(st.sampled_from([0.0, 0.5, 1.0])) for _ in y])
        for _ in range(draw(st.integers(1, 4)))
    ]


def outputs_of(net, batch):
    return [numbers(net.forward(x).output) for x, _ in batch], [y for _, y in batch]


@given(batches())
def test_equation_4_is_half_the_mean_squared_distance_and_the_graph_s_cost(case):
    net, batch = case
    predictions, targets = outputs_of(net, batch)
    closed = equations.mean_squared_error(predictions, targets)
    close(closed, np.mean(np.sum(np.subtract(predictions, targets) ** 2, axis=1)) / 2)
    close(closed, mean_cost(net, batch, quadratic).data)


@given(batches())
def test_equation_5_is_half_the_squared_distance_and_the_graph_s_cost(case):
    net, ((x, y), *_) = case
    output = net.forward(x).output
    closed = equations.squared_error(numbers(output), y)
    close(closed, math.dist(numbers(output), y) ** 2 / 2)
    close(closed, quadratic(output, y).data)


def gradients_of_each(net, batch):
    """∇Cₓ of each example, over all parameters, and their mean size."""
    each = [gradient(quadratic(net.forward(x).output, y), net.parameters()) for x, y in batch]
    return each, np.mean(np.abs(each), axis=0)


@given(batches())
def test_equation_6_over_all_examples_is_the_gradient_of_their_mean_cost(case):
    net, batch = case
    each, _ = gradients_of_each(net, batch)
    close(equations.mean_gradient(each), gradient(mean_cost(net, batch, quadratic), net.parameters()))


@given(batches(), lengths)
def test_equation_7_is_a_step_of_mini_batch_descent(case, eta):
    net, batch = case
    each, _ = gradients_of_each(net, batch)
    before = numbers(net.parameters())
    descend(net, [(i, x, y) for i, (x, y) in enumerate(batch, 1)], eta, quadratic, 0.0, len(batch))
    close(equations.mini_batch_step(before, eta, each), numbers(net.parameters()))


# 2 Neural networks

@given(st.floats(-30, 30))
def test_equation_8_is_half_of_1_plus_tanh_of_half_z_and_the_graph_s_sigma(z):
    closed = equations.sigmoid(z, math.exp)
    close(closed, (1 + math.tanh(z / 2)) / 2)
    close(closed, Value(z).sigmoid().data)
    close(closed + equations.sigmoid(-z, math.exp), 1.0)


def test_the_number_of_terms_is_what_counting_gives():
    for n, r in itertools.product(range(1, 7), range(5)):
        counted = {tuple(sorted(term)) for term in itertools.product(range(n), repeat=r)}
        assert equations.polynomial_terms(n, r) == len(counted), (n, r)
    assert equations.polynomial_terms(3, 2) == 6


@st.composite
def figure_4_networks(draw):
    net = MLP(5, [4, 1], seed=1)
    for p in net.parameters():
        p.data = draw(rounded_floats(-1, 1))
    return net.forward([draw(rounded_floats(-2, 2)) for _ in range(5)])


@given(figure_4_networks())
def test_a2_4_of_figure_4_is_the_graph_s(forward):
    w, b = forward.net.weights[2][3], forward.net.biases[2][3]
    close(equations.figure_4_hidden(numbers(forward.x), numbers(w), b.data, logistic), forward["a2_4"].data)


@given(figure_4_networks())
def test_a3_1_of_figure_4_is_the_graph_s(forward):
    w, b = forward.net.weights[3][0], forward.net.biases[3][0]
    close(equations.figure_4_output(numbers(forward.a[2]), numbers(w), b.data, logistic), forward["a3_1"].data)


# 3.1 Backpropagation

@given(batches())
def test_equation_9_is_half_the_mean_squared_distance_and_the_graph_s_cost(case):
    net, batch = case
    outputs, targets = outputs_of(net, batch)
    closed = equations.quadratic_cost(outputs, targets)
    close(closed, np.mean(np.sum(np.subtract(targets, outputs) ** 2, axis=1)) / 2)
    close(closed, mean_cost(net, batch, quadratic).data)


def sums(case, l):
    """|W| |a| + |b| of layer l: the size of the terms of z."""
    return np.abs(case.W[l]) @ np.abs(case.a[l - 1]) + np.abs(case.b[l])


@given(cases)
def test_equation_10_as_meant_is_an_activation_of_the_graph(case):
    for l in case.W:
        for w, b, a, size in zip(case.W[l], case.b[l], case.a[l], sums(case, l)):
            close(equations.activation(w, case.a[l - 1], b, case.sigma[l]), a, 1 + size)


@given(cases)
def test_equation_11_is_a_layer_of_the_graph_and_numpy_s_product(case):
    for l in case.W:
        closed = equations.layer(case.W[l], case.a[l - 1], case.b[l], case.sigma[l])
        close(closed, case.a[l], 1 + sums(case, l))
        z = np.array(case.W[l]) @ case.a[l - 1] + case.b[l]
        close(closed, [case.sigma[l](z_j) for z_j in z], 1 + sums(case, l))


@given(cases)
def test_equation_12_is_a_weighted_input_of_the_graph(case):
    for l in case.W:
        for w, b, z, size in zip(case.W[l], case.b[l], case.z[l], sums(case, l)):
            close(equations.weighted_input(w, case.a[l - 1], b), z, size)


@given(cases)
def test_equation_13_is_the_weighted_inputs_of_the_graph_and_numpy_s_product(case):
    for l in case.W:
        closed = equations.weighted_inputs(case.W[l], case.a[l - 1], case.b[l])
        close(closed, case.z[l], sums(case, l))
        close(closed, np.array(case.W[l]) @ case.a[l - 1] + case.b[l], sums(case, l))


@given(cases)
def test_equation_14_is_the_activations_of_the_graph(case):
    for l in case.W:
        close(equations.activations(case.z[l], case.sigma[l]), case.a[l])


def mp_cost(case, l, z):
    """The quadratic cost of a sigmoid network as a function of the weighted inputs of layer l, in mpmath."""
    for layer in range(l, case.L + 1):
        a = [1 / (1 + mpmath.exp(-z_j)) for z_j in z]
        if layer < case.L:
            z = [mpmath.fdot(w, a) + b for w, b in zip(case.W[layer + 1], case.b[layer + 1])]
    return mpmath.fsum((y - a_j) ** 2 for y, a_j in zip(case.y, a)) / 2


sigmoid_cases = st.builds(Case, networks(("sigmoid",), most_layers=3, most_neurons=3), st.just("quadratic"))


@given(sigmoid_cases)
def test_equation_15_delta_is_how_fast_the_cost_changes_with_z(case):
    with mpmath.workdps(30):
        for l in case.W:
            for j, z_j in enumerate(case.z[l]):
                slope = mpmath.diff(lambda t, l=l, j=j: mp_cost(case, l, [*case.z[l][:j], t, *case.z[l][j + 1 :]]), z_j)
                close(equations.error(float(slope)), case.delta[l][j])


@given(st.floats(-30, 30))
def test_the_slope_of_the_sigmoid_is_its_derivative(z):
    with mpmath.workdps(30):
        slope = mpmath.diff(lambda t: 1 / (1 + mpmath.exp(-t)), z)
        close(equations.sigmoid_prime(z, logistic), float(slope))
        assert abs(equations.sigmoid_prime(mpmath.mpf(z), lambda t: 1 / (1 + mpmath.exp(-t))) / slope - 1) < 1e-9


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_slope_of_the_quadratic_cost_is_its_derivative(a, y):
    with mpmath.workdps(30):
        close(equations.quadratic_slope(a, y), float(mpmath.diff(lambda t: (y - t) ** 2 / 2, a)))


@given(cases)
def test_equation_16_error_of_an_output_neuron(case):
    L = case.L
    for delta, slope, size, z in zip(case.delta[L], case.slopes, case.slope_sizes, case.z[L]):
        agree(delta, equations.output_error(slope, z, case.sigma_prime[L]), size * case.sigma_size[L](z))


@given(cases)
def test_equation_17_errors_of_the_output_layer(case):
    L = case.L
    closed = equations.output_errors(case.slopes, case.z[L], case.sigma_prime[L])
    sizes = equations.output_errors(case.slope_sizes, case.z[L], case.sigma_size[L])
    assert len(closed) == case.net.shape[-1]
    for j in range(len(closed)):
        agree(case.delta[L][j], closed[j], sizes[j])


@given(cases)
def test_equation_18_error_by_the_chain_rule_over_the_next_layer(case):
    for l in case.hidden():
        for j, z_j in enumerate(case.forward.z[l]):
            slopes = [gradient(z_k, [z_j])[0] for z_k in case.forward.z[l + 1]]
            agree(case.delta[l][j], equations.error_from_next_layer(case.delta[l + 1], slopes),
                  equations.error_from_next_layer(absolute(case.delta[l + 1]), absolute(slopes)))


@given(cases)
def test_equation_19_weighted_input_from_the_layer_before(case):
    for l in case.hidden():
        for k, z_k in enumerate(case.z[l + 1]):
            w, b, sigma = case.W[l + 1][k], case.b[l + 1][k], case.sigma[l]
            agree(z_k, equations.next_weighted_input(w, case.z[l], b, sigma),
                  equations.next_weighted_input(absolute(w), case.z[l], abs(b), lambda z, sigma=sigma: abs(sigma(z))))


@given(cases)
def test_equation_20_slope_of_a_weighted_input_in_one_before(case):
    for l in case.hidden():
        for k, z_k in enumerate(case.forward.z[l + 1]):
            slopes = gradient(z_k, case.forward.z[l])
            for j, slope in enumerate(slopes):
                w, z = case.W[l + 1][k][j], case.z[l][j]
                agree(slope, equations.next_weighted_input_slope(w, z, case.sigma_prime[l]),
                      abs(w) * case.sigma_size[l](z))


@given(cases)
def test_equation_21_error_of_a_hidden_neuron(case):
    for l in case.hidden():
        for j, column in enumerate(zip(*case.W[l + 1])):
            deltas, z = case.delta[l + 1], case.z[l][j]
            agree(case.delta[l][j], equations.hidden_error(column, deltas, z, case.sigma_prime[l]),
                  equations.hidden_error(absolute(column), absolute(deltas), z, case.sigma_size[l]))


@given(cases)
def test_equation_22_errors_of_a_hidden_layer(case):
    for l in case.hidden():
        W, deltas = case.W[l + 1], case.delta[l + 1]
        closed = equations.hidden_errors(W, deltas, case.z[l], case.sigma_prime[l])
        sizes = equations.hidden_errors([absolute(row) for row in W], absolute(deltas), case.z[l], case.sigma_size[l])
        assert len(closed) == case.net.shape[l - 1]
        for j in range(len(closed)):
            agree(case.delta[l][j], closed[j], sizes[j])


@given(cases)
def test_equation_23_gradient_of_a_bias(case):
    for l, row in case.net.biases.items():
        for j, b in enumerate(row):
            agree(b.grad, equations.bias_gradient(case.delta[l][j]), abs(case.delta[l][j]))


@given(cases)
def test_equation_24_gradient_of_a_weight(case):
    for l, rows in case.net.weights.items():
        for j, row in enumerate(rows):
            for k, w in enumerate(row):
                delta, a = case.delta[l][j], case.a[l - 1][k]
                agree(w.grad, equations.weight_gradient(delta, a), abs(delta * a))


# 3.2 Cross-entropy

@given(batches())
def test_equation_25_is_the_mean_cross_entropy_and_the_graph_s_cost(case):
    net, batch = case
    outputs, targets = outputs_of(net, batch)
    closed = equations.cross_entropy_cost(outputs, targets, math.log)
    a, y = np.array(outputs), np.array(targets)
    close(closed, -np.mean(np.sum(np.log(a**y) + np.log((1 - a) ** (1 - y)), axis=1)), 10)
    graph = mean_cost(net, batch, cross_entropy).data  # of the logits: 1 − a has lost digits that it has not
    assert abs(closed - graph) <= 1e-9 * (1 + graph)


@given(st.floats(0.01, 0.99), st.floats(0, 1))
def test_the_slope_of_the_cross_entropy_is_its_derivative(a, y):
    with mpmath.workdps(30):
        slope = mpmath.diff(lambda t: -(y * mpmath.log(t) + (1 - y) * mpmath.log(1 - t)), a)
        close(equations.cross_entropy_slope(a, y), float(slope), 1 / a + 1 / (1 - a))


@given(networks(output="sigmoid"), st.booleans())
def test_equation_26_cross_entropy_cancels_sigma_prime(network, through_a):
    net, x, y = network
    forward = net.forward(x)
    L = len(net.shape)
    outputs = numbers(forward.output)
    C = cross_entropy(forward.output, y) if through_a else cross_entropy_from_logits(forward.z[L], y)
    C.backward()
    for z, a, t in zip(forward.z[L], outputs, y):
        closed = equations.cross_entropy_output_error(logistic(z.data), t)
        size = (t / a + (1 - t) / (1 - a)) * a * (1 + a) if through_a else a + t
        agree(z.grad, closed, size)


# 3.3 Regularization

@given(batches(), st.floats(0, 2), st.integers(0, 5))
def test_equation_27_adds_the_squares_of_the_weights_and_of_no_bias(case, alpha, more):
    net, batch = case
    m = len(batch) + more
    weights = np.concatenate([np.ravel([numbers(row) for row in rows]) for rows in net.weights.values()])
    C_0 = mean_cost(net, batch, cross_entropy).data
    closed = equations.regularized_cost(C_0, list(weights), alpha, m)
    close(closed, C_0 + alpha * np.linalg.norm(weights) ** 2 / (2 * m))
    close(closed, mean_cost(net, batch, cross_entropy, alpha, m).data)


@given(batches(), st.floats(0, 2), st.integers(0, 5))
def test_the_derivative_of_27_adds_the_decay_to_the_gradient_of_a_weight(case, alpha, more):
    net, batch = case
    m = len(batch) + more
    mean_cost(net, batch, cross_entropy).backward()
    weights = [w for rows in net.weights.values() for row in rows for w in row]
    slopes = gradients(weights)
    net.zero_grad()
    mean_cost(net, batch, cross_entropy, alpha, m).backward()
    for w, slope_0 in zip(weights, slopes):
        closed = equations.regularized_weight_gradient(slope_0, w.data, alpha, m)
        agree(w.grad, closed, abs(slope_0) + alpha * abs(w.data) + 1e-3)


@st.composite
def steps(draw):
    """A network, a mini-batch of 1 to 4 examples of m, and η, α."""
    net, x, y = draw(networks(output="sigmoid"))
    k = draw(st.integers(1, 4))
    batch = [([draw(st.floats(-2, 2)) for _ in x], [draw(st.sampled_from([0.0, 1.0])) for _ in y]) for _ in range(k)]
    return net, batch, k + draw(st.integers(0, 5)), draw(st.floats(0.01, 2)), draw(st.floats(0, 2))


def slopes_over(net, batch):
    """Mean and mean size of ∂Cₓ/∂parameter over the batch, summed by hand from one graph an example."""
    per_example = []
    for x, y in batch:
        net.zero_grad()
        quadratic(net.forward(x).output, y).backward()
        per_example.append(gradients(net.parameters()))
    columns = list(zip(*per_example))
    return [sum(c) / len(batch) for c in columns], [sum(map(abs, c)) / len(batch) for c in columns]


def one_step(case):
    net, batch, m, eta, alpha = case
    before = {id(p): p.data for p in net.parameters()}
    means, sizes = ({id(p): s for p, s in zip(net.parameters(), row)} for row in slopes_over(net, batch))
    descend(net, [(i, x, y) for i, (x, y) in enumerate(batch, 1)], eta, quadratic, alpha, m)
    return before, means, sizes


@given(steps())
def test_equation_28_update_of_a_bias(case):
    before, means, sizes = one_step(case)
    net, _, _, eta, _ = case
    for row in net.biases.values():
        for b in row:
            old = before[id(b)]
            agree(b.data, equations.updated_bias(old, eta, means[id(b)]), abs(old) + eta * sizes[id(b)])


@given(steps())
def test_equation_29_update_of_a_weight_decays_by_m_and_averages_by_k(case):
    before, means, sizes = one_step(case)
    net, _, m, eta, alpha = case
    for rows in net.weights.values():
        for row in rows:
            for w in row:
                old = before[id(w)]
                agree(w.data, equations.updated_weight(old, eta, means[id(w)], alpha, m),
                      (1 + eta * alpha / m) * abs(old) + eta * sizes[id(w)])
