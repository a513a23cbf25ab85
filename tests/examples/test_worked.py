"""Every equation is worked on a real graph: its value is the graph's, and its text is the arithmetic that was done."""

import math
import re
from pathlib import Path

import pytest

from micrograd_paper import MLP, cross_entropy, quadratic
from micrograd_paper.errors import NotAValue, UnknownName, UsageError
from micrograd_paper.examples.equations_page import describe, listing, page
from micrograd_paper.examples.worked import worked
from micrograd_paper.paper import EQUATIONS
from tests.kinds.test_formula import SCOPE, read_back

PAGE = Path(__file__).parents[2] / "demos" / "equations.md"
every_equation = pytest.mark.parametrize("key", EQUATIONS)


def logistic_slope(z):
    return SCOPE["sigmoid"](z) * (1 - SCOPE["sigmoid"](z))


def evaluated(text):
    """The value of a text of numbers."""
    text = re.sub(r"(\([^()]*\)|\d+)!", r"factorial(\1)", text.replace("σ′", "slope"))
    return read_back(text, factorial=math.factorial, slope=logistic_slope)


@every_equation
def test_the_value_of_an_equation_is_the_graph_s(key):
    example = worked(key)
    assert example.components
    for value, graph in zip(example.value, example.graph, strict=True):
        assert value == pytest.approx(graph, rel=1e-12, abs=1e-15)
        assert value != 0


@every_equation
def test_the_written_text_evaluates_to_the_value(key):
    for digits, tolerance in ((17, {"rel": 1e-12}), (4, {"rel": 2e-3, "abs": 5e-5})):
        example = worked(key, digits=digits)
        for component in [*example.components, *([example.printed] if example.printed else [])]:
            for stage in component.stages[1:]:
                assert evaluated(stage) == pytest.approx(component.value, **tolerance), stage


@every_equation
def test_symbols_and_numbers_are_one_formula(key):
    for symbols, numbers in zip(worked(key).symbols, worked(key).numbers, strict=True):
        operators = [re.sub("[^·+/]", "", re.sub("∂[^·) ]*", "", text)) for text in (symbols, numbers)]
        assert operators[0] == operators[1]
        assert re.search("[a-zδ∂σ]", symbols)


def test_a_worked_example_reads_like_a_page_of_a_book():
    assert str(worked(21)) == (
        "δ²₁ = w³₁₁·δ³₁·σ′(z²₁) + w³₂₁·δ³₂·σ′(z²₁)\n"
        "    = 0.4·(−0.1201)·σ′(0.45) + (−0.3)·0.1343·σ′(0.45)\n"
        "    = 0.4·(−0.1201)·0.2378 + (−0.3)·0.1343·0.2378\n"
        "    = −0.021\n"
        "in the graph: −0.021"
    )
    assert "the first 2 of 3 components" in str(worked(22))


def test_the_form_of_10_that_the_paper_prints_gives_another_number():
    example = worked(10)
    assert example.printed.value != pytest.approx(example.graph[0], abs=0.1)
    assert example.printed.value > 1  # no activation of a sigmoid
    assert "as printed:\na²₁ = σ(x₁·w²₁₁ + b²₁) + σ(x₂·w²₁₂ + b²₁)" in str(example)


def your_own(shape=(3, 4, 2), cost=quadratic, activation="sigmoid"):
    net = MLP(shape[0], shape[1:], activation, seed=7)
    forward = net.forward([0.5, -1.0, 2.0][: shape[0]])
    cost(forward.output, [1.0, 0.0][: shape[-1]]).backward()
    return forward


@pytest.mark.parametrize("key", [8, 10, 11, 12, 13, 14, 16, "sigmoid-slope", 17, 18, 19, 20, 21, 22, 23, 24])
@pytest.mark.parametrize("cost", [quadratic, cross_entropy])
def test_an_equation_can_be_worked_on_a_network_of_one_s_own(key, cost):
    example = worked(key, your_own(cost=cost))
    assert example.value == pytest.approx(example.graph, rel=1e-12)


