"""Folds: places out of names, and digests of windows."""

import numpy as np
import pytest

from converters.records.variant_record import VariantRecord
from pt_gmvp.analysis.diagnosis.folds import place_of, window_digest


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("ENST00000269305_344_L_H", ("ENST00000269305", 344)),
        ("NM_000546.6_12_A_*", ("NM_000546.6", 12)),
        ("rs121912651", None),
        ("T_0_A_V", None),
    ],
)
def test_places_are_read_out_of_names(name, place):
    assert place_of(name) == place


def record(residues, mask):
    feature = np.zeros((129, 435), np.float32)
    feature[:, 0] = residues
    return VariantRecord("x", 1, 0, 1, feature, np.array(mask, np.float32))


def test_windows_are_the_same_by_residues_alone():
    residues, mask = np.arange(129) % 20, np.zeros(129)
    one = record(residues, mask)
    other = record(residues, mask)
    other.feature[:, 30] = 0.5  # another alignment
    assert window_digest(one) == window_digest(other)
    moved = record(np.roll(residues, 1), mask)
    ends = record(residues, np.arange(129) < 3)
    assert len({window_digest(each) for each in (one, moved, ends)}) == 3
