"""break_at: a backward inside calls the built-in breakpoint() where it reaches the node, and changes nothing else."""

import sys
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, cross_entropy, observing, quadratic
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import AnomalyFound, ConditionFailed, MicrogradPaperError, NotAValue, UnknownName
from micrograd_paper.notation import Symbol
from micrograd_paper.stepping.breakpoints import break_at, detect_anomaly, record_origins
from tests.graphs import bits, values
from tests.strategies import expressions, networks


@pytest.fixture
def stops(monkeypatch):
    """The nodes at which breakpoint() was called, each with its gradient then, and the locals of `backward`."""
    found = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: found.append(stop(sys._getframe(1))))
    return found


def stop(frame):
    """What a debugger would show: `node` in the frame that called breakpoint(), and the frame above."""
    node, above = frame.f_locals["node"], frame.f_back
    while above.f_code.co_name != "backward":  # nested contexts call one another
        above = above.f_back
    return node, node.grad, dict(above.f_locals)


def nodes_of(stops):
    return [node for node, _, _ in stops]


def small_network():
    net = MLP(2, [2, 1], seed=1)
    return net, quadratic(net.forward([1.0, 0.5]).output, [1.0])


@given(expressions())
def test_a_backward_that_stops_everywhere_visits_every_node_once_with_its_final_gradient_and_leaves_the_same_bits(
    expression,
):
    root = expression.value(values(expression.leaves))
    root.backward(0.1)
    nodes = topological_order(root)
    final = {node: bits(node.grad) for node in nodes}
    for node in nodes:
        node.grad = 0
    stops = []

    def condition(node):
        stops.append((node, bits(node.grad)))

    with break_at(root, condition):
        root.backward(0.1)
    assert len(stops) == len(nodes)
    assert dict(stops) == final == {node: bits(node.grad) for node in nodes}


@given(networks(), st.data())
def test_a_leaf_is_reached_right_after_the_node_that_contributes_to_it_last(network, data):
    net, x, y = network
    C = quadratic(net.forward(x).output, y)
    with pytest.MonkeyPatch.context() as patch:
        found = []
        patch.setattr(sys, "breakpointhook", lambda: found.append(stop(sys._getframe(1))))
        with break_at(C, lambda node: not node.operands):
            C.backward()
    order = topological_order(C)
    place = {node: i for i, node in enumerate(order)}
    assert set(nodes_of(found)) == {node for node in order if not node.operands}
    for leaf, _, above in found:
        consumers = [node for node in order if leaf in node.operands]
        assert above["node"] is min(consumers, key=place.__getitem__)


@pytest.mark.parametrize("where", ["z2_1", "z²₁", Symbol("z", 2, (1,)), lambda node: str(node.label) == "z²₁"],
                         ids=["ASCII", "Unicode", "Symbol", "condition"])
def test_a_node_is_named_in_every_form(stops, where):
    _, C = small_network()
    with break_at(C, where):
        C.backward()
    ((node, grad, _),) = stops
    assert str(node.label) == "z²₁" and grad == node.grad != 0


def test_a_value_itself_and_any_label_can_be_where_it_stops(stops):
    x = Value(2.0, "my x")
    y = x * 3
    root = y + 1
    for where, node in ((y, y), ("my x", x), (root, root)):
        with break_at(root, where):
            root.backward()
        assert nodes_of(stops)[-1] is node
    assert len(stops) == 3


def test_a_condition_sees_final_gradients(stops):
    _, C = small_network()
    with break_at(C, lambda node: abs(node.grad) > 0.1):
        C.backward()
    assert nodes_of(stops) and all(abs(grad) > 0.1 for _, grad, _ in stops)
    assert set(nodes_of(stops)) == {node for node in topological_order(C) if abs(node.grad) > 0.1}


def test_a_condition_is_asked_about_the_nodes_of_the_roots_graph_only(stops):
    x = Value(2.0, "x")
    root = x * 3
    beyond = root + 1
    with break_at(root, lambda node: True):
        beyond.backward()
    assert set(nodes_of(stops)) == set(topological_order(root))


