"""Training by the matrix program: what `fit(engine="matrix")` does in place of a backward pass for each example.

    trainer = Trainer(net, examples, trace, …)  traces the cost of an example, and compiles it
    trainer.descend(order[:10], eta, alpha)     one step on these examples, (7) and (29)
    trainer.write()                             the weights back into the network
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from micrograd_paper.display import as_given
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.matrix.program import MatrixProgram, vectorize
from micrograd_paper.nn import MLP, Forward
from micrograd_paper.notation import Symbol

Trace = Callable[[Forward, Any], Value]  # the cost of an example that was run forward, and its targets
TRACED = 3  # examples


class Trainer:
    """A network's matrix program, its weights and its examples as arrays.

    Raises UsageError if a user-defined cost or activation makes different graphs of different examples.
    """

    def __init__(self, net: MLP, examples: Sequence[tuple[Any, Any]], trace: Trace, what: str) -> None:
        self.net = net
        self.X = np.array([x for x, _ in examples], float)
        self.Y = np.array([y for _, y in examples], float)
        self.program = traced(net, examples, trace, what)
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

    def descend_on(self, executor: Executor, shards: int, which: Sequence[int], eta: float, alpha: float,
                   m: int) -> None:
        """The same step, with the gradient of each shard of the batch computed by the executor, (6).

        The program goes to workers that do not have it yet, numbers after that. If one fails its error is raised, and
        the weights are as before.
        """
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

    def write(self) -> None:
        """Put the weights into the network."""
        for parameter, number in zip(self.net.parameters(), self.theta.tolist()):
            parameter.data = number

    def costs(self, X: Any, Y: Any) -> Any:
        """The mean cost over these examples."""
        return self.program.value_and_grad(self.theta, (X, Y))[0]


def traced(net: MLP, examples: Sequence[tuple[Any, Any]], trace: Trace, what: str) -> MatrixProgram:
    """The program of the cost of an example. Raises UsageError unless several examples have the same graph."""
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
    return program


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
