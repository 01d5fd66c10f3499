"""Where tables go: names that say a format, and streams that take but a part at a time."""

import io
import os
from types import SimpleNamespace

import numpy as np
import pytest

from converters.errors import InputError
from pt_gmvp.scoring.formatting import HEADER, substitutions
from pt_gmvp.scoring.outputs import Form, Output, text_writer


class Reluctant(io.RawIOBase):
    """Takes at most 1,000 bytes a call, and no more than `room`: then its reader is gone."""

    def __init__(self, room: int) -> None:
        self.taken, self.room = b"", room

    def writable(self) -> bool:
        return True

    def write(self, given) -> int:
        if not self.room:
            raise BrokenPipeError
        taken = bytes(given[: min(1_000, self.room)])
        self.taken += taken
        self.room -= len(taken)
        return len(taken)


@pytest.fixture
def lines() -> tuple[np.ndarray, np.ndarray]:
    """Residues and scores of which there is 80 kB of text."""
    return np.zeros(100, np.uint8), np.random.default_rng(0).random((100, 20))


def test_what_a_stream_takes_in_parts_arrives_whole(lines, monkeypatch) -> None:
    stream = Reluctant(1_000_000)
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=stream))
    with text_writer(Output("-")) as writer:
        writer.substitutions("T", *lines)
    assert stream.taken == HEADER + substitutions("T", 0, *lines)


def test_a_reader_that_goes_away_amid_a_write_is_noticed(lines, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=Reluctant(5_500)))
    with pytest.raises(BrokenPipeError), text_writer(Output("-")) as writer:
        writer.substitutions("T", *lines)


def test_a_full_disk_behind_a_stream_says_that_no_whole_table_came_out(lines) -> None:
    said = "^/dev/full: No space left on device; what was written is not a complete table$"
    with pytest.raises(InputError, match=said), text_writer(Output("/dev/full")) as writer:
        writer.substitutions("T", *lines)


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.tsv", Form.TSV), ("a.b.tsv.gz", Form.TSV_GZ), ("a.tsv.parquet", Form.PARQUET)],
)
def test_the_name_says_the_format(name: str, form: Form) -> None:
    assert Output(name).form is form


def test_parquet_is_not_for_pipes(tmp_path) -> None:
    pipe = tmp_path / "pipe.parquet"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="parquet cannot be written to a stream; name a file"):
        Output(str(pipe))
