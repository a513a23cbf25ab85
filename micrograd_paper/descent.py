"""Gradient descent in all of the paper's forms (section 1, and 3.3 for weight decay).

    directional_derivative(f, point, v)           ∇f·v, (1)
    steepest_descent_direction(f, point)          −∇f/‖∇f‖, (2)
    minimize(f, start, eta, steps, tolerance=…)   x ← x − η ∇f(x), (3), until convergence, and the path it took
    fit(net, examples, eta=…, epochs=…, …)        batch, stochastic or mini-batch descent, (7), with weight decay (29)

A function f to minimize takes a list of Values and returns a Value:

    >>> minimize(lambda x: x[0] ** 2 + x[1] ** 2, [3.0, 4.0], eta=0.25, steps=2).points
    [[3.0, 4.0], [1.5, 2.0], [0.75, 1.0]]
"""

import contextlib
import math
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from micrograd_paper.checks import check_alpha, check_eta, check_seed, check_size, integer, one_example, real
from micrograd_paper.costs import (
    Cost, Example, cost_function, example_cost, is_of_classes, net_weights, quadratic, row_of,
)
from micrograd_paper.display import as_given, fixed, in_notebook, number_text
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import (
    Diverged, DivisionByZero, DomainError, NotANumber, NotAValue, RangeError, ShapeError, UsageError,
)
from micrograd_paper.functions import is_array
from micrograd_paper.graph import gradient
from micrograd_paper.nn import MLP, Forward, Training, winner
from micrograd_paper.plain import printable

Function = Callable[[list[Value]], Value]


def function_gradient(f: Function, point: Sequence[float]) -> tuple[float, list[float]]:
    """f and ∇f at the point."""
    inputs = [Value(x) for x in point]
    result = f(inputs)
    if not isinstance(result, Value):
        raise NotAValue(f"the function to minimize must return a Value, got {result!r}: "
                        "math.exp(x) leaves the graph, x.exp() stays in it")
    return result.data, gradient(result, inputs)


def directional_derivative(f: Function, point: Sequence[float], v: Sequence[float]) -> float:
    """∇f(point)·v, (1): the slope of f in the direction v if ‖v‖ = 1, else ‖v‖ times that slope. Raises ShapeError."""
    if len(v) != len(point):
        raise ShapeError(f"a direction at a point of {len(point)} numbers needs as many; got {len(v)}")
    result = 0.0
    for slope, v_i in zip(function_gradient(f, point)[1], v):
        result = result + slope * v_i
    return result


def steepest_descent_direction(f: Function, point: Sequence[float]) -> list[float]:
    """−∇f/‖∇f‖: the unit vector with the smallest directional derivative, (2). Raises UsageError where ∇f = 0."""
    slopes = function_gradient(f, point)[1]
    length = math.hypot(*slopes)
    if length == 0 or not math.isfinite(length):
        raise UsageError(f"∇f has length {number_text(length)} at {list(point)}: no direction is steepest there")
    return [-slope / length for slope in slopes]


class Trajectory(NamedTuple):
    """Where `minimize` went: the points, the start first, and f at each; steps + 1 of them, or fewer with a tolerance.

    converged says whether ‖∇f‖ was within the tolerance at the last point; None if there was no tolerance.
    """

    points: list[list[float]]
    costs: list[float]
    converged: bool | None = None


def minimize(
    f: Function, start: Sequence[float], eta: float, steps: int, tolerance: float | None = None
) -> Trajectory:
    """x ← x − η ∇f(x), (3), `steps` times from the start on. Too large an eta overshoots; too small an eta is slow.

    With a tolerance, "until convergence": it ends at the first point where the gradient is short, ‖∇f(x)‖ ≤ tolerance.
    (The step, η‖∇f(x)‖, is not asked: with a small eta it is short everywhere.) After `steps` steps it ends anyway, and
    converged is False. A short gradient is that of a minimum, or of any other flat place: 3.2 is about one.
    """
    eta = check_eta(eta)
    steps = check_size(steps + 1, "the number of steps plus one") - 1
    limit = None if tolerance is None else real(tolerance)
    if tolerance is not None and (limit is None or not 0 < limit < math.inf):
        raise UsageError(f"the tolerance must be a positive number; got {as_given(tolerance)}")
    points: list[list[float]] = []
    costs: list[float] = []
    x = [float(x_i) for x_i in start]
    for _ in range(steps + 1):
        cost, slopes = function_gradient(f, x)
        points.append(x)
        costs.append(cost)
        if limit is not None and math.hypot(*slopes) <= limit:
            return Trajectory(points, costs, True)
        x = [x_i - eta * slope for x_i, slope in zip(x, slopes)]
    return Trajectory(points, costs, None if limit is None else False)


