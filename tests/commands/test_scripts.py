"""A script is run as Python runs it, and leaves a Value to be found by name, or one clear line."""

import json
import keyword
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value
from micrograd_paper.commands.scripts import Script, run_script, split, value_named
from micrograd_paper.errors import FileError, MicrogradPaperError, NotAValue, ScriptFailed, UnknownName, UsageError
from tests.processes import PATIENCE
from tests.test_cli import environment

names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,5}", fullmatch=True).filter(lambda name: not keyword.iskeyword(name))
keys = st.integers(-9, 99) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a program that is written to demo.py in an empty current directory."""
    monkeypatch.chdir(tmp_path)

    def run_program(program, arguments=()):
        (tmp_path / "demo.py").write_text(program, encoding="utf-8")
        return run_script("demo.py", arguments)

    return run_program


# SCRIPT.py:NAME

@given(st.sampled_from(["demo", "C:\\work\\demo", "./a b/demo", "a:b/demo", "δ"]),
       st.sampled_from([".py", ".PY", ".pyw"]),
       st.lists(keys.map(repr) | st.just("name"), max_size=3), st.sampled_from(["C", "C.py", "a.py[0].b"]))
def test_a_script_and_a_name_are_split_whatever_colons_there_are(stem, suffix, items, first):
    name = first + "".join(f"[{item}]" for item in items)
    assert split(f"{stem}{suffix}:{name}") == (stem + suffix, name)
    assert split(stem + suffix) == split(f"{stem}{suffix}:") == (stem + suffix, "")


@pytest.mark.parametrize("text", ["", ".py", "net.json", "C:\\net.json", "demo.pyc:C", "demo:C", "demo.py/net.json"])
def test_what_names_no_script_is_not_split(text):
    assert split(text) is None


# Running.

def test_a_script_runs_as_python_runs_it(run, tmp_path):
    program = """
import sys, os, json
print(json.dumps([__name__, __file__, sys.argv, sys.path[0], os.getcwd(), sys.modules["__main__"].__dict__ is globals(),
                  __spec__ is None, __builtins__.__name__, __loader__.name, __package__, "δ"]))
"""
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "demo.py").write_text(program, encoding="utf-8")
    arguments = ["inner/demo.py", "-x", "y"]
    python = subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True)
    ours = subprocess.run(
        [sys.executable, "-c", "import sys; from micrograd_paper.commands.scripts import run_script; "
                               "run_script(sys.argv[1], sys.argv[2:])", *arguments],
        cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert json.loads(python.stdout)[0] == "__main__"
    assert (ours.stdout, ours.stderr) == (python.stdout, python.stderr)


FAILING = {
    "an operation outside its domain": "from micrograd_paper import Value\ndef f(x):\n    x.log()\nf(Value(0.0))\n",
    "a chain of causes": "try:\n    1 / 0\nexcept ArithmeticError as e:\n    raise ValueError('two\\nlines') from e\n",
    "a syntax error": "x = (1,\n",
    "a wrong indentation": "if True:\nx = 1\n",
    "a message that fails": "class E(Exception):\n    def __str__(self):\n        return 1 / 0\nraise E\n",
    "no exception of Exception": "class E(BaseException):\n    pass\nraise E('δ')\n",
    "an unknown import": "import nothing_of_this_name\n",
    "a relative import": "from . import sibling\n",
}


@pytest.mark.parametrize("program", FAILING.values(), ids=FAILING)
def test_a_failing_script_shows_the_traceback_that_python_shows(program, run, tmp_path, capsys):
    with pytest.raises(ScriptFailed, match=r"^demo\.py failed: \w+") as caught:
        run(program)
    assert "\n" not in str(caught.value)
    python = subprocess.run([sys.executable, "demo.py"], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8",
                            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "utf-8"})
    assert capsys.readouterr() == ("", python.stderr)
    assert python.stderr


@pytest.mark.parametrize("program, message", [
    ("raise ValueError('two\\n  lines')", "demo.py failed: ValueError: two lines"),
    ("assert False", "demo.py failed: AssertionError"),
    ("raise ValueError('x' * 10_000)", "demo.py failed: ValueError: " + "x" * 151 + "…" + "x" * 120),
    ("import sys; sys.exit(3)", "demo.py ended with exit status 3"),
    ("import sys; sys.exit('no\\ndata')", "demo.py ended with exit status 1: no data"),
])
def test_a_failing_script_is_one_line_and_its_graph_so_far_is_kept(program, message, run):
    with pytest.raises(ScriptFailed) as caught:
        run("from micrograd_paper import Value\nC = Value(2.0) * 3\n" + program)
    assert str(caught.value) == message
    assert value_named(caught.value.script, "C").data == 6.0


@pytest.mark.parametrize("code", ["", "0", "None"])
def test_a_script_may_end_itself_without_failing(code, run):
    assert run(f"import sys\nC = 1\nsys.exit({code})\nC = 2").namespace["C"] == 1


@pytest.mark.parametrize("ending", ["", "raise ValueError", "raise SystemExit(1)", "raise KeyboardInterrupt", "("])
def test_the_process_is_afterwards_what_it_was(ending, run):
    before = sys.argv, sys.path, list(sys.argv), list(sys.path), sys.modules["__main__"]
    try:
        run("import sys\nsys.argv.append('x')\nsys.path.insert(0, 'x')\nsys.path = ['y']\nsys.argv = []\n"
            f"sys.modules['__main__'] = sys\n{ending}")
        assert not ending
    except (ScriptFailed, KeyboardInterrupt):
        assert ending
    assert (sys.argv, sys.path, list(sys.argv), list(sys.path), sys.modules["__main__"]) == before
    assert sys.argv is before[0] and sys.path is before[1]


def test_ctrl_c_in_a_script_is_the_users(run):
    with pytest.raises(KeyboardInterrupt):
        run("raise KeyboardInterrupt")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only some systems fork")
@pytest.mark.parametrize("ending", ["", "sys.exit()", "sys.exit(3)", "sys.exit('why')", "raise ValueError", "1 / 0"])
def test_a_child_that_the_script_forks_ends_where_the_script_ends_as_in_python(ending, tmp_path):
    (tmp_path / "demo.py").write_text(
        f"import os, sys\nchild = os.fork()\nif child == 0:\n    {ending or 'pass'}\n"
        "else:\n    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)\n"
    )
    program = "from micrograd_paper.commands.scripts import run_script\nrun_script('demo.py')\nprint('back')"
    both = [subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE,
                           env=environment()) for arguments in (["demo.py"], ["-c", program])]
    python, ran = [(process.stdout, process.stderr.replace(str(tmp_path) + os.sep, "")) for process in both]
    assert ran == (python[0] + "back\n", python[1])


def test_a_script_finds_its_siblings_its_classes_and_its_main(run, tmp_path):
    (tmp_path / "sibling_of_demo.py").write_text("from micrograd_paper import Value\nx = Value(3.0, 'x')\n")
    script = run("""
