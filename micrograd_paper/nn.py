"""Neurons, layers and feedforward networks, made of Values (section 2 of the paper).

    net = MLP(4, [3, 3], seed=1)         the paper's sigmoid network 4-3-3
    net(x)                               its output aᴸ, as Values
    net["w2_1_3"], net["b3_2"]           a weight or bias by its name in the paper
    net.weights[2], net.biases[2]        W² (rows) and b²; l = 2 … L, layer 1 is the inputs
    forward = net.forward(x)             all of x, z and a: forward["z2_1"], forward.z[2], forward.a[2]
"""

import math
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from micrograd_paper.activations import ACTIVATIONS, Activation, activation_name
from micrograd_paper.checks import check_seed, check_size, is_sequence, listed, one_example
from micrograd_paper.display import as_given
from micrograd_paper.engine import Value, apply, computed, record, unary
from micrograd_paper.errors import NotAValue, RangeError, ShapeError, UnknownName, UsageError
from micrograd_paper.notation import Symbol, parse
from micrograd_paper.plain import printable
from micrograd_paper.operations import WEIGHTED_SUM

def weighted_sum(weights: Sequence[Any], inputs: Sequence[Any], bias: Any) -> Value:
    """z = Σₖ wₖ aₖ + b, (12), as one node. Raises ShapeError unless there are as many weights as inputs, 1 or more."""
    if len(weights) != len(inputs) or len(weights) == 0:
        raise ShapeError(f"weighted_sum takes as many weights as inputs, 1 or more; got {len(weights)}, {len(inputs)}")
    return apply(WEIGHTED_SUM, *weights, *inputs, bias)


