"""Conversion of one side's weights to the other's: each tensor exactly once, bit for bit."""

from collections.abc import Mapping
from pathlib import Path

from parity.arrays import Array, Arrays
from parity.checking.given_weights import given_weights
from parity.declaring.frameworks import weight_files_module
from parity.declaring.port import Pair, Port
from parity.declaring.registry import find
from parity.declaring.trace import Task
from parity.declaring.weight import Options, Weight
from parity.errors import ParityError
from parity.runners.transfer import weights_for
from parity.weight_files.contents import as_float32, same_bits
from parity.weight_files.matching import ExpectedArray, match_by_name


def convert(port: Port | str, weights: str | Path | Mapping[str, Array]) -> Arrays:
    """Convert weights of a port's reference to the state dict of its candidate.

    Args:
        port: the port, or the name of its file.
        weights: a weight file of the reference, "pretrained" for those that its factory builds, or
            arrays by the names of the weight map, in the reference's layout.

    Returns:
        The whole state dict, float32, as `load_state_dict` takes it after `torch.from_numpy`.

    Raises:
        ParityError: the file cannot be read, or its arrays are not those of the weight map, each
            used exactly once (then it is an `UnfitError`, whose `rows` are the table).
    """
    found = find(port) if isinstance(port, str) else port
    if isinstance(weights, Mapping):
        canonical = {name: as_float32(Path("weights"), name, a) for name, a in weights.items()}
        return to_candidate(found, canonical, "weights")
    return to_candidate(found, given_weights(found, str(weights)).arrays, str(weights))


def to_candidate(port: Port, canonical: Arrays, source: str) -> Arrays:
    """Return the candidate's whole state dict with weights of the reference, carried over.

    `source` names the weights in messages. Raises UnfitError unless they are those of the map.
    """
    weight_map, options = _map_of(port)
    expected = [ExpectedArray(one.name, one.name, one.shape) for one in weight_map]
    fitting = match_by_name(Path(source), "the weight map", canonical, expected)
    carried = weights_for("candidate", Task(options, {}, fitting, weight_map, (), 1))
    return port.weight_files.state(carried) if port.weight_files else carried


def to_reference(port: Port, state: Arrays, source: str) -> Arrays:
    """Return the reference's weights by canonical name, from a whole state dict of the candidate.

    Raises UnfitError unless each tensor is used exactly once.
    """
    weight_map, _ = _map_of(port)
    files = port.weight_files
    parts = files.parts(state, source) if files else _floats(state, source)
    keys = {key: weight for weight in weight_map for key in weight.keys}
    shapes = _shapes_of(weight_map)
    expected = [ExpectedArray(key, key, shapes[key]) for key in keys]
    fitting = match_by_name(Path(source), "the weight map", parts, expected)
    return {
        weight.name: weight.inverse(tuple(fitting[key] for key in weight.keys))
        for weight in weight_map
    }


def read_reference(port: Port, source: str) -> Arrays:
    """Read the reference's weights by canonical name."""
    return given_weights(port, source).arrays


def read_candidate(path: Path) -> Arrays:
    """Read a state dict; raise ParityError if it cannot be read or would run code."""
    found: Arrays = weight_files_module("torch").read_state(path)
    return found


def differing(one: Arrays, other: Arrays) -> list[str]:
    """Return the names under which two sets of arrays do not hold the same bits."""
    return [
        name
        for name in dict.fromkeys((*one, *other))
        if name not in one or name not in other or not same_bits(one[name], other[name])
    ]


def _floats(state: Arrays, source: str) -> Arrays:
    held = {name: array for name, array in state.items() if array.dtype.kind == "f"}
    return {name: as_float32(Path(source), name, array) for name, array in held.items()}


def _shapes_of(weight_map: tuple[Weight, ...]) -> dict[str, tuple[int, ...]]:
    import numpy as np

    empty = {weight.name: np.zeros(weight.shape, np.float32) for weight in weight_map}
    carried = weights_for("candidate", Task({}, {}, empty, weight_map, (), 1))
    return {key: tuple(array.shape) for key, array in carried.items()}


def _map_of(port: Port) -> tuple[tuple[Weight, ...], Options]:
    """Return the whole model's weight map and its options.

    Raises ParityError if the port has no whole model, or several with other weights.
    """
    pair: Pair
    if port.whole is not None:
        pair = port.pair(port.whole)
    elif len(port.pairs) == 1:
        pair = port.pairs[0]
    else:
        raise ParityError(f"port {port.name} has no whole model whose weights could be converted")
    options = pair.configs[0].options
    return pair.weights(options), options
