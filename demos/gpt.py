"""A character GPT on scalars learns names; then its graph becomes a matrix program, and learns on without a graph.

    python demos/gpt.py                 pip install "micrograd_paper[matrix]"

The model is lists, loops and `sum` over Values, as one writes it for any scalar engine. `vectorize` is not told what a
matrix, a head or a token is. The generated program is written beside this file, as gpt_program.py, if --write is given.
"""

import gc
import itertools
import math
import random
import sys
import time
import warnings
from pathlib import Path

from micrograd_paper import Value, vectorize

NAMES = ["ada", "alma", "anna", "arno", "bela", "clara", "dora", "elena", "emil", "erna", "ida", "irma", "karl",
         "lena", "leo", "lina", "maria", "mira", "nora", "oskar", "paula", "rosa", "thea", "viktor"]
WIDE, HEADS, LONGEST = 16, 4, 8
rng = random.Random(1)
letters = sorted(set("".join(NAMES)))
END = len(letters)  # stands before the first letter and after the last


def matrix(name, rows, columns):
    return [[Value(rng.gauss(0, 0.08), f"{name}[{i}][{j}]") for j in range(columns)] for i in range(rows)]


weights = {
    "tokens": matrix("tokens", END + 1, WIDE), "positions": matrix("positions", LONGEST, WIDE),
    **{name: matrix(name, WIDE, WIDE) for name in ("query", "key", "value", "out")},
    "up": matrix("up", 4 * WIDE, WIDE), "down": matrix("down", WIDE, 4 * WIDE), "head": matrix("head", END + 1, WIDE),
}
parameters = [p for rows in weights.values() for row in rows for p in row]


def linear(x, name):
    return [sum(w * x_k for w, x_k in zip(row, x)) for row in weights[name]]


def softmax(logits):
    largest = max(logit.data for logit in logits)
    exps = [(logit - largest).exp() for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]


def norm(x):
    scale = (sum(x_k * x_k for x_k in x) / len(x) + 1e-5) ** -0.5
    return [x_k * scale for x_k in x]


def logits(token, position, keys, values):
    """The scores of the next letter; the key and the value of this one join the lists."""
    x = norm([t + p for t, p in zip(weights["tokens"][token], weights["positions"][position])])
    before, x = x, norm(x)
    q = linear(x, "query")
    keys.append(linear(x, "key"))
    values.append(linear(x, "value"))
    attended = []
    for head in range(0, WIDE, WIDE // HEADS):
        part = range(head, head + WIDE // HEADS)
        attention = softmax([sum(q[i] * k[i] for i in part) / len(part) ** 0.5 for k in keys])
        attended += [sum(a * v[i] for a, v in zip(attention, values)) for i in part]
    x = [a + b for a, b in zip(linear(attended, "out"), before)]
    before, x = x, norm(x)
    x = [a + b for a, b in zip(linear([h.relu() ** 2 for h in linear(x, "up")], "down"), before)]
    return linear(x, "head")


def loss_of(name):
    """The mean of −ln p over the letters of a name and its end."""
    tokens, keys, values = [END, *map(letters.index, name), END], [], []
    losses = [-softmax(logits(token, i, keys, values))[after].log()
              for i, (token, after) in enumerate(itertools.pairwise(tokens[: LONGEST + 1]))]
    return sum(losses) / len(losses)


def invented():
    """A name that the model makes up, letter by letter."""
    token, name, keys, values = END, "", [], []
    while len(name) < LONGEST:
        p = [a.data for a in softmax(logits(token, len(name), keys, values))]
        (token,) = rng.choices(range(END + 1), p)
        if token == END:
            break
        name += letters[token]
    return name


class Adam:
    """Adam on a list or an array of numbers."""

    def __init__(self, count):
        self.means, self.squares, self.steps = [0.0] * count, [0.0] * count, 0

    def step(self, numbers, slopes, eta=0.01):
        self.steps += 1
        for i, g in enumerate(slopes):
            self.means[i] = 0.9 * self.means[i] + 0.1 * g
            self.squares[i] = 0.95 * self.squares[i] + 0.05 * g * g
            mean, square = self.means[i] / (1 - 0.9**self.steps), self.squares[i] / (1 - 0.95**self.steps)
            numbers[i] -= eta * mean / (math.sqrt(square) + 1e-8)


def main(graph_steps=2, program_steps=150):
    gc.disable()  # a graph leaves no cycles
    adam, batch = Adam(len(parameters)), NAMES[:8]
    print(f"8 names, {len(parameters):,} weights. By the graph:")
    for step in range(graph_steps):
        start = time.perf_counter()
        for p in parameters:
            p.grad = 0
        loss = sum(map(loss_of, batch)) / len(batch)
        loss.backward()
        by_graph = time.perf_counter() - start
        numbers = [p.data for p in parameters]
        adam.step(numbers, [p.grad for p in parameters])
        for p, number in zip(parameters, numbers):
            p.data = number
        print(f"  step {step + 1}: loss {loss.data:.4f}, cost and gradient in {by_graph * 1e3:.0f} ms")
    start = time.perf_counter()
    loss = sum(map(loss_of, batch)) / len(batch)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        program = vectorize(loss, [], parameters)
    print(f"vectorize: {len(program.builder.plans)} groups in {time.perf_counter() - start:.1f} s")
    for warning in said:
        print(f"  it says: {warning.message}")
    theta, spent = program.theta, 0.0
    for step in range(program_steps):
        start = time.perf_counter()
        value, gradient = program.value_and_grad(theta)
        spent += time.perf_counter() - start
        adam.step(theta, gradient.tolist())
        if step % 50 == 49:
            print(f"  step {graph_steps + step + 1}: loss {value:.4f}")
    by_program = spent / program_steps
    print(f"cost and gradient in {by_program * 1e6:.0f} µs: {by_graph / by_program:,.0f} times as fast")
    for p, number in zip(parameters, theta.tolist()):
        p.data = number
    print("names it makes up:", ", ".join(invented() for _ in range(8)))
    if "--write" in sys.argv:
        Path(__file__).with_name("gpt_program.py").write_text(program.source, encoding="utf-8")


if __name__ == "__main__":
    main()
