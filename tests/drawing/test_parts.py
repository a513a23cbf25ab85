"""A part that is drawn shows the numbers of the whole graph, and says what it leaves out."""

import itertools
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, cross_entropy, quadratic
from micrograd_paper.costs import mean_cost, total
from micrograd_paper.drawing.draw import MOST_ROWS, draw
from micrograd_paper.display import number_text
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import StaleGraphWarning, UsageError
from micrograd_paper.notation import Symbol
from micrograd_paper.reading.parts import above, around, between, collapsed
from micrograd_paper.reading.variables import Variables, seen_as
from micrograd_paper.stepping.steps import backward_steps
from tests.drawing.graphs import SVG, assert_is_whole, batch, iris, nodes, of_class, parsed, text_of, texts
from tests.graphs import chain
from tests.strategies import expressions, few_examples, networks

pytestmark = pytest.mark.usefixtures("nameless")


def demo():
    """The network that micrograd's own demo trains: 407 nodes."""
    C = cross_entropy(MLP(2, [16, 16, 1], seed=1).forward([0.85, -0.4]).output, [1.0])
    C.backward()
    return C


def roots():
    expression = expressions().map(lambda e: e.value([Value(x) for x in e.leaves]))
    return expression | networks().map(lambda n: quadratic(n[0].forward(n[1]).output, n[2]))


def size(drawing):
    return tuple(float(parsed(drawing).get(side)) for side in ("width", "height"))


@few_examples(10)
@given(roots(), st.data())
def test_a_part_shows_its_nodes_as_the_whole_graph_does_and_counts_what_is_cut(root, data):
    root.backward()
    node, steps = data.draw(st.sampled_from(topological_order(root))), data.draw(st.integers(0, 3))
    before = [(each.data, each.grad) for each in topological_order(root)]
    part = around(root, node, steps)
    drawing, whole = draw(part), draw(root, collapse=False)
    assert before == [(each.data, each.grad) for each in topological_order(root)]
    assert set(drawing.ids) == set(part.nodes)
    picture = parsed(drawing)
    shown, everything = nodes(picture), nodes(parsed(whole))
    for each, name in drawing.ids.items():
        assert shown[name][0].text == everything[whole.ids[each]][0].text  # the tooltip: all its numbers
    consumers = {}
    for each in topological_order(root):
        for operand in each.operands:
            consumers.setdefault(operand, set()).add(each)
    cut = set()
    for each in part.nodes:
        for is_above, others in ((False, set(each.operands)), (True, consumers.get(each, set()))):
            hidden = frozenset(others - set(part.nodes))
            cut |= {(is_above, hidden)} if hidden else set()
    pills = sorted(text_of(texts(stub)[0]) for stub in of_class(picture, "stub"))
    assert pills == sorted(f"{len(hidden):,} more" for _, hidden in cut)
    assert f"{len(part.nodes):,} of {len(topological_order(root)):,} nodes" in text_of(of_class(picture, "note")[0])


def test_what_the_part_is_about_has_a_ring_and_the_heading_names_it():
    picture = parsed(draw(around(iris(), "w2_1_1", 2)))
    assert [row.get("id") for row in nodes(picture).values() if of_class(row, "ring")] == ["w2_1_1"]
    assert text_of(of_class(picture, "symbol")[0]) == "w211"
    assert picture[0].text == "w²₁₁ and what is within 2 steps of it"
    assert text_of(of_class(picture, "note")[0]).startswith("11 of 47 nodes of C = ")
    stubs = {text_of(texts(stub)[0]): stub[0].text for stub in of_class(picture, "stub")}
    assert stubs["3 more"] == "not drawn: z³₁, z³₂, z³₃"
    assert draw(around(iris(), "w2_1_1", 2), title="mine").svg.count("mine") == 2


def test_a_stub_is_not_a_gradient_that_is_not_computed():
    legend = text_of(of_class(parsed(draw(around(iris(), "w2_1_1", 2))), "legend")[0])
    assert "not computed" not in legend


