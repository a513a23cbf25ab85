"""Save a network to a human-readable JSON file, and load it again to the last bit.

    >>> save(net, "net.json")    # weights, biases, shape, activations, what inputs and outputs mean, how it was trained
    >>> net = load("net.json")

{
  "format": "micrograd_paper network", "version": 1,
  "shape": [4, 3, 3], "activations": ["sigmoid", "sigmoid"], "atomic": true where it is,
  "features": ["sepal_length", …] or null, "classes": ["setosa", …] or null,
  "scaling": {"offset": […], "spread": […]} or null, "training": {"cost": "quadratic", "alpha": 0.0, …} or null,
  "weights": {"2": [[w²₁₁, w²₁₂, …], …], "3": …}, "biases": {"2": [b²₁, …], "3": …}
}
"""

import json
import math
import os
import sys
import unicodedata
from typing import Any

from micrograd_paper.activations import ACTIVATIONS, activation_name
from micrograd_paper.checks import check_alpha, check_eta, check_m, check_seed, check_size, integer, real
from micrograd_paper.costs import cost_function
from micrograd_paper.display import as_given
from micrograd_paper.engine import Value
from micrograd_paper.errors import CheckpointError, NotANumber, NotAValue, UsageError
from micrograd_paper.files import read_text, write_atomically
from micrograd_paper.nn import MLP, Scaling, Training

FORMAT = "micrograd_paper network"
VERSION = 1
MAX = sys.float_info.max


def save(net: MLP, path: str | os.PathLike[str]) -> None:
    """Write the network to path; a crash leaves the old file or the new one, never half of it.

    Raises UsageError, before anything is written, for what `load` could not restore: an activation that is a
    user-defined function, whatever its name, a weight that is not a finite float, two classes with the same name; and
    FileError if the file cannot be written.
    """
    if not isinstance(net, MLP):
        raise NotAValue(f"save takes an MLP; got {as_given(net)}")
    for l, activation in enumerate(net.activations, start=2):
        if not isinstance(activation, str):
            raise UsageError(f"cannot save the activation {activation_name(activation)} of layer {l}: it is a "
                             f"user-defined function; expected {', '.join(ACTIVATIONS)} by name")
    content = {
        "format": FORMAT,
        "version": VERSION,
        "shape": list(net.shape),
        "activations": net.activations,
        **({"atomic": True} if net.atomic else {}),
        "features": net.features,
        "classes": net.classes,
        "scaling": net.scaling._asdict() if net.scaling else None,
        "training": saved_training(net.training) if net.training else None,
        "weights": {str(l): [[saved(w) for w in row] for row in rows] for l, rows in net.weights.items()},
        "biases": {str(l): [saved(b) for b in row] for l, row in net.biases.items()},
    }
    try:
        network_from(content, "the network")
    except CheckpointError as error:
        raise UsageError(f"cannot save what could not be loaded again: {error}") from error
    write_atomically(path, json_text(content))


def saved(parameter: Value) -> float:
    """Its number. Raises UsageError for anything but a finite one."""
    number = real(parameter.data)
    if number is None or not math.isfinite(number) or number != parameter.data:
        raise UsageError(f"cannot save {parameter.label} = {as_given(parameter.data)}: expected a finite float")
    return number


def saved_training(training: Training) -> dict[str, Any]:
    """As JSON holds it: without a cost or a seed that it cannot hold."""
    cost = training.cost if isinstance(training.cost, str) else None
    return training._replace(cost=cost, seed=integer(training.seed))._asdict()


