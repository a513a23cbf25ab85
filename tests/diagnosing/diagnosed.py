"""Gradients to diagnose: a problem of mistakes.py as an MLP, and backpropagation of one example of the network NET."""

import numpy as np

from micrograd_paper import MLP, cross_entropy, quadratic
from micrograd_paper.diagnosing.diagnosis import diagnose, matchers, posed
from tests.diagnosing import mistakes

COSTS = {"quadratic": quadratic, "cross-entropy": cross_entropy}


def network(problem):
    """The problem's network as an MLP."""
    sizes = [problem.X.shape[1], *map(len, problem.biases)]
    net = MLP(sizes[0], sizes[1:], seed=0)
    for l, (W, b) in enumerate(zip(problem.weights, problem.biases), start=2):
        for neuron, row, bias in zip(net.layers[l - 2].neurons, W, b):
            neuron.bias.data = float(bias)
            for weight, w in zip(neuron.weights, row):
                weight.data = float(w)
    return net


def diagnosed(problem, gradients):
    return diagnose(gradients, network(problem), problem.X, problem.Y, COSTS[problem.cost], alpha=problem.alpha,
                    m=problem.m, eta=problem.eta, earlier=problem.earlier)


def reports(gradients, net, x, y):
    """What is said of each layer, in each way to read the gradients; it needs no search for mistakes."""
    return [matcher.report(l) for matcher, _ in matchers(gradients, net, posed(net, x, y, quadratic, 0.0), None, 0.0)
            for l in reversed(matcher.problem.layers)]


def backprop(weights, biases, x, y, *, prime=True, transposed=True, factor=1.0, added=0.0):
    """Backpropagation of the quadratic cost of one example, in NumPy."""
    a = [np.array(x)]
    for W, b in zip(weights, biases):
        a.append(mistakes.sigma(np.array(W) @ a[-1] + np.array(b)))
    delta = (a[-1] - y) * (a[-1] * (1 - a[-1]) if prime else 1)
    gradients = []
    for i in reversed(range(len(weights))):
        gradients.insert(0, (np.outer(delta, a[i]), delta))
        W = np.array(weights[i])
        delta = (W.T if transposed or W.shape[0] != W.shape[1] else W) @ delta * a[i] * (1 - a[i]) * factor + added
    return [W for W, _ in gradients], [b for _, b in gradients]


def lists(net):
    return ([[[w.data for w in row] for row in rows] for rows in net.weights.values()],
            [[b.data for b in row] for row in net.biases.values()])


NET, X, Y = MLP(3, [4, 4, 2], seed=5), [0.5, -1.0, 2.0], [1.0, 0.0]
RIGHT = backprop(*lists(NET), X, Y)
