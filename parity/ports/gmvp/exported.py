"""Port of the files that `gmvp export-onnx` writes, run in onnxruntime.

It is separate from gMVP's own port because it needs the extra `onnx`:
`parity check parity/ports/gmvp/exported.py`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.columns import CENTER, N_AMINO_ACIDS
from parity.arrays import Arrays
from parity.declaring.port import Built, Configuration, Given, Port, Side
from parity.declaring.weight import Options
from parity.ports.gmvp import configs, reference
from parity.ports.gmvp import port as whole
from parity.ports.gmvp.candidate import build_model

if TYPE_CHECKING:
    from torch import Tensor

# Sizes of the first batches; the file is traced with a batch of 2.
_BATCHES = (1, 3)
_NAMES = ("logit", "probability")
CONFIGS = configs.of_model(
    *(f"{score}-cov-spe-uneven" for score in configs.SCORES),
    "add-fre-spe",
    "nn-cov-none",
    "add-cov-spe-paper",
    "add-cov-spe-512",
)


def _without_label(given: Given) -> Arrays:
    return {name: array for name, array in given.inputs.arrays.items() if name != "label"}


def _windows(given: Given) -> Arrays:
    return {name: given.inputs.arrays[name] for name in ("feature", "mask")}


def _reference(options: Options, dtype: str) -> Built:
    """Build the reference's model, variant by variant."""
    built = reference.SIDES["model"].build(options, dtype)

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        label = tf.zeros(inputs["ref_aa"].shape, dtype)
        intermediates = built.call({**inputs, "label": label})
        return {name: intermediates[name] for name in _NAMES}

    return Built(call, built.parameters)


def _reference_per_residue(options: Options, dtype: str) -> Built:
    """Build the reference's model, run on the same windows once for each substitute."""
    built = _reference(options, dtype)

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        ref_aa = tf.cast(inputs["feature"][:, CENTER, 0], tf.int32)
        found = [
            built.call({"ref_aa": ref_aa, "alt_aa": tf.fill(tf.shape(ref_aa), alt), **inputs})
            for alt in range(N_AMINO_ACIDS)
        ]
        return {name: tf.stack([one[name] for one in found], 1) for name in _NAMES}

    return Built(call, built.parameters)


def _file(form: str, options: Options, dtype: str) -> Built:
    """Build a model that is exported, with its current weights, when called, and run in batches."""
    model = build_model(options, dtype)

    def call(inputs: Mapping[str, "Tensor"]) -> dict[str, "Tensor"]:
        import onnxruntime
        import torch

        from pt_gmvp.forms.exported import Form
        from pt_gmvp.forms.exported.exporting import export

        content = export(model, Form(form)).SerializeToString()
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        given = {
            name: tensor.numpy() if tensor.is_floating_point() else tensor.numpy().astype(np.int64)
            for name, tensor in inputs.items()
        }
        pieces = np.split(np.arange(len(given["mask"])), np.cumsum(_BATCHES))
        found = [
            session.run(list(_NAMES), {name: array[rows] for name, array in given.items()})
            for rows in pieces
            if len(rows)
        ]
        joined = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return {name: torch.from_numpy(part) for name, part in zip(_NAMES, joined, strict=True)}

    return Built(call, dict(model.named_parameters()))


def _few_records(config: Configuration) -> Configuration:
    """Limit a configuration to five records: the reference runs twenty times for each."""
    return replace(config, records=5)


_MODEL = replace(
    whole.pair("model"), intermediates=(), differentiate=(), no_onnx="it is exported already"
)

port = Port(
    name="gmvp-exported",
    load_inputs=whole.load_inputs,
    pairs=(
        replace(
            _MODEL,
            layer="plain",
            reference=Side("tensorflow", _reference),
            candidate=Side("torch", lambda options, dtype: _file("plain", options, dtype)),
            configs=CONFIGS,
            inputs=_without_label,
            axes={"logit": "B", "probability": "B"},
            about="gmvp export-onnx --form plain",
        ),
        replace(
            _MODEL,
            layer="per_residue",
            reference=Side("tensorflow", _reference_per_residue),
            candidate=Side("torch", lambda options, dtype: _file("per-residue", options, dtype)),
            configs=tuple(map(_few_records, CONFIGS)),
            inputs=_windows,
            axes={"logit": "B 20", "probability": "B 20"},
            about="gmvp export-onnx --form per-residue",
        ),
    ),
)
