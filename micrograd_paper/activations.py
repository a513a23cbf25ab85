"""The activations σ of a layer, by name: a table, with σ and σ′ written by hand beside the operation.

`equations.py` takes them as arguments. They use nothing from the table of operations, so that the check of the graph's
gradients is independent of it; exp, ln and tanh are those of `functions`, over any kind of number.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from micrograd_paper import equations
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.functions import Number, exp, log1p, tanh, where
from micrograd_paper.operations import IDENTITY, RELU, SIGMOID, SOFTPLUS, TANH, Op

Activation = str | Callable[[Value], Value]


class PaperActivation(NamedTuple):
    """A row of ACTIVATIONS: the operation; σ and σ′ written by hand, over any kind of number, for the comparison."""

    op: Op
    sigma: Callable[[Number], Number]
    sigma_prime: Callable[[Number], Number]


def analytic(sigma: Callable[[Number], Number]) -> Callable[[Number], Number]:
    """σ with its running error bound taken from its slope: tighter than one from each operation of its formula."""

    def of_any_kind(z: Number) -> Number: return z.through(sigma) if hasattr(z, "through") else sigma(z)

    return of_any_kind


@analytic
def logistic(z: Number) -> Number:
    """σ(z) = 1/(1 + e⁻ᶻ), (8), or eᶻ/(1 + eᶻ) left of 0: neither overflows."""
    is_right = z.real >= 0
    e = exp(where(is_right, -z, z))
    return where(is_right, 1, e) / (1 + e)
def logistic_prime(z: Number) -> Number: return equations.sigmoid_prime(z, logistic)

def tanh_prime(z: Number) -> Number: return 1 - tanh(z) * tanh(z)

def relu(z: Number) -> Number: return where(z > 0, z, 0)
def relu_prime(z: Number) -> Number: return where(z > 0, 1, 0)

@analytic
def softplus(z: Number) -> Number:
    """ln(1 + eᶻ), or z + ln(1 + e⁻ᶻ) right of 0."""
    is_right = z.real >= 0
    return where(is_right, z, 0) + log1p(exp(where(is_right, -z, z)))

def linear(z: Number) -> Number: return z
def linear_prime(z: Number) -> Number: return 1


ACTIVATIONS = {
    "sigmoid": PaperActivation(SIGMOID, logistic, logistic_prime),
    "tanh": PaperActivation(TANH, tanh, tanh_prime),
    "relu": PaperActivation(RELU, relu, relu_prime),
    "softplus": PaperActivation(SOFTPLUS, softplus, logistic),
    "linear": PaperActivation(IDENTITY, linear, linear_prime),
}


def activation_name(activation: Activation) -> str:
    return activation if isinstance(activation, str) else getattr(activation, "__name__", "function")


def check_activations(activations: Sequence[Activation], who: str) -> None:
    """Raise UsageError, naming `who`, for an activation that is not in the table."""
    for activation in activations:
        if activation not in ACTIVATIONS:
            raise UsageError(f"{who} knows the activations {', '.join(ACTIVATIONS)}; got {activation_name(activation)}")
