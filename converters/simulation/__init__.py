"""Simulated proteins and variants, of which the truth is known; see docs/simulation.md."""
