"""Thirteen wrong backpropagations as they stand in public, rebuilt with their own conventions, for `diagnose`.

Each returns the arguments of `diagnose` as its author would give them. a: the raw error in the hidden layer, without W;
b: the raw error goes back; c: divided by W.shape[1]; d: σ′ missing in one ∂C/∂W; e: hidden weights take δᴸ; f: σ′ at a;
g: ∂C/∂W for W; h: factors; i: a for a(1 − a); j: t − a as δᴸ; k: the bias's column decays; l: z − y; m: relu′
forgotten.
"""

from itertools import pairwise

import numpy as np

from micrograd_paper import MLP


def sigma(z):
    return 1 / (1 + np.exp(-z))


class Net:
    """A random network as arrays and as an MLP, with its forward pass of rows of examples."""

    def __init__(self, rng, shape, biases=True, functions=None, activation="sigmoid"):
        self.W = [rng.normal(size=(n, before)) for before, n in pairwise(shape)]
        self.b = [rng.normal(size=n) * 0.5 * biases for n in shape[1:]]
        self.functions = functions or [sigma] * len(self.W)
        self.mlp = MLP.from_weights(self.W, self.b, activation)

    def forward(self, X):
        self.a, self.z = [X], []
        for W, b, f in zip(self.W, self.b, self.functions):
            self.z.append(self.a[-1] @ W.T + b)
            self.a.append(f(self.z[-1]))
        return self.a


def case(**arguments):
    return arguments


def batch(rng, inputs, outputs, k=5):
    return rng.normal(size=(k, inputs)), rng.random((k, outputs))


def a(rng):
    net = Net(rng, (3, 4, 1), biases=False)
    X, Y = batch(rng, 3, 1)
    _, a1, a2 = net.forward(X)
    error = Y - a2
    output, hidden = error * a2 * (1 - a2), error * a1 * (1 - a1)
    return case(gradients=([hidden.T @ X, output.T @ a1], None), net=net.mlp, x=X, y=Y)


def b(rng):
    net = Net(rng, (3, 4, 3, 2))
    X, Y = batch(rng, 3, 2, 1)
    _, a1, a2, a3 = net.forward(X)
    error = Y - a3
    errors = [error @ net.W[2] @ net.W[1], error @ net.W[2], error]
    deltas = [e * s * (1 - s) for e, s in zip(errors, (a1, a2, a3))]
    return case(gradients=([d.T @ s for d, s in zip(deltas, net.a)], [d[0] for d in deltas]), net=net.mlp, x=X[0],
                y=Y[0])


def c(rng):
    net = Net(rng, (3, 4, 2))
    X, Y = batch(rng, 3, 2)
    _, a1, a2 = net.forward(X)
    output = (a2 - Y) * a2 * (1 - a2)
    hidden = output @ net.W[1] * a1 * (1 - a1)
    return case(gradients=([hidden.T @ X / 3, output.T @ a1 / 4], [hidden.sum(0) / 3, output.sum(0) / 4]),
                net=net.mlp, x=X, y=Y)


def d(rng):
    net = Net(rng, (3, 4, 2), biases=False)
    X, Y = batch(rng, 3, 2)
    _, a1, a2 = net.forward(X)
    output = (a2 - Y) * a2 * (1 - a2)
    hidden = output @ net.W[1] * a1 * (1 - a1)
    return case(gradients=([X.T @ hidden, a1.T @ (a2 - Y)], None), net=net.mlp, x=X, y=Y)


def e(rng):
    net = Net(rng, (3, 4, 1))
    X, Y = batch(rng, 3, 1, 1)
    _, a1, a2 = net.forward(X)
    output = ((Y - a2) * a2 * (1 - a2))[0]
    return case(gradients=[np.outer(np.repeat(output, 4), [*X[0], -1]), np.outer(output, [*a1[0], -1])], net=net.mlp,
                x=X[0], y=Y[0])


def f(rng):
    net = Net(rng, (3, 4, 2))
    X, Y = batch(rng, 3, 2, 1)
    _, a1, a2 = net.forward(X)
    prime = lambda s: sigma(s) * (1 - sigma(s))  # noqa: E731
    output = ((Y - a2) * prime(a2))[0]
    hidden = output @ net.W[1] * prime(a1[0])
    return case(gradients=[np.outer(hidden, [1, *X[0]]), np.outer(output, [1, *a1[0]])], net=net.mlp, x=X[0], y=Y[0])


def g(rng):
    net = Net(rng, (3, 4, 2), functions=[np.tanh, sigma], activation=["tanh", "sigmoid"])
    X, Y = batch(rng, 3, 2)
    _, a1, a2 = net.forward(X)
    dW2 = (a2 - Y).T @ a1 / 5
    hidden = (a2 - Y) @ dW2 * (1 - a1**2)
    gradients = {"dW1": hidden.T @ X / 5, "db1": hidden.mean(0)[:, None], "dW2": dW2, "db2": (a2 - Y).mean(0)[:, None]}
    return case(gradients=gradients, net=net.mlp, x=X.T, y=Y.T, cost="cross_entropy")