class Epoch(NamedTuple):
    """One epoch of a History. Cost is the mean over the examples, with the penalty of (27); accuracy is in [0, 1]."""

    number: int
    cost: float
    accuracy: float
    validation_cost: float | None = None
    validation_accuracy: float | None = None


class History:
    """What `fit` did: the epochs, and whether Ctrl-C ended it early.

    history.cost, .accuracy, .validation_cost, .validation_accuracy are lists with one entry per epoch.
    """

    def __init__(self) -> None:
        self.epochs: list[Epoch] = []
        self.interrupted = False

    @property
    def cost(self) -> list[float]:
        return [epoch.cost for epoch in self.epochs]

    @property
    def accuracy(self) -> list[float]:
        return [epoch.accuracy for epoch in self.epochs]

    @property
    def validation_cost(self) -> list[float | None]:
        return [epoch.validation_cost for epoch in self.epochs]

    @property
    def validation_accuracy(self) -> list[float | None]:
        return [epoch.validation_accuracy for epoch in self.epochs]

    def plot(self, theme: str = "light", title: str = "Training") -> Any:
        """Cost and accuracy against epochs as a `figures.Picture`, which a notebook shows and `.save(path)` writes."""
        from micrograd_paper.figures.curves import curves

        return curves(self, theme, title)

    def _repr_svg_(self) -> str | None:
        """The curves, for a notebook; None without epochs, and where matplotlib is not installed."""
        try:
            return str(self.plot().svg) if self.epochs else None
        except UsageError:
            return None

    def __repr__(self) -> str:
        last = ""
        if self.epochs:
            last = f", cost {number_text(self.epochs[-1].cost)}, accuracy {self.epochs[-1].accuracy:.1%}"
        return printable(f"History of {len(self.epochs)} epochs{last}{', interrupted' if self.interrupted else ''}")


def fit(
    net: MLP, examples: Sequence[Example], *, eta: float, epochs: int, batch_size: int, cost: Cost | str = quadratic,
    alpha: float = 0.0, seed: int | None = None, validation: Sequence[Example] | None = None, progress: bool = True,
    on_epoch: Callable[[Epoch], object] | None = None, engine: str = "graph", executor: Any = None,
) -> History:
    """Train the network by gradient descent on the examples (x, y); its weights are changed in place.

    x are the network's inputs, y its targets: lists or NumPy arrays of numbers, or a single number for a single target.

    batch_size is the k of (7): len(examples) for batch descent (1.2), 1 for stochastic (1.3), between for mini-batch.
    Each epoch shuffles the examples, by `seed`. alpha is the weight decay of (29). With cross_entropy and sigmoid
    outputs the cost is taken from the logits. progress shows a bar if stderr is a terminal; on_epoch is called with
    each Epoch. Ctrl-C ends it after the last whole epoch. Gradients of the parameters are left at 0.

    engine="graph" calls backward() for each example: all of it can be stepped through. engine="matrix" takes the steps
    by the graph's matrix program, with NumPy: numbers equal to rounding, and no graph to look at. executor, any
    concurrent.futures.Executor, then computes shards of each mini-batch, (6): it pays only where a step takes longer
    than a message to a worker.

    Raises UsageError, ShapeError or NotANumber for invalid arguments, before anything is changed, and Diverged when a
    cost or a weight becomes nan or infinite: the network then holds the weights of the last good epoch, or its original
    ones. net.training says how it was trained, once an epoch is complete.
    """
    eta, alpha, seed = check_eta(eta), check_alpha(alpha), check_seed(seed)
    cost = cost_function(cost)
    check_cost(net, cost)
    check_engine(engine, executor)
    as_arrays = engine == "matrix"
    examples = checked_examples(net, examples, cost, "example", as_arrays)
    validation = checked_examples(net, [] if validation is None else validation, cost, "validation example", as_arrays)
    epochs, batch_size = check_training(examples, epochs, batch_size)
    if on_epoch is not None and not callable(on_epoch):
        raise UsageError(f"on_epoch is a function of an Epoch; got {as_given(on_epoch)}")
    method: Any = (MatrixDescent(net, examples, validation, eta, cost, alpha, batch_size, executor)
                   if engine == "matrix" else GraphDescent(net, examples, validation, eta, cost, alpha))
    rng = random.Random(seed)
    order = list(range(len(examples)))
    history = History()
    started = time.monotonic()
    kept = 0, [p.data for p in net.parameters()]  # how many epochs, and the weights after them: set in one assignment
    with progress_bar(epochs, progress and (sys.stderr.isatty() or in_notebook())) as advance:
        try:
            for number in range(1, epochs + 1):
                rng.shuffle(order)
                for start in range(0, len(order), batch_size):
                    method.step(order[start : start + batch_size], number)
                epoch = Epoch(number, *method.evaluate(number))
                history.epochs.append(epoch)
                kept = number, method.numbers()
                if number == 1 and engine == "graph":
                    advise((time.monotonic() - started) * epochs)
                advance(epoch)
                if on_epoch is not None:
                    on_epoch(epoch)
        except KeyboardInterrupt:
            history.interrupted = True
        except Diverged as error:
            error.history = history
            raise
        finally:
            whole, weights = kept
            del history.epochs[whole:]
            for parameter, data in zip(net.parameters(), weights):
                parameter.data = data
            net.zero_grad()
            if whole:
                row = row_of(cost)
                net.training = Training(cost if row is None else row.name, alpha, len(examples), eta, whole, batch_size,
                                        seed)
    return history


