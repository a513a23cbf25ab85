"""MNIST's own files, IDX: images, and the label of each. Plain files are mapped into memory, gzip is unpacked there.

    magic       0, 0, the type of the numbers (8: unsigned bytes), how many dimensions
    dimensions  four bytes each, the largest first: 60000, 28, 28
    numbers     the pixels of one image after another, row by row; or one label after another
"""

import gzip
import math
import mmap
import os
import stat
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple, overload

from micrograd_paper.errors import DataError, FileError, harmless
from micrograd_paper.files import check_path, reason

UNPACKED_AT_ONCE = 1 << 20
MOST_UNPACKED = 10**9  # bytes of an unpacked file: MNIST's images are 47 million
GZIP = b"\x1f\x8b"
UNSIGNED_BYTES = 8
TYPES = {9: "signed bytes", 11: "integers of two bytes", 12: "integers of four bytes", 13: "floats", 14: "doubles"}
WHAT = {3: "images", 1: "labels"}  # by how many dimensions there are
SHADES = [byte / 255 for byte in range(256)]  # a pixel as a grayscale between 0.0 and 1.0


class Pixels(Sequence[list[float]]):
    """Images as a network takes them, one list of numbers in [0, 1] each, made when it is asked for.

    All of them share the same 256 floats.
    """

    def __init__(self, numbers: "IdxNumbers") -> None:
        self.numbers = numbers
        self.images, *sides = numbers.dimensions
        self.size = math.prod(sides)

    def __len__(self) -> int:
        return self.images

    @overload
    def __getitem__(self, index: int) -> list[float]: ...

    @overload
    def __getitem__(self, index: slice) -> list[list[float]]: ...

    def __getitem__(self, index: int | slice) -> list[float] | list[list[float]]:
        if isinstance(index, slice):
            return [self[i] for i in range(self.images)[index]]
        start = self.numbers.start + range(self.images)[index] * self.size
        return [SHADES[byte] for byte in self.numbers.data[start : start + self.size]]


class IdxNumbers(NamedTuple):
    """What an IDX file holds: its bytes, where the numbers begin in them, and the dimensions."""

    data: Any  # bytes, or a memory map
    start: int
    dimensions: tuple[int, ...]


def read_idx(path: str | os.PathLike[str], dimensions: int) -> IdxNumbers:
    """The unsigned bytes of an IDX file of so many dimensions: 3 of images, 1 of labels.

    Raises FileError for a file that cannot be read, DataError for one that is not whole or holds something else.
    """
    name, kind = harmless(str(path)), WHAT[dimensions]
    data = content(path)
    magic = bytes(data[:4])
    expected = bytes([0, 0, UNSIGNED_BYTES, dimensions])
    if not magic:
        raise DataError(f"{name} is empty: expected an IDX file of {kind}")
    if magic != expected:
        raise DataError(f"{name}: {why_no_magic(magic, name)}; expected {expected.hex(' ')}, {kind} as unsigned bytes")
    start = 4 + 4 * dimensions
    if len(data) < start:
        raise DataError(f"{name} is truncated: {len(data)} bytes; its header alone has {start}")
    found = [int.from_bytes(data[i : i + 4], "big") for i in range(4, start, 4)]
    size = start + math.prod(found)
    words = " × ".join(map(str, found))
    if 0 in found:
        raise DataError(f"{name} has no {kind}: its header says {words}")
    if len(data) != size:
        what = "is truncated" if len(data) < size else "is too long"
        raise DataError(f"{name} {what}: {len(data)} bytes; its header says {words}, which takes {size}")
    return IdxNumbers(data, start, tuple(found))


def why_no_magic(magic: bytes, name: str) -> str:
    """What is wrong with the first four bytes of a file."""
    begins = f"it begins with {magic.hex(' ')}"
    if name.endswith(".gz") and magic[:2] != bytes(2):
        return f"it is neither gzip nor IDX: {begins}"
    if len(magic) < 4 or magic[:2] != bytes(2):
        return f"it is no IDX file: {begins}"
    if magic[2] in TYPES:
        return f"{begins}, and holds {TYPES[magic[2]]}"
    if magic[2] == UNSIGNED_BYTES:
        return f"{begins}, {f'as {WHAT[magic[3]]} do' if magic[3] in WHAT else f'numbers in {magic[3]} dimensions'}"
    return f"{begins}, and {magic[2]:02x} is no type of numbers"


def content(path: str | os.PathLike[str]) -> Any:
    """The bytes of a file, unpacked if it is gzip, else mapped into memory. Raises FileError or DataError."""
    check_path(path)
    try:
        with open(path, "rb") as file:
            if file.peek(2)[:2] == GZIP:
                return unpacked(file)
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode) and os.fstat(file.fileno()).st_size:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return file.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{harmless(str(path))} is damaged or truncated gzip: {error}") from error
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"cannot read {harmless(str(path))}: {reason(error)}") from error


def unpacked(file: Any) -> bytearray:
    """What a gzip file holds. Raises FileError for more than MOST_UNPACKED bytes."""
    found = bytearray()
    with gzip.GzipFile(fileobj=file) as packed:
        while block := packed.read(UNPACKED_AT_ONCE):
            found += block
            if len(found) > MOST_UNPACKED:
                raise FileError(f"cannot read {file.name}: unpacked, it is larger than {MOST_UNPACKED // 10**9} GB")
    return found
