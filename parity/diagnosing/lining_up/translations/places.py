"""Operations that take elements from places, put them there, or move them to other places."""

from functools import partial

from parity.diagnosing.lining_up.operands import Operand, UntranslatedError, fresh
from parity.diagnosing.lining_up.translations.operation import (
    Operation,
    Translation,
    as_tensor,
    tuple_text,
)


def _gather(operation: Operation) -> Operand:
    """Translate a choice of slices along an axis: for all records, or for each by itself."""
    given, numbers = operation.first, as_tensor(operation.operands[1])
    axis = operation.integers(2)[0] % len(given.shape)
    alone = operation.attributes.get("batch_dims", 0)
    if not alone:
        return fresh(f"{given.plain}[{':, ' * axis}{numbers.plain}.long()]", operation.shape)
    if (alone, axis) != (1, 1) or len(numbers.shape) < 2:
        raise UntranslatedError("a choice within more than each record")
    ones = ", 1" * (len(numbers.shape) - 1)
    records = f"torch.arange({numbers.plain}.shape[0]).view(-1{ones})"
    return fresh(f"{given.plain}[{records}, {numbers.plain}.long()]", operation.shape)


def _look_up(operation: Operation) -> Operand:
    table, numbers = operation.operands
    if operation.attributes.get("batch_dims"):
        raise UntranslatedError("rows of a table of each record")
    return fresh(f"{table.plain}[{numbers.plain}.long()]", operation.shape)


def _places(numbers: Operand) -> str:
    """Return source of an index: the last axis of `numbers` holds the coordinates of a place."""
    return f"tuple({as_tensor(numbers).plain}.long().unbind(-1))"


def _take(operation: Operation) -> Operand:
    if operation.attributes.get("batch_dims"):
        raise UntranslatedError("places within each record")
    given, numbers = operation.operands
    return fresh(f"{as_tensor(given).plain}[{_places(numbers)}]", operation.shape)


def _scatter(operation: Operation) -> Operand:
    """Translate sums at places of a tensor of zeros."""
    numbers, values = operation.operands[:2]
    shape = tuple_text(operation.shape)
    added = as_tensor(values).plain
    text = f"{added}.new_zeros({shape}).index_put({_places(numbers)}, {added}, accumulate=True)"
    return fresh(text, operation.shape)


def _put(accumulate: bool, operation: Operation) -> Operand:
    given, numbers, values = operation.operands
    words = ", accumulate=True" * accumulate
    put = f"index_put({_places(numbers)}, {as_tensor(values).plain}{words})"
    return fresh(f"{as_tensor(given).plain}.{put}", operation.shape)


def _roll(operation: Operation) -> Operand:
    given = operation.first
    shifts, axes = operation.integers(1), operation.integers(2)
    dims = [given.axes[axis % len(given.axes)] for axis in axes]
    if len(dims) == 1:
        return Operand(f"{given.text}.roll({shifts[0]}, {dims[0]})", given.axes, given.shape)
    words = f"{tuple_text(shifts)}, {tuple_text(dims)}"
    return Operand(f"{given.text}.roll({words})", given.axes, given.shape)


def _reverse_sequences(operation: Operation) -> Operand:
    """Translate the reversal of the first steps of each record, as many as its length."""
    flags = operation.attributes
    if (flags.get("batch_dim", 0), flags["seq_dim"]) != (0, 1):
        raise UntranslatedError("records along another axis")
    given, lengths = operation.first.plain, as_tensor(operation.operands[1]).plain
    steps = f"torch.arange({operation.shape[1]})"
    last = f"{lengths}.long()[:, None]"
    places = f"torch.where({steps} < {last}, {last} - 1 - {steps}, {steps})"
    return fresh(f"{given}[torch.arange({lengths}.shape[0])[:, None], {places}]", operation.shape)


PLACES: dict[str, Translation] = {
    "GatherV2": _gather,
    "ResourceGather": _look_up,
    "GatherNd": _take,
    "ScatterNd": _scatter,
    "TensorScatterAdd": partial(_put, True),
    "TensorScatterUpdate": partial(_put, False),
    "Roll": _roll,
    "ReverseSequence": _reverse_sequences,
}
"""Translations of operations on places, by kind."""
