"""`gmvp lookup`."""
def lookup() -> None:
    """Look up."""
