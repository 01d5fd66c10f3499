"""A user's own files are neither installed nor Python's nor the engine's."""

import json

import numpy as np
import pytest

from parity import errors
from parity.declaring.own_files import is_own


def test_a_users_file_is_their_own(tmp_path):
    file = tmp_path / "model.py"
    file.write_text("")
    assert is_own(str(file))
    assert is_own(__file__)


@pytest.mark.parametrize("file", [json.__file__, np.__file__, errors.__file__, "<string>"])
def test_other_files_are_not(file):
    assert not is_own(file)


def test_installed_and_missing_files_are_not(tmp_path):
    installed = tmp_path / "site-packages" / "lib.py"
    installed.parent.mkdir()
    installed.write_text("")
    assert not is_own(str(installed))
    assert not is_own(str(tmp_path / "gone.py"))
