"""Training by the matrix program: what `fit(engine="matrix")` does in place of a backward pass for each example.

    trainer = Trainer(net, examples, trace, …)  traces the cost of an example, and compiles it
    trainer.descend(order[:10], eta, alpha, m)  one step on these examples, (7) and (29)
    trainer.evaluate()                          the cost and the accuracy over all
    trainer.theta                               the weights and biases
"""

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from micrograd_paper.display import as_given
from micrograd_paper.engine import Value, apply, topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.matrix.program import MatrixProgram
from micrograd_paper.matrix.vectorize import vectorize
from micrograd_paper.nn import MLP, Forward
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import Op, total, total_partials
from micrograd_paper.reading.variables import Variables, seen_as

Trace = Callable[[Forward, Any], Value]  # the cost of an example that was run forward, and its targets
TRACED = 3  # examples
TOGETHER = 1_000  # examples that are evaluated together
OUTPUTS = Op("outputs", "a", total, total_partials)  # a root above all outputs, which keeps each as a node


class Trainer:
    """A network's matrix program, its weights and its examples as arrays.

    Raises UsageError if a user-defined cost or activation makes different graphs of different examples.
    """

    def __init__(self, net: MLP, examples: Sequence[tuple[Any, Any]], trace: Trace, what: str) -> None:
        self.net = net
        self.X, self.Y = numpy_arrays(examples)
        with seen_as(Variables({})):  # a network's Values have labels
            self.program, output = traced(net, examples, trace, what)
            self.trace_outputs(output)
        self.theta = self.program.memory  # the program updates it in place
        self.theta[:] = self.program.theta
        weights = {w for rows in net.weights.values() for row in rows for w in row}
        self.is_weight = np.array([p in weights for p in net.parameters()])

    def descend(self, which: Sequence[int], eta: float, alpha: float, m: int) -> None:
        """θ ← θ − η/k Σ ∂Cₓ/∂θ, (7); the weights by (29), with the gradient at the old ones."""
        batch = (self.X[which], self.Y[which])
        decay = np.where(self.is_weight, 1 - eta * alpha / m, 1.0) if alpha else None
        with np.errstate(all="ignore"):
            self.program.bound(len(which)).step(batch, eta, decay)

    def descend_on(self, executor: Executor, which: Sequence[int], eta: float, alpha: float, m: int) -> None:
        """The same step, with the gradient of each shard of the batch computed by the executor, (6).

        The program goes to workers that do not have it yet, numbers after that. If one fails its error is raised, and
        the weights are as before.
        """
        shards = getattr(executor, "_max_workers", None) or os.cpu_count() or 1
        key, text = self.program.key, self.program.source
        parts = [part for part in np.array_split(np.array(which), shards) if len(part)]
        futures = [executor.submit(shard_gradient, key, None, self.theta, self.X[part], self.Y[part]) for part in parts]
        gradient = np.zeros(len(self.theta))
        for part, future in zip(parts, futures):
            found = future.result()
            if found is None:
                found = executor.submit(shard_gradient, key, text, self.theta, self.X[part], self.Y[part]).result()
            gradient += found
        if alpha:
            self.theta *= np.where(self.is_weight, 1 - eta * alpha / m, 1.0)
        self.theta -= eta / len(which) * gradient

    def evaluate(self, X: Any = None, Y: Any = None) -> tuple[float, float]:
        """The mean cost over the examples, those of the training if none are given, and the accuracy."""
        X, Y = (self.X, self.Y) if X is None else (X, Y)
        total, right = 0.0, 0
        for start in range(0, len(X), TOGETHER):
            x, y = X[start : start + TOGETHER], Y[start : start + TOGETHER]
            with np.errstate(all="ignore"):
                total += self.program.bound(len(x)).value(self.theta, [x, y]) * len(x)
                outputs = self.outputs.bound(len(x))
                if self.outputs is not self.program:
                    outputs.value(self.theta, [x])
            a = outputs.V[self.output_rows].T
            is_right = (a[:, 0] > 0.5) == (y[:, 0] > 0.5) if a.shape[1] == 1 else a.argmax(axis=1) == y.argmax(axis=1)
            right += int(is_right.sum())
        return total / len(X), right / len(X)

    def penalty(self, alpha: float, m: int) -> float:
        """α/2m Σ w², (27)."""
        return alpha / (2 * m) * float((self.theta[self.is_weight] ** 2).sum())

    def trace_outputs(self, output: Sequence[Value]) -> None:
        """The program that computes the outputs, and where: that of the cost, unless it takes them from the logits."""
        self.outputs = self.program
        if not all(self.program.has(a) for a in output):
            forward = self.net.forward([0.5] * self.net.shape[0])
            output = forward.output
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.outputs = vectorize(apply(OUTPUTS, *output), [forward.x], self.net.parameters())
        self.output_rows = [int(self.outputs.builder.row[self.outputs.graph.place[a]]) for a in output]

    def agrees(self, which: Sequence[int], gradient: Callable[[int], Sequence[float]]) -> bool:
        """Whether the gradient of these examples is the mean of what the graph of each gives, to 9 digits."""
        found = self.program.value_and_grad(self.theta, (self.X[which], self.Y[which]))[1]
        expected = np.mean([gradient(i) for i in which], axis=0)
        return bool(abs(found - expected).max() <= 1e-9 * max(abs(expected).max(), 1e-30))