def test_it_stops_at_each_backward_inside_and_at_none_outside(stops):
    _, C = small_network()
    C.backward()
    with break_at(C, "z2_1"):
        C.backward()
        C.backward()
        Value(2.0, "z2_1").backward()  # another graph
    C.backward()
    assert len(stops) == 2 and not observing.observers


def test_a_graph_that_is_one_leaf_has_its_stop(stops):
    x = Value(2.0, "x")
    with break_at(x, "x"):
        x.backward()
    assert nodes_of(stops) == [x]


def test_nested_contexts_both_stop_and_the_inner_one_ends_first(stops):
    _, C = small_network()
    with break_at(C, "z2_1"):
        with break_at(C, "a2_2"):
            C.backward()
        C.backward()
    assert [str(node.label) for node in nodes_of(stops)] == ["a²₂", "z²₁", "z²₁"]


def test_an_unknown_name_is_an_error_before_anything_runs():
    _, C = small_network()
    with pytest.raises(UnknownName, match="no node of this graph is named z9_9"):
        break_at(C, "z9_9")
    other = Value(2.0, "other")
    with pytest.raises(UnknownName, match=r"^other = 2 · grad 0 is not a node of the graph of C = "):
        break_at(C, other)
    with pytest.raises(NotAValue, match=r"takes the name of a node, a node, or a condition; got 3$"):
        break_at(C, 3)
    with pytest.raises(NotAValue, match=r"a graph ends in a Value; got 2"):
        break_at(2.0, lambda node: True)


def test_a_condition_that_raises_is_an_error_that_names_condition_and_node():
    _, C = small_network()

    def too_clever(node):
        return node.gradient > 1

    message = (r"^the condition of break_at, .*too_clever at .*test_breakpoints\.py:\d+, failed at "
               r"C = 0\.1348 · grad 1 · ½Σ²: AttributeError: 'Value' object has no attribute 'gradient'")
    with pytest.raises(ConditionFailed, match=message) as raised, break_at(C, too_clever):
        C.backward()
    assert isinstance(raised.value, MicrogradPaperError) and isinstance(raised.value.__cause__, AttributeError)
    assert not observing.observers
    with pytest.raises(ConditionFailed, match=r"at, str\.join, failed at C = "), break_at(C, "".join):
        C.backward()


def test_stops_origins_and_anomalies_work_together_in_any_nesting(stops):
    x = Value(1e-200, "x")
    y = x * 1e200
    y.label = "y"
    z = y * 1e200
    for first, second in ((lambda: break_at(z, "y"), detect_anomaly), (detect_anomaly, lambda: break_at(z, "y"))):
        stops.clear()
        with record_origins(), first(), second():
            with pytest.raises(AnomalyFound, match="the gradient of x is inf"):
                z.backward()
            assert (z * 2).origin is not None
        ((node, grad, above),) = stops
        assert node is y and grad == 1e200 and above["self"] is z


@pytest.mark.parametrize("others", [[record_origins, detect_anomaly], [detect_anomaly], []], ids=len)
def test_nothing_is_between_the_stop_and_backward_whatever_else_watches(monkeypatch, others):
    _, C = small_network()
    callers = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: callers.append(sys._getframe(1).f_back.f_code.co_name))
    contexts = [lambda: break_at(C, "z2_1"), *others]
    for order in (contexts, contexts[::-1]):
        with ExitStack() as stack:
            for context in order:
                stack.enter_context(context())
            C.backward()
    assert callers == ["backward", "backward"]


def test_a_cross_entropy_can_be_followed_too(stops):
    net = MLP(2, [1], seed=1)
    C = cross_entropy(net.forward([1.0, 0.5]).output, [1.0])
    with break_at(C, "b2_1"):
        C.backward()
    ((bias, grad, above),) = stops
    assert bias is net["b2_1"] and grad == above["node"].grad and above["operand"] is bias and above["partial"] == 1
