"""Selection of sequences: their species, their identity with the query, and thinning."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.columns import SPECIES
from converters.features.species import pick, species_of
from converters.residues import OTHER, encode


def test_identity_counts_equal_residues_over_the_query_s_length():
    found = pick(
        ["q", "a", "b"], np.stack([encode(s) for s in ("MKVLAWDE", "MKVL----", "MKVLA-DQ")])
    )
    assert found.identity[:4].tolist() == [100, 75, 50, 0]


def test_a_gap_is_equal_to_no_gap():
    found = pick(["q", "a"], np.stack([encode("MKXLAWDE"), encode("MK-LAWDC")]))
    assert found.identity[1] == 75


@pytest.mark.parametrize(
    ("name", "species"),
    [
        ("sp|P04637|P53_HUMAN Cellular tumor antigen OS=Homo sapiens OX=9606 GN=TP53", "9606"),
        ("tr|A0A1|A0A1_9PRIM Something OS=Pongo abelii GN=X", "Pongo abelii"),
        ("P53_HUMAN/1-393", "HUMAN"),
        ("UniRef100_P04637 Cellular tumor antigen n=1 Tax=Homo TaxID=9606 RepID=X", "9606"),
        ("XP_001172077.2 tumor antigen p53 [Pan troglodytes]", "Pan troglodytes"),
        ("A0A2J8KXH4_PANTR", "PANTR"),
        ("Q9BWL9_RAT/3-88", "RAT"),
        ("2AAA_PIG", "PIG"),
        ("TALA_BPT4", "BPT4"),
        ("sp|P0C1|1ABC_AB1 behind an accession", "AB1"),
        ("UniRef100_A0A2K5", None),
        ("ENSP00000269305", None),
        ("SRR55_1234", None),
        ("ERR5512345_CONTI", None),
        ("SRR551234_12345 len=300", None),
        ("NODE_12345", None),
        ("TRINITYDN_COMP1", None),
        ("1ABC_A", None),
        ("1ABC_AAA/1-50", None),
        ("7XYZ_AAAA", None),
        ("P53_H1", None),
    ],
)
def test_species_are_told_by_the_name(name, species):
    assert species_of(name) == species


def test_one_sequence_a_species_the_closest():
    names = ["P_HUMAN", "A_MOUSE", "B_MOUSE", "Q_HUMAN", "x", "y"]
    rows = ["MKVLAWDE", "MKVLAWCC", "MKVLAWDC", "MKVLAWDQ", "MKVLAWCC", "MK------"]
    found = pick(names, np.stack([encode(row) for row in rows]))
    assert [bytes(row) for row in found.residues[:4]] == [
        bytes(encode(row)) for row in ("MKVLAWDE", "MKVLAWDC", "MKVLAWCC", "--------")
    ]
    assert found.notes[0] == (
        "6 sequences: 1 too short, 2 of a species or sequence already present, 0 thinned out"
    )


@settings(max_examples=25)
@given(number=st.integers(0, 420), seed=st.integers(0, 99), order=st.randoms(use_true_random=False))
def test_thinning_keeps_200_of_them_whatever_their_order(relatives, number, seed, order):
    rows = [encode(row) for row in relatives(number, seed)]
    found = pick(["q"] * len(rows), np.stack(rows))
    assert found.residues.shape == (SPECIES, 60)
    given_rows = {row.tobytes() for row in rows}
    real = [row.tobytes() for row in found.residues if (row != OTHER).any()]
    assert set(real) <= given_rows
    assert len(set(real)) == len(real) == min(SPECIES, len(given_rows))
    assert real[0] == rows[0].tobytes()
    # Where no two are equally near, the order of the file decides nothing.
    near = [(row == rows[0]).sum() for row in rows[1:]]
    if len(set(near)) == len(near):
        rest = rows[1:]
        order.shuffle(rest)
        again = pick(["q"] * len(rows), np.stack([rows[0], *rest]))
        assert (again.residues == found.residues).all()


def test_thinning_spreads_rather_than_takes_the_nearest():
    """300 near-copies and 100 far ones: the nearest 199 alone would be near-copies."""
    random = np.random.default_rng(1)
    query = random.integers(0, 20, 200)
    near = np.tile(query, (300, 1))
    near[np.arange(300), random.permutation(200)[np.arange(300) % 200]] = random.integers(
        0, 20, 300
    )
    far = np.where(random.random((100, 200)) < 0.5, random.integers(0, 20, (100, 200)), query)
    rows = np.concatenate([query[None], near, far]).astype(np.uint8)
    found = pick([f"n{n}" for n in range(len(rows))], rows)
    assert (found.identity < 80).sum() == 100
