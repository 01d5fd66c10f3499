"""Conservation profiles: the original's arrays, and HHsuite's files in their place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from converters.features.matrix import make_matrix
from converters.features.profile import read_profile
from converters.features.raw_files import RawFolder
from converters.residues import AMINO_ACIDS

PTEN = "ENST00000371953"


def _make(folder):
    return make_matrix(RawFolder(folder).find(PTEN))


def _hhm(pten):
    """PTEN's profile as HHsuite writes it, and the probabilities it then stands for."""
    profile = np.load(pten / f"{PTEN}.99.diff0.hhm.npy")[:, :21]
    scores = np.rint(-1000 * np.log2(profile[:, 1:]).clip(-99.999)).astype(int)
    rows = [
        f"{AMINO_ACIDS[int(code)]} {n}  "
        f"{' '.join('*' if s == 99999 else str(s) for s in row)} {n}\n"
        "  0 * * 0 * 0 * 0 0 0\n"
        for n, (code, row) in enumerate(zip(profile[:, 0], scores, strict=True), 1)
    ]
    head = (
        f"HHsearch 1.5\nNAME PTEN\nLENG  {len(rows)} match states\nSEQ\n>PTEN\nMTAII\n#\n"
        f"NULL {'3706 ' * 20}\nHMM    {' '.join(AMINO_ACIDS)}\n"
        "       M->M M->I M->D I->M I->I D->M D->D Neff Neff_I Neff_D\n       0 * * 0 * 0 * * * *\n"
    )
    expected = np.array(
        [[0.0 if s == 99999 else 2.0 ** (-s / 1000) for s in r] for r in scores.tolist()]
    )
    return head + "".join(rows) + "//\n", expected


def test_an_hhm_file_in_place_of_the_array(pten):
    plain = _make(pten).matrix
    text, expected = _hhm(pten)
    (pten / f"{PTEN}.hhm").write_text(text)
    (pten / f"{PTEN}.99.diff0.hhm.npy").unlink()
    found = _make(pten).matrix
    assert np.array_equal(found[:, 1:21], expected)
    assert np.abs(found[:, 1:21] - plain[:, 1:21]).max() < 4e-4
    found[:, 1:21] = plain[:, 1:21]
    assert found.tobytes() == plain.tobytes()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("LENG  403", "LENG  402", "has 403 match states, but LENG says 402"),
        ("//", "", "ends without '//'; the file is truncated"),
        ("HMM    A C", "HMM    C A", "line 9: the residues are in another order"),
        ("HMM ", "HMX ", "has no line 'HMM A C D ...'; expected an HHsuite .hhm file"),
        ("\nT 2", "\nT 3", "line 14: expected residue, position 2 and 20 scores"),
    ],
)
def test_a_damaged_hhm_file(pten, before, after, message):
    text, _ = _hhm(pten)
    assert before in text
    (pten / f"{PTEN}.hhm").write_text(text.replace(before, after, 1))
    (pten / f"{PTEN}.99.diff0.hhm.npy").unlink()
    with pytest.raises(InputError) as caught:
        _make(pten)
    assert message in str(caught.value)
    assert f"{PTEN}.hhm" in str(caught.value)


@pytest.mark.parametrize("columns", [21, 30])
def test_an_array_gives_its_first_21_columns(tmp_path, columns):
    array = np.random.default_rng(0).random((4, columns)).astype(np.float32)
    array[:, 0] = [0, 20, 3, 7]
    np.save(tmp_path / "p.npy", array)
    found = read_profile(tmp_path / "p.npy")
    assert found.dtype == np.float64
    assert (found == array[:, :21]).all()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 20)), "array of shape (4, 20); expected (protein length, 21 or more)"),
        (np.zeros(21), "array of shape (21,)"),
        (np.zeros((0, 21)), "array of shape (0, 21)"),
        (np.eye(4, 21) * 21, "row 0, column 0 is 21.0; expected a residue code, 0 to 20"),
        (np.eye(4, 21) * -1, "row 0, column 0 is -1.0"),
        (np.eye(4, 21) * 0.5, "row 0, column 0 is 0.5"),
        (np.full((4, 21), np.nan), "contains nan in row 0, column 0"),
    ],
)
def test_another_array_is_refused(tmp_path, array, message):
    np.save(tmp_path / "p.npy", array)
    with pytest.raises(InputError) as caught:
        read_profile(tmp_path / "p.npy")
    assert str(caught.value).startswith(f"{tmp_path / 'p.npy'}: ")
    assert message in str(caught.value)


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(0, 99_999), min_size=20, max_size=20), min_size=1, max_size=4))
def test_scores_are_powers_of_two(tmp_path_factory, scores):
    head = f"LENG  {len(scores)}\nHMM {' '.join(AMINO_ACIDS)}\n M->M\n 0 *\n"
    rows = [f"K {n} {' '.join(map(str, row))} 1\n 0 *\n\n" for n, row in enumerate(scores, 1)]
    path = tmp_path_factory.getbasetemp() / "p.hhm"
    path.write_text(head + "".join(rows) + "//\n")
    found = read_profile(path)
    assert (found[:, 0] == AMINO_ACIDS.index("K")).all()
    np.testing.assert_allclose(-1000 * np.log2(found[:, 1:]), scores, atol=1e-6)


@pytest.mark.parametrize("score", ["-5", "1.5", "x", "1" * 10, "²"])
def test_a_score_that_is_not_a_whole_number_is_refused(tmp_path, score):
    path = tmp_path / "p.hhm"
    path.write_text(f"HMM {' '.join(AMINO_ACIDS)}\nK 1 {score}{' 0' * 19} 1\n//\n")
    with pytest.raises(InputError, match=r"line 2: score is .* expected a whole number or"):
        read_profile(path)
