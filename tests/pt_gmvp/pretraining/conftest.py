"""Small proteins, of which the columns are drawn or follow a law."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from pt_gmvp.config import ModelConfig
from pt_gmvp.pretraining.network import Pretrainer
from pt_gmvp.pretraining.proteins import Proteins

CONFIG = {"d_fc": 6, "d_model": 8, "num_heads": 2}


def drawn(seed: int, length: int) -> np.ndarray:
    """A feature matrix with codes where codes belong, and any possible numbers elsewhere."""
    random = np.random.default_rng(seed)
    matrix = random.uniform(0, 1, (length, 435))
    matrix[:, 427:431] = random.uniform(-1, 1, (length, 4))
    matrix[:, 0] = random.integers(0, 20, length)
    matrix[:, 21:221] = random.integers(0, 21, (length, 200))
    matrix[:, 221:421] = random.uniform(0, 100, 200)
    matrix[:, 431:] = random.poisson(2, (length, 4))
    return matrix


def lawful(seed: int, length: int) -> np.ndarray:
    """One whose columns all hold the two residues of the protein's kind, of three kinds."""
    random = np.random.default_rng(seed)
    matrix = drawn(seed, length)
    kind = 2 * random.integers(0, 3)
    matrix[:, 21:221] = random.integers(kind, kind + 2, (length, 200))
    matrix[:, 0] = matrix[:, 21]
    return matrix


@pytest.fixture(scope="session")
def draw_matrix() -> Callable[[int, int], np.ndarray]:
    return drawn


@pytest.fixture(scope="session")
def lawful_matrix() -> Callable[[int, int], np.ndarray]:
    return lawful


@pytest.fixture(scope="session")
def lawful_proteins() -> Proteins:
    """24 of them, eight of each kind more or less."""
    return Proteins((f"P{seed}", lawful(seed, 30)) for seed in range(24))


@pytest.fixture(scope="session")
def network() -> Callable[..., Pretrainer]:
    """Make a small network in evaluation, every weight of it random."""

    def make(seed: int = 0, gap: bool = False, kind: type[Pretrainer] = Pretrainer, **config):
        generator = torch.Generator().manual_seed(seed)
        made = kind(ModelConfig.from_dict(CONFIG | config), gap, generator)
        with torch.no_grad():
            for parameter in made.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
        return made.eval()

    return make
