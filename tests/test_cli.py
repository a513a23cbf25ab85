"""The commands, run as a user runs them: in a process of their own, in another directory, without a system Graphviz."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import traceback
import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from micrograd_paper import load
from micrograd_paper.__main__ import entry_point
from tests.processes import PATIENCE, wait_until

ROOT = Path(__file__).parent.parent
TRAIN = ["train", "--data", "iris", "--shape", "4-3-3", "--cost", "cross-entropy", "--alpha", "0.1", "--eta", "0.5",
         "--epochs", "5", "--batch-size", "10", "--seed", "1"]


def environment():
    """The user's, but with a PATH that holds nothing, so no `dot` either."""
    return {**os.environ, "PATH": "", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def command(*arguments, cwd):
    """Run it in a process of its own: a fork of this one, as the imports take longer than most commands."""
    with NamedTemporaryFile("w") as out, NamedTemporaryFile("w") as err:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads: pytest-xdist has one
            child = os.fork()
        if not child:
            run_and_leave(arguments, cwd, out, err)
        ended = []
        wait_until(lambda: ended.append(os.waitpid(child, os.WNOHANG)) or ended[-1][0], every=0.002)
        printed = [Path(file.name).read_text(encoding="utf-8") for file in (out, err)]
    return subprocess.CompletedProcess(arguments, os.waitstatus_to_exitcode(ended[-1][1]), *printed)


def run_and_leave(arguments, cwd, out, err):
    """What the child does."""
    status = 1
    try:
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(environment())
        for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), out.fileno(), err.fileno())):
            os.dup2(file, number)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode, encoding="utf-8") for n, mode in enumerate("rww"))
        sys.argv = ["micrograd-paper", *arguments]
        status = entry_point()
    except SystemExit as error:
        status = error.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


@pytest.fixture(scope="module")
def main_job(tmp_path_factory):
    directory = tmp_path_factory.mktemp("main job")
    return command(cwd=directory), directory


def test_the_main_job_reaches_93_percent_on_held_out_flowers(main_job):
    run, _ = main_job
    assert run.returncode == 0 and run.stderr == ""
    training, held_out = re.search(r"training accuracy ([\d.]+)%, held-out accuracy ([\d.]+)%", run.stdout).groups()
    assert float(training) >= 93 and float(held_out) >= 93
    assert "(120 training, 30 held-out examples)" in run.stdout


def test_the_main_job_compares_every_delta_and_gradient_of_the_4_3_3_network(main_job):
    run, _ = main_job
    rows = [line.split() for line in run.stdout.splitlines() if re.match(r"δ|∂C/∂", line)]
    symbols = {row[0] for row in rows}
    expected = {f"δ{l}{j}" for l in "²³" for j in "₁₂₃"} | {f"∂C/∂b{l}{j}" for l in "²³" for j in "₁₂₃"}
    expected |= {f"∂C/∂w²{j}{k}" for j in "₁₂₃" for k in "₁₂₃₄"} | {f"∂C/∂w³{j}{k}" for j in "₁₂₃" for k in "₁₂₃"}
    assert len(rows) == len(symbols) == 33 and symbols == expected
    for _, graph, closed_form, equation, ulps, of_terms in rows:
        assert graph == closed_form and float(ulps) < 5 and float(of_terms.replace("−", "-")) < 1e-15
        assert equation in ("(16)", "(21)", "(23)", "(24)")
    assert any(float(row[1]) != 0 for row in rows)
    assert "all 33 gradients are the paper's" in run.stdout


def test_the_main_job_draws_the_graph_of_that_flower_and_says_where(main_job):
    run, directory = main_job
    path = directory / "backprop.svg"
    assert str(path) in run.stdout.splitlines()[-1]
    ids = [element.get("id") for element in ElementTree.parse(path).iter()]
    for name in ("x4", "w2_3_4", "b2_3", "z2_3", "a2_3", "w3_3_3", "b3_3", "z3_3", "a3_3", "y3", "C"):
        assert ids.count(name) == 1, name
    assert os.listdir(directory) == ["backprop.svg"]


@pytest.mark.slow
def test_the_main_job_is_the_same_to_the_last_bit_on_every_run(main_job, tmp_path):
    run, directory = main_job
    again = command("-o", "again.svg", cwd=tmp_path)
    assert again.stdout.splitlines()[2:-1] == run.stdout.splitlines()[2:-1]
    assert (tmp_path / "again.svg").read_bytes() == (directory / "backprop.svg").read_bytes()


