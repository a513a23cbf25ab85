"""Text for a stream whose encoding lacks the paper's signs: w2_1_1 for w²₁₁, d for ∂, which can be typed back.

    printable(text)         the text as sys.stdout can hold it: what a repr returns
    Stream(sys.stdout)      a stream that writes so
"""

import codecs
import re
import sys
import unicodedata
from typing import Any, TextIO

from micrograd_paper.errors import FileError
from micrograd_paper.notation import parse

NAME = re.compile(r"[A-Za-zδ]+[⁰¹²³⁴⁵⁶⁷⁸⁹]*[₀₁₂₃₄₅₆₇₈₉][₀₁₂₃₄₅₆₇₈₉,]*(?:⁽[⁰¹²³⁴⁵⁶⁷⁸⁹]+⁾)?(?<!,)")
RAISED = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁱˡᴸᵀ]+")
LOWERED = re.compile(r"[₀₁₂₃₄₅₆₇₈₉₊₋ᵢⱼₖₓ]+")
PLAIN = str.maketrans({
    "−": "-", "·": "*", "×": "*", "÷": "/", "∂": "d", "δ": "delta", "σ": "sigma", "Σ": "sum", "η": "eta", "α": "alpha",
    "′": "'", "…": "...", "–": "-", "─": "-", "→": "->", "←": "<-", "≈": "~", "∇": "grad ", "√": "sqrt", "½": "1/2",
    "⊙": "o", "ß": "ss", "�": "?", "‖": "||", "ŷ": "yhat", "✓": "ok", "✗": "!!", "“": '"', "”": '"', "’": "'",
})


def plain(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks: - for −, ^2 for ², \\u8d64 where nothing is similar."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = RAISED.sub(r"^\g<0>", error.object[error.start : error.end].replace("ηα", "η·α"))
    text = LOWERED.sub(r"_\g<0>", text).translate(PLAIN)
    text = "".join([letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)])
    return text.translate(PLAIN).encode("ascii", "backslashreplace").decode(), error.end


codecs.register_error("micrograd_paper.plain", plain)


def encodable(text: str, encoding: str) -> str:
    """The text as that encoding can hold it, the paper's names in the form that can be typed."""
    if text.isascii():
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = NAME.sub(lambda match: getattr(parse(match[0]), "ascii", match[0]), text)
        return text.encode(encoding, "micrograd_paper.plain").decode(encoding)
    except LookupError:  # no encoding of Python's
        pass
    return text


def printable(text: str) -> str:
    """The text as sys.stdout can hold it."""
    return encodable(text, encoding_of(sys.stdout))


def encoding_of(stream: Any) -> str:
    return getattr(stream, "encoding", None) or "utf-8"


class Stream:
    """A text stream that can hold every text. What else fails when it is written raises FileError."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        try:
            return self.stream.write(encodable(text, encoding_of(self.stream)))
        except OSError as error:
            raise unwritable(error) from error

    def flush(self) -> None:
        try:
            self.stream.flush()
        except OSError as error:
            raise unwritable(error) from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def unwritable(error: OSError) -> OSError:
    return error if isinstance(error, BrokenPipeError) else FileError(f"cannot write the output: {error.strerror}")
