"""Copies and pickles of graphs: the same bits and the same sharing, at any length; and graphs are freed at once."""

import copy
import gc
import io
import math
import pickle
import sys
import threading
import weakref
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from mpmath import mpf

from micrograd_paper.costs import total
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.graph import gradient, recompute
from micrograd_paper.nn import MLP, weighted_sum
from tests.graphs import bits, chain, values
from tests.strategies import expressions

LONG = 200_000


# Copies and pickles.

def through_c_pickler(value):
    return pickle.loads(pickle.dumps(value))


def through_python_pickler(value):
    file = io.BytesIO()
    pickle._Pickler(file).dump(value)
    return pickle._loads(file.getvalue())


copies = pytest.mark.parametrize("copied", [copy.deepcopy, through_c_pickler, through_python_pickler])


def as_lists(root):
    """The graph as data, every number as its bits."""
    order = topological_order(root)
    place = {node: i for i, node in enumerate(order)}
    return [
        (bits(node.data), bits(node.grad), node.label, node.origin, node.op and (node.op.name, node.op.symbol),
         [bits(partial) for partial in node.partials], [place[operand] for operand in node.operands])
        for node in order
    ]


@copies
@given(expression=expressions())
def test_a_copied_graph_has_the_same_bits_and_the_same_sharing(copied, expression):
    leaves = values(expression.leaves)
    root = expression.value(leaves)
    root.backward(0.1)
    root.label, root.origin = "root", ("file.py", 3)
    twin = copied(root)
    assert as_lists(twin) == as_lists(root)
    assert not set(topological_order(twin)) & set(topological_order(root))
    before = as_lists(root)
    for leaf in topological_order(twin):
        leaf.data = leaf.grad = 5.0
    assert as_lists(root) == before


@copies
@given(expression=expressions())
def test_a_copied_graph_works_on_as_the_original_does(copied, expression):
    root = expression.value(values(expression.leaves))
    twin = copied(root)
    for each in (root, twin):
        recompute(each)
        (each * 2).backward()
    assert as_lists(twin) == as_lists(root)


@copies
def test_nan_infinity_and_minus_zero_survive_a_copy(copied):
    for number in (math.nan, math.inf, -0.0, 5e-324, 0.1):
        assert bits(copied(Value(number)).data) == bits(number)


@copies
def test_several_roots_in_one_copy_share_their_nodes(copied):
    a, b = values((2.0, 3.0))
    shared = a * b
    one, other = shared + 1, shared.exp() * a
    p, q, r, s, t = copied([one, other, a, shared, one])
    assert p.operands[0] is q.operands[0].operands[0] is s
    assert q.operands[1] is r is s.operands[0]
    assert p is t and p is not one
    p, (q,), r = copied((a, [shared], {"root": one}))
    assert r["root"].operands[0] is q and q.operands[0] is p


@copies
def test_a_network_and_its_graph_share_their_parameters_in_one_copy(copied):
    net = MLP(2, [3, 1], seed=1)
    cost = net([0.5, -0.5])
    twin, twin_cost = copied((net, cost))
    twin_cost.backward()
    cost.backward()
    assert [p.grad for p in twin.parameters()] == [p.grad for p in net.parameters()]
    assert twin["w2_1_1"] is twin.weights[2][0][0] is twin.layers[0].neurons[0].weights[0]
    assert twin["w2_1_1"] in topological_order(twin_cost)


@copies
@pytest.mark.parametrize("number", [
    7, 1 + 2j, Fraction(1, 3), mpf("0.1"), sympy.Symbol("x") ** 2, np.array([1.0, 2.0]),
], ids=lambda number: type(number).__name__)
def test_every_kind_of_number_can_be_copied(copied, number):
    a = Value(number)
    root = a * a + 1
    root.backward()
    twin = copied(root)
    assert type(twin.data) is type(root.data) and np.all(twin.data == root.data)
    assert np.all(topological_order(twin)[0].grad == a.grad)


@copies
def test_a_copy_has_its_own_arrays(copied):
    x, w = Value(np.array([1.0, 2.0])), Value(0.5)
    root = x * w
    root.backward()
    x2, w2 = copied(root).operands
    x2.data += 1
    w2.grad += 1  # the number is a float, its gradient an array
    assert x.data.tolist() == [1.0, 2.0] and w.grad.tolist() == [1.0, 2.0]


def test_copy_copy_is_one_node_with_the_same_operands():
    a, b = values((2.0, 3.0))
    root = a * b
    root.label = "root"
    root.backward()
    twin = copy.copy(root)
    assert twin is not root and twin.operands == (a, b) and as_lists(twin) == as_lists(root)
    twin.data = 5.0
    assert root.data == 6.0


def test_every_protocol_of_pickle_keeps_the_bits():
    root = (Value(0.1, "a") * Value(-0.0) + 1).exp()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert as_lists(pickle.loads(pickle.dumps(root, protocol))) == as_lists(root)


