"""What the converters' tests share: golden recipe, command line, files of the frameworks."""

import fcntl
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from converters.features.files import save_matrix
from converters.features.matrix import make_matrix
from converters.features.raw_files import RawFolder
from converters.weights.weight_map import entries

HERE = Path(__file__).parent
SMALL = {"d_fc": 24, "d_model": 16, "num_heads": 2}


@pytest.fixture(scope="session")
def manifest(golden: Path) -> dict:
    return json.loads((golden / "manifest.json").read_text())


@pytest.fixture(scope="session")
def drawn(draw) -> Callable[..., dict[str, np.ndarray]]:
    """Weights of a model by canonical name, drawn by the recipe."""

    def make(config: dict, seed: int) -> dict[str, np.ndarray]:
        return {entry.name: draw(entry.name, entry.shape, seed) for entry in entries(config)}

    return make


@pytest.fixture(scope="session")
def golden_weights(golden, manifest, drawn) -> dict[str, tuple[Path, dict, dict]]:
    """Every golden weight file with its configuration and the weights it must hold."""
    ensemble = json.loads((golden / "ensemble_config.json").read_text())["model"]
    cases = {name: (case["config"], case["seed"]) for name, case in manifest.items()}
    cases |= {f"ensemble_{seed}": (ensemble, seed) for seed in (21, 22)}
    return {
        name: (golden / f"{name}.h5", config, drawn(config, seed))
        for name, (config, seed) in cases.items()
        if (golden / f"{name}.h5").exists()
    }


@pytest.fixture(scope="session")
def assert_same() -> Callable[..., None]:
    """Assert that two sets of named arrays are equal to the bit, order of names included."""

    def check(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
        assert list(found) == list(expected)
        for name, array in expected.items():
            assert found[name].dtype == array.dtype, name
            assert found[name].shape == array.shape, name
            assert found[name].tobytes() == array.tobytes(), name

    return check


@pytest.fixture(scope="session")
def gmvp_convert() -> Callable[..., subprocess.CompletedProcess]:
    """Run the command line in a process of its own."""

    def run(*arguments: object, **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "converters.cli", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            **options,
        )

    return run


@pytest.fixture(scope="session")
def build_matrices() -> Callable[[Path, Path], Path]:
    """Make the feature matrices of a folder of raw files in another folder, which is returned."""

    def build(raw: Path, folder: Path) -> Path:
        found = RawFolder(raw)
        for transcript in found.transcripts():
            save_matrix(folder / f"{transcript}.npy", make_matrix(found.find(transcript)).matrix)
        return folder

    return build


@pytest.fixture(scope="session")
def matrices(golden, build_matrices, tmp_path_factory) -> Path:
    """A folder of TP53's and PTEN's feature matrices."""
    return build_matrices(golden / "raw" / "feature", tmp_path_factory.mktemp("features"))


@pytest.fixture(scope="session")
def frameworks(tmp_path_factory) -> Path:
    """A folder of files that TensorFlow, tf_keras and Keras 3 wrote; made once for all workers."""
    for name in ("tensorflow", "tf_keras", "keras"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")
    folder = tmp_path_factory.getbasetemp().parent / "converters-frameworks"
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            run_frameworks("make", folder)
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="session")
def load_in_keras() -> Callable[[Path, Path], None]:
    """Have tf_keras load a written .h5 file and save what it then holds as .npz."""
    return lambda weights, out: run_frameworks("load", weights, out)


def run_frameworks(*arguments: object) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "write_with_frameworks.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
