"""Running a user's script for the graph that it makes, and finding a Value in it.

    path, name = split("demo.py:C")        "demo.py", "C"
    script = run_script(path)              as `python demo.py` runs it
    C = value_named(script, name)          or net.biases[2][0], forward["z2_1"]
"""

import builtins
import os
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.machinery import SourceFileLoader
from importlib.util import decode_source, find_spec
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from micrograd_paper.display import one_line, shown
from micrograd_paper.engine import Value
from micrograd_paper.errors import FileError, MicrogradPaperError, NotAValue, ScriptFailed, UnknownName, UsageError
from micrograd_paper.files import check_path, reason
from micrograd_paper.nn import Forward
from micrograd_paper.reading.variables import Variables, loop_variables

SPLIT = re.compile(r"(.+?\.pyw?)(?::(.*))?", re.DOTALL | re.IGNORECASE)  # at no other colon: C:\demo.py has a drive
LISTED = 10  # limit on the names listed, and on the items of a container looked at


class Script(NamedTuple):
    """A script that was run: its path as given, what it defined at its top level, the variables that loops assign."""

    path: str
    namespace: dict[str, Any]
    loops: frozenset[str] = frozenset()

    @property
    def variables(self) -> Variables:
        """What names Values that have no label."""
        return Variables(self.namespace, self.loops)


def split(text: str) -> tuple[str, str] | None:
    """SCRIPT.py:NAME as its two parts, the name "" where there is none; None if text does not name a script."""
    match = SPLIT.fullmatch(text)
    return (match[1], match[2] or "") if match else None


def run_script(path: str, arguments: Sequence[str] = ()) -> Script:
    """Run the file as `python path arguments…` does: as `__main__`, its own directory first in sys.path.

    sys.argv, sys.path and sys.modules["__main__"] are restored afterwards. Raises FileError for a file that is not
    Python source; ScriptFailed for a script that raises, after its traceback has been printed to stderr, or that ends
    with an exit status other than 0. A child that the script forks does not come back: where the script ends, it ends,
    by SystemExit with the status that it has in Python.
    """
    file = os.path.abspath(path)  # now, while the current directory is what it is
    names = {"__file__": file, "__loader__": SourceFileLoader("__main__", file)}
    return run_source(path, read_source(path), names, [os.path.dirname(os.path.realpath(file))], [path, *arguments])


def run_module(name: str, arguments: Sequence[str] = ()) -> Script:
    """Run the module as `python -m name arguments…` does: the current directory first in sys.path, a package's
    __main__. Raises what run_script raises; UnknownName if there is no such module."""
    here, before = [os.getcwd()], sys.path
    sys.path = [*here, *before]
    try:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = find_spec(f"{name}.__main__")
    except (ImportError, ValueError, AttributeError, TypeError) as error:
        raise UnknownName(f"cannot run -m {one_line(name, str)}: {message_of(error)}") from error
    finally:
        sys.path = before
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise UnknownName(f"there is no module {one_line(name, str)} written in Python, nor a package with a __main__")
    names = {"__file__": spec.origin, "__loader__": spec.loader, "__spec__": spec, "__package__": spec.parent}
    return run_source(name, read_source(spec.origin), names, here, [spec.origin, *arguments])


def run_source(
    path: str, source: str, names: Mapping[str, Any], places: Sequence[str], arguments: list[str],
) -> Script:
    """Run the source as `__main__`, with these names in it, these places first in sys.path."""
    module = ModuleType("__main__")
    vars(module).update(names, __builtins__=builtins)
    script = Script(path, vars(module))
    process, before = os.getpid(), (sys.argv, sys.path, sys.modules["__main__"])
    sys.argv, sys.path = arguments, [*places, *sys.path]
    sys.modules["__main__"] = module
    try:
        code = compile(source, names["__file__"], "exec", dont_inherit=True)
        script = script._replace(loops=loop_variables(code))
        exec(code, script.namespace)
    except SystemExit as end:
        if os.getpid() != process:
            raise
        if end.code is not None and end.code != 0:
            status = end.code if isinstance(end.code, int) else f"1: {message_of(end)}"
            raise failure(script, f"ended with exit status {status}") from end
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        own = error.__traceback__.tb_next if error.__traceback__ else None  # without this function's frame
        sys.__excepthook__(type(error), error.with_traceback(own), own)
        if os.getpid() != process:
            raise SystemExit(1) from error
        message = message_of(error)
        raise failure(script, f"failed: {type(error).__name__}" + (f": {message}" if message else "")) from error
    finally:
        sys.argv, sys.path, sys.modules["__main__"] = before
    if os.getpid() != process:
        raise SystemExit(0)
    return script


def read_source(path: str) -> str:
    """The text of a Python file, by the encoding that it declares. Raises FileError."""
    check_path(path)
    try:
        with open(path, "rb") as file:
            text = decode_source(file.read())
    except OSError as error:
        raise FileError(f"cannot read {path}: {reason(error)}") from error
    except (SyntaxError, UnicodeDecodeError) as error:
        raise FileError(f"cannot read {path}: it is not Python source: {message_of(error)}") from error
    if "\0" in text:
        raise FileError(f"cannot read {path}: it is not Python source: it has a NUL in it")
    return text


