"""The paper's equations with the numbers of a real graph put in: `worked.worked`."""
