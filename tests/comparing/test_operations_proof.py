"""`prove("operations")` shows each right operation, names the wrong one, and says what it needed to see it."""

import math
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.comparing.operations_proof import HOW, operation_row, operation_rows, prove_operations
from micrograd_paper.comparing.proof import prove
from micrograd_paper.errors import UsageError
from micrograd_paper.functions import exp, sqrt
from micrograd_paper.operations import TABLE, Op
from tests.strategies import few_examples

sympy = pytest.importorskip("sympy")
NAMES = sorted(TABLE)


def test_every_operation_of_the_table_is_shown_and_the_kinks_piece_by_piece():
    proved = prove("operations")
    assert proved.ok, proved
    assert [row.operation for row in proved.rows] == [*TABLE, "constant_power"]
    by = {row.operation: row.detail for row in proved.rows}
    assert {name for name, detail in by.items() if detail.endswith(HOW[1])} == {"absolute", "relu"}
    assert {name for name, detail in by.items() if "3 terms" in detail} == {n for n, op in TABLE.items() if op.groups}
    assert proved.verdict.startswith(f"proved for all {len(TABLE) + 1} operations: SymPy's own derivative of ")
    assert "nothing is shown" in proved.verdict and str(proved).splitlines()[-1] == proved.verdict


@few_examples(30)
@given(st.sampled_from(NAMES), st.data(), st.sampled_from([-1, 2, 1.0000001]))
def test_one_wrong_partial_of_any_operation_is_seen(name, data, factor):
    right = TABLE[name]
    place = data.draw(st.integers(0, operation_row(right).partials - 1))

    def partials(result, *operands):
        found = list(right.partials(result, *operands))
        found[place] = factor * found[place]
        return tuple(found)

    row = operation_row(right._replace(partials=partials))
    assert not row.ok and " by SymPy, " in row.detail and str(row).endswith("✗")


@pytest.mark.parametrize("name", ["tanh", "relu", "quadratic"])
def test_a_broken_row_of_the_table_makes_the_proof_fail_by_its_name(name, monkeypatch):
    right = TABLE[name]
    monkeypatch.setitem(TABLE, name, right._replace(partials=lambda result, *operands: (2,) * len(operands)))
    proved = prove_operations()
    assert not proved.ok and proved.verdict == f"not proved for {name}: see above"
    assert [row.operation for row in proved.rows if not row.ok] == [name]


def op(forward, partials, groups=0):
    return Op("own", "own", forward, partials, False, groups)


def test_partials_of_another_number_than_the_operands_are_not_shown():
    row = operation_row(op(lambda x, y: x + y, lambda result, x, y: (1,)))
    assert not row.ok and row.detail == "1 partials of 2 operands"


def test_what_sympy_does_not_decide_is_shown_on_50_digits_and_says_so(monkeypatch):
    monkeypatch.setattr(sympy, "simplify", lambda expression: expression)
    row = operation_row(op(lambda x: sqrt(x + 2) * exp(x), lambda result, x: (result * (1 + 1 / (2 * (x + 2))),)))
    assert row.ok and row.detail == "0 to 45 digits, which SymPy does not decide"
    wrong = operation_row(op(lambda x: sqrt(x + 2), lambda result, x: (1 / (2 * result) + sympy.Rational(1, 10**44),)))
    assert not wrong.ok


def test_a_forward_that_takes_no_symbols_is_not_shown(monkeypatch):
    erf = op(math.erf, lambda result, x: (2 / math.sqrt(math.pi) * math.exp(-x * x),))
    monkeypatch.setitem(TABLE, "erf", erf._replace(name="erf"))
    rows = {row.operation: row for row in operation_rows()}
    assert not rows["erf"].ok and rows["erf"].detail == "not shown: on symbols it raises TypeError"


def test_a_kink_between_two_operands_is_taken_apart():
    def partials(result, x, y):
        return (abs(x - y) / (x - y), abs(x - y) / (y - x))
    assert operation_row(op(lambda x, y: abs(x - y), partials)).ok
    assert not operation_row(op(lambda x, y: abs(x - y), lambda result, x, y: (1, -1))).ok  # right on one side


def test_rows_are_reported_as_they_come():
    rows = []
    assert prove("operations", on_row=rows.append).rows == rows


@pytest.mark.parametrize("missing", ["sympy", "mpmath"])
def test_what_is_not_installed_is_named(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UsageError, match=f"prove needs {missing}: pip install"):
        prove("operations")


def test_the_command_prints_a_line_an_operation_and_ends_with_1_if_one_is_wrong(tmp_path, monkeypatch, capsys):
    from micrograd_paper import cli
    assert cli.main(["prove", "--operations"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [re.split(" {2,}", line)[0] for line in lines[:-1]] == [*TABLE, "constant_power"]
    monkeypatch.setitem(TABLE, "sin", TABLE["sin"]._replace(partials=TABLE["cos"].partials))
    assert cli.main(["prove", "--operations"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("not proved for sin")


def test_importing_it_imports_neither_sympy_nor_mpmath():
    program = ("import sys, micrograd_paper.comparing.operations_proof; "
               "assert not {'sympy', 'mpmath'} & set(sys.modules), 'imported too early'")
    subprocess.run([sys.executable, "-c", program], check=True)
