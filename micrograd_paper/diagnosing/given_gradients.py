"""Gradients computed elsewhere, in whatever form: lists, NumPy arrays, PyTorch tensors, a module; the shapes of people.

    readings(gradients, net)            each way to read them that the shapes allow: Reading(told, given)
    read_deltas(deltas, net, k)         δ by layer, for each of the k examples

(∂C/∂W, ∂C/∂b) by layer is what is expected. The biases first, pairs by layer, a dict of dW1 and db1, matrices of shape
(in, out), the bias as a column of W, layers from the last on, one flat list, weights alone: known by shapes, and told.
"""

import itertools
import math
import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from micrograd_paper.display import label_text
from micrograd_paper.errors import NotANumber, ShapeError, UsageError
from micrograd_paper.kinds.bounded import BFLOAT16, FLOAT16, FLOAT32, FLOAT64, ROUNDOFF
from micrograd_paper.nn import MLP
from micrograd_paper.notation import Symbol


class Given(NamedTuple):
    """∂C/∂W and ∂C/∂b by layer l = 2 … L, and the roundoff of the arithmetic that they come from; biases may be {}."""

    weights: dict[int, list[list[float]]]
    biases: dict[int, list[float]]
    roundoff: float


class Reading(NamedTuple):
    """The gradients as they may be meant, and what is to be told of their form."""

    told: tuple[str, ...]
    given: Given


KEY = re.compile(r"(?:d|grad|nabla|delta)?_?([wb])[a-z]*_?(\d+)", re.IGNORECASE)  # dW1, db1, W2, grad_b2
FORMS = [  # whether matrices are (in, out), where the bias stands in them, and what is told of it
    (turned, column, ("your matrices are (in, out): transposed",) * turned + (
        f"the {column} {'row' if turned else 'column'} of your matrices is the bias",) * bool(column))
    for column, turned in itertools.product(("", "last", "first"), (False, True))
]
Parts = tuple[tuple[str, ...], Any, Any]  # what is told, ∂C/∂W and ∂C/∂b by layer
BARE = ("your matrices hold weights and biases",)


def readings(gradients: Any, net: MLP) -> list[Reading]:
    """Every way to read them, the one that is expected first.

    Raises ShapeError (layer, expected, got) if there is none, NotANumber for anything but a number, UsageError for nan,
    infinities, and a missing .grad.
    """
    error: Exception | None = None
    for told, weights, biases in possible_parts(gradients, net):
        found = []
        for turned, column, form in FORMS:
            if (column and biases is not None) or (not column and BARE[0] in told):
                continue
            try:
                found.append(Reading((*told, *form), given_of(weights, biases, net, turned, column)))
            except (ShapeError, NotANumber) as refused:
                error = error or (None if BARE[0] in told else refused)
        if found:
            return found[:1] if biases is not None else found
    if error is None:
        raise ShapeError("gradients must be a pair (∂C/∂W by layer, ∂C/∂b by layer), a dict such as "
                         '{"dW1": …, "db1": …}, or a PyTorch module; got '
                         f"{type(gradients).__name__}"
                         + (f" of {len(gradients)}" if hasattr(gradients, "__len__") else ""))
    raise error


def possible_parts(gradients: Any, net: MLP) -> Iterator[Parts]:
    """What may be the weights and the biases by layer; whether it is, their shapes show."""
    L = len(net.shape)
    if isinstance(gradients, MLP):
        yield ((), {l: [[w.grad for w in row] for row in rows] for l, rows in gradients.weights.items()},
               {l: [b.grad for b in row] for l, row in gradients.biases.items()})
    elif callable(getattr(gradients, "modules", None)):
        yield ((), *read_module(gradients, net))
    elif isinstance(gradients, Mapping):
        yield from in_both_orders(("weights and biases are told by their names",), *read_names(gradients))
    elif getattr(gradients, "ndim", 0) == 1 or (isinstance(gradients, list | tuple) and len(gradients) == len(
            net.parameters()) > 2):
        yield ("your flat list is read as W², b², W³, b³, …",), *of_flat(gradients, net)
    elif isinstance(gradients, list | tuple):
        if len(gradients) == 2:
            first, second = gradients
            told = ("you have no biases: weights alone are judged",) * (second is None)
            yield from in_both_orders(told, first, second)
            yield from in_both_orders(("your biases come first, then your weights",), second, first)
        if len(gradients) == L - 1:
            if all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in gradients):
                yield from in_both_orders(("your gradients are pairs (∂C/∂W, ∂C/∂b), layer by layer",),
                                          *([pair[part] for pair in gradients] for part in (0, 1)))
            yield from in_both_orders(BARE, gradients, None)


def in_both_orders(told: tuple[str, ...], weights: Any, biases: Any) -> Iterator[Parts]:
    yield told, weights, biases
    if isinstance(weights, list | tuple) and (biases is None or isinstance(biases, list | tuple)):
        yield (*told, "your layers stand from the last to the second"), weights[::-1], biases and biases[::-1]


def read_names(gradients: Mapping[Any, Any]) -> tuple[Any, Any]:
    """Weights and biases of a dict such as {"dW1": …, "db1": …}. Raises ShapeError."""
    found: dict[str, dict[int, Any]] = {"w": {}, "b": {}}
    for key, part in gradients.items():
        match = KEY.fullmatch(str(key))
        if match is None:
            raise ShapeError(f"expected names such as dW1 and db1 in the gradients; got {label_text(str(key))}")
        found[match[1].lower()][int(match[2][:9])] = part
    weights, biases = ([part for _, part in sorted(found[letter].items())] for letter in "wb")
    return weights, biases or None


def of_flat(numbers: Any, net: MLP) -> tuple[list[Any], list[Any]]:
    """One flat list as weights and biases, layer by layer."""
    if len(numbers) != len(net.parameters()):
        raise ShapeError(f"the network {net.shape_text} has {len(net.parameters())} weights and biases; got "
                         f"{len(numbers)} numbers")
    weights, biases, start = [], [], 0
    for n, before in zip(net.shape[1:], net.shape):
        weights.append([numbers[start + j * before : start + (j + 1) * before] for j in range(n)])
        biases.append(numbers[start + n * before : start + n * (before + 1)])
        start += n * (before + 1)
    return weights, biases


def given_of(weights: Any, biases: Any, net: MLP, turned: bool, column: str) -> Given:
    """Weights and biases read in one form; `column` says where the bias stands in each matrix. Raises ShapeError."""
    L = len(net.shape)
    found_weights, found_biases, roundoffs = {}, {}, []
    for l, given in by_layer(weights, L, "∂C/∂W").items():
        rows, roundoff = as_lists(given)
        if turned and isinstance(rows, list) and all(isinstance(row, list) for row in rows):
            rows = [list(row) for row in itertools.zip_longest(*rows)]
        if column and isinstance(rows, list) and all(isinstance(row, list) and row for row in rows):
            at = -1 if column == "last" else 0
            found_biases[l] = checked_vector([row[at] for row in rows], net.shape[l - 1], "∂C/∂b", l)
            rows = [row[:-1] if at else row[1:] for row in rows]
        found_weights[l] = checked_matrix(rows, net.shape[l - 1], net.shape[l - 2], l)
        roundoffs.append(roundoff)
    for l, given in by_layer(biases, L, "∂C/∂b").items() if biases is not None else ():
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
