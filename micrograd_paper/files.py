"""Writing a file atomically: it is there complete, or not at all."""

import errno
import os
import stat
import tempfile
from pathlib import Path

from micrograd_paper.errors import FileError

KINDS = {b"\xff\xfe": "UTF-16 text", b"\xfe\xff": "UTF-16 text", b"PK\3\4": "a ZIP archive, as .xlsx files are"}
LARGEST, BLOCK = 100_000_000, 1 << 20  # bytes that are read of a file, and at a time


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write text (as UTF-8) or bytes to path: a crash leaves the old file or the new one, never half of it.

    A device or a pipe, such as /dev/stdout, has nothing to keep and is written to directly. Raises FileError.
    """
    check_path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        mode = mode_for(Path(path))
        if not stat.S_ISREG(mode):
            Path(path).write_bytes(data)
            return
        target = Path(os.path.realpath(path))
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, stat.S_IMODE(mode))
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise FileError now if write_atomically(path, …) could not work later. Leaves nothing behind."""
    check_path(path)
    try:
        if stat.S_ISREG(mode_for(Path(path))):
            handle, name = tempfile.mkstemp(prefix=".writing-", dir=os.path.dirname(os.path.realpath(path)))
            os.close(handle)
            os.unlink(name)
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


def check_path(path: object) -> None:
    """Raise FileError for anything that is not a path."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path) or "\0" in str(path):
        raise FileError(f"expected the path of a file; got {path!r}")


def mode_for(path: Path) -> int:
    """The mode of the file at path, or the one that a new file gets. Raises OSError if no file can be there."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        parent = Path(os.path.realpath(path)).parent
        if not parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, f"there is no directory {parent}") from None
        umask = os.umask(0)
        os.umask(umask)
        return stat.S_IFREG | 0o666 & ~umask
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a directory")
    return mode


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
