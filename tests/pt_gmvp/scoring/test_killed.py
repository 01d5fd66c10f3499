"""Killed at any moment, `gmvp score` continues to the same bytes; a full disk loses nothing."""

import os
import random
import time

import pytest

pytestmark = pytest.mark.slow

WRITE = "pt_gmvp.scoring.parts:PartWriter.write"
PLACES = {
    "before anything is written": ("pt_gmvp.scoring.folder:PartsFolder.start", 1, "", "before"),
    "before the manifest": ("pt_gmvp.scoring.folder:write_json", 1, "", "before"),
    "after the manifest": ("pt_gmvp.scoring.folder:PartsFolder.start", 1, "", "after"),
    "before a part": (WRITE, 3, "", "before"),
    "after a part": (WRITE, 3, "", "after"),
    "after the last part": (WRITE, 7, "", "after"),
    "while the table is written": ("pt_gmvp.scoring.formatting:substitutions", 4, "", "after"),
    "when the table is there": ("pt_gmvp.scoring.folder:PartsFolder.remove", 1, "", "before"),
}


def left(out):
    """What lies beside an output, but for what a killed process leaves and the next sweeps."""
    return sorted(path.name for path in out.parent.iterdir() if path.name[0] != ".")


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_killed_there_it_goes_on_to_the_same_bytes(score, tmp_path, undisturbed, place):
    out = tmp_path / "out.tsv"
    assert score(out, places=[place]).wait() == [-9]
    run = score(out)
    assert run.wait() == [0], run.stderr()
    assert out.read_bytes() == undisturbed
    assert [path.name for path in tmp_path.iterdir()] == ["out.tsv"]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("out.tsv.gz", ("pt_gmvp.scoring.outputs:bgzip", 1, "", "after")),
        ("out.parquet", ("pt_gmvp.scoring.parquet:_write", 1, "", "after")),
        ("out.parquet", ("pt_gmvp.scoring.parquet:_write", 2, "", "after")),
    ],
)
def test_killed_amid_a_table_of_another_format(score, tmp_path, name, place):
    assert score(tmp_path / f"whole.{name}").wait() == [0]
    out = tmp_path / name
    assert score(out, places=[place]).wait() == [-9]
    assert not out.exists()
    assert score(out).wait() == [0]
    assert out.read_bytes() == (tmp_path / f"whole.{name}").read_bytes()
    assert sorted(os.listdir(tmp_path)) == sorted([name, f"whole.{name}"])


def test_what_is_scored_is_not_scored_again(score, tmp_path):
    out = tmp_path / "out.tsv"
    score(out, places=[(WRITE, 5, "", "after")]).wait()
    run = score(out)
    assert run.wait() == [0]
    assert f"{out}.parts: has 5 of 7 transcripts; continuing" in run.stderr()
    rows = dict(line.rsplit(maxsplit=1) for line in run.stdout().splitlines()[1:])
    assert (rows["transcripts"], rows["  scored before"]) == ("7", "5")


def killed_at_random(score, out, expected, kills, seed):
    """Kill runs at random moments, continuing each time; return how many had finished parts."""
    draw = random.Random(seed)
    met, span = 0, 2.0
    while kills:
        started = time.monotonic()
        run = score(out)
        run.processes[0].join(draw.uniform(0, span))
        run.kill()
        if run.processes[0].exitcode == 0:
            # It was done sooner: started anew, and killed sooner from now on.
            assert out.read_bytes() == expected
            span = min(span, time.monotonic() - started)
            out.unlink()
            continue
        assert run.wait() == [-9], run.stderr()
        kills -= 1
        if out.exists():
            # Killed once the table was there: whole, as ever.
            assert out.read_bytes() == expected
            out.unlink()
        met += any(out.with_name(f"{out.name}.parts").glob("*.part"))
    run = score(out)
    assert run.wait() == [0], run.stderr()
    assert out.read_bytes() == expected
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    return met


def test_killed_at_random_moments(score, tmp_path, undisturbed):
    killed_at_random(score, tmp_path / "out.tsv", undisturbed, 4, seed=1)


def test_killed_at_twenty_random_moments(score, tmp_path, undisturbed):
    assert killed_at_random(score, tmp_path / "out.tsv", undisturbed, 20, seed=2) >= 5


def test_ctrl_c_leaves_the_parts_and_says_how_to_continue(score, tmp_path, undisturbed):
    out = tmp_path / "out.tsv"
    run = score(out, places=[(WRITE, 3, "", "SIGINT")])
    assert run.wait() == [130]
    assert run.stderr() == (
        f"interrupted; finished scores are in {out}.parts; run the same command again to continue\n"
    )
    assert left(out) == ["out.tsv.parts"]
    assert score(out).wait() == [0]
    assert out.read_bytes() == undisturbed


def test_a_full_disk_is_one_line_and_loses_nothing(score, tmp_path, undisturbed):
    out = tmp_path / "out.tsv"
    run = score(out, file_size=2_000)
    assert run.wait() == [2]
    assert run.stderr() == (
        f"error: {out}.parts/scores-000.part: cannot be written (File too large); finished scores "
        "are kept: free some space, and run the same command again to continue\n"
    )
    # Enough for the parts, and not for the table.
    run = score(out, file_size=6_000)
    assert run.wait() == [2]
    first, second = run.stderr().splitlines()
    assert first.endswith("transcripts; continuing")
    assert second.startswith(f"error: {out}: File too large")
    assert left(out) == ["out.tsv.parts"]
    assert score(out).wait() == [0]
    assert out.read_bytes() == undisturbed


@pytest.mark.parametrize("world", [2, 3])
def test_the_same_bytes_by_any_number_of_processes(score, tmp_path, undisturbed, world):
    out = tmp_path / "out.tsv"
    run = score(out, world=world)
    assert run.wait() == [0] * world, run.stderr()
    assert out.read_bytes() == undisturbed
    assert left(out) == ["out.tsv"]
    assert all(run.stdout(rank) == run.stderr(rank) == "" for rank in range(1, world))


def test_one_of_two_is_killed_and_one_goes_on(score, tmp_path, undisturbed):
    out = tmp_path / "out.tsv"
    run = score(out, world=2, places={1: [(WRITE, 2, "", "before")]})
    assert run.wait() == [2, -9]
    assert run.stderr() == (
        "error: process 0 of 2: another process of this run ended or does not respond, so this "
        "one ends too; finished scores are kept: run the same command again to continue\n"
    )
    run = score(out)
    assert run.wait() == [0]
    assert "transcripts; continuing" in run.stderr()
    assert out.read_bytes() == undisturbed


def test_what_the_first_process_refuses_is_said_once(score, tmp_path):
    run = score(tmp_path / "out.tsv", "--model", "nowhere", world=2)
    assert run.wait() == [2, 2]
    assert run.stderr(0).startswith("error: nowhere/config.json: no such file")
    assert run.stderr(1) == ""
    assert not list(tmp_path.iterdir())
