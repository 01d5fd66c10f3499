"""What an export refuses."""

from converters.errors import InputError


class ExportError(InputError):
    """A model that has no ONNX form, or a file that does not compute what the model does."""
