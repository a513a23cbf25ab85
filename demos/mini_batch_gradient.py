"""Section 1.3, (6): the mean gradient of a mini-batch approximates the full one, the better the larger k is.

Mini-batches are drawn from the irises, without putting back, as in an epoch. The error falls as 1/√k while k is small
beside m; at k = m it is 0. Writes mini_batch_gradient.svg.
"""

import math
import random

from micrograd_paper import MLP, datasets, gradient, quadratic
from micrograd_paper.equations import mean_gradient
from micrograd_paper.figures.picture import drawn, finished
from micrograd_paper.nn import Scaling

iris = datasets.load("iris")
m = len(iris.inputs)
examples = iris.examples(range(m), outputs=3, scaling=Scaling.of(iris.inputs))
net = MLP(4, [3, 3], seed=1)
gradients = [gradient(quadratic(net.forward(x).output, y), net.parameters()) for x, y in examples]  # ∇Cₓ
full = mean_gradient(gradients)  # ∇C, over all m examples
length = math.hypot(*full)

rng = random.Random(1)
SIZES, BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 150), 400
errors = {}
for k in SIZES:
    squares = [math.dist(mean_gradient(rng.sample(gradients, k)), full) ** 2 for _ in range(BATCHES)]
    errors[k] = math.sqrt(sum(squares) / BATCHES) / length

small = [k for k in SIZES if k <= m / 8]
logs = [(math.log(k), math.log(errors[k])) for k in small]
mean_x, mean_y = (sum(column) / len(logs) for column in zip(*logs))
slope = sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)

print(f"The {m} irises in a {net.shape_text} network, {BATCHES} mini-batches of each size k:")
print("     k   ‖mean of k ∇Cₓ − ∇C‖/‖∇C‖   ·√k")
for k, error in errors.items():
    print(f"{k:6}{error:18.4f}{error * math.sqrt(k):20.4f}")
print(f"The error falls as k to the power of {slope:.3f}, a line through the logarithms for k ≤ {max(small)}; "
      "1/√k is the power -0.5.")
print("For larger k it falls faster: the mini-batch is a good part of all examples, and all of them at k = m.")

# The picture: both axes are logarithmic, so that 1/√k is a straight line.
with drawn("light", 460, 430) as (plot, look):
    axes = plot.subplots()
    axes.loglog(SIZES, [errors[1] / math.sqrt(k) for k in SIZES], color=look.faint, linewidth=1.5)
    axes.annotate("1/√k", (64, errors[1] / 8), (4, 8), textcoords="offset points", color=look.faint)
    axes.plot(SIZES[:-1], list(errors.values())[:-1], "o", color=look.curve, markersize=8)
    axes.annotate(f"measured: power {slope:.2f}\nfor k ≤ {max(small)}".replace("-", "−"), (1, errors[16]), (0, -4),
                  textcoords="offset points", color=look.curve)
    axes.annotate("k near m: nearly\nall examples", (128, errors[128]), (-10, -4), textcoords="offset points",
                  color=look.curve, ha="right")
    axes.set(xlabel="k, size of the mini-batch", title="error relative to ‖∇C‖", xticks=SIZES[:-1],
             xticklabels=SIZES[:-1], yticks=(0.1, 1), yticklabels=("10 %", "100 %"))
    axes.minorticks_off()
    finished(plot, look, "The gradient of a mini-batch", f"Its error falls as 1/√k while k is small beside m = {m}."
             ).save("mini_batch_gradient.svg")
