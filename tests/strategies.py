"""Every Hypothesis strategy of the tests, named for what it means.

    small_floats                 numbers of a size that a training has: no subnormals, nothing huge
    expressions()                random graphs over all operations of the table, inside their domains, away from kinks
    networks()                   (MLP, x, y): a network with drawn weights and biases, an input, a target
    symbols                      names of weights, biases, z, a, δ, x, y and C, of an example or of none

FORMULAS has each operation of the table once more, written from its definition and without the package's functions:
what the tests judge the table by, with math, mpmath, SymPy or PyTorch as `m`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st

from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.engine import Value, apply
from micrograd_paper.nn import MLP
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import TABLE


def few_examples(count: int) -> settings:
    """A property whose examples take long is tried on so many; on a tenth of them in the loop, as all others are."""
    return settings(max_examples=max(1, count * settings().max_examples // 100))


def rounded_floats(low: float, high: float) -> st.SearchStrategy[float]:
    """Floats between low and high, to six places: products of many of them do not underflow."""
    return st.floats(low, high, allow_subnormal=False).map(lambda x: round(x, 6) + 0.0)  # no −0.0


small_floats = rounded_floats(-3, 3)


# Expressions.

def halves(operands: Sequence[Any]) -> list[tuple[Any, Any]]:
    n = len(operands) // 2
    return list(zip(operands[:n], operands[n : 2 * n]))


def cross_entropy(m: Any, *operands: Any) -> Any:
    return -sum(y * m.log(a) + (1 - y) * m.log(1 - a) for a, y in halves(operands))


def cross_entropy_from_logits(m: Any, *operands: Any) -> Any:
    return sum(y * m.log(1 + m.exp(-z)) + (1 - y) * m.log(1 + m.exp(z)) for z, y in halves(operands))


FORMULAS: dict[str, Callable[..., Any]] = {
    "add": lambda m, x, y: x + y,
    "subtract": lambda m, x, y: x - y,
    "multiply": lambda m, x, y: x * y,
    "divide": lambda m, x, y: x / y,
    "negative": lambda m, x: -x,
    "absolute": lambda m, x: abs(x),
    # of a positive x; the second derivative of PyTorch's own ** is wrong at y = 0
    "power": lambda m, x, y: m.exp(y * m.log(x)),
    "exp": lambda m, x: m.exp(x),
    "log": lambda m, x: m.log(x),
    "sqrt": lambda m, x: m.sqrt(x),
    "sin": lambda m, x: m.sin(x),
    "cos": lambda m, x: m.cos(x),
    "tanh": lambda m, x: m.tanh(x),
    "identity": lambda m, z: z,
    "sigmoid": lambda m, z: 1 / (1 + m.exp(-z)),
    "relu": lambda m, z: (z + abs(z)) / 2,
    "softplus": lambda m, z: m.log(1 + m.exp(z)),
    "total": lambda m, *terms: sum(terms),
    "weighted_sum": lambda m, *operands: sum(w * a for w, a in halves(operands)) + operands[-1],
    "quadratic": lambda m, *operands: sum((y - a) ** 2 for a, y in halves(operands)) / 2,
    "cross_entropy": cross_entropy,
    "cross_entropy_from_logits": cross_entropy_from_logits,
}


def anything(x: float) -> bool:
    return True


def off_kink(x: float) -> bool:
    return abs(x) > 1e-3


def moderate(x: float) -> bool:
    return abs(x) < 4


def far_from_zero(x: float) -> bool:
    return abs(x) > 0.2


def positive(x: float) -> bool:
    return x > 0.2


def probability(x: float) -> bool:
    return 0.05 < x < 0.95


# Where the operands of each operation may lie; the argument is the number of terms, inputs or outputs of an n-ary one.
DOMAINS: dict[str, Callable[[int], tuple[Callable[[float], bool], ...]]] = {
    "add": lambda n: (anything, anything),
    "subtract": lambda n: (anything, anything),
    "multiply": lambda n: (anything, anything),
    "divide": lambda n: (anything, far_from_zero),
    "negative": lambda n: (anything,),
    "absolute": lambda n: (off_kink,),
    "power": lambda n: (positive, moderate),
    "constant_power": lambda n: (positive,),
    "exp": lambda n: (moderate,),
    "log": lambda n: (positive,),
    "sqrt": lambda n: (positive,),
    "sin": lambda n: (anything,),
    "cos": lambda n: (anything,),
    "tanh": lambda n: (anything,),
    "identity": lambda n: (anything,),
    "sigmoid": lambda n: (anything,),
    "relu": lambda n: (off_kink,),
    "softplus": lambda n: (anything,),
    "total": lambda n: (anything,) * n,
    "weighted_sum": lambda n: (anything,) * (2 * n + 1),
    "quadratic": lambda n: (anything,) * (2 * n),
    "cross_entropy": lambda n: (probability,) * (2 * n),
    "cross_entropy_from_logits": lambda n: (anything,) * n + (probability,) * n,
}
N_ARY = ("total", "weighted_sum", "quadratic", "cross_entropy", "cross_entropy_from_logits")
WHOLE_EXPONENTS = (2, 3, 1, 0, -1, -2, 2.0, 3.0)
FRACTIONAL_EXPONENTS = (0.5, -0.5, 1.5, 2.5)

METHODS: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "negative": lambda x: -x,
    "absolute": abs,
    "power": lambda x, y: x**y,
    **{
        name: lambda x, name=name: getattr(x, name)()
        for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "softplus")
    },
}


class Step(NamedTuple):
    """One operation of an expression; its operands are places among the leaves and the steps before it."""

    operation: str
    operands: tuple[int, ...]
    exponent: float | None = None  # of a constant power

    def formula(self, m: Any, numbers: Sequence[Any]) -> Any:
        if self.exponent is not None:
            return numbers[0] ** self.exponent
        return FORMULAS[self.operation](m, *numbers)

    def node(self, values: Sequence[Value]) -> Value:
        if self.exponent is not None:
            return values[0] ** self.exponent
        if self.operation in METHODS:
            return METHODS[self.operation](*values)
        return apply(TABLE[self.operation], *values)


class Expression(NamedTuple):
    """A graph as data: the numbers of its leaves and its steps, the last of which is the root."""

    leaves: tuple[float, ...]
    steps: tuple[Step, ...]

    def value(self, leaves: Sequence[Value]) -> Value:
        """The root, recorded over these Values."""
        nodes = list(leaves)
        for step in self.steps:
            nodes.append(step.node([nodes[place] for place in step.operands]))
        return nodes[-1]

    def number(self, m: Any, leaves: Sequence[Any]) -> Any:
        """The root, from FORMULAS over mpmath's, PyTorch's or any other m's numbers."""
        numbers = list(leaves)
        for step in self.steps:
            numbers.append(step.formula(m, [numbers[place] for place in step.operands]))
        return numbers[-1]


