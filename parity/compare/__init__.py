"""What changed between two checks, from the documents that `parity check --json` writes."""
