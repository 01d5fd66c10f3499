"""Lines as the original writes them."""

import gzip
from pathlib import Path

import numpy as np
import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from converters.residues import AMINO_ACIDS
from pt_gmvp.scoring import formatting

CODES = np.arange(21, dtype=np.uint8)


@given(
    scores=arrays.arrays(np.float32, (2, 20), elements=st.floats(0, 1, width=32)),
    first=st.integers(0, 40_000),
)
def test_a_score_has_the_digits_of_its_float64_value(scores, first):
    names = [
        f"T.1_{position}_{ref}_{alt}"
        for position, ref in ((first + 1, "Y"), (first + 2, "*"))
        for alt in AMINO_ACIDS
    ]
    rows = zip(names, scores.ravel(), strict=True)
    expected = "".join(f"{name}\t{float(score)!r}\n" for name, score in rows).encode()
    assert formatting.substitutions("T.1", first, CODES[19:], scores) == expected
    assert formatting.variants(names, scores.ravel()) == expected


def test_every_line_of_the_original_s_predictions(golden: Path):
    header, *rows = (golden / "TP53_PTEN_predict.tsv").read_text().splitlines(keepends=True)
    names, values = zip(*(row.split("\t") for row in rows), strict=True)
    found = formatting.variants(names, np.array(values, np.float64).astype(np.float32))
    assert (formatting.HEADER + found).decode() == header + "".join(rows)


def test_every_line_of_the_original_s_table(golden: Path):
    header, *rows = (golden / "PTEN_all_possible.tsv").read_text().splitlines(keepends=True)
    values = np.array([row.split("\t")[1] for row in rows], np.float64)
    codes = np.array([AMINO_ACIDS.index(row.split("_")[2]) for row in rows[::20]], np.uint8)
    # The original's numbers are float32: nothing is lost by reading them as such.
    scores = values.astype(np.float32).reshape(-1, 20)
    found = formatting.substitutions("ENST00000371953", 0, codes, scores)
    assert (formatting.HEADER + found).decode() == header + "".join(rows)


@pytest.mark.parametrize("size", [0, 1, 59_999, 60_000, 60_001, 300_000])
def test_compressed_it_is_read_by_gzip_and_by_bgzip(tmp_path, size):
    # Of what hardly compresses, too.
    text = np.random.default_rng(size).integers(0, 256, size, np.uint8).tobytes()
    path = tmp_path / "x.gz"
    path.write_bytes(formatting.bgzip(text) + formatting.bgzip(b""))
    assert gzip.decompress(path.read_bytes()) == text
    with pysam.BGZFile(str(path)) as file:
        assert file.read(size + 1) == text
    # The block of nothing that tells samtools that a file is whole.
    assert path.read_bytes().endswith(bytes.fromhex("1b0003") + bytes(9))
