"""The `parity` command as its user meets it: in a subprocess, on right and on wrong input."""

import json
import os
import signal
import subprocess
import sys

import pytest

from parity import cli
from tests.parity.printed import without_progress

HEAVY = (
    "onnx",
    "torch",
    "tensorflow",
    "numpy.random",
    "scipy",
    "sklearn",
    "h5py",
    "matplotlib",
    "jinja2",
    "hypothesis",
)

COMMANDS = (
    "check",
    "shapes",
    "mutate",
    "record",
    "compare",
    "train",
    "fuzz",
    "replay",
    "init",
)


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


@pytest.fixture
def port_file(tmp_path):
    """Writes a port whose layers multiply: by name, the reference's factor and the candidate's."""

    def write(**layers):
        path = tmp_path / "my_port.py"
        path.write_text(
            "import numpy as np\n"
            "import parity\n\n"
            "def side(factor):\n"
            "    return parity.Side('numpy', lambda options, dtype: parity.Built(\n"
            "        lambda inputs: {'y': inputs['x'] * factor}))\n\n"
            "def load(source, seed, count):\n"
            "    return parity.InputSet('ones', {'x': np.ones((count, 3), np.float32)})\n\n"
            "def pair(layer, reference, candidate):\n"
            "    return parity.Pair(layer, side(reference), side(candidate),\n"
            "                       (parity.Configuration('default', {}),),\n"
            "                       lambda given: given.inputs.arrays)\n\n"
            f"layers = {layers}\n"
            "pairs = tuple(pair(layer, *factors) for layer, factors in layers.items())\n"
            "port = parity.Port('mine', pairs, load)\n"
        )
        return str(path)

    return write


@pytest.mark.slow
def test_check_passes_and_writes_json(tmp_path):
    path = tmp_path / "result.json"
    result = parity("check", "--layer", "logit", "--layer", "loss", "--grad", "--json", str(path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert without_progress(result.stderr) == ""
    assert "✓" in result.stdout
    assert "homologs are simulated" in result.stdout
    document = json.loads(path.read_text())
    assert {case["layer"] for case in document["cases"]} == {"logit", "loss"}
    assert set(document["versions"]) == {"tensorflow", "torch"}


@pytest.mark.slow
def test_json_to_standard_output_is_nothing_but_json():
    result = parity("check", "--layer", "learning_rate", "--json", "-")
    assert json.loads(result.stdout)["summary"]
    assert "4 cases" in result.stderr


def test_a_page_of_a_failing_port(tmp_path, port_file):
    page = tmp_path / "page.html"
    port = port_file(double=(2, 2), triple=(3, 2))
    result = parity("check", "--port", port, "--html", str(page))
    assert result.returncode == 1, result.stderr
    assert without_progress(result.stderr) == ""
    text = page.read_text()
    assert text.count("<details open>") == 1
    assert "where: first difference in y" in text
    assert sorted(p.name for p in tmp_path.glob("*.html")) == ["page.html"]


def test_a_page_to_standard_output_is_nothing_but_the_page(port_file):
    result = parity("check", "--port", port_file(double=(2, 2)), "--html", "-")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("<!DOCTYPE html>")
    assert result.stdout.endswith("</html>\n")
    assert "1 case" in result.stderr


@pytest.mark.slow
def test_shapes_stand_side_by_side():
    result = parity("shapes", "--layer", "gru_cell", "--config", "add-cov-spe-uneven")
    assert result.returncode == 0, result.stderr
    assert "output  gru                      B M   10×24       10×24" in result.stdout
    assert "gru/kernel" in result.stdout
    assert "gru_kernel" in result.stdout


def test_list_names_every_layer(gmvp):
    first, *lines = parity("list").stdout.splitlines()
    assert first.startswith("port: gmvp (no port named, ")
    assert [line.split()[0] for line in lines if not line.startswith((" ", "not"))] == gmvp.layers


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["list"], ["schema"], *([command, "--help"] for command in COMMANDS)],
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


@pytest.mark.slow
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


def test_a_port_in_a_file_of_the_users(port_file):
    port = port_file(double=(2, 2), triple=(3, 2))
    assert parity("check", "--port", port, "--layer", "double").returncode == 0
    result = parity("check", "--port", port)
    assert result.returncode == 1
    assert "where: triple, default, isolated: first difference in y" in result.stdout
    assert f"parity check {port} --layer triple --config default" in result.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("port = 3", "does not declare a port; it should contain: port = parity.Port(...)"),
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
    assert without_progress(result.stderr) == ""
    assert result.stdout.startswith("port: gmvp")


@pytest.mark.slow
def test_a_terminal_without_the_marks_gets_the_table_all_the_same():
    result = parity("check", "--layer", "learning_rate", PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "? equivalent" in result.stdout


@pytest.mark.slow
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


def test_ctrl_c_ends_with_one_word_and_leaves_nothing_half_written(tmp_path):
    (tmp_path / "slow.py").write_text(
        "import time\nimport numpy as np\nimport parity\n\n"
        "def call(inputs):\n    print('running', flush=True)\n    time.sleep(60)\n\n"
        "side = parity.Side('numpy', lambda options, dtype: parity.Built(call))\n"
        "pair = parity.Pair('slow', side, side, (parity.Configuration('default', {}),),\n"
        "                   lambda given: given.inputs.arrays)\n"
        "port = parity.Port('slow', (pair,), lambda source, seed, count: parity.InputSet(\n"
        "    'ones', {'x': np.ones((count, 3), np.float32)}))\n"
    )
    # A background job ignores Ctrl-C by default.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys; sys.argv = ['parity', 'check', '--port', 'slow.py', '--json', 'out.json']\n"
        "from parity.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while process.stdout.readline() != "running\n":
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "interrupted\n"
    assert [path.name for path in tmp_path.glob("*out*")] == []


@pytest.mark.slow
def test_every_form_of_report_at_once_and_what_changed(tmp_path, port_file):
    before, after = str(tmp_path / "before.json"), str(tmp_path / "after.json")
    forms = {form: tmp_path / f"out.{form}" for form in ("junit", "markdown", "sarif")}
    options = [part for form, path in forms.items() for part in (f"--{form}", str(path))]
    assert parity("check", "--port", port_file(double=(2, 2)), "--json", before).returncode == 0
    result = parity("check", "--port", port_file(double=(2, 3)), "--json", after, *options)
    assert (result.returncode, result.stderr) == (1, "")
    for path in forms.values():
        assert "different" in path.read_text()
    changed = parity("compare", before, after)
    assert (changed.returncode, changed.stderr) == (1, "")
    assert "worse     double  default  isolated  identical -> different" in changed.stdout
    same = parity("compare", before, before, "--markdown", "-")
    assert same.returncode == 0
    assert same.stdout.startswith("## parity compare, mine: ✓ 1 same")
    assert "1 same" in same.stderr


@pytest.mark.parametrize(("of", "version"), [("check", 3), ("compare", 1)])
def test_the_schema_is_printed(of, version):
    assert json.loads(parity("schema", of).stdout)["$id"] == f"urn:parity:{of}:{version}"


@pytest.mark.parametrize(
    ("given", "spins"),
    [
        ({}, "10000"),
        ({"GOMP_SPINCOUNT": "7"}, "7"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, None),
    ],
)
def test_waiting_threads_sleep_unless_the_user_says_otherwise(given, spins, monkeypatch):
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    cli._let_waiting_threads_sleep()
    assert os.environ.get("GOMP_SPINCOUNT") == spins
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