def h(rng):
    net = Net(rng, (3, 4, 2))
    X, Y = batch(rng, 3, 2, 1)
    _, a1, a2 = net.forward(X)
    output = ((a2 - Y) * a2 * (1 - a2))[0]
    hidden = output @ net.W[1] * a1[0] * (1 - a1[0])
    return case(gradients=([np.outer(hidden, X[0]), 2 * np.outer(output, a1[0])], [4 * hidden, output]), net=net.mlp,
                x=X[0], y=Y[0])


def i(rng):
    net = Net(rng, (3, 4, 2))
    X, Y = batch(rng, 3, 2)
    _, a1, a2 = net.forward(X)
    output = (a2 - Y) * a2
    hidden = output @ net.W[1] * a1
    return case(gradients=([hidden.T @ X / 5, output.T @ a1 / 5], [hidden.mean(0), output.mean(0)]), net=net.mlp, x=X,
                y=Y)


def j(rng):
    net = Net(rng, (3, 4, 4, 2))
    X, T = batch(rng, 3, 2)
    _, a1, a2, a3 = net.forward(X)
    third = T - a3
    second = third @ net.W[2] * a2 * (1 - a2)
    first = second @ net.W[1] * a1 * (1 - a1)
    deltas = [first, second, third]
    return case(gradients=([delta.T @ s for delta, s in zip(deltas, net.a)], [delta.sum(0) for delta in deltas]),
                net=net.mlp, x=X, y=T)


def k(rng):
    net = Net(rng, (3, 4, 2))
    X, Y = batch(rng, 3, 2)
    _, a1, a2 = net.forward(X)
    output = (a2 - Y) * a2 * (1 - a2)
    hidden = output @ net.W[1] * a1 * (1 - a1)
    gradients = [np.c_[delta.mean(0), delta.T @ s / 5] + 0.7 / 9 * np.c_[np.ones(len(W)), W]
                 for delta, s, W in zip((hidden, output), net.a, net.W)]
    return case(gradients=gradients, net=net.mlp, x=X, y=Y, alpha=0.7, m=9)


def l(rng):  # noqa: E743
    net = Net(rng, (3, 4, 2))
    X, Y = batch(rng, 3, 2, 1)
    _, a1, _ = net.forward(X)
    output = (net.z[1] - Y)[0]
    hidden = output @ net.W[1] * a1[0] * (1 - a1[0])
    return case(gradients=([np.outer(hidden, X[0]), np.outer(output, a1[0])], [hidden, output]), net=net.mlp, x=X[0],
                y=Y[0])


def m(rng):
    net = Net(rng, (3, 6, 2), biases=False, functions=[lambda z: np.maximum(z, 0), lambda z: z],
              activation=["relu", "linear"])
    X, Y = batch(rng, 3, 2)
    _, a1, a2 = net.forward(X)
    return case(gradients=([((a2 - Y) @ net.W[1]).T @ X, (a2 - Y).T @ a1], None), net=net.mlp, x=X, y=Y)


SUM, SIGN, NO_BIASES = ("not divided", 6), ("y − a", 16), "you have no biases: weights alone are judged"
EXPECTED = {  # the mistakes and conventions by name and equation, and what is told of the form
    a: ([SIGN, SUM, ("the output's error in a hidden layer", 21)], [NO_BIASES]),
    b: ([SIGN, ("the raw error goes back", 21)], []),
    c: ([("divided by the layer's inputs", 6)], []),
    d: ([SUM, ("σ′ left out of the gradient alone", 24)], [NO_BIASES, "your matrices are (in, out): transposed"]),
    e: ([SIGN, ("the bias is subtracted", 23), ("δᴸ in a hidden layer", 21)],
        ["your matrices hold weights and biases", "the last column of your matrices is the bias"]),
    f: ([SIGN, ("σ′ at a", 21)],
        ["your matrices hold weights and biases", "the first column of your matrices is the bias"]),
    g: ([("∂C/∂W for W", 22)], ["weights and biases are told by their names", "your examples are columns of x and y"]),
    h: ([("a factor", 24), ("a factor", 23)], []),
    i: ([("σ for σ′", 21)], []),
    j: ([SIGN, SUM, ("σ′ forgotten", 16)], []),
    k: ([("biases decayed", 28)],
        ["your matrices hold weights and biases", "the first column of your matrices is the bias"]),
    l: ([("z − y", 16)], []),
    m: ([SUM, ("σ′ forgotten", 21)], [NO_BIASES]),
}
