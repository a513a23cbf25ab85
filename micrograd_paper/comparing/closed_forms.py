"""z, a, δ and the gradients of a network by the paper's equations, from its weights, biases and x alone."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from micrograd_paper import equations
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.costs import COSTS, PaperCost
from micrograd_paper.kinds.bounded import Bounded, bounded
from micrograd_paper.nn import MLP


ByLayer = dict[int, list[Bounded]]


class Passes(NamedTuple):
    """The forward and backward pass of one example: lists by layer, a[1] = x, for the cost of this example alone."""

    z: ByLayer
    a: ByLayer
    delta: ByLayer


class ClosedForms:
    """The equations with a network's numbers in them. W[l] and b[l] are its weights and biases, L its last layer.

    output_error is the number of the equation that gives δ of the output layer: (16), or (26) for cross-entropy after a
    sigmoid. The forward pass is the same for every cost. `number` makes a parameter's data a Bounded.
    """

    def __init__(
        self, net: MLP, cost: PaperCost = COSTS["quadratic"], number: Callable[[Any], Bounded] = bounded
    ) -> None:
        self.L = len(net.shape)
        self.W = {l: [[number(w.data) for w in row] for row in rows] for l, rows in net.weights.items()}
        self.b = {l: [number(b_j.data) for b_j in row] for l, row in net.biases.items()}
        rows = [ACTIVATIONS[str(activation)] for activation in net.activations]
        self.sigmas = {l: (row.sigma, row.sigma_prime) for l, row in enumerate(rows, start=2)}
        self.cost = cost
        self.output_errors = cost.output_errors if net.activations[-1] == "sigmoid" else None
        self.output_error = 16 if self.output_errors is None else 26

    def forward(self, x: Sequence[Bounded]) -> tuple[ByLayer, ByLayer]:
        """z (13) and a (14) of one example, layer by layer."""
        z: ByLayer = {}
        a = {1: list(x)}
        for l in range(2, self.L + 1):
            z[l] = equations.weighted_inputs(self.W[l], a[l - 1], self.b[l])
            a[l] = equations.activations(z[l], self.sigmas[l][0])
        return z, a

    def passes(self, x: Sequence[Bounded], y: Sequence[Bounded]) -> Passes:
        """z (13), a (14) and δ (16), (21), (26) of one example."""
        L = self.L
        z, a = self.forward(x)
        if self.output_errors is not None:
            delta = {L: self.output_errors(a[L], y)}
        else:
            delta = {L: equations.output_errors(self.cost.slopes(a[L], y), z[L], self.sigmas[L][1])}
        for l in range(L - 1, 1, -1):
            columns = list(zip(*self.W[l + 1]))
            delta[l] = [
                equations.hidden_error(columns[j], delta[l + 1], z_j, self.sigmas[l][1]) for j, z_j in enumerate(z[l])
            ]
        return Passes(z, a, delta)

    def slopes(self, l: int, k: int, z: Sequence[Bounded]) -> list[Bounded]:
        """∂z^l_k/∂z^{l−1}_j for every j, (20); k counts from 0."""
        return [
            equations.next_weighted_input_slope(w_kj, z_j, self.sigmas[l - 1][1])
            for w_kj, z_j in zip(self.W[l][k], z)
        ]


def bias_gradients(example: Passes, l: int) -> list[Bounded]:
    """∂C/∂b^l_j for every j, (23)."""
    return [equations.bias_gradient(delta_j) for delta_j in example.delta[l]]


def weight_gradients(example: Passes, l: int) -> list[Bounded]:
    """∂C/∂w^l_jk for every j and k, row by row, (24)."""
    return [equations.weight_gradient(delta_j, a_k) for delta_j in example.delta[l] for a_k in example.a[l - 1]]
