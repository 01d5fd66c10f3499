"""Verdicts from arrays: the oracle, the comparison in float64, and what counts as rounding."""
