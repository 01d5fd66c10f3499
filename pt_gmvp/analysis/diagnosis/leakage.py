"""What training and validation share: variants, positions, windows, transcripts, and who gains."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.folds import Fold
from pt_gmvp.analysis.diagnosis.noise import (
    UNDEFINED,
    Estimate,
    Floats,
    Labels,
    auroc,
    beyond_chance,
)

QUESTION = "leakage between folds"

_KEYS: dict[str, Callable[[Fold], Sequence[Hashable] | None]] = {
    "variant": lambda fold: fold.names,
    "position": lambda fold: fold.places,
    "window": lambda fold: fold.windows,
    "transcript": lambda fold: fold.transcripts,
}
"""From what is told most about a variant to least."""


@dataclass(frozen=True)
class Shared:
    """What of the validation's variants is in the training fold too, by one key.

    Attributes:
        key: "variant", "position", "window" (the same 129 residues, in whatever protein) or
            "transcript".
        keys: how many distinct ones both folds have.
        variants, of: how many of the validation's variants have one of those, of how many.
        leaked, clean: AUROC of the model on these and on the rest.
        looked_up: AUROC, on these, of the mean label that the training fold has for the key.
        carried: whether that is beyond chance.
    """

    key: str
    keys: int
    variants: int
    of: int
    leaked: Estimate
    clean: Estimate
    looked_up: Estimate
    carried: bool

    @property
    def gain(self) -> Estimate:
        """How much better the model is where it leaks."""
        return self.leaked.minus(self.clean)


def overlap(first: Sequence[Hashable], second: Sequence[Hashable]) -> set[Hashable]:
    """The keys that both folds have; the same whichever comes first."""
    return set(first) & set(second)


def measure(training: Fold, validation: Fold, scores: Floats) -> list[Shared]:
    """Compare two folds by every key that both have.

    Args:
        training, validation: the folds.
        scores: (V,) of the model, of the validation's variants in their order.
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
    known = looked_up(ours, training.labels, theirs)
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


def looked_up(
    ours: Sequence[Hashable], labels: Labels, theirs: Sequence[Hashable]
) -> NDArray[np.float64]:
    """The mean training label for each key of `theirs`; that of all for a key that is new."""
    sums: dict[Hashable, list[float]] = {}
    for key, label in zip(ours, labels.tolist(), strict=True):
        held = sums.setdefault(key, [0.0, 0.0])
        held[0] += label
        held[1] += 1
    overall = float(labels.mean())
    means = {key: total / count for key, (total, count) in sums.items()}
    return np.array([means.get(key, overall) for key in theirs])


def answer(shared: Sequence[Shared]) -> Answer:
    """Say what leaks, and whether it shows."""
    told = [_told(each) for each in shared if each.variants]
    nowhere = [each.key for each in shared if not each.variants]
    if nowhere:
        told.append(
            Finding(f"no held-out variant has its {' or '.join(nowhere)} in the training fold")
        )
    if not any(each.key == "transcript" for each in shared):
        told.append(
            Finding(
                "the variants' names do not tell transcript and position, so neither was compared"
            )
        )
    numbers: dict[str, Any] = {each.key: {**each.__dict__, "gain": each.gain} for each in shared}
    return Answer(QUESTION, told, numbers=numbers)


def _told(found: Shared) -> Finding:
    share = f"{found.variants:,} of {found.of:,} held-out variants"
    text = f"{share} have their {found.key} in the training fold"
    if found.key == "variant":
        return Finding(
            f"{text} itself; the AUROC is {found.leaked} on these, {found.clean} on the others",
            Fault.LEAK,
        )
    parts = [f"the AUROC is {found.leaked} on these, {found.clean} on the others"]
    parts.append(f"its training labels alone reach {found.looked_up}")
    gains = found.gain.above()
    if found.key == "transcript":
        # As the release splits; whether the gene does it is the question of balance.
        return Finding(f"{text}; {'; '.join(parts)}")
    if found.carried or gains:
        why = " and ".join(
            [*(["the labels carry over"] * found.carried), *(["the model gains by it"] * gains)]
        )
        return Finding(f"{text}: {why}; {'; '.join(parts)}", Fault.LEAK)
    return Finding(f"{text}, without a gain beyond noise; {'; '.join(parts)}")
