"""Changes between two checks, from the documents that `parity check --json` writes."""
