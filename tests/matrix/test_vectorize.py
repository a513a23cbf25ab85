"""vectorize: the program's values and gradients are the graph's, for any graph of the table's operations."""

import math
import random
import sys
import warnings
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from micrograd_paper import MLP, Op, Value, apply, gradient, quadratic, topological_order, vectorize
from micrograd_paper.costs import COSTS, example_cost, mean_cost
from micrograd_paper.matrix import jit
from micrograd_paper.errors import DomainError, NotANumber, NotAValue, ShapeError, UsageError
from tests.benchmarks.gpt import GPT
from tests.strategies import expressions, few_examples, networks


def by_loops(program, theta, arrays=()):
    """The mean and the gradient by the loops that numba compiles; Python runs them here."""
    with mock.patch.object(jit, "njit", lambda loops: loops), mock.patch.object(program, "jitted", {}):
        return program.value_and_grad(theta, tuple(arrays))


@given(networks(), st.data())
def test_the_gradients_of_a_network_on_a_batch_are_those_of_the_graph(drawn, data):
    net, x, y = drawn
    cost = data.draw(st.sampled_from(list(COSTS) if net.activations[-1] == "sigmoid" else ["quadratic"]))
    program = vectorize(example_cost(net.forward(x), y, cost))
    X = np.array([x, [x_k / 2 for x_k in x], [-x_k for x_k in x]])
    Y = np.array([y, y[::-1], [1 - y_j for y_j in y]])
    C = mean_cost(net, list(zip(X.tolist(), Y.tolist())), cost)
    expected = gradient(C, net.parameters())
    theta = np.array([p.data for p in net.parameters()])
    for value, found in (program.value_and_grad(theta, (X, Y)), program.cost_and_gradient(theta, X, Y),
                         by_loops(program, theta, (X, Y))):
        assert value == pytest.approx(C.data, rel=1e-12, abs=1e-13)
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)


@given(expressions(), st.data())
def test_the_gradients_of_any_graph_are_the_engines_for_every_example(expression, data):
    leaves = [Value(x) for x in expression.leaves]
    root = expression.value(leaves)
    used = [leaf for leaf in leaves if leaf in set(topological_order(root))]
    roles = [data.draw(st.sampled_from("xpc")) for _ in used]
    inputs = [leaf for leaf, role in zip(used, roles) if role == "x"]
    parameters = [leaf for leaf, role in zip(used, roles) if role == "p"]
    assume(inputs or parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a constant of the example may be equal to a node
        program = vectorize(root, inputs, parameters)
    rows, values, gradients = [], [], []
    for example in range(3):
        twins = [Value(leaf.data * (1 + 1e-4 * example * (leaf in inputs))) for leaf in leaves]
        twin = dict(zip(leaves, twins))
        each = expression.value(twins)
        rows.append([twin[x].data for x in inputs])
        values.append(each.data)
        gradients.append(np.array(gradient(each, [twin[p] for p in parameters]), float))
    batch = [np.array(rows)] if inputs else []
    first = program.value_and_grad(program.theta, tuple(batch))
    for value, found in (first, program.value_and_grad(program.theta, tuple(batch)),  # in memory that is used again
                         program.cost_and_gradient(program.theta, *batch), by_loops(program, program.theta, batch)):
        assert value == pytest.approx(np.mean(values), rel=1e-9, abs=1e-9)
        np.testing.assert_allclose(found, np.mean(gradients, axis=0), rtol=1e-8, atol=1e-8)
    program.memory[:] = before = program.theta if program.known is None else program.theta[program.known]
    program.step(tuple(batch), 0.5)
    slopes = first[1] if program.known is None else first[1][program.known]
    np.testing.assert_allclose(program.memory, before - 0.5 * slopes, rtol=1e-9, atol=1e-9)


@few_examples(30)
@given(networks())
def test_the_printed_equations_give_the_same_gradients_without_the_cost(drawn):
    net, x, y = drawn
    program = vectorize(quadratic(net.forward(x).output, y))
    whole = program.cost_and_gradient(program.theta, np.array([x]), np.array([y]))
    equations = program.functions["equations"]

    def without_cost(*given):
        cost, *slopes = equations(*given, with_cost=False)
        assert cost is None
        return 0.0, *slopes

    program.functions["equations"] = without_cost
    cost, slopes = program.cost_and_gradient(program.theta, np.array([x]), np.array([y]))
    assert cost == 0.0 and slopes.tolist() == whole[1].tolist()


@few_examples(30)
@given(networks(atomic=False))
def test_an_atomic_network_gives_the_same_program(drawn):
    net, x, y = drawn
    twin = MLP(net.shape[0], net.shape[1:], net.activations, seed=0, atomic=True)
    sources = [vectorize(quadratic(each.forward(x).output, y)).source for each in (net, twin)]
    assert sources[0] == sources[1]


@few_examples(30)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=5))
def test_a_sigmoid_network_gives_the_papers_vector_form(shape):
    net = MLP(shape[0], shape[1:], seed=1)
    lines = vectorize(quadratic(net.forward([0.5] * shape[0]).output, [0.25] * shape[-1])).source.splitlines()
    L = len(shape)
    for l in range(2, L + 1):
        assert f"    Z{l} = W{l} @ A{l - 1} + b{l}  # (13)" in lines
        assert f"    A{l} = sigmoid(Z{l})  # (14)" in lines
        assert f"    dW{l} = D{l} @ A{l - 1}.T  # (24)" in lines
        assert f"    db{l} = D{l}.sum(axis=1, keepdims=True)  # (23)" in lines
    assert f"    D{L} = (A{L} - Y) * A{L} * (1 - A{L})  # (17)" in lines
    for l in range(2, L):
        assert f"    D{l} = W{l + 1}.T @ D{l + 1} * A{l} * (1 - A{l})  # (22)" in lines


