"""Kinds of number that are not floats: program text, formula text, numbers with an error bound."""
