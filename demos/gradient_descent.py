"""Gradient descent (3) on the bowl of Figure 1, f(x, y) = x² + y²: where downhill is, what the learning rate does."""

from micrograd_paper import Value
from micrograd_paper.descent import directional_derivative, minimize, steepest_descent_direction


def f(point: list[Value]) -> Value:
    x, y = point
    return x**2 + y**2


start = [1.0, -2.0]
v = steepest_descent_direction(f, start)
print(f"At {start} the steepest descent is along v = [{v[0]:.4f}, {v[1]:.4f}],")
print(f"with slope ∇f·v = {directional_derivative(f, start, v):.4f} (1), (2).\n")

print("f along the way w ← w − η∇f(w) (3):")
print("   step " + "".join(f"{step:>10}" for step in (0, 1, 2, 5, 10, 20)))
for eta, what in ((0.01, "slow"), (0.1, "good"), (0.45, "better"), (0.95, "overshoots"), (1.05, "diverges")):
    costs = minimize(f, start, eta, steps=20).costs
    print(f"η = {eta:<4}" + "".join(f"{costs[step]:10.4g}" for step in (0, 1, 2, 5, 10, 20)) + f"   {what}")
