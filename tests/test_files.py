"""A file is written whole or not at all."""

import itertools
import os
import signal
import stat
import subprocess
import sys
import threading

import pytest

from micrograd_paper import files
from micrograd_paper.errors import FileError
from micrograd_paper.files import check_writable, read_text, write_atomically
from tests.processes import PATIENCE, wait_until

ACTS = (check_writable, lambda path: write_atomically(path, "new"))


def test_text_is_written_and_an_old_file_is_replaced(tmp_path):
    path = tmp_path / "δ.txt"
    for text in ("first\n", "z²₁\n"):
        write_atomically(path, text)
        assert path.read_bytes() == text.encode()
    assert os.listdir(tmp_path) == ["δ.txt"]


def test_bytes_are_written_as_they_are(tmp_path):
    write_atomically(tmp_path / "C.png", b"\x89PNG\r\n\x00\xff")
    assert (tmp_path / "C.png").read_bytes() == b"\x89PNG\r\n\x00\xff"


class Interrupted:
    """Inside, KeyboardInterrupt is raised at the n-th instruction of files.py, as Ctrl-C raises it between any two."""

    def __init__(self, n):
        self.left = n

    def trace(self, frame, event, argument):
        if frame.f_code.co_filename != files.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self.trace

    def __enter__(self):
        self.before = sys.gettrace()
        sys._getframe().f_trace_opcodes = True  # before settrace: 3.12 looks there whether anybody wants instructions
        sys.settrace(self.trace)

    def __exit__(self, *error):
        sys.settrace(self.before)


def is_interrupted(n, act, path):
    """Whether act(path) has an nth instruction. It runs in a thread: some of the exceptions stay current in theirs."""
    ended = []

    def run():
        with Interrupted(n):
            try:
                act(path)
                ended.append(False)
            except KeyboardInterrupt:
                ended.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return ended[0]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("old", ["old", None])
def test_ctrl_c_at_any_instruction_leaves_the_old_file_or_the_new_one_and_nothing_else(old, act, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # hundreds of them
    path, found = tmp_path / "net.json", set()
    for n in itertools.count(1):
        path.unlink(missing_ok=True)
        if old is not None:
            path.write_text(old)
            path.chmod(0o640)
        if not is_interrupted(n, act, path):
            break
        found.add(path.read_text() if path.exists() else None)
        assert set(os.listdir(tmp_path)) <= {"net.json"}
        if path.exists() and old is not None:
            assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert n > 100
    assert found == ({old} if act is check_writable else {old, "new"})


@pytest.mark.parametrize("name", ["fsync", "replace", "chmod", "open"])
@pytest.mark.parametrize("after", [False, True])
def test_ctrl_c_in_a_call_of_the_system_is_not_hidden_by_another_error(name, after, tmp_path, monkeypatch):
    path, original = tmp_path / "net.json", getattr(os, name)
    path.write_text("old")

    def interrupted(*arguments):
        if after:
            original(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(os, name, interrupted)
        write_atomically(path, "new")
    assert path.read_text() == ("new" if (name, after) == ("replace", True) else "old")
    assert os.listdir(tmp_path) == ["net.json"]


KILLED = """
import os, signal, sys
from micrograd_paper.files import write_atomically
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIG{})
write_atomically(sys.argv[1], "half")
"""


def writer(path, ending):
    """A process that is killed, or stopped, in the middle of a write."""
    return subprocess.Popen([sys.executable, "-c", KILLED.format(ending), str(path)])


def test_what_a_killed_write_left_is_removed_by_the_next_one_but_no_file_of_others(tmp_path):
    path = tmp_path / "net.json"
    assert writer(path, "KILL").wait(PATIENCE) == -signal.SIGKILL
    (leftover,) = os.listdir(tmp_path)
    (tmp_path / ".writing-notes").write_text("somebody's")
    (tmp_path / ".writing-00000000000000ab").mkdir()
    (tmp_path / ".writing-00000000000000cd").symlink_to(tmp_path / ".writing-notes")
    kept = {*os.listdir(tmp_path), "net.json"} - {leftover}
    check_writable(path)
    assert leftover in os.listdir(tmp_path)
    write_atomically(path, "new")
    assert path.read_text() == "new" and set(os.listdir(tmp_path)) == kept


def test_the_file_of_a_writer_that_lives_is_left_alone(tmp_path):
    path = tmp_path / "net.json"
    process = writer(path, "STOP")
    try:
        wait_until(lambda: any(file.read_text() == "half" for file in tmp_path.glob(".writing-*")))
        write_atomically(path, "new")
        assert path.read_text() == "new" and len(os.listdir(tmp_path)) == 2
        process.send_signal(signal.SIGCONT)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
    assert path.read_text() == "half" and os.listdir(tmp_path) == ["net.json"]


def test_many_who_write_in_one_directory_at_once_do_not_disturb_each_other(tmp_path):
    program = ("import sys\nfrom micrograd_paper.files import write_atomically\n"
               "for i in range(100):\n    write_atomically(sys.argv[1], str(i) * 1000)\n")
    processes = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path / name)]) for name in "aab"]
    assert [process.wait(PATIENCE) for process in processes] == [0, 0, 0]
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == dict.fromkeys("ab", "99" * 1000)


