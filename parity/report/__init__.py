"""Reports of a check: one module for each format."""
