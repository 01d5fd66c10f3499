"""`gmvp predict --records` as its user runs it."""

import gzip
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pytest
import torch

from converters.features.stand_ins import read_stand_ins, write_stand_ins
from converters.store.conversion import convert
from pt_gmvp.data import Batch
from pt_gmvp.model import GMVP
from pt_gmvp.prediction import ensemble_probability


@pytest.fixture
def call(gmvp_command, models, tmp_path, monkeypatch):
    """Runs the command in an empty folder: (options beside the models) -> code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        given = [str(word) for word in words]
        options = ["--device", "cpu"]
        if not any(word.startswith("--model") for word in given):
            options += [x for folder in models for x in ("--model", str(folder))]
        return gmvp_command("predict", *options, *given)

    return run


def table(path: Path) -> tuple[list[str], np.ndarray]:
    header, *rows = path.read_text().splitlines()
    assert header == "var\tgMVP"
    return [row.split("\t")[0] for row in rows], np.array(
        [float(row.split("\t")[1]) for row in rows]
    )


def test_records_as_the_original_scores_them(
    call, golden: Path, shipped_records: Path, drawn_model: Callable[..., GMVP], assert_rounding
) -> None:
    config = json.loads((golden / "ensemble_config.json").read_text())["model"]
    names, values = table(golden / "TP53_PTEN_predict.tsv")
    found = []
    for dtype in (torch.float32, torch.float64):
        folders = []
        for seed in (21, 22):
            folder = Path(f"{dtype}-{seed}")
            folders += ["--model", str(folder)]
            drawn_model(config, seed, dtype).save_pretrained(folder)
        assert call("--records", shipped_records, *folders, "-o", f"{dtype}.tsv")[0] == 0
        found.append(table(Path(f"{dtype}.tsv")))
    assert found[0][0] == found[1][0] == names
    assert_rounding(values, found[0][1].astype(np.float32), found[1][1], "TP53_PTEN")


def test_a_list_of_the_original_models_is_an_ensemble(
    call, golden: Path, shipped_records: Path, tmp_path: Path
) -> None:
    names, values = table(golden / "TP53_PTEN_predict.tsv")
    paths = [str(golden / f"ensemble_{seed}.h5") for seed in (21, 22)]
    (tmp_path / "models.txt").write_text("\n".join([*paths, "epoch-9.h5"]))
    config = json.loads((golden / "ensemble_config.json").read_text())
    config["model"] |= {"rate": 0.0, "#d_fc": 512}
    (tmp_path / "c.json").write_text(json.dumps(config))
    asked = ["--records", shipped_records, "--config", "c.json"]
    code, _, err = call(*asked, "--model_list", "models.txt", "-o", "list.tsv")
    assert code == 1
    assert "c.json: without effect, as nothing reads it: model.rate" in err
    assert "error: 1 of 3 models of the list do not exist; the scores are those of the oth" in err
    assert call(*asked, "--model", paths[0], "--model_path", paths[1], "-o", "two.tsv")[0] == 0
    assert Path("two.tsv").read_bytes() == Path("list.tsv").read_bytes()
    found = table(Path("two.tsv"))
    assert found[0] == names
    np.testing.assert_allclose(found[1], values, rtol=1e-5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--force", "-o", "-"], "--force has no effect with -o -"),
        (["-o", "o.tsv", "--model_list", "l"], "give --model MODEL, once or more, or --model_list"),
    ],
)
def test_options_without_effect(call, shipped_records: Path, models, words, said) -> None:
    code, _, err = call("--records", shipped_records, "--model", models[0], *words)
    assert code == 2
    assert err.startswith(f"error: {said}")


@pytest.fixture
def sources(shipped_records: Path, tmp_path: Path) -> dict[str, Path]:
    """The shipped records as they are, gzipped, in a folder, and as a store."""
    with open(shipped_records, "rb") as file, gzip.open(tmp_path / "z.tfrec.gz", "wb") as zipped:
        shutil.copyfileobj(file, zipped)
    (tmp_path / "folder").mkdir()
    shutil.copy(shipped_records, tmp_path / "folder" / "a.tfrec")
    convert([shipped_records], tmp_path / "store", window=129)
    return {
        "records": shipped_records,
        "gzipped": tmp_path / "z.tfrec.gz",
        "folder": tmp_path / "folder",
        "store": tmp_path / "store",
    }


def test_all_kinds_of_records_in_any_batches_give_the_same(call, sources) -> None:
    found = {}
    for kind, path in sources.items():
        code, out, _ = call("--records", path, "-o", f"{kind}.tsv", "--batch-size", 3)
        assert code == 0
        assert "rows read (records)   10\n" in out
        found[kind] = table(Path(f"{kind}.tsv"))
    for names, values in found.values():
        assert names == found["records"][0]
        np.testing.assert_allclose(values, found["records"][1], rtol=2e-6)


def test_a_pattern_names_files_that_are_read_in_their_order(
    call, sources, shipped_records: Path
) -> None:
    shutil.copy(shipped_records, "b.tfrec")
    shutil.copy(sources["gzipped"], "a.tfrec")
    Path("c.txt").write_text("not asked for")
    code, out, _ = call("--input_tfrec", "*.tfrec", "-o", "o.tsv", "--batch_size", 4)
    assert code == 0
    assert "rows read (records)   20\n" in out
    assert call("--records", shipped_records, "-o", "one.tsv", "--batch_size", 4)[0] == 0
    names, values = table(Path("one.tsv"))
    found = table(Path("o.tsv"))
    assert found[0] == names * 2
    np.testing.assert_allclose(found[1], np.tile(values, 2), rtol=2e-6)


def test_a_damaged_file_of_a_pattern_is_named_before_any_is_scored(call, sources) -> None:
    shutil.copy(sources["records"], "a.tfrec")
    Path("b.tfrec").write_bytes(sources["records"].read_bytes()[:-1])
    code, _, err = call("--input_tfrec", "?.tfrec", "-o", "o.tsv")
    assert code == 2
    assert err.startswith("error: b.tfrec, record 9 at byte ")
    assert not Path("o.tsv").exists()


def test_a_score_that_is_not_finite_is_listed_with_its_own_file(call, sources, monkeypatch) -> None:
    def damaged(models: Sequence[GMVP], batch: Batch) -> torch.Tensor:
        found = ensemble_probability(models, batch).clone()
        found[-1] = float("nan")
        return found

    monkeypatch.setattr("pt_gmvp.scoring.predicting_records.ensemble_probability", damaged)
    shutil.copy(sources["records"], "a.tfrec")
    shutil.copy(sources["records"], "b.tfrec")
    code, _, _ = call("--input_tfrec", "?.tfrec", "-o", "o.tsv", "--report", "r.json")
    assert code == 1
    listed = json.loads(Path("r.json").read_text())["listed"]
    assert [(one["table"], one["line"]) for one in listed] == [("a.tfrec", 10), ("b.tfrec", 10)]
    assert len(table(Path("o.tsv"))[0]) == 18


@pytest.mark.parametrize("kind", ["records", "gzipped", "folder", "store"])
def test_what_stood_in_is_passed_on_from_the_records(call, sources, tmp_path, kind) -> None:
    path = tmp_path / "given" / sources[kind].name
    path.parent.mkdir()
    (shutil.copytree if sources[kind].is_dir() else shutil.copy)(sources[kind], path)
    stood = {"ENST00000269305": {"counts": "neutral values"}}
    write_stand_ins(path / "a.tfrec" if kind == "folder" else path, stood)
    code, _, err = call("--records", path, "-o", "o.tsv", "--report", "r.json")
    assert code == 0
    assert "note: ENST00000269305: neutral values in place of population counts\n" in err
    assert read_stand_ins(Path("o.tsv")) == stood
    assert json.loads(Path("r.json").read_text())["stand_ins"] == stood


def test_the_three_formats_and_a_pipe_hold_the_same(call, shipped_records: Path) -> None:
    for name in ("o.tsv", "o.tsv.gz", "o.parquet"):
        assert call("--records", shipped_records, "-o", name)[0] == 0
    text = Path("o.tsv").read_text()
    assert gzip.decompress(Path("o.tsv.gz").read_bytes()).decode() == text
    rows = duckdb.read_parquet("o.parquet").fetchall()
    assert "var\tgMVP\n" + "".join(f"{name}\t{score!r}\n" for name, score in rows) == text
    code, out, err = call("--records", shipped_records, "-o", "-")
    assert (code, out) == (0, text)
    assert "standard output" in err
    assert sorted(os.listdir()) == ["o.parquet", "o.tsv", "o.tsv.gz"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "give --records FILE|STORE, or --input_tfrec GLOB, or --variants TABLE --features"),
        (["--records", "a", "--variants", "b"], "give --records FILE|STORE, or --input_tfrec GLOB"),
        (["--records", "a", "--input_tfrec", "b"], "give --records FILE|STORE, or --input_tfrec "),
        (["--input_tfrec", "a", "--feature_dir", "b"], "--features has no effect with --input_tf"),
        (["--input_tfrec", "[x]*.tfrec"], "--input_tfrec [x]*.tfrec: no such file; expected TFR"),
        (["--input_tfrec", "v.*"], "v.tsv, record 0 at byte 0: "),
        (["--transcript_list", "a"], "--transcript_list: all substitutions of transcripts are s"),
        (["--records", "a", "--features", "b"], "--features has no effect with --records"),
        (["--records", "a", "--map", "b"], "--map has no effect with --records"),
        (["--records", "a", "--timeout", "3"], "--timeout has no effect with --records"),
        (["--records", "none"], "none: No such file or directory"),
        (["--records", "empty"], "empty: neither a tensor store nor a folder with files *tfrec"),
        (["--records", "v.tsv"], "v.tsv, record 0 at byte 0: "),
        (["--records", "none", "--report", "o.tsv"], "o.tsv: this command already uses this file"),
        (["--records", "none", "-o", "v.tsv"], "v.tsv: exists; give --force to replace it"),
    ],
)
def test_what_is_refused_is_one_line(call, words, said) -> None:
    Path("v.tsv").write_text("T 1 A C\n")
    Path("empty").mkdir()
    code, out, err = call(*words, *([] if "-o" in words else ["-o", "o.tsv"]))
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1
    assert sorted(os.listdir()) == ["empty", "v.tsv"]


def test_a_table_that_is_there_is_replaced_by_force(call, shipped_records: Path) -> None:
    Path("o.tsv").write_text("old")
    assert call("--records", shipped_records, "-o", "o.tsv")[0] == 2
    assert Path("o.tsv").read_text() == "old"
    assert call("--records", shipped_records, "-o", "o.tsv", "--force")[0] == 0
    assert len(table(Path("o.tsv"))[0]) == 10


def test_a_damaged_record_ends_it_and_nothing_is_written(call, shipped_records: Path) -> None:
    content = bytearray(shipped_records.read_bytes())
    content[len(content) // 2] ^= 1
    Path("d.tfrec").write_bytes(content)
    code, _, err = call("--records", "d.tfrec", "-o", "o.tsv")
    assert code == 2
    assert err.startswith("error: d.tfrec")
    assert os.listdir() == ["d.tfrec"]


def test_it_is_one_process(call, shipped_records: Path, monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    code, _, err = call("--records", shipped_records, "-o", "o.tsv")
    assert (code, err) == (
        2,
        "error: gmvp predict --records runs in one process; start it without torchrun\n",
    )
