"""Common result of all readers of weight files: named arrays, and what was set aside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Tensor:
    """One array of a weight file.

    Attributes:
        name: its name in the file, as shown in tables and accepted by `--rename`.
        array: its values, in the file's layout and dtype.
        layer: the part of the name that identifies its layer.
        leaf: the part that identifies it within the layer; a number if the format only counts.
    """

    name: str
    array: NDArray[Any]
    layer: str
    leaf: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the array's shape."""
        return tuple(self.array.shape)


class SetAside(NamedTuple):
    """An entry of the file that is not a weight of the model, and why it was left out."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Source:
    """The content of a weight file.

    Attributes:
        path: the file.
        format: its format, in words.
        tensors: its arrays; those of one layer are always in the layer's order.
        ordered: whether the tensors are in Keras' order of the whole model.
        named: whether layer and leaf are attribute names given by the model's author.
        set_aside: what was left out on purpose.
    """

    path: Path
    format: str
    tensors: tuple[Tensor, ...]
    ordered: bool
    named: bool
    set_aside: tuple[SetAside, ...] = ()
