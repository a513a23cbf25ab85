"""The engine's speed, size and import time, beside the classic `micrograd` and a lean engine in the same run.

    python -m pip install ".[bench]" && python -m tests.benchmarks.engine

Seconds depend on the machine and on who else uses it, so what counts is a ratio: both engines take turns, block by
block, and the figure is the median of the blocks' ratios. Only the import has its target in milliseconds.

The lean engine of `lean.py` is the harder peer: it keeps nothing but data, gradient, operands and partials. `gpt.py` is
the program that both run. A figure beside it is ours divided by its own, with the least and the most of all turns.
"""

import copy
import gc
import itertools
import os
import pickle
import platform
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from micrograd_paper.engine import Value
from micrograd_paper.nn import MLP
from tests.benchmarks import lean
from tests.benchmarks.gpt import GPT, NAMES

try:
    import micrograd.engine
    import micrograd.nn
except ImportError:
    sys.exit('This benchmark measures against micrograd, which is not installed: python -m pip install ".[bench]"')

BLOCKS = 5
TURNS = 11
SHORT, LONG = 100_000, 1_000_000
Row = tuple[str, str, str, bool]


def demo_data() -> tuple[list[list[float]], list[int]]:
    """100 points of two classes, -1 and 1, in the place of the notebook's moons."""
    rng = random.Random(1337)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(100)]
    return points, [1 if x * x + y > 0.2 else -1 for x, y in points]


def train(model: Any, value: Callable[[float], Any], steps: int) -> None:
    """The steps of micrograd's demo notebook: hinge loss and L2 over all points, backward, descent."""
    points, classes = demo_data()
    for k in range(steps):
        inputs = [list(map(value, point)) for point in points]
        scores = list(map(model, inputs))
        losses = [(1 + -y * score).relu() for y, score in zip(classes, scores)]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= (0.1 - 0.09 * k / steps) * p.grad


def seconds(work: Callable[[], Any]) -> float:
    """How long the work takes, from a clean heap, with the garbage collector as Python sets it."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def demo() -> list[Row]:
    """Forward and backward of the 2-16-16-1 network, the three engines block by block in turn."""
    random.seed(1337)
    classic = micrograd.nn.MLP(2, [16, 16, 1])
    activations = ["relu", "relu", "linear"]
    default = MLP(2, [16, 16, 1], activations, seed=1337)
    atomic = MLP(2, [16, 16, 1], activations, seed=1337, atomic=True)
    models: list[tuple[Any, Callable[[float], Any], int]] = [
        (classic, micrograd.engine.Value, 3), (default, Value, 25), (atomic, Value, 5),
    ]
    for model, value, _ in models:
        train(model, value, 1)
    times = []
    for block in range(BLOCKS):
        times.append([seconds(lambda m=m, v=v, n=n: train(m, v, n)) / n for m, v, n in models])  # type: ignore[misc]
        print(f"  demo, block {block + 1} of {BLOCKS}: "
              + ", ".join(f"{name} {t * 1e3:.1f} ms a step"
                          for name, t in zip(("micrograd", "default", "atomic"), times[-1])))
    by_default = median(theirs / ours for theirs, ours, _ in times)
    by_atomic = median(theirs / ours for theirs, _, ours in times)
    return [
        ("demo, default network: times faster than micrograd", f"{by_default:.1f}", "≥ 25", by_default >= 25),
        ("demo, atomic=True: times faster than micrograd", f"{by_atomic:.1f}", "≥ 4", by_atomic >= 4),
    ]


def chain(length: int) -> Value:
    one = node = Value(1.0)
    for _ in range(length):
        node = node + one
    return node


STAGES = ("build", "backward", "deepcopy", "pickle", "unpickle", "free")


def life(length: int) -> list[float]:
    """Microseconds a node for each stage in the life of a chain of additions."""
    clock, marks = time.perf_counter, []
    gc.collect()
    marks.append(clock())
    root = chain(length)
    marks.append(clock())
    root.backward()
    marks.append(clock())
    twin = copy.deepcopy(root)
    marks.append(clock())
    pickled = pickle.dumps(root)
    marks.append(clock())
    again = pickle.loads(pickled)
    marks.append(clock())
    assert root.data == twin.data == again.data == length + 1 and repr(root)
    del twin, again
    start = clock()
    del root
    freed = clock() - start
    return [(later - earlier) / length * 1e6 for earlier, later in itertools.pairwise(marks)] + [freed / length * 1e6]


def chains(collector: bool, target: float) -> list[Row]:
    """How the time of a chain grows from 100,000 to 1,000,000 nodes."""
    (gc.enable if collector else gc.disable)()
    word = "on" if collector else "off"
    runs = []
    for _ in range(3):
        short = [median(stage) for stage in zip(*[life(SHORT) for _ in range(3)])]
        runs.append((short, life(LONG)))
    gc.enable()
    short, long = ([median(stage) for stage in zip(*lives)] for lives in zip(*runs))
    print(f"  chain, collector {word}, µs a node     " + "".join(f"{stage:>10}" for stage in STAGES) + "     total")
    for length, stages in ((SHORT, short), (LONG, long)):
        print(f"    {length:>9,} nodes" + " " * 18 + "".join(f"{t:10.2f}" for t in stages) + f"{sum(stages):10.2f}")
    growth = LONG / SHORT * median(sum(b) / sum(a) for a, b in runs)
    figure = f"chain, collector {word}: time of 10 times the nodes"
    return [(figure, f"{growth:.1f}", f"≤ {target:g}", growth <= target)]


def memory() -> list[Row]:
    """Bytes a node after backward. The data are all different floats, as in a network."""
    tracemalloc.start()
    root = chain(LONG)
    root.backward(0.1)
    bytes_a_node = tracemalloc.get_traced_memory()[0] / LONG
    tracemalloc.stop()
    return [("chain of 1,000,000: bytes a node after backward", f"{bytes_a_node:.0f}", "≤ 400", bytes_a_node <= 400)]


def polynomials(value: Callable[[float], Any]) -> None:
    """The sum of 100 polynomials of degree 100 by Horner's rule, 20,100 operations, forward and backward; 5 times."""
    for _ in range(5):
        x, result = value(0.5), value(0.0)
        coefficients = [value(1 / (k + 1)) for k in range(100)]
        for leading in coefficients:
            polynomial = leading
            for coefficient in coefficients:
                polynomial = polynomial * x + coefficient
            result = result + polynomial
        result.backward()


