"""The equations about one forward and backward pass, worked on the graph of a sigmoid network.

Each function runs its equation on what a Stage makes of the graph's numbers, and reads the graph's own number for the
result: one Line per component. `one_example` is the small network's graph; all its numbers are at the top.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from micrograd_paper import equations
from micrograd_paper.costs import Cost, quadratic
from micrograd_paper.engine import Value
from micrograd_paper.errors import UsageError
from micrograd_paper.examples.formula_stages import Line, Stage, delta_name
from micrograd_paper.graph import gradient
from micrograd_paper.kinds.formula import FormulaText
from micrograd_paper.nn import MLP, Forward
from micrograd_paper.paper import Key

WEIGHTS = {2: [[0.3, -0.2], [0.5, 0.1], [-0.4, 0.6]], 3: [[0.4, -0.3, 0.2], [-0.3, 0.7, -0.5]]}
BIASES = {2: [0.1, -0.3, 0.2], 3: [-0.1, 0.2]}
EXAMPLES = [([0.5, -1.0], [1.0, 0.0]), ([-0.8, 0.4], [0.0, 1.0])]  # (x, y); the first one where one is enough


class Graph(NamedTuple):
    """A forward pass after `backward`, and its targets where they are known."""

    forward: Forward
    targets: Sequence[float] | None = None
    cost: Cost = quadratic

    @property
    def L(self) -> int:
        return len(self.forward.net.shape)

    @property
    def hidden(self) -> int:
        """The last hidden layer. Raises UsageError for a network without one."""
        if self.L < 3:
            shape = self.forward.net.shape_text
            raise UsageError(f"this equation is about a hidden layer; the network {shape} has none")
        return self.L - 1

    @property
    def y(self) -> Sequence[float]:
        if self.targets is None:
            raise UsageError("this equation has the targets in it: give them as y")
        return self.targets

    def W(self, l: int, s: Stage) -> list[list[FormulaText]]:
        return [s.nodes(row) for row in self.forward.net.weights[l]]

    def b(self, l: int, s: Stage) -> list[FormulaText]:
        return s.nodes(self.forward.net.biases[l])


def small_network() -> MLP:
    """The network 2-3-2 with the weights and biases above."""
    net = MLP(len(WEIGHTS[2][0]), [len(BIASES[2]), len(BIASES[3])])
    for l, rows in WEIGHTS.items():
        for neuron, row, bias in zip(net.layers[l - 2].neurons, rows, BIASES[l]):
            neuron.bias.data = bias
            for w, number in zip(neuron.weights, row):
                w.data = number
    return net


def one_example(cost: Cost = quadratic) -> Graph:
    """The network's graph of the first example, after `backward`."""
    x, y = EXAMPLES[0]
    forward = small_network().forward(x)
    cost(forward.output, y).backward()
    return Graph(forward, y, cost)


def one(left: str, right: FormulaText, graph: float) -> list[Line]:
    return [Line(left, right, graph)]


def each(nodes: Sequence[Value], results: Sequence[FormulaText]) -> list[Line]:
    """A line for each component of a vector of nodes."""
    return [Line(str(node.label), result, node.data) for node, result in zip(nodes, results)]


def each_delta(z: Sequence[Value], results: Sequence[FormulaText]) -> list[Line]:
    return [Line(delta_name(z_j), result, z_j.grad) for z_j, result in zip(z, results)]


def equation_5(g: Graph, s: Stage) -> list[Line]:
    cost = quadratic([a.data for a in g.forward.output], g.y)
    return one("Cₓ", equations.squared_error(s.nodes(g.forward.output), s.targets(g.y)), cost.data)


def equation_8(g: Graph, s: Stage) -> list[Line]:
    z, a = g.forward.z[g.L][0], g.forward.output[0]
    return one(f"σ({z.label})", equations.sigmoid(s.node(z), s.exp), a.data)


def equation_10(g: Graph, s: Stage) -> list[Line]:
    return each(g.forward.a[2][:1],
                [equations.activation(g.W(2, s)[0], s.nodes(g.forward.x), g.b(2, s)[0], s.sigma)])


def equation_10_as_printed(g: Graph, s: Stage) -> list[Line]:
    return each(g.forward.a[2][:1],
                [equations.activation_as_printed(g.W(2, s)[0], s.nodes(g.forward.x), g.b(2, s)[0], s.sigma)])


def equation_11(g: Graph, s: Stage) -> list[Line]:
    return each(g.forward.a[2], equations.layer(g.W(2, s), s.nodes(g.forward.x), g.b(2, s), s.sigma))


def equation_12(g: Graph, s: Stage) -> list[Line]:
    return each(g.forward.z[2][:1], [equations.weighted_input(g.W(2, s)[0], s.nodes(g.forward.x), g.b(2, s)[0])])


def equation_13(g: Graph, s: Stage) -> list[Line]:
    return each(g.forward.z[2], equations.weighted_inputs(g.W(2, s), s.nodes(g.forward.x), g.b(2, s)))


def equation_14(g: Graph, s: Stage) -> list[Line]:
    return each(g.forward.a[2], equations.activations(s.nodes(g.forward.z[2]), s.sigma))


