"""Data to train on: Fisher's irises, handwritten digits, xor, two moons, a CSV file, or MNIST's files.

    >>> data = load("iris")                  # or "digits", "xor", "moons", "flowers.csv"
    >>> train, held_out = data.split(seed=1)
    >>> data.examples(held_out, outputs=3)[0]   # (x, y), as `fit` takes them
    ([4.7, 3.2, 1.3, 0.2], [1.0, 0.0, 0.0])

iris.csv holds all 150 flowers of R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of
Eugenics 7 (1936), 179–188, in the paper's own order: lengths and widths in cm. (The copy in the UCI repository differs
in two flowers, 35 and 38; these are as in the paper.)

digits.csv.gz holds 1,797 handwritten digits of 8 × 8 pixels: the test part of "Optical Recognition of Handwritten
Digits", E. Alpaydin and C. Kaynak (1998), UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, licensed
under CC BY 4.0, in the copy that scikit-learn carries.
"""

import gzip
import math
import os
import random
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

from micrograd_paper.checks import check_seed
from micrograd_paper.datasets.csv_file import Places, Table, Wanted, class_key, generic, listing, parse_csv
from micrograd_paper.datasets.idx_file import Pixels, read_idx
from micrograd_paper.errors import DataError, UsageError, harmless
from micrograd_paper.files import read_text
from micrograd_paper.nn import MLP, Scaling

BUILT_IN = ("iris", "digits", "xor", "moons")


class Dataset(NamedTuple):
    """Inputs (one list of numbers per example), the index of each example's class, and names.

    `doubts` says, in sentences, what a file may have meant otherwise; labels is [] where it names no classes.
    Inputs that are pixels lie in [0, 1] already: `is_scaled`.
    """

    name: str
    features: list[str]
    classes: list[str]
    inputs: Sequence[list[float]]
    labels: list[int]
    doubts: Sequence[str] = ()
    is_scaled: bool = False

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
    if name == "digits":
        return digits()
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


def digits() -> Dataset:
    """1,797 handwritten digits of 8 × 8 pixels, row by row, "grayscale taking values between 0.0 and 1.0" (section 2).

    0 is the paper, 1 is ink. A pixel counts the black ones among 4 × 4 of the scan, so it is a multiple of 1/16.
    """
    packed = resources.files("micrograd_paper.datasets").joinpath("digits.csv.gz").read_bytes()
    rows = [list(map(int, line.split(","))) for line in gzip.decompress(packed).decode("ascii").split()]
    shades = [count / 16 for count in range(17)]
    return Dataset("digits", generic(64), [str(c) for c in range(10)], [[shades[k] for k in row[:-1]] for row in rows],
                   [row[-1] for row in rows], is_scaled=True)


def idx(
    images: str | os.PathLike[str], labels: str | os.PathLike[str], classes: Sequence[str] | None = None
) -> Dataset:
    """The images in a file of MNIST's, and their labels in another; plain or gzip.

    A plain file of images is mapped into memory, and an image becomes a list of numbers in [0, 1] when it is asked for.
    The classes are "0" to "9", or to the largest label if that is larger; or those that are given. Raises FileError for
    a file that cannot be read, DataError for one that is not whole, holds something else, has another number of labels
    than there are images, or a label without a class.
    """
    pixels, numbers = Pixels(read_idx(images, 3)), read_idx(labels, 1)
    if numbers.dimensions[0] != len(pixels):
        raise DataError(f"{harmless(str(labels))} has {numbers.dimensions[0]} labels; expected {len(pixels)}, one for "
                        f"each image of {harmless(str(images))}")
    found = list(numbers.data[numbers.start :])
    known = [str(c) for c in range(max(10, max(found) + 1))] if classes is None else list(classes)
    for i, label in enumerate(found, start=1):
        if label >= len(known):
            raise DataError(f"{harmless(str(labels))}, label {i}: got {label}; expected a class from 0 to "
                            f"{len(known) - 1}")
    return Dataset(str(images), generic(pixels.size), known, pixels, found, is_scaled=True)


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
