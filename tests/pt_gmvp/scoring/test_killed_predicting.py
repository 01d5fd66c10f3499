"""Killed at any moment, `gmvp predict` continues to the same bytes; a full disk loses nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from converters.features.files import load_matrix
from converters.residues import AMINO_ACIDS
from pt_gmvp.data.transcripts import protein_of
from tests.pt_gmvp.scoring.test_killed import killed_at_random, left

WRITE = "pt_gmvp.scoring.parts:PartWriter.write"
PLACES = {
    "before anything is written": ("pt_gmvp.scoring.folder:PartsFolder.start", 1, "", "before"),
    "before the manifest": ("pt_gmvp.scoring.folder:write_json", 1, "", "before"),
    "before a part": (WRITE, 3, "", "before"),
    "after a part": (WRITE, 3, "", "after"),
    "while the table is written": ("pt_gmvp.scoring.predictions:variants", 1, "", "before"),
    "when the table is there": ("pt_gmvp.scoring.folder:PartsFolder.remove", 1, "", "before"),
}


@pytest.fixture(scope="session")
def table(features: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 400 variants of proteins of all lengths, in no order; 7 blocks or so."""
    random, lines = np.random.default_rng(5), []
    for path in sorted(features.iterdir()):
        for position, residue in enumerate(protein_of(load_matrix(path)), 1):
            if residue != "*":
                lines.append(f"{path.stem} {position} {residue} {random.choice([*AMINO_ACIDS])}\n")
    chosen = random.choice(lines, 400)
    made = tmp_path_factory.mktemp("table") / "v.tsv"
    made.write_text("".join(chosen.tolist()))
    return made


@pytest.fixture(scope="session")
def predict(
    start: Callable[..., Any], models: list[Path], features: Path, table: Path
) -> Callable[..., Any]:
    """Starts `gmvp predict` on the table, on the CPU: (out, further arguments, see `start`)."""

    def run(out: Path, *arguments: object, **how: object) -> Any:
        given = [x for folder in models for x in ("--model", folder)]
        given += ["--variants", table, "--features", features, "--device", "cpu"]
        return start("predict", *given, "-o", out, *arguments, **how)

    return run


@pytest.fixture(scope="session")
def expected(predict: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The table of a whole run that nothing disturbed."""
    out = tmp_path_factory.mktemp("undisturbed") / "out.tsv"
    run = predict(out)
    assert run.wait() == [0], run.stderr()
    return out.read_bytes()


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_killed_there_it_goes_on_to_the_same_bytes(predict, tmp_path, expected, place):
    out = tmp_path / "out.tsv"
    assert predict(out, places=[place]).wait() == [-9]
    run = predict(out)
    assert run.wait() == [0], run.stderr()
    assert out.read_bytes() == expected
    assert [path.name for path in tmp_path.iterdir()] == ["out.tsv"]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("out.tsv.gz", ("pt_gmvp.scoring.outputs:bgzip", 1, "", "after")),
        ("out.parquet", ("pt_gmvp.scoring.parquet:_write", 1, "", "after")),
    ],
)
def test_killed_amid_a_table_of_another_format(predict, tmp_path, name, place):
    assert predict(tmp_path / f"whole.{name}").wait() == [0]
    out = tmp_path / name
    assert predict(out, places=[place]).wait() == [-9]
    assert not out.exists()
    assert predict(out).wait() == [0]
    assert out.read_bytes() == (tmp_path / f"whole.{name}").read_bytes()
    assert left(out) == sorted([name, f"whole.{name}"])


def test_killed_at_random_moments(predict, tmp_path, expected):
    killed_at_random(predict, tmp_path / "out.tsv", expected, 3, seed=1)


@pytest.mark.exhaustive
def test_killed_at_twenty_random_moments(predict, tmp_path, expected):
    assert killed_at_random(predict, tmp_path / "out.tsv", expected, 20, seed=2) >= 5


def test_ctrl_c_leaves_the_parts_and_says_how_to_continue(predict, tmp_path, expected):
    out = tmp_path / "out.tsv"
    run = predict(out, places=[(WRITE, 3, "", "SIGINT")])
    assert run.wait() == [130]
    assert run.stderr().endswith(
        f"interrupted; finished scores are in {out}.parts; run the same command again to continue\n"
    )
    assert left(out) == ["out.tsv.parts"]
    run = predict(out)
    assert run.wait() == [0]
    assert "distinct variants; continuing" in run.stderr()
    assert "distinct variants scored before" in run.stdout()
    assert out.read_bytes() == expected


def test_a_full_disk_is_one_line_and_loses_nothing(predict, tmp_path, expected):
    out = tmp_path / "out.tsv"
    run = predict(out, file_size=700)
    assert run.wait() == [2]
    assert run.stderr().splitlines()[-1] == (
        f"error: {out}.parts/scores-000.part: cannot be written (File too large); finished scores "
        "are kept: free some space, and run the same command again to continue"
    )
    # Enough for the parts, and not for the table.
    run = predict(out, file_size=4_000)
    assert run.wait() == [2]
    assert run.stderr().splitlines()[-1].startswith(f"error: {out}: File too large")
    assert left(out) == ["out.tsv.parts"]
    assert predict(out).wait() == [0]
    assert out.read_bytes() == expected


@pytest.mark.parametrize("world", [2, 3])
def test_the_same_bytes_by_any_number_of_processes(predict, tmp_path, expected, world):
    out = tmp_path / "out.tsv"
    run = predict(out, world=world)
    assert run.wait() == [0] * world, run.stderr()
    assert out.read_bytes() == expected
    assert left(out) == ["out.tsv"]
    assert all(run.stdout(rank) == run.stderr(rank) == "" for rank in range(1, world))


def test_one_of_two_is_killed_and_one_goes_on(predict, tmp_path, expected):
    out = tmp_path / "out.tsv"
    run = predict(out, world=2, places={1: [(WRITE, 2, "", "before")]})
    assert run.wait() == [2, -9]
    assert "process 0 of 2: another process of this run ended or does not respond" in run.stderr()
    run = predict(out)
    assert run.wait() == [0]
    assert "distinct variants; continuing" in run.stderr()
    assert out.read_bytes() == expected
