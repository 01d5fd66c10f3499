"""The `parity` command. Heavy imports happen inside the commands, so that help is instant."""

import io
import os
import sys
from typing import Annotated, NoReturn

import typer

from parity.commands.check import check
from parity.commands.compare import compare
from parity.commands.convert import convert
from parity.commands.fuzz import fuzz
from parity.commands.init import init
from parity.commands.listing import list_layers
from parity.commands.mutate import mutate
from parity.commands.record import record
from parity.commands.replay import replay
from parity.commands.schema import schema
from parity.commands.shapes import shapes
from parity.commands.train import train
from parity.errors import ParityError
from parity.messages import one_line, protect_streams

_SPINS = "10000"  # about 0.1 ms

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Check, layer by layer, that a port computes what its reference computes.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        print(f"parity {metadata.version('gmvp-parity')}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None: ...


app.command("list")(list_layers)
app.command()(shapes)
app.command()(check)
app.command()(mutate)
app.command()(record)
app.command()(compare)
app.command()(schema)
app.command()(train)
app.command()(fuzz)
app.command()(replay)
app.command()(init)
app.command()(convert)


def run(app: typer.Typer, name: str) -> NoReturn:
    """Run the command line `name` and exit with its code.

    `converters.commands.failing` has a copy of this, as neither package may import the other.
    Raises ParityError for invalid arguments, and BrokenPipeError if the output's reader is gone.
    """
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        # A call without arguments has already printed its help.
        if type(error).__name__ != "NoArgsIsHelpError":
            raise ParityError(_usage_error(error, name)) from error
        code = error.exit_code
    except SystemExit as end:
        # Typer exits with 1 if the reader is gone, which is our code for a mismatch.
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


def _let_waiting_threads_sleep() -> None:
    """Let a waiting thread of OpenMP sleep soon, in this process and those that it starts.

    Beside other work, it spins on a core that another thread needs: a check took twice as long
    (benchmarks/bench_waiting.py). What the user set takes precedence. `pt_gmvp.runs.process` does
    the same, as neither package may import the other.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)


def main() -> None:
    """Run the `parity` script.

    A user's mistake prints one line and exits with 2, Ctrl-C exits with 130; neither prints a
    traceback.
    """
    _let_waiting_threads_sleep()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show ✓ gets a question mark, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    protect_streams()
    try:
        try:
            run(app, "parity")
        finally:
            sys.stdout.flush()
    except ParityError as error:
        print(one_line(f"error: {error}"), file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # For instance `parity list | head -1`.
        _discard_output()
        sys.exit(141)
    except MemoryError:
        print(
            "error: out of memory; use fewer records (--records) or fewer layers (--layer)",
            file=sys.stderr,
        )
        sys.exit(2)
    except OSError as error:
        # For instance a full disk, or a folder without write permission.
        print(one_line(f"error: {error}"), file=sys.stderr)
        _discard_output()
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except SystemExit as end:
        # Typer turns a Ctrl-C inside a command into this exit code without printing anything.
        if end.code == 130:
            print("interrupted", file=sys.stderr)
        raise


def _discard_output() -> None:
    """Send the rest of standard output to /dev/null; Python would fail to flush it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
