"""The other equations, worked: on the bowl of Figure 1, on Figure 4, on a batch, on a step of descent.

Each function runs its equation on what a Stage makes of the numbers, and reads the graph's own number for the result.
The network and its two examples are those of `one_pass`; the other numbers are at the top.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from micrograd_paper import descent, equations
from micrograd_paper.costs import Cost, cross_entropy, mean_cost, net_weights, quadratic
from micrograd_paper.engine import Value
from micrograd_paper.examples.formula_stages import Line, Stage
from micrograd_paper.examples.one_pass import EXAMPLES, each, one, small_network
from micrograd_paper.graph import gradient
from micrograd_paper.kinds.formula import ATOM, FormulaText
from micrograd_paper.nn import MLP, Forward
from micrograd_paper.notation import Symbol
from micrograd_paper.paper import Key

TRAINING = 4  # m of (29), whose mini-batch are the two examples
ETA, ALPHA = 0.3, 0.1
POINT, DIRECTION = [1.5, -0.8], [0.6, 0.8]  # of Figure 1
FIGURE_4_INPUTS, FIGURE_4_LAYERS = [0.2, -0.4, 0.6, 0.8, -1.0], [4, 1]
FIGURE_4_BIASES = [0.3, -0.1, 0.2, -0.2, 0.1]
INPUTS, DEGREE = 3, 2  # section 2: three features, quadratic terms


def batch(s: Stage, name: str = "a") -> tuple[list[list[FormulaText]], list[list[FormulaText]]]:
    """Outputs and targets of both examples; the outputs are named aᴸ, or ŷ without a layer."""
    net = small_network()
    outputs = [net.forward(x).output for x, _ in EXAMPLES]
    layer = len(net.shape) if name == "a" else None
    return (
        [[s.number(a.data, str(Symbol(name, layer, (j,), i))) for j, a in enumerate(row, 1)]
         for i, row in enumerate(outputs, 1)],
        [s.targets(y, i) for i, (_, y) in enumerate(EXAMPLES, 1)],
    )


def of_all(cost: Cost, alpha: float = 0.0) -> MLP:
    """The network after `backward` of the mean cost over both examples."""
    net = small_network()
    mean_cost(net, EXAMPLES, cost, alpha).backward()
    return net


def after_a_step(cost: Cost, alpha: float, m: int) -> MLP:
    """The network after one step of descent on both examples."""
    net = small_network()
    descent.descend(net, [(i, x, y) for i, (x, y) in enumerate(EXAMPLES, 1)], ETA, cost, alpha, m)
    return net


def slopes_of_each(s: Stage) -> tuple[list[Value], list[list[FormulaText]]]:
    """The first two weights of the last layer, and the gradient of each example's cost in them."""
    net = small_network()
    weights = net.weights[len(net.shape)][0][:2]
    slopes = []
    for i, (x, y) in enumerate(EXAMPLES, 1):
        slopes.append([
            s.slope(slope, f"Cₓ{Symbol('', example=i)}", w.label)
            for slope, w in zip(gradient(quadratic(net.forward(x).output, y), weights), weights)
        ])
    return weights, slopes


def bowl(point: list[Value]) -> Value:
    """f(x, y) = x² + y², of Figure 1."""
    x, y = point
    result: Value = x**2 + y**2
    return result


def slope_along(v: Sequence[float]) -> float:
    """The derivative of t ↦ f(POINT + t v) at t = 0, by a graph with t in it."""
    t = Value(0.0)
    return float(gradient(bowl([x + t * v_i for x, v_i in zip(POINT, v)]), [t])[0])


def bowl_slopes(s: Stage) -> list[FormulaText]:
    point = [Value(x) for x in POINT]
    return [s.slope(slope, "f", name) for slope, name in zip(gradient(bowl(point), point), "xy")]


def factorial(n: FormulaText) -> FormulaText:
    return FormulaText(math.factorial(n.value), f"{n.bracketed(ATOM)}!")


# 1 Gradient descent

def equation_1(s: Stage) -> list[Line]:
    v = [s.number(v_i, name) for v_i, name in zip(DIRECTION, ("v₁", "v₂"))]
    return one("∇ᵥf", equations.directional_derivative(bowl_slopes(s), v), slope_along(DIRECTION))


def equation_2(s: Stage) -> list[Line]:
    steepest = descent.steepest_descent_direction(bowl, POINT)
    return one("min ∇f·v", equations.steepest_slope(bowl_slopes(s), s.sqrt), slope_along(steepest))


def direction(s: Stage) -> list[Line]:
    results = equations.steepest_direction(bowl_slopes(s), s.sqrt)
    steepest = descent.steepest_descent_direction(bowl, POINT)
    return [Line(f"v{i}", v, number, "in descent.py") for i, v, number in zip("₁₂", results, steepest)]


def equation_3(s: Stage) -> list[Line]:
    point = [s.number(x, name) for x, name in zip(POINT, "xy")]
    results = equations.descent_step(point, s.number(ETA, "η"), bowl_slopes(s))
    after = descent.minimize(bowl, POINT, ETA, 1).points[1]
    return [Line(f"{name} ←", w, number, "in descent.py") for name, w, number in zip("xy", results, after)]


