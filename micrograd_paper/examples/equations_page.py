"""The paper's equations, described: one in the terminal, all in a list, all on one Markdown page.

    print(describe(21))         text, TeX, symbols with shapes, what it needs and what needs it, errata, notes, numbers
    print(listing())            all of them, a line or two per equation
    page()                      demos/equations.md
"""

import functools
import shutil
import sys
from collections.abc import Iterable

from micrograd_paper.display import aligned
from micrograd_paper.examples.worked import worked
from micrograd_paper.paper import EQUATIONS, SYMBOLS, Equation, Erratum, Key, Note, equation, in_unicode, needed_by

SECTIONS = {
    "1.1": "Directional derivative", "1.2": "Batch gradient descent", "1.3": "Stochastic gradient descent",
    "2": "Neural networks", "3.1": "The algorithm of backpropagation", "3.2": "Cross-entropy", "3.3": "Regularization",
}
KINDS = {"wrong": "Wrong as printed", "notation": "Misprint"}
HEAD = """# The equations of the paper

Every equation of *Gradient Descent, Neural networks and Backpropagation* (Enghin Omer), with its symbols and their
shapes, what it is derived from, and the numbers of a real graph put into it. Formulas are given as the paper means
them; where it prints something else, or is right under a condition, that is said below the formula. nₗ is the number
of neurons of layer l; vectors and matrices count from 1.

The function named with each equation is in
[`micrograd_paper/equations.py`](../micrograd_paper/equations.py). `micrograd_paper.examples.worked` runs it on numbers
that write down what is done to them, and reads the last number of each example somewhere else: in the graph, after
`backward`, or from a step of descent. Numbers are shown in four significant digits and computed with all.
"""


def describe(number: Key) -> str:
    """Everything about one equation, for a terminal. Raises UnknownName, which lists the equations."""
    found = equation(number)
    needs, needed = names(found.needs), names(needed_by(number))
    lines = [f"{found.name} {found.title} · section {found.section}", "", f"  {found.text}", "", "TeX"]
    lines += [f"  {line}" for line in found.tex.splitlines()]
    lines += ["", "Symbols", *symbol_lines(found), "", f"Needs {needs or 'none'}; needed by {needed or 'none'}"]
    for erratum in found.errata:
        lines += ["", f"{KINDS[erratum.kind]}: {erratum.printed}", f"Meant: {erratum.meant}", erratum.why]
    for note in found.notes:
        lines += ["", f"Note: {note.says}", note.condition]
    lines += ["", "With numbers", *[f"  {line}" for line in example(found.number).splitlines()]]
    return "\n".join([*lines, "", f"In Python: equations.{found.function.__name__}"])


def listing(width: int | None = None) -> str:
    """Number, section, title and text of each equation, on one line; if the widest does not fit, with the text below.

    width is the terminal's if none is given. Nothing is cut: written to a file, it has one line per equation.
    """
    width = width or (shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize)
    rows = [(found.name, found.section, found.title, found.text) for found in EQUATIONS.values()]
    lines = aligned(rows)
    if max(map(len, lines)) <= width:
        return "\n".join(lines)
    return "\n".join(f"{name} {title} · section {section}\n    {text}" for name, section, title, text in rows)


def page() -> str:
    """The whole list as one Markdown page, as demos/equations.md has it."""
    parts = [HEAD]
    section = ""
    for found in EQUATIONS.values():
        if found.section != section:
            section = found.section
            parts.append(f"## {section} {SECTIONS[section]}\n")
        parts.append(entry(found))
    return "\n".join(parts)


def entry(found: Equation) -> str:
    """One equation's part of the page."""
    name = f"{found.name} " if isinstance(found.number, int) else ""
    needs, needed = links(found.needs), links(needed_by(found.number))
    lines = [f'<a id="{anchor(found.number)}"></a>', "", f"### {name}{found.title}", "", "$$", found.tex, "$$", ""]
    remarks = [*map(erratum_line, found.errata), *map(note_line, found.notes)]
    lines += [f"- {remark}" for remark in remarks] + [""] * bool(remarks)
    lines += ["| symbol | meaning | shape |", "| --- | --- | --- |"]
    lines += [
        f"| ${quantity.tex}$ | {in_unicode(quantity.meaning)} | {in_unicode(quantity.shape)} |"
        for quantity in (SYMBOLS[symbol] for symbol in found.symbols)
    ]
    lines += ["", " ".join([
        f"`equations.{found.function.__name__}`", *([f"· needs {needs}"] if needs else []),
        *([f"· needed by {needed}"] if needed else []),
    ])]
    return "\n".join([*lines, "", "```text", example(found.number), "```", ""])


def erratum_line(erratum: Erratum) -> str:
    return f"**{KINDS[erratum.kind]}:** {erratum.printed}. **Meant:** {erratum.meant}. {erratum.why}"


def note_line(note: Note) -> str:
    return f"**Note:** {note.says}. {note.condition}"


@functools.cache
def example(number: Key) -> str:
    return str(worked(number))


def symbol_lines(found: Equation) -> list[str]:
    """Each symbol, its meaning and its shape, in columns."""
    rows = [
        (in_unicode(symbol.partition(" ex")[0]), in_unicode(SYMBOLS[symbol].meaning), in_unicode(SYMBOLS[symbol].shape))
        for symbol in found.symbols
    ]
    return [f"  {line}" for line in aligned(rows)]


def names(keys: Iterable[Key]) -> str:
    return ", ".join(EQUATIONS[key].name for key in keys)


def links(keys: Iterable[Key]) -> str:
    return ", ".join(f"[{EQUATIONS[key].name}](#{anchor(key)})" for key in keys)


def anchor(key: Key) -> str:
    return f"equation-{key}"
