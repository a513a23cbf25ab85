"""Draw a computation graph: `draw.draw(root)`."""
