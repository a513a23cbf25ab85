"""The register of the paper's equations is whole, and what it says can be shown."""

import inspect
import re

import pytest

from micrograd_paper import equations
from micrograd_paper.errors import UnknownName
from micrograd_paper.paper import EQUATIONS, SYMBOLS, equation, in_unicode, needed_by

NAMES = ("direction", "terms", "a2_4", "a3_1", "sigmoid-slope", "quadratic-slope", "cross-entropy-slope")
every_equation = pytest.mark.parametrize("found", EQUATIONS.values(), ids=lambda found: str(found.number))


def test_every_equation_from_1_to_29_and_every_formula_without_a_number_is_there_in_the_paper_s_order():
    assert {key for key in EQUATIONS if isinstance(key, int)} == set(range(1, 30))
    assert [key for key in EQUATIONS if isinstance(key, int)] == list(range(1, 30))
    assert {key for key in EQUATIONS if isinstance(key, str)} == set(NAMES)
    assert all(found.number == key for key, found in EQUATIONS.items())
    sections = [found.section for found in EQUATIONS.values()]
    assert sections == sorted(sections)


def test_every_function_of_equations_is_registered_once():
    functions = {name for name, _ in inspect.getmembers(equations, inspect.isfunction)}
    registered = [found.function.__name__ for found in EQUATIONS.values()]
    assert len(set(registered)) == len(registered)
    assert set(registered) == functions - {"summed", "activation_as_printed", "regularized_weight_gradient"}


@every_equation
def test_the_docstring_of_its_function_has_its_number(found):
    first = inspect.getdoc(found.function).splitlines()[0]
    if isinstance(found.number, int):
        assert f"({found.number})" in first
    else:
        assert re.search(r"\((section|below|\(26\))", first)


def test_what_an_equation_needs_comes_before_it_so_nothing_needs_itself():
    order = list(EQUATIONS)
    for found in EQUATIONS.values():
        for key in found.needs:
            assert order.index(key) < order.index(found.number), (found.number, key)
            assert found.number in needed_by(key)


def test_needed_by_is_the_other_end_of_needs():
    assert needed_by(20) == needed_by("(20)") == (21,)
    assert needed_by("sigmoid-slope") == (26,)
    assert sum(len(needed_by(key)) for key in EQUATIONS) == sum(len(found.needs) for found in EQUATIONS.values())


def test_the_glossary_has_every_symbol_and_every_symbol_of_it_is_used():
    used = {symbol for found in EQUATIONS.values() for symbol in found.symbols}
    assert used == set(SYMBOLS)
    assert all(quantity.meaning and quantity.shape for quantity in SYMBOLS.values())


@every_equation
def test_the_letters_of_a_formula_are_among_its_symbols(found):
    letters = set("".join(symbol for symbol in found.symbols))
    for letter, command in (("σ", r"\sigma"), ("η", r"\eta"), ("α", r"\alpha"), ("δ", r"\delta"), ("⊙", r"\odot"),
                            ("′", "'"), ("∇", r"\nabla"), ("ŷ", r"\hat{y}"), ("v", r"\vec{v}")):
        assert (letter in letters) == (command in found.tex), (letter, found.tex)
    plain = re.sub(r"\\[A-Za-z]+|aligned", "", found.tex)
    for letter in ("m", "n", "r", "L"):
        assert (letter in plain) <= (letter in found.symbols), (letter, found.tex)


@every_equation
def test_tex_is_balanced_and_text_needs_no_tex(found):
    assert found.tex.count("{") == found.tex.count("}")
    assert found.tex.count(r"\left") == found.tex.count(r"\right") + found.tex.count(r"\leftarrow")
    assert found.tex.count("(") == found.tex.count(")")
    assert found.tex.count(r"\begin{aligned}") == found.tex.count(r"\end{aligned}") == int("&" in found.tex)
    lines = found.tex.splitlines()
    assert not any(re.match(r"[-+*] |=+$|\s*$", line) for line in lines), "Markdown would read a list, a heading"
    assert not re.search(r"[_^\\{}]", found.text)
    assert found.text.count("(") == found.text.count(")")


def test_text_has_the_paper_s_indices_as_superscripts_and_subscripts():
    assert equation(21).text == "δˡⱼ = Σₖ wˡ⁺¹ₖⱼ δˡ⁺¹ₖ σ′(zˡⱼ)"
    assert equation(22).text == "δˡ = ((Wˡ⁺¹)ᵀ δˡ⁺¹) ⊙ σ′(zˡ)"
    assert equation(8).text == "σ(z) = 1/(1 + e⁻ᶻ)"
    assert equation(2).text == "min ∇C·v = −‖∇C‖, over all v with ‖v‖ = 1"
    assert in_unicode("W^{l+1}_kj n_{l−1} x^{(i)}") == "Wˡ⁺¹ₖⱼ nₗ₋₁ x⁽ⁱ⁾"


@pytest.mark.parametrize("given", [21, "21", "(21)", " 21 "])
def test_an_equation_is_found_by_its_number_however_it_is_written(given):
    assert equation(given).number == 21
    assert equation(given).name == "(21)"


@pytest.mark.parametrize("name", NAMES)
def test_a_formula_without_a_number_is_found_by_its_name(name):
    assert equation(name).name == name


@pytest.mark.parametrize("given", [0, 30, "30", "delta", "", "(21", True, 21.5, None])
def test_an_equation_that_is_not_there_is_an_error_that_lists_those_that_are(given):
    if given == "(21":
        assert equation(given).number == 21  # a bracket forgotten does no harm
        return
    with pytest.raises(UnknownName, match=r"no equation .*1 to 29, or direction, terms, a2_4, a3_1"):
        equation(given)


def test_every_row_of_errata_is_with_its_equation():
    wrong = {key: sum(e.kind == "wrong" for e in found.errata) for key, found in EQUATIONS.items() if found.errata}
    assert {key: n for key, n in wrong.items() if n} == {"terms": 1, 10: 1, 26: 1}
    notes = {key: len(found.notes) for key, found in EQUATIONS.items() if found.notes}
    assert notes == {3: 1, 8: 1, "terms": 1, 15: 2, 29: 2}
    assert all(all(n) for found in EQUATIONS.values() for n in found.notes)
    misprints = {key: sum(e.kind == "notation" for e in found.errata) for key, found in EQUATIONS.items()}
    assert {key: n for key, n in misprints.items() if n} == {3: 1, 10: 1, 17: 2, 23: 1, 26: 1}
    assert all(all(erratum) for found in EQUATIONS.values() for erratum in found.errata)


def test_the_printed_form_of_10_is_that_of_its_function():
    erratum = equation(10).errata[0]
    doc = in_unicode(inspect.getdoc(equations.activation_as_printed)).partition(". (")[0]
    assert erratum.printed.replace("·", " ") == doc
    assert erratum.meant.replace("·", " ") == equation(10).text


def test_the_glossary_is_readable_without_tex():
    for symbol, quantity in SYMBOLS.items():
        for text in (symbol, quantity.meaning, quantity.shape):
            assert not re.search(r"[_^{}\\]", in_unicode(text)), text
        assert quantity.tex.count("{") == quantity.tex.count("}")
