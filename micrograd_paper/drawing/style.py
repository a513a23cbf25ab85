"""The colours of a drawing, light and dark, and its CSS.

A role colours the box, the gradient only the pill. Every rule begins with the drawing's class, so that it changes
nothing else on a page. Only what every viewer knows: no CSS variables (librsvg, resvg), no `font` that holds a size
(Inkscape), no paint-order (Qt, CairoSVG); the first font of a list is one that every machine has or replaces (CairoSVG
reads no further).
"""

from string import Template

NUMBER_SIZE, SYMBOL_SIZE, LABEL_SIZE, DELTA_SIZE, OPERATOR_SIZE, HEADING_SIZE, SCALE_SIZE = 12, 17, 14, 14, 14, 16, 11
PARTIAL_SIZE = 11
SANS = "Arial,Helvetica,Liberation Sans,DejaVu Sans,sans-serif"
SERIF = "Times New Roman,Times,STIX Two Text,Liberation Serif,DejaVu Serif,serif"
SCRIPT, LEAST_SIZE = 0.66, 11  # size of sub- and superscripts beside their symbol's, and of any text, in px

ROLE_FAMILIES = {  # the roles that share a colour
    "activation": ("input", "activation"),
    "parameter": ("weight", "bias"),
    "weighted-input": ("weighted-input",),
    "cost": ("cost", "result"),
    "constant": ("target", "unnamed-leaf"),
    "operation": ("operation",),
}

Palette = dict[str, tuple[str, str, str]]  # family → fill, stroke, badge behind an operator
LIGHT: Palette = {
    "activation": ("#E3F3F0", "#0F766E", "#C5E5DF"),
    "parameter": ("#FCF2DA", "#B7791F", "#F5E1B2"),
    "weighted-input": ("#ECE7FB", "#6D4BC3", "#D8CFF3"),
    "cost": ("#1F2937", "#1F2937", "#374151"),
    "constant": ("#F1F3F5", "#8A94A3", "#DEE2E7"),
    "operation": ("#FFFFFF", "#64708A", "#E7E9ED"),
}
DARK: Palette = {
    "activation": ("#10302C", "#43B5A4", "#1A4A44"),
    "parameter": ("#342913", "#D6A045", "#4C3C1B"),
    "weighted-input": ("#29214A", "#A08AF0", "#3C3168"),
    "cost": ("#E5E7EB", "#E5E7EB", "#C9CDD4"),
    "constant": ("#232A34", "#7D8796", "#323B48"),
    "operation": ("#161C26", "#8B95A7", "#2A313C"),
}
LIGHT_PILLS = ["#2166AC", "#5E9BCB", "#A6CEE6", "#D9E8F4", "#ECEEF1", "#FBE1D5", "#F6B79B", "#E07A5F", "#B2182B"]
DARK_PILLS = ["#74B9F0", "#4A90CC", "#265A88", "#1E3A55", "#2A313C", "#4A2A26", "#7E3A2F", "#CE6048", "#FF9177"]
NOT_FINITE = {"light": ("#111827", "#FDE047"), "dark": ("#FDE047", "#111827")}  # pill and ink of nan and infinity

COLOURS = {
    "light": {
        "paper": "#FFFFFF", "frame": "#F7F9FB", "frame_line": "#E2E8F0", "edge": "#7A889C", "ink": "#111827",
        "faint": "#59626F", "heading": "#475569", "on_cost": "#FFFFFF", "on_cost_faint": "#D1D5DB",
        "dark_ink": "#111827", "light_ink": "#FFFFFF", "band": "#C3CAD6", "negative": "#2166AC", "positive": "#C4472F",
        "old": "#B45309",
    },
    "dark": {
        "paper": "#0D1117", "frame": "#121823", "frame_line": "#1E2632", "edge": "#7A889C", "ink": "#E6EAF0",
        "faint": "#98A1AF", "heading": "#A3ADBB", "on_cost": "#111827", "on_cost_faint": "#4B5563",
        "dark_ink": "#0B0F15", "light_ink": "#F3F5F8", "band": "#39424F", "negative": "#74B9F0", "positive": "#FF9177",
        "old": "#F0A04B",
    },
}
NOTEBOOKS = {  # what JupyterLab, its HTML and VS Code say of themselves
    "light": ("[data-jp-theme-light=true]", ".vscode-light"), "dark": ("[data-jp-theme-light=false]", ".vscode-dark"),
}
PALETTES = {"light": (LIGHT, LIGHT_PILLS), "dark": (DARK, DARK_PILLS)}

