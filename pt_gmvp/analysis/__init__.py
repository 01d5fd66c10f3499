"""Analyses of a protein, a variant or a finished run."""
