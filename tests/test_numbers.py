"""A number means the same however it came in: Python's, NumPy's of every width, PyTorch's; in every place."""

import datetime
import math
import operator
import warnings
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, compare, debug, fit, gradient, load, quadratic, save
from micrograd_paper.costs import mean_cost
from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.descent import evaluate, minimize
from micrograd_paper.errors import DivisionByZero, DomainError, MicrogradPaperError, NotANumber, RangeError, UsageError
from micrograd_paper.stepping.steps import backward_steps
from tests.strategies import small_floats

FLOATS = {
    "float": float, "Fraction": Fraction, "float16": np.float16, "float32": np.float32, "float64": np.float64,
    "longdouble": np.longdouble, "array": np.array, "element": lambda x: np.array([x, x])[0],
    "masked array": lambda x: np.ma.array([x, x])[0],
}
INTEGERS = {
    "int": int, "int8": np.int8, "int16": np.int16, "int32": np.int32, "int64": np.int64, "uint8": np.uint8,
    "uint16": np.uint16, "uint32": np.uint32, "uint64": np.uint64, "array of int": np.array,
}
NO_NUMBERS = {
    "text": "1", "bytes": b"1", "None": None, "set": {1}, "list": [1.0], "masked": np.ma.masked,
    "date": datetime.date(2020, 1, 1), "time": datetime.timedelta(1), "datetime64": np.datetime64("2020-01-01"),
    "text of NumPy": np.str_("1"), "dict": {1: 1}, "object": object(),
}


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def net():
    return MLP(2, [1], seed=1)


def trained(tmp_path, **options):
    """What a network is after training, saved and loaded again."""
    trainee = net()
    given = {"eta": 0.5, "epochs": 1, "batch_size": 2, "seed": 3, "progress": False} | options
    fit(trainee, given.pop("examples", [([1.0, 0.5], [1.0]), ([0.5, 0.25], [0.5])]), **given)
    save(trainee, tmp_path / "net.json")
    return [p.data for p in load(tmp_path / "net.json").parameters()]


def compared(x, y):
    forward = net().forward([x, 0.5])
    quadratic(forward.output, [y]).backward()
    return [row.graph for row in compare(forward, [y], eta=y).rows if row.ok]


PLACES = {  # what is computed with a number there; the same for every kind of number of one value, 0.5 or 1
    "data": lambda x, path: (Value(x) * 3.0).exp().data,
    "set later": lambda x, path: [f(value(x)).data for f in (np.negative, lambda v: v.exp(), lambda v: 1 / v, abs)],
    "an operand": lambda x, path: [(Value(2.0) * x).data, (x * Value(2.0)).data, (Value(2.0) ** x).data],
    "an input": lambda x, path: net()([x, 0.5]).data,
    "an input of an array": lambda x, path: net()(np.array([x, x], dtype=object)).data,
    "a target": lambda x, path: quadratic(net().forward([1.0, 0.5]).output, [x]).data,
    "the only target": lambda x, path: quadratic(net().forward([1.0, 0.5]).output, x).data,
    "an example": lambda x, path: trained(path, examples=[([x, x], [x]), ([x, 0.5], [x])]),
    "an example's only target": lambda x, path: trained(path, examples=[([x, x], x), ([x, 0.5], x)]),
    "eta": lambda x, path: trained(path, eta=x),
    "alpha": lambda x, path: trained(path, alpha=x),
    "the start of a descent": lambda x, path: minimize(lambda p: p[0] ** 2, [x], x, 2).points,
    "compare": lambda x, path: compared(x, x),
    "evaluate": lambda x, path: evaluate(net(), [([x, 0.5], [x])]),
}
COUNTS = {
    "epochs": lambda n, path: trained(path, epochs=n),
    "batch_size": lambda n, path: trained(path, batch_size=n),
    "the seed of fit": lambda n, path: trained(path, seed=n),
    "the seed of a network": lambda n, path: [p.data for p in MLP(2, [1], seed=n).parameters()],
    "sizes": lambda n, path: MLP(n, [n], seed=1).shape,
    "m": lambda n, path: mean_cost(net(), [([1.0, 0.5], [1.0])], "quadratic", 0.5, n).data,
}


