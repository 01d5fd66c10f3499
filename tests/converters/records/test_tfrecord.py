import csv
import gzip
import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.records.tf_example import decode_example, encode_example
from converters.records.tfrecord import (
    LeftOut,
    RecordError,
    masked_crc32c,
    read_frames,
    write_frames,
)
from converters.records.tfrecord_resync import heads
from converters.records.variant_record import (
    VariantRecord,
    encode_record,
    read_records,
    variant_of,
    write_records,
)


@pytest.fixture
def record():
    generator = np.random.default_rng(0)
    return VariantRecord(
        "ENST1_5_A_C",
        1,
        0,
        20,
        generator.standard_normal((129, 435)).astype(np.float32),
        np.ones(129, np.float32),
    )


@pytest.fixture
def refused(tmp_path):
    """The message with which a file of these bytes is refused."""

    def run(content: bytes) -> str:
        path = tmp_path / "bad.tfrec"
        path.write_bytes(content)
        with pytest.raises(RecordError) as caught:
            list(read_records(path))
        return str(caught.value).replace(f"{tmp_path}/", "")

    return run


def test_checksums_are_those_of_the_format():
    # crc32c("123456789") is the published check value 0xE3069283.
    assert (
        masked_crc32c(b"123456789") == ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) % 2**32
    )


def test_golden_records_are_read_in_order(golden, shipped_records):
    found = list(read_records(shipped_records))
    expected = []
    for gene in ("TP53", "PTEN"):
        with open(golden / "combined" / f"{gene}.records.tsv") as file:
            expected += list(csv.DictReader(file, delimiter="\t"))
    by_id = {row.get("var_id") or row.get("var"): row for row in expected}
    assert len(found) == 10
    for item in found:
        row = by_id[item.var_id]
        digests = [
            hashlib.sha256(array.tobytes()).hexdigest() for array in (item.feature, item.mask)
        ]
        told = [value for value in row.values() if len(value) >= 8]
        assert all(any(digest.startswith(value) for value in told) for digest in digests)
        assert item.mask[64] == 0
        assert item.label in (0, 1)


def test_writing_gives_what_the_original_builder_wrote(tmp_path, shipped_records):
    copy = tmp_path / "copy.tfrec"
    assert write_records(copy, read_records(shipped_records)) == 10
    written, shipped = list(read_frames(copy)), list(read_frames(shipped_records))
    # An Example is a map, whose order protobuf chose otherwise in the run that wrote the last five.
    assert written[:5] == shipped[:5]
    for ours, theirs in zip(written[5:], shipped[5:], strict=True):
        assert len(ours.payload) == len(theirs.payload)
        contents = [decode_example(memoryview(frame.payload)) for frame in (ours, theirs)]
        assert contents[0] == contents[1]


@settings(max_examples=40, deadline=None)
@given(payloads=st.lists(st.binary(max_size=2000), max_size=6))
def test_frames_come_back(tmp_path_factory, payloads):
    path = tmp_path_factory.mktemp("frames") / "frames"
    assert write_frames(path, payloads) == len(payloads)
    found = list(read_frames(path))
    assert [item.payload for item in found] == payloads
    assert [item.number for item in found] == list(range(len(payloads)))


@pytest.mark.parametrize("label", [None, 0, 1, -1])
def test_records_come_back(tmp_path, record, label, shipped_records):
    path = tmp_path / "one.tfrec"
    write_records(path, [record._replace(label=label)])
    (found,) = read_records(path)
    assert found[:4] == ("ENST1_5_A_C", label, 0, 20)
    assert found.feature.tobytes() == record.feature.tobytes()
    assert not found.feature.flags.writeable


