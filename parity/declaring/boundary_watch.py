"""Watch for the numbers that a side compares its data with: edges of bins, limits, thresholds.

It can watch for every number that a side computes with instead.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from parity.declaring.constants import Constant, ConstantChanges, Key

_MOST = 32


@dataclass
class BoundaryWatch(ConstantChanges):
    """The numbers that data were compared with in a run, in the order met; nothing is changed.

    With `every`, all numbers that operations on data were given.
    """

    numbers: dict[float, None] = field(default_factory=dict)
    every: bool = False

    def take_over(self, other: ConstantChanges) -> None:
        """Note all numbers that the same watch, in another process, has noted."""
        if isinstance(other, BoundaryWatch):
            self.numbers.update(other.numbers)

    def note(self, key: Key, constant: Constant) -> bool:
        """Change no constant."""
        return False

    def see(self, numbers: Iterable[float]) -> None:
        """Note finite numbers, as long as there are not too many to try."""
        for number in numbers:
            if np.isfinite(number) and len(self.numbers) < _MOST:
                self.numbers.setdefault(float(number))
