"""The rows of a comparison: how far is wrong, which rows a selection has, and how they are shown."""

import json
import math
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, compare, cross_entropy, quadratic
from micrograd_paper.comparing.comparison import NOTE, Comparison, Quantity, Row
from micrograd_paper.costs import batch_cost
from micrograd_paper.errors import UnknownName, UsageError
from micrograd_paper.notation import Symbol
from tests.comparing.compared import compared


def row_of(graph, closed_form, size=1.0):
    return Row(12, Quantity("number", Symbol("z", 2, (1,))), graph, closed_form, size)


@given(st.floats(-1e300, 1e300).filter(lambda x: abs(x) > 1e-300), st.integers(1, 9))
def test_ulps_counts_units_in_the_last_place(number, steps):
    beside = number
    for _ in range(steps):
        beside = math.nextafter(beside, 0)
    ulps = row_of(number, beside).ulps
    assert ulps == row_of(beside, number).ulps and steps / 2 <= ulps <= steps
    assert row_of(number, number).ulps == 0.0


@pytest.mark.parametrize("graph, closed_form, ulps, ok", [
    (1.0 + 2**-52, 1.0, 1.0, True), (1.0 + 5e-12, 1.0, 22518.0, False), (0.0, -0.0, 0.0, True),
    (math.nan, 1.0, math.inf, False), (1.0, math.nan, math.inf, False), (math.inf, 1.0, math.inf, False),
    (math.inf, math.inf, 0.0, True), (5e-324, 0.0, 1.0, True),
])
def test_ulps_and_ok_at_the_edges(graph, closed_form, ulps, ok):
    row = row_of(graph, closed_form)
    assert row.ulps == ulps and row.ok == ok and (row.relative == math.inf) == (ulps == math.inf)


@pytest.mark.parametrize("graph, closed_form, size, ok", [
    (1.39e-312 + 5e-324, 1.39e-312, 1.39e-312, True), (5e-324, 0.0, 0.0, True), (0.0, 5e-324, 5e-324, True),
    (2e-312, 1e-312, 1e-312, False), (2e-300, 1e-300, 1e-300, False), (1e-10, 0.0, 0.0, False), (1e10, 0.0, 0.0, False),
])
def test_the_last_bits_of_numbers_too_small_for_all_their_digits_are_not_called_wrong(graph, closed_form, size, ok):
    assert row_of(graph, closed_form, size).ok is ok


@given(st.floats(allow_nan=False), st.sampled_from([math.nan, math.inf, 0.0, 1.0]))
def test_equal_numbers_are_equal_whatever_the_size_of_their_terms_and_the_worst_is_among_the_wrong(number, size):
    equal, wrong = row_of(number, number, size), row_of(1.0, 2.0, math.nan)
    assert equal.ok and "nan" not in "".join(equal.cells()) and Comparison([equal]).ok
    for rows in ([equal, wrong], [wrong, equal], [row_of(1.0 + 2**-52, 1.0), wrong]):
        assert Comparison(rows).worst is wrong and not wrong.ok and "by −1; the first" in Comparison(rows).verdict
    assert equal.cells()[-1] == ("–" if math.isnan(size) else "0")


# Selection.

def example():
    return compared(MLP(2, [3, 1], seed=1), [1.0, 0.5], [0.5], alpha=0.5, m=5, eta=0.1)


def batch_example(cost=cross_entropy):
    net = MLP(2, [3, 1], seed=1)
    forwards = [net.forward([1.0, 0.5], 1), net.forward([0.0, 0.5], 2)]
    batch_cost(forwards, [1.0, 0.0], cost).backward()
    return compare(forwards, [1.0, 0.0], cost, eta=0.1)


def equations_of(comparison):
    return {row.equation for row in comparison.rows}


STANDS = {10: {14}, 11: {14}, 12: {12}, 13: {12}, 14: {14}, 15: {16, 21}, 16: {16}, 17: {16}, 18: {21}, 19: {12},
          20: {20}, 21: {21}, 22: {21}, 23: {23}, 24: {27}, 27: {27}, 28: {28}, 29: {29}}


