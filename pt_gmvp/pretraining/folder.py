"""The folder of a pre-training; each file of it appears whole or not at all.

`model.safetensors` and `config.json` are a whole gMVP model, as `gmvp train --init` takes it, of
the best epoch yet; `heads.safetensors` the layers that fall away, `metrics.jsonl` a line an epoch,
`curves.png` the same as a picture. `results.json` is written last: a run that has it has ended.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Generator

from converters.atomic import file_beside, sweep
from converters.destination import check_folder
from pt_gmvp.model import GMVP
from pt_gmvp.pretrained import CONFIG, WEIGHTS, save_pretrained
from pt_gmvp.pretraining.network import AMINO_ACIDS, Pretrainer
from pt_gmvp.pretraining.proteins import PretrainError

HEADS, METRICS, CURVES, RESULTS = (
    "heads.safetensors",
    "metrics.jsonl",
    "curves.png",
    "results.json",
)
_ALL = (WEIGHTS, CONFIG, HEADS, METRICS, CURVES, RESULTS)


def load_network(path: Path) -> Pretrainer:
    """Read a network of a finished or broken off run, in evaluation: the model and its heads.

    Raises:
        PretrainedError, ConfigError: the model is damaged.
        PretrainError: the heads are missing, damaged, or of another model.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    model = GMVP.from_pretrained(path)
    try:
        heads = load((path / HEADS).read_bytes())
        gap = len(heads["residues.bias"]) > AMINO_ACIDS
        network = Pretrainer(model.config, gap, Generator().manual_seed(0))
        network.gmvp = model
        own = {f"gmvp.{name}": tensor for name, tensor in model.state_dict().items()}
        network.load_state_dict(own | heads)
    except (SafetensorError, KeyError, RuntimeError, FileNotFoundError) as error:
        said = " ".join(str(error).split())
        raise PretrainError(f"{path / HEADS}: no heads of this model ({said:.120})") from None
    return network.eval()


class Folder:
    """Where a run writes.

    Args:
        path: the folder, made where there is none.
        force: take away what an earlier pre-training left there; other folders are never touched.

    Raises:
        PretrainError: it holds something, or cannot be made where there is no folder.
        OSError: it cannot be written to.
    """

    def __init__(self, path: Path, force: bool = False) -> None:
        self.path = path
        if not path.resolve().parent.is_dir():
            raise PretrainError(f"{path}: there is no folder to make it in; make that first")
        if path.is_dir():
            sweep(path)
        check_folder(path, "pre-training", _ALL.__contains__, force)
        path.mkdir(exist_ok=True)
        for name in _ALL:
            (path / name).unlink(missing_ok=True)

    def write_weights(self, network: Pretrainer) -> None:
        """Write the model, and beside it the heads."""
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
        with file_beside(self.path / METRICS) as partial:
            partial.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def write_results(self, results: Mapping[str, Any]) -> None:
        """Write what the run came to."""
        with file_beside(self.path / RESULTS) as partial:
            partial.write_text(json.dumps(results, indent=2) + "\n")
