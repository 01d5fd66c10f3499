"""Other people's alignments: read by Biopython, picked and thinned by stated rules."""

import numpy as np
import pytest

from converters.columns import SPECIES
from converters.errors import InputError
from converters.features.alignment import read_alignment
from converters.residues import OTHER, encode

PROTEIN = "MKVLAWDE"


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
def test_every_format_tells_the_same(relatives, tmp_path, suffix, insert):
    rows = relatives(30)
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


@pytest.mark.parametrize(
    ("suffix", "text", "message"),
    [
        (".fasta", ">q\nMKVLAWDE\n>s\nMKV\n", "sequence s has 3 columns, the first one 8"),
        (".fasta", ">q\nMKVLAWD\n", "its first sequence has 7 residues, the protein 8"),
        (".fasta", ">q\nMKVLAWDQ\n", "has Q at position 8, the protein E"),
        (".fasta", "", "contains no sequence; expected an alignment"),
        (".sto", "MKV", "not a stockholm alignment"),
        (".aln", "MKV", "not a clustal alignment"),
        (".compara103", "x\n", "1 lines; expected 200, one per species"),
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


def test_a_species_is_found_in_the_id_beside_a_description(relatives, tmp_path):
    rows = relatives(3)
    text = "# STOCKHOLM 1.0\n\n#=GS A_MOUSE DE tumor\n#=GS B_MOUSE DE tumor\n"
    names = ["query", "A_MOUSE", "B_MOUSE", "C_HORSE"]
    text += "".join(f"{name} {row}\n" for name, row in zip(names, rows, strict=True)) + "//\n"
    path = tmp_path / "T.sto"
    path.write_text(text)
    found = read_alignment(path, encode(rows[0]))
    assert any("1 of a species" in note for note in found.notes), found.notes


@pytest.mark.parametrize("first", [True, False])
def test_hhsuite_rows_that_are_no_sequences_are_left_out(relatives, tmp_path, first):
    rows = relatives(3)
    path = tmp_path / "T.a3m"
    _write(path, rows)
    expected = read_alignment(path, encode(rows[0]))
    plain = path.read_text()
    extra = f">ss_pred PSIPRED\n{'CHE' * 20}\n>ss_conf PSIPRED\n{'901' * 20}\n"
    path.write_text(extra + plain if first else plain + extra)
    found = read_alignment(path, encode(rows[0]))
    assert (found.residues == expected.residues).all()
    assert (found.identity == expected.identity).all()


def test_selenocysteine_in_an_alignment_is_the_cysteine_of_the_profile(tmp_path):
    path = tmp_path / "T.a3m"
    path.write_text(">q\nMKVUAWDE\n>s\nMKVCAWDQ\n")
    found = read_alignment(path, encode("MKVCAWDE"))
    assert (found.residues[0] == encode("MKVCAWDE")).all()
    assert found.identity[1] == 87.5
    assert found.notes[0].startswith("T.a3m: its first sequence has U at position 4, the profile C")
    path.write_text(">q\nMKVUAWDE\n")
    with pytest.raises(InputError, match="has U at position 4, the protein L; expected"):
        read_alignment(path, encode("MKVLAWDE"))
    # HHsuite's own file shows the letter that its line has.
    with pytest.raises(InputError, match="has U at position 4, the protein O; expected"):
        read_alignment(path, encode("MKVLAWDE"), "MKVOAWDE")


@pytest.mark.parametrize("percent", ["-1", "101", "nan", "inf"])
def test_a_percent_identity_that_is_none(tmp_path, percent):
    path = tmp_path / "T.compara103"
    path.write_text("a\t1\tMKVLAWDE\n" * 199 + f"a\t{percent}\tMKVLAWDE\n")
    with pytest.raises(InputError, match=f"line 200: percent identity is '{percent}'; expected"):
        read_alignment(path, encode(PROTEIN))
