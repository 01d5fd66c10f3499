"""One conversion from source to weights in Keras' layout, with the account of every tensor."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.model_config import complete
from converters.weights.detect import is_model_dir, read_source
from converters.weights.errors import WeightsError
from converters.weights.infer_config import check_config, infer_config
from converters.weights.matching import Match, match, without_ignored
from converters.weights.model_dir import read_model_dir
from converters.weights.precision import as_float32
from converters.weights.sources import SetAside, Source, Tensor
from converters.weights.state_dict import to_canonical
from converters.weights.weight_map import entries

PORT_FORMAT = "model folder of the port"
_SCORE_VECTORS = {"agg_v": "add or nn", "agg_pairwise": "dot"}


@dataclass
class Conversion:
    """A model's weights in Keras' layout, and how they were come by.

    Attributes:
        path: What was read.
        format: What it turned out to be.
        config: The model's settings, complete.
        canonical: Every weight by canonical name: float32, Keras' layout.
        sources: The source's names of each canonical weight.
        dtypes: The source's dtype of each.
        matched_by: By what each was recognised: order, path, shape, rename, or key (the port's).
        set_aside: What the source holds beside the weights.
        notes: What was inferred or assumed.
        warnings: What the user should look at.
    """

    path: Path
    format: str
    config: dict[str, Any]
    canonical: dict[str, NDArray[np.float32]]
    sources: dict[str, tuple[str, ...]]
    dtypes: dict[str, str]
    matched_by: dict[str, str]
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


def read_weights(
    path: str | Path,
    config: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    renames: Mapping[str, str] | None = None,
    ignored: Sequence[str] = (),
) -> Conversion:
    """Read the weights of a gMVP model from any supported format.

    Args:
        path: A file or folder; its format is told by its content.
        config: The model's settings; inferred from the shapes where None.
        settings: Single settings that go before both.
        renames: The file's array or layer -> canonical weight or layer, where names are unclear.
        ignored: Arrays, or starts of paths, to leave out.

    Raises:
        WeightsError: The file is damaged, or its arrays are not exactly those of the model.
        ConfigError: A setting is wrong, or cannot be inferred.
        OSError: A file cannot be read.
    """
    path, settings = Path(path), dict(settings or {})
    folder = path.parent if path.name == "model.safetensors" else path
    if is_model_dir(folder):
        if config is not None or settings or renames or ignored:
            raise WeightsError(
                f"{path}: a port's folder has its own config.json and fixed names; settings,"
                " renames and ignored arrays do not apply"
            )
        return _read_port(folder)
    source = without_ignored(read_source(path), ignored)
    notes: tuple[str, ...] = ()
    if config is None:
        full, notes = infer_config(source, settings)
    else:
        full = complete({**config, **settings})
        check_config(source, full)
    return _from_matches(source, full, notes, match(source, entries(full), renames or {}))


def _from_matches(
    source: Source, config: dict[str, Any], notes: tuple[str, ...], matches: Iterable[Match]
) -> Conversion:
    made = Conversion(source.path, source.format, config, {}, {}, {}, {}, source.set_aside, notes)
    for entry, tensor, how in matches:
        _compare_names(source, entry.name, tensor, how, made.warnings)
        made.canonical[entry.name] = as_float32(tensor, made.warnings)
        made.sources[entry.name] = (tensor.name,)
        made.dtypes[entry.name] = str(tensor.array.dtype)
        made.matched_by[entry.name] = how
    return made


def _compare_names(
    source: Source, canonical: str, tensor: Tensor, how: str, warnings: list[str]
) -> None:
    """Tell where the file's own name for a weight speaks against the place it was given."""
    called = tensor.name.rpartition("/")[2].partition(":")[0]
    leaf = canonical.rpartition("/")[2]
    if how == "rename" or called == leaf:
        return
    if called in _SCORE_VECTORS and leaf in _SCORE_VECTORS:
        raise WeightsError(
            f"{source.path}: {tensor.name} belongs to attn_score_type {_SCORE_VECTORS[called]},"
            f" the configuration says {_SCORE_VECTORS[leaf]}; correct it, or insist with"
            f" --rename {tensor.name}={canonical}"
        )
    known = {entry.name.rpartition("/")[2] for entry in entries({})}
    if called in known:
        warnings.append(f"{tensor.name} was taken as {canonical}, by {how}, though it is called so")


def _read_port(folder: Path) -> Conversion:
    state, config = read_model_dir(folder)
    warnings: list[str] = []
    exact = {
        key: as_float32(Tensor(key, array, key.rpartition(".")[0], key), warnings)
        for key, array in state.items()
    }
    made = Conversion(folder, PORT_FORMAT, config, to_canonical(exact, config), {}, {}, {})
    made.warnings = warnings
    for entry in entries(config):
        made.sources[entry.name] = entry.keys
        made.dtypes[entry.name] = str(state[entry.keys[0]].dtype)
        made.matched_by[entry.name] = "key"
    return made


def checksum(array: NDArray[Any]) -> str:
    """Compute the sha256 of an array's little-endian bytes in C order."""
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()
