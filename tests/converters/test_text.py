"""Text files: what is too much is refused before memory is taken for it."""

import gzip
import io
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters import text
from converters.errors import InputError
from converters.text import (
    GZIP,
    ZSTD,
    compression_of,
    lines_of,
    open_expanded,
    pieces,
    plain_name,
    plain_suffix,
    read_text,
    table_lines,
)


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


@given(st.text("ab\n\r\x0b\x0c\x1c\x85\u2028", max_size=12))
def test_lines_are_those_of_every_other_program(content):
    lines = [line.removesuffix("\n") for line in io.StringIO(content, None)]
    assert list(lines_of(content)) == lines


def test_a_bare_carriage_return_is_refused_in_a_table_by_its_line():
    assert list(table_lines("a\tb\r\n1\t2\n3", "t")) == ["a\tb\r\n", "1\t2\n", "3"]
    for content, line in (("a\rb\n", 1), ("a\nb\r\r\n", 2), ("a\nb\rc", 2)):
        with pytest.raises(InputError, match=f"t, line {line}: contains a carriage return"):
            list(table_lines(content, "t"))


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.b.A3M.GZ", ".a3m"),
        ("a.sto.bgz", ".sto"),
        ("a.sto.gz.gz", ".sto"),
        ("a.gz", ""),
        ("a", ""),
    ],
)
def test_a_suffix_without_that_of_the_compression(name, suffix):
    assert plain_suffix(name) == suffix
    assert plain_name(name) == name[: len(plain_name(name))]
    assert not plain_name(name).lower().endswith((".gz", ".bgz"))


def test_zstd_is_read(tmp_path):
    zstandard = pytest.importorskip("zstandard")
    (tmp_path / "t.zst").write_bytes(zstandard.compress(b"some text"))
    assert read_text(tmp_path / "t.zst") == "some text"


def test_without_a_reader_of_zstd_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression", None)
    (tmp_path / "t.zst").write_bytes(b"\x28\xb5\x2f\xfdrest")
    with pytest.raises(InputError, match="zstandard is not installed; install it"):
        read_text(tmp_path / "t.zst")


class _Frame:
    """What zstandard's decompressobj does, for frames that end with a dot."""

    eof, unused_data = False, b""

    def decompress(self, data):
        if b"!" in data:
            raise RuntimeError("damaged")
        found, dot, self.unused_data = data.partition(b".")
        self.eof = bool(dot)
        return found


def test_frames_of_zstd_one_after_the_other(monkeypatch):
    package = types.SimpleNamespace(
        ZstdDecompressor=lambda: types.SimpleNamespace(decompressobj=_Frame)
    )
    monkeypatch.setitem(sys.modules, "compression", None)
    monkeypatch.setitem(sys.modules, "zstandard", package)
    monkeypatch.setattr(text, "_ZSTD_CHUNK", 4)
    pieces = text.zstd_pieces("t.zst", io.BytesIO(b"one.two.three."))
    assert b"".join(pieces) == b"onetwothree"
    with pytest.raises(InputError, match=r"t.zst: not a complete zstd file \(it ends within"):
        list(text.zstd_pieces("t.zst", io.BytesIO(b"one.tw")))
    with pytest.raises(InputError, match=r"t.zst: not a complete zstd file \(damaged"):
        list(text.zstd_pieces("t.zst", io.BytesIO(b"o!")))


@pytest.mark.parametrize("kind", ["", GZIP, ZSTD])
def test_what_a_file_holds_however_it_is_stored(tmp_path, kind):
    data = bytes(range(256)) * 4096 + b"end"
    stored = {"": data, GZIP: gzip.compress(data, mtime=0)}
    if kind == ZSTD:
        stored[ZSTD] = pytest.importorskip("zstandard").compress(data)
    path = tmp_path / "t"
    path.write_bytes(stored[kind])
    assert compression_of(path) == kind
    assert b"".join(pieces(path)) == b"".join(pieces(path, 100)) == data
    with open_expanded(path) as file:
        assert file.read(3) + file.readline() + file.read() == data


def test_a_damaged_file_is_refused_only_where_it_is_read(tmp_path):
    lines = b"".join(b"%d\n" % number for number in range(400_000))
    (tmp_path / "t").write_bytes(gzip.compress(lines)[:-3000])
    with open_expanded(tmp_path / "t") as file:
        assert file.readline() == b"0\n"
    with pytest.raises(InputError, match="not a complete gzip file"):
        list(pieces(tmp_path / "t"))
