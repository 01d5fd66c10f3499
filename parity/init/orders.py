"""Orders of axes: which inputs and outputs the candidate has with the channels first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from parity.arrays import Arrays
from parity.declaring.model_inputs import AxisOrder, Input, Output
from parity.errors import ParityError, describe
from parity.runners.whole_models import ModelDescription, OpenCandidate, Shape, axes_to_reference

_MOST_INPUTS = 4


@dataclass(frozen=True)
class Stated:
    """Orders that the user gave: names of inputs, and outputs by the reference's names.

    `every` is the order given without a name, for all images.
    """

    inputs: frozenset[str] = frozenset()
    outputs: Mapping[str, AxisOrder] = field(default_factory=dict)
    every: AxisOrder | None = None


@dataclass(frozen=True)
class Orders:
    """Inputs with the orders of the candidate's axes, and outputs that it has otherwise.

    `returned` has the shapes of all outputs of the reference.
    """

    inputs: Mapping[str, Input]
    outputs: Mapping[str, Output]
    returned: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def images(self) -> dict[str, AxisOrder]:
        """Return the orders of inputs that may be images, and of outputs of as many axes."""
        found = {name: one.order for name, one in self.inputs.items() if _may_be_image(one)}
        ranks = {len(self.inputs[name].shape) + 1 for name in found}
        for name, shape in self.returned.items():
            if len(shape) in ranks:
                order = self.outputs[name].order if name in self.outputs else "same"
                found[f"output '{name}'" if name in found else name] = order
        return found

    @property
    def mixed(self) -> bool:
        """Return whether images have different orders."""
        return len(set(self.images.values())) > 1

    def set_on(self, candidate: OpenCandidate) -> None:
        """Let the candidate be called, and its outputs be laid out, in these orders."""
        candidate.orders = {name: given.order for name, given in self.inputs.items()}
        candidate.outputs = dict(self.outputs)


def find_orders(
    candidate: OpenCandidate,
    arrays: Arrays,
    inputs: Mapping[str, Input],
    expected: ModelDescription,
    stated: Stated | None = None,
) -> dict[str, Input]:
    """Find the inputs that the candidate takes with the channels first, and pair its outputs.

    The reference's order is kept if the candidate can be called so and returns outputs of the
    reference's shapes. Orders that the user stated are kept. Sets both on the candidate.

    Raises ParityError if the candidate cannot be called in any order.
    """
    stated = stated or Stated()
    errors: list[ParityError] = []
    best: tuple[bool, Orders] | None = None
    for tried in _possible(inputs, stated):
        try:
            found = _returned(candidate, arrays, tried)
        except ParityError as error:
            errors.append(error)
            continue
        first = any(given.order == "channels first" for given in tried.values())
        preferred = stated.every or ("channels first" if first else "same")
        outputs, fits = paired_outputs(expected.outputs, found, preferred, stated.outputs)
        if best is None or fits > best[0]:
            best = (fits, Orders(tried, outputs))
        if fits:
            break
    if best is None:
        first_error, *others = errors
        why = "; with the channels first it cannot be called either" if others else ""
        if others and others[0].__cause__ is not None:
            why += f": {describe(others[0].__cause__)}"
        raise ParityError(f"{first_error}{why}") from first_error
    best[1].set_on(candidate)
    return dict(best[1].inputs)


def fitting_orders(
    candidate: OpenCandidate,
    arrays: Arrays,
    inputs: Mapping[str, Input],
    expected: ModelDescription,
    stated: Stated | None = None,
) -> list[Orders]:
    """List all orders that fit as those of `find_orders` do, these first.

    An input whose first and last axes differ in length has one order that a layer on channels can
    be called in; of an output, both orders fit if all its axes are equally long.
    """
    stated, found = stated or Stated(), [Orders(inputs, dict(candidate.outputs), expected.outputs)]
    images = _images(inputs, stated)
    free = [name for name in images if inputs[name].shape[0] == inputs[name].shape[-1]]
    square = any(len(set(shape[1:])) == 1 for shape in expected.outputs.values() if len(shape) > 2)
    preferences: tuple[AxisOrder, ...] = ("same", "channels first")
    if stated.every in ("same", "time first"):
        preferences = (stated.every,)
    for tried in _turned(inputs, free) if free or square else ():
        try:
            returned = _returned(candidate, arrays, tried)
        except ParityError:
            continue
        for preferred in preferences:
            outputs, fits = paired_outputs(expected.outputs, returned, preferred, stated.outputs)
            orders = Orders(tried, outputs, expected.outputs)
            if fits and orders not in found:
                found.append(orders)
    found[0].set_on(candidate)
    return found


def _images(inputs: Mapping[str, Input], stated: Stated) -> list[str]:
    """Name the inputs that may have the channels first, if the user did not say."""
    return [
        name
        for name, given in inputs.items()
        if _may_be_image(given) and given.order != "time first" and name not in stated.inputs
    ][:_MOST_INPUTS]


def _may_be_image(given: Input) -> bool:
    return len(given.shape) > 1 and np.dtype(given.dtype).kind == "f"


def _possible(inputs: Mapping[str, Input], stated: Stated) -> Iterator[dict[str, Input]]:
    """Yield the inputs as they are, then every choice of them with the channels first."""
    return _turned(inputs, [n for n in _images(inputs, stated) if inputs[n].order == "same"])


def _turned(inputs: Mapping[str, Input], names: list[str]) -> Iterator[dict[str, Input]]:
    """Yield the inputs as they are, then with the other order for every choice of names."""
    yield dict(inputs)
    for count in range(len(names), 0, -1):
        for some in combinations(names, count):
            yield {
                name: _in_other_order(given) if name in some else given
                for name, given in inputs.items()
            }


def _in_other_order(given: Input) -> Input:
    return replace(given, order="channels first" if given.order == "same" else "same")


def _returned(
    candidate: OpenCandidate, arrays: Arrays, inputs: Mapping[str, Input]
) -> Mapping[str, Shape]:
    """Set the orders, call the candidate, and return the shapes of its outputs."""
    Orders(inputs, {}).set_on(candidate)
    return candidate.describe(arrays).outputs


def paired_outputs(
    reference: Mapping[str, Shape],
    candidate: Mapping[str, Shape],
    preferred: AxisOrder = "same",
    stated: Mapping[str, AxisOrder] | None = None,
) -> tuple[dict[str, Output], bool]:
    """Pair outputs by name, or in order if they are named otherwise, with their orders of axes.

    Only pairs that differ in name or order are returned. The second value says whether all
    outputs have partners of the right shape. Where several orders fit, the preferred one is taken;
    an output whose order the user stated has that one or none.
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
        orders: tuple[AxisOrder, ...] = (preferred, "same", "channels first", "time first")
        if stated and mine in stated:
            orders = (stated[mine],)
        order = _order(reference[mine], candidate[other], orders)
        fits = fits and order is not None
        if order not in (None, "same") or mine != other:
            found[mine] = Output(other, order or "same")
    return found, fits


def _order(reference: Shape, candidate: Shape, orders: tuple[AxisOrder, ...]) -> AxisOrder | None:
    for order in orders:
        axes = axes_to_reference(order, len(candidate))
        if tuple(candidate[axis] for axis in axes) == reference:
            return "same" if axes == tuple(range(len(axes))) else order
    return None