def test_a_pickle_made_while_another_pickler_is_alive_stands_by_itself():
    a, b = values((2.0, 3.0))
    shared = a * b
    open_pickler = pickle.Pickler(io.BytesIO())
    open_pickler.dump(shared)
    root = shared + a
    assert as_lists(through_c_pickler(root)) == as_lists(root)
    assert as_lists(through_python_pickler(root)) == as_lists(root)
    del open_pickler
    assert as_lists(through_c_pickler(root)) == as_lists(root)


def test_pickling_many_roots_takes_work_in_proportion():
    def calls(count):
        leaves, events = values(map(float, range(count))), []
        sys.setprofile(lambda frame, event, argument: events.append(event))
        try:
            pickle.dumps(leaves)
        finally:
            sys.setprofile(None)
        return len(events)

    assert calls(1000) < 12 * calls(100)


def test_a_pickle_keeps_nothing_alive():
    leaf = Value(Tracked(2.0))
    gone = weakref.ref(leaf.data)
    text = pickle.dumps([leaf, leaf * 2])
    assert text
    del leaf
    assert gone() is None


# Length.

@pytest.fixture
def long_chain():
    return chain(LONG)


@pytest.mark.slow
def test_a_chain_of_200_000_nodes_backpropagates_and_shows_itself(long_chain):
    assert long_chain.data == LONG
    long_chain.backward()
    assert [leaf.grad for leaf in topological_order(long_chain)[:2]] == [1, LONG]
    assert repr(long_chain) == "2e5 · grad 1 · +"
    start = topological_order(long_chain)[0]
    assert gradient(long_chain, [start]) == [1]
    recompute(long_chain)
    assert long_chain.data == LONG


def test_a_long_chain_can_be_differentiated_twice():
    x = node = Value(0.5)
    for _ in range(LONG // 4):
        node = node * 1.000001
    (slope,) = gradient(node * node, [x], create_graph=True)
    assert gradient(slope, [x])[0] == pytest.approx(2 * math.exp(2e-6 * (LONG // 4)), rel=1e-4)


@pytest.mark.slow
@copies
def test_a_chain_of_200_000_nodes_is_copied(long_chain, copied):
    twin = copied(long_chain)
    assert twin is not long_chain and twin.data == LONG and len(topological_order(twin)) == LONG + 2


@pytest.mark.slow
def test_a_chain_of_200_000_nodes_is_freed_without_recursion():
    gone = []

    def free():
        node = Value(Tracked(0.0))
        first = weakref.ref(node.data)
        for _ in range(LONG):
            node = node + 1.0
        del node
        gone.append(first() is None)

    free()
    old = threading.stack_size(1024 * 1024)
    try:
        thread = threading.Thread(target=free)  # a thread's stack is smaller than the main one
        thread.start()
        thread.join()
    finally:
        threading.stack_size(old)
    assert gone == [True, True]


# Memory.

class Tracked(float):
    """A float that a weak reference can point to."""


@pytest.fixture
def without_collector():
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("use", [
    lambda root, leaf: None,
    lambda root, leaf: root.backward(),
    lambda root, leaf: (root.backward(), root.backward()),
    lambda root, leaf: gradient(root, [leaf]),
    lambda root, leaf: gradient(gradient(root, [leaf], create_graph=True)[0], [leaf]),
    lambda root, leaf: recompute(root),
    lambda root, leaf: copy.deepcopy(root),
    lambda root, leaf: pickle.loads(pickle.dumps([root, leaf])),
    lambda root, leaf: through_python_pickler([root, leaf]),
    lambda root, leaf: repr(root),
], ids=["build", "backward", "backward twice", "gradient", "second derivative", "recompute", "deepcopy", "pickle",
        "Python pickler", "repr"])
def test_a_graph_is_freed_at_once_when_its_root_is_dropped(use):
    leaf = Value(Tracked(0.5))
    gone = weakref.ref(leaf.data)
    root = leaf
    for _ in range(3):
        root = (root * leaf + root.sigmoid() - 1) ** 2 / (abs(leaf) + 1)
        root = weighted_sum([leaf], [root], total([leaf, root]))
    use(root, leaf)
    assert gone() is not None
    del leaf, root
    assert gone() is None


@pytest.mark.usefixtures("without_collector")
def test_a_training_loop_leaves_no_garbage_behind():
    net = MLP(2, [4, 1], seed=1)

    def step():
        net.zero_grad()
        (net([0.5, -0.5]) ** 2).backward()

    step()
    gc.collect()
    count = sum(type(thing) is Value for thing in gc.get_objects())
    for _ in range(10):
        step()
    assert sum(type(thing) is Value for thing in gc.get_objects()) == count
    assert gc.collect() == 0
