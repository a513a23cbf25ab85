"""Writing a file so that it is there whole or not at all."""

import os
import tempfile
from pathlib import Path

from micrograd_paper.errors import FileError


def write_atomically(path: str | os.PathLike[str], text: str) -> None:
    """Write text (UTF-8) to path: a crash leaves the old file or the new one, never half of it. Raises FileError."""
    target = resolved(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask())
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise FileError now if write_atomically(path, …) could not work later. Leaves nothing behind."""
    target = resolved(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        os.unlink(name)
    except OSError as error:
        raise FileError(f"cannot write {path}: {reason(error)}") from error


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a UTF-8 file. Raises FileError if it cannot be read or is no text."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise FileError(f"cannot read {path}: {reason(error)}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"cannot read {path}: it is no UTF-8 text (byte {error.start})") from error


def resolved(path: str | os.PathLike[str]) -> Path:
    """The file that path leads to, through links. Raises FileError if a directory is there, or none above it."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise FileError(f"cannot write {path}: it is a directory")
    if not target.parent.is_dir():
        raise FileError(f"cannot write {path}: there is no directory {Path(path).parent}")
    return target


def reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