@st.composite
def expressions(draw: st.DrawFn, most_steps: int = 8, least_leaves: int = 2) -> Expression:
    """Expressions over two to four leaves. Any node may be used more than once; a leaf may be unused.

    Each operand is inside its operation's domain and away from kinks, and no rounding error is amplified to more than
    about 10⁴ units in the last place, so that a comparison with other numbers means something.
    """
    leaf = st.one_of(small_floats, rounded_floats(0.1, 0.9))
    numbers = draw(st.lists(leaf, min_size=least_leaves, max_size=4))
    leaves = tuple(numbers)
    errors = [max(1.0, abs(x)) for x in leaves]
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, most_steps))):
        step = draw(one_step(numbers))
        result, error = rounding(step, numbers, errors)
        if not (abs(result) < 100 and error < 1e4):
            step = Step("tanh", (draw(st.integers(0, len(leaves) - 1)),))
            result, error = rounding(step, numbers, errors)
        steps.append(step)
        numbers.append(result)
        errors.append(error)
    used = {place for step in steps for place in step.operands}
    roots = [place for place in range(len(leaves), len(numbers)) if place not in used]
    if len(roots) > 1:
        steps.append(Step("total", tuple(roots)))
    return Expression(leaves, tuple(steps))


@st.composite
def one_step(draw: st.DrawFn, numbers: Sequence[float]) -> Step:
    """An operation whose domain holds some of these numbers, applied to them."""
    n = draw(st.integers(1, 3))
    places = range(len(numbers))
    candidates = {
        name: [[place for place in places if inside(numbers[place])] for inside in domain(n)]
        for name, domain in DOMAINS.items()
    }
    operation = draw(st.sampled_from([name for name, choices in candidates.items() if all(choices)]))
    if operation == "constant_power":
        place = draw(st.sampled_from([place for place in places if far_from_zero(numbers[place])]))
        fractional = FRACTIONAL_EXPONENTS if numbers[place] > 0 else ()
        return Step(operation, (place,), draw(st.sampled_from(WHOLE_EXPONENTS + fractional)))
    return Step(operation, tuple(draw(st.sampled_from(choices)) for choices in candidates[operation]))


