"""One part of the port written in another way, and where a check sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rewriting:
    """Another way to write `target.name`, or a wrong one, on which its layer is checked."""

    layer: str
    config: str
    target: Any
    name: str
    written: Callable[..., Any]
