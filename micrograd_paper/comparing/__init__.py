"""Compare the graph's gradients with the paper's closed forms."""
