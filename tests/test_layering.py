"""Who may import whom: the contracts hold, and each of them can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("legacy_tf", "pt_gmvp", "converters", "parity")
FRAMEWORKS = "in the engine, only the runners import a framework"
PARITY = "the rooms of parity in layers"
PORT = "the rooms of pt_gmvp in layers"


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


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layering")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return folder


def test_the_contracts_hold(copy):
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("legacy_tf/config.py", "import torch", "the reference knows no torch and no engine"),
        ("pt_gmvp/gru.py", "import tensorflow", "the port knows no TensorFlow and no engine"),
        ("pt_gmvp/gru.py", "import legacy_tf.gru", "legacy_tf and pt_gmvp never know each other"),
        ("converters/weights/state_dict.py", "import torch", "converters know no framework"),
        ("parity/checking/checker.py", "import pt_gmvp", "the engine knows no port, and so no"),
        ("parity/judging/comparison.py", "import torch", FRAMEWORKS),
        ("parity/checking/onnx_cross_check.py", "import onnxruntime", FRAMEWORKS),
        ("parity/checking/onnx_cross_check.py", "import tf2onnx", FRAMEWORKS),
        ("parity/judging/oracle.py", "import parity.declaring.port", PARITY),
        ("parity/declaring/port.py", "import parity.checking.checker", PARITY),
        ("parity/checking/checker.py", "import parity.ports.gmvp", PARITY),
        (
            "parity/judging/verdict.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import parity.report.json",
            PARITY,
        ),
        ("pt_gmvp/gru.py", "import pt_gmvp.training", PORT),
        ("pt_gmvp/runs/folder.py", "import pt_gmvp.scoring", PORT),
        ("pt_gmvp/scoring/models.py", "import pt_gmvp.training", "scoring needs no training"),
    ],
)
def test_a_planted_import_breaks_its_contract(copy, module, line, contract):
    path = copy / module
    right = path.read_text()
    path.write_text(right + f"\n{line}\n")
    try:
        result = lint(copy)
    finally:
        path.write_text(right)
    assert result.returncode != 0
    assert any(contract in row and "BROKEN" in row for row in result.stdout.splitlines()), (
        result.stdout
    )