class Module:
    """Anything that has parameters."""

    def parameters(self) -> list[Value]:
        return []

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0; `backward` only ever adds to it."""
        for parameter in self.parameters():
            parameter.grad = 0


class Neuron(Module):
    """a = σ(z), z = Σₖ wₖ xₖ + b, (12) and (14).

    Weights are drawn from a uniform distribution in which z has variance 1 for inputs of variance 1; the bias is 0.
    With atomic=True z is made of one × and one + node each, instead of one Σ node: the same numbers, step by step.
    """

    def __init__(
        self, nin: int, activation: Activation = "sigmoid", rng: random.Random | None = None, atomic: bool = False
    ) -> None:
        nin = check_size(nin, "a neuron's number of inputs")
        if not callable(activation) and (not isinstance(activation, str) or activation not in ACTIVATIONS):
            raise UsageError(f"unknown activation {activation!r}: expected {', '.join(ACTIVATIONS)} or a function")
        rng = rng or random.Random()
        bound = math.sqrt(3 / nin)
        self.weights = [Value(rng.uniform(-bound, bound)) for _ in range(nin)]
        self.bias = Value(0.0)
        self.activation = activation
        self.atomic = atomic
        self.symbols: tuple[Symbol, Symbol] | None = None  # of z and a; set by an MLP

    def __call__(self, x: Sequence[Any]) -> Value:
        return self.forward(values(x, len(self.weights)))[1]

    def forward(self, x: list[Value], example: int | None = None) -> tuple[Value, Value]:
        """z and a for the inputs x. Raises ShapeError unless there is one input for each weight."""
        if len(x) != len(self.weights):
            raise ShapeError(f"a neuron of {len(self.weights)} inputs was given {len(x)}")
        if self.atomic:
            z = self.weights[0] * x[0]
            for w, x_k in zip(self.weights[1:], x[1:]):
                z = z + w * x_k
            z = z + self.bias
        else:
            operands = (*self.weights, *x, self.bias)  # all Values, and as many as they must be
            z = record(WEIGHTED_SUM, operands, *computed(WEIGHTED_SUM, operands))
        a = self.activation(z) if callable(self.activation) else unary(ACTIVATIONS[self.activation].op, z)
        if not isinstance(a, Value):
            raise NotAValue(f"the activation {activation_name(self.activation)} must return a Value, got {a!r}: "
                            "math.tanh(z) leaves the graph, z.tanh() stays in it")
        if self.symbols is not None:
            z_symbol, a_symbol = self.symbols
            a.label = a_symbol if example is None else a_symbol.of_example(example)
            z.label = z_symbol if example is None else z_symbol.of_example(example)  # last: an activation may return z
        return z, a

    def parameters(self) -> list[Value]:
        return [*self.weights, self.bias]

    def __repr__(self) -> str:
        return f"{activation_name(self.activation)} neuron of {len(self.weights)} inputs"


class Layer(Module):
    """nout neurons with the same nin inputs: a = σ(W a + b), (11)."""

    def __init__(
        self, nin: int, nout: int, activation: Activation = "sigmoid", rng: random.Random | None = None,
        atomic: bool = False,
    ) -> None:
        nout = check_size(nout, "a layer's number of neurons")
        self.neurons = [Neuron(nin, activation, rng, atomic) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> Any:
        a = self.forward(values(x, len(self.neurons[0].weights)))[1]
        return a[0] if len(a) == 1 else a

    def forward(self, x: list[Value], example: int | None = None) -> tuple[list[Value], list[Value]]:
        """z and a of every neuron."""
        pairs = [neuron.forward(x, example) for neuron in self.neurons]
        return [z for z, _ in pairs], [a for _, a in pairs]

    def parameters(self) -> list[Value]:
        return [parameter for neuron in self.neurons for parameter in neuron.parameters()]

    def __repr__(self) -> str:
        return f"layer of {len(self.neurons)} {activation_name(self.neurons[0].activation)} neurons"


class Scaling(NamedTuple):
    """x ↦ (x − offset) / spread, feature by feature: mean 0 and standard deviation 1 over the training examples."""

    offset: list[float]
    spread: list[float]

    @classmethod
    def of(cls, inputs: Sequence[Sequence[float]]) -> "Scaling":
        """The scaling for these inputs; a feature that never varies has spread 1."""
        n = len(inputs)
        try:
            offset = [math.fsum(column) / n for column in zip(*inputs)]
            squares = [math.fsum((x - mean) ** 2 for x in column) for column, mean in zip(zip(*inputs), offset)]
        except OverflowError:
            raise RangeError("the inputs are too large to scale: a sum of their squares is not finite") from None
        return cls(offset, [math.sqrt(square / n) or 1.0 for square in squares])

    def __call__(self, x: Sequence[float]) -> list[float]:
        return [(value - offset) / spread for value, offset, spread in zip(x, self.offset, self.spread)]


class Training(NamedTuple):
    """How `fit` trained a network: the cost's name, or the function where it has none here; α and m of (27); η of (3);
    the epochs that were completed; k of (7); the seed. What `compare`, and the command line, take by default."""

    cost: Any
    alpha: float
    m: int
    eta: float
    epochs: int
    batch_size: int
    seed: Any = None


class MLP(Module):
    """A feedforward network of nin inputs and one layer for each number in nouts (Figure 4).

    activation is one for all layers or a list with one for each: sigmoid, tanh, relu, softplus, linear, or a function
    of a Value. The same seed gives the same weights. Raises UsageError for a size that is not a positive integer.

    features, scaling and classes say what the inputs and outputs of a trained network mean, training how it was
    trained; `save` and `load` keep them.
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], activation: Activation | Sequence[Activation] = "sigmoid",
        seed: int | None = None, atomic: bool = False,
    ) -> None:
        nin = check_size(nin, "the number of inputs")
        if not is_sequence(nouts):
            raise UsageError(f"nouts lists the neurons of each layer, such as [3, 1]; got {as_given(nouts)}")
        nouts = [check_size(nout, f"the number of neurons of layer {l}") for l, nout in enumerate(nouts, start=2)]
        if not nouts:
            raise UsageError("a network needs at least one layer of neurons; nouts is empty")
        activations: list[Any] = (
            list(activation) if isinstance(activation, list | tuple) else [activation] * len(nouts)
        )
        if len(activations) != len(nouts):
            raise UsageError(f"{len(nouts)} layers of neurons need {len(nouts)} activations; got {len(activations)}")
        rng = random.Random(check_seed(seed))
        self.shape = (nin, *nouts)
        self.activations: list[Activation] = activations
        self.atomic = atomic
        self.scaling: Scaling | None = None
        self.features: list[str] | None = None
        self.classes: list[str] | None = None
        self.training: Training | None = None
        self.layers = [
            Layer(nin, nout, function, rng, atomic) for nin, nout, function in zip(self.shape, nouts, activations)
        ]
        self.weights = {l: [neuron.weights for neuron in layer.neurons] for l, layer in enumerate(self.layers, 2)}
        self.biases = {l: [neuron.bias for neuron in layer.neurons] for l, layer in enumerate(self.layers, 2)}
        self.named: dict[Symbol, Value] = {}
        for l, layer in enumerate(self.layers, start=2):
            for j, neuron in enumerate(layer.neurons, start=1):
                neuron.symbols = Symbol("z", l, (j,)), Symbol("a", l, (j,))
                symbols = [*(Symbol("w", l, (j, k)) for k in range(1, len(neuron.weights) + 1)), Symbol("b", l, (j,))]
                for symbol, parameter in zip(symbols, neuron.parameters()):
                    parameter.label = symbol
                    self.named[symbol] = parameter

    @classmethod
    def from_weights(
        cls, W: Sequence[Any], b: Sequence[Any] | None = None,
        activation: Activation | Sequence[Activation] = "sigmoid", atomic: bool = False,
    ) -> "MLP":
        """The network of anybody's weights: W[0] of shape (n₂, n₁), as W² of (11), W[1] of shape (n₃, n₂) …; b[0] of n₂
        numbers, or no biases, which are then 0. Lists or arrays. Raises ShapeError and NotANumber."""
        for name, given in (("W", W), ("b", [] if b is None else b)):
            if not is_sequence(given):
                raise ShapeError(f"{name} lists what each layer has, such as {name}=[first, second]; "
                                 f"got {as_given(given)}")
        matrices = [listed(matrix, f"W[{i}]") for i, matrix in enumerate(W)]
        for i, matrix in enumerate(matrices):
            if not all(map(is_sequence, matrix)):
                raise ShapeError(f"W[{i}] is a matrix, with a row of numbers for each neuron; got {as_given(W[i])}: "
                                 "a single matrix M is W=[M]")
        matrices = [[listed(row) for row in matrix] for matrix in matrices]
        if not matrices or not all(matrices) or not matrices[0][0]:
            raise ShapeError("W lists a matrix for each layer, with a row for each neuron; there is none")
        biases = [[0.0] * len(matrix) for matrix in matrices] if b is None else [
            [number for row in listed(given, f"b[{i}]") for number in listed(row)]  # a row or a column, too
            for i, given in enumerate(b)]
        sizes = [len(matrices[0][0]), *map(len, matrices)]
        for i, (matrix, columns, rows) in enumerate(zip(matrices, sizes, sizes[1:])):
            lengths = {len(row) for row in matrix}
            if lengths != {columns}:
                of = f"one for each of the {columns} rows of W[{i - 1}]" if i else "as its first row"
                hint = ": is it the transposed matrix?" if len(lengths) == 1 and rows == columns else ""
                raise ShapeError(f"the rows of W[{i}] must have {columns} number{'s' * (columns > 1)}, {of}; "
                                 f"got one of {min(lengths - {columns})}{hint}")
            if i >= len(biases) or len(biases[i]) != rows:
                count = len(biases[i]) if i < len(biases) else "none"
                raise ShapeError(f"b[{i}] has a number for each of the {rows} rows of W[{i}]; got {count}")
        if len(biases) > len(matrices):
            raise ShapeError(f"b lists the biases of each layer; got {len(biases)} for {len(matrices)} layers")
        net = cls(sizes[0], sizes[1:], activation, 0, atomic)
        for layer, matrix, bias in zip(net.layers, matrices, biases):
            for neuron, row, number in zip(layer.neurons, matrix, bias):
                for parameter, given in zip(neuron.parameters(), [*row, number]):
                    parameter.data = Value(given).data
        return net

    def __call__(self, x: Sequence[Any]) -> Any:
        output = self.forward(x).output
        return output[0] if len(output) == 1 else output

    def __getitem__(self, name: str | Symbol) -> Value:
        symbol = parse(name) if isinstance(name, str) else name
        if not isinstance(symbol, Symbol) or symbol not in self.named:
            raise UnknownName(f"the network {self.shape_text} has no parameter {name}: expected a name such as w2_1_1")
        return self.named[symbol]

    def forward(self, x: Sequence[Any], example: int | None = None) -> "Forward":
        """Record the graph of the outputs for the inputs x: numbers or Values, nin of them.

        `example` is the number i of x^(i), which then stands in the names of its nodes. Raises ShapeError.
        """
        numbers = one_example(x, self.shape[0])
        if len(numbers) != self.shape[0]:
            which, given = "" if example is None else f"example {example}: ", len(x) if is_sequence(x) else as_given(x)
            raise ShapeError(f"{which}the network {self.shape_text} takes {self.shape[0]} inputs; got {given}")
        inputs = [
            value if isinstance(value, Value) else Value(value, Symbol("x", None, (k,), example))
            for k, value in enumerate(numbers, start=1)
        ]
        z: dict[int, list[Value]] = {}
        a = {1: inputs}
        for l, layer in enumerate(self.layers, start=2):
            z[l], a[l] = layer.forward(a[l - 1], example)
        return Forward(self, inputs, z, a)

    @property
    def shape_text(self) -> str:
        """4-3-3."""
        return "-".join(map(str, self.shape))

    def parameters(self) -> list[Value]:
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def __repr__(self) -> str:
        names = ", ".join(activation_name(activation) for activation in dict.fromkeys(self.activations))
        return f"MLP {self.shape_text}, {names}, {len(self.named)} parameters"


