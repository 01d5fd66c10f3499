"""Class balance per gene: how well the gene alone predicts the labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pt_gmvp.analysis.diagnosis.estimates import (
    Estimate,
    Floats,
    auroc,
    auroc_difference,
    auroc_within,
    beyond_chance,
)
from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.folds import Fold
from pt_gmvp.analysis.diagnosis.leakage import mean_labels

QUESTION = "class balance by gene"


class Gene(NamedTuple):
    """Numbers of all and of harmful variants of a transcript in both folds."""

    transcript: str
    training: int
    training_harmful: int
    validation: int
    validation_harmful: int


@dataclass(frozen=True)
class Balance:
    """Comparison of the model with predictions from the gene alone.

    Attributes:
        genes: each transcript, those with the most variants first.
        pure: training transcripts with two or more variants that have only one class.
        several: training transcripts with two or more variants.
        gene: AUROC of each transcript's mean training label; unknown ones have the overall mean.
        model: AUROC of the model.
        more: how much higher the model's is, by variant.
        within: AUROC of the model over pairs within a transcript, where the gene does not help.
        between: how much higher `model` is than `within`.
        gene_predicts, within_predicts: whether `gene` and `within` are beyond chance.
    """

    genes: Sequence[Gene]
    pure: int
    several: int
    gene: Estimate
    model: Estimate
    more: Estimate
    within: Estimate
    between: Estimate
    gene_predicts: bool
    within_predicts: bool

    @property
    def gene_alone(self) -> bool:
        """Return whether, within noise, the model only distinguishes genes."""
        unlike = self.within.variants == 0 or self.between.above()
        return self.gene_predicts and unlike and not self.within_predicts and not self.more.above()


def measure(training: Fold, validation: Fold, scores: Floats) -> Balance | None:
    """Compare (V,) scores of the held-out variants with predictions from their genes.

    Returns None if the variants' names do not contain transcripts.
    """
    ours, theirs = training.transcripts, validation.transcripts
    if ours is None or theirs is None:
        return None
    labels = validation.labels
    known = mean_labels(ours, training.labels, theirs)
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
    """Count variants by transcript, the largest first, ties by name."""
    counts: dict[str, list[int]] = {}
    for names, labels, column in ((ours, our_labels, 0), (theirs, their_labels, 2)):
        for name, label in zip(names, labels.tolist(), strict=True):
            held = counts.setdefault(name, [0, 0, 0, 0])
            held[column] += 1
            held[column + 1] += label == 1
    found = [Gene(name, *held) for name, held in counts.items()]
    return sorted(found, key=lambda gene: (-gene.training - gene.validation, gene.transcript))


def answer(found: Balance) -> Answer:
    """Report how well the gene alone predicts the labels."""
    numbers = {**found.__dict__, "genes": [gene._asdict() for gene in found.genes]}
    pure = (
        f"{found.pure:,} of {found.several:,} transcripts with two or more training variants have "
        "only one class"
    )
    text = (
        f"the gene alone reaches an AUROC of {found.gene}, the model {found.model}; within genes, "
        f"the model reaches {found.within} over {found.within.variants:,} pairs"
    )
    fault = Fault.GENE if found.gene_alone else None
    return Answer(QUESTION, [Finding(pure), Finding(text, fault)], numbers=numbers)
