import json
import os
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from legacy_tf.cli import main


def run(*arguments):
    """Run the command line in a process of its own."""
    environment = {n: v for n, v in os.environ.items() if n != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        [sys.executable, "-m", "legacy_tf", *map(str, arguments)],
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


@pytest.mark.parametrize("command", [[], ["train"], ["predict"]])
def test_help_answers_at_once(command):
    start = time.perf_counter()
    found = run(*command, "--help")
    # The bound for every command is 0.7 s; it stands for "imports nothing heavy".
    assert time.perf_counter() - start < 0.7
    assert found.returncode == 0
    assert "usage: python -m legacy_tf" in found.stdout


def test_a_prediction_says_nothing_but_what_it_wrote(predict, tmp_path):
    found = run(*predict())
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == f"wrote 10 scores to {tmp_path / 'out.tsv'}\n"
    assert (tmp_path / "out.tsv").read_text().startswith("var\tgMVP\nENST00000269305_344_L_H\t0.")


def test_all_substitutions_of_listed_transcripts(predict, tmp_path, capsys):
    np.save(tmp_path / "ENST1.npy", np.zeros((2, 435)))
    (tmp_path / "list.txt").write_text("ENST1\nENST2\n")
    arguments = predict(records=None, transcripts=tmp_path / "list.txt", features=tmp_path)
    assert main(arguments) == 0
    captured = capsys.readouterr()
    assert captured.err == f"skipped ENST2: no ENST2.pickle or .npy in {tmp_path}\n"
    lines = (tmp_path / "out.tsv").read_text().splitlines()
    assert (len(lines), lines[1].split("\t")[0]) == (41, "ENST1_1_A_A")


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
