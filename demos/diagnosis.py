"""What is wrong with this backpropagation? A learner's program, its gradients, and the mistake that explains them.

The gradients are of flower 71 in the network of iris-4-3-3.json. They are also in gradients.json, for the command line:
micrograd-paper diagnose demos/iris-4-3-3.json demos/gradients.json --data iris --example 71
"""

import json
import math
from pathlib import Path

from micrograd_paper import datasets, diagnose, load

HERE = Path(__file__).parent


def backpropagate(W, b, x, y):
    """∂C/∂W and ∂C/∂b of the quadratic cost, without NumPy; with one mistake in it."""
    a = [x]
    for W_l, b_l in zip(W, b):
        z = [sum(w * a_k for w, a_k in zip(row, a[-1])) + b_j for row, b_j in zip(W_l, b_l)]
        a.append([1 / (1 + math.exp(-z_j)) for z_j in z])
    delta = [(a_j - y_j) * a_j * (1 - a_j) for a_j, y_j in zip(a[-1], y)]
    dW, db = [], []
    for l in reversed(range(len(W))):
        dW.insert(0, [[d * a_k for a_k in a[l]] for d in delta])
        db.insert(0, delta)
        if l > 0:
            sums = [sum(w * d for w, d in zip(row, delta)) for row in W[l]]  # rows: this should be the columns of W
            delta = [s * a_j * (1 - a_j) for s, a_j in zip(sums, a[l])]
    return dW, db


net = load(HERE / "iris-4-3-3.json")
((x, y),) = datasets.load("iris").examples([70], outputs=3, scaling=net.scaling)
W = [[[w.data for w in row] for row in rows] for rows in net.weights.values()]
b = [[b_j.data for b_j in row] for row in net.biases.values()]

gradients = backpropagate(W, b, x, y)
print(diagnose(gradients, net, x, y))

stored = json.loads((HERE / "gradients.json").read_text(encoding="utf-8"))
print("\nand those of gradients.json:")
print(diagnose((stored["weights"], stored["biases"]), net, x, y).verdict)
