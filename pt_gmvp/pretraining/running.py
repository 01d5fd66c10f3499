"""`gmvp pretrain`: from a folder of matrices to a folder with a model and its results."""

import copy
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from converters.errors import InputError
from converters.features.files import load_matrix
from converters.features.raw_files import read_list
from pt_gmvp.config import load_config
from pt_gmvp.pretraining.baselines import Places, baselines
from pt_gmvp.pretraining.folder import Folder
from pt_gmvp.pretraining.frequencies import read_frequencies
from pt_gmvp.pretraining.leaks import check_leaks
from pt_gmvp.pretraining.loop import pretrain
from pt_gmvp.pretraining.losses import by_protein, evaluate
from pt_gmvp.pretraining.network import Prediction, Pretrainer, predict
from pt_gmvp.pretraining.proteins import Proteins, find_transcripts, read_matrices
from pt_gmvp.pretraining.settings import PretrainSettings
from pt_gmvp.pretraining.split import Split, split, split_by_name
from pt_gmvp.runs.devices import choose_device

_LEAK_CHECKED = 3
"""Held-out proteins of which a position is checked for leaks."""
_FITTED = 20_000
"""Maximum number of training positions that baselines are fitted on."""
Advance = Callable[[float], None]


class Request(NamedTuple):
    """Request for a pre-training; the fields are the command's options."""

    features: Path
    config: Path
    out: Path
    settings: PretrainSettings
    transcripts: Path | None = None
    validation: Path | None = None
    allele_frequencies: Path | None = None
    seed: int = 0
    device: str = "auto"
    force: bool = False


class Read(NamedTuple):
    """Proteins, their split, and the files that they were read from."""

    proteins: Proteins
    parts: Split
    paths: list[Path]


class Sample(NamedTuple):
    """Rows to learn from, rows to evaluate on, and the number of the latter for each protein."""

    training: Tensor
    validation: Tensor
    sizes: list[int]


def read(request: Request, advance: Advance = lambda units: None) -> Read:
    """Read all proteins and split them; see `find_transcripts`, `Proteins` and `split`."""
    paths = find_transcripts(request.features, request.transcripts)

    def counted() -> Iterator[tuple[str, NDArray[np.float64]]]:
        for found in read_matrices(paths):
            yield found
            advance(1)

    proteins = Proteins(counted())
    if request.allele_frequencies is not None:
        lengths = dict(zip(proteins.names, proteins.lengths, strict=True))
        proteins.set_frequencies(read_frequencies(request.allele_frequencies, lengths))
    if request.validation is not None:
        held = read_list(request.validation)
        parts = split_by_name(proteins.names, proteins.sequences, held)
    else:
        parts = split(proteins.sequences, request.settings.validation_share, request.seed)
    return Read(proteins, parts, list(paths.values()))


def sample(found: Read, settings: PretrainSettings, seed: int) -> Sample:
    """Choose the rows to learn from, and at most `validation_size` to evaluate on.

    Raises:
        InputError: either has no position with a residue in any species.
    """
    proteins = found.proteins
    training = proteins.places(found.parts.training)
    validation = proteins.places(found.parts.validation)
    for name, rows in (("learn from", training), ("evaluate on", validation)):
        if not proteins.targets(rows, settings.gap).weight.any():
            raise InputError(f"no position to {name}: no species has a residue at any position")
    generator = Generator().manual_seed(seed)
    chosen = torch.randperm(len(validation), generator=generator)[: settings.validation_size]
    validation = validation[chosen.sort().values]
    ends = [proteins.starts[p] + proteins.lengths[p] for p in found.parts.validation]
    cuts = torch.searchsorted(validation, torch.tensor(ends))
    return Sample(training, validation, torch.diff(cuts, prepend=torch.zeros(1).long()).tolist())


