"""Training by the matrix program beside hand-written NumPy, PyTorch, JAX, CasADi and micrograd, in turns in one run.

    python -m tests.benchmarks.training [--json FILE] [--only networks]        pip install ".[bench]"

The same network, examples and order, one step of descent each, float64, one thread each; medians, as ratios. "plain
NumPy" is the closed form (13), (17), (22)–(24) as one writes it: new arrays, W -= eta/k * dW. Peers that are not
installed are left out, and it says so.
"""

import argparse
import gc
import importlib
import json
import os
import platform
import random
import statistics
import time
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

from tests.benchmarks import one_thread  # before what has threads
import numpy as np

from micrograd_paper import MLP, Value, gradient, quadratic, recompute, topological_order, vectorize
from micrograd_paper.matrix.program import MatrixProgram
from tests.benchmarks import lean
from tests.benchmarks.gpt import GPT, NAMES

ETA = 0.1
Work = Callable[[], Any]


def peer(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


torch, jax, casadi, micrograd, numba = map(peer, ("torch", "jax", "casadi", "micrograd.engine", "numba"))
if torch:
    torch.set_num_threads(1)


class Case:
    """A sigmoid network, its weights as matrices, and one mini-batch."""

    def __init__(self, shape: tuple[int, ...], k: int) -> None:
        self.shape, self.k = shape, k
        self.net = MLP(shape[0], shape[1:], seed=1)
        rng = np.random.default_rng(1)
        self.X, self.Y = rng.random((k, shape[0])), rng.random((k, shape[-1]))
        start = time.perf_counter()
        self.program: MatrixProgram = vectorize(
            quadratic(self.net.forward([0.5] * shape[0]).output, [0.5] * shape[-1]))
        self.compiled = time.perf_counter() - start
        self.W = [np.array([[w.data for w in row] for row in self.net.weights[l]]) for l in self.net.weights]
        self.b = [np.array([[b.data] for b in self.net.biases[l]]) for l in self.net.biases]


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def plain(case: Case) -> Work:
    """(13), (14), (17), (22)–(24), (7) by hand."""
    W, b, k = [w.copy() for w in case.W], [v.copy() for v in case.b], case.k

    def step() -> None:
        A = [case.X.T]
        for w, v in zip(W, b):
            A.append(sigmoid(w @ A[-1] + v))
        D = (A[-1] - case.Y.T) * A[-1] * (1 - A[-1])
        for l in reversed(range(len(W))):
            dW, db = D @ A[l].T, D.sum(axis=1, keepdims=True)
            if l:
                D = (W[l].T @ D) * A[l] * (1 - A[l])
            W[l] -= ETA / k * dW
            b[l] -= ETA / k * db

    return step


def per_example(case: Case) -> Work:
    """The same in the manner of Nielsen's network.py: column vectors, one example after the other."""
    W, b, k = [w.copy() for w in case.W], [v.copy() for v in case.b], case.k

    def step() -> None:
        nabla_w, nabla_b = [np.zeros(w.shape) for w in W], [np.zeros(v.shape) for v in b]
        for x, y in zip(case.X, case.Y):
            a = x[:, None]
            activations, zs = [a], []
            for w, v in zip(W, b):
                zs.append(np.dot(w, a) + v)
                a = sigmoid(zs[-1])
                activations.append(a)
            delta = (a - y[:, None]) * sigmoid(zs[-1]) * (1 - sigmoid(zs[-1]))
            for l in reversed(range(len(W))):
                nabla_w[l] = nabla_w[l] + np.dot(delta, activations[l].T)
                nabla_b[l] = nabla_b[l] + delta
                if l:
                    s = sigmoid(zs[l - 1])
                    delta = np.dot(W[l].T, delta) * s * (1 - s)
        for l in range(len(W)):
            W[l] = W[l] - ETA / k * nabla_w[l]
            b[l] = b[l] - ETA / k * nabla_b[l]

    return step


def printed(case: Case) -> Work:
    """`equations` of program.source, without the cost, which a step does not need."""
    program = case.program
    matrices = {name: m.copy() for l, W, b in zip(case.net.weights, case.W, case.b)
                for name, m in ((f"W{l}", W), (f"b{l}", b))}
    equations = program.functions["equations"]
    given = [matrices[s.name] for s in program.builder.views]
    changed = [matrices[g.name[1:]] for g in program.builder.gradients]

    def step() -> None:
        _, *slopes = equations(*given, case.X, case.Y, with_cost=False)
        for matrix, slope in zip(changed, slopes):
            matrix -= ETA / case.k * slope

    return step


def in_place(case: Case) -> Work:
    case.program.memory[:] = case.program.theta
    bound = case.program.bound(case.k)
    batch = [case.X, case.Y]
    return lambda: bound.step(batch, ETA)


def jitted(case: Case) -> Work:
    program = vectorize(quadratic(case.net.forward([0.5] * case.shape[0]).output, [0.5] * case.shape[-1]), jit=True)
    program.memory[:] = program.theta
    compiled = program.compiled(case.k)
    batch = [case.X, case.Y]
    return lambda: compiled.step(batch, ETA)


def by_torch(case: Case) -> Work:
    layers = [m for W in case.W for m in (torch.nn.Linear(W.shape[1], W.shape[0]), torch.nn.Sigmoid())]
    model = torch.nn.Sequential(*layers).double()
    X, Y = torch.tensor(case.X), torch.tensor(case.Y)
    descent = torch.optim.SGD(model.parameters(), lr=ETA)

    def step() -> None:
        descent.zero_grad()
        loss = ((model(X) - Y) ** 2).sum() / (2 * case.k)
        loss.backward()
        descent.step()

    return step


def by_jax(case: Case) -> Work:
    numpy = jax.numpy
    state = [[numpy.array(w) for w in case.W], [numpy.array(v[:, 0]) for v in case.b]]
    X, Y = numpy.array(case.X), numpy.array(case.Y)

    def cost(state: Any, x: Any, y: Any) -> Any:
        for w, v in zip(*state):
            x = jax.nn.sigmoid(x @ w.T + v)
        return ((x - y) ** 2).sum() / (2 * case.k)

    @jax.jit
    def descended(state: Any, x: Any, y: Any) -> Any:
        return jax.tree_util.tree_map(lambda p, g: p - ETA * g, state, jax.grad(cost)(state, x, y))

    def step() -> None:
        state[:] = jax.block_until_ready(descended(state, X, Y))

    return step


def by_casadi(case: Case) -> Work:
    """A scalar graph in C++: cost and gradient as one Function of one example, on the batch by the mean's graph."""
    parameters = [casadi.SX.sym("p", W.size + b.size) for W, b in zip(case.W, case.b)]
    x, y = casadi.SX.sym("x", case.shape[0], case.k), casadi.SX.sym("y", case.shape[-1], case.k)
    a = x
    for p, W in zip(parameters, case.W):
        w = casadi.reshape(p[: W.size], *W.shape)
        a = 1 / (1 + casadi.exp(-(casadi.mtimes(w, a) + casadi.repmat(p[W.size :], 1, case.k))))
    theta = casadi.vertcat(*parameters)
    cost = casadi.sumsqr(a - y) / (2 * case.k)
    function = casadi.Function("f", [theta, x, y], [cost, casadi.gradient(cost, theta)])
    numbers = np.concatenate([np.concatenate([W.T.ravel(), b.ravel()]) for W, b in zip(case.W, case.b)])
    given = [numbers, case.X.T.copy(), case.Y.T.copy()]

    def step() -> None:
        given[0] = given[0] - ETA * np.array(function(*given)[1]).ravel()

    return step


def by_micrograd(case: Case) -> Work:
    from micrograd.engine import Value as Classic

    weights = [[[Classic(float(x)) for x in row] for row in W] for W in case.W]
    biases = [[Classic(float(x)) for x in b[:, 0]] for b in case.b]

    def step() -> None:
        total = Classic(0.0)
        for xs, ys in zip(case.X.tolist(), case.Y.tolist()):
            a = [Classic(x) for x in xs]
            for W, b in zip(weights, biases):
                zs = [sum((w * x for w, x in zip(row, a)), v) for row, v in zip(W, b)]
                a = [z.relu() for z in zs]  # it has no exp
            total = total + sum(((p - y) ** 2 for p, y in zip(a, ys)), Classic(0.0))
        total.backward()

    return step


BLOCK = 2e-3  # seconds of one work before the next has its turn: training is a loop of one step


def medians(works: dict[str, Work], seconds: float = 6.0) -> dict[str, float]:
    """Seconds of one call of each: medians of blocks of calls, in turns."""
    times: dict[str, list[float]] = {name: [] for name in works}
    calls = {}
    for name, work in works.items():
        work()
        start = time.perf_counter()
        work()
        calls[name] = max(1, int(BLOCK / (time.perf_counter() - start)))
    gc.collect()
    gc.disable()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(next(iter(times.values()))) < 3:
        for name, work in works.items():
            work()  # its memory is in the cache again
            start = time.perf_counter()
            for _ in range(calls[name]):
                work()
            times[name].append((time.perf_counter() - start) / calls[name])
    gc.enable()
    return {name: statistics.median(each) for name, each in times.items()}


Row = tuple[str, str, float, float, float, float]  # case, against, theirs µs, ours µs, ratio, at least


def networks() -> list[Row]:
    cases: list[tuple[tuple[int, ...], int, dict[str, tuple[Any, Any, float]]]] = [
        ((784, 30, 10), 10, {
            "plain NumPy": (plain, True, 1.25), "PyTorch eager": (by_torch, torch, 6), "JAX jit": (by_jax, jax, 1.8),
            "per-example NumPy": (per_example, True, 12)}),
        ((64, 30, 10), 10, {"plain NumPy": (plain, True, 1.3)}),
        ((784, 30, 10), 1000, {"plain NumPy": (plain, True, 0.95)}),
        ((2, 16, 16, 1), 100, {"plain NumPy": (plain, True, 1), "CasADi SX": (by_casadi, casadi, 8)}),
        ((2, 3, 1), 4, {"plain NumPy": (plain, True, 1), "PyTorch eager": (by_torch, torch, 120),
                        "JAX jit": (by_jax, jax, 8)}),
    ]
    rows: list[Row] = []
    for shape, k, others in cases:
        case = Case(shape, k)
        known = {name: make for name, (make, module, _) in others.items() if module}
        is_small = shape == (2, 3, 1) and numba
        times = medians({"ours": jitted(case) if is_small else in_place(case), "printed": printed(case),
                         **{name: make(case) for name, make in known.items()}})
        text = f"{'-'.join(map(str, shape))}, mini-batch {k}{', jit' if is_small else ''}"
        rows.append((text, "plain NumPy, the printed source", times["plain NumPy"], times["printed"],
                     times["plain NumPy"] / times["printed"], 1.0))
        rows += [(text, name, times[name], times["ours"], times[name] / times["ours"], others[name][2])
                 for name in known]
        print(f"  {text}: traced and compiled in {case.compiled:.3f} s")
    for shape, k, name, make, module, least in (
        ((784, 30, 10), 10, "CasADi SX", by_casadi, casadi, 100),
        ((2, 16, 16, 1), 100, "micrograd", by_micrograd, micrograd, 10_000),
    ):
        if module:
            case = Case(shape, k)
            ours = medians({"ours": in_place(case)})["ours"]
            theirs = medians({name: make(case)}, 2.0)[name]
            rows.append((f"{'-'.join(map(str, shape))}, mini-batch {k}", name, theirs, ours, theirs / ours, least))
    return rows


def random_graph(nodes: int = 10_000, k: int = 1_000) -> list[Row]:
    """A graph that is no network: each node an operation of nodes among the last 500."""
    rng = random.Random(1)
    inputs, parameters = [Value(rng.random()) for _ in range(20)], [Value(rng.random()) for _ in range(20)]
    known = [*inputs, *parameters]
    for _ in range(nodes):
        a, b = rng.choice(known[-500:]), rng.choice(known[-500:])
        what = rng.randrange(4)
        known.append((a + b) * 0.5 if what == 0 else a * b if what == 1 else a.tanh() if what == 2 else a.sigmoid())
    root = known[-1]
    for node in known[-500:-1]:
        root = root + node * 0.01
    used = set(topological_order(root))
    inputs, parameters = [x for x in inputs if x in used], [p for p in parameters if p in used]
    program = vectorize(root, inputs, parameters)
    batch = np.random.default_rng(1).random((k, len(inputs)))
    theta = program.theta

    def one_example() -> None:
        recompute(root)
        gradient(root, parameters)

    ours = medians({"ours": lambda: program.value_and_grad(theta, batch)}, 3.0)["ours"]
    theirs = medians({"graph": one_example}, 3.0)["graph"] * k
    return [(f"a random graph of {nodes:,} nodes, batch {k:,}", "our graph, example by example", theirs, ours,
             theirs / ours, 100)]


class Padded:
    """The GPT's matrices, and 8 names as one batch, filled up to the block's size: what peers compute the loss of."""

    def __init__(self, model: Any) -> None:
        self.matrices = [np.array([[p.data for p in row] for row in rows]) for rows in (
            model.tokens, model.positions, model.query, model.key, model.value, model.out, model.up, model.down,
            model.head)]
        T, self.heads = model.block_size, model.n_head
        names = [[model.end, *map(model.letters.index, name), model.end][: T + 1] for name in NAMES[:8]]
        self.tokens = np.array([[*name[:-1], *[0] * (T + 1 - len(name))] for name in names])
        self.after = np.array([[*name[1:], *[0] * (T + 1 - len(name))] for name in names])
        is_there = np.array([[t < len(name) - 1 for t in range(T)] for name in names])
        self.weight = is_there / is_there.sum(axis=1, keepdims=True) / len(names)
        self.future = np.triu(np.ones((T, T), bool), 1)

    def loss(self, xp: Any, softmax: Any, relu: Any, picked: Any, matrices: Any, given: Any) -> Any:
        """For a library xp that differentiates by itself. picked(scores, after): the log of their softmax, picked."""
        E, P, Q, K, V, O, U, D, H = matrices
        tokens, after, weight, future = given

        def norm(x: Any) -> Any:
            return x * ((x * x).mean(-1, keepdims=True) + 1e-5) ** -0.5

        def split(x: Any) -> Any:
            return xp.swapaxes(x.reshape(*tokens.shape, self.heads, -1), 1, 2)

        x = norm(E[tokens] + P)
        y = norm(x)
        scores = split(y @ Q.T) @ xp.swapaxes(split(y @ K.T), 2, 3) / (y.shape[-1] // self.heads) ** 0.5
        attended = softmax(xp.where(future, -xp.inf, scores), -1) @ split(y @ V.T)
        x = xp.swapaxes(attended, 1, 2).reshape(*x.shape) @ O.T + x
        x = relu(norm(x) @ U.T) ** 2 @ D.T + x
        return -(picked(x @ H.T, after) * weight).sum()


def gpt_by_torch(case: Padded) -> Work:
    matrices = [torch.tensor(m, requires_grad=True) for m in case.matrices]
    given = [torch.tensor(x) for x in (case.tokens, case.after, case.weight, case.future)]
    F = torch.nn.functional

    def picked(scores: Any, after: Any) -> Any:
        return -F.cross_entropy(scores.flatten(0, 1), after.flatten(), reduction="none").view_as(after)

    def step() -> Any:
        for p in matrices:
            p.grad = None
        loss = case.loss(torch, F.softmax, F.relu, picked, matrices, given)
        loss.backward()
        return loss.item(), [p.grad for p in matrices]

    return step


def gpt_by_jax(case: Padded) -> Work:
    matrices = [jax.numpy.array(m) for m in case.matrices]
    given = [jax.numpy.array(x) for x in (case.tokens, case.after, case.weight, case.future)]

    def picked(scores: Any, after: Any) -> Any:
        return jax.numpy.take_along_axis(jax.nn.log_softmax(scores), after[..., None], 2)[..., 0]

    function = jax.jit(jax.value_and_grad(
        lambda matrices, given: case.loss(jax.numpy, jax.nn.softmax, jax.nn.relu, picked, matrices, given)))
    return lambda: jax.block_until_ready(function(matrices, given))


def gpt_by_numpy(case: Padded) -> Work:
    """Forward and backward written by hand."""
    E, P, Q, K, V, O, U, D, H = case.matrices
    (B, T), heads, wide = case.tokens.shape, case.heads, E.shape[1]
    size = wide // heads
    rows, columns = np.indices((B, T))
    flat = case.tokens.ravel()
    is_token = (np.arange(len(E))[:, None] == flat).astype(float)

    def norm(x: Any) -> Any:
        scale = ((x * x).mean(-1, keepdims=True) + 1e-5) ** -0.5
        return x * scale, scale

    def through_norm(dy: Any, y: Any, scale: Any) -> Any:
        return scale * (dy - y * (y * dy).mean(-1, keepdims=True))

    def softmax(x: Any) -> Any:
        e = np.exp(x - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    def split(x: Any) -> Any:
        return x.reshape(B, T, heads, size).swapaxes(1, 2)

    def joined(x: Any) -> Any:
        return x.swapaxes(1, 2).reshape(B * T, wide)

    def step() -> Any:
        x1, scale1 = norm((E[case.tokens] + P).reshape(B * T, wide))
        y, scale = norm(x1)
        q, k, v = split(y @ Q.T), split(y @ K.T), split(y @ V.T)
        p = softmax(np.where(case.future, -np.inf, q @ k.swapaxes(2, 3) / size**0.5))
        attended = joined(p @ v)
        x2 = attended @ O.T + x1
        z, scale2 = norm(x2)
        relu = np.maximum(z @ U.T, 0)
        x3 = relu**2 @ D.T + x2
        after = softmax(x3 @ H.T)
        right = after.reshape(B, T, -1)[rows, columns, case.after]
        loss = -(np.log(right) * case.weight).sum()

        after.reshape(B, T, -1)[rows, columns, case.after] -= 1
        d = after * case.weight.reshape(-1, 1)
        dH, dx = d.T @ x3, d @ H
        dD, drelu = dx.T @ relu**2, dx @ D * 2 * relu
        dU, dz = drelu.T @ z, drelu @ U
        dx = dx + through_norm(dz, z, scale2)
        dO, dattended = dx.T @ attended, split(dx @ O)
        dp, dv = dattended @ v.swapaxes(2, 3), joined(p.swapaxes(2, 3) @ dattended)
        ds = p * (dp - (p * dp).sum(-1, keepdims=True)) / size**0.5
        dq, dk = joined(ds @ k), joined(ds.swapaxes(2, 3) @ q)
        dx = through_norm(dx + through_norm(dq @ Q + dk @ K + dv @ V, y, scale), x1, scale1)
        return loss, [is_token @ dx, dx.reshape(B, T, wide).sum(0), dq.T @ y, dk.T @ y, dv.T @ y, dO, dU, dD, dH]

    return step


def gpt() -> list[Row]:
    """The mean loss of 8 names: cost and gradient."""
    def step(model: Any) -> Any:
        loss = sum(map(model.loss, NAMES[:8])) / 8
        loss.backward()
        return loss

    model, peers = GPT(Value), GPT(lean.Value)
    gc.disable()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loss = sum(map(model.loss, NAMES[:8])) / 8
        start = time.perf_counter()
        program = vectorize(loss, [], model.parameters)
        print(f"  GPT, 8 names: compiled in {time.perf_counter() - start:.2f} s")
        by_numba = vectorize(loss, [], model.parameters, jit=True) if numba else program
    del loss
    theta = program.theta
    case = Padded(model)
    known = {"PyTorch eager": (gpt_by_torch, torch, 3.0), "hand-written NumPy": (gpt_by_numpy, True, 0.9),
             "JAX jit": (gpt_by_jax, jax, 0.8)}
    works = {name: make(case) for name, (make, module, _) in known.items() if module}
    start = time.perf_counter()
    by_numba.value_and_grad(theta)
    print(f"  GPT, 8 names: compiled by numba in {time.perf_counter() - start:.0f} s")
    times = medians({"ours": lambda: program.value_and_grad(theta), "jit": lambda: by_numba.value_and_grad(theta),
                     **works})
    what = "GPT, mean loss of 8 names"
    rows: list[Row] = [(what, f"{name}, padded batch", times[name], times["ours"], times[name] / times["ours"],
                        known[name][2]) for name in works]
    if numba:
        rows += [(f"{what}, jit", f"{name}, padded batch", times[name], times["jit"], times[name] / times["jit"], 1.0)
                 for name in works]
    ours = medians({"ours": lambda: program.value_and_grad(theta)}, 2.0)["ours"]
    theirs = medians({"graph": lambda: step(model), "lean": lambda: step(peers)}, 2.0)
    return [*rows, *[(what, name, t, ours, t / ours, 1_000) for name, t in (
        ("our graph, collector off", theirs["graph"]), ("the leanest scalar engine", theirs["lean"]))]]


def limits() -> None:
    """The machine: dgemm and memory bandwidth, of which 784-30-10 needs so much."""
    a = np.random.default_rng(1).random((500, 500))
    out = np.empty_like(a)
    big, target = np.ones(24_000), np.empty(24_000)
    times = medians({"dgemm": lambda: np.matmul(a, a, out), "copy": lambda: np.copyto(target, big)}, 1.0)
    flops, bandwidth = 2 * 500**3 / times["dgemm"], 2 * big.nbytes / times["copy"]
    weights, k = 784 * 30 + 30 * 10, 10
    floor = 4 * weights * k / flops + 3 * 8 * weights / bandwidth
    print(f"  dgemm {flops / 1e9:.0f} GF/s, copy of 192 kB {bandwidth / 1e9:.0f} GB/s: "
          f"784-30-10, mini-batch 10, takes {floor * 1e6:.0f} µs at these rates")


def memory() -> None:
    """What the graph, its program, and a step by either hold at most, as tracemalloc counts it."""
    shape, k = (784, 30, 10), 10
    tracemalloc.start()
    case = Case(shape, k)
    traced = tracemalloc.get_traced_memory()[1]
    steps = {"the matrix program": in_place(case), "plain NumPy": plain(case)}
    lines = []
    for name, step in steps.items():
        step()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        step()
        lines.append(f"a step of {name} {(tracemalloc.get_traced_memory()[1] - before) / 1e3:.0f} kB")
    bound = case.program.bound(k)
    held = bound.S.nbytes + bound.V.nbytes + bound.dS.nbytes
    tracemalloc.stop()
    print(f"  784-30-10, mini-batch 10, memory: network, graph and compiling {traced / 1e6:.0f} MB; the "
          f"program's arrays {held / 1e3:.0f} kB; beside them {', '.join(lines)}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--only", choices=("networks", "graphs"))
    arguments = parser.parse_args()
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[index, call-overload]
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {blas['name']} {blas['version']}, "
          f"{platform.machine()}, {os.cpu_count()} cores, one thread each ({', '.join(one_thread.VARIABLES)})")
    missing = [name for name, module in (("torch", torch), ("jax", jax), ("casadi", casadi), ("micrograd", micrograd),
                                          ("numba", numba))
               if not module]
    print(f"  not installed, left out: {', '.join(missing) or 'none'}")
    limits()
    memory()
    rows = [*(networks() if arguments.only != "graphs" else []),
            *([*random_graph(), *gpt()] if arguments.only != "networks" else [])]
    print("\n| case | against | theirs, µs | ours, µs | ratio | at least | met |\n|" + " --- |" * 7)
    for case, against, theirs, ours, ratio, least in rows:
        print(f"| {case} | {against} | {theirs * 1e6:,.1f} | {ours * 1e6:,.1f} | {ratio:,.2f} | {least:g} | "
              f"{'yes' if ratio >= least else 'NO'} |")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump([dict(zip(("case", "against", "theirs", "ours", "ratio", "least"), row)) for row in rows], file)


if __name__ == "__main__":
    main()
