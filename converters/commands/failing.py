"""What a user did wrong becomes one line and an exit code, never a traceback."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from converters.commands.usage import run
from converters.errors import InputError


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Turn what a user can cause into one line, with a table where weights do not fit; exit 2."""
    from converters.model_config import ConfigError
    from converters.weights_error import WeightsError

    try:
        yield
    except BrokenPipeError:
        reader_gone()
        raise typer.Exit(141) from None
    except KeyboardInterrupt:
        print("interrupted; running it again goes on or starts anew", file=sys.stderr)
        raise typer.Exit(130) from None
    except WeightsError as error:
        if error.rows:
            from converters.report import print_mismatches

            print_mismatches(error.rows)
        fail(str(error))
    except (ConfigError, InputError) as error:
        fail(str(error))
    except OSError as error:
        fail(_describe(error))


def quietly(app: typer.Typer, name: str) -> NoReturn:
    """Run the command line `name` to its exit code, whatever ends it without a traceback.

    A call that it does not understand is one line and exit code 2; Ctrl-C is 130, and a pipe's
    reader that goes away 141. What is printed while standard output is closed goes nowhere.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    try:
        try:
            run(app, name)
        finally:
            sys.stdout.flush()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        reader_gone()
        sys.exit(141)
    except OSError as error:  # of the flush
        reader_gone()
        if isinstance(error.__context__, SystemExit) and error.__context__.code:
            sys.exit(error.__context__.code)
        print(f"error: {error.filename or 'standard output'}: {error.strerror}", file=sys.stderr)
        sys.exit(2)


def reader_gone() -> None:
    """Let what is left of the output go nowhere, as the reader of the pipe has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _describe(error: OSError) -> str:
    named = error.filename2 or error.filename
    text = f"{named}: {error.strerror}" if named else str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{text}; nothing half written was left behind: make room and run this again"
    return text


def fail(message: str, code: int = 2) -> NoReturn:
    """Print one line and end the command."""
    print(f"error: {message}", file=sys.stderr)
    raise typer.Exit(code)
