"""Writing a file atomically: it is there complete, or not at all."""

import errno
import os
import re
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from micrograd_paper.errors import FileError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

WRITING = re.compile(r"\.writing-[0-9a-f]{16}")
KINDS = {b"\xff\xfe": "UTF-16 text", b"\xfe\xff": "UTF-16 text", b"PK\3\4": "a ZIP archive, as .xlsx files are"}
LARGEST, BLOCK = 100_000_000, 1 << 20  # bytes that are read of a file, and at a time


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write text (as UTF-8) or bytes to path: a crash leaves the old file or the new one, never half of it.

    Mode, owner and group of a file that is replaced are kept, and what a killed write has left beside it is removed. A
    device or a pipe has nothing to keep and is written to directly, as is what the shell has opened as stdout: with
    `-o /dev/stdout >> pages` nothing is lost. Raises FileError; also for a read-only file, for one with several hard
    links, which would be parted, and where the owner cannot be kept.
    """
    replace(path, content.encode("utf-8") if isinstance(content, str) else content)


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise FileError now if write_atomically(path, …) could not work later. Leaves nothing behind."""
    replace(path, None)


def check_path(path: object) -> None:
    """Raise FileError for anything that is not a path."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path) or "\0" in str(path):
        raise FileError(f"expected the path of a file; got {path!r}")


def replace(path: str | os.PathLike[str], data: bytes | None) -> None:
    """Replace the file at path by one with this data; None is a rehearsal. Raises FileError."""
    check_path(path)
    try:
        old = status(Path(path))
        if old is not None and is_stdout(old):
            if data is not None:
                sys.stdout.flush()
                with open(os.dup(1), "wb") as file:
                    file.write(data)
        elif old is None or stat.S_ISREG(old.st_mode):
            while not replaced(Path(os.path.realpath(path)), old, data):
                pass
        elif data is not None:
            Path(path).write_bytes(data)
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


def is_stdout(file: os.stat_result) -> bool:
    """Whether it is what this process has as its stdout."""
    with suppress(OSError):  # closed
        return os.path.samestat(file, os.fstat(1))
    return False


def replaced(target: Path, old: os.stat_result | None, data: bytes | None) -> bool:
    """Whether it was replaced; False if somebody took the new file for a leftover before it was locked."""
    if data is not None:
        remove_leftovers(target.parent)
    name = target.parent / f".writing-{os.urandom(8).hex()}"
    try:
        mode = 0o666 if old is None else 0o600  # less the umask; private until it is the old one's
        with open(name, "xb", opener=lambda file, flags: os.open(file, flags, mode)) as file:
            if not locked(file):
                return False
            if old is not None:
                keep_owner_and_mode(file, old)
            file.write(data or b"")
            file.flush()
            os.fsync(file.fileno())
            if fcntl is None:
                file.close()  # Windows renames no open file
            os.unlink(name) if data is None else os.replace(name, target)
            return True
    finally:
        with suppress(OSError):
            os.unlink(name)


def status(path: Path) -> os.stat_result | None:
    """The status of the file at path, None if there is none yet. Raises OSError if it cannot be written."""
    try:
        old = path.stat()
    except FileNotFoundError:
        parent = Path(os.path.realpath(path)).parent
        if not parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, f"there is no directory {parent}") from None
        return None
    if stat.S_ISDIR(old.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a directory")
    if not old.st_mode & 0o222 or not os.access(path, os.W_OK):  # to root access says yes
        raise PermissionError(errno.EACCES, "it is read-only")
    if stat.S_ISREG(old.st_mode) and old.st_nlink > 1:
        raise OSError(errno.EMLINK, f"it has {old.st_nlink} hard links, which replacing it would part")
    return old


def keep_owner_and_mode(file: BinaryIO, old: os.stat_result) -> None:
    """Give the file the owner, group and mode of the old one. Raises OSError."""
    new = os.fstat(file.fileno())
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        try:
            os.chown(file.name, old.st_uid, old.st_gid)
        except OSError as error:
            raise PermissionError(errno.EPERM, "it would not keep its owner and group") from error
    os.chmod(file.name, stat.S_IMODE(old.st_mode))


def remove_leftovers(directory: Path) -> None:
    """Remove what killed writes have left there. The file of a writer that lives, in whichever process, is locked."""
    with suppress(OSError):
        for leftover in directory.iterdir():
            if WRITING.fullmatch(leftover.name) and not leftover.is_symlink() and leftover.is_file():
                with suppress(OSError), open(leftover, "r+b") as file:
                    lock(file)
                    os.unlink(leftover)


def locked(file: BinaryIO) -> bool:
    """Lock a new file; False if somebody who removes leftovers was quicker."""
    try:
        lock(file)
    except BlockingIOError:
        return False
    except OSError:  # nobody can lock here, so nobody removes anything
        return True
    return os.path.exists(file.name)


def lock(file: BinaryIO) -> None:
    """Lock the file until it is closed or its process ends.

    Raises BlockingIOError if somebody else has locked it, another OSError where there are no locks.
    """
    if fcntl is None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a UTF-8 file of at most 100 MB. Raises FileError if it cannot be read, is larger or is not text."""
    check_path(path)
    data = bytearray()
    try:
        with open(path, "rb") as file:
            while block := file.read(BLOCK):
                data += block
                if len(data) > LARGEST:
                    raise FileError(f"cannot read {path}: it is larger than {LARGEST // 10**6} MB")
                if b"\0" in block:
                    kind = next((kind for mark, kind in KINDS.items() if data.startswith(mark)), "")
                    raise FileError(f"cannot read {path}: it is {kind}: save it as UTF-8 text" if kind else
                                    f"cannot read {path}: it is not text: it has a NUL byte")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"cannot read {path}: it is not UTF-8 (byte {error.start}): save it as UTF-8 text") from error
    except OSError as error:
        raise error if isinstance(error, FileError) else FileError(f"cannot read {path}: {reason(error)}") from error


def reason(error: OSError) -> str:
    return error.strerror or str(error)
