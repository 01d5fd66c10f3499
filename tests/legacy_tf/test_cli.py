import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from legacy_tf.cli import main


def run(*arguments, python=()):
    """Run the command line in a process of its own, with options of the interpreter."""
    environment = {n: v for n, v in os.environ.items() if n != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        [sys.executable, *python, "-m", "legacy_tf", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


@pytest.fixture
def predict(golden, shipped_records, tmp_path):
    """The arguments of a prediction that works, of which a test replaces some."""

    def arguments(**others):
        chosen = {
            "config": golden / "ensemble_config.json",
            "weights": golden / "ensemble_21.h5",
            "records": shipped_records,
            "output": tmp_path / "out.tsv",
        } | others
        pairs = [(f"--{name}", str(value)) for name, value in chosen.items() if value is not None]
        return ["predict", *(part for pair in pairs for part in pair)]

    return arguments


def refusal(capsys, arguments):
    """The one line that a refused command leaves."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("error: ").rstrip("\n")


@pytest.mark.parametrize("command", [[], ["train"], ["train_tfl"], ["predict"]])
def test_help_imports_nothing_heavy(command):
    found = run(*command, "--help", python=("-X", "importtime"))
    assert found.returncode == 0
    assert "usage: python -m legacy_tf" in found.stdout
    assert "legacy_tf.cli" in found.stderr
    assert not re.search(r"\b(tensorflow|tf_keras|numpy|sklearn|scipy)\b", found.stderr)


@pytest.mark.slow
def test_a_prediction_says_nothing_but_what_it_wrote(predict, tmp_path):
    found = run(*predict())
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == f"wrote 10 scores to {tmp_path / 'out.tsv'}\n"
    assert (tmp_path / "out.tsv").read_text().startswith("var\tgMVP\nENST00000269305_344_L_H\t0.")


@pytest.mark.slow
def test_all_substitutions_of_listed_transcripts(predict, tmp_path, capsys):
    np.save(tmp_path / "ENST1.npy", np.zeros((2, 435)))
    (tmp_path / "list.txt").write_text("ENST1\nENST2\n")
    arguments = predict(records=None, transcripts=tmp_path / "list.txt", features=tmp_path)
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.err == (
        f"skipped ENST2: no ENST2.pickle or .npy in {tmp_path}\n"
        "error: 1 transcripts have no feature matrix and are not in the table\n"
    )
    lines = (tmp_path / "out.tsv").read_text().splitlines()
    assert (len(lines), lines[1].split("\t")[0]) == (41, "ENST1_1_A_A")


@pytest.mark.slow
def test_training_from_a_pretrained_model(golden, shipped_records, tmp_path, capsys):
    for i in range(10):
        shutil.copy(shipped_records, tmp_path / f"train_r0_{i}.tfrec")
    config = json.loads((golden / "ensemble_config.json").read_text())
    (tmp_path / "c.json").write_text(json.dumps(config | {"training": {"batch_size": 50}}))
    paths = ["--config", tmp_path / "c.json", "--data", tmp_path, "--output", tmp_path / "out"]
    more = ["--pretrained", golden / "ensemble_21.h5", "--max-epochs", "1", "--seed", "1"]
    assert main(["train", *map(str, paths + more)]) == 0
    out = capsys.readouterr().out
    assert f"validating on {tmp_path}/train_r0_" in out
    assert "epoch 1  training_loss 0." in out
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["epoch-1.h5", "history.tsv"]


@pytest.fixture
def released(golden, shipped_records, tmp_path, monkeypatch):
    """A lab's folder: ten files, two trained models in a list, and the release's JSON file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tf").mkdir()
    for i in range(10):
        shutil.copy(shipped_records, tmp_path / "tf" / f"train_r2_{i}.tfrec")
    for name in ("ensemble_21.h5", "ensemble_22.h5"):
        shutil.copy(golden / name, tmp_path)
    model = json.loads((golden / "ensemble_config.json").read_text())["model"]

    def write(name, **inputs):
        content = {
            "train": {"#opt": "adamw", "model_type": "attention", "batch_size": 50, "epoch": 512},
            "model": model | {"rate": 0.0},
            "input": inputs,
        }
        (tmp_path / name).write_text(json.dumps(content))
        return name

    return write


@pytest.mark.slow
def test_the_releases_training_call_leaves_what_the_release_leaves(released, tmp_path, capsys):
    config = released("config.json", base_dir="tf", train="train_r0", test={"TP53": "TP53"})
    call = ["train", "--config", config, "--cv", "3", "--random", "2", "--max-epochs", "2"]
    assert main(call) == 0
    captured = capsys.readouterr()
    assert captured.err == (
        "note: config.json: without effect, as nothing reads it: train.epoch, model.rate, "
        "input.test\n"
    )
    assert "validating on tf/train_r2_" in captured.out
    (folder,) = (tmp_path / "res").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d", folder.name)
    files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    assert files.pop(-2).startswith("summary/train/events.out.tfevents.")
    assert files == [
        *(f"model/epoch-{n}.h5" for n in (0, 1)),
        *(f"result/epoch_{n}_validate.score" for n in (0, 1)),
        "train.log",
    ]
    header, *rows = (folder / "result" / "epoch_1_validate.score").read_text().splitlines()
    assert header == "var\ttarget\tScore"
    assert len(rows) == 10
    assert re.fullmatch(r"ENST00000269305_344_L_H\t[01]\t0\.\d{6}", rows[0])
    assert "epoch 1  training_loss 0." in (folder / "train.log").read_text()


@pytest.mark.slow
def test_the_releases_transfer_learning(released, tmp_path, capsys):
    patterns = {"train": "tf/train_r2_[0-3]*", "validate": "tf/*_4.tfrec", "test": "tf/*_5.tfrec"}
    config = released("transfer.json", **patterns)
    call = ["train_tfl", "--config", config, "--init_model", "ensemble_21.h5", "--max-epochs", "1"]
    assert main(call) == 0
    out = capsys.readouterr().out
    assert "validating on tf/train_r2_4.tfrec" in out
    assert "test_auroc" in out
    assert [p.name for p in tmp_path.glob("res/*/model/*")] == ["epoch-0.h5"]


@pytest.mark.slow
def test_the_releases_prediction_is_the_mean_of_the_models_that_exist(
    released, golden, tmp_path, capsys
):
    shutil.copy(golden / "ensemble_config.json", "c.json")
    (tmp_path / "models.txt").write_text("ensemble_21.h5\r\nensemble_22.h5\n\n")
    call = ["predict", "--config", "c.json", "--output", "all.tsv", "--batch_size", "4096"]
    assert main([*call, "--input_tfrec", "tf/*_[0-1].tfrec", "--model_list", "models.txt"]) == 0
    rows = (tmp_path / "all.tsv").read_text().splitlines()
    golden_rows = (golden / "TP53_PTEN_predict.tsv").read_text().splitlines()
    assert [row.split("\t")[0] for row in rows] == [
        row.split("\t")[0] for row in (golden_rows + golden_rows[1:])
    ]
    ours, theirs = (float(table[1].split("\t")[1]) for table in (rows, golden_rows))
    assert ours == pytest.approx(theirs, rel=1e-5)

    (tmp_path / "models.txt").write_text("ensemble_21.h5\nepoch-7.h5\n")
    capsys.readouterr()
    assert main([*call, "--input_tfrec", "tf/*_0.tfrec", "--model_list", "models.txt"]) == 1
    assert capsys.readouterr().err == (
        "skipped epoch-7.h5: no such file, listed in models.txt\n"
        "error: 1 of 2 models do not exist; the scores are those of the other 1\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train", "config.json: its input.validate is that of transfer learning; give --data, or"),
        ("train --data none", "none/train_r0*tfrec: 0 files; expected 10"),
        (
            "train_tfl --init_model x.h5",
            "config.json: input.train: none*: no such file; expected files of records",
        ),
        (
            "predict --output o --weights w --input_tfrec none*",
            "--input_tfrec: none*: no such file; expected files of records",
        ),
        (
            "predict --output o --model_list none --input_tfrec tf/*_0.tfrec",
            "none: cannot be read as a list of models",
        ),
    ],
)
def test_files_that_are_not_there(released, capsys, words, message):
    config = released("config.json", train="none*", validate="none*")
    command, *rest = words.split()
    assert main([command, "--config", config, *rest]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_a_bad_configuration(predict, tmp_path, capsys):
    (tmp_path / "c.json").write_text('{"model": {"num_head": 4}}')
    assert refusal(capsys, predict(config=tmp_path / "c.json")) == (
        f"{tmp_path / 'c.json'}: model has no key 'num_head'; did you mean 'num_heads'?"
    )


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("config", "no such configuration file"),
        ("weights", "no such file of weights"),
        ("records", "no such file of variant records"),
    ],
)
def test_a_missing_file(predict, tmp_path, capsys, option, message):
    missing = tmp_path / "none"
    assert refusal(capsys, predict(**{option: missing})) == f"{missing}: {message}"


