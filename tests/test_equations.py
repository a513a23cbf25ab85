"""The graph's gradients are the paper's closed forms (16)–(24), (26), (28), (29); one test an equation.

Every equation is asked of the graph's own numbers: the left side is read from the graph, the right side is the closed
form of the graph's w, z, a and δ. σ and σ′ are written here, not taken from the package. An error is measured against
the size of the terms summed: the same closed form of absolute values.
"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import equations
from micrograd_paper.costs import cross_entropy, cross_entropy_from_logits, quadratic
from micrograd_paper.descent import descend
from micrograd_paper.engine import gradient
from tests.strategies import networks

TOLERANCE = 1e-12


def logistic(z):
    return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))


SIGMA = {"sigmoid": logistic, "tanh": math.tanh, "relu": lambda z: (z + abs(z)) / 2, "linear": lambda z: z}
SIGMA_PRIME = {
    "sigmoid": lambda z: logistic(z) * (1 - logistic(z)),
    "tanh": lambda z: 1 - SIGMA["tanh"](z) ** 2,
    "relu": lambda z: float(z > 0),
    "linear": lambda z: 1.0,
}
SIZE_OF_SIGMA_PRIME = {
    "sigmoid": lambda z: logistic(z) * (1 + logistic(z)),
    "tanh": lambda z: 1 + SIGMA["tanh"](z) ** 2,
    "relu": SIGMA_PRIME["relu"],
    "linear": SIGMA_PRIME["linear"],
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


@pytest.mark.parametrize("k", [1, 2])
def test_the_decay_of_a_mini_batch_is_not_divided_by_k(k):
    m, eta, alpha, w = 4, 0.5, 0.8, 2.0
    assert equations.updated_weight(w, eta, 0.0, alpha, m) == pytest.approx((1 - eta * alpha / m) * w)
    assert equations.updated_weight(w, eta, 0.0, alpha, m) != pytest.approx((1 - eta * alpha / k) * w)


def test_equation_10_as_printed_differs_from_the_network_with_two_inputs():
    w, a, b = [0.3, -0.8], [1.0, 2.0], 0.1
    meant = logistic(equations.weighted_input(w, a, b))
    printed = sum(logistic(a_k * w_k + b) for w_k, a_k in zip(w, a))
    assert meant == pytest.approx(1 / (1 + math.exp(1.2)))
    assert abs(meant - printed) > 0.1
