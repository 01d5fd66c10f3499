"""Command lines that report errors as one line and an exit code, never a traceback."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer

from converters.errors import InputError, WeightsError
from converters.messages import one_line, protect_streams

# Modules that the extra `gmvp` installs.
_GMVP_EXTRA = ("Bio", "google_crc32c", "h5py")


def command_line(name: str, about: str) -> typer.Typer:
    """Return an empty command line `name` with -h, --help and --version."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help=about,
    )

    def print_version(wanted: bool) -> None:
        if wanted:
            from importlib import metadata

            print(f"{name} {metadata.version('gmvp-parity')}")
            raise typer.Exit

    @app.callback()
    def _program(
        version: Annotated[
            bool,
            typer.Option(
                "--version", callback=print_version, is_eager=True, help="Show the version."
            ),
        ] = False,
    ) -> None: ...

    return app


@contextmanager
def failing_clearly() -> Iterator[None]:
    """Report a user's mistake in one line, with a table of weights that do not fit; exit 2."""
    try:
        yield
    except BrokenPipeError:
        reader_gone()
        raise typer.Exit(141) from None
    except KeyboardInterrupt:
        print("interrupted; run it again to continue or to start over", file=sys.stderr)
        raise typer.Exit(130) from None
    except WeightsError as error:
        if error.rows:
            from converters.weights.report import print_mismatches

            print_mismatches(error.rows)
        fail(str(error))
    except InputError as error:
        fail(str(error))
    except OSError as error:
        fail(_describe(error))


def run(app: typer.Typer, name: str) -> NoReturn:
    """Run the command line `name` and exit with its code.

    `parity.cli` has a copy of this, as neither package may import the other.
    Raises InputError for invalid arguments, and BrokenPipeError if the output's reader is gone.
    """
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        # A call without arguments has already printed its help.
        if type(error).__name__ != "NoArgsIsHelpError":
            raise InputError(_usage_error(error, name)) from error
        code = error.exit_code
    except SystemExit as end:
        # Typer exits with 1 if the reader is gone, as for any failure.
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        raise
    sys.exit(code)


def _usage_error(error: typer.TyperException, name: str) -> str:
    """Return typer's message, a hint where it has none, and which --help to read."""
    context, parameter = getattr(error, "ctx", None), getattr(error, "param", None)
    message = " ".join(error.format_message().replace("Value error, ", "").rstrip(".").split())
    about = getattr(parameter, "help", None)
    if about and message.startswith("Missing"):
        message += ": " + about.partition(". ")[0].rstrip(".")
    # Typer reports `-layer` as an unknown option -l.
    wrong = getattr(error, "option_name", "--")
    typed = next((word for word in sys.argv[1:] if word.startswith(wrong)), wrong)
    if context and not wrong.startswith("--"):
        known = [name for each in context.command.params for name in each.opts]
        message += f"; did you mean -{typed}?" if f"-{typed}" in known else ""
    # An error about an option without its value has no context.
    called = context.command_path if context else " ".join([name, *sys.argv[1:2]])
    return f"{message} (see {called} --help)"


def quietly(app: typer.Typer, name: str) -> NoReturn:
    """Run the command line `name` as a script; print every error as one line, without a traceback.

    Exits with 2 for invalid arguments, 130 for Ctrl-C, and 141 if the reader of a pipe is gone.
    If standard output is closed, output is discarded. Control characters of files and their names
    are printed by their codes.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    protect_streams()
    try:
        try:
            run(app, name)
        finally:
            sys.stdout.flush()
    except InputError as error:
        print(one_line(f"error: {error}"), file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _GMVP_EXTRA:
            raise
        print(
            f"error: {error.name} is not installed, and {name} needs it; "
            "install it with: pip install 'gmvp-parity[gmvp]'",
            file=sys.stderr,
        )
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
        named = error.filename or "standard output"
        print(one_line(f"error: {named}: {error.strerror}"), file=sys.stderr)
        sys.exit(2)


def reader_gone() -> None:
    """Send the rest of standard output to /dev/null; Python would fail to flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _describe(error: OSError) -> str:
    named = error.filename2 or error.filename
    text = f"{named}: {error.strerror}" if named else str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{text}; no partial file was left behind; free some space and run this again"
    return text


def fail(message: str, code: int = 2) -> NoReturn:
    """Print one line and end the command."""
    print(one_line(f"error: {message}"), file=sys.stderr)
    raise typer.Exit(code)