def test_the_source_runs_by_itself():
    net = MLP(2, [3, 1], seed=1)
    program = vectorize(quadratic(net.forward([1.0, 0.0]).output, [1.0]))
    namespace = {}
    exec(program.source, namespace)
    value, found = namespace["cost_and_gradient"](program.theta, np.array([[1.0, 0.0]]), np.array([[1.0]]))
    C = quadratic(net.forward([1.0, 0.0]).output, [1.0])
    assert value == pytest.approx(C.data)
    np.testing.assert_allclose(found, gradient(C, net.parameters()), rtol=1e-12)


def test_a_scalar_gpt_is_27_groups_and_its_gradients_are_the_graphs():
    model = GPT(Value, n_embd=8, n_head=2)
    for names in (["emma"], ["emma", "karl", "anna"]):
        loss = sum(map(model.loss, names)) / len(names)
        with pytest.warns(UserWarning, match="their adjoints cancel"):
            program = vectorize(loss, [], model.parameters)
        assert len(program.builder.plans) == 27
        expected = np.array(gradient(loss, model.parameters), float)
        for value, found in (program.value_and_grad(program.theta), by_loops(program, program.theta)):
            assert value == pytest.approx(loss.data, rel=1e-14)
            assert abs(found - expected).max() <= 1e-12 * abs(expected).max()


def random_graph(seed):
    """A root, and its leaves, of a graph with no structure."""
    rng = random.Random(seed)
    leaves = [Value(rng.random(), f"p{i}") for i in range(12)]
    nodes = [*leaves]
    for _ in range(60):
        a, b = rng.choice(nodes[-20:]), rng.choice(nodes[-20:])
        nodes.append(rng.choice([a + b, a * b, a.tanh(), a.sigmoid() + b, a - a * b]))
    return sum(nodes[-20:]), leaves


