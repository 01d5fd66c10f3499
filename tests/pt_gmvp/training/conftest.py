"""Small data to train on, and `gmvp` in processes of its own that may be killed."""

import json
import multiprocessing
import runpy
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from converters.variant_record import VariantRecord, read_records, write_records

CHILD = Path(__file__).parent / "child.py"
MODEL = {"d_fc": 8, "d_model": 8, "num_heads": 2}
TRAINING = {
    "batch_size": 7,
    "max_epochs": 2,
    "warmup_steps": 4,
    "decay_steps": 20,
    "learning_rate": 0.01,
}
PRELOADED = [
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "pt_gmvp.training.running",
    "scipy.stats",
    "sklearn.metrics",
    "tensorboardX",
    # What the first optimiser loads.
    "torch._dynamo",
    "torch._inductor",
]


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


@dataclass
class Started:
    """Processes of one run; `codes` are their exit codes, once all have ended."""

    processes: list[multiprocessing.Process]
    files: list[Path]

    def wait(self, timeout: float = 120) -> list[int]:
        for process in self.processes:
            process.join(timeout)
            if process.is_alive():
                self.kill()
                raise AssertionError(
                    "it hangs: " + " ".join(map(self.stderr, range(len(self.files))))
                )
        return [process.exitcode for process in self.processes]

    def kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.join()

    def stderr(self, rank: int = 0) -> str:
        path = self.files[rank].with_suffix(".err")
        return path.read_text() if path.exists() else ""

    def stdout(self, rank: int = 0) -> str:
        return self.files[rank].read_text()


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Started]:
    """Starts `gmvp` with arguments, in one process or several that meet as torchrun's do.

    places: (function, number of the call, what its arguments mention, when) at which it is
    killed, or whatever child.py does then; for all, or by rank.
    """
    context = multiprocessing.get_context("forkserver")
    # Loaded once, and not for every process.
    context.set_forkserver_preload(PRELOADED)
    folder = tmp_path_factory.mktemp("processes")
    count = 0

    def run(
        *arguments: object,
        world: int = 1,
        places: Sequence[tuple] | dict[int, Sequence[tuple]] = (),
        file_size: int = 0,
    ) -> Started:
        nonlocal count
        meeting = {}
        if world > 1:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        processes, files = [], []
        for rank in range(world):
            count += 1
            files.append(folder / f"{count}.out")
            job = {
                "environment": {
                    "NO_COLOR": "1",
                    **meeting,
                    **({"RANK": str(rank), "WORLD_SIZE": str(world)} if world > 1 else {}),
                },
                "stdout": str(files[-1]),
                "stderr": str(files[-1].with_suffix(".err")),
                "arguments": [str(argument) for argument in arguments],
                "places": places.get(rank, ()) if isinstance(places, dict) else places,
                "file_size": file_size,
            }
            process = context.Process(target=runpy.run_path, args=(str(CHILD), {"job": job}))
            process.start()
            processes.append(process)
        return Started(processes, files)

    return run


@pytest.fixture(scope="session")
def train(start: Callable[..., Started], config: Path, data: Path) -> Callable[..., Started]:
    """Starts `gmvp train` on the small data, on the CPU: (out, further arguments, see `start`)."""

    def run(out: Path, *arguments: object, **how: object) -> Started:
        given = [str(argument) for argument in arguments]
        usual = {"--config": config, "--data": data, "--out": out, "--device": "cpu"}
        options = [x for name, value in usual.items() if name not in given for x in (name, value)]
        return start("train", *options, *arguments, **how)

    return run


@pytest.fixture(scope="session")
def undisturbed(train: Callable[..., Started], tmp_path_factory: pytest.TempPathFactory) -> Path:
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
