"""The formats of a drawing, made of its SVG, a row each in FORMATS.

    svg   the drawing itself
    png   by resvg, which draws with the machine's own fonts: `pip install "micrograd_paper[png]"`
    pdf   by typst, lines and text, which can be selected: `pip install "micrograd_paper[pdf]"`
    tex   TikZ, a document for pdflatex
    dot   the graph itself for Graphviz: names, values, gradients
"""

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, cast
from xml.etree import ElementTree

from micrograd_paper.deadline import Deadline
from micrograd_paper.drawing.dot import in_child
from micrograd_paper.drawing.style import LEAST_SIZE
from micrograd_paper.drawing.svg import picture_size, px
from micrograd_paper.errors import UsageError
from micrograd_paper.files import check_path

ZOOM = 2.0  # pixels for one px of the drawing
LEAST_LETTERS = 6  # pixels that can be read
MOST_PIXELS = 32_000_000  # 130 MB while it is drawn; resvg ends the whole process if it gets no memory
FAMILIES = (  # where none of the fonts that a drawing names is there; without one resvg leaves the text out
    "Arial", "Helvetica", "Liberation Sans", "DejaVu Sans", "Noto Sans", "Ubuntu", "Ubuntu Sans", "Cantarell",
    "FreeSans", "Nimbus Sans", "Open Sans", "Roboto", "Segoe UI",
)
RESVG = """
from resvg_py import svg_to_bytes
zoom, family = float(sys.argv[3]), sys.argv[4]
svg = sys.stdin.buffer.read().decode()
sys.stdout.buffer.write(svg_to_bytes(svg_string=svg, zoom=zoom, sans_serif_family=family, serif_family=family))
"""
PROBE = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">{}</svg>'
POINTS = 0.75  # of a px
LONGEST = 14_400  # points: no page may have a longer side
TYPST = """
import typst
width, height = sys.argv[3:]
page = f'''#set document(date: none)
#set page(width: {width}pt, height: {height}pt, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, height: 100%)'''
picture = typst.compile(page.encode(), format="pdf", sys_inputs={"svg": sys.stdin.buffer.read().decode()})
sys.stdout.buffer.write(picture)
"""


def as_it_is(dot: str, deadline: Deadline, scale: float) -> str:
    return dot


def scaled(svg: str, deadline: Deadline, scale: float) -> str:
    """The SVG, shown that many times as large."""
    if scale == 1.0:
        return svg
    wide, high = (px(scale * side) for side in picture_size(svg))
    return re.sub(r'width="[\d.]+" height="[\d.]+"', f'width="{wide}" height="{high}"', svg, count=1)


