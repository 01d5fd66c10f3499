"""Text files: what is too much is refused before memory is taken for it."""

import gzip

import pytest

from converters import text
from converters.errors import InputError
from converters.text import read_text


def test_a_small_file_of_very_much_text_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST", 1 << 22)
    path = tmp_path / "t.gz"
    path.write_bytes(gzip.compress(b"0" * (1 << 22)))
    assert len(read_text(path)) == 1 << 22
    path.write_bytes(gzip.compress(b"0" * (1 << 26)))
    with pytest.raises(InputError, match="expands to more than"):
        read_text(path)


@pytest.mark.parametrize("data", [gzip.compress(b"text", mtime=0)[:-3], b"\x1f\x8bxx"])
def test_a_damaged_gzip_file_is_refused(tmp_path, data):
    (tmp_path / "t").write_bytes(data)
    with pytest.raises(InputError, match="not a complete gzip file"):
        read_text(tmp_path / "t")
