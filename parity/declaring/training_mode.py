"""Request to run a side in training mode, what such a run found, and the flag that users read."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from parity.arrays import Array

_IN_TRAINING: ContextVar[bool] = ContextVar("in_training", default=False)


def in_training() -> bool:
    """Return whether a side is being built or called in training mode.

    For declarations whose layers take a flag: `model(x, training=in_training())`.
    """
    return _IN_TRAINING.get()


@contextmanager
def training_mode() -> Iterator[None]:
    """Make `in_training` true for the duration of the block."""
    token = _IN_TRAINING.set(True)
    try:
        yield
    finally:
        _IN_TRAINING.reset(token)


@dataclass(frozen=True)
class Draw:
    """One dropout mask that a side drew.

    Args:
        rate: the share that is dropped.
        shape: of the mask, which is broadcast to the tensor.
        numbers: uniform numbers in [0, 1), of that shape; kept is what is at least the rate.
        values: the tensor that is dropped; None if the side does not show it.
    """

    rate: float
    shape: tuple[int, ...]
    numbers: Array
    values: Array | None = None


@dataclass(frozen=True)
class MaskChange:
    """A hypothesis about one mask: no dropout at all, another rate, numbers or scale.

    Without a rate, nothing is dropped. What is kept is multiplied by 1 / (1 - rate) and `scale`.
    """

    rate: float | None = None
    numbers: Array | None = None
    scale: float = 1.0


@dataclass(frozen=True)
class TrainingMode:
    """Request to run a task in training mode, twice, with the same inputs and masks.

    Args:
        numbers: uniform numbers for the masks of a role, in the order in which it draws them.
        choose: returns the numbers of a mask that is not among `numbers`, or None for numbers of
            its own.
        state: the weights to return after each step, those that training changes other than by
            gradients; all of them if None.
        fused: whether each of Keras 2's BatchNormalization layers is fused in float32, in the order
            of calls: its running variance is unbiased then, which a float64 run must repeat.
        changes: hypotheses on masks of a role, by their position.
        watch: whether to keep the tensors that are dropped.
    """

    numbers: Mapping[str, tuple[Array, ...]] = field(default_factory=dict)
    choose: Callable[[Draw], Array | None] | None = None
    state: tuple[str, ...] | None = None
    fused: tuple[bool, ...] = ()
    changes: Mapping[str, Mapping[int, MaskChange]] = field(default_factory=dict)
    watch: bool = False


@dataclass(frozen=True)
class Trained:
    """Findings of a run in training mode.

    Args:
        draws: the masks, in the order in which they were drawn, of one step.
        random: the first random operation that cannot be given numbers; "" for none.
        frozen: what the side runs in evaluation mode although it is in training: layers that the
            declaration calls with `training=False`, modules that it switches to `eval()`.
        fused: as for `TrainingMode`.
        unmapped: running statistics that change and are not in the weight map.
    """

    draws: tuple[Draw, ...] = ()
    random: str = ""
    frozen: tuple[str, ...] = ()
    fused: tuple[bool, ...] = ()
    unmapped: tuple[str, ...] = ()