class GraphDescent:
    """How fit(engine="graph") takes a step and evaluates: a graph, and a backward pass, for each example."""

    def __init__(self, net: MLP, examples: Sequence[Example], validation: Sequence[Example], eta: float, cost: Cost,
                 alpha: float) -> None:
        self.net, self.examples, self.validation = net, examples, validation
        self.eta, self.cost, self.alpha = eta, cost, alpha

    def step(self, which: Sequence[int], epoch: int) -> None:
        descend(self.net, [(i + 1, *self.examples[i]) for i in which], self.eta, self.cost, self.alpha,
                len(self.examples), epoch)

    def evaluate(self, epoch: int) -> tuple[float, ...]:
        """Cost and accuracy, and those of the validation examples."""
        found: list[float] = []
        for what, examples in (("example", self.examples), ("validation example", self.validation)):
            if examples:
                found += evaluate(self.net, examples, self.cost, self.alpha, epoch, len(self.examples), what)
        return tuple(found)

    def numbers(self) -> list[Any]:
        """The weights and biases, in the order of net.parameters()."""
        return [p.data for p in self.net.parameters()]


class MatrixDescent(GraphDescent):
    """The same by the matrix program of the graph. With functions of the user's own, checked against the graph."""

    def __init__(self, net: MLP, examples: Sequence[Example], validation: Sequence[Example], eta: float, cost: Cost,
                 alpha: float, batch_size: int, executor: Any) -> None:
        super().__init__(net, examples, validation, eta, cost, alpha)
        try:
            from micrograd_paper.matrix.training import Trainer, numpy_arrays
        except ImportError as error:
            raise UsageError('engine="matrix" runs on NumPy: pip install "micrograd_paper[matrix]"') from error
        self.executor, self.batch_size = executor, batch_size
        own = [f for f in (*dict.fromkeys(net.activations), cost) if callable(f) and not (f is cost and row_of(cost))]
        what = " or ".join([getattr(f, "__name__", "a function") for f in own]) or "a function"
        self.trainer = Trainer(net, examples, lambda forward, y: example_cost(forward, y, cost), what)
        self.held_out = numpy_arrays(validation) if validation else None
        if own and not self.trainer.agrees(range(min(batch_size, len(examples))), self.graph_gradient):
            raise UsageError(f'engine="matrix": the gradients of the matrix program are not those of the graph: is '
                             f"there an `if` on a Value's data in {what}?")

    def graph_gradient(self, i: int) -> list[float]:
        forward = self.net.forward(self.examples[i][0])
        return gradient(example_cost(forward, self.examples[i][1], self.cost), self.net.parameters())

    def step(self, which: Sequence[int], epoch: int) -> None:
        if self.executor is None:
            self.trainer.descend(which, self.eta, self.alpha, len(self.examples))
        else:
            self.trainer.descend_on(self.executor, which, self.eta, self.alpha, len(self.examples))

    def evaluate(self, epoch: int) -> tuple[float, ...]:
        found: list[float] = []
        for what, arrays in (("example", ()), ("validation example", self.held_out)):
            if arrays is not None:
                cost, accuracy = self.trainer.evaluate(*arrays)
                cost += self.trainer.penalty(self.alpha, len(self.examples)) if self.alpha else 0.0
                if not math.isfinite(cost):
                    raise Diverged(f"epoch {epoch}: the cost over every {what} is {cost}; {ADVICE}")
                found += [cost, accuracy]
        return tuple(found)

    def numbers(self) -> list[Any]:
        return self.trainer.theta.tolist()  # type: ignore[no-any-return]


