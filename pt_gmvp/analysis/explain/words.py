"""The sentences around an explanation, the same in the terminal and in the picture."""

from collections.abc import Iterator

import numpy as np

from converters.columns import SPECIES
from converters.residues import AMINO_ACIDS, OTHER
from pt_gmvp.analysis.explain.attention import Explanation, View

CAUTION = "Attention is where the model looked, not why the variant does harm."


def heading(explained: Explanation, label: str | None = None) -> str:
    """Which variant this is of; `label` stands before the transcript's id, such as a gene."""
    transcript, change = explained.variant
    name = f"{label} ({transcript})" if label else transcript
    return f"{name} {change}, {change.hgvs}"


def scores(explained: Explanation, room: int | None = None) -> str:
    """The score, and each model's; their range, where that is longer than `room` letters."""
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
    """How many times an even share something has."""
    return f"{factor:.2f}×"


def even_share(explained: Explanation) -> float:
    """The attention that each neighbour and the slot had if it were spread evenly."""
    return 1 / len(explained.around.positions)  # one less for the variant, one more for the slot


def strength_label(explained: Explanation) -> str:
    """What the strength of the co-evolution is the norm of."""
    norms = {view.norm for view in explained.views}
    return f"{' and '.join(sorted(norms))} norm"


def notes(explained: Explanation) -> Iterator[str]:
    """What one must know to read the tables."""
    yield (
        f"attention: mean of heads{' and models' * (len(explained.views) > 1)}; an even share is"
        f" {even_share(explained):.4f}; the slot is learned, and in no protein. {CAUTION}"
    )
    yield "offset: along the sequence, not in space"
    yield f"co-evolution: {_strength(explained)}"
    yield f"species: {_species(explained)}"
    yield f"at this position, as the models weigh the species: {frequencies(explained)}"


def frequencies(explained: Explanation) -> str:
    """How frequent reference, substitute and gaps are among the species at the position."""
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
    return f"{text}; {_named(derived)} has no such feature: computed beside it, by its weights"


def _species(explained: Explanation) -> str:
    text = "numbered as rows of the alignment; the features hold no names"
    even = [view for view in explained.views if not view.learned]
    if even:
        return f"{text}; {_named(even)} weighs all {SPECIES} alike by configuration"
    if np.ptp(explained.species) == 0:
        return f"{text}; all {SPECIES} weigh the same"
    return text


def _named(views: list[View]) -> str:
    return ", ".join(view.name for view in views)
