"""Root causes: where a mismatch arises, and which known bug explains it."""
