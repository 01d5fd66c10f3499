"""Watch for operations that compute in float32 in a float64 run, on what depends on the inputs.

Some operations know no float64 (TensorFlow's image resize), and some code casts (`x.float()`).
With a seed, the results of these operations are perturbed: by as much as float32 may be off there.
"""

from dataclasses import dataclass, field

import numpy as np

from parity.arrays import Array
from parity.declaring.constants import Constant, ConstantChanges, Key
from parity.declaring.inputs import generator

_EPS32 = float(np.finfo(np.float32).eps)
# Below this, float32 holds every whole number.
_WHOLE = 2.0**24


@dataclass(frozen=True)
class Float32Operation:
    """An operation in float32: its framework's name for it, and file and line, or ""."""

    operation: str
    where: str

    def __str__(self) -> str:
        """Return the operation and its line."""
        return f"{self.operation}, {self.where}" if self.where else self.operation


@dataclass
class Float32Watch(ConstantChanges):
    """The operations in float32 that a run had; no constant is changed.

    Args:
        seed: of the perturbations; none if 0.
        operations: what was found, in the order of the first calls.
    """

    seed: int = 0
    operations: list[Float32Operation] = field(default_factory=list)
    calls: int = 0

    def take_over(self, other: ConstantChanges) -> None:
        """Note all that the same watch, in another process, has noted."""
        super().take_over(other)
        if isinstance(other, Float32Watch):
            self.operations[:] = other.operations
            self.calls = other.calls

    def note(self, key: Key, constant: Constant) -> bool:
        """Change no constant."""
        return False

    def see(self, operation: str, where: str, backward: bool = False) -> None:
        """Note an operation in float32; without a line, or backward, only if it is the first."""
        found = Float32Operation(operation, where)
        follows = bool(self.operations) and (backward or not where)
        if found not in self.operations and not follows:
            self.operations.append(found)

    @staticmethod
    def is_exact(result: Array, given: Array | None = None) -> bool:
        """Return whether a result in float32 was not rounded at all.

        It holds whole numbers alone, such as codes or counts, or is equal to what was cast. Moving
        a code by an ulp would turn it into another one where it is cut off, and show nothing.
        """
        if given is not None:
            return np.array_equal(result.astype(np.float64), given, equal_nan=True)
        whole = (np.trunc(result) == result) & (np.abs(result) < _WHOLE)
        return bool(whole.all())

    def perturbed(self, result: Array, steps: int = 1) -> Array:
        """Return an operation's floating result, each element moved by an ulp of float32.

        An operation that computes places or running sums over `steps` inside (a resize, CTC) may
        be off by as many ulps of its largest value. A quarter of them is taken, as a verdict allows
        for eight times what this moves.
        """
        self.calls += 1
        signs = generator(f"float32 {self.calls}", self.seed).choice([-1.0, 1.0], result.shape)
        values = result.astype(np.float64)
        finite = np.where(np.isfinite(values), np.abs(values), 0.0)
        ulps = -(-steps // 4)
        size = finite if steps == 1 else ulps * finite.max(initial=0.0)
        with np.errstate(invalid="ignore", over="ignore"):
            moved: Array = (values + signs * size * _EPS32).astype(result.dtype)
        return moved
