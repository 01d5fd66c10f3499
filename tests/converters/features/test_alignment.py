"""Other people's alignments: read by Biopython, picked and thinned by stated rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.columns import SPECIES
from converters.errors import InputError
from converters.features.alignment import read_alignment
from converters.features.species import pick, species_of
from converters.residues import AMINO_ACIDS, OTHER, encode

PROTEIN = "MKVLAWDE"


def _rows(number, seed=0, length=60):
    """A query and `number` relatives of it, further and further away, each once."""
    random = np.random.default_rng(seed)
    query = random.integers(0, 20, length)
    rows = [query]
    for n in range(number):
        row = query.copy()
        changed = random.random(length) < 0.05 + 0.5 * n / number
        row[changed] = random.integers(0, 20, changed.sum())
        row[n % length] = (query[n % length] + 1 + n // length) % 20  # never the query itself
        rows.append(row)
    return ["".join(AMINO_ACIDS[c] for c in row) for row in rows]


def _write(path, rows, insert=""):
    """Write rows as the suffix says, an insertion against the query after its second column."""
    names = ["query", *(f"s{n}" for n in range(1, len(rows)))]
    gap = "-" * len(insert)
    if path.suffix == ".a3m":
        body = [r[:2] + (insert.lower() if n else "") + r[2:] for n, r in enumerate(rows)]
    else:
        body = [r[:2] + (insert if n else gap) + r[2:] for n, r in enumerate(rows)]
    pairs = list(zip(names, body, strict=True))
    if path.suffix in (".a3m", ".fasta"):
        text = "".join(f">{name}\n{row[:30]}\n{row[30:]}\n" for name, row in pairs)
    elif path.suffix == ".sto":
        text = "# STOCKHOLM 1.0\n\n" + "".join(f"{n} {row}\n" for n, row in pairs) + "//\n"
    else:
        blocks = (
            "".join(f"{name:<12}{row[start : start + 60]}\n" for name, row in pairs) + "\n"
            for start in range(0, len(body[0]), 60)
        )
        text = "CLUSTAL W (1.81) multiple sequence alignment\n\n\n" + "\n".join(blocks)
    path.write_text(text)


@pytest.mark.parametrize("suffix", [".a3m", ".fasta", ".sto", ".aln"])
@pytest.mark.parametrize("insert", ["", "WYV"])
def test_every_format_tells_the_same(tmp_path, suffix, insert):
    rows = _rows(30)
    path = tmp_path / f"T{suffix}"
    _write(path, rows, insert)
    found = read_alignment(path, encode(rows[0]))
    assert found.residues.shape == (SPECIES, 60)
    assert (found.residues[0] == encode(rows[0])).all()
    kept = {row.tobytes() for row in found.residues[:31]}
    assert kept == {encode(row).tobytes() for row in rows}
    assert (np.diff(found.identity) <= 0).all()
    assert found.identity[0] == 100
    assert (found.residues[31:] == OTHER).all()
    assert (found.identity[31:] == 0).all()
    assert found.notes[-1] == f"T{suffix}: only 31 species; the other 169 rows are gaps"


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
        ("UniRef100_A0A2K5", None),
        ("ENSP00000269305", None),
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
def test_thinning_keeps_200_of_them_whatever_their_order(number, seed, order):
    rows = [encode(row) for row in _rows(number, seed)]
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


@pytest.mark.parametrize(
    ("suffix", "text", "message"),
    [
        (".fasta", ">q\nMKVLAWDE\n>s\nMKV\n", "sequence s has 3 columns, the first one 8"),
        (".fasta", ">q\nMKVLAWD\n", "its first sequence has 7 residues, the protein 8"),
        (".fasta", ">q\nMKVLAWDQ\n", "has Q at position 8, the protein E"),
        (".fasta", "", "holds no sequence; expected an alignment"),
        (".sto", "MKV", "not a stockholm alignment"),
        (".aln", "MKV", "not a clustal alignment"),
        (".compara103", "x\n", "has 1 lines; expected 200, one per species"),
        (
            ".compara103",
            "a\t1\tMKVLAWDE\n" * 199 + "a\tx\tMKVLAWDE\n",
            "line 200: percent identity is 'x'",
        ),
        (".compara103", "a\t1\n" * 200, "line 1: 2 fields; expected species, percent identity"),
        (".compara103", "a\t1\tMKV\n" * 200, "line 1: a has 3 positions; the protein has 8"),
    ],
)
def test_what_is_refused(tmp_path, suffix, text, message):
    path = tmp_path / f"T{suffix}"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_alignment(path, encode(PROTEIN))
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_compara_table_of_another_human_sequence_is_told(tmp_path):
    path = tmp_path / "T.compara103"
    path.write_text("homosapien\t3\tMKVLAWDQ\n" + "a\t1\tMKVLAWDE\n" * 199)
    found = read_alignment(path, encode(PROTEIN))
    assert found.identity[:2].tolist() == [100, 1]
    assert found.notes == ("T.compara103: the row homosapien differs from the profile's sequence",)


def test_a_species_is_found_in_the_id_beside_a_description(tmp_path):
    rows = _rows(3)
    text = "# STOCKHOLM 1.0\n\n#=GS A_MOUSE DE tumor\n#=GS B_MOUSE DE tumor\n"
    names = ["query", "A_MOUSE", "B_MOUSE", "C_HORSE"]
    text += "".join(f"{name} {row}\n" for name, row in zip(names, rows, strict=True)) + "//\n"
    path = tmp_path / "T.sto"
    path.write_text(text)
    found = read_alignment(path, encode(rows[0]))
    assert any("1 of a species" in note for note in found.notes), found.notes


@pytest.mark.parametrize("first", [True, False])
def test_hhsuite_rows_that_are_no_sequences_are_left_out(tmp_path, first):
    rows = _rows(3)
    path = tmp_path / "T.a3m"
    _write(path, rows)
    expected = read_alignment(path, encode(rows[0]))
    plain = path.read_text()
    extra = f">ss_pred PSIPRED\n{'CHE' * 20}\n>ss_conf PSIPRED\n{'901' * 20}\n"
    path.write_text(extra + plain if first else plain + extra)
    found = read_alignment(path, encode(rows[0]))
    assert (found.residues == expected.residues).all()
    assert (found.identity == expected.identity).all()
