"""Sections 1.1 and 1.2: the direction of steepest descent (2), and where descent along it ends.

A longer vector only scales the slope (1). Descent can end in a local minimum, and at a minimum C need not be near 0.
Writes steepest_descent.svg.
"""

import math

from micrograd_paper import Neuron, quadratic
from micrograd_paper.descent import directional_derivative, minimize, steepest_descent_direction
from micrograd_paper.figures.picture import drawn, finished


def bowl(point):
    x, y = point
    return x**2 + y**2


# 1.1 Swing v in all directions, one a degree: where is ∇C·v the smallest?
w = [1.0, 0.5]
slopes = {}
for degrees in range(360):
    v = [math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]
    slopes[degrees] = directional_derivative(bowl, w, v)  # (1)
best = min(slopes, key=slopes.get)
steepest = steepest_descent_direction(bowl, w)  # −∇C/‖∇C‖
angle = math.degrees(math.atan2(steepest[1], steepest[0])) % 360
steepest_slope = directional_derivative(bowl, w, steepest)
print(f"The bowl x² + y² at w = {w}: ∇C·v of 360 unit vectors v, one a degree (2)")
print(f"  the smallest of them   {slopes[best]:.5f} at {best}°")
print(f"  v = −∇C/‖∇C‖           {steepest_slope:.5f} at {angle:.2f}°")
scaled = {length: directional_derivative(bowl, w, [length * v_i for v_i in steepest]) for length in (1, 2, 3)}
print("A longer v only scales ∇C·v (1); the slope is what is left when its length is divided out:")
for length, rate in scaled.items():
    print(f"  ‖v‖ = {length}   ∇C·v = {rate:8.5f}   ∇C·v/‖v‖ = {rate / length:.5f}")


# 1.1 Two valleys: where descent ends depends on where it starts.
def valleys(point):
    (x,) = point
    return x**4 / 4 - x**2 / 2 + x / 8 + 0.45


ends = {}
print("\nC(x) = x⁴/4 − x²/2 + x/8 + 0.45 has two valleys. Descent (3) with η = 0.1, until |C′| ≤ 10⁻⁸:")
for start in (-0.3, 0.6):
    ends[start] = minimize(valleys, [start], eta=0.1, steps=1000, tolerance=1e-8)
    print(f"  from x = {start:4}  to x = {ends[start].points[-1][0]:7.4f}, where C = {ends[start].costs[-1]:.4f}")


# 1.2 We want C(w) ≈ 0. One input with two targets, 0 and 1: a neuron has one answer, so that C ≥ 1/8.
def contradiction(parameters):
    neuron = Neuron(1)
    *neuron.weights, neuron.bias = parameters
    a = neuron([1.0])
    return (quadratic(a, 0.0) + quadratic(a, 1.0)) / 2  # (4)


fitted = minimize(contradiction, [2.0, 1.0], eta=1.0, steps=1000, tolerance=1e-8)
a = 1 / (1 + math.exp(-sum(fitted.points[-1])))
print("\nOne sigmoid neuron, the input x = 1 once with y = 0 and once with y = 1 (1.2):")
print(f"  descent converges after {len(fitted.points) - 1} steps at C = {fitted.costs[-1]:.4f}, a = {a:.4f}; "
      "no w and b give a smaller C")

# The picture: the slope in every direction, and the two valleys.
with drawn("light", 460, 680) as (plot, look):
    swing, curve = plot.subplots(2, 1)
    swing.axhline(0, color=look.faint, linewidth=1)
    swing.plot(list(slopes), list(slopes.values()), color=look.curve)
    swing.plot(angle, steepest_slope, "o", color=look.accent, markersize=9)
    swing.annotate("steepest: v = −∇C/‖∇C‖", (angle, steepest_slope), (0, -24), textcoords="offset points",
                   color=look.accent, ha="center")
    swing.plot(angle - 180, -steepest_slope, "o", color=look.faint, markersize=7)
    swing.annotate("uphill: ∇C/‖∇C‖", (angle - 180, -steepest_slope), (10, 4), textcoords="offset points",
                   color=look.faint)
    swing.annotate("along the contour: 0", (angle - 90, 0), (9, 7), textcoords="offset points", color=look.faint)
    swing.set(title="∇C·v in 360 directions v", xlabel="direction of v", xlim=(0, 360), ylim=(-3, 2.7),
              xticks=range(0, 361, 90), xticklabels=[f"{degrees}°" for degrees in range(0, 361, 90)])

    xs = [i / 100 for i in range(-150, 141)]
    curve.plot(xs, [valleys([x]) for x in xs], color=look.curve)
    for start, what, colour in zip(ends, ("the minimum", "a local minimum"), (look.good, look.accent)):
        path = ends[start]
        xs = [x for x, in path.points]
        curve.plot(xs, path.costs, "o", color=colour, markersize=4)
        curve.plot(xs[0], path.costs[0], "o", color=colour, markersize=9)
        curve.annotate("start", (xs[0], path.costs[0]), (0, 14), textcoords="offset points", color=colour,
                       ha="center" if start > 0 else "right")
        curve.annotate(f"{what}\nC = {path.costs[-1]:.3f}", (xs[-1], path.costs[-1]), (0, -40),
                       textcoords="offset points", color=colour, ha="center")
    curve.set(title="two valleys: the end depends on the start", xlabel="x", ylim=(-0.15, 0.8), yticks=[0, 0.4, 0.8])
    finished(plot, look, "Steepest descent", "It goes against ∇C, to a minimum, but not always the lowest."
             ).save("steepest_descent.svg")
