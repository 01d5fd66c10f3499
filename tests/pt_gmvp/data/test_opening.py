import shutil

import pytest

from converters.errors import InputError
from pt_gmvp.data.opening import files_of, is_store, open_stored


def test_a_file_and_a_folder_of_records(shipped_records, tmp_path):
    shutil.copy(shipped_records, tmp_path / "b.tfrec")
    shutil.copy(shipped_records, tmp_path / "a.tfrec")
    kind, one = open_stored(shipped_records)
    assert (kind, len(one)) == ("records", 10)
    kind, two = open_stored(tmp_path)
    assert (kind, len(two)) == ("records", 20)
    assert two.var_ids == one.var_ids * 2
    assert not is_store(tmp_path)


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="neither a tensor store nor a folder with files"):
        open_stored(tmp_path)


def test_the_files_of_a_path(tmp_path):
    for name in ("b.tfrec", "a_tfrec", "c.txt"):
        (tmp_path / name).touch()
    assert files_of(tmp_path) == [tmp_path / "a_tfrec", tmp_path / "b.tfrec"]
    assert files_of(tmp_path / "c.txt") == [tmp_path / "c.txt"]
    (tmp_path / "index.json").touch()
    assert files_of(tmp_path) == [tmp_path]
