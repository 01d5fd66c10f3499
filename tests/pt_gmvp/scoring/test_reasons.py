"""Every variant without a score is listed with its reason, and only these."""

from pathlib import Path

import numpy as np

from converters.variants.listing import Listing
from converters.variants.rows import Rows
from pt_gmvp.scoring.block_scores import BEYOND, UNUSABLE, VariantScores
from pt_gmvp.scoring.blocks import cut_blocks
from pt_gmvp.scoring.reasons import Reasons, scored_rows

LETTERS = {"ref": b"AARXCA*", "alt": b"CDEFGHI"}
"""Reference and substitute of variants at positions 1, 2, ... of a transcript, then of another."""


def test_each_has_its_reason(tmp_path: Path) -> None:
    count = 7
    ref, alt = (np.frombuffer(LETTERS[side], np.uint8) for side in ("ref", "alt"))
    rows = Rows(
        ["T", "U"],
        np.array([0] * 6 + [1], np.int32),
        np.array([*range(1, 7), 1], np.int32),
        ref,
        alt,
        np.full(count, -1, np.int8),
        np.zeros(count, np.int16),
        np.arange(2, 2 + count),
    )
    blocks, which = cut_blocks(rows, tmp_path)
    # The protein is A, C, R, unknown, C and no more.
    residues = np.array([0, 1, 14, 20, 1, BEYOND, UNUSABLE], np.uint8)
    scores = VariantScores(residues, np.array([0.5, 0.5, np.nan, 0.5, np.inf, -5, np.nan]))
    good = scored_rows(rows, scores, which)
    assert good.tolist() == [True, False, False, True, False, False, False]
    listed = Listing()
    Reasons(rows, which, blocks, scores, tmp_path).list_unscored([Path("v.tsv")], listed)
    assert [(one.table, one.line, one.variant, one.failed) for one in listed] == [
        ("v.tsv", line, name, True)
        for line, name in [
            (3, "T_2_A_D"),
            (4, "T_3_R_E"),
            (6, "T_5_C_G"),
            (7, "T_6_A_H"),
            (8, "U_1_*_I"),
        ]
    ]
    assert [one.detail for one in listed] == [
        "T has C at position 2, not A",
        "its score is not a finite number; are numbers in its matrix far out of the usual range?",
        "its score is not a finite number; are numbers in its matrix far out of the usual range?",
        "position 6 is beyond the protein of T, 5 residues",
        f"no U.npy or .pickle in {tmp_path}",
    ]
