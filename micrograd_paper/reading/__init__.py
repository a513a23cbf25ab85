"""A graph read in the paper's terms: roles, layers, the network, names, equations."""
