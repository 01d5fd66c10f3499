"""What a lower precision costs is said by the engine, and float32 costs nothing."""

import pytest

from parity.judging.verdict import Verdict
from parity.ports.gmvp.precisions import port


@pytest.mark.parametrize(
    ("layer", "expected"),
    [("model_float32", Verdict.EQUIVALENT), ("model_bf16", Verdict.IMPRECISE)],
)
def test_bf16_is_refused_and_float32_is_not(run_case, layer, expected):
    case = run_case(port, layer, "add-cov-spe", records=3)
    assert case.verdict is expected
    logit = next(output for output in case.outputs if output.name == "logit")
    assert logit.max_abs_err_64 < 1e-12
    assert (logit.cand_err > 1e-4) == (layer == "model_bf16")
