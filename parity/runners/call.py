"""What is known of one call within a candidate, without any framework's types."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Way:
    """Another way to do a call: its name, and the number of the known bug it stands for."""

    name: str
    number: int | None


@dataclass(frozen=True)
class Recorded:
    """One call: its kind, its number among those of the kind, how it is done, how it might be."""

    kind: str
    number: int
    now: str
    ways: tuple[Way, ...]
