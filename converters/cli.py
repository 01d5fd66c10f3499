"""The `gmvp-convert` command. What is heavy is imported inside the commands: help is instant."""

from converters.commands.failing import command_line, quietly
from converters.commands.features import features
from converters.commands.records import records
from converters.commands.simulate import simulate
from converters.commands.variants import variants
from converters.commands.weights import weights

app = command_line(
    "gmvp-convert", "Convert gMVP's files between TensorFlow and PyTorch; needs neither of them."
)

app.command()(weights)
app.command()(features)
app.command()(variants)
app.command()(records)
app.command()(simulate)


def main() -> None:
    """Run the console script: exit 0, or 2 with one line that says what was wrong."""
    quietly(app, "gmvp-convert")


if __name__ == "__main__":
    main()
