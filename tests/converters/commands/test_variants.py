"""`gmvp-convert variants` as its user has it, held to the original's records."""

import csv
import filecmp
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from converters.features.stand_ins import read_stand_ins, write_stand_ins
from converters.records.variant_record import read_records

TP53, PTEN = "ENST00000269305", "ENST00000371953"
COMMAND = [sys.executable, "-m", "converters.cli", "variants"]


@pytest.fixture
def variants(gmvp_convert, tmp_path):
    def run(*arguments):
        done = gmvp_convert("variants", *arguments, cwd=tmp_path)
        assert "Traceback" not in done.stderr
        return done

    return run


def _rows(records):
    """Records as the tables of the original's list them."""
    return [
        {
            "var_id": record.var_id,
            "label": str(record.label),
            "ref_aa": str(record.ref_aa),
            "alt_aa": str(record.alt_aa),
            "feature_sha256_16": hashlib.sha256(record.feature.tobytes()).hexdigest()[:16],
            "mask_sha256_16": hashlib.sha256(record.mask.tobytes()).hexdigest()[:16],
        }
        for record in records
    ]


def _assert_original(path, told, number=None):
    with open(told) as file:
        expected = list(csv.DictReader(file, delimiter="\t"))
    found = _rows(read_records(path))
    assert found == expected
    assert number is None or len(found) == number


@pytest.mark.parametrize(("gene", "number"), [("PTEN", 271), ("TP53", 284)])
def test_each_table_alone(variants, golden, matrices, tmp_path, gene, number):
    done = variants(golden / "raw" / f"{gene}.variants.tsv", "--features", matrices, "-o", "out")
    assert done.returncode == 0
    assert done.stderr == ""
    assert f"rows read (gMVP)   {number}" in done.stdout
    told = golden / "combined" / f"{gene}.records.tsv"
    _assert_original(tmp_path / "out.tfrec", told, number)
    assert sorted(os.listdir(tmp_path)) == ["out.tfrec"]


def test_both_tables_by_one_writer_and_in_slices(variants, golden, matrices, tmp_path):
    both = [golden / "raw" / f"{gene}.variants.tsv" for gene in ("TP53", "PTEN")]
    assert variants(*both, "--features", matrices, "-o", "one.tfrec").returncode == 0
    told = golden / "combined"
    _assert_original(tmp_path / "one.tfrec", told / "TP53_PTEN_one_writer.records.tsv", 555)
    assert variants(*both, "--features", matrices, "-o", "cut", "--cpu", 2).returncode == 0
    for index in range(2):
        expected = told / f"TP53_PTEN_cpu2_{index}.records.tsv"
        _assert_original(tmp_path / f"cut_{index}.tfrec", expected)


def test_real_records(variants, real, build_matrices, tmp_path):
    features = build_matrices(real / "feature", tmp_path)
    for gene in ("PTEN", "TP53"):
        done = variants(real / f"{gene}.variants.tsv", "--features", features, "-o", gene)
        assert done.returncode == 0
        told = real / "golden" / "combined" / f"{gene}.records.tsv"
        _assert_original(tmp_path / f"{gene}.tfrec", told)


@pytest.mark.slow
def test_straight_to_a_store(variants, golden, matrices, tmp_path):
    from converters.store.reader import Store

    table = golden / "raw" / "PTEN.variants.tsv"
    done = variants(table, "--features", matrices, "-o", "store", "--format", "store")
    assert done.returncode == 0
    variants(table, "--features", matrices, "-o", "out")
    with Store.open(tmp_path / "store") as store:
        found = _rows(store.record(index) for index in range(len(store)))
    assert found == _rows(read_records(tmp_path / "out.tfrec"))
    again = variants(table, "--features", matrices, "-o", "store", "--format", "store")
    assert again.returncode == 2


@pytest.fixture
def faulty(golden, tmp_path):
    """PTEN's table with a wrong reference, a position too far, and an unknown transcript."""
    lines = (golden / "raw" / "PTEN.variants.tsv").read_text().splitlines()
    lines[1] = lines[1].replace("\t3\tA\t", "\t3\tW\t")
    lines[3:5] = [f"{PTEN}\t999\tA\tC\t1\tfar\tmissense_variant"]
    lines.append("ENST9\t1\tM\tC\t1\tunknown\tmissense_variant")
    path = tmp_path / "faulty.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_what_does_not_fit_is_named_and_counted(variants, faulty, matrices, tmp_path):
    done = variants(faulty, "--features", matrices, "-o", "out", "--report", "report.json")
    assert done.returncode == 1
    told = f"line 2: {PTEN}_3_A_I: {PTEN} position 3 is A in the protein, but W in the table"
    assert f"failed: {faulty}, {told}" in done.stderr
    assert "line 4: far: " in done.stderr
    assert "line 272: unknown: ENST9: no ENST9.npy or .pickle in " in done.stderr
    assert "error: 3 of 271 variants have no record; the files have the rest" in done.stderr
    for kind in ("reference mismatch", "beyond the protein", "no feature matrix"):
        assert any(
            line.split() == ["failed:", *kind.split(), "1"] for line in done.stdout.splitlines()
        )
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["written"] == 268
    assert [row["line"] for row in report["listed"]] == [2, 4, 272]
    assert len(list(read_records(tmp_path / "out.tfrec"))) == 268


