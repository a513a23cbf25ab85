"""The same flower in every detail, and graphs that are no network. Writes eighteen drawings; nothing is trained.

The network is the stored one of iris-4-3-3.json, the flower is the 71st.
"""

import warnings
from pathlib import Path

from micrograd_paper import (
    MLP, Value, animate, around, between, collapsed, cross_entropy, datasets, draw, load, quadratic,
)
from micrograd_paper.costs import mean_cost

net = load(Path(__file__).parent / "iris-4-3-3.json")
((x, y),) = datasets.load("iris").examples([70], outputs=3, scaling=net.scaling)
C = quadratic(net.forward(x).output, y)
C.backward()
flower = "flower 71, versicolor, in a 4-3-3 network"

draw(C, derivatives=True, title=f"Each local derivative of {flower}").save("derivatives.svg")
draw(C, theme="dark", title=f"Backpropagation in the dark: {flower}").save("dark.svg")
draw(C, detail="neurons", title=f"Weights, activations and errors: {flower}").save("neurons.svg")
draw(C, detail="neurons", derivatives=True, title=f"Gradients of the weights: {flower}").save("weight_gradients.svg")
draw(C, detail="layers", title=f"Norms by layer: {flower}").save("layers.svg")
draw(between(C, "w2_1_1", "C")).save("between.svg")
draw(around(C, "z2_2", 1)).save("around.svg")
draw(C, step=30).save("step.svg")
draw(C, direction="down", title=f"Read downwards: {flower}").save("down.svg")

xor = [([0.0, 0.0], [0.0]), ([0.0, 1.0], [1.0]), ([1.0, 0.0], [1.0]), ([1.0, 1.0], [0.0])]
mean = mean_cost(MLP(2, [2, 1], seed=3), xor, cross_entropy)
mean.backward()
draw(mean, title="A batch of four: the mean cross-entropy of XOR, with shared weights").save("batch.svg")

images = MLP(64, [30, 10], seed=1)
C = cross_entropy(images.forward([k / 64 for k in range(64)]).output, [0.0] * 7 + [1.0] + [0.0] * 2)
C.backward()
draw(collapsed(C, 3)).save("collapsed.svg")
draw(C, detail="neurons", title="64-30-10: six neurons of a layer, and the last").save("elided.svg")

x1, x2, w1, w2 = Value(2.0, "x1"), Value(0.0, "x2"), Value(-3.0, "w1"), Value(1.0, "w2")
n = x1 * w1 + x2 * w2 + Value(6.8813735870195432, "b")
n.label = "n"
o = n.tanh()
o.label = "o"
o.backward()
draw(o, derivatives=True, title="One neuron of plain operations, with its local derivatives").save("neuron.svg")

x = Value(1.5, "x")
f = x**3 - 2 * x * (x * x).sin() + x.exp() / 4
f.label = "f"
f.backward()
draw(f, derivatives=True, title="f(x) = x³ − 2x sin x² + eˣ/4").save("formula.svg")

orbit = Value(1.5, "x")
for _ in range(24):
    orbit = (orbit * orbit - 0.9) * 0.99
orbit.label = "orbit"
orbit.backward()
draw(orbit, title="x becomes 0.99 (x·x − 0.9), 24 times: a chain is a ledger").save("chain.svg")

w1.data = -2.0  # after the pass
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    draw(o, title="w₁ was changed after the pass").save("old.svg")

net = MLP(2, [2, 1], seed=1)
draw(net, title="2-2-1, without an example").save("network.svg")
animate(quadratic(net.forward([1.0, 0.5]).output, [1.0]), "pass.svg")
print("drawn: derivatives, dark, neurons, weight_gradients, layers, between, around, step, down, batch, collapsed,",
      "elided, neuron, formula, chain, old, network, pass")
