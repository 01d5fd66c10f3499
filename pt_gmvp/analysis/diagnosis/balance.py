"""How the classes lie over genes, and how far knowing the gene alone would go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.folds import Fold
from pt_gmvp.analysis.diagnosis.leakage import looked_up
from pt_gmvp.analysis.diagnosis.noise import (
    Estimate,
    Floats,
    auroc,
    auroc_difference,
    auroc_within,
    beyond_chance,
)

QUESTION = "class balance by gene"


class Gene(NamedTuple):
    """Variants of a transcript in both folds: how many, and how many of them are harmful."""

    transcript: str
    training: int
    training_harmful: int
    validation: int
    validation_harmful: int


@dataclass(frozen=True)
class Balance:
    """What is known of genes.

    Attributes:
        genes: each transcript, those with the most variants first.
        pure: how many of the training's transcripts with two variants or more have one class only.
        several: how many have two variants or more.
        gene: AUROC of each transcript's mean training label; unknown ones have that of all.
        model: AUROC of the model.
        more: how much higher the model's is, by variant.
        within: AUROC of the model over pairs of one transcript: the gene is no help there.
        between: how much higher the model's AUROC is than that.
        gene_tells, within_tells: whether these are beyond chance.
    """

    genes: Sequence[Gene]
    pure: int
    several: int
    gene: Estimate
    model: Estimate
    more: Estimate
    within: Estimate
    between: Estimate
    gene_tells: bool
    within_tells: bool

    @property
    def gene_alone(self) -> bool:
        """Whether all that the model tells apart is genes, as far as can be told."""
        unlike = self.within.variants == 0 or self.between.above()
        return self.gene_tells and unlike and not self.within_tells and not self.more.above()


def measure(training: Fold, validation: Fold, scores: Floats) -> Balance | None:
    """Compare (V,) scores of the held-out variants with what their genes tell.

    None where the names do not tell the transcripts.
    """
    ours, theirs = training.transcripts, validation.transcripts
    if ours is None or theirs is None:
        return None
    labels = validation.labels
    known = looked_up(ours, training.labels, theirs)
    genes = genes_of(ours, training.labels, theirs, labels)
    several = [gene for gene in genes if gene.training > 1]
    by_gene, model = auroc(labels, known, theirs), auroc(labels, scores, theirs)
    within = auroc_within(labels, scores, theirs)
    return Balance(
        genes,
        sum(gene.training_harmful in (0, gene.training) for gene in several),
        len(several),
        by_gene,
        model,
        auroc_difference(labels, scores, known, theirs),
        within,
        model.minus(within),
        beyond_chance(labels, by_gene),
        within.above(0.5),
    )


def genes_of(
    ours: Sequence[str],
    our_labels: NDArray[np.floating],
    theirs: Sequence[str],
    their_labels: NDArray[np.floating],
) -> list[Gene]:
    """Count variants by transcript, the largest first, then by name."""
    counts: dict[str, list[int]] = {}
    for names, labels, column in ((ours, our_labels, 0), (theirs, their_labels, 2)):
        for name, label in zip(names, labels.tolist(), strict=True):
            held = counts.setdefault(name, [0, 0, 0, 0])
            held[column] += 1
            held[column + 1] += label == 1
    found = [Gene(name, *held) for name, held in counts.items()]
    return sorted(found, key=lambda gene: (-gene.training - gene.validation, gene.transcript))


def answer(found: Balance) -> Answer:
    """Say how far the gene alone goes."""
    numbers = {**found.__dict__, "genes": [gene._asdict() for gene in found.genes]}
    told = [
        Finding(
            f"{found.pure:,} of {found.several:,} transcripts with two training variants or more "
            "have one class only"
        )
    ]
    text = (
        f"knowing the gene alone reaches an AUROC of {found.gene}, the model {found.model}, and "
        f"{found.within} within genes, over {found.within.variants:,} pairs"
    )
    told.append(Finding(text, Fault.GENE if found.gene_alone else None))
    return Answer(QUESTION, told, numbers=numbers)
