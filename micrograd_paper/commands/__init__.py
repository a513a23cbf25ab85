"""The commands of micrograd-paper: what each takes, and what it does."""
