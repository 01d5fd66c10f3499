"""Lines as the original writes them: the same as `write_predictions`, faster."""

import gzip
from pathlib import Path

import numpy as np
import pysam
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pt_gmvp.prediction import Prediction, write_predictions
from pt_gmvp.scoring import formatting

CODES = np.arange(21, dtype=np.uint8)


@given(
    scores=arrays.arrays(np.float32, (2, 20), elements=st.floats(0, 1, width=32)),
    first=st.integers(0, 40_000),
)
def test_as_prediction_writes_them(tmp_path_factory, scores, first):
    path = tmp_path_factory.getbasetemp() / "expected.tsv"
    names = [
        f"T.1_{position}_{ref}_{alt}"
        for position, ref in ((first + 1, "Y"), (first + 2, "*"))
        for alt in "ACDEFGHIKLMNPQRSTVWY"
    ]
    write_predictions(path, Prediction(names, torch.from_numpy(scores.ravel())))
    found = formatting.substitutions("T.1", first, CODES[19:], scores)
    assert formatting.HEADER + found == path.read_bytes()
    assert formatting.HEADER + formatting.variants(names, scores.ravel()) == path.read_bytes()


def test_every_line_of_the_original_s_table(golden: Path):
    header, *rows = (golden / "PTEN_all_possible.tsv").read_text().splitlines(keepends=True)
    values = np.array([row.split("\t")[1] for row in rows], np.float64)
    letters = "ACDEFGHIKLMNPQRSTVWY"
    codes = np.array([letters.index(row.split("_")[2]) for row in rows[::20]], np.uint8)
    # The original's numbers are float32: nothing is lost by reading them as such.
    scores = values.astype(np.float32).reshape(-1, 20)
    found = formatting.substitutions("ENST00000371953", 0, codes, scores)
    assert (formatting.HEADER + found).decode() == header + "".join(rows)


@pytest.mark.parametrize("size", [0, 1, 59_999, 60_000, 60_001, 300_000])
def test_compressed_it_is_read_by_gzip_and_by_bgzip(tmp_path, size):
    # Of what hardly compresses, too.
    text = np.random.default_rng(size).integers(0, 256, size, np.uint8).tobytes()
    path = tmp_path / "x.gz"
    path.write_bytes(formatting.bgzipped(text) + formatting.bgzipped(b""))
    assert gzip.decompress(path.read_bytes()) == text
    with pysam.BGZFile(str(path)) as file:
        assert file.read(size + 1) == text
    # The block of nothing that tells samtools that a file is whole.
    assert path.read_bytes().endswith(bytes.fromhex("1b0003") + bytes(9))
