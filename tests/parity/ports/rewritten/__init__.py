"""gMVP's layers written in other ways that mean the same, and nearly the same."""
