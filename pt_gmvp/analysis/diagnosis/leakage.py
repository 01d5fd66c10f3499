"""Leakage: variants, positions, windows and transcripts shared by training and validation."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pt_gmvp.analysis.diagnosis.estimates import (
    UNDEFINED,
    Estimate,
    Floats,
    Labels,
    auroc,
    beyond_chance,
)
from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.folds import Fold

QUESTION = "leakage between folds"

_KEYS: dict[str, Callable[[Fold], Sequence[Hashable] | None]] = {
    "variant": lambda fold: fold.names,
    "position": lambda fold: fold.places,
    "window": lambda fold: fold.windows,
    "transcript": lambda fold: fold.transcripts,
}
"""Kinds of shared keys, from the most specific to the least."""


@dataclass(frozen=True)
class Shared:
    """Overlap of the validation with the training fold, by one kind of key.

    Attributes:
        key: "variant", "position", "window" (the same 129 residues, in any protein) or
            "transcript".
        keys: number of distinct keys in both folds.
        variants, of: number of validation variants with such a key, and of all.
        leaked, clean: AUROC of the model on these variants and on the rest.
        lookup: AUROC, on these variants, of the mean training label of the key.
        carries_over: whether `lookup` is beyond chance.
    """

    key: str
    keys: int
    variants: int
    of: int
    leaked: Estimate
    clean: Estimate
    lookup: Estimate
    carries_over: bool

    @property
    def gain(self) -> Estimate:
        """Return how much better the model is on shared keys."""
        return self.leaked.minus(self.clean)


def overlap(first: Sequence[Hashable], second: Sequence[Hashable]) -> set[Hashable]:
    """Return the keys that both folds have."""
    return set(first) & set(second)


def measure(training: Fold, validation: Fold, scores: Floats) -> list[Shared]:
    """Compare two folds by every kind of key that both have.

    Args:
        training, validation: the folds.
        scores: (V,) of the model for the validation variants, in their order.
    """
    found = []
    for key, keys_of in _KEYS.items():
        ours, theirs = keys_of(training), keys_of(validation)
        if ours is not None and theirs is not None:
            found.append(_shared(key, training, validation, ours, theirs, scores))
    return found


def _shared(
    key: str,
    training: Fold,
    validation: Fold,
    ours: Sequence[Hashable],
    theirs: Sequence[Hashable],
    scores: Floats,
) -> Shared:
    both = overlap(ours, theirs)
    leaks = np.array([each in both for each in theirs])
    known = mean_labels(ours, training.labels, theirs)
    labels, genes = validation.labels, validation.transcripts

    def on(rows: NDArray[np.bool_], values: Floats) -> Estimate:
        mine = None if genes is None else [g for g, r in zip(genes, rows, strict=True) if r]
        return auroc(labels[rows], values[rows], mine) if rows.any() else UNDEFINED

    by_key = on(leaks, known)
    return Shared(
        key,
        len(both),
        int(leaks.sum()),
        len(leaks),
        on(leaks, scores),
        on(~leaks, scores),
        by_key,
        beyond_chance(labels[leaks], by_key),
    )


def mean_labels(
    ours: Sequence[Hashable], labels: Labels, theirs: Sequence[Hashable]
) -> NDArray[np.float64]:
    """Return the mean training label for each key of `theirs`; the overall mean for a new key."""
    sums: dict[Hashable, list[float]] = {}
    for key, label in zip(ours, labels.tolist(), strict=True):
        held = sums.setdefault(key, [0.0, 0.0])
        held[0] += label
        held[1] += 1
    overall = float(labels.mean())
    means = {key: total / count for key, (total, count) in sums.items()}
    return np.array([means.get(key, overall) for key in theirs])


def answer(shared: Sequence[Shared]) -> Answer:
    """Report what leaks, and whether the model gains from it."""
    findings = [_finding(each) for each in shared if each.variants]
    unshared = [each.key for each in shared if not each.variants]
    if unshared:
        findings.append(
            Finding(f"no held-out variant has its {' or '.join(unshared)} in the training fold")
        )
    if not any(each.key == "transcript" for each in shared):
        findings.append(
            Finding(
                "the variants' names do not contain transcripts and positions, so these were not "
                "compared"
            )
        )
    numbers: dict[str, Any] = {each.key: {**each.__dict__, "gain": each.gain} for each in shared}
    return Answer(QUESTION, findings, numbers=numbers)


def _finding(found: Shared) -> Finding:
    share = f"{found.variants:,} of {found.of:,} held-out variants"
    text = f"{share} have their {found.key} in the training fold"
    if found.key == "variant":
        return Finding(
            f"{text} itself; the AUROC is {found.leaked} on these, {found.clean} on the others",
            Fault.LEAK,
        )
    parts = [f"the AUROC is {found.leaked} on these, {found.clean} on the others"]
    parts.append(f"the training labels of the {found.key} alone reach {found.lookup}")
    gains = found.gain.above()
    if found.key == "transcript":
        # The release splits in this way; whether the gene explains the score is for `balance`.
        return Finding(f"{text}; {'; '.join(parts)}")
    if found.carries_over or gains:
        why = " and ".join(
            [*(["the labels carry over"] * found.carries_over), *(["the model gains"] * gains)]
        )
        return Finding(f"{text}: {why}; {'; '.join(parts)}", Fault.LEAK)
    return Finding(f"{text}, with no gain beyond noise; {'; '.join(parts)}")