@pytest.mark.parametrize("number, found", STANDS.items())
def test_an_equation_selects_its_rows_and_those_it_is_another_writing_of(number, found):
    comparison = example()
    selected = comparison.filter(number)
    assert equations_of(selected) == found
    assert selected.rows == [row for row in comparison.rows if row.equation in found]
    for written in (str(number), f"({number})", f" {number} ", [str(number)]):
        assert comparison.filter(written).rows == selected.rows


def test_the_equations_of_a_batch_with_cross_entropy_select_their_rows():
    comparison = batch_example()
    for number, found in {6: {6}, 7: {7}, 15: {26, 21}, 16: {26}, 17: {26}, 26: {26}, 28: {28}}.items():
        assert equations_of(comparison.filter(number)) == found
    assert equations_of(comparison.filter(equation=[17, 13])) == {26, 12}


@pytest.mark.parametrize("alpha, of_weights", [(0.0, 6), (0.5, 27)])
def test_23_and_24_select_the_gradients_of_a_batch_which_carry_6_or_27(alpha, of_weights):
    net = MLP(2, [3, 1], seed=1)
    forwards = [net.forward([1.0, 0.5], 1), net.forward([0.0, 0.5], 2)]
    batch_cost(forwards, [1.0, 0.0], quadratic, alpha).backward()
    comparison = compare(forwards, [1.0, 0.0], alpha=alpha, eta=0.1)
    for number, name, equation, count in ((23, "b", 6, 4), (24, "w", of_weights, 9)):
        selected = comparison.filter(number)
        assert [row.symbol[:4] for row in selected.rows] == [f"∂C/∂{name}"[:4]] * count
        assert {row.quantity.symbol.name for row in selected.rows} == {name} and equations_of(selected) == {equation}
    assert comparison.filter((23, 24)).rows == [row for row in comparison.rows if row.quantity.kind == "gradient"]


@given(st.integers(-3, 40))
def test_an_equation_without_rows_is_an_error_that_lists_the_others(number):
    comparison = example()
    if number in STANDS:
        assert comparison.filter(number).rows
        return
    reason = rf"equation \({number}\) has no rows" if 1 <= number <= 29 else rf"equations 1 to 29, not {number};"
    with pytest.raises(UsageError, match=reason) as error:
        comparison.filter(equation=(12, number))
    assert [int(n) for n in re.findall(r"\((\d+)\)", str(error.value).split("rows of")[1])] == list(STANDS)


@pytest.mark.parametrize("asked", ["16.0", "sixteen", "", "0", "³", "9" * 5000, 16.0, True, [None]])
def test_what_is_no_number_of_an_equation_is_refused(asked):
    with pytest.raises(UsageError, match="the paper has equations 1 to 29, not"):
        example().filter(asked)


@pytest.mark.parametrize("name, symbols", [
    ("z2_1", ["z²₁"]), ("z²₁", ["z²₁"]), ("z3_1", ["z³₁"]), ("a3_1", ["a³₁"]), ("δ²₁", ["δ²₁"]), ("delta2_1", ["δ²₁"]),
    ("w2_1_2", ["∂C/∂w²₁₂", "w²₁₂ ←"]), ("w²₁₂", ["∂C/∂w²₁₂", "w²₁₂ ←"]), ("b2_3", ["∂C/∂b²₃", "b²₃ ←"]),
    ("∂C/∂w²₁₂", ["∂C/∂w²₁₂"]), ("dC/dw2_1_2", ["∂C/∂w²₁₂"]), ("w2_1_2 <-", ["w²₁₂ ←"]),
    ("∂z³₁/∂z²₂", ["∂z³₁/∂z²₂"]), ("dz3_1/dz2_2", ["∂z³₁/∂z²₂"]), (Symbol("z", 2, (1,)), ["z²₁"]),
])
def test_a_symbol_selects_the_rows_about_it(name, symbols):
    assert [row.symbol for row in example().filter(symbol=name).rows] == symbols


@pytest.mark.parametrize("name, symbols", [
    ("z2_1", ["z²₁⁽¹⁾", "z²₁⁽²⁾"]), ("z2_1__2", ["z²₁⁽²⁾"]), ("δ³₁⁽¹⁾", ["δ³₁⁽¹⁾"]),
    ("∂z³₁/∂z²₂", ["∂z³₁⁽¹⁾/∂z²₂⁽¹⁾", "∂z³₁⁽²⁾/∂z²₂⁽²⁾"]), ("w2_1_1", ["∂C/∂w²₁₁", "w²₁₁ ←"]),
])
def test_in_a_batch_a_symbol_stands_for_every_example_s(name, symbols):
    assert [row.symbol for row in batch_example().filter(symbol=name).rows] == symbols


