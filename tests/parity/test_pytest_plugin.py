"""`parity_port` as its user meets it: pytest in a subprocess, on a port that needs no framework."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PORT = """
import numpy as np
import parity

def side(factor):
    def build(options, dtype):
        def call(inputs):
            if factor is None:
                raise ValueError("no such layer")
            return {"y": inputs["x"] * factor}
        return parity.Built(call)
    return parity.Side("numpy", build)

def load(source, seed, count):
    if (source or "").endswith("none.txt"):
        raise OSError(f"no records in {source}")
    return parity.InputSet("ones", {"x": np.ones((count, 3), np.float32)})

def pair(layer, reference, candidate, *configs):
    configs = tuple(parity.Configuration(name, {}) for name in configs)
    inputs = lambda given: given.inputs.arrays
    return parity.Pair(layer, side(reference), side(candidate), configs, inputs)

port = parity.Port("mine", (pair("double", 2, 2, "one", "two"), *MORE), load)
"""
RIGHT = PORT.replace("*MORE", "")
WRONG = PORT.replace("*MORE", "pair('triple', 3, 2.7, 'one'), pair('raising', 2, None, 'one')")
TEST = "from parity.pytest_plugin import parity_port\n\ntest_mine = parity_port('my_port.py')\n"


@pytest.fixture
def run(tmp_path):
    def pytest_in_folder(port, *arguments, test=TEST, plugin=True, cwd=tmp_path):
        (tmp_path / "my_port.py").write_text(port)
        (tmp_path / "test_mine.py").write_text(test)
        active = ["-p", "parity.pytest_plugin"] if plugin else ["-p", "no:parity.pytest_plugin"]
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *active, *arguments],
            cwd=cwd,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return pytest_in_folder


def test_one_test_for_each_case(run):
    lines = run(RIGHT, "--collect-only", "-q").stdout.splitlines()
    assert lines[:2] == [
        "test_mine.py::test_mine::double-one-isolated",
        "test_mine.py::test_mine::double-two-isolated",
    ]
    done = run(RIGHT, "-q")
    assert done.returncode == 0
    assert "2 passed" in done.stdout


def test_a_failing_case_shows_where_why_and_what_next(run):
    done = run(WRONG, "-q")
    assert done.returncode == 1
    assert "2 failed, 2 passed" in done.stdout
    assert (
        "different\n    where: triple, one, isolated: first difference in y\n    why: cause unknown"
    ) in done.stdout
    assert "next: locate the errors within the output: parity check my_port.py" in done.stdout
    assert "    y different: float64 runs differ by 0.3 at a scale of 3" in done.stdout
    assert "    the candidate failed in float32: ValueError: no such" in done.stdout
    assert "Traceback" not in done.stdout
    assert "pytest_plugin.py" not in done.stdout


CHAIN = """
import numpy as np
import parity

def chain(factor):
    def first(inputs):
        return {"first": inputs["x"] * factor}
    def second(inputs):
        return {"second": inputs["first"] + 1}
    def whole(inputs):
        return {**first(inputs), **second(first(inputs))}
    return [parity.Side("numpy", lambda options, dtype, call=call: parity.Built(call))
            for call in (first, second, whole)]

def pair(layer, sides, inputs):
    names = () if layer == "net" else (layer,)
    return parity.Pair(layer, *sides, (parity.Configuration("one", {}),), inputs,
                       intermediates=names)

def load(source, seed, count):
    return parity.InputSet("ones", {"x": np.ones((count, 3), np.float32)})

from_input = lambda given: given.inputs.arrays
from_first = lambda given: {"first": given.intermediates["first"]}
first, second, whole = zip(chain(2), chain(3))
port = parity.Port("mine", (pair("first", first, from_input), pair("second", second, from_first),
                            pair("net", whole, from_input)), load, whole="net")
