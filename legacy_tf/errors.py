"""The one base of all errors that are the input's fault, and not the program's."""


class GMVPError(ValueError):
    """Something handed in cannot be used; the message says what, where, and what to do next."""
