"""The main job, and train and predict: the commands of sections 1 and 2."""

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from micrograd_paper import checkpoint, datasets
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.commands.arguments import AN_IRIS, COST_OPTIONS, add_command, note, shape
from micrograd_paper.comparing.compare import compare
from micrograd_paper.costs import Cost, cost_function, quadratic
from micrograd_paper.descent import Epoch, History, fit
from micrograd_paper.display import aligned, as_given, fixed, label_text, number_text
from micrograd_paper.drawing.draw import draw
from micrograd_paper.errors import DataError, Diverged, UsageError, harmless
from micrograd_paper.figures.picture import check_picture
from micrograd_paper.files import check_writable
from micrograd_paper.nn import MLP, Scaling, winner

BLOCK = 10_000  # rows of a table that are aligned at a time
IDX_FILES = {
    "--images": "pictures to train on", "--labels": "their labels",
    "--test-images": "pictures to hold out", "--test-labels": "their labels",
}


def add_commands(commands: Any) -> None:
    """Add train and predict to the parser's commands."""
    train = add_command(commands, "train", "train a network by gradient descent, and save it",
                        "micrograd-paper train --data iris --shape 4-3-3 --eta 3 --epochs 100 --save net.json")
    train.add_argument("--data", metavar="DATA",
                       help=f"{', '.join(datasets.BUILT_IN)}, or a CSV file whose last column names the class")
    for option, what in IDX_FILES.items():
        train.add_argument(option, metavar="FILE", help=f"instead of --data: {what}, a file of MNIST's, plain or gzip")
    train.add_argument("--header", action=argparse.BooleanOptionalAction, default=None,
                       help="the file's first row is a header, or is none (default: it is one if none of its cells, "
                            "the class aside, is a number, and none but the first is empty)")
    train.add_argument("--target", metavar="NAME",
                       help="the column that names the class, by its name or number (default: the last one)")
    train.add_argument("--shape", type=shape, metavar="4-3-3", help="layer sizes (default: one hidden layer of 3)")
    train.add_argument("--activation", type=activations, default=["sigmoid"], metavar="NAME",
                       help=f"of all layers, of {', '.join(ACTIVATIONS)}; or relu,sigmoid: of the hidden layers, and "
                       "of the output layer (default: sigmoid)")
    train.add_argument("--cost", choices=COST_OPTIONS, default="quadratic", help="(4) or (25) (default: %(default)s)")
    train.add_argument("--alpha", type=float, default=0.0, help="regularization strength α of (27) (default: 0)")
    train.add_argument("--eta", type=float, default=1.0, help="learning rate η of (3) (default: %(default)s)")
    train.add_argument("--epochs", type=int, default=50, help="(default: %(default)s)")
    train.add_argument("--batch-size", type=int, help="k of (7) (default: 10, or all examples if they are fewer)")
    train.add_argument("--seed", type=int, default=1, help="of weights, split and shuffling (default: %(default)s)")
    train.add_argument("--save", metavar="NET.json", help="where to save the network")
    train.add_argument("--curves", metavar="curves.svg",
                       help="where to draw cost and accuracy against epochs: an SVG, a PNG or a PDF")
    train.add_argument("--verbose", action="store_true", help="one line per epoch if stderr is not a terminal")
    train.set_defaults(run=run_train)

    predict = add_command(commands, "predict", "classify the rows of a CSV file",
                          f"{AN_IRIS}\nprintf '5.9,3.0,4.2,1.5\\n6.3,3.3,6.0,2.5\\n' > new.csv\n"
                          "micrograd-paper predict net.json new.csv")
    predict.add_argument("--json", action="store_true", help="as JSON, one line a row of the file")
    predict.add_argument("network", metavar="NET.json", help="a network that train saved")
    predict.add_argument("data", metavar="FILE.csv", help="rows of features, with or without a column of the classes")
    predict.set_defaults(run=run_predict)


def run_paper(arguments: argparse.Namespace) -> int:
    """Train the paper's 4-3-3 sigmoid network, then look at the backward pass of one held-out flower."""
    output = Path(arguments.output if arguments.output is not None else "backprop.svg")
    check_writable(output)
    if arguments.output is None and output.exists() and not is_drawing(output):
        raise UsageError(f"{output} is there, and no drawing of this program: name another file with -o")
    data = datasets.load("iris")
    task = Task(data, (4, 3, 3), ["sigmoid"], seed=1)
    print("This trains the paper's network on Fisher's irises, sets each gradient of one flower beside the paper's "
          f"equation,\nand draws the graph into {harmless(str(output))}. micrograd-paper --help lists the commands.\n")
    print("150 flowers, 3 species. Sigmoid network 4-3-3, quadratic cost (4), mini-batches of 10 (7).")
    history = task.fit(cost=quadratic, alpha=0.0, eta=3.0, epochs=100, batch_size=10, verbose=arguments.verbose)
    if history.interrupted:
        return 130

    costs = {i: quadratic(task.net.forward(x).output, y).data for i, (x, y) in zip(task.held_out, task.validation)}
    hardest = max(costs, key=lambda i: costs[i])
    x, y = task.validation[task.held_out.index(hardest)]
    forward = task.net.forward(x)
    C = quadratic(forward.output, y)
    C.backward()
    species, answer = data.classes[data.labels[hardest]], data.classes[winner(forward.output)]
    print(f"\nFlower {hardest + 1}, a {species}, is the held-out one with the largest cost: C = {number_text(C.data)}, "
          f"the network says {answer}.\nIts gradients, from the graph and from the paper's equations:\n")
    comparison = compare(forward, y, quadratic).filter(equation=(16, 21, 23, 24))
    print(comparison)
    draw(C, title=f"Backpropagation through a 4-3-3 network: flower {hardest + 1}, {species}").save(output)
    print(f"\nThe graph with its gradients is drawn in {harmless(str(output.absolute()))}")
    return 0 if comparison.ok else 1