def test_a_selection_is_never_empty():
    comparison = example()
    assert comparison.filter().rows == comparison.rows
    assert [row.symbol for row in comparison.filter(27, "w2_1_2").rows] == ["∂C/∂w²₁₂"]
    with pytest.raises(UsageError, match=r"the rows about w2_1_2 are of \(27\), \(29\)"):
        comparison.filter(12, "w2_1_2")
    for name in ("z2_4", "x1", "C", "z2_1__1", "nothing", ""):
        with pytest.raises(UnknownName, match=r"no row of this comparison is about .*; there are z2_1, "):
            comparison.filter(symbol=name)
    with pytest.raises(UsageError, match="no equation was asked for"):
        comparison.filter(())
    with pytest.raises(UsageError, match="at least one row"):
        Comparison([])


def test_a_selection_is_judged_by_its_own_rows():
    net = MLP(2, [3, 1], seed=1)
    forward = net.forward([1.0, 0.5])
    (2 * quadratic(forward.output, [1.0])).backward()
    comparison = compare(forward, [1.0])
    assert not comparison.ok and comparison.filter(14).ok and not comparison.filter(15).ok
    assert comparison.filter(14).verdict.startswith("all 4 numbers are the paper's")
    assert comparison.filter(21).verdict.startswith("3 of 3 gradients differ from the paper's")
    assert comparison.filter(symbol="z2_1").verdict.startswith("the one number is the paper's")
    assert comparison.filter(symbol="w2_1_2").verdict.startswith("1 of 1 gradient differs from the paper's; the worst")
    assert comparison.filter(symbol="w2_1_2", equation=24).verdict.count("differs") == 1


# What is shown.

def test_the_table_names_symbol_both_values_equation_and_difference():
    net = MLP(1, [1], seed=1)
    comparison = compared(net, [1.0], [1.0])
    lines = str(comparison).splitlines()
    assert re.split(r"  +", lines[0]) == ["symbol", "graph", "closed form", "equation", "ulp", "of terms"]
    assert lines[-2] == NOTE and {"ulp:", "of"} < set(NOTE.split())
    assert [line.split()[0] for line in lines[2:-2]] == ["z²₁", "a²₁", "δ²₁", "∂C/∂b²₁", "∂C/∂w²₁₁"]
    assert net["b2_1"].grad < 0 and f" −{-net['b2_1'].grad:.12g}  −" in lines[5] and "(23)" in lines[5]
    assert lines[-1] == "all 5 numbers are the paper's; the largest difference is 0"
    assert str(comparison.filter((16, 23, 24))).splitlines()[-1].startswith("all 3 gradients are the paper's")


@pytest.mark.parametrize("count, agree", [
    (1, "the one number is the paper's"), (2, "both numbers are the paper's"), (3, "all 3 numbers are the paper's"),
])
def test_the_verdict_of_right_rows_counts_them_and_names_the_worst_with_its_ulp(count, agree):
    same = [row_of(0.5, 0.5)] * (count - 1)
    assert Comparison([row_of(1.0, 1.0), *same]).verdict == f"{agree}; the largest difference is 0"
    off = Row(14, Quantity("number", Symbol("a", 2, (1,))), 1.0 - 2**-52, 1.0, 1.0)
    assert Comparison([*same, off]).verdict == f"{agree}; the worst is a²₁ (14), by −2.22e−16, 1 ulp"


def test_one_of_several_differs_and_two_of_them_differ():
    right, wrong = row_of(1.0, 1.0), row_of(1.5, 1.0)
    assert Comparison([right, wrong]).verdict.startswith("1 of 2 numbers differs from the paper's; the worst is z²₁ ")
    assert Comparison([wrong, wrong]).verdict.startswith("2 of 2 numbers differ from the paper's; ")


def test_a_row_says_itself_in_one_line():
    assert str(row_of(-1.0, -1.0)) == "z²₁ is −1 in the graph, −1 by (12): 0 ulp, 0 of terms"
    assert str(row_of(1.5, 1.0)).endswith("1.5 in the graph, 1 by (12): 2.25e15 ulp, 0.5 of terms  ✗")
    assert str(row_of(-0.0, 1e-9)).startswith("z²₁ is 0 in the graph, 1e−9 by (12)")


