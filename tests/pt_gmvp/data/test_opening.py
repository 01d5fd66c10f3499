import shutil

import pytest

from converters.errors import InputError
from pt_gmvp.data.opening import is_store, open_stored


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
