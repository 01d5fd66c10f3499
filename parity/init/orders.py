"""Orders of axes: which inputs and outputs the candidate has with the channels first."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np

from parity.arrays import Arrays
from parity.declaring.model_inputs import AxisOrder, Input, Output
from parity.errors import ParityError, describe
from parity.runners.whole_models import ModelDescription, OpenCandidate, Shape, axes_to_reference

_MOST_INPUTS = 4


def find_orders(
    candidate: OpenCandidate,
    arrays: Arrays,
    inputs: Mapping[str, Input],
    expected: ModelDescription,
) -> dict[str, Input]:
    """Find the inputs that the candidate takes with the channels first, and pair its outputs.

    The reference's order is kept if the candidate can be called so and returns outputs of the
    reference's shapes. Sets both on the candidate.

    Raises ParityError if the candidate cannot be called in any order.
    """
    errors: list[ParityError] = []
    best: tuple[bool, dict[str, Input]] | None = None
    for tried in _possible(inputs):
        try:
            fits = _fits(candidate, arrays, tried, expected)
        except ParityError as error:
            errors.append(error)
            continue
        if best is None or fits > best[0]:
            best = (fits, tried)
        if fits:
            break
    if best is None:
        first, *others = errors
        why = "; with the channels first it cannot be called either" if others else ""
        if others and others[0].__cause__ is not None:
            why += f": {describe(others[0].__cause__)}"
        raise ParityError(f"{first}{why}") from first
    _fits(candidate, arrays, best[1], expected)
    return best[1]


def _possible(inputs: Mapping[str, Input]) -> Iterator[dict[str, Input]]:
    """Yield the inputs as they are, then every choice of them with the channels first."""
    yield dict(inputs)
    images = [
        name
        for name, given in inputs.items()
        if len(given.shape) > 1 and given.order == "same" and np.dtype(given.dtype).kind == "f"
    ][:_MOST_INPUTS]
    for count in range(len(images), 0, -1):
        for some in combinations(images, count):
            order: AxisOrder = "channels first"
            yield {
                name: replace(given, order=order) if name in some else given
                for name, given in inputs.items()
            }


def _fits(
    candidate: OpenCandidate,
    arrays: Arrays,
    inputs: Mapping[str, Input],
    expected: ModelDescription,
) -> bool:
    """Set the orders, call the candidate, and return whether its outputs have the right shapes."""
    candidate.orders = {name: given.order for name, given in inputs.items()}
    candidate.outputs = {}
    found = candidate.describe(arrays).outputs
    first = any(given.order == "channels first" for given in inputs.values())
    candidate.outputs, fits = paired_outputs(expected.outputs, found, first)
    return fits


def paired_outputs(
    reference: Mapping[str, Shape], candidate: Mapping[str, Shape], channels_first: bool = False
) -> tuple[dict[str, Output], bool]:
    """Pair outputs by name, or in order if they are named otherwise, with their orders of axes.

    Only pairs that differ in name or order are returned. The second value says whether all
    outputs have partners of the right shape. Where both orders fit, the channels come first if
    those of an input do.
    """
    if set(reference) == set(candidate):
        pairs = [(name, name) for name in reference]
    elif len(reference) == len(candidate):
        pairs = list(zip(reference, candidate, strict=True))
    else:
        pairs = [(name, name) for name in reference if name in candidate]
    found: dict[str, Output] = {}
    fits = len(pairs) == len(reference) == len(candidate)
    for mine, other in pairs:
        order = _order(reference[mine], candidate[other], channels_first)
        fits = fits and order is not None
        if order not in (None, "same") or mine != other:
            found[mine] = Output(other, order or "same")
    return found, fits


def _order(reference: Shape, candidate: Shape, channels_first: bool) -> AxisOrder | None:
    orders: tuple[AxisOrder, ...] = ("same", "channels first", "time first")
    if channels_first:
        orders = ("channels first", "same", "time first")
    for order in orders:
        axes = axes_to_reference(order, len(candidate))
        if tuple(candidate[axis] for axis in axes) == reference:
            return "same" if axes == tuple(range(len(axes))) else order
    return None
