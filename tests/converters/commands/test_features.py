"""`gmvp-convert features` as its user has it."""

import filecmp
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

TP53, PTEN = "ENST00000269305", "ENST00000371953"
COMMAND = [sys.executable, "-m", "converters.cli", "features"]


@pytest.fixture(scope="session")
def raw(golden):
    return golden / "raw" / "feature"


@pytest.fixture
def features(gmvp_convert, tmp_path):
    def run(*arguments):
        done = gmvp_convert("features", *arguments, cwd=tmp_path)
        assert "Traceback" not in done.stderr
        return done

    return run


def test_built_then_present_then_forced(features, raw, tmp_path):
    done = features("--raw", raw, "-o", "out")
    assert done.returncode == 0
    assert done.stdout.split() == (
        ["transcripts", "built", "2", "present", "0", "skipped", "0", "failed", "0"]
    )
    assert sorted(os.listdir(tmp_path / "out")) == [f"{TP53}.npy", f"{PTEN}.npy"]
    assert "present       2" in features("--raw", raw, "-o", "out").stdout
    assert "built         2" in features("--raw", raw, "-o", "out", "--force").stdout


def test_what_is_damaged_or_older_than_its_inputs_is_built_again(features, raw, tmp_path):
    features("--raw", raw, "-o", "out")
    path = tmp_path / "out" / f"{PTEN}.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:5000])
    assert "built         1" in features("--raw", raw, "-o", "out").stdout
    assert path.read_bytes() == whole
    os.utime(path, (0, 0))
    assert "built         1" in features("--raw", raw, "-o", "out").stdout


def test_a_list_of_transcripts_and_pickles(features, raw, golden, tmp_path):
    (tmp_path / "list").write_text(f"# PTEN\n{PTEN}  # the gene\n\n{PTEN}\n")
    done = features("--raw", raw, "--transcripts", "list", "-o", "out", "--format", "pickle")
    assert done.returncode == 0
    assert os.listdir(tmp_path / "out") == [f"{PTEN}.pickle"]
    theirs = golden / "combined" / f"{PTEN}.pickle"
    assert filecmp.cmp(theirs, tmp_path / "out" / f"{PTEN}.pickle", shallow=False)