def test_the_chain_rule_is_a_line_a_path_with_its_product_and_their_sum():
    C = iris()
    picture = parsed(draw(between(C, "w2_1_1")))
    shown = [text_of(text) for text in texts(of_class(picture, "graph")[0])]
    assert shown.count("×") == 3 * 4 and shown.count("=") == 3
    w = next(node for node in topological_order(C) if str(node.label) == "w²₁₁")
    assert shown[-2:] == ["sum over 3 paths", number_text(w.grad)]
    products = [float(shown[at + 1].replace("−", "-")) for at, text in enumerate(shown) if text == "="]
    assert sum(products) == pytest.approx(w.grad, rel=1e-3)
    assert not of_class(picture, "stub")


def test_of_many_paths_the_largest_are_written_and_the_others_summed():
    net = MLP(2, [4, 4, 3], seed=1)
    C = quadratic(net.forward([1.0, 2.0]).output, [0.0] * 3)
    C.backward()
    shown = [text_of(text) for text in texts(of_class(parsed(draw(between(C, "w2_1_1"))), "graph")[0])]
    assert shown.count("=") == 5
    rest = float(shown[shown.index("7 paths more, together") + 1].replace("−", "-"))
    products = [float(shown[at + 1].replace("−", "-")) for at, text in enumerate(shown) if text == "="]
    assert sum(products) + rest == pytest.approx(net["w2_1_1"].grad, rel=1e-3)


# Collapsed.

def test_a_large_network_is_drawn_as_its_layers_and_the_picture_says_so():
    C = demo()
    drawing = draw(C)
    picture = parsed(drawing)
    assert len(topological_order(C)) == 407
    note = text_of(of_class(picture, "note")[0])
    assert note == ("407 nodes in 6 boxes · collapse=False draws all · value and gradient of several nodes are norms")
    wide, high = size(drawing)
    assert wide <= 1600 and high <= 1200
    assert len(nodes(parsed(draw(C, collapse=False)))) == 407


def test_a_group_shows_how_many_it_is_and_norms():
    C = demo()
    net = {str(node.label): node for node in topological_order(C)}
    row = next(row for row in of_class(parsed(draw(C)), "group") if row.get("id") == "W3")
    weights = [node for name, node in net.items() if name.startswith("w³")]
    assert [text_of(text) for text in texts(row)] == [
        "×", "W3", "16 × 16", number_text(math.hypot(*(w.data for w in weights)), 3),
        number_text(math.hypot(*(w.grad for w in weights)), 3),
    ]
    assert "256 nodes" in row[0].text


@few_examples(10)
@given(networks(), st.sets(st.integers(2, 4)))
def test_every_node_of_a_collapsed_graph_is_counted_once(network, opened):
    net, x, y = network
    C = quadratic(net.forward(x).output, y)
    C.backward()
    picture = parsed(draw(collapsed(C, *opened)))
    rows = [row for row in picture.iter() if {"node", "group"} & set((row.get("class") or "").split())]
    counts = [int(re.match(r"([\d,]+) nodes", row[0].text)[1].replace(",", "")) for row in of_class(picture, "group")]
    hidden = [int(match[1]) for row in rows for match in [re.search(r"^(\d+) more node", row[0].text, re.M)] if match]
    assert len(rows) - len(counts) + sum(counts) + sum(hidden) == len(topological_order(C))


def test_gradients_that_are_not_computed_have_no_norm():
    C = cross_entropy(MLP(2, [16, 16, 1], seed=1).forward([0.85, -0.4]).output, [1.0])
    picture = parsed(draw(C))
    assert not of_class(of_class(picture, "graph")[0], "gradient")


def test_an_opened_layer_shows_a_neuron_a_row_and_an_opened_neuron_its_nodes():
    drawing = draw(collapsed(demo(), 3, "a3_5"))
    found = nodes(parsed(drawing))
    assert {f"a3_{j}" for j in range(1, 17)} <= set(found)
    assert {"w3_5_16", "b3_5", "z3_5"} <= set(found) and "w3_4_1" not in found
    assert [text_of(text) for text in texts(found["a3_4"])][2:3] == ["0.6519"]
    assert "∂C/∂z³₄" in found["a3_4"][0].text
    wide, high = size(drawing)
    assert wide <= 1650 and high <= 1300


