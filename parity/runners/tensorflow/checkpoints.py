"""Checkpoints of TensorFlow, those within SavedModels included: their numbers by key."""

from pathlib import Path

from parity.errors import InputError, describe
from parity.runners.quiet import quiet
from parity.runners.tensorflow import tf
from parity.weight_files.contents import StoredArray, WeightFile

_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_SLOTS = ("Adam", "Adam_1", "Momentum", "adam_m", "adam_v")


def read_checkpoint(path: Path) -> WeightFile:
    """Read the numbers of a checkpoint, without optimizer, counters and slots."""
    prefix = _prefix(path)
    try:
        with quiet():
            reader = tf.train.load_checkpoint(str(prefix))
            dtypes = reader.get_variable_to_dtype_map()
            kept = [key for key in sorted(dtypes) if dtypes[key].is_floating and not _is_state(key)]
            stored = [StoredArray(key.removesuffix(_VALUE), reader.get_tensor(key)) for key in kept]
    except Exception as error:  # TensorFlow raises all kinds of errors for damaged checkpoints
        raise InputError(f"{path} cannot be read as a checkpoint: {describe(error)}") from error
    return WeightFile(path, "TensorFlow checkpoint", tuple(stored))


def _is_state(key: str) -> bool:
    parts = key.removesuffix(_VALUE).split("/")
    slot = ".OPTIMIZER_SLOT" in parts or parts[-1] in _SLOTS
    return slot or "optimizer" in parts[:2] or "keras_api" in parts or key == _GRAPH


def _prefix(path: Path) -> Path:
    if path.is_dir():
        if (path / "variables" / "variables.index").is_file():
            return path / "variables" / "variables"
        latest = tf.train.latest_checkpoint(str(path))
        found = sorted(path.glob("*.index"))
        if latest is None and len(found) != 1:
            raise InputError(f"{path} contains {len(found)} checkpoints; give the prefix of one")
        return Path(latest) if latest is not None else found[0].with_suffix("")
    return path.with_suffix("") if path.suffix == ".index" else path
