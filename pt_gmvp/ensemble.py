"""Several models with distinct names, from model folders or from files of weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from converters.errors import InputError
from pt_gmvp.config import load_config
from pt_gmvp.model import GMVP


class WeightFile(NamedTuple):
    """Weights of the original, such as `epoch-3.h5`, and the JSON file they were trained with."""

    path: Path
    config: Path


ModelSource = Path | WeightFile
"""A model folder, or a file of weights."""


def load_model(source: ModelSource) -> GMVP:
    """Load a model in evaluation mode.

    Raises:
        PretrainedError: a folder holds no complete model.
        WeightsError: a file's weights are not those of the configuration's model.
        ConfigError: the configuration is not gMVP's.
    """
    if isinstance(source, Path):
        return GMVP.from_pretrained(source)
    import torch

    from converters.weights.conversion import read_weights
    from converters.weights.state_dict import to_state_dict

    config = load_config(source.config)
    made = read_weights(source.path, config.to_dict())
    model = GMVP(config, generator=torch.Generator().manual_seed(0))
    arrays = to_state_dict(made.canonical, config.to_dict())
    model.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    return model.eval()


def path_of(source: ModelSource) -> Path:
    """Return the path of a model."""
    return source if isinstance(source, Path) else source.path


def load_models(sources: Sequence[ModelSource]) -> dict[str, GMVP]:
    """Load models in evaluation mode, by the path's last name, or by path if names clash.

    Raises:
        InputError: the same model is given twice.
        PretrainedError, WeightsError, ConfigError: as `load_model`.
    """
    given = [path_of(source) for source in sources]
    paths = [path.resolve() for path in given]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice:
        raise InputError(f"{twice}: given twice; give each model once")
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = [str(path) for path in given]
    return {name: load_model(source) for name, source in zip(names, sources, strict=True)}
