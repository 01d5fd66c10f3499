"""Replay files: every bit is restored, and the case runs on whatever port there is now."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from parity import storage
from parity.declaring.port import Configuration
from parity.declaring.weight import Weight
from parity.errors import InputError, ParityError
from parity.fuzz import replay
from parity.fuzz.outcome import run_case
from parity.judging.verdict import Verdict


def halves(x):
    return {"y": x / 2}


def wrong_at_zero(x):
    return {"y": np.where(x == 0, 1, x / 2).astype(x.dtype)}


def run_again(stored, port):
    pair, _, task = stored.task(port)
    return run_case(pair, task)


@pytest.fixture
def port(small_port):
    return small_port(halves, wrong_at_zero)


@pytest.fixture
def stored(port, fuzzed, tmp_path):
    """Return a replay that was written and read."""
    made = replay.from_run(fuzzed(port), "small", {"numpy": np.__version__})
    made.save(tmp_path / "case.replay")
    return replay.load(tmp_path / "case.replay")


def test_a_counterexample_is_restored(port, stored, fuzzed):
    run = fuzzed(port)
    task = run.counterexample.build(run.target)
    assert stored.inputs.keys() == task.inputs.keys()
    assert all(stored.inputs[name].tobytes() == task.inputs[name].tobytes() for name in task.inputs)
    assert stored.inputs["x"].shape == (1, 5)
    assert stored.words == ("row 0 of the input", "x = 0 everywhere")
    outcome = run_again(stored, port)
    assert (outcome.verdict, outcome.reason) == (run.outcome.verdict, run.outcome.reason)
    assert stored.changes(port.pairs[0].configs[0], "") == []


def test_a_fixed_port_passes(stored, small_port):
    assert stored.verdict is Verdict.DIFFERENT
    assert run_again(stored, small_port(halves, halves)).verdict is Verdict.IDENTICAL


def test_changed_options_are_reported(stored, port, swap):
    changed = swap(port, "layer", configs=(Configuration("default", {"size": 6, "depth": 1}),))
    assert stored.changes(changed.pairs[0].configs[0], "") == [
        "option depth of default was unset and is now 1",
        "option size of default was 5 and is now 6",
    ]


def test_an_edited_port_file_is_reported(stored, port):
    assert replace(stored, port_hash="1").changes(port.pairs[0].configs[0], "2") == [
        "small has been edited since the case was found"
    ]


def test_a_layer_configuration_or_weight_that_is_gone(stored, port, swap):
    gone = replace(port, pairs=(replace(port.pairs[0], layer="layers"),))
    with pytest.raises(ParityError, match="unknown layer 'layer'; did you mean layers"):
        run_again(stored, gone)
    other = swap(port, "layer", configs=(Configuration("defaults", {}),))
    with pytest.raises(ParityError, match="unknown configuration 'default'; did you mean defaults"):
        run_again(stored, other)
    weighed = swap(port, "layer", weights=lambda options: (Weight("kernel", (2, 3), ("k",)),))
    with pytest.raises(ParityError, match=r"weights differ from .* first in kernel; run"):
        run_again(stored, weighed)


def test_weights_and_no_gradients_come_back(stored, tmp_path):
    full = replace(
        stored,
        weights={"b/kernel": np.ones((2, 3), np.float32), "a": np.float32(3).reshape(())},
        differentiate=("y",),
        options={"names": ("a", "b"), "odd": {1}},
    )
    full.save(tmp_path / "full.replay")
    found = replay.load(tmp_path / "full.replay")
    assert list(found.weights) == ["b/kernel", "a"]
    assert found.weights["a"].shape == ()
    assert found.differentiate == ("y",)
    assert found.options == {"names": ["a", "b"], "odd": "{1}"}
    replace(full, differentiate=None).save(tmp_path / "full.replay")
    assert replay.load(tmp_path / "full.replay").differentiate is None


def test_files_that_are_not_a_replay(tmp_path, stored):
    path = tmp_path / "other"
    with pytest.raises(InputError, match=r"no file .*other; expected a replay"):
        replay.load(path)
    storage.save(path, {"x": np.ones(3)}, {"kind": "recording"})
    with pytest.raises(InputError, match="is not a replay but recording"):
        replay.load(path)
    storage.save(path, {"x": np.ones(3)}, {})
    with pytest.raises(InputError, match="is not a replay but of an unknown kind; expected"):
        replay.load(path)
    storage.save(path, {}, {"kind": "replay", "format": 9})
    with pytest.raises(InputError, match="a replay of format 9; this version reads 1"):
        replay.load(path)


def _as_json(path):
    path.write_text('{"cases": []}')


def _as_npz(path):
    with path.open("wb") as file:
        np.savez(file, x=np.ones(3))


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (_as_json, "was not written by parity, or is damaged (header too large)"),
        (_as_npz, "was not written by parity, or is damaged (header too large)"),
        (
            lambda path: path.write_bytes(b"\xff\x00" * 99),
            "was not written by parity, or is damaged",
        ),
        (lambda path: path.touch(), "was not written by parity, or is damaged (header too small)"),
        (lambda path: path.mkdir(), "is a folder"),
        (
            lambda path: save_file({"x": np.ones(3)}, path),
            "contains tensors, but was not written by",
        ),
    ],
    ids=["json", "npz", "binary", "empty", "folder", "safetensors"],
)
def test_a_foreign_file_is_refused_in_one_line(tmp_path, write, said):
    path = tmp_path / "foreign"
    write(path)
    with pytest.raises(InputError) as caught:
        replay.load(path)
    line = str(caught.value)
    assert line.startswith(f"{path} {said}")
    assert line.endswith("; expected a replay written by `parity fuzz`")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("key", "damage"),
    [
        ("port", None),
        ("layer", 3),
        ("seed", "1"),
        ("verdict", "fine"),
        ("inputs", ["x", "gone"]),
        ("inputs", [["x"]]),
        ("options", ["size"]),
        ("words", "as given"),
        ("differentiate", 3),
    ],
)
def test_a_damaged_header_is_refused_in_one_line(tmp_path, stored, key, damage):
    arrays, header = storage.load(tmp_path / "case.replay")
    header[key] = damage
    storage.save(tmp_path / "bad.replay", arrays, header)
    with pytest.raises(InputError, match=r"bad\.replay has a damaged header"):
        replay.load(tmp_path / "bad.replay")


def test_where_the_port_is_searched(tmp_path, stored, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file, of_file = Path("folder/case.replay"), replace(stored, port="mine.py")
    assert replay.find_port(stored, file, None) == "small"
    assert replay.find_port(of_file, file, "other") == "other"
    with pytest.raises(ParityError, match=r"needs the port in mine\.py, which is neither in this"):
        replay.find_port(of_file, file, None)
    Path("folder").mkdir()
    Path("folder/mine.py").touch()
    assert replay.find_port(of_file, file, None) == "folder/mine.py"
    Path("mine.py").touch()
    assert replay.find_port(of_file, file, None) == "mine.py"