def test_a_folder_to_write_to_that_is_not_there(predict, tmp_path, capsys):
    message = refusal(capsys, predict(output=tmp_path / "none" / "out.tsv"))
    assert message.endswith("No such file or directory")


@pytest.mark.parametrize("size", [0, 1000, 100_000])
def test_truncated_weights(predict, golden, tmp_path, capsys, size):
    (tmp_path / "w.h5").write_bytes((golden / "ensemble_21.h5").read_bytes()[:size])
    message = refusal(capsys, predict(weights=tmp_path / "w.h5"))
    assert message.startswith(f"{tmp_path / 'w.h5'}: cannot be read as HDF5, perhaps truncated")


def test_weights_of_another_model(predict, golden, capsys):
    message = refusal(capsys, predict(weights=golden / "model_add_fre_spe.h5"))
    assert (
        "is (441, 32), where this configuration has pairwise_encoding/kernel (442, 32)" in message
    )


@pytest.mark.slow
def test_a_corrupt_file_of_records(predict, shipped_records, tmp_path):
    content = bytearray(shipped_records.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "bad.tfrec").write_bytes(content)
    found = run(*predict(records=tmp_path / "bad.tfrec"))
    assert found.returncode == 2
    assert found.stderr == (
        f"error: {tmp_path / 'bad.tfrec'}: record 5 is damaged: its length or its checksum does "
        "not match its bytes; copy or build the file again\n"
    )
    assert not (tmp_path / "out.tsv").exists()


def test_a_pickle_that_is_no_array(predict, tmp_path, capsys):
    (tmp_path / "T.pickle").write_bytes(b"cos\nsystem\n(S'echo ran'\ntR.")
    (tmp_path / "list.txt").write_text("T\n")
    arguments = predict(records=None, transcripts=tmp_path / "list.txt", features=tmp_path)
    assert refusal(capsys, arguments).startswith(f"{tmp_path / 'T.pickle'}: refused: ")


def test_transcripts_without_features(predict, capsys):
    message = refusal(capsys, predict(records=None, transcripts="list.txt"))
    assert message == "--transcripts and --features go together: a list of ids, and their matrices"


def test_tensorflow_not_installed(predict, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert refusal(capsys, predict()) == (
        "tensorflow is not installed, and the reference needs it; "
        "install it with: pip install 'gmvp-parity[tensorflow,train]'"
    )
