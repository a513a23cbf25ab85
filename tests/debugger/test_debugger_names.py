"""Values without a label, which the debugger calls as the program does."""

import io

import pytest

import micrograd_paper
from micrograd_paper.debugger.debugger import Debugger, Quit, debugging
from micrograd_paper.engine import Value
from micrograd_paper.notation import Symbol

outside = Value(7.0)


def talk(run, *commands, at=None):
    out = io.StringIO()
    with debugging(Debugger(io.StringIO("".join(f"{command}\n" for command in commands)), out), at):
        run()
    return out.getvalue()


def test_a_value_without_a_label_is_called_by_the_variable_that_holds_it_and_bears_no_label_afterwards():
    x = Value(3.0)
    y = x * x
    text = talk(y.backward, "why x", "go")  # backward is named in talk, where it has no name
    assert "no node of this graph is named x" in text

    def run():
        a = x
        b = a * outside
        b.backward()
        return b

    text = talk(run, "why a", "print outside", "go")
    assert "∂b/∂a = outside\n" in text and "outside = 7.0" in text
    assert x.label is None and outside.label is None


def test_the_labels_are_gone_after_quit_too():
    x = Value(3.0)

    def run():
        z = x
        (z * z).backward()

    with pytest.raises(Quit):
        talk(run, "print z", "quit")
    assert x.label is None


def test_a_variable_and_a_label_of_one_name_are_told_apart():
    def run():
        w = Value(5.0)
        C = w * Value(2.0, "w")
        C.backward()

    text = talk(run, "print w#2", "why w", "go")
    assert "\nw#2 = 2.0" in text and "*** 2 nodes are named w: w#1 = 5, w#2 = 2; say which one" in text


def test_a_name_in_an_expression_is_the_one_that_is_shown():
    def run():
        w = Value(5.0)
        C = w * Value(2.0, "w") + Value(1.0, Symbol("delta", 2, (1,)))
        C.backward()

    text = talk(run, "break if label == 'delta2_1' or label == 'δ²₁' and 'δ²₁' != 'w'", "continue", "finish",
                "print w#2.grad + w#1 * 100", "print δ²₁ * 3", "go")
    assert "breakpoint 1" in text and "\n505.0\n" in text and "\n3.0\n" in text


def test_the_variables_of_a_function_go_before_those_outside():
    def run():
        inner = outside
        (inner * 2).backward()

    text = talk(run, "print inner", "go")
    assert "inner = 7.0" in text


def test_a_pass_can_be_asked_for_by_a_variables_name():
    def run():
        p = Value(1.0)
        q = p.exp()
        (q * 2).backward()

    assert "stopped at q\n" in talk(run, "go", at="q")


def test_debug_from_code_names_the_callers_variables(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("why u\nc\nc\n"))
    u = Value(3.0)
    v = u * 4
    micrograd_paper.debug(v)
    out = capsys.readouterr().out
    assert "backward() of v = 12" in out and "∂v/∂u = 4" in out
    assert u.label is None and v.label is None
