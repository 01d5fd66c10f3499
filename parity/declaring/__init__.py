"""Declarations: ports, pairs, weights, inputs, trainings, and whole models."""