from __future__ import annotations
import copy, dataclasses, pickle, typing
from sibling_of_demo import x

@dataclasses.dataclass
class Point:
    x: typing.ClassVar[int] = 1
    y: float = 2.0

assert [field.name for field in dataclasses.fields(Point)] == ["y"]
assert pickle.loads(pickle.dumps(Point(5.0))) == Point(5.0)
if __name__ == "__main__":
    C = x * x
""")
    assert value_named(script, "C").data == 9.0
    del sys.modules["sibling_of_demo"]


def test_the_encoding_that_a_script_declares_is_its_own(run, tmp_path):
    (tmp_path / "latin.py").write_bytes(b"# coding: latin-1\r\nname = '\xe9'\r\n")
    assert run_script(str(tmp_path / "latin.py")).namespace["name"] == "é"


@pytest.mark.parametrize("content, message", [
    (None, r"cannot read demo\.py: No such file"),
    (b"\x7fELF\x02\xff\xfe", r"cannot read demo\.py: it is not Python source: "),
    (b"x = 1\0", r"cannot read demo\.py: it is not Python source: it has a NUL"),
    (b"# coding: klingon\n", r"cannot read demo\.py: it is not Python source: unknown encoding: klingon"),
])
def test_what_is_no_script_is_one_line(content, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "demo.py").write_bytes(content)
    with pytest.raises(FileError, match=f"^{message}"):
        run_script("demo.py")


@pytest.mark.parametrize("path, message", [(".", "Is a directory"), ("", "expected the path"), ("\0.py", "expected")])
def test_a_path_that_is_no_file_is_one_line(path, message):
    with pytest.raises(FileError, match=message):
        run_script(path)


# Finding a Value.

@given(names, st.lists(names | keys, max_size=4))
def test_every_path_of_attributes_and_items_leads_to_its_value(first, path):
    C = Value(1.0)
    found, text = C, ""
    for step in reversed(path):
        is_name = isinstance(step, str) and step.isascii() and step.isidentifier() and not keyword.iskeyword(step)
        if is_name and not step.startswith("__"):  # __init__ and its like mean something to the class
            found, text = type("Thing", (), {step: found})(), f".{step}{text}"
        else:
            found, text = {step: found}, f"[{step!r}]{text}"
    assert value_named(Script("demo.py", {first: found}), first + text) is C




def array_of(things):
    array = np.empty(len(things), dtype=object)
    for i, thing in enumerate(things):
        array[i] = thing
    return array


containers = st.recursive(
    st.builds(Value, st.just(1.0)) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.lists(inner, max_size=3).map(array_of) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
).filter(lambda thing: not isinstance(thing, Value))


@given(containers)
def test_what_holds_a_value_is_no_value_and_the_advice_leads_to_one(thing):
    script = Script("demo.py", {"outputs": thing})
    with pytest.raises(NotAValue) as caught:
        value_named(script, "outputs")
    advice = str(caught.value).partition(": say which Value, such as ")[2]
    if advice:
        assert isinstance(value_named(script, advice), Value)
    else:
        assert not holds_value(thing, 3)


def holds_value(thing, depth):
    is_list = isinstance(thing, list | tuple | np.ndarray)
    items = thing.values() if isinstance(thing, dict) else thing if is_list else []
    return isinstance(thing, Value) or (depth > 0 and any(holds_value(item, depth - 1) for item in items))


@given(st.text(max_size=12) | st.sampled_from([
    "a+b", "f()", "a[:1]", "a[f()]", "a[1.5]", "[a][0]", "a.", "(a", "lambda: a", "a['''\n''']", "b[\n9]",
    "(" * 1000 + "a" + ")" * 1000, "-" * 50_000 + "a", "a\0", "1/0", "g()",
]))
def test_whatever_is_typed_gives_a_value_or_one_line(name):
    def g():
        raise ValueError("two\nlines")

    script = Script("demo.py", {"a": [Value(1.0), Value(3.0)], "b": Value(2.0), "f": lambda: 1, "g": g})
    try:
        assert isinstance(value_named(script, name), Value)
    except MicrogradPaperError as error:
        assert "\n" not in str(error) and len(str(error)) <= 400


PROGRAM = """
import numpy as np
from micrograd_paper import MLP, Value
a, b = Value(2.0, "a"), Value(3.0, "b")
product = a * b
C = product.tanh()
_hidden = C + 1
outputs, rate, nothing, empty = [a, b, C], 0.1, None, []
table = np.array([[a, b, C], [C, b, a]])
net = MLP(2, [3, 1], seed=1)
forward = net.forward([1.0, 0.0])
layers = {2: [a], 3: [b]}
"""


@pytest.mark.parametrize("name, error, message", [
    ("", UsageError, "demo.py: say which Value, as demo.py:NAME; the script has the Values C, product, b, a"),
    ("c", UnknownName, "demo.py has no c (did you mean C?); the script has the Values C, product, b, a"),
    ("PRODUCT", UnknownName, "demo.py has no PRODUCT (did you mean product?); the script has the Values C, product, b, "
                             "a"),
    ("prodct", UnknownName, "demo.py has no prodct (did you mean product?); the script has the Values C, product, b, "
                            "a"),
    ("loss", UnknownName, "demo.py has no loss; the script has the Values C, product, b, a"),
    ("outputs", NotAValue, "demo.py: outputs is a list of 3 Values: say which Value, such as outputs[0]"),
    ("outputs[3]", UnknownName, "demo.py has no outputs[3]: IndexError: list index out of range"),
    ("outputs['a']", UnknownName, "demo.py has no outputs['a']: TypeError: list indices must be integers "
                                  "or slices, not str"),
    ("table", NotAValue, "demo.py: table is an array of 2 items: say which Value, such as table[0][0]"),
    ("table[1]", NotAValue, "demo.py: table[1] is an array of 3 Values: say which Value, such as table[1][0]"),
    ("layers", NotAValue, "demo.py: layers is a dict with the keys 2, 3: say which Value, such as layers[2][0]"),
    ("layers[4][0]", UnknownName, "demo.py has no layers[4][0]: KeyError: 4"),
    ("rate", NotAValue, "demo.py: rate is of type float, not a Value of micrograd_paper; the script has the Values C, "
                        "product, b, a"),
    ("nothing", NotAValue, "demo.py: nothing is None, not a Value of micrograd_paper; the script has the Values C, "
                           "product, b, a"),
    ("forward", NotAValue, "demo.py: forward is of type micrograd_paper.nn.Forward: say which Value, such as "
                           "forward.output[0]"),
    ('forward["z9_1"]', UnknownName, 'demo.py has no forward["z9_1"]: the network 2-3-1 has no z9_1: expected a name '
                                     "such as x1, z2_1, w2_1_1"),
    ("net.bias", UnknownName, "demo.py has no net.bias: AttributeError: 'MLP' object has no attribute 'bias'"),
    ("a+", UsageError, "expected a name such as C, net.biases[2][0] or forward[\"z2_1\"]; got 'a+'"),
])
def test_a_name_that_is_no_value_is_one_line_that_says_what_there_is(name, error, message, run):
    script = run(PROGRAM)
    with pytest.raises(error) as caught:
        value_named(script, name)
    assert str(caught.value) == message


def test_the_values_of_lists_are_offered_where_there_are_no_others():
    net = MLP(2, [1], seed=1)
    script = Script("demo.py", {"costs": [None, Value(1.0)], "forward": net.forward([1.0, 2.0]), "rate": 1})
    with pytest.raises(UnknownName, match=r"; the script has costs\[1\], forward\.output\[0\]$"):
        value_named(script, "C")
    with pytest.raises(UnknownName, match=r"; the script has no Value at its top level$"):
        value_named(Script("demo.py", {"rate": 1}), "C")


def test_ten_values_are_listed_and_results_before_leaves():
    leaves = {f"x{i}": Value(1.0) for i in range(20)}
    script = Script("demo.py", {"C": leaves["x0"] * leaves["x1"], **leaves})
    with pytest.raises(UsageError, match=r"the Values C, x19, x18, x17, x16, x15, x14, x13, x12, x11, …$"):
        value_named(script, "")