def numpy_arrays(examples: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    """The inputs and the targets, a row for each example."""
    return np.array([x for x, _ in examples], float), np.array([y for _, y in examples], float)


def traced(
    net: MLP, examples: Sequence[tuple[Any, Any]], trace: Trace, what: str
) -> tuple[MatrixProgram, list[Value]]:
    """The program of the cost of an example, and the outputs of its graph.

    Raises UsageError unless several examples have the same graph.
    """
    roots = []
    step = max(1, len(examples) // TRACED)
    for i, (x, y) in enumerate(examples[::step][:TRACED] or examples[:1]):
        targets = [Value(y_j, Symbol("y", None, (j,))) for j, y_j in enumerate(y, start=1)]
        forward = net.forward(x)
        root = trace(forward, targets)
        roots.append((structure(root, forward, targets, net), root, forward, targets))
        if roots[-1][0] != roots[0][0]:
            raise UsageError(f"engine=\"matrix\" takes costs and activations with one graph for all examples; that of "
                             f"example {i * step + 1} has other operations or constants than that of example 1: is "
                             f"there an `if` on a Value's data in {what}?")
    _, root, forward, targets = roots[0]
    used = set(topological_order(root))
    if not used.issuperset(targets):
        raise UsageError("engine=\"matrix\" takes a cost that uses every target as a Value; "
                         f"{as_given(root.label)} does not depend on all of them")
    program = vectorize(root, [forward.x, targets], net.parameters())
    if program.known is not None:
        raise UsageError("engine=\"matrix\" trains networks whose cost depends on all of their parameters; this one "
                         f"does not depend on {len(program.parameters) - len(program.known)}")
    return program, forward.output


def structure(root: Value, forward: Forward, targets: Sequence[Value], net: MLP) -> list[Any]:
    """The graph without the numbers of inputs and parameters: operations, which operands, constants."""
    place: dict[Value, int] = {leaf: -1 - i for i, leaf in enumerate((*forward.x, *targets, *net.parameters()))}
    found: list[Any] = []
    for node in topological_order(root):
        if node in place:
            continue
        place[node] = len(found)
        found.append((node.op, *[place[x] for x in node.operands]) if node.op else node.data)
    return found


programs: dict[str, Any] = {}  # of a worker


def shard_gradient(key: str, text: str | None, theta: Any, X: Any, Y: Any) -> Any:
    """Σ ∂Cₓ/∂θ over a shard, in a worker; None if it does not have the program and is not given its text."""
    if key not in programs:
        if text is None:
            return None
        namespace: dict[str, Any] = {}
        exec(text, namespace)
        programs[key] = namespace["cost_and_gradient"]
    with np.errstate(all="ignore"):
        return programs[key](theta, X, Y)[1] * len(X)