def test_a_graph_in_which_nothing_is_alike_shows_its_upper_end():
    before = root = Value(0.5, "v")
    for i in range(1000):
        before, root = root, (root * before + 0.1 * i).sin()
    drawing = draw(root)
    note = text_of(of_class(parsed(drawing), "note")[0])
    assert re.match(r"\d+ of 4,001 nodes of", note)
    assert root in drawing.ids and len(drawing.ids) <= MOST_ROWS
    assert of_class(parsed(drawing), "stub")


def run_of(operations, x):
    for i in range(operations):
        x = x * 1.01 if i % 2 else x + 0.5
    x.label = "C"
    return x


@pytest.mark.parametrize("operations, screens", [(30, 1), (64, 1), (1_000, 4)])
def test_a_chain_is_a_ledger_that_is_read_downwards_and_goes_on_at_the_top_of_the_next_column(operations, screens):
    root = run_of(operations, Value(1.0, "x"))
    drawing = draw(root)
    picture = parsed(drawing)
    wide, high = size(drawing)
    assert math.ceil(wide / 1_600) * math.ceil(high / 1_200) <= screens
    assert not of_class(picture, "note")  # all of it is drawn
    assert_is_whole(picture, root)
    tops = [box.findall(f"{SVG}rect")[-1].get("y") for box in of_class(picture, "operation-box")
            if "box" in box.get("class").split()]
    assert len(set(tops)) == 1
    with_constants = [text_of(text) for text in texts(picture) if "operator" in (text.get("class") or "")]
    assert with_constants.count("+ 0.5") == operations // 2 and with_constants.count("× 1.01") == operations // 2


def test_what_is_used_twice_or_takes_two_things_ends_a_run():
    first = run_of(10, Value(1.0, "x"))
    root = run_of(10, first * first.tanh())
    picture = parsed(draw(root))
    assert_is_whole(picture, root)
    runs = [box for box in of_class(picture, "box") if len(of_class(box, "node")) == 10]
    assert len(runs) == 2


def test_a_square_goes_on_in_its_run_and_its_local_derivative_is_that_of_both_factors():
    root = Value(1.5, "x")
    for _ in range(4):
        root = (root * root) * 0.5
    picture = parsed(draw(root, derivatives=True))
    assert_is_whole(picture, root)
    [box] = [box for box in of_class(picture, "box") if len(of_class(box, "node")) == 8]
    written = [[text_of(part) for part in of_class(row, "partial")] for row in of_class(box, "node")]
    assert written[:2] == [["0.5"], [number_text(2 * 0.5 * 1.5**2)]]


@pytest.mark.slow
def test_graphs_of_a_hundred_thousand_nodes_are_drawn_collapsed():
    drawing = draw(chain(100_000), seconds=600)
    assert "100,002 nodes in" in text_of(of_class(parsed(drawing), "note")[0])


def test_a_part_is_drawn_of_a_graph_that_is_too_large_for_all_of_it():
    root = chain(20_000)
    assert len(draw(above(root, 3), seconds=600).ids) == 5
    with pytest.raises(UsageError, match="this part has 10,002 nodes, more than 5,000: draw a smaller part of it"):
        draw(above(root, 10_000), seconds=600)


def test_a_node_of_many_operands_is_cut_to_one_pill():
    x = [Value(1.0) for _ in range(20_000)]
    picture = parsed(draw(above(total(x), 0), seconds=600))
    assert [text_of(texts(stub)[0]) for stub in of_class(picture, "stub")] == ["20,000 more"]


def test_a_part_has_no_other_detail():
    with pytest.raises(UsageError, match='a part is drawn in operations; detail="layers" draws the whole network'):
        draw(around(iris(), "w2_1_1"), detail="layers")


def test_the_examples_of_a_batch_are_told_apart_in_a_part():
    picture = parsed(draw(around(batch(), "z2_1__2", 1)))
    assert {"z2_1__2", "a2_1__2", "x1__2", "w2_1_1", "b2_1"} <= set(nodes(picture))


def test_the_heading_of_a_collapsed_graph_names_the_variable_that_holds_it():
    loss = Value(0.0)
    for k in range(60):
        loss = loss + (Value(0.1 * k) * 2.0 - 1.0) ** 2
    with seen_as(Variables({"loss": loss})):
        drawing = draw(loss)
    heading = [text_of(element) for element in of_class(parsed(drawing), "heading")]
    assert "".join(heading) == f"loss= {number_text(loss.data)}" and "421 nodes in 1 box · collapse" in drawing.svg


