"""Reading of stores: any record comes back, and damaged files are refused."""

import pickle
import shutil

import google_crc32c
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from converters.records.variant_record import (
    VariantRecord,
    write_records,
)
from converters.store.reader import Store
from converters.store.tensors import StoreError
from converters.store.verify import difference, store_records, verify
from converters.store.writer import write_store

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)


def bits(generator, shape):
    """Float32 of any bit pattern, some of them special."""
    raw = generator.integers(0, 1 << 32, shape, np.uint32)
    special = np.array([0x80000000, 0x7FC12345, 0x7F812345, 0xFF800001, 0], np.uint32)
    return np.where(generator.random(shape) < 0.3, generator.choice(special, shape), raw).view("f4")


@st.composite
def records(draw):
    generator = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    length = draw(st.sampled_from([1, 3, 9]))
    rows = bits(generator, (draw(st.integers(1, 6)), 435))
    masks = bits(generator, (2, length))
    return [
        VariantRecord(
            draw(st.binary(max_size=12)).decode("utf-8", "surrogateescape"),
            draw(st.none() | INT64),
            draw(INT64),
            draw(INT64),
            rows[generator.integers(0, len(rows), length)],
            masks[generator.integers(0, 2)],
        )
        for _ in range(draw(st.integers(1, 12)))
    ]


@settings(max_examples=60, deadline=None)
@given(
    given_records=records(), rows=st.sampled_from([1, 2, 100]), count=st.sampled_from([1, 5, 99])
)
def test_any_record_comes_back_to_the_bit(tmp_path_factory, given_records, rows, count):
    folder = tmp_path_factory.mktemp("store")
    summary = write_store(folder / "s", given_records, rows_a_file=rows, records_a_file=count)
    with Store.open(folder / "s") as store:
        found = list(store_records(store))
        assert len(store) == len(found) == len(given_records)
        assert [difference(*pair) for pair in zip(found, given_records, strict=True)] == [
            None
        ] * len(found)
        assert store.ids() == [record.var_id for record in given_records]
        apart, shared = (
            store.gather(np.arange(len(store))[::-1]),
            store.gather(np.arange(len(store))[::-1], shared=True),
        )
        assert shared.feature[shared.window].tobytes() == apart.feature.tobytes()
        assert shared.mask[shared.window].tobytes() == apart.mask.tobytes()
    distinct = {row.tobytes() for record in given_records for row in record.feature}
    assert summary.rows == len(distinct)
    verify(folder / "s")
    write_records(folder / "one", given_records)
    write_records(folder / "two", found)
    assert (folder / "one").read_bytes() == (folder / "two").read_bytes()


def test_a_store_travels_to_other_processes(made):
    with Store.open(made) as store:
        again = pickle.loads(pickle.dumps(store))
        assert difference(again.record(3), store.record(3)) is None
        with pytest.raises(IndexError):
            store.gather(np.array([10]))


def test_one_flipped_bit_is_caught(made):
    path = made / "rows-00000.safetensors"
    content = bytearray(path.read_bytes())
    content[5000] ^= 4
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"rows-00000\.safetensors: crc32c is"):
        Store.open(made).record(0)


def test_a_file_cut_short_while_open_is_refused(made):
    store = Store.open(made)
    store.record(0)
    with open(made / "rows-00000.safetensors", "r+b") as file:
        file.truncate(5000)
    with pytest.raises(StoreError, match="changed in size"):
        store.record(1)


def test_ids_that_point_nowhere_are_refused_though_all_checksums_hold(made, reindex):
    path = made / "records-00000.safetensors"
    with Store.open(made) as store:
        held = store.records_file(0)["windows"][0, 0]
        offset = path.read_bytes().find(store.records_file(0)["windows"].tobytes())
    assert held == 0
    content = bytearray(path.read_bytes())
    content[offset : offset + 4] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(content)
    crc = f"{google_crc32c.value(bytes(content)):08x}"
    reindex(made, lambda content: content["record_files"][0].update(crc32c=crc))
    with pytest.raises(StoreError, match="row 0 is 1073741824, expected 0 to 541"):
        Store.open(made).record(0)


def mutated(folder, generator):
    files = sorted(path for path in folder.iterdir())
    path = files[generator.integers(len(files))]
    content = bytearray(path.read_bytes())
    kind = generator.integers(4)
    if kind == 0:
        del content[generator.integers(len(content)) :]
    elif kind == 1:
        content += bytes(int(generator.integers(1, 50)))
    else:
        # Half of the flips hit the head.
        end = len(content) if kind == 2 else min(len(content), 700)
        content[generator.integers(end)] ^= 1 << generator.integers(8)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("count", [150, pytest.param(2500, marks=pytest.mark.exhaustive)])
def test_damaged_stores_are_refused_or_right(made, tmp_path, count):
    with Store.open(made) as store:
        right = list(store_records(store))
    generator = np.random.default_rng(5)
    work = tmp_path / "work"
    refused = 0
    for _ in range(count):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(made, work)
        mutated(work, generator)
        try:
            with Store.open(work) as store:
                found = list(store_records(store))
        except InputError as error:
            refused += "\n" not in str(error)
            continue
        assert all(difference(*pair) is None for pair in zip(found, right, strict=True))
    assert refused > 0.9 * count