def check_engine(engine: Any, executor: Any) -> None:
    """Raise UsageError for an engine that is unknown, and an executor that is none or has no use."""
    if engine not in ("graph", "matrix"):
        raise UsageError(f'engine is "graph" or "matrix"; got {as_given(engine)}')
    if executor is not None and (engine == "graph" or not callable(getattr(executor, "submit", None))):
        raise UsageError('executor is a concurrent.futures.Executor, with engine="matrix"; '
                         f"got {as_given(executor)} with engine={engine!r}")


def advise(seconds: float) -> None:
    """Warn, once a run, of one that takes long."""
    if seconds > LONG:
        warnings.warn(f"this takes about {seconds / 60:.0f} minutes with a graph for each example; engine=\"matrix\" "
                      "computes the same for whole mini-batches at once, with NumPy", stacklevel=3)


LONG = 120  # seconds


def descend(
    net: MLP, batch: Sequence[tuple[int, Sequence[Any], Sequence[Any]]], eta: float, cost: Cost, alpha: float, m: int,
    epoch: int = 1,
) -> None:
    """One step of descent on a mini-batch of (number, x, y): (7) for the biases, as (28); (29) for the weights.

    m is the number of training examples: w ← (1 − ηα/m) w − (η/k) Σ ∂Cₓ/∂w, with the gradient at the old w.
    """
    net.zero_grad()
    for i, x, y in batch:
        checked_cost(net, x, y, cost, i, epoch)[1].backward()
    k = len(batch)
    for w in net_weights(net):
        w.data = (1 - eta * alpha / m) * w.data - eta / k * w.grad
    for biases in net.biases.values():
        for b in biases:
            b.data = b.data - eta / k * b.grad
    for parameter in net.parameters():
        if not math.isfinite(parameter.data):
            raise Diverged(f"epoch {epoch}: {parameter.label} became {parameter.data}; {ADVICE}")


ADVICE = "a smaller learning rate eta may help"


def checked_cost(
    net: MLP, x: Sequence[Any], y: Sequence[Any], cost: Cost | str, i: int, epoch: int, what: str = "example"
) -> tuple[Forward, Value]:
    """The graph of example i and its finite cost; else raises Diverged and names the first node that went wrong."""
    try:
        forward = net.forward(x, i)
        node = example_cost(forward, y, cost)
    except (DomainError, DivisionByZero, RangeError) as error:
        raise Diverged(f"epoch {epoch}, {what} {i}: {error}; {ADVICE}") from error
    if math.isfinite(node.data):
        return forward, node
    first = next(node for node in topological_order(node) if not math.isfinite(node.data))
    raise Diverged(f"epoch {epoch}, {what} {i}: the cost is {node.data}; the first node that went wrong is "
                   f"{first.label or first.op} = {first.data}; {ADVICE}")


def evaluate(
    net: MLP, examples: Sequence[Example], cost: Cost | str = quadratic, alpha: float = 0.0, epoch: int = 1,
    m: int | None = None, what: str = "example",
) -> tuple[float, float]:
    """The mean cost over the examples, (4), (25), (27), and the accuracy: the share classified correctly.

    Raises Diverged if the cost is not finite.
    """
    total = 0.0
    right = 0
    for i, (x, y) in enumerate(examples, start=1):
        forward, node = checked_cost(net, x, y, cost, i, epoch, what)
        total = total + node.data
        right += winner(forward.output) == winner(y)
    mean = total / len(examples)
    if alpha:
        squares = 0.0
        for w in net_weights(net):
            squares = squares + w.data * w.data
        mean = mean + alpha / (2 * (m or len(examples))) * squares
    if not math.isfinite(mean):
        raise Diverged(f"epoch {epoch}: the cost over every {what} is {mean}; {ADVICE}")
    return mean, right / len(examples)


