import json

import pytest

from pt_gmvp.config import ConfigError
from pt_gmvp.training.released_input import find_data, is_transfer, keys_of


@pytest.fixture
def config(tmp_path):
    def write(**inputs):
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"model": {}, "input": inputs}))
        return path

    return write


def test_the_ten_files_of_a_replicate(config):
    path = config(base_dir="tf", train="set_r0", validate="x", test={"a": "a"})
    found = find_data(path, 3, 7)
    assert not is_transfer(path, started=False)
    assert is_transfer(path, started=True)
    assert (str(found.source.data), found.source.stem) == ("tf", "set_r0")
    assert (found.source.replicate, found.source.cv) == (3, 7)
    assert found.unused == ["input.validate"]


def test_the_files_of_a_transfer_learning(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    for name in ("a/2.tfrec", "a/1.tfrec", "b.tfrec"):
        (tmp_path / name).touch()
    path = config(train="a/*", validate="b.tfrec", test="none")
    assert is_transfer(path, started=False)
    found = find_data(path, 0, 0, transfer=True)
    names = [[str(p.relative_to(tmp_path)) for p in part] for part in found.source.files]
    assert names == [["a/1.tfrec", "a/2.tfrec"], ["b.tfrec"]]
    assert found.source.data == tmp_path
    assert found.unused == ["input.test"] == [k for k in keys_of(path) if "test" in k]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"train": "x_r0"}, "input has neither base_dir, of the ten files, nor validate, for tra"),
        ({"base_dir": "", "train": "x"}, "'' as input.base_dir; expected a text, or give --data"),
        ({"base_dir": "tf", "train": 3}, "3 as input.train; expected a text, or give --data"),
        (
            {"train": "none*", "validate": "x"},
            "input.train: none*: no such file; expected TFRecords",
        ),
    ],
)
def test_what_is_refused(config, inputs, message):
    path = config(**inputs)
    with pytest.raises(ConfigError) as refused:
        find_data(path, 0, 0, is_transfer(path, started=False))
    assert str(refused.value).startswith(f"{path}: {message}")


def test_a_file_without_the_section(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"model": {}}')
    assert not is_transfer(path, started=True)
    assert keys_of(path) == []
    with pytest.raises(ConfigError, match="has no section input, as the original's; give --data"):
        find_data(path, 0, 0)
