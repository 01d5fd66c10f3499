"""Number of PyTorch's threads, for modules that are faster on one."""

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd

_MANY_GROUPS = 16


def use_one_thread_for_many_groups(module: nn.Module) -> None:
    """Let PyTorch use one thread from here on if a module convolves many groups by themselves.

    In float64, each group is a convolution of its own, as short as the threads' waiting for each
    other. On a busy machine of two cores, 192 groups took 10 s on two threads and 0.02 s on one.
    """
    convolutions = (part for part in module.modules() if isinstance(part, _ConvNd))
    if any(part.groups >= _MANY_GROUPS for part in convolutions):
        torch.set_num_threads(1)
