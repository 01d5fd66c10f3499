"""Conversion of weights along a port's map, in either direction.

The module is also the function: `parity.convert(port, weights)`.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parity.arrays import Array, Arrays
    from parity.declaring.port import Port


class _Callable(ModuleType):
    """Module that can be called, as the folder has the name of the function."""

    def __call__(self, port: "Port | str", weights: "str | Path | Mapping[str, Array]") -> "Arrays":
        """Return `parity.convert.conversion.convert(port, weights)`."""
        from parity.convert.conversion import convert

        return convert(port, weights)


sys.modules[__name__].__class__ = _Callable
