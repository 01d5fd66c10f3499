"""What the tests of the port share: the golden cases, and our own runs beside them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
import torch

from converters.pickles import load_array
from converters.variant_record import VariantRecord, read_records
from converters.weight_map import entries
from converters.weights import to_canonical, to_state_dict
from pt_gmvp.config import ModelConfig
from pt_gmvp.data import Batch, collate
from pt_gmvp.model import GMVP


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Sums in one order on every machine, and tests side by side that do not fight for cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def drawn_model(draw: Callable[..., np.ndarray]) -> Callable[..., GMVP]:
    """Make a model in evaluation with weights drawn by the recipe: (config, seed, dtype)."""

    def make(config: dict, seed: int, dtype: torch.dtype) -> GMVP:
        canonical = {
            entry.name: draw(entry.name, entry.shape, seed).astype(np.float64)
            for entry in entries(config)
        }
        state = to_state_dict(canonical, config)
        model = GMVP(ModelConfig.from_dict(config)).to(dtype)
        model.load_state_dict({key: torch.from_numpy(array) for key, array in state.items()})
        return model.eval()

    return make


@dataclass
class GoldenCase:
    """One model of the original: its configuration, weights, input, and what came out of it."""

    name: str
    folder: Path
    records: list[VariantRecord]
    manifest: dict
    drawn_model: Callable[..., GMVP]

    @cached_property
    def archive(self) -> dict[str, np.ndarray]:
        with np.load(self.folder / f"{self.name}.npz") as archive:
            return dict(archive)

    @cached_property
    def batch(self) -> Batch:
        return collate(self.records)

    def model(self, dtype: torch.dtype) -> GMVP:
        return self.drawn_model(self.manifest["config"], self.manifest["seed"], dtype)

    def canonical(self, tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
        """Bring tensors named as the port's weights into Keras' names and layout."""
        state = {name: tensor.detach().numpy() for name, tensor in tensors.items()}
        return to_canonical(state, self.manifest["config"])


@pytest.fixture(scope="session")
def case(
    request: pytest.FixtureRequest,
    model_case: str,
    golden: Path,
    shipped_records: Path,
    drawn_model: Callable[..., GMVP],
) -> GoldenCase:
    """Each golden model in turn."""
    manifest = json.loads((golden / "manifest.json").read_text())
    name = model_case.removeprefix("real/")
    folder, records = golden, shipped_records
    if model_case.startswith("real/"):
        folder = request.getfixturevalue("real") / "golden"
        records = folder / "TP53_PTEN.tfrec"
    return GoldenCase(name, folder, list(read_records(records)), manifest[name], drawn_model)


@pytest.fixture(scope="session")
def batch(shipped_records: Path) -> Batch:
    """The ten shipped records."""
    return collate(list(read_records(shipped_records)))


@pytest.fixture(scope="session")
def pten(golden: Path) -> np.ndarray:
    """PTEN's feature matrix."""
    return load_array(golden / "combined" / "ENST00000371953.pickle")


@pytest.fixture(scope="session")
def small() -> Callable[..., GMVP]:
    """Make a fresh, small, seeded float64 model in evaluation; every weight of it is random."""

    def make(seed: int = 0, **config: object) -> GMVP:
        generator = torch.Generator().manual_seed(seed)
        widths = {"d_fc": 6, "d_model": 8, "num_heads": 2}
        model = GMVP(ModelConfig.from_dict(widths | config)).double()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
        return model.eval()

    return make
