"""The `gmvp-convert` command line. Commands import slow packages only when they run."""

from converters.commands.failing import command_line, quietly
from converters.commands.features import features
from converters.commands.genomic import genomic
from converters.commands.records import records
from converters.commands.simulate import simulate
from converters.commands.variants import variants
from converters.commands.weights import weights

app = command_line(
    "gmvp-convert", "Convert gMVP's files between TensorFlow and PyTorch; neither is required."
)

app.command()(weights)
app.command()(features)
app.command()(variants)
app.command()(genomic)
app.command()(records)
app.command()(simulate)


def main() -> None:
    """Run the command line; exit with 2 and a one-line message on a user's mistake."""
    quietly(app, "gmvp-convert")


if __name__ == "__main__":
    main()
