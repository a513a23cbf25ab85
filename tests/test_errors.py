"""Errors are one line that is short enough to read, and also the built-in that fits."""

import pytest

from micrograd_paper import MLP, Value, compare, draw, errors, find, fit, quadratic
from micrograd_paper.cli import main
from micrograd_paper.diagnosing.diagnosis import diagnose

LONG = "x" * 10_000
NET = MLP(2, [1], seed=1)


@pytest.mark.parametrize("call", [
    lambda: Value(LONG), lambda: Value([1.0] * 10_000), lambda: NET[LONG], lambda: NET.forward(LONG),
    lambda: MLP(2, LONG), lambda: MLP(2, [1], LONG), lambda: MLP(LONG, [1]), lambda: find(Value(1.0), LONG),
    lambda: draw(Value(1.0), detail=LONG), lambda: draw(Value(1.0), prefix=LONG + "!"),
    lambda: draw(Value(1.0)).save(LONG + ".txt"), lambda: draw(Value(1.0)).save(LONG + ".svg"),
    lambda: fit(NET, LONG, eta=1.0, epochs=1, batch_size=1), lambda: fit(NET, [LONG], eta=1, epochs=1, batch_size=1),
    lambda: fit(NET, [([1.0, LONG], [1.0])], eta=1.0, epochs=1, batch_size=1),
    lambda: fit(NET, [([1.0, 2.0], [1.0])], eta=LONG, epochs=1, batch_size=1),
    lambda: fit(NET, [([1.0, 2.0], [1.0])], eta=1.0, epochs=1, batch_size=1, cost=LONG),
    lambda: compare(NET.forward([1.0, 2.0]), LONG), lambda: diagnose(LONG, NET, [1.0, 2.0], [1.0]),
    lambda: diagnose([[[LONG]], [[LONG]]], NET, [1.0, 2.0], [1.0]), lambda: quadratic(Value(1.0), [1.0] * 10_000),
])
def test_an_error_is_one_line_of_at_most_300_characters_whatever_was_given(call):
    with pytest.raises(errors.MicrogradPaperError) as raised:
        call()
    assert 0 < len(str(raised.value)) <= 300 and "\n" not in str(raised.value)


@pytest.mark.parametrize("arguments", [
    [LONG], ["draw", LONG], ["draw", LONG + ".py:C"], ["train", "--data", LONG],
    ["train", "--data", "iris", "--shape", LONG], ["equations", LONG], ["predict", LONG, LONG],
    ["prove", "--shape", "1-" * 5000 + "1"], ["compare", LONG, "--cost", LONG],
])
def test_so_it_is_on_the_command_line(arguments, capsys):
    try:
        status = main(arguments)
    except SystemExit as end:
        status = end.code
    message = capsys.readouterr().err
    assert status == 2 and message.count("\n") == 1 and len(message) <= 400


def test_each_error_is_also_a_built_in():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__}
    for kind in kinds - {errors.MicrogradPaperError, errors.StaleGraphWarning}:
        assert issubclass(kind, errors.MicrogradPaperError)
        assert any(base.__module__ == "builtins" and base not in (Exception, BaseException, object)
                   for base in kind.__mro__), kind
