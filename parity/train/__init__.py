"""Lockstep training: both sides trained side by side, and the root cause of their divergence."""
