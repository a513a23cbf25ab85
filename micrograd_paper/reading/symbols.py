"""The paper's name that a label is, or spells: "z2_1" is z²₁ as the Symbol is, for every tool."""

from collections.abc import Iterable

from micrograd_paper.display import LABEL_LENGTH
from micrograd_paper.notation import UNICODE, Symbol, parse

PAPERS = (*"wbzaxyCδ",)  # letters of quantities


def symbol_of(label: object) -> Symbol | None:
    """The Symbol that a label is or spells; "w2" is the second weight w₂, and "v0" v₀, for w² and v⁰ are powers."""
    if isinstance(label, Symbol):
        return label if is_well_formed(label) else None
    if not isinstance(label, str) or len(label) > LABEL_LENGTH:
        return None
    symbol = parse(label)
    if symbol is None or label not in (str(symbol), symbol.ascii):  # x01 would come out as x₁
        return None
    if symbol.layer is not None and not symbol.indices and label == symbol.ascii:
        return symbol._replace(layer=None, indices=(symbol.layer,))
    return symbol


def split_at_symbols(text: str) -> list[str | Symbol]:
    """The text in pieces, of which those that are the paper's names with indices are Symbols: ∂C/∂, w²₁₃,  = 0."""
    found: list[str | Symbol] = []
    end = 0
    for match in UNICODE.finditer(text):
        symbol = parse(match[0]) if len(match[0]) > len(match["name"]) and match["name"] in PAPERS else None
        if symbol is not None and str(symbol) == match[0]:
            found += [text[end : match.start()], symbol]
            end = match.end()
    return [piece for piece in [*found, text[end:]] if piece]


def is_well_formed(symbol: Symbol) -> bool:
    """A short name and small numbers; a Symbol is only a tuple, and may hold anything."""
    name, layer, indices, example = symbol
    if not isinstance(name, str) or not name.isalpha() or len(name) > LABEL_LENGTH or not isinstance(indices, tuple):
        return False
    numbers = [*indices, *(number for number in (layer, example) if number is not None)]
    return len(numbers) < 6 and all(type(number) is int and 0 <= number < 10**6 for number in numbers)


def layer_of(symbol: Symbol | None, names: str = "wbza") -> int | None:
    """The layer that a name of the paper's w, b, z or a says; `names` are those that count."""
    return symbol.layer if symbol is not None and symbol.name in names else None


def delta_of(symbol: Symbol | None) -> Symbol | None:
    """δ²₁ of z²₁: what the paper calls its gradient, (15). None where it has no name for it."""
    return symbol.delta if symbol is not None and layer_of(symbol, "z") is not None else None


def speaks_of_neurons(symbols: Iterable[Symbol | None]) -> bool:
    """Whether names are a network's: w, b and y are no weight, bias and target in a·b + y."""
    return any(symbol.name == "w" or (symbol.indices and symbol.name in "wbzaxy") for symbol in symbols if symbol)


def last_layer(symbols: Iterable[Symbol | None]) -> int:
    """L; 0 if nothing is named as in a network."""
    return max([layer_of(symbol) or 0 for symbol in symbols if symbol is not None], default=0)
