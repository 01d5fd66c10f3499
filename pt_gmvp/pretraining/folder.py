"""Folder of a pre-training; each file in it appears whole or not at all.

`model.safetensors` and `config.json` are a complete gMVP model, for `gmvp train --init`, of the
best epoch so far; `heads.safetensors` are the other layers, `metrics.jsonl` has a line an epoch,
`curves.png` shows them. `results.json` is written last, so a run that has it is finished.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Generator

from converters.atomic import file_beside, sweep, write_json, write_text
from converters.columns import N_AMINO_ACIDS
from converters.destination import check_folder
from converters.errors import InputError
from pt_gmvp.model import GMVP
from pt_gmvp.pretrained import CONFIG, WEIGHTS, save_pretrained
from pt_gmvp.pretraining.network import Pretrainer

HEADS, METRICS, CURVES, RESULTS = (
    "heads.safetensors",
    "metrics.jsonl",
    "curves.png",
    "results.json",
)
_ALL = (WEIGHTS, CONFIG, HEADS, METRICS, CURVES, RESULTS)
_TITLES = {
    "divergence": "residues: divergence, nats",
    "deviance": "missense counts: half the deviance",
    "error": "allele frequencies: error of log10",
}


def load_network(path: Path) -> Pretrainer:
    """Read the network of a finished or interrupted run, in evaluation mode.

    Raises:
        PretrainedError, ConfigError: the model is damaged.
        InputError: the heads are missing, damaged, or from another model.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    model = GMVP.from_pretrained(path)
    try:
        heads = load((path / HEADS).read_bytes())
        gap = len(heads["residues.bias"]) > N_AMINO_ACIDS
        network = Pretrainer(model.config, gap, Generator().manual_seed(0))
        network.gmvp = model
        own = {f"gmvp.{name}": tensor for name, tensor in model.state_dict().items()}
        network.load_state_dict(own | heads)
    except (SafetensorError, KeyError, RuntimeError, FileNotFoundError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path / HEADS}: not the heads of this model ({reason:.120})") from None
    return network.eval()


class Folder:
    """Writer of a run's files.

    Args:
        path: the folder, made if need be.
        force: replace an earlier pre-training; other folders are never touched.

    Raises:
        InputError: the folder holds something, or there is no folder to make it in.
        OSError: it cannot be written to.
    """

    def __init__(self, path: Path, force: bool = False) -> None:
        self.path = path
        if not path.resolve().parent.is_dir():
            raise InputError(f"{path}: the parent folder does not exist; create it first")
        if path.is_dir():
            sweep(path)
        check_folder(path, "pre-training", _ALL.__contains__, force)
        path.mkdir(exist_ok=True)
        for name in _ALL:
            (path / name).unlink(missing_ok=True)

    def write_weights(self, network: Pretrainer) -> None:
        """Write the model and the heads."""
        from safetensors.torch import save

        save_pretrained(self.path, network.gmvp.config, network.gmvp.state_dict())
        heads = {
            f"{name}.{key}": tensor.detach().cpu().contiguous()
            for name, layer in network.heads.items()
            for key, tensor in layer.state_dict().items()
        }
        with file_beside(self.path / HEADS) as partial:
            partial.write_bytes(save(heads))

    def write_metrics(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Write the lines of all epochs so far; a run has few."""
        write_text(self.path / METRICS, "".join(json.dumps(line) + "\n" for line in lines))

    def write_results(self, results: Mapping[str, Any]) -> None:
        """Write the final results."""
        write_json(self.path / RESULTS, results)

    def draw_curves(
        self,
        lines: Sequence[Mapping[str, Any]],
        best: int,
        baselines: Mapping[str, Mapping[str, float | None]],
    ) -> None:
        """Draw the evaluation by epoch, with the baselines as horizontal lines, as PNG.

        Args:
            lines: those of metrics.jsonl.
            best: the epoch whose weights were kept.
            baselines: the evaluation of each, by name.
        """
        # Imported here because matplotlib is slow to import.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

        shown = [name for name in _TITLES if lines[0][name] is not None]
        figure = Figure(figsize=(5 * len(shown) + 1, 4), layout="constrained")
        FigureCanvasAgg(figure)
        epochs = [line["epoch"] for line in lines]
        for name, axes in zip(shown, figure.subplots(1, len(shown), squeeze=False)[0], strict=True):
            training = [line[f"training_{name}"] for line in lines]
            if None not in training:
                axes.plot(epochs, training, marker=".", label="training")
            axes.plot(epochs, [line[name] for line in lines], marker=".", label="held out")
            values = {baseline: found[name] for baseline, found in baselines.items()}
            for number, (baseline, value) in enumerate(values.items()):
                # A baseline without a part of its own repeats the value of the one before it.
                if value is not None and value not in list(values.values())[:number]:
                    style = (0, (1 + 2 * number, 2))
                    axes.axhline(value, color="0.4", linestyle=style, label=f"{baseline}, held out")
            axes.axvline(best, color="0.8", zorder=0, label=f"best epoch, {best}")
            axes.set_title(_TITLES[name])
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.grid(alpha=0.3)
            axes.legend(fontsize="small")
        with file_beside(self.path / CURVES) as partial:
            figure.savefig(partial, format="png", dpi=110)
