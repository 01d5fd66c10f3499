"""The fast form's pairs can fail, and leave out of the reference only what that form has not."""

from unittest.mock import patch

import pytest

from pt_gmvp.forms.fast import counting

CONFIG = "add-cov-spe"


def test_there_is_a_pair_for_every_part_that_is_computed_otherwise(gmvp):
    fast = {name for name in gmvp.layers if name.endswith("_fast")}
    assert fast == {"evol_encoder_fast", "multi_head_attention_fast", "model_fast"}
    for name in fast:
        plain, pair = gmvp.pair(name.removesuffix("_fast")), gmvp.pair(name)
        left = {config.name for config in plain.configs} - {config.name for config in pair.configs}
        # Peaked weights: docs/fast-form.md says what the fast form loses there.
        assert all(name.startswith(("none-", "cov_all-")) or "peaked" in name for name in left)


@pytest.mark.slow
def test_the_whole_fast_form_passes_with_gradients(gmvp, run_case):
    case = run_case(gmvp, "model_fast", CONFIG, "random", gradients=True)
    assert case.verdict.passes, case
    names = {output.name for output in case.outputs}
    assert {"mha/scores", "loss", "grad/input/mask"} <= names
    assert "mha/k" not in names


def _clamped(codes):
    return codes.clamp(0, 20).long()


_norm = counting._norm


def _with_gaps(related, states):
    return _norm(related, 21)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layer", "config", "where", "mistake"),
    [
        ("evol_encoder_fast", CONFIG, "pt_gmvp.forms.fast.counting.states", _clamped),
        ("evol_encoder_fast", "cov-spe-paper", "pt_gmvp.forms.fast.counting._norm", _with_gaps),
        ("multi_head_attention_fast", CONFIG, "pt_gmvp.forms.fast.attention.LEAKY_SLOPE", 0.01),
        ("model_fast", CONFIG, "pt_gmvp.forms.fast.counting.states", _clamped),
    ],
)
def test_a_mistake_in_it_is_caught(gmvp, run_case, layer, config, where, mistake):
    with patch(where, mistake):
        assert not run_case(gmvp, layer, config, "random").verdict.passes
