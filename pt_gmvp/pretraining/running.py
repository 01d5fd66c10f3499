"""A whole pre-training: from a folder of matrices to a folder with a model and what it came to."""

import copy
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from converters.features.files import load_matrix
from converters.features.raw_files import read_list
from pt_gmvp.config import load_config
from pt_gmvp.pretraining.baselines import Places, baselines
from pt_gmvp.pretraining.curves import draw_curves
from pt_gmvp.pretraining.folder import CURVES, Folder
from pt_gmvp.pretraining.frequencies import read_frequencies
from pt_gmvp.pretraining.judging import by_protein, judge, tell
from pt_gmvp.pretraining.leaks import check_leaks
from pt_gmvp.pretraining.loop import pretrain
from pt_gmvp.pretraining.network import Pretrainer, Told
from pt_gmvp.pretraining.proteins import (
    PretrainError,
    Proteins,
    find_transcripts,
    read_matrices,
)
from pt_gmvp.pretraining.settings import PretrainSettings
from pt_gmvp.pretraining.split import Split, split, split_by_name
from pt_gmvp.runs.devices import chosen_device

_TRIED = 3
"""Held-out proteins of which a position is tried for leaks."""
_FITTED = 20_000
"""Training positions that baselines are fitted on, at most."""
Advance = Callable[[float], None]


class Request(NamedTuple):
    """What to run; the fields are the command's options."""

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
    """What there is to learn from, and who is held out."""

    proteins: Proteins
    parts: Split
    paths: list[Path]


class Sample(NamedTuple):
    """Rows to learn from, rows to judge by, and how many of the latter each protein has."""

    training: Tensor
    validation: Tensor
    sizes: list[int]


def read(request: Request, advance: Advance = lambda units: None) -> Read:
    """Read all proteins, and split them; see `find_transcripts`, `Proteins` and `split`."""
    paths = find_transcripts(request.features, request.transcripts)

    def counted() -> Any:
        for found in read_matrices(paths):
            yield found
            advance(1)

    proteins = Proteins(counted())
    if request.allele_frequencies is not None:
        lengths = dict(zip(proteins.names, proteins.lengths, strict=True))
        proteins.give_frequencies(read_frequencies(request.allele_frequencies, lengths))
    if request.validation is not None:
        held = read_list(request.validation)
        parts = split_by_name(proteins.names, proteins.sequences, held)
    else:
        parts = split(proteins.sequences, request.settings.validation_share, request.seed)
    return Read(proteins, parts, list(paths.values()))


def sample(found: Read, settings: PretrainSettings, seed: int) -> Sample:
    """Take the rows to learn from, and at most `validation_size` to judge by.

    Raises:
        PretrainError: either has no position with a residue in any species.
    """
    proteins = found.proteins
    training = proteins.places(found.parts.training)
    validation = proteins.places(found.parts.validation)
    for name, rows in (("learn from", training), ("judge by", validation)):
        if not proteins.targets(rows, settings.gap).weight.any():
            raise PretrainError(f"no position to {name}: no species has a residue at any")
    generator = Generator().manual_seed(seed)
    chosen = torch.randperm(len(validation), generator=generator)[: settings.validation_size]
    validation = validation[chosen.sort().values]
    ends = [proteins.starts[p] + proteins.lengths[p] for p in found.parts.validation]
    cuts = torch.searchsorted(validation, torch.tensor(ends))
    return Sample(training, validation, torch.diff(cuts, prepend=torch.zeros(1).long()).tolist())


def run(request: Request, found: Read, advance: Advance = lambda units: None) -> dict[str, Any]:
    """Pre-train and write the folder; return what results.json holds.

    Raises:
        PretrainError: the folder holds something, a loss that is not finite, or a leak.
        ConfigError: a configuration that makes no whole model.
        OSError: a file cannot be written.
    """
    settings, seed = request.settings, request.seed
    device = chosen_device(request.device)
    taken = sample(found, settings, seed)
    network = Pretrainer(load_config(request.config), settings.gap, Generator().manual_seed(seed))
    tried = [found.paths[number] for number in found.parts.validation[:_TRIED]]
    matrices = [(path.stem, load_matrix(path)) for path in tried]
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
        raise PretrainError("no epoch was better than none: every judgement was NaN")
    network.load_state_dict(best)
    # On the CPU again, where all of the leaks' check runs.
    checked = check_leaks(network, settings.derived, matrices, seed + 1)
    told = {"network": tell(network, found.proteins, taken.validation, settings.derived)}
    told |= _without(found.proteins, taken, settings, seed)
    results = {
        **_account(request, network, found, taken, initial),
        "leak_check": {"positions": checked, "bits_changed": 0},
        "epochs": len(lines),
        "best_epoch": best_epoch,
        **_judged(found, taken, told, settings),
    }
    judged = {name: results["judged"][name] for name in told if name != "network"}
    draw_curves(folder.path / CURVES, lines, best_epoch, judged)
    folder.write_results(results)
    return results


def _without(
    proteins: Proteins, taken: Sample, settings: PretrainSettings, seed: int
) -> dict[str, Told]:
    """What the baselines tell of the places to judge by."""
    generator = Generator().manual_seed(seed)
    some = torch.randperm(len(taken.training), generator=generator)[:_FITTED]
    training, judged = (
        Places(rows, proteins.targets(rows, settings.gap))
        for rows in (taken.training[some], taken.validation)
    )
    return baselines(proteins, training, judged, seed)


def _judged(
    found: Read, taken: Sample, told: dict[str, Told], settings: PretrainSettings
) -> dict[str, Any]:
    """Judge the network and the baselines, as a whole and protein by protein."""
    truth = found.proteins.targets(taken.validation, settings.gap)
    names = [found.proteins.names[number] for number in found.parts.validation]
    single = {name: by_protein(one, truth, taken.sizes) for name, one in told.items()}
    return {
        "judged": {name: judge(one, truth)._asdict() for name, one in told.items()},
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
    """Tell what was asked, of whom, and which weights are no longer what they were."""
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
