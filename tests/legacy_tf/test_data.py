import csv
import hashlib

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from legacy_tf import data
from legacy_tf.data import FeatureError, RecordError


@pytest.fixture(scope="module")
def examples(shipped_records):
    """The shipped records, decoded with nothing of ours."""
    raw = tf.data.TFRecordDataset(str(shipped_records)).as_numpy_iterator()
    return [tf.train.Example.FromString(record).features.feature for record in raw]


def test_validation_records_are_those_of_the_file(shipped_records, examples):
    batches = list(data.validation_records([shipped_records], 4))
    assert [len(batch["label"]) for batch in batches] == [4, 4, 2]
    found = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    assert {name: array.dtype.name for name, array in found.items()} == {
        "var_id": "object",
        "ref_aa": "int32",
        "alt_aa": "int32",
        "feature": "float32",
        "mask": "float32",
        "label": "float32",
    }
    for i, example in enumerate(examples):
        assert found["var_id"][i] == example["var_id"].bytes_list.value[0]
        for name in ("ref_aa", "alt_aa", "label"):
            assert found[name][i] == example[name].int64_list.value[0]
        feature = np.frombuffer(example["feature"].bytes_list.value[0], "<f4")
        assert np.array_equal(found["feature"][i], feature.reshape(129, 435))
        mask = np.frombuffer(example["mask"].bytes_list.value[0], "<f4").copy()
        assert mask[64] == 0, "the records themselves do not mask the centre"
        mask[64] = 1
        assert np.array_equal(found["mask"][i], mask)


def test_test_records_keep_their_order_and_have_no_label(shipped_records, examples):
    (batch,) = data.test_records([shipped_records], 100)
    assert "label" not in batch
    names = [example["var_id"].bytes_list.value[0] for example in examples]
    assert batch["var_id"].numpy().tolist() == names


def test_training_records_come_in_another_order_each_time(shipped_records):
    records = data.training_records([shipped_records], 10, seed=1)
    first, second = ([*batch["var_id"].numpy()] for _ in range(2) for batch in records)
    assert first != second
    assert sorted(first) == sorted(second)


def write_records(path, *examples):
    with tf.io.TFRecordWriter(str(path)) as writer:
        for example in examples:
            writer.write(example)
    return path


def read(path):
    with data.clear_errors([path]):
        return list(data.test_records([path], 2))


@pytest.mark.parametrize(
    ("damage", "number"),
    [(lambda b: b[:-100], 9), (lambda b: b[:50] + b"x" + b[51:], 0), (lambda b: b"<html>" * 9, 0)],
    ids=["truncated", "altered", "not a TFRecord"],
)
def test_a_damaged_file_is_named_with_the_record(tmp_path, shipped_records, damage, number):
    path = tmp_path / "bad.tfrec"
    path.write_bytes(damage(shipped_records.read_bytes()))
    with pytest.raises(RecordError) as refusal:
        read(path)
    assert str(refusal.value) == (
        f"{path}: record {number} is damaged: its length or its checksum does not match its "
        "bytes; copy or build the file again"
    )


def test_a_record_of_something_else_is_named(tmp_path):
    path = write_records(tmp_path / "other.tfrec", tf.train.Example().SerializeToString())
    with pytest.raises(
        RecordError, match=r"other\.tfrec: record 0 is not a variant record; expected"
    ):
        read(path)


def test_a_window_of_another_size_is_named(tmp_path, shipped_records):
    (raw, *_) = tf.data.TFRecordDataset(str(shipped_records)).as_numpy_iterator()
    example = tf.train.Example.FromString(raw)
    example.features.feature["mask"].bytes_list.value[0] = bytes(4 * 128)
    path = write_records(tmp_path / "short.tfrec", raw, example.SerializeToString())
    with pytest.raises(
        RecordError, match=r"record 1 is not a variant record.*mask \(129 float32\)"
    ):
        read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RecordError, match=r"none\.tfrec: no such file of variant records"):
        data.test_records([tmp_path / "none.tfrec"], 1)


def check_windows(folder):
    """All the windows of PTEN, cut from its matrix, against the checksums of the original's."""
    matrix = data.load_features(folder / "ENST00000371953.pickle")
    with (folder / "PTEN.records.tsv").open(newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    positions = np.array([int(row["var_id"].split("_")[1]) - 1 for row in rows])
    feature, mask = data.windows(matrix, positions)
    assert (mask[:, 64] == 1).all()
    mask[:, 64] = 0
    for i, row in enumerate(rows):
        for array, column in ((feature, "feature_sha256_16"), (mask, "mask_sha256_16")):
            assert hashlib.sha256(array[i].tobytes()).hexdigest()[:16] == row[column], row


def test_windows_are_bitwise_the_originals(golden):
    check_windows(golden / "combined")


def test_windows_are_bitwise_the_originals_on_real_data(real):
    check_windows(real / "golden" / "combined")


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.integers(1, 300), st.data())
def test_a_window_shows_the_protein_and_zeros_outside(length, draw):
    position = draw.draw(st.integers(0, length - 1))
    matrix = np.arange(1.0, length + 1)[:, np.newaxis] * np.ones(435)
    feature, mask = data.windows(matrix, np.array([position]))
    rows = position + np.arange(-64, 65) + 1
    inside = (rows >= 1) & (rows <= length)
    assert np.array_equal(feature[0, :, 7], np.where(inside, rows, 0))
    assert np.array_equal(np.delete(mask[0], 64), np.delete(~inside, 64))


def test_both_forms_of_a_matrix_are_read_alike(tmp_path, golden):
    folder = golden / "combined"
    assert data.find_features(folder, "ENST00000371953").suffix == ".pickle"
    assert data.find_features(folder, "ENST00000269305") is None
    matrix = data.load_features(folder / "ENST00000371953.pickle")
    np.save(tmp_path / "ENST00000371953.npy", matrix)
    path = data.find_features(tmp_path, "ENST00000371953")
    assert np.array_equal(data.load_features(path), matrix)


def test_a_matrix_that_cannot_be_used_is_named(tmp_path):
    np.save(tmp_path / "narrow.npy", np.zeros((5, 434)))
    with pytest.raises(
        FeatureError, match=r"narrow\.npy: has the shape \(5, 434\); expected \(pro"
    ):
        data.load_features(tmp_path / "narrow.npy")
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY\x01")
    with pytest.raises(FeatureError, match=r"bad\.npy: cannot be read as \.npy: "):
        data.load_features(tmp_path / "bad.npy")


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    path = tmp_path / "evil.pickle"
    path.write_bytes(b"cos\nsystem\n(S'echo ran'\ntR.")
    with pytest.raises(FeatureError, match=r"evil\.pickle: refused"):
        data.load_features(path)


def test_matrices_are_found_with_and_without_version(tmp_path):
    for name in ("T1.pickle", "T1.npy", "T2.3.npy", "T20.pickle", "T3.1.pickle", "T3.2.npy"):
        (tmp_path / name).touch()
    found = {
        asked: data.find_features(tmp_path, asked)
        for asked in ("T1", "T1.4", "T2", "T2.9", "T4", "T3.2")
    }
    assert {asked: path and path.name for asked, path in found.items()} == {
        "T1": "T1.pickle",
        "T1.4": "T1.pickle",
        "T2": "T2.3.npy",
        "T2.9": "T2.3.npy",
        "T4": None,
        "T3.2": "T3.2.npy",
    }
    with pytest.raises(FeatureError, match=r"T3\.1\.pickle and T3\.2\.npy are both versions of T3"):
        data.find_features(tmp_path, "T3")
