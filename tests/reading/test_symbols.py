"""Names in a text are found as what they are."""

from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper.notation import Symbol
from micrograd_paper.reading.symbols import PAPERS, split_at_symbols
from tests.strategies import symbols


@given(st.lists(st.text("wbzaδC ∂/²³₁₂⁽⁾é", max_size=6) | symbols.map(str)).map("".join))
def test_the_pieces_of_a_text_are_the_text(text):
    assert "".join(map(str, split_at_symbols(text))) == text


@given(symbols)
def test_a_name_with_indices_is_found_in_a_text(symbol):
    is_one = symbol.name.replace("delta", "δ") in PAPERS and len(str(symbol)) > len(symbol.name.replace("delta", "δ"))
    found = [piece for piece in split_at_symbols(f"∂C/∂{symbol} += 1") if isinstance(piece, Symbol)]
    assert [str(each) for each in found] == [str(symbol)] * is_one