def rounding(step: Step, numbers: Sequence[float], errors: Sequence[float]) -> tuple[float, float]:
    """The step's result, and a bound of its rounding error in units of the last place of 1."""
    operands = [numbers[place] for place in step.operands]
    result = step.formula(math, operands)
    error = abs(result) + 1
    for i, place in enumerate(step.operands):
        nudged = [x + 1e-6 * (i == k) for k, x in enumerate(operands)]
        error += abs(step.formula(math, nudged) - result) * 1e6 * errors[place]
    return result, error


# Networks.

@st.composite
def networks(
    draw: st.DrawFn, activations: Sequence[str] = tuple(ACTIVATIONS), output: str | None = None,
    atomic: bool | None = None, most_layers: int = 4, most_neurons: int = 5,
) -> tuple[MLP, list[float], list[float]]:
    """(MLP, x, y): 1–4 layers of weights, 1–5 neurons a layer, an activation for each layer, weights and biases drawn.

    `output` fixes the last layer's activation, `atomic` how the sums are built. x has any sign; y lies in [0, 1], 0 and
    1 included. |z| is at most 13, so that no sigmoid is exactly 0 or 1 and no cost is infinite.
    """
    sizes = draw(st.lists(st.integers(1, most_neurons), min_size=2, max_size=most_layers + 1))
    chosen = [draw(st.sampled_from(activations)) for _ in sizes[1:]]
    if output is not None:
        chosen[-1] = output
    net = MLP(sizes[0], sizes[1:], chosen, seed=0, atomic=draw(st.booleans()) if atomic is None else atomic)
    largest = 2.0  # |a| of the layer before
    for layer, activation in zip(net.layers, chosen):
        for neuron in layer.neurons:
            bound = min(3.0, 12 / (len(neuron.weights) * largest))
            for weight in neuron.weights:
                weight.data = draw(rounded_floats(-bound, bound))
            neuron.bias.data = draw(rounded_floats(-1, 1))
        largest = 1.0 if activation in ("sigmoid", "tanh") else 13.0
    x = [draw(rounded_floats(-2, 2)) for _ in range(sizes[0])]
    y = [draw(rounded_floats(0, 1)) for _ in range(sizes[-1])]
    return net, x, y


# Names.

numbers_from_1 = st.integers(1, 120)
examples = st.none() | numbers_from_1
symbols = st.one_of(
    st.builds(Symbol, st.just("w"), numbers_from_1, st.tuples(numbers_from_1, numbers_from_1), examples),
    st.builds(Symbol, st.sampled_from(["b", "z", "a", "delta"]), numbers_from_1, st.tuples(numbers_from_1), examples),
    st.builds(Symbol, st.sampled_from(["x", "y"]), st.none(), st.tuples(numbers_from_1), examples),
    st.builds(Symbol, st.just("C"), st.none(), st.just(()), examples),
)
