"""Section 1.1, after (3): what the learning rate η does, and its limit 2/λ. Writes gradient_descent.svg.

λ is the second derivative: on the bowl of Figure 1 of f itself, for a network the largest eigenvalue of its Hessian,
found by power iteration on Hessian–vector products. Both come from gradients of gradients.
"""

import math

from micrograd_paper import MLP, Value, cross_entropy, fit, gradient
from micrograd_paper.costs import mean_cost
from micrograd_paper.descent import minimize
from micrograd_paper.figures.picture import drawn, finished


def f(point):
    x, y = point
    return x**2 + y**2


# The bowl: λ = ∂²f/∂x², the same everywhere and in every direction.
x, y = Value(1.0, "x"), Value(-2.0, "y")
slopes = gradient(f([x, y]), [x, y], create_graph=True)  # ∇f, as Values
(curvature,) = gradient(slopes[0], [x])
print(f"The bowl f = x² + y² has λ = ∂²f/∂x² = {curvature:g}: descent (3) converges for η < 2/λ = {2 / curvature:g}.")
print("f(w) along the way w ← w − η∇f(w), until ‖∇f‖ ≤ 10⁻⁶:")
RATES = {0.02: "too small: slow", 0.3: "good", 0.95: "large: overshoots", 1.05: "too large: diverges"}
STEPS = (0, 1, 2, 5, 10, 20)
print("   step " + "".join(f"{step:>9}" for step in STEPS) + "   converged")
paths = {}
for eta, what in RATES.items():
    path = paths[eta] = minimize(f, [1.0, -2.0], eta, steps=1000, tolerance=1e-6)
    after = f"after {len(path.points) - 1:>3}" if path.converged else "never    "
    costs = [f"{path.costs[step]:9.3g}" if step < len(path.costs) else f"{'·':>9}" for step in STEPS]
    print(f"η = {eta:<4}" + "".join(costs) + f"   {after}   {what}")

# A network: near a minimum it is a bowl, too, with another λ in each direction; the largest one sets the limit.
XOR = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])]
ALPHA = 0.01  # with the penalty (27) the cost has a minimum at finite weights
net = MLP(2, [2, 1], seed=2)
fit(net, XOR, eta=3.5, epochs=2000, batch_size=4, cost=cross_entropy, alpha=ALPHA, seed=1)
w = net.parameters()
minimum = [p.data for p in w]
C = mean_cost(net, XOR, cross_entropy, ALPHA)
slopes = gradient(C, w, create_graph=True)


def hessian_times(v):
    """H v = ∇(∇C·v)."""
    slope = slopes[0] * v[0]
    for g, v_i in zip(slopes[1:], v[1:]):
        slope = slope + g * v_i  # ∇C·v, (1)
    return gradient(slope, w)


v = [1.0] * len(w)
for _ in range(100):  # power iteration: v turns to the direction of the largest curvature
    length = math.hypot(*v)
    v = hessian_times([v_i / length for v_i in v])
largest = math.hypot(*v)
v = [v_i / largest for v_i in v]
limit = 2 / largest
print(f"\nXOR in a {net.shape_text} network, at a minimum (‖∇C‖ = {math.hypot(*gradient(C, w)):.0e}): "
      f"λmax = {largest:.4f}, 2/λmax = {limit:.4f}.")
print("Distance from that minimum, started 10⁻⁴ beside it:")

distances = {}
for share in (0.95, 1.05):
    for p, p_i, v_i in zip(w, minimum, v):
        p.data = p_i + 1e-4 * v_i
    distances[share] = [1e-4]

    def keep_distance(epoch, kept=distances[share]):
        kept.append(math.dist([p.data for p in w], minimum))

    fit(net, XOR, eta=share * limit, epochs=60, batch_size=4, cost=cross_entropy, alpha=ALPHA, seed=1,
        on_epoch=keep_distance)
    shown = "".join(f"{distances[share][step]:10.1e}" for step in (0, 1, 2, 20, 60))
    print(f"η = {share}·2/λmax{shown}   after 0, 1, 2, 20, 60 steps")

# The picture: steps on the bowl; f along them; the distance from the network's minimum.
with drawn("light", 460, 980) as (plot, look):
    colours = dict(zip(RATES, (look.good, look.curve, look.other, look.accent)))
    bowl, costs, network = plot.subplots(3, 1, height_ratios=[5, 3.6, 3.2])

    grid = [i / 20 for i in range(-66, 67)]
    bowl.contour(grid, grid, [[x * x + y * y for x in grid] for y in grid], [0.25, 1, 2.25, 4, 6.25, 9],
                 colors=[look.line], linewidths=1.2)
    bowl.plot(0, 0, "+", color=look.ink, markersize=12)
    for eta, angle, shift in zip(RATES, (-90, 190, 55, -30), ((9, -14), (-8, 8), (8, 4), (6, 6))):
        start = [math.sqrt(5) * math.cos(math.radians(angle)), math.sqrt(5) * math.sin(math.radians(angle))]
        bowl.plot(*zip(*minimize(f, start, eta, steps=8).points), "o-", color=colours[eta], linewidth=1.2, markersize=5)
        bowl.annotate(f"η = {eta}", start, shift, textcoords="offset points", color=colours[eta],
                      ha="right" if shift[0] < 0 else "left")
    bowl.set(title="eight steps on f = x² + y², from four starts", aspect="equal", xlim=(-3.3, 3.3), ylim=(-3.1, 3.1))
    bowl.axis("off")

    for eta, what in RATES.items():
        kept = paths[eta].costs[:41]
        costs.semilogy(kept, color=colours[eta])
        costs.annotate(f"{eta} {what.partition(': ')[2] or what}", (len(kept) - 1, kept[-1]), (5, -4),
                       textcoords="offset points", color=colours[eta])
    costs.set(title=f"f after each step; the limit is η = 2/λ = {2 / curvature:g}", xlabel="step", xlim=(0, 40))

    for share, colour in zip(distances, (look.other, look.accent)):
        network.semilogy(distances[share], color=colour)
        network.annotate(f"{share}·2/λmax", (60, distances[share][-1]), (5, -4), textcoords="offset points",
                         color=colour)
    network.set(title=f"a {net.shape_text} network: distance from its minimum", xlabel="step", xlim=(0, 60))
    finished(plot, look, "The learning rate η", "Below 2/λ descent converges; above, it diverges."
             ).save("gradient_descent.svg")
