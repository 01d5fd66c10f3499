"""One way to a device for every command; GPUs are made believe."""

import pytest
import torch

from converters.errors import InputError
from pt_gmvp.runs.devices import choose_device, in_precision


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
    assert choose_device("auto") == torch.device("cpu")
    current = gpus(2)
    assert choose_device("auto") == torch.device("cuda", 0)
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    assert choose_device("cpu") == torch.device("cpu")
    assert current == [0, 1]


def test_each_of_several_processes_has_its_own_gpu(gpus, monkeypatch):
    current = gpus(4)
    monkeypatch.setenv("WORLD_SIZE", "8")
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert choose_device("cuda") == choose_device("auto") == torch.device("cuda", 3)
    assert current == [3, 3]
    monkeypatch.setenv("LOCAL_RANK", "4")
    with pytest.raises(InputError, match="there is no GPU 4; this machine has 4, counted from 0"):
        choose_device("cuda")


@pytest.mark.parametrize(
    ("name", "count", "said"),
    [
        ("tpu", 1, "--device tpu: unknown; expected auto, cpu, cuda or cuda:<number>"),
        ("meta", 1, "--device meta: unknown; expected auto, cpu, cuda or cuda:<number>"),
        ("cuda", 0, "--device cuda: not on this machine; give --device cpu"),
        (
            "cuda:2",
            2,
            "--device cuda:2: there is no GPU 2; this machine has 2, counted from 0; name",
        ),
    ],
)
def test_what_is_not_there_is_refused(gpus, name, count, said):
    gpus(count)
    with pytest.raises(InputError) as refused:
        choose_device(name)
    assert str(refused.value).startswith(said)


def test_precisions(monkeypatch):
    cpu = torch.device("cpu")
    a = torch.ones(2, 2)
    with in_precision("float32", cpu)():
        assert (a @ a).dtype == torch.float32
    with in_precision("bf16", cpu)():
        assert (a @ a).dtype == torch.bfloat16
    with pytest.raises(InputError, match="only GPUs have it"):
        in_precision("tf32", cpu)