def test_train_saves_a_network_that_predict_uses(tmp_path):
    run = command(*TRAIN, "--save", "net.json", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert "After 5 epochs: cost" in run.stdout and "saved in net.json" in run.stdout
    net = load(tmp_path / "net.json")
    assert net.shape == (4, 3, 3) and net.classes == ["setosa", "versicolor", "virginica"] and net.scaling
    (tmp_path / "new.csv").write_text("5.1,3.5,1.4,0.2,setosa\n6.3,3.3,6.0,2.5,virginica\n5.1,3.5,1.4,0.2,virginica\n")
    run = command("predict", "net.json", "new.csv", cwd=tmp_path)
    assert run.returncode == 0
    assert [line.split()[1] for line in run.stdout.splitlines()[1:4]] == ["setosa", "virginica", "setosa"]
    assert "2 of 3 right: 66.7%" in run.stdout
    (tmp_path / "unknown.csv").write_text("5.1,3.5,1.4,0.2\n")
    run = command("predict", "net.json", "unknown.csv", cwd=tmp_path)
    assert run.stdout.splitlines()[1].split()[:2] == ["1", "setosa"] and "right" not in run.stdout


@pytest.mark.parametrize("data, arguments", [("xor", ["--shape", "2-3-1"]), ("moons", []), ("flowers.csv", [])])
def test_train_takes_built_in_data_and_csv_files_with_a_default_for_everything_else(data, arguments, tmp_path):
    rows = "1,2,a\n2,1,b\n1.5,2,a\n2,1.5,b\n1.2,2,a\n2,1.2,b\n" * 3
    (tmp_path / "flowers.csv").write_text("length,width,kind\n" + rows)
    run = command("train", "--data", data, *arguments, "--epochs", "3", "--eta", "1", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert "After 3 epochs" in run.stdout


def test_verbose_prints_a_line_an_epoch_where_there_is_no_terminal(tmp_path):
    run = command(*TRAIN, "--verbose", cwd=tmp_path)
    lines = run.stderr.splitlines()
    assert len(lines) == 5
    assert re.fullmatch(r"epoch 5/5: cost [\d.]+, training accuracy [\d.]+%, held-out accuracy [\d.]+%", lines[4])


def test_a_terminal_shows_a_progress_bar(tmp_path):
    master, slave = pty.openpty()
    environment_ = {**environment(), "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen([sys.executable, "-m", "micrograd_paper", *TRAIN], cwd=tmp_path, env=environment_,
                               stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    shown = b""
    while True:
        try:
            chunk = os.read(master, 4096)
        except OSError:  # Linux says so at the end of a pseudo-terminal
            break
        if not chunk:
            break
        shown += chunk
    assert process.wait(timeout=PATIENCE) == 0
    text = shown.decode()
    assert "5/5" in text and "━" in text and "accuracy" in text


def test_ctrl_c_ends_training_with_the_whole_epochs_saved(tmp_path, ctrl_c):
    arguments = [*TRAIN, "--epochs", "100000", "--verbose", "--save", "net.json"]
    process = subprocess.Popen([sys.executable, "-m", "micrograd_paper", *arguments], cwd=tmp_path, env=environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        for _ in range(3):
            assert process.stderr.readline().startswith("epoch")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert re.search(r"^micrograd-paper: interrupted; the \d+ whole epochs are kept$", err, re.MULTILINE)
    assert "saved in net.json" in out
    load(tmp_path / "net.json")


def test_divergence_saves_the_last_good_network_and_says_so(tmp_path):
    run = command("train", "--data", "iris", "--alpha", "5000", "--save", "net.json", cwd=tmp_path)  # 1 − ηα/m = −41
    assert run.returncode == 2
    assert re.fullmatch(r"micrograd-paper: epoch \d+.*(inf|nan).*a smaller learning rate eta may help\n", run.stderr)
    assert re.search(r"saved the network of epoch \d+ in net.json", run.stdout)
    load(tmp_path / "net.json")


def test_a_path_that_cannot_be_written_is_told_before_training(tmp_path):
    run = command(*TRAIN, "--epochs", "1000000", "--save", "missing/net.json", cwd=tmp_path)  # would take hours
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr.startswith("micrograd-paper: cannot write missing/net.json: there is no directory")
    run = command("-o", "missing/backprop.svg", cwd=tmp_path)
    assert run.returncode == 2 and run.stdout == ""


@pytest.mark.parametrize("arguments, message", [
    (["train", "--data", "nowhere.csv"], "cannot read nowhere.csv: No such file"),
    (["train", "--data", "bad.csv"], "bad.csv, row 2, column 1 (x1): expected a number, got 'x'"),
    (["train", "--data", "iris", "--shape", "4-0-3"], "expected positive integers such as 4-3-3, got '4-0-3'"),
    (["train", "--data", "iris", "--shape", "4x3"], "expected positive integers such as 4-3-3"),
    (["train", "--data", "iris", "--shape", "3-3-3"], "iris has 4 features; the shape 3-3-3 takes 3 inputs"),
    (["train", "--data", "iris", "--shape", "4-3-2"], "3 classes need 3 output neurons; the network has 2"),
    (["train", "--data", "iris", "--eta", "0"], "eta must be a positive number; got 0.0"),
    (["train", "--data", "iris", "--eta", "fast"], "argument --eta: invalid float value: 'fast'"),
    (["train", "--data", "iris", "--batch-size", "0"], "batch_size must be an integer from 1 to the 120 examples; got"),
    (["train", "--data", "iris", "--batch-size", "121"], "from 1 to the 120 examples; got 121"),
    (["train", "--data", "iris", "--epochs", "0"], "epochs must be a positive integer; got 0"),
    (["train", "--data", "iris", "--alpha", "-1"], "alpha must be 0 or more; got -1.0"),
    (["train", "--data", "iris", "--activation", "tan"], "argument --activation: expected one of sigmoid, tanh, relu, "
     "softplus, linear, or two such as relu,sigmoid; got 'tan'"),
    (["train"], "there is nothing to train on: expected --data"),
    (["predict", "bad.csv", "bad.csv"], "bad.csv is not a network"),
    (["predict", "net.json", "bad.csv"], "bad.csv has 2 columns: expected 4 features"),
    (["predict", "net.json", "rose.csv"], "rose.csv, row 1: the network has no class 'rose'; it has setosa, vers"),
    (["train", "--data", "huge.csv"], "the inputs are too large to scale"),
    (["train", "--data", "good.csv", "--save", "good.csv"], "--save good.csv would overwrite the data"),
    (["train", "--data", "iris", "--save", ""], "expected the path of a file; got ''"),
    (["-o", "x.svg", "train", "--data", "xor"], "argument -o/--output: is for the main job"),
    (["dance"], "invalid choice: 'dance'"),
])
def test_bad_input_is_one_line_and_exit_status_2(arguments, message, tmp_path, trained):
    (tmp_path / "net.json").write_text(trained)
    (tmp_path / "bad.csv").write_text("1,a\nx,b\n")
    (tmp_path / "rose.csv").write_text("1,2,3,4,rose\n")
    (tmp_path / "huge.csv").write_text("1e300,a\n-1e300,b\n" * 6)
    (tmp_path / "good.csv").write_text("1,a\n2,b\n" * 6)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    run = command(*arguments, cwd=tmp_path)
    assert run.returncode == 2
    assert message in run.stderr and run.stderr.count("\n") == 1 and "Traceback" not in run.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    directory = tmp_path_factory.mktemp("trained")
    assert command(*TRAIN, "--save", "net.json", cwd=directory).returncode == 0
    text = (directory / "net.json").read_text()
    assert json.loads(text)["classes"][0] == "setosa"
    return text


def test_a_terminal_of_few_characters_keeps_the_signs(tmp_path):
    run = subprocess.run([sys.executable, "-m", "micrograd_paper", "equations", "26"], cwd=tmp_path, text=True,
                         env={**environment(), "PYTHONIOENCODING": "ascii"}, capture_output=True, timeout=PATIENCE)
    assert run.returncode == 0 and run.stdout.isascii()
    assert "delta^L_j = a^L_j - y_j" in run.stdout


@pytest.mark.parametrize("streams", ["2>/dev/full", ">/dev/full", ">/dev/full 2>&1", ">/dev/full 2>/dev/full"])
@pytest.mark.parametrize("arguments", ["predict nofile.json x", "train --epochs x", "equations", "equations 99"])
def test_the_exit_status_is_2_where_even_the_error_cannot_be_written(arguments, streams, tmp_path):
    run = subprocess.run(["/bin/sh", "-c", f'"$0" -m micrograd_paper {arguments} {streams}', sys.executable],
                         cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=PATIENCE)
    assert run.returncode == (0 if (arguments, streams) == ("equations", "2>/dev/full") else 2)
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("arguments", [["equations"], ["equations", "--markdown"]])
def test_a_reader_that_has_seen_enough_as_head_has_is_no_error(arguments, tmp_path):
    # as it is at a shell: unbuffered, nothing would be left to write at the end
    buffered = {key: value for key, value in environment().items() if key != "PYTHONUNBUFFERED"}
    reading, writing = os.pipe()
    os.close(reading)  # before anything is written: however little that is, nobody reads it
    try:
        run = subprocess.run([sys.executable, "-m", "micrograd_paper", *arguments], cwd=tmp_path, env=buffered,
                             stdout=writing, stderr=subprocess.PIPE, text=True, encoding="utf-8", timeout=60)
    finally:
        os.close(writing)
    assert (run.returncode, run.stderr) == (0, "")
