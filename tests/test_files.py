"""A file is written whole or not at all."""

import os

import pytest

from micrograd_paper.errors import FileError
from micrograd_paper.files import check_writable, read_text, write_atomically


def test_text_is_written_and_an_old_file_is_replaced(tmp_path):
    path = tmp_path / "δ.txt"
    for text in ("first\n", "z²₁\n"):
        write_atomically(path, text)
        assert path.read_bytes() == text.encode()
    assert os.listdir(tmp_path) == ["δ.txt"]


def test_bytes_are_written_as_they_are(tmp_path):
    write_atomically(tmp_path / "C.png", b"\x89PNG\r\n\x00\xff")
    assert (tmp_path / "C.png").read_bytes() == b"\x89PNG\r\n\x00\xff"


def test_a_crash_while_writing_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "net.json"
    path.write_text("old")

    def crash(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["net.json"]


def test_the_mode_of_a_replaced_file_is_kept_and_a_link_stays_a_link(tmp_path):
    path, link = tmp_path / "net.json", tmp_path / "link.json"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    write_atomically(link, "new")
    assert link.is_symlink() and path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_is_as_readable_as_any_other(tmp_path):
    write_atomically(tmp_path / "a", "")
    (tmp_path / "b").write_text("")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@pytest.mark.parametrize("act", [check_writable, lambda path: write_atomically(path, "text")])
def test_a_path_that_cannot_be_written_says_why_in_one_line(act, tmp_path):
    (tmp_path / "file").write_text("x")
    for path, message in (
        (tmp_path / "missing" / "net.json", "no directory"),
        (tmp_path, "it is a directory"),
        (tmp_path / "file" / "net.json", "Not a directory"),
        (tmp_path / ("x" * 300), "too long"),
    ):
        with pytest.raises(FileError, match=message) as error:
            act(path)
        assert str(error.value).startswith(f"cannot write {path}"[:150]) and "\n" not in str(error.value)
    assert os.listdir(tmp_path) == ["file"]


def test_a_device_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    check_writable(pipe)
    write_atomically(pipe, "z²₁")
    assert os.read(reader, 100).decode() == "z²₁"
    assert os.listdir(tmp_path) == ["pipe"]
    os.close(reader)


def test_checking_a_path_leaves_nothing_behind(tmp_path):
    check_writable(tmp_path / "net.json")
    assert os.listdir(tmp_path) == []


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    (tmp_path / "wide").write_text("a,b\n", encoding="utf-16")
    for name, message in (("missing", "No such file"), ("binary", "not text: it has a NUL"), ("wide", "UTF-16 text"),
                          ("", "s a directory")):
        with pytest.raises(FileError, match=message):
            read_text(tmp_path / name)
