"""What the paper prints: its equations (1)–(29), the formulas without a number, its symbols, and where it is wrong.

    >>> equation(21).text       # also section, title, TeX, symbols, what it is derived from, errata, notes, function
    'δˡⱼ = Σₖ wˡ⁺¹ₖⱼ δˡ⁺¹ₖ σ′(zˡⱼ)'
    >>> needed_by(21)           # the equations that are derived from (21)
    (22,)

EQUATIONS has all of them, in the paper's order; SYMBOLS what each symbol means, and its shape.

A formula without a number goes by a name: "direction", "terms", "a2_4", "a3_1", "sigmoid-slope", "quadratic-slope",
"cross-entropy-slope". Formulas are given as the paper means them; an `Erratum` has the printed form where it differs,
a `Note` the condition under which something is right.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from micrograd_paper import equations
from micrograd_paper.display import label_text
from micrograd_paper.errors import UnknownName
from micrograd_paper.plain import printable

Key = int | str
RAISED = dict(zip("0123456789+−()lLTkjimnxz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˡᴸᵀᵏʲⁱᵐⁿˣᶻ"))
LOWERED = dict(zip("0123456789+−aijklmnrvx", "₀₁₂₃₄₅₆₇₈₉₊₋ₐᵢⱼₖₗₘₙᵣᵥₓ"))


class Quantity(NamedTuple):
    """A symbol of the paper: its TeX, what it means, its shape."""

    tex: str
    meaning: str
    shape: str


class Erratum(NamedTuple):
    """A place where the paper is wrong as printed (kind "wrong"), or has a misprint of notation (kind "notation")."""

    printed: str
    meant: str
    why: str
    kind: str = "wrong"


class Note(NamedTuple):
    """What the paper says that is right under a condition."""

    says: str
    condition: str


class Equation(NamedTuple):
    """An equation of the paper. `text` is for a terminal; `needs` are the equations that it is derived from."""

    number: Key
    section: str
    title: str
    tex: str
    text: str
    symbols: tuple[str, ...]
    needs: tuple[Key, ...]
    function: Callable[..., Any]
    errata: tuple[Erratum, ...]
    notes: tuple[Note, ...]

    @property
    def name(self) -> str:
        """(21), or the name of a formula without a number."""
        return f"({self.number})" if isinstance(self.number, int) else self.number

    def __repr__(self) -> str:
        return printable(f"<Equation {self.name}: {self.text}>")

    def _repr_latex_(self) -> str:
        tag = f"\\tag{{{self.number}}}" if isinstance(self.number, int) else ""
        return f"$${self.tex}{tag}$$"


def in_unicode(formula: str) -> str:
    """δ^l_j = Σ_k w^{l+1}_kj … with Unicode's own superscripts and subscripts: δˡⱼ = Σₖ wˡ⁺¹ₖⱼ …"""
    def raised(match: re.Match[str]) -> str:
        return "".join(RAISED[letter] for letter in match[1] or match[2])

    def lowered(match: re.Match[str]) -> str:
        return "".join(LOWERED[letter] for letter in match[1] or match[2])

    return re.sub(r"_(?:\{([^}]*)\}|([A-Za-z0-9]+))", lowered, re.sub(r"\^(?:\{([^}]*)\}|(\w))", raised, formula))


def formula_text(function: Callable[..., Any]) -> str:
    """The formula that a function's docstring begins with, which ends before its number: ". (21)"."""
    return in_unicode((inspect.getdoc(function) or "").partition(". (")[0].replace("\n", " "))


