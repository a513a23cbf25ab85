"""Draw a computation graph: `svg.draw(root)`."""
