"""Comparison of the weights that a candidate has of its own with the reference's, carried over."""

from dataclasses import dataclass

import numpy as np

from parity.arrays import Array, Arrays
from parity.checking.given_weights import GivenWeights, built_weights
from parity.declaring.port import Configuration, Port
from parity.declaring.trace import Task
from parity.errors import ParityError
from parity.runners.transfer import weights_for
from parity.weight_files.contents import same_bits


@dataclass(frozen=True)
class OwnWeight:
    """A tensor of the candidate's own that is not the reference's.

    Args:
        key: the candidate's key.
        weight: the reference's weight that the map has for it.
        max_abs_err: the largest difference; None if the shapes differ, infinity if one is NaN.
        scale: the largest magnitude of the reference's.
        instead: another key of which the reference's values are held here; "" if there is none.
    """

    key: str
    weight: str
    max_abs_err: float | None
    scale: float
    instead: str = ""


@dataclass(frozen=True)
class OwnWeights:
    """Number of a candidate's own tensors compared, and those that are not the reference's.

    Only equal bits count as the reference's.
    """

    compared: int
    different: tuple[OwnWeight, ...]


def compare_own_weights(port: Port, given: GivenWeights) -> OwnWeights:
    """Compare the tensors that the candidate's factory builds with the reference's weights.

    Raises ParityError if the port has no whole model, or if the two have other tensors.
    """
    if port.whole is None:
        raise ParityError(
            f"port {port.name} has no whole model, whose own weights could be compared"
        )
    pair = port.pair(port.whole)
    config: Configuration = pair.configs[0]
    weight_map = pair.weights(config.options)
    weights = given.of(pair, config, weight_map)
    carried = weights_for("candidate", Task(config.options, {}, weights, weight_map, (), 1))
    own = built_weights(pair, config, "candidate")
    if unmapped := [key for key in own if key not in carried]:
        raise ParityError(f"the candidate has '{unmapped[0]}', which is not in the weight map")
    if absent := [key for key in carried if key not in own]:
        raise ParityError(f"the weight map names '{absent[0]}', which the candidate lacks")
    of_key = {key: weight.name for weight in weight_map for key in weight.keys}
    different = [
        _difference(key, of_key[key], own[key], array, carried)
        for key, array in carried.items()
        if not same_bits(own[key], array)
    ]
    return OwnWeights(len(carried), tuple(different))


def _difference(key: str, weight: str, own: Array, array: Array, carried: Arrays) -> OwnWeight:
    scale = float(np.max(np.abs(array), initial=0))
    instead = next((k for k, other in carried.items() if k != key and same_bits(own, other)), "")
    if own.shape != array.shape:
        return OwnWeight(key, weight, None, scale, instead)
    largest = float(np.max(np.abs(own.astype(np.float64) - array), initial=0))
    return OwnWeight(key, weight, largest if largest == largest else float("inf"), scale, instead)