def value(data):
    node = Value(1.0)
    node.data = data
    return node


def same_type(a, b):
    return type(a) is type(b) and (all(map(same_type, a, b)) if isinstance(a, list | tuple) else True)


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("place", PLACES)
def test_a_number_means_the_same_in_every_place(place, kind, tmp_path):
    found, expected = (PLACES[place](make(0.5), tmp_path) for make in (FLOATS[kind], float))
    assert np.allclose(found, expected, rtol=1e-15, atol=0) if kind == "Fraction" else found == expected
    assert kind == "Fraction" or same_type(found, expected)


@pytest.mark.parametrize("kind", INTEGERS)
@pytest.mark.parametrize("place", PLACES | COUNTS)
def test_an_integer_means_the_same_in_every_place(place, kind, tmp_path):
    where = PLACES | COUNTS
    found, expected = (where[place](make(1), tmp_path) for make in (INTEGERS[kind], int))
    assert found == expected and same_type(found, expected)


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize("place", [place for place in PLACES | COUNTS if place not in ("the seed of a network",)])
def test_what_is_no_number_is_named_in_one_line(place, kind, tmp_path):
    if (kind == "list" and place in ("the only target", "a target", "an input of an array")) or (
            place, kind) == ("m", "None") or ("seed" in place and kind in ("text", "bytes", "None", "text of NumPy")):
        return  # that is what may stand there
    with pytest.raises((MicrogradPaperError, TypeError)) as raised:
        (PLACES | COUNTS)[place](NO_NUMBERS[kind], tmp_path)
    assert "\n" not in str(raised.value) and len(str(raised.value)) <= 300


@given(small_floats, st.sampled_from([np.float64, np.float32, np.longdouble, np.int64, np.float16]))
def test_a_weight_that_numpy_has_updated_raises_what_a_python_number_raises(x, kind):
    for function in (lambda v: v.log(), lambda v: 1 / v, lambda v: v**-1, lambda v: v.sqrt(), lambda v: v**0.5,
                     lambda v: (v * 400).exp(), lambda v: (v + 30000) ** 200, lambda v: Value(0.0) ** v):
        outcomes = []
        for node in (value(int(x) if kind is np.int64 else float(kind(x))), value(kind(x))):
            try:
                outcomes.append(function(node).data)
            except (DivisionByZero, DomainError, RangeError) as error:
                outcomes.append(type(error))
        assert repr(outcomes[0]) == repr(outcomes[1])


def test_a_number_that_somebody_set_is_found_out_at_the_next_use():
    for wrong in ("x", None, [1.0], {1}):
        node = value(wrong)
        node.label = "a"
        for use in (lambda v: v * 2, lambda v: v + 1.0, lambda v: 2 - v, lambda v: v.exp(), lambda v: v**2,
                    lambda v: -v, lambda v: v / 2):
            with pytest.raises(NotANumber, match=r"a = ") as raised:
                use(node)
            assert "\n" not in str(raised.value)


def test_complex_numbers_have_no_order_and_say_so():
    c = Value(1 + 2j, "c")
    for use in (lambda: c.relu(), lambda: abs(c), lambda: c < 1, lambda: c < 1, lambda: c <= c, lambda: c >= 2.0):
        with pytest.raises(NotANumber, match=r"c = \(1\+2j\)"):
            use()


def test_values_are_formatted_and_rounded_as_their_numbers_are():
    v = Value(2.34567, "v")
    assert (f"{v:.3f}", f"{v:>8.2f}", round(v, 2), round(v), f"{v}") == ("2.346", "    2.35", 2.35, 2, repr(v))
    assert f"{Value(Fraction(1, 3))}" == repr(Value(Fraction(1, 3)))


