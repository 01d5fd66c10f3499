"""Attention, co-evolution and species weights behind the score of one variant."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from converters.columns import ALIGNED_RESIDUES, ALIGNMENT, CENTER, SPECIES, STRUCTURE, WINDOW
from converters.errors import InputError
from converters.features.stand_ins import StandIns
from converters.residues import OTHER, encode, letter
from converters.variants.changes import Variant, check_protein
from pt_gmvp.analysis.coevolution.strength import coevolution
from pt_gmvp.data.cutting import windows
from pt_gmvp.data.transcripts import protein_of
from pt_gmvp.model import GMVP

STRUCTURES = ("helix", "strand", "coil")
_IDENTITY = slice(ALIGNED_RESIDUES.stop, ALIGNMENT.stop)
_STRUCTURE = slice(STRUCTURE.start, STRUCTURE.start + len(STRUCTURES))
_ACCESSIBLE = _STRUCTURE.stop


class Neighbourhood(NamedTuple):
    """The N positions of a variant's window that lie within the protein.

    `positions` (N,) count from 1; `center` is the row of the variant's position; `residues` has one
    letter each; `structure` is the most likely of helix, strand and coil, "" if the features have
    none; `accessible` (N,) is the predicted relative surface accessibility; `species` (200, N) has
    the residue codes, and `identity` (200,) the percent identities to the protein. `padding` (200,)
    are the rows that no sequence fills: gaps along the whole protein, with identity 0.
    """

    positions: NDArray[np.int64]
    center: int
    residues: str
    structure: tuple[str, ...]
    accessible: NDArray[np.float64]
    species: NDArray[np.int64]
    identity: NDArray[np.float64]
    padding: NDArray[np.bool_]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Return each position's distance from the variant along the sequence, (N,)."""
        return self.positions - int(self.positions[self.center])

    def residue_of(self, species: int) -> str:
        """Return a species' letter at the variant's position, `-` for a gap or unknown."""
        return letter(int(self.species[species, self.center])).replace("*", "-")


def neighbourhood(matrix: NDArray[np.float64], position: int) -> Neighbourhood:
    """Return the window around a position, from 1, of a feature matrix (protein length, 435)."""
    first = max(position - 1 - CENTER, 0)
    rows = matrix[first : position + CENTER]
    return Neighbourhood(
        positions=np.arange(first + 1, first + 1 + len(rows)),
        center=position - 1 - first,
        residues=protein_of(rows),
        structure=tuple(_likeliest(row) for row in rows[:, _STRUCTURE]),
        accessible=rows[:, _ACCESSIBLE],
        species=rows[:, ALIGNED_RESIDUES].T.astype(np.int64),
        identity=rows[position - 1 - first, _IDENTITY],
        padding=(matrix[:, ALIGNED_RESIDUES] == OTHER).all(0) & (matrix[0, _IDENTITY] == 0),
    )


def _likeliest(probabilities: NDArray[np.float64]) -> str:
    return STRUCTURES[int(probabilities.argmax())] if probabilities.any() else ""


class View(NamedTuple):
    """Intermediates of one model; N as in Neighbourhood, H the model's heads.

    `attention` (H, N) and `slot` (H,), the attention of the learned slot, sum to 1 for each head.
    `strength` (N,) is the norm of each position's covariance with the variant's, and `norm` its
    kind; `derived` means that the model has no such feature and it was computed separately.
    `species` (200,) weights sum to 1; `learned` is False if they are equal by configuration.
    `frequencies` (21,) are the weighted residue frequencies at the variant's position.
    """

    name: str
    probability: float
    attention: NDArray[np.float64]
    slot: NDArray[np.float64]
    strength: NDArray[np.float64]
    norm: str
    derived: bool
    species: NDArray[np.float64]
    learned: bool
    frequencies: NDArray[np.float64]


