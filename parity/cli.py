"""The `parity` command. Heavy imports happen inside the commands, so that help is instant."""

import io
import os
import sys

import typer

from parity.commands.check import check
from parity.commands.compare import compare
from parity.commands.fuzz import fuzz
from parity.commands.init import init
from parity.commands.listing import list_layers
from parity.commands.mutate import mutate
from parity.commands.record import record
from parity.commands.replay import replay
from parity.commands.schema import schema
from parity.commands.shapes import shapes
from parity.commands.train import train
from parity.commands.usage import run
from parity.errors import ParityError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Check, layer by layer, that a port computes what its reference computes.",
)

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


def _output_gone() -> None:
    """Let what is left of the output go nowhere: Python would try to write it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Entry point: a user's mistake is one line and exit code 2, Ctrl-C is 130; no traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that has no ✓ gets a question mark, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        try:
            run(app, "parity")
        finally:
            sys.stdout.flush()
    except ParityError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        # The reader has gone (for instance `parity list | head -1`); nothing is left to tell it.
        _output_gone()
        sys.exit(141)
    except MemoryError:
        print(
            "error: out of memory; take fewer records (--records) or fewer layers (--layer)",
            file=sys.stderr,
        )
        sys.exit(2)
    except OSError as error:
        # A full disk, a folder that may not be written to: the system's own words say it.
        print(f"error: {error}", file=sys.stderr)
        _output_gone()
        sys.exit(2)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except SystemExit as end:
        # Typer makes this of a Ctrl-C within a command, without a word.
        if end.code == 130:
            print("interrupted", file=sys.stderr)
        raise
