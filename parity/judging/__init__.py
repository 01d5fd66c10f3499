"""Comparator: arrays of the four runs in, a verdict for each output out."""
