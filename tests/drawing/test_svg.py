"""A drawing shows every node of a graph once, whatever the graph and its labels are, and is the same on every run."""

import os
import re
import signal
import subprocess
import sys
import time
import venv
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import micrograd_paper
from micrograd_paper import MLP, Value, cross_entropy, quadratic
from micrograd_paper.drawing import dot
from micrograd_paper.drawing.svg import MAX_NODES, draw
from micrograd_paper.engine import topological_order
from micrograd_paper.errors import FileError, LayoutError, NotAValue, UsageError
from micrograd_paper.notation import find
from tests.drawing.graphs import SVG, atomic, batch, classes, classic_neuron, iris, nodes, of_class, parsed, text_of
from tests.strategies import expressions, networks

DRAWN = {"svg", "title", "desc", "style", "g", "rect", "path", "text", "tspan"}
PROJECT = Path(micrograd_paper.__file__).parent.parent


def assert_is_whole(picture, root):
    """Well-formed, nothing in it but shapes and text, each id once, each node once."""
    assert {element.tag for element in picture.iter()} <= {SVG + name for name in DRAWN}
    ids = [element.get("id") for element in picture.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", name, re.ASCII) for name in ids)
    assert len(nodes(picture)) == len(topological_order(root))


# Every node, once.

@settings(max_examples=10)
@given(expressions())
def test_every_node_of_a_random_expression_has_one_element_with_its_own_id(expression):
    root = expression.value([Value(x) for x in expression.leaves])
    root.backward()
    assert_is_whole(parsed(draw(root)), root)


@settings(max_examples=10)
@given(networks())
def test_every_node_of_a_random_network_has_one_element_named_as_in_the_paper(network):
    net, x, y = network
    C = quadratic(net.forward(x).output, y)
    picture = parsed(draw(C))
    assert_is_whole(picture, C)
    assert {symbol.ascii for symbol in net.named} <= set(nodes(picture))


@pytest.mark.parametrize("cost", [quadratic, cross_entropy])
def test_the_iris_network_shows_each_quantity_of_the_paper(cost):
    found = nodes(parsed(draw(iris(cost))))
    expected = {f"x{k}": "input" for k in range(1, 5)} | {f"y{j}": "target" for j in range(1, 4)} | {"C": "cost"}
    for l, n in ((2, 4), (3, 3)):
        for j in range(1, 4):
            expected |= {f"z{l}_{j}": "weighted-input", f"a{l}_{j}": "activation", f"b{l}_{j}": "bias"}
            expected |= {f"w{l}_{j}_{k}": "weight" for k in range(1, n + 1)}
    assert {name: classes(element)[1] for name, element in found.items()} == expected


def test_a_row_shows_operator_symbol_value_and_gradient():
    C = iris()
    w, z = find(C, "w2_1_1"), find(C, "z2_1")
    found = nodes(parsed(draw(C)))
    assert [text_of(text) for text in found["w2_1_1"].iter(f"{SVG}text")] == [
        "×", "w211", f"{w.data:.4g}".replace("-", "−"), f"{w.grad:.4g}".replace("-", "−"),
    ]
    assert [text_of(text) for text in found["z2_1"].iter(f"{SVG}text")] == [
        "Σ", "z21", f"{z.data:.4g}".replace("-", "−"), "δ21", f"{z.grad:.4g}".replace("-", "−"),
    ]


def test_the_lower_index_stands_below_the_upper_one():
    for name, shown in (("w2_1_1", ["2", "11"]), ("z2_1", ["2", "1"])):
        upper, lower = of_class(of_class(nodes(parsed(draw(iris())))[name], "symbol")[0], "script")
        assert [upper.text, lower.text] == shown
        assert float(lower.get("dx")) == pytest.approx(-0.56 * float(upper.get("font-size")), abs=0.01)
        assert float(lower.get("dy")) > float(upper.get("font-size")) * 0.8
        assert float(upper.get("dy")) < 0


def test_the_tooltip_has_the_exact_numbers_the_operation_and_the_equation():
    C = iris()
    w, z = find(C, "w2_1_1"), find(C, "z2_1")
    found = nodes(parsed(draw(C)))
    assert found["w2_1_1"][0].text.split("\n") == [
        f"w²₁₁ = {w.data!r}", "a leaf: weight", f"∂C/∂w²₁₁ = {w.grad!r}", "∂C/∂w = δ a, (24)",
    ]
    assert found["z2_1"][0].text.split("\n") == [
        f"z²₁ = {z.data!r}", "weighted_sum Σ of w²₁₁, w²₁₂, w²₁₃, w²₁₄, x₁, x₂, x₃, x₄, b²₁", f"∂C/∂z²₁ = {z.grad!r}",
        "z = Σ w a + b, (12); δ = ∂C/∂z, (15) and (21)",
    ]
    equations = {"a2_1": "(14)", "b2_1": "(23)", "z3_1": "(16)", "x1": "(12)", "y1": "(5)", "C": "(5)"}
    assert all(number in found[name][0].text for name, number in equations.items())


def test_the_layers_are_framed_and_named():
    picture = parsed(draw(iris()))
    assert [element.get("id") for element in of_class(picture, "layer")] == ["inputs", "layer-2", "layer-3", "cost"]
    assert [element.text for element in of_class(picture, "on-frame")] == [
        "inputs", "layer 2", "layer 3 · output", "cost",
    ]


def test_a_hidden_activation_is_drawn_without_an_output_layer():
    hidden = MLP(2, [2, 1], seed=1).forward([1.0, 2.0]).a[2][0]
    assert [element.text for element in of_class(parsed(draw(hidden)), "on-frame")] == ["inputs", "layer 2"]


def test_the_nodes_of_a_batch_carry_the_number_of_their_example():
    C = batch()
    picture = parsed(draw(C))
    assert_is_whole(picture, C)
    found = nodes(picture)
    assert {"x1__1", "z2_1__2", "a3_3__3", "y1__3", "C__1", "C", "w2_1_1"} <= set(found)
    assert [text_of(text) for text in found["z2_1__2"].iter(f"{SVG}text")][1] == "z21(2)"


@pytest.mark.parametrize("graph", [classic_neuron, atomic])
def test_the_graph_of_plain_operations_is_drawn(graph):
    root = graph()
    assert_is_whole(parsed(draw(root)), root)


def test_the_weighted_input_of_the_classic_neuron_is_found_by_its_place():
    found = nodes(parsed(draw(classic_neuron())))
    assert {name: classes(element)[1] for name, element in found.items()} == {
        "x1": "input", "x2": "input", "w1": "weight", "w2": "weight", "b": "bias", "n1": "operation",
        "n2": "operation", "n3": "operation", "n": "weighted-input", "o": "result",
    }
    assert text_of(of_class(found["n"], "delta")[0]) == "δ"


def test_a_graph_of_one_leaf_is_drawn():
    leaf = Value(3.0, "x1")
    picture = parsed(draw(leaf))
    assert_is_whole(picture, leaf)
    assert text_of(of_class(picture, "value")[0]) == "3"


# Numbers of every kind.

class Unprintable(Fraction):
    def __repr__(self):
        raise RuntimeError("no text")

    __str__ = __repr__


t = sympy.Symbol("t")


@pytest.mark.parametrize("number, shown", [
    (float("nan"), "nan"), (float("-inf"), "−inf"), (-1.23456e-7, "−1.235e−7"), (123456.0, "1.235e5"), (-0.0, "−0"),
    (7, "7"), (10**40, "1e40"), (10**5000, "<int>"), (True, "True"), (1 - 2j, "1−2j"), (Fraction(-1, 3), "−1/3"),
    (Fraction(10**20, 10**20 + 1), "1"), (Unprintable(1, 2), "0.5"), (sympy.Rational(1, 3), "1/3"),
    (sympy.sin(t) ** 2, "sin(t)**2"), (sympy.expand((t + 1) ** 9), "t**9 + 9*t**8 +…"),
    (numpy.array([1 / 3, -2.0]), "[0.3333, −2]"), (numpy.zeros(1000), "[0, 0, 0, 0, 0,…"),
], ids=lambda thing: thing if isinstance(thing, str) else type(thing).__name__)
def test_every_kind_of_number_is_shown_in_short(number, shown):
    leaf = Value(number, "q")
    picture = parsed(draw(leaf))
    assert_is_whole(picture, leaf)
    assert text_of(of_class(picture, "value")[0]) == shown


@pytest.mark.parametrize("number", [
    1e200, float("inf"), float("nan"), Fraction(1, 3), sympy.Symbol("t"), numpy.array([1.0, 2.0]), 1 + 2j,
])
def test_gradients_of_every_kind_are_drawn(number):
    root = Value(number, "p") * Value(number) + 1
    root.backward()
    picture = parsed(draw(root))
    assert_is_whole(picture, root)
    assert len(of_class(picture, "gradient")) == len(topological_order(root))


# Gradients.

def test_a_gradient_that_has_not_been_computed_is_a_dashed_pill():
    picture = parsed(draw(iris(backward=False)))
    count = len(nodes(picture))
    assert len(of_class(picture, "not-computed")) == count + 1  # the legend's
    assert [text.text for text in of_class(picture, "absent")] == ["–"] * (count + 1)
    assert not of_class(picture, "gradient")
    assert "stroke-dasharray" in picture.find(f"{SVG}style").text


def test_a_gradient_of_0_is_a_number():
    x = Value(2.0, "x1")
    root = x * 0.0
    root.backward()
    picture = parsed(draw(root))
    assert not of_class(picture, "not-computed")
    assert text_of(of_class(nodes(picture)["x1"], "gradient")[0]) == "0"


def test_the_legend_explains_what_occurs_and_nothing_else():
    def legend(root):
        return [text_of(text) for text in of_class(parsed(draw(root)), "legend")[0].iter(f"{SVG}text")]

    roles = ["input, activation", "weight, bias", "weighted input", "cost", "target"]
    largest = max(abs(node.grad) for node in topological_order(iris())[:-1])
    assert legend(iris()) == [*roles, "gradient", f"−{largest:.2g}", f"{largest:.2g} · a step is √10"]
    assert legend(iris(backward=False)) == [*roles, "–", "gradient not computed"]
    assert legend(Value(1.0)) == ["constant", "–", "gradient not computed"]


def test_drawing_leaves_the_graph_alone():
    C = iris()
    before = [(node.data, node.grad, node.label, node.operands) for node in topological_order(C)]
    draw(C)
    assert [(node.data, node.grad, node.label, node.operands) for node in topological_order(C)] == before


# Hostile labels.

HOSTILE = {
    "script": "<script>alert(1)</script>", "entity": "&#955; &amp; &lt;", "quotes": "\"'><g onload=\"alert(1)\">",
    "records": "{a|b}<f0>\\N\\G", "cdata": "]]><![CDATA[", "comment": "<!-- --", "emoji": "👩‍🔬 🎉", "empty": "",
    "NUL": "a\0b", "controls": "a\nb\tc\x1b[31m\x7f", "right to left": "a\u202egnp.exe\u2066", "surrogate": "a\ud800b",
    "noncharacter": "a\ufffeb\uffff", "long": "x1" * 5000, "digits": "x" + "1" * 5000, "template": "{0} %s $s ${paper}",
    "lines": "a\u2028b\u2029c", "hebrew": "שלום", "style": "</style><style>*{display:none}</style>",
}


@pytest.mark.parametrize("label", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_label_is_text(label):
    root = Value(1.0, label) * Value(2.0, label)
    root.label = label
    root.backward()
    picture = parsed(draw(root, title=label))
    assert_is_whole(picture, root)
    harmless = "".join(c for c in label if c.isprintable() or c == " ")
    for element in nodes(picture).values():
        shown = "".join(text_of(text) for text in of_class(element, "label") + of_class(element, "symbol"))
        assert len(shown) <= 40
        assert bool(shown) == bool(label)
        assert not re.search("[\0-\x1f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", text_of(element).replace("\n", ""))
        if harmless == label:
            assert shown == label or (len(label) > 40 and shown == label[:39] + "…")
            assert label in element[0].text


@settings(max_examples=10)
@given(st.lists(st.text(st.characters(), max_size=60), min_size=1, max_size=20))  # surrogates among them
def test_no_label_breaks_the_drawing(labels):
    root = Value(1.0)
    for label in labels:
        root = root + Value(1.0, label)
        root.label = label
    assert_is_whole(parsed(draw(root)), root)


def test_labels_that_are_taken_get_a_suffix():
    root = Value(1.0, "x1") + Value(2.0, "x1") + Value(3.0, "n1") + Value(4.0, "inputs") + Value(5.0, "x1-2")
    found = nodes(parsed(draw(root)))
    assert set(found) == {"x1", "x1-2", "n1", "inputs", "x1-2-2", "n1-2", "n2", "n3", "n4"}


# The same bytes, everywhere.

PROGRAM = """
import sys
from tests.drawing.graphs import atomic, batch, classic_neuron, iris
from micrograd_paper.drawing.svg import draw
for graph in (iris, atomic, batch, classic_neuron):
    sys.stdout.buffer.write(draw(graph()).svg.encode())
"""


def in_a_process(program, python=sys.executable, **environment):
    """What the program prints in an interpreter of its own, with this environment and no other."""
    packages = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run([python, "-c", program], cwd=PROJECT, env=packages | environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_two_processes_with_other_hash_seeds_and_an_empty_path_draw_the_same_bytes():
    here = "".join(draw(graph()).svg for graph in (iris, atomic, batch, classic_neuron))
    assert in_a_process(PROGRAM, PYTHONHASHSEED="1", PATH="") == here
    assert in_a_process(PROGRAM, PYTHONHASHSEED="2") == here


def test_graphviz_is_found_where_python_found_it(tmp_path):
    """In an environment of its own, with the packages on PYTHONPATH, which the layout's process does not read."""
    venv.create(tmp_path / "venv", symlinks=os.name != "nt")
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    packages = Path(dot.importlib.util.find_spec("pygraphviz").origin).parent.parent
    program = "from micrograd_paper.drawing.svg import *; print(draw(Value(1.0)).svg)"
    assert "</svg>" in in_a_process(program, python, PYTHONPATH=f"{PROJECT}{os.pathsep}{packages}", PATH="")


class Thing:
    """Prints as <… object at 0x…>."""


def test_no_memory_address_gets_into_the_drawing():
    things = Thing(), Thing()
    assert str(things[0]) != str(things[1])
    one, other = (draw(Value(1.0, thing)).svg for thing in things)
    assert one == other
    assert "Thing object" in one


# Failing.

def test_a_layout_that_takes_too_long_is_stopped_and_leaves_no_file(monkeypatch, tmp_path):
    monkeypatch.setattr(dot, "SECONDS", 0.5)
    monkeypatch.setattr(dot, "CHILD", f"""
import os, time
open({str(tmp_path / "child")!r}, "w").write(str(os.getpid()))
time.sleep(60)
""")
    began = time.monotonic()
    with pytest.raises(LayoutError, match=r"longer than 0\.5 s"):
        draw(iris()).save(tmp_path / "C.svg")
    assert time.monotonic() - began < 5
    assert not (tmp_path / "C.svg").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "child").read_text()), 0)


