"""`gmvp-convert simulate` as its user has it."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

SMALL = ("--proteins", 12, "--variants-per-protein", 8, "--mean-length", 70)


@pytest.fixture
def simulate(gmvp_convert, tmp_path):
    def run(*arguments):
        done = gmvp_convert("simulate", *arguments, cwd=tmp_path)
        assert "Traceback" not in done.stderr
        return done

    return run


def test_what_is_made_is_summed_up(simulate, tmp_path):
    done = simulate(*SMALL, "--seed", 5, "-o", "data", "--gene-spread", 1, "--jobs", 1)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "data" / "truth.json").read_text())
    assert told["settings"]["seed"] == 5
    assert told["auroc_expected_without"]["gene"] < told["auroc"]["expected"]
    assert "variants                            96" in done.stdout
    assert f"{told['auroc']['expected']:.4f} ± " in done.stdout
    assert "data written; its true values are in truth.json" in done.stderr
    names = sorted(os.listdir(tmp_path / "data"))
    assert names[:1] + names[-3:] == ["coupled.tsv", "truth.json", "truth.tsv", "variants.tsv"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--proteins", 3), "error: 3 proteins and 120 variants leave 7 of 10 files empty"),
        (("--variants-per-protein", 19000), "error: 5,700,000 variants of 300 proteins"),
        (("--proteins", 1000000), "error: 40,000,000 variants; expected at most 16,777,216"),
        (("--split", "gene"), "'gene'"),
    ],
)
def test_what_cannot_be_is_one_line(simulate, tmp_path, arguments, why):
    done = simulate(*arguments, "-o", "data")
    assert done.returncode == 2
    assert why in done.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.exhaustive
def test_a_killed_run_is_gone_on_with(simulate, tmp_path):
    settings = ("--proteins", 60, "--variants-per-protein", 20, "--to", "store")
    command = [sys.executable, "-m", "converters.cli", "simulate", *map(str, settings), "-o", "a"]
    running = subprocess.Popen([*command, "--jobs", "2"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    unfinished = tmp_path / ".a.unfinished"
    while len(list(unfinished.glob("*.npz"))) < 2:
        assert running.poll() is None
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    while True:  # its processes end with it, and let go of nothing that another needs
        done = simulate(*settings, "-o", "a")
        if done.returncode == 0:
            break
        assert "another run is writing to it" in done.stderr
    assert simulate(*settings, "-o", "b").returncode == 0
    one, other = (
        {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        for folder in (tmp_path / "a", tmp_path / "b")
    )
    assert one == other
