"""Device and precision that a command computes with."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from converters.errors import InputError

Precision = Literal["float32", "tf32", "bf16"]
"""Precision of matrix products; everything else is float32."""
Context = Callable[[], AbstractContextManager[object]]


def choose_device(name: str) -> torch.device:
    """Return the device of a name; a GPU becomes the current one.

    Args:
        name: "auto" (a GPU if there is one), "cpu", "cuda", or a numbered one such as "cuda:1".
            Under torchrun each process gets the GPU of its local rank, whatever number is given.

    Raises:
        InputError: this machine has no such device, or it is neither a CPU nor a CUDA GPU.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise InputError(f"--device {name}: unknown; expected auto, cpu, cuda or cuda:<number>")
    if device.type == "cpu":
        return device
    if not torch.cuda.is_available():
        raise InputError(f"--device {name}: not on this machine; give --device cpu")
    return _gpu(name, device.index or 0)


def _gpu(name: str, index: int) -> torch.device:
    count, several = torch.cuda.device_count(), int(os.environ.get("WORLD_SIZE", "1")) > 1
    local = int(os.environ.get("LOCAL_RANK", "0")) if several else index
    if local >= count:
        next_step = "start as many processes as there are GPUs" if several else "name one of these"
        raise InputError(
            f"--device {name}: there is no GPU {local}; this machine has {count}, counted from 0; "
            f"{next_step}"
        )
    torch.cuda.set_device(local)
    return torch.device("cuda", local)


def in_precision(precision: Precision, device: torch.device) -> Context:
    """Return what makes the context to run a forward pass in.

    Raises:
        InputError: the device does not have the precision.
    """
    if precision == "bf16":
        return lambda: torch.autocast(device.type, torch.bfloat16)
    if precision == "tf32":
        if device.type != "cuda":
            raise InputError("--precision tf32: only GPUs have it; give float32 or bf16")
        torch.backends.cuda.matmul.allow_tf32 = True
    return nullcontext
