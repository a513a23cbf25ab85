"""A graph as a program, one line a node: `unroll.unroll`."""
