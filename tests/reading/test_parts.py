"""Parts of a graph, and what is alike in one, against their definitions on random graphs."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, cross_entropy, gradient, quadratic
from micrograd_paper.costs import mean_cost
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import UnknownName, UsageError
from micrograd_paper.reading.groups import groups
from micrograd_paper.reading.parts import above, around, between, collapsed, part_of, strongest
from micrograd_paper.reading.reading import Reading
from tests.drawing.graphs import batch, iris
from tests.strategies import expressions, networks

pytestmark = pytest.mark.usefixtures("nameless")


def roots():
    expression = expressions().map(lambda e: e.value([Value(x) for x in e.leaves]))
    return expression | networks().map(lambda n: quadratic(n[0].forward(n[1]).output, n[2]))


def distances(root, start, downwards_only=False):
    """The number of edges from start to each node, by relaxing every edge until nothing changes."""
    order = topological_order(root)
    found = {start: 0}
    for _ in order:
        for node in order:
            for operand in node.operands:
                for near, far in ((node, operand), (operand, node))[: 1 if downwards_only else 2]:
                    if near in found:
                        found[far] = min(found.get(far, len(order)), found[near] + 1)
    return found


def below(root):
    return set(topological_order(root))


@given(roots(), st.data())
def test_around_is_what_so_many_edges_lead_to(root, data):
    order = topological_order(root)
    node, steps = data.draw(st.sampled_from(order)), data.draw(st.integers(0, 4))
    part = around(root, node, steps)
    near = distances(root, node)
    assert list(part.nodes) == [each for each in order if near.get(each, 99) <= steps]
    assert part.focus == (node,)


@given(roots(), st.integers(0, 4))
def test_above_is_what_so_many_edges_lead_down_to(root, steps):
    near = distances(root, root, downwards_only=True)
    assert set(above(root, steps).nodes) == {node for node, distance in near.items() if distance <= steps}


@given(roots(), st.data())
def test_between_is_what_lies_on_a_path_and_nothing_else(root, data):
    order = topological_order(root)
    source, target = (data.draw(st.sampled_from(order)) for _ in "ab")
    if source not in below(target):
        with pytest.raises(UsageError, match=r"^.* has no path to .*$"):
            between(root, source, target)
        return
    part = between(root, source, target)
    assert list(part.nodes) == [node for node in order if node in below(target) and source in below(node)]


@given(roots(), st.data())
def test_the_products_along_all_paths_add_up_to_the_gradient(root, data):
    source = data.draw(st.sampled_from(topological_order(root)))
    ways, count = strongest(between(root, source), source, root, most=10**6)
    assert len(ways) == count
    for product, path in ways:
        ends = [root, *(node.operands[position] for node, position in path)]
        assert [node for node, _ in path] == ends[:-1] and ends[-1] is source
        assert product == pytest.approx(math.prod(node.partials[position] for node, position in path))
    assert sum(product for product, _ in ways) == pytest.approx(gradient(root, [source])[0], rel=1e-6, abs=1e-9)
    assert sorted(ways, key=lambda way: -abs(way[0])) == ways
    few, same_count = strongest(between(root, source), source, root, most=3)
    assert same_count == count
    assert [abs(product) for product, _ in few] == pytest.approx(
        [abs(product) for product, _ in ways][: 3 if count <= 3 else 2])


# What is alike.

@given(roots(), st.data())
def test_what_is_drawn_together_leaves_no_cycle(root, data):
    graph = Reading(root)
    layers = data.draw(st.sets(st.integers(2, 4)))
    places = groups(graph, layers)
    box = {node: places[node].box if node in places else node for node in graph.nodes}
    waiting = {each: set() for each in box.values()}
    for node in graph.nodes:
        waiting[box[node]] |= {box[operand] for operand in node.operands} - {box[node]}
    while waiting:
        ready = {each for each, needs in waiting.items() if not needs & waiting.keys()}
        assert ready, "boxes wait for each other"
        waiting = {each: needs for each, needs in waiting.items() if each not in ready}


@given(roots())
def test_a_row_that_something_else_uses_is_the_last_of_its_box(root):
    graph = Reading(root)
    places = groups(graph)
    last = {}
    for place in places.values():
        last[place.box] = max(last.get(place.box, place.row), place.row)
    for node, place in places.items():
        users = graph.consumers[node]
        if place.row < last[place.box]:
            assert all(user in places and places[user].box == place.box for user in users)


def test_the_layers_of_a_network_are_boxes_of_their_quantities():
    C = cross_entropy(MLP(2, [16, 16, 1], seed=1).forward([0.85, -0.4]).output, [1.0])
    graph = Reading(C)
    places = groups(graph)
    rows = {}
    for node, place in places.items():
        rows.setdefault(place, []).append(node)
    for layer, sizes in ((2, [32, 16, 16, 16]), (3, [256, 16, 16, 16]), (4, [16, 1, 1, 1])):
        assert [len(rows[place]) for place in sorted(place for place in rows if place.box == ("layer", layer))] == sizes


def test_a_matrix_product_in_scalars_is_its_matrix_its_products_and_its_sums():
    w = [[Value(0.1 * i + j, f"w[{i}][{j}]") for j in range(3)] for i in range(4)]
    x = [Value(1.0 + j, f"x[{j}]") for j in range(3)]
    h = [sum(a * b for a, b in zip(row, x)).tanh() for row in w]
    root = sum(each * each for each in h)
    graph = Reading(root)
    counts = {}
    for place in groups(graph).values():
        counts[place] = counts.get(place, 0) + 1
    shown = sorted((place.name, count) for place, count in counts.items())
    assert shown == [("", 3), ("", 4), ("", 4), ("", 8), ("", 12), ("w", 12), ("x", 3)]


def test_an_opened_layer_is_a_box_a_neuron_and_an_opened_neuron_is_drawn_by_its_nodes():
    C = iris()
    graph = Reading(C)
    places = groups(graph, {3})
    assert {place.box for place in places.values()} >= {("neuron", 3, 1), ("neuron", 3, 2), ("neuron", 3, 3)}
    places = groups(graph, collapsed(C, "a3_2").opened)
    own = {"w3_2_1", "w3_2_2", "w3_2_3", "b3_2", "z3_2", "a3_2"}
    assert not any(graph.ids[node] in own for node in places)


def test_parameters_with_a_penalty_are_a_box_of_their_own():
    net = MLP(4, [3, 3], seed=1)
    C = mean_cost(net, [([1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 0.0])], quadratic, 0.5)
    places = groups(Reading(C))
    assert places[net["w2_1_1"]].box != places[net["b2_1"]].box


# What is typed, and errors.

def test_what_is_typed_is_the_same_part():
    C = iris()
    pairs = [
        ("around:w2_1_1:2", around(C, "w2_1_1", 2)), ("around:z2_1", around(C, "z2_1")),
        ("between:w2_1_1:C", between(C, "w2_1_1", "C")), ("between:x1", between(C, "x1")),
        ("above:3", above(C, 3)), ("collapsed", collapsed(C)), ("collapsed:3:a3_1", collapsed(C, 3, "a3_1")),
    ]
    for text, part in pairs:
        assert part_of(C, text) == part
    assert str(around(C, "w2_1_1", 1)) == "w²₁₁ and what is within 1 step of it"


@pytest.mark.parametrize("text, message", [
    ("around", "expected a part, around:NODE:STEPS"),
    ("around:w2_1_1:x", "expected a number of steps, 0 or more; got 'x'"),
    ("around:w2_1_1:-1", "expected a number of steps"), ("above:", "expected a number of steps"),
    ("nothing", "expected a part, around:NODE:STEPS"),
    ("collapsed:wrong", "expected the number of a layer, or a neuron"),
    ("between:w2_1_1:b3_1", "w²₁₁ has no path to b³₁"),
])
def test_a_part_that_cannot_be_is_one_line(text, message):
    with pytest.raises(UsageError) as caught:
        part_of(iris(), text)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_an_unknown_name_is_told_the_nearest():
    with pytest.raises(UnknownName, match=r"named zz2_1 \(did you mean z2_1\?\)"):
        around(iris(), "zz2_1")
    with pytest.raises(UnknownName, match="does not depend on"):
        around(iris(), Value(1.0, "other"))


def test_a_part_changes_nothing():
    C = batch()
    before = [(node.data, node.grad, node.label, node.operands) for node in topological_order(C)]
    for part in (around(C, "w2_1_1", 2), between(C, "w2_1_1"), above(C, 2), collapsed(C, 2)):
        assert part.root is C
    assert before == [(node.data, node.grad, node.label, node.operands) for node in topological_order(C)]


def test_the_paths_of_a_deep_graph_are_counted_without_walking_them():
    x = Value(1.0, "x")
    root = x
    for _ in itertools.repeat(None, 200):
        root = root * root * 0.5
    ways, count = strongest(between(root, x), x, root)
    assert (len(ways), count) == (5, 10**15)
