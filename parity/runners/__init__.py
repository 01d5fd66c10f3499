"""Runners: one folder per framework, the only places that import it, and what they share."""
