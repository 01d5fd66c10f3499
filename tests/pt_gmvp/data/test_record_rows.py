"""Records read straight into a batch: the same as the general reader's, whatever their layout."""

import gzip

import numpy as np
import pytest

from converters.records.tf_example import encode_example
from converters.records.tfrecord import RecordError, write_frames
from converters.records.variant_record import VariantRecord, encode_record, read_records
from pt_gmvp.data import RecordDataset, read_batches
from pt_gmvp.data.batch import gather

RANDOM = np.random.default_rng(5)


def record(var_id: str = "v", label: int | None = 1, ref_aa: int = 3, window: int = 129):
    feature = RANDOM.standard_normal((window, 435)).astype(np.float32)
    mask = RANDOM.integers(0, 2, window).astype(np.float32)
    return VariantRecord(var_id, label, ref_aa, 7, feature, mask)


def other_order(made: VariantRecord) -> bytes:
    """An Example with the same fields in another order, as another writer may lay them out."""
    return encode_example(
        {
            "var_id": made.var_id.encode(),
            "mask": made.mask.tobytes(),
            "alt_aa": made.alt_aa,
            "ref_aa": made.ref_aa,
            "feature": made.feature.tobytes(),
            **({} if made.label is None else {"label": made.label}),
        }
    )


def write(path, payloads):
    write_frames(path, payloads)
    return path


def layouts(codes):
    """Names of several lengths, a label or none, two orders of fields, residues of these codes;
    each more than once, so that what was learned from one is used for the next."""
    return [
        encode(record(name, label, ref_aa))
        for _ in range(3)
        for name in ("", "v", "other", "n" * 200)
        for label in (0, 1, None)
        for ref_aa in codes
        for encode in (encode_record, other_order)
    ]


LAYOUTS = layouts((0, 7, 20))


def assert_same(found, expected):
    assert found.var_id == expected.var_id
    for name in ("ref_aa", "alt_aa", "feature", "mask"):
        np.testing.assert_array_equal(
            getattr(found, name).numpy().view(np.uint8),
            getattr(expected, name).numpy().view(np.uint8),
        )
    assert (found.label is None) == (expected.label is None)
    if found.label is not None:
        np.testing.assert_array_equal(found.label.numpy(), expected.label.numpy())


@pytest.mark.parametrize("size", [1, 7, 500])
def test_every_layout_is_read_as_the_general_reader_reads_it(tmp_path, size):
    path = write(tmp_path / "r.tfrec", LAYOUTS)
    records = read_records(path)
    count = 0
    for batch in read_batches(path, size):
        assert_same(batch, gather(records, size))
        count += len(batch.var_id)
    assert count == len(LAYOUTS)


def test_by_number_in_any_order(tmp_path):
    dataset = RecordDataset(write(tmp_path / "r.tfrec", LAYOUTS))
    order = RANDOM.permutation(len(LAYOUTS)).tolist()
    expected = list(read_records(tmp_path / "r.tfrec"))
    assert_same(dataset.__getitems__(order), gather((expected[n] for n in order), len(order)))


def test_numbers_of_one_byte_and_of_ten_are_read_one_by_one(tmp_path):
    """No batch takes such residues, but their bytes must not shift those behind them."""
    dataset = RecordDataset(write(tmp_path / "r.tfrec", layouts((0, 127, 128, -1))))
    for number, expected in enumerate(read_records(tmp_path / "r.tfrec")):
        found = dataset[number]
        assert found[:4] == expected[:4]
        assert found.feature.tobytes() == expected.feature.tobytes()
        assert found.mask.tobytes() == expected.mask.tobytes()


def test_a_gzipped_file_is_read_in_order(tmp_path):
    path = write(tmp_path / "r.tfrec", LAYOUTS[:9])
    packed = tmp_path / "r.tfrec.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), 1))
    for found, expected in zip(read_batches(packed, 4), read_batches(path, 4), strict=True):
        assert_same(found, expected)


def test_any_flipped_byte_is_damage(tmp_path):
    path = write(tmp_path / "r.tfrec", [encode_record(record(f"v{n}")) for n in range(3)])
    whole = path.read_bytes()
    size = len(whole) // 3
    places = [*range(2 * size, 2 * size + 80), *range(3 * size - 80, 3 * size)]
    for place in [*places, *RANDOM.integers(2 * size, 3 * size, 40).tolist()]:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(RANDOM.integers(8))
        path.write_bytes(damaged)
        batches = read_batches(path, 1)
        assert [next(batches).var_id, next(batches).var_id] == [["v0"], ["v1"]]
        with pytest.raises(RecordError, match=r"record 2 at byte"):
            next(batches)


def test_a_checked_record_of_another_structure_is_refused(tmp_path):
    good = encode_record(record("v"))
    at = good.index(b"ref_aa")
    path = write(tmp_path / "r.tfrec", [good, good[:at] + b"REF_aa" + good[at + 6 :]])
    batches = read_batches(path, 1)
    next(batches)
    with pytest.raises(RecordError, match=r"record 1 at byte .*ref_aa is missing"):
        next(batches)


def test_another_width_is_refused(tmp_path):
    path = write(tmp_path / "r.tfrec", [encode_record(record(window=127))] * 2)
    with pytest.raises(RecordError, match="mask has 508 bytes, expected 516"):
        next(read_batches(path, 2))


def test_a_file_that_shrinks_is_refused(tmp_path):
    path = write(tmp_path / "r.tfrec", LAYOUTS[:4])
    dataset = RecordDataset(path)
    dataset.__getitems__([0])
    with open(path, "r+b") as file:
        file.truncate(300_000)
    with pytest.raises(RecordError, match=r"record 2 .*truncated while in use"):
        dataset.__getitems__([0, 2])
