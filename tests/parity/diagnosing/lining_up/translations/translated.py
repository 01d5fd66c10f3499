"""The law of every translation: its source gives, in torch, what TensorFlow returned."""

from itertools import count

import numpy as np
import pytest
import torch

from parity.declaring.operation_watch import OperationWatch
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.diagnosing.lining_up.expressions import Translator
from parity.diagnosing.lining_up.matching import Layout
from parity.diagnosing.lining_up.operands import UntranslatedError
from parity.runners.tensorflow import run


def plain(rank):
    """The axes as they are."""
    return tuple(range(rank))


def channels_first(rank):
    """The last axis put behind the first one."""
    return plain(rank) if rank < 3 else (0, rank - 1, *range(1, rank - 1))


def turned(rank):
    """All axes in reverse order."""
    return tuple(reversed(range(rank)))


ORDERS = (
    (plain, plain),
    (channels_first, plain),
    (channels_first, channels_first),
    (turned, turned),
    (plain, turned),
)
"""How the candidate holds the first tensor, and the others."""


def watched(call, *arrays):
    """Return the operations of a call, and the numbers of the tensors that it was given."""
    watch = OperationWatch("exact")
    inputs = {f"x{place}": np.asarray(array) for place, array in enumerate(arrays)}
    side = Side("tensorflow", lambda *_: Built(lambda given: {"y": call(*given.values())}))
    run(side, "reference", Task({}, inputs, {}, (), (), 1), "float64", watch)
    made = {one for operation in watch.operations for one in operation.returned}
    given = {one for operation in watch.operations for one in operation.given}
    return watch, sorted(given - made - watch.constants)


def translate(watch, leaves, result, orders=(plain, plain), flat=False, records=1):
    """Return source of a tensor, and the names that it uses with their values in torch."""
    shared, held = {}, {}
    for own, number in enumerate(leaves):
        array = watch.tensors[number]
        order = orders[min(own, 1)](array.ndim)
        back = tuple(order.index(axis) for axis in range(array.ndim))
        shared[number] = (own, Layout(back, array.shape if flat and array.ndim else ()))
        held[own] = torch.from_numpy(array.transpose(order).copy())
    candidates = [held[place].numpy() for place in range(len(leaves))]
    operand, expression = Translator(watch, shared, candidates, records).translate(result)
    names = {name: held[own] for name, own in expression.leaves.items()}
    names |= {name: torch.from_numpy(a.copy()) for name, a in expression.constants.items()}
    return operand, expression, names


def evaluate(operand, expression, names):
    """Return what the source of an operand makes, its axes in the reference's order."""
    names = {"torch": torch, **names}
    fields = {name: name for name in (*names, *expression.steps)} | {"float": "torch.float64"}
    for name, step in expression.steps.items():
        names[name] = eval(step.format(**fields), names)
    return eval(operand.plain.format(**fields), names)


def assert_translated(call, *arrays, kind="", rtol=1e-12, orders=ORDERS, flat=True, place=None):
    """Assert the law for each result of the last operation of a call, in several layouts.

    Args:
        call: what is computed in TensorFlow.
        arrays: what it is given.
        kind: an operation that must be among those that are made.
        rtol: the largest difference, relative to the largest number.
        orders: how the candidate holds the tensors.
        flat: whether to try tensors that the candidate must reshape as well.
        place: the only result that has a translation.
    """
    watch, leaves = watched(call, *arrays)
    kinds = [operation.kind for operation in watch.operations]
    assert not kind or kind in kinds, kinds
    for order, reshaped in [*((one, False) for one in orders), *([(ORDERS[0], True)] * flat)]:
        for at, result in zip(count(), watch.operations[-1].returned, strict=False):
            if place in (None, at):
                operand, expression, names = translate(watch, leaves, result, order, reshaped)
                assert_same(evaluate(operand, expression, names), watch.tensors[result], rtol)
                assert operand.shape == watch.tensors[result].shape


def assert_for_any_records(call, *arrays, rtol=1e-12):
    """Assert that source translated from a run gives the results of a run of fewer records."""
    watch, leaves = watched(call, *arrays)
    result = watch.operations[-1].returned[0]
    operand, expression, _ = translate(watch, leaves, result, records=len(arrays[0]))
    fewer = [array[:-2] for array in arrays]
    watch, leaves = watched(call, *fewer)
    _, _, names = translate(watch, leaves, watch.operations[-1].returned[0])
    expected = watch.tensors[watch.operations[-1].returned[0]]
    assert_same(evaluate(operand, expression, names), expected, rtol)


def assert_untranslated(call, *arrays, place=0):
    """Assert that a result of the last operation of a call has no translation."""
    watch, leaves = watched(call, *arrays)
    with pytest.raises(UntranslatedError):
        translate(watch, leaves, watch.operations[-1].returned[place])


def assert_same(made, expected, rtol=1e-12):
    """Assert that a tensor of torch's holds an array."""
    assert isinstance(made, torch.Tensor)
    found = made.numpy()
    assert found.shape == expected.shape
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found.astype(expected.dtype), expected)
        return
    finite = np.abs(expected[np.isfinite(expected)])
    np.testing.assert_allclose(found, expected, rtol, rtol * float(np.max(finite, initial=0)))


def drawn(*shape, low=-2.0, high=2.0, seed=1):
    """Numbers that float32 does not hold."""
    return np.random.default_rng(seed).uniform(low, high, shape)
