"""`prove` proves a right engine, refutes (10) as printed, and says which equation a wrong operation breaks, where."""

import subprocess
import sys

import mpmath
import pytest
import sympy

from micrograd_paper import costs, equations
from micrograd_paper.activations import ACTIVATIONS
from micrograd_paper.comparing import proof
from micrograd_paper.comparing.proof import Proof, prove
from micrograd_paper.costs import cross_entropy, cross_entropy_from_logits, quadratic
from micrograd_paper.errors import UsageError
from micrograd_paper.operations import TABLE, Op

WITHOUT_HIDDEN_LAYER = {10, 16, 17, 23, 24, 28, 29}
EVERY_EQUATION = {*WITHOUT_HIDDEN_LAYER, 18, 19, 20, 21, 22}


def row(proved, equation, statement=""):
    (found,) = [row for row in proved.rows if row.equation == equation and statement in row.statement]
    return found


def wrong(proved):
    return {row.equation for row in proved.rows if not row.ok}


def a_thousandth_too_large(partials):
    return lambda *numbers: tuple(1001 * partial / 1000 for partial in partials(*numbers))


def broken(op):
    return Op(op.name, op.symbol, op.forward, a_thousandth_too_large(op.partials))


@pytest.mark.parametrize("cost", [quadratic, cross_entropy])
def test_every_equation_is_proved_of_2_3_2(cost):
    proved = prove("2-3-2", cost)
    assert proved.ok, proved
    assert (proved.shape, proved.cost) == ((2, 3, 2), cost.__name__)
    assert {row.equation for row in proved.rows} == EVERY_EQUATION | {None} | ({26} if cost is cross_entropy else set())
    counts = {row.equation: row.differences for row in proved.rows if row.statement != proof.PRINTED}
    assert counts.items() >= {16: 2, 17: 2, 18: 3, 19: 2, 20: 6, 21: 3, 22: 3, 23: 5, 24: 12, 28: 5, 29: 12}.items()
    assert counts[10] == 5
    assert counts.get(26, 2) == 2


@pytest.mark.parametrize("cost", [quadratic, cross_entropy])
@pytest.mark.parametrize("shape", ["2-2-2-2", "1-3-1", "4-4-4-2", "1-1-22", "1-1-1-1-1-1-1-1"])
def test_deep_narrow_and_wide_networks_are_proved(shape, cost):
    assert prove(shape, cost).ok


def test_one_neuron_is_proved_and_has_neither_a_hidden_layer_nor_two_inputs():
    proved = prove((1, 1))
    assert proved.ok
    empty = {row.equation for row in proved.rows if row.differences == 0}
    assert empty == {10, *EVERY_EQUATION - WITHOUT_HIDDEN_LAYER}
    assert row(proved, 10, "as printed").detail == "1-1 cannot show it: every neuron has one input"
    assert row(proved, 21).detail == "1-1 has no hidden layer to show it"
    assert str(row(proved, 21)).endswith("–")


def test_10_as_printed_is_refuted_by_numbers():
    refuted = row(prove("3-2"), 10, "as printed")
    assert refuted.ok and refuted.differences == 2
    assert refuted.detail == "w = b = x = 0 and the sigmoid give a²₁ = 3/2, the graph 1/2"


def test_10_as_printed_is_not_called_wrong_where_it_is_right(monkeypatch):
    monkeypatch.setattr(equations, "activation_as_printed", equations.activation)
    refuted = row(prove("3-2"), 10, "as printed")
    assert not refuted.ok and "not refuted" in refuted.detail


def test_wrong_partials_of_the_weighted_sum_are_found(monkeypatch):
    monkeypatch.setattr("micrograd_paper.nn.WEIGHTED_SUM", broken(TABLE["weighted_sum"]))
    proved = prove("2-3-2")
    assert wrong(proved) == {20, 21, 22, 23, 24, 28, 29, None}
    assert row(proved, 20).detail == "6 of 6 not 0: ∂z³₁/∂z²₁ leaves w³₁₁*σ′(z²₁)/1000"
    assert "∂C/∂w³₁₁ leaves" in row(proved, 24).detail