def equation_4(s: Stage) -> list[Line]:
    return one("C", equations.mean_squared_error(*batch(s, "ŷ")), mean_cost(small_network(), EXAMPLES, quadratic).data)


def equation_6(s: Stage) -> list[Line]:
    weights, slopes = slopes_of_each(s)
    means = of_all(quadratic).weights[3][0]
    return [Line(f"∂C/∂{w.label}", mean, node.grad)
            for w, mean, node in zip(weights, equations.mean_gradient(slopes), means)]


def equation_7(s: Stage) -> list[Line]:
    weights, slopes = slopes_of_each(s)
    after = after_a_step(quadratic, 0.0, len(EXAMPLES)).weights[3][0]
    results = equations.mini_batch_step(s.nodes(weights), s.number(ETA, "η"), slopes)
    return [Line(f"{w.label} ←", result, node.data, "in descent.py")
            for w, result, node in zip(weights, results, after)]


# 2 Neural networks

def terms(s: Stage) -> list[Line]:
    """n! takes whole numbers only, so its text is written here; the value is the equation's."""
    n, r = s.number(INPUTS, "n"), s.number(DEGREE, "r")
    text = factorial(n + r - 1) / (factorial(r) * factorial(n - 1))
    counted = sum(1 for _ in itertools.combinations_with_replacement(range(INPUTS), DEGREE))
    result = FormulaText(equations.polynomial_terms(INPUTS, DEGREE), text.text, text.strength)
    return [Line("number of terms", result, counted, "counted")]


def figure_4() -> Forward:
    """The network of Figure 4, and a forward pass."""
    net = MLP(len(FIGURE_4_INPUTS), FIGURE_4_LAYERS, seed=4)
    for b, number in zip([*net.biases[2], *net.biases[3]], FIGURE_4_BIASES):
        b.data = number
    return net.forward(FIGURE_4_INPUTS)


def a2_4(s: Stage) -> list[Line]:
    forward = figure_4()
    w, b = forward.net.weights[2][3], forward.net.biases[2][3]
    return each([forward["a2_4"]], [equations.figure_4_hidden(s.nodes(forward.x), s.nodes(w), s.node(b), s.sigma)])


def a3_1(s: Stage) -> list[Line]:
    forward = figure_4()
    w, b = forward.net.weights[3][0], forward.net.biases[3][0]
    return each([forward["a3_1"]], [equations.figure_4_output(s.nodes(forward.a[2]), s.nodes(w), s.node(b), s.sigma)])


# 3 Backpropagation

def equation_9(s: Stage) -> list[Line]:
    return one("C", equations.quadratic_cost(*batch(s)), mean_cost(small_network(), EXAMPLES, quadratic).data)


def equation_25(s: Stage) -> list[Line]:
    graph = mean_cost(small_network(), EXAMPLES, cross_entropy).data
    return one("C", equations.cross_entropy_cost(*batch(s), s.log), graph)


def equation_27(s: Stage) -> list[Line]:
    net = small_network()
    C_0 = s.number(mean_cost(net, EXAMPLES, cross_entropy).data, "C₀")
    m: Any = s.number(len(EXAMPLES), "m")
    result = equations.regularized_cost(C_0, s.nodes(net_weights(net)), s.number(ALPHA, "α"), m)
    return one("C", result, mean_cost(net, EXAMPLES, cross_entropy, ALPHA).data)


def equation_28(s: Stage) -> list[Line]:
    before, after = of_all(cross_entropy).biases[3][0], after_a_step(cross_entropy, ALPHA, TRAINING).biases[3][0]
    slope = s.slope(before.grad, "C", before.label)
    result = equations.updated_bias(s.node(before), s.number(ETA, "η"), slope)
    return [Line(f"{before.label} ←", result, after.data, "in descent.py")]


def equation_29(s: Stage) -> list[Line]:
    before = of_all(cross_entropy).weights[3][0][0]
    after = after_a_step(cross_entropy, ALPHA, TRAINING).weights[3][0][0]
    slope = s.slope(before.grad, "C₀", before.label)
    eta, alpha = s.number(ETA, "η"), s.number(ALPHA, "α")
    m: Any = s.number(TRAINING, "m")
    result = equations.updated_weight(s.node(before), eta, slope, alpha, m)
    return [Line(f"{before.label} ←", result, after.data, "in descent.py")]


A_BATCH = f"k = {len(EXAMPLES)} of the m = {TRAINING} training examples are the mini-batch, whose gradient is (6)"
NOTES: dict[Key, str] = {  # which m and k an example uses
    27: f"m = {len(EXAMPLES)}: both examples, the whole training set", 28: A_BATCH, 29: A_BATCH,
}
OF_THEIR_OWN: dict[Key, Callable[[Stage], list[Line]]] = {
    1: equation_1, 2: equation_2, "direction": direction, 3: equation_3, 4: equation_4, 6: equation_6, 7: equation_7,
    "terms": terms, "a2_4": a2_4, "a3_1": a3_1, 9: equation_9, 25: equation_25, 27: equation_27, 28: equation_28,
    29: equation_29,
}
