"""From a table of variants and feature matrices to variant records."""
