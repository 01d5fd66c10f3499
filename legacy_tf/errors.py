"""Base class of all errors that are caused by the user's input."""


class GMVPError(ValueError):
    """An input cannot be used; the message says what, where, and what to do next."""