def failure(script: Script, what: str) -> ScriptFailed:
    error = ScriptFailed(f"{script.path} {what}")
    error.script = script
    return error


def message_of(error: BaseException) -> str:
    """An exception's message, whatever it is, on one line."""
    return one_line(error, str)


def value_named(script: Script, name: str) -> Value:
    """The Value that a name in the script refers to: C, outputs[0], net.biases[2][0], forward["z2_1"].

    Raises UsageError for a missing or invalid name; UnknownName if nothing has that name; NotAValue if it refers to
    something else. Most of the messages list the script's Values.
    """
    if not name:
        raise UsageError(f"{script.path}: say which Value, as {script.path}:NAME; {choices(script)}")
    code, name = compiled(name), one_line(name, str)
    try:
        found = eval(code, dict(script.namespace))
    except NameError as error:
        missing = error.name or name
        raise UnknownName(f"{script.path} has no {missing}{nearest(script, missing)}; {choices(script)}") from error
    except MicrogradPaperError as error:
        raise UnknownName(f"{script.path} has no {name}: {error}") from error
    except Exception as error:
        raise UnknownName(f"{script.path} has no {name}: {type(error).__name__}: {message_of(error)}") from error
    if isinstance(found, Value):
        return found
    example = path_to_value(name, found)
    what = f"{script.path}: {name} is {kind_in_words(found)}"
    if example:
        raise NotAValue(f"{what}: say which Value, such as {example}")
    raise NotAValue(f"{what}, not a Value of micrograd_paper; {choices(script)}")


def compiled(name: str) -> CodeType:
    """A name or another expression, compiled for the script's namespace. Raises UsageError for anything else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's SyntaxWarning for 3[0]: evaluating it fails anyway
            return compile(" ".join(name.splitlines()), "<name>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        expected = 'expected a name such as C, net.biases[2][0] or forward["z2_1"]'
        raise UsageError(f"{expected}; got {shown(name)}") from None


def choices(script: Script) -> str:
    """The Values of the script in words, the newest results first, then leaves; if none, paths into containers."""
    values = value_names(script)
    if values:
        return f"the script has the Values {listed(values)}"
    paths = [path_to_value(name, thing) for name, thing in public(script)]
    found = [path for path in paths if path]
    return f"the script has {listed(found)}" if found else "the script has no Value at its top level"


def value_names(script: Script) -> list[str]:
    values = [(name, thing) for name, thing in reversed(public(script)) if isinstance(thing, Value)]
    return [name for name, _ in sorted(values, key=lambda value: not value[1].operands)]


def public(script: Script) -> list[tuple[str, Any]]:
    return [(name, thing) for name, thing in script.namespace.items() if not name.startswith("_")]


def nearest(script: Script, name: str) -> str:
    names = {known.casefold(): known for known in value_names(script)}
    close = get_close_matches(name.casefold(), names, 1)
    return f" (did you mean {names[close[0]]}?)" if close else ""


def listed(names: Sequence[str]) -> str:
    return ", ".join(names[:LISTED]) + (", …" if len(names) > LISTED else "")


def path_to_value(text: str, thing: Any, depth: int = 3) -> str | None:
    """The name of the first Value in a container whose name is text."""
    thing = as_list(thing)
    if isinstance(thing, Value):
        return text
    if isinstance(thing, Forward):
        return f"{text}.output[0]"
    items: list[tuple[Any, Any]] = []
    if isinstance(thing, list | tuple):
        items = list(enumerate(thing[:LISTED]))
    elif isinstance(thing, dict):
        items = [(key, item) for key, item in list(thing.items())[:LISTED] if type(key) in (int, str)]
    for key, item in items if depth else []:
        found = path_to_value(f"{text}[{key!r}]", item, depth - 1)
        if found:
            return found
    return None


def as_list(thing: Any) -> Any:
    """An array of objects as a list of them, or of lists, with the same indices."""
    return thing.tolist() if str(getattr(thing, "dtype", "")) == "object" and hasattr(thing, "tolist") else thing


def kind_in_words(thing: Any) -> str:
    """What it is, in words."""
    kind, thing = type(thing), as_list(thing)
    name = "an array" if type(thing) is not kind else f"a {kind.__name__}"
    if isinstance(thing, dict):
        keys = [repr(key) for key in list(thing)[:LISTED + 1] if type(key) in (int, str)]
        return f"a dict with the keys {listed(keys)}" if keys else "a dict"
    if isinstance(thing, list | tuple):
        what = "Value" if thing and all(isinstance(item, Value) for item in thing) else "item"
        return f"{name} of {len(thing)} {what}{'s' * (len(thing) != 1)}"
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."  # there are other Values than ours
    return "None" if thing is None else f"of type {module}{kind.__qualname__}"