class Forward:
    """What `net.forward(x)` recorded: x, z[l], a[l] (a[1] = x) and output = a[L]; forward["z2_1"] by name."""

    def __init__(self, net: MLP, x: list[Value], z: dict[int, list[Value]], a: dict[int, list[Value]]) -> None:
        self.net = net
        self.x = x
        self.z = z
        self.a = a
        self.output = a[len(net.shape)]

    def __getitem__(self, name: str | Symbol) -> Value:
        """x₁, z²₁, a²₁, and the network's w²₁₃ and b²₁. δ²₁ is forward["z2_1"].grad after `backward`."""
        symbol = parse(name) if isinstance(name, str) else name
        if isinstance(symbol, Symbol) and len(symbol.indices) == 1:
            layers = {"x": self.a, "a": self.a, "z": self.z}.get(symbol.name, {})
            row = layers.get(1 if symbol.name == "x" else symbol.layer or 0, [])
            if 1 <= symbol.indices[0] <= len(row):
                return row[symbol.indices[0] - 1]
        if isinstance(symbol, Symbol) and symbol in self.net.named:
            return self.net.named[symbol]
        raise UnknownName(f"the network {self.net.shape_text} has no {name}: expected a name such as x1, z2_1, w2_1_1")

    def __repr__(self) -> str:
        outputs = f"{', '.join(map(str, self.output[:4]))}{', …' * (len(self.output) > 4)}"
        return printable(f"forward pass of {self.net}: {outputs}")


def values(x: Any, n: int) -> list[Value]:
    """The n inputs as Values; each number becomes one leaf, which all neurons of a layer share."""
    return [x_k if isinstance(x_k, Value) else Value(x_k) for x_k in one_example(x, n)]


def winner(outputs: Sequence[Any]) -> int:
    """The class that outputs stand for: the largest one's index; for one output, whether it is over 0.5 (section 2)."""
    numbers = [float(output) for output in outputs]
    return int(numbers[0] > 0.5) if len(numbers) == 1 else numbers.index(max(numbers))
