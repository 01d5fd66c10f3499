import json
import math

import pytest

from converters.errors import InputError
from pt_gmvp.runs.journal import Journal, read_lines


def test_a_journal_is_cut_back_and_continued(tmp_path):
    path = tmp_path / "lines.jsonl"
    first = Journal(path)
    first.write({"a": 1 / 3, "b": math.nan})
    size = first.sync()
    first.write({"a": 2})
    first.close()
    again = Journal(path, size)
    again.write({"a": math.inf})
    again.close()
    assert read_lines(path) == [{"a": 1 / 3, "b": None}, {"a": None}]
    with pytest.raises(InputError, match=r"has \d+ bytes, but had 1000 at its checkpoint"):
        Journal(path, 1000)


def test_every_line_is_readable_at_once(tmp_path):
    journal = Journal(tmp_path / "lines.jsonl")
    for number in range(3):
        journal.write({"number": number})
        assert [line["number"] for line in read_lines(tmp_path / "lines.jsonl")][-1] == number
    journal.close()


def test_other_values_are_written_as_they_are(tmp_path):
    line = {"text": "NaN", "none": None, "list": [1, 2], "true": True}
    journal = Journal(tmp_path / "lines.jsonl")
    journal.write(line)
    journal.close()
    assert json.loads((tmp_path / "lines.jsonl").read_text()) == line
