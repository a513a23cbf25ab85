"""A pass that goes forward and back is, after n steps, where `backward` is after n steps."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.debugger.reversible_pass import Pass
from micrograd_paper.engine import Value, topological_order
from micrograd_paper.errors import DomainError, NotAValue
from micrograd_paper.stepping.steps import backward_steps
from tests.graphs import bits, chain, values
from tests.strategies import expressions, small_floats

pytestmark = pytest.mark.usefixtures("nameless")

moves = st.lists(
    st.sampled_from(["step", "back", "to_end", "rewind"]) | st.integers(0, 30), max_size=12
)


def gradients(root):
    return [bits(float(node.grad)) for node in topological_order(root)]


def moments(root, seed=1):
    """Every gradient after 0, 1, 2, … steps of the plain pass."""
    steps = backward_steps(root, seed)
    for node in topological_order(root):
        node.grad = 0
    root.grad = seed
    found = [gradients(root)]
    found += [gradients(root) for _ in steps]
    return found


@given(expressions(), moves, st.integers(1, 4), small_floats)
def test_whatever_the_way_the_gradients_are_those_of_so_many_steps(expression, way, records, seed):
    root, twin = (expression.value(values(expression.leaves)) for _ in range(2))
    expected = moments(twin, seed)
    walk = Pass.of(root, seed, records=records)
    assert walk.length == len(expected) - 1
    for move in way:
        if isinstance(move, int):
            walk.to(min(move, walk.length))
        else:
            getattr(walk, move)()
        assert gradients(root) == expected[walk.position]
        assert len(walk.records) <= records


@given(expressions(), moves, small_floats, st.booleans())
def test_at_the_end_they_have_the_bits_of_backward_also_called_twice(expression, way, seed, twice):
    root, twin = (expression.value(values(expression.leaves)) for _ in range(2))
    for _ in range(2 if twice else 1):
        twin.backward(seed)
        walk = Pass.of(root, seed)
        for move in way:
            walk.to(min(move, walk.length)) if isinstance(move, int) else getattr(walk, move)()
        walk.to_end()
        walk.close()
    assert gradients(root) == gradients(twin)


@given(expressions())
def test_its_steps_are_those_of_backward_steps_and_back_gives_them_in_reverse(expression):
    root, twin = (expression.value(values(expression.leaves)) for _ in range(2))
    expected = [step.text for step in backward_steps(twin)]
    walk = Pass.of(root)
    made = []
    while not walk.at_end:
        coming = walk.peek().text
        step = walk.step()
        assert step.text == coming == walk.made(walk.position - 1).text
        made.append(step.text)
    assert made == expected
    assert [walk.back().text for _ in expected] == expected[::-1]
    assert walk.back() is None and walk.position == 0


@given(expressions())
def test_a_run_comes_to_every_node_when_its_gradient_is_complete(expression):
    root = expression.value(values(expression.leaves))
    root.backward()
    final = {node: bits(float(node.grad)) for node in topological_order(root)}
    walk = Pass.of(root)
    came = []

    def arrived(node):
        assert bits(float(node.grad)) == final[node] and walk.is_complete(node)
        came.append(node)

    assert walk.run(arrived, here=True) is None
    assert came == walk.nodes == topological_order(root)[::-1]
    assert walk.at_end


@given(expressions(), st.integers(1, 9))
def test_a_run_that_is_interrupted_goes_on_as_if_it_had_not_been(expression, every):
    root, twin = (expression.value(values(expression.leaves)) for _ in range(2))
    expected = moments(twin)
    walk = Pass.of(root)
    count = itertools.count(1)
    while walk.run(lambda node: False, interrupted=lambda: next(count) % (every + 1) == 0):
        assert gradients(root) == expected[walk.position]
    assert walk.at_end and gradients(root) == expected[-1]


@given(expressions())
def test_a_watched_node_stops_the_run_after_each_step_to_it_and_only_there(expression):
    root = expression.value(values(expression.leaves))
    walk = Pass.of(root)
    for node in walk.nodes:
        walk.rewind()
        seen = []
        while (step := walk.run(lambda node: False, lambda step: step, frozenset([node]))) is not None:
            seen.append(step)
            assert node.grad == step.after
        assert len(seen) == sum(operand is node for each in walk.nodes for operand in each.operands)


def test_a_node_whose_turn_it_is_does_not_stop_a_run_unless_it_is_asked_to():
    a = Value(2.0, "a")
    walk = Pass.of(a * a)
    root = walk.root
    assert walk.run(lambda node: node is root, here=True) is True
    assert walk.position == 0
    assert walk.run(lambda node: True) is True
    assert walk.index == 1 and walk.nodes[1] is not root
    walk.rewind()
    assert walk.run(lambda node: node is root) is None


def test_what_leaves_held_is_set_aside_until_the_pass_is_closed_wherever_it_is():
    a, b = Value(2.0, "a"), Value(5.0, "b")
    a.grad, b.grad = 100.0, 200.0
    walk = Pass.of(a * b)
    assert (a.grad, b.grad) == (0, 0)
    walk.step()
    walk.close()
    walk.close()
    assert (a.grad, b.grad) == (105.0, 200.0)


@given(expressions(), st.integers(0, 3), st.integers(0, 30))
def test_a_changed_leaf_gives_the_graph_of_that_number_from_the_start(expression, place, position):
    leaves = values(expression.leaves)
    root = expression.value(leaves)
    walk = Pass.of(root)
    leaf = leaves[place % len(leaves)]
    walk.to(min(position, walk.length))
    walk.change(leaf, leaf.data)
    assert walk.position == 0 and gradients(root) == moments(expression.value(values(expression.leaves)))[0]


def test_a_change_that_an_operation_refuses_changes_nothing():
    a = Value(2.0, "a")
    root = (a * 3).log()
    walk = Pass.of(root)
    walk.step()
    before = gradients(root), [(node.data, node.partials) for node in walk.nodes]
    with pytest.raises(DomainError):
        walk.change(a, -1.0)
    assert (gradients(root), [(node.data, node.partials) for node in walk.nodes]) == before and walk.position == 1


def test_a_long_pass_keeps_a_bounded_record_and_can_still_go_back_to_any_step():
    root = chain(2000)
    walk = Pass.of(root, records=50)
    walk.to_end()
    assert len(walk.records) == 50
    one = next(node for node in walk.nodes if node.label == "one")
    for position in (3990, 3000, 1001, 1):
        walk.to(position)
        assert (walk.position, one.grad) == (position, position // 2)
        walk.back()
        assert (walk.position, one.grad) == (position - 1, (position - 1) // 2)


def test_a_graph_of_one_leaf_is_at_its_end_from_the_start():
    leaf = Value(1.0)
    walk = Pass.of(leaf, 3.0)
    assert walk.at_end and walk.peek() is walk.step() is walk.back() is walk.node is None
    walk.close()
    assert leaf.grad == 3.0


def test_what_is_no_value_is_refused():
    with pytest.raises(NotAValue, match="a graph ends in a Value"):
        Pass.of(2.5)
