"""The network of section 2 on real handwriting: 64–30–10, trained by mini-batches (7) with the cross-entropy (25).

Of the digits that it never saw it reads more than 95 in 100. Writes digits_training.svg, digits_confused.svg,
digits_mistakes.svg and digits_weights.svg.
"""

import gc

from micrograd_paper import MLP, cross_entropy, datasets, fit
from micrograd_paper.figures import curves
from micrograd_paper.figures.picture import drawn, finished
from micrograd_paper.nn import winner

gc.disable()  # a graph has no cycles: looking for them would take a third of the time

digits = datasets.digits()
print(digits.contents)
training, held_out = digits.split(seed=1)
examples, unseen = digits.examples(training, outputs=10), digits.examples(held_out, outputs=10)

net = MLP(64, [30, 10], seed=1)
history = None
for eta, epochs in ((1.0, 4), (0.2, 3)):  # large steps first, then small ones: (7) ends near a minimum, not at it
    part = fit(net, examples, eta=eta, epochs=epochs, batch_size=5, cost=cross_entropy, seed=1, validation=unseen)
    for epoch in part.epochs:
        print(f"epoch {epoch.number}, η = {eta}: cost {epoch.cost:.4f}, held out {epoch.validation_accuracy:.1%} right")
    if history is None:
        history = part
    else:
        before = len(history.epochs)
        history.epochs += [epoch._replace(number=before + epoch.number) for epoch in part.epochs]
curves(history, title="64–30–10 on handwritten digits").save("digits_training.svg")

# What it says to each digit that it never saw.
said = [[a.data for a in net.forward(x).output] for x, _ in unseen]
answers = [winner(net.forward(x).output) for x, _ in unseen]
truth = [digits.labels[i] for i in held_out]
confused = [[sum(t == row and a == column for t, a in zip(truth, answers)) for column in range(10)]
            for row in range(10)]
wrong = [i for i, (t, a) in enumerate(zip(truth, answers)) if t != a]
worst = sorted(wrong, key=lambda i: said[i][truth[i]] - said[i][answers[i]])[:12]
accuracy = 1 - len(wrong) / len(unseen)
print(f"\n{len(unseen) - len(wrong)} of {len(unseen)} held-out digits are read right: {accuracy:.1%}")
print("The worst mistakes:", ", ".join(f"a {truth[i]} read as {answers[i]}" for i in worst[:5]))


def image(axes, numbers, title, **shown):
    """64 numbers as a picture of 8 × 8."""
    axes.imshow([numbers[8 * row : 8 * row + 8] for row in range(8)], **shown)
    axes.set_axis_off()
    axes.set_title(title, fontsize=12, loc="center")


with drawn("light", 460, 480) as (plot, look):
    axes = plot.subplots()
    axes.imshow([[0 if row == column else count for column, count in enumerate(counts)]
                 for row, counts in enumerate(confused)], cmap="Oranges", vmax=6)
    for row, counts in enumerate(confused):
        for column, count in enumerate(counts):
            if count:
                axes.text(column, row, count, ha="center", va="center", color=look.ink if row != column else look.faint)
    axes.set(xlabel="what the network says", ylabel="the digit", xticks=range(10), yticks=range(10))
    axes.grid(visible=False)
    picture = finished(plot, look, "Which digits are confused", "Counts of the held-out digits; mistakes are shaded.")
picture.save("digits_confused.svg")

with drawn("light", 460, 480) as (plot, look):
    for axes, i in zip(plot.subplots(3, 4).flat, worst):
        image(axes, unseen[i][0], f"{truth[i]}, read as {answers[i]}", cmap="Greys", vmin=0, vmax=1)
    picture = finished(plot, look, "The worst mistakes", "Some would be hard for anybody.")
picture.save("digits_mistakes.svg")

largest = max(abs(w.data) for row in net.weights[2] for w in row)
with drawn("light", 460, 520) as (plot, look):
    for j, (axes, row) in enumerate(zip(plot.subplots(5, 6).flat, net.weights[2]), start=1):
        image(axes, [w.data for w in row], str(j), cmap="RdBu_r", vmin=-largest, vmax=largest)
    picture = finished(plot, look, "What the 30 hidden neurons look at",
                       "The weights w²ⱼₖ on the pixels: red raises z²ⱼ, blue lowers it.")
picture.save("digits_weights.svg")