def test_a_new_file_that_was_taken_for_a_leftover_is_made_again(tmp_path, monkeypatch):
    """It is removed between the moment when it is there and the moment when it is locked."""
    taken = []

    def lock(file):
        if not taken:
            taken.append(file.name)
            files.remove_leftovers(tmp_path)  # with the lock below
        original(file)

    original = files.lock
    monkeypatch.setattr(files, "lock", lock)
    write_atomically(tmp_path / "net.json", "new")
    assert taken and os.listdir(tmp_path) == ["net.json"]


def test_a_leftover_that_somebody_is_removing_is_no_error(tmp_path, monkeypatch):
    asked = []

    def lock(file):
        asked.append(file.name)
        if len(asked) == 1:
            raise BlockingIOError
        if len(asked) == 2:
            raise OSError("no locks here")

    monkeypatch.setattr(files, "lock", lock)
    write_atomically(tmp_path / "net.json", "new")
    assert len(set(asked)) == 2 and os.listdir(tmp_path) == ["net.json"]


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


def test_another_thread_never_sees_another_umask(tmp_path, monkeypatch):
    def umask(mask):
        raise AssertionError("the umask is the process's")

    before = os.umask(0o027)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(os, "umask", umask)
            write_atomically(tmp_path / "a", "")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_what_replaces_a_private_file_is_private_all_the_time(tmp_path, monkeypatch):
    path, modes = tmp_path / "net.json", []
    path.write_text("old")
    path.chmod(0o600)
    write = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: modes.append(os.fstat(descriptor).st_mode) or write(descriptor))
    monkeypatch.setattr(os, "chmod", lambda *arguments: None)
    write_atomically(path, "new")
    assert [stat.S_IMODE(mode) for mode in modes] == [0o600]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("mode", [0o444, 0o400, 0o555])
def test_a_read_only_file_is_not_replaced_even_by_root_or_through_a_link(act, mode, tmp_path):
    path = tmp_path / "net.json"
    path.write_text("old")
    path.chmod(mode)
    (tmp_path / "link").symlink_to(path)
    for name in ("net.json", "link"):
        with pytest.raises(FileError, match=rf"cannot write .*{name}: it is read-only$"):
            act(tmp_path / name)
    assert path.read_text() == "old" and set(os.listdir(tmp_path)) == {"net.json", "link"}


@pytest.mark.parametrize("act", ACTS)
def test_a_file_that_others_may_write_but_not_we_is_read_only(act, tmp_path, monkeypatch):
    (tmp_path / "net.json").write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(FileError, match=r"it is read-only$"):
        act(tmp_path / "net.json")


@pytest.mark.parametrize("act", ACTS)
def test_hard_links_are_not_parted(act, tmp_path):
    (tmp_path / "a").write_text("old")
    os.link(tmp_path / "a", tmp_path / "b")
    with pytest.raises(FileError, match=r"a: it has 2 hard links, which replacing it would part$"):
        act(tmp_path / "a")
    assert os.path.samefile(tmp_path / "a", tmp_path / "b") and (tmp_path / "b").read_text() == "old"
    (tmp_path / "b").unlink()
    act(tmp_path / "a")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives a file away")
def test_the_owner_and_the_group_of_a_replaced_file_are_kept(tmp_path):
    path = tmp_path / "net.json"
    path.write_text("old")
    os.chown(path, 12345, 54321)
    path.chmod(0o664)
    write_atomically(path, "new")
    after = path.stat()
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (12345, 54321, 0o664)
    assert path.read_text() == "new"


@pytest.mark.parametrize("act", ACTS)
def test_a_file_whose_owner_cannot_be_kept_is_not_replaced(act, tmp_path, monkeypatch):
    path, fstat = tmp_path / "net.json", os.fstat
    path.write_text("old")

    def of_another(descriptor):
        fields = list(fstat(descriptor))
        fields[stat.ST_UID] += 1
        return os.stat_result(fields)

    def chown(*arguments):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "fstat", of_another)
    monkeypatch.setattr(os, "chown", chown)
    with pytest.raises(FileError, match=r"net\.json: it would not keep its owner and group$"):
        act(path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["net.json"]


@pytest.mark.parametrize("act", ACTS)
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
