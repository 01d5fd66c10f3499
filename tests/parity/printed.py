"""Output of commands, without the lines that depend on the machine's speed."""

import re


def without_progress(errors):
    """Return standard error without the lines that a command writes while it takes long."""
    return re.sub(r"^\d+ s: .*\n", "", errors, flags=re.MULTILINE)
