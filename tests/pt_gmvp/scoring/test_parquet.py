from pathlib import Path

import duckdb
import numpy as np
import pytest

from converters.errors import InputError
from pt_gmvp.scoring.merging import Slice
from pt_gmvp.scoring.parquet import merge_parquet, write_parquet
from pt_gmvp.scoring.parts import PartWriter, find_parts

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"


def rows(path: Path) -> list[tuple[str, float]]:
    return duckdb.read_parquet(str(path)).fetchall()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_variants_are_written_in_their_order(tmp_path, dtype):
    path, scores = tmp_path / "it's.parquet", np.array([0.1, 1, 0.25], dtype)
    write_parquet([(["b", "a"], scores[:2]), (["b"], scores[2:])], path)
    assert rows(path) == [("b", float(dtype(0.1))), ("a", 1.0), ("b", 0.25)]
    types = duckdb.read_parquet(str(path))
    assert list(zip(types.columns, map(str, types.types), strict=True)) == [
        ("var", "VARCHAR"),
        ("gMVP", "DOUBLE"),
    ]


def test_the_same_rows_give_the_same_bytes(tmp_path):
    names, scores = [f"v{number}" for number in range(500)], np.random.default_rng(0).random(500)
    for name in ("one", "two"):
        write_parquet([(names, scores)], tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.fixture
def part(tmp_path):
    """Scores 0, 1, ... of a protein A C X."""
    (tmp_path / "parts").mkdir()
    writer = PartWriter(tmp_path / "parts")
    scores = np.arange(60, dtype=np.float32).reshape(3, 20)
    writer.write("T", (0, 0), np.array([0, 1, 20], np.uint8), scores)
    writer.close()
    (found,) = find_parts(tmp_path / "parts")
    return found


def test_chunks_are_merged_in_their_order(part, tmp_path):
    path, done = tmp_path / "o.parquet", []
    merge_parquet([[Slice(part, 0, 1)], [Slice(part, 1, 2), Slice(part, 2, 3)]], path, done.append)
    stems = [f"T_{position}_{residue}_" for position, residue in enumerate("AC*", 1)]
    names = [stem + alt for stem in stems for alt in AMINO_ACIDS]
    assert rows(path) == [(name, float(score)) for score, name in enumerate(names)]
    assert done == [1, 2]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["o.parquet", "parts"]


def test_a_failure_leaves_no_chunks(part, tmp_path):
    def fails(units):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        merge_parquet([[Slice(part, 0, 1)]], tmp_path / "o.parquet", fails)
    assert [each.name for each in tmp_path.iterdir()] == ["parts"]


def test_a_file_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "o").mkdir()
    with pytest.raises(InputError, match=r"cannot write the parquet file \(") as refused:
        write_parquet([(["a"], np.ones(1))], tmp_path / "o")
    assert "\n" not in str(refused.value)
