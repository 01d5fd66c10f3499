"""How models come to the score of one variant, read out of their own computation."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from converters.columns import CENTER, SPECIES, WINDOW
from converters.errors import InputError
from converters.residues import encode
from pt_gmvp.analysis.coevolution import coevolution
from pt_gmvp.analysis.explain.neighbourhood import Neighbourhood, neighbourhood
from pt_gmvp.data.cutting import windows
from pt_gmvp.data.transcripts import protein_of
from pt_gmvp.model import GMVP
from pt_gmvp.tables.substitution import Variant, check_protein


class View(NamedTuple):
    """One model's way to the score; N as in Neighbourhood, H the model's heads.

    `attention` (H, N) and `slot` (H,), the share of the learned slot that stands beside the
    neighbours: a head's sum to 1. `strength` (N,) is the norm of each position's covariance with
    the variant's, `norm` which one; `derived` tells that the model itself has none, and it was
    computed beside it. `species` (200,) sums to 1; `learned` is False where all weigh the same by
    configuration. `frequencies` (21,) are those of the residues at the variant's position, as the
    model weighs the species.
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
    """A variant, its neighbourhood, and one view of it a model. Means are over models.

    The heads of a model count alike in the mean, whatever number of heads another has.
    """

    def __init__(
        self, variant: Variant, around: Neighbourhood, views: Sequence[View], probability: float
    ) -> None:
        self.variant = variant
        self.around = around
        self.views = tuple(views)
        self.probability = probability

    @cached_property
    def attention(self) -> NDArray[np.float64]:
        """Mean attention of each position, (N,)."""
        return _mean([view.attention.mean(0) for view in self.views])

    @property
    def slot(self) -> float:
        """Mean attention of the learned slot."""
        return float(np.mean([view.slot.mean() for view in self.views]))

    @cached_property
    def strength(self) -> NDArray[np.float64]:
        """Mean strength of the co-evolution with the variant's position, (N,)."""
        return _mean([view.strength for view in self.views])

    @cached_property
    def species(self) -> NDArray[np.float64]:
        """Mean weight of each species, (200,)."""
        return _mean([view.species for view in self.views])

    @cached_property
    def frequencies(self) -> NDArray[np.float64]:
        """Mean weighed frequency of each residue at the variant's position, (21,)."""
        return _mean([view.frequencies for view in self.views])

    @property
    def ranked(self) -> list[int]:
        """Rows of the neighbours, those with most attention first; without the variant's own."""
        order = np.argsort(-self.attention, kind="stable").tolist()
        return [row for row in order if row != self.around.center]


def _mean(rows: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = np.mean(rows, 0)
    return mean


@torch.inference_mode()
def explain(
    models: Mapping[str, GMVP], variant: Variant, matrix: NDArray[np.float64]
) -> Explanation:
    """Score a variant and keep what lies on the way.

    Args:
        models: one or more, by name, in evaluation mode; their plain form is used.
        variant: of the transcript that the matrix is of.
        matrix: (protein length, 435), its feature matrix.

    Raises:
        SubstitutionError: the protein cannot have the variant.
        InputError: it changes nothing, or a score is not finite.
    """
    change = variant.substitution
    check_protein(variant, protein_of(matrix))
    if change.ref == change.alt:
        raise InputError(f"{change} changes nothing; expected another amino acid in its place")
    around = neighbourhood(matrix, change.position)
    # A number beyond float32 becomes an infinity, as in the original's records.
    with np.errstate(over="ignore"):
        feature, mask = windows(matrix.astype(np.float32), [change.position - 1])
    ref_aa, alt_aa = (torch.tensor([int(encode(aa)[0])]) for aa in (change.ref, change.alt))
    traces = {}
    for name, model in models.items():
        model.form = "plain"
        traces[name] = model.trace(ref_aa, alt_aa, feature, mask)
        if not traces[name]["logit"].isfinite().all():
            raise InputError(
                f"{change}: the score by {name} is {traces[name]['logit'].item():g}; do the"
                " features of its window hold numbers beyond float32?"
            )
    views = [
        _view(name, models[name], intermediates, around) for name, intermediates in traces.items()
    ]
    scores = torch.stack([intermediates["probability"] for intermediates in traces.values()])
    return Explanation(variant, around, views, scores.mean(0).item())


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
    """Every head's attention over window and slot must be 1, within float32's rounding."""
    off = float(np.abs(attention.sum(-1) - 1).max())
    if off > attention.shape[-1] * np.finfo(np.float32).eps:
        raise InputError(f"{name}: a head's attention sums to 1 but for {off:g}; is it damaged?")
