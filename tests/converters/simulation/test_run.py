"""Whole simulations: the same bytes whatever happens on the way, and files that agree."""

import json
from itertools import chain

import numpy as np
import pytest

from converters.errors import InputError
from converters.features.files import load_matrix
from converters.features.matrix import make_matrix
from converters.features.raw_files import RawFolder
from converters.records.variant_record import read_records
from converters.simulation import run
from converters.simulation.part import Outputs
from converters.simulation.plan import FILES
from converters.simulation.run import simulate
from converters.store.reader import Store
from converters.variants.reading import Options, read_tables
from converters.variants.records import make_records, resolve

EVERYTHING = Outputs(matrices=True, raw=3)


@pytest.fixture(scope="module")
def whole(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "data"
    simulate(small, folder, EVERYTHING)
    return folder


def test_the_same_seed_gives_the_same_bytes_whatever_the_jobs(small, whole, digests, tmp_path):
    simulate(small, tmp_path / "two", EVERYTHING, jobs=2)
    assert digests(tmp_path / "two") == digests(whole)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["two"]
    simulate(small._replace(seed=4), tmp_path / "other", EVERYTHING)
    mine, theirs = digests(tmp_path / "other"), digests(whole)
    # Seed 4 has variants elsewhere, and so some of its own files; none has the bytes of seed 3's.
    assert not [name for name in mine if mine[name] == theirs.get(name)]


def test_records_are_those_of_the_table_and_the_matrices(whole):
    rows = read_tables([whole / "variants.tsv"], Options(labels=True)).rows
    resolved = resolve(rows, whole / "features")
    assert len(resolved.good) == len(rows)
    made = make_records(rows, resolved.good, whole / "features")
    expected = {record.var_id: record for record in made}
    paths = sorted(whole.glob("train_r0*tfrec"))
    assert len(paths) == FILES
    found = list(chain.from_iterable(map(read_records, paths)))
    assert len(found) == len(expected) == 120
    for record in found:
        other = expected[record.var_id]
        assert (record.label, record.ref_aa, record.alt_aa) == other[1:4]
        assert record.feature.tobytes() == other.feature.tobytes()
        assert record.mask.tobytes() == other.mask.tobytes()


def test_raw_files_give_the_matrices_to_the_bit(whole):
    raw = RawFolder(whole / "raw")
    assert raw.transcripts() == [f"SIMT0000000{n}" for n in (1, 2, 3)]
    for name in raw.transcripts():
        made = make_matrix(raw.find(name))
        assert not made.notes
        assert made.matrix.tobytes() == load_matrix(whole / "features" / f"{name}.npy").tobytes()


def test_the_truth_is_told(small, whole):
    told = json.loads((whole / "truth.json").read_text())
    rows = [line.split("\t") for line in (whole / "truth.tsv").read_text().splitlines()]
    columns = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    variants = read_tables([whole / "variants.tsv"], Options(labels=True)).rows
    assert list(variants.names) == list(columns["var"])
    assert variants.label.tolist() == [int(label) for label in columns["target"]]
    assert told["settings"] == small._asdict()
    assert told["mean_probability"] == pytest.approx(
        np.mean([float(p) for p in columns["probability"]])
    )
    assert told["variants"] == sum(file["variants"] for file in told["files"].values()) == 120
    assert told["auroc"]["expected"] > max(told["auroc_expected_without"].values())
    for path in whole.glob("*.tfrec"):
        held = {record.var_id for record in read_records(path)}
        assert held == {
            name
            for name, file in zip(columns["var"], columns["file"], strict=True)
            if file == path.name
        }
    pairs = (whole / "coupled.tsv").read_text().splitlines()
    assert len(pairs) == 1 + told["coupled_pairs"]


def test_stores_hold_the_same_records(small, whole, tmp_path):
    simulate(small, tmp_path / "stores", Outputs("store", replicate=2))
    for number in range(FILES):
        expected = list(read_records(whole / f"train_r0_{number}.tfrec"))
        with Store.open(tmp_path / "stores" / f"train_r2_{number}.store") as store:
            assert store.ids() == [record.var_id for record in expected]
            for row, record in enumerate(expected):
                assert store.record(row).feature.tobytes() == record.feature.tobytes()


def test_a_split_by_position_shares_no_position_and_changes_no_variant(small, whole, tmp_path):
    simulate(small._replace(split="position"), tmp_path / "data", Outputs(matrices=True))
    assert (tmp_path / "data" / "variants.tsv").read_bytes() == (
        whole / "variants.tsv"
    ).read_bytes()
    places = [
        {record.var_id.rsplit("_", 2)[0] for record in read_records(path)}
        for path in sorted((tmp_path / "data").glob("*.tfrec"))
    ]
    assert sum(map(len, places)) == len(set().union(*places))
    assert len(list((tmp_path / "data" / "features").iterdir())) == small.proteins


class _Killed(BaseException):
    pass


def _interrupted(settings, output, after):
    """Begin a simulation that breaks off after so many variants."""
    made = 0

    def advance(units):
        nonlocal made
        made += units
        if made > after:
            raise _Killed

    with pytest.raises(_Killed):
        simulate(settings, output, EVERYTHING, advance=advance)


def test_a_run_that_broke_off_is_gone_on_with(small, whole, digests, tmp_path, monkeypatch):
    output = tmp_path / "data"
    _interrupted(small, output, after=50)
    assert not output.exists()
    unfinished = tmp_path / ".data.unfinished"
    finished = {path.name: path.stat().st_mtime_ns for path in unfinished.glob("*.tfrec")}
    assert 1 < len(finished) < FILES
    seen = {}
    monkeypatch.setattr(
        run, "put_in_place", lambda made, path: (seen.update(digests(made)), made.rename(path))
    )
    simulate(small, output, EVERYTHING)
    assert digests(output) == digests(whole) == seen
    for name, time in finished.items():
        assert (output / name).stat().st_mtime_ns == time
    assert not unfinished.exists()


def test_a_run_with_other_settings_starts_anew(small, digests, tmp_path):
    _interrupted(small, tmp_path / "data", after=50)
    other = small._replace(seed=9)
    simulate(other, tmp_path / "data", EVERYTHING)
    simulate(other, tmp_path / "fresh", EVERYTHING)
    assert digests(tmp_path / "data") == digests(tmp_path / "fresh")


def test_only_a_simulation_is_replaced_and_only_by_force(small, tmp_path):
    output = tmp_path / "data"
    simulate(small, output)
    with pytest.raises(InputError, match="give --force to replace the simulation"):
        simulate(small, output)
    simulate(small._replace(seed=8), output, force=True)
    assert json.loads((output / "truth.json").read_text())["settings"]["seed"] == 8
    (output / "notes.txt").touch()
    with pytest.raises(InputError, match=r"contains notes.txt, which is not part of a simulation"):
        simulate(small, output, force=True)
    with pytest.raises(InputError, match="does not exist; create it first"):
        simulate(small, tmp_path / "none" / "data")


def test_a_second_run_at_the_same_place_is_refused(small, tmp_path):
    def advance(units):
        if units:
            with pytest.raises(InputError, match="another run is writing to it"):
                simulate(small, tmp_path / "data")

    simulate(small, tmp_path / "data", advance=advance)
    assert (tmp_path / "data" / "truth.json").exists()