"""


def test_a_cascade_names_the_first_layer_that_fails_and_not_an_innocent_later_one(run):
    done = run(CHAIN, "-q", "-k", "second")
    assert "1 failed, 1 passed, 3 deselected" in done.stdout, done.stdout
    assert "test_mine[second-one-cascade]" in done.stdout
    assert "different\n    where: first, one, cascade: first difference in first" in done.stdout
    assert "--layer first --config one" in done.stdout


def test_cases_are_chosen_by_name_and_by_argument(run):
    assert "1 passed, 3 deselected" in run(WRONG, "-q", "-k", "double and two").stdout
    chosen = TEST.replace("'my_port.py'", "'my_port.py', layers=['double'], configs=['t*']")
    assert "1 passed" in run(WRONG, "-q", test=chosen).stdout
    by_id = "test_mine.py::test_mine::double-one-isolated"
    assert "1 passed" in run(WRONG, "-q", by_id).stdout


def test_the_port_is_found_beside_the_test_from_any_folder(run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    done = run(RIGHT, "-q", str(tmp_path), cwd=tmp_path / "elsewhere")
    assert "2 passed" in done.stdout


@pytest.mark.parametrize(
    ("port", "test", "line"),
    [
        ("port = (", TEST, "my_port.py cannot be read as a port: SyntaxError: '(' was never"),
        ("import nothing_of_this_name", TEST, "my_port.py cannot be read as a port: ModuleNot"),
        (RIGHT, TEST.replace("my_port.py", "other.py"), "no file other.py to read a port from"),
        (
            RIGHT,
            TEST.replace("'my_port.py'", "'my_port.py', layers=('doubel',)"),
            "unknown layer 'doubel'; did you mean double?",
        ),
        (
            RIGHT,
            TEST.replace("'my_port.py'", "'my_port.py', inputs='none.txt'"),
            "inputs cannot be loaded: OSError: no records in none.txt",
        ),
    ],
)
def test_a_port_that_cannot_be_loaded_is_an_error_of_one_line(run, port, test, line):
    done = run(port, "-q", test=test)
    assert done.returncode == 2
    assert line in done.stdout
    assert "Traceback" not in done.stdout
    assert "1 error" in done.stdout


def test_the_name_need_not_begin_with_test(run):
    assert "2 passed" in run(RIGHT, "-q", test=TEST.replace("test_mine =", "mine =")).stdout


def test_in_a_class(run):
    test = TEST.replace("test_mine", "class TestPorts:\n    mine")
    done = run(RIGHT, "-q", "--collect-only", test=test)
    assert "test_mine.py::TestPorts::mine::double-one-isolated" in done.stdout


def test_without_the_plugin_it_fails_and_never_passes(run):
    done = run(RIGHT, "-q", plugin=False)
    assert done.returncode == 1
    assert "parity's plugin is not active: pytest -p parity.pytest_plugin" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("also_named", [[], ["-p", "parity.pytest_plugin"]])
def test_installed_it_is_active_by_itself_and_may_be_named_as_well(run, tmp_path, also_named):
    """Its entry point, as pyproject.toml has it, on the path as an installation leaves it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ((name, module),) = project["entry-points"]["pytest11"].items()
    installed = tmp_path / "site" / "installed-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: installed\nVersion: 1\n")
    (installed / "entry_points.txt").write_text(f"[pytest11]\n{name} = {module}\n")
    run(RIGHT, "--version")  # writes the files
    path = os.pathsep.join([str(installed.parent), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *also_named],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_one_name_is_refused_where_a_list_belongs(run):
    done = run(RIGHT, "-q", test=TEST.replace("'my_port.py'", "'my_port.py', layers='double'"))
    assert "layers and configs are lists of names, not one name" in done.stdout


def test_spread_over_processes(run):
    done = run(WRONG, "-q", "-p", "xdist", "-n", "2")
    assert "2 failed, 2 passed" in done.stdout


def test_nothing_of_the_engine_is_imported_for_pytest_to_start():
    code = (
        "import sys, parity.pytest_plugin\n"
        "heavy = [m for m in sys.modules if m == 'numpy' or m.startswith('parity.')]\n"
        "print(heavy)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "['parity.pytest_plugin']"


def test_a_recording_in_the_references_place(run, tmp_path):
    (tmp_path / "my_port.py").write_text(RIGHT)
    done = subprocess.run(
        [sys.executable, "-m", "parity", "record", "--port", "my_port.py", "-o", "kept"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    test = TEST.replace("'my_port.py'", "'my_port.py', golden='kept'")
    assert "2 passed" in run(RIGHT, "-q", test=test).stdout
    # Another declaration than the one recorded: refused, not skipped.
    done = run(RIGHT.replace('"one", "two"', '"one", "three"'), "-q", test=test)
    assert done.returncode != 0
    assert "parity record" in done.stdout


TRAINED = """
import numpy as np
import torch
import parity

def side(rate):
    def build(options, dtype):
        layer = torch.nn.Dropout(rate).eval()
        return parity.Built(lambda inputs: {"y": layer(inputs["x"])})
    return parity.Side("torch", build)

def load(source, seed, count):
    return parity.InputSet("ones", {"x": np.ones((count, 3), np.float32)})

def pair(layer, rate):
    configs = (parity.Configuration("one", {}),)
    return parity.Pair(layer, side(0.5), side(rate), configs, lambda given: given.inputs.arrays)

port = parity.Port("mine", (pair("right", 0.5), pair("slip", 0.25)), load)
"""


@pytest.mark.slow
def test_layers_are_compared_in_training_mode_if_asked(run):
    done = run(TRAINED, "-q", test=TEST.replace("py')", "py', train=True)"))
    assert "test_mine[slip-one-training]" in done.stdout
    assert "right-one-training" not in done.stdout
    assert "1 failed, 3 passed" in done.stdout, done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.slow
def test_what_was_only_seen_in_evaluation_is_a_warning(run):
    done = run(TRAINED, "-q")
    assert "2 passed, 2 warnings" in done.stdout, done.stdout
    assert "only seen in evaluation: slip (dropout of 0.5); give parity_port" in done.stdout
    done = run(TRAINED, "-q", test=TEST.replace("py')", "py', train=False)"))
    assert "2 passed" in done.stdout, done.stdout


STEP = f"""
import sys
from dataclasses import replace

sys.path.insert(0, {str(ROOT)!r})
from tests.parity.numpy_training import make, port as right

wrong = make("a sum for the mean")
port = replace(right, trainings=(make(), replace(wrong, name="summed")))
"""


@pytest.mark.slow
def test_a_step_of_each_training_is_taken_if_asked(run):
    done = run(STEP, "-q", test=TEST.replace("py')", "py', train=True)"))
    assert "1 failed, 3 passed" in done.stdout, done.stdout
    assert "test_mine[training-summed-one_step]" in done.stdout
    assert "loss" in done.stdout
    assert "Traceback" not in done.stdout