SYMBOLS: dict[str, Quantity] = {
    "C": Quantity("C", "the cost, which descent makes small", "a number"),
    "C_x": Quantity("C_x", "the cost of example x alone", "a number"),
    "C₀": Quantity("C_0", "the cost without the regularization term", "a number"),
    "∇C": Quantity(r"\nabla C", "the gradient: the partial derivative of C for each component of w", "as long as w"),
    "∇C_x": Quantity(r"\nabla C_x", "the gradient of C_x", "as long as w"),
    "∇ᵥC": Quantity(r"\nabla_{\vec{v}}C", "the directional derivative: how fast C changes along v", "a number"),
    "v": Quantity(r"\vec{v}", "a direction to move in", "as long as w"),
    "w": Quantity("w", "what descent moves: a position, all weights; in 3.3 one weight",
                  "a vector; in 3.3 a number"),
    "b": Quantity("b", "the biases, which descent moves too; in 3.3 one bias", "a vector; in 3.3 a number"),
    "η": Quantity(r"\eta", "the learning rate", "a number"),
    "α": Quantity(r"\alpha", "the regularization strength", "a number"),
    "m": Quantity("m", "how many training examples there are", "a count"),
    "k examples": Quantity("k", "how many examples the mini-batch has", "a count"),
    "i": Quantity("i", "the number of an example, as in x^{(i)}", "1 … k or 1 … m"),
    "n": Quantity("n", "how many inputs are combined", "a count"),
    "r": Quantity("r", "the degree of the terms", "a count"),
    "x": Quantity("x", "an example's inputs; a¹ is x", "n₁"),
    "y": Quantity("y", "an example's true outputs, its targets", "one number an output neuron"),
    "ŷ": Quantity(r"\hat{y}", "what the model predicts; of a network, a^L", "one number an output neuron"),
    "z": Quantity("z", "any number that σ is applied to", "a number"),
    "σ": Quantity(r"\sigma", "the sigmoid function (8), or another activation", "a function of a number"),
    "σ′": Quantity(r"\sigma'", "the derivative of σ", "a function of a number"),
    "l": Quantity("l", "a layer", "1 (the inputs) … L"),
    "L": Quantity("L", "the last layer", "a count"),
    "j": Quantity("j", "a neuron of layer l", "1 … n_l"),
    "k": Quantity("k", "a neuron of the layer next to l: l−1 below it, l+1 above it", "1 … n_{l−1} or n_{l+1}"),
    "W^l": Quantity("W^l", "the weights into layer l; row j holds those of neuron j", "n_l × n_{l−1}"),
    "b^l": Quantity("b^l", "the biases of layer l", "n_l"),
    "z^l": Quantity("z^l", "the weighted inputs of layer l", "n_l"),
    "a^l": Quantity("a^l", "the activations of layer l", "n_l"),
    "δ^l": Quantity(r"\delta^l", "the errors of layer l", "n_l"),
    "w^l_jk": Quantity("w^l_{jk}", "the weight from neuron k of layer l−1 to neuron j of layer l", "a number"),
    "b^l_j": Quantity("b^l_j", "the bias of neuron j of layer l", "a number"),
    "z^l_j": Quantity("z^l_j", "the weighted input of neuron j of layer l", "a number"),
    "a^l_j": Quantity("a^l_j", "the activation of neuron j of layer l", "a number"),
    "δ^l_j": Quantity(r"\delta^l_j", "the error ∂C/∂z^l_j of neuron j of layer l", "a number"),
    "y_j": Quantity("y_j", "the target of output neuron j", "a number"),
    "∇_a C": Quantity(r"\nabla_a C", "the partial derivatives ∂C/∂a^L_j", "one number an output neuron"),
    "⊙": Quantity(r"\odot", "the product component by component", "as its operands"),
}


def register() -> dict[Key, Equation]:
    """The equations of `printed` by number or name, each with the formula of its function."""
    table: dict[Key, Equation] = {}
    for number, section, title, function, symbols, needs, tex, *remarks in printed():
        table[number] = Equation(
            number, section, title, inspect.cleandoc(tex), formula_text(function), tuple(symbols.split(", ")),
            needs, function, tuple([remark for remark in remarks if isinstance(remark, Erratum)]),
            tuple([remark for remark in remarks if isinstance(remark, Note)]),
        )
    return table


def equation(number: Key) -> Equation:
    """The equation that 21, "21", "(21)" or a name such as "terms" stands for. Raises UnknownName, with all of them."""
    text = str(number).strip().removeprefix("(").removesuffix(")")
    key: Key = int(text) if text.isdecimal() and len(text) < 10 else text
    if key not in EQUATIONS or isinstance(number, bool):
        names = ", ".join(str(name) for name in EQUATIONS if isinstance(name, str))
        raise UnknownName(f"the paper has no equation {label_text(text)}: expected a number from 1 to 29, or {names}")
    return EQUATIONS[key]


