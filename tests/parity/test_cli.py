"""The `parity` command as its user meets it: in a subprocess, on right and on wrong input."""

import json
import os
import subprocess
import sys

import pytest

HEAVY = ("torch", "tensorflow", "numpy.random", "scipy", "sklearn", "h5py", "matplotlib")


def parity(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "parity", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=300,
        check=False,
    )


def error_line(result) -> str:
    """The one line that a user's mistake gets."""
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    (line,) = result.stderr.splitlines()
    return line


def test_check_passes_and_writes_json(tmp_path):
    path = tmp_path / "result.json"
    result = parity("check", "--layer", "logit", "--layer", "loss", "--grad", "--json", str(path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    assert "✓" in result.stdout
    assert "homologs are simulated" in result.stdout
    document = json.loads(path.read_text())
    assert {case["layer"] for case in document["cases"]} == {"logit", "loss"}
    assert set(document["versions"]) == {"tensorflow", "torch"}


def test_json_to_standard_output_is_nothing_but_json():
    result = parity("check", "--layer", "learning_rate", "--json", "-")
    assert json.loads(result.stdout)["summary"]
    assert "3 cases" in result.stderr


def test_shapes_stand_side_by_side():
    result = parity("shapes", "--layer", "gru_cell", "--config", "add-cov-spe-uneven")
    assert result.returncode == 0, result.stderr
    assert "output  gru                      B M   10×24       10×24" in result.stdout
    assert "gru/kernel" in result.stdout
    assert "gru_kernel" in result.stdout


def test_list_names_every_layer(gmvp):
    lines = parity("list").stdout.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith((" ", "not"))] == gmvp.layers


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["list"], ["check", "--help"], ["shapes", "--help"], ["train", "--help"]],
)
def test_nothing_heavy_is_imported_to_start(arguments):
    code = (
        "import sys, parity.cli\n"
        f"sys.argv = ['parity', *{arguments!r}]\n"
        "try:\n    parity.cli.main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.stderr.splitlines()[-1] in ("[]", "['numpy.random']")


def test_unknown_layer_names_the_near_ones():
    line = error_line(parity("check", "--layer", "evol_encodr"))
    assert line.startswith("error: unknown layer 'evol_encodr'; did you mean evol_encoder or ")


def test_unknown_configuration_names_the_near_ones():
    line = error_line(parity("check", "--layer", "model", "--config", "add-cov-sp"))
    assert line.startswith("error: unknown configuration 'add-cov-sp'; did you mean add-cov-spe or")


def test_unknown_port():
    assert error_line(parity("check", "--port", "gmpv")) == (
        "error: unknown port 'gmpv'; did you mean gmvp?"
    )


def test_inputs_that_are_not_there(tmp_path):
    missing = tmp_path / "none.tfrec"
    assert error_line(parity("check", "--inputs", str(missing))) == (
        f"error: no file or folder {missing}; expected a TFRecord file, a folder, or 'random'"
    )


def test_truncated_records_are_named(tmp_path, shipped_records):
    path = tmp_path / "cut.tfrec"
    path.write_bytes(shipped_records.read_bytes()[:-10])
    assert f"{path}, record 9" in error_line(parity("check", "--inputs", str(path)))


def test_json_into_a_folder_that_is_not_there(tmp_path):
    line = error_line(parity("check", "--json", str(tmp_path / "no" / "out.json")))
    assert line.endswith("out.json: its folder does not exist")


def test_tensorflow_not_installed(tmp_path):
    """A torch-only environment: the module is there in name, and importing it fails."""
    (tmp_path / "tensorflow.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'tensorflow'\", name='tensorflow')"
    )
    line = error_line(parity("check", "--layer", "logit", PYTHONPATH=str(tmp_path)))
    assert line.startswith(
        "error: tensorflow is not installed, and one side of this port needs it;"
    )
    assert error_line(parity("shapes", PYTHONPATH=str(tmp_path))) == line
    assert parity("list", PYTHONPATH=str(tmp_path)).returncode == 0


def test_a_port_in_a_file_of_the_users(tmp_path):
    path = tmp_path / "my_port.py"
    path.write_text(
        "import numpy as np\n"
        "import parity\n\n"
        "def side(factor):\n"
        "    return parity.Side('numpy', lambda options, dtype: parity.Built(\n"
        "        lambda inputs: {'y': inputs['x'] * factor}))\n\n"
        "def load(source, seed, count):\n"
        "    return parity.InputSet('ones', {'x': np.ones((count, 3), np.float32)})\n\n"
        "pair = parity.Pair('double', side(2), side(2), (parity.Configuration('default', {}),),\n"
        "                   lambda given: given.inputs.arrays)\n"
        "wrong = parity.Pair('triple', side(3), side(2), (parity.Configuration('default', {}),),\n"
        "                    lambda given: given.inputs.arrays)\n"
        "port = parity.Port('mine', (pair, wrong), load)\n"
    )
    assert parity("check", "--port", str(path), "--layer", "double").returncode == 0
    result = parity("check", "--port", str(path))
    assert result.returncode == 1
    assert "begin with: triple, default, isolated" in result.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = 3", "declares no port; it should hold: port = parity.Port(...)"),
        ("import nothing_of_this_name", "cannot be read as a port: ModuleNotFoundError"),
        ("port = (", "cannot be read as a port: SyntaxError"),
    ],
)
def test_a_file_that_declares_no_port(tmp_path, text, message):
    path = tmp_path / "my_port.py"
    path.write_text(text)
    assert message in error_line(parity("list", "--port", str(path)))


def test_a_reader_that_goes_away_is_no_error():
    result = subprocess.run(
        f"{sys.executable} -m parity list | head -1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stderr == ""
    assert result.stdout.startswith("evol_encoder")


def test_a_terminal_without_the_marks_gets_the_table_all_the_same():
    result = parity("check", "--layer", "learning_rate", PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "? equivalent" in result.stdout


def test_json_into_a_folder_or_through_a_link(tmp_path):
    assert "it is a folder" in error_line(parity("check", "--json", str(tmp_path)))
    kept, link = tmp_path / "kept.json", tmp_path / "link.json"
    link.symlink_to(kept)
    parity("check", "--layer", "learning_rate", "--json", str(link))
    assert link.is_symlink()
    assert json.loads(kept.read_text())["summary"]


def test_a_port_file_may_import_what_lies_beside_it_and_may_not_exit(tmp_path):
    (tmp_path / "helper_beside.py").write_text("NAME = 'x'")
    path = tmp_path / "my_port.py"
    path.write_text("import helper_beside\nraise SystemExit(0)")
    assert error_line(parity("list", "--port", str(path))).endswith("SystemExit: 0")
