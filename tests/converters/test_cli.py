import json
import os
import subprocess
import sys

import h5py
import pytest
import typer

from converters.commands.failing import quietly


@pytest.fixture
def fails(gmvp_convert, tmp_path):
    """Run `gmvp-convert weights` in tmp_path; return the last line of stderr and all of it."""

    def run(*arguments):
        done = gmvp_convert("weights", *arguments, cwd=tmp_path)
        assert done.returncode == 2, (done.returncode, done.stderr)
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
        return done.stderr.splitlines()[-1], done.stderr

    return run


def test_help_imports_nothing_heavy(gmvp_convert):
    done = gmvp_convert("weights", "--help")
    assert done.returncode == 0
    code = "import sys, converters.cli; print(sorted({'numpy', 'h5py', 'rich'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "numpy" not in loaded.stdout
    assert "h5py" not in loaded.stdout


def test_weights_is_a_subcommand(gmvp_convert):
    assert "weights" in gmvp_convert("--help").stdout


def test_h5_to_safetensors_to_h5(gmvp_convert, golden, tmp_path):
    done = gmvp_convert(
        "weights", golden / "ensemble_22.h5", "-o", tmp_path / "m", "--report", tmp_path / "r.json"
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["source", "target", "shape", "transform", "dtype", "sha256"]
    assert len(lines) == 29
    assert lines[1].split("   ")[0] == "dense_9/kernel:0"
    assert "gru.bias_ih + gru.bias_hh" in lines[-1]
    assert "2 x 96 -> 96 + 96" in lines[-1]
    assert "\x1b" not in done.stdout
    assert "note: inferred from the shapes: attn_score_type add, pairwise_type cov" in done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report == json.loads((tmp_path / "m" / "conversion.json").read_text())
    assert report["source"] == "ensemble_22.h5"
    first = report["weights"][0]
    assert first["name"] == "variant_encoding/kernel"
    assert first["targets"][0]["shape"] == [32, 91]
    assert json.loads((tmp_path / "m" / "config.json").read_text())["model"]["d_fc"] == 32

    back = gmvp_convert("weights", tmp_path / "m", "--to", "keras-h5", "-o", tmp_path / "b.h5")
    assert back.returncode == 0, back.stderr
    with h5py.File(golden / "ensemble_22.h5") as old, h5py.File(tmp_path / "b.h5") as new:
        values = [
            [
                file[layer][name][()].tobytes()
                for layer in file.attrs["layer_names"]
                for name in file[layer].attrs["weight_names"]
            ]
            for file in (old, new)
        ]
    assert values[0] == values[1]


@pytest.mark.parametrize("case", ["model_add_fre_spe", "model_add_cov_none", "model_nn_cov_spe"])
def test_every_kind_converts_with_its_configuration(gmvp_convert, golden, manifest, tmp_path, case):
    (tmp_path / "c.json").write_text(json.dumps({"model": manifest[case]["config"], "train": {}}))
    done = gmvp_convert(
        "weights", golden / f"{case}.h5", "-o", tmp_path / "m", "--config", tmp_path / "c.json"
    )
    assert done.returncode == 0, done.stderr
    assert "inferred" not in done.stderr


@pytest.mark.slow
def test_messages_for_what_is_no_weight_file(fails, golden, tmp_path):
    whole = (golden / "ensemble_21.h5").read_bytes()
    (tmp_path / "short.h5").write_bytes(whole[:9000])
    line, _ = fails("short.h5", "-o", "m")
    assert line.startswith(
        "error: short.h5: cannot be read as HDF5; damaged or truncated? (Unable to synchronously"
        " open file (truncated file"
    )
    (tmp_path / "text.h5").write_text("hello there")
    line, _ = fails("text.h5", "-o", "m")
    assert line == (
        "error: text.h5: starts with b'hello th', not a weight file; expected a Keras 2 .h5 file,"
        " a Keras 3 .weights.h5 or .keras file, a TensorFlow checkpoint's prefix or folder, a"
        " SavedModel folder, or a folder with model.safetensors and config.json"
    )
    (tmp_path / "empty.h5").touch()
    assert fails("empty.h5", "-o", "m")[0].startswith("error: empty.h5: is empty, not a weight")
    assert fails("gone.h5", "-o", "m")[0] == "error: gone.h5: No such file or directory"
    (tmp_path / "folder").mkdir()
    assert "the folder contains nothing; expected" in fails("folder", "-o", "m")[0]
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    assert "is HDF5 but contains no Keras 2 weights" in fails("other.h5", "-o", "m")[0]
    assert sorted(item.name for item in tmp_path.iterdir() if item.is_dir()) == ["folder"]


def test_messages_for_weights_of_another_model(fails, golden, tmp_path):
    with h5py.File(tmp_path / "mnist.h5", "w") as file:
        file.attrs["layer_names"] = ["dense"]
        group = file.create_group("dense")
        group.attrs["weight_names"] = ["dense/kernel:0", "dense/bias:0"]
        group["dense/kernel:0"], group["dense/bias:0"] = [[0.0] * 10] * 784, [0.0] * 10
    line, everything = fails("mnist.h5", "-o", "m")
    assert everything.splitlines()[:3] == [
        "name             shape      expected",
        "dense/kernel:0   784 x 10   unknown",
        "dense/bias:0     10         unknown",
    ]
    assert line.startswith("error: mnist.h5: its 2 arrays are not the weights of a gMVP model")


@pytest.mark.slow
def test_messages_for_configurations(fails, golden, tmp_path):
    source = golden / "ensemble_21.h5"
    (tmp_path / "c.json").write_text('{"model": {"d_fc": 512, "d_model": 512}}')
    line, everything = fails(source, "-o", "m", "--config", "c.json")
    assert line == (
        f"error: {source}: the configuration does not fit these weights: d_fc is 512, but the"
        " shapes say 32, d_model is 512, but the shapes say 32"
    )
    assert "(missing)" in everything
    (tmp_path / "c.json").write_text('{"model": {"d_fcc": 512}}')
    line, _ = fails(source, "-o", "m", "--config", "c.json")
    assert line == "error: c.json: unknown model key 'd_fcc'; did you mean 'd_fc'?"
    (tmp_path / "c.json").write_text("{")
    assert "error: c.json: not JSON (" in fails(source, "-o", "m", "--config", "c.json")[0]
    assert fails(source, "-o", "m", "--config", "no.json")[0] == (
        "error: no.json: No such file or directory"
    )
    line, _ = fails(golden / "model_add_fre_spe.h5", "-o", "m")
    assert line.endswith(
        "the shapes do not determine pairwise_type (fre or inv_cov); specify, for example,"
        " --set pairwise_type=fre, or give --config FILE"
    )
    line, _ = fails(source, "-o", "m", "--set", "pairwise_type=none")
    assert "pairwise_type 'none' is not available in a whole model" in line


@pytest.mark.slow
def test_messages_for_outputs(fails, gmvp_convert, golden, tmp_path):
    source = golden / "ensemble_21.h5"
    assert "the folder a does not exist; create it first" in fails(source, "-o", "a/b")[0]
    assert fails(source, "-o", "b", "--report", "a/r.json")[0].startswith(
        "error: a/r.json: the folder a does not exist; create it first"
    )
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "x").touch()
    assert fails(source, "-o", "m")[0] == (
        "error: m: contains x, which is not part of a model; name another folder"
    )
    assert fails(source, "-o", "m", "--force")[0].endswith("name another folder")
    (tmp_path / "f").touch()
    assert fails(source, "-o", "f")[0] == (
        "error: f: is a file; expected the name of a folder to make"
    )
    assert fails(source, "-o", "f", "--to", "keras-h5")[0].startswith("error: f: exists; give")
    assert (
        "is a folder; expected the name of a file"
        in fails(source, "-o", "m", "--to", "keras-h5")[0]
    )
    done = gmvp_convert("weights", source, "-o", "f", "--to", "keras-h5", "--force", cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "f").stat().st_size > 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_that_cannot_be_written(fails, golden, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "Permission denied" in fails(golden / "ensemble_21.h5", "-o", "locked/m")[0]


@pytest.mark.slow
def test_messages_for_renames(fails, golden):
    source = golden / "ensemble_21.h5"
    assert fails(source, "-o", "m", "--rename", "x")[0] == (
        "error: --rename x: expected SOURCE=CANONICAL"
    )
    assert "the file has no x" in fails(source, "-o", "m", "--rename", "x=mha/wq")[0]
    assert "--ignore y: no such array" in fails(source, "-o", "m", "--ignore", "y")[0]


def test_a_reader_that_leaves_early_sees_no_traceback(golden, tmp_path):
    command = (
        f"{sys.executable} -m converters.cli weights {golden / 'ensemble_21.h5'} -o m | head -1"
    )
    environment = {**os.environ, "PYTHONPATH": str(golden.parent.parent)}
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout.startswith("source")
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert (tmp_path / "m" / "model.safetensors").exists()


@pytest.mark.parametrize(("module", "caught"), [("h5py", True), ("unknown_module", False)])
def test_a_missing_module_names_the_extra_that_installs_it(monkeypatch, capsys, module, caught):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(sys, "argv", ["gmvp-convert"])
    app = typer.Typer()
    app.command()(lambda: __import__(module))
    with pytest.raises(SystemExit if caught else ModuleNotFoundError):
        quietly(app, "gmvp-convert")
    assert ("pip install 'gmvp-parity[gmvp]'" in capsys.readouterr().err) == caught