def test_strict_writes_nothing(variants, faulty, matrices, tmp_path):
    done = variants(faulty, "--features", matrices, "-o", "out", "--strict")
    assert done.returncode == 1
    assert "error: 3 variants failed, --strict was given: nothing written" in done.stderr
    assert os.listdir(tmp_path) == ["faulty.tsv"]


def test_labels_and_ids_of_a_plain_list(variants, matrices, tmp_path):
    (tmp_path / "list").write_text(f"{PTEN} 1 M V\n{PTEN}.4 2 T T\n{PTEN} 3 A *\n")
    done = variants("list", "--features", matrices, "-o", "out", "--no-shuffle")
    assert done.returncode == 1
    records = list(read_records(tmp_path / "out.tfrec"))
    assert [record.label for record in records] == [None] * 2
    assert [record.var_id[-5:] for record in records] == ["1_M_V", "2_T_T"]
    assert "failed: list, line 3: " in done.stderr
    assert "the substitute is '*'; expected one of ACDEFGHIKLMNPQRSTVWY" in done.stderr
    assert "note: 1 variants have the same reference and alternative" in done.stderr


def test_another_width(variants, golden, matrices, tmp_path):
    table = golden / "raw" / "PTEN.variants.tsv"
    done = variants(table, "--features", matrices, "-o", "out", "--width", 5)
    assert "note: the released model only reads windows of --width 64" in done.stderr
    record = next(read_records(tmp_path / "out.tfrec", window=None))
    assert record.feature.shape == (11, 435)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.tsv"], "error: nowhere.tsv: No such file or directory"),
        (["table", "--features", "nowhere"], "error: nowhere: no such folder; expected one of"),
        (["table", "--format", "store", "--shards", "2"], "error: --shards is for TFRecords"),
        (["table", "--report", "table"], "error: table: this command already uses this file"),
        (
            ["table", "--report", "out.tfrec"],
            "error: out.tfrec: this command already uses this file",
        ),
        (["there"], "error: there.tfrec: exists; give --force to replace it, or another name"),
    ],
)
def test_wrong_arguments(variants, matrices, tmp_path, arguments, message):
    (tmp_path / "table").write_text(f"{PTEN} 1 M V\n")
    (tmp_path / "there").write_text(f"{PTEN} 1 M V\n")
    (tmp_path / "there.tfrec").write_text("mine")
    output = "there" if arguments == ["there"] else "out"
    if "--features" not in arguments:
        arguments = [*arguments, "--features", matrices]
    done = variants(*arguments, "-o", output)
    assert done.returncode == 2
    assert message in done.stderr
    assert (tmp_path / "there.tfrec").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["table", "there", "there.tfrec"]


def test_replaced_when_forced(variants, matrices, tmp_path):
    (tmp_path / "table").write_text(f"{PTEN} 1 M V\n")
    (tmp_path / "out.tfrec").write_text("mine")
    assert variants("table", "--features", matrices, "-o", "out", "--force").returncode == 0
    assert len(list(read_records(tmp_path / "out.tfrec"))) == 1


def _kill_and_go_on(variants, golden, matrices, tmp_path, times):
    tables = [golden / "raw" / f"{gene}.variants.tsv" for gene in ("TP53", "PTEN")]
    arguments = [*tables, "--features", matrices, "--shards", 8]
    assert variants(*arguments, "-o", "undisturbed").returncode == 0
    moments = random.Random(0)
    for _ in range(times):
        command = [*COMMAND, *map(str, arguments), "-o", "out"]
        run = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        time.sleep(moments.uniform(0.05, 1.2))
        run.kill()
        run.communicate()
        for index, path in enumerate(sorted(tmp_path.glob("out_*.tfrec"))):
            whole = tmp_path / f"undisturbed_{index}.tfrec"
            assert filecmp.cmp(path, whole, shallow=False)
        if not (tmp_path / ".out_0.tfrec.journal.json").exists():
            # It was quicker than the kill: all is there, and the next would be refused.
            for path in tmp_path.glob("out_*.tfrec"):
                path.unlink()
    assert variants(*arguments, "-o", "out").returncode == 0
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]
    for index in range(8):
        found, wanted = (tmp_path / f"{name}_{index}.tfrec" for name in ("out", "undisturbed"))
        assert filecmp.cmp(found, wanted, shallow=False)