def test_float64_bytes_are_refused(refused, record, tmp_path):
    features = {
        "feature": record.feature.astype(np.float64).tobytes(),
        "ref_aa": 1,
        "alt_aa": 2,
        "mask": record.mask.tobytes(),
        "var_id": b"x",
    }
    write_frames(tmp_path / "f8.tfrec", [encode_record(record), encode_example(features)])
    assert refused((tmp_path / "f8.tfrec").read_bytes()) == (
        "bad.tfrec, record 1 at byte 225116: feature has 448920 bytes, expected 224460"
        " (float32 129 x 435); that would be float64"
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"mask": b"abc"}, "mask has 3 bytes, expected 516 (float32 129)"),
        ({"mask": 3}, "mask is a number, expected bytes"),
        ({"ref_aa": b"A"}, "ref_aa contains bytes, expected an int64"),
        ({"var_id": 7}, "var_id is a number, expected bytes"),
        (
            {"alt_aa": None},
            "alt_aa is missing; the record contains feature, label, mask, ref_aa, var_id",
        ),
    ],
)
def test_fields_that_do_not_fit_are_named(refused, record, tmp_path, change, problem):
    features = {
        "label": 1,
        "feature": record.feature.tobytes(),
        "ref_aa": 1,
        "alt_aa": 2,
        "mask": record.mask.tobytes(),
        "var_id": b"x",
    } | change
    kept = {name: value for name, value in features.items() if value is not None}
    write_frames(tmp_path / "odd.tfrec", [encode_example(kept)])
    message = refused((tmp_path / "odd.tfrec").read_bytes())
    assert message == f"bad.tfrec, record 0 at byte 0: {problem}"


def test_damaged_files_are_refused_by_name(refused, shipped_records):
    whole = shipped_records.read_bytes()
    second = len(whole) // 10
    assert "record 0 at byte 0: 5 bytes are left, but a frame head has 12" in refused(whole[:5])
    assert "bytes, but" in refused(whole[: second + 100])
    assert "truncated" in refused(whole[: second + 100])
    flipped = bytearray(whole)
    flipped[second + 2000] ^= 1
    message = refused(bytes(flipped))
    assert "record 1 at byte" in message
    assert "the checksum of the payload is wrong" in message
    assert "expected a TFRecord file" in refused(b"plain text, not records at all")


def test_a_frame_that_claims_too_much_allocates_nothing(refused):
    length = (1 << 62).to_bytes(8, "little")
    head = length + masked_crc32c(length).to_bytes(4, "little")
    assert "but 12 are left" in refused(head)


def test_wrong_arrays_are_not_written(tmp_path, record):
    path = tmp_path / "none.tfrec"
    wide = record._replace(feature=record.feature.astype(np.float64))
    with pytest.raises(RecordError, match=r"feature is float64 \(129, 435\), expected float32"):
        write_records(path, [record, wide])
    assert list(tmp_path.iterdir()) == []


def test_damage_gives_right_records_or_an_error(tmp_path, shipped_records):
    first = next(iter(read_frames(shipped_records))).payload
    whole = [len(first).to_bytes(8, "little"), first]
    frame = b"".join(part + masked_crc32c(part).to_bytes(4, "little") for part in whole)
    generator = np.random.default_rng(1)
    path = tmp_path / "damaged.tfrec"
    for _ in range(150):
        content = bytearray(frame)
        if generator.random() < 0.5:
            content[generator.integers(len(frame))] ^= 1 << generator.integers(8)
        else:
            del content[generator.integers(len(frame)) :]
        path.write_bytes(content)
        if content:
            with pytest.raises(RecordError, match=r"damaged\.tfrec, record 0 at byte 0: "):
                list(read_records(path))


def test_damage_inside_a_payload_is_no_crash():
    generator = np.random.default_rng(2)
    small = encode_example({"label": 1, "mask": b"abcd", "var_id": b"x", "ref_aa": -1})
    from converters.protobuf_wire import WireError

    for _ in range(300):
        content = bytearray(small)
        content[generator.integers(len(small))] = generator.integers(256)
        with pytest.raises((RecordError, WireError)):
            variant_of(decode_example(memoryview(content)), 129)


def test_real_records_are_read_and_written(real, tmp_path):
    path = real / "golden" / "TP53_PTEN.tfrec"
    found = list(read_records(path))
    assert len(found) == 10
    write_records(tmp_path / "copy.tfrec", found)
    for ours, theirs in zip(read_frames(tmp_path / "copy.tfrec"), read_frames(path), strict=True):
        contents = [decode_example(memoryview(frame.payload)) for frame in (ours, theirs)]
        assert contents[0] == contents[1]


