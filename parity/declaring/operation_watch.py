"""Watch for the operations of a run, with the tensors that each is given and returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parity.arrays import Array
from parity.declaring.constants import ConstantChanges

_MOST_OPERATIONS = 4000
_MOST_BYTES = 1 << 28


@dataclass
class KeptTensors:
    """Tensors of a run by number; with `overflowed`, there was more than is kept."""

    tensors: list[Array] = field(default_factory=list)
    overflowed: bool = False
    _bytes: int = 0

    def add_tensor(self, values: Array) -> int:
        """Keep a tensor and return its number."""
        self._bytes += values.nbytes
        self.overflowed |= self._bytes > _MOST_BYTES
        self.tensors.append(values)
        return len(self.tensors) - 1


@dataclass(frozen=True, eq=False)
class SeenOperation:
    """One operation on data.

    Args:
        kind: the operation, as its framework names it.
        given: the numbers of the tensors that it is given, in their order.
        returned: those of the tensors that it returns.
        attributes: its attributes by name.
        where: file and line of the user's code, or "".
        source: the text of that line.
    """

    kind: str
    given: tuple[int, ...]
    returned: tuple[int, ...]
    attributes: Mapping[str, Any]
    where: str
    source: str


@dataclass
class OperationWatch(KeptTensors, ConstantChanges):
    """The operations of a run in their order, and its tensors by number.

    `constants` holds the numbers of tensors that depend on no input or weight. With `overflowed`,
    the operations seen are not all.
    """

    operations: list[SeenOperation] = field(default_factory=list)
    constants: set[int] = field(default_factory=set)

    def add_tensor(self, values: Array, constant: bool = False) -> int:
        """Keep a tensor and return its number."""
        number = super().add_tensor(values)
        if constant:
            self.constants.add(number)
        return number

    def add_operation(self, operation: SeenOperation) -> None:
        """Keep an operation."""
        self.overflowed |= len(self.operations) >= _MOST_OPERATIONS
        self.operations.append(operation)
