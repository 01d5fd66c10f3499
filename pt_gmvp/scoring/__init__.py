"""Scores of all substitutions of proteins."""
