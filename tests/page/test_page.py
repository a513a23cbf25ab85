"""The page as a file: it is whole, needs and allows nothing else, and leaves the graph as it was."""

import json
import re
from fractions import Fraction
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, explore, quadratic
from micrograd_paper.drawing.style import COLOURS, contrast
from micrograd_paper.engine import apply, topological_order
from micrograd_paper.errors import FileError, LayoutError, UsageError
from micrograd_paper.operations import TABLE, Op
from micrograd_paper.page import explore as page_module
from micrograd_paper.page.explore import ACCENT, FAILURES, message, page, sha256
from tests.drawing.graphs import batch, iris
from tests.graphs import bits
from tests.strategies import expressions, few_examples, networks


class Elements(HTMLParser):
    """Every element's attributes, and the texts of scripts and styles."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self.inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.inside = tag in ("script", "style")
        if self.inside:
            self.texts.append((tag, dict(attributes), ""))

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            tag, attributes, before = self.texts.pop()
            self.texts.append((tag, attributes, before + data))


def data_of(text):
    return json.loads(next(data for tag, attributes, data in Elements(text).texts if attributes.get("id") == "graph"))


def test_the_page_of_the_iris_network_is_one_file_of_less_than_200_kilobytes(tmp_path):
    path = explore(iris(), tmp_path / "backprop.html")
    assert path == (tmp_path / "backprop.html").absolute()
    assert 50_000 < path.stat().st_size < 200_000
    assert list(tmp_path.iterdir()) == [path]


def test_the_page_names_no_other_file_and_no_address():
    for tag, attributes in Elements(page(iris())).elements:
        assert not {"src", "href", "style", "onclick", "onload", "srcset"} & set(attributes), (tag, attributes)
        assert tag not in ("link", "iframe", "object", "img")
    assert set(re.findall(r"https?://[^\s\"'<]*", page(iris()))) == {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}


def test_the_policy_forbids_all_but_the_pages_own_scripts_and_styles():
    found = Elements(page(iris()))
    (policy,) = [attributes["content"] for tag, attributes in found.elements if "http-equiv" in attributes]
    allowed = {name: rest.split() for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}
    assert allowed["default-src"] == allowed["base-uri"] == allowed["form-action"] == ["'none'"]
    assert allowed["img-src"] == ["blob:"]  # the page's own picture, on its way to a PNG
    for name, kind, count in (("script-src", "script", 1), ("style-src", "style", 2)):
        texts = [data for tag, attributes, data in found.texts if tag == kind and "type" not in attributes]
        assert sorted(allowed[name]) == sorted(f"'{sha256(text)}'" for text in texts) and len(texts) == count


@few_examples(10)
@given(networks(most_layers=2, most_neurons=3))
def test_a_page_leaves_the_graph_alone_and_is_the_same_bytes_again(network):
    net, x, y = network
    C = quadratic(net.forward(x).output, y)
    for _ in range(2):
        C.backward()  # leaves hold more than one pass gives
    before = [(bits(float(node.data)), bits(float(node.grad)), node.label) for node in topological_order(C)]
    first = page(C)
    assert [(bits(float(node.data)), bits(float(node.grad)), node.label) for node in topological_order(C)] == before
    assert page(C) == first


@few_examples(10)
@given(expressions())
def test_the_page_holds_every_number_of_the_graph_to_the_last_bit(expression):
    root = expression.value([Value(x) for x in expression.leaves])
    for node, there in zip(topological_order(root), data_of(page(root))["nodes"], strict=True):
        assert bits(float(there["data"])) == bits(float(node.data))
        assert [bits(float(x)) for x in there["partials"]] == [bits(float(x)) for x in node.partials]


def test_the_gradients_that_a_graph_holds_make_no_difference():
    with_gradients, without = iris(), iris(backward=False)
    assert page(with_gradients) == page(without)


@pytest.mark.parametrize("number", [Fraction(1, 4), 3, True, np.float32(0.25)])
def test_other_real_numbers_are_shown_as_floats(number):
    root = Value(number, "x") * 2
    assert data_of(page(root))["nodes"][0]["data"] == float(number)


def test_a_large_graph_is_refused_at_once_and_max_nodes_raises_the_limit():
    root = MLP(20, [20, 1], seed=1)([0.5] * 20)
    with pytest.raises(UsageError, match=r"a graph of \d+ nodes is too large for a page: the limit is 100 nodes"):
        page(root, max_nodes=100)
    count = len(topological_order(root))
    assert len(data_of(page(root, max_nodes=count))["nodes"]) == count
    with pytest.raises(UsageError):
        page(root, max_nodes=count - 1)


def test_a_page_that_cannot_be_written_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "page", None)
    with pytest.raises(FileError, match="there is no directory"):
        explore(iris(), tmp_path / "missing" / "page.html")
    with pytest.raises(FileError, match="it is a directory"):
        explore(iris(), tmp_path)


def test_a_page_whose_layout_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old")
    with pytest.raises(LayoutError):
        explore(batch(), path, seconds=1e-6)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("options, what", [
    ({"theme": "pink"}, "unknown theme 'pink'"), ({"title": 3}, "a title is text; got 3"),
])
def test_bad_options_are_refused_in_one_line(tmp_path, options, what):
    with pytest.raises(UsageError, match=what):
        explore(iris(), tmp_path / "page.html", **options)


@pytest.mark.parametrize("name, failure", FAILURES.items())
def test_what_the_page_says_of_a_failure_is_what_this_python_says(name, failure):
    op, operands = failure
    with pytest.raises((ArithmeticError, ValueError)) as error:
        TABLE[op].forward(*operands)
    assert message(*failure) == str(error.value)


@given(st.text(max_size=30))
@few_examples(20)
def test_no_label_and_no_title_ends_a_script_or_a_comment(label):
    root = Value(1.0, label + "</script>") * Value(2.0, "<!--" + label)
    found = Elements(page(root, title=label or "title"))
    tags = [tag for tag, _ in found.elements]
    assert tags.count("script") == 2 and tags.count("style") == 2 and tags.count("main") == 1


def test_the_name_of_an_operation_of_ones_own_does_not_come_into_the_program():
    op = Op("a\nwindow.ran = true; </script><script>", "·", lambda x: x * 2, lambda result, x: (2,))
    found = Elements(page(apply(op, Value(1.0, "x"))))
    assert [tag for tag, _ in found.elements].count("script") == 2
    assert not any("window.ran" in text for tag, attributes, text in found.texts if "type" not in attributes)


def test_control_characters_and_direction_marks_in_titles_and_labels_are_replaced():
    bad = "a\0b\u202ec\u2028"
    root = Value(1.0, bad) + Value(2.0, bad)
    root.origin = bad
    assert not set(bad) - {"a", "b", "c"} & set(page(root, title=bad))
    (label,) = {node["label"] for node in data_of(page(Value(1.0, "x" * 10_000)))["nodes"]}
    assert len(label) <= 200


def test_every_text_of_the_panel_can_be_read():
    for theme, (accent, on_accent, error) in ACCENT.items():
        inks = COLOURS[theme]
        assert contrast(on_accent, accent) >= 4.5 and contrast(accent, inks["paper"]) >= 4.5
        for ink in (inks["ink"], inks["heading"], inks["faint"], error):
            assert min(contrast(ink, inks["frame"]), contrast(ink, inks["paper"])) >= 4.5


def test_the_origin_of_a_node_is_shown_where_it_was_recorded():
    root = Value(2.0, "x") * 3.0
    root.origin = "train.py:7, in loss"
    assert [node.get("origin") for node in data_of(page(root))["nodes"]] == [None, None, "train.py:7, in loss"]


@pytest.mark.parametrize("name", ["a.svg", "a.PNG", "a.pdf"])
def test_a_page_is_not_written_into_a_file_named_like_a_picture(name, tmp_path):
    with pytest.raises(UsageError, match=f"explore writes a page, draw a picture: .* got {name}"):
        explore(Value(1.0, "C"), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
