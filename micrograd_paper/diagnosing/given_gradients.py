"""Gradients computed elsewhere, read from nested lists, NumPy arrays, PyTorch tensors or a module.

    read_gradients(gradients, net)      Given(weights, biases, roundoff), by layer; checked against the network's shape
    read_deltas(deltas, net, k)         δ by layer, for each of the k examples
"""

import math
import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

from micrograd_paper.errors import NotANumber, ShapeError, UsageError
from micrograd_paper.kinds.bounded import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, ROUNDOFF
from micrograd_paper.nn import MLP
from micrograd_paper.notation import Symbol


class Given(NamedTuple):
    """∂C/∂W and ∂C/∂b by layer l = 2 … L, and the roundoff of the arithmetic that they come from."""

    weights: dict[int, list[list[float]]]
    biases: dict[int, list[float]]
    roundoff: float


def read_gradients(gradients: Any, net: MLP) -> Given:
    """The gradients as lists of floats.

    gradients is (∂C/∂W by layer, ∂C/∂b by layer), each a list from layer 2 on or a dict with the layers as keys; or a
    PyTorch module whose Linear layers hold a .grad; or an MLP of this project after `backward`. Raises ShapeError
    (layer, expected, got), NotANumber for anything but a number, UsageError for nan, infinities, and a missing .grad.
    """
    if isinstance(gradients, MLP):
        weights: Any = {l: [[w.grad for w in row] for row in rows] for l, rows in gradients.weights.items()}
        biases: Any = {l: [b.grad for b in row] for l, row in gradients.biases.items()}
    elif callable(getattr(gradients, "modules", None)):
        weights, biases = read_module(gradients, net)
    else:
        if not isinstance(gradients, list | tuple) or len(gradients) != 2:
            raise ShapeError("gradients must be a pair (∂C/∂W by layer, ∂C/∂b by layer), or a PyTorch module; got "
                             f"{type(gradients).__name__}"
                             + (f" of {len(gradients)}" if hasattr(gradients, "__len__") else ""))
        weights, biases = gradients
    L = len(net.shape)
    found_weights, found_biases, roundoffs = {}, {}, []
    for l, given in by_layer(weights, L, "∂C/∂W").items():
        rows, roundoff = as_lists(given)
        found_weights[l] = checked_matrix(rows, net.shape[l - 1], net.shape[l - 2], l)
        roundoffs.append(roundoff)
    for l, given in by_layer(biases, L, "∂C/∂b").items():
        row, roundoff = as_lists(given)
        found_biases[l] = checked_vector(flat(row), net.shape[l - 1], "∂C/∂b", l)
        roundoffs.append(roundoff)
    coarsest = max((roundoff for roundoff in roundoffs if roundoff is not None), default=FLOAT64)
    everything = [g for rows in found_weights.values() for row in rows for g in row]
    everything += [g for row in found_biases.values() for g in row]
    return Given(found_weights, found_biases, max(coarsest, digits(everything)))


def read_module(module: Any, net: MLP) -> tuple[list[Any], list[Any]]:
    """The .grad of weight and bias of each Linear in the module; its weights must be the network's."""
    linear = [part for part in module.modules() if getattr(getattr(part, "weight", None), "ndim", 0) == 2]
    if not linear:
        raise UsageError(f"{type(module).__name__} has no Linear layers whose gradients could be read")
    for l, part in enumerate(linear, start=2):
        if getattr(part, "bias", None) is None:
            raise ShapeError(f"layer {l}: {part} has no bias; the paper's layers have one")
        if part.weight.grad is None or part.bias.grad is None:
            raise UsageError(f"layer {l}: {part} has no .grad yet: call backward() on the loss first")
        mine, roundoff = as_lists(part.weight)
        theirs = [[float(w) for w in row] for row in net.weights.get(l, [])]
        if shape_of(mine) == shape_of(theirs) and any(
            not abs(a - b) <= 4 * (roundoff or FLOAT64) * abs(b) + 1e-30
            for row, other in zip(mine, theirs) for a, b in zip(row, other)
        ):
            raise UsageError(f"layer {l}: the weights of {part} are not the network's: was a step taken in between?")
    return [part.weight.grad for part in linear], [part.bias.grad for part in linear]


def read_deltas(deltas: Any, net: MLP, k: int) -> dict[int, list[list[float]]]:
    """δ by layer, a list for each of the k examples; a single example's need not be in a list of one."""
    found = {}
    for l, given in by_layer(deltas, len(net.shape), "δ").items():
        rows, _ = as_lists(given)
        if k == 1 and not (isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], list)):
            rows = [flat(rows)]
        if not isinstance(rows, list) or len(rows) != k:
            raise ShapeError(f"layer {l}: δ must be given for each of the {k} examples; got {shape_of(rows)}")
        found[l] = [checked_vector(flat(row), net.shape[l - 1], "δ", l) for row in rows]
    return found


