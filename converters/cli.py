"""The `gmvp-convert` command. What is heavy is imported inside the commands: help is instant."""

import sys
from collections.abc import Callable

import typer

from converters.commands.failing import reader_gone
from converters.commands.features import features
from converters.commands.records import records
from converters.commands.variants import variants
from converters.commands.weights import weights

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Convert gMVP's files between TensorFlow and PyTorch; needs neither of them.",
)


@app.callback()
def _group() -> None:
    """Keep the commands subcommands, even if there were but one."""


app.command()(weights)
app.command()(features)
app.command()(variants)
app.command()(records)


def _quietly(run: Callable[[], None]) -> None:
    """End without a traceback on Ctrl-C, and when the reader of a pipe has gone."""
    try:
        try:
            run()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        reader_gone()
        sys.exit(141)


def main() -> None:
    """Run the console script: exit 0, or 2 with one line that says what was wrong."""
    _quietly(app)


if __name__ == "__main__":
    main()
