"""What a step of descent costs against the number of weights, drawn; and when shards on other processes pay, a table.

    python -m tests.benchmarks.sizes --plot sizes.svg         pip install ".[bench,plots]"
    python -m tests.benchmarks.sizes --workers
    python -m tests.benchmarks.sizes --pictures               60,000 made-up pictures, 3 epochs, with Nielsen's loop
"""

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.benchmarks.training import (
    ETA, Case, by_casadi, by_micrograd, by_torch, casadi, in_place, medians, micrograd, per_example, plain, torch,
)
import numpy as np

from micrograd_paper import MLP, fit, quadratic
from micrograd_paper.costs import example_cost
from micrograd_paper.figures.picture import drawn, finished
from micrograd_paper.matrix.training import Trainer

EDGES = (8, 16, 32, 64, 128, 256)  # n-n/2-n has n² weights
BATCH = 10


def costs() -> dict[str, list[float]]:
    """Seconds of a step for each size, by who takes it."""
    makers: list[tuple[str, Any, Any]] = [
        ("matrix program", in_place, True), ("NumPy by hand", plain, True), ("PyTorch", by_torch, torch),
        ("CasADi SX", by_casadi, casadi), ("micrograd", by_micrograd, micrograd),
    ]
    found: dict[str, list[float]] = {name: [] for name, _, module in makers if module}
    for n in EDGES:
        case = Case((n, n // 2, n), BATCH)
        works = {name: make(case) for name, make, module in makers if module and name in found}
        slow = {name: works.pop(name) for name in ("CasADi SX", "micrograd") if name in works}
        times = {**medians(works, 1.5), **{name: medians({name: work}, 0.5)[name] for name, work in slow.items()}}
        print(f"{n * n:6,} weights: " + ", ".join(f"{name} {t * 1e6:,.0f} µs" for name, t in times.items()))
        for name, t in times.items():
            found[name].append(t)
    return found


def plotted(path: str) -> None:
    found = costs()
    with drawn("light", 720, 460) as (plot, look):
        axes = plot.subplots()
        colours = (look.accent, look.curve, look.other, look.faint, look.good)
        for (name, times), colour in zip(found.items(), colours):
            weights = [n * n for n in EDGES]
            axes.loglog(weights, [t * 1e6 for t in times], color=colour, marker="o", markersize=4)
            below = 12 if name == "matrix program" else 4
            axes.annotate(name, (weights[-1], times[-1] * 1e6), xytext=(8, -below), textcoords="offset points",
                          color=colour, fontsize=12)
        axes.set_xlabel("weights")
        axes.set_ylabel("µs a step")
        axes.set_xlim(right=65_536 * 9)
        axes.set_xticks([n * n for n in EDGES], [f"{n * n:,}" for n in EDGES])
        axes.minorticks_off()
        picture = finished(plot, look, "One step of descent on 10 examples",
                           "Sigmoid networks n-n/2-n, one thread: the graph's program stays beside NumPy by hand.")
    picture.save(path)


def of_a_batch(k: int) -> dict[str, float]:
    """Seconds of a step on a batch, in this process, and with its shards on a pool of so many processes."""
    rng = np.random.default_rng(1)
    trainer = Trainer(MLP(784, [30, 10], seed=1), list(zip(rng.random((k, 784)), rng.random((k, 10)))),
                      lambda forward, y: example_cost(forward, y, quadratic), "")
    with ProcessPoolExecutor(1) as one, ProcessPoolExecutor(2) as two:
        return medians({"this process": lambda: trainer.descend(range(k), ETA, 0.0, k),
                        "1 other": lambda: trainer.descend_on(one, range(k), ETA, 0.0, k),
                        "2 others": lambda: trainer.descend_on(two, range(k), ETA, 0.0, k)}, 3.0)


def workers() -> None:
    print("784-30-10\n\n| mini-batch | this process, µs | 1 other, µs | 2 others, µs |\n|" + " --- |" * 4)
    for k in (10, 100, 1_000, 10_000):
        print(f"| {k:,} | " + " | ".join(f"{t * 1e6:,.0f}" for t in of_a_batch(k).values()) + " |")


def pictures() -> None:
    """60,000 × 784 made-up numbers, 784-30-10, 3 epochs of mini-batches of 10."""
    rng = np.random.default_rng(1)
    X, Y = rng.random((60_000, 784)), np.eye(10)[rng.integers(0, 10, 60_000)]
    net = MLP(784, [30, 10], seed=1)
    start = time.perf_counter()
    fit(net, list(zip(X, Y)), eta=ETA, epochs=3, batch_size=10, seed=1, engine="matrix")
    ours = time.perf_counter() - start
    print(f'fit(engine="matrix"): {ours:.2f} s, at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} '
          "GB in the process, of which the data 0.38")
    case = Case((784, 30, 10), 10)
    step = per_example(case)
    order = rng.permutation(60_000)
    start = time.perf_counter()
    for _ in range(3):
        rng.shuffle(order)
        for first in range(0, 60_000, 10):
            which = order[first : first + 10]
            case.X, case.Y = X[which], Y[which]
            step()
    theirs = time.perf_counter() - start
    print(f"per example, in Nielsen's manner, without an evaluation: {theirs:.2f} s: {theirs / ours:.1f} times")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plot", metavar="FILE")
    parser.add_argument("--workers", action="store_true")
    parser.add_argument("--pictures", action="store_true")
    arguments = parser.parse_args()
    if arguments.plot:
        plotted(arguments.plot)
    if arguments.workers:
        workers()
    if arguments.pictures:
        pictures()


if __name__ == "__main__":
    main()
