import numpy as np

from converters.residues import AMINO_ACIDS
from converters.simulation.chemistry import BACKGROUND, CODONS, DISTANCE, REACHED, SIMILARITY
from converters.simulation.variants import A_POSITION


def reached_from(letter):
    return {
        "".join(AMINO_ACIDS[code] for code in np.flatnonzero(REACHED[codon]))
        for codon in CODONS[AMINO_ACIDS.index(letter)]
    }


def test_one_nucleotide_reaches_what_the_genetic_code_says():
    assert reached_from("M") == {"IKLRTV"}  # ATG
    assert reached_from("W") == {"CGLRS"}  # TGG; TAG and TGA are stops
    assert {"CFLSW", "AFILPST"} & reached_from("S") == set()
    assert sum(map(len, CODONS)) == 61


def test_any_codon_reaches_as_many_residues_as_a_position_may_have_variants():
    of_residues = np.concatenate(CODONS)
    assert REACHED[of_residues].sum(1).min() == A_POSITION
    for code, codons in enumerate(CODONS):
        assert not REACHED[codons, code].any()


def test_similarity_and_distance_are_what_they_say():
    np.testing.assert_allclose(BACKGROUND.sum(), 1)
    np.testing.assert_allclose(SIMILARITY.sum(1), 1)
    assert (SIMILARITY.argmax(1) == np.arange(20)).all()
    assert (DISTANCE == DISTANCE.T).all()
    assert (np.diag(DISTANCE) == 0).all()
    at = AMINO_ACIDS.index
    assert DISTANCE[at("I"), at("L")] < DISTANCE[at("I"), at("V")] < DISTANCE[at("I"), at("D")]
