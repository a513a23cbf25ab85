"""What a user's program may do with the public names: mypy --strict accepts it, and it runs."""

from pathlib import Path
from tempfile import TemporaryDirectory

import micrograd_paper
from micrograd_paper import (
    MLP, Op, Value, above, animate, apply, around, between, break_at, collapsed, compare, cross_entropy, detect_anomaly,
    diagnose, draw, explore, fit, gradcheck, gradient, load, quadratic, recompute, record_origins, save, stale,
    topological_order, unroll,
)
from micrograd_paper.descent import History, minimize
from micrograd_paper.stepping.steps import backward_steps


def program() -> list[str]:
    """Each of the public names, once; what is shown."""
    x, y = Value(2.0, "x"), Value(-3.0, "y")
    f = (x * y + 10).tanh() + x**2
    f.backward()
    slope: float = x.grad
    (derivative,) = gradient(f, [x])
    shown = [str(f), str(slope), str(derivative), str(stale(f)), str(len(topological_order(f)))]
    recompute(f)
    cube = Op("cube", "³", lambda a: a**3, lambda result, a: (3 * a * a,))
    with record_origins(), detect_anomaly():
        shown.append(str(gradcheck(apply(cube, x)).ok))
    net = MLP(2, [3, 1], seed=1)
    forward = net.forward([1.0, 0.0])
    C = cross_entropy(forward.output, [1.0])
    with break_at(C, "z2_1"):
        pass
    shown += [step.text for step in backward_steps(C)]
    shown += [compare(forward, [1.0], cost=cross_entropy).verdict, unroll(C)]
    gradients = [[[w.grad for w in row] for row in rows] for rows in net.weights.values()], [
        [b.grad for b in row] for row in net.biases.values()]
    shown.append(diagnose(gradients, net, [1.0, 0.0], [1.0], cross_entropy).verdict)
    with TemporaryDirectory() as directory:
        save(net, Path(directory) / "net.json")
        animate(around(C, "z2_1", 1), Path(directory) / "pass.svg", seconds=0.5)
        draw(net).save(Path(directory) / "net.tex")
        shown.append(load(Path(directory) / "net.json").shape_text)
        draw(C, detail="neurons", theme="dark").save(Path(directory) / "C.svg")
        for part in (above(C, 1), around(C, "z2_1"), between(C, "w2_1_1"), collapsed(C)):
            shown.append(repr(draw(part, step=3)))
        shown.append(explore(C, Path(directory) / "C.html").name)
    history: History = fit(net, [([1.0, 0.0], [1.0])], eta=0.5, epochs=2, batch_size=1, cost=quadratic, progress=False)
    shown += [f"{cost:.4f}" for cost in history.cost]
    shown.append(str(minimize(lambda point: point[0] ** 2, [1.0], eta=0.1, steps=2).costs))
    return [*shown, micrograd_paper.__version__]


if __name__ == "__main__":
    print(*program(), sep="\n")
