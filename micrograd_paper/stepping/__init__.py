"""Step through the graph: the forward and the backward pass, one piece of arithmetic at a time."""
