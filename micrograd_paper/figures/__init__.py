"""The paper's figures, and curves of a training, drawn by matplotlib: `pip install "micrograd_paper[plots]"`.

    figure(3).save("sigmoid.svg")          or .png or .pdf; figure(3, "dark"); a notebook shows it
    curves(history).save("curves.svg")     cost and accuracy against epochs
"""

from micrograd_paper.checks import integer
from micrograd_paper.display import as_given
from micrograd_paper.errors import UsageError
from micrograd_paper.figures.curves import curves as curves
from micrograd_paper.figures.paper_figures import FIGURES as FIGURES
from micrograd_paper.figures.picture import Picture as Picture


def figure(number: int, theme: str = "light") -> Picture:
    """Figure 1 to 6 of the paper, "light" or "dark". Raises UsageError for another one, or without matplotlib."""
    n = integer(number)
    if n not in FIGURES:
        raise UsageError(f"the paper has the figures 1 to {len(FIGURES)}; got {as_given(number)}")
    return FIGURES[n].draw(theme)
