"""The table of predictions has its chunks in their order, or is absent."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from pt_gmvp.scoring.outputs import Output
from pt_gmvp.scoring.predictions import write_predictions

CHUNKS = [(["b", "a"], np.array([0.5, 0.25])), (["b"], np.array([0.125]))]


def test_chunks_follow_one_another(tmp_path: Path) -> None:
    write_predictions(Output(str(tmp_path / "o.tsv")), CHUNKS)
    assert (tmp_path / "o.tsv").read_text() == "var\tgMVP\nb\t0.5\na\t0.25\nb\t0.125\n"
    write_predictions(Output(str(tmp_path / "o.parquet")), CHUNKS)
    rows = duckdb.read_parquet(str(tmp_path / "o.parquet")).fetchall()
    assert rows == [("b", 0.5), ("a", 0.25), ("b", 0.125)]


@pytest.mark.parametrize("name", ["o.tsv", "o.tsv.gz", "o.parquet"])
def test_a_failure_leaves_nothing(tmp_path: Path, name: str) -> None:
    def chunks():
        yield CHUNKS[0]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        write_predictions(Output(str(tmp_path / name)), chunks())
    assert not list(tmp_path.iterdir())
