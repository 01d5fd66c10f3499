import shutil
from pathlib import Path

import pytest

TP53, PTEN = "ENST00000269305", "ENST00000371953"


@pytest.fixture(scope="session")
def raw(golden) -> Path:
    """The folder of the original's inputs for TP53 and PTEN."""
    return golden / "raw" / "feature"


@pytest.fixture
def pten(raw, tmp_path) -> Path:
    """A folder of its own with PTEN's four inputs, to be changed."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for path in raw.glob(f"{PTEN}.*"):
        shutil.copy(path, folder / path.name)
    return folder
