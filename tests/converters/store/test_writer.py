"""Writing of stores: the documented format, its size, and what is never replaced."""

import json

import google_crc32c
import numpy as np
import pytest
from safetensors import safe_open

from converters.errors import InputError
from converters.records.variant_record import (
    VariantRecord,
    encode_record,
    read_records,
)
from converters.store.tensors import StoreError
from converters.store.verify import difference
from converters.store.writer import write_store
from converters.windows import cut


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


def test_destinations_that_hold_something_are_kept(made, shipped_records, tmp_path):
    with pytest.raises(InputError, match="--force"):
        write_store(made, read_records(shipped_records))
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    write_store(made, read_records(shipped_records), force=True)
    assert before == {path.name: path.read_bytes() for path in made.iterdir()}
    (made / "mine.txt").touch()
    with pytest.raises(InputError, match=r"contains mine\.txt"):
        write_store(made, read_records(shipped_records), force=True)
    with pytest.raises(StoreError, match="no records"):
        write_store(tmp_path / "empty", [])
    assert not (tmp_path / "empty").exists()
