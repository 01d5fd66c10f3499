"""Modules that convolve many groups run on one thread."""

import pytest
import torch
from torch import nn

from parity.runners.torch.threads import use_one_thread_for_many_groups


@pytest.mark.parametrize(("groups", "count"), [(32, 1), (4, 2)])
def test_many_groups_are_convolved_on_one_thread(groups, count):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        net = nn.Sequential(nn.Linear(3, 3), nn.Conv2d(32, 32, 3, groups=groups))
        use_one_thread_for_many_groups(net)
        assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(before)
