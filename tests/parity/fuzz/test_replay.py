"""A find in a file: every bit comes back, and it is run again by whatever port there is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from parity import storage
from parity.declaring.port import Configuration
from parity.declaring.weight import Weight
from parity.errors import InputError, ParityError
from parity.fuzz import replay as stored
from parity.judging.verdict import Verdict


def halves(x):
    return {"y": x / 2}


def wrong_at_zero(x):
    return {"y": np.where(x == 0, 1, x / 2).astype(x.dtype)}


@pytest.fixture
def port(small_port):
    return small_port(halves, wrong_at_zero)


@pytest.fixture
def kept(port, hunted, tmp_path):
    """A replay that was written and read."""
    made = stored.of_hunt(hunted(port), "small", {"numpy": np.__version__})
    made.save(tmp_path / "case.replay")
    return stored.load(tmp_path / "case.replay")


def test_what_was_found_comes_back(port, kept, hunted):
    hunt = hunted(port)
    task = hunt.recipe.cook(hunt.ground)
    assert kept.inputs.keys() == task.inputs.keys()
    assert all(kept.inputs[name].tobytes() == task.inputs[name].tobytes() for name in task.inputs)
    assert kept.inputs["x"].shape == (1, 5)
    assert kept.words == ("1 row (of given: 0)", "x 0 everywhere")
    outcome = kept.run(port)
    assert (outcome.verdict, outcome.reason) == (hunt.outcome.verdict, hunt.outcome.reason)
    assert kept.changes(port, "") == []


def test_a_mended_port_passes(kept, small_port):
    assert kept.verdict is Verdict.DIFFERENT
    assert kept.run(small_port(halves, halves)).verdict is Verdict.IDENTICAL


def test_options_that_changed_are_told(kept, port, swap):
    changed = swap(port, "layer", configs=(Configuration("default", {"size": 6, "depth": 1}),))
    assert kept.changes(changed, "") == [
        "option depth of default was unset, and is 1",
        "option size of default was 5, and is 6",
    ]


def test_a_port_file_that_changed_is_told(kept, port):
    assert replace(kept, port_hash="1").changes(port, "2") == [
        "small has changed since the case was found"
    ]


def test_what_the_port_has_no_more(kept, port, swap):
    gone = replace(port, pairs=(replace(port.pairs[0], layer="layers"),))
    with pytest.raises(ParityError, match="unknown layer 'layer'; did you mean layers"):
        kept.run(gone)
    other = swap(port, "layer", configs=(Configuration("defaults", {}),))
    with pytest.raises(ParityError, match="unknown configuration 'default'; did you mean defaults"):
        kept.run(other)
    weighed = swap(port, "layer", weights=lambda options: (Weight("kernel", (2, 3), ("k",)),))
    with pytest.raises(ParityError, match=r"its weights are others .* kernel to begin with"):
        kept.run(weighed)


def test_weights_and_no_gradients_come_back(kept, tmp_path):
    full = replace(
        kept,
        weights={"b/kernel": np.ones((2, 3), np.float32), "a": np.float32(3).reshape(())},
        differentiate=("y",),
        options={"names": ("a", "b"), "odd": {1}},
    )
    full.save(tmp_path / "full.replay")
    found = stored.load(tmp_path / "full.replay")
    assert list(found.weights) == ["b/kernel", "a"]
    assert found.weights["a"].shape == ()
    assert found.differentiate == ("y",)
    assert found.options == {"names": ["a", "b"], "odd": "{1}"}
    replace(full, differentiate=None).save(tmp_path / "full.replay")
    assert stored.load(tmp_path / "full.replay").differentiate is None


def test_files_that_are_no_replay(tmp_path, kept):
    path = tmp_path / "other"
    with pytest.raises(InputError, match=r"no file .*other; expected a replay"):
        stored.load(path)
    storage.save(path, {"x": np.ones(3)}, {"kind": "recording"})
    with pytest.raises(InputError, match="is no replay but recording"):
        stored.load(path)
    storage.save(path, {"x": np.ones(3)}, {})
    with pytest.raises(InputError, match="is no replay but something else; expected a replay"):
        stored.load(path)
    storage.save(path, {}, {"kind": "replay", "format": 9})
    with pytest.raises(InputError, match="a replay of format 9; this parity reads 1"):
        stored.load(path)


def _as_json(path):
    path.write_text('{"cases": []}')


def _as_npz(path):
    with path.open("wb") as file:
        np.savez(file, x=np.ones(3))


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (_as_json, "is no file of parity's, or is damaged (header too large)"),
        (_as_npz, "is no file of parity's, or is damaged (header too large)"),
        (lambda path: path.write_bytes(b"\xff\x00" * 99), "is no file of parity's, or is damaged"),
        (lambda path: path.touch(), "is no file of parity's, or is damaged (header too small)"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: save_file({"x": np.ones(3)}, path), "is a file of tensors, but none of"),
    ],
    ids=["json", "npz", "binary", "empty", "folder", "safetensors"],
)
def test_a_foreign_file_is_one_line_that_says_what_is_wanted(tmp_path, write, said):
    path = tmp_path / "foreign"
    write(path)
    with pytest.raises(InputError) as caught:
        stored.load(path)
    line = str(caught.value)
    assert line.startswith(f"{path} {said}")
    assert line.endswith("; expected a replay as `parity fuzz` writes it")
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
def test_a_header_that_is_damaged_is_one_line(tmp_path, kept, key, damage):
    arrays, header = storage.load(tmp_path / "case.replay")
    header[key] = damage
    storage.save(tmp_path / "bad.replay", arrays, header)
    with pytest.raises(InputError, match=r"bad\.replay is damaged"):
        stored.load(tmp_path / "bad.replay")


def test_where_the_port_is_looked_for(tmp_path, kept, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file, of_file = Path("folder/case.replay"), replace(kept, port="mine.py")
    assert stored.located(kept, file, None) == "small"
    assert stored.located(of_file, file, "other") == "other"
    with pytest.raises(ParityError, match=r"in a file mine\.py, which is neither here nor beside"):
        stored.located(of_file, file, None)
    Path("folder").mkdir()
    Path("folder/mine.py").touch()
    assert stored.located(of_file, file, None) == "folder/mine.py"
    Path("mine.py").touch()
    assert stored.located(of_file, file, None) == "mine.py"