@pytest.mark.parametrize("key, cost", [
    (5, quadratic), (15, quadratic), ("quadratic-slope", quadratic), (15, cross_entropy), (26, cross_entropy),
    ("cross-entropy-slope", cross_entropy),
])
def test_an_equation_with_targets_takes_them_as_y(key, cost):
    example = worked(key, your_own(cost=cost), [1.0, 0.0], cost)
    assert example.value == pytest.approx(example.graph, rel=1e-12)
    with pytest.raises(UsageError, match="give them as y"):
        worked(key, your_own(cost=cost))


def test_a_wrong_graph_is_seen():
    forward = your_own()
    forward.z[2][0].grad = 0.5
    example = worked(21, forward)
    assert example.graph == (0.5,) and example.value != (0.5,)


def test_what_an_equation_cannot_be_worked_on_is_refused():
    with pytest.raises(UsageError, match="no forward"):
        worked(4, your_own())
    with pytest.raises(UsageError, match="hidden layer; the network 3-2 has none"):
        worked(21, your_own((3, 2)))
    with pytest.raises(UsageError, match="sigmoid networks; got MLP 3-4-2, tanh"):
        worked(21, your_own(activation="tanh"))
    with pytest.raises(UsageError, match="no gradients yet"):
        worked(21, MLP(2, [2], seed=1).forward([1.0, 0.0]))
    with pytest.raises(NotAValue, match="takes what"):
        worked(21, MLP(2, [2]))
    with pytest.raises(UnknownName, match="1 to 29"):
        worked(30)


def test_a_saturated_network_is_worked_too():
    net = MLP(1, [1], seed=1)
    net["w2_1_1"].data = -800.0
    forward = net.forward([1.0])
    quadratic(forward.output, [1.0]).backward()
    assert worked(16, forward).value == (0.0,)


# What is shown of all of them.

@every_equation
def test_the_description_of_an_equation_has_all_that_is_known_of_it(key):
    found, text = EQUATIONS[key], describe(key)
    assert text.startswith(f"{found.name} {found.title}")
    assert found.text in text and found.tex.splitlines()[0] in text and found.function.__name__ in text
    assert all(erratum.printed in text and erratum.meant in text for erratum in found.errata)
    assert all(note.says in text and note.condition in text for note in found.notes)
    assert worked(key).symbols[0].partition(" + ")[0] in text
    assert all(len(line) <= 122 for line in text.splitlines())


@pytest.mark.parametrize("width", [80, 100, 200])
def test_the_listing_is_no_wider_than_the_terminal_and_nothing_of_it_is_cut(width):
    text = listing(width)
    assert max(map(len, text.splitlines())) <= width
    for found in EQUATIONS.values():
        assert found.name in text and found.title in text and re.search(rf" {re.escape(found.text)}$", text, re.M)
    lines = text.splitlines()
    if width < 200:
        assert len(lines) == 2 * len(EQUATIONS) and not any(line.startswith(" ") for line in lines[::2])


def test_the_listing_has_a_line_an_equation_where_no_terminal_limits_it():
    assert len(listing().splitlines()) == len(listing(200).splitlines()) == len(EQUATIONS)
    columns = {line.index(found.title) for line, found in zip(listing(200).splitlines(), EQUATIONS.values())}
    assert len(columns) == 1
    assert all(found.text in line for line, found in zip(listing(200).splitlines(), EQUATIONS.values()))


def rounded(text):
    """The text with its decimals in three digits: C libraries differ in the last bit of exp."""
    return re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.3g}", text)


def test_the_page_in_demos_is_what_page_writes_now():
    assert rounded(PAGE.read_text(encoding="utf-8")) == rounded(page())


def test_every_link_of_the_page_leads_to_an_equation_on_it():
    anchors = set(re.findall(r'<a id="(.*?)"></a>', page()))
    links = set(re.findall(r"\]\(#(.*?)\)", page()))
    assert len(anchors) == len(EQUATIONS) and links <= anchors
    assert page().count("$$") == 2 * len(EQUATIONS) and page().count("```") == 2 * len(EQUATIONS)
