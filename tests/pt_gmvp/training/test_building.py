import pytest
import torch

from pt_gmvp.config import ConfigError, ModelConfig
from pt_gmvp.runs.distributed import World
from pt_gmvp.training.building import Forward, Settings, draw, read_start

SMALL = ModelConfig(d_fc=8, d_model=8, num_heads=2)


def test_a_drawn_model_depends_on_the_seed_alone():
    one, torch_seed = draw(SMALL, 3).state_dict(), torch.manual_seed(5)
    two, other = draw(SMALL, 3).state_dict(), draw(SMALL, 4).state_dict()
    assert torch_seed is not None
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["mha.wq.weight"], other["mha.wq.weight"])


def test_a_start_is_read_and_another_shape_is_refused(tmp_path):
    model = draw(SMALL, 1)
    model.save_pretrained(tmp_path / "m")
    for path in (tmp_path / "m", tmp_path / "m" / "model.safetensors"):
        start = read_start(path, SMALL)
        assert all(torch.equal(start[n], tensor) for n, tensor in model.state_dict().items())
    wider = ModelConfig(d_fc=8, d_model=16, num_heads=2)
    with pytest.raises(
        ConfigError, match="has d_model 8, but the configuration has 16; start from a"
    ):
        read_start(tmp_path / "m", wider)


def test_a_pass_in_bf16_returns_float32(batch):
    model, world = draw(SMALL, 1).eval(), World(0, 1, torch.device("cpu"))
    exact = Forward(model, Settings(), world).local(*batch.inputs)
    lower = Forward(model, Settings(precision="bf16"), world).local(*batch.inputs)
    assert exact.dtype == lower.dtype == torch.float32
    assert torch.equal(exact, model(*batch.inputs))
    assert not torch.equal(exact, lower)
    torch.testing.assert_close(exact, lower, rtol=0.1, atol=0.1)
