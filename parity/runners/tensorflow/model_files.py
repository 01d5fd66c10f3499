"""Models in files: Keras' .keras and .h5, rebuilt in a dtype, frozen graphs, SavedModels."""

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from parity.errors import InputError, UnavailableError, describe
from parity.runners.quiet import quiet
from parity.runners.tensorflow.frozen_graphs import load_frozen_graph
from parity.runners.tensorflow.keras_layers import Module
from parity.runners.tensorflow.saved_models import load_saved_model
from parity.weight_files.hdf5 import SIGNATURE

_KNOWN_MODULES = ("keras", "tf_keras", "builtins")


def load_model_file(path: Path, dtype: str, trust: bool) -> Module:
    """Load a model with its weights, its layers rebuilt in `dtype`; nothing is compiled.

    With `trust`, code in the file is executed: Python in a Lambda layer, and classes of other
    modules. Raises ParityError for a file that holds such code otherwise, that is damaged, or that
    is no model; SideFailedError for a SavedModel in any dtype but float32.
    """
    if path.is_dir():
        return load_saved_model(path, dtype)
    if path.suffix == ".pb" and path.exists():
        return load_frozen_graph(path, dtype)
    if not path.exists():
        raise InputError(
            f"no file or folder {path}; expected FILE.py:attribute, module:attribute, a .keras or "
            ".h5 file, a frozen graph (.pb), or the folder of a SavedModel"
        )
    config, version = _described(path)
    if not trust:
        _refuse_code(path, config)
    keras = _keras(path, version)
    rebuilt = _rebuilt(path, path.stat().st_mtime_ns, dtype)
    try:
        with quiet():
            module: Module = keras.models.load_model(rebuilt, compile=False, safe_mode=not trust)
    except Exception as error:
        raise InputError(f"{path} cannot be loaded by Keras: {describe(error)}") from error
    return module


def _described(path: Path) -> tuple[Any, str]:
    """Return the configuration of a model, and the version of Keras that wrote it."""
    with open(path, "rb") as file:
        start = file.read(8)
    try:
        if start == SIGNATURE:
            return _described_hdf5(path)
        with zipfile.ZipFile(path) as archive:
            version = json.loads(archive.read("metadata.json"))["keras_version"]
            return json.loads(archive.read("config.json")), str(version)
    except InputError:
        raise
    except Exception as error:  # h5py, zipfile and json raise all kinds of errors here
        raise InputError(
            f"{path} cannot be read as a model of Keras; damaged, or of another format? "
            f"({describe(error)})"
        ) from error


def _described_hdf5(path: Path) -> tuple[Any, str]:
    import h5py

    with h5py.File(path, "r") as file:
        if "model_config" not in file.attrs:
            raise InputError(
                f"{path} holds weights alone, without the model; name the code that builds it, and "
                f"give the file as --weights {path}"
            )
        config = file.attrs["model_config"]
        return json.loads(config), str(file.attrs.get("keras_version", "2"))


def _refuse_code(path: Path, config: Any) -> None:
    for name, item in _objects(config):
        kind, inner = item.get("class_name"), item.get("config")
        if isinstance(inner, Mapping) and kind == "Lambda" and _is_code(inner):
            raise InputError(
                f"{path}: the Lambda layer '{inner.get('name', name)}' holds Python code, which is "
                "not executed; give --trust (or trust=True in the port) if you know where the file "
                "is from, or name the code that builds the model"
            )
        module = item.get("module")
        if isinstance(module, str) and module.split(".")[0] not in _KNOWN_MODULES:
            raise InputError(
                f"{path}: {kind} is of the module '{module}', which is not imported; give --trust "
                "(or trust=True in the port), or name the code that builds the model"
            )


def _is_code(config: Mapping[str, Any]) -> bool:
    function = config.get("function")
    if config.get("function_type") == "lambda" or isinstance(function, list):
        return True
    return isinstance(function, Mapping) and function.get("class_name") == "__lambda__"


def _objects(config: Any, name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield everything in a configuration that names a class."""
    if isinstance(config, Mapping):
        if "class_name" in config:
            yield name, config
        for key, value in config.items():
            yield from _objects(value, str(config.get("name", key)))
    elif isinstance(config, list):
        for value in config:
            yield from _objects(value, name)


def _keras(path: Path, version: str) -> Any:
    """Import the Keras that wrote the file; where Keras 2 is not installed, Keras 3 may read it."""
    names = ("keras",) if version.split(".")[0] not in ("1", "2") else ("tf_keras", "keras")
    for name in names:
        try:
            return __import__(name)
        except ModuleNotFoundError:
            continue
    raise UnavailableError(
        f"{names[0]} is not installed, and {path} was written by Keras {version}; install it with: "
        f"pip install {names[0]}"
    )


@lru_cache(maxsize=1)
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="parity-")


@lru_cache(maxsize=8)
def _rebuilt(path: Path, changed: int, dtype: str) -> str:
    """Return a copy of a model file whose layers have the dtype; the file itself for float32."""
    if dtype == "float32":
        return str(path.absolute())
    copy = Path(_folder().name) / f"{abs(hash((path, changed, dtype)))}-{path.name}"
    with open(path, "rb") as file:
        hdf5 = file.read(8) == SIGNATURE
    if hdf5:
        _copy_hdf5(path, copy.with_suffix(".h5"), dtype)
        return str(copy.with_suffix(".h5"))
    copy = copy.with_suffix(".keras")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                content = json.dumps(_in_dtype(json.loads(content), dtype)).encode()
            new.writestr(name, content)
    return str(copy)


def _copy_hdf5(path: Path, copy: Path, dtype: str) -> None:
    import h5py

    content = io.BytesIO(path.read_bytes())
    with h5py.File(content, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        file.attrs["model_config"] = json.dumps(_in_dtype(config, dtype)).encode()
    copy.write_bytes(content.getvalue())


def _in_dtype(config: Any, dtype: str) -> Any:
    """Return a configuration whose layers compute in `dtype` where they did in float32.

    Arguments of calls (`inbound_nodes`) stay as they are.
    """
    if isinstance(config, list):
        return [_in_dtype(item, dtype) for item in config]
    if not isinstance(config, Mapping):
        return config
    found: dict[str, Any] = {}
    for key, value in config.items():
        policy = value.get("config") if isinstance(value, Mapping) else None
        if key == "dtype" and value == "float32":
            found[key] = dtype
        elif key == "dtype" and isinstance(policy, Mapping) and policy.get("name") == "float32":
            found[key] = {**value, "config": {**policy, "name": dtype}}
        else:
            found[key] = value if key == "inbound_nodes" else _in_dtype(value, dtype)
    return found