class Explanation:
    """A variant, its neighbourhood, and one view per model.

    Means are over models, after averaging over the heads of each. `stand_ins` says what stood in
    for inputs of the features.
    """

    def __init__(
        self,
        variant: Variant,
        around: Neighbourhood,
        views: Sequence[View],
        probability: float,
        stand_ins: StandIns | None = None,
    ) -> None:
        self.stand_ins = dict(stand_ins or {})
        self.variant = variant
        self.around = around
        self.views = tuple(views)
        self.probability = probability

    @cached_property
    def attention(self) -> NDArray[np.float64]:
        """Return the mean attention of each position, (N,)."""
        return _mean([view.attention.mean(0) for view in self.views])

    @property
    def slot(self) -> float:
        """Return the mean attention of the learned slot."""
        return float(np.mean([view.slot.mean() for view in self.views]))

    @cached_property
    def strength(self) -> NDArray[np.float64]:
        """Return the mean co-evolution strength with the variant's position, (N,)."""
        return _mean([view.strength for view in self.views])

    @cached_property
    def species(self) -> NDArray[np.float64]:
        """Return the mean weight of each species, (200,)."""
        return _mean([view.species for view in self.views])

    @property
    def present(self) -> list[int]:
        """Return the rows of the alignment that a sequence fills."""
        return np.flatnonzero(~self.around.padding).tolist()

    @property
    def padding(self) -> tuple[int, float]:
        """Return the number of rows of padding, and the sum of their weights."""
        rows = self.around.padding
        return int(rows.sum()), float(self.species[rows].sum())

    @cached_property
    def frequencies(self) -> NDArray[np.float64]:
        """Return the mean weighted frequency of each residue at the variant's position, (21,)."""
        return _mean([view.frequencies for view in self.views])

    @property
    def ranked(self) -> list[int]:
        """Return the rows of all neighbours, sorted by decreasing attention."""
        order = np.argsort(-self.attention, kind="stable").tolist()
        return [row for row in order if row != self.around.center]


def _mean(rows: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.mean(rows, 0)
    return mean


@torch.inference_mode()
def explain(
    models: Mapping[str, GMVP],
    variant: Variant,
    matrix: NDArray[np.float64],
    stand_ins: StandIns | None = None,
) -> Explanation:
    """Score a variant and keep the intermediates.

    Args:
        models: one or more, by name, in evaluation mode; their plain form is used.
        variant: a variant of the matrix's transcript.
        matrix: (protein length, 435), the transcript's feature matrix.
        stand_ins: what stood in for inputs of the matrix.

    Raises:
        InputError: the protein cannot have the variant, it changes nothing, or a score is not
            finite.
    """
    change = variant.substitution
    check_protein(variant, protein_of(matrix))
    if change.ref == change.alt:
        raise InputError(f"{change} does not change the residue; expected another amino acid")
    around = neighbourhood(matrix, change.position)
    # Numbers beyond float32 become infinite, as in the original's records.
    with np.errstate(over="ignore"):
        feature, mask = windows(matrix.astype(np.float32), [change.position - 1])
    ref_aa, alt_aa = (torch.tensor([int(encode(aa)[0])]) for aa in (change.ref, change.alt))
    traces = {}
    for name, model in models.items():
        model.form = "plain"
        traces[name] = model.trace(ref_aa, alt_aa, feature, mask)
        if not traces[name]["logit"].isfinite().all():
            raise InputError(
                f"{change}: the score by {name} is {traces[name]['logit'].item():g}; check the"
                " features in its window for numbers beyond float32"
            )
    views = [
        _view(name, models[name], intermediates, around) for name, intermediates in traces.items()
    ]
    scores = torch.stack([intermediates["probability"] for intermediates in traces.values()])
    return Explanation(variant, around, views, scores.mean(0).item(), stand_ins)


def _view(
    name: str, model: GMVP, intermediates: Mapping[str, torch.Tensor], around: Neighbourhood
) -> View:
    first = CENTER - around.center
    inside = slice(first, first + len(around.positions))
    attention = intermediates["mha/attention"][0].double().numpy()
    _check_sums(name, attention)
    weights = model.evol_encoder.weights(model.logit.weight).double().numpy()
    config = model.config
    derived = config.pairwise_type != "cov"
    if derived:
        norm = "released"
        strength = coevolution(around.species, weights, norm)[around.center]
    else:
        norm = config.pairwise_norm
        strength = intermediates["evol_encoder/pairwise"][0, inside, -1].double().numpy()
    return View(
        name=name,
        probability=intermediates["probability"].item(),
        attention=attention[:, inside],
        slot=attention[:, WINDOW],
        strength=strength,
        norm=norm,
        derived=derived,
        species=weights.reshape(SPECIES),
        learned=config.weighting_schema == "spe",
        frequencies=intermediates["evol_encoder/frequencies"][0, CENTER].double().numpy(),
    )


def _check_sums(name: str, attention: NDArray[np.float64]) -> None:
    """Raise InputError unless each head's attention sums to 1, within float32 rounding."""
    off = float(np.abs(attention.sum(-1) - 1).max())
    if off > attention.shape[-1] * np.finfo(np.float32).eps:
        raise InputError(f"{name}: a head's attention sums to 1 only within {off:g}; damaged?")