@pytest.mark.parametrize("examples, outputs", [(12, 1), (20, 2)])
def test_a_batch_folds_to_its_layers_and_one_cost(examples, outputs):
    net = MLP(2, [3, outputs], seed=1)
    data = [([i / examples, 1 - i / examples], [float(i % 2)] * outputs) for i in range(examples)]
    C = mean_cost(net, data, "quadratic")
    C.backward()
    drawing = draw(C)
    assert len(of_class(parsed(drawing), "box")) == 4 and size(drawing)[1] < 400
    [costs] = [row for row in of_class(parsed(drawing), "group") if f"{examples} nodes" in row[0].text
               and "cost" in row.get("class")]
    each = [node for node in topological_order(C) if str(node.label).startswith("C⁽")]
    assert number_text(math.hypot(*(node.data for node in each)), 3) in [text_of(text) for text in texts(costs)]


def test_a_part_is_titled_by_the_names_of_the_program(monkeypatch):
    w = [Value(0.5), Value(-1.0)]
    loss = (w[0] * 2.0 + w[1]).tanh()
    with seen_as(Variables({"w": w, "loss": loss})):
        for part, title in ((between(loss, w[0]), "w[0] → loss: the chain rule on every path"),
                            (above(loss, 1), "loss and what is at most 1 step below it")):
            assert parsed(draw(part)).find(f"{SVG}title").text == title


@few_examples(5)
@given(st.integers(12, 60))
def test_a_sum_of_many_terms_is_one_ledger_of_its_additions_between_two_nodes(terms):
    w, loss = Value(0.5, "w"), Value(0.0)
    for k in range(terms):
        loss = loss + (w * (k / 10) - 1.0).tanh() ** 2
    loss.backward()
    drawing = draw(between(loss, w))
    picture = parsed(drawing)
    additions = [box for box in of_class(picture, "box") if len(of_class(box, "node")) > 1]
    rows = [row for box in additions for row in of_class(box, "node")]
    assert len(rows) == terms and {text_of(texts(row)[0]) for row in rows} == {"+"}
    assert set(drawing.ids) == set(between(loss, w).nodes)
    assert len(additions) == math.ceil(terms / 40)
    assert "1" in [text_of(text) for text in of_class(rows[0], "partial")]  # what a row passes to the next


def test_long_products_are_shown_without_factors_of_one_and_in_part():
    x = Value(1.0, "x")
    y = x
    for _ in range(30):
        y = y * 2.0 + 0.1
    y.label = "y"
    picture = parsed(draw(between(y, x)))
    table = [text_of(text) for text in of_class(picture, "graph")[0] if text.tag == f"{SVG}text"]
    assert "".join(table[: table.index("=")]) == "2×2×2×2×(23 more)×2×2×2"
    assert number_text(2.0**30) in table and table[-1].startswith("Factors of 1 are left out")


@few_examples(8)
@given(st.integers(9, 40), st.integers(9, 14), st.data())
def test_of_many_alike_boxes_and_terms_the_first_the_focus_and_the_last_are_drawn(inputs, neurons, data):
    C = quadratic(MLP(inputs, [neurons, 2], seed=1).forward([0.1] * inputs).output, [1.0, 0.0])
    C.backward()
    j, k = data.draw(st.integers(1, neurons)), data.draw(st.integers(1, inputs))
    part = around(C, f"w2_{j}_{k}", 2)
    drawing = draw(part)
    picture = parsed(drawing)
    drawn, groups = nodes(picture), of_class(picture, "group")
    assert {f"w2_{j}_{i}" for i in (1, k, inputs)} | {f"x{i}" for i in (1, k, inputs)} <= set(drawn)
    counts = [int(re.match(r"([\d,]+) nodes", row[0].text)[1].replace(",", "")) for row in groups]
    assert len(drawn) + sum(counts) == len(part.nodes)  # each in one place
    for row, count in zip(groups, counts):
        assert [text_of(text) for text in texts(row)][:2] == ["⋮", f"{count} more"]
    hidden = [Symbol("w", 2, (j, i)) for i in range(1, inputs + 1) if f"w2_{j}_{i}" not in drawn]
    weights = {node.label: node for node in part.nodes}
    shown = {text_of(of_class(row, "value")[0]) for row in groups if "weight" in row.get("class")}
    runs = [[*run] for _, run in itertools.groupby(hidden, lambda name: name.indices[1] > k)]
    assert shown == {number_text(math.hypot(*[weights[name].data for name in run]), 3) for run in runs}
    assert size(drawing)[1] < 700


