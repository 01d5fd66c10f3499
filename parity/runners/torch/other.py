"""One other way to do a PyTorch call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Other:
    """Another way to do a call: the known bug that it stands for, and the doing of it."""

    number: int | None
    do: Callable[[], Any]


Ways = dict[str, Other]