@pytest.mark.slow
def test_killed_and_run_again(variants, golden, matrices, tmp_path):
    _kill_and_go_on(variants, golden, matrices, tmp_path, 4)


@pytest.mark.exhaustive
def test_killed_twenty_times_and_run_again(variants, golden, matrices, tmp_path):
    _kill_and_go_on(variants, golden, matrices, tmp_path, 20)


def test_an_unfinished_run_is_not_mixed_with_another(variants, golden, matrices, tmp_path):
    """Its journal says what it was about; other input is refused until forced."""
    (tmp_path / "table").write_text(f"{PTEN} 1 M V\n")
    (tmp_path / ".out_0.tfrec.journal.json").write_text('{"work": "something else"}')
    shutil.copy(golden / "raw" / "PTEN.variants.tsv", tmp_path / "out_0.tfrec")
    arguments = ["table", "--features", matrices, "-o", "out", "--shards", 2]
    done = variants(*arguments)
    assert done.returncode == 2
    assert "error: out_0.tfrec: belongs to other input; give --force" in done.stderr
    assert variants(*arguments, "--force").returncode == 0
    assert sorted(os.listdir(tmp_path)) == ["out_0.tfrec", "out_1.tfrec", "table"]


def _heed_interrupts():
    """A shell's background jobs, such as these tests may be, pass over Ctrl-C unless told."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c(golden, matrices, tmp_path):
    rows = (golden / "raw" / "PTEN.variants.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "table").write_text(rows[0] + "".join(rows[1:]) * 60)
    command = [*COMMAND, "table", "--features", str(matrices), "-o", "out"]
    run = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=_heed_interrupts
    )
    while not list(tmp_path.glob(".out.tfrec.*.partial")):
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=20)
    assert run.returncode == 130
    assert errors == "interrupted; run it again to continue or to start over\n"
    assert not list(tmp_path.glob("*.tfrec")) + list(tmp_path.glob("*.partial"))


def test_a_count_that_stands_for_infinity_is_refused(variants, matrices, tmp_path):
    folder = shutil.copytree(matrices, tmp_path / "features")
    matrix = np.load(folder / f"{PTEN}.npy")
    matrix[0, 431] = np.finfo(np.float64).max
    np.save(folder / f"{PTEN}.npy", matrix)
    (tmp_path / "list").write_text(f"{PTEN} 1 M V\n")
    said = variants("list", "--features", folder, "-o", "out").stderr
    assert f"{PTEN}.npy: row 0, column 431 is 1.7976931348623157e+308; expected a count" in said


def test_what_stood_in_is_repeated_and_recorded_beside_the_records(
    variants, matrices, tmp_path, gmvp_convert
):
    features = tmp_path / "features"
    shutil.copytree(matrices, features)
    stood = {"structure": "neutral values"}
    write_stand_ins(features / f"{PTEN}.npy", {PTEN: stood})
    table = tmp_path / "t.tsv"
    table.write_text(f"{PTEN} 1 M V\n{PTEN} 2 T A\n{TP53} 1 M V\n{TP53} 2 E A\n")
    asked = ["t.tsv", "--features", features, "--no-shuffle", "--report", "r.json"]
    done = variants(*asked, "-o", "o", "--cpu", 2)
    assert done.returncode == 0
    assert done.stderr == f"note: {PTEN}: neutral values in place of NetSurfP\n"
    assert json.loads((tmp_path / "r.json").read_text())["stand_ins"] == {PTEN: stood}
    assert read_stand_ins(tmp_path / "o_0.tfrec") == {PTEN: stood}
    assert read_stand_ins(tmp_path / "o_1.tfrec") == {}
    converted = ["records", "o_0.tfrec", "o_1.tfrec", "-o", "s", "--report", "s.json"]
    done = gmvp_convert(*converted, cwd=tmp_path)
    assert f"note: {PTEN}: neutral values in place of NetSurfP\n" in done.stderr
    assert read_stand_ins(tmp_path / "s") == {PTEN: stood}
    assert json.loads((tmp_path / "s.json").read_text())["stand_ins"] == {PTEN: stood}
    done = gmvp_convert("records", "s", "--to", "tfrecord", "-o", "b.tfrec", cwd=tmp_path)
    assert read_stand_ins(tmp_path / "b.tfrec") == {PTEN: stood}
    table.write_text(f"{TP53} 1 M V\n")
    assert variants(*asked, "-o", "b", "--force").stderr == ""
    assert read_stand_ins(tmp_path / "b.tfrec") == {}
