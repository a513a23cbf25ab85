"""Section 3.1 by hand: one flower through (12)–(24), every number by the paper's equations and from the graph.

The equations are those of `micrograd_paper.equations`, on plain floats; the graph's numbers are what `backward` leaves
in it. The network is that of iris-4-3-3.json, the flower is the 71st. Writes backpropagation_by_hand.svg.
"""

import math
from pathlib import Path

from micrograd_paper import datasets, equations, gradient, load, quadratic
from micrograd_paper.display import number_text
from micrograd_paper.figures.picture import drawn, finished
from micrograd_paper.functions import sigmoid

net = load(Path(__file__).parent / "iris-4-3-3.json")
((x, y),) = datasets.load("iris").examples([70], outputs=3, scaling=net.scaling)
W = {l: [[w.data for w in row] for row in rows] for l, rows in net.weights.items()}
b = {l: [b_j.data for b_j in row] for l, row in net.biases.items()}


def sigmoid_prime(z):
    return equations.sigmoid_prime(z, sigmoid)


# By hand, forward.
z2 = [equations.weighted_input(w_j, x, b_j) for w_j, b_j in zip(W[2], b[2])]  # (12)
a2 = equations.activations(z2, sigmoid)  # (14)
z3 = equations.weighted_inputs(W[3], a2, b[3])  # (13)
z3_from_z2 = [equations.next_weighted_input(w_k, z2, b_k, sigmoid) for w_k, b_k in zip(W[3], b[3])]  # (19)
a3 = equations.activations(z3, sigmoid)  # (14)



def cost_of_outputs(z3):
    """C = ½‖σ(z³) − y‖², (5)."""
    return equations.squared_error(equations.activations(z3, sigmoid), y)


def slope_in_z3(j, h=1e-5):
    """∂C/∂z³ⱼ as a difference quotient: how much C changes where z³ⱼ is moved by h to either side."""
    ahead, behind = ([z_i + sign * h * (i == j) for i, z_i in enumerate(z3)] for sign in (1, -1))
    return (cost_of_outputs(ahead) - cost_of_outputs(behind)) / (2 * h)


# By hand, backward: the error of the output layer, of the layer before it, and the gradient.
slopes = [equations.quadratic_slope(a_j, y_j) for a_j, y_j in zip(a3, y)]
delta3 = [equations.output_error(slope, z_j, sigmoid_prime) for slope, z_j in zip(slopes, z3)]  # (16)
delta3_vector = equations.output_errors(slopes, z3, sigmoid_prime)  # (17)
dz3_dz2 = [[equations.next_weighted_input_slope(w, z_j, sigmoid_prime) for w, z_j in zip(w_k, z2)] for w_k in W[3]]
delta2 = [equations.error_from_next_layer(delta3, column) for column in zip(*dz3_dz2)]  # (18), with (20)
delta2_put_in = [equations.hidden_error(w_j, delta3, z_j, sigmoid_prime) for w_j, z_j in zip(zip(*W[3]), z2)]  # (21)
delta2_vector = equations.hidden_errors(W[3], delta3, z2, sigmoid_prime)  # (22)
db = {l: [equations.bias_gradient(d) for d in deltas] for l, deltas in ((2, delta2), (3, delta3))}  # (23)
dW = {l: [[equations.weight_gradient(d, a_k) for a_k in a] for d in deltas]  # (24)
      for l, deltas, a in ((2, delta2, x), (3, delta3, a2))}

# The same in the graph: one forward pass, one backward pass.
forward = net.forward(x)
C = quadratic(forward.output, y)
C.backward()
z, a = forward.z, forward.a


def data(nodes):
    return [node.data for node in nodes]


def grads(nodes):
    return [node.grad for node in nodes]


