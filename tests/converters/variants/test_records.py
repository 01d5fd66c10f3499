import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from converters.features.files import load_matrix, save_matrix
from converters.residues import AMINO_ACIDS
from converters.variants.records import make_records, resolve
from converters.variants.rows import Rows, Variant
from converters.variants.texts import Texts

PTEN = "ENST00000371953"


def _variant(position, ref, transcript=PTEN, alt="C"):
    return Variant(f"v{position}", transcript, position, ref, alt, 1, position)


def _rows(variants):
    names = list(dict.fromkeys(variant.transcript for variant in variants))
    return Rows(
        names,
        np.array([names.index(variant.transcript) for variant in variants], np.int32),
        np.array([variant.position for variant in variants], np.int32),
        np.array([ord(variant.ref) for variant in variants], np.uint8),
        np.array([ord(variant.alt) for variant in variants], np.uint8),
        np.array([variant.label for variant in variants], np.int8),
        np.zeros(len(variants), np.int16),
        np.array([variant.line for variant in variants]),
        Texts(variant.var_id for variant in variants),
    )


def test_problems_are_told_one_by_one(own_matrices):
    (own_matrices / "BAD.npy").write_bytes(b"no array")
    given_variants = [
        _variant(1, "M"), _variant(2, "M"), _variant(404, "A"),
        _variant(1, "M", "NONE"), _variant(1, "M", "BAD"), _variant(403, "V"),
    ]  # fmt: skip
    found = resolve(_rows(given_variants), own_matrices, ["a.tsv"])
    assert found.good.tolist() == [0, 5]
    assert [(one.table, one.line, one.failed) for one in found.listed][1] == ("a.tsv", 404, True)
    assert [(p.kind, p.detail.replace(f"{own_matrices}/", "")) for p in found.listed] == [
        ("reference mismatch", f"v2: {PTEN} position 2 is T in the protein, but M in the table"),
        ("beyond the protein", f"v404: {PTEN} position 404 is beyond the protein of 403"),
        ("no feature matrix", f"NONE: no NONE.npy or .pickle in {own_matrices}"),
        (
            "unusable feature matrix",
            found.listed[3].detail.replace(f"{own_matrices}/", ""),
        ),
    ]
    assert "BAD.npy: not a complete .npy file" in found.listed[3].detail


def test_no_folder(tmp_path):
    with pytest.raises(InputError, match=r"nowhere: no such folder; expected one of"):
        resolve(_rows([_variant(1, "M")]), tmp_path / "nowhere")


def test_a_matrix_that_has_gone(tmp_path):
    with pytest.raises(InputError, match=f"the matrix of {PTEN} has disappeared"):
        list(make_records(_rows([_variant(1, "M")]), [0], tmp_path))


@given(length=st.integers(1, 140), half_width=st.sampled_from([1, 5, 64]), data=st.data())
def test_windows_are_what_a_loop_would_cut(tmp_path_factory, length, half_width, data):
    folder = tmp_path_factory.mktemp("features")
    random = np.random.default_rng(length)
    matrix = random.random((length, 435))
    matrix[:, 0] = random.integers(0, 20, length)
    matrix[:, 21:221] = random.integers(0, 21, (length, 200))
    save_matrix(folder / "T.npy", matrix)
    ends = st.sampled_from([1, length, (length + 1) // 2])
    position = data.draw(ends | st.integers(1, length))
    variant = _variant(position, AMINO_ACIDS[int(matrix[position - 1, 0])], "T")
    rows = _rows([variant])
    (record,) = make_records(rows, resolve(rows, folder).good, folder, half_width)
    assert (record.ref_aa, record.alt_aa, record.label) == (matrix[position - 1, 0], 1, 1)
    assert record.feature.shape == (2 * half_width + 1, 435)
    for row in range(2 * half_width + 1):
        place = position - 1 + row - half_width
        inside = 0 <= place < length
        expected = matrix[place].astype(np.float32) if inside else np.zeros(435, np.float32)
        assert record.feature[row].tobytes() == expected.tobytes()
        assert record.mask[row] == (0 if inside else 1)


def test_letters_that_are_no_amino_acid_are_coded_20(own_matrices):
    matrix = load_matrix(own_matrices / f"{PTEN}.npy")
    matrix[9, 0] = 20
    save_matrix(own_matrices / f"{PTEN}.npy", matrix)
    rows = _rows([_variant(10, "U")])
    (record,) = make_records(rows, resolve(rows, own_matrices).good, own_matrices)
    assert (record.ref_aa, record.alt_aa) == (20, 1)
