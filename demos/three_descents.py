"""Sections 1.2 and 1.3: batch, stochastic and mini-batch descent, (3), (5), (7), on the same flowers with the same η.

One sigmoid neuron tells versicolor from virginica by the sepal's length: two parameters, w and b, so that the way of
each descent can be drawn. The species overlap, and the cost (4) has a minimum. Writes three_descents.svg.
"""

import math
import random

from micrograd_paper import MLP, Value, datasets, quadratic
from micrograd_paper.costs import total
from micrograd_paper.descent import descend, minimize
from micrograd_paper.equations import mean_squared_error
from micrograd_paper.figures.picture import drawn, finished
from micrograd_paper.functions import sigmoid
from micrograd_paper.nn import Scaling

iris = datasets.load("iris")
lengths = [[x[0]] for x, c in zip(iris.inputs, iris.labels) if c > 0]
y = [[float(c - 1)] for c in iris.labels if c > 0]  # versicolor 0, virginica 1
scaling = Scaling.of(lengths)
examples = [(scaling(x), target) for x, target in zip(lengths, y)]
m = len(examples)
START, ETA, EPOCHS = [-1.5, 2.0], 2.0, 200


def cost(w, b):
    """C(w, b), (4), on plain numbers."""
    return mean_squared_error([[sigmoid(w * x + b)] for (x,), _ in examples], y)


def descent(k, eta=ETA, epochs=EPOCHS):
    """The points (w, b) after each mini-batch of k examples, the start first; an epoch uses every example once."""
    net = MLP.from_weights([[START[:1]]], [START[1:]])
    rng = random.Random(1)
    order = list(range(m))
    points = [tuple(START)]
    for epoch in range(1, epochs + 1):
        rng.shuffle(order)
        for i in range(0, m, k):
            descend(net, [(j + 1, *examples[j]) for j in order[i : i + k]], eta, quadratic, 0.0, m, epoch)  # (7)
            points.append(tuple(p.data for p in net.parameters()))
    return points


def mean_cost_at(point):
    """The same cost (4) as a graph of w and b, for `minimize`."""
    w, b = point
    outputs = [(Value(x) * w + b).sigmoid() for (x,), _ in examples]
    return total([quadratic(a, target) for a, target in zip(outputs, y)]) / m


lowest = minimize(mean_cost_at, START, eta=10.0, steps=1000, tolerance=1e-9)
minimum, C_min = lowest.points[-1], lowest.costs[-1]
print(f"{m} flowers, one neuron, cost (4). Batch descent until convergence: minimum C = {C_min:.5f} "
      f"at w = {minimum[0]:.3f}, b = {minimum[1]:.3f}\n")

KINDS = {m: "batch", 10: "mini-batch", 1: "stochastic"}
SEEN = (0, 100, 500, 1000, 5000, 20000)
ways = {k: descent(k) for k in KINDS}
moments = {k: sorted({round(1.1**i / k) for i in range(104)} | {n // k for n in SEEN}) for k in KINDS}
costs = {k: {i * k: cost(*way[i]) - C_min for i in moments[k]} for k, way in ways.items()}  # by examples seen


def distance(way, k):
    """From the minimum to the points of the last 10 epochs, as a root mean square."""
    last = way[-10 * m // k :]
    return math.sqrt(sum(math.dist(point, minimum) ** 2 for point in last) / len(last))


distances = {k: distance(way, k) for k, way in ways.items()}
print(f"C − minimum after so many examples, η = {ETA:g}; distance of the last 10 epochs from the minimum:")
print(f"{'examples seen':<18}" + "".join(f"{n:>9,}" for n in SEEN) + "   distance")
for k, name in KINDS.items():
    print(f"{name:<10} k = {k:<3} " + "".join(f"{costs[k][n]:9.5f}" for n in SEEN) + f"   {distances[k]:.5f}")
slower = distance(descent(1, eta=ETA / 10), 1)
print(f"\nStochastic descent ends near the minimum, not at it; "
      f"with η = {ETA / 10:g} nearer: {slower:.5f}.")

# The picture: cost against examples seen; the ways on the map of C; the last epochs, near the minimum.
with drawn("light", 460, 820) as (plot, look):
    colours = {m: look.ink, 10: look.curve, 1: look.other}
    curves, chart = plot.subplots(2, 1, height_ratios=[4, 5])
    for k in reversed(KINDS):
        curves.loglog([n + 1 for n in costs[k]], costs[k].values(), color=colours[k], linewidth=2 if k > 1 else 1.2)
    for k, place in {m: (4000, 0.02), 10: (60, 2e-5), 1: (3, 2e-3)}.items():
        curves.text(*place, KINDS[k], color=colours[k])
    curves.set(title="C − minimum against examples seen", xlabel="examples seen", xlim=(1, 20000), ylim=(1e-7, 0.4))

    ws, bs = [i / 10 for i in range(-22, 31)], [i / 10 for i in range(-21, 26)]
    chart.contour(ws, bs, [[cost(w, b) for w in ws] for b in bs], levels=10, colors=[look.line], linewidths=1.2)
    for k, way in reversed(ways.items()):
        chart.plot(*zip(*way[: m * 40 // k if k > 1 else 60]), color=colours[k], linewidth=1 if k == 1 else 2)
        chart.plot(*zip(*way[-10 * m // k :]), ".", color=colours[k], markersize=2 if k == 1 else 5)
    chart.plot(*minimum, "+", color=look.ink, markersize=14)
    chart.annotate("start", START, (-6, 8), textcoords="offset points", color=look.faint)
    chart.annotate("stochastic,\nlast 10 epochs", (1.72, -0.95), (0, -26), textcoords="offset points", color=colours[1])
    chart.annotate("minimum", minimum, (-22, -18), textcoords="offset points", color=look.ink, ha="right")
    chart.set(title="their ways on the map of C(w, b)", xlabel="w", ylabel="b", aspect="equal", xlim=(-2.2, 3),
              ylim=(-1.6, 2.4))
    chart.grid(False)
    finished(plot, look, "Batch, mini-batch, stochastic", f"The same {m} flowers, the same start, the same η = {ETA:g}."
             ).save("three_descents.svg")
