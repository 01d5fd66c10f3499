"""Old names of fields and arguments, still accepted in users' files."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

Given = ParamSpec("Given")
Made = TypeVar("Made")
Class = TypeVar("Class", bound=type)


def renamed_arguments(
    **names: str,
) -> Callable[[Callable[Given, Made]], Callable[Given, Made]]:
    """Return a decorator that lets a function's keyword arguments be passed by their old names.

    Args:
        names: the present name of an argument by its old one.

    The decorated function raises TypeError if both names of one argument are given.
    """

    def decorate(function: Callable[Given, Made]) -> Callable[Given, Made]:
        @wraps(function)
        def call(*args: Given.args, **given: Given.kwargs) -> Made:
            for old in names.keys() & given.keys():
                if names[old] in given:
                    raise TypeError(f"{old} is the old name of {names[old]}; give one of the two")
                given[names[old]] = given.pop(old)
            return function(*args, **given)

        return call

    return decorate


def renamed_fields(**names: str) -> Callable[[Class], Class]:
    """Return a decorator that lets a dataclass's fields be set and read by their old names.

    Args:
        names: the present name of a field by its old one.
    """

    def decorate(declared: Class) -> Class:
        made = cast(Any, declared)
        made.__init__ = renamed_arguments(**names)(made.__init__)
        for old, new in names.items():
            setattr(made, old, property(lambda self, new=new: getattr(self, new)))  # type: ignore[misc]
        return declared

    return decorate
