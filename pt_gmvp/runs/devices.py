"""The device that a command computes on, by its name."""

import os

import torch

from converters.errors import InputError

NAMES = "auto, cpu, cuda or cuda:<number>"


class DeviceError(InputError):
    """A device that is not there, or cannot do what is asked."""


def chosen_device(name: str) -> torch.device:
    """Find the device of a name; a GPU becomes the current one.

    Args:
        name: "auto" (a GPU where there is one), "cpu", "cuda", or "cuda:1" and the like. Of several
            processes that torchrun started each has the GPU of its own local rank, whatever number
            is named.

    Raises:
        DeviceError: there is no such device here, or it is of a kind that this is not made for.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise DeviceError(f"--device {name}: no device; expected {NAMES}")
    if device.type == "cpu":
        return device
    if not torch.cuda.is_available():
        raise DeviceError(f"--device {name}: not on this machine; give --device cpu")
    return _gpu(name, device.index or 0)


def _gpu(name: str, index: int) -> torch.device:
    count, several = torch.cuda.device_count(), int(os.environ.get("WORLD_SIZE", "1")) > 1
    local = int(os.environ.get("LOCAL_RANK", "0")) if several else index
    if local >= count:
        next_step = "start as many processes as there are GPUs" if several else "name one of these"
        raise DeviceError(
            f"--device {name}: there is no GPU {local}, but {count} in all, from 0; {next_step}"
        )
    torch.cuda.set_device(local)
    return torch.device("cuda", local)
