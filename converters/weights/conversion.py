"""Conversion of a weight file to Keras' layout, with a record of where each tensor came from."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.errors import Mismatch, WeightsError, shape_text
from converters.model_config import complete
from converters.weights.detect import is_model_dir, read_source
from converters.weights.infer_config import check_config, infer_config
from converters.weights.matching import Match, match, without_ignored
from converters.weights.model_dir import read_model_dir
from converters.weights.sources import SetAside, Source, Tensor
from converters.weights.state_dict import to_canonical
from converters.weights.weight_map import entries

PORT_FORMAT = "model folder of the port"
_SCORE_VECTORS = {"agg_v": "add or nn", "agg_pairwise": "dot"}


@dataclass
class Conversion:
    """A model's weights in Keras' layout, and where they came from.

    Attributes:
        path: the file or folder read.
        format: its format, in words.
        config: the model's complete settings.
        canonical: canonical name -> float32 weight in Keras' layout.
        sources: canonical name -> names in the source.
        dtypes: canonical name -> dtype in the source.
        matched_by: canonical name -> how it was recognised: order, path, shape, rename, or key
            (of the port).
        set_aside: arrays in the source that are not weights.
        notes: what was inferred or assumed.
        warnings: what the user should check.
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
        path: a file or folder; its format is recognised by its content.
        config: the model's settings; inferred from the shapes if None.
        settings: single settings that override both.
        renames: the file's array or layer -> canonical weight or layer, where names are unclear.
        ignored: arrays, or beginnings of paths, to leave out.

    Raises:
        WeightsError: the file is damaged, or its arrays are not exactly those of the model.
        ConfigError: a setting is wrong or cannot be inferred.
        OSError: a file cannot be read.
    """
    path, settings = Path(path), dict(settings or {})
    folder = path.parent if path.name == "model.safetensors" else path
    if is_model_dir(folder):
        if config is not None or settings or renames or ignored:
            raise WeightsError(
                f"{path}: a model folder of the port has its own config.json and fixed names;"
                " settings, renames and ignored arrays do not apply"
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
    """Warn, or raise WeightsError, where the file's name for a weight contradicts its match."""
    called = tensor.name.rpartition("/")[2].partition(":")[0]
    leaf = canonical.rpartition("/")[2]
    if how == "rename" or called == leaf:
        return
    if called in _SCORE_VECTORS and leaf in _SCORE_VECTORS:
        raise WeightsError(
            f"{source.path}: {tensor.name} belongs to attn_score_type {_SCORE_VECTORS[called]}, but"
            f" the configuration says {_SCORE_VECTORS[leaf]}; correct the configuration, or"
            f" override with --rename {tensor.name}={canonical}"
        )
    known = {entry.name.rpartition("/")[2] for entry in entries({})}
    if called in known:
        warnings.append(f"{tensor.name} was matched to {canonical} by {how}, despite its name")


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


def as_float32(tensor: Tensor, warnings: list[str]) -> NDArray[np.float32]:
    """Return a tensor's values as native, contiguous float32.

    float32 keeps its bits and float16 its values; float64 is rounded to the nearest float32, with
    a warning if that changes a value.

    Raises:
        WeightsError: another dtype, or a value too large for float32.
    """
    array = tensor.array
    if array.dtype.kind != "f" or array.dtype.itemsize not in (2, 4, 8):
        row = Mismatch(tensor.name, shape_text(tensor.shape), "float32")
        raise WeightsError(f"{tensor.name}: dtype {array.dtype}, expected float32", [row])
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        values = np.ascontiguousarray(array, dtype=np.float32).reshape(array.shape)
        back = values.astype(array.dtype)
    if np.any(np.isinf(back) & np.isfinite(array)):
        raise WeightsError(f"{tensor.name}: {array.dtype} values too large for float32")
    changed = int(np.count_nonzero((back != array) & ~np.isnan(array)))
    if changed:
        worst = np.nanmax(np.abs(back.astype(np.float64) - array.astype(np.float64)))
        warnings.append(
            f"{tensor.name}: {array.dtype}, {changed} of {array.size} values rounded to float32,"
            f" by at most {worst:.2g}"
        )
    if not np.all(np.isfinite(values)):
        count = int(np.count_nonzero(~np.isfinite(values)))
        warnings.append(f"{tensor.name}: {count} of {array.size} values are NaN or infinite")
    return values


def checksum(array: NDArray[Any]) -> str:
    """Return the SHA-256 of an array's little-endian bytes in C order."""
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()
