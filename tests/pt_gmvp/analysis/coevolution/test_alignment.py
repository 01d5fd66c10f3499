"""Alignments of every format say the same, and every fault is told in one line."""

import gzip

import numpy as np
import pytest

from converters.errors import InputError
from converters.residues import encode
from pt_gmvp.analysis.coevolution.alignment import read_alignment

ROWS = ("MKV-LAWDEMKVLAW", "MKVYLAWDEMKVX-W", "M-V-LAWNEMKBLAW", "AKV-FAWDQ-KVL*W")
QUERY = "MKVLAWDEMKVLAW"


def _texts() -> dict[str, str]:
    """The same alignment in all formats; in A3M the query's gap is an insertion of the second."""
    names = [f"s{n}" for n in range(len(ROWS))]
    a3m = [row[:3] + (row[3].lower() if row[3] != "-" else "") + row[4:] for row in ROWS]
    pairs = list(zip(names, ROWS, strict=True))
    return {
        ".fasta": "".join(f">{name}\n{row[:8]}\n{row[8:]}\n" for name, row in pairs),
        ".a3m": "".join(f">{n}\n{row}\n" for n, row in zip(names, a3m, strict=True)),
        ".a2m": "".join(
            f">{name}\n{row[:3]}{row[3].lower().replace('-', '.')}{row[4:]}\n"
            for name, row in pairs
        ),
        ".sto": "# STOCKHOLM 1.0\n\n" + "".join(f"{n} {r}\n" for n, r in pairs) + "//\n",
        ".aln": "CLUSTAL W (1.81) multiple sequence alignment\n\n\n"
        + "".join(f"{name:<12}{row}\n" for name, row in pairs)
        + "\n",
        ".compara103": "".join(f"{name}\t50\t{row}\n" for name, row in pairs),
    }


@pytest.mark.parametrize(
    ("suffix", "named"),
    # A2M without its suffix looks like FASTA: only its name tells it.
    [
        (suffix, named)
        for suffix in _texts()
        for named in (True, False)
        if named or suffix != ".a2m"
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_every_format_tells_the_same(tmp_path, suffix, named, zipped):
    text = _texts()[suffix]
    path = tmp_path / f"a{suffix if named else ''}{'.gz' if zipped else ''}"
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    found = read_alignment(path)
    expected = [encode(row[:3] + row[4:]) for row in ROWS]
    assert found.codes.tolist() == np.stack(expected).tolist()
    assert found.codes.dtype == np.uint8
    assert found.letters == QUERY
    assert found.positions.tolist() == list(range(1, 15))
    if suffix == ".a3m" and not named:
        assert found.form == "a3m"
        assert found.notes == (
            "rows have equal width only without lower case, so they are read as A3M",
        )


def test_the_columns_of_the_query_s_gaps_can_be_kept(tmp_path):
    path = tmp_path / "a.fasta"
    path.write_text(_texts()[".fasta"])
    found = read_alignment(path, keep_gaps=True, first=100)
    assert found.codes.tolist() == [encode(row).tolist() for row in ROWS]
    assert found.positions.tolist() == list(range(100, 115))
    dropped = read_alignment(path, first=100)
    assert dropped.positions.tolist() == list(range(100, 114))
    assert dropped.notes == ("1 columns in which the query has a gap are left out",)


def test_a_query_s_own_insertions_are_numbered(tmp_path):
    path = tmp_path / "a.a2m"
    path.write_text(">q\nMKacVL\n>s\nMK..VL\n")
    found = read_alignment(path)
    assert found.letters == "MKVL"
    assert found.positions.tolist() == [1, 2, 5, 6]


def test_lower_case_is_soft_masking_in_fasta_and_no_residue_in_compara(tmp_path):
    (tmp_path / "a.fasta").write_text(">q\nMKv\n>s\nMKV\n")
    assert read_alignment(tmp_path / "a.fasta").codes[0].tolist() == encode("MKV").tolist()
    (tmp_path / "a.compara103").write_text("q\t1\tMKv\ns\t1\tMKV\n")
    assert read_alignment(tmp_path / "a.compara103").codes[0].tolist() == [10, 8, 20]


def test_a_format_that_is_given_counts(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(">q\nMKV\n>s\nMaKV\n")
    assert read_alignment(path, "a3m").codes.shape == (2, 3)
    with pytest.raises(InputError, match="sequence s has 4 columns, the first one 3"):
        read_alignment(path, "fasta")


def test_nucleotides_are_told(tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(f">q\n{'ACGT' * 6}\n>s\n{'ACGA' * 6}\n")
    assert "looks like nucleotides" in read_alignment(path).notes[0]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.fasta", "", "contains no sequence; expected an alignment"),
        (
            "a.fasta",
            ">q\nMKV\n>r\nMKV\n>s x y\nMK\n",
            "sequence s x y has 2 columns, the first one 3",
        ),
        ("a.a3m", ">q\nMKV\n>s\nMKkk\n", "sequence s has 2 columns, the first one 3"),
        ("a.fasta", ">q\nMKV\n>s\nMK1\n", "sequence s has '1' in column 3; expected letters"),
        ("a.fasta", ">q\n---\n>s\nMKV\n", "its first sequence, q, has no residue"),
        ("a.sto", "# STOCKHOLM 1.0\nq MKV\ns MK\n//\n", "s has 2 columns, the first row 3"),
        ("a.sto", "MKV", "not a stockholm alignment"),
        ("a.aln", "CLUSTAL W\n\nq    MKV\ns    MK\n", "s has 2 columns, the first row 3"),
        ("a.compara103", "q\t1\tMKV\ns\t1\n", "line 2: 2 fields; expected species"),
        ("a.compara103", "", "contains no sequence"),
        ("a.txt", "hello\n", "unknown format, judging by its name and content"),
        ("a", "", "unknown format, judging by its name and content"),
    ],
)
def test_what_is_refused(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_alignment(path)
    assert message in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
