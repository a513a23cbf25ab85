"""The table of operations: each is written once, for any kind of number.

    Op(name, symbol, forward, partials)
        forward(*operands)            the result
        partials(result, *operands)   ∂result/∂operand, one for each operand

    >>> TABLE["multiply"].forward(2.0, 5.0), TABLE["multiply"].partials(10.0, 2.0, 5.0)
    (10.0, (5.0, 2.0))

An operation stands next to its partial derivatives and uses nothing but + − × ÷ ** and `functions`. So the same line
runs on floats (training), on 50 digits and on symbols (proof), on arrays (speed), on text (source code) and on Values
(second derivatives). Its row says all that is known of it anywhere: a new operation is written here alone.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

from micrograd_paper.functions import (
    Number, cos, exp, ieee_divide, ieee_log, ieee_power, is_zero, log, maximum, sigmoid, sign, sin, softplus, sqrt,
    step, tanh, where,
)
from micrograd_paper.plain import printable

Numbers = tuple[Number, ...]


class Op(NamedTuple):
    """An operation: its name, the symbol it is drawn with, what it computes, its partial derivatives.

    is_arithmetic  steps write out what it does, x·y + 1, instead of a call, hypot(x, y)
    groups         of an operation on any number of terms, written out too: how many operands a term has. w₁ … wₙ,
                   a₁ … aₙ, b are 2 groups of n; one of each makes a term, and b, left over, belongs to none
    """

    name: str
    symbol: str
    forward: Callable[..., Number]
    partials: Callable[..., Numbers]
    is_arithmetic: bool = False
    groups: int = 0

    def __repr__(self) -> str: return printable(f"<Op {self.name} {self.symbol}>")


TABLE: dict[str, Op] = {}


def operation(
    name: str, symbol: str, forward: Callable[..., Number], partials: Callable[..., Numbers], *,
    is_arithmetic: bool = False, groups: int = 0,
) -> Op:
    """A new row of the table. Raises ValueError for a name that the table has."""
    if name in TABLE:
        raise ValueError(f"the table has an operation {name} already")
    op = TABLE[name] = Op(name, symbol, forward, partials, is_arithmetic, groups)
    return op


def unless(zero: Number, x: Number) -> Number:
    """x, but 1 where `zero` is 0: then zero·ln x is 0 for every x, as (25) takes it."""
    return where(is_zero(zero), 1, x)

def unless_both(x: Number, zero: Number) -> Number:
    """x, but 1 where x and `zero` are both 0: then zero/x is 0 there, and elsewhere a function of both."""
    return where(is_zero(zero), unless(x, x), x)


# Arithmetic. 0, 1 and 2 are ints: then a Fraction stays one, and a symbol's coefficient is no float.

def add(x: Number, y: Number) -> Number: return x + y
def add_partials(result: Number, x: Number, y: Number) -> Numbers: return 1, 1
ADD = operation("add", "+", add, add_partials, is_arithmetic=True)

def subtract(x: Number, y: Number) -> Number: return x - y
def subtract_partials(result: Number, x: Number, y: Number) -> Numbers: return 1, -1
SUBTRACT = operation("subtract", "−", subtract, subtract_partials, is_arithmetic=True)

def multiply(x: Number, y: Number) -> Number: return x * y
def multiply_partials(result: Number, x: Number, y: Number) -> Numbers: return y, x
MULTIPLY = operation("multiply", "×", multiply, multiply_partials, is_arithmetic=True)

def divide(x: Number, y: Number) -> Number: return x / y
def divide_partials(result: Number, x: Number, y: Number) -> Numbers: return 1 / y, -result / y
DIVIDE = operation("divide", "÷", divide, divide_partials, is_arithmetic=True)

def negative(x: Number) -> Number: return -x
def negative_partials(result: Number, x: Number) -> Numbers: return (-1,)
NEGATIVE = operation("negative", "−", negative, negative_partials, is_arithmetic=True)

def absolute(x: Number) -> Number: return abs(x)
def absolute_partials(result: Number, x: Number) -> Numbers: return (sign(x),)
ABSOLUTE = operation("absolute", "|·|", absolute, absolute_partials)

NO_REAL_POWER = "a negative number has no real power with a fractional exponent"

def power(x: Number, y: Number) -> Number:
    try:
        result = x**y
    except OverflowError:
        if not isinstance(x, complex) and not isinstance(y, complex) and x < 0 and y % 1:
            raise ValueError(NO_REAL_POWER) from None  # it is a complex number that was too large
        raise
    if type(result) is complex and not isinstance(x, complex) and not isinstance(y, complex):
        raise ValueError(NO_REAL_POWER)
    return result
def power_partials(result: Number, x: Number, y: Number) -> Numbers:
    return y * ieee_power(unless_both(x, y), y - 1), result * ieee_log(unless(x, x))  # 0**y is 0 for every y > 0
POWER = operation("power", "**", power, power_partials, is_arithmetic=True)

def constant_power(exponent: Number, x: Number) -> Number: return power(x, exponent)
def constant_power_partials(exponent: Number, result: Number, x: Number) -> Numbers:
    return (exponent * ieee_power(x, exponent - 1) if exponent else 0,)

@functools.lru_cache(maxsize=1024, typed=True)
def power_by(exponent: Number) -> Op:
    """xⁿ for a constant n: no logarithm of x is taken, so x may be negative."""
    return Op(
        "constant_power", f"**{exponent}", functools.partial(constant_power, exponent),
        functools.partial(constant_power_partials, exponent),
    )


# Elementary functions.

def exp_partials(result: Number, x: Number) -> Numbers: return (result,)
EXP = operation("exp", "exp", exp, exp_partials)

def log_partials(result: Number, x: Number) -> Numbers: return (1 / x,)
LOG = operation("log", "ln", log, log_partials)

def sqrt_partials(result: Number, x: Number) -> Numbers: return (ieee_divide(1, 2 * result),)
SQRT = operation("sqrt", "√", sqrt, sqrt_partials)

def sin_partials(result: Number, x: Number) -> Numbers: return (cos(x),)
SIN = operation("sin", "sin", sin, sin_partials)

def cos_partials(result: Number, x: Number) -> Numbers: return (-sin(x),)
COS = operation("cos", "cos", cos, cos_partials)

def tanh_partials(result: Number, x: Number) -> Numbers: return (1 - result * result,)
TANH = operation("tanh", "tanh", tanh, tanh_partials)


# What partials take at points where they are infinite: second derivatives run on these, so they are not in the table.

def ieee_divide_partials(result: Number, x: Number, y: Number) -> Numbers:
    return ieee_divide(1, y), -ieee_divide(result, y)
IEEE_DIVIDE = Op("divide", "÷", ieee_divide, ieee_divide_partials, is_arithmetic=True)
IEEE_POWER = POWER._replace(forward=ieee_power)
def ieee_log_partials(result: Number, x: Number) -> Numbers: return (ieee_divide(1, x),)
IEEE_LOG = Op("log", "ln", ieee_log, ieee_log_partials)


# Activations.

def identity(z: Number) -> Number: return z
def identity_partials(result: Number, z: Number) -> Numbers: return (1,)
IDENTITY = operation("identity", "id", identity, identity_partials, is_arithmetic=True)

def sigmoid_partials(result: Number, z: Number) -> Numbers: return (result * (1 - result),)  # σ′ = σ(1 − σ), below (16)
SIGMOID = operation("sigmoid", "σ", sigmoid, sigmoid_partials)

def relu(z: Number) -> Number: return maximum(z, 0)
def relu_partials(result: Number, z: Number) -> Numbers: return (step(z),)
RELU = operation("relu", "relu", relu, relu_partials)

def softplus_partials(result: Number, z: Number) -> Numbers: return (sigmoid(z),)
SOFTPLUS = operation("softplus", "softplus", softplus, softplus_partials)


# Sums of many operands, each as one node. They add from left to right: `sum` is compensated from Python 3.12 on.

def total(*terms: Number) -> Number:
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result
def total_partials(result: Number, *terms: Number) -> Numbers: return (1,) * len(terms)
TOTAL = operation("total", "Σ", total, total_partials, groups=1)

def weighted_sum(*operands: Number) -> Number:
    """z = Σₖ wₖ aₖ + b, (12). The operands are w₁ … wₙ, a₁ … aₙ, b."""
    n = len(operands) // 2
    result = operands[0] * operands[n]
    for w, a in zip(operands[1:n], operands[n + 1 : -1]):
        result = result + w * a
    return result + operands[-1]
def weighted_sum_partials(result: Number, *operands: Number) -> Numbers:
    n = len(operands) // 2
    return (*operands[n:-1], *operands[:n], 1)
WEIGHTED_SUM = operation("weighted_sum", "Σ", weighted_sum, weighted_sum_partials, groups=2)


# The costs of one example, each as one node. The operands are a₁ … aₙ, y₁ … yₙ.

def pairs(operands: Numbers) -> list[Numbers]:
    n = len(operands) // 2
    return list(zip(operands[:n], operands[n:]))

def quadratic(*operands: Number) -> Number:
    """C = ½ Σⱼ (yⱼ − aⱼ)², (5)."""
    return total(*[(y - a) * (y - a) for a, y in pairs(operands)]) / 2
def quadratic_partials(result: Number, *operands: Number) -> Numbers:
    return (*[a - y for a, y in pairs(operands)], *[y - a for a, y in pairs(operands)])
QUADRATIC = operation("quadratic", "½Σ²", quadratic, quadratic_partials, groups=2)

def cross_entropy(*operands: Number) -> Number:
    """C = −Σⱼ [yⱼ ln aⱼ + (1 − yⱼ) ln(1 − aⱼ)], (25), with 0·ln 0 = 0."""
    return 0 - total(*[  # 0 − 0 is 0, and −0 is no cost
        y * log(unless(y, a)) + (1 - y) * log(unless(1 - y, 1 - a)) for a, y in pairs(operands)
    ])
def cross_entropy_partials(result: Number, *operands: Number) -> Numbers:
    return (
        *[-(y / unless_both(a, y) - (1 - y) / unless_both(1 - a, 1 - y)) for a, y in pairs(operands)],  # (26), line 4
        *[ieee_log(1 - a) - ieee_log(a) for a, y in pairs(operands)],
    )
CROSS_ENTROPY = operation("cross_entropy", "−Σln", cross_entropy, cross_entropy_partials, groups=2)

def cross_entropy_from_logits(*operands: Number) -> Number:
    """(25) with a = σ(z), from z: −ln σ(z) is softplus(−z), so it is finite for every z."""
    return total(*[y * softplus(-z) + (1 - y) * softplus(z) for z, y in pairs(operands)])
def cross_entropy_from_logits_partials(result: Number, *operands: Number) -> Numbers:
    return (
        *[sigmoid(z) - y for z, y in pairs(operands)],  # (26), last line
        *[-z for z, y in pairs(operands)],
    )
CROSS_ENTROPY_FROM_LOGITS = operation(
    "cross_entropy_from_logits", "−Σln σ", cross_entropy_from_logits, cross_entropy_from_logits_partials, groups=2
)