def test_one_wrong_partial_names_the_one_weight_that_it_breaks(monkeypatch):
    right = TABLE["weighted_sum"]

    def partials(result, *operands):
        found = list(right.partials(result, *operands))
        if len(operands) == 7:  # three inputs: only neurons of layer 3 have them
            found[2] = 2 * found[2]
        return tuple(found)

    monkeypatch.setattr("micrograd_paper.nn.WEIGHTED_SUM", right._replace(partials=partials))
    proved = prove("2-3-1")
    assert wrong(proved) == {24, 29, None}
    assert row(proved, 24).detail.startswith("1 of 9 not 0: ∂C/∂w³₁₃ leaves ")
    assert row(proved, 29).detail.startswith("1 of 9 not 0: w³₁₃ leaves ")


def test_a_weighted_sum_that_forgets_its_bias_is_found(monkeypatch):
    right = TABLE["weighted_sum"]
    forgetful = right._replace(forward=lambda *operands: right.forward(*operands) - operands[-1])
    monkeypatch.setattr("micrograd_paper.nn.WEIGHTED_SUM", forgetful)
    assert {10, 19, None} <= wrong(prove("2-2-1"))


def test_wrong_partials_of_sigma_are_found_on_symbols_alone(monkeypatch):
    monkeypatch.setattr(proof, "sigma_partials", a_thousandth_too_large(proof.sigma_partials))
    proved = prove("2-3-2", cross_entropy)
    assert wrong(proved) == EVERY_EQUATION - {10, 19} | {26}
    assert row(proved, 16).detail.startswith("2 of 2 not 0: δ³₁ leaves ")
    assert row(proved, 26).detail.startswith("2 of 2 not 0: δ³₁ leaves ")


def test_wrong_partials_of_the_sigmoid_are_found_on_50_digits_alone(monkeypatch):
    right = ACTIVATIONS["sigmoid"]
    monkeypatch.setitem(ACTIVATIONS, "sigmoid", right._replace(op=broken(right.op)))
    assert wrong(prove("2-3-2")) == {None}


@pytest.mark.parametrize("cost", [quadratic, cross_entropy])
def test_wrong_partials_of_a_cost_are_found_in_the_output_layer(cost, monkeypatch):
    monkeypatch.setattr(costs, cost.__name__.upper(), broken(TABLE[cost.__name__]))
    proved = prove("2-2-2", cost)
    assert {16, 17, 21, 22, 23, 24, None} <= wrong(proved)
    assert row(proved, 16).detail.startswith("2 of 2 not 0: δ³₁ leaves ")
    assert str(row(proved, 16)).endswith("✗")
    assert proved.verdict.startswith(f"not proved for 2-2-2 with the cost {cost.__name__}: (16), (17), ")


def test_a_closed_form_without_sigma_prime_fails_in_its_equation(monkeypatch):
    right = equations.hidden_error
    monkeypatch.setattr(equations, "hidden_error", lambda w, deltas, z, sigma_prime: right(w, deltas, z, lambda z: 1))
    proved = prove("2-3-2")
    assert wrong(proved) == {21, 23, 24, 28, 29, None}  # what follows from (21), too
    assert row(proved, 21).detail.startswith("3 of 3 not 0: δ²₁ leaves ")


@pytest.mark.parametrize("function, number", [
    ("activation", 10), ("output_error", 16), ("error_from_next_layer", 18), ("next_weighted_input", 19),
    ("next_weighted_input_slope", 20), ("hidden_error", 21), ("bias_gradient", 23), ("weight_gradient", 24),
    ("cross_entropy_output_error", 26), ("updated_bias", 28), ("updated_weight", 29),
])
def test_each_closed_form_is_held_to_the_graph(function, number, monkeypatch):
    right = getattr(equations, function)
    monkeypatch.setattr(equations, function, lambda *numbers: 2 * right(*numbers))
    proved = prove("2-2-1", cross_entropy)
    assert {number, None} <= wrong(proved)


@pytest.mark.parametrize("function, number", [("output_errors", 17), ("hidden_errors", 22)])
def test_each_vector_form_is_held_to_the_graph(function, number, monkeypatch):
    right = getattr(equations, function)
    monkeypatch.setattr(equations, function, lambda *numbers: [2 * number for number in right(*numbers)])
    assert wrong(prove("2-2-1")) == {number, None}


