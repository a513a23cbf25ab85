"""The paper's six figures, drawn from the package's own functions.

Writes figure_1.svg, figure_2.svg, figure_3.svg, figure_4.svg, figure_5.svg and figure_6.svg.
"""

from micrograd_paper.figures import FIGURES

for number, figure in FIGURES.items():
    picture = figure.draw()
    picture.save(f"figure_{number}.svg")
    print(f"{picture.title}. {picture.see}")
