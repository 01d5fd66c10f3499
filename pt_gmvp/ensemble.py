"""Several models with distinct names."""

from collections.abc import Sequence
from pathlib import Path

from converters.errors import InputError
from pt_gmvp.model import GMVP


def load_models(folders: Sequence[Path]) -> dict[str, GMVP]:
    """Load models in evaluation mode, by folder name, or by path if names clash.

    Raises:
        InputError: the same folder is given twice.
        PretrainedError, ConfigError: a folder holds no complete model.
    """
    paths = [folder.resolve() for folder in folders]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice:
        raise InputError(f"{twice}: given twice; give each model once")
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(folder) for folder in folders]
    return {name: GMVP.from_pretrained(folder) for name, folder in zip(names, folders, strict=True)}