def needed_by(number: Key) -> tuple[Key, ...]:
    """Numbers and names of the equations derived from this one, in the paper's order. Raises UnknownName."""
    key = equation(number).number
    return tuple(other.number for other in EQUATIONS.values() if key in other.needs)


def printed() -> tuple[tuple[Any, ...], ...]:
    """Number, section, title, function, symbols, what it needs, TeX, errata and notes, in the paper's order."""
    return (
        (1, "1.1", "Directional derivative", equations.directional_derivative, "∇ᵥC, ∇C, v", (),
         r"\nabla_{\vec{v}}C = \nabla C \cdot \vec{v}"),
        (2, "1.1", "The slope of steepest descent", equations.steepest_slope, "∇C, v", (1,),
         r"""
         -\max_{\lVert\vec{v}\rVert=1} \nabla C(a,b) \cdot \vec{v}
         = \min_{\lVert\vec{v}\rVert=1} \nabla C(a,b) \cdot \vec{v}"""),
        ("direction", "1.1", "The direction of steepest descent", equations.steepest_direction, "∇C, v", (2,),
         r"\vec{v} = -\frac{\nabla C}{\lVert\nabla C\rVert}"),
        (3, "1.1", "Gradient descent", equations.descent_step, "w, η, ∇C", ("direction",),
         r"w \leftarrow w - \eta \cdot \nabla C(w)",
         Note("many machine learning cost functions are convex and there's no local minimum",
              "The quadratic cost of even one sigmoid neuron is not convex."),
         Erratum("when updating t", "when updating w", "The position is called w.", "notation")),
        (4, "1.2", "Mean squared error", equations.mean_squared_error, "C, w, b, m, x, y, ŷ", (),
         r"C(w, b) = \frac{1}{2m} \sum_x \lVert\hat{y}(x) - y(x)\rVert^2"),
        (5, "1.3", "The cost of one example", equations.squared_error, "C_x, w, b, x, y, ŷ, i", (4,),
         r"C_{x^{(i)}}(w, b) = \frac{1}{2} \lVert\hat{y}(x^{(i)}) - y(x^{(i)})\rVert^2"),
        (6, "1.3", "The gradient of a mini-batch", equations.mean_gradient, "∇C, ∇C_x, w, b, x, i, k examples, m",
         (4, 5),
         r"\frac{\sum_{i=1}^k \nabla C_{x^{(i)}}(w, b)}{k} \approx"
         r" \frac{\sum_{i=1}^m \nabla C_{x^{(i)}}(w, b)}{m} = \nabla C(w, b)"),
        (7, "1.3", "Mini-batch gradient descent", equations.mini_batch_step, "w, b, η, k examples, i, x, ∇C_x", (3, 6),
         r"(w, b) \leftarrow (w, b) - \frac{\eta}{k} \cdot \sum_{i=1}^k \nabla C_{x^{(i)}}(w, b)"),
        (8, "2", "The sigmoid function", equations.sigmoid, "σ, z", (),
         r"\sigma(z) = \frac{1}{1 + e^{-z}}",
         Note("σ takes values in the interval (0, 1)",
              "Where numbers are rounded, it takes 0 and 1 too: in float64 σ(37) is exactly 1.0.")),
        ("terms", "2", "The number of polynomial terms", equations.polynomial_terms, "n, r", (),
         r"\frac{(n+r-1)!}{r!(n-1)!}",
         Erratum("a 100×100 picture has (100 + 2 − 1)!/(2! (100 − 1)!) = 5050 quadratic terms",
                 "(10 000 + 2 − 1)!/(2! (10 000 − 1)!) = 50 005 000",
                 "n is the number of pixels, 10 000; 5050 is right for 100 inputs."),
         Note("three features with all the quadratic terms: σ(w₁x₁² + w₂x₁x₂ + w₃x₁x₃ + w₄x₂² + w₅x₂x₃ + w₆x₃²)",
              "Six terms of degree 2 alone, without linear terms and bias: at x = 0 it says 0.5 whatever w is.")),
        ("a2_4", "2", "Figure 4: the last neuron of layer 2", equations.figure_4_hidden,
         "a^l_j, σ, x, w^l_jk, b^l_j", (8,),
         r"a_4^2 = \sigma(x_1w_{41}^2 + x_2w_{42}^2 + x_3w_{43}^2 + x_4w_{44}^2 + x_5w_{45}^2 + b_4^2)"),
        ("a3_1", "2", "Figure 4: the first neuron of layer 3", equations.figure_4_output,
         "a^l_j, σ, w^l_jk, b^l_j", (8, "a2_4"),
         r"a_1^3 = \sigma(a_1^2w_{11}^3 + a_2^2w_{12}^3 + a_3^2w_{13}^3 + a_4^2w_{14}^3 + b_1^3)"),
        (9, "3.1", "The quadratic cost of a network", equations.quadratic_cost, "C, w, b, m, x, y, a^l, L", (4,),
         r"C(w, b) = \frac{1}{2m} \sum_x \lVert y(x) - a^L(x)\rVert^2"),
        (10, "3.1", "The activation of a neuron", equations.activation, "a^l_j, σ, w^l_jk, b^l_j, l, j, k", (8,),
         r"a_j^l = \sigma\left(\sum_k a_k^{l-1} \cdot w_{jk}^l + b_j^l\right)",
         Erratum("aˡⱼ = Σₖ σ(aˡ⁻¹ₖ·wˡⱼₖ + bˡⱼ)", "aˡⱼ = σ(Σₖ aˡ⁻¹ₖ·wˡⱼₖ + bˡⱼ)",
                 "The sum is inside σ, the bias is added once, as in (11)–(14); the two agree for one input."),
         Erratum("the sum is over the k neurons in the (l−1)ᵗʰ layer", "over the neurons k = 1 … nₗ₋₁ of layer l−1",
                 "k is the index of the sum, not how many there are.", "notation")),
        (11, "3.1", "The activations of a layer", equations.layer, "a^l, σ, W^l, b^l, l", (10,),
         r"a^l = \sigma(W^l a^{l-1} + b^l)"),
        (12, "3.1", "The weighted input of a neuron", equations.weighted_input,
         "z^l_j, w^l_jk, a^l_j, b^l_j, l, j, k", (10,),
         r"z_j^l = \sum_k w_{jk}^l a_k^{l-1} + b_j^l"),
        (13, "3.1", "The weighted inputs of a layer", equations.weighted_inputs, "z^l, W^l, a^l, b^l, l", (12,),
         r"z^l = W^l a^{l-1} + b^l"),
        (14, "3.1", "The activations from the weighted inputs", equations.activations, "a^l, σ, z^l, l", (11, 13),
         r"a^l = \sigma(z^l)"),
        (15, "3.1", "The error of a neuron", equations.error, "δ^l_j, C, z^l_j, l, j", (12,),
         r"\delta_j^l = \frac{\partial C}{\partial z_j^l}",
         Note("when the partial derivative is 0 or close to zero we approached the minimum",
              "Not if the neuron is saturated: its δ is near 0 however large the cost is, as 3.2 says."),
         Note("otherwise the steeper the slope the more incorrect we are",
              "With the quadratic cost an output of 0.5 has a larger δ than one of 0.01, which is further from its "
              "target of 1.")),
        (16, "3.1", "The error of an output neuron", equations.output_error, "δ^l_j, C, a^l_j, z^l_j, σ′, L, j",
         (14, 15),
         r"""
         \begin{aligned}
         \delta_j^L &= \frac{\partial C}{\partial z_j^L} \\
         &= \frac{\partial C}{\partial a_j^L} \frac{\partial a_j^L}{\partial z_j^L} \\
         &= \frac{\partial C}{\partial a_j^L} \sigma'(z_j^L)
         \end{aligned}"""),
        ("sigmoid-slope", "3.1", "The slope of the sigmoid", equations.sigmoid_prime, "σ′, σ, z^l_j, L, j", (8,),
         r"\sigma'(z_j^L) = \sigma(z_j^L)(1 - \sigma(z_j^L))"),
        ("quadratic-slope", "3.1", "The slope of the quadratic cost", equations.quadratic_slope,
         "C, a^l_j, y_j, L, j", (9,),
         r"\frac{\partial C}{\partial a_j^L} = a_j^L - y_j"),
        (17, "3.1", "The errors of the output layer", equations.output_errors, "δ^l, ∇_a C, σ′, z^l, a^l, y, ⊙, L",
         (16, "quadratic-slope"),
         r"""
         \begin{aligned}
         \delta^L &= \nabla_a C \odot \sigma'(z^L) \\
         &= (a^L - y) \odot \sigma'(z^L)
         \end{aligned}""",
         Erratum("∇ₐC is the vector containing partial derivatives ∂aᴸⱼ", "∂C/∂aᴸⱼ", "Derivatives of the cost.",
                 "notation"),
         Erratum("(aᴸⱼ − yⱼ) ⊙ σ′(zᴸ)", "(aᴸ − y) ⊙ σ′(zᴸ)", "⊙ takes two vectors, and aᴸⱼ − yⱼ is a component.",
                 "notation")),
        (18, "3.1", "The error of a neuron, by the chain rule", equations.error_from_next_layer,
         "δ^l_j, C, z^l_j, l, j, k", (15,),
         r"""
         \begin{aligned}
         \delta_j^l &= \frac{\partial C}{\partial z_j^l} \\
         &= \sum_k \frac{\partial C}{\partial z_k^{l+1}} \frac{\partial z_k^{l+1}}{\partial z_j^l} \\
         &= \sum_k \delta_k^{l+1} \frac{\partial z_k^{l+1}}{\partial z_j^l}
         \end{aligned}"""),
        (19, "3.1", "The weighted input of the next layer", equations.next_weighted_input,
         "z^l_j, w^l_jk, a^l_j, b^l_j, σ, l, j, k", (12, 14),
         r"""
         \begin{aligned}
         z_k^{l+1} &= \sum_j w_{kj}^{l+1} a_j^l + b_k^{l+1} \\
         &= \sum_j w_{kj}^{l+1} \sigma(z_j^l) + b_k^{l+1}
         \end{aligned}"""),
        (20, "3.1", "The slope of the next weighted input", equations.next_weighted_input_slope,
         "z^l_j, w^l_jk, σ′, l, j, k", (19,),
         r"\frac{\partial z_k^{l+1}}{\partial z_j^l} = w_{kj}^{l+1} \sigma'(z_j^l)"),
        (21, "3.1", "The error of a hidden neuron", equations.hidden_error, "δ^l_j, w^l_jk, z^l_j, σ′, l, j, k",
         (18, 20),
         r"\delta_j^l = \sum_k w_{kj}^{l+1} \delta_k^{l+1} \sigma'(z_j^l)"),
        (22, "3.1", "The errors of a hidden layer", equations.hidden_errors, "δ^l, W^l, z^l, σ′, ⊙, l", (21,),
         r"\delta^l = ((W^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)"),
        (23, "3.1", "The gradient of a bias", equations.bias_gradient,
         "C, b^l_j, δ^l_j, z^l_j, w^l_jk, a^l_j, l, j, k", (12, 15),
         r"""
         \begin{aligned}
         \frac{\partial C}{\partial b_j^l} &= \frac{\partial C}{\partial z_j^l} \frac{\partial z_j^l}{\partial b_j^l} \\
         &= \delta_j^l \frac{\partial((\sum_k w_{jk}^l a_k^{l-1}) + b_j^l)}{\partial b_j^l} \\
         &= \delta_j^l
         \end{aligned}""",
         Erratum("Σₖ wˡⱼₖ aˡ⁻¹ⱼ", "Σₖ wˡⱼₖ aˡ⁻¹ₖ", "The sum is over the neurons k of layer l−1, (12).", "notation")),
        (24, "3.1", "The gradient of a weight", equations.weight_gradient,
         "C, w^l_jk, δ^l_j, z^l_j, a^l_j, l, j, k", (12, 15),
         r"""
         \begin{aligned}
         \frac{\partial C}{\partial w_{jk}^l}
         &= \frac{\partial C}{\partial z_j^l} \frac{\partial z_j^l}{\partial w_{jk}^l} \\
         &= \delta_j^l a_k^{l-1}
         \end{aligned}"""),
        (25, "3.2", "Cross-entropy", equations.cross_entropy_cost, "C, m, x, y_j, a^l_j, L, j", (),
         r"C = -\frac{1}{m} \sum_x \sum_j [y_j \ln a_j^L + (1 - y_j) \ln(1 - a_j^L)]"),
        ("cross-entropy-slope", "3.2", "The slope of the cross-entropy",
         equations.cross_entropy_slope, "C, a^l_j, y_j, L, j", (25,),
         r"\frac{\partial C}{\partial a_j^L} = -\left(\frac{y_j}{a_j^L} - \frac{1 - y_j}{1 - a_j^L}\right)"),
        (26, "3.2", "The error of an output, cross-entropy", equations.cross_entropy_output_error,
         "δ^l_j, C, a^l_j, z^l_j, σ, σ′, y_j, L, j", (16, "sigmoid-slope", "cross-entropy-slope"),
         r"""
         \begin{aligned}
         \delta_j^L &= \frac{\partial C}{\partial z_j^L} \\
         &= \frac{\partial C}{\partial a_j^L} \frac{\partial a_j^L}{\partial z_j^L} \\
         &= \frac{\partial C}{\partial a_j^L} \sigma'(z_j^L) \\
         &= -\left(\frac{y_j}{\sigma(z_j^L)} - \frac{1-y_j}{1-\sigma(z_j^L)}\right) \sigma'(z_j^L) \\
         &= -\left(
         \frac{y_j - \sigma(z_j^L)y_j - \sigma(z_j^L) + \sigma(z_j^L)y_j}{\sigma(z_j^L)(1-\sigma(z_j^L))}
         \right) \sigma'(z_j^L) \\
         &= \left(\frac{\sigma(z_j^L) - y_j}{\sigma(z_j^L)(1-\sigma(z_j^L))}\right) \sigma'(z_j^L) \\
         &= \left(\frac{\sigma(z_j^L) - y_j}{\sigma'(z_j^L)}\right) \sigma'(z_j^L) \\
         &= \sigma(z_j^L) - y_j \\
         &= a_j^L - y_j
         \end{aligned}""",
         Erratum("δᴸⱼ = aᴸⱼ − yⱼ, derived from (25)", "(aᴸⱼ − yⱼ)/m for each of the m examples of (25)",
                 "The derivation leaves out the 1/m; aᴸⱼ − yⱼ is right for one example."),
         Erratum("y", "yⱼ", "Each output neuron has its own target.", "notation")),
        (27, "3.3", "Regularized cost", equations.regularized_cost, "C, C₀, α, m, w, x, y_j, a^l_j, L, j", (25,),
         r"""
         \begin{aligned}
         C &= -\frac{1}{m} \sum_x \sum_j [y_j \ln a_j^L + (1 - y_j) \ln(1 - a_j^L)] + \frac{\alpha}{2m} \sum_w w^2 \\
         &= C_0 + \frac{\alpha}{2m} \sum_w w^2
         \end{aligned}"""),
        (28, "3.3", "The update of a bias", equations.updated_bias, "b, η, C", (3, 23, 27),
         r"b = b - \eta \frac{\partial C}{\partial b}"),
        (29, "3.3", "The update of a weight, with decay", equations.updated_weight, "w, η, α, m, C₀", (3, 7, 24, 27),
         r"""
         \begin{aligned}
         w &= w - \eta \frac{\partial C_0}{\partial w} - \frac{\eta \alpha}{m} w \\
         &= \left(1 - \frac{\eta \alpha}{m}\right) w - \eta \frac{\partial C_0}{\partial w}
         \end{aligned}""",
         Note("the rule, for the whole training set",
              "For a mini-batch of k: w ← (1 − ηα/m) w − η/k Σ ∂Cₓ/∂w, the gradient at the old w. Biases never decay."),
         Note("1 − ηα/m shrinks the weight",
              "It shrinks the weight's size for 0 < ηα/m < 2, and below 1 without changing its sign.")),
    )


EQUATIONS: dict[Key, Equation] = register()
