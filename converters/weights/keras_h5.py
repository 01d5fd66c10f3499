"""Reader and writer for Keras 2 HDF5 weights; they are read by order and structure, not by name.

The root's attribute `layer_names` lists the layers in order; each layer's group lists its weights
in `weight_names`. The names contain counters that differ from file to file.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.errors import WeightsError
from converters.model_config import Config
from converters.weights.hdf5 import (
    Budget,
    child_group,
    find_dataset,
    names_attribute,
    open_hdf5,
    read_dataset,
)
from converters.weights.sources import SetAside, Source, Tensor
from converters.weights.weight_map import Entry, entries

# Group names in the original's files, where Keras named the containers of layers automatically.
_GROUPS = {
    "variant_encoding": "sequential",
    "neighbor_encoding": "sequential_1",
    "pairwise_encoding": "sequential_2",
    "evol_encoder": "evol_encoder2",
    "logit": "dense_3",
    "mha": "multi_head_attention",
    "gru": "gru_cell",
}
_KERAS_VERSION = "2.21.0"
_TOP_LEVEL = "top_level_model_weights"


def weights_root(file: Any) -> Any:
    """Return the group that lists the layers (root or `model_weights`), or None."""
    if names_attribute(file, "layer_names") is not None:
        return file
    inner = file.get("model_weights")
    if isinstance(inner, h5py.Group) and names_attribute(inner, "layer_names") is not None:
        return inner
    return None


def read_keras_h5(path: str | Path) -> Source:
    """Read Keras 2 HDF5 weights, or those of a whole model saved as HDF5, in Keras' order.

    Raises:
        WeightsError: the file is damaged, or is HDF5 without Keras 2 weights.
    """
    path = Path(path)
    with open_hdf5(path) as file:
        root = weights_root(file)
        if root is None:
            raise WeightsError(
                f"{path}: is HDF5 but contains no Keras 2 weights (no attribute 'layer_names');"
                " expected a file written by model.save_weights('....h5')"
            )
        tensors = tuple(_read_layers(path, root))
        _refuse_unlisted(path, root, tensors)
        aside = []
        if "optimizer_weights" in file:
            aside.append(SetAside("optimizer_weights", "state of the optimizer"))
        kind = "Keras 2 HDF5 " + ("weights" if root.name == "/" else "model")
    return Source(path, kind, tensors, ordered=True, named=False, set_aside=tuple(aside))


def _refuse_unlisted(path: Path, root: Any, tensors: tuple[Tensor, ...]) -> None:
    """Raise WeightsError for arrays that no list of names mentions."""
    listed = {f"{tensor.layer}/{tensor.name}" for tensor in tensors}
    held: list[str] = []
    for layer, group in root.items():
        if layer == "optimizer_weights":
            continue
        if isinstance(group, h5py.Dataset):
            held.append(layer)
        else:
            group.visititems(
                lambda name, item, layer=layer: (
                    held.append(f"{layer}/{name}") if isinstance(item, h5py.Dataset) else None
                )
            )
    unlisted = [name for name in held if name not in listed]
    if unlisted:
        raise WeightsError(
            f"{path}: {unlisted[0]} is not in any list of weights"
            + (f", nor are {len(unlisted) - 1} more arrays" if len(unlisted) > 1 else "")
            + "; expected a file written by model.save_weights('....h5')"
        )


def _read_layers(path: Path, root: Any) -> Iterator[Tensor]:
    layers = names_attribute(root, "layer_names") or []
    budget, found = Budget(path), []
    if _TOP_LEVEL in root:  # where Keras puts weights of the model itself, outside any layer
        layers = [*layers, _TOP_LEVEL]
    for layer in layers:
        group = child_group(path, root, layer)
        names = names_attribute(group, "weight_names")
        if names is None:
            raise WeightsError(f"{path}: {group.name} lacks the attribute 'weight_names'")
        for name in names:
            found.append((name, find_dataset(path, group, name, budget), layer))
    for name, item, layer in found:
        yield Tensor(name, read_dataset(item), layer, name)


def write_keras_h5(
    path: str | Path, canonical: Mapping[str, NDArray[Any]], config: Config
) -> dict[str, str]:
    """Write a file, atomically, that the original's `model.load_weights` accepts.

    Args:
        path: the file to write.
        canonical: canonical name -> weight in Keras' layout.
        config: the model's settings.

    Returns:
        canonical name -> name in the file.

    Raises:
        WeightsError: a weight is missing, unknown or of another shape.
        OSError: the file cannot be written.
    """
    # The state dict is not needed here, but building it checks every weight.
    from converters.weights.state_dict import to_state_dict

    to_state_dict(canonical, config)
    table = entries(config)
    names = _file_names(table)
    with file_beside(path) as partial, h5py.File(partial, "w") as file:
        tops = list(dict.fromkeys(entry.name.partition("/")[0] for entry in table))
        _set_names(file, "layer_names", [_GROUPS[top] for top in tops])
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = _KERAS_VERSION.encode()
        for top in tops:
            mine = [entry.name for entry in table if entry.name.partition("/")[0] == top]
            group = file.create_group(_GROUPS[top])
            _set_names(group, "weight_names", [names[name] for name in mine])
            for name in mine:
                group.create_dataset(names[name], data=np.ascontiguousarray(canonical[name]))
    return names


def _file_names(table: tuple[Entry, ...]) -> dict[str, str]:
    """Name the weights as Keras would in a fresh process; dense layers are numbered in order."""
    names: dict[str, str] = {}
    counted: dict[str, str] = {}
    for entry in table:
        top, leaf = _GROUPS[entry.name.partition("/")[0]], entry.name.rpartition("/")[2]
        if entry.layer in ("mha", "gru", "evol_encoder"):
            names[entry.name] = f"{top}/{leaf}:0"
            continue
        number = len(counted)
        dense = counted.setdefault(entry.layer, f"dense_{number}" if number else "dense")
        inner = f"{top}/{dense}" if entry.layer.startswith("mha/") else dense
        names[entry.name] = f"{inner}/{leaf}:0"
    return names


def _set_names(owner: Any, attribute: str, names: list[str]) -> None:
    owner.attrs[attribute] = [name.encode() for name in names]
