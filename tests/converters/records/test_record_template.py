"""Layouts of examples: what is read fast is what the general decoder reads."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.records.record_template import Templates, make
from converters.records.tf_example import decode_example, encode_example
from converters.records.tfrecord import (
    write_frames,
)
from converters.records.variant_record import (
    VariantRecord,
    read_records,
    variant_of,
)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_fast_way_reads_what_the_general_way_reads(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fast") / "f"
    payloads = []
    for _ in range(data.draw(st.integers(1, 8))):
        numbers = st.integers(0, 200) | st.integers(-(1 << 63), (1 << 63) - 1)
        values = {
            "ref_aa": data.draw(numbers),
            "alt_aa": data.draw(numbers),
            "feature": data.draw(st.binary(min_size=1, max_size=1)) * (435 * 4 * 3),
            "mask": bytes(12),
            "var_id": data.draw(st.binary(max_size=3)),
        }
        if data.draw(st.booleans()):
            values["label"] = data.draw(numbers)
        order = data.draw(st.permutations(list(values)))
        content = encode_example({name: values[name] for name in order})
        if data.draw(st.integers(0, 3)) == 0:
            place = data.draw(st.integers(0, len(content) - 1))
            content = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        payloads.append(content)
    write_frames(path, payloads)
    general: list[VariantRecord | None] = []
    for payload in payloads:
        try:
            general.append(variant_of(decode_example(memoryview(payload)), 3))
        except ValueError:
            general.append(None)
    found = list(read_records(path, window=3, on_skip=lambda item: None))
    wanted = [record for record in general if record is not None]
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one[:4] == other[:4]
        assert one.feature.tobytes() == other.feature.tobytes()
        assert one.mask.tobytes() == other.mask.tobytes()


VALUES: dict[str, bytes | int] = {
    "label": 1,
    "ref_aa": 2,
    "alt_aa": 3,
    "feature": b"f" * 300,
    "mask": b"m" * 9,
    "var_id": b"v",
}


def template(**changes):
    """Make the template of an example with some values changed; None leaves one out."""
    values = {name: value for name, value in {**VALUES, **changes}.items() if value is not None}
    payload = encode_example(values)
    return payload, make(payload, decode_example(memoryview(payload)))


def test_spans_are_where_the_values_are():
    payload, found = template()
    assert found is not None
    for name, (start, stop) in found.spans.items():
        value = VALUES[name]
        assert payload[start:stop] == (bytes([value]) if isinstance(value, int) else value)
    assert [payload[at] for at in (found.label, found.ref_aa, found.alt_aa)] == [1, 2, 3]


def test_another_payload_fits_if_only_its_values_differ():
    _, found = template()
    assert found is not None
    other: dict[str, bytes | int] = {"ref_aa": 19, "feature": b"g" * 300, "var_id": b"w"}
    assert found.fits(encode_example({**VALUES, **other}))
    assert not found.fits(encode_example({**VALUES, "mask": b"m" * 8, "var_id": b"vv"}))
    renamed = {("mark" if name == "mask" else name): value for name, value in VALUES.items()}
    assert not found.fits(encode_example(renamed))


@pytest.mark.parametrize("name", ["label", "ref_aa", "alt_aa"])
def test_a_longer_integer_does_not_fit(name):
    """It would take a byte that another value gives up."""
    _, found = template()
    assert found is not None
    content = bytearray(encode_example(VALUES))
    content[getattr(found, name)] |= 0x80
    assert not found.fits(bytes(content))


def test_a_record_without_a_label_has_a_layout_of_its_own():
    _, found = template(label=None)
    assert found is not None
    assert (found.label, "label" in found.spans) == (-1, False)


def test_spans_move_when_the_feature_is_cut_out():
    payload, found = template()
    assert found is not None
    start, stop = found.spans["feature"]
    rest, around = payload[:start] + payload[stop:], found.around
    assert around.fits(rest)
    first, last = around.spans["mask"]
    assert rest[first:last] == VALUES["mask"]
    assert around.spans["feature"] == (start, start)


@pytest.mark.parametrize(
    "changes", [{"weight": 5}, {"ref_aa": 128}, {"label": -1}, {"ref_aa": 300}]
)
def test_an_unusual_example_has_no_template(changes):
    assert template(**changes)[1] is None


def test_an_example_of_another_encoding_has_no_template():
    payload = encode_example(VALUES) + b"\x10\x05"  # an unknown field, which is not written again
    assert make(payload, decode_example(memoryview(payload))) is None
    payload = encode_example(VALUES)
    several = decode_example(memoryview(payload))
    several["ref_aa"] = [2, 2]
    assert make(payload, several) is None


def test_templates_are_found_by_size_and_layout():
    known = Templates()
    payload = encode_example(VALUES)
    assert known.find(payload) is None
    known.learn(payload, decode_example(memoryview(payload)))
    other = encode_example({**VALUES, "alt_aa": 7})
    found = known.find(other)
    assert found is not None
    assert known.of_size(len(payload)) == [found]
    assert known.find(payload + b"x") is None
    assert known.of_size(1) == ()


def test_only_so_many_layouts_are_remembered():
    known = Templates()
    for order in permutations(VALUES):
        payload = encode_example({name: VALUES[name] for name in order})
        known.learn(payload, decode_example(memoryview(payload)))
        assert len(known.of_size(len(payload))) <= 8
    for size in range(600):
        payload = encode_example({**VALUES, "var_id": b"v" * size})
        known.learn(payload, decode_example(memoryview(payload)))
    assert len(known._by_size) <= 512
    assert known.find(payload) is not None
