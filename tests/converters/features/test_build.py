"""Building of matrices: what is built, kept, skipped or failed."""

import os
import shutil
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from converters.errors import InputError
from converters.features import build as module
from converters.features.build import Outcome, build
from converters.features.files import load_matrix, save_matrix
from converters.features.raw_files import RawFolder

PTEN = "ENST00000371953"


@pytest.fixture
def run(pten, tmp_path):
    """Return a function that builds PTEN's matrix and returns the outcome."""
    (tmp_path / "out").mkdir()

    def one(force=False, form="npy"):
        (outcome,) = build(RawFolder(pten), [PTEN], tmp_path / "out", form, jobs=1, force=force)
        return outcome

    return one


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out" / f"{PTEN}.npy"


@pytest.mark.parametrize("form", ["npy", "pickle"])
def test_a_current_matrix_is_kept_unless_forced(run, tmp_path, form):
    output = tmp_path / "out" / f"{PTEN}.{form}"
    assert run(form=form) == Outcome(PTEN, "built")
    assert load_matrix(output).shape == (403, 435)
    written = output.stat().st_mtime_ns
    assert run(form=form) == Outcome(PTEN, "present")
    assert output.stat().st_mtime_ns == written
    assert run(form=form, force=True).status == "built"


def test_a_matrix_that_is_not_whole_is_built_again(run, output):
    run()
    content = output.read_bytes()
    output.write_bytes(content[:1000])
    assert run().status == "built"
    assert output.read_bytes() == content
    save_matrix(output, np.zeros((403, 434)))
    assert run().status == "built"


def test_a_matrix_that_is_not_newer_than_every_input_is_built_again(run, output, pten):
    run()
    path = pten / f"{PTEN}.compara103"
    os.utime(path, ns=(0, output.stat().st_mtime_ns))
    assert run().status == "built"
    os.utime(path, ns=(0, output.stat().st_mtime_ns - 1))
    assert run().status == "present"


def test_a_transcript_without_all_inputs_is_skipped(run, output, pten):
    (pten / f"{PTEN}.compara103").unlink()
    (pten / f"{PTEN}.netsurfp2.json").unlink()
    outcome = run()
    assert outcome.status == "skipped"
    assert outcome.reason.startswith(f"no alignment ({PTEN}.compara103 or")
    assert ", no structure (" in outcome.reason
    assert not output.exists()


def test_a_damaged_input_fails_by_its_name(run, output, pten):
    (pten / f"{PTEN}.netsurfp2.json").write_text("{")
    outcome = run()
    assert outcome.status == "failed"
    assert f"{PTEN}.netsurfp2.json: not JSON" in outcome.reason
    assert not output.exists()


def test_an_unreadable_input_fails_by_its_name(run, pten):
    path = pten / f"{PTEN}.netsurfp2.json"
    folder = RawFolder(pten)
    path.unlink()
    (outcome,) = build(folder, [PTEN], pten, "npy", jobs=1)
    assert outcome == Outcome(PTEN, "failed", f"{path}: No such file or directory")


def test_notes_are_kept(run, pten):
    (pten / f"{PTEN}.hhm").write_text("never read")
    assert run().notes == (f"{PTEN}.hhm was not used",)


def test_an_output_that_cannot_be_written_ends_the_run(pten, tmp_path):
    with pytest.raises(FileNotFoundError):
        build(RawFolder(pten), [PTEN], tmp_path / "missing", "npy", jobs=1)


def test_outcomes_are_in_the_order_given(pten, tmp_path):
    for path in list(pten.iterdir()):
        shutil.copy(path, pten / path.name.replace(PTEN, "A"))
    advanced = []
    found = build(
        RawFolder(pten), [PTEN, "B", "A"], tmp_path, "npy", 2, advance=lambda: advanced.append(1)
    )
    assert [outcome.transcript for outcome in found] == [PTEN, "B", "A"]
    assert [outcome.status for outcome in found] == ["built", "skipped", "built"]
    assert len(advanced) == 3


class _Broken:
    """A pool whose workers are killed at once."""

    def __init__(self, *arguments):
        pass

    def submit(self, *arguments):
        raise BrokenProcessPool

    def shutdown(self, **options):
        pass


def test_a_killed_worker_is_one_line_with_advice(pten, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "ProcessPoolExecutor", _Broken)
    with pytest.raises(InputError, match=r"a worker process was killed, .* with fewer --jobs"):
        build(RawFolder(pten), list("ABCD"), tmp_path, "npy", jobs=2)
