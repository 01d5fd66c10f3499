"""Captions of an explanation, shared by the terminal and the picture."""

from collections.abc import Iterator

import numpy as np

from converters.columns import SPECIES
from converters.residues import AMINO_ACIDS, OTHER
from pt_gmvp.analysis.explain.attention import Explanation, View

CAUTION = "Attention shows where the model looked, not why the variant is harmful."


def heading(explained: Explanation, label: str | None = None) -> str:
    """Return the title; `label`, such as a gene, precedes the transcript's id."""
    transcript, change = explained.variant
    name = f"{label} ({transcript})" if label else transcript
    return f"{name} {change}, {change.hgvs}"


def scores(explained: Explanation, room: int | None = None) -> str:
    """Return the score and each model's, or only their range if that exceeds `room` letters."""
    views = explained.views
    if len(views) == 1:
        return f"gMVP {explained.probability:.4f} by {views[0].name}"
    each = ", ".join(f"{view.name} {view.probability:.4f}" for view in views)
    mean = f"gMVP {explained.probability:.4f}, the mean of {len(views)} models"
    if room is None or len(mean) + len(each) < room:
        return f"{mean}: {each}"
    found = [view.probability for view in views]
    return f"{mean} between {min(found):.4f} and {max(found):.4f}"


def share(factor: float) -> str:
    """Format a multiple of an even share."""
    return f"{factor:.2f}×"


def even_share(explained: Explanation) -> float:
    """Return the attention of each neighbour and the slot if it were spread evenly."""
    return 1 / len(explained.around.positions)  # one less for the variant, one more for the slot


def strength_label(explained: Explanation) -> str:
    """Return the kind of norm of the co-evolution strengths."""
    norms = {view.norm for view in explained.views}
    return f"{' and '.join(sorted(norms))} norm"


def notes(explained: Explanation) -> Iterator[str]:
    """Yield notes that explain the tables."""
    yield (
        f"attention: mean over heads{' and models' * (len(explained.views) > 1)}; an even share is"
        f" {even_share(explained):.4f}; the slot is learned and not part of the protein. {CAUTION}"
    )
    yield "offset: along the sequence, not in space"
    yield f"co-evolution: {_strength(explained)}"
    yield f"species: {_species(explained)}"
    yield f"frequencies at this position, weighted by species: {frequencies(explained)}"


def frequencies(explained: Explanation) -> str:
    """Return the frequencies of reference, substitute and gaps at the position."""
    change = explained.variant.substitution
    letters = dict.fromkeys(letter for letter in (change.ref, change.alt) if letter in AMINO_ACIDS)
    named = [(letter, explained.frequencies[AMINO_ACIDS.index(letter)]) for letter in letters]
    named.append(("gap or unknown", explained.frequencies[OTHER]))
    return ", ".join(f"{name} {100 * frequency:.1f} %" for name, frequency in named)


def _strength(explained: Explanation) -> str:
    derived = [view for view in explained.views if view.derived]
    text = f"{strength_label(explained)} of the covariance with this position, without unit"
    if not derived:
        return f"{text}; a feature of the model"
    return f"{text}; {_names(derived)} has no such feature, so its weights were used to compute it"


def _species(explained: Explanation) -> str:
    text = "numbered like the rows of the alignment; the features have no names"
    even = [view for view in explained.views if not view.learned]
    if even:
        return f"{text}; {_names(even)} weights all {SPECIES} equally by configuration"
    if np.ptp(explained.species) == 0:
        return f"{text}; all {SPECIES} have the same weight"
    return text


def _names(views: list[View]) -> str:
    return ", ".join(view.name for view in views)
