"""Weight files of a reference: read by its own names, and written by Keras.

What a file of Keras 3 or a checkpoint calls each weight is found by saving the model once with a
number of its own in each weight. No file is loaded into a model, so nothing in it can run.
"""

import errno
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from parity.arrays import Arrays
from parity.errors import InputError, ParityError, describe
from parity.runners.tensorflow import tf
from parity.runners.tensorflow.checkpoints import read_checkpoint
from parity.runners.tensorflow.keras_dtype import is_keras3, loaded_keras
from parity.runners.tensorflow.keras_layers import Module, tensorflow_variable
from parity.weight_files import reading
from parity.weight_files.contents import as_float32
from parity.weight_files.hdf5 import read_hdf5
from parity.weight_files.matching import ExpectedArray, match_by_layers, match_by_name
from parity.weight_files.named_arrays import write_npz, write_safetensors

# Bytes that names and structure of a file may take.
_OVERHEAD = 1 << 17
# No integer of the model's own, such as a counter, has such a fraction.
_FRACTION = 0.5


class NamedModel(Protocol):
    """A reference that is built: its module, and its weights by canonical name."""

    module: Module
    weights: Mapping[str, tf.Variable]


def read_weights(model: NamedModel, path: Path, whose: str) -> Arrays:
    """Read a file of the model's weights; return all of them by canonical name, in float32.

    Raises InputError if it cannot be read, and UnfitError, with a table, unless every array is used
    exactly once.
    """
    checkpoint = reading.is_checkpoint(path)
    file = read_checkpoint(path) if checkpoint else reading.read(path)
    if file.kind == "Keras 2 HDF5":
        found = match_by_layers(file, whose, _by_layers(model, path))
    else:
        schemes = {
            "named arrays": _own_names,
            "Keras 3 weights": _keras3_paths,
            "TensorFlow checkpoint": _checkpoint_keys,
        }[file.kind](model, path)
        held = file.by_name()
        if file.kind == "TensorFlow checkpoint":
            schemes.append(_mixed(model, held, schemes))
        found = match_by_name(path, whose, *_likeliest(held, schemes))
    return {name: as_float32(path, name, found[name]) for name in model.weights if name in found}


def write_weights(model: NamedModel, path: Path, arrays: Arrays) -> None:
    """Write the model's weights with some of them replaced; the name's end decides the format.

    `.npz` and `.safetensors` hold them by canonical name; `.weights.h5`, `.h5` and `.keras` are
    written by Keras. Raises ParityError for another end, and where Keras cannot write the format.
    """
    with _holding(model, arrays):
        if path.suffix in (".npz", ".safetensors"):
            held = {name: variable.numpy() for name, variable in model.weights.items()}
            write = write_npz if path.suffix == ".npz" else write_safetensors
            write(path, held)
            return
        _save_by_keras(model.module, path)


def _save_by_keras(module: Module, path: Path) -> None:
    from parity.files import written_beside

    ending = ".weights.h5" if path.name.endswith(".weights.h5") else path.suffix
    if ending not in (".weights.h5", ".h5", ".keras"):
        raise ParityError(
            f"cannot write {path}: expected a name that ends in .h5, .weights.h5, .keras, .npz or "
            ".safetensors"
        )
    save = getattr(module, "save" if ending == ".keras" else "save_weights", None)
    keras3 = any(is_keras3(k) and isinstance(module, k.layers.Layer) for k in loaded_keras())
    if save is None or (ending == ".h5" and keras3):
        why = "Keras 3 writes .weights.h5" if save else "the reference is a layer, no Keras model"
        raise ParityError(f"cannot write {path}: {why}; name a file .weights.h5 or .npz")
    sizes = (int(np.prod(tuple(v.shape))) * v.dtype.size for v in _variables(module))
    _refuse_full_disk(path, sum(sizes))
    with written_beside(path) as beside:
        # Keras decides by the end of the name.
        named = beside.with_name(beside.name + ending)
        try:
            with warnings.catch_warnings():
                # Keras' own, of numpy, which the user can do nothing about.
                warnings.simplefilter("ignore")
                save(str(named))
            named.replace(beside)
        except OSError:
            raise
        except Exception as error:
            raise ParityError(f"Keras cannot write {path}: {describe(error)}") from error
        finally:
            named.unlink(missing_ok=True)


def _variables(module: Module) -> list[tf.Variable]:
    return [tensorflow_variable(one) for one in module.variables]


def _refuse_full_disk(path: Path, size: int) -> None:
    """Raise OSError if a file of `size` bytes does not fit: the HDF5 library may crash then."""
    if shutil.disk_usage(path.absolute().parent).free < size + size // 16 + _OVERHEAD:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


@contextmanager
def _holding(model: NamedModel, arrays: Arrays) -> Iterator[None]:
    """Let some of the model's weights have other values in the block."""
    before = {name: model.weights[name].numpy() for name in arrays}
    try:
        for name, array in arrays.items():
            model.weights[name].assign(array)
        yield
    finally:
        for name, array in before.items():
            model.weights[name].assign(array)


Schemes = list[list[ExpectedArray]]


