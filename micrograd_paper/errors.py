"""The project's own errors. Each is also the built-in that fits, so `except ValueError` keeps working."""

import unicodedata
from typing import Any

AT_MOST, LAST = 300, 120  # characters of a message, and of the end of one that is cut: what was expected stands there


def harmless(text: str) -> str:
    """The text with � for every character that a terminal or a file could take for more than text."""
    return "".join(["�" if unicodedata.category(letter) in ("Cc", "Cf", "Cs") else letter for letter in text])


class MicrogradPaperError(Exception):
    """Base of every error that this project raises on purpose; its message is one line of at most 300 characters."""

    def __str__(self) -> str:  # a KeyError would show the repr of its message
        text = harmless(str(self.args[0])) if self.args else ""
        return text if len(text) <= AT_MOST else f"{text[: AT_MOST - LAST - 1]}…{text[-LAST:]}"


class NotANumber(MicrogradPaperError, TypeError):
    """Something that is not a number was given where a number is needed."""


class NotAValue(MicrogradPaperError, TypeError):
    """An object of another type was given, or returned, where a Value or another specific type is needed."""


class StaleGraphWarning(UserWarning):
    """A number was changed after the graph was made: some nodes no longer follow from their operands."""


class DomainError(MicrogradPaperError, ValueError):
    """An operation was applied outside its domain: log(0), √(−1), (−8)**0.5."""


class DivisionByZero(MicrogradPaperError, ZeroDivisionError):
    """A division by zero, including 0**−1."""


class RangeError(MicrogradPaperError, OverflowError):
    """A result is too large for its kind of number: exp(1000.0)."""


class ShapeError(MicrogradPaperError, ValueError):
    """Lengths that do not match: of inputs, targets or layers."""


class UsageError(MicrogradPaperError, ValueError):
    """An argument is outside what the function accepts."""


class UnknownName(MicrogradPaperError, KeyError):
    """No node has this name, or several have it."""


class DataError(MicrogradPaperError, ValueError):
    """A data file that cannot be used; the message says row and column."""


class CheckpointError(MicrogradPaperError, ValueError):
    """A file that is not a network saved by this project, or of another version."""


class FileError(MicrogradPaperError, OSError):
    """A file that cannot be read or written."""


class LayoutError(MicrogradPaperError, RuntimeError):
    """A graph could not be drawn: Graphviz is missing or failed, or the drawing took too long."""


class Diverged(MicrogradPaperError, ArithmeticError):
    """The cost became nan or infinite during training; the last good weights are kept, and `history` up to them."""

    history: Any = None


class ScriptFailed(MicrogradPaperError, RuntimeError):
    """A script raised, or ended with a failing exit status; `script` holds what it had defined until then."""

    script: Any = None


class AnomalyFound(MicrogradPaperError, ArithmeticError):
    """Data, a partial derivative or a gradient is nan or infinite, where detect_anomaly checks; `node` is where."""

    node: Any = None


class ConditionFailed(MicrogradPaperError, RuntimeError):
    """The condition of a breakpoint raised an error."""
