"""Section 2: how many quadratic terms features have, and a sigmoid (8) of all six of three features.

σ(w₁x₁² + w₂x₁x₂ + w₃x₁x₃ + w₄x₂² + w₅x₂x₃ + w₆x₃²) has no linear terms and no bias. Its output above 0.5 means class 1:
it can tell the inside of a double cone from the outside, and no line of x₁, x₂, x₃ can. Writes polynomial_terms.svg.
"""

import random
from itertools import combinations_with_replacement

from micrograd_paper import Value, cross_entropy
from micrograd_paper.equations import polynomial_terms
from micrograd_paper.figures.picture import drawn, finished

# Counting: n features have (n + r − 1)!/(r!(n − 1)!) terms of degree r.
terms = list(combinations_with_replacement((1, 2, 3), 2))
print("Three features:", ", ".join(f"x{i}x{j}" if i != j else f"x{i}²" for i, j in terms), f"= {len(terms)} terms")
assert len(terms) == polynomial_terms(3, 2)
print(f"100 inputs have {polynomial_terms(100, 2):,} quadratic terms, which the paper gives for a picture of 100×100;")
print(f"that has 10,000 pixels, and {polynomial_terms(10_000, 2):,} of them.\n")


def quadratic_terms(x):
    """The six of one example."""
    return [x[i - 1] * x[j - 1] for i, j in terms]


def model(w, x):
    """The sigmoid of the weighted terms: no linear ones, no bias."""
    z = 0.0
    for w_i, term in zip(w, quadratic_terms(x)):
        z = z + w_i * term
    return z.sigmoid()


rng = random.Random(1)
examples = []
while len(examples) < 200:  # class 1 is inside the cone x₁² + x₂² < x₃²; points too near to its side are left out
    x = [rng.uniform(-1, 1) for _ in range(3)]
    height = x[2] ** 2 - x[0] ** 2 - x[1] ** 2
    if abs(height) > 0.05:
        examples.append((x, [float(height > 0)]))

w = [Value(0.0, f"w{i}") for i in range(1, 7)]
costs = []
for _ in range(60):  # batch descent (3) on the mean cross-entropy (25)
    for w_i in w:
        w_i.grad = 0.0
    total = 0.0
    for x, y in examples:
        C = cross_entropy([model(w, x)], y)
        C.backward()
        total += C.data
    for w_i in w:
        w_i.data -= 20.0 * w_i.grad / len(examples)
    costs.append(total / len(examples))
right = sum((model(w, x).data > 0.5) == (y == [1.0]) for x, y in examples)
print(f"Cost {costs[0]:.4f} at first, {costs[-1]:.4f} at last; above 0.5 is class 1: {right} of {len(examples)} right")
print("Weights:", ", ".join(f"{w_i.data:.1f}" for w_i in w), "for", ", ".join(f"x{i}x{j}" for i, j in terms))
print(f"At x = 0 it says {model(w, [0.0, 0.0, 0.0]).data}, whatever the weights are: there is no bias.")

HEIGHT = 0.7  # of the slice that is drawn
ticks = [i / 20 - 1 for i in range(41)]
with drawn("light", 460, 500) as (plot, look):
    axes = plot.subplots()
    axes.contourf(ticks, ticks, [[model(w, [x1, x2, HEIGHT]).data for x1 in ticks] for x2 in ticks],
                  levels=[0.5, 1.0], colors=[look.fill])
    for c, colour, marker in ((1.0, look.curve, "o"), (0.0, look.other, "x")):
        rays = [[x_i * HEIGHT / x[2] for x_i in x] for x, y in examples if y == [c]]  # z keeps its sign along a ray
        inside = [x for x in rays if max(map(abs, x)) < 1]
        axes.plot([x[0] for x in inside], [x[1] for x in inside], marker, color=colour, markersize=5)
    for words, place, colour in (("above 0.5: class 1", 0.0, look.curve), ("class 0", 0.92, look.other)):
        axes.annotate(words, (0, place), ha="center", va="center", color=colour, bbox={
            "facecolor": look.paper, "edgecolor": "none", "alpha": 0.85, "pad": 2})
    axes.set(aspect="equal", xlabel="x₁", ylabel="x₂", xlim=(-1, 1), ylim=(-1, 1))
    axes.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    axes.grid(visible=False)
    picture = finished(plot, look, "A sigmoid of six quadratic terms",
                       f"Each point, along its ray from 0, in the slice x₃ = {HEIGHT}.")
picture.save("polynomial_terms.svg")
