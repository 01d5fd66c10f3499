"""The ensemble that scores: its models, what tells them from others, and their precision."""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import torch

from pt_gmvp.model import GMVP
from pt_gmvp.scoring.errors import ScoreError
from pt_gmvp.training.building import digest, in_precision
from pt_gmvp.training.settings import Precision


class Ensemble(NamedTuple):
    """Models on their device; `digests` tell of each what it computes, weights and all.

    What is computed with them is to be computed inside of `precise()`.
    """

    models: list[GMVP]
    digests: list[str]
    device: torch.device
    precision: Precision
    precise: Callable[[], AbstractContextManager[Any]]


def load_ensemble(folders: Sequence[Path], device: torch.device, precision: Precision) -> Ensemble:
    """Load models, in evaluation mode.

    Raises:
        ScoreError: the same model twice.
        PretrainedError: a folder that holds no whole model, or a file in its place.
        ConfigError: its configuration is none of gMVP's.
        DeviceError: the device does not have the precision.
    """
    models: list[GMVP] = []
    digests: dict[str, Path] = {}
    for folder in folders:
        model = GMVP.from_pretrained(folder)
        told = _digest(model)
        if told in digests:
            raise ScoreError(
                f"{folder}: is the same model as {digests[told]}, which would count twice; give "
                "each model once"
            )
        digests[told] = folder
        models.append(model.to(device))
    return Ensemble(models, list(digests), device, precision, in_precision(precision, device))


def check_precision(ensemble: Ensemble) -> None:
    """Refuse what the scoring engine cannot compute.

    Raises:
        ScoreError: a model that inverts matrices, in bf16.
    """
    inverts = any(model.config.pairwise_type == "inv_cov" for model in ensemble.models)
    if inverts and ensemble.precision == "bf16":
        raise ScoreError(
            "--precision bf16: a model of pairwise_type inv_cov has matrices to invert, and there "
            "is no way to in bf16; give float32"
        )


def lowered(ensemble: Ensemble) -> list[GMVP]:
    """The models as the scoring engine takes them, which computes in their dtype alone."""
    if ensemble.precision != "bf16":
        return ensemble.models
    return [deepcopy(model).bfloat16() for model in ensemble.models]


def _digest(model: GMVP) -> str:
    config = json.dumps(model.config.to_dict(), sort_keys=True)
    return hashlib.sha256(f"{config} {digest(model.state_dict())}".encode()).hexdigest()
