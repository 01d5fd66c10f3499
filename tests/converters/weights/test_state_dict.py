import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import Mismatch, WeightsError
from converters.weights.state_dict import to_canonical, to_state_dict
from converters.weights.weight_map import entries

CONFIGS = st.builds(
    lambda heads, depth, **rest: {"num_heads": heads, "d_model": heads * depth, **rest},
    heads=st.integers(1, 3),
    depth=st.integers(1, 4),
    d_fc=st.integers(1, 9),
    attn_score_type=st.sampled_from(["add", "nn", "dot"]),
    pairwise_type=st.sampled_from(["fre", "cov", "inv_cov"]),
    weighting_schema=st.sampled_from(["spe", "none"]),
)
SMALL = {"d_fc": 24, "d_model": 16, "num_heads": 2}


@settings(max_examples=30, deadline=None)
@given(config=CONFIGS, seed=st.integers(0, 99))
def test_there_and_back_is_bitwise(config, seed, assert_same):
    generator = np.random.default_rng(seed)
    canonical = {
        entry.name: generator.standard_normal(entry.shape).astype(np.float32)
        for entry in entries(config)
    }
    state = to_state_dict(canonical, config)
    assert all(array.flags.c_contiguous for array in state.values())
    assert sum(array.size for array in state.values()) == sum(a.size for a in canonical.values())
    assert_same(to_canonical(state, config), canonical)
    assert_same(to_state_dict(to_canonical(state, config), config), state)


def test_missing_extra_and_misshapen_weights_are_listed(drawn):
    canonical = drawn(SMALL, 1)
    canonical["mha/wq/kernel"] = canonical["mha/wq/kernel"].T
    canonical["surplus"] = canonical.pop("gru/bias")
    with pytest.raises(WeightsError) as caught:
        to_state_dict(canonical, SMALL)
    assert caught.value.rows == (
        Mismatch("gru/bias", "missing", "2 x 48"),
        Mismatch("mha/wq/kernel", "16 x 24", "24 x 16"),
        Mismatch("surplus", "2 x 48", "no such weight"),
    )
    assert str(caught.value) == (
        "3 of 28 weights do not fit the configuration; the first is gru/bias: missing,"
        " expected 2 x 48"
    )


def test_a_state_dict_that_does_not_fit(drawn):
    state = to_state_dict(drawn(SMALL, 1), SMALL)
    with pytest.raises(WeightsError, match=r"first is mha\.agg_pairwise: missing") as caught:
        to_canonical(state, {**SMALL, "attn_score_type": "dot"})
    assert [row.name for row in caught.value.rows] == ["mha.agg_pairwise", "mha.agg_v"]