@contextlib.contextmanager
def progress_bar(epochs: int, visible: bool) -> Iterator[Callable[[Epoch], object]]:
    """A progress bar on stderr, in a notebook a line, with cost and accuracy; it yields a function to call with each
    Epoch."""
    if not visible:
        yield lambda epoch: None
        return
    if in_notebook():
        display = import_module("IPython.display").display
        line = display({"text/plain": "epoch 1 …"}, raw=True, display_id=True)
        yield lambda epoch: line.update({"text/plain": f"epoch {epoch.number} of {epochs} · cost {fixed(epoch.cost)} · "
                                                       f"accuracy {epoch.accuracy:.1%}"}, raw=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("epoch"), MofNCompleteColumn(), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=epochs)
        yield lambda epoch: progress.update(
            task, completed=epoch.number, description=f"cost {fixed(epoch.cost)} · accuracy {epoch.accuracy:.1%}"
        )


def check_training(examples: Sequence[Example], epochs: Any, batch_size: Any) -> tuple[int, int]:
    """The numbers as ints. Raises UsageError for those that `fit` cannot work with."""
    if not examples:
        raise UsageError("training needs at least one example; got none")
    size = integer(batch_size)
    if size is None or not 1 <= size <= len(examples):
        raise UsageError(f"batch_size must be an integer from 1 to the {len(examples)} examples; "
                         f"got {as_given(batch_size)}")
    return check_size(epochs, "the number of epochs"), size


def check_cost(net: MLP, cost: Cost) -> None:
    """Raise for anything but an MLP, and for the cross-entropy after a named activation that is not the sigmoid."""
    if not isinstance(net, MLP):
        raise NotAValue(f"fit trains an MLP; got {type(net).__name__}")
    last = net.activations[-1]
    if is_of_classes(cost) and last != "sigmoid" and isinstance(last, str):
        names = [*net.activations[:-1], "sigmoid"]
        raise UsageError(f"the cross-entropy (25) takes outputs in (0, 1); the output layer is {last}, not sigmoid: "
                         f"write activation={names}, or --activation {names[0]},sigmoid")


def checked_examples(
    net: MLP, examples: Iterable[Any], cost: Cost, what: str, as_arrays: bool = False
) -> list[tuple[list[float], list[float]]]:
    """The examples as pairs of lists of finite floats, as long as the network's inputs and outputs; with `as_arrays`,
    a NumPy array of floats stays one.

    Raises ShapeError, UsageError or NotANumber, with the number of the example, what was expected and what was given.
    """
    if not isinstance(examples, Iterable):
        raise UsageError(f"expected {what}s (x, y); got {examples!r}")
    checked = []
    for i, example in enumerate(examples, start=1):
        if not isinstance(example, Sequence) or len(example) != 2:
            raise ShapeError(f"{what} {i} must be a pair (x, y); got {as_given(example)}; of two arrays X and Y: "
                             "list(zip(X, Y))")
        x = finite_floats(example[0], net.shape[0], f"{what} {i}", "inputs x", net, as_arrays)
        y = finite_floats(example[1], net.shape[-1], f"{what} {i}", "targets y", net, as_arrays)
        if is_of_classes(cost) and not (min(y) >= 0 and max(y) <= 1):
            raise UsageError(f"{what} {i}: the cross-entropy (25) takes targets in [0, 1]; got y = "
                             f"{[*map(float, y)]}")
        checked.append(example if type(example) is tuple and x is example[0] and y is example[1] else (x, y))
    return checked


def finite_floats(given: Any, n: int, which: str, name: str, net: MLP, as_array: bool = False) -> list[float]:
    """n finite floats; a list of them is given back itself, as copies of a large table would need room."""
    if type(given) is list and len(given) == n and {*map(type, given)} == {float} and math.isfinite(sum(given)):
        return given  # a sum with nan or an infinity in it is not finite
    if (as_array and is_array(given) and type(given).__name__ == "ndarray" and given.shape == (n,)
            and given.dtype == float and -math.inf < given.min() and given.max() < math.inf):
        return given  # type: ignore[no-any-return]
    numbers = one_example(given, n, f"{which}: {name[-1]}")
    if len(numbers) != n:
        raise ShapeError(f"{which} has {len(numbers)} {name}; the network {net.shape_text} needs {n}")
    for k, number in enumerate(numbers, start=1):
        plain = real(number)
        if plain is None:
            raise NotANumber(f"{which}: {name[-1]}{k} must be a number; got {as_given(number)}")
        if not math.isfinite(plain):
            raise UsageError(f"{which}: {name[-1]}{k} must be finite; got {as_given(number)}")
        numbers[k - 1] = plain
    return numbers
