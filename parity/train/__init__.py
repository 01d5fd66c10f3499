"""Lockstep training: both sides trained in parallel, and the root cause of a divergence."""
