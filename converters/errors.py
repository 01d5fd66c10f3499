"""The root of what is wrong with a user's files or arguments."""


class InputError(ValueError):
    """Input that is refused, in one line: what, where, what was expected, what to do next.

    Commands print the line and exit with 2; each reader has a kind of its own below this one.
    """
