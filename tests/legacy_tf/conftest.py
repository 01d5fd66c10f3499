"""What the tests of the reference share: the golden cases, and our own runs beside them."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
import tensorflow as tf

from legacy_tf.config import ModelConfig
from legacy_tf.data import validation_records
from legacy_tf.model import GMVP, build


@dataclass
class GoldenCase:
    """One model of the original: its configuration, weights, input, and what came out of it."""

    name: str
    folder: Path
    records: Path
    manifest: dict
    draw: Callable[..., np.ndarray]

    @cached_property
    def archive(self) -> dict[str, np.ndarray]:
        with np.load(self.folder / f"{self.name}.npz") as archive:
            return dict(archive)

    @property
    def weight_file(self) -> Path:
        return self.folder / f"{self.name}.h5"

    @property
    def config(self) -> ModelConfig:
        return ModelConfig.from_dict(self.manifest["config"])

    @cached_property
    def batch(self) -> dict[str, np.ndarray]:
        (batch,) = validation_records([self.records], 10)
        return {name: value.numpy() for name, value in batch.items() if name != "var_id"}

    @property
    def inputs(self) -> tuple[np.ndarray, ...]:
        return tuple(self.batch[name] for name in ("ref_aa", "alt_aa", "feature", "mask"))

    def model(self, dtype: str) -> GMVP:
        """Our model in `dtype`, with the case's weights drawn anew."""
        model = build(self.config, dtype)
        for name, weight in model.canonical_weights().items():
            weight.assign(self.draw(name, tuple(weight.shape), self.manifest["seed"]).astype(dtype))
        return model


@pytest.fixture(scope="session")
def golden_case(golden: Path, shipped_records: Path, draw, request) -> Callable[[str], GoldenCase]:
    """A golden case by name; one of the real data where its name begins with `real/`."""
    manifest = json.loads((golden / "manifest.json").read_text())

    def find(name: str) -> GoldenCase:
        folder, records = golden, shipped_records
        if name.startswith("real/"):
            folder = request.getfixturevalue("real") / "golden"
            records = folder / "TP53_PTEN.tfrec"
        name = name.removeprefix("real/")
        return GoldenCase(name, folder, records, manifest[name], draw)

    return find


@pytest.fixture
def case(model_case, golden_case) -> GoldenCase:
    """Each model of the original in turn."""
    return golden_case(model_case)


@pytest.fixture(scope="session")
def default_case(golden_case) -> GoldenCase:
    """The model of the default configuration, 32 wide."""
    return golden_case("model_add_cov_spe")


@pytest.fixture(scope="session")
def small_model(default_case: GoldenCase) -> GMVP:
    """That model in float32; not to be changed."""
    return default_case.model("float32")


@pytest.fixture(scope="session")
def assert_archive(assert_rounding) -> Callable[..., None]:
    """The check that all arrays of one archive differ from ours by rounding alone."""

    def check(archive, ours32, ours64) -> None:
        assert archive, "nothing to compare"
        faults = []
        for name, value in archive.items():
            try:
                assert_rounding(value, ours32[name], ours64[name], name)
            except AssertionError as fault:
                faults.append(str(fault))
        assert not faults, "\n".join(faults)

    return check


@pytest.fixture
def seeded() -> None:
    """A fixed start for whatever TensorFlow draws."""
    tf.random.set_seed(2020)
