import errno
import math

import pytest
import torch

import converters.atomic
from converters.errors import InputError
from pt_gmvp.training.checkpoint import Checkpoints, Every, parse_every

STATE = {"losses": [0.1 + 0.2, 3], "learner": {"rate": 1e-3 / 7}, "deep": {"a": [None, True]}}


def tensors(value: float) -> dict[str, torch.Tensor]:
    return {"weights/a.b": torch.full((3, 2), value).T, "scalar": torch.tensor(math.pi).double()}


def test_what_is_saved_comes_back_to_the_bit(tmp_path):
    checkpoints = Checkpoints(tmp_path / "c", Every())
    assert checkpoints.latest() is None
    checkpoints.save(7, tensors(1 / 3), STATE)
    found, state = checkpoints.latest()
    assert state == STATE
    assert found.keys() == tensors(0).keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors(1 / 3).items())


def test_the_one_before_stays_until_the_next_is_whole(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path, Every())
    checkpoints.save(9, tensors(1), STATE)
    checkpoints.save(10, tensors(2), STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000010.safetensors"]

    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(converters.atomic, "flush", full)
    with pytest.raises(OSError, match=r"No space left on device: .*step-00000011\.safetensors"):
        checkpoints.save(11, tensors(3), STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000010.safetensors"]
    assert torch.equal(checkpoints.latest()[0]["weights/a.b"], tensors(2)["weights/a.b"])


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("500", Every(steps=500)),
        ("90s", Every(seconds=90)),
        ("10m", Every(seconds=600)),
        (" 2h ", Every(seconds=7200)),
    ],
)
def test_how_often_is_read(text, every):
    assert parse_every(text) == every


@pytest.mark.parametrize("text", ["", "0", "0m", "-1", "1.5h", "m", "10 d"])
def test_how_often_can_be_refused(text):
    with pytest.raises(InputError, match="expected a number of steps such as 500, or a time"):
        parse_every(text)


def test_when_one_is_due(tmp_path, monkeypatch):
    now = 100.0
    monkeypatch.setattr("pt_gmvp.training.checkpoint.monotonic", lambda: now)
    by_steps = Checkpoints(tmp_path, Every(steps=3))
    assert [step for step in range(1, 8) if by_steps.due(step)] == [3, 6]
    by_time = Checkpoints(tmp_path, Every(seconds=60))
    assert not by_time.due(1)
    now = 160.0
    assert by_time.due(2)
    by_time.save(2, {}, {})
    assert not by_time.due(3)
