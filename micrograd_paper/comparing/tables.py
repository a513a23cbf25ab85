"""One table of cells, a header first, as text, as Markdown and as HTML, with what its columns mean and the verdict."""

from collections.abc import Sequence
from html import escape

from micrograd_paper.display import aligned

Cells = Sequence[Sequence[str]]
LEFT = 1  # columns that are aligned to the left: the name

CLASS = "micrograd-paper-comparison"
STYLE = f"""\
.{CLASS} table{{border-collapse:collapse;color:inherit;font-variant-numeric:tabular-nums}}
.{CLASS} th,.{CLASS} td{{padding:.15em .7em;text-align:right;color:inherit;background:none}}
.{CLASS} th:first-child,.{CLASS} td:first-child{{text-align:left}}
.{CLASS} thead th{{border-bottom:1px solid currentColor}}
.{CLASS} tr.wrong td{{background:rgba(224,64,48,.25);font-weight:bold}}
"""  # colours of the page, and a red that lets both light and dark through


def text(cells: Cells, note: str, verdict: str, heading: str = "") -> str:
    """The heading, if there is one, aligned columns, the note below them, the verdict as the last line."""
    lines = aligned(cells, right=range(LEFT, len(cells[0])))
    return "\n".join([*[heading, ""] * bool(heading), lines[0], "─" * max(map(len, lines)), *lines[1:], note, verdict])


def markdown(cells: Cells, note: str, verdict: str, heading: str = "") -> str:
    """A table as GitHub reads it, then the note and the verdict, each a paragraph."""
    rule = ["---" if i < LEFT else "---:" for i in range(len(cells[0]))]
    rows = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in (cells[0], rule, *cells[1:])]
    return "\n".join([*[heading, ""] * bool(heading), *rows, "", note, "", verdict])


def html(cells: Cells, wrong: Sequence[bool], note: str, verdict: str, heading: str = "") -> str:
    """The heading, the verdict, a table whose wrong rows are marked, the note.

    One element, whose style affects nothing else. `wrong` says for each row under the header whether it is wrong.
    """
    header = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in cells[0])
    rows = [
        ('<tr class="wrong">' if is_wrong else "<tr>") + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row, is_wrong in zip(cells[1:], wrong)
    ]
    return "\n".join([
        f'<div class="{CLASS}">', f"<style>\n{STYLE}</style>", *[f"<p>{escape(heading)}</p>"] * bool(heading),
        f"<p>{escape(verdict)}</p>",
        f"<table><thead><tr>{header}</tr></thead><tbody>", *rows, "</tbody></table>",
        f"<p>{escape(note)}</p>", "</div>",
    ])
