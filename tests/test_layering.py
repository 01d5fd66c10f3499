"""Who may import whom: the contracts hold, cover every engine module, and can fail."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("legacy_tf", "pt_gmvp", "converters", "parity")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("data"))
    return tmp_path


def test_the_contracts_hold(copy):
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("legacy_tf/config.py", "import torch", "the reference knows no torch and no engine"),
        ("pt_gmvp/gru.py", "import tensorflow", "the port knows no TensorFlow and no engine"),
        ("pt_gmvp/gru.py", "import legacy_tf.gru", "legacy_tf and pt_gmvp never know each other"),
        ("converters/weights.py", "import torch", "converters know no framework"),
        (
            "parity/checking/checker.py",
            "import parity.ports.gmvp",
            "the engine knows no port, and so no model",
        ),
        (
            "parity/judging/comparison.py",
            "import torch",
            "in the engine, only the runners import a framework",
        ),
        (
            "parity/checking/onnx_cross_check.py",
            "import onnxruntime",
            "in the engine, only the runners import",
        ),
        (
            "parity/checking/onnx_cross_check.py",
            "import tf2onnx",
            "in the engine, only the runners import",
        ),
    ],
)
def test_a_planted_import_breaks_its_contract(copy, module, line, contract):
    path = copy / module
    path.write_text(path.read_text() + f"\n{line}\n")
    result = lint(copy)
    assert result.returncode != 0
    assert any(contract in row and "BROKEN" in row for row in result.stdout.splitlines()), (
        result.stdout
    )


def test_no_module_of_the_engine_is_left_out():
    """A new module must be written into the contracts, or they would not see it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = (
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["name"] == "the engine knows no port, and so no model"
    )
    modules = {
        f"parity.{path.stem}"
        for path in (ROOT / "parity").iterdir()
        if not path.stem.startswith(("_", ".")) and path.stem not in ("ports", "py")
    }
    assert set(contract["source_modules"]) == modules