def is_drawing(path: Path) -> bool:
    """Whether this program drew the file."""
    with suppress(OSError):
        return b'class="micrograd-paper' in path.read_bytes()[:5000]
    return False


def activations(text: str) -> list[str]:
    """relu as ["relu"], of all layers; relu,sigmoid as both: of the hidden layers, and of the output layer."""
    names = text.split(",")
    unknown = [name for name in names if name not in ACTIVATIONS]
    if unknown or len(names) > 2:
        raise argparse.ArgumentTypeError(f"expected one of {', '.join(ACTIVATIONS)}, or two such as relu,sigmoid; got "
                                         f"{as_given(text)}")
    return names


def run_train(arguments: argparse.Namespace) -> int:
    """Train a network on a data set, print the accuracy reached, and save the network."""
    given = given_files(arguments)
    if arguments.save is not None:
        check_writable(arguments.save)
        for option, file in given.items():
            if os.path.realpath(arguments.save) == os.path.realpath(file):
                what = "the data" if option == "--data" else f"the file of {option}"
                raise UsageError(f"--save {arguments.save} would overwrite {what}: choose another name for the network")
    if arguments.curves is not None:
        check_picture(arguments.curves)
        for option, file in {"--save": arguments.save, **given}.items():
            if file is not None and os.path.realpath(file) == os.path.realpath(arguments.curves):
                raise UsageError(f"--curves {arguments.curves} is the file of {option}: choose another name")
    data, test = read_data(arguments)
    print(data.contents)
    note(data, *data.doubts)
    outputs = 1 if len(data.classes) == 2 else len(data.classes)
    sizes = arguments.shape or (len(data.features), 3, outputs)
    task = Task(data, sizes, arguments.activation, arguments.seed, test)
    del data, test  # its numbers are in the task's examples: of a large file they need room
    try:
        history = task.fit(
            cost=cost_function(arguments.cost), alpha=arguments.alpha, eta=arguments.eta, epochs=arguments.epochs,
            batch_size=min(10, len(task.examples)) if arguments.batch_size is None else arguments.batch_size,
            verbose=arguments.verbose, engine="graph" if find_spec("numpy") is None else "matrix",
        )
    except Diverged as error:
        if arguments.save is not None and error.history.epochs:
            checkpoint.save(task.net, arguments.save)
            print(f"saved the network of epoch {len(error.history.epochs)} in {harmless(arguments.save)}")
        raise
    if arguments.save is not None and history.epochs:
        checkpoint.save(task.net, arguments.save)
        print(f"saved in {harmless(arguments.save)}")
    if arguments.curves is not None and history.epochs:
        history.plot(title=f"Training a network {task.net.shape_text}").save(arguments.curves)
        print(f"the curves are drawn in {harmless(arguments.curves)}")
    return 130 if history.interrupted else 0


def given_files(arguments: argparse.Namespace) -> dict[str, str]:
    """The options that name the data, with their files: --data, or the pairs of IDX_FILES. Raises UsageError."""
    names = {option: getattr(arguments, option[2:].replace("-", "_")) for option in ("--data", *IDX_FILES)}
    given = {option: name for option, name in names.items() if name is not None}
    if "--data" in given:
        if len(given) > 1:
            raise UsageError(f"--data and {list(given)[1]} are two ways to name the data: expected one of them")
        return given
    if not given:
        raise UsageError("there is nothing to train on: expected --data, or --images and --labels")
    needed = list(IDX_FILES)[: 4 if any("test" in option for option in given) else 2]
    missing = [option for option in needed if option not in given]
    if missing:
        raise UsageError(f"{missing[0]} is missing beside {', '.join(given)}")
    for option, value in (("--header", arguments.header), ("--target", arguments.target)):
        if value is not None:
            raise UsageError(f"{option} is for the columns of a CSV file; --images has none")
    return given


