"""Known variants: those of the transcript, within the map, held to its residues."""

import csv

import pytest

from converters.errors import InputError
from converters.variants.reading import Options
from pt_gmvp.analysis.heatmap.known import Known, read_known

PTEN = "ENST00000371953"
HEADER = "transcript_id\taa_pos\tref_aa\talt_aa\ttarget\n"


def test_all_of_the_table_s(pten_map, golden):
    path = golden / "raw" / "PTEN.variants.tsv"
    with open(path) as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["target"] in "01"]
    expected = {(int(row["aa_pos"]), row["alt_aa"], row["target"] == "1") for row in rows}
    assert set(read_known(path, pten_map).known) == expected
    part = read_known(path, pten_map.cut((100, 110)))
    assert set(part.known) == {one for one in expected if 100 <= one[0] <= 110}
    assert part.outside == len(rows) - len(part.known)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("OTHER\t1\tM\tA\t1\n", f"has no variant in {PTEN}"),
        (f"{PTEN}\t1\tM\tA\t7\n{PTEN}\t1\tM\tC\t\n", f"has no variant in {PTEN}"),
        (f"{PTEN}\t1\tK\tA\t1\n", f"line 2: {PTEN} has M at 1, not K"),
        (
            f"{PTEN}\t1\tM\tA\t1\n{PTEN}\t1\tM\tA\t0\n",
            "line 3: .* label 0, but 1 on .*, line 2",
        ),
    ],
)
def test_what_does_not_fit(pten_map, tmp_path, rows, said):
    (tmp_path / "k.tsv").write_text(HEADER + rows)
    with pytest.raises(InputError, match=said):
        read_known(tmp_path / "k.tsv", pten_map)


def test_only_the_transcript_that_is_drawn_counts(pten_map, tmp_path):
    other = "OTHER\t5\tK\tA\t1\nOTHER\t5\tK\tA\t0\nOTHER\t6\tK\tA\tVUS\n"
    (tmp_path / "k.tsv").write_text(f"{HEADER}{other}{PTEN}.7\t1\tM\tA\t1\n")
    found = read_known(tmp_path / "k.tsv", pten_map)
    assert found.known == [Known(1, "A", True)]
    assert found.read.lines == 4
    assert [(one.line, one.kind, one.failed) for one in found.read.listed] == [
        (line, "another transcript", False) for line in (2, 3, 4)
    ]


def test_two_labels_of_the_drawn_transcript(pten_map, tmp_path):
    rows = f"{PTEN}\t1\tM\tA\t1\n{PTEN}\t1\tM\tA\t0\n{PTEN}\t1\tM\tV\t0\n"
    (tmp_path / "k.tsv").write_text(HEADER + rows)
    first = read_known(tmp_path / "k.tsv", pten_map, Options(conflicts="first"))
    assert first.known == [Known(1, "A", True), Known(1, "V", False)]
    dropped = read_known(tmp_path / "k.tsv", pten_map, Options(conflicts="drop"))
    assert dropped.known == [Known(1, "V", False)]
    assert len(dropped.read.listed) == 2
