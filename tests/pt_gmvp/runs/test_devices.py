"""One way to a device for every command; GPUs are made believe."""

import pytest
import torch

from pt_gmvp.runs.devices import DeviceError, chosen_device


@pytest.fixture
def gpus(monkeypatch):
    """Lets there be so many GPUs; returns the numbers of those that were made current."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    made_current = []

    def let(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "set_device", made_current.append)
        return made_current

    return let


def test_auto_is_a_gpu_where_there_is_one(gpus):
    gpus(0)
    assert chosen_device("auto") == torch.device("cpu")
    current = gpus(2)
    assert chosen_device("auto") == torch.device("cuda", 0)
    assert chosen_device("cuda:1") == torch.device("cuda", 1)
    assert chosen_device("cpu") == torch.device("cpu")
    assert current == [0, 1]


def test_each_of_several_processes_has_its_own_gpu(gpus, monkeypatch):
    current = gpus(4)
    monkeypatch.setenv("WORLD_SIZE", "8")
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert chosen_device("cuda") == chosen_device("auto") == torch.device("cuda", 3)
    assert current == [3, 3]
    monkeypatch.setenv("LOCAL_RANK", "4")
    with pytest.raises(DeviceError, match="there is no GPU 4, but 4 in all, from 0; start as many"):
        chosen_device("cuda")


@pytest.mark.parametrize(
    ("name", "count", "said"),
    [
        ("tpu", 1, "--device tpu: no device; expected auto, cpu, cuda or cuda:<number>"),
        ("meta", 1, "--device meta: no device; expected auto, cpu, cuda or cuda:<number>"),
        ("cuda", 0, "--device cuda: not on this machine; give --device cpu"),
        ("cuda:2", 2, "--device cuda:2: there is no GPU 2, but 2 in all, from 0; name one of"),
    ],
)
def test_what_is_not_there_is_refused(gpus, name, count, said):
    gpus(count)
    with pytest.raises(DeviceError) as refused:
        chosen_device(name)
    assert str(refused.value).startswith(said)
