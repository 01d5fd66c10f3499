"""What every reader of weight files gives back: ordered named arrays, and what it set aside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Tensor:
    """One array of a weight file.

    Attributes:
        name: Its name in the file, as tables show it and `--rename` takes it.
        array: Its values, in the file's layout and dtype.
        layer: The part of the name that says which layer owns it.
        leaf: The part that says which of the layer's weights it is; a number where the format
            only counts.
    """

    name: str
    array: NDArray[Any]
    layer: str
    leaf: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        return tuple(self.array.shape)


class SetAside(NamedTuple):
    """Something in the file that is no weight of the model, and why it was left out."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Source:
    """A weight file that was read.

    Attributes:
        path: Where it was read from.
        format: What it turned out to be, in words.
        tensors: Its arrays; those of one layer always in the order of the layer's own list.
        ordered: Whether the tensors come in Keras' order of the whole model.
        named: Whether layer and leaf are attribute names that the model's author gave.
        set_aside: What was left out on purpose.
    """

    path: Path
    format: str
    tensors: tuple[Tensor, ...]
    ordered: bool
    named: bool
    set_aside: tuple[SetAside, ...] = ()
