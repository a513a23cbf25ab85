"""NumPy arrays beside Values are elementwise, as in the classic engine: programs for it run with the import changed."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import Value, gradient
from micrograd_paper.errors import NotANumber
from tests.strategies import small_floats

OPERATORS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow,
}
arrays = st.lists(small_floats.filter(lambda x: abs(x) > 0.1), min_size=1, max_size=4).map(np.array)


def data(values):
    return np.vectorize(lambda v: v.data, otypes=[float])(values)


@given(arrays, small_floats.filter(lambda x: x > 0.1), st.sampled_from(sorted(OPERATORS)), st.booleans(), st.booleans())
def test_an_operator_goes_into_every_element_on_both_sides(array, number, name, is_left, of_objects):
    if name == "**":
        array = abs(array)
    v, f = Value(number, "v"), OPERATORS[name]
    given = np.array([Value(x) for x in array], dtype=object) if of_objects else array
    found = f(v, given) if is_left else f(given, v)
    expected = f(number, array) if is_left else f(array, number)
    assert type(found) is np.ndarray and found.dtype == object and found.shape == array.shape
    assert data(found) == pytest.approx(expected, rel=1e-12)
    found.sum().backward()
    (slope,) = gradient(found.sum(), [v])
    assert v.grad == pytest.approx(slope)
    assert slope == pytest.approx(numeric(f, number, array, is_left), rel=1e-4, abs=1e-6)


def numeric(f, number, array, is_left):
    step = 1e-6
    high, low = (f(x, array) if is_left else f(array, x) for x in (number + step, number - step))
    return (high - low).sum() / (2 * step)


def test_a_regression_with_arrays():
    X, Y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.5])
    w, b = Value(0.5, "w"), Value(0.1, "b")
    errors = X * w + b - Y
    for cost in ((errors**2).sum() / 3, np.mean((X * w + b - Y) ** 2), np.dot(errors, errors) / 3, errors @ errors / 3):
        w.grad = b.grad = 0.0
        cost.backward()
        error = X * 0.5 + 0.1 - Y
        assert cost.data == pytest.approx((error**2).mean())
        assert (w.grad, b.grad) == (pytest.approx((2 * error * X).mean()), pytest.approx((2 * error).mean()))


def test_matrices_of_values_and_a_softmax():
    W = np.array([[Value(0.1), Value(0.2)], [Value(0.3), Value(0.4)]])
    x = np.array([1.0, 2.0])
    numbers = data(W)
    for found, expected in (
        (W @ x, numbers @ x), (x @ W, x @ numbers), (np.dot(W, W), numbers @ numbers), (W.T, numbers.T),
        (W.sum(axis=0), numbers.sum(axis=0)), (-W, -numbers), (abs(W), numbers),
    ):
        assert data(found) == pytest.approx(expected)
    powers = np.exp(W @ x)
    (-np.log(powers / powers.sum())[0]).backward()
    p = np.exp(numbers @ x) / np.exp(numbers @ x).sum()
    assert [w.grad for w in W[0]] == pytest.approx(list((p[0] - 1) * x))
    assert [w.grad for w in W[1]] == pytest.approx(list(p[1] * x))


def test_comparisons_are_elementwise_too():
    v = Value(2.0)
    assert (np.array([1.0, 3.0]) < v).tolist() == [True, False] == (v > np.array([1.0, 3.0])).tolist()


@given(arrays, small_floats, st.integers(0, 3))
def test_equality_beside_numpy_is_identity_elementwise(array, number, k):
    v, values = Value(number), np.array([Value(x) for x in array])
    for scalar in (np.float64(number), np.float32(number), np.array(number)):
        assert (v == scalar) is (scalar == v) is False and (v != scalar) is (scalar != v) is True
        assert v not in [scalar, *array] and [v, scalar].index(scalar) == 1
    chosen = values[k % len(values)]
    for found, expected in (
        (v == array, [False] * len(array)), (array == v, [False] * len(array)), (array != v, [True] * len(array)),
        (values == chosen, [x is chosen for x in values]), (chosen != values, [x is not chosen for x in values]),
    ):
        assert found.dtype == bool and found.tolist() == expected
    assert chosen in values and v not in values and values[values == chosen].tolist() == [chosen]
    assert np.array(v) == v and v == np.array(v)


@given(arrays, small_floats.filter(lambda x: x > 0.1), st.sampled_from(sorted(OPERATORS)))
def test_an_array_of_values_is_changed_in_place_and_one_of_numbers_is_not(array, number, name):
    in_place, v = getattr(operator, f"i{OPERATORS[name].__name__}"), Value(number)
    given = np.array([Value(abs(x)) for x in array])
    kept, expected = given, OPERATORS[name](abs(array), number)
    assert in_place(given, v) is kept and data(kept) == pytest.approx(expected, rel=1e-12)
    kept.sum().backward()
    assert v.grad == pytest.approx(numeric(OPERATORS[name], number, abs(array), False), rel=1e-4, abs=1e-6)
    before = array.tolist()
    with pytest.raises(TypeError, match="an array of numbers holds no Values: write Z = Z"):
        in_place(array, v)
    assert array.tolist() == before


def test_an_array_of_no_dimension_is_the_value_that_it_holds_and_so_are_reductions_of_one():
    v = Value(2.0)
    for box in (np.array(v), np.squeeze(np.array([v])), np.tensordot(np.array([v]), np.array([1.0]), 1)):
        for f in OPERATORS.values():
            for found in (f(box, v), f(v, box), f(box, 2.0)):
                assert type(found) is Value and found.data == f(2.0, 2.0)
        assert not v < box and v <= box
    for reduction in (np.sum, np.prod, np.max, np.min, np.add.reduce):
        assert reduction(v) is v
    assert np.square(v).data == np.mean(v).data**2 == 4.0


@pytest.mark.parametrize("options", [
    {"where": [True, False]}, {"dtype": float}, {"casting": "unsafe"}, {"where": False}, {"initial": 1.0},
    {"keepdims": True}, {"order": "F"},
])
def test_an_option_of_numpy_is_obeyed_or_refused(options):
    v, function = Value(2.0), np.add.reduce if {"initial", "keepdims"} & {*options} else np.add
    with pytest.raises(TypeError, match=f"^np.add of a Value takes no {next(iter(options))}=: leave it out$"):
        function(v, **options) if function is np.add.reduce else function(v, np.ones(2), **options)
    out = np.zeros(2, dtype=object)
    assert np.add(v, np.ones(2), where=True, out=out) is out and data(out).tolist() == [3.0, 3.0]


def test_a_value_that_holds_an_array_is_written_into_none():
    A, Z = Value(np.array([1.0, 2.0])), np.zeros(2, dtype=object)
    with pytest.raises(TypeError, match=r"write Z = Z \+ w"):
        Z += A
    with pytest.raises(TypeError, match=r"^np\.add\.reduce takes an array of Values"):
        np.sum(A)


def test_what_does_not_go_is_said_with_what_to_write():
    w, Z = Value(1.0, "w"), np.zeros(3)
    with pytest.raises(TypeError, match=r"Z = Z \+ w, not Z \+= w"):
        Z += w
    assert Z.tolist() == [0.0, 0.0, 0.0]
    for name in ("exp", "log", "sqrt", "sin", "cos", "tanh"):
        with pytest.raises(TypeError, match=rf"write v\.{name}\(\)$"):
            getattr(np, name)(w)
    for call in (lambda: np.add.accumulate(w), lambda: np.any(w), lambda: np.sign(w), lambda: np.floor(w)):
        with pytest.raises(TypeError, match=r"^np\."):
            call()
    with pytest.raises(NotANumber, match="an array of Values"):
        Value(np.array([w, w]))


def test_a_value_that_holds_an_array_is_a_number_as_before():
    A = Value(np.array([1.0, 2.0]), "A")
    for found in (A * np.array([3.0, 4.0]), np.array([3.0, 4.0]) * A, A * 3, 3 * A, A + A, A * Value(2.0)):
        assert type(found) is Value and found.data.shape == (2,)
    assert Value(np.array(3.0)).data == 3.0 and type(Value(np.array(3.0)).data) is float


# Programs as they stand in public: for micrograd's Value, with only the import changed.

def test_a_spiral_classifier_with_hinge_loss_learns():
    rng = np.random.default_rng(1)
    radius, turn = np.linspace(0.1, 1, 12), np.linspace(0, 3, 12)
    X = np.concatenate([np.c_[s * radius * np.sin(turn), s * radius * np.cos(turn)] for s in (1, -1)])
    y = np.array([1] * 12 + [-1] * 12)
    W1 = np.array([[Value(w) for w in row] for row in rng.normal(size=(2, 8))])
    b1, W2, b2 = np.array([Value(0.0) for _ in range(8)]), np.array([Value(w) for w in rng.normal(size=8)]), Value(0.0)
    parameters = [*W1.ravel(), *b1, *W2, b2]
    costs = []
    for _ in range(15):
        hidden = X @ W1 + b1
        scores = np.array([[h.relu() for h in row] for row in hidden]) @ W2 + b2
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
        loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0
        loss.backward()
        for p in parameters:
            p.data -= 0.3 * p.grad
        costs.append(loss.data)
    assert costs[-1] < 0.7 * costs[0]


def test_a_bigram_model_on_names_learns():
    names = ["emma", "olivia", "ava", "mia"]
    letters = sorted(set("".join(names)) | {"."})
    index = {letter: i for i, letter in enumerate(letters)}
    pairs = [(index[a], index[b]) for name in names for a, b in zip(f".{name}", f"{name}.")]
    n = len(letters)
    W = np.array([[Value(0.01 * (i - j)) for j in range(n)] for i in range(n)])
    costs = []
    for _ in range(10):
        loss = 0
        for i, j in pairs:
            counts = np.exp(W[i])
            loss = loss - (counts[j] / counts.sum()).log()
        loss = loss / len(pairs)
        for w in W.ravel():
            w.grad = 0.0
        loss.backward()
        for w in W.ravel():
            w.data += -5.0 * w.grad
        costs.append(loss.data)
    assert costs[-1] < 0.6 * costs[0]


def test_a_linear_regression_with_arrays_learns():
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=20)
    Y = 3 * X - 0.5
    w, b = Value(0.0), Value(0.0)
    for _ in range(100):
        loss = np.mean((w * X + b - Y) ** 2)
        w.grad, b.grad = 0, 0
        loss.backward()
        w.data -= np.float64(0.5) * w.grad
        b.data -= np.float64(0.5) * b.grad
    assert (w.data, b.data) == (pytest.approx(3, abs=1e-3), pytest.approx(-0.5, abs=1e-3))
