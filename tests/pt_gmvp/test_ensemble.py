"""Models by names to tell them apart."""

import pytest

from converters.errors import InputError
from pt_gmvp.ensemble import load_models


def test_names_are_folders_or_paths(small, tmp_path):
    folders = [tmp_path / "a" / "model", tmp_path / "b" / "model", tmp_path / "other"]
    for folder in folders:
        small().save_pretrained(folder)
    assert list(load_models(folders[1:])) == ["model", "other"]
    assert list(load_models(folders)) == [str(folder) for folder in folders]
    with pytest.raises(InputError, match="model: given twice; give each model once"):
        load_models([folders[0], folders[0].parent / "." / "model"])
