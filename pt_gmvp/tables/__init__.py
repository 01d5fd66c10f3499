"""Tables of scores: reading and finalizing them, and looking variants up."""