def json_text(content: dict[str, Any]) -> str:
    """JSON with one line per matrix row. A float's repr is the shortest text that reads back as the same bits."""
    lines = []
    for key, value in content.items():
        text = json.dumps(value, ensure_ascii=False)
        if key in ("weights", "biases"):
            text = "{\n" + ",\n".join(f'    "{l}": {matrix_text(rows)}' for l, rows in value.items()) + "\n  }"
        lines.append(f'  "{key}": {text}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def matrix_text(rows: list[Any]) -> str:
    if not isinstance(rows[0], list):
        return json.dumps(rows)
    return "[\n      " + ",\n      ".join(json.dumps(row) for row in rows) + "\n    ]"


def load(path: str | os.PathLike[str]) -> MLP:
    """The network that `save` wrote. Raises FileError, or CheckpointError for a file that is not a complete network."""
    text = read_text(path)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not a network, or is truncated: {error}") from error
    return network_from(content, str(path))


def network_from(content: Any, source: str) -> MLP:
    """The network of a checkpoint's content; source is its name in error messages. Raises CheckpointError."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f'{source} is not a network saved by micrograd_paper: it lacks "format": "{FORMAT}"')
    if content.get("version") != VERSION:
        raise CheckpointError(f"{source} has version {content.get('version')!r}; this program reads {VERSION}")
    part = Part(source, content)
    shape = part.sizes("shape")
    activations = part.names("activations", len(shape) - 1)
    for activation in activations:
        if activation not in ACTIVATIONS:
            raise CheckpointError(f"{source}: unknown activation {activation!r}; expected {', '.join(ACTIVATIONS)}")
    weights, biases = {}, {}
    for l, nin, nout in zip(range(2, len(shape) + 1), shape, shape[1:]):
        rows = part.inner("weights", str(l))
        if not isinstance(rows, list) or len(rows) != nout:
            raise CheckpointError(f"{source}: weights of layer {l} need {nout} rows")
        weights[l] = [part.numbers(row, nin, f"weights of layer {l}, row {j}") for j, row in enumerate(rows, start=1)]
        biases[l] = part.numbers(part.inner("biases", str(l)), nout, f"biases of layer {l}")
    atomic = content.get("atomic", False)
    if not isinstance(atomic, bool):
        raise CheckpointError(f'{source}: "atomic" must be true or false; got {atomic!r}')
    net = MLP(shape[0], shape[1:], activations, 0, atomic)  # only now: a shape alone could ask for any amount of memory
    for l in weights:
        for neuron, bias, row, b in zip(net.weights[l], net.biases[l], weights[l], biases[l]):
            bias.data = b
            for w, number in zip(neuron, row):
                w.data = number
    if content.get("scaling") is not None:
        net.scaling = Scaling(*[
            part.numbers(part.inner("scaling", name), shape[0], f"scaling {name}") for name in Scaling._fields
        ])
        if not all(net.scaling.spread):
            raise CheckpointError(f"{source}: a scaling spread is 0")
    if content.get("features") is not None:
        net.features = part.different_names("features", shape[0])
    if content.get("classes") is not None:
        net.classes = part.different_names("classes", 2 if shape[-1] == 1 else shape[-1])
    if content.get("training") is not None:
        net.training = part.training("training")
    return net


class Part:
    """Parts of a checkpoint's content, and error messages that say which part is wrong."""

    def __init__(self, source: str, content: dict[str, Any]) -> None:
        self.source = source
        self.content = content

    def inner(self, key: str, name: str) -> Any:
        outer = self.content.get(key)
        if not isinstance(outer, dict) or name not in outer:
            raise CheckpointError(f'{self.source}: "{key}" lacks "{name}"')
        return outer[name]

    def sizes(self, key: str) -> list[int]:
        sizes = self.content.get(key)
        if not isinstance(sizes, list) or len(sizes) < 2 or not all(type(n) is int and n > 0 for n in sizes):
            raise CheckpointError(f'{self.source}: "{key}" must be two or more positive integers; got {sizes!r}')
        return sizes

    def names(self, key: str, n: int) -> list[str]:
        names = self.content.get(key)
        if not isinstance(names, list) or len(names) != n or not all(isinstance(name, str) for name in names):
            raise CheckpointError(f'{self.source}: "{key}" must be {n} names; got {names!r}')
        return names

    def different_names(self, key: str, n: int) -> list[str]:
        names = self.names(key, n)
        if len({*names}) < len(names):
            raise CheckpointError(f'{self.source}: "{key}" must be different names; got {as_given(names)}')
        if any(unicodedata.category(letter) == "Cs" for name in names for letter in name):
            raise CheckpointError(f'{self.source}: "{key}" must be text; got half of a character in {as_given(names)}')
        return names

    def training(self, key: str) -> Training:
        given = self.content[key]
        if not isinstance(given, dict) or {*given} != {*Training._fields}:
            raise CheckpointError(f'{self.source}: "{key}" must hold {", ".join(Training._fields)}; '
                                  f"got {as_given(given)}")
        try:
            if given["cost"] is not None:
                cost_function(given["cost"])
            return Training(
                given["cost"], check_alpha(given["alpha"]), check_m(given["m"]), check_eta(given["eta"]),
                check_size(given["epochs"], "epochs"), check_size(given["batch_size"], "batch_size"),
                None if given["seed"] is None else check_seed(given["seed"]),
            )
        except (UsageError, NotANumber) as error:
            raise CheckpointError(f'{self.source}: "{key}": {error}') from error

    def numbers(self, row: Any, n: int, what: str) -> list[float]:
        if not isinstance(row, list) or len(row) != n:
            raise CheckpointError(f"{self.source}: {what} must be {n} numbers")
        for x in row:
            if type(x) not in (int, float) or not -MAX <= x <= MAX:
                raise CheckpointError(f"{self.source}: {what}: expected a finite number, got {x!r}")
        return [float(x) for x in row]
