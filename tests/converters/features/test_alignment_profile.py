"""Profiles made from alignments of every format."""

import numpy as np
import pytest

from converters.errors import InputError
from converters.features.alignment_profile import made_of, profile_from_alignment
from converters.residues import AMINO_ACIDS

A3M = "#3\t1\n>101\nACU\n>a\nAyyC-\n>b\nDC-\n\0>101\nACU\n>c\nDCK\n"


@pytest.fixture
def written(tmp_path):
    def written(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return written


def test_the_frequencies_of_every_sequence(written):
    path = written("T.a3m", A3M)
    (profile, letters), text = profile_from_alignment(path)
    assert letters == "ACU"
    assert profile.shape == (3, 21)
    assert profile[:, 0].tolist() == [0, 1, 20]
    np.testing.assert_allclose(profile[:, 1:].sum(1), 1)
    assert profile[1, 1 + AMINO_ACIDS.index("C")] == 1
    # Selenocysteine is not one of the twenty: only c has an amino acid there.
    assert profile[2, 1 + AMINO_ACIDS.index("K")] == 1
    assert 0 < profile[0, 1] < 1
    assert text == "frequencies of T.a3m (4 sequences)"
    assert text.startswith(made_of(path))


def test_gaps_of_the_query_are_no_positions(written):
    (profile, letters), _ = profile_from_alignment(written("T.fasta", ">q\nA-c\n>r\nAKC\n"))
    assert letters == "AC"
    assert len(profile) == 2


def test_the_original_s_table_by_its_human_row(written):
    rows = "mouse\t90\tAC\nhomosapien\t100\tDC\n"
    (profile, letters), _ = profile_from_alignment(written("T.compara103", rows))
    assert letters == "DC"
    assert profile[0, 0] == AMINO_ACIDS.index("D")
    with pytest.raises(InputError, match="has no row homosapien"):
        profile_from_alignment(written("U.compara103", rows.replace("homosapien", "rat")))


def test_a_protein_of_gaps_is_refused(written):
    with pytest.raises(InputError, match="has no residue"):
        profile_from_alignment(written("T.fasta", ">q\n---\n>r\nAKC\n"))
