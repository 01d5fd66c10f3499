"""Lines of text, however they are stored."""

import gzip
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters import text as text_files
from converters.errors import InputError
from converters.variants import lines
from converters.variants.byte_columns import PADDING
from converters.variants.lines import Lines, contents, read_blocks


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


BLANK = [b"\n", b" \n", b"\t\t\n", b",;\n", b"\r", b"\r\n"]


@pytest.mark.parametrize("line", BLANK)
def test_very_many_lines_without_a_cell_are_refused(tmp_path, line, monkeypatch):
    monkeypatch.setattr(lines, "MOST_EMPTY", 5000)
    few, many = b"a\n" + line * 5000, b"a\n" + line * 5001
    path = tmp_path / "t"
    for data in (few, gzip.compress(few)):
        path.write_bytes(data)
        assert len(_all(path)) == 5001
    for data in (many, gzip.compress(many), line * 5001):
        path.write_bytes(data)
        with pytest.raises(InputError, match="contains more than 5,000 empty lines and comments"):
            _all(path)


@given(st.lists(st.sampled_from(["", " ", "\t,", "a", " a", "#", "# ;", ";a"])))
def test_empty_lines_and_contents(texts):
    data = "".join(f"{text}\n" for text in texts).encode()
    block = Lines(data + bytes(PADDING), np.arange(len(texts)) + 1)
    empty = [not text.strip(" \t,;") for text in texts]
    assert block.is_empty.tolist() == empty
    kept = contents(block)
    wanted = [(n, t) for n, t in enumerate(texts, 1) if t.strip(" \t,;") and not t.startswith("#")]
    assert list(zip(kept.numbers.tolist(), kept.texts, strict=True)) == wanted