def run(request: Request, found: Read, advance: Advance = lambda units: None) -> dict[str, Any]:
    """Pre-train and write the folder; return what results.json holds.

    Raises:
        InputError: the folder holds something, a loss is not finite, or there is a leak.
        ConfigError: the configuration does not give a whole model.
        OSError: a file cannot be written.
    """
    settings, seed = request.settings, request.seed
    device = choose_device(request.device)
    taken = sample(found, settings, seed)
    network = Pretrainer(load_config(request.config), settings.gap, Generator().manual_seed(seed))
    checked = [found.paths[number] for number in found.parts.validation[:_LEAK_CHECKED]]
    matrices = [(path.stem, load_matrix(path)) for path in checked]
    check_leaks(network, settings.derived, matrices, seed)
    folder = Folder(request.out, request.force)
    initial = copy.deepcopy(network.gmvp.state_dict())
    lines: list[dict[str, Any]] = []
    best: dict[str, Tensor] = {}
    rows = taken.training, taken.validation
    network.to(device)
    for epoch in pretrain(network, found.proteins, *rows, settings, seed, advance):
        lines.append(epoch.line)
        if epoch.best:
            best = copy.deepcopy(network.state_dict())
            best_epoch = epoch.line["epoch"]
            folder.write_weights(network)
        folder.write_metrics(lines)
    if not best:
        raise InputError("no epoch has a valid result: the divergence is always NaN")
    network.load_state_dict(best)
    # Moves the network to the CPU.
    positions = check_leaks(network, settings.derived, matrices, seed + 1)
    predictions = {"network": predict(network, found.proteins, taken.validation, settings.derived)}
    predictions |= _baselines(found.proteins, taken, settings, seed)
    results = {
        **_account(request, network, found, taken, initial),
        "leak_check": {"positions": positions, "bits_changed": 0},
        "epochs": len(lines),
        "best_epoch": best_epoch,
        **_evaluate(found, taken, predictions, settings),
    }
    others = {name: results["judged"][name] for name in predictions if name != "network"}
    folder.draw_curves(lines, best_epoch, others)
    folder.write_results(results)
    return results


def _baselines(
    proteins: Proteins, taken: Sample, settings: PretrainSettings, seed: int
) -> dict[str, Prediction]:
    """Return the baselines' predictions for the held-out places."""
    generator = Generator().manual_seed(seed)
    some = torch.randperm(len(taken.training), generator=generator)[:_FITTED]
    training, held_out = (
        Places(rows, proteins.targets(rows, settings.gap))
        for rows in (taken.training[some], taken.validation)
    )
    return baselines(proteins, training, held_out, seed)


def _evaluate(
    found: Read, taken: Sample, predictions: dict[str, Prediction], settings: PretrainSettings
) -> dict[str, Any]:
    """Evaluate the network and the baselines, as a whole and protein by protein."""
    truth = found.proteins.targets(taken.validation, settings.gap)
    names = [found.proteins.names[number] for number in found.parts.validation]
    single = {name: by_protein(one, truth, taken.sizes) for name, one in predictions.items()}
    return {
        "judged": {name: evaluate(one, truth)._asdict() for name, one in predictions.items()},
        "divergence_by_protein": {
            name: dict(zip(names, values, strict=True)) for name, values in single.items()
        },
        "better_on": {
            name: int((np.array(single["network"]) < np.array(values)).sum())
            for name, values in single.items()
            if name != "network"
        },
    }


def _account(
    request: Request, network: Pretrainer, found: Read, taken: Sample, initial: dict[str, Tensor]
) -> dict[str, Any]:
    """Return the request, the proteins, and which weights have changed."""
    names = found.proteins.names
    state = network.gmvp.state_dict()
    moved = [name for name in state if not torch.equal(state[name], initial[name])]
    return {
        "model": network.gmvp.config.to_dict(),
        "settings": request.settings.to_dict(),
        "seed": request.seed,
        "versions": {"python": platform.python_version(), "torch": str(torch.__version__)},
        "positions": {"training": len(taken.training), "judged": len(taken.validation)},
        "proteins": {
            "training": [names[number] for number in found.parts.training],
            "held_out": [names[number] for number in found.parts.validation],
        },
        "pretrained": moved,
        "initial": [name for name in state if name not in moved],
    }
