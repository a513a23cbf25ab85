"""stale finds the nodes that a change of a leaf has left behind, and no others."""

from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import Value
from micrograd_paper.engine import topological_order
from micrograd_paper.graph import recompute, stale
from tests.strategies import expressions, networks


@given(expressions())
def test_a_graph_just_made_is_current(expression):
    assert stale(expression.value([Value(x) for x in expression.leaves])) == []


@given(networks(), st.data())
def test_after_a_change_the_nodes_that_would_differ_are_found_and_recompute_brings_them_up_to_date(network, data):
    net, x, _ = network
    root = net.forward(x).output[0]
    leaves = [node for node in topological_order(root) if not node.operands]
    leaf = data.draw(st.sampled_from(leaves))
    leaf.data = leaf.data + 1.0
    left_behind = stale(root)
    before = {node: node.data for node in topological_order(root)}
    recompute(root)
    users = [node for node in topological_order(root) if leaf in node.operands]
    assert left_behind == [node for node in users if node.data != before[node]]  # their operands have not changed
    assert stale(root) == []


def test_nan_is_current_and_an_operand_outside_of_the_domain_is_not():
    x = Value(float("inf"), "x")
    assert stale(x - x) == []
    y = Value(1.0, "y")
    root = y.log()
    y.data = -1.0
    assert stale(root) == [root]
