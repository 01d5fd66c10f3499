import glob
import json
import random

import pytest

from legacy_tf.config import ConfigError
from legacy_tf.inputs import (
    STEM,
    Folds,
    InputFilesError,
    listed_models,
    matching,
    read_folds,
    read_given,
    ten_files,
    unused,
)


@pytest.fixture
def folds(tmp_path):
    for i in range(10):
        (tmp_path / f"train_r3_{i}.tfrec").touch()
    (tmp_path / "train_r4_0.tfrec").touch()
    (tmp_path / "test_r3.tfrec").touch()
    return Folds(str(tmp_path), STEM)


@pytest.fixture
def config(tmp_path):
    def write(**inputs):
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"model": {}, "input": inputs}))
        return path

    return write


def test_the_split_is_the_shuffle_of_the_release(folds):
    files = glob.glob(f"{folds.folder}/train_r3*tfrec")
    random.seed(2020)
    random.shuffle(files)
    for cv in range(10):
        training, validation = ten_files(folds, 3, cv)
        assert validation == files[cv]
        assert training == [file for file in files if file != validation]


def test_the_last_character_of_any_stem_is_the_replicate(folds, tmp_path):
    for i in range(10):
        (tmp_path / f"set[a]_1_{i}.tfrec").touch()
    training, validation = ten_files(Folds(folds.folder, "set[a]_0"), 1, 0)
    assert len({*training, validation}) == 10


def test_the_split_leaves_pythons_own_random_alone(folds):
    random.seed(1)
    expected = random.random()
    random.seed(1)
    ten_files(folds, 3, 0)
    assert random.random() == expected


def test_a_split_that_cannot_be_made_is_an_error(folds):
    with pytest.raises(InputFilesError, match=r"train_r4\*tfrec: 1 files; expected 10"):
        ten_files(folds, 4, 0)
    with pytest.raises(InputFilesError, match="cv is 10; expected the number of a file, 0 to 9"):
        ten_files(folds, 3, 10)


def test_the_input_section_of_a_training(config):
    path = config(base_dir="tf", train="train_r0", validate="x", test={"a": "b"})
    assert read_folds(path) == Folds("tf", "train_r0")
    assert unused(path, ("base_dir", "train")) == ["input.validate"]
    with pytest.raises(ConfigError, match=r"json: 3 as input\.base_dir; expected a text"):
        read_folds(config(base_dir=3))
    with pytest.raises(ConfigError, match=r"transfer learning; give --data, or run train_tfl"):
        read_folds(config(train="a", validate="b"))
    with pytest.raises(ConfigError, match=r"json: no input\.train; expected a text"):
        read_folds(config(base_dir="tf"))


def test_the_input_section_of_a_transfer_learning(config, folds, tmp_path):
    def pattern(end):
        return str(tmp_path / end)

    path = config(train=pattern("train_r3_[0-2]*"), validate=pattern("*r4*"))
    given = read_given(path)
    assert [len(files) for files in given] == [3, 1, 0]
    assert given.training == sorted(given.training)
    path = config(train=pattern("*r3*"), validate=pattern("*r4*"), test=pattern("*r5*"))
    with pytest.raises(InputFilesError, match=r"json: input\.test: .*r5\*: no such file"):
        read_given(path)


def test_a_file_without_an_input_section(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"model": {}}')
    assert unused(path, ()) == []
    for read in (read_folds, read_given):
        with pytest.raises(ConfigError, match="has no section input; "):
            read(path)


def test_a_pattern_that_matches_nothing(tmp_path):
    with pytest.raises(InputFilesError, match=r"--input_tfrec: .*none\*: no such file"):
        matching(str(tmp_path / "none*"), "--input_tfrec")


def test_lists_of_models(tmp_path):
    path, model = tmp_path / "list.txt", tmp_path / "epoch-3.h5"
    model.touch()
    path.write_text(f"\ufeff{model}\r\n\n  none.h5  \n")
    assert listed_models(path) == ([str(model)], ["none.h5"])
    path.write_text("none.h5\n")
    with pytest.raises(InputFilesError, match=r"none of its models exists, such as none\.h5"):
        listed_models(path)
    path.write_text("\n")
    with pytest.raises(InputFilesError, match="names no model; expected one path per line"):
        listed_models(path)
