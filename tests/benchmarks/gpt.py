"""A character GPT on scalars, as one file would have it: lists, loops and `sum`, for any class that is like Value.

    model = GPT(Value)            3,936 weights
    model.step("benjamin")        forward, backward, Adam: 63,825 nodes; the loss
"""

import math
import random

NAMES = [
    "alice", "amelia", "anna", "arthur", "benjamin", "camille", "carlos", "caroline", "daniel", "dorothea", "edward",
    "eleanor", "emma", "florence", "george", "hannah", "isabella", "james", "jonathan", "karl", "laura", "margaret",
    "matilda", "michael", "nicholas", "olivia", "patricia", "robert", "theodore", "victoria",
]


def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]


def softmax(logits):
    largest = max(logit.data for logit in logits)
    exps = [(logit - largest).exp() for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]


def rms_norm(x):
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + 1e-5) ** -0.5
    return [xi * scale for xi in x]


class GPT:
    """Embeddings, one block of attention and MLP, scores of the next letter; the weights are of the class given."""

    def __init__(self, value_class, n_embd=16, n_head=4, block_size=8, seed=42):
        rng = random.Random(seed)

        def matrix(rows, columns):
            return [[value_class(rng.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.letters = sorted(set("".join(NAMES)))
        self.end = len(self.letters)  # the token before the first letter and after the last
        self.n_head, self.block_size = n_head, block_size
        self.tokens = matrix(self.end + 1, n_embd)
        self.positions = matrix(block_size, n_embd)
        self.query, self.key, self.value, self.out = (matrix(n_embd, n_embd) for _ in range(4))
        self.up, self.down = matrix(4 * n_embd, n_embd), matrix(n_embd, 4 * n_embd)
        self.head = matrix(self.end + 1, n_embd)
        matrices = (self.tokens, self.positions, self.query, self.key, self.value, self.out, self.up, self.down,
                    self.head)
        self.parameters = [p for w in matrices for row in w for p in row]
        self.means, self.squares = [0.0] * len(self.parameters), [0.0] * len(self.parameters)
        self.steps = 0

    def logits(self, token, position, keys, values):
        """The scores of the next token; this one's key and value join the lists."""
        x = [t + p for t, p in zip(self.tokens[token], self.positions[position])]
        x = rms_norm(x)

        before, x = x, rms_norm(x)
        q = linear(x, self.query)
        keys.append(linear(x, self.key))
        values.append(linear(x, self.value))
        size = len(x) // self.n_head
        attended = []
        for start in range(0, len(x), size):
            part = slice(start, start + size)
            scores = [sum(qi * ki for qi, ki in zip(q[part], k[part])) / size**0.5 for k in keys]
            weights = softmax(scores)
            attended += [sum(w * v[i] for w, v in zip(weights, values)) for i in range(start, start + size)]
        x = [a + b for a, b in zip(linear(attended, self.out), before)]

        before, x = x, rms_norm(x)
        hidden = [h.relu() ** 2 for h in linear(x, self.up)]
        x = [a + b for a, b in zip(linear(hidden, self.down), before)]
        return linear(x, self.head)

    def loss(self, name):
        """The mean of −ln p over the letters of the name and its end, as many as the block has room for."""
        tokens = [self.end, *map(self.letters.index, name), self.end]
        keys, values, losses = [], [], []
        for position in range(min(self.block_size, len(tokens) - 1)):
            probabilities = softmax(self.logits(tokens[position], position, keys, values))
            losses.append(-probabilities[tokens[position + 1]].log())
        return sum(losses) * (1 / len(losses))

    def adam(self, eta=0.01, beta1=0.9, beta2=0.95, epsilon=1e-8):
        self.steps += 1
        for i, p in enumerate(self.parameters):
            self.means[i] = beta1 * self.means[i] + (1 - beta1) * p.grad
            self.squares[i] = beta2 * self.squares[i] + (1 - beta2) * p.grad**2
            mean = self.means[i] / (1 - beta1**self.steps)
            square = self.squares[i] / (1 - beta2**self.steps)
            p.data -= eta * mean / (math.sqrt(square) + epsilon)
            p.grad = 0

    def step(self, name):
        """Forward, backward, Adam; the loss before."""
        loss = self.loss(name)
        loss.backward()
        self.adam()
        return loss.data
