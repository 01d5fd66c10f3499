"""The port's folder of a model: model.safetensors, config.json and conversion.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from converters.atomic import folder_beside
from converters.destination import check_folder
from converters.model_config import complete, read_config
from converters.weights.errors import WeightsError

WEIGHTS, CONFIG, REPORT = "model.safetensors", "config.json", "conversion.json"


def check_destination(path: Path, force: bool) -> None:
    """Refuse a destination that holds something, before any work is done.

    Raises:
        WeightsError: It is a file, or a folder that is not empty and may not be replaced.
    """
    parts = {WEIGHTS, CONFIG, REPORT}
    check_folder(path, "model", parts.__contains__, force, WeightsError)


def write_model_dir(
    path: str | Path,
    state: Mapping[str, NDArray[Any]],
    config: Mapping[str, Any],
    report: Mapping[str, Any],
    force: bool = False,
) -> None:
    """Write a model's folder, which appears whole or not at all.

    Args:
        path: The folder to make; its parent must exist.
        state: The port's state dict.
        config: The model's settings, complete.
        report: What `conversion.json` shall hold.
        force: Replace a model that lies there; other folders are never replaced.

    Raises:
        WeightsError: The destination holds something.
        OSError: It cannot be written.
    """
    from safetensors.numpy import save

    path = Path(path)
    check_destination(path, force)
    with folder_beside(path) as partial:
        # Not save_file, which makes a file that nobody else may read, whatever the umask.
        (partial / WEIGHTS).write_bytes(save(dict(state), metadata={"format": "pt"}))
        (partial / CONFIG).write_text(as_json({"model": dict(config)}))
        (partial / REPORT).write_text(as_json(report))


def read_model_dir(path: str | Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read a model's folder: (state dict, settings complete).

    Raises:
        WeightsError: The weights are damaged.
        ConfigError: The settings are.
        OSError: A file cannot be read.
    """
    from safetensors.numpy import load

    path = Path(path)
    config = complete(read_config(path / CONFIG))
    try:
        state = load((path / WEIGHTS).read_bytes())
    except OSError:
        raise
    except Exception as error:  # safetensors raises its own error, numpy others
        detail = str(error) or type(error).__name__
        raise WeightsError(
            f"{path / WEIGHTS}: cannot be read as safetensors, damaged or cut short ({detail:.160})"
        ) from None
    return dict(state), config


def as_json(content: Mapping[str, Any]) -> str:
    """Write JSON as this package does everywhere."""
    return json.dumps(content, indent=2) + "\n"
