"""`gmvp-convert features`: to be written."""


def features() -> None:
    """Build transcripts' feature matrices from raw files."""
