import gzip

import numpy as np
import pytest

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from pt_gmvp.pretraining.frequencies import FLOOR, read_frequencies

HEADER = "transcript_id\taa_pos\talt_aa\tfrequency\n"


def table(tmp_path, *rows: str, header: str = HEADER):
    path = tmp_path / "table.tsv"
    path.write_text(header + "".join(row.replace(" ", "\t") + "\n" for row in rows))
    return path


def test_what_is_given_and_what_is_not(tmp_path):
    path = table(tmp_path, "T 2 C 0.001", "other 9 C 0.5", "T 2 D 0", "T 3 A 1e-5", "T 3 A 2e-5")
    found = read_frequencies(path, {"T": 3, "U": 5})
    assert list(found) == ["T"]
    rows = found["T"]
    assert rows.shape == (3, 20)
    assert rows.dtype == np.float32
    assert rows[1, AMINO_ACIDS.index("C")] == pytest.approx(np.log10(0.001 + FLOOR))
    assert rows[1, AMINO_ACIDS.index("D")] == pytest.approx(np.log10(FLOOR))
    assert rows[2, 0] == pytest.approx(np.log10(3e-5 + FLOOR))
    assert np.isnan(rows).sum() == 57


def test_columns_in_any_order_and_gzipped(tmp_path):
    path = tmp_path / "table.tsv.gz"
    path.write_bytes(gzip.compress(b"alt_aa\tx\tfrequency\taa_pos\ttranscript_id\nC\t-\t1\t1\tT\n"))
    assert read_frequencies(path, {"T": 1})["T"][0, 1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("T 0 C 0.1", "line 2: aa_pos is '0'; expected 1 to 3"),
        ("T 4 C 0.1", "line 2: aa_pos is '4'; expected 1 to 3"),
        ("T 2 X 0.1", "line 2: alt_aa is 'X'; expected a letter"),
        ("T 2 CC 0.1", "line 2: alt_aa is 'CC'; expected a letter"),
        ("T 2 C 1.5", "line 2: frequency is '1.5'; expected 0 to 1"),
        ("T 2 C nan", "line 2: frequency is 'nan'; expected 0 to 1"),
        ("T 2 C", "line 2: 3 fields; the header has 4"),
        ("U 2 C 0.1", "no row is for a transcript with features"),
    ],
)
def test_what_is_refused_is_named_by_its_line(tmp_path, row, said):
    with pytest.raises(InputError) as caught:
        read_frequencies(table(tmp_path, row), {"T": 3})
    assert said in str(caught.value)
    assert "table.tsv" in str(caught.value)


@pytest.mark.parametrize("header", ["", "transcript_id\taa_pos\talt_aa\taf\n"])
def test_a_column_that_is_missing(tmp_path, header):
    with pytest.raises(InputError, match="line 1: no column"):
        read_frequencies(table(tmp_path, header=header), {"T": 3})
