"""Section 3.2: a saturated output neuron learns slowly from the quadratic cost (9), and not from cross-entropy (25).

The same network, the same example, the same η. In both graphs δ = ∂C/∂a·σ′(z), (16); with cross-entropy ∂C/∂a has σ′
in its denominator and cancels it, (26). Writes learning_slowdown.svg.
"""

from pathlib import Path

import matplotlib.pyplot as plt

from micrograd_paper import MLP, Value, compare, cross_entropy, fit, quadratic
from micrograd_paper.descent import minimize
from micrograd_paper.functions import sigmoid

COSTS = {"quadratic": quadratic, "cross-entropy": cross_entropy}
x, y = [1.0, 0.5], [1.0]
ETA = 0.2


def saturated():
    """A network 2-2-1 whose output is near 0, where y is 1."""
    net = MLP(2, [2, 1], seed=1)
    net["b3_1"].data = -6.0
    return net


# (16) and (26) in the graph: the partial of C, the partial of σ, and their product, which `backward` leaves in z³₁.
graphs = {}
z = saturated().forward(x)["z3_1"].data
print(f"The output neuron has z³₁ = {z:.3f}, a³₁ = {sigmoid(z):.5f}, and y is 1.\n")
print("                       ∂C/∂a³₁     ·   σ′(z³₁)   =    δ³₁            C")
for name, cost in COSTS.items():
    forward = saturated().forward(x)
    C = cost(forward.output, y)
    C.backward()
    a, z3_1 = forward["a3_1"], forward["z3_1"]
    graphs[name] = forward, C, (a.grad, a.partials[0], z3_1.grad)
    print(f"{name:<18}" + "".join(f"{number:14.6f}" for number in graphs[name][2]) + f"{C.data:14.4f}")

# With the other cost only (16) changes: two comparisons, row by row.
rows = {name: compare(forward, y, cost=COSTS[name]).rows for name, (forward, _, _) in graphs.items()}
print("\nThe equations of the two comparisons, graph beside closed form:")
pairs = list(zip(*rows.values()))
changed = [(q, c) for q, c in pairs if q.equation != c.equation]
for q, c in changed:
    print(f"  {q.symbol} is ({q.equation}) with the quadratic cost, ({c.equation}) with cross-entropy")
kept = sorted({q.equation for q, c in pairs if q.equation == c.equation})
print(f"  the other {len(pairs) - len(changed)} numbers are {', '.join(f'({n})' for n in kept)} with both")

# Epochs until the cost is halved.
shares, halved = {}, {}
for name, cost in COSTS.items():
    C = graphs[name][1].data
    history = fit(saturated(), [(x, y)], eta=ETA, epochs=2000, batch_size=1, cost=cost, seed=1)
    shares[name] = [1.0, *(C_n / C for C_n in history.cost)]
    halved[name] = next(epoch for epoch, share in enumerate(shares[name]) if share <= 0.5)
print(f"\nEpochs until the cost is halved, η = {ETA}: " + ", ".join(f"{name} {n:,}" for name, n in halved.items()))


# 3.1 takes δ near 0 for a sign that a minimum is near. Not so here.
def C_of_z(point, cost=quadratic):
    return cost(point[0].sigmoid(), y)


stopped = minimize(C_of_z, [z], eta=ETA, steps=2000, tolerance=0.01)
print(f"\nδ near 0 is no minimum: quadratic descent that ends where |δ| ≤ 0.01 ends after {len(stopped.points) - 1} steps,"
      f"\nat C = {stopped.costs[-1]:.4f}, nearly the largest cost that there is, 0.5.")

# The picture: the cost against z, with its slope δ at the saturated neuron; the cost against epochs.
plt.style.use(Path(__file__).with_name("plot.mplstyle"))
COLOURS = {"quadratic": "#2166AC", "cross-entropy": "#C4472F"}
figure, (against_z, epochs) = plt.subplots(2, 1, figsize=(6, 8.8))
zs = [i / 10 for i in range(-80, 61)]
for name, cost in COSTS.items():
    colour = COLOURS[name]
    against_z.plot(zs, [C_of_z([Value(z_i)], cost).data for z_i in zs], color=colour)
    C, delta = graphs[name][1].data, graphs[name][2][2]
    against_z.plot(z, C, "o", color=colour, markersize=9)
    against_z.annotate(f"{name}\nδ = {delta:.4f}".replace("-0", "−0"), (z, C), (14, 14 if C < 1 else -2),
                       textcoords="offset points", color=colour)
    epochs.plot(shares[name], color=colour)
    epochs.plot(halved[name], shares[name][halved[name]], "o", color=colour, markersize=9)
    is_late = halved[name] > 750
    epochs.annotate(f"{name}:\nhalved after {halved[name]:,}", (halved[name], 0.5), (-14 if is_late else 14, 10),
                    textcoords="offset points", color=colour, horizontalalignment="right" if is_late else "left")
against_z.axvspan(-8, -5, color="#F1F3F5", linewidth=0)
against_z.text(-7.8, -0.75, "saturated", color="#475569")
against_z.set(title="C against z, y = 1: where it is flat, δ is near 0", xlabel="z", xlim=(-8, 6), ylim=(-1, 8.2))
epochs.set(title="C as a share of its first value", xlabel="epoch", ylim=(0, 1.05), xlim=(-20, 1500),
           yticks=(0, 0.5, 1), yticklabels=("0", "½", "1"))
figure.savefig("learning_slowdown.svg", metadata={"Date": None})
