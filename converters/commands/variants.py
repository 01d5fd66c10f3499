"""`gmvp-convert variants`: to be written."""


def variants() -> None:
    """Write variant records of a table of variants."""
