"""What --help says is true: each command's example works when it is pasted; and what every command has."""

import json
import os
import re
import subprocess
import sys

import pytest

from micrograd_paper import MLP, __version__, load, save
from micrograd_paper.cli import main, parser
from tests.processes import PATIENCE
from tests.test_cli import ROOT

COMMANDS = next(action for action in parser()._actions if action.choices and action.dest != "theme").choices


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_a_command_works_when_it_is_pasted(name, tmp_path):
    text = COMMANDS[name].format_help()
    assert re.search(r"\n\n[A-Z].*\.\n", text), "no first sentence"
    example = re.search(r"\nexample:\n((?:  .*\n)+)", text)[1]
    assert f"micrograd-paper {name} " in example and "exit status: 0; 1 where something was checked" in text
    (tmp_path / "micrograd-paper").write_text(f'#!/bin/sh\nexec {sys.executable} -m micrograd_paper "$@"\n')
    (tmp_path / "micrograd-paper").chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}:{os.environ['PATH']}", "BROWSER": "true"}
    run = subprocess.run(["/bin/sh", "-e", "-c", example], cwd=tmp_path, env=environment, text=True, encoding="utf-8",
                         capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    assert run.returncode == (1 if name == "diagnose" else 0), run.stderr  # it has found a mistake
    assert run.stdout


def test_the_version_is_the_package_s(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out == f"micrograd-paper {__version__}\n"


def test_a_backprop_svg_of_somebody_else_is_not_overwritten(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backprop.svg").write_text("<svg>mine</svg>")
    assert main([]) == 2
    assert capsys.readouterr() == ("", "micrograd-paper: backprop.svg is there, and no drawing of this program: name "
                                       "another file with -o\n")
    assert (tmp_path / "backprop.svg").read_text() == "<svg>mine</svg>"


def test_predictions_and_checks_are_json(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    net = MLP(2, [2, 1], seed=1)
    save(net, "net.json")
    (tmp_path / "new.csv").write_text("0,1,1\n1,1,0\n")
    assert main(["predict", "net.json", "new.csv", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["row"] for row in rows] == [1, 2] and [row["given"] for row in rows] == ["1", "0"]
    assert rows[0]["outputs"] == [net([0.0, 1.0]).data]
    assert main(["gradcheck", "net.json", "--data", "xor", "--example", "2", "--json"]) == 0
    check = json.loads(capsys.readouterr().out)
    assert check["ok"] and check["wrong"] == [] and check["count"] > 0


@pytest.mark.parametrize("given, activations", [("relu,sigmoid", ["relu", "relu", "sigmoid"]), ("tanh", ["tanh"] * 3)])
def test_an_activation_means_what_it_means_in_python(given, activations, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--data", "xor", "--shape", "2-2-2-1", "--activation", given, "--epochs", "1", "--save",
                 "net.json"]) == 0
    assert load("net.json").activations == activations
    assert activations != ["tanh"] * 3 or MLP(2, [2, 2, 1], "tanh").activations == activations


def test_the_cross_entropy_after_another_output_says_what_to_write(capsys):
    assert main(["train", "--data", "xor", "--activation", "relu", "--cost", "cross-entropy"]) == 2
    assert "write activation=['relu', 'sigmoid'], or --activation relu,sigmoid\n" in capsys.readouterr().err