def test_ctrl_c_ends_a_layout(tmp_path):
    program = f"""
from micrograd_paper import Value
from micrograd_paper.drawing import dot
from micrograd_paper.drawing.svg import draw
dot.CHILD = "import time; open({str(tmp_path / "begun")!r}, 'w'); time.sleep(60)"
try:
    draw(Value(1.0)).save({str(tmp_path / "C.svg")!r})
except KeyboardInterrupt:
    print("interrupted")
"""
    running = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    while not (tmp_path / "begun").exists() and running.poll() is None:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    assert running.communicate(timeout=10)[0] == "interrupted\n"
    assert not (tmp_path / "C.svg").exists()


@pytest.mark.parametrize("child, reason", [
    ("import os; os.abort()", "status"), ("raise SystemExit('no room left')", "no room left"), ("pass", "status 0"),
])
def test_a_layout_that_fails_says_so_in_one_line(monkeypatch, child, reason):
    monkeypatch.setattr(dot, "CHILD", child)
    with pytest.raises(LayoutError, match=rf"^Graphviz could not lay out this graph: .*{reason}") as caught:
        draw(Value(1.0))
    assert "\n" not in str(caught.value)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(dot.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LayoutError, match="-m pip install pygraphviz"):
        draw(Value(1.0))


def test_more_nodes_than_the_limit_are_refused_at_once():
    root = Value(1.0)
    for _ in range(MAX_NODES):
        root = root.sin()
    with pytest.raises(UsageError, match="5,001 nodes is too large to draw: the limit is 5,000 nodes"):
        draw(root)


