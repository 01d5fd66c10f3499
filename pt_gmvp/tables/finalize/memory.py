"""Amounts of memory as people write them."""

import re

from converters.errors import InputError

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY = {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
LEAST = 500 * 10**6
"""Bytes below which the engine cannot work beside the interpreter."""


def parse_memory(text: str) -> int:
    """Read "2GB", "800 MB" or "1.5GiB" as bytes.

    Raises:
        InputError: it is no such amount, or less than LEAST.
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]i?b)", text.strip(), re.IGNORECASE)
    if not found:
        raise InputError(f"--memory {text}: expected an amount such as 2GB or 800MB")
    amount = int(float(found[1]) * (_UNITS | _BINARY)[found[2].upper()])
    if amount < LEAST:
        raise InputError(f"--memory {text}: expected {LEAST // 10**6}MB at least")
    return amount
