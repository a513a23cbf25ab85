"""The page on Fisher's irises: step, edit, descend, be asked. Writes page.html, one file that needs no server.

The network is the stored one of iris-4-3-3.json before its training, with 20 flowers to descend on and 10 held out.
"""

from pathlib import Path

from micrograd_paper import MLP, datasets, explore, load

trained = load(Path(__file__).parent / "iris-4-3-3.json")
iris = datasets.load("iris")
train, held_out = (iris.examples(part, outputs=3, scaling=trained.scaling) for part in iris.split(seed=1))
net = MLP(4, [3, 3], seed=1)
explore(net, "page.html", title="Irises in a network 4-3-3", examples=train[::6], validation=held_out[::3])
print("page.html: open it in a browser")
