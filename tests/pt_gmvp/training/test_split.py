import glob
import random

import numpy as np
import pytest

from converters.errors import InputError
from converters.records.variant_record import write_records
from converters.store.writer import write_store
from pt_gmvp.training.split import Source, open_split, split_files


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "held-out.txt"
    path.write_text("v3\nv7\n\nv30\n")
    return path


def test_the_split_is_the_shuffle_of_the_release(data):
    files = glob.glob(str(data / "train_r0*tfrec"))
    random.seed(2020)
    random.shuffle(files)
    for cv in range(10):
        training, validation = split_files(data, 0, cv)
        assert validation == files[cv]
        assert training == [file for file in files if file != validation]


def test_the_order_of_a_run_that_is_gone_on_with_is_kept(data, monkeypatch):
    first = open_split(Source(data, cv=4))
    assert first.account["cv"] == 4
    listing = glob.glob
    monkeypatch.setattr(glob, "glob", lambda pattern: sorted(listing(pattern))[::-1])
    again = open_split(Source(data, cv=4), first.account)
    assert again.account == first.account
    assert again.training.var_ids == first.training.var_ids
    gone = {**first.account, "validation": "train_r0_x.tfrec"}
    with pytest.raises(InputError, match=r"started with train_r0_x\.tfrec, which has disappeared"):
        open_split(Source(data, cv=4), gone)


def test_other_names_of_the_ten_files_are_recorded(data, tmp_path):
    for file in data.iterdir():
        (tmp_path / file.name.replace("train_r0", "set_r5")).symlink_to(file)
    split = open_split(Source(tmp_path, replicate=5, cv=1, stem="set_r0"))
    assert split.account["stem"] == "set_r0"
    assert split.account["validation"].startswith("set_r5_")
    assert "stem" not in open_split(Source(data)).account


def test_two_lists_of_files(data):
    files = sorted(data.iterdir())
    split = open_split(Source(data, files=(files[:2], files[2:3])))
    assert (len(split.training), len(split.validation)) == (8, 4)
    assert split.account["validation_files"] == ["train_r0_2.tfrec"]
    with pytest.raises(InputError, match=r"train_r0_1\.tfrec: is among the files to train on and"):
        open_split(Source(data, files=(files[:2], files[1:3])))


def test_matrices_next_to_records_are_refused(data, listed):
    for source in (Source(data, data), Source(data, data, validation=listed)):
        with pytest.raises(InputError, match="records have their own windows; leave out --featu"):
            open_split(source)


def test_any_data_are_split_by_names(data, records, golden, listed, tmp_path):
    write_store(tmp_path / "store", records)
    write_records(tmp_path / "one.tfrec", records)
    for source, kind in ((data, "records"), (tmp_path / "store", "store"),
                         (tmp_path / "one.tfrec", "records")):  # fmt: skip
        split = open_split(Source(source, validation=listed))
        assert split.account["kind"] == kind
        assert sorted(split.validation.var_ids) == ["v3", "v30", "v7"]
        assert len(split.training) == 37
        assert not {"v3", "v30", "v7"} & set(split.training.var_ids)
        batch = split.training.__getitems__([0, 36, 5])
        assert batch.var_id == [split.training.var_ids[i] for i in (0, 36, 5)]
        assert batch.label.tolist() == split.training.labels[[0, 36, 5]].tolist()
        assert split.training[-1].var_id == split.training.var_ids[36]


def test_a_table_is_split_by_names(golden, tmp_path):
    table, names = tmp_path / "variants.tsv", tmp_path / "names"
    row = "ENST00000371953\t{0}\t{1}\t{2}\t{3}\tp{0}{2}"
    rows = [row.format(1, "M", "V", 1), row.format(2, "T", "A", 0), row.format(2, "T", "Y", 1)]
    header = "transcript_id\taa_pos\tref_aa\talt_aa\ttarget\tvar"
    table.write_text("\n".join([header, *rows]) + "\n")
    names.write_text("p2A\n")
    split = open_split(Source(table, golden / "combined", validation=names))
    assert split.account["kind"] == "table"
    assert split.training.var_ids == ["p1V", "p2Y"]
    np.testing.assert_array_equal(split.validation.labels, [0])
    with pytest.raises(InputError, match="a table requires --features"):
        open_split(Source(table, validation=names))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"replicate": 3},
            r"train_r3\*tfrec: 0 files; expected 10, one of them for validation; give",
        ),
        ({"cv": -1}, "--cv is -1; expected the number of a file, 0 to 9"),
        ({"data": "none"}, "none: no such file or folder of variants"),
        (
            {"data": "empty", "validation": "held-out.txt"},
            "neither a tensor store nor a folder with files",
        ),
        ({"data": "held-out.txt"}, "not a folder of 10 TFRecord files; give --validation LIST"),
        ({"validation": "wrong.txt"}, r"wrong\.txt: v40 and 1 more are not in "),
        ({"validation": "one.txt"}, r"one\.txt: v40 is not in [^;]*; expected names of"),
        ({"validation": "bytes.txt"}, r"bytes\.txt: byte 2 is not UTF-8 text"),
        ({"validation": "nobody.txt"}, "no variant to validate on; expected one or more"),
        ({"validation": "all.txt"}, "no variant to train on; expected one or more"),
    ],
)
def test_what_cannot_be_split_is_refused(change, message, data, listed, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "wrong.txt").write_text("v1\nv41\nv40\n")
    (tmp_path / "one.txt").write_text("v40\n")
    (tmp_path / "bytes.txt").write_bytes(b"v1\xff")
    (tmp_path / "nobody.txt").touch()
    (tmp_path / "all.txt").write_text("".join(f"v{number}\n" for number in range(40)))
    paths = {key: tmp_path / value for key, value in change.items() if isinstance(value, str)}
    with pytest.raises(InputError, match=message):
        open_split(Source(**({"data": data} | change | paths)))
