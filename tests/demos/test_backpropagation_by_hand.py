"""3.1: every number of (12)–(24) by the paper's equations is the graph's."""

import pytest


def test_every_number_by_hand_is_the_one_in_the_graph(demo):
    for number, formula, by_hand, in_graph in demo.TABLE:
        tolerance = 1e-7 if number == "(15)" else 1e-14  # a difference quotient
        assert list(by_hand) == pytest.approx(list(in_graph), rel=tolerance), formula


def test_every_equation_and_every_parameter_is_in_it(demo):
    assert {f"({n})" for n in range(12, 25)} <= {number for number, *_ in demo.TABLE}
    gradients = [g for number, _, _, in_graph in demo.TABLE if number in ("(23)", "(24)") for g in in_graph]
    assert sorted(gradients) == sorted(p.grad for p in demo.net.parameters())


def test_the_three_forms_of_the_hidden_error_agree(demo):
    assert demo.delta2 == pytest.approx(demo.delta2_put_in, rel=1e-14)  # (18), (21)
    assert demo.delta2 == pytest.approx(demo.delta2_vector, rel=1e-14)  # (22)
    paths = [s * demo.sigmoid_prime(z) * d[2] for s, z, d in zip(demo.slopes, demo.z3, demo.dz3_dz2)]
    assert sum(paths) == pytest.approx(demo.forward["z2_3"].grad, rel=1e-12)  # the three paths of the picture


def test_all_of_it_is_printed(demo):
    for _, formula, by_hand, _ in demo.TABLE:
        line = next(line for line in demo.printed.splitlines() if formula in line)
        assert all(line.count(f" {demo.number_text(number, 4)}") >= 1 for number in by_hand)
