import shutil
from pathlib import Path

import pytest


@pytest.fixture
def own_matrices(matrices, tmp_path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(matrices, tmp_path / "features"))