def test_compressed_files_are_told_by_content(tmp_path, shipped_records, refused):
    write_records(tmp_path / "z", read_records(shipped_records), gzipped=True)
    content = (tmp_path / "z").read_bytes()
    for one, other in zip(read_records(tmp_path / "z"), read_records(shipped_records), strict=True):
        assert one[:4] == other[:4]
        assert one.feature.tobytes() == other.feature.tobytes()
    assert "of the uncompressed stream: the gzip stream is" in refused(content[:-2000])
    assert "the gzip stream is damaged" in refused(content + b"trailing")
    assert "expected a TFRecord file" in refused(gzip.compress(bytes(1 << 24)[1:] + b"x" * 99))


def test_damage_is_passed_over_and_listed(tmp_path, shipped_records):
    whole = shipped_records.read_bytes()
    frames = list(read_frames(shipped_records))
    size = len(frames[0].payload) + 16
    ids = [record.var_id for record in read_records(shipped_records)]
    path = tmp_path / "d"

    def kept(content):
        path.write_bytes(content)
        left_out: list[LeftOut] = []
        found = [record.var_id for record in read_records(path, on_skip=left_out.append)]
        return found, left_out

    flipped = bytearray(whole)
    flipped[size + 3] ^= 1
    found, (item,) = kept(flipped)
    assert found == ids[:1] + ids[2:]
    assert (item.number, item.start, item.stop) == (1, frames[1].offset, frames[2].offset)
    flipped[frames[5].offset + 500] ^= 1
    found, left_out = kept(flipped)
    assert found == ids[:1] + ids[2:5] + ids[6:]
    assert ["length" in item.reason for item in left_out] == [True, False]
    # Bytes that are gone: the length leads astray, the search finds the next frame.
    found, left_out = kept(whole[: size + 100] + whole[size + 200 :])
    assert found == ids[:1] + ids[2:]
    found, left_out = kept(whole[:-1000])
    assert found == ids[:-1]
    assert left_out[0].stop == len(whole) - 1000
    found, left_out = kept(gzip.compress(bytes(flipped), 1))
    assert found == ids[:1] + ids[2:5] + ids[6:]
    other = encode_example({"label": 1})
    write_frames(path, [other, *(frame.payload for frame in frames)])
    left_out = []
    assert len(list(read_records(path, on_skip=left_out.append))) == 10
    assert "var_id is missing" in left_out[0].reason


def test_heads_are_found_wherever_they_lie():
    generator = np.random.default_rng(4)
    content = bytearray(generator.bytes(5000))
    for place, length in ((0, 7), (1000, 225_000), (4988, 0)):
        head = length.to_bytes(8, "little")
        content[place : place + 12] = head + masked_crc32c(head).to_bytes(4, "little")
    assert heads(bytes(content)).tolist() == [0, 1000, 4988]


@pytest.mark.parametrize("count", [150, pytest.param(2500, marks=pytest.mark.exhaustive)])
def test_mutated_files_are_refused_or_right(tmp_path, shipped_records, count):
    whole = next(read_records(shipped_records))
    small = [
        whole._replace(feature=whole.feature[:3], mask=whole.mask[:3], var_id=f"v{n}")
        for n in range(3)
    ]
    path = tmp_path / "m.tfrec"
    generator = np.random.default_rng(6)
    payloads = [encode_record(record) for record in small]
    named = refused = 0
    for turn in range(count):
        damaged = list(payloads)
        if turn % 2:  # right checksums around a payload that is wrong
            content = bytearray(damaged[1])
            for _ in range(generator.integers(1, 4)):
                content[generator.integers(len(content))] = generator.integers(256)
            damaged[1] = bytes(content)
            write_frames(path, damaged)
        else:
            write_frames(path, damaged)
            content = bytearray(path.read_bytes())
            if turn % 4:
                del content[generator.integers(len(content)) :]
            else:
                content[generator.integers(len(content))] ^= 1 << generator.integers(8)
            path.write_bytes(content)
        try:
            found = list(read_records(path, window=3))
        except RecordError as error:
            named += str(error).startswith(f"{path}, record ") and "at byte" in str(error)
            refused += 1
            continue
        for one in (found[0], *found[2:]):
            assert any(one.feature.tobytes() == other.feature.tobytes() for other in small)
    assert named == refused > count // 3