def wrong_example():
    net = MLP(1, [2], seed=1)
    forward = net.forward([1.0])
    quadratic(forward.output, [1.0, 0.0]).backward()
    net["b2_1"].grad *= 1.5
    net["w2_2_1"].grad = math.nan
    net["w2_1_1"].grad = -math.inf
    return compare(forward, [1.0, 0.0])


def test_the_verdict_of_wrong_rows_counts_them_and_names_the_worst_and_the_first():
    verdict = wrong_example().verdict
    assert verdict.startswith("3 of 10 numbers differ from the paper's; the worst is ∂C/∂w²₁₁ (24), which is −inf in "
                              "the graph; the first to differ on the way back is ∂C/∂b²₁ (23)")


def test_text_markdown_and_html_hold_the_same_cells():
    comparison = wrong_example()
    cells = comparison.cells()
    assert len(cells) == 11 and {len(row) for row in cells} == {6}
    assert [bool("✗" in row[-1]) for row in cells[1:]] == [not row.ok for row in comparison.rows]
    text = [re.split(r"  +", line.replace("  ✗", " ✗")) for line in str(comparison).splitlines()]
    marked = [[cell.replace("  ✗", " ✗") for cell in row] for row in cells]
    assert [text[0], *text[2:-2]] == marked
    table, note, verdict = comparison.markdown().split("\n\n")
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert lines[1] == ["---", "---:", "---:", "---:", "---:", "---:"]
    assert [tuple(line) for line in (lines[0], *lines[2:])] == cells
    assert (note, verdict) == (NOTE, comparison.verdict)
    root = ElementTree.fromstring(comparison._repr_html_())
    assert [tuple("".join(cell.itertext()) for cell in row) for row in root.iter("tr")] == cells
    assert [row.get("class") == "wrong" for row in root.iter("tr")][1:] == [not row.ok for row in comparison.rows]
    assert [child.tag for child in root] == ["style", "p", "table", "p"]
    assert [p.text for p in root.findall("p")] == [comparison.verdict, NOTE]


def test_html_escapes_and_styles_nothing_but_itself(monkeypatch):
    monkeypatch.setattr(Row, "symbol", property(lambda row: "<b>&\"|"))
    comparison = example()
    root = ElementTree.fromstring(comparison._repr_html_())
    assert next(root.iter("td")).text == "<b>&\"|"
    assert '| <b>&"\\| |' in comparison.markdown()
    selectors = re.findall(r"([^{}]+)\{[^{}]*\}", root.find("style").text)
    names = [name.strip() for selector in selectors for name in selector.split(",")]
    assert len(names) >= 5 and all(name.startswith(f".{root.get('class')} ") for name in names)


def test_a_long_table_that_agrees_is_printed_wholly():
    comparison = compared(MLP(30, [10, 4], seed=1), [0.1] * 30, [0.5] * 4)
    assert len(comparison.rows) == 3 * 14 + 14 + 340 + 40
    assert len(str(comparison).splitlines()) == len(comparison.rows) + 4


def test_as_dict_is_ready_for_json_whatever_the_numbers():
    comparison = wrong_example()
    data = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    assert data["ok"] is False and data["verdict"] == comparison.verdict
    assert data["worst"]["symbol"] == comparison.worst.symbol
    assert [row["symbol"] for row in data["rows"]] == [row.symbol for row in comparison.rows]
    rows = {row["ascii"]: row for row in data["rows"]}
    assert rows["dC/dw2_2_1"]["graph"] == rows["dC/dw2_2_1"]["difference"] == "nan"
    assert rows["dC/dw2_1_1"]["graph"] == "-inf" and rows["dC/dw2_1_1"]["ulps"] == "inf"
    delta = next(row for row in comparison.rows if row.symbol == "δ²₁")
    assert rows["delta2_1"] == {
        "equation": 16, "symbol": "δ²₁", "ascii": "delta2_1", "graph": delta.graph, "closed_form": delta.closed_form,
        "difference": delta.difference, "ulps": delta.ulps, "relative": delta.relative, "ok": True,
    }
