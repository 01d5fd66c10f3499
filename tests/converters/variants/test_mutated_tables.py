"""Mutated tables: the right rows, or a clear error with file and line."""

import random
import re

import pytest

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from converters.variants import cells
from converters.variants.changes import LETTER_OF
from converters.variants.reading import Options, read_tables
from tests.converters.variants.tables import GIVEN, HEADERS, LONG, NAMELESS, table

ODD = (
    b"", b"\t", b",", b";", b":", b"\n", b"\r", b'"', b"\0", b"\xff", b"#", b"NA", b"-1", b"0",
    b" ", b"9" * 30, b"*", b"?", b"=", b"|", b"\x1b[2J", b"Ter", b"\xc3\xa9", b"\xef\xbb\xbf",
)  # fmt: skip


def _variants(rng):
    names = ["ENST00000003084", "ENST00000269305.9", "ENST00000371953"]
    for _ in range(rng.randint(1, 6)):
        ref, alt = rng.sample(AMINO_ACIDS, 2)
        yield rng.choice(names), rng.randint(1, 3000), ref, alt


def _mutated(rng, kind):
    data = bytearray(table(kind, list(_variants(rng))).encode())
    for _ in range(rng.randint(1, 4)):
        at, gone = rng.randint(0, len(data)), rng.choice([0, 0, 1, 1, 4, 30])
        what = rng.random()
        if what < 0.7:
            data[at : at + gone] = rng.choice(ODD)
        elif what < 0.85:  # another place of the same table
            other = rng.randint(0, len(data))
            data[at : at + gone] = data[other : other + rng.randint(1, 20)]
        elif at < len(data):
            data[at] ^= 1 << rng.randint(0, 7)
    return bytes(data)


def _lines(data):
    text = data.removeprefix(b"\xef\xbb\xbf").decode()
    return re.split("\r\n|\r|\n", text)


def _understood(variant, line):
    """Return whether a line names what was read from it."""
    _, transcript, position, ref, alt, _, _ = variant
    whole = line.upper()
    if str(position) not in line or not (transcript in line or transcript == GIVEN):
        return False
    return all(
        letter in whole or LONG.get(letter, "?").upper() in whole or ref == "*"
        for letter in (ref, alt)
    )


def _rows(found):
    return [found.rows.variant(number) for number in range(len(found.rows))]


def _check(path, data, kind, monkeypatch):
    options = Options(transcript=GIVEN if kind in NAMELESS else None)
    path.write_bytes(data)
    try:
        found = read_tables([path], options)
    except InputError as error:
        refused = str(error)
        assert refused.startswith((str(path), "--transcript"))
        assert refused.isprintable()
        assert len(refused) < 1000
        return False
    lines = _lines(data)
    for variant in _rows(found):
        assert _understood(variant, lines[variant.line - 1]), (variant, lines[variant.line - 1])
        assert variant.alt in AMINO_ACIDS
        assert variant.ref in {*"ABCDEFGHIJKLMNOPQRSTUVWXYZ*", *LETTER_OF.values()}
    # No line is lost.
    named = {*found.rows.line.tolist(), *(one.line for one in found.listed)}
    assert len(named) == found.lines
    assert found.variants == len(found.rows) + found.listed.failed + found.listed.left_out
    for one in found.listed:
        assert one.detail.isprintable()
    with monkeypatch.context() as patch:
        patch.setattr(cells, "regular_columns", lambda *arguments: None)
        try:
            again = _rows(read_tables([path], options))
        except InputError:
            # A table of which no row is understood may be refused as a whole.
            again = []
        assert again == _rows(found)
    return True


def _run(folder, number, monkeypatch, seed):
    rng = random.Random(seed)
    good = 0
    for _ in range(number):
        kind = rng.choice(list(HEADERS))
        good += _check(folder / "t.txt", _mutated(rng, kind), kind, monkeypatch)
    assert number * 0.2 < good < number * 0.95


def test_400_mutated_tables(tmp_path, monkeypatch):
    _run(tmp_path, 400, monkeypatch, 1)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(10))
def test_10_000_mutated_tables(tmp_path, monkeypatch, seed):
    _run(tmp_path, 1000, monkeypatch, 100 + seed)
