"""`gmvp-convert records`: to be written."""


def records() -> None:
    """Bring TFRecords into the tensor store, and back."""