@pytest.mark.parametrize("root", [lambda x: x.sqrt(), lambda x: x**0.5, lambda x: x**1.5, lambda x: x ** Value(0.5)])
def test_infinite_partials_take_part_in_second_derivatives(root):
    x = Value(0.0, "x")
    (slope,) = gradient(root(x), [x], create_graph=True)
    (curvature,) = gradient(slope, [x])
    assert slope.data == (0.0 if root(Value(4.0)).data == 8.0 else math.inf)
    assert not math.isfinite(curvature)
    four = Value(4.0)  # the same graph where nothing is infinite
    (slope,) = gradient(root(four), [four], create_graph=True)
    (exact,) = gradient(slope, [four])
    step = 1e-5
    numeric = (root(Value(4 + step)).data - 2 * root(Value(4.0)).data + root(Value(4 - step)).data) / step**2
    assert exact == pytest.approx(numeric, rel=1e-3)


def test_decimals_are_refused_where_they_would_become_floats():
    with pytest.raises(UsageError, match="eta must be a positive number"):
        fit(net(), [([1.0, 0.5], [1.0])], eta=Decimal("0.5"), epochs=1, batch_size=1, progress=False)


def test_tensors_are_floats(torch):
    x, y = torch.tensor([0.5, 0.25]), torch.tensor([1.0])
    trainee = net()
    forward = trainee.forward(x)
    quadratic(forward.output, y).backward()
    assert compare(forward, y).ok and all(type(node.data) is float for node in forward.x)
    assert fit(trainee, [(x, y)], eta=torch.tensor(0.5), epochs=1, batch_size=1, progress=False).epochs


@pytest.mark.parametrize("array", [
    np.array(["a"]), np.array([b"a"]), np.array([None]), np.array([1.0, "a"], dtype=object),
    np.array([[1], [1, 2]], object), np.array(["2020-01-01"], "datetime64"),
    np.array([1], "timedelta64[s]"), np.array([Value(1.0)]),
], ids=repr)
def test_an_array_of_what_is_no_number_is_none(array):
    with pytest.raises(NotANumber, match=r"^a Value holds a number; got "):
        Value(array)


@pytest.mark.parametrize("array", [
    np.array([1.0]), np.array([True]), np.array([1j]), np.array([Fraction(1, 2), 1], dtype=object), np.array([]),
])
def test_an_array_of_numbers_is_one(array):
    assert Value(array).data is array


@pytest.mark.parametrize("seed", [*NO_NUMBERS.values(), Value(1.0), np.array(["a"])], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("walk", [
    lambda root, seed: root.backward(seed), lambda root, seed: list(backward_steps(root, seed)), Pass.of, debug,
], ids=["backward", "backward_steps", "Pass", "debug"])
def test_the_seed_of_backward_is_a_number(seed, walk):
    leaf = Value(2.0)
    leaf.grad = 5.0
    for root in (leaf, leaf * 2):
        with pytest.raises(NotANumber, match=r"^the seed of backward must be a number; got "):
            walk(root, seed)
        assert leaf.grad == 5.0


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.float16, np.float32])
def test_no_operator_warns_of_a_width_that_the_result_does_not_have(kind):
    x = Value(1.0)
    x.data = kind(100)
    assert ((x * x * x * x).data, (x + x + x).data, (x - 3 * x).data, (x**4).data) == (1e8, 300, -200, 1e8)


def test_complex_numbers_have_no_order_however_they_came_in():
    v, z = Value(2.0), 1 + 2j
    for other in (z, np.complex128(z), np.complex64(z), np.array(z), Value(z)):
        for how in (operator.lt, operator.ge):
            for pair in ((v, other), (other, v)):
                with pytest.raises(NotANumber, match="has no order beside"):
                    how(*pair)
    assert complex(Value(z)) == z and complex(v) == 2


def test_a_failed_operation_of_any_kind_of_number_says_why():
    for call in (lambda: Value(mpmath.mpf(0)).log(), lambda: 1 / Value(mpmath.mpf(0))):
        with pytest.raises(DivisionByZero, match=r": it has no number there$"):
            call()
