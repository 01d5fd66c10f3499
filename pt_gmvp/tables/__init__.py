"""Tables: reading them, finalizing scores, and looking variants up."""