def equation_15(g: Graph, s: Stage) -> list[Line]:
    """∂C/∂z by the engine's `gradient`, which reads no .grad; δ is the .grad that `backward` left."""
    z = g.forward.z[g.L][0]
    (slope,) = gradient(g.cost(g.forward.output, g.y), [z])
    return each_delta([z], [equations.error(s.slope(slope, "C", z.label))])


def slopes_in_outputs(g: Graph, s: Stage) -> list[FormulaText]:
    return [s.slope(a.grad, "C", a.label) for a in g.forward.output]


def equation_16(g: Graph, s: Stage) -> list[Line]:
    z = g.forward.z[g.L][0]
    return each_delta([z], [equations.output_error(slopes_in_outputs(g, s)[0], s.node(z), s.sigma_prime)])


def sigmoid_slope(g: Graph, s: Stage) -> list[Line]:
    z, a = g.forward.z[g.L][0], g.forward.output[0]
    return one(f"σ′({z.label})", equations.sigmoid_prime(s.node(z), s.sigma), gradient(a, [z])[0])


def quadratic_slope(g: Graph, s: Stage) -> list[Line]:
    a = g.forward.output[0]
    return one(f"∂C/∂{a.label}", equations.quadratic_slope(s.node(a), s.targets(g.y)[0]), a.grad)


def equation_17(g: Graph, s: Stage) -> list[Line]:
    z = g.forward.z[g.L]
    return each_delta(z, equations.output_errors(slopes_in_outputs(g, s), s.nodes(z), s.sigma_prime))


def equation_18(g: Graph, s: Stage) -> list[Line]:
    z, following = g.forward.z[g.hidden][0], g.forward.z[g.L]
    slopes = [s.slope(gradient(z_k, [z])[0], str(z_k.label), z.label) for z_k in following]
    return each_delta([z], [equations.error_from_next_layer([s.delta(z_k) for z_k in following], slopes)])


def equation_19(g: Graph, s: Stage) -> list[Line]:
    z, l = s.nodes(g.forward.z[g.hidden]), g.L
    return each(g.forward.z[l][:1], [equations.next_weighted_input(g.W(l, s)[0], z, g.b(l, s)[0], s.sigma)])


def equation_20(g: Graph, s: Stage) -> list[Line]:
    z, z_k = g.forward.z[g.hidden][0], g.forward.z[g.L][0]
    return one(f"∂{z_k.label}/∂{z.label}",
               equations.next_weighted_input_slope(g.W(g.L, s)[0][0], s.node(z), s.sigma_prime), gradient(z_k, [z])[0])


def equation_21(g: Graph, s: Stage) -> list[Line]:
    z, following = g.forward.z[g.hidden][0], g.forward.z[g.L]
    column = [row[0] for row in g.W(g.L, s)]
    return each_delta([z], [
        equations.hidden_error(column, [s.delta(z_k) for z_k in following], s.node(z), s.sigma_prime)
    ])


def equation_22(g: Graph, s: Stage) -> list[Line]:
    z, following = g.forward.z[g.hidden], g.forward.z[g.L]
    deltas = [s.delta(z_k) for z_k in following]
    return each_delta(z, equations.hidden_errors(g.W(g.L, s), deltas, s.nodes(z), s.sigma_prime))


def equation_23(g: Graph, s: Stage) -> list[Line]:
    z, b = g.forward.z[2][0], g.forward.net.biases[2][0]
    return one(f"∂C/∂{b.label}", equations.bias_gradient(s.delta(z)), b.grad)


def equation_24(g: Graph, s: Stage) -> list[Line]:
    z, x, w = g.forward.z[2][0], g.forward.x[0], g.forward.net.weights[2][0][0]
    return one(f"∂C/∂{w.label}", equations.weight_gradient(s.delta(z), s.node(x)), w.grad)


def cross_entropy_slope(g: Graph, s: Stage) -> list[Line]:
    a = g.forward.output[0]
    return one(f"∂C/∂{a.label}", equations.cross_entropy_slope(s.node(a), s.targets(g.y)[0]), a.grad)


def equation_26(g: Graph, s: Stage) -> list[Line]:
    a = g.forward.output[0]
    delta = equations.cross_entropy_output_error(s.node(a), s.targets(g.y)[0])
    return each_delta(g.forward.z[g.L][:1], [delta])


OF_A_NETWORK: dict[Key, Callable[[Graph, Stage], list[Line]]] = {
    5: equation_5, 8: equation_8, 10: equation_10, 11: equation_11, 12: equation_12, 13: equation_13, 14: equation_14,
    15: equation_15, 16: equation_16, "sigmoid-slope": sigmoid_slope, "quadratic-slope": quadratic_slope,
    17: equation_17, 18: equation_18, 19: equation_19, 20: equation_20, 21: equation_21, 22: equation_22,
    23: equation_23, 24: equation_24, "cross-entropy-slope": cross_entropy_slope, 26: equation_26,
}
OF_CROSS_ENTROPY = ("cross-entropy-slope", 26)
AS_PRINTED: dict[Key, Callable[[Graph, Stage], list[Line]]] = {10: equation_10_as_printed}
