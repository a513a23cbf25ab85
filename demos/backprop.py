"""Backpropagate the cost of one iris through a trained network, compare every gradient, draw the graph.

The network is the one that `python -m micrograd_paper` trains, stored in iris-4-3-3.json. Writes backprop.svg.
"""

from pathlib import Path

from micrograd_paper import compare, datasets, draw, load, quadratic

net = load(Path(__file__).parent / "iris-4-3-3.json")
iris = datasets.load("iris")
((x, y),) = iris.examples([70], outputs=3, scaling=net.scaling)  # flower 71, a versicolor that looks like a virginica

forward = net.forward(x)
C = quadratic(forward.output, y)
C.backward()

print(compare(forward, y))
draw(C, title="Backpropagation through a 4-3-3 network: flower 71, versicolor").save("backprop.svg")
