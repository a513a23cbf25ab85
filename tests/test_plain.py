"""What a stream of any encoding is given: the paper's names in the form that can be typed, and nothing that fails."""

import errno
import io
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micrograd_paper import MLP, Value, compare, cross_entropy
from micrograd_paper.cli import main
from micrograd_paper.errors import FileError
from micrograd_paper.notation import parse
from micrograd_paper.plain import Stream, encodable, printable
from tests.processes import PATIENCE
from tests.test_cli import environment
from tests.strategies import symbols

ENCODINGS = ["ascii", "cp1252", "cp437", "latin-1", "shift_jis", "utf-8", "utf-16"]


@given(st.text(), st.sampled_from(ENCODINGS))
def test_every_text_can_be_written_and_what_the_encoding_holds_is_left_as_it_is(text, encoding):
    written = encodable(text, encoding)
    written.encode(encoding)
    assert encodable(written, encoding) == written
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return
    assert written == text


@given(symbols, st.sampled_from(["ascii", "cp1252"]))
def test_a_name_can_be_typed_back(symbol, encoding):
    if symbol.indices:
        assert parse(encodable(f"∂C/∂{symbol} = 1", encoding).split("dC/d")[1].split(" ")[0]) == symbol


@pytest.mark.parametrize(("text", "plain"), [
    ("∂C/∂w²₁₁ = −6.9e−5 · x²", "dC/dw2_1_1 = -6.9e-5 * x^2"), ("δ³₁⁽⁷⁾ = Σₖ wˡ⁺¹ₖⱼ", "delta3_1__7 = sum_k w^l+1_kj"),
    ("w²₁₀,₃, b²₁", "w2_10_3, b2_1"), ("Größe 赤 ✓", "Grosse \\u8d64 ok"), ("ŷ − y", "yhat - y"), ("\ud800", "\\ud800"),
    ("Wᵀδ", "W^Tdelta"), ("σ′(z²₁)²", "sigma'(z2_1)^2"),
])
def test_the_ascii_form(text, plain):
    assert encodable(text, "ascii") == plain


def test_what_an_encoding_has_stays():
    assert encodable("Größe ² · × − w²₁₁", "cp1252") == "Größe ² · × - w2_1_1"


def test_a_repr_is_what_stdout_can_hold(monkeypatch):
    net = MLP(2, [2, 1], seed=1)
    forward = net.forward([1.0, 0.5])
    C = cross_entropy(forward.output, [1.0])
    C.backward()
    comparison = compare(forward, [1.0], "cross_entropy")
    shown = [C, Value(1.0, "赤"), comparison, comparison.rows[0], forward, C.op, net]
    assert not any(str(thing).isascii() for thing in shown[:-2])
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "ascii"))
    assert all(str(thing).isascii() for thing in shown)
    assert "z2_1 is " in str(comparison.filter(symbol="z2_1").rows[0]) and "δ" not in printable("δ")


class Broken(io.StringIO):
    def __init__(self, number):
        super().__init__()
        self.number = number

    def write(self, text=""):
        raise OSError(self.number, os.strerror(self.number))

    flush = write


def test_a_stream_that_cannot_be_written_says_so():
    for call in (lambda stream: stream.write("x"), lambda stream: stream.flush()):
        with pytest.raises(FileError, match="cannot write the output: No space left"):
            call(Stream(Broken(errno.ENOSPC)))
    with pytest.raises(BrokenPipeError):
        Stream(Broken(errno.EPIPE)).write("x")


@pytest.mark.parametrize("arguments", [["equations"], ["--help"], ["train", "--data", "xor", "--epochs", "1"]])
@pytest.mark.parametrize(("shell", "said"), [
    (">/dev/full", "micrograd-paper: cannot write the output: No space left on device\n"),
    (">&-", "micrograd-paper: cannot write the output: it is closed\n"), (">&- 2>&-", ""), (">/dev/full 2>&-", ""),
])
def test_an_output_that_takes_nothing_is_one_line_and_status_2(arguments, shell, said, tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    command = ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", sys.executable, "-m", "micrograd_paper", *arguments]
    run = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=PATIENCE)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", said)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_the_commands_write_what_any_terminal_has(encoding, tmp_path):
    run = subprocess.run([sys.executable, "-m", "micrograd_paper", "equations", "21"], cwd=tmp_path, timeout=PATIENCE,
                         env={**environment(), "PYTHONIOENCODING": encoding}, capture_output=True)
    assert (run.returncode, run.stderr) == (0, b"")
    assert "delta2_1 = w3_1_1" in run.stdout.decode(encoding)


def test_stdout_is_the_callers_again_afterwards(capsys):
    before = sys.stdout, sys.stderr
    assert main(["equations", "8"]) == 0 and (sys.stdout, sys.stderr) == before
    assert "σ(z)" in capsys.readouterr().out
