"""The notebook demos/tour.ipynb: `python -m tests.tour` runs its cells and writes it with what they show.

Its cells are here, text and code in turns, as in a script: a line that begins with #: is text.
"""

from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parent.parent / "demos" / "tour.ipynb"
CELLS = r'''
#: # A tour of micrograd_paper
#: From one number to a trained network, with every gradient held to the paper *Gradient Descent, Neural networks and
#: Backpropagation*. Install it with `python -m pip install "micrograd_paper[matrix,plots]"`.
#:
#: ## A Value
#: A `Value` is a number that remembers how it was computed. `backward()` gives each its gradient.
from micrograd_paper import Value

a, b = Value(2.0, "a"), Value(-3.0, "b")
c = (a * b + 10).tanh()
c.backward()
c, a.grad, b.grad
#: The graph as a picture: each row a node, with its number and, coloured, its gradient.
from micrograd_paper import draw

draw(c)
#: ## A neuron
#: `Neuron(nin)` is Σwx + b and an activation, (9) and (10) of the paper. Its graph has the paper's names.
import random

from micrograd_paper import Neuron

neuron = Neuron(2, rng=random.Random(1))
y = neuron([0.5, -1.0])
y.backward()
draw(y, derivatives=True)
#: ## Backward, step by step
#: The same pass, one application of the chain rule at a time. In a terminal `debug(C)` stops at each of these lines.
from micrograd_paper import MLP, quadratic
from micrograd_paper.stepping.steps import backward_steps

net = MLP(2, [2, 1], seed=1)
forward = net.forward([0.5, -1.0])
C = quadratic(forward.output, [1.0])
for step in list(backward_steps(C))[:8]:
    print(step.text)
#: ## A network
draw(C)
#: The equation that gives the error of a hidden neuron:
from micrograd_paper.paper import EQUATIONS

EQUATIONS[21]
#: ## Compare, prove
#: `compare` computes the paper's (16)–(24) in closed form, on lists of numbers, and holds to them the gradients that
#: the steps above have left in the graph.
from micrograd_paper import compare, prove

compare(forward, [1.0])
#: That was one network and one example. `prove` runs both on symbols: they are the same polynomials.
prove([2, 2, 1])
#: ## A wrong backpropagation
#: Somebody has forgotten the slope of the sigmoid in the error of the hidden layer. Which equation is it?
import numpy as np

from micrograd_paper import diagnose


def backprop(weights, biases, x, y):
    a = [np.array(x)]
    for W, b in zip(weights, biases):
        a.append(1 / (1 + np.exp(-(np.array(W) @ a[-1] + b))))
    delta = (a[-1] - y) * a[-1] * (1 - a[-1])
    dW, db = [np.outer(delta, a[-2])], [delta]
    for W, before in zip(weights[:0:-1], a[-3::-1]):
        delta = np.array(W).T @ delta  # and σ′?
        dW.insert(0, np.outer(delta, before))
        db.insert(0, delta)
    return dW, db


weights = [[[w.data for w in row] for row in net.weights[layer]] for layer in net.weights]
biases = [[b.data for b in net.biases[layer]] for layer in net.biases]
diagnose(backprop(weights, biases, [0.5, -1.0], [1.0]), net, [0.5, -1.0], [1.0])
#: ## Training
#: `fit` descends on mini-batches, (7); its history shows itself.
from micrograd_paper import datasets, fit

iris = datasets.load("iris")
train, held_out = (iris.examples(part, outputs=3) for part in iris.split(seed=1))
flowers = MLP(4, [5, 3], seed=1)
history = fit(flowers, train, eta=0.3, epochs=60, batch_size=10, cost="cross_entropy", seed=1, validation=held_out)
history
#: ## The page
#: One file, in which somebody steps, changes numbers, descends and is asked. Here it stands inline.
from micrograd_paper import explore

explore(net, examples=[([0.5, -1.0], [1.0]), ([1.0, 1.0], [0.0])])
#: ## From scalars to matrices
#: `vectorize` finds the matrices of the scalar graph again: (13), (14), (17), (22)–(24).
from micrograd_paper import vectorize

vectorize(C)
#: More: [README](../README.md), [the paper, section by section](paper.md), [debugging](debugging.md),
#: [drawing](drawing.md), [diagnosis](diagnosis.md), [speed](speed.md).
'''


def notebook() -> Any:
    """The notebook, not run."""
    import nbformat.v4 as v4

    cells: list[tuple[bool, list[str]]] = []
    for line in CELLS.strip("\n").splitlines():
        is_text = line.startswith("#:")
        if not cells or cells[-1][0] != is_text:
            cells.append((is_text, []))
        cells[-1][1].append(line[2:].strip() if is_text else line)
    made = [(v4.new_markdown_cell if is_text else v4.new_code_cell)("\n".join(lines).strip("\n"), id=f"cell-{n}")
            for n, (is_text, lines) in enumerate(cells)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return v4.new_notebook(cells=made, metadata=kernel)


def executed() -> Any:
    """The notebook with what its cells show. The page, of 100 kB, stays out of the file."""
    from nbclient import NotebookClient

    made = notebook()
    NotebookClient(made, timeout=300, kernel_name="python3").execute()
    for cell in made.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if "image/svg+xml" in output.get("data", {}):  # a repository's viewer leaves pictures in HTML out
                output.data.pop("text/html", None)
            if "<iframe" in output.get("data", {}).get("text/html", ""):
                output.data = {"text/plain": "The page stands here when the cell is run."}
    made.metadata.pop("language_info", None)
    return made


if __name__ == "__main__":
    import nbformat

    NOTEBOOK.write_text(nbformat.writes(executed()) + "\n", encoding="utf-8")
