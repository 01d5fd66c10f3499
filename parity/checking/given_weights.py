"""Weights that a user names instead of drawn ones: a file's, or those that a factory built."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from parity.arrays import Array, Arrays
from parity.declaring.frameworks import runner
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.weight import Weight
from parity.errors import InputError, ParityError, SideFailedError, describe
from parity.weight_files.contents import as_float32
from parity.weight_files.reading import read

PRETRAINED = "pretrained"


@dataclass(frozen=True)
class GivenWeights:
    """The reference's weights by canonical name, float32, and where they come from.

    Weights of the whole model are also those of its layers. A port without a whole model has those
    of each pair, by layer and configuration, in `by_case`.
    """

    source: str
    arrays: Arrays
    by_case: Mapping[tuple[str, str], Arrays] = field(default_factory=dict)

    def of(self, pair: Pair, config: Configuration, weight_map: tuple[Weight, ...]) -> Arrays:
        """Return the weights of a pair, in the order of its map.

        Raises InputError if one is missing or of another shape.
        """
        held = self.by_case.get((pair.layer, config.name), self.arrays)
        found: Arrays = {}
        for weight in weight_map:
            array = held.get(weight.name)
            if array is None and pair.weights_of:
                array = held.get(f"{pair.weights_of}/{weight.name}")
            if array is None:
                raise InputError(f"{self.source} has no weight '{weight.name}' of {pair.layer}")
            if array.shape != weight.shape:
                raise InputError(
                    f"{self.source}: '{weight.name}' has the shape {array.shape}; the weight map "
                    f"of {pair.layer} expects {weight.shape}"
                )
            found[weight.name] = array
        return found

    @cached_property
    def sha256(self) -> str:
        """Return one digest of all names and bits."""
        import hashlib

        digest = hashlib.sha256()
        for case, arrays in ((("", ""), self.arrays), *self.by_case.items()):
            for name, array in arrays.items():
                digest.update(f"{case} {name} {array.shape} ".encode())
                digest.update(array.tobytes())
        return digest.hexdigest()

    @property
    def built(self) -> bool:
        """Return whether the reference's factory built them."""
        return self.source == PRETRAINED

    @property
    def count(self) -> int:
        """Return the number of tensors."""
        return len(self.arrays) + sum(len(arrays) for arrays in self.by_case.values())


def given_weights(port: Port, source: str) -> GivenWeights:
    """Return the weights that `source` names: a file of the reference's, or "pretrained".

    "pretrained" stands for those that the reference's factory built. Raises ParityError if they
    cannot be read or are not the reference's.
    """
    if source == PRETRAINED:
        return _built(port, source)
    path = Path(source)
    if port.weight_files is not None:
        return GivenWeights(source, port.weight_files.read(path))
    file = read(path)
    if file.kind != "named arrays":
        raise ParityError(
            f"port {port.name} does not say how to read {file.kind}; give the weights in a .npz "
            "file by the names of its weight map, or declare weight_files"
        )
    arrays = {name: as_float32(path, name, array) for name, array in file.by_name().items()}
    return GivenWeights(source, arrays)


def _built(port: Port, source: str) -> GivenWeights:
    pair = port.pair(port.whole) if port.whole is not None else port.pairs[0]
    if port.whole is not None or (len(port.pairs) == 1 and len(pair.configs) == 1):
        return GivenWeights(source, built_weights(pair, pair.configs[0], "reference"))
    cases = {
        (pair.layer, config.name): built_weights(pair, config, "reference")
        for pair in port.pairs
        for config in pair.configs
    }
    return GivenWeights(source, {}, cases)


def built_weights(pair: Pair, config: Configuration, role: str) -> Arrays:
    """Return the weights of a side as its factory builds them in float32, by its own names.

    Raises SideFailedError if the factory raises.
    """
    side = pair.reference if role == "reference" else pair.candidate
    numbers = runner(side.framework).numbers
    try:
        parameters = side.build(config.options, "float32").parameters
    except ParityError:
        raise
    except (Exception, SystemExit) as error:
        raise SideFailedError(f"the {role} cannot be built: {describe(error)}") from error
    held: dict[str, Array] = {name: numbers(value) for name, value in parameters.items()}
    return {name: as_float32(Path(pair.layer), name, array) for name, array in held.items()}
