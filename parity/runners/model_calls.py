"""What a call of a whole model gives, by name, alike for all frameworks."""

from collections.abc import Mapping, Sequence
from typing import Any

from parity.errors import StructureError


def final_name(layers: Sequence[str]) -> str:
    """The name of a model's own output; another if a layer has it."""
    return "output" if "output" not in layers else "result"


def named_outputs(given: Any, name: str, is_tensor: Any) -> dict[str, Any]:
    """Tensors by name, of a tensor, a list, a dictionary, or these within each other.

    What is no tensor (None, a number) is left out. Raises StructureError if nothing is left.
    """
    found: dict[str, Any] = {}

    def walk(value: Any, at: str) -> None:
        if is_tensor(value):
            found[at] = value
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                walk(inner, f"{at}/{key}")
        elif isinstance(value, (tuple, list)):
            for number, inner in enumerate(value):
                walk(inner, f"{at}/{number}")

    walk(given, name)
    if not found:
        raise StructureError(f"the model gives no tensor, but {type(given).__name__}")
    return found


def first_tensor(given: Any, is_tensor: Any) -> Any:
    """The first tensor of what a layer gives; None if there is none."""
    if is_tensor(given):
        return given
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, (tuple, list)):
        return next(
            (t for inner in given if (t := first_tensor(inner, is_tensor)) is not None), None
        )
    return None


def homeward(order: str, rank: int) -> tuple[int, ...]:
    """The transposition from a candidate's order of axes to the reference's."""
    axes = tuple(range(rank))
    if order == "channels first" and rank > 2:
        return (0, *axes[2:], 1)
    if order == "time first" and rank > 1:
        return (1, 0, *axes[2:])
    return axes


def outward(order: str, rank: int) -> tuple[int, ...]:
    """The transposition from the reference's order of axes to a candidate's."""
    back = homeward(order, rank)
    return tuple(back.index(axis) for axis in range(rank))
