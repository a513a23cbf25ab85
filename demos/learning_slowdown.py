"""Section 3.2: a saturated output neuron learns slowly from the quadratic cost (9), and not from cross-entropy (25).

The same network, the same example, the same η. In both graphs δ = ∂C/∂a·σ′(z), (16); with cross-entropy ∂C/∂a has σ′
in its denominator and cancels it, (26). Writes learning_slowdown.svg, and cancelling.svg: the output neuron's graph.
"""

from micrograd_paper import MLP, Value, compare, cross_entropy, draw, fit, quadratic
from micrograd_paper.descent import minimize
from micrograd_paper.figures.picture import drawn, finished
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
print(f"{'':18}{'∂C/∂a³₁':>14}{'·  σ′(z³₁)':>14}{'=  δ³₁':>14}{'C':>14}")
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
print(f"\nδ near 0 is no minimum: quadratic descent that ends where |δ| ≤ 0.01 ends after {len(stopped.points) - 1} "
      f"steps,\nat C = {stopped.costs[-1]:.4f}, nearly the largest cost that there is, 0.5.")

# The picture: the cost against z, with its slope δ at the saturated neuron; the cost against epochs.
with drawn("light", 460, 760) as (plot, look):
    colours = dict(zip(COSTS, (look.curve, look.other)))
    against_z, epochs = plot.subplots(2, 1)
    zs = [i / 10 for i in range(-80, 61)]
    for name, cost in COSTS.items():
        colour = colours[name]
        against_z.plot(zs, [C_of_z([Value(z_i)], cost).data for z_i in zs], color=colour)
        C, delta = graphs[name][1].data, graphs[name][2][2]
        against_z.plot(z, C, "o", color=colour, markersize=9)
        against_z.annotate(f"{name}\nδ = {delta:.4f}".replace("-0", "−0"), (z, C), (14, 12 if C < 1 else -2),
                           textcoords="offset points", color=colour)
        is_late = halved[name] > 750
        epochs.plot(shares[name][:1501], color=colour)
        epochs.plot(halved[name], shares[name][halved[name]], "o", color=colour, markersize=9)
        epochs.annotate(f"{name}:\nhalved after {halved[name]:,}", (halved[name], 0.5), (-14 if is_late else 14, 10),
                        textcoords="offset points", color=colour, ha="right" if is_late else "left")
    against_z.axvline(z, color=look.faint, linewidth=1, linestyle=(0, (2, 3)))
    against_z.set(title="C against z, where y is 1", xlabel="z", xlim=(-8, 6), ylim=(-0.4, 8.2))
    epochs.set(title="C as a share of its first value", xlabel="epoch", ylim=(0, 1.05), xlim=(-20, 1520),
               yticks=(0, 0.5, 1), yticklabels=("0", "½", "1"))
    finished(plot, look, "The learning slowdown", "Where the quadratic cost is flat, cross-entropy is steep."
             ).save("learning_slowdown.svg")

# And the output neuron alone, as a graph: −436.6 · 0.002285 is −0.9977.
z3_1 = Value(z, graphs["quadratic"][0]["z3_1"].label)
a3_1 = z3_1.sigmoid()
a3_1.label = graphs["quadratic"][0]["a3_1"].label
C = cross_entropy(a3_1, y)
C.backward()
draw(C, derivatives=True, title="Cross-entropy after a saturated neuron: ∂C/∂a cancels σ′").save("cancelling.svg")
