"""Section 3.3: a network that has seen few digits learns them by heart; L2 regularization (27) is a way out.

Twice the same training (7) on 40 digits, with α = 0 and with α > 0: each step multiplies every weight by 1 − ηα/m (29).
Without it the cost of digits never seen rises while that of the 40 falls. Writes overfitting.svg.
"""

from micrograd_paper import MLP, cross_entropy, datasets, fit
from micrograd_paper.descent import descend, evaluate
from micrograd_paper.figures.picture import drawn, finished

digits = datasets.digits()
training, held_out = digits.split(seed=3)
examples = digits.examples(training[:40], outputs=10)  # few
unseen = digits.examples(held_out[:200], outputs=10)
m, ETA, EPOCHS = len(examples), 1.0, 150


def size(net):
    """The root of the mean square of the weights."""
    weights = [w.data for rows in net.weights.values() for row in rows for w in row]
    return (sum(w * w for w in weights) / len(weights)) ** 0.5


found = {}  # α: epochs, and at each the cost C₀ of (27) and the accuracy on the 40, on those never seen, and the size
print(f"{'after ' + str(EPOCHS) + ' epochs':17}{'training':>14}{'never seen':>19}{'size of':>12}")
print(f"{'':8}{'cost':>13}{'right':>10}{'cost':>10}{'right':>10}{'weights':>11}")
for alpha in (0.0, 0.05):
    net = MLP(64, [10, 10], seed=1)
    curve = found[alpha] = []

    def note(epoch, net=net, curve=curve):
        """Every tenth epoch."""
        if epoch.number % 10 == 0:
            curve.append((epoch.number, *evaluate(net, examples, cross_entropy), *evaluate(net, unseen, cross_entropy),
                          size(net)))

    fit(net, examples, eta=ETA, epochs=EPOCHS, batch_size=5, cost=cross_entropy, alpha=alpha, seed=1, on_epoch=note)
    _, cost, accuracy, unseen_cost, unseen_accuracy, length = curve[-1]
    print(f"α = {alpha:<4}{cost:13.4f}{accuracy:10.1%}{unseen_cost:10.4f}{unseen_accuracy:10.1%}{length:11.3f}")
lowest = {alpha: min(curve, key=lambda at: at[3]) for alpha, curve in found.items()}
for alpha, at in lowest.items():
    print(f"with α = {alpha} the cost of the digits never seen was lowest after {at[0]} epochs: {at[3]:.4f}")

# (29) on one weight: w ← (1 − ηα/m) w − (η/k) Σ ∂Cₓ/∂w.
net, ALPHA = MLP(64, [10, 10], seed=1), 2.0
w = net["w3_1_1"]
steps = []
print(f"\nw³₁₁ with α = {ALPHA}: w ← {1 - ETA * ALPHA / m} w − η/k Σ ∂Cₓ/∂w   (29)")
for step in range(4):
    before, batch = w.data, [(i + 1, *examples[i]) for i in range(10 * step, 10 * step + 10)]
    slope = 0.0
    for _, x, y in batch:
        net.zero_grad()
        cross_entropy(net.forward(x).output, y).backward()
        slope = slope + w.grad
    descend(net, batch, ETA, cross_entropy, ALPHA, m)
    steps.append((before, slope / 10, w.data))
    print(f"  {before:9.6f} → {1 - ETA * ALPHA / m:.2f}·{before:9.6f} − {ETA}·({slope / 10:9.6f}) = {w.data:9.6f}")

with drawn("light", 460, 620) as (plot, look):
    panels = plot.subplots(2, 1)
    for (alpha, curve), colour in zip(found.items(), (look.accent, look.good)):
        for axes, column, training_column in ((panels[0], 3, 1), (panels[1], 5, None)):
            numbers = [at[0] for at in curve]
            axes.plot(numbers, [at[column] for at in curve], color=colour)
            axes.annotate(f"α = {alpha}", (EPOCHS, curve[-1][column]), (5, 0), va="center", color=colour,
                          textcoords="offset points", annotation_clip=False)
            if training_column:
                axes.plot(numbers, [at[training_column] for at in curve], color=colour, linestyle=(0, (2, 2)))
    panels[0].annotate("the 40 digits", (EPOCHS, found[0.05][-1][1]), (0, 14), ha="right", color=look.faint,
                       textcoords="offset points")
    panels[0].annotate("digits never seen", (EPOCHS, found[0.05][-1][3]), (0, -16), ha="right", color=look.faint,
                       textcoords="offset points")
    panels[0].set(title="cost, without the penalty", ylim=(0, None))
    panels[1].set(title="size of the weights (root mean square)", xlabel="epoch", ylim=(0, None))
    picture = finished(plot, look, "40 digits, learnt by heart or not",
                       "With decay the cost of digits never seen stays lower.")
picture.save("overfitting.svg")
