"""Data to train on: Fisher's irises, xor, two moons, or a CSV file.

    >>> data = load("iris")                  # or "xor", "moons", "flowers.csv"
    >>> train, held_out = data.split(seed=1)
    >>> data.examples(held_out, outputs=3)[0]   # (x, y), as `fit` takes them
    ([4.7, 3.2, 1.3, 0.2], [1.0, 0.0, 0.0])

iris.csv holds all 150 flowers of R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of
Eugenics 7 (1936), 179–188, in the paper's own order: lengths and widths in cm. (The copy in the UCI repository differs
in two flowers, 35 and 38; these are as in the paper.)
"""

import math
import random
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

from micrograd_paper.checks import check_seed
from micrograd_paper.datasets.csv_file import Places, Table, Wanted, class_key, generic, listing, parse_csv
from micrograd_paper.errors import DataError, UsageError, harmless
from micrograd_paper.files import read_text
from micrograd_paper.nn import MLP, Scaling

BUILT_IN = ("iris", "xor", "moons")


class Dataset(NamedTuple):
    """Inputs (one list of numbers per example), the index of each example's class, and names.

    `doubts` says, in sentences, what a file may have meant otherwise; labels is [] where it names no classes.
    """

    name: str
    features: list[str]
    classes: list[str]
    inputs: list[list[float]]
    labels: list[int]
    doubts: Sequence[str] = ()

    @property
    def contents(self) -> str:
        """What was read, in words: examples, features, classes and how many examples each has."""
        counts = Counter(self.labels)
        classes = listing(f"{name} {counts[c]}" for c, name in enumerate(self.classes))
        return (f"{harmless(self.name)}: {len(self.inputs)} examples; {len(self.features)} features: "
                f"{listing(self.features)}; {len(self.classes)} classes: {classes}")

    def split(self, held_out: float = 0.2, seed: int | None = None) -> tuple[list[int], list[int]]:
        """Indices to train on and to hold out, in order: that share of each class, drawn at random by the seed.

        A class too small for that share to be one example is not split. Raises UsageError for a share outside [0, 1).
        """
        if not 0 <= held_out < 1:
            raise UsageError(f"the share to hold out must be in [0, 1); got {held_out}")
        rng = random.Random(check_seed(seed))
        out: set[int] = set()
        for c in range(len(self.classes)):
            members = [i for i, label in enumerate(self.labels) if label == c]
            rng.shuffle(members)
            out.update(members[: int(len(members) * held_out)])
        indices = range(len(self.labels))
        return [i for i in indices if i not in out], [i for i in indices if i in out]

    def examples(
        self, indices: Sequence[int], outputs: int, scaling: Scaling | None = None
    ) -> list[tuple[list[float], list[float]]]:
        """(x, y) of these indices: x scaled, y as `targets` makes them for that many outputs, one list a class."""
        y = [targets(c, len(self.classes), outputs) for c in range(len(self.classes))]
        return [(scaling(self.inputs[i]) if scaling else self.inputs[i], y[self.labels[i]]) for i in indices]


def targets(label: int, classes: int, outputs: int) -> list[float]:
    """y for a class: one output neuron for each, or a single one for two classes (section 2). Raises UsageError."""
    if outputs == classes:
        return [1.0 if c == label else 0.0 for c in range(classes)]
    if outputs == 1 and classes == 2:
        return [float(label)]
    one = " or 1" if classes == 2 else ""
    raise UsageError(f"{classes} classes need {classes}{one} output neurons; the network has {outputs}")


def load(
    name: str, seed: int | None = None, header: bool | None = None, target: str | None = None,
) -> Dataset:
    """The data set of that name, or the CSV file at that path. The seed draws the moons.

    Of a file, `header` says whether its first row is one and `target` which column names the class; by default it
    shows, and it is the last one. The classes are numbered in the order in which the file first names them, numbers in
    their own order. Raises FileError for a file that cannot be read, DataError for one that cannot be used.
    """
    if name in BUILT_IN and (header is not None or target is not None):
        raise UsageError(f"{name} is built in: a header and a target are for the columns of a file")
    if name == "iris":
        text = resources.files("micrograd_paper.datasets").joinpath("iris.csv").read_text(encoding="utf-8")
        return dataset("iris", parse_csv(text, "iris.csv"))
    if name == "xor":
        return Dataset("xor", generic(2), ["0", "1"], [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    if name == "moons":
        return moons(200, 0.1, seed)
    return dataset(name, parse_csv(read_text(name), name, None, header, target))


def load_for(net: MLP, name: str, seed: int | None = None) -> Dataset:
    """The same as the network takes it: its features are found by their names, its classes have its numbers.

    A CSV file may lack the class. Raises DataError for a feature or a class that the network, or the file, does not
    know, and UsageError for another number of features.
    """
    wanted = Wanted(net.features or generic(net.shape[0]), net.classes)
    if name not in BUILT_IN:
        data = dataset(name, parse_csv(read_text(name), name, wanted))
    else:
        data = load(name, seed)
        if len(data.features) != net.shape[0]:
            raise UsageError(f"{name} has {len(data.features)} features; the network {net.shape_text} takes "
                             f"{net.shape[0]} inputs")
        places = Places(name, data.features, len(data.features), wanted, None).places
        data = data._replace(inputs=[[row[place] for place in places] for row in data.inputs])
        if net.classes is not None:
            numbers = {class_key(label): number for number, label in enumerate(net.classes)}
            unknown = [label for label in data.classes if class_key(label) not in numbers]
            if unknown:
                raise DataError(f"{name}: the network has no class {unknown[0]!r}; it has {listing(net.classes)}")
            own = [numbers[class_key(label)] for label in data.classes]
            data = data._replace(classes=net.classes, labels=[own[label] for label in data.labels])
    return data


def dataset(name: str, table: Table) -> Dataset:
    return Dataset(name, table.features, table.classes, table.inputs, table.labels, table.doubts)


def moons(n: int, noise: float, seed: int | None) -> Dataset:
    """n points on two interleaving half circles, with normal noise of that standard deviation."""
    rng = random.Random(check_seed(seed))
    inputs, labels = [], []
    for i in range(n):
        angle = math.pi * rng.random()
        upper = i % 2 == 0
        x, y = (math.cos(angle), math.sin(angle)) if upper else (1 - math.cos(angle), 0.5 - math.sin(angle))
        inputs.append([x + rng.gauss(0, noise), y + rng.gauss(0, noise)])
        labels.append(0 if upper else 1)
    return Dataset("moons", ["x1", "x2"], ["upper", "lower"], inputs, labels)
