"""`diagnose` names each row of its table, from the numbers of an independent implementation, rows.py."""

import zlib

import numpy as np
import pytest

from micrograd_paper.costs import cross_entropy, quadratic
from micrograd_paper.diagnosing.diagnosis import posed
from micrograd_paper.diagnosing.given_gradients import readings
from micrograd_paper.diagnosing.mistakes import mistakes, ways
from micrograd_paper.diagnosing.wrong_backpropagation import Backpropagation
from tests.diagnosing import rows
from tests.diagnosing.diagnosed import diagnosed, network

pytestmark = pytest.mark.slow
ALL = [*rows.ROWS, *rows.FACTORS]
OTHER_WAYS = (None, *rows.CONVENTIONS[:4])
COSTS = {"quadratic": quadratic, "cross-entropy": cross_entropy}


def implementation(name, how):
    """The row of that name with the longest beginning of this "how", or None."""
    return max((row for row in ALL if row.name == name and how.startswith(row.how)), key=lambda row: len(row.how),
               default=None)


def runs(row, count):
    """Problems, groups of layers and conventions in which the row changes the numbers; the conventions in turn."""
    rng, found, tried = np.random.default_rng(zlib.crc32((row.name + row.how).encode())), [], 0
    while len(found) < count and tried < 200 * count:
        tried += 1
        problem = rows.drawn(rng, row.name == "saturated")
        groups = rows.groups(problem, row)
        if not groups:
            continue
        layers = groups[int(rng.integers(len(groups)))]
        convention = [None, *rows.CONVENTIONS][len(found) % 7] if rng.random() < 0.9 else None
        if convention == row.name or (convention, row.name) == ("transposed", "∂C/∂W transposed"):  # twice the same
            convention = None
        gradients = rows.gradients(problem, row, layers, convention)
        form = convention if convention in rows.CONVENTIONS[4:] else None
        if not rows.finite(gradients) or any(
                rows.equal(gradients, rows.gradients(problem, convention=right)) for right in {convention, form}):
            continue
        if convention is not None and convention not in rows.CONVENTIONS[4:] and rows.equal(
                gradients, rows.gradients(problem, row, layers)):
            convention = None
        found.append((problem, layers, convention, gradients))
    return found


def is_named(diagnosis, problem, row, convention, gradients):
    """Whether an explanation is of just this row and convention, in layers in which the row gives these numbers."""
    names = [name for name in rows.several(convention) if name in rows.FACTORS_BY_NAME]
    is_square = all(len(W) == len(W[0]) for W in problem.weights)  # then no shape tells that all are transposed
    if "transposed" in rows.several(convention) and is_square and any(len(W) > 1 for W in problem.weights):
        names = ["∂C/∂W transposed"]
    for explanation in diagnosis.explanations:
        own = [mistake for mistake in explanation if implementation(mistake.name, mistake.how) is row]
        others = [mistake.name for mistake in explanation if mistake not in own]
        if sorted(others) == sorted(names) and len(own) == 1 and rows.equal(
                gradients, rows.gradients(problem, row, own[0].layers, convention)):
            return True
    return False


def is_another(diagnosis, problem, convention, gradients):
    """Whether the numbers are another row's too, or a convention's alone, and that is named."""
    form = convention if convention in rows.CONVENTIONS[4:] else None
    turned = ("y − a", form or convention)  # |a − y| is y − a where all errors are negative
    for row in ALL:
        for way in dict.fromkeys([*((form,) if form else OTHER_WAYS), turned]):
            for layers in rows.groups(problem, row):
                if rows.equal(gradients, rows.gradients(problem, row, layers, way)) and is_named(
                        diagnosis, problem, row, way, gradients):
                    return True
    return False


def missed(count):
    """How many runs there were, and those in which nothing that gives these numbers was named."""
    total, found = 0, []
    for row in ALL:
        for problem, layers, convention, gradients in runs(row, count):
            total += 1
            diagnosis = diagnosed(problem, gradients)
            if not is_named(diagnosis, problem, row, convention, gradients) and not is_another(
                    diagnosis, problem, convention, gradients):
                found.append((row.name, row.how, layers, convention, problem, diagnosis))
    return total, found


def test_each_row_is_named_in_99_of_100_runs(many):
    total, found = missed(many)
    assert total >= 0.95 * many * len(ALL)
    assert len(found) <= total / 100, [each[:4] for each in found]


def test_no_row_of_the_table_is_without_an_implementation_and_none_has_two():
    rng, seen = np.random.default_rng(1), {}
    for i in range(60):
        problem = rows.drawn(rng, i % 10 == 0)
        ((_, posed_problem), *_) = posed(network(problem), problem.X, problem.Y, COSTS[problem.cost], problem.alpha,
                                         problem.m, problem.eta, problem.earlier)
        ((_, given), *_) = readings(rows.gradients(problem), posed_problem.net)
        table = mistakes(Backpropagation(posed_problem, given))
        table += [row for way in ways(posed_problem) for row in way.rows]
        for name, how in {(row.name, row.how) for row in table}:
            row = implementation(name, how)
            assert row is not None, (name, how)
            seen.setdefault((row.name, row.how), set()).add(how)
    several = {name for (name, _), hows in seen.items() if len(hows) > 1}  # one for each sign or factor of a − y
    assert several == {"σ′ of the error", "weights updated too early"}
    forgotten = [row[:2] for row in ALL if row[:2] not in seen]
    assert forgotten == [("biases shared between layers", "∂C/∂b is the sum of these")]  # of several layers at once
