"""z, a, δ and the gradients of a network by the paper's equations, from its weights, biases and x alone."""

from collections.abc import Sequence
from typing import NamedTuple

from micrograd_paper import equations
from micrograd_paper.kinds.bounded import SIGMAS, Rounded, rounded
from micrograd_paper.costs import Cost, quadratic
from micrograd_paper.nn import MLP


ByLayer = dict[int, list[Rounded]]


class Passes(NamedTuple):
    """The forward and the backward pass of one example: lists by layer, a[1] = x, of a cost that is its alone."""

    z: ByLayer
    a: ByLayer
    delta: ByLayer


class ClosedForms:
    """The equations with a network's numbers in them. W[l] and b[l] are its weights and biases, L its last layer.

    output_error is the number of the equation that δ of the output layer is: (16), or (26) for cross-entropy after a
    sigmoid. The forward pass is the same for every cost.
    """

    def __init__(self, net: MLP, cost: Cost = quadratic) -> None:
        self.L = len(net.shape)
        self.W = {l: [[rounded(w.data) for w in row] for row in rows] for l, rows in net.weights.items()}
        self.b = {l: [rounded(b_j.data) for b_j in row] for l, row in net.biases.items()}
        self.sigmas = {l: SIGMAS[str(activation)] for l, activation in enumerate(net.activations, start=2)}
        self.slope = equations.quadratic_slope if cost is quadratic else equations.cross_entropy_slope
        self.output_error = 26 if cost is not quadratic and net.activations[-1] == "sigmoid" else 16

    def forward(self, x: Sequence[Rounded]) -> tuple[ByLayer, ByLayer]:
        """z (13) and a (14) of one example, layer by layer."""
        z: ByLayer = {}
        a = {1: list(x)}
        for l in range(2, self.L + 1):
            z[l] = equations.weighted_inputs(self.W[l], a[l - 1], self.b[l])
            a[l] = equations.activations(z[l], self.sigmas[l][0])
        return z, a

    def passes(self, x: Sequence[Rounded], y: Sequence[Rounded]) -> Passes:
        """z (13), a (14) and δ (16), (21), (26) of one example."""
        L = self.L
        z, a = self.forward(x)
        if self.output_error == 26:
            delta = {L: [equations.cross_entropy_output_error(a_j, y_j) for a_j, y_j in zip(a[L], y)]}
        else:
            slopes = [self.slope(a_j, y_j) for a_j, y_j in zip(a[L], y)]
            delta = {L: equations.output_errors(slopes, z[L], self.sigmas[L][1])}
        for l in range(L - 1, 1, -1):
            columns = list(zip(*self.W[l + 1]))
            delta[l] = [
                equations.hidden_error(columns[j], delta[l + 1], z_j, self.sigmas[l][1]) for j, z_j in enumerate(z[l])
            ]
        return Passes(z, a, delta)

    def slopes(self, l: int, k: int, z: Sequence[Rounded]) -> list[Rounded]:
        """∂z^l_k/∂z^{l−1}_j for every j, (20); k counts from 0."""
        return [
            equations.next_weighted_input_slope(w_kj, z_j, self.sigmas[l - 1][1])
            for w_kj, z_j in zip(self.W[l][k], z)
        ]


def bias_gradients(example: Passes, l: int) -> list[Rounded]:
    """∂C/∂b^l_j for every j, (23)."""
    return [equations.bias_gradient(delta_j) for delta_j in example.delta[l]]


def weight_gradients(example: Passes, l: int) -> list[Rounded]:
    """∂C/∂w^l_jk for every j and k, row by row, (24)."""
    return [equations.weight_gradient(delta_j, a_k) for delta_j in example.delta[l] for a_k in example.a[l - 1]]
