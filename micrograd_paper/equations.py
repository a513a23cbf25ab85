"""Every equation of the paper, (1)–(29), as a plain function, written by hand: the judge of the graph's gradients.

The functions take any kind of number and lists of them. σ, its derivative σ′, ln, exp and √ are arguments where they
occur. Nothing here uses a Value or the table of operations, so that what is judged has no part in the judgement.

Vectors are lists, counted from the first neuron; W^l is a list of rows, row j holding w^l_j1 … w^l_jn. `paper.py` has
number, section, TeX, symbols, errata and notes of each; it shows the formula that a docstring begins with.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

Number = Any
Vector = Sequence[Any]
Matrix = Sequence[Sequence[Any]]
Function = Callable[[Any], Any]


def summed(terms: Sequence[Number]) -> Number:
    """The terms added from left to right."""
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


# 1 Gradient descent

def directional_derivative(slopes: Vector, v: Vector) -> Number:
    """∇_v C = ∇C·v. (1)"""
    return summed([slope * v_i for slope, v_i in zip(slopes, v)])


def steepest_slope(slopes: Vector, sqrt: Function) -> Number:
    """min ∇C·v = −‖∇C‖, over all v with ‖v‖ = 1. (2)"""
    return -sqrt(summed([slope * slope for slope in slopes]))


def steepest_direction(slopes: Vector, sqrt: Function) -> list[Number]:
    """v = −∇C/‖∇C‖. (section 1.1) Where (2) has its minimum."""
    length = sqrt(summed([slope * slope for slope in slopes]))
    return [-slope / length for slope in slopes]


def descent_step(w: Vector, eta: Number, slopes: Vector) -> list[Number]:
    """w ← w − η ∇C(w). (3) The new w."""
    return [w_i - eta * slope for w_i, slope in zip(w, slopes)]


def mean_squared_error(predictions: Sequence[Vector], targets: Sequence[Vector]) -> Number:
    """C = 1/(2m) Σ_x ‖ŷ(x) − y(x)‖². (4)"""
    terms = [(p - t) * (p - t) for prediction, y in zip(predictions, targets) for p, t in zip(prediction, y)]
    return summed(terms) / (2 * len(predictions))


def squared_error(prediction: Vector, y: Vector) -> Number:
    """C_x = ½ ‖ŷ(x) − y(x)‖². (5)"""
    return summed([(p - t) * (p - t) for p, t in zip(prediction, y)]) / 2


def mean_gradient(gradients: Sequence[Vector]) -> list[Number]:
    """1/k Σ_i ∇C_x^{(i)} ≈ ∇C. (6) Of a mini-batch of k it approximates ∇C, of all m examples it is ∇C."""
    return [summed(slopes) / len(gradients) for slopes in zip(*gradients)]


def mini_batch_step(w: Vector, eta: Number, gradients: Sequence[Vector]) -> list[Number]:
    """w ← w − η/k Σ_i ∇C_x^{(i)}(w). (7) The new w; it stands for (w, b), all weights and biases."""
    return [w_i - eta / len(gradients) * summed(slopes) for w_i, slopes in zip(w, zip(*gradients))]


# 2 Neural networks

def sigmoid(z: Number, exp: Function) -> Number:
    """σ(z) = 1/(1 + e^{−z}). (8)"""
    return 1 / (1 + exp(-z))


def polynomial_terms(n: int, r: int) -> int:
    """(n + r − 1)!/(r! (n − 1)!). (section 2) How many terms of degree r n inputs have."""
    return math.factorial(n + r - 1) // (math.factorial(r) * math.factorial(n - 1))


def figure_4_hidden(x: Vector, w_4: Vector, b_4: Number, sigma: Function) -> Number:
    """a²_4 = σ(x_1 w²_41 + x_2 w²_42 + x_3 w²_43 + x_4 w²_44 + x_5 w²_45 + b²_4). (section 2) Of Figure 4."""
    return sigma(x[0] * w_4[0] + x[1] * w_4[1] + x[2] * w_4[2] + x[3] * w_4[3] + x[4] * w_4[4] + b_4)


def figure_4_output(a: Vector, w_1: Vector, b_1: Number, sigma: Function) -> Number:
    """a³_1 = σ(a²_1 w³_11 + a²_2 w³_12 + a²_3 w³_13 + a²_4 w³_14 + b³_1). (section 2) Of Figure 4."""
    return sigma(a[0] * w_1[0] + a[1] * w_1[1] + a[2] * w_1[2] + a[3] * w_1[3] + b_1)


# 3.1 Backpropagation

def quadratic_cost(outputs: Sequence[Vector], targets: Sequence[Vector]) -> Number:
    """C = 1/(2m) Σ_x ‖y(x) − a^L(x)‖². (9)"""
    terms = [(y_j - a_j) * (y_j - a_j) for a, y in zip(outputs, targets) for a_j, y_j in zip(a, y)]
    return summed(terms) / (2 * len(outputs))


def activation(w_j: Vector, a: Vector, b_j: Number, sigma: Function) -> Number:
    """a^l_j = σ(Σ_k a^{l−1}_k w^l_jk + b^l_j). (10) As it is meant."""
    return sigma(summed([a_k * w_jk for w_jk, a_k in zip(w_j, a)]) + b_j)


def activation_as_printed(w_j: Vector, a: Vector, b_j: Number, sigma: Function) -> Number:
    """a^l_j = Σ_k σ(a^{l−1}_k w^l_jk + b^l_j). (10) As it is printed: wrong for more than one input."""
    return summed([sigma(a_k * w_jk + b_j) for w_jk, a_k in zip(w_j, a)])


def layer(W: Matrix, a: Vector, b: Vector, sigma: Function) -> list[Number]:
    """a^l = σ(W^l a^{l−1} + b^l). (11)"""
    return activations(weighted_inputs(W, a, b), sigma)


def weighted_input(w_j: Vector, a: Vector, b_j: Number) -> Number:
    """z^l_j = Σ_k w^l_jk a^{l−1}_k + b^l_j. (12)"""
    return summed([w_jk * a_k for w_jk, a_k in zip(w_j, a)]) + b_j


def weighted_inputs(W: Matrix, a: Vector, b: Vector) -> list[Number]:
    """z^l = W^l a^{l−1} + b^l. (13)"""
    return [weighted_input(w_j, a, b_j) for w_j, b_j in zip(W, b)]


def activations(z: Vector, sigma: Function) -> list[Number]:
    """a^l = σ(z^l). (14)"""
    return [sigma(z_j) for z_j in z]


def error(slope: Number) -> Number:
    """δ^l_j = ∂C/∂z^l_j. (15) A name for this slope."""
    return slope


def sigmoid_prime(z: Number, sigma: Function) -> Number:
    """σ′(z) = σ(z)(1 − σ(z)). (below (16))"""
    return sigma(z) * (1 - sigma(z))


def quadratic_slope(a_j: Number, y_j: Number) -> Number:
    """∂C/∂a^L_j = a^L_j − y_j. (below (16)) Of the quadratic cost of one example."""
    return a_j - y_j


def output_error(slope_j: Number, z_j: Number, sigma_prime: Function) -> Number:
    """δ^L_j = ∂C/∂a^L_j σ′(z^L_j). (16)"""
    return slope_j * sigma_prime(z_j)


def output_errors(slopes: Vector, z: Vector, sigma_prime: Function) -> list[Number]:
    """δ^L = ∇_a C ⊙ σ′(z^L). (17)"""
    return [slope_j * s_j for slope_j, s_j in zip(slopes, [sigma_prime(z_j) for z_j in z])]


def error_from_next_layer(deltas: Vector, slopes: Vector) -> Number:
    """δ^l_j = Σ_k δ^{l+1}_k ∂z^{l+1}_k/∂z^l_j. (18)"""
    return summed([delta_k * slope_kj for delta_k, slope_kj in zip(deltas, slopes)])


def next_weighted_input(w_k: Vector, z: Vector, b_k: Number, sigma: Function) -> Number:
    """z^{l+1}_k = Σ_j w^{l+1}_kj σ(z^l_j) + b^{l+1}_k. (19)"""
    return summed([w_kj * sigma(z_j) for w_kj, z_j in zip(w_k, z)]) + b_k


def next_weighted_input_slope(w_kj: Number, z_j: Number, sigma_prime: Function) -> Number:
    """∂z^{l+1}_k/∂z^l_j = w^{l+1}_kj σ′(z^l_j). (20)"""
    return w_kj * sigma_prime(z_j)


def hidden_error(w_j: Vector, deltas: Vector, z_j: Number, sigma_prime: Function) -> Number:
    """δ^l_j = Σ_k w^{l+1}_kj δ^{l+1}_k σ′(z^l_j). (21) w_j is column j of W^{l+1}."""
    return summed([w_kj * delta_k * sigma_prime(z_j) for w_kj, delta_k in zip(w_j, deltas)])


def hidden_errors(W: Matrix, deltas: Vector, z: Vector, sigma_prime: Function) -> list[Number]:
    """δ^l = ((W^{l+1})ᵀ δ^{l+1}) ⊙ σ′(z^l). (22)"""
    backward = [summed([w_kj * delta_k for w_kj, delta_k in zip(column, deltas)]) for column in zip(*W)]
    return [t_j * sigma_prime(z_j) for t_j, z_j in zip(backward, z)]


def bias_gradient(delta_j: Number) -> Number:
    """∂C/∂b^l_j = δ^l_j. (23)"""
    return delta_j


def weight_gradient(delta_j: Number, a_k: Number) -> Number:
    """∂C/∂w^l_jk = δ^l_j a^{l−1}_k. (24)"""
    return delta_j * a_k


# 3.2 Cross-entropy

def cross_entropy_cost(outputs: Sequence[Vector], targets: Sequence[Vector], log: Function) -> Number:
    """C = −1/m Σ_x Σ_j [y_j ln a^L_j + (1 − y_j) ln(1 − a^L_j)]. (25) Over m examples."""
    terms = [
        y_j * log(a_j) + (1 - y_j) * log(1 - a_j) for a, y in zip(outputs, targets) for a_j, y_j in zip(a, y)
    ]
    return -summed(terms) / len(outputs)


def cross_entropy_slope(a_j: Number, y_j: Number) -> Number:
    """∂C/∂a^L_j = −(y_j/a^L_j − (1 − y_j)/(1 − a^L_j)). ((26), line 4) Of the cross-entropy of one example."""
    return -(y_j / a_j - (1 - y_j) / (1 - a_j))


def cross_entropy_output_error(a_j: Number, y_j: Number) -> Number:
    """δ^L_j = a^L_j − y_j. (26) Of the cross-entropy of one example after a sigmoid."""
    return a_j - y_j


# 3.3 Regularization

def regularized_cost(C_0: Number, weights: Vector, alpha: Number, m: int) -> Number:
    """C = C_0 + α/(2m) Σ w². (27) Over the weights and no bias."""
    return C_0 + alpha / (2 * m) * summed([w * w for w in weights])


def regularized_weight_gradient(slope_0: Number, w: Number, alpha: Number, m: int) -> Number:
    """∂C/∂w = ∂C_0/∂w + α/m w. (between (27) and (29)) What (29) steps along; the paper does not print it."""
    return slope_0 + alpha / m * w


def updated_bias(b: Number, eta: Number, slope: Number) -> Number:
    """b ← b − η ∂C/∂b. (28) The new b."""
    return b - eta * slope


def updated_weight(w: Number, eta: Number, slope_0: Number, alpha: Number, m: int) -> Number:
    """w ← (1 − ηα/m) w − η ∂C_0/∂w. (29) The new w.

    Of a mini-batch ∂C_0/∂w is the mean over its k examples, (7); m stays the number of training examples.
    """
    return (1 - eta * alpha / m) * w - eta * slope_0