def _likeliest(held: Arrays, schemes: Schemes) -> tuple[Arrays, list[ExpectedArray]]:
    """Return the arrays and the names of the scheme that fits most of them.

    The names may all have one prefix more, such as that of the object that held the model.
    """
    best: tuple[int, Arrays, list[ExpectedArray]] = (-1, held, schemes[0])
    prefixes = {""} | {name[: at + 1] for name in held for at, c in enumerate(name) if c == "/"}
    for expected in schemes:
        called = {one.called for one in expected}
        for prefix in sorted(prefixes, key=len):
            cut = {n.removeprefix(prefix): a for n, a in held.items() if n.startswith(prefix)}
            if len(cut) < len(held):
                continue
            fits = len(called & cut.keys())
            if fits > best[0]:
                best = fits, cut, expected
    return best[1], best[2]


def _expected(model: NamedModel, called: Mapping[str, str]) -> list[ExpectedArray]:
    return [
        ExpectedArray(name, called[name], tuple(variable.shape))
        for name, variable in model.weights.items()
        if name in called
    ]


def _own_names(model: NamedModel, path: Path) -> Schemes:
    canonical = _expected(model, {name: name for name in model.weights})
    plain = _expected(model, {k: v.name.partition(":")[0] for k, v in model.weights.items()})
    counted = _expected(model, {k: v.name for k, v in model.weights.items()})
    return [canonical, plain, counted]


def _by_layers(model: NamedModel, path: Path) -> list[ExpectedArray]:
    """List the weights as Keras 2 does: by layers in order, the trainable ones first."""
    layers = getattr(model.module, "layers", None)
    if layers is None:
        raise InputError(
            f"{path} lists weights by the layers of a Keras model, and the reference is none; give "
            "them in a .npz file by the names of the weight map"
        )
    names = {id(variable): name for name, variable in model.weights.items()}
    listed: list[ExpectedArray] = []
    within: set[int] = set()
    for layer in layers:
        held = [*layer.trainable_weights, *layer.non_trainable_weights]
        within |= {id(one) for one in held}
        listed += _layer_entries(layer.name, held, names)
    # Keras 3 counts states of random generators among the variables; they are no weights.
    own = [
        one
        for one in model.module.variables
        if id(one) not in within and id(tensorflow_variable(one)) in names
    ]
    return [*listed, *_layer_entries("top_level_model_weights", own, names)]


def _layer_entries(
    layer: str, held: Sequence[Any], names: Mapping[int, str]
) -> list[ExpectedArray]:
    variables = [tensorflow_variable(one) for one in held]
    return [
        ExpectedArray(names.get(id(variable), one.name), one.name, tuple(variable.shape), layer)
        for one, variable in zip(held, variables, strict=True)
    ]


def _keras3_paths(model: NamedModel, path: Path) -> Schemes:
    """Return what a file of Keras 3 calls each weight."""
    save = getattr(model.module, "save_weights", None)
    if save is None:
        raise InputError(
            f"{path} holds the weights of a Keras model, and the reference is none; give them in a "
            ".npz file by the names of the weight map"
        )
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder) / "probe.weights.h5"
        with _numbered(model), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            save(str(probe))
        stored = read_hdf5(probe).arrays
    called = _numbers_to_names(model, {one.name: one.array for one in stored})
    plain = {name: _plain_path(path) for name, path in called.items()}
    return [_expected(model, called), _expected(model, plain)]


def _plain_path(path: str) -> str:
    """Return a path as Keras 3 writes it where Keras 2 has a name of its own for the layers."""
    return path.replace("_layer_checkpoint_dependencies", "layers")


def _checkpoint_keys(model: NamedModel, path: Path) -> Schemes:
    """Return what a checkpoint calls each weight: by object, by number, or by variable."""
    with tempfile.TemporaryDirectory() as folder, _numbered(model):
        prefix = tf.train.Checkpoint(model.module).write(str(Path(folder) / "probe"))
        stored = {one.name: one.array for one in read_checkpoint(Path(prefix)).arrays}
    by_object = _numbers_to_names(model, stored)
    places = {id(variable): number for number, variable in enumerate(_variables(model.module))}
    numbered = {
        name: f"variables/{places[id(variable)]}"
        for name, variable in model.weights.items()
        if id(variable) in places
    }
    named = {name: variable.name.partition(":")[0] for name, variable in model.weights.items()}
    return [_expected(model, called) for called in (by_object, numbered, named)]


def _mixed(model: NamedModel, held: Arrays, schemes: Schemes) -> list[ExpectedArray]:
    """Return what a SavedModel calls each weight: by object for an attribute, else by number."""
    by_object, numbered, *_ = ({one.name: one.called for one in scheme} for scheme in schemes)
    either = {
        name: key if key in held else numbered.get(name, key) for name, key in by_object.items()
    }
    return _expected(model, either)


@contextmanager
def _numbered(model: NamedModel) -> Iterator[None]:
    """Fill each weight with its number in the block."""
    numbers = {
        name: np.full(tuple(variable.shape), number + _FRACTION, np.float32)
        for number, (name, variable) in enumerate(model.weights.items())
    }
    with _holding(model, numbers):
        yield


def _numbers_to_names(model: NamedModel, stored: Arrays) -> dict[str, str]:
    """Return the stored name of each weight, by the number that it was filled with."""
    names = list(model.weights)
    called: dict[str, str] = {}
    for key, array in stored.items():
        first = float(array.reshape(-1)[0]) if array.size and array.dtype.kind == "f" else -1.0
        number = int(first)
        if first == number + _FRACTION and number < len(names):
            called.setdefault(names[number], key)
    return called
