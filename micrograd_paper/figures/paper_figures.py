"""The paper's figures 1 to 6, each drawn from the package's own functions.

    FIGURES[3].draw("dark")      figure 3 as a Picture
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from micrograd_paper import functions
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.descent import directional_derivative, function_gradient, minimize, steepest_descent_direction
from micrograd_paper.figures.picture import GraphPicture, Look, Picture, drawn, finished
from micrograd_paper.nn import MLP

START = [-1.5, 1.0]  # a point on the bowl that is not the minimum


class PaperFigure(NamedTuple):
    """A figure of the paper: its caption there, what there is to see, and how it is drawn."""

    caption: str
    see: str
    paint: Callable[[Any, Look], None] | None = None  # into a matplotlib Figure; None: it is the network of Figure 4
    size: tuple[int, int] = (0, 0)  # width and height in px

    def draw(self, theme: str = "light") -> Picture:
        """The picture, "light" or "dark"."""
        title = f"Figure {next(n for n, figure in FIGURES.items() if figure is self)}: {self.caption}"
        if self.paint is None:
            forward = MLP(5, [4, 1], seed=4).forward([0.2, -0.4, 0.6, 0.8, -1.0])
            return GraphPicture(forward["a3_1"], theme, title, self.see)
        with drawn(theme, *self.size) as (plot, look):
            self.paint(plot, look)
            return finished(plot, look, title, self.see)


def bowl(point: Sequence[Any]) -> Any:
    """f(x, y) = x² + y², of floats, Values or arrays."""
    x, y = point
    return x**2 + y**2


def bowl_picture(plot: Any, look: Look) -> None:
    rings, spokes = [0.2 * i for i in range(12)], [math.tau * i / 48 for i in range(49)]
    grid = [[(r * math.cos(angle), r * math.sin(angle)) for angle in spokes] for r in rings]
    x, y, z = ([[part((x, y)) for x, y in row] for row in grid]
               for part in (lambda p: p[0], lambda p: p[1], bowl))
    axes = plot.add_subplot(projection="3d", computed_zorder=False)
    axes.plot_surface(*map(as_array, (x, y, z)), color=look.fill, alpha=0.55, edgecolor=look.curve, linewidth=0.4,
                      rstride=1, cstride=1, shade=False)
    path = minimize(bowl, START, eta=0.1, steps=25)
    axes.plot(*zip(*path.points), path.costs, color=look.accent, marker="o", markersize=3.5, linewidth=1.5, zorder=5)
    axes.plot(*[[c] for c in START], [bowl(START)], color=look.accent, marker="o", markersize=10, zorder=6)
    axes.text(*START, bowl(START) + 0.45, "a random point", color=look.accent, ha="center", zorder=7)
    axes.text(0.25, -0.25, 0.1, "the minimum", color=look.accent, zorder=7)
    axes.set(xlabel="x", ylabel="y", zlabel="f", xticks=[-2, 0, 2], yticks=[-2, 0, 2], zticks=[0, 2, 4])
    axes.view_init(40, -52)
    axes.set_box_aspect((1, 1, 0.6), zoom=1.05)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color(look.paper)


def descent_picture(plot: Any, look: Look) -> None:
    left, right = plot.subplots(1, 2, width_ratios=(1, 1.05))
    steepest = steepest_descent_direction(bowl, START)
    angles = [math.radians(degrees) for degrees in range(0, 360, 15)]
    slopes = [directional_derivative(bowl, START, (math.cos(angle), math.sin(angle))) for angle in angles]
    largest = max(map(abs, slopes))
    ticks = [0.05 * i - 2.5 for i in range(101)]
    heights = [[bowl((x, y)) for x in ticks] for y in ticks]
    left.contour(ticks, ticks, heights, levels=[0.1, 0.5, 1, 1.75, 2.75, 4, 5.5], colors=[look.line], linewidths=1.2)
    for angle, slope in zip(angles, slopes):
        left.annotate("", (START[0] + 0.75 * math.cos(angle), START[1] + 0.75 * math.sin(angle)), START, arrowprops={
            "arrowstyle": "-|>", "color": look.good if slope < 0 else look.faint, "shrinkA": 0, "shrinkB": 0,
            "alpha": 0.25 + 0.6 * abs(slope) / largest, "linewidth": 1.2, "mutation_scale": 7})
    left.annotate("", [s + 1.15 * d for s, d in zip(START, steepest)], START, arrowprops={
        "arrowstyle": "-|>", "color": look.accent, "linewidth": 2.5, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 14})
    left.plot(*START, "o", color=look.accent, markersize=7)
    left.plot(0, 0, "+", color=look.ink, markersize=9)
    left.annotate("minimum", (0, 0), (8, -14), textcoords="offset points")
    left.set(aspect="equal", xlim=(-2.7, 1.2), ylim=(-1.2, 2.1), xlabel="x", ylabel="y",
             title="the bowl from above: 24 directions v")
    left.grid(visible=False)
    degrees = list(range(0, 361, 2))
    curve = [directional_derivative(bowl, START, (math.cos(math.radians(d)), math.sin(math.radians(d))))
             for d in degrees]
    right.plot(degrees, curve, color=look.line, zorder=1)
    right.scatter([round(math.degrees(angle)) for angle in angles], slopes, s=22, zorder=2,
                  color=[look.good if slope < 0 else look.faint for slope in slopes])
    at = math.degrees(math.atan2(steepest[1], steepest[0])) % 360
    lowest = directional_derivative(bowl, START, steepest)
    right.axhline(0, color=look.faint, linewidth=0.8)
    right.plot(at, lowest, "o", color=look.accent, markersize=8)
    right.annotate(f"−∇f/‖∇f‖: slope {lowest:.2f}".replace("-", "−"), (at, lowest), (-14, -3), va="center",
                   ha="right", textcoords="offset points", color=look.accent)
    right.set(xlabel="direction of v, in degrees", title="∇f·v, the slope in each of them, (1)",
              xticks=[0, 90, 180, 270, 360], ylim=(1.25 * lowest, -1.15 * lowest))


def sigmoid_picture(plot: Any, look: Look) -> None:
    left, right = plot.subplots(1, 2, width_ratios=(1.25, 1))
    sigma = ACTIVATIONS["sigmoid"].sigma
    zs = [0.05 * i - 8 for i in range(321)]
    left.plot(zs, list(map(sigma, zs)), color=look.curve)
    left.plot(zs, [slope(functions.sigmoid, z) for z in zs], color=look.other)
    left.annotate("σ(z) = 1/(1 + e⁻ᶻ)", (1.5, sigma(1.5)), (-12, 6), textcoords="offset points", ha="right",
                  color=look.curve)
    left.annotate("σ′(z)", (1.6, slope(functions.sigmoid, 1.6)), (8, 4), textcoords="offset points", color=look.other)
    left.plot(0, 0.5, "o", color=look.accent)
    left.annotate("above 0.5: class 1", (0, 0.5), (10, -4), textcoords="offset points", color=look.accent)
    left.set(xlabel="z", yticks=[0, 0.25, 0.5, 0.75, 1], title="the sigmoid (8) and its derivative")
    first = first_that_is_1(sigma)
    zs = [0.25 * i for i in range(161)]
    gaps = [(z, 1 - sigma(z)) for z in zs if sigma(z) < 1]
    right.semilogy(*zip(*gaps), color=look.curve)
    right.axvline(first, color=look.accent, linewidth=1.2)
    right.annotate(f"from z = {first:.2f} on\nσ(z) is exactly 1", (first, 1e-5), (-8, 0), ha="right",
                   textcoords="offset points", color=look.accent)
    right.set(xlabel="z", title="1 − σ(z) in float64", xlim=(0, 42))
    right.set_yticks([1, 1e-5, 1e-10, 1e-15], ["1", "10⁻⁵", "10⁻¹⁰", "10⁻¹⁵"])
    right.minorticks_off()


def minus_log(plot: Any, look: Look, of: Callable[[Any], Any], y: int, name: str, derivative: str) -> None:
    """−ln of something of a, and its slope at some places."""
    axes = plot.subplots()
    numbers = [0.0025 * i for i in range(1, 400)]
    axes.plot(numbers, [of(a) for a in numbers], color=look.curve)
    side, where = (1, "left") if y else (-1, "right")  # of the curve on which there is room
    at = 0.25 if y else 0.75
    axes.annotate(name, (at, of(at)), (14 * side, 10), textcoords="offset points", ha=where, color=look.curve,
                  fontsize=14)
    for a in (0.1, 0.5, 0.9):
        at, tilt = of(a), slope(of, a)
        dx = 0.09 / math.hypot(1, tilt / 6)
        axes.plot([a - dx, a + dx], [at - tilt * dx, at + tilt * dx], color=look.accent, linewidth=1.5)
        axes.plot(a, at, "o", color=look.accent, markersize=5)
        axes.annotate(f"{tilt:.3g}".replace("-", "−"), (a, at), (10 * side, 8), ha=where,
                      textcoords="offset points", color=look.accent)
    axes.plot(y, 0, "o", color=look.good, markersize=8, clip_on=False, zorder=5)
    axes.annotate(f"a = y = {y}: no cost", (y, 0), (-4 * side, 40), textcoords="offset points",
                  ha="right" if y else "left", color=look.good)
    axes.set(xlabel="a, what the neuron says", xlim=(0, 1), ylim=(0, 5), title=f"the cost where y = {y}, and its "
             f"slope {derivative}")


def slope(function: Callable[[Any], Any], x: float) -> float:
    """The derivative by the graph."""
    return function_gradient(lambda point: function(point[0]), [x])[1][0]


def first_that_is_1(sigma: Callable[[float], float]) -> float:
    """The smallest z at which σ(z) is 1, by bisection."""
    low, high = 0.0, 100.0
    while math.nextafter(low, high) < high:
        middle = (low + high) / 2
        low, high = (low, middle) if sigma(middle) == 1 else (middle, high)
    return high


def as_array(rows: list[list[float]]) -> Any:
    import numpy as np  # matplotlib brings it

    return np.array(rows)


FIGURES = {
    1: PaperFigure("f(x, y) = x² + y²", "Small steps, each in the direction that points steepest down, reach the "
                   "bottom of the valley.", bowl_picture, (640, 520)),
    2: PaperFigure("steepest descent direction", "Of all directions −∇f has the smallest slope: it is the steepest "
                   "descent (2).", descent_picture, (860, 440)),
    3: PaperFigure("sigmoid function", "σ takes every z into (0, 1); but in float64 a large z gives 1 itself, and a "
                   "slope of 0.", sigmoid_picture, (860, 420)),
    4: PaperFigure("neural network", "Layer by layer, aˡ = σ(Wˡ aˡ⁻¹ + bˡ), (11)."),
    5: PaperFigure("−ln a", "The surer a neuron is of the wrong answer, the higher the cost, and the steeper.",
                   lambda plot, look: minus_log(plot, look, lambda a: -functions.log(a), 1, "−ln a", "−1/a"),
                   (620, 440)),
    6: PaperFigure("−ln(1 − a)", "The same for a target of 0: Figure 5 in the mirror.",
                   lambda plot, look: minus_log(plot, look, lambda a: -functions.log(1 - a), 0, "−ln(1 − a)",
                                                "1/(1 − a)"), (620, 440)),
}
