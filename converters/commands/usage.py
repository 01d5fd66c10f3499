"""How a command line is called: what is wrong with a call is one line, not typer's box."""

import difflib
import re
import sys
from typing import Any, NoReturn

import typer

from converters.errors import InputError


def run(app: typer.Typer, name: str) -> NoReturn:
    """Run the command line `name` and exit with its code.

    Raises InputError for a call that it does not understand, and BrokenPipeError.
    """
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        # Called with nothing, it has printed its help by now.
        if type(error).__name__ != "NoArgsIsHelpError":
            raise InputError(line(error, name)) from error
        code = error.exit_code
    except SystemExit as end:
        # Typer makes 1 of a reader that goes away, as of any failure.
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        raise
    sys.exit(code)


def line(error: typer.TyperException, name: str) -> str:
    """What was refused, what was expected, and whose help says more."""
    context = getattr(error, "ctx", None)
    # An option without its value comes without a context.
    called = context.command_path if context else " ".join([name, *sys.argv[1:2]])
    return " ".join(f"{_refused(error)} ({called} --help)".split())


def _refused(error: Any) -> str:
    # Typer exports none of these kinds but BadParameter, and they are told by their names.
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return _unknown("option", _as_given(error.option_name), _options(error.ctx))
    if command := re.match(r"No such command '(.*?)'", error.message):
        return _unknown("command", command[1], error.ctx.command.list_commands(error.ctx))
    if kind == "MissingParameter":
        about = re.split(r"\.\s|\.$", error.param.help or "")[0]
        missing = f"missing {error.param.param_type_name} {_name(error.param)}"
        return f"{missing}: {about}" if about else missing
    if kind == "BadParameter":
        return _bad_value(error)
    return _uncapitalised(error.message.rstrip("."))


def _unknown(what: str, name: str, known: list[str]) -> str:
    # Without their dashes, which would make any two options a little alike.
    bare = {one.lstrip("-"): one for one in known}
    near = [bare[one] for one in difflib.get_close_matches(name.lstrip("-"), bare, cutoff=0.5)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
    return f"unknown {what} '{name}'; {hint}"


def _as_given(option: str) -> str:
    """The whole of `-layer`, of which typer names the first letter alone."""
    if option.startswith("--"):
        return option
    return next((word for word in sys.argv[1:] if word.startswith(option)), option)


def _options(context: Any) -> list[str]:
    given = [name for p in context.command.params for name in (*p.opts, *p.secondary_opts)]
    return [*(name for name in given if name.startswith("-")), *context.help_option_names]


def _bad_value(error: Any) -> str:
    named = _name(error.param) if error.param else "a value"
    said = error.message.removeprefix("Value error, ").rstrip(".")
    # The value itself stands in the error of what reads it, not in typer's.
    details = error.__cause__.errors() if hasattr(error.__cause__, "errors") else []
    if not details:
        return f"{named}: {_uncapitalised(said)}"
    value = repr(details[0]["input"])
    return f"{named} cannot be {value}: {_uncapitalised(said.removeprefix(f'{value} is '))}"


def _name(param: Any) -> str:
    return str(param.get_error_hint()).replace("'", "")


def _uncapitalised(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
