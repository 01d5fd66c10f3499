"""A case from its declaration to its verdict: the runs, isolated and in cascade."""