def training(model: GPT) -> None:
    """3 steps on names that fill the 8 positions."""
    for name in [name for name in NAMES if len(name) >= 7][:3]:
        model.step(name)


def clocked(work: Callable[[Any], Any], subject: Any) -> tuple[float, float]:
    """Processor seconds of the work, from a clean heap, and of the work together with collecting what it left."""
    gc.collect()
    start = time.process_time()
    work(subject)
    end = time.process_time()
    gc.collect()
    return end - start, time.process_time() - start


def in_turns(name: str, work: Callable[[Any], Any], ours: Any, peer: Any) -> tuple[list[float], list[float]]:
    """ours/lean for each turn, without and with collecting what was left; who begins changes from turn to turn."""
    times = []
    for turn in range(TURNS):
        if turn % 2:
            by_lean, by_ours = clocked(work, peer), clocked(work, ours)
        else:
            by_ours, by_lean = clocked(work, ours), clocked(work, peer)
        times.append((*by_ours, *by_lean))
    work_ours, all_ours, work_lean, all_lean = (f"{median(column) * 1e3:.0f}" for column in zip(*times))
    print(f"  {name + ', ms a turn':<34}ours {work_ours}, lean {work_lean};"
          f" with collecting what is left, ours {all_ours}, lean {all_lean}")
    return [o / p for o, _, p, _ in times], [o / p for _, o, _, p in times]


def beside(figure: str, ratios: Sequence[float], target: float) -> Row:
    middle = median(ratios)
    return figure, f"{middle:.2f} ({min(ratios):.2f}–{max(ratios):.2f})", f"≤ {target:g}", middle <= target


def beside_lean() -> list[Row]:
    """+ and × alone, and the training step of a small GPT. What the lean engine leaves, only the collector frees."""
    ours, peer = GPT(Value), GPT(lean.Value)
    arithmetic, _ = in_turns("+ and ×", polynomials, Value, lean.Value)
    steps, _ = in_turns("GPT, collector on", training, ours, peer)
    gc.disable()
    paused, collected = in_turns("GPT, collector paused", lambda model: model.step("benjamin"), ours, peer)
    gc.enable()
    return [
        beside("+ and × alone, collector on: time / lean's", arithmetic, 1.3),
        beside("GPT step, collector on: time / lean's", steps, 1.25),
        beside("GPT step, collector paused: time / lean's", paused, 1.5),
        beside("GPT step, paused, then collecting: time / lean's", collected, 1),
    ]


PEAKS = """
import gc, tracemalloc
from {module} import Value
from tests.benchmarks.gpt import GPT
model = GPT(Value)
gc.disable()
tracemalloc.start()
for _ in range(2):
    model.step("benjamin")
    print(tracemalloc.get_traced_memory()[1])
"""


def peaks() -> list[Row]:
    """The most memory that 1 step and 2 steps of the GPT hold with the collector paused, in processes of their own."""
    megabytes = []
    for module in ("micrograd_paper", "tests.benchmarks.lean"):
        run = subprocess.run(
            [sys.executable, "-c", PEAKS.format(module=module)], capture_output=True, text=True, check=True)
        megabytes.append([int(line) / 1e6 for line in run.stdout.split()])
    rows = []
    for steps, (ours, peers) in zip(("1 step", "2 steps"), zip(*megabytes)):
        figure = f"GPT, collector paused: peak memory of {steps} / lean's"
        rows.append((figure, f"{ours / peers:.2f} ({ours:.1f}/{peers:.1f} MB)", "≤ 1", ours <= peers))
    return rows


def imports(statement: str) -> list[Row]:
    """Milliseconds of an import in a fresh interpreter, without the interpreter's own start."""
    def start(program: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", program], check=True)
        return time.perf_counter() - began

    start(statement)
    milliseconds = median(start(statement) - start("pass") for _ in range(21)) * 1e3
    return [(statement + ": ms", f"{milliseconds:.1f}", "< 60", milliseconds < 60)]


def table(rows: Sequence[Row]) -> str:
    head = ("figure", "measured", "target", "met")
    lines = [head, *((figure, measured, target, "yes" if met else "NO") for figure, measured, target, met in rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def main() -> None:
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    rows = [
        *demo(),
        *chains(False, 13),
        *chains(True, 18),
        *memory(),
        *beside_lean(),
        *peaks(),
        *imports("import micrograd_paper"),
        *imports("from micrograd_paper import MLP, Value, cross_entropy"),
    ]
    print()
    print(table(rows))


if __name__ == "__main__":
    main()
