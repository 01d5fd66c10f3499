"""One process alone; several are tested with training (training/test_distributed.py)."""

import pytest
import torch

from converters.errors import InputError
from pt_gmvp.runs.distributed import process_group


def test_one_process_has_everything_itself():
    with process_group("cpu", 1) as world:
        assert (world.rank, world.size, world.first) == (0, 1, True)
        assert world.part == (0, 1)
        numbers = torch.arange(3)
        assert world.sum(numbers) is numbers
        assert world.from_first(lambda: "made") == "made"
        assert world.gather(4) == [4]
        world.wait()


def test_a_lost_process_is_reported_and_other_errors_are_not_changed(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")

    def failing(message):
        def join(*arguments, **options):
            raise RuntimeError(message)

        return join

    monkeypatch.setattr(torch.distributed, "init_process_group", failing("Broken pipe"))
    lost = r"process 1 of 2: another process of this run ended or .*; try again$"
    with pytest.raises(InputError, match=lost), process_group("cpu", 1, "try again"):
        pass
    monkeypatch.setattr(torch.distributed, "init_process_group", failing("bad backend"))
    with pytest.raises(RuntimeError, match="bad backend"), process_group("cpu", 1):
        pass
