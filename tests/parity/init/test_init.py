"""`parity init` on models of every kind: what it writes must hold in `parity check`."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parity.printed import without_progress

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parent / "models"
# The two attributes, the options, and what init and then check must exit with.
CASES = {
    "dense": ("dense", "Dense", [], 0, 0),
    "lstm": ("lstm", "Lstm", [], 0, 0),
    "gate": ("gate", "Gate", ["--input", "4x6"], 0, 0),
    "summed": ("summed", "Summed", [], 1, 1),
    "wrong": ("dense", "WrongDense", [], 1, 1),
    "in_groups": ("InGroups", "InGroups", ["--input", "8x6"], 0, 0),
}
SLOW_CASES = {
    "conv": ("conv", "Conv", [], 0, 0),
    "own_gru": ("gru", "OwnGru", [], 0, 0),
    "attend": ("Attend", "Attend", ["--input", "4x5x8"], 0, 0),
    "four_linears": ("Attend", "FourLinears", ["--input", "4x5x8"], 0, 0),
    "keras_three": ("keras_three", "KerasThree", [], 0, 0),
    "affine": ("Affine", "linear", ["--input", "4x6"], 0, 0),
}
REFUSED = {
    "needs an input": (["reference.py:Attend", "candidate.py:Attend"], "--input 4x16"),
    "no such attribute": (["reference.py:dens", "candidate.py:Dense"], "did you mean dense"),
    "no such file": (["referense.py:dense", "candidate.py:Dense"], "no file referense.py"),
    "not the form": (["reference.py", "candidate.py:Dense"], "expected FILE.py:attribute"),
    "arguments": (["reference.py:dense", "candidate.py:Needy"], "requires the arguments size"),
    "kept float32": (
        ["reference.py:Single", "candidate.py:linear", "--input", "4x6"],
        "has the weight 'w' in float32, but float64 was requested",
    ),
    "another shape": (
        ["reference.py:dense", "candidate.py:Lstm"],
        "the candidate Lstm cannot be called on x (4, 6)",
    ),
    "the wrong way round": (
        ["candidate.py:Dense", "reference.py:dense"],
        "the reference is named first",
    ),
    "said by Keras": (
        ["reference.py:Gate", "candidate.py:Gate", "--input", "4x5"],
        "cannot be called on x (4, 5) float32: InvalidArgumentError: ",
    ),
    "no model": (["reference.py:layers", "candidate.py:Dense"], "is neither a model of Keras"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("ports")
    for path in MODELS.glob("*.py"):
        shutil.copy(path, found)
    return found


def steps_of(cases):
    """`parity init`, then `parity check` of what it wrote, for each case."""
    steps = {}
    for name, (reference, candidate, options, _, _) in cases.items():
        names = [f"reference.py:{reference}", f"candidate.py:{candidate}"]
        steps[f"init {name}"] = ["init", *names, "-o", f"{name}.py", *options]
        steps[f"check {name}"] = ["check", "--port", f"{name}.py", "--grad", "--no-diagnose"]
    return steps


@pytest.fixture(scope="module")
def done(folder, in_turn):
    """The outcome of every case and refusal, by name; one process for all."""
    steps = steps_of(CASES)
    for name, (arguments, _) in REFUSED.items():
        steps[name] = ["init", *arguments, "-o", "refused.py"]
    return dict(zip(steps, in_turn(folder, [({}, s) for s in steps.values()]), strict=True))


@pytest.fixture(scope="module")
def slowly_done(folder, in_turn):
    """The outcome of every slow case."""
    steps = steps_of(SLOW_CASES)
    return dict(zip(steps, in_turn(folder, [({}, s) for s in steps.values()]), strict=True))


def assert_codes(name, case, done):
    init, check = done[f"init {name}"], done[f"check {name}"]
    assert init.code == case[3], init.stdout + init.stderr
    assert check.code == case[4], check.stdout + check.stderr
    assert without_progress(init.stderr + check.stderr) == ""


@pytest.mark.parametrize("name", CASES)
def test_exit_codes_of_init_and_of_the_check_of_what_it_wrote(done, name):
    assert_codes(name, CASES[name], done)


@pytest.mark.parametrize("name", SLOW_CASES)
def test_the_same_for_more_kinds(slowly_done, name):
    assert_codes(name, SLOW_CASES[name], slowly_done)


def test_equal_shapes_in_swapped_order_are_told_apart_by_values(folder, done):
    text = (folder / "dense.py").read_text()
    assert '*layouts.dense("dense", "a", 6, 6)' in text
    assert '*layouts.dense("dense_1", "b", 6, 6)' in text
    assert "UNSURE" not in text


def test_square_matrices_are_laid_out_by_values(folder, done):
    text = (folder / "gate.py").read_text()
    assert 'layouts.transposed("w", (6, 6), "gate.weight", (1, 0))' in text
    assert 'layouts.transposed("v", (6, 6), "up", (1, 0))' in text


def test_the_order_of_gates_and_of_equal_kernels_is_found(folder, slowly_done):
    text = (folder / "own_gru.py").read_text()
    assert 'layouts.gated("gru/kernel", (8, 24), "wx", (1, 2, 0))' in text
    assert 'layouts.gated_rows("gru/bias", 8, ("bx", "bh"), (1, 2, 0))' in text


def test_a_layer_is_checked_alone_in_its_own_order_of_axes(folder, done):
    text = (folder / "lstm.py").read_text()
    assert 'models.Layer("lstm", "rnn", order="time first")' in text
    assert '"words": models.Input((6,), dtype="int64", below=30)' in text
    assert 'zero=("rnn.bias_hh_l0",)' in text


def test_image_layers_have_their_channels_first(folder, slowly_done):
    text = (folder / "conv.py").read_text()
    assert 'models.Layer("batch_normalization", "norm", order="channels first")' in text


def test_what_no_output_tells_apart_is_unsure_in_the_file_and_in_print(folder, done):
    text, printed = (folder / "summed.py").read_text(), done["init summed"].stdout
    assert text.count("# UNSURE: equally good with 'c' and 'd' swapped") == 2
    assert "# UNSURE: no partner was found for 'spare' (3,) of the candidate." in text
    assert printed.count("UNSURE: equally good") == 2
    assert "? spare" in printed
    assert "3 UNSURE" in printed
    # The weight without a partner is refused by the check, not passed over.
    assert "in the layer but not in the weight map: 'spare'" in done["check summed"].stdout


def test_a_wrong_candidate_gets_its_map_and_is_said_to_differ(folder, done):
    printed = done["init wrong"].stdout
    assert "wrote wrong.py: the map is not confirmed, as the outputs differ under it" in printed
    assert "the two compute different things" in printed
    assert "UNSURE" not in (folder / "wrong.py").read_text()


@pytest.mark.parametrize("name", REFUSED)
def test_a_users_mistake_is_one_line_and_nothing_is_written(done, folder, name):
    refused = done[name]
    assert refused.code == 2, refused.stdout
    (line,) = refused.stderr.splitlines()
    assert REFUSED[name][1] in line
    assert not (folder / "refused.py").exists()


def test_what_is_written_is_clean(folder, done):
    names = [f"{name}.py" for name in CASES]
    settings = Path(__file__).parents[3] / "pyproject.toml"
    ruff = [Path(sys.executable).parent / "ruff"]
    for command in (["check"], ["format", "--check"]):
        result = subprocess.run(
            [*ruff, *command, "--config", settings, "--no-cache", *names],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout


def test_a_file_that_is_there_is_kept(tmp_path, in_turn):
    kept = tmp_path / "my_port.py"
    kept.write_text("mine")
    (refused, other) = in_turn(
        tmp_path,
        [({}, ["init", "a.py:A", "b.py:B"]), ({}, ["init", "a.py:A", "b.py:B", "-o", "x"])],
    )
    assert refused.code == other.code == 2
    assert refused.stderr == (
        "error: my_port.py already exists; name another file, or give --force\n"
    )
    assert "expected a name like my_port.py" in other.stderr
    assert kept.read_text() == "mine"


def test_the_number_of_records_that_the_models_need_is_declared_and_no_other(folder, done):
    assert "    batch=8,\n" in (folder / "in_groups.py").read_text()
    assert "batch=" not in (folder / "gate.py").read_text()