def test_a_node_of_many_leaves_is_drawn_with_the_first_and_the_last():
    x = [Value(float(i), f"x[{i}]") for i in range(2_000)]
    picture = parsed(draw(around(total(x), x[700], 2)))
    drawn = [text_of(texts(row)[0]) for row in nodes(picture).values()]
    assert drawn[:3] == ["x[0]", "x[700]", "x[1999]"]
    assert [text_of(texts(row)[1]) for row in of_class(picture, "group")] == ["699 more", "1,298 more"]


@pytest.mark.parametrize("direction", ["right", "down"])
def test_steps_of_a_recurrence_that_are_named_as_one_layer_are_not_put_in_one_box(direction):
    a = Value(0.5, "x1")
    for j in range(1, 30):
        z = Value(0.1 * j, f"w2_{j}_1") * a + Value(0.1, f"b2_{j}")
        z.label = f"z2_{j}"
        a = z.tanh()
        a.label = f"a2_{j}"
    C = (a - 1.0) ** 2
    C.label = "C"
    C.backward()
    for part in (C, above(C, 30), around(C, "z2_15", 20), collapsed(C), between(C, "w2_3_1")):
        picture = parsed(draw(part, direction=direction))
        assert "C" in nodes(picture) or "z2_15" in nodes(picture)


@pytest.mark.parametrize("step", [1, 100, 440, 640])
def test_the_middle_of_a_pass_of_a_large_graph_opens_the_neurons_of_the_step(step):
    C = demo()
    last = list(backward_steps(C))[step - 1]
    drawing = draw(C, step=step)
    picture = parsed(drawing)
    marks = of_class(picture, "current-step")[0]
    assert [mark.get("class") for mark in marks][-2:] == ["current-operand", "current-node"]
    assert {last.node, last.operand} <= set(drawing.ids)
    wide, high = size(drawing)
    assert wide <= 1_650 and high <= 1_300


def test_of_an_opened_neuron_of_many_weights_the_ends_and_that_of_the_step_are_drawn():
    C = quadratic(MLP(64, [20, 2], seed=1).forward([k / 64 for k in range(64)]).output, [1.0, 0.0])
    C.backward()
    steps = list(backward_steps(C))
    at = next(i for i, step in enumerate(steps, start=1) if str(step.operand.label) == "w²₃,₁₇")
    drawing = draw(C, step=at)
    weights = [name for name in nodes(parsed(drawing)) if name.startswith("w2_3_")]
    assert weights == ["w2_3_1", "w2_3_17", "w2_3_64"]


def test_a_row_of_many_says_in_the_middle_of_a_pass_how_many_gradients_there_are():
    w, loss = Value(0.5, "w"), Value(0.0)
    for k in range(40):
        loss = loss + (w * (k / 10) - 1.0).tanh() ** 2
    steps = list(backward_steps(loss))
    for at in (1, 50, 120, len(steps)):
        reached = {step.operand for step in steps[:at]}
        rows = {text_of(texts(row)[0]): row for row in of_class(parsed(draw(loss, step=at)), "group")}
        there = len([node for node in reached if node.op is not None and node.op.symbol == "tanh"])
        said = f"{there}/40" if 0 < there < 40 else "–" if not there else None
        shown = [text_of(mark) for mark in [*of_class(rows["tanh"], "gradient"), *of_class(rows["tanh"], "absent")]]
        assert shown == [said] if said else "/" not in shown[0]
        if 0 < there < 40:
            assert f"gradients of {there} are computed" in rows["tanh"][0].text


def test_gradients_of_then_have_no_colour_in_a_strip_either():
    C = demo()
    topological_order(C)[0].data = 3.0
    for part in (C, collapsed(C, 3)):
        with pytest.warns(StaleGraphWarning):
            picture = of_class(parsed(draw(part)), "graph")[0]
        assert not [mark for mark in picture.iter() if re.match("(plus|minus)-|zero", mark.get("class") or "")]