def png(svg: str, deadline: Deadline, scale: float = ZOOM) -> bytes:
    """The picture at `scale` times its size, less only for a very large one; of the automatic theme the light one.

    Raises UsageError without the package or without a font, TimeoutError, and LayoutError if resvg fails.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise UsageError('a PNG needs resvg-py: pip install "micrograd_paper[png]"') from error
    zoom, family = png_zoom(svg, scale), font(resvg_py.svg_to_bytes)
    if LEAST_SIZE * zoom < LEAST_LETTERS:
        warnings.warn(f"the smallest letters of this PNG are {LEAST_SIZE * zoom:.2g} px high, too small to read: draw "
                      "a part, or save it as .svg or .pdf", stacklevel=3)
    failed = "resvg could not draw this picture"
    return in_child(RESVG, resvg_py.__file__, [str(zoom), family], svg, deadline, failed)


def png_zoom(svg: str, scale: float) -> float:
    """The scale, or less where there would be more than MOST_PIXELS."""
    wide, high = picture_size(svg)
    return float(min(scale, (MOST_PIXELS / (wide * high)) ** 0.5))


@lru_cache
def font(svg_to_bytes: Any) -> str:
    """The first of FAMILIES that is there. Raises UsageError if none is."""
    empty = svg_to_bytes(svg_string=PROBE.format(""))
    text = PROBE.format('<text x="0" y="15" font-size="15" font-family="sans-serif">0</text>')
    for family in FAMILIES:
        if svg_to_bytes(svg_string=text, sans_serif_family=family, serif_family=family) != empty:
            return family
    raise UsageError(
        "a PNG needs a font, and this machine has none that is known here: install DejaVu Sans (on Debian "
        "fonts-dejavu-core), or save as .svg"
    )


def pdf(svg: str, deadline: Deadline, scale: float = 1.0) -> bytes:
    """One page as large as the picture, or `scale` times that, with its fonts; of the automatic theme the light one.

    Raises UsageError without the package, TimeoutError, and LayoutError if typst fails.
    """
    try:
        import typst  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise UsageError('a PDF needs typst: pip install "micrograd_paper[pdf]"') from error
    size = picture_size(svg)
    points = min(POINTS * scale, LONGEST / max(size))
    sides = [f"{points * side:.2f}" for side in size]
    return in_child(TYPST, typst.__file__, sides, svg, deadline, "typst could not draw this picture")


# TikZ: the SVG is read as a viewer reads it, for the few kinds of elements and rules that a drawing has.

SVG = "{http://www.w3.org/2000/svg}"
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
INHERITED = ("fill", "font-family", "font-size", "font-style", "font-weight", "text-anchor")
ATTRIBUTES = (*INHERITED, "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "fill-opacity")
ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
TEX = {
    **{each: f"\\{each}" for each in "&%$#_{}"}, "\\": "\\textbackslash{}", "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$", '"': "''",
    "−": "$-$", "×": "$\\times$", "÷": "$\\div$", "·": "$\\cdot$", "√": "$\\surd$", "½": "$\\frac12$", "²": "$^2$",
    "³": "$^3$", "⁻": "$^-$", "¹": "$^1$", "∂": "$\\partial$", "Σ": "$\\Sigma$", "σ": "$\\sigma$", "δ": "$\\delta$",
    "π": "$\\pi$", "η": "$\\eta$", "α": "$\\alpha$", "‖": "$\\|$", "…": "\\dots{}", "–": "--", "→": "$\\to$",
    "⋮": "$\\vdots$", "∞": "$\\infty$", "′": "$'$", "ŷ": "$\\hat y$", "ⁿ": "$^n$", "\xa0": "~", "°": "$^\\circ$",
}
RAISED_SIGNS, LOWERED_SIGNS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾", "₀₁₂₃₄₅₆₇₈₉"
TEX |= {each: f"$^{plain}$" for each, plain in zip(RAISED_SIGNS, "0123456789+-()")}
TEX |= {each: f"$_{plain}$" for each, plain in zip(LOWERED_SIGNS, "0123456789")}
DOCUMENT = """\
% A drawing of micrograd_paper. What another document needs of it: \\usepackage{{tikz}}, \\usetikzlibrary{{svg.path}},
% the colours, and the tikzpicture.
\\RequirePackage{{fix-cm}}
\\documentclass{{article}}
\\usepackage[utf8]{{inputenc}}
\\usepackage{{tikz}}
\\usetikzlibrary{{svg.path}}
\\pagestyle{{empty}}
\\paperwidth={paper}pt \\paperheight={side}pt \\pdfpagewidth=\\paperwidth \\pdfpageheight=\\paperheight
\\textwidth=\\paperwidth \\textheight=\\paperheight
\\hoffset=-1in \\voffset=-1in \\oddsidemargin=0pt \\topmargin=0pt \\headheight=0pt \\headsep=0pt \\topskip=0pt
\\parindent=0pt \\maxdepth=0pt \\footskip=0pt
{colours}
\\begin{{document}}%
\\scalebox{{{scale}}}{{%
\\begin{{tikzpicture}}[yscale=-1, x=1pt, y=1pt, inner sep=0pt]
\\useasboundingbox (0,0) rectangle ({width},{height});
{marks}
\\end{{tikzpicture}}}}%
\\end{{document}}
"""


class Rule(NamedTuple):
    """A selector as its compounds, each a tag ("" for any) and classes, and what it declares."""

    compounds: list[tuple[str, frozenset[str]]]
    declared: dict[str, str]

    @property
    def weight(self) -> tuple[int, int]:
        """What decides between rules: first how many classes, then how many tags."""
        return sum(len(classes) for _, classes in self.compounds), sum(bool(tag) for tag, _ in self.compounds)


def tikz(svg: str, deadline: Deadline, scale: float = 1.0) -> str:
    """The whole document, a pt for a px of the drawing times the scale; of the automatic theme the light one."""
    root = ElementTree.fromstring(svg)
    style = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", root.findtext(f"{SVG}style") or "")
    rules = [rule for selectors, body in RULE.findall(style) for rule in rules_of(selectors, body)]
    rules.sort(key=lambda rule: rule.weight)  # of equal weight the later one last
    plainest = {"fill": "#000000", "font-size": "12px", "text-anchor": "start"}
    marks = list(tex_of(root, [], plainest, (0.0, 0.0), rules))
    used = sorted(set(re.findall(r"\bc([0-9A-F]{6})\b", " ".join(marks))))
    wide, high = float(root.get("width") or 0), float(root.get("height") or 0)
    return DOCUMENT.format(
        width=px(wide), height=px(high), paper=px(scale * wide), side=px(scale * high), marks="\n".join(marks),
        scale=px(scale),
        colours="\n".join([f"\\definecolor{{c{colour}}}{{HTML}}{{{colour}}}" for colour in used]))


def rules_of(selectors: str, body: str) -> Iterator[Rule]:
    declared = dict(part.split(":", 1) for part in body.split(";") if ":" in part)
    for selector in selectors.strip().split(","):
        compounds = []
        for part in selector.split():
            tag, *classes = part.split(".")
            compounds.append((tag, frozenset(classes)))
        yield Rule(compounds, declared)


def matches(rule: Rule, chain: Sequence[tuple[str, frozenset[str]]]) -> bool:
    """Whether the rule is about the last element of the chain from the root down to it."""
    *outer, (tag, classes) = rule.compounds
    own_tag, own_classes = chain[-1]
    if not (tag in ("", own_tag) and classes <= own_classes):
        return False
    above = iter(chain[:-1])
    return all(any(tag in ("", its) and classes <= its_classes for its, its_classes in above) for tag, classes in outer)


def tex_of(
    element: ElementTree.Element, above: Sequence[tuple[str, frozenset[str]]], inherited: dict[str, str],
    at: tuple[float, float], rules: Sequence[Rule],
) -> Iterator[str]:
    """The element and what is in it, as TikZ."""
    tag = element.tag.removeprefix(SVG)
    if tag in ("title", "desc", "style"):
        return
    chain = [*above, (tag, frozenset((element.get("class") or "").split()))]
    own = {name: element.attrib[name] for name in ATTRIBUTES if name in element.attrib}
    for rule in rules:
        if matches(rule, chain):
            own |= rule.declared
    look = inherited | own
    moved = re.match(r"translate\(([-\d.e]+) ([-\d.e]+)\)", element.get("transform") or "")
    at = (at[0] + float(moved[1]), at[1] + float(moved[2])) if moved else at
    if tag in ("svg", "g"):
        passed_on = {name: look[name] for name in INHERITED if name in look}
        for each in element:
            yield from tex_of(each, chain, passed_on, at, rules)
    elif tag == "text":
        yield from text_tex(element, look, at)
    elif "reach" not in chain[-1][1]:  # that is what the pointer finds
        yield from shape_tex(tag, element, look, at)


def text_tex(element: ElementTree.Element, look: dict[str, str], at: tuple[float, float]) -> Iterator[str]:
    if not element.text or element.get("aria-hidden"):
        return
    size = float(look["font-size"].removesuffix("px"))
    font = f"\\fontsize{{{px(size)}}}{{{px(size)}}}" + (
        "\\rmfamily" if "Times" in look.get("font-family", "") else "\\sffamily")
    font += "\\itshape" * (look.get("font-style") == "italic") + "\\bfseries" * (look.get("font-weight") == "bold")
    x, y = at[0] + float(element.get("x", 0)), at[1] + float(element.get("y", 0))
    words = "".join([TEX.get(character) or spelled(character) for character in element.text])
    colour = colour_of(look["fill"])
    yield (f"\\node[anchor={ANCHORS[look['text-anchor']]}, text={colour}, font={font}\\selectfont] "
           f"at ({px(x)},{px(y)}) {{{words}}};")


def spelled(character: str) -> str:
    """A letter that pdflatex knows; another character by its number."""
    return character if ord(character) < 0x180 and character.isprintable() else f"[U+{ord(character):04X}]"


def shape_tex(
    tag: str, element: ElementTree.Element, look: dict[str, str], at: tuple[float, float]
) -> Iterator[str]:
    number = {name: float(element.get(name, 0)) for name in ("x", "y", "width", "height", "rx", "cx", "cy", "r")}
    options = []
    if look.get("fill", "none") != "none":
        options.append(f"fill={colour_of(look['fill'])}")
        if "fill-opacity" in look:
            options.append(f"fill opacity={look['fill-opacity']}")
    if look.get("stroke", "none") != "none":
        thickness = look.get("stroke-width", "1").removesuffix("px")
        options += [f"draw={colour_of(look['stroke'])}", f"line width={thickness}pt"]
        if "stroke-opacity" in look:
            options.append(f"draw opacity={look['stroke-opacity']}")
        if "stroke-dasharray" in look:
            on, off = look["stroke-dasharray"].split()
            options.append(f"dash pattern=on {on}pt off {off}pt")
    if not options:
        return
    if tag == "rect":
        x, y = at[0] + number["x"], at[1] + number["y"]
        radius = min(number["rx"], number["width"] / 2, number["height"] / 2)
        options += [f"rounded corners={px(radius)}pt"] * bool(radius)
        way = f"({px(x)},{px(y)}) rectangle ({px(x + number['width'])},{px(y + number['height'])})"
    elif tag == "circle":
        way = f"({px(at[0] + number['cx'])},{px(at[1] + number['cy'])}) circle ({px(number['r'])})"
    else:
        options.append(f"shift={{({px(at[0])},{px(at[1])})}}")
        way = f"svg {{{element.get('d')}}}"
    yield f"\\path[{', '.join(options)}] {way};"


def colour_of(colour: str) -> str: return "c" + colour.removeprefix("#").upper()


FORMATS: dict[str, tuple[Callable[[str, Deadline, float], str | bytes], float]] = {  # of the SVG, or the DOT; scale
    "svg": (scaled, 1.0), "png": (png, ZOOM), "pdf": (pdf, 1.0), "tex": (tikz, 1.0), "dot": (as_it_is, 1.0),
}


def check_format(path: object, format: str | None = None) -> str:
    """The format asked for, or what the file's name ends in. Raises UsageError for one that cannot be written."""
    if not hasattr(path, "write"):
        check_path(path)
    if format is not None:
        check_choice("format", format, tuple(FORMATS))
        return format
    suffix = "" if hasattr(path, "write") else Path(cast(str, path)).suffix.lower()
    if suffix and suffix[1:] not in FORMATS:
        *most, last = [f".{each}" for each in FORMATS]
        expected = f"{', '.join(most)} or {last}"
        raise UsageError(f"cannot save a drawing as {suffix}: expected {expected} in {path}")
    return suffix[1:] or "svg"


def check_choice(name: str, choice: object, choices: tuple[str, ...]) -> None:
    if choice not in choices:
        raise UsageError(f"unknown {name} {choice!r}: expected {', '.join(choices)}")
