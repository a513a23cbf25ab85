"""What a debugger needs from its terminal: colours, width, a persistent history, and Ctrl-C."""

import gc
import os
import re
import shutil
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from micrograd_paper.errors import harmless

HISTORY_LENGTH = 1000
NO_BREAK = "\N{NO-BREAK SPACE}"
BREAK = "\N{ZERO WIDTH SPACE}"
FACTOR = re.compile(r"(?<=\S)[·*]")
UNBROKEN = re.compile(rf"(?<=\S) {BREAK}")
SIGN = re.compile(r" (?:[+−=→·*-]|->) ")
BRACKETS = re.compile(r"\([^()]{,40}\)")
COLOURS = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # not a file, or a closed one
        return False


def wants_colours(stream: Any) -> bool:
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(text: str, colour: str) -> str:
    return f"\033[{COLOURS[colour]}m{text}\033[0m"


def width() -> int:
    """The terminal's columns; 80 where there is none."""
    return max(40, shutil.get_terminal_size((80, 24)).columns)


def wrapped(text: str, indent: int = 5) -> str:
    """Each line wrapped to the width of the terminal, with the continuation lines indented. Lines break before a sign,
    not inside the innermost brackets; a product too long for a line breaks between its factors."""
    fill = textwrap.TextWrapper(width(), subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    lines = [fill.fill(breakable(BRACKETS.sub(held_together, SIGN.sub(held_together, line)), width() - indent))
             for line in map(harmless, text.splitlines())]
    return UNBROKEN.sub("", "\n".join(lines)).replace(BREAK, "").replace(NO_BREAK, " ")


def breakable(line: str, most: int) -> str:
    """The line with marks where a product may be broken, in words longer than the limit."""
    return " ".join([word if len(word) <= most else FACTOR.sub(rf" {BREAK}\g<0>", word) for word in line.split(" ")])


def held_together(match: re.Match[str]) -> str:
    return match[0][0] + match[0][1:].replace(" ", NO_BREAK)


def history_file() -> Path:
    """The file that keeps the history: in the directory for the user's state."""
    state = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".local" / "state"
    return Path(state) / "micrograd-paper" / "debug_history"


@contextmanager
def history() -> Iterator[None]:
    """Inside, readline has the debugger's history; afterwards, its previous one. Without readline, nothing happens."""
    try:
        import readline
    except ImportError:
        yield
        return
    before = [readline.get_history_item(i + 1) for i in range(readline.get_current_history_length())]
    try:
        path = history_file()
        path.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # nowhere to write, or no home directory: the history is not kept
        path = Path(os.devnull)
    readline.clear_history()
    with suppress(OSError, ValueError):  # there is none yet
        readline.read_history_file(path)
    try:
        yield
    finally:
        readline.set_history_length(HISTORY_LENGTH)
        with suppress(OSError):
            readline.write_history_file(path)
        readline.set_history_length(-1)
        readline.clear_history()
        for line in before:
            readline.add_history(line)


@contextmanager
def interrupting(pressed: Callable[[], bool]) -> Iterator[None]:
    """Inside, Ctrl-C calls the function, and raises KeyboardInterrupt only if that returns False."""
    def handler(number: int, frame: Any) -> None:
        if not pressed():
            signal.default_int_handler(number, frame)

    is_ours = (threading.current_thread() is threading.main_thread()
               and signal.getsignal(signal.SIGINT) is signal.default_int_handler)
    if is_ours:
        signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        if is_ours and signal.getsignal(signal.SIGINT) is handler:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def uncaptured() -> Iterator[None]:
    """Inside, pytest does not capture the terminal, if it is pytest that holds the standard input."""
    is_captured = type(sys.stdin).__module__ == "_pytest.capture"
    plugins = getattr(getattr(sys.modules.get("_pytest.debugging"), "pytestPDB", None), "_pluginmanager", None)
    manager = plugins.getplugin("capturemanager") if plugins is not None and is_captured else None
    if manager is not None:
        manager.suspend(in_=True)
    try:
        yield
    finally:
        if manager is not None:
            manager.resume()


@contextmanager
def unbroken() -> Iterator[Callable[[], bool]]:
    """Inside, Ctrl-C does not raise; the function yielded returns True once it has been pressed."""
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def no_collections() -> Iterator[None]:
    """Inside, Python's cyclic collector pauses: it takes half the time of a graph of 10⁶ nodes, which has no cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
