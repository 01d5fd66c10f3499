"""Class balance by gene, and models that know no more than the gene."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.analysis.diagnosis import balance
from pt_gmvp.analysis.diagnosis.findings import Fault
from pt_gmvp.analysis.diagnosis.folds import fold_of


def test_genes_are_counted(plant):
    training, validation = plant("gene").folds()
    found = balance.measure(training, validation, np.linspace(0, 1, len(validation.names)))
    assert len(found.genes) == 40
    assert sum(g.training for g in found.genes) == len(training.names)
    assert sum(g.validation_harmful for g in found.genes) == validation.labels.sum()
    assert found.gene.value > 0.8
    # Scores that rise with the variant's number are not the gene's, and know nothing.
    assert not found.within_predicts


def test_a_model_that_knows_more_than_the_gene_is_not_blamed(plant):
    training, validation = plant("gene").folds()
    sure = validation.labels * 0.8 + 0.1
    found = balance.measure(training, validation, sure)
    assert found.gene_predicts
    assert not found.gene_alone


def test_a_model_that_knows_only_the_gene_is_blamed(plant):
    run = plant("gene")
    training, validation = run.folds()
    found = balance.measure(training, validation, run.scores[-1])
    assert found.gene_alone
    assert [f.fault for f in balance.answer(found).findings] == [None, Fault.GENE]


def test_names_without_a_transcript_are_not_compared():
    labels = np.array([0, 1], np.float32)
    unnamed, named = (
        fold_of(names, labels) for names in (["rs1", "rs2"], ["T1_1_A_V", "T1_2_A_V"])
    )
    assert balance.measure(unnamed, named, np.arange(2.0)) is None
    assert balance.measure(named, unnamed, np.arange(2.0)) is None


GENES = st.lists(st.tuples(st.sampled_from("ABC"), st.booleans()), max_size=12)


@given(GENES, GENES)
def test_every_variant_is_counted_once(ours, theirs):
    found = balance.genes_of(
        [gene for gene, _ in ours],
        np.array([float(label) for _, label in ours]),
        [gene for gene, _ in theirs],
        np.array([float(label) for _, label in theirs]),
    )
    for gene in found:
        own, other = ([y for g, y in fold if g == gene.transcript] for fold in (ours, theirs))
        assert gene[1:] == (len(own), sum(own), len(other), sum(other))
    assert {gene.transcript for gene in found} == {gene for gene, _ in (*ours, *theirs)}
    order = [(-gene.training - gene.validation, gene.transcript) for gene in found]
    assert order == sorted(order)


def test_genes_of_one_class_are_counted_if_they_have_two_variants():
    names = ["A_1_A_V", "A_2_A_V", "B_1_A_V", "B_2_A_V", "C_1_A_V"]
    training = fold_of(names, np.array([1, 1, 0, 1, 0], np.float32))
    validation = fold_of(["A_3_A_V", "B_3_A_V"], np.array([1, 0], np.float32))
    found = balance.measure(training, validation, np.array([0.9, 0.1]))
    assert (found.pure, found.several) == (1, 2)
    first = balance.answer(found)
    assert first.findings[0].text.startswith("1 of 2 transcripts with two or more")
    assert first.numbers["genes"][0]["transcript"] == "A"
