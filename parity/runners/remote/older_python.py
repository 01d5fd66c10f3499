"""Operations of Python 3.9 and later as functions, for modules that run in an older interpreter."""

from typing import Any


def either(one: Any, other: Any) -> Any:
    """Return `one | other`; two dictionaries are merged, two types become a tuple of types."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **other}
    if isinstance(one, (type, tuple)) and (other is None or isinstance(other, (type, tuple))):
        types = [each if isinstance(each, tuple) else (each,) for each in (one, other)]
        return tuple(type(None) if each is None else each for each in types[0] + types[1])
    return one | other


def either_in_place(one: Any, other: Any) -> Any:
    """Return what `one |= other` leaves in `one`; a dictionary is updated."""
    if isinstance(one, dict):
        one.update(other)
        return one
    one |= other
    return one


def removeprefix(text: str, prefix: str) -> str:
    """Return a text without a prefix that it may have."""
    return text[len(prefix) :] if text.startswith(prefix) else text


def removesuffix(text: str, suffix: str) -> str:
    """Return a text without a suffix that it may have."""
    return text[: len(text) - len(suffix)] if suffix and text.endswith(suffix) else text
