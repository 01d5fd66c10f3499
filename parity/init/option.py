"""One way in which the candidate may hold a part's weights: calls of parity.declaring.layouts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from parity.declaring import layouts
from parity.declaring.weight import Weight


@dataclass(frozen=True)
class Entry:
    """A call of parity.declaring.layouts, to be made and to be written down."""

    function: str
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        """What the call gives."""
        given = getattr(layouts, self.function)(*self.arguments, **self.keywords)
        return (given,) if isinstance(given, Weight) else given

    @property
    def single(self) -> bool:
        """Whether the call gives one weight, not several."""
        return self.function in ("same", "transposed", "gated", "gated_rows", "folded", "reshaped")


@dataclass(frozen=True)
class Option:
    """Some of the reference's weights as some of the candidate's.

    `zero` are the candidate's that must be zero, `split` those that hold several of the
    reference's. `known` says that the frameworks themselves define this layout.
    """

    entries: tuple[Entry, ...]
    known: bool = False
    zero: tuple[str, ...] = ()
    split: Mapping[str, int] = field(default_factory=dict)

    @property
    def weights(self) -> tuple[Weight, ...]:
        """All weights of all entries."""
        return tuple(weight for entry in self.entries for weight in entry.weights)

    @property
    def names(self) -> set[str]:
        """The reference's weights that this accounts for."""
        return {weight.name for weight in self.weights}

    @property
    def keys(self) -> set[str]:
        """The candidate's weights that this accounts for, those split as what they are in whole."""
        held = {key.partition("[")[0] for weight in self.weights for key in weight.keys}
        return held | set(self.zero)
