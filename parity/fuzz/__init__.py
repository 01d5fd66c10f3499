"""Inputs that hunt: `parity fuzz` looks for one on which the two sides differ, and shrinks it."""
