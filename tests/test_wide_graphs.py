"""Work grows with the number of edges, not with its square: where a node has many operands, or an operand many uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Op, Value, apply, compare, explore, gradcheck, quadratic, unroll
from micrograd_paper.comparing import gradcheck as gradcheck_module
from micrograd_paper.costs import total
from micrograd_paper.drawing.draw import draw
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import UsageError
from micrograd_paper.nn import weighted_sum
from micrograd_paper.reading.reading import Reading
from micrograd_paper.stepping.steps import backward_steps, forward_steps
from tests.drawing.graphs import nodes, of_class, parsed, text_of
from tests.strategies import expressions, few_examples, networks

pytestmark = pytest.mark.usefixtures("nameless")


class Counted(tuple):
    """Operands that count how many of them are looked at."""

    looked_at = 0

    def __iter__(self):
        for each in super().__iter__():
            Counted.looked_at += 1
            yield each

    def __contains__(self, thing):
        Counted.looked_at += len(self)
        return super().__contains__(thing)

    def __getitem__(self, key):
        found = super().__getitem__(key)
        Counted.looked_at += len(found) if isinstance(key, slice) else 1
        return found

    def index(self, *arguments):
        Counted.looked_at += len(self)
        return super().index(*arguments)


WIDE = Op("wide", "wide", lambda *terms: sum(terms), lambda result, *terms: (1.0,) * len(terms))


def named(count, name):
    return [Value(0.5, f"{name}{i}") for i in range(count)]


def chained(count):
    C, x = Value(1.0), Value(2.0, "x")
    for _ in range(count):
        C = C + x
    return C


GRAPHS = {
    "one x": lambda n: total([Value(2.0, "x")] * n),
    "many x": lambda n: total(named(n, "x")),
    "one w": lambda n: weighted_sum([Value(2.0, "w")] * n, [Value(3.0, "x")] * n, Value(1.0, "b")),
    "many w": lambda n: weighted_sum(named(n, "w"), named(n, "x"), Value(1.0, "b")),
    "one y": lambda n: quadratic([Value(0.5, "a")] * n, [Value(1.0, "y")] * n),
    "user-defined": lambda n: apply(WIDE, *named(n, "x")),
    "user-defined, one x": lambda n: apply(WIDE, *[Value(2.0, "x")] * n),
}
TOOLS = {
    "draw": lambda C: draw(C, seconds=600, collapse=False),
    "draw with derivatives": lambda C: draw(C, derivatives=True, seconds=600, collapse=False),
    "steps": lambda C: [step.text for steps in (forward_steps(C), backward_steps(C)) for step in steps],
    "unroll": unroll,
    "gradcheck": gradcheck,
    "str": str,
}
FEW = 150  # more than the lines that are drawn into one row


def looked_at(tool, C):
    for node in topological_order(C):
        node.operands = Counted(node.operands)
    before = Counted.looked_at
    tool(C)
    return Counted.looked_at - before


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("tool", TOOLS)
def test_work_grows_with_the_number_of_edges(tool, graph):
    once, twice = (looked_at(TOOLS[tool], GRAPHS[graph](n)) for n in (FEW, 2 * FEW))
    assert twice <= 2.2 * once + 100


def test_other_ways_in_a_chain_with_one_x_are_found_at_once():
    asked = 0

    class Places(dict):
        def __getitem__(self, node):
            nonlocal asked
            asked += 1
            return super().__getitem__(node)

    reading = Reading(chained(FEW))
    reading.place = Places(reading.place)
    for node in reading.nodes:
        for position in range(len(node.operands)):
            reading.is_only_way(node, position)
    assert asked < 10 * 2 * FEW


def test_a_comparison_grows_with_the_number_of_inputs():
    def compared(n):
        forward = MLP(n, [2, 1], seed=1).forward([0.5] * n)
        C = quadratic(forward.output, [0.0])
        C.backward()
        return looked_at(lambda C: str(compare(forward, [0.0])), C)

    assert compared(2 * FEW) <= 2.2 * compared(FEW) + 100


@pytest.mark.parametrize("count, lines, shown", [(100, 100, []), (101, 1, ["×101"]), (5000, 1, ["×5,000"])])
def test_edges_for_which_there_is_no_room_are_one_line(count, lines, shown):
    C = total([Value(2.0, "x")] * count)
    drawing = draw(C)
    picture = parsed(drawing)
    assert len(of_class(picture, "edge")) == lines == len(set(drawing.edges.values()))
    assert set(drawing.edges) == {(C, position) for position in range(count)}
    assert [text_of(text) for text in of_class(picture, "partial")] == shown
    assert set(nodes(picture)) == set(drawing.ids.values())


def test_the_partial_derivatives_of_one_line_are_not_shown_but_counted():
    drawing = draw(total([Value(2.0, "x")] * 60 + [Value(3.0, "y")] * 60), derivatives=True)
    assert [text_of(text) for text in of_class(parsed(drawing), "partial")] == ["×60", "×60"]


def test_a_page_refuses_what_no_function_in_a_browser_can_take(tmp_path):
    with pytest.raises(UsageError) as caught:
        explore(total([Value(2.0, "x")] * 65_534), tmp_path / "C.html")
    assert str(caught.value) == "a page cannot compute an operation of 65,534 operands: the limit is 65,533 operands"
    assert not list(tmp_path.iterdir())


def only_ways(root):
    """Each edge, and whether the node depends on the operand without it: by walking through everything."""
    for node in topological_order(root):
        for position, operand in enumerate(node.operands):
            others = [other for place, other in enumerate(node.operands) if place != position]
            yield node, position, not any(operand in topological_order(other) for other in others)


@few_examples(50)
@given(st.one_of(
    expressions().map(lambda made: made.value([Value(x) for x in made.leaves])),
    networks().map(lambda made: quadratic(made[0].forward(made[1]).output, made[2])),
))
def test_an_edge_is_the_only_way_if_there_is_no_other_one(root):
    reading = Reading(root)
    for node, position, is_only in only_ways(root):
        assert reading.is_only_way(node, position) == is_only


@pytest.mark.parametrize("count", [50, 200])
def test_gradcheck_at_a_kink_of_many_operands_looks_at_some_and_says_so(count, monkeypatch):
    monkeypatch.setattr(gradcheck_module, "MOST_ADDED", 1000)
    given = 0

    def most(*terms):
        nonlocal given
        given += len(terms)
        return max(terms)

    op = Op("most", "most", most, lambda result, *terms: (1.0, *[0.0] * (len(terms) - 1)))
    check = gradcheck(apply(op, *[Value(1.0) for _ in range(count)]))
    assert check.ok and check.count == len(check.kinks) == 1000 // count
    assert given < 300 * 1000
    assert f"{count - check.count:,} of its {count:,} operands were not looked at" in check.verdict
