"""Save a network to a JSON file that people can read, and load it again to the last bit.

    save(net, "net.json")        weights, biases, shape, activations, input scaling, class names
    net = load("net.json")

{
  "format": "micrograd_paper network", "version": 1,
  "shape": [4, 3, 3], "activations": ["sigmoid", "sigmoid"],
  "classes": ["setosa", …] or null, "scaling": {"offset": […], "spread": […]} or null,
  "weights": {"2": [[w²₁₁, w²₁₂, …], …], "3": …}, "biases": {"2": [b²₁, …], "3": …}
}
"""

import json
import math
import os
from typing import Any

from micrograd_paper.errors import CheckpointError, UsageError
from micrograd_paper.files import read_text, write_atomically
from micrograd_paper.nn import ACTIVATIONS, MLP, Scaling, activation_name

FORMAT = "micrograd_paper network"
VERSION = 1


def save(net: MLP, path: str | os.PathLike[str]) -> None:
    """Write the network to path; a crash leaves the old file or the new one, never half of it.

    Raises UsageError for what JSON cannot hold (an activation that is a function of one's own, a weight that is not a
    finite float) and FileError if the file cannot be written.
    """
    for activation in net.activations:
        if activation not in ACTIVATIONS:
            raise UsageError(
                f"cannot save the activation {activation_name(activation)}: only {', '.join(ACTIVATIONS)} have a name"
            )
    for parameter in net.parameters():
        if not isinstance(parameter.data, int | float) or not math.isfinite(parameter.data):
            raise UsageError(f"cannot save {parameter.label} = {parameter.data}: expected a finite float")
    content = {
        "format": FORMAT,
        "version": VERSION,
        "shape": list(net.shape),
        "activations": net.activations,
        "classes": net.classes,
        "scaling": net.scaling._asdict() if net.scaling else None,
        "weights": {str(l): [[w.data for w in row] for row in rows] for l, rows in net.weights.items()},
        "biases": {str(l): [b.data for b in row] for l, row in net.biases.items()},
    }
    write_atomically(path, json_text(content))


def json_text(content: dict[str, Any]) -> str:
    """JSON with a row of a matrix on a line. A float's repr is the shortest text that reads back as the same bits."""
    lines = []
    for key, value in content.items():
        text = json.dumps(value, ensure_ascii=False)
        if key in ("weights", "biases"):
            text = "{\n" + ",\n".join(
                f'    "{l}": ' + ("[\n      " + ",\n      ".join(json.dumps(row) for row in rows) + "\n    ]"
                                  if key == "weights" else json.dumps(rows))
                for l, rows in value.items()
            ) + "\n  }"
        lines.append(f'  "{key}": {text}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def load(path: str | os.PathLike[str]) -> MLP:
    """The network that `save` wrote. Raises FileError, or CheckpointError for a file that is not (wholly) one."""
    text = read_text(path)
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise CheckpointError(f"{path} is no network, or a truncated one: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} is no network saved by micrograd_paper: it lacks \"format\": \"{FORMAT}\"")
    if content.get("version") != VERSION:
        raise CheckpointError(f"{path} is of version {content.get('version')!r}; this program reads version {VERSION}")
    place = Place(str(path), content)
    shape = place.sizes("shape")
    activations = place.names("activations", len(shape) - 1)
    for activation in activations:
        if activation not in ACTIVATIONS:
            raise CheckpointError(f"{path}: unknown activation {activation!r}; expected {', '.join(ACTIVATIONS)}")
    net = MLP(shape[0], shape[1:], activations, seed=0)
    for l, nin, nout in zip(range(2, len(shape) + 1), shape, shape[1:]):
        rows = place.part("weights", str(l))
        if not isinstance(rows, list) or len(rows) != nout:
            raise CheckpointError(f"{path}: weights of layer {l} need {nout} rows")
        for j, (row, neuron) in enumerate(zip(rows, net.weights[l]), start=1):
            for parameter, data in zip(neuron, place.numbers(row, nin, f"weights of layer {l}, row {j}")):
                parameter.data = data
        biases = place.numbers(place.part("biases", str(l)), nout, f"biases of layer {l}")
        for parameter, data in zip(net.biases[l], biases):
            parameter.data = data
    if content.get("scaling") is not None:
        net.scaling = Scaling(*[
            place.numbers(place.part("scaling", name), shape[0], f"scaling {name}") for name in Scaling._fields
        ])
        if not all(net.scaling.spread):
            raise CheckpointError(f"{path}: a scaling spread is 0")
    if content.get("classes") is not None:
        net.classes = place.names("classes", 2 if shape[-1] == 1 else shape[-1])
    return net


class Place:
    """A file's content, and complaints that say where in it."""

    def __init__(self, path: str, content: dict[str, Any]) -> None:
        self.path = path
        self.content = content

    def part(self, key: str, inner: str) -> Any:
        outer = self.content.get(key)
        if not isinstance(outer, dict) or inner not in outer:
            raise CheckpointError(f'{self.path}: "{key}" lacks "{inner}"')
        return outer[inner]

    def sizes(self, key: str) -> list[int]:
        sizes = self.content.get(key)
        if not isinstance(sizes, list) or len(sizes) < 2 or not all(type(n) is int and n > 0 for n in sizes):
            raise CheckpointError(f'{self.path}: "{key}" must be two or more positive integers; got {sizes!r}'[:200])
        return sizes

    def names(self, key: str, n: int) -> list[str]:
        names = self.content.get(key)
        if not isinstance(names, list) or len(names) != n or not all(isinstance(name, str) for name in names):
            raise CheckpointError(f'{self.path}: "{key}" must be {n} names; got {names!r}'[:200])
        return names

    def numbers(self, row: Any, n: int, what: str) -> list[float]:
        if not isinstance(row, list) or len(row) != n:
            raise CheckpointError(f"{self.path}: {what} must be {n} numbers")
        for x in row:
            if isinstance(x, bool) or not isinstance(x, int | float) or not math.isfinite(x):
                raise CheckpointError(f"{self.path}: {what}: expected a finite number, got {x!r}")
        return [float(x) for x in row]
