"""Refusal of options that would have no effect next to others."""

from collections.abc import Iterable

import typer

from converters.errors import InputError


def given(context: typer.Context, name: str) -> bool:
    """Return whether a parameter, by its name in the function, is on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def refuse(context: typer.Context, names: Iterable[str], why: str) -> None:
    """Refuse options that have no effect.

    Args:
        context: of the command.
        names: of the parameters in the function.
        why: reason and what to do, after "has no effect".

    Raises:
        InputError: one of them is on the command line; names it as it is documented.
    """
    options = {parameter.name: parameter.opts for parameter in context.command.params}
    for name in names:
        if given(context, name):
            long = next((o for o in options[name] if o.startswith("--")), options[name][0])
            raise InputError(f"{long} has no effect {why}; leave it out")
