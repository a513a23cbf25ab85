"""A graph as a program, one line per node: `unroll.unroll`."""