J = "₁₂₃"
TABLE = [  # equation, what it gives, by hand, in the graph
    ("(12)", "z²ⱼ = Σₖ w²ⱼₖ xₖ + b²ⱼ", z2, data(z[2])),
    ("(14)", "a² = σ(z²)", a2, data(a[2])),
    ("(13)", "z³ = W³a² + b³", z3, data(z[3])),
    ("(19)", "z³ₖ = Σⱼ w³ₖⱼ σ(z²ⱼ) + b³ₖ", z3_from_z2, data(z[3])),
    ("(14)", "a³ = σ(z³)", a3, data(a[3])),
    ("(5)", "C = ½‖a³ − y‖²", [cost_of_outputs(z3)], [C.data]),
    ("", "∂C/∂a³ⱼ = a³ⱼ − yⱼ", slopes, grads(a[3])),
    ("", "σ′(z³ⱼ) = a³ⱼ(1 − a³ⱼ)", [sigmoid_prime(z_j) for z_j in z3], [a_j.partials[0] for a_j in a[3]]),
    ("(15)", "δ³ⱼ = ∂C/∂z³ⱼ", [equations.error(slope_in_z3(j)) for j in range(3)], grads(z[3])),
    ("(16)", "δ³ⱼ = ∂C/∂a³ⱼ σ′(z³ⱼ)", delta3, grads(z[3])),
    ("(17)", "δ³ = (a³ − y) ⊙ σ′(z³)", delta3_vector, grads(z[3])),
    *[("(20)", f"∂z³{J[k]}/∂z²ⱼ = w³{J[k]}ⱼ σ′(z²ⱼ)", row, gradient(z[3][k], z[2]))
      for k, row in enumerate(dz3_dz2)],
    ("(18)", "δ²ⱼ = Σₖ δ³ₖ ∂z³ₖ/∂z²ⱼ", delta2, grads(z[2])),
    ("(21)", "δ²ⱼ = Σₖ w³ₖⱼ δ³ₖ σ′(z²ⱼ)", delta2_put_in, grads(z[2])),
    ("(22)", "δ² = ((W³)ᵀδ³) ⊙ σ′(z²)", delta2_vector, grads(z[2])),
    *[("(23)", f"∂C/∂b{sign}ⱼ = δ{sign}ⱼ", db[l], grads(net.biases[l])) for l, sign in ((2, "²"), (3, "³"))],
    *[("(24)", f"∂C/∂w{sign}{J[j]}ₖ = δ{sign}{J[j]} {'xₖ' if l == 2 else 'a²ₖ'}", row,
       grads(net.weights[l][j])) for l, sign in ((2, "²"), (3, "³")) for j, row in enumerate(dW[l])],
]
pairs = [pair for number, _, by_hand, in_graph in TABLE if number != "(15)" for pair in zip(by_hand, in_graph)]
ulps = max(abs(h - g) / math.ulp(max(abs(h), abs(g))) for h, g in pairs)


def shown(numbers):
    return "".join(f"{number_text(number, 4):>11}" for number in numbers)


print(f"Flower 71, a versicolor, in the network {net.shape_text} with the quadratic cost: y = {y}")
print(f"{'given':<6}{'xₖ':<27}{shown(x)}")
for l, sign in ((2, "²"), (3, "³")):
    for j, row in enumerate(W[l]):
        print(f"{'':6}{f'w{sign}{J[j]}ₖ and b{sign}{J[j]}':<27}{shown(row)}   {shown([b[l][j]])}")
print(f"\n{'':33}{'by hand':>11}{'':35}{'in the graph':>11}")
for number, formula, by_hand, in_graph in TABLE:
    print(f"{number:<6}{formula:<27}{shown(by_hand):<46}{shown(in_graph)}")
print(f"\n(15) is a difference quotient. The other {len(pairs)} numbers differ by {ulps:.0f} units in the last place "
      "at most.")

# The picture: how the error δ²₃ comes about. Numbers are black, gradients red, local derivatives stand at the lines.
with drawn("light", 460, 700) as (plot, look):
    axes = plot.subplots()
    axes.axis("off")
    axes.set(xlim=(-1.62, 1.62), ylim=(-0.5, 6.5))

    def box(column, row, name, number, slope_name, slope):
        """A node with its number, and below it its gradient."""
        lines = [(f"{name} = {number_text(number, 4)}\n", look.ink),
                 (f"\n{slope_name} = {number_text(slope, 4)}", look.accent)]
        frame = {"boxstyle": "round,pad=0.5", "facecolor": look.fill, "edgecolor": look.curve}
        for text, colour in sorted(lines, key=lambda line: -len(line[0])):  # the longer one has the frame
            axes.text(column, row, text, color=colour, ha="center", va="center", linespacing=1.4, bbox=frame)
            frame = None

    for k, column in enumerate((-1.08, 0, 1.08)):
        axes.plot([0, column, column, 0], [6, 4.2, 2.2, 0.2], color=look.faint, linewidth=1.2, zorder=0)
        for row, partial in ((5.15, slopes[k]), (3.2, sigmoid_prime(z3[k])), (1.15, dz3_dz2[k][2])):
            axes.text(column * (0.475 if row != 3.2 else 1), row, number_text(partial, 4), ha="center", va="center",
                      color=look.faint, fontsize=12, bbox={"facecolor": look.paper, "edgecolor": "none", "pad": 2})
        box(column, 4.2, f"a³{J[k]}", a3[k], "∂C/∂a", slopes[k])
        box(column, 2.2, f"z³{J[k]}", z3[k], f"δ³{J[k]}", delta3[k])
    for row, text in ((5.5, "∂C/∂a³ₖ\n= a³ₖ − yₖ"), (3.2, "σ′(z³ₖ)"), (0.7, "∂z³ₖ/∂z²₃\n= w³ₖ₃ σ′(z²₃),\n(20)")):
        axes.text(-1.62, row, text, va="center", color=look.faint, fontsize=12)
    box(0, 6, "C", C.data, "∂C/∂C", 1)
    box(0, 0.2, "z²₃", z2[2], "δ²₃", delta2[2])
    finished(plot, look, "Backpropagation by hand", "δ²₃ is the sum over three paths of the products along them."
             ).save("backpropagation_by_hand.svg")
