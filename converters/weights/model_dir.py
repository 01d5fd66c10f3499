"""The port's model folder: model.safetensors, config.json and conversion.json."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from converters.atomic import folder_beside
from converters.destination import check_folder
from converters.errors import WeightsError
from converters.model_config import complete, read_config
from converters.text import as_json

WEIGHTS, CONFIG, REPORT = "model.safetensors", "config.json", "conversion.json"


def check_destination(path: Path, force: bool) -> None:
    """Raise InputError for a destination that is a file, or a folder that must not be replaced."""
    parts = {WEIGHTS, CONFIG, REPORT}
    check_folder(path, "model", parts.__contains__, force)


def write_model_dir(
    path: str | Path,
    state: Mapping[str, NDArray[Any]],
    config: Mapping[str, Any],
    report: Mapping[str, Any],
    force: bool = False,
) -> None:
    """Write a model folder atomically.

    Args:
        path: the folder to make; its parent must exist.
        state: the port's state dict.
        config: the model's complete settings.
        report: the content of `conversion.json`.
        force: replace an existing model; other folders are never replaced.

    Raises:
        InputError: the destination must not be replaced.
        OSError: it cannot be written.
    """
    from safetensors.numpy import save

    path = Path(path)
    check_destination(path, force)
    with folder_beside(path) as partial:
        # save_file would make a file that nobody else can read, whatever the umask.
        (partial / WEIGHTS).write_bytes(save(dict(state), metadata={"format": "pt"}))
        (partial / CONFIG).write_text(as_json({"model": dict(config)}))
        (partial / REPORT).write_text(as_json(report))


def read_model_dir(path: str | Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read a model folder; return its state dict and complete settings.

    Raises:
        WeightsError: the weights are damaged.
        ConfigError: the settings are damaged or wrong.
        OSError: a file cannot be read.
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
            f"{path / WEIGHTS}: cannot be read as safetensors; damaged or truncated?"
            f" ({detail:.160})"
        ) from None
    return dict(state), config
