"""Files of the weights of a port's two models, as a port reads and writes them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from parity.arrays import Arrays


@dataclass(frozen=True)
class WeightFiles:
    """Functions by which a port reads and writes weight files.

    Args:
        read: reads a weight file of the reference: its weights by canonical name, float32, in the
            reference's layout. Raises ParityError unless each array is used exactly once.
        write: writes such a file; the end of its name decides the format.
        state: takes the candidate's weights by the map's keys, and returns its whole state dict.
        parts: takes a whole state dict and the name of its file, and returns the weights by the
            map's keys.
    """

    read: Callable[[Path], Arrays]
    write: Callable[[Path, Arrays], None]
    state: Callable[[Arrays], Arrays]
    parts: Callable[[Arrays, str], Arrays]