def test_a_deep_graph_is_drawn():
    root = Value(1.0)
    for _ in range(2000):
        root = root.sin()
    assert len(nodes(parsed(draw(root)))) == 2001


@pytest.mark.parametrize("thing", [None, 1.0, "C", MLP(1, [1])])
def test_what_is_no_value_is_refused(thing):
    with pytest.raises(NotAValue, match=f"of type {type(thing).__name__}"):
        draw(thing)


def test_an_unknown_theme_is_refused():
    with pytest.raises(UsageError, match="unknown theme 'blue': expected auto, light, dark"):
        draw(Value(1.0), theme="blue")


# A Drawing.

def test_a_drawing_is_saved_whole(tmp_path):
    drawing = draw(iris())
    drawing.save(tmp_path / "C.svg")
    assert (tmp_path / "C.svg").read_bytes() == drawing.svg.encode()
    assert [file.name for file in tmp_path.iterdir()] == ["C.svg"]


def test_a_save_that_fails_keeps_the_old_file(monkeypatch, tmp_path):
    (tmp_path / "C.svg").write_text("old")

    def no_space(*files):
        raise OSError(28, "No space left on device")

    drawing = draw(Value(1.0))
    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(FileError, match=r"C\.svg: (?i:no space left on device)"):
        drawing.save(tmp_path / "C.svg")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("C.svg", "old")]


def test_a_notebook_shows_the_drawing():
    drawing = draw(Value(1.0))
    assert drawing._repr_svg_() == drawing.svg


def test_a_screen_reader_is_told_what_the_picture_shows():
    picture = parsed(draw(iris()))
    assert picture.get("role") == "img"
    assert picture[0].tag == f"{SVG}title"
    assert picture[0].text == "The computation graph of C"
    assert picture[1].tag == f"{SVG}desc"
    assert picture[1].text.startswith("47 nodes, from left to right: 21 weight, 4 input, 6 bias, 6 weighted input, ")


def test_a_title_stands_above_the_drawing():
    picture = parsed(draw(iris(), title="One flower"))
    assert picture[0].text == "One flower"
    assert [text.text for text in of_class(picture, "heading")] == ["One flower"]
    assert not of_class(parsed(draw(iris())), "heading")


def test_the_svg_is_one_document_without_anything_from_elsewhere():
    svg = draw(iris()).svg
    assert ElementTree.fromstring(svg).tag == f"{SVG}svg"
    assert re.findall(r"https?://[^\"]*|url\([^)]*\)|@import|href", svg) == ["http://www.w3.org/2000/svg"]