def read_data(arguments: argparse.Namespace) -> tuple[datasets.Dataset, datasets.Dataset | None]:
    """The data to train on, and the images to hold out if they have files of their own."""
    if arguments.data is not None:
        return datasets.load(arguments.data, arguments.seed, arguments.header, arguments.target), None
    data = datasets.idx(arguments.images, arguments.labels)
    if arguments.test_images is None:
        return data, None
    test = datasets.idx(arguments.test_images, arguments.test_labels, data.classes)
    if test.features != data.features:
        raise DataError(f"{harmless(test.name)} has images of {len(test.features)} pixels; expected "
                        f"{len(data.features)}, as {harmless(data.name)} has")
    return data, test


def run_predict(arguments: argparse.Namespace) -> int:
    """Print the class that a saved network gives each row of a CSV file; if the file has the classes, the accuracy."""
    net = checkpoint.load(arguments.network)
    if net.classes is None:
        net.classes = [str(c) for c in range(max(2, net.shape[-1]))]
    data = datasets.load_for(net, arguments.data)
    note(data, *data.doubts)
    classes = [label_text(name) for name in net.classes]
    columns = classes if net.shape[-1] > 1 else [f"{classes[1]}?"]
    header = ["row", "class", *columns, *(["given"] if data.labels else [])]
    right = 0
    for start in range(0, len(data.inputs), BLOCK):
        rows = [header]
        for i, inputs in enumerate(data.inputs[start : start + BLOCK], start):
            outputs = net.forward(net.scaling(inputs) if net.scaling else inputs).output
            if not all(math.isfinite(output.data) for output in outputs):
                raise DataError(f"{data.name}, example {i + 1}: numbers too large for the network, whose output is "
                                f"{', '.join(number_text(output.data) for output in outputs)}")
            answer = winner(outputs)
            if arguments.json:
                given_class = {"given": net.classes[data.labels[i]]} if data.labels else {}
                print(json.dumps({"row": i + 1, "class": net.classes[answer], "outputs": [a.data for a in outputs],
                                  **given_class}, ensure_ascii=False))
                continue
            rows.append([str(i + 1), classes[answer], *(fixed(output.data) for output in outputs)])
            if data.labels:
                given = data.labels[i]
                right += answer == given
                rows[-1].append(classes[given] if answer == given else f"{classes[given]}  ✗")
        if not arguments.json:
            print("\n".join(aligned(rows)[start > 0 :]))
    if data.labels and not arguments.json:
        print(f"{right} of {len(data.labels)} right: {right / len(data.labels):.1%}")
    return 0


class Task:
    """A data set, split and scaled, and a network for it. Raises UsageError for a shape that does not fit the data.

    Where there is data for the test, all of `data` is trained on, and all of the test is held out.
    """

    def __init__(
        self, data: datasets.Dataset, sizes: Sequence[int], activations: Sequence[str], seed: int,
        test: datasets.Dataset | None = None,
    ) -> None:
        if sizes[0] != len(data.features):
            raise UsageError(f"{data.name} has {len(data.features)} features; the shape {'-'.join(map(str, sizes))} "
                             f"takes {sizes[0]} inputs")
        self.seed = seed
        self.net = MLP(sizes[0], sizes[1:], [activations[0]] * (len(sizes) - 2) + [activations[-1]], seed)
        self.training, self.held_out = data.split(seed=seed) if test is None else (
            list(range(len(data.labels))), list(range(len(test.labels))))
        if not data.is_scaled:
            self.net.scaling = Scaling.of([data.inputs[i] for i in self.training])
        self.net.features, self.net.classes = data.features, data.classes
        self.examples = data.examples(self.training, sizes[-1], self.net.scaling)
        self.validation = (data if test is None else test).examples(self.held_out, sizes[-1], self.net.scaling)

    def fit(self, *, cost: Cost, alpha: float, eta: float, epochs: int, batch_size: int, verbose: bool,
            engine: str = "graph") -> History:
        """Train, with a progress bar on a terminal, and print the accuracy reached."""

        def line(epoch: Epoch) -> None:
            print(f"epoch {epoch.number}/{epochs}: cost {fixed(epoch.cost)}, {accuracies(epoch)}", file=sys.stderr)

        history = fit(
            self.net, self.examples, eta=eta, epochs=epochs, batch_size=batch_size, cost=cost, alpha=alpha,
            seed=self.seed, validation=self.validation, on_epoch=line if verbose and not sys.stderr.isatty() else None,
            engine=engine,
        )
        if history.interrupted:
            print(f"micrograd-paper: interrupted; the {len(history.epochs)} whole epochs are kept", file=sys.stderr)
        if history.epochs:
            print(f"After {len(history.epochs)} epochs: cost {fixed(history.cost[-1])}, "
                  f"{accuracies(history.epochs[-1])} "
                  f"({len(self.examples)} training, {len(self.held_out)} held-out examples)")
        return history


def accuracies(epoch: Epoch) -> str:
    text = f"training accuracy {epoch.accuracy:.1%}"
    if epoch.validation_accuracy is not None:
        text += f", held-out accuracy {epoch.validation_accuracy:.1%}"
    return text
