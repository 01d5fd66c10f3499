"""On a GPU, where there is one: the same numbers as on the CPU, to rounding."""

from collections.abc import Callable

import pytest
import torch

from pt_gmvp.data import Batch

DEVICE = "cuda"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
@pytest.mark.parametrize("score", ["add", "nn", "dot"])
def test_a_gpu_gives_the_cpus_intermediates(
    score: str, batch: Batch, drawn_model: Callable, assert_rounding: Callable[..., None]
) -> None:
    config = {"d_fc": 32, "d_model": 32, "num_heads": 4, "attn_score_type": score}
    single, double = (drawn_model(config, 1, dtype) for dtype in (torch.float32, torch.float64))
    with torch.no_grad():
        on_cpu = single.trace(*batch.inputs)
        exact = double.trace(*batch.inputs)
        on_gpu = single.to(DEVICE).trace(*batch.to(DEVICE).inputs)
    for name, intermediate in on_gpu.items():
        assert intermediate.device.type == DEVICE
        assert_rounding(on_cpu[name], intermediate.cpu(), exact[name], name)