@pytest.mark.slow
def test_numba_compiles_what_picks_rows():
    pytest.importorskip("numba", reason='numba is not installed: pip install "micrograd_paper[jit]"')
    root, leaves = random_graph(1)
    program = vectorize(root, [], leaves, jit=True)
    assert any(rows.size > 1 for text, rows in program.builder.arrays.items() if text.startswith("row"))
    value, found = program.value_and_grad(program.theta)
    assert value == pytest.approx(root.data, rel=1e-12)
    np.testing.assert_allclose(found, np.array(gradient(root, leaves), float), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_memory_that_is_used_again_holds_nothing_of_the_pass_before(seed):
    root, leaves = random_graph(seed)
    program = vectorize(root, [], leaves)
    for _ in range(3):
        value, found = program.value_and_grad(program.theta)
        assert value == pytest.approx(root.data)
        np.testing.assert_allclose(found, np.array(gradient(root, leaves), float), rtol=1e-9, atol=1e-9)


def test_computed_numbers_that_are_baked_in_are_told():
    w = Value(0.3712345, "w")
    a = w.exp()
    with pytest.warns(UserWarning, match="keeps their numbers of now; their adjoints do not cancel"):
        program = vectorize((a - a.data) * w, [], [w])
    assert [v.data for v in program.baked] == [a.data]


def test_what_is_no_input_is_refused():
    x, w = Value(1.0, "x1"), Value(2.0, "w1")
    root = x * w + 1
    other = Value(3.0, "q")
    for inputs, parameters, says in (
        ([root], [w], "is no leaf"), ([other], [w], "q is not in the graph"), ([x, x], [w], "x1 is named twice"),
        ([x], [x], "named twice"),
    ):
        with pytest.raises(UsageError, match=says):
            vectorize(root, inputs, parameters)
    with pytest.raises(NotAValue, match="takes Values as inputs"):
        vectorize(root, [1.0, x], [w])
    with pytest.raises(UsageError, match="depends on none"):
        vectorize(Value(1.0) + 2.0, [], [])
    with pytest.raises(UsageError, match="graphs of floats"):
        vectorize(x * w + Value(1j).exp(), [x], [w])


def test_a_batch_that_cannot_be_is_refused():
    x, w = Value(1.0, "x1"), Value(2.0, "w1")
    program = vectorize((x * w).log(), [x], [w])
    assert program.value_and_grad([2.0], [[0.5]]) == (0.0, [0.5])
    with pytest.raises(ShapeError, match=r"the batch must have the shape \(examples, 1\); got \(1, 2\)"):
        program.value_and_grad([2.0], [[1.0, 2.0]])
    with pytest.raises(ShapeError, match=r"theta must have the shape \(1\)"):
        program.value_and_grad([2.0, 1.0], [[1.0]])
    with pytest.raises(UsageError, match="must be finite"):
        program.value_and_grad([2.0], [[float("nan")]])
    with pytest.raises(NotANumber, match="real numbers"):
        program.value_and_grad([2.0], np.array([["a"]]))
    with pytest.raises(DomainError, match="not finite"):
        program.value_and_grad([2.0], [[0.0]])


def test_an_operation_for_floats_alone_has_no_array_form():
    op = Op("gamma", "Γ", lambda x: math.gamma(x), lambda result, x: (result,))
    w = Value(2.0, "w")
    with pytest.raises(UsageError, match=r"gamma .*has no array form"):
        vectorize(apply(op, w) * 2, [], [w])


def test_an_operation_of_ones_own_is_run_on_arrays():
    op = Op("cube", "³", lambda x: x * x * x, lambda result, x: (3 * x * x,))
    w, x = Value(2.0, "w"), Value(3.0)
    program = vectorize(apply(op, w * x), [x], [w])
    value, found = program.value_and_grad([2.0], [[3.0], [1.0]])
    assert (value, found) == ((216 + 8) / 2, [(3 * 36 * 3 + 3 * 4) / 2])


def test_a_parameter_that_is_used_twice_gets_both_gradients():
    w = [Value(0.1 * i, f"w{i}") for i in range(1, 5)]
    x = [Value(1.0 + i) for i in range(2)]
    hidden = [(w[2 * j] * x[0] + w[2 * j + 1] * x[1]).tanh() for j in range(2)]
    again = [(w[2 * j] * hidden[0] + w[2 * j + 1] * hidden[1]).tanh() for j in range(2)]
    root = again[0] * again[1] + w[0]
    program = vectorize(root, x, w)
    value, found = program.value_and_grad(program.theta, [[1.0, 2.0]])
    assert value == pytest.approx(root.data, rel=1e-14)
    np.testing.assert_allclose(found, gradient(root, w), rtol=1e-12)


@pytest.mark.slow
def test_a_step_of_numbas_is_that_of_numpy():
    pytest.importorskip("numba", reason='numba is not installed: pip install "micrograd_paper[jit]"')
    net = MLP(2, [3, 1], ["tanh", "sigmoid"], seed=1)
    C = quadratic(net.forward([1.0, 0.0]).output, [1.0])
    X, Y = np.array([[0.0, 1.0], [1.0, 1.0], [0.5, 2.0]]), np.array([[1.0], [0.0], [0.5]])
    programs = [vectorize(C, jit=jit) for jit in (False, True)]
    for program in programs:
        program.memory[:] = program.theta
        for k in (2, 3):
            program.step((X[:k], Y[:k]), 0.5)
    np.testing.assert_allclose(programs[1].memory, programs[0].memory, rtol=1e-13)
    first, second = [program.value_and_grad(program.theta, (X, Y)) for program in programs]
    assert second[0] == pytest.approx(first[0], rel=1e-13)
    np.testing.assert_allclose(second[1], first[1], rtol=1e-12)
    with pytest.raises(DomainError, match="not finite"):
        programs[1].value_and_grad([1e200] * len(first[1]), (X * 1e200, Y * 1e200))


def test_a_step_follows_the_gradient():
    net = MLP(2, [3, 1], seed=1)
    program = vectorize(quadratic(net.forward([1.0, 0.0]).output, [1.0]))
    batch = np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([[1.0], [0.0]])
    expected = program.theta - 0.5 * program.value_and_grad(program.theta, batch)[1]
    program.memory[:] = program.theta
    program.step(batch, 0.5)
    np.testing.assert_allclose(program.memory, expected, rtol=1e-14)


def test_without_numpy_or_numba_the_error_says_which_extra(monkeypatch):
    C = quadratic(MLP(2, [1], seed=1).forward([1.0, 0.0]).output, [1.0])
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(UsageError, match=r"numba: pip install .*\[jit\]"):
        vectorize(C, jit=True)
    for module in [name for name in sys.modules if name.startswith("micrograd_paper.matrix.")]:
        if module.rpartition(".")[2] in ("program", "jit", "builder", "layout", "in_place", "source"):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(UsageError, match=r"NumPy: pip install .*\[matrix\]"):
        vectorize(C)


@given(expressions(most_steps=6), st.integers(2, 4), st.data())
def test_several_examples_in_one_graph_are_grouped_and_right(expression, count, data):
    roles = [data.draw(st.sampled_from("xp")) for _ in expression.leaves]
    shared = [Value(x) for x in expression.leaves]
    roots = [expression.value([p if role == "p" else Value(p.data) for p, role in zip(shared, roles)])
             for _ in range(count)]
    root = sum(roots) / count
    parameters = [p for p in shared if p in set(topological_order(root))]
    assume(parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = vectorize(root, [], parameters)
    for value, found in (program.value_and_grad(program.theta), by_loops(program, program.theta)):
        assert value == pytest.approx(root.data, rel=1e-9, abs=1e-9)
        np.testing.assert_allclose(found, np.array(gradient(root, parameters), float), rtol=1e-8, atol=1e-8)


@few_examples(50)
@given(networks(most_layers=3), st.integers(2, 5), st.sampled_from([0.0, 0.5]))
def test_the_graph_of_a_batch_gives_the_same_gradients(drawn, count, alpha):
    net, x, y = drawn
    examples = [([x_k * (i + 1) / count for x_k in x], y) for i in range(count)]
    C = mean_cost(net, examples, "quadratic", alpha)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = vectorize(C, [], net.parameters())
    value, found = program.value_and_grad(program.theta)
    assert value == pytest.approx(C.data, rel=1e-12, abs=1e-13)
    np.testing.assert_allclose(found, gradient(C, net.parameters()), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(program.cost_and_gradient(program.theta)[1], found, rtol=1e-10, atol=1e-12)
