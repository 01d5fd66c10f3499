"""The kinds of variant tables: which columns each has, and what its cells mean."""
