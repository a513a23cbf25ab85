"""draw and explore, run as a user runs them."""

import os
import re
import subprocess
import sys
import webbrowser
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from micrograd_paper import Value, datasets, draw, load, quadratic, save
from micrograd_paper.cli import main
from tests.commands.graphs import IRIS, NET, PROGRAM
from tests.processes import PATIENCE
from tests.test_cli import command, environment


def ids(path):
    return {element.get("id") for element in ElementTree.parse(path).iter()}


def title(path):
    return ElementTree.parse(path).getroot().find("{http://www.w3.org/2000/svg}title").text


def test_draw_runs_a_script_and_draws_the_value_of_that_name(directory):
    (directory / "demo.py").write_text(PROGRAM + "C.backward()\nprint('δ of C:', 1)\n", encoding="utf-8")
    run = command("draw", "demo.py:C", cwd=directory)
    path = directory / "graph.svg"
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == f"δ of C: 1\nThe graph is drawn in {path}\n"
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    C = (a * b).tanh()
    C.label = "C"
    C.backward()
    assert path.read_text(encoding="utf-8") == draw(C).svg
    assert sorted(os.listdir(directory)) == ["demo.py", "graph.svg"]


def test_values_without_a_label_are_called_as_the_script_calls_them(directory, capsys):
    (directory / "demo.py").write_text(PROGRAM.replace(', "a")', ")").replace('C.label = "C"', ""))
    assert main(["draw", "demo.py:C"]) == 0
    assert {"a", "b", "C"} <= ids("graph.svg") and title("graph.svg") == "The computation graph of C"


