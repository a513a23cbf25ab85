"""Graphs and numbers that several tests of the engine are about."""

import struct

from micrograd_paper.engine import Value


def values(numbers):
    return [Value(x) for x in numbers]


def chain(length, start=0.0):
    """start + 1 + 1 + …: as deep as it is long."""
    node, one = Value(start, "start"), Value(1.0, "one")
    for _ in range(length):
        node = node + one
    return node


def bits(number):
    """The 64 bits of a float, in which 0.0 and −0.0 differ."""
    return struct.pack("<d", number)
