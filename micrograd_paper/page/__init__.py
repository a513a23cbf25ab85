"""A graph as one interactive page: `explore.explore`."""