@pytest.mark.parametrize(("command", "said"), [
    ("draw", "recompute(root) brings a graph up to date"), ("explore", "the page is of the graph recomputed"),
    ("unroll", "the program computes it anew"),
])
def test_a_graph_older_than_its_leaves_is_shown_with_a_note(directory, capsys, command, said):
    (directory / "demo.py").write_text(PROGRAM + "a.data = 5.0\n")
    assert main([command, "demo.py:C"]) == 0
    note = capsys.readouterr().err
    assert "no longer follows from its operands" in note and said in note
    current = "from micrograd_paper.graph import recompute\na.data = 5.0\nrecompute(C)\n"
    (directory / "demo.py").write_text(PROGRAM + current)
    assert main([command, "demo.py:C"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("output", ["/dev/stdout", "-"])
def test_a_picture_on_stdout_is_alone_there(directory, output):
    run = command("draw", "demo.py:C", "-o", output, cwd=directory)
    assert run.returncode == 0 and ElementTree.fromstring(run.stdout) is not None
    assert run.stderr == "The graph is drawn in /dev/stdout\n"


def test_a_picture_is_added_to_what_the_shell_has_opened_as_stdout(directory):
    (directory / "demo.py").write_text(PROGRAM + "print('printed')\n")
    (directory / "page.html").write_text("before\n")
    subprocess.run(["/bin/sh", "-c", '"$0" -m micrograd_paper draw demo.py:C -o /dev/stdout >> page.html',
                    sys.executable], cwd=directory, env=environment(), check=True, timeout=PATIENCE)
    before, printed, picture = (directory / "page.html").read_text(encoding="utf-8").split("\n", 2)
    assert (before, printed) == ("before", "printed") and ElementTree.fromstring(picture) is not None


def test_a_kind_of_picture_that_cannot_be_written_is_refused_before_the_script_runs(directory, capsys):
    (directory / "demo.py").write_text("print('ran')")
    assert main(["draw", "demo.py:C", "-o", "graph.eps"]) == 2
    assert capsys.readouterr() == ("", f"micrograd-paper: cannot save a drawing as .eps: expected .svg, .png, .pdf, "
                                       f".tex or .dot in {directory / 'graph.eps'}\n")


def test_a_page_under_the_name_of_a_picture_is_refused_before_the_script_runs(directory, capsys):
    (directory / "demo.py").write_text("print('ran')")
    assert main(["explore", "demo.py:C", "-o", "graph.svg"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err == ("micrograd-paper: explore writes a page, draw a picture: expected a name such as "
                                 "backprop.html; got graph.svg\n")
    assert sorted(os.listdir(directory)) == ["demo.py"]


def test_gradients_that_the_script_has_not_computed_are_absent(directory, capsys):
    assert main(["draw", "demo.py:C", "-o", "before.svg"]) == 0
    (directory / "demo.py").write_text(PROGRAM + "C.backward()")
    assert main(["draw", "demo.py:C", "-o", "after.svg"]) == 0
    drawn = [(directory / name).read_text(encoding="utf-8") for name in ("before.svg", "after.svg")]
    assert ['class="gradient' in svg for svg in drawn] == [False, True]


def test_a_part_of_a_script_s_graph_can_be_drawn(directory, capsys):
    assert main(["draw", "demo.py:outputs[0]"]) == 0
    assert {"a"} <= ids("graph.svg") and "b" not in ids("graph.svg")


def test_what_is_said_of_the_looks_is_given_to_the_drawing(directory, capsys):
    assert main(["draw", "demo.py:C", "--derivatives", "--theme", "dark", "--title", "One & two"]) == 0
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    C = (a * b).tanh()
    C.label = "C"
    drawn = Path("graph.svg").read_text(encoding="utf-8")
    assert drawn == draw(C, derivatives=True, theme="dark", title="One & two").svg
    assert drawn != draw(C, theme="dark", title="One & two").svg


@pytest.mark.parametrize("detail", ["neurons", "layers"])
def test_a_network_is_drawn_in_every_detail(detail, directory, capsys):
    assert main(["draw", *IRIS, "--detail", detail]) == 0
    assert main(["draw", *IRIS, "-o", "operations.svg"]) == 0
    assert title("graph.svg") == title("operations.svg")
    assert Path("graph.svg").read_bytes() != Path("operations.svg").read_bytes()


def test_a_network_is_run_forward_and_back_with_the_example_and_titled(directory):
    run = command("draw", *IRIS, cwd=directory)
    assert (run.returncode, run.stderr) == (0, "")
    path = directory / "graph.svg"
    assert run.stdout == f"The graph is drawn in {path}\n"
    assert title(path) == "iris, example 71, versicolor, in the network 4-3-3: quadratic cost C = 0.6783"
    assert {"x4", "w2_3_4", "b2_3", "z3_3", "y3", "C"} <= ids(path)
    ((x, y),) = datasets.load("iris").examples([70], outputs=3, scaling=load(NET).scaling)
    C = quadratic(load(NET).forward(x).output, y)
    C.backward()
    assert path.read_text(encoding="utf-8") == draw(C, title=title(path)).svg
    compared = command("compare", *IRIS, "--symbol", "z3_1", cwd=directory).stdout
    assert compared.startswith(title(path))


def test_a_part_is_drawn_and_explored_as_it_is_typed(directory, capsys):
    assert main(["draw", *IRIS, "--part", "around:w2_1_1:1", "--title", "T"]) == 0
    assert ids("graph.svg") >= {"w2_1_1", "z2_1"} and "w2_1_2" not in ids("graph.svg")
    assert main(["explore", *IRIS, "--part", "between:w2_1_1:C"]) == 0
    assert main(["draw", *IRIS, "--part", "between:w2_1_1:b3_1"]) == 2
    assert capsys.readouterr().err == "micrograd-paper: w²₁₁ has no path to b³₁\n"


def test_a_large_graph_is_collapsed_unless_all_of_it_is_asked_for(directory):
    (directory / "demo.py").write_text(
        "from micrograd_paper import MLP, quadratic\n"
        "C = quadratic(MLP(2, [16, 16, 1], seed=1).forward([1.0, 2.0]).output, [0.0])\n")
    assert main(["draw", "demo.py:C"]) == 0
    assert "W3" in ids("graph.svg") and "w3_1_1" not in ids("graph.svg")
    assert main(["draw", "demo.py:C", "--no-collapse"]) == 0
    assert "W3" not in ids("graph.svg") and "w3_1_1" in ids("graph.svg")


def test_the_cross_entropy_of_one_example_is_drawn_as_compare_takes_it(directory, capsys):
    assert main(["draw", *IRIS, "--cost", "cross-entropy", "--m", "120"]) == 0
    assert main(["compare", *IRIS, "--cost", "cross-entropy"]) == 0
    assert title("graph.svg") == capsys.readouterr().out.splitlines()[1]
    assert len([name for name in ids("graph.svg") if name and name.startswith("C")]) == 1  # and no mean of one
    assert "a3_1--y1" in ids("graph.svg")  # through a, where σ′ can be seen to cancel


def test_the_cross_entropy_of_a_saturated_network_is_drawn_from_the_logits(directory, capsys):
    net = load(NET)
    for w in net.parameters():
        w.data *= 1000
    save(net, "saturated.json")
    assert main(["draw", "saturated.json", *IRIS[1:], "--cost", "cross-entropy"]) == 0
    assert "z3_1--y1" in ids("graph.svg")


def test_a_batch_is_drawn_with_the_cost_and_the_penalty_that_are_named(directory, capsys):
    arguments = (NET, "--data", "iris", "--example", "1-3", "--cost", "cross-entropy", "--alpha", "0.1", "--m", "120")
    assert main(["draw", *arguments]) == 0
    assert {"z2_1__1", "z2_1__2", "z2_1__3"} <= ids("graph.svg") and "z2_1" not in ids("graph.svg")
    assert main(["compare", *arguments, "--symbol", "w2_1_1"]) == 0
    said = capsys.readouterr().out.splitlines()[1]
    assert said.startswith("iris, 3 examples, in the network 4-3-3: cross-entropy cost, α = 0.1, m = 120, C = ")
    assert title("graph.svg") == said
    assert main(["draw", *arguments[:-1], "60", "--title", "Half of m"]) == 0
    assert title("graph.svg") == "Half of m"
    C = re.search(r"C = ([\d.]+)", said)[1]
    assert C not in Path("graph.svg").read_text(encoding="utf-8")


def test_the_seed_0_is_a_seed(directory, capsys):
    assert main(["train", "--data", "moons", "--epochs", "1", "--save", "moons.json"]) == 0
    titles = set()
    for seed in ("0", "1"):
        assert main(["draw", "moons.json", "--data", "moons", "--example", "7", "--seed", seed]) == 0
        titles.add(title("graph.svg"))
    assert len(titles) == 2


def test_the_file_is_written_where_it_was_asked_for_although_the_script_goes_elsewhere(directory):
    (directory / "elsewhere").mkdir()
    (directory / "demo.py").write_text(PROGRAM + "import os, sys\nos.chdir('elsewhere')\nsys.argv[:] = ['x']\n")
    run = command("draw", "demo.py:C", "-o", "here.svg", cwd=directory)
    assert (run.returncode, run.stderr) == (0, "")
    assert sorted(os.listdir(directory)) == ["demo.py", "elsewhere", "here.svg"]
    assert os.listdir(directory / "elsewhere") == []


def test_explore_writes_a_page_and_says_where(directory, capsys):
    assert main(["explore", "demo.py:C", "--title", "Two leaves", "--theme", "dark"]) == 0
    path = directory / "backprop.html"
    assert capsys.readouterr() == (f"The page is written to {path}\n", "")
    page = path.read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>") and "Two leaves" in page
    assert main(["explore", "demo.py:C", "--title", "Two leaves", "--theme", "light", "-o", "light.html"]) == 0
    assert (directory / "light.html").read_text(encoding="utf-8") != page


def test_a_page_opens_at_a_step_and_in_a_view(directory, capsys):
    assert main(["explore", "demo.py:C", "--step", "3", "--view", "present"]) == 0
    assert 'data-start="step=3&amp;view=present"' in (directory / "backprop.html").read_text(encoding="utf-8")
    assert main(["explore", "demo.py:C", "--view", "slides"]) == 2
    assert capsys.readouterr().err.endswith("unknown view 'slides': expected present, descent or ask\n")


def test_a_page_about_a_network_has_its_title(directory, capsys):
    assert main(["explore", *IRIS]) == 0
    assert "iris, example 71, versicolor, in the network 4-3-3" in Path("backprop.html").read_text(encoding="utf-8")


def test_a_network_and_data_without_an_example_give_a_page_that_descends_on_all(directory, capsys):
    assert main(["explore", *IRIS[:3]]) == 0
    page = Path("backprop.html").read_text(encoding="utf-8")
    assert "iris, 120 training, 30 held-out examples, in the network 4-3-3" in page and '"m": 120' in page


def test_a_drawing_of_a_network_needs_an_example(directory, capsys):
    assert main(["draw", *IRIS[:3]]) == 2
    assert capsys.readouterr().err.endswith("is a network: --example is missing, such as --example 7\n")


def test_open_opens_the_page_in_the_browser(directory, capsys, monkeypatch):
    urls = []
    monkeypatch.setattr(webbrowser, "open", lambda url: urls.append(url) or True)
    assert main(["explore", "demo.py:C"]) == 0 and urls == []
    assert main(["explore", "demo.py:C", "--open", "-o", "a page.html"]) == 0
    assert urls == [(directory / "a page.html").as_uri()]


def failing(url):
    raise webbrowser.Error("no browser")


@pytest.mark.parametrize("opening", [lambda url: False, failing])
def test_a_browser_that_does_not_start_is_one_line_and_the_page_stays(opening, directory, capsys, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", opening)
    assert main(["explore", "demo.py:C", "--open"]) == 2
    path = directory / "backprop.html"
    out, err = capsys.readouterr()
    assert out == f"The page is written to {path}\n" and path.exists()
    assert err == f"micrograd-paper: no web browser could be started: open {path} in one\n"


def test_a_failing_script_shows_its_own_traceback_and_one_line(directory):
    (directory / "demo.py").write_text(PROGRAM + "print('so far')\nC = a.log() / (b - b)\n")
    run = command("draw", "demo.py:C", cwd=directory)
    assert (run.returncode, run.stdout) == (2, "so far\n")
    lines = run.stderr.splitlines()
    last = run.stderr.rpartition("Traceback (most recent call last):\n")[2]
    assert last.startswith(f'  File "{directory / "demo.py"}", line 8, in <module>\n')
    for own in ("cli.py", "scripts.py", "commands", "importlib", "runpy"):
        assert own not in run.stderr
    assert lines[-1].startswith("micrograd-paper: demo.py failed: DivisionByZero: ")


def test_ctrl_c_in_the_script_is_exit_status_130(directory):
    (directory / "demo.py").write_text("raise KeyboardInterrupt")
    run = command("draw", "demo.py:C", cwd=directory)
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "micrograd-paper: interrupted\n")


def test_a_terminal_without_greek_letters_sees_their_names(directory):
    (directory / "demo.py").write_text(PROGRAM + "print('δ')\n", encoding="utf-8")
    run = subprocess.run([sys.executable, "-m", "micrograd_paper", "draw", "demo.py:C"], cwd=directory,
                         env={**environment(), "PYTHONIOENCODING": "ascii"}, capture_output=True, timeout=PATIENCE)
    assert (run.returncode, run.stderr) == (0, b"") and run.stdout.startswith(b"delta\n")


@pytest.mark.parametrize("arguments, message", [
    (["demo.py"], "demo.py: say which Value, as demo.py:NAME; the script has the Values C, b, a"),
    (["demo.py:loss"], "demo.py has no loss; the script has the Values C, b, a"),
    (["demo.py:outputs"], "demo.py: outputs is a list of 2 Values: say which Value, such as outputs[0]"),
    (["demo.py:C", "--max-nodes", "2"], "more than 2 nodes"),
])
def test_a_value_that_cannot_be_drawn_is_one_line(arguments, message, directory, capsys):
    assert main(["draw", *arguments]) == 2
    out, err = capsys.readouterr()
    assert message in err and err.count("\n") == 1 and err.startswith("micrograd-paper: ")
    assert (out, os.listdir(directory)) == ("", ["demo.py"])


@pytest.mark.parametrize("shown", ["draw", "explore"])
@pytest.mark.parametrize("arguments, message", [
    (["demo.py:C", "-o", "missing/graph.svg"], "cannot write missing/graph.svg: there is no directory"),
    (["demo.py:C", "-o", "."], "cannot write .: it is a directory"),
    (["demo.py:C", "-o", ""], "expected the path of a file; got ''"),
    (["demo.py:C", "-o", "./demo.py"], "-o ./demo.py would overwrite demo.py"),
    (["net.json", "--data", "iris", "--example", "1", "-o", "net.json"], "-o net.json would overwrite net.json"),
    (["net.json", "--data", "my.csv", "--example", "1", "-o", "my.csv"], "-o my.csv would overwrite my.csv"),
    (["demo.py:C", "--data", "iris"], "--data is for a network; demo.py is a script, which makes its own graph"),
    (["demo.py:C", "--alpha", "0"], "--alpha is for a network"),
    (["demo.py:C", "--seconds", "0"], "expected seconds above 0"),
    (["demo.py:C", "--max-nodes", "0"], "expected max_nodes of 1 or more"),
    (["demo.py:a+"], "expected a name such as C, net.biases[2][0] or forward[\"z2_1\"]; got 'a+'"),
    (["missing.py:C"], "cannot read missing.py: No such file"),
    (["folder.py:C"], "cannot read folder.py: Is a directory"),
    (["binary.py:C"], "cannot read binary.py: it is not Python source"),
    ([""], "expected SCRIPT.py:NAME, or the NET.json of a network; got ''"),
    (["demo:C"], "expected SCRIPT.py:NAME, or the NET.json of a network; got 'demo:C'"),
    (["."], "expected SCRIPT.py:NAME, or the NET.json of a network; got '.'"),
    (["missing.json", "--data", "iris", "--example", "1"], "cannot read missing.json: No such file"),
    (["package.json"], "package.json is not a network saved by micrograd_paper"),
    (["neuron.svg"], "expected SCRIPT.py:NAME, or the NET.json of a network; got 'neuron.svg'"),
    (["my.csv", "--data", "iris", "--example", "1"], "the NET.json of a network; got 'my.csv'"),
    (["net.json", "--example", "7"], "net.json is a network: --data is missing, such as --data iris"),
    (["net.json", "--data", "iris", "--example", "151"], "iris has the examples 1 to 150; got 151"),
    (["net.json", "--data", "xor", "--example", "1"], "xor has 2 features; the network 4-3-3 takes 4 inputs"),
    (["net.json", "--data", "iris", "--example", "1", "--alpha", "-1"], "alpha must be 0 or more"),
    (["net.json", "--data", "iris", "--example", "1", "--m", "0"], "training examples, 1 or more"),
])
def test_bad_input_is_one_line_and_no_script_runs(shown, arguments, message, directory, capsys):
    (directory / "demo.py").write_text("raise AssertionError('the script ran')")
    (directory / "binary.py").write_bytes(b"\x7fELF\x02\xff\xfe\0")
    (directory / "folder.py").mkdir()
    (directory / "neuron.svg").write_text("<svg/>")
    (directory / "package.json").write_text('{"name": "something"}')
    (directory / "net.json").write_bytes(Path(NET).read_bytes())
    (directory / "my.csv").write_text("5.1,3.5,1.4,0.2,a\n6.3,3.3,6.0,2.5,b\n4.0,3.0,1.0,0.1,c\n")
    before = {path: path.is_file() and path.read_bytes() for path in directory.iterdir()}
    assert main([shown, *arguments]) == 2
    out, err = capsys.readouterr()
    assert message in err and err.count("\n") == 1 and err.startswith("micrograd-paper: ")
    assert out == ""
    assert {path: path.is_file() and path.read_bytes() for path in directory.iterdir()} == before


@pytest.mark.parametrize("arguments, message", [
    (["draw"], "the following arguments are required: SCRIPT.py:NAME"),
    (["draw", "demo.py:C", "--detail", "pixels"], "argument --detail: invalid choice: 'pixels'"),
    (["explore", "demo.py:C", "--theme", "blue"], "argument --theme: invalid choice: 'blue'"),
    (["draw", "net.json", "--data", "iris", "--example", "0"], "argument --example: expected an example's number"),
    (["-o", "x.svg", "draw", "demo.py:C"], "argument -o/--output: is for the main job"),
])
def test_arguments_that_cannot_be_read_are_one_line(arguments, message, directory, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    out, err = capsys.readouterr()
    assert end.value.code == 2 and message in err and err.count("\n") == 1
    assert (out, os.listdir(directory)) == ("", ["demo.py"])


def test_the_network_of_the_demos_is_only_read(directory, capsys):
    before = Path(NET).read_bytes()
    assert main(["draw", *IRIS]) == 0
    assert Path(NET).read_bytes() == before and load(NET).shape == (4, 3, 3)
