import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.config import ModelConfig
from pt_gmvp.training.dropout import gru_masks

CONFIG = ModelConfig(d_fc=6, d_model=8, num_heads=2)
counts = st.integers(0, 2**63 - 1)


@given(counts, counts, st.integers(1, 9), st.data())
def test_rows_of_a_batch_have_the_masks_that_they_have_in_it(seed, step, size, data):
    rows = data.draw(st.lists(st.integers(0, size - 1), min_size=1))
    whole = gru_masks(CONFIG, seed, step, size)
    part = gru_masks(CONFIG, seed, step, size, rows)
    for mask, mine, width in zip(whole, part, (6, 8), strict=True):
        assert mask.shape == (3, size, width)
        assert torch.equal(mine, mask[:, rows])


def test_seed_step_row_and_gate_each_have_masks_of_their_own():
    wide = ModelConfig(d_fc=64, d_model=64)
    masks = [gru_masks(wide, *key, 2) for key in ((0, 0), (0, 1), (1, 0), (1, 1))]
    planes = [m for pair in masks for mask in pair for m in mask.flatten(0, 1)]
    assert len({tuple(plane.tolist()) for plane in planes}) == len(planes) == 4 * 2 * 3 * 2


def test_as_many_are_kept_as_the_rate_says():
    wide = ModelConfig(d_fc=512, d_model=512)
    inputs, state = gru_masks(wide, 3, 4, 64)
    kept = torch.cat([inputs.flatten(), state.flatten()])
    assert set(kept.unique().tolist()) == {0.0, (torch.tensor(1.0) / 0.6).item()}
    # 196,608 draws: five standard deviations are 0.0055.
    assert (kept > 0).double().mean().item() == pytest.approx(0.6, abs=0.0055)


def test_where_nothing_is_dropped_there_are_no_masks():
    assert gru_masks(ModelConfig(dropout_rate=0), 0, 0, 4) is None