SHAPES = f"""\
$s g,$s .heading,$s .note{{font-family:{SANS};font-size:{NUMBER_SIZE}px}}
$s .operator,$s .symbol,$s .delta,$s .label{{font-family:{SERIF}}}
$s .operator{{font-size:{OPERATOR_SIZE}px;text-anchor:middle}}
$s .symbol{{font-style:italic}}
$s .label{{font-size:{LABEL_SIZE}px;font-style:italic}}
$s .delta{{font-style:italic}}
$s .script{{font-style:normal}}
$s .value,$s .gradient{{text-anchor:end}}
$s .absent{{text-anchor:middle}}
$s .computed{{font-weight:bold}}
$s .note{{font-size:{NUMBER_SIZE}px}}
$s .behind{{stroke-width:5;stroke-linejoin:round}}
$s .heading{{font-size:{HEADING_SIZE}px}}
$s .low{{text-anchor:end}}
$s .scale{{font-size:{SCALE_SIZE}px}}
$s .partial{{font-size:{PARTIAL_SIZE}px;text-anchor:end}}
$s .outline{{fill:none;stroke-width:1.5}}
$s .edge{{fill:none;stroke-width:1.2}}
$s .shared{{stroke-width:.5}}
$s .rule{{stroke-width:1.2}}
$s .term .rule{{stroke-width:.5}}
$s .not-computed{{fill:none;stroke-dasharray:3 2.5}}
$s .of-then{{fill:none;stroke-dasharray:3 2.5}}
$s .clock{{fill:none;stroke-width:1.4}}
$s .centred{{text-anchor:middle}}
$s .small{{font-size:{SCALE_SIZE}px}}
$s .halo{{stroke-width:4}}
$s .line{{fill:none}}
$s .veil{{fill-opacity:.92}}
$s .cut{{stroke-dasharray:4 3}}
$s .band{{fill:none}}
$s .ring{{fill:none;stroke-width:2.4}}
$s .plate{{stroke-width:1}}
$s .reach{{fill:none;stroke-width:9;pointer-events:stroke}}
$s .thick{{stroke-width:2.5}}
"""
INKS = """\
$s .paper{fill:$paper}
$s g{fill:$ink}
$s .term .operator,$s .partial{fill:$faint}
$s .title,$s .heading,$s .note,$s .scale{fill:$heading}
$s .frame{fill:$frame;stroke:$frame_line}
$s .behind{fill:$frame;stroke:$frame}
$s .edge{stroke:$edge}
$s .arrow{fill:$edge}
$s .not-computed{stroke:$faint}
$s .of-then,$s .clock{stroke:$old}
$s .ring{stroke:$ink}
$s .plate{fill:$paper;stroke:$edge}
$s .band{stroke:$band}
$s .halo{fill:$paper;stroke:$paper}
$s .faint{fill:$faint}
$s .line{stroke:$edge}
$s .negative .line{stroke:$negative}
$s .positive .line{stroke:$positive}
$s .negative .signed{fill:$negative}
$s .positive .signed{fill:$positive}
$s .veil{fill:$paper}
$s .elided{fill:$heading}
$s text.on-cost,$s g.on-cost{fill:$on_cost}
$s .not-computed.on-cost{stroke:$on_cost_faint}
"""


def css(theme: str) -> tuple[str, str]:
    """The class of the drawing and its rules. Light is the base of "auto": not every viewer asks which is wanted. What
    is dark is printed light: nobody wants a page of ink.
    """
    name = f"micrograd-paper-{theme}"
    scope = f".{name}"
    shapes = Template(SHAPES).substitute(s=scope)
    if theme == "light":
        return name, shapes + colours(scope, theme)
    first, when, then = {
        "auto": ("light", "(prefers-color-scheme:dark)", "dark"),  # nobody prints that
        "dark": ("dark", "print", "light"),
    }[theme]
    return name, f"{shapes}{colours(scope, first)}@media {when}{{\n{colours(scope, then)}}}\n"


def in_notebook() -> str:
    """Rules for what follows the viewer: in a notebook that is light or dark itself it follows that."""
    return "".join([colours(f"{where} .micrograd-paper-auto", theme) for theme, places in NOTEBOOKS.items()
                    for where in places])


def colours(scope: str, theme: str) -> str:
    palette, pills = PALETTES[theme]
    rules = [Template(INKS).substitute(COLOURS[theme], s=scope)]
    for family, (fill, stroke, badge) in palette.items():
        for part, colour in (("fill", fill), ("badge", badge)):
            selectors = [f"{scope} .{role} .{part}" for role in ROLE_FAMILIES[family]]
            rules.append(f"{','.join(selectors)}{{fill:{colour}}}\n")
        lines = [f"{scope} .{role}{part}" for role in ROLE_FAMILIES[family] for part in (" .rule", "-box .outline")]
        rules.append(f"{','.join(lines)}{{stroke:{stroke}}}\n")
    fill, ink = NOT_FINITE[theme]
    rules.append(f"{scope} .not-finite{{fill:{fill}}}\n{scope} .on-not-finite{{fill:{ink};font-weight:bold}}\n")
    for shade, pill in zip(range(-4, 5), pills):
        rules.append(f"{scope} .{shade_class(shade)}{{fill:{pill}}}\n")
        rules.append(f"{scope} .on-{shade_class(shade)}{{fill:{ink_on(pill, theme)}}}\n")
    return "".join(rules)


def shade_class(shade: int | None) -> str:
    """minus-4 … zero … plus-4; not-finite for None."""
    if shade is None:
        return "not-finite"
    return "zero" if shade == 0 else f"{'minus' if shade < 0 else 'plus'}-{abs(shade)}"


def ink_on(fill: str, theme: str) -> str:
    """The ink that stands out more from the fill."""
    inks = COLOURS[theme]["dark_ink"], COLOURS[theme]["light_ink"]
    return max(inks, key=lambda ink: contrast(ink, fill))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21, as WCAG defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
