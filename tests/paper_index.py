"""The index of the paper, demos/paper.md: `python -m tests.paper_index` writes it.

Section by section: each equation, figure and claim with the function, the test, the demo and the picture that show it;
and where the paper is wrong or right under a condition. What can be read elsewhere is read there: equations, errata and
notes from `paper.py`, figures from `figures`, tests by their names, demos of an equation and pictures by docstrings.
"""

import ast
import functools
import re
from pathlib import Path
from typing import NamedTuple

from micrograd_paper.examples.equations_page import SECTIONS, anchor
from micrograd_paper.figures import FIGURES
from micrograd_paper.paper import EQUATIONS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "demos" / "paper.md"
HEAD = """# The paper, section by section

Every equation, figure and claim of *Gradient Descent, Neural networks and Backpropagation* (Enghin Omer), with the
function that is it, the test that shows it, the demo that runs it and the picture that it draws.
[equations.md](equations.md) has the equations themselves, with numbers put in. This page is generated.
"""
FORMULA_TESTS = {  # of the formulas without a number
    "direction": "test_the_direction_of_steepest_descent", "terms": "test_the_number_of_terms", "a2_4": "test_a2_4",
    "a3_1": "test_a3_1", "sigmoid-slope": "test_the_slope_of_the_sigmoid",
    "quadratic-slope": "test_the_slope_of_the_quadratic_cost",
    "cross-entropy-slope": "test_the_slope_of_the_cross_entropy",
}
FIGURE_SECTIONS = {1: "1.1", 2: "1.1", 3: "2", 4: "2", 5: "3.2", 6: "3.2"}


class Claim(NamedTuple):
    """Something that the paper says and a reader can check by running."""

    section: str
    words: str
    demo: str  # its test is tests/demos/test_….py


CLAIMS = (
    Claim("1.1", "the direction of steepest descent is −∇C/‖∇C‖: of all directions it has the smallest slope (2)",
          "steepest_descent"),
    Claim("1.1", "v of another length only scales ∇C·v (1)", "steepest_descent"),
    Claim("1.1", "η too large misses the minimum, η too small is slow; “update until convergence” (3)",
          "gradient_descent"),
    Claim("1.1", "descent can end in a local minimum", "steepest_descent"),
    Claim("1.2", "C(w) ≈ 0 is what we want: it need not be reachable", "steepest_descent"),
    Claim("1.3", "the gradient of a large enough mini-batch approximates that of all examples (6)",
          "mini_batch_gradient"),
    Claim("1.3", "stochastic descent ends near the minimum, not at it", "three_descents"),
    Claim("2", "six quadratic terms of three features; how many a picture has; above 0.5 means class 1",
          "polynomial_terms"),
    Claim("2", "a²₄ and a³₁ of Figure 4, with its five input neurons", "figure_4"),
    Claim("2", "a network of sigmoids classifies pictures by their pixels", "digits"),
    Claim("3.1", "the error goes back layer by layer: every number of one flower, (12)–(24)",
          "backpropagation_by_hand"),
    Claim("3.1", "a partial derivative near 0 means that a minimum is near, and the steeper the slope the more "
          "incorrect we are: not where a neuron is saturated", "learning_slowdown"),
    Claim("3.2", "a saturated output neuron learns slowly; with cross-entropy σ′ disappears (26) and it learns fast; "
          "only (16) changes", "learning_slowdown"),
    Claim("3.3", "regularization overcomes overfitting; each step multiplies a weight by 1 − ηα/m (29)", "overfitting"),
)


@functools.cache
def tests_in(file: str) -> list[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def tests_of(key: object) -> list[str]:
    """The tests of an equation in tests/test_equations.py."""
    beginning = FORMULA_TESTS.get(key, f"test_equation_{key}_")
    return [name for name in tests_in("tests/test_equations.py") if name.startswith(beginning)]


@functools.cache
def demos() -> dict[str, str]:
    """Each demo with its docstring."""
    return {path.stem: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            for path in sorted((ROOT / "demos").glob("*.py"))}


def equations_in(docstring: str) -> set[int]:
    """The equations that a docstring names: (21), (12)–(24), (1)-(3)."""
    found = set()
    for first, last in re.findall(r"\((\d+)\)(?:[–-]\((\d+)\))?", docstring):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def pictures_of(docstring: str) -> list[str]:
    """The kept pictures that a docstring says the demo writes."""
    named = re.findall(r"[\w.-]+\.(?:svg|png)", docstring)
    return [name for name in dict.fromkeys(named) if (ROOT / "demos" / "gallery" / name).exists()]


def linked(name: str, path: str) -> str:
    return f"[{name}]({path})"


def demo_cell(stems: list[str]) -> str:
    return ", ".join(linked(stem, f"{stem}.py") for stem in stems)


def picture_cell(names: list[str]) -> str:
    return ", ".join(linked(Path(name).stem, f"gallery/{name}") for name in names)


def equation_rows(section: str) -> list[str]:
    rows = []
    texts = demos()
    for key, found in EQUATIONS.items():
        if found.section == section:
            tests = ", ".join(linked(f"`{name}`", "../tests/test_equations.py") for name in tests_of(key))
            stems = [stem for stem, text in texts.items() if isinstance(key, int) and key in equations_in(text)]
            name = f"({key}) " if isinstance(key, int) else ""
            title = linked(f"{name}{found.title}", f"equations.md#{anchor(key)}")
            rows.append(f"| {title} | `equations.{found.function.__name__}` | {tests} | {demo_cell(stems)} |")
    return rows


def section_part(section: str) -> str:
    lines = [f"## {section} {SECTIONS[section]}", "", "| equation | function | test | demos |",
             "| --- | --- | --- | --- |", *equation_rows(section)]
    figures = [number for number, where in FIGURE_SECTIONS.items() if where == section]
    if figures:
        lines += ["", "| figure | what to see | function | picture |", "| --- | --- | --- | --- |"]
        lines += [f"| Figure {n}: {FIGURES[n].caption} | {FIGURES[n].see} | `figures.figure({n})` | "
                  f"{picture_cell([f'figure_{n}.svg'])} |" for n in figures]
    claims = [claim for claim in CLAIMS if claim.section == section]
    if claims:
        lines += ["", "| the paper says | demo | test | pictures |", "| --- | --- | --- | --- |"]
        for claim in claims:
            file = f"tests/demos/test_{claim.demo}.py"
            file = file if (ROOT / file).exists() else "tests/test_nn.py"  # where Figure 4 is
            lines.append(f"| {claim.words} | {demo_cell([claim.demo])} | {linked(Path(file).name, f'../{file}')} | "
                         f"{picture_cell(pictures_of(demos()[claim.demo]))} |")
    remarks = []
    for found in EQUATIONS.values():
        if found.section == section:
            remarks += [f"- {found.name}, printed: {erratum.printed}; meant: {erratum.meant}. {erratum.why}"
                        for erratum in found.errata]
            remarks += [f"- {found.name}: “{note.says}”. {note.condition}" for note in found.notes]
    if remarks:
        lines += ["", "Where it is wrong as printed, or right under a condition:", "", *remarks]
    return "\n".join([*lines, ""])


def page() -> str:
    return "\n".join([HEAD, *map(section_part, SECTIONS)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
