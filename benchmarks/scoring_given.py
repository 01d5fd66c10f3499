"""Models and proteins of a benchmark, in files that both programs read."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.families import drawn_matrix

SEED, LENGTHS = 1, (380, 420)
# The longest human protein, titin.
TITIN = 34_350


class Ensemble(NamedTuple):
    """Models of one width in a folder: of the reference `config` and `weights`, and the port's."""

    width: int
    config: Path
    weights: list[Path]
    models: list[Path]

    def first(self, number: int) -> "Ensemble":
        """Return only the first of them."""
        return self._replace(weights=self.weights[:number], models=self.models[:number])


def draw_ensemble(folder: Path, width: int, number: int) -> Ensemble:
    """Write so many models, with weights as at the start of a training, for both programs."""
    import torch

    from benchmarks.training_sides import start
    from converters.weights.keras_h5 import write_keras_h5
    from converters.weights.state_dict import to_state_dict
    from pt_gmvp.config import ModelConfig
    from pt_gmvp.model import GMVP

    settings = {"d_fc": width, "d_model": width}
    drawn = Ensemble(
        width,
        folder / f"{width}.json",
        [folder / f"{width}-{each}.h5" for each in range(number)],
        [folder / f"{width}-{each}" for each in range(number)],
    )
    drawn.config.write_text(json.dumps({"model": settings}))
    for seed, (weights, place) in enumerate(zip(drawn.weights, drawn.models, strict=True)):
        canonical, model = start(settings, SEED + seed), GMVP(ModelConfig.from_dict(settings))
        state = to_state_dict(canonical, model.config.to_dict())
        model.load_state_dict({key: torch.from_numpy(array) for key, array in state.items()})
        write_keras_h5(weights, canonical, model.config.to_dict())
        model.save_pretrained(place)
    return drawn


def draw_proteins(folder: Path, number: int) -> dict[str, int]:
    """Write matrices of so many proteins of about 400 residues; their lengths by their ids."""
    folder.mkdir()
    random = np.random.default_rng(SEED)
    lengths = {f"P{each}": int(random.integers(*LENGTHS)) for each in range(number)}
    for name, length in lengths.items():
        np.save(folder / f"{name}.npy", drawn_matrix(length, random))
    return lengths


def draw_titin() -> np.ndarray:
    """Return a matrix of titin's length, made of parts of the alignments at hand."""
    random = np.random.default_rng(SEED)
    parts = [drawn_matrix(min(2000, TITIN - first), random) for first in range(0, TITIN, 2000)]
    return np.concatenate(parts)
