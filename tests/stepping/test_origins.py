"""record_origins: every Value made inside knows the line of the user's program that made it."""

import copy
import inspect
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given

from micrograd_paper import MLP, Value, draw, gradient, observing, quadratic
from micrograd_paper.costs import total
from micrograd_paper.engine import apply, topological_order
from micrograd_paper.errors import DomainError
from micrograd_paper.nn import weighted_sum
from micrograd_paper.operations import TABLE
from micrograd_paper.stepping.breakpoints import record_origins
from micrograd_paper.stepping.origins import Origin
from tests.graphs import values
from tests.strategies import expressions


def line():
    """The number of the line that calls this."""
    return inspect.currentframe().f_back.f_lineno


def loss(net):
    return quadratic(net.forward([1.0, 0.5]).output, [1.0]), line()


@given(expressions())
def test_every_value_has_the_line_that_made_it_however_it_was_made(expression):
    with record_origins():
        leaves, made_leaves = values(expression.leaves), inspect.getsourcelines(values)[1] + 1
        root = expression.value(leaves)
    nodes = topological_order(root)
    assert all(leaf.origin.line == made_leaves and leaf.origin.file.endswith("graphs.py") for leaf in leaves)
    assert {node.origin.file for node in nodes if node.op} == {inspect.getsourcefile(type(expression))}


def test_file_line_and_function_are_those_of_the_caller_and_not_of_the_package():
    with record_origins():
        a = Value(2.0)
        made = [a * 3, 3 / a, a**2, 2**a, -a, abs(a), a.exp(), total([a, 1.0]), weighted_sum([a], [a], 1.0), line()]
        net = MLP(2, [2, 1], seed=1)
        C, inside = loss(net)
        (slope,) = gradient(made[2], [a], create_graph=True)
    here = Origin(__file__, made.pop(), "test_file_line_and_function_are_those_of_the_caller_and_not_of_the_package")
    for node in made:
        assert {each.origin for each in topological_order(node)} == {here, here._replace(line=here.line - 1)}
    assert {parameter.origin.line for parameter in net.parameters()} == {here.line + 1}
    assert {node.origin for node in topological_order(C) if node not in net.parameters()} == {
        Origin(__file__, inside, "loss")
    }
    assert slope.origin.line == here.line + 3


def test_a_comprehension_belongs_to_the_function_around_it():
    with record_origins():
        made = [Value(x) for x in (1.0, 2.0)]
    assert {node.origin.function for node in made} == {"test_a_comprehension_belongs_to_the_function_around_it"}


def test_values_made_by_one_line_share_one_origin():
    with record_origins():
        made = [Value(float(x)) for x in range(100)]
    assert len({id(node.origin) for node in made}) == 1


def test_outside_nothing_is_recorded_and_the_observer_is_what_it_was():
    before = Value(1.0)
    with record_origins():
        inside = before * 2
        with record_origins():
            nested = before * 2
        after_nested = before * 2
    after = before * 2
    assert before.origin is None and after.origin is None and not observing.observers
    assert inside.origin and nested.origin and after_nested.origin
    with pytest.raises(ZeroDivisionError), record_origins():
        1 / before / 0.0
    assert not observing.observers


def test_an_observer_that_was_set_before_still_sees_everything():
    seen, walked = [], []

    class Watcher:
        stops, sees_new = False, True

        def made(self, node):
            seen.append(node)

        def walk(self, nodes, earlier):
            for node in nodes:
                walked.append(node)
                yield node

    watcher = Watcher()
    observing.add(watcher)
    try:
        with record_origins():
            a = Value(2.0)
            root = a * a
            root.backward()
    finally:
        observing.remove(watcher)
    assert seen == [a, root] and walked == [root, a] and root.origin and a.grad == 4.0


def test_what_other_threads_make_is_recorded_too():
    with record_origins(), ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda k: Value(float(k)), range(100)))
    assert {node.origin.file for node in made} == {__file__}
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(Value, 2.0).result().origin is None


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda node: pickle.loads(pickle.dumps(node))],
                         ids=["copy", "deepcopy", "pickle"])
def test_origins_survive_a_copy(copied):
    with record_origins():
        root = Value(2.0) * 3 + 1
    twin = copied(root)
    assert [node.origin for node in topological_order(twin)] == [node.origin for node in topological_order(root)]
    assert isinstance(twin.origin, Origin) and str(twin.origin) == str(root.origin)


def test_as_text_the_path_is_relative_below_the_current_directory_and_absolute_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = os.getcwd()
    below = os.path.join("src", "train.py")
    assert str(Origin(os.path.join(here, below), 7, "loss")) == f"{below}:7, in loss"
    assert str(Origin(os.path.join(here, "train.py"), 7, "<module>")) == "train.py:7"
    assert str(Origin(here + "_other.py", 7, "loss")) == f"{here}_other.py:7, in loss"
    assert str(Origin("<stdin>", 1, "<module>")) == "<stdin>:1"
    assert str(Origin("a\nb\x1b.py", 1, "<module>")) == "a�b�.py:1"
    monkeypatch.chdir("/")
    assert str(Origin("/train.py", 7, "<module>")) == "train.py:7"


@pytest.mark.skipif(os.name == "nt", reason="Windows does not let go of a current directory")
def test_as_text_the_path_is_absolute_where_the_current_directory_is_gone(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert str(Origin("/train.py", 7, "loss")) == "/train.py:7, in loss"


def test_an_error_of_an_operation_says_where_its_operands_were_made():
    with record_origins():
        x = Value(0.0, "x")
    place = rf"test_origins\.py:{line() - 1}, in test_an_error_"
    with pytest.raises(DomainError, match=rf"^log ln of x = 0 \(.*{place}.*\): ."):
        x.log()
    with pytest.raises(DomainError, match=r"^log ln of y = 0: ."):
        Value(0.0, "y").log()


def test_a_drawing_says_in_the_tooltips_where_nodes_were_made():
    with record_origins():
        root = apply(TABLE["multiply"], Value(2.0, "a"), Value(3.0, "b"))
    made = f"made at {root.origin}"
    assert tooltips(draw(root).svg).count(made) == 3
    root.origin = None
    assert tooltips(draw(root).svg).count(made) == 2


def tooltips(svg):
    return "".join(
        element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}title")
    )
