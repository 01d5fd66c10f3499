"""Lines of text, however they are stored."""

import gzip
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters import text as text_files
from converters.errors import InputError
from converters.variants import lines
from converters.variants.lines import contents, read_blocks


def _all(path):
    return [(number, text) for block in read_blocks(path) for number, text in zip(
        block.numbers.tolist(), block.texts, strict=True)]  # fmt: skip


@given(st.text("ab#é\r\n\u2028\x0c", max_size=60), st.integers(1, 9), st.booleans())
def test_lines_of_any_text(tmp_path_factory, text, chunk, packed):
    path = tmp_path_factory.getbasetemp() / "lines.txt"
    data = text.encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    wanted = re.split("\r\n|\r|\n", text)
    wanted = wanted if wanted[-1] else wanted[:-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_CHUNK", chunk)
        patch.setattr(text_files, "_CHUNK", chunk)
        assert _all(path) == list(enumerate(wanted, 1))
    for block in read_blocks(path):
        kept = contents(block)
        assert kept.texts == [
            one for one in block.texts if one.strip(" \t,;") and not one.startswith("#")
        ]
        assert [kept.text(at) for at in range(len(kept))] == kept.texts
        assert block.after(1).texts == block.texts[1:]
        assert block.select([0]).texts == block.texts[:1]


def test_a_line_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_LINE", 1 << 21)
    (tmp_path / "t.gz").write_bytes(gzip.compress(b"x" * (1 << 23)))
    with pytest.raises(InputError, match="contains a line of more than 2 MiB"):
        _all(tmp_path / "t.gz")


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path):
    for data, said in (
        (b"a\nb\xe9\n", "line 2: byte 0xe9 is not UTF-8"),
        (b"a\n\n\0\n", "line 3: contains a NUL byte"),
        (b"\xfe\xff\0a", "is UTF-16 text"),
    ):
        (tmp_path / "t").write_bytes(data)
        with pytest.raises(InputError, match=said):
            _all(tmp_path / "t")
