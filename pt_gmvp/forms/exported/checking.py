"""Check of an exported file: run in onnxruntime, compared against the model it was made from.

The rule is the parity engine's, which the port may not import: the model in float64 is the truth,
its own float32 error measures rounding, and the file's error may be a small multiple of that.
`parity check parity/ports/gmvp/exported.py` runs the engine itself.
"""

import copy
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.columns import (
    ALIGNMENT,
    CENTER,
    FEATURE_COLUMNS,
    N_AMINO_ACIDS,
    PROFILE,
    RESIDUE,
    STRUCTURE_AND_COUNTS,
    WINDOW,
)
from converters.errors import InputError
from pt_gmvp.forms.exported import Form
from pt_gmvp.forms.exported.exporting import OUTPUTS
from pt_gmvp.model import GMVP

BATCHES = (1, 3, 8)
"""Batch sizes; none is the size that the file was traced with."""
FACTOR, FLOOR_ULPS = 8.0, 4.0

Arrays = dict[str, NDArray[Any]]


class Checked(NamedTuple):
    """Largest errors of logits against float64, of the file and of the model itself."""

    file: float
    model: float


@torch.inference_mode()
def check(content: bytes, model: GMVP, form: Form) -> Checked:
    """Run a file on batches of several sizes; the file has the dtype of the model's weights.

    Raises:
        InputError: it cannot be run, or its numbers differ from the model's.
    """
    session = _session(content)
    own = copy.deepcopy(model).eval()
    exact = copy.deepcopy(own).double()
    worst = Checked(0.0, 0.0)
    for seed, rows in enumerate(BATCHES):
        variants = draw(rows, seed, own.logit.weight.dtype)
        found = run(session, form, variants)
        truth, expected = (_logits(each, form, variants) for each in (exact, own))
        for name in OUTPUTS:
            what = f"{name} of a batch of {rows}"
            both = (_as_output(name, truth), _as_output(name, expected))
            errors = _errors(what, found[name], *(each.numpy() for each in both))
            if name == OUTPUTS[0]:
                worst = Checked(*(max(pair) for pair in zip(worst, errors, strict=True)))
    return worst


def _session(content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its types are private
        raise InputError(f"onnxruntime cannot load the file: {error}") from error


def run(session: onnxruntime.InferenceSession, form: Form, variants: Arrays) -> Arrays:
    """Run a file on variants; the per-residue form does not take their residues."""
    wanted = {value.name for value in session.get_inputs()}
    given = {name: array for name, array in variants.items() if name in wanted}
    try:
        return dict(zip(OUTPUTS, session.run(list(OUTPUTS), given), strict=True))
    except Exception as error:  # its types are private
        raise InputError(f"onnxruntime cannot run the {form} form: {error}") from error


def draw(rows: int, seed: int, dtype: torch.dtype = torch.float32) -> Arrays:
    """Draw variants with realistic windows: some at a protein's end, columns of varied diversity.

    Returns:
        ref_aa, alt_aa (rows,) int64; feature (rows, 129, 435) and mask (rows, 129), in `dtype`.
    """
    random = np.random.default_rng(seed)
    feature = np.zeros((rows, WINDOW, FEATURE_COLUMNS), np.float32)
    residues = random.integers(0, N_AMINO_ACIDS, (rows, WINDOW, 1))
    species = np.repeat(residues, ALIGNMENT.stop - ALIGNMENT.start, -1)
    changed = random.random(species.shape) < random.beta(0.5, 1.5, residues.shape)
    species[changed] = random.integers(0, N_AMINO_ACIDS + 1, int(changed.sum()))
    feature[..., RESIDUE] = residues[..., 0]
    feature[..., PROFILE] = random.dirichlet(np.full(N_AMINO_ACIDS, 0.3), residues.shape[:2])
    feature[..., ALIGNMENT] = species
    structure = STRUCTURE_AND_COUNTS.stop - STRUCTURE_AND_COUNTS.start
    feature[..., STRUCTURE_AND_COUNTS] = random.uniform(0, 1, (rows, WINDOW, structure))
    mask = np.arange(WINDOW) < random.integers(0, CENTER, (rows, 1)) * (
        random.random((rows, 1)) < 0.5
    )
    feature[mask] = 0
    mask[:, CENTER] = True
    kind = np.float64 if dtype == torch.float64 else np.float32
    return {
        "ref_aa": residues[:, CENTER, 0].astype(np.int64),
        "alt_aa": random.integers(0, N_AMINO_ACIDS, rows),
        "feature": feature.astype(kind),
        "mask": mask.astype(kind),
    }


def _logits(model: GMVP, form: Form, variants: Arrays) -> Tensor:
    """Return the model's own logits: (rows,), or (rows, 20) variant by variant."""
    ref, alt, feature, mask = (torch.from_numpy(array) for array in variants.values())
    if form is Form.PLAIN:
        return model(ref, alt, feature, mask)  # type: ignore[no-any-return]
    each = (torch.full_like(alt, substitute) for substitute in range(N_AMINO_ACIDS))
    return torch.stack([model(ref, one, feature, mask) for one in each], 1)


def _as_output(output: str, logits: Tensor) -> Tensor:
    return logits if output == OUTPUTS[0] else logits.sigmoid()


def _errors(
    what: str, found: NDArray[Any], truth: NDArray[Any], expected: NDArray[Any]
) -> tuple[float, float]:
    """Return the file's error and the model's own; InputError if the former is not rounding."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        raise InputError(
            f"{what}: the file returns {found.dtype} {found.shape}, but the model "
            f"{expected.dtype} {expected.shape}"
        )
    theirs, own = (float(np.abs(each - truth).max()) for each in (found, expected))
    floor = FLOOR_ULPS * float(np.finfo(expected.dtype).eps) * float(np.abs(truth).max())
    if not theirs <= FACTOR * max(own, floor):
        raise InputError(
            f"{what}: the file is off by {theirs:.2g}, but the model itself by {own:.2g}; the "
            "exporter or onnxruntime computes something else"
        )
    return theirs, own
