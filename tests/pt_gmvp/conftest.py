"""What the tests of the port share: the golden cases, our own runs beside them, and `gmvp` in
processes of its own that may be killed."""

import json
import multiprocessing
import runpy
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from converters.pickles import load_array
from converters.records.variant_record import VariantRecord, read_records
from converters.weights.state_dict import to_canonical, to_state_dict
from converters.weights.weight_map import entries
from pt_gmvp.cli import app
from pt_gmvp.config import ModelConfig
from pt_gmvp.data import Batch, collate
from pt_gmvp.model import GMVP

CHILD = Path(__file__).parent / "child.py"
PRELOADED = [
    "matplotlib.figure",
    "matplotlib.backends.backend_agg",
    "pt_gmvp.scoring.running",
    "pt_gmvp.training.running",
    "scipy.stats",
    "sklearn.metrics",
    "tensorboardX",
    # What the first optimiser loads.
    "torch._dynamo",
    "torch._inductor",
]


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


@dataclass
class Started:
    """Processes of one run; `codes` are their exit codes, once all have ended."""

    processes: Sequence[BaseProcess]
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
def gmvp_command() -> Callable[..., tuple[int, str, str]]:
    """Runs `gmvp` with arguments in the test's own process: (exit code, stdout, stderr).

    An error that the command does not tell of is the test's.
    """

    def call(*arguments: object) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, [*map(str, arguments)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    return call
