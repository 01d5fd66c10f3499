"""Captions of an explanation, shared by the terminal and the picture."""

from collections.abc import Iterator

import numpy as np

from converters.columns import SPECIES
from converters.features.stand_ins import sentence
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
    if text := padding(explained):
        yield f"padding: {text}"
    yield f"frequencies at this position, weighted by species: {frequencies(explained)}"
    if explained.stand_ins:
        yield inputs(explained)


def inputs(explained: Explanation) -> str:
    """Return what stood in for inputs of the features."""
    found = explained.stand_ins.items()
    return f"features, {'; '.join(sentence(kind, by) for kind, by in sorted(found))}"


def foot(explained: Explanation, note: str | None) -> str:
    """Return what is at the foot of the picture: the caution, the user's note, the stand-ins."""
    parts = [CAUTION, note or ""]
    if explained.stand_ins:
        parts.append(f"Of the {inputs(explained)}.")
    return " ".join(part for part in parts if part)


def padding(explained: Explanation) -> str:
    """Return how many rows of the alignment are left out because no sequence fills them."""
    rows, weight = explained.padding
    if not rows:
        return ""
    return (
        f"{rows} of the {SPECIES} rows are gaps only, as no sequence fills them, and left out here;"
        f" the model weights them with {100 * weight:.1f} % and counts them as gaps"
    )


def frequencies(explained: Explanation) -> str:
    """Return the frequencies of reference, substitute and gaps at the position."""
    change = explained.variant.substitution
    letters = dict.fromkeys(letter for letter in (change.ref, change.alt) if letter in AMINO_ACIDS)
    named = [(letter, explained.frequencies[AMINO_ACIDS.index(letter)]) for letter in letters]
    named.append(("gap or unknown", explained.frequencies[OTHER]))
    text = ", ".join(f"{name} {100 * frequency:.1f} %" for name, frequency in named)
    rows, weight = explained.padding
    return f"{text} (of these, padding {100 * weight:.1f} %)" if rows else text


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
