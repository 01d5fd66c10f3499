from typing import Any

import numpy as np
import pytest
import torch

from converters.errors import InputError
from converters.records.variant_record import read_records
from pt_gmvp.data import TableDataset, loader
from pt_gmvp.data.tables import MatrixCache


@pytest.fixture(scope="module")
def features(golden):
    return golden / "combined"


@pytest.fixture
def table(tmp_path):
    """Makes a plain table of variants of PTEN, which begins with M T A I I K."""

    def write(*rows: str):
        path = tmp_path / "variants.txt"
        path.write_text("transcript pos ref alt\n" + "".join(f"{row}\n" for row in rows))
        return path

    return write


PTEN = "ENST00000371953"
ROWS = tuple(f"{PTEN} {at} {ref} {alt}" for at, ref, alt in ((1, "M", "V"), (2, "T", "A"),
             (1, "M", "L"), (5, "I", "C"), (2, "T", "Y")))  # fmt: skip


def test_a_table_gives_what_the_records_hold(golden, features, shipped_records, tmp_path):
    """The shipped records of PTEN are those of the golden table, in another order."""
    wanted = {r.var_id: r for r in read_records(shipped_records) if r.var_id.startswith(PTEN)}
    path = tmp_path / "variants.txt"
    path.write_text("".join(name.replace("_", " ") + "\n" for name in wanted))
    dataset = TableDataset(path, features)
    assert len(dataset) == len(wanted) > 0
    for i, name in enumerate(dataset.var_ids):
        record, stored = dataset[i], wanted[name]
        assert (record.ref_aa, record.alt_aa) == (stored.ref_aa, stored.alt_aa)
        assert record.feature.tobytes() == stored.feature.tobytes()
        assert record.mask.tobytes() == stored.mask.tobytes()
    (batch,) = loader(dataset, 100)
    assert batch.label is None
    assert np.isnan(dataset.labels).all()
    assert (batch.mask[:, 64] == 1).all()


def test_shared_windows_are_those_of_their_variants(table, features):
    path = table(*ROWS)
    (alone,) = loader(TableDataset(path, features), 5)
    (shared,) = loader(TableDataset(path, features, share_windows=True), 5)
    assert len(shared.feature) == 3
    assert torch.equal(shared.feature[shared.window], alone.feature)
    assert torch.equal(shared.mask[shared.window], alone.mask)
    assert torch.equal(shared.alt_aa, alone.alt_aa)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("ENST00000000001 3 A C", "no ENST00000000001.npy or .pickle"),
        (f"{PTEN} 404 V A", "position 404 is beyond the protein of 403"),
        (f"{PTEN} 3 W C", "position 3 is A in the protein, but W in the table"),
    ],
)
def test_variants_that_do_not_fit_are_refused_or_listed(row, reason, table, features):
    path = table(ROWS[0], row, ROWS[1], row.replace(" C", " D"))
    with pytest.raises(InputError, match=reason) as refused:
        TableDataset(path, features)
    assert "variants.txt, line 3" in str(refused.value)
    assert " of 4 variants cannot be used" in str(refused.value)
    left = TableDataset(path, features, on_problem="skip")
    assert [record.split("_")[1] for record in left.var_ids] == ["1", "2"]
    assert reason in left.problems[0].detail
    unknown: Any = "ignore"
    with pytest.raises(ValueError, match="expected 'refuse' or 'skip'"):
        TableDataset(path, features, on_problem=unknown)


def test_the_memory_of_matrices_is_bounded(tmp_path):
    for name in "abc":
        np.save(tmp_path / f"{name}.npy", np.full((10, 435), "abc".index(name) % 2, np.float64))
    one = (10 + 128) * 435 * 4
    cache = MatrixCache(tmp_path, memory=2 * one)
    for name in "abcabc":
        assert (cache.padded(name)[64:74] == "abc".index(name) % 2).all()
        assert cache.bytes <= 2 * one
    held = cache.padded("c")
    assert cache.padded("c") is held
    with pytest.raises(InputError, match="the matrix of none has disappeared"):
        cache.padded("none")
    tight = MatrixCache(tmp_path, memory=1)
    assert (tight.padded("b")[64] == 1).all()
    assert tight.bytes == one
