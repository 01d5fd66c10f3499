"""Simulated proteins and variants whose true effects are known; see docs/simulation.md."""
