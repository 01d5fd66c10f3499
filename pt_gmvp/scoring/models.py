"""Ensemble that scores: its models, their digests, and their precision."""

import hashlib
import json
from collections.abc import Sequence
from copy import deepcopy
from typing import NamedTuple

import torch

from converters.errors import InputError
from pt_gmvp.ensemble import ModelSource, load_model, path_of
from pt_gmvp.model import GMVP
from pt_gmvp.pretrained import digest
from pt_gmvp.runs.devices import Context, Precision, in_precision


class Ensemble(NamedTuple):
    """Models on their device; each digest identifies what a model computes, weights included.

    Computation with them belongs in the context of `precise()`.
    """

    models: list[GMVP]
    digests: list[str]
    device: torch.device
    precision: Precision
    precise: Context


def load_ensemble(
    sources: Sequence[ModelSource], device: torch.device, precision: Precision
) -> Ensemble:
    """Load models, in evaluation mode.

    Raises:
        InputError: a model is given twice, a folder or file holds no complete model, or the device
            does not have the precision.
        ConfigError: a model's configuration is not gMVP's.
    """
    models: list[GMVP] = []
    digests: dict[str, ModelSource] = {}
    for source in sources:
        model = load_model(source)
        own = _digest(model)
        if own in digests:
            raise InputError(
                f"{path_of(source)}: is the same model as {path_of(digests[own])}, which would be "
                "counted twice; give each model once"
            )
        digests[own] = source
        models.append(model.to(device))
    return Ensemble(models, list(digests), device, precision, in_precision(precision, device))


def inverts_in_bf16(ensemble: Ensemble) -> bool:
    """Return whether a model would invert matrices in bf16, which PyTorch cannot."""
    inverts = any(model.config.pairwise_type == "inv_cov" for model in ensemble.models)
    return inverts and ensemble.precision == "bf16"


def check_precision(ensemble: Ensemble) -> None:
    """Raise InputError for bf16 if a model inverts matrices."""
    if inverts_in_bf16(ensemble):
        raise InputError(
            "--precision bf16: a model of pairwise_type inv_cov inverts matrices, which PyTorch "
            "cannot do in bf16; give float32"
        )


def in_scoring_dtype(ensemble: Ensemble) -> list[GMVP]:
    """Return the models for the per-residue form, which computes in their dtype alone."""
    if ensemble.precision != "bf16":
        return ensemble.models
    return [deepcopy(model).bfloat16() for model in ensemble.models]


def _digest(model: GMVP) -> str:
    config = json.dumps(model.config.to_dict(), sort_keys=True)
    return hashlib.sha256(f"{config} {digest(model.state_dict())}".encode()).hexdigest()
