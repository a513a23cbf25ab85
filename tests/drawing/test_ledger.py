"""What is a row of what: folding, roles, layers, ids and shades, before anything is laid out."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Neuron, Value, cross_entropy, quadratic
from micrograd_paper.costs import cross_entropy_from_logits
from micrograd_paper.drawing.ledger import layer_or_end, ledger
from micrograd_paper.engine import topological_order
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.reading import Reading
from micrograd_paper.reading.symbols import symbol_of
from tests.drawing.graphs import FLOWER, atomic, batch, classic_neuron, iris
from tests.strategies import expressions, networks, symbols

pytestmark = pytest.mark.usefixtures("nameless")


def boxes(root):
    """The ids of the rows of each box."""
    return [[row.id for row in box.rows] for box in ledger(Reading(root)).boxes]


def rows(root):
    return {row.id: row for box in ledger(Reading(root)).boxes for row in box.rows}


def arrows(root):
    """(from, to): the ids of the rows that each edge joins."""
    book = ledger(Reading(root))
    return [(book.boxes[edge.source].rows[-1].id, book.boxes[edge.target].rows[edge.row].id) for edge in book.edges]


# Boxes.

def test_a_neuron_is_one_box_from_its_weights_to_its_activation():
    assert boxes(iris())[:5] == [
        ["x1"], ["x2"], ["x3"], ["x4"], ["w2_1_1", "w2_1_2", "w2_1_3", "w2_1_4", "b2_1", "z2_1", "a2_1"],
    ]
    assert boxes(iris())[-1] == ["y1", "y2", "y3", "C"]
    assert len(boxes(iris())) == 4 + 3 + 3 + 1


def test_an_input_enters_the_row_of_its_weight_and_an_output_the_row_of_its_target():
    expected = {(f"x{k}", f"w2_{j}_{k}") for j in (1, 2, 3) for k in (1, 2, 3, 4)}
    expected |= {(f"a2_{k}", f"w3_{j}_{k}") for j in (1, 2, 3) for k in (1, 2, 3)}
    expected |= {(f"a3_{j}", f"y{j}") for j in (1, 2, 3)}
    assert sorted(arrows(iris())) == sorted(expected)


def test_a_parameter_used_once_is_a_row_and_used_twice_a_box():
    net = MLP(1, [1], seed=1)
    once = quadratic(net.forward([1.0]).output, [0.0])
    assert ["w2_1_1", "b2_1", "z2_1", "a2_1"] in boxes(once)
    twice = quadratic(net.forward([1.0]).output, [0.0]) + net["w2_1_1"] ** 2
    assert ["w2_1_1"] in boxes(twice)
    assert ["b2_1", "z2_1", "a2_1"] in boxes(twice)


def test_the_weights_of_a_batch_are_boxes_that_enter_each_example():
    assert ["w2_1_1"] in boxes(batch())
    assert ["z2_1__1", "a2_1__1"] in boxes(batch())
    assert {("w2_1_1", f"z2_1__{i}") for i in (1, 2, 3)} <= set(arrows(batch()))


def test_in_an_atomic_network_the_weight_is_a_row_of_its_product_and_the_bias_of_its_sum():
    found = boxes(atomic())
    assert ["b2_1", "z2_1", "a2_1"] in found
    product = next(box for box in found if box[0] == "w2_1_1")
    assert len(product) == 2
    assert ("x1", "w2_1_1") in arrows(atomic())


def test_in_a_graph_that_is_no_network_every_node_is_a_box():
    assert all(len(box) == 1 for box in boxes(classic_neuron()))


def test_a_constant_before_a_minus_is_no_row():
    """Rows read "− 1": in 1 − a that would be the wrong way round."""
    a = MLP(1, [1], seed=1).forward([1.0]).output[0]
    assert ["n1"] in boxes(1 - a)
    assert ["n1", "n2"] in boxes(a - 1)


@pytest.mark.parametrize("cost, sign", [(quadratic, "−"), (cross_entropy, "ln")])
def test_the_target_of_a_cost_is_its_row(cost, sign):
    assert rows(iris(cost))["y1"].operator == sign


def test_a_cost_of_logits_begins_where_z_ends():
    net = MLP(2, [1], seed=1)
    C = cross_entropy_from_logits(net.forward([1.0, 2.0]).z[2], [1.0])
    assert boxes(C)[-2:] == [["w2_1_1", "w2_1_2", "b2_1", "z2_1"], ["y1", "C"]]
    assert arrows(C)[-1] == ("z2_1", "y1")


def test_a_neuron_without_names_is_folded_by_the_places_of_its_operands():
    found = ledger(Reading(Neuron(2)([1.0, 2.0]))).boxes
    assert [[row.role for row in box.rows] for box in found] == [
        ["input"], ["input"], ["weight", "weight", "bias", "weighted-input"], ["result"],
    ]


def roots_of_all_kinds():
    expression = expressions().map(lambda e: e.value([Value(x) for x in e.leaves]))
    return expression | networks().map(lambda n: quadratic(n[0].forward(n[1]).output, n[2]))


@given(roots_of_all_kinds())
def test_every_node_is_one_row_and_every_operand_an_edge_or_in_the_box(root):
    graph = Reading(root)
    book = ledger(graph)
    ids = [row.id for box in book.boxes for row in box.rows]
    assert sorted(ids) == sorted(graph.ids[node] for node in topological_order(root))
    box_of = {row.id: i for i, box in enumerate(book.boxes) for row in box.rows}
    last = {box.rows[-1].id for box in book.boxes}
    between = [
        (box_of[graph.ids[operand]], box_of[graph.ids[node]])
        for node in topological_order(root) for operand in node.operands
    ]
    assert sorted((edge.source, edge.target) for edge in book.edges) == sorted((a, b) for a, b in between if a != b)
    for node in topological_order(root):  # what leaves a box leaves its last row
        outside = any(box_of[graph.ids[user]] != box_of[graph.ids[node]] for user in graph.consumers[node])
        assert not outside or graph.ids[node] in last


# Roles, layers, names.

@pytest.mark.parametrize("name, role", [
    ("x1", "input"), ("a2_1", "activation"), ("w2_1_1", "weight"), ("b2_1", "bias"), ("z²₁", "weighted-input"),
    ("y1", "target"), ("w₁₂", "weight"), ("a", "input"), ("v0", "input"), ("z", "input"), ("C", "input"),
])
def test_a_label_says_the_role(name, role):
    graph = Reading(Value(1.0, name) * Value(1.0))
    assert graph.roles[graph.nodes[0]] == role
    assert graph.roles[graph.nodes[1]] == "unnamed-leaf"


def test_letters_alone_are_no_weights():
    """In a·b + c, b is no bias."""
    graph = Reading(Value(1.0, "a") * Value(2.0, "b") + Value(3.0, "c"))
    assert [graph.roles[node] for node in graph.nodes] == ["input", "input", "operation", "input", "result"]


def test_the_last_letter_counts_where_neurons_are_meant():
    graph = Reading(Value(1.0, "w") * Value(2.0, "x") + Value(3.0, "b"))
    assert [graph.roles[node] for node in graph.nodes] == ["weight", "input", "operation", "bias", "result"]


@given(symbols)
def test_a_symbol_is_found_in_each_of_its_texts(symbol):
    assert symbol_of(symbol) == symbol
    assert symbol_of(str(symbol)) == symbol
    assert symbol_of(symbol.ascii) == symbol


@pytest.mark.parametrize("label", ["x01", "x٣", "w 1", "", "x1.5", "<script>", "x" + "1" * 5000, None, 7, "w2_1_"])
def test_what_would_come_out_changed_is_no_symbol(label):
    assert symbol_of(label) is None


@pytest.mark.parametrize("symbol", [
    Symbol("<b>", 2, (1,)), Symbol("w", "2", (1,)), Symbol("w", 2, ("1",)), Symbol("w", 2, 5), Symbol(7),
    Symbol("w", 2, (10**5000,)), Symbol("w" * 10000, 2), Symbol("", 2, (1,)), Symbol("w", 2, (1,) * 1000),
], ids=range(9))
def test_a_symbol_that_holds_anything_is_shown_as_text(symbol):
    row = rows(Value(1.0, symbol))["node"]
    assert isinstance(row.name, str)
    assert 0 < len(row.name) <= 40


def test_the_second_weight_of_a_neuron_is_written_below():
    assert symbol_of("w2") == Symbol("w", None, (2,))
    assert symbol_of(Symbol("W", 2)) == Symbol("W", 2)


def test_nodes_without_a_label_belong_to_the_layer_they_lead_to():
    graph = Reading(atomic())
    products = [node for node in graph.nodes if node.op and node.op.name == "multiply"]
    titles = [graph.layer_title(layer_or_end(graph, node)) for node in products]
    assert sorted(titles) == ["cost"] + ["layer 2"] * 6 + ["layer 3 · output"] * 2


def test_inputs_that_are_values_of_ones_own_stand_with_the_inputs():
    x = [Value(1.0, "sepal"), Value(2.0)]
    graph = Reading(MLP(2, [1], seed=1).forward(x).output[0])
    assert [graph.layer_title(graph.layers[value]) for value in x] == ["inputs", "inputs"]


# Gradients.

@pytest.mark.parametrize("gradient, shade", [
    (1.0, 4), (-1.0, -4), (0.32, 4), (0.31, 3), (-0.11, -3), (0.09, 2), (0.032, 2), (-0.03, -1), (0.011, 1),
    (0.009, 0), (0.0, 0), (1e308, 4), (math.inf, None), (-math.inf, None), (math.nan, None),
])
def test_a_shade_is_a_step_of_the_largest_gradient_but_the_roots(gradient, shade):
    x, largest = Value(1.0, "x1"), Value(1.0, "x2")
    root = x + largest
    root.grad, x.grad, largest.grad = 1000.0, gradient, 1.0
    found = rows(root)
    assert found["x1"].shade == shade
    assert found["x2"].shade == 4
    assert found["n1"].shade == 0
    assert ledger(Reading(root)).largest == 1.0


def test_without_a_gradient_at_the_root_there_is_none():
    x = Value(1.0, "x1")
    root = x * 2.0
    x.grad = 3.0  # of another graph
    assert rows(root)["x1"].gradient is None
    assert ledger(Reading(root)).largest is None


def test_delta_is_the_gradient_of_a_weighted_input():
    found = rows(iris())
    assert {name: row.delta for name, row in found.items() if row.delta} == {
        f"z{l}_{j}": Symbol("delta", l, (j,)) for l in (2, 3) for j in (1, 2, 3)
    }


@given(st.permutations(range(4)))
def test_ids_do_not_depend_on_the_numbers(order):
    values = [FLOWER[i] for i in order]
    C = quadratic(MLP(4, [3, 3], seed=order[0]).forward(values).output, [1.0, 0.0, 0.0])
    assert boxes(C) == boxes(iris())
