"""Cost and accuracy against the epochs of a training."""

from collections.abc import Sequence
from typing import Any

from micrograd_paper.descent import History
from micrograd_paper.display import fixed
from micrograd_paper.errors import UsageError
from micrograd_paper.figures.picture import Look, Picture, drawn, finished

MARKED = 40  # epochs; with more of them a curve has no points


def curves(history: History, theme: str = "light", title: str = "Training") -> Picture:
    """Cost and accuracy of a History, of the training examples and of those held out, if any, against epochs.

    Raises UsageError for a History without a whole epoch, and without matplotlib.
    """
    if not isinstance(history, History) or not history.epochs:
        raise UsageError(f"curves are of a History with an epoch at least; got {history!r}")
    with drawn(theme, 860, 400) as (plot, look):
        left, right = plot.subplots(1, 2)
        numbers = [epoch.number for epoch in history.epochs]
        curve_pair(left, look, numbers, history.cost, history.validation_cost, "cost", fixed)
        curve_pair(right, look, numbers, history.accuracy, history.validation_accuracy, "accuracy", "{:.1%}".format)
        left.set_ylim(0, None)
        right.yaxis.set_major_formatter("{x:.0%}")
        last = history.epochs[-1]
        see = f"After {last.number} epoch{'s' * (last.number > 1)}: cost {fixed(last.cost)}"
        see += f", accuracy {last.accuracy:.1%}"
        if last.validation_cost is not None and last.validation_accuracy is not None:
            lowest = min(range(len(numbers)), key=lambda i: history.validation_cost[i] or 0.0)
            see += f"; held out: cost {fixed(last.validation_cost)}, accuracy {last.validation_accuracy:.1%}"
            if lowest < len(numbers) - 1:
                left.axvline(numbers[lowest], color=look.faint, linewidth=1, linestyle=(0, (2, 3)))
                see += f"; its cost was lowest after {numbers[lowest]}"
        return finished(plot, look, title, f"{see}.")


def curve_pair(
    axes: Any, look: Look, numbers: Sequence[int], training: Sequence[float], held_out: Sequence[float | None],
    what: str, shown: Any,
) -> None:
    """Both curves, with their names at their ends."""
    marker = "o" if len(numbers) <= MARKED else ""
    names = [("training", look.curve, list(training))]
    kept = [(number, value) for number, value in zip(numbers, held_out) if value is not None]
    if kept:
        names.append(("held out", look.other, [value for _, value in kept]))
    ends = sorted(((values[-1], name, colour) for name, colour, values in names), key=lambda end: end[0])
    for name, colour, values in names:
        at = numbers if name == "training" else [number for number, _ in kept]
        axes.plot(at, values, color=colour, marker=marker, markersize=3.5)
    apart = 14 if len(ends) > 1 else 0
    for i, (value, name, colour) in enumerate(ends):
        axes.annotate(f"{name} {shown(value)}", (numbers[-1], value), (6, apart * (i - 0.5) if apart else 0),
                      va="center", textcoords="offset points", color=colour, annotation_clip=False)
    axes.set(title=what, xlabel="epoch")
    axes.margins(x=0.02)
