import shutil
from pathlib import Path

import pytest

from converters.features.files import save_matrix
from converters.features.matrix import make_matrix
from converters.features.raw_files import RawFolder


def _matrices(raw: Path, folder: Path) -> Path:
    found = RawFolder(raw)
    for transcript in found.transcripts():
        save_matrix(folder / f"{transcript}.npy", make_matrix(found.find(transcript)).matrix)
    return folder


@pytest.fixture(scope="session")
def matrices(golden, tmp_path_factory) -> Path:
    """A folder of TP53's and PTEN's feature matrices."""
    return _matrices(golden / "raw" / "feature", tmp_path_factory.mktemp("features"))


@pytest.fixture
def own_matrices(matrices, tmp_path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(matrices, tmp_path / "features"))
