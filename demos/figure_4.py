"""The network of Figure 4, 5-4-1, and the two activations that section 2 writes out: a²₄, a³₁.

Writes network_5_4_1.svg.
"""

from micrograd_paper import MLP, draw
from micrograd_paper.functions import sigmoid

net = MLP(5, [4, 1], seed=4)
x1, x2, x3, x4, x5 = x = [0.2, -0.4, 0.6, 0.8, -1.0]
forward = net.forward(x)


def w(l: int, j: int, k: int) -> float:
    return float(net[f"w{l}_{j}_{k}"])


def b(l: int, j: int) -> float:
    return float(net[f"b{l}_{j}"])


a2_4 = sigmoid(x1 * w(2, 4, 1) + x2 * w(2, 4, 2) + x3 * w(2, 4, 3) + x4 * w(2, 4, 4) + x5 * w(2, 4, 5) + b(2, 4))
print("a²₄ = σ(x₁w²₄₁ + x₂w²₄₂ + x₃w²₄₃ + x₄w²₄₄ + x₅w²₄₅ + b²₄)")
print(f"    = {a2_4}, and in the graph {forward['a2_4'].data}")

a1, a2, a3, a4 = (a.data for a in forward.a[2])
a3_1 = sigmoid(a1 * w(3, 1, 1) + a2 * w(3, 1, 2) + a3 * w(3, 1, 3) + a4 * w(3, 1, 4) + b(3, 1))
print("a³₁ = σ(a²₁w³₁₁ + a²₂w³₁₂ + a²₃w³₁₃ + a²₄w³₁₄ + b³₁)")
print(f"    = {a3_1}, and in the graph {forward['a3_1'].data}")

assert (a2_4, a3_1) == (forward["a2_4"].data, forward["a3_1"].data)
draw(forward["a3_1"], title="Figure 4: a 5-4-1 network").save("network_5_4_1.svg")
