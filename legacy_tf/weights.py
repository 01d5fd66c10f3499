"""Weight files: checked before Keras reads them, and written completely or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from legacy_tf.errors import GMVPError


class WeightsError(GMVPError):
    """A weight file cannot be used for this model."""


@contextmanager
def write_beside(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`, and rename it to `path` if nothing was raised."""
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def read_layout(path: Path) -> list[tuple[str, tuple[int, ...]]]:
    """Read the names and shapes of the weights in a Keras 2 HDF5 file, in Keras' order.

    Raises WeightsError for a file that is missing, truncated, not HDF5, or has no weights.
    """
    import h5py

    if not path.is_file():
        raise WeightsError(f"{path}: no such file of weights")
    try:
        with h5py.File(path, "r") as file:
            # A model saved with its architecture has its weights one level down.
            root = file.get("model_weights", file)
            if "layer_names" not in root.attrs:
                raise WeightsError(
                    f"{path}: is HDF5 but holds no Keras 2 weights (no attribute 'layer_names'); "
                    "expected a file that model.save_weights('....h5') wrote"
                )
            return [
                (name, root[layer][name].shape)
                for layer in _text(root.attrs["layer_names"])
                for name in _text(root[layer].attrs["weight_names"])
            ]
    except (OSError, KeyError, RuntimeError) as error:
        raise WeightsError(
            f"{path}: cannot be read as HDF5, perhaps truncated ({_first_line(error)}); "
            "expected a file that model.save_weights('....h5') wrote"
        ) from None


def check_weights(path: Path, model: Any) -> None:
    """Raise WeightsError unless the file's weights have, in order, the model's shapes."""
    found = read_layout(path)
    expected = [(name, tuple(weight.shape)) for name, weight in model.canonical_weights().items()]
    for (found_name, found_shape), (name, shape) in zip(found, expected, strict=False):
        if found_shape != shape or _other_score(found_name, name):
            raise WeightsError(
                f"{path}: holds the weights of another model: {found_name} is {found_shape}, where "
                f"this configuration has {name} {shape}; give the configuration it was trained with"
            )
    if len(found) != len(expected):
        raise WeightsError(
            f"{path}: holds the weights of another model: {len(found)} weights, where this "
            f"configuration has {len(expected)}; give the configuration it was trained with"
        )


def _other_score(found: str, expected: str) -> bool:
    """Return whether the names are those of two score types, whose shapes are equal.

    The authors chose these names; Keras' automatic ones are never used for a decision.
    """
    leaves = {found.rpartition("/")[2].partition(":")[0], expected.rpartition("/")[2]}
    return leaves == {"agg_v", "agg_pairwise"}


def _text(names: Any) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
