"""z, a, δ, C and the gradients of a network by the paper's equations, from its weights, biases and x alone.

Of a user-defined activation or cost, σ, σ′, C and ∂C/∂a are those of the graph's own operations.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from micrograd_paper import equations
from micrograd_paper.activations import ACTIVATIONS, Activation, activation_name, softplus
from micrograd_paper.checks import one_example
from micrograd_paper.comparing.own_operations import by_own_operations
from micrograd_paper.costs import Cost, quadratic, row_of
from micrograd_paper.display import label_text
from micrograd_paper.kinds.bounded import Bounded, bounded
from micrograd_paper.nn import MLP

ByLayer = dict[int, list[Bounded]]
Sigma = Callable[[Any], Any]


class Passes(NamedTuple):
    """The forward and backward pass of one example: lists by layer, a[1] = x, for the cost of this example alone.

    y is its targets, C its cost where that is user-defined.
    """

    z: ByLayer
    a: ByLayer
    delta: ByLayer
    y: list[Bounded]
    C: Bounded | None


class ClosedForms:
    """The equations with a network's numbers in them. W[l] and b[l] are its weights and biases, L its last layer.

    output_error is the number of the equation that gives δ of the output layer: (16), or (26) for cross-entropy after a
    sigmoid. The forward pass is the same for every cost. `number` makes a number a Bounded. `own` says what is taken
    from the graph's own operations.
    """

    def __init__(self, net: MLP, cost: Cost = quadratic, number: Callable[[Any], Bounded] = bounded) -> None:
        self.L = len(net.shape)
        self.number = number
        self.W = {l: [[number(w.data) for w in row] for row in rows] for l, rows in net.weights.items()}
        self.b = {l: [number(b_j.data) for b_j in row] for l, row in net.biases.items()}
        self.sigmas = {l: sigma_and_prime(activation) for l, activation in enumerate(net.activations, start=2)}
        self.cost = cost
        self.row = row_of(cost)
        self.output_errors = None
        self.is_of_logits = self.row is not None and self.row.takes_logits  # σ is the cost's, whatever the layer's is
        if self.row is not None and (net.activations[-1] == "sigmoid" or self.is_of_logits):
            self.output_errors = self.row.output_errors
        self.output_error = 16 if self.output_errors is None else 26
        names = [label_text(activation_name(each)) for each in net.activations if each not in ACTIVATIONS]
        self.own = [f"σ′ of {name}" for name in dict.fromkeys(names)]
        self.own += [f"∂C/∂a of {label_text(getattr(cost, '__name__', 'the cost'))}"] * (self.row is None)

    def forward(self, x: Sequence[Bounded]) -> tuple[ByLayer, ByLayer]:
        """z (13) and a (14) of one example, layer by layer."""
        z: ByLayer = {}
        a = {1: list(x)}
        for l in range(2, self.L + 1):
            z[l] = equations.weighted_inputs(self.W[l], a[l - 1], self.b[l])
            a[l] = equations.activations(z[l], self.sigmas[l][0])
        return z, a

    def passes(self, x: Sequence[Bounded], y: Any) -> Passes:
        """z (13), a (14) and δ (16), (21), (26) of one example; y is what a cost takes as targets."""
        L, C = self.L, None
        z, a = self.forward(x)
        targets = list(map(self.number, one_example(y, len(a[L]), "y")))
        if self.output_errors is not None:
            outputs = equations.activations(z[L], ACTIVATIONS["sigmoid"].sigma) if self.is_of_logits else a[L]
            delta = {L: self.output_errors(outputs, targets)}
        else:
            if self.row is not None:
                slopes = self.row.slopes(a[L], targets)
            else:
                C, slopes = by_own_operations(lambda outputs: self.cost(outputs, y), a[L], "a cost")
            delta = {L: equations.output_errors(slopes, z[L], self.sigmas[L][1])}
        for l in range(L - 1, 1, -1):
            columns = list(zip(*self.W[l + 1]))
            delta[l] = [
                equations.hidden_error(columns[j], delta[l + 1], z_j, self.sigmas[l][1]) for j, z_j in enumerate(z[l])
            ]
        return Passes(z, a, delta, targets, C)

    def C_0(self, examples: Sequence[Passes], is_through_a: bool) -> Bounded | None:
        """(5) of one example, (9) or (25) of several; of a user-defined cost the mean. None where nothing is known.

        is_through_a says whether the graph's cost is made of the outputs a, or else of z: what rounding does to it.
        """
        L, costs = self.L, [example.C for example in examples if example.C is not None]
        if costs:
            mean: Bounded = equations.summed(costs) / len(costs)
            return mean
        if self.row is None or self.row.closed_form is None:
            return None
        outputs: list[Any] = [example.a[L] for example in examples]
        if self.output_errors is not None:
            outputs = [[OfSigmoid(z_j, a_j if is_through_a else None) for z_j, a_j in zip(example.z[L], example.a[L])]
                       for example in examples]
        found: Bounded = self.row.closed_form(outputs, [example.y for example in examples], log)
        return found

    def slopes(self, l: int, k: int, z: Sequence[Bounded]) -> list[Bounded]:
        """∂z^l_k/∂z^{l−1}_j for every j, (20); k counts from 0."""
        return [
            equations.next_weighted_input_slope(w_kj, z_j, self.sigmas[l - 1][1])
            for w_kj, z_j in zip(self.W[l][k], z)
        ]


class OfSigmoid:
    """a = σ(z), for its logarithm: 1 − σ(z) is σ(−z), and ln σ(z) = −ln(1 + e⁻ᶻ) is finite where a is rounded to 0. The
    bound is that of the logarithm of a, where the graph takes it; through a rounded to 0 nothing is known."""

    def __init__(self, z: Bounded, a: Bounded | None) -> None:
        self.z, self.a = z, a

    def __rsub__(self, one: int) -> "OfSigmoid": return OfSigmoid(-self.z, None if self.a is None else one - self.a)

    def log(self) -> Bounded:
        exact = -softplus(-self.z)
        return exact if self.a is None else Bounded(exact.value, max(exact.error, log(self.a).error))


def log(a: Any) -> Bounded:
    """ln a. Of 0, which a rounded number may be, nothing is known; (25) takes 0·ln 0 as 0."""
    if isinstance(a, OfSigmoid):
        return a.log()
    found: Bounded = a.log() if a.value > 0 else Bounded(0.0, math.inf)
    return found


def sigma_and_prime(activation: Activation) -> tuple[Sigma, Sigma]:
    """σ and σ′ of the table, written by hand, or of a user-defined function of a Value, by its own operations."""
    if isinstance(activation, str):
        return ACTIVATIONS[activation].sigma, ACTIVATIONS[activation].sigma_prime

    @functools.cache
    def both(z: Bounded) -> tuple[Bounded, list[Bounded]]:
        name = f"the activation {activation_name(activation)}"
        return by_own_operations(lambda inputs: activation(inputs[0]), [z], name)

    return (lambda z: both(z)[0]), (lambda z: both(z)[1][0])


def bias_gradients(example: Passes, l: int) -> list[Bounded]:
    """∂C/∂b^l_j for every j, (23)."""
    return [equations.bias_gradient(delta_j) for delta_j in example.delta[l]]


def weight_gradients(example: Passes, l: int) -> list[Bounded]:
    """∂C/∂w^l_jk for every j and k, row by row, (24)."""
    return [equations.weight_gradient(delta_j, a_k) for delta_j in example.delta[l] for a_k in example.a[l - 1]]
