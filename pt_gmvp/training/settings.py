"""How a run is carried out, beside what its configuration says."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Precision = Literal["float32", "tf32", "bf16"]
Form = Literal["plain", "fast"]


@dataclass(frozen=True)
class Settings:
    """What a run's numbers hang on, to the bit or to rounding, beside data and configuration.

    Attributes:
        seed: of the initial values, the order of the data, and dropout.
        accumulate: pieces that each process' part of a batch is taken in; less memory for it.
        precision: of the products of matrices; weights, loss and optimiser are float32 in all.
        compiled: whether torch.compile makes the model's code.
        form: of the model; the same mathematics, rearranged.
        device: the kind of it, "cpu" or "cuda".
        start: the sha256 of the weights gone on from, None where they are drawn.
    """

    seed: int = 0
    accumulate: int = 1
    precision: Precision = "float32"
    compiled: bool = False
    form: Form = "plain"
    device: str = "cpu"
    start: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The settings by name, as JSON has them."""
        return asdict(self)
