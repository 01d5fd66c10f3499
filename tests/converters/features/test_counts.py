"""Population counts: the original's arrays, and tables in their place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from converters.errors import InputError
from converters.features.counts import read_counts
from converters.features.matrix import make_matrix
from converters.features.raw_files import RawFolder

PTEN = "ENST00000371953"


def _make(folder):
    return make_matrix(RawFolder(folder).find(PTEN))


def test_a_table_of_counts_in_place_of_the_array(pten):
    plain = _make(pten).matrix
    counts = np.load(pten / f"{PTEN}.aa.obs_exp.npy")
    rows = [f"{n}\t" + "\t".join(map(repr, row.tolist())) for n, row in enumerate(counts, 1)]
    rows = [*(row for row in rows[::-1] if "nan" not in row), "98\tnan\tnan\tnan\tnan"]
    head = "aa_pos\tobs_mis\texp_mis\tobs_syn\texp_syn\n"
    (pten / f"{PTEN}.obs_exp.tsv").write_text(head + "\n".join(rows))
    (pten / f"{PTEN}.aa.obs_exp.npy").unlink()
    assert _make(pten).matrix.tobytes() == plain.tobytes()
    (pten / f"{PTEN}.obs_exp.tsv").write_text(head + "404\t1\t1\t1\t1\n")
    with pytest.raises(InputError, match=r"line 2: position '404'; expected 1 to 403"):
        _make(pten)
    (pten / f"{PTEN}.obs_exp.tsv").write_text(head + "4\t1\t1\t1\t1\n4\t1\t1\t1\t1\n")
    with pytest.raises(InputError, match=r"line 3: position 4 is repeated; expected each once"):
        _make(pten)
    (pten / f"{PTEN}.obs_exp.tsv").write_text("aa_pos\tobs_mis\n")
    with pytest.raises(InputError, match="line 1: no column exp_mis, obs_syn, exp_syn"):
        _make(pten)


@pytest.mark.parametrize(
    ("value", "shown"), [(np.inf, "inf"), (-np.inf, "-inf"), (-1, "-1"), (1e10, "1e+10")]
)
def test_a_count_that_cannot_be_one_is_refused_by_its_row(tmp_path, value, shown):
    path = tmp_path / "c.npy"
    counts = np.ones((4, 4))
    counts[1], counts[2, 3] = np.nan, value
    np.save(path, counts)
    with pytest.raises(InputError) as caught:
        read_counts(path, 4)
    assert str(caught.value) == (
        f"{path}, row 2 (from 0): exp_syn is {shown}; expected a count, from 0 to 1e+09"
    )


def test_rows_are_placed_by_position_and_others_are_zero(tmp_path):
    path = tmp_path / "c.tsv"
    path.write_text("exp_syn\t#POS\tobs_mis\texp_mis\tobs_syn\n4\t3\t1\t2\t3\n\n\t1\t 5\t\tnan\n")
    assert read_counts(path, 4).tolist() == [[5, 0, 0, 0], [0] * 4, [1, 2, 3, 4], [0] * 4]


HEAD = "aa_pos\tobs_mis\texp_mis\tobs_syn\texp_syn\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD, "contains a header but no rows"),
        (HEAD + "5\t-3\t0.1\t0\t0\n", "line 2: obs_mis is -3; expected a count"),
        (HEAD + "5\t3\t0.1\t0\tinf\n", "line 2: exp_syn is inf; expected a count"),
        (HEAD + "5\t3\t0.1\t0\t1\n6\t1\t-1e999\t0\t1\n", "line 3: exp_mis is -inf"),
        (HEAD.replace("\n", "\r") + "5\t1\t1\t1\t1\r", "line 1: contains a carriage return that"),
        (HEAD + "5\t1\t1\r6\t1\t1\n", "line 2: contains a carriage return that"),
        (HEAD + f"5\t{'1' * 200_000}\t1\t1\t1\n", "not a tab-separated table (field larger"),
    ],
)
def test_a_table_is_refused_whose_rows_are_not_counts(tmp_path, text, message):
    path = tmp_path / "c.tsv"
    path.write_text(text, newline="")
    with pytest.raises(InputError) as caught:
        read_counts(path, 9)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_either_end_of_line_is_right(tmp_path, end):
    path = tmp_path / "c.tsv"
    path.write_text((HEAD + "2\t1\t2\t3\t4\n").replace("\n", end), newline="")
    assert read_counts(path, 2).tolist() == [[0] * 4, [1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: no column aa_pos, obs_mis, exp_mis, obs_syn, exp_syn"),
        ("obs_mis\texp_mis\tobs_syn\texp_syn\n", "line 1: no column aa_pos in tab-separated text"),
        ("pos\tobs_mis\texp_mis\tobs_syn\texp_syn\n1\t1\n", "line 2: 2 fields, the header has 5"),
        ("pos\tobs_mis\texp_mis\tobs_syn\texp_syn\n0\t1\t1\t1\t1\n", "line 2: position '0'"),
        ("pos\tobs_mis\texp_mis\tobs_syn\texp_syn\n²\t1\t1\t1\t1\n", "line 2: position '²'"),
        (
            "pos\tobs_mis\texp_mis\tobs_syn\texp_syn\n1\t1\tx\t1\t1\n",
            "line 2: exp_mis is 'x'; expected a number",
        ),
    ],
)
def test_a_wrong_table_is_refused_by_its_line(tmp_path, text, message):
    path = tmp_path / "c.tsv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_counts(path, 4)
    assert str(caught.value).startswith(f"{path}, ")
    assert message in str(caught.value)


def test_an_array_of_another_shape_is_refused(tmp_path):
    np.save(tmp_path / "c.npy", np.zeros((4, 3)))
    with pytest.raises(
        InputError, match=r"array of shape \(4, 3\); expected \(protein length, 4\)"
    ):
        read_counts(tmp_path / "c.npy", 4)


@settings(max_examples=25)
@given(
    hnp.arrays(
        "f4",
        st.tuples(st.integers(0, 5), st.just(4)),
        elements=st.floats(0, 1e9, width=32) | st.just(np.nan),
    )
)
def test_counts_are_finite_float64_whatever_an_array_holds(tmp_path_factory, array):
    path = tmp_path_factory.getbasetemp() / "c.npy"
    np.save(path, array)
    found = read_counts(path, len(array))
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
    assert (found == np.nan_to_num(array)).all()
