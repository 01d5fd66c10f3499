"""Runners: one folder per framework, the only code that imports it, and shared modules."""
