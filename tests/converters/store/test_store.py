import json
import pickle
import shutil

import google_crc32c
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from converters.errors import InputError
from converters.records.variant_record import (
    VariantRecord,
    encode_record,
    read_records,
    write_records,
)
from converters.store.reader import Store
from converters.store.tensors import StoreError
from converters.store.verify import difference, store_records, verify
from converters.store.writer import write_store
from converters.windows import cut

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


@pytest.fixture
def made(tmp_path, shipped_records):
    write_store(tmp_path / "s", read_records(shipped_records))
    return tmp_path / "s"


def test_a_reader_that_knows_only_the_document(made, shipped_records):
    _, _, rest = (made / "index.json").read_bytes().partition(b"\n")
    index = json.loads((made / "index.json").read_bytes())
    assert f"{google_crc32c.value(rest):08x}" == index["checksum"]
    assert (index["format"], index["version"]) == ("gmvp-tensor-store", 1)
    parts = []
    for file in index["row_files"]:
        assert f"{google_crc32c.value((made / file['name']).read_bytes()):08x}" == file["crc32c"]
        with safe_open(made / file["name"], "np") as tensors:
            parts.append(tensors.get_tensor("rows"))
    rows = np.concatenate(parts)
    found = []
    for file in index["record_files"]:
        with safe_open(made / file["name"], "np") as tensors:
            held = {name: tensors.get_tensor(name) for name in tensors.keys()}  # noqa: SIM118
        for r in range(file["records"]):
            start, stop = held["var_id_offset"][r : r + 2]
            found.append(
                VariantRecord(
                    held["var_id"][start:stop].tobytes().decode(),
                    int(held["label"][r]) if held["labelled"][r] else None,
                    int(held["ref_aa"][r]),
                    int(held["alt_aa"][r]),
                    rows[held["windows"][held["window"][r]]],
                    held["masks"][held["mask"][r]],
                )
            )
    pairs = zip(found, read_records(shipped_records), strict=True)
    assert all(difference(*pair) is None for pair in pairs)


def test_all_variants_of_a_protein_take_little(tmp_path):
    matrix = np.random.default_rng(3).standard_normal((403, 435))

    def all_variants():
        for position in range(403):
            feature, mask = cut(matrix, np.array([position]))
            for alt in range(20):
                yield VariantRecord(f"ENST_{position}_{alt}", None, 1, alt, feature[0], mask[0])

    summary = write_store(tmp_path / "s", all_variants())
    framed = 8060 * (len(encode_record(next(all_variants()))) + 16)
    assert (summary.records, summary.rows, summary.windows) == (8060, 404, 403)
    assert summary.bytes < 0.03 * framed


def test_a_store_travels_to_other_processes(made):
    with Store.open(made) as store:
        again = pickle.loads(pickle.dumps(store))
        assert difference(again.record(3), store.record(3)) is None
        with pytest.raises(IndexError):
            store.gather(np.array([10]))


def test_planted_mistakes_are_caught(made, shipped_records, tmp_path):
    proof = verify(made, [shipped_records])
    assert proof.compared == [shipped_records]
    whole = list(read_records(shipped_records))
    others = {
        "record 0: var_id": [whole[1], whole[0], *whole[2:]],
        "has more": whole[:-1],
        "give all of them": [*whole, whole[0]],
    }
    swapped = whole[2].feature[[1, 0, *range(2, 129)]]
    others["record 2: feature"] = [*whole[:2], whole[2]._replace(feature=swapped), *whole[3:]]
    for problem, planted in others.items():
        write_store(tmp_path / "bad", planted, force=True)
        with pytest.raises(StoreError, match=problem):
            verify(tmp_path / "bad", [shipped_records])


def test_one_flipped_bit_is_caught(made):
    path = made / "rows-00000.safetensors"
    content = bytearray(path.read_bytes())
    content[5000] ^= 4
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"rows-00000\.safetensors: crc32c is"):
        Store.open(made).record(0)


def test_a_file_cut_short_while_open_is_told(made):
    store = Store.open(made)
    store.record(0)
    with open(made / "rows-00000.safetensors", "r+b") as file:
        file.truncate(5000)
    with pytest.raises(StoreError, match="changed in size"):
        store.record(1)


def reindex(folder, change):
    """Change an index, and give it the checksum that it should then have."""
    told = json.loads((folder / "index.json").read_bytes())
    change(told)
    del told["checksum"]
    rest = json.dumps(told).encode()[1:]
    first = f'{{"checksum": "{google_crc32c.value(rest):08x}",\n'.encode()
    (folder / "index.json").write_bytes(first + rest)


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("version", 2, "version 2, but this program reads 1"),
        ("format", "x", "format is 'x'"),
        ("rows", 1 << 50, "a count is not a whole number"),
        ("rows", 541, "out of order"),
        ("window", 128, "window 128"),
        ("records", 11, "11 records are not those"),
        ("row_files", None, "not a readable index"),
        ("sources", [{}], "not a readable index"),
    ],
)
def test_an_index_that_does_not_agree_is_refused(made, key, value, problem):
    reindex(made, lambda told: told.update({key: value}))
    with pytest.raises(StoreError, match=problem):
        Store.open(made)


def test_ids_that_point_nowhere_are_refused_though_all_checksums_hold(made):
    path = made / "records-00000.safetensors"
    with Store.open(made) as store:
        held = store.records_file(0)["windows"][0, 0]
        offset = path.read_bytes().find(store.records_file(0)["windows"].tobytes())
    assert held == 0
    content = bytearray(path.read_bytes())
    content[offset : offset + 4] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(content)
    crc = f"{google_crc32c.value(bytes(content)):08x}"
    reindex(made, lambda told: told["record_files"][0].update(crc32c=crc))
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


@pytest.mark.parametrize("count", [150, pytest.param(2500, marks=pytest.mark.slow)])
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


def test_destinations_that_hold_something_are_kept(made, shipped_records, tmp_path):
    with pytest.raises(StoreError, match="--force"):
        write_store(made, read_records(shipped_records))
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    write_store(made, read_records(shipped_records), force=True)
    assert before == {path.name: path.read_bytes() for path in made.iterdir()}
    (made / "mine.txt").touch()
    with pytest.raises(StoreError, match=r"holds mine\.txt"):
        write_store(made, read_records(shipped_records), force=True)
    with pytest.raises(StoreError, match="no records"):
        write_store(tmp_path / "empty", [])
    assert not (tmp_path / "empty").exists()
