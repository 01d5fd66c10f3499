"""The `gmvp` command. Commands import heavy modules only when they run, so that help is instant."""

from converters.commands.failing import command_line, quietly
from pt_gmvp.commands.annotate import annotate
from pt_gmvp.commands.coevolution import coevolution
from pt_gmvp.commands.diagnose import diagnose
from pt_gmvp.commands.explain import explain
from pt_gmvp.commands.export_onnx import export_onnx
from pt_gmvp.commands.finalize import finalize
from pt_gmvp.commands.heatmap import heatmap
from pt_gmvp.commands.lookup import lookup
from pt_gmvp.commands.predict import predict
from pt_gmvp.commands.pretrain import pretrain
from pt_gmvp.commands.replay import replay
from pt_gmvp.commands.score import score
from pt_gmvp.commands.train import train

app = command_line("gmvp", "Train gMVP, score variants with it, and analyse what it does.")

app.command()(train)
app.command()(replay)
app.command()(coevolution)
app.command()(pretrain)
app.command()(diagnose)
app.command()(score)
app.command()(predict)
app.command("export-onnx")(export_onnx)
app.command()(finalize)
app.command()(lookup)
app.command()(annotate)
app.command()(explain)
app.command()(heatmap)


def main() -> None:
    """Run the console script; exit with 0, or with 2 and one line that says what was wrong."""
    quietly(app, "gmvp")


if __name__ == "__main__":
    main()
