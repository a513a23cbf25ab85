"""The paper's names for the quantities of a network: w²₁₃, z³₁, δ²₁.

    >>> w = Symbol("w", layer=2, indices=(1, 3))
    >>> str(w), w.ascii, w.tex
    ('w²₁₃', 'w2_1_3', 'w^{2}_{13}')
    >>> z = Symbol("z", 2, (1,), example=7)
    >>> str(z), z.ascii, z.tex
    ('z²₁⁽⁷⁾', 'z2_1__7', 'z^{2,(7)}_{1}')
    >>> parse("w²₁₃") == parse("w2_1_3") == w
    True

w^l_jk goes from neuron k of layer l−1 to neuron j of layer l; layers, neurons and examples count from 1.
"""

import re
from typing import NamedTuple

SUPERSCRIPTS = str.maketrans("0123456789()−-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁻⁻")
MOST_DIGITS = 9
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
FROM_UNICODE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾₀₁₂₃₄₅₆₇₈₉δ", "0123456789()0123456789d")

ASCII = re.compile(r"(?P<name>[A-Za-z]+)(?P<layer>\d*)(?P<indices>(?:_\d+)*)(?:__(?P<example>\d+))?")
UNICODE = re.compile(
    r"(?P<name>[A-Za-zδ]+)(?P<layer>[⁰¹²³⁴⁵⁶⁷⁸⁹]*)(?P<indices>[₀₁₂₃₄₅₆₇₈₉,]*)(?:⁽(?P<example>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)⁾)?"
)


class Symbol(NamedTuple):
    """A name with the paper's indices: the layer above, the neurons below, the example in brackets.

    Inputs, targets and the cost have no layer: Symbol("x", None, (3,)), Symbol("y", None, (1,)), Symbol("C").
    """

    name: str
    layer: int | None = None
    indices: tuple[int, ...] = ()
    example: int | None = None

    def __str__(self) -> str:
        layer = "" if self.layer is None else str(self.layer).translate(SUPERSCRIPTS)
        example = "" if self.example is None else f"({self.example})".translate(SUPERSCRIPTS)
        return self.name.replace("delta", "δ") + layer + self.joined(",").translate(SUBSCRIPTS) + example

    def __repr__(self) -> str: return str(self)

    @property
    def ascii(self) -> str:
        """w2_1_3, x1, z2_1__7: what can be typed, and an identifier of Python and of SVG."""
        indices = "_".join(map(str, self.indices))
        layer = "" if self.layer is None else f"{self.layer}_"
        return self.name + (layer + indices).rstrip("_") + ("" if self.example is None else f"__{self.example}")

    @property
    def tex(self) -> str:
        above = ",".join([
            *([] if self.layer is None else [str(self.layer)]),
            *([] if self.example is None else [f"({self.example})"]),
        ])
        name = r"\delta" if self.name == "delta" else self.name
        return name + (f"^{{{above}}}" if above else "") + (f"_{{{self.joined(',')}}}" if self.indices else "")

    @property
    def delta(self) -> "Symbol":
        """δ²₁ of z²₁, its gradient (15)."""
        return self._replace(name="delta")

    def joined(self, comma: str) -> str:
        """The indices side by side, with a comma where one has several digits."""
        return (comma if any(index > 9 for index in self.indices) else "").join(map(str, self.indices))

    def of_example(self, example: int | None) -> "Symbol":
        return self._replace(example=example)


def parse(text: str) -> Symbol | None:
    """The Symbol that a text names in its Unicode or its ASCII form; None if it names none."""
    match = UNICODE.fullmatch(text) or ASCII.fullmatch(text)
    if match is None:
        return None
    name, layer, indices, example = (
        group.translate(FROM_UNICODE) if group else "" for group in match.group("name", "layer", "indices", "example")
    )
    name = match["name"].replace("δ", "delta")
    if match.re is ASCII:
        if layer and not indices and name in ("x", "y", "C"):  # x3 has an index and no layer
            layer, indices = "", layer
        numbers = [number for number in indices.split("_") if number]
    else:
        numbers = indices.split(",") if "," in indices or name != "w" else list(indices)
        numbers = [number for number in numbers if number]
    if any(len(number) > MOST_DIGITS for number in (layer, *numbers, example)):
        return None
    return Symbol(name, int(layer) if layer else None, tuple(map(int, numbers)), int(example) if example else None)
