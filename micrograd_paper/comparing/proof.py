"""The paper's equations proved for the engine: for all weights, biases, inputs and targets at once, and every σ.

    >>> proof = prove("1-2-1", cost="cross_entropy")
    >>> proof.ok        # and print(proof) is a line for each equation
    True

The same MLP, forward pass, cost and `backward` run on SymPy symbols, with σ an unknown function. Each of the graph's
quantities minus its closed form in `equations.py` must be 0 identically. (10) as printed is refuted by numbers, and
every equality is checked again on random numbers of 50 digits, with the sigmoid of the table of operations. That σ′ is
the derivative of σ is given here: prove("operations") shows it of the table's operations.

SymPy and mpmath are imported on use: `pip install "micrograd_paper[proof]"`.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

from micrograd_paper import equations
from micrograd_paper.checks import check_size
from micrograd_paper.comparing.operations_proof import (
    AGREED_DIGITS, OperationsProof, Shown, library, prove_operations, shortened,
)
from micrograd_paper.costs import COSTS, Cost, PaperCost, cost_function, known_cost, l2_penalty, net_weights, quadratic
from micrograd_paper.engine import Value, apply
from micrograd_paper.errors import UsageError
from micrograd_paper.graph import gradient
from micrograd_paper.nn import MLP, Forward
from micrograd_paper.notation import Symbol
from micrograd_paper.operations import Op
from micrograd_paper.paper import equation, formula_text
from micrograd_paper.plain import printable

MOST_PARAMETERS = 50
MEANT = {  # the statement proved for an equation, where it is not its formula alone
    10: f"{equation(10).text}, as meant",
    26: f"{equation(26).text}, where σ′ = σ(1 − σ)",
    28: "b − η ∂C/∂b = b − η ∂C₀/∂b",
    29: "w − η ∂C/∂w = (1 − ηα/m) w − η ∂C₀/∂w",
}
STATEMENTS = {n: MEANT.get(n, equation(n).text) for n in (10, *range(16, 25), 26, 28, 29)}
PRINTED = f"{formula_text(equations.activation_as_printed)}, as printed, is wrong"


class ProofRow(NamedTuple):
    """One equation (None for the 50 digits), what was shown, on how many differences, whether it was, and how."""

    equation: int | None
    statement: str
    differences: int
    ok: bool
    detail: str

    def __str__(self) -> str:
        number = "" if self.equation is None else f"({self.equation})"
        mark = "✗" if not self.ok else "✓" if self.differences else "–"
        wide = len(printable(PRINTED))
        return printable(f"{number:<6}{printable(self.statement):<{wide}}  {printable(self.detail):<33}  {mark}")


class Proof(Shown):
    """Rows for every equation; .ok, .shape, .cost, .given; str() is a line an equation, what is given, a verdict."""

    given = ("given: σ is an undefined function, and σ′ its derivative; that the partials of an operation are the "
             'derivatives of its forward is another proof: prove("operations"), or --operations')

    def __init__(self, rows: Sequence[ProofRow], shape: tuple[int, ...], cost: str) -> None:
        super().__init__(rows)
        self.shape = shape
        self.cost = cost

    @property
    def verdict(self) -> str:
        """One sentence."""
        what = f"{'-'.join(map(str, self.shape))} with the cost {self.cost}"
        rule = ", (26) for every σ with σ′ = σ(1 − σ)" * any(row.equation == 26 for row in self.rows)
        if self.ok:
            return f"proved for {what}: the graph's gradients are the paper's for all w, b, x, y and every σ{rule}"
        wrong = ["50 digits" if row.equation is None else f"({row.equation})" for row in self.rows if not row.ok]
        return f"not proved for {what}: {', '.join(wrong)}"


def prove(
    shape: str | Sequence[int], cost: Cost | str = quadratic, on_row: Callable[[Any], object] | None = None
) -> Proof | OperationsProof:
    """Prove (10), (16)–(24), (28), (29), and (26) with cross_entropy, of a network of this shape: "2-3-2" or (2, 3, 2).

    prove("operations") shows of each operation of the table instead that its partials are the derivatives of its
    forward.

    on_row is called with each row when it is ready. What cannot be shown is a row that is not ok, no error. Raises
    UsageError for a shape of fewer than two layers, with a size that is not a positive integer, or with more than 50
    parameters; for a cost that is not in the table, or takes logits; where SymPy or mpmath is missing.
    """
    if shape == "operations":
        return prove_operations(on_row)
    sizes = checked_shape(shape)
    row = known_cost(cost_function(cost), "prove")
    if row.takes_logits:
        known = ", ".join(row.name for row in COSTS.values() if not row.takes_logits)
        raise UsageError(f"prove knows the costs {known}, which go through σ; got {row.name}")
    for name in ("sympy", "mpmath"):
        library(name)  # a missing one is reported before the work, not half-way through it
    rows = []
    for shown in chain(rows_on_symbols(sizes, row), rows_on_digits(sizes, row)):
        rows.append(shown)
        if on_row is not None:
            on_row(shown)
    return Proof(rows, sizes, row.name)


def checked_shape(shape: Any) -> tuple[int, ...]:
    """The sizes of the layers, as ints. Raises UsageError."""
    if isinstance(shape, str):
        shape = [int(size) if size.isdecimal() and len(size) < 10 else size for size in shape.split("-")]
    if not isinstance(shape, Iterable):
        raise UsageError(f"a shape lists the sizes of its layers, such as 2-3-2; got {shape!r}")
    sizes = tuple(check_size(size, f"the size of layer {l}") for l, size in enumerate(shape, start=1))
    if len(sizes) < 2:
        raise UsageError(f"a shape has two layers or more, such as 2-3-2; got {'-'.join(map(str, sizes)) or 'none'}")
    count = sum((n + 1) * after for n, after in pairwise(sizes))
    if count > MOST_PARAMETERS:
        raise UsageError(f"a proof of {'-'.join(map(str, sizes))} has {count} parameters to simplify; "
                         f"the limit is {MOST_PARAMETERS}")
    return sizes


def equalities(
    forward: Forward, y: Sequence[Any], cost: PaperCost, sigma: Any, sigma_prime: Any, eta: Any, alpha: Any, m: Any
) -> dict[int, list[tuple[str, Any, Any]]]:
    """What each equation claims about this graph: (name, the graph's number, the closed form), in any kind of number.

    The closed forms see w, b, x and y alone: z and a by (12) and (14), δ by (16) and (21).
    """
    net, L = forward.net, len(forward.net.shape)
    W = {l: [[w.data for w in row] for row in rows] for l, rows in net.weights.items()}
    b = {l: [b_j.data for b_j in row] for l, row in net.biases.items()}
    z: dict[int, list[Any]] = {}
    a = {1: [x.data for x in forward.x]}
    for l in range(2, L + 1):
        z[l] = [equations.weighted_input(w_j, a[l - 1], b_j) for w_j, b_j in zip(W[l], b[l])]
        a[l] = equations.activations(z[l], sigma)
    slopes = cost.slopes(a[L], y)
    delta = {L: [equations.output_error(s_j, z_j, sigma_prime) for s_j, z_j in zip(slopes, z[L])]}
    for l in range(L - 1, 1, -1):
        columns = zip(*W[l + 1])
        delta[l] = [equations.hidden_error(w_j, delta[l + 1], z_j, sigma_prime) for w_j, z_j in zip(columns, z[l])]

    C = cost.function(forward.output, y)
    C.backward()
    found: dict[int, list[tuple[str, Any, Any]]] = {number: [] for number in STATEMENTS}

    def claim(number: int, name: object, graph: Any, closed_form: Any) -> None:
        found[number].append((str(name), graph, closed_form))

    vector = equations.output_errors(slopes, z[L], sigma_prime)
    short = cost.output_errors(a[L], y) if cost.output_errors is not None else []
    for j, z_j in enumerate(forward.z[L]):
        error = Symbol("delta", L, (j + 1,))
        claim(16, error, z_j.grad, delta[L][j])
        claim(17, error, z_j.grad, vector[j])
        if short:
            claim(26, error, z_j.grad, short[j])
    for l in range(L - 1, 1, -1):
        vector = equations.hidden_errors(W[l + 1], delta[l + 1], z[l], sigma_prime)
        for j, z_j in enumerate(forward.z[l]):
            error = Symbol("delta", l, (j + 1,))
            chain_rule = [gradient(z_k, [z_j])[0] for z_k in forward.z[l + 1]]
            claim(18, error, z_j.grad, equations.error_from_next_layer(delta[l + 1], chain_rule))
            claim(21, error, z_j.grad, delta[l][j])
            claim(22, error, z_j.grad, vector[j])
            for z_k, slope, w_k in zip(forward.z[l + 1], chain_rule, W[l + 1]):
                closed_form = equations.next_weighted_input_slope(w_k[j], z[l][j], sigma_prime)
                claim(20, f"∂{z_k.label}/∂{z_j.label}", slope, closed_form)
        for z_k, w_k, b_k in zip(forward.z[l + 1], W[l + 1], b[l + 1]):
            claim(19, z_k.label, z_k.data, equations.next_weighted_input(w_k, z[l], b_k, sigma))

    regularized = C + l2_penalty(net_weights(net), alpha, m)  # (27)
    decayed = dict(zip(net.parameters(), gradient(regularized, net.parameters())))
    for l in range(L, 1, -1):
        for j, a_j in enumerate(forward.a[l]):
            claim(10, a_j.label, a_j.data, equations.activation(W[l][j], a[l - 1], b[l][j], sigma))
            b_j, slope = net.biases[l][j], equations.bias_gradient(delta[l][j])
            claim(23, f"∂C/∂{b_j.label}", b_j.grad, slope)
            claim(28, b_j.label, b_j.data - eta * decayed[b_j], equations.updated_bias(b[l][j], eta, slope))
            for k, w in enumerate(net.weights[l][j]):
                slope = equations.weight_gradient(delta[l][j], a[l - 1][k])
                claim(24, f"∂C/∂{w.label}", w.grad, slope)
                closed_form = equations.updated_weight(W[l][j][k], eta, slope, alpha, m)
                claim(29, w.label, w.data - eta * decayed[w], closed_form)
    return found


# On symbols.

def sigma_partials(result: Any, z: Any) -> tuple[Any]:
    """σ′(z), which is all that is known about σ."""
    return (result.fdiff(),)


def rows_on_symbols(sizes: tuple[int, ...], cost: PaperCost) -> Iterator[ProofRow]:
    """A row for each equation, on a network of symbols."""
    sympy = library("sympy")
    undefined = sympy.core.function
    sigma_prime = sympy.Function("σ′")
    sigma = undefined.UndefinedFunction(
        "σ", (undefined.AppliedUndef,), {"fdiff": lambda self, argindex=1: sigma_prime(*self.args)}
    )
    op = Op("sigma", "σ", sigma, sigma_partials)

    def unknown(z: Value) -> Value:
        return apply(op, z)

    net = MLP(sizes[0], sizes[1:], unknown)
    for parameter in net.parameters():
        parameter.data = sympy.Symbol(str(parameter.label))
    x, y = ([sympy.Symbol(str(Symbol(name, None, (j,)))) for j in range(1, n + 1)]
            for name, n in (("x", sizes[0]), ("y", sizes[-1])))
    forward = net.forward(x)
    found = equalities(forward, y, cost, sigma, sigma_prime, *sympy.symbols("η α m"))
    output = [z_j.data for z_j in forward.z[len(sizes)]]
    logistic = {sigma_prime(z_j): equations.sigmoid_prime(z_j, sigma) for z_j in output}  # (26) adds this rule
    names = {}
    for l, zs in forward.z.items():
        for z_j, a_j in zip(zs, forward.a[l]):
            names[sigma(z_j.data)] = sympy.Symbol(str(a_j.label))
            names[sigma_prime(z_j.data)] = sympy.Symbol(f"σ′({z_j.label})")
    for number, claims in found.items():
        if number == 26 and cost.output_errors is None:
            continue
        left = []
        for name, graph, closed_form in claims:
            difference = sympy.sympify(graph - closed_form)
            rest = remainder(difference.xreplace(logistic) if number == 26 else difference, names)
            if rest != 0:
                left.append(f"{name} leaves {shortened(rest)}")
        if not claims:
            detail = f"{net.shape_text} has no hidden layer to show it"
        elif left:
            detail = f"{len(left)} of {len(claims)} not 0: {left[0]}"
        else:
            detail = f"{len(claims)} difference{' is' if len(claims) == 1 else 's are'} 0 identically"
        yield ProofRow(number, STATEMENTS[number], len(claims), not left, detail)
        if number == 10:
            yield refutation(forward, sigma)


def remainder(difference: Any, names: dict[Any, Any]) -> Any:
    """What is left of a difference: 0 only if it is 0 for all values of its symbols and every σ and σ′.

    `names` holds a symbol for each σ(z) and σ′(z): what is 0 for any numbers in their place is 0 for every function.
    A common denominator is taken last, and only where the difference is 0 at a point: it can be large.
    """
    sympy = library("sympy")
    if difference == 0:
        return difference
    difference = sympy.expand(difference.xreplace(names))
    unknowns = sorted(difference.free_symbols | difference.atoms(sympy.Function), key=sympy.default_sort_key)
    point = {unknown: sympy.Rational(1, sympy.prime(i)) for i, unknown in enumerate(unknowns, start=10)}
    if difference == 0 or difference.xreplace(point) != 0:
        return difference
    return sympy.cancel(sympy.together(difference))


def refutation(forward: Forward, sigma: Any) -> ProofRow:
    """(10) as printed gives every neuron of two or more inputs another a: if all w, b, x are 0, n/2 instead of ½."""
    sympy = library("sympy")

    def at_zero(a_j: Any) -> Any:
        zeros = sympy.sympify(a_j).xreplace(dict.fromkeys(a_j.free_symbols, sympy.Integer(0)))
        return zeros.replace(sigma, lambda z: equations.sigmoid(z, sympy.exp))

    different: list[str] = []
    same: list[str] = []
    for l, rows in forward.net.weights.items():
        for a_j, w_j, b_j in zip(forward.a[l], rows, forward.net.biases[l]):
            if len(w_j) > 1:
                below = [a_k.data for a_k in forward.a[l - 1]]
                printed = equations.activation_as_printed([w.data for w in w_j], below, b_j.data, sigma)
                numbers = at_zero(printed), at_zero(a_j.data)
                differs = (numbers[0] - numbers[1]).is_nonzero
                (different if differs else same).append(f"{a_j.label} = {numbers[0]}, the graph {numbers[1]}")
    if same:
        detail = f"not refuted: w = b = x = 0 and the sigmoid give {same[0]}"
    elif different:
        detail = f"w = b = x = 0 and the sigmoid give {different[0]}"
    else:
        detail = f"{forward.net.shape_text} cannot show it: every neuron has one input"
    return ProofRow(10, PRINTED, len(different) + len(same), not same, detail)


# On 50 digits.

def rows_on_digits(sizes: tuple[int, ...], cost: PaperCost) -> Iterator[ProofRow]:
    """One row: the same equalities on random numbers of 50 digits, with the sigmoid."""
    mpmath = library("mpmath")
    rng = random.Random(1)

    def sigma(z: Any) -> Any:
        return equations.sigmoid(z, mpmath.exp)

    def sigma_prime(z: Any) -> Any:
        return equations.sigmoid_prime(z, sigma)

    def between_0_and_1() -> Any:
        return mpmath.mpf(rng.getrandbits(180)) / 2**180

    with mpmath.workdps(50):
        net = MLP(sizes[0], sizes[1:], "sigmoid")
        for parameter in net.parameters():
            parameter.data = 2 * between_0_and_1() - 1
        forward = net.forward([2 * between_0_and_1() - 1 for _ in range(sizes[0])])
        y = [between_0_and_1() for _ in range(sizes[-1])]
        rates = [between_0_and_1() for _ in range(3)]
        found = equalities(forward, y, cost, sigma, sigma_prime, *rates)
        errors = [(relative(graph, closed_form), f"({number}) {name}")
                  for number, claims in found.items() for name, graph, closed_form in claims]
        worst, name = max(errors)
        wrong = sum(not error <= mpmath.mpf(10) ** -AGREED_DIGITS for error, _ in errors)
        detail = f"{wrong} of {len(errors)} do not agree" if wrong else f"{len(errors)} agree"
        detail += f" to {AGREED_DIGITS} digits; the worst, {name}, differs by {mpmath.nstr(worst, 2)} of itself"
        row = ProofRow(None, "all of them again, on numbers of 50 digits", len(errors), not wrong, detail)
    yield row


def relative(graph: Any, closed_form: Any) -> Any:
    """|graph − closed form| relative to the closed form itself; inf where the graph's is not finite."""
    mpmath = library("mpmath")
    difference = abs(graph - closed_form)
    if difference == 0:
        return mpmath.mpf(0)
    return difference / abs(closed_form) if mpmath.isfinite(difference) and closed_form != 0 else mpmath.inf
