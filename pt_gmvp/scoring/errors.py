"""What scoring refuses."""

from converters.errors import InputError


class ScoreError(InputError):
    """Scores that cannot be made, kept or written as asked."""
