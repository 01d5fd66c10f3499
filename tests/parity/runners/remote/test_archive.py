"""The one file that another interpreter is given."""

import ast
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from parity.runners.remote.archive import archive_of

SIDES = ("reference_side", "candidate_side")


def archive(side: str) -> bytes:
    return archive_of("parity.runners.remote.worker", f"parity.runners.remote.{side}")


@pytest.mark.parametrize("side", SIDES)
def test_all_of_it_is_in_the_syntax_of_python_38(side: str) -> None:
    with zipfile.ZipFile(io.BytesIO(archive(side))) as opened:
        names = opened.namelist()
        for name in names:
            ast.parse(opened.read(name), name, feature_version=(3, 8))
    assert "parity/runners/remote/worker.py" in names
    assert not any("/checking/" in name or "/commands/" in name for name in names)


def test_each_side_has_its_own_framework_alone() -> None:
    reference, candidate = (zipfile.ZipFile(io.BytesIO(archive(side))).namelist() for side in SIDES)
    assert not any("/torch/" in name for name in reference)
    assert not any("/tensorflow/" in name for name in candidate)


def test_everything_in_it_can_be_imported_without_the_project(tmp_path: Path) -> None:
    file = tmp_path / "worker.pyz"
    file.write_bytes(archive("reference_side"))
    code = (
        f"import sys; sys.path.insert(0, {str(file)!r}); import parity.runners.remote.worker, "
        "parity.runners.remote.reference_side as side; print(side.__file__)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert "worker.pyz" in done.stdout, done.stderr