def test_skipped_and_failed_are_named_with_their_reason(features, raw, tmp_path):
    folder = tmp_path / "raw"
    shutil.copytree(raw, folder)
    (folder / f"{TP53}.compara103").unlink()
    done = features("--raw", "raw", "-o", "out")
    assert done.returncode == 0
    assert f"{TP53}   skipped   no alignment ({TP53}.compara103 or {TP53}.a3m)" in done.stdout
    strict = features("--raw", "raw", "-o", "out", "--strict")
    assert strict.returncode == 1
    assert "error: 1 transcripts were skipped, and --strict was given" in strict.stderr
    (folder / f"{PTEN}.netsurfp2.json").write_text("{}")
    failed = features("--raw", "raw", "-o", "out", "--report", "report.json")
    assert failed.returncode == 1
    assert f"{PTEN}   failed    raw/{PTEN}.netsurfp2.json: q3_prob is missing" in failed.stdout
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["counts"] == {"built": 0, "present": 0, "skipped": 1, "failed": 1}
    assert [row["status"] for row in report["transcripts"]] == ["skipped", "failed"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--raw", "nowhere", "-o", "out"], "error: nowhere: No such file or directory"),
        (
            ["--raw", "empty", "-o", "out"],
            "error: empty: contains no raw files; expected <id>.compara",
        ),
        (["--raw", "empty", "-o", "out", "--transcripts", "bad"], "error: bad, line 1: '../x' is"),
        (
            ["--raw", "empty", "--transcripts", "bad", "--report", "./bad", "-o", "out"],
            "error: bad: this command already uses this file",
        ),
        (["--raw", "empty", "-o", "bad"], "error: bad: File exists"),
    ],
)
def test_wrong_arguments(features, tmp_path, arguments, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad").write_text("../x\n")
    if "bad" in arguments[-1:] and "--transcripts" not in arguments:
        (tmp_path / "empty" / "T.compara103").touch()
    done = features(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists() or "--transcripts" in arguments


def test_transcripts_that_are_not_there_at_all(features, raw, tmp_path):
    (tmp_path / "list").write_text("ENST1\n")
    done = features("--raw", raw, "--transcripts", "list", "-o", "out")
    assert done.returncode == 1
    assert "error: no matrix was built: no transcript has all of its inputs" in done.stderr


def _many(raw, folder, number):
    folder.mkdir()
    for n in range(number):
        for path in raw.glob(f"{PTEN}.*"):
            (folder / path.name.replace(PTEN, f"T{n:03d}")).symlink_to(path)


def test_several_processes_give_what_one_does(features, raw, tmp_path):
    _many(raw, tmp_path / "raw", 6)
    for jobs in (1, 2):
        assert features("--raw", "raw", "-o", f"out{jobs}", "-j", jobs).returncode == 0
    _assert_same(tmp_path / "out1", tmp_path / "out2", 6)


def _assert_same(one, other, number):
    names = sorted(os.listdir(one))
    assert names == sorted(os.listdir(other))
    assert len(names) == number
    assert filecmp.cmpfiles(one, other, names, shallow=False)[1:] == ([], [])


def _kill_and_go_on(features, raw, tmp_path, times):
    _many(raw, tmp_path / "raw", 40)
    features("--raw", "raw", "-o", "undisturbed")
    moments = random.Random(0)
    for _ in range(times):
        run = subprocess.Popen(
            [*COMMAND, "--raw", "raw", "-o", "out", "-j", "2"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        time.sleep(moments.uniform(0.1, 2.5))
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()  # until its workers have ended too: one may be writing to a slow disk
        for path in (tmp_path / "out").glob("*.npy"):
            assert np.load(path).shape == (403, 435)
    assert features("--raw", "raw", "-o", "out").returncode == 0
    left = [p for p in (tmp_path / "out").iterdir() if p.name.startswith(".")]
    assert left == []
    _assert_same(tmp_path / "undisturbed", tmp_path / "out", 40)


@pytest.mark.slow
def test_killed_and_run_again(features, raw, tmp_path):
    _kill_and_go_on(features, raw, tmp_path, 3)


@pytest.mark.exhaustive
def test_killed_twenty_times_and_run_again(features, raw, tmp_path):
    _kill_and_go_on(features, raw, tmp_path, 20)


def test_processes_at_work_end_with_the_one_that_is_killed(raw, tmp_path):
    _many(raw, tmp_path / "raw", 200)
    run = subprocess.Popen(
        [*COMMAND, "--raw", "raw", "-o", "out", "-j", "2"], cwd=tmp_path, start_new_session=True
    )
    while not list(tmp_path.glob("out/*.npy")):
        time.sleep(0.02)
    run.kill()
    run.wait()
    for _ in range(100):
        try:
            os.killpg(run.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGKILL)
    pytest.fail("a process outlived the one that started it by ten seconds")


def _heed_interrupts():
    """A shell's background jobs, such as these tests may be, pass over Ctrl-C unless told."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_at_once_and_without_a_traceback(raw, tmp_path):
    _many(raw, tmp_path / "raw", 200)
    run = subprocess.Popen(
        [*COMMAND, "--raw", "raw", "-o", "out", "-j", "2"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    )  # fmt: skip
    while not list(tmp_path.glob("out/*.npy")):
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=20)
    assert run.returncode == 130
    assert errors.strip() == "interrupted; run it again to continue or to start over"


@pytest.fixture
def small(raw, tmp_path):
    """PTEN's inputs without structure and counts, and a model of it: one long helix."""
    from converters.features.profile import read_profile
    from converters.residues import letter
    from tests.converters.features.coordinates.peptides import HELIX, as_pdb, atoms_of, backbone

    folder = tmp_path / "small"
    folder.mkdir()
    for end in (".99.diff0.hhm.npy", ".compara103"):
        shutil.copy(raw / f"{PTEN}{end}", folder)
    codes = read_profile(folder / f"{PTEN}.99.diff0.hhm.npy")[:, 0]
    protein = "".join(letter(int(code)) for code in codes)
    plddt = np.linspace(95, 30, len(protein)).round(2)
    atoms = atoms_of(protein, backbone([HELIX] * len(protein)), b_factors=plddt)
    (tmp_path / "AF-P60484-F1-model_v4.pdb").write_text(as_pdb(atoms))
    return folder


def test_a_model_and_neutral_counts_in_place_of_what_is_missing(features, small, tmp_path):
    done = features("--raw", small, "-o", "out")
    assert done.returncode == 1
    assert "where structure is missing, --structure-from a model or --without" in done.stderr
    model = ("--structure-from", "AF-P60484-F1-model_v4.pdb", "--without", "counts")
    done = features("--raw", small, "-o", "out", *model, "--report", "report.json")
    assert done.returncode == 0, done.stderr
    assert f"note: {PTEN}: model AF-P60484-F1-model_v4.pdb, chain A, 403 of 403" in done.stderr
    assert f"note: {PTEN}: neutral values in place of population counts" in done.stderr
    matrix = np.load(tmp_path / "out" / f"{PTEN}.npy")
    assert matrix[:, 421].mean() > 0.95  # some prolines break it
    assert not matrix[:, 431:].any()
    record = json.loads((tmp_path / "out" / f"{PTEN}.sources.json").read_text())
    inputs = record["stand_ins"][PTEN]
    assert inputs["counts"] == "neutral values"
    assert inputs["structure"].endswith("disorder 1 - pLDDT / 100")
    (outcome,) = json.loads((tmp_path / "report.json").read_text())["transcripts"]
    assert outcome["stand_ins"] == inputs


@pytest.mark.slow
def test_other_stand_ins_build_anew_and_none_remove_the_record(features, small, raw, tmp_path):
    neutral = ("--raw", small, "-o", "out", "--without", "structure", "--without", "counts")
    assert "built         1" in features(*neutral).stdout
    again = features(*neutral)
    assert "present       1" in again.stdout
    assert "neutral values in place of NetSurfP" in again.stderr
    model = ("--structure-from", "AF-P60484-F1-model_v4.pdb", "--without", "counts")
    assert "built         1" in features("--raw", small, "-o", "out", *model).stdout
    for end in (".netsurfp2.json", ".aa.obs_exp.npy"):
        shutil.copy(raw / f"{PTEN}{end}", small)
    assert "built         1" in features("--raw", small, "-o", "out").stdout
    assert os.listdir(tmp_path / "out") == [f"{PTEN}.npy"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--structure-from", "x.pdb", "--without", "structure"], "exclude each other"),
        (["--neutral-from", "."], "--neutral-from needs --structure-from, or --without structure"),
        (["--structure-from", "none"], "none: No such file"),
        (["--without", "alignment"], "alignment"),
    ],
)
def test_options_of_which_one_would_go_unheeded(features, raw, tmp_path, arguments, message):
    (tmp_path / "x.pdb").write_text("")
    done = features("--raw", raw, "-o", "out", *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_one_model_is_for_one_transcript(features, raw, tmp_path):
    (tmp_path / "x.pdb").write_text("")
    done = features("--raw", raw, "-o", "out", "--structure-from", "x.pdb")
    assert done.returncode == 2
    assert "x.pdb: is one model, but there are 2 transcripts" in done.stderr
    (tmp_path / "list").write_text(PTEN)
    done = features("--raw", raw, "-o", "out", "--structure-from", "x.pdb", "--transcripts", "list")
    assert done.returncode == 1
    assert "x.pdb: not a PDB file (Empty file.)" in " ".join(done.stdout.split())