def test_a_relative_error_of_1e_40_is_seen_on_50_digits(monkeypatch):
    right = equations.weight_gradient

    def nearly(delta_j, a_k):
        exact = right(delta_j, a_k)
        return exact * (10**40 + 1) / 10**40 if isinstance(exact, mpmath.mpf) else exact

    monkeypatch.setattr(equations, "weight_gradient", nearly)
    proved = prove("2-3-2")
    assert wrong(proved) == {None}
    assert "(24) ∂C/∂w" in row(proved, None).detail or "(29) w" in row(proved, None).detail
    assert "do not agree to 45 digits" in row(proved, None).detail


def test_a_gradient_that_is_nan_does_not_agree(monkeypatch):
    right = TABLE["quadratic"]
    nan = right._replace(partials=lambda result, *operands: (mpmath.nan,) * len(operands))
    monkeypatch.setattr(costs, "QUADRATIC", nan)
    assert None in wrong(prove("1-1"))


def test_a_common_denominator_is_taken_where_only_that_shows_a_zero():
    a, y = sympy.symbols("a y")
    assert proof.remainder(y / a - (1 - y) / (1 - a) - (y - a) / (a * (1 - a)), {}) == 0
    assert proof.remainder(y / a - (1 - y) / (1 - a), {}) != 0


def test_rows_are_reported_as_they_come_and_printed_one_a_line():
    rows = []
    proved = prove([2, 1], on_row=rows.append)
    assert rows == proved.rows
    lines = str(proved).splitlines()
    assert lines[:-2] == [str(row) for row in rows]
    assert lines[-2] == proved.given and "σ′ its derivative" in proved.given
    assert lines[-1].startswith("proved for 2-1 with the cost quadratic: ")
    (line,) = [line for line in lines if line.startswith("(24)")]
    assert line.split("  ", 1)[1].startswith("∂C/∂wˡⱼₖ = δˡⱼ aˡ⁻¹ₖ  ") and line.endswith(" 0 identically    ✓")


def test_a_shape_is_text_or_sizes():
    for shape in ("2-1", (2, 1), [2, 1]):
        assert isinstance(prove(shape), Proof) and prove(shape).shape == (2, 1)


@pytest.mark.parametrize("shape, message", [
    ("2", "two layers or more, such as 2-3-2; got 2"),
    ((), "two layers or more"),
    ("2-0-1", "the size of layer 2 must be a positive integer; got 0"),
    ((2, -1), "the size of layer 2 must be a positive integer; got -1"),
    ((2, 1.5), r"the size of layer 2 must be a positive integer; got 1\.5"),
    ("2-x", "the size of layer 2 must be a positive integer; got 'x'"),
    ("", "the size of layer 1 must be a positive integer; got ''"),
    (3, "lists the sizes of its layers, such as 2-3-2; got 3"),
    ("4-30-3", "a proof of 4-30-3 has 243 parameters to simplify; the limit is 50"),
    ("999999999-999999999", "a proof of 999999999-999999999 has "),
])
def test_a_shape_that_cannot_be_proved_is_refused(shape, message):
    with pytest.raises(UsageError, match=message):
        prove(shape)


def test_a_cost_that_the_paper_has_no_slope_of_is_refused():
    with pytest.raises(UsageError, match="quadratic, cross_entropy, which go through σ; got cross_entropy_from_logits"):
        prove("2-1", cross_entropy_from_logits)
    with pytest.raises(UsageError, match=r"one of quadratic, cross_entropy, .*; got 'mse'"):
        prove("2-1", "mse")


@pytest.mark.parametrize("missing", ["sympy", "mpmath"])
def test_what_is_not_installed_is_named_with_what_to_install(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    rows = []
    with pytest.raises(UsageError, match=rf'prove needs {missing}: pip install "micrograd_paper\[proof\]"'):
        prove("2-1", on_row=rows.append)
    assert not rows


def test_importing_prove_imports_neither_sympy_nor_mpmath():
    program = ("import sys, micrograd_paper.comparing.proof; "
               "assert not {'sympy', 'mpmath'} & set(sys.modules), 'imported too early'")
    subprocess.run([sys.executable, "-c", program], check=True)
