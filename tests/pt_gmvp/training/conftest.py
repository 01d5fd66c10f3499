"""Small data to train on, and runs on it in processes of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from converters.records.variant_record import VariantRecord, read_records, write_records

MODEL = {"d_fc": 8, "d_model": 8, "num_heads": 2}
TRAINING = {
    "batch_size": 7,
    "max_epochs": 2,
    "warmup_steps": 4,
    "decay_steps": 20,
    "learning_rate": 0.01,
}


@pytest.fixture(scope="session")
def records(shipped_records: Path) -> list[VariantRecord]:
    """40 records to tell apart, after the shipped ones, with labels that can be learnt."""
    random = np.random.default_rng(5)
    shipped = list(read_records(shipped_records))
    made = []
    for number in range(40):
        record = shipped[random.integers(len(shipped))]
        feature = record.feature.copy()
        feature[:, 1:21] += 0.3 * random.standard_normal((129, 20), np.float32)
        made.append(record._replace(var_id=f"v{number}", label=number // 10 % 2, feature=feature))
    return made


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory, records: list[VariantRecord]) -> Path:
    """A folder of ten files of four records each."""
    folder = tmp_path_factory.mktemp("data")
    for number in range(10):
        write_records(folder / f"train_r0_{number}.tfrec", records[number::10])
    return folder


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration for them: 36 records to train on, so that the last of 6 batches has one."""
    return write_config(tmp_path_factory.mktemp("config") / "config.json")


def write_config(path: Path, training: dict | None = None, model: dict | None = None) -> Path:
    sections = {"model": MODEL | (model or {}), "training": TRAINING | (training or {})}
    path.write_text(json.dumps(sections))
    return path


@pytest.fixture(scope="session")
def configured() -> Callable[..., Path]:
    """Writes such a configuration with other keys: (path, training keys, model keys)."""
    return write_config


@pytest.fixture(scope="session")
def train(start: Callable[..., Any], config: Path, data: Path) -> Callable[..., Any]:
    """Starts `gmvp train` on the small data, on the CPU: (out, further arguments, see `start`)."""

    def run(out: Path, *arguments: object, **how: object) -> Any:
        given = [str(argument) for argument in arguments]
        usual = {"--config": config, "--data": data, "--out": out, "--device": "cpu"}
        options = [x for name, value in usual.items() if name not in given for x in (name, value)]
        return start("train", *options, *arguments, **how)

    return run


@pytest.fixture(scope="session")
def undisturbed(train: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run that nothing disturbed."""
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    run = train(out)
    assert run.wait() == [0], run.stderr()
    return out


def results(out: Path) -> dict[str, bytes]:
    """What a run is to give to the bit: metrics, weights, predictions."""
    files = [out / "metrics.jsonl", *out.glob("weights/*/*"), *out.glob("predictions/*"),
             *out.glob("model/*")]  # fmt: skip
    return {str(file.relative_to(out)): file.read_bytes() for file in files}


@pytest.fixture(scope="session")
def results_of() -> Callable[[Path], dict[str, bytes]]:
    """Reads what a run is to give to the bit, by file."""
    return results
