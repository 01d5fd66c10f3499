"""`parity init` on what usual models look like: a right twin passes, a wrong one is loud."""

import shutil
from pathlib import Path

import pytest

from tests.parity.printed import without_progress

MODELS = Path(__file__).parent / "models"
TWO = ["--input", "tokens=4x7x6", "--input", "mask=4x7"]
NAMED = ["--input", "x=4x5"]
BOX = ["--input", "box=4x7x2:ids:11"]
WORDS = ["--input", "words=4x7:ids:11"]
CUBE, PAIR = ["--input", "x=3x4x4x4"], ["--input", "pair=3x4x4x4"]
# Both attributes, the options, and the exit code.
CASES = {
    "named": ("Named", "Named", NAMED, 0),
    "other names": ("Named", "OtherNames", NAMED, 0),
    "wrong output": ("Named", "WrongNamed", NAMED, 1),
    "masked": ("Masked", "Masked", TWO, 0),
    "unmasked": ("Masked", "Unmasked", TWO, 1),
    "batch": ("Batch", "Batch", ["--input", "a=4x3", "--input", "b=4x2"], 0),
    "image": ("image", "image", [], 0),
    "wrong image": ("image", "wrong_image", [], 1),
    "filtered": ("filtered", "filtered", [], 0),
    "square": ("Square", "Square", CUBE, 0),
    "swapped square": ("Square", "SwappedSquare", CUBE, 1),
    "half permuted": ("Square", "HalfPermutedSquare", CUBE, 1),
    "half permuted stated": ("Square", "HalfPermutedSquare", [*CUBE, "--layout", "same"], 1),
    "pairs": ("Pairs", "Pairs", [*PAIR, "--layout", "same"], 0),
    "turned pairs": ("Pairs", "TurnedPairs", PAIR, 1),
    "shared": ("Shared", "Shared", WORDS, 0),
    "called once": ("Shared", "CalledOnce", WORDS, 1),
    "exchanged": ("Positions", "Exchanged", BOX, 1),
    "positions": ("Positions", "Positions", BOX, 0),
    "small branch": ("SmallBranch", "SmallBranch", ["--input", "x=4x7x8"], 0),
    "positioned": ("Positioned", "Positioned", ["--input", "4x5x6"], 0),
    "wrong positioned": ("Positioned", "PositionedInTurn", ["--input", "4x5x6"], 1),
    "plain": ("plain", "Plain", ["--input", "4x5"], 0),
    "wrong plain": ("plain", "WrongPlain", ["--input", "4x5"], 1),
}
# How many lines say that names disagree with values.
WARNED = {"exchanged": 2}
# Every pair is certain, but not the orders of axes.
UNSURE_ORDERS = ("half permuted",)
REFUSED = {
    "no such input": (
        ("Masked", "Masked", ["--input", "tokens=4x7x6", "--input", "msk=4x7"]),
        "neither model has an input 'msk'; the reference usual.py:Masked takes (tokens, mask)",
    ),
    "no such layout": (("image", "image", ["--layout", "nchw"]), "orders: same, channels-first"),
    "layout of another input": (
        ("image", "image", ["--layout", "y=same"]),
        "unknown input 'y'",
    ),
    "in no order": (
        ("filtered", "Plain", []),
        "with the channels first it cannot be called either",
    ),
    "layout that fails": (
        ("image", "image", ["--layout", "same"]),
        "cannot be called on x (4, 8, 6, 3)",
    ),
}


def arguments(reference, candidate, options, output):
    names = [f"usual.py:{reference}", f"usual_torch.py:{candidate}"]
    return ({}, ["init", *names, *options, "-o", output])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("usual")
    for path in MODELS.glob("usual*.py"):
        shutil.copy(path, found)
    return found


@pytest.fixture(scope="module")
def done(folder, in_turn):
    steps = {
        name: arguments(*case[:3], f"{name.replace(' ', '_')}.py") for name, case in CASES.items()
    }
    steps |= {name: arguments(*case, "refused.py") for name, (case, _) in REFUSED.items()}
    return dict(zip(steps, in_turn(folder, list(steps.values())), strict=True))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", CASES)
def test_right_twins_pass_and_wrong_ones_do_not(done, name):
    found = done[name]
    assert found.code == CASES[name][3], found.stdout + found.stderr
    assert without_progress(found.stderr) == ""
    certain = "every pairing is certain" in found.stdout
    if name in WARNED:
        assert found.stdout.count("! ") == WARNED[name]
        assert not certain
    elif name in UNSURE_ORDERS:
        assert certain
        assert "different" not in found.stdout
        assert "layout: UNSURE: " in found.stdout
    else:
        assert ("different" in found.stdout) == (not certain) == bool(CASES[name][3])


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", REFUSED)
def test_a_users_mistake_is_one_line(done, folder, name):
    found = done[name]
    assert found.code == 2, found.stdout
    (line,) = found.stderr.splitlines()
    assert REFUSED[name][1] in line
    assert not (folder / "refused.py").exists()


@pytest.mark.exhaustive
def test_the_file_says_how_the_candidate_has_inputs_and_outputs(folder, done):
    image = (folder / "image.py").read_text()
    assert 'INPUTS = {"x": models.Input((8, 6, 3), order="channels first")}' in image
    assert '*layouts.dense("dense", "4", 48, 2, channels=4)' in image
    filtered = (folder / "filtered.py").read_text()
    assert 'outputs={"output": models.Output("output", order="channels first")}' in filtered
    assert 'kept=("table", "mask")' in (folder / "positioned.py").read_text()
    other = (folder / "other_names.py").read_text()
    assert '"output/logits": models.Output("output/scores")' in other
    masked = (folder / "masked.py").read_text()
    assert '"mask": models.Input((7,), meaning="mask", exempt_gradient=' in masked


@pytest.mark.exhaustive
def test_where_sizes_fit_every_order_it_says_that_values_decided(folder, done):
    square = (folder / "square.py").read_text()
    assert 'INPUTS = {"x": models.Input((4, 4, 4), order="channels first")}' in square
    assert 'outputs={"output": models.Output("output", order="channels first")}' in square
    assert "values decided" in done["square"].stdout
    assert "A permute that the candidate forgets" in done["half permuted"].stdout
    assert "no layer has channels" in done["turned pairs"].stdout
    assert "order=" not in (folder / "pairs.py").read_text()