def by_layer(given: Any, L: int, what: str) -> dict[int, Any]:
    """A dict with keys 2 … L (as in JSON they may be text), from such a dict or a list."""
    if isinstance(given, Mapping):
        layers = {int(l) if str(l).isdecimal() and len(str(l)) < 10 else l: part for l, part in given.items()}
        if set(layers) != set(range(2, L + 1)):
            raise ShapeError(f"{what} must be given for the layers {', '.join(map(str, range(2, L + 1)))}; got "
                             f"{', '.join(map(str, layers)) or 'none'}")
        return {l: layers[l] for l in range(2, L + 1)}
    if isinstance(given, str) or not hasattr(given, "__len__") or len(given) != L - 1:
        got = len(given) if hasattr(given, "__len__") else type(given).__name__
        raise ShapeError(f"{what} must be given for {L - 1} layer{'s' * (L > 2)}, 2 to {L}; got {got}")
    return dict(enumerate(given, start=2))


def as_lists(given: Any) -> tuple[Any, float | None]:
    """Lists of numbers, and the roundoff if known from the type of an array or a tensor, or of one inside."""
    if hasattr(given, "tolist"):
        dtype = str(getattr(given, "dtype", "float64")).rpartition(".")[2]
        try:
            plain = given.tolist()
        except (RuntimeError, NotImplementedError) as error:  # a sparse tensor, one without data
            raise NotANumber(f"gradients of type {type(given).__name__} cannot be read: {error}") from error
        return as_lists(plain)[0], ROUNDOFF.get(dtype, FLOAT64)
    if isinstance(given, list | tuple):
        parts = [as_lists(part) for part in given]
        known = [roundoff for _, roundoff in parts if roundoff is not None]
        return [part for part, _ in parts], max(known, default=None)
    if hasattr(type(given), "__float__") and not isinstance(given, bool):  # a Value, a Fraction, an mpf too
        try:
            return float(given), None
        except OverflowError:
            return math.inf, None
    raise NotANumber(f"gradients are numbers; got {given!r}")


def digits(everything: list[float]) -> float:
    """The roundoff of the coarsest type that holds all of these exactly: they may have been of that type before.

    Round numbers, such as zeros and halves, are ignored.
    """
    telling = [g for g in everything if not fits(g * 16, "e") or (g * 16) % 1]
    if len(telling) < 4:
        return FLOAT64
    if all(fits(g, "f") and struct.pack("<f", g)[:2] == bytes(2) for g in telling):
        return BFLOAT16
    if all(fits(g, "e") for g in telling):
        return FLOAT16
    return FLOAT32 if all(fits(g, "f") for g in telling) else FLOAT64


def fits(number: float, form: str) -> bool:
    """Whether struct's form e (float16) or f (float32) holds the number exactly."""
    try:
        return bool(struct.unpack(form, struct.pack(form, number))[0] == number)
    except OverflowError:
        return False


def flat(row: Any) -> Any:
    """A column or a row of a matrix as a plain list."""
    if isinstance(row, list) and len(row) == 1 and isinstance(row[0], list):
        return row[0]
    if isinstance(row, list) and row and all(isinstance(part, list) and len(part) == 1 for part in row):
        return [part[0] for part in row]
    return row


def checked_matrix(rows: Any, n: int, columns: int, l: int) -> list[list[float]]:
    shape = shape_of(rows)
    if shape != f"{n}×{columns}":
        turned = ": transposed? Row j holds w_j1 … w_jn, the weights into neuron j" * (shape == f"{columns}×{n}")
        raise ShapeError(f"layer {l}: ∂C/∂W must be {n}×{columns}, as W is; got {shape}{turned}")
    for j, row in enumerate(rows, start=1):
        for k, number in enumerate(row, start=1):
            check_finite(number, "∂C/∂", Symbol("w", l, (j, k)))
    return rows  # type: ignore[no-any-return]


def checked_vector(row: Any, n: int, what: str, l: int) -> list[float]:
    if shape_of(row) != f"{n}":
        raise ShapeError(f"layer {l}: {what} must be {n} number{'s' * (n > 1)}; got {shape_of(row)}")
    for j, number in enumerate(row, start=1):
        symbol = Symbol("delta" if what == "δ" else "b", l, (j,))
        check_finite(number, "" if what == "δ" else "∂C/∂", symbol)
    return row  # type: ignore[no-any-return]


def check_finite(number: float, what: str, symbol: Symbol) -> None:
    if not math.isfinite(number):
        raise UsageError(f"{what}{symbol} is {number}: the gradients must be finite")


def shape_of(rows: Any) -> str:
    """3×4 for a matrix, 3 for a vector, anything else in words."""
    if not isinstance(rows, list):
        return "a single number"
    if not any(isinstance(row, list) for row in rows):
        return str(len(rows))
    lengths = {len(row) if isinstance(row, list) else None for row in rows}
    if None in lengths:
        return "numbers and lists mixed"
    if any(isinstance(x, list) for row in rows for x in row):
        return "rows that hold lists"
    return f"{len(rows)}×{lengths.pop()}" if len(lengths) == 1 else "rows of unequal length"
