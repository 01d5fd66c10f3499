"""Functions that the reference has as several operations, and PyTorch as one."""

from collections.abc import Mapping
from dataclasses import dataclass

from parity.declaring.operation_watch import SeenOperation

_ADDITIONS = ("AddV2", "Add")


@dataclass(frozen=True)
class PRelu:
    """A PReLU as Keras computes it: relu(x) + (-slope) * relu(-x).

    Args:
        given: the tensor x.
        slope: the tensor of slopes.
    """

    given: int
    slope: int


def find_prelu(
    operation: SeenOperation, made: Mapping[int, tuple[SeenOperation, int]]
) -> PRelu | None:
    """Return the PReLU whose last operation this is; None if it is not one's.

    `made` has the operation that makes a tensor, and the place among its results.
    """
    if operation.kind not in _ADDITIONS:
        return None

    def given(tensor: int, kind: str) -> tuple[int, ...]:
        one = made.get(tensor)
        return one[0].given if one is not None and one[0].kind == kind else ()

    for positive, negative in (operation.given, operation.given[::-1]):
        factors = given(negative, "Mul")
        for slope, below in (factors, factors[::-1]) if factors else ():
            turned = [x for one in given(below, "Relu") for x in given(one, "Neg")]
            slopes = given(slope, "Neg")
            if turned and slopes and given(positive, "Relu") == tuple(turned):
                return PRelu(turned[0], slopes[0])
    return None
