from pathlib import Path

import pytest

from converters.commands.released_options import raw_and_list, tables_of
from converters.errors import InputError

A, B = Path("a"), Path("b")


def test_tables_are_those_given_either_way():
    assert tables_of([A], None, 1.0) == tables_of(None, [A], 1.0) == [A]
    assert tables_of([A], [B], 1.0) == [A, B]
    with pytest.raises(InputError, match="no table given; expected TABLE"):
        tables_of(None, None, 1.0)


def test_a_selection_by_frequency_is_refused_and_not_ignored():
    with pytest.raises(InputError, match=r"--af 0\.01: variants are not selected by frequency"):
        tables_of([A], None, 0.01)


def test_input_is_a_folder_of_raw_files_or_a_list(tmp_path):
    listed = tmp_path / "list.txt"
    listed.touch()
    assert raw_and_list(None, None, tmp_path) == raw_and_list(tmp_path, None, None)
    assert raw_and_list(tmp_path, None, listed) == (tmp_path, listed)
    for raw, transcripts, given in ((A, None, tmp_path), (A, listed, listed)):
        with pytest.raises(InputError, match="are the same option; give only one of them"):
            raw_and_list(raw, transcripts, given)
    with pytest.raises(InputError, match="no folder of raw files given; expected --raw DIR"):
        raw_and_list(None, None, listed)
