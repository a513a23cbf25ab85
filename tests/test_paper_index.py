"""The index of the paper is current, and leaves nothing out."""

import re

import pytest

from micrograd_paper.figures import FIGURES
from micrograd_paper.paper import EQUATIONS
from tests import paper_index


def test_the_index_is_what_is_generated():
    assert paper_index.PAGE.read_text(encoding="utf-8") == paper_index.page(), "python -m tests.paper_index writes it"


@pytest.mark.parametrize("key", EQUATIONS)
def test_every_equation_has_its_function_its_test_and_its_remarks(key):
    found, page = EQUATIONS[key], paper_index.page()
    assert paper_index.tests_of(key), "no test is named for it"
    row = f"](equations.md#equation-{key}) | `equations.{found.function.__name__}` | "
    assert f"{row}[`{paper_index.tests_of(key)[0]}`" in page
    for erratum in found.errata:
        assert f"{found.name}, printed: {erratum.printed}; meant: {erratum.meant}." in page
    for note in found.notes:
        assert f"{found.name}: “{note.says}”. {note.condition}" in page


def test_every_figure_and_every_demo_is_there():
    page = paper_index.page()
    for number, figure in FIGURES.items():
        assert f"| Figure {number}: {figure.caption} | {figure.see} |" in page
    claimed = {claim.demo for claim in paper_index.CLAIMS}
    tested = {path.stem.removeprefix("test_") for path in (paper_index.ROOT / "tests" / "demos").glob("test_*.py")}
    assert tested <= claimed and claimed <= set(paper_index.demos())
    for target in re.findall(r"\]\(([^)#]+)", page):
        assert (paper_index.PAGE.parent / target).exists(), target


@pytest.mark.parametrize("docstring, numbers", [
    ("(12)–(24) and (26)", {*range(12, 25), 26}), ("of (1), with (3)-(5)", {1, 3, 4, 5}), ("none (a)", set()),
])
def test_equations_are_found_in_a_docstring(docstring, numbers):
    assert paper_index.equations_in(docstring) == numbers
