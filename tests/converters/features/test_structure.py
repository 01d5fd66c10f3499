"""Predicted structure: NetSurfP's JSON and CSV, and what is wrong with a file."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from converters.features.matrix import make_matrix
from converters.features.raw_files import RawFolder
from converters.features.structure import read_structure

PTEN = "ENST00000371953"


def _make(folder):
    return make_matrix(RawFolder(folder).find(PTEN))


def _structure(pten):
    return json.loads((pten / f"{PTEN}.netsurfp2.json").read_text())


def _csv(found):
    head = "id, seq, n, rsa, asa, q3, p[q3_H], p[q3_E], p[q3_C], phi, psi, disorder\n"
    rows = zip(
        found["seq"], found["rsa"], found["q3_prob"], found["phi"], found["psi"],
        found["disorder"], strict=True,
    )  # fmt: skip
    return head + "".join(
        f">{PTEN}, {letter}, {n}, {rsa}, 1.0, H, {q3[0]}, {q3[1]}, {q3[2]}, {phi}, {psi}, {dis}\n"
        for n, (letter, rsa, q3, phi, psi, dis) in enumerate(rows, 1)
    )


@pytest.mark.parametrize("version", [2, 3])
def test_a_netsurfp_table_in_place_of_its_json(pten, version):
    plain, found = _make(pten).matrix, _structure(pten)
    other = _csv(found).splitlines(keepends=True)[1].replace(PTEN, "OTHER")
    (pten / f"{PTEN}.netsurfp{version}.csv").write_text(_csv(found) + other)
    (pten / f"{PTEN}.netsurfp2.json").unlink()
    made = _make(pten)
    assert (made.matrix[:, 425] == 0).all()
    assert "has no interface column" in made.notes[0]
    made.matrix[:, 425] = plain[:, 425]
    assert made.matrix.tobytes() == plain.tobytes()


def test_one_protein_among_several_is_chosen_by_its_id(pten):
    plain, found = _make(pten).matrix, _structure(pten)
    other = {**found, "id": "OTHER", "rsa": [0.0] * 403}
    several = [other, {**found, "id": f">{PTEN} human"}]
    (pten / f"{PTEN}.netsurfp2.json").unlink()
    (pten / f"{PTEN}.netsurfp3.json").write_text(json.dumps(several))
    assert _make(pten).matrix.tobytes() == plain.tobytes()
    (pten / f"{PTEN}.netsurfp3.json").write_text(json.dumps([other, other]))
    with pytest.raises(InputError, match=r"2 proteins \(OTHER, OTHER\), of which more than one is"):
        _make(pten)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rsa": None}, "rsa is missing; the file contains seq, q3_prob"),
        ({"rsa": "x"}, "rsa is not a list of numbers"),
        ({"rsa": ["1.0"] * 403}, "rsa is not a list of numbers"),
        ({"q3_prob": [[1, 2]] * 403}, "q3_prob is not a list of triples of numbers"),
        ({"phi": [float("nan")] * 403}, "contains nan in row 0"),
        ({"psi": [1.0] * 402}, "have different lengths or are empty: q3_prob 403"),
    ],
)
def test_a_damaged_structure(pten, change, message):
    found = {**_structure(pten), **change}
    found = {key: value for key, value in found.items() if value is not None}
    (pten / f"{PTEN}.netsurfp2.json").write_text(json.dumps(found))
    with pytest.raises(InputError) as caught:
        _make(pten)
    assert message in str(caught.value)


TWO = {
    "seq": "MK",
    "q3_prob": [[0.1, 0.2, 0.7], [1, 0, 0]],
    "rsa": [0.5, 0],
    "interface": [0.25, 1],
    "disorder": [0, 1],
    "phi": [90.0, 0.0],
    "psi": [-90.0, 180.0],
}


def test_columns_are_in_the_order_of_the_matrix(tmp_path):
    path = tmp_path / "T.netsurfp2.json"
    path.write_text(json.dumps(TWO))
    found = read_structure(path, "T")
    expected: list[list[float]] = [
        [0.1, 0.2, 0.7, 0.5, 0.25, 0, 1, 0, -1, 0],
        [1, 0, 0, 0, 1, 1, 0, 1, 0, -1],
    ]
    np.testing.assert_allclose(found.columns, expected, atol=1e-15)
    assert (found.sequence, found.notes) == ("MK", ())
    path.write_text(json.dumps({**TWO, "seq": 5}))
    assert read_structure(path, "T").sequence is None


@settings(max_examples=25)
@given(st.lists(st.floats(-360, 360), min_size=1, max_size=9))
def test_sines_and_cosines_are_of_one_angle(tmp_path_factory, angles):
    length = len(angles)
    path = tmp_path_factory.getbasetemp() / "T.netsurfp2.json"
    plain = {key: [0.5] * length for key in ("rsa", "interface", "disorder")}
    path.write_text(
        json.dumps({**plain, "q3_prob": [[0] * 3] * length, "phi": angles, "psi": angles})
    )
    columns = read_structure(path, "T").columns
    np.testing.assert_allclose(columns[:, 6] ** 2 + columns[:, 7] ** 2, 1)
    assert (columns[:, 6:8] == columns[:, 8:10]).all()


HEAD = "id,seq,rsa,p[q3_h],p[q3_e],p[q3_c],phi,psi,disorder,interface\n"


@pytest.mark.parametrize(
    ("end", "text", "message"),
    [
        (".json", "{", "not JSON ("),
        (".json", "[" * 100_000, "not JSON ("),
        (".json", "[]", "expected NetSurfP's JSON of one protein"),
        (".json", "[5]", "expected NetSurfP's JSON of one protein"),
        (".json", "{}", "q3_prob is missing; the file contains nothing"),
        (".csv", "", "contains no row for T"),
        (
            ".csv",
            HEAD + "A,M,0,0,0,0,0,0,0,0\nB,M,0,0,0,0,0,0,0,0\n",
            "contains 2 proteins (A, B), of which none is T",
        ),
        (".csv", HEAD + "T,M,0,0,0,0,0,0,0,x\n", "line 2: interface is 'x'; expected a number"),
        (".csv", HEAD + "T,M,0\n", "line 2: 3 fields, the header has 10"),
        (".csv", "id,rsa\nT,0\n", "has no column disorder; it has id, rsa"),
        (".csv", HEAD + "T,M,0,0,0,0,inf,0,0,0\n", "contains inf in row 0"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, end, text, message):
    path = tmp_path / f"T.netsurfp2{end}"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_structure(path, "T")
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_table_with_an_interface_needs_no_note(tmp_path):
    path = tmp_path / "T.netsurfp3.csv"
    path.write_text(HEAD + "T,MM,0,0,0,1,0,0,0,0.5\n")
    found = read_structure(path, "T")
    assert found.columns[0, 4] == 0.5
    assert (found.sequence, found.notes) == (None, ())


def _several(tmp_path, *entries):
    path = tmp_path / "T.netsurfp3.json"
    path.write_text(json.dumps(entries))
    return path


@pytest.mark.parametrize(
    ("entry", "asked"),
    [
        ({"id": "0001_ENST1", "desc": "ENST1"}, "ENST1"),
        ({"id": "0001_ENST1", "desc": "ENST1"}, "ENST1.4"),
        ({"id": "12_ENST1.4"}, "ENST1"),
        ({"id": "sp|P00001|ONE_HUMAN"}, "P00001"),
        ({"id": ">tr|P00001|ONE_HUMAN Protein one"}, "ONE_HUMAN"),
        ({"id": "ENST1.4|ENSG1.2|ONE|"}, "ENST1"),
        ({"id": "ENST1, of gene ONE"}, "ENST1"),
        ({"id": "ENST1,ONE"}, "ENST1,ONE"),
        ({"desc": "ENST1"}, "ENST1"),
    ],
)
def test_an_id_is_found_however_it_is_dressed(tmp_path, entry, asked):
    other = {**TWO, "id": "0000_ENST11", "desc": "ENST11", "rsa": [0.1, 0.1]}
    path = _several(tmp_path, other, {**TWO, **entry}, {**other, "id": "0002_MENST1", "desc": "x"})
    assert read_structure(path, asked).columns[0, 3] == 0.5


def test_without_an_id_the_sequence_decides(tmp_path):
    other = {**TWO, "id": "b", "seq": "MC", "rsa": [0.1, 0.1]}
    path = _several(tmp_path, {**TWO, "id": "a"}, other)
    assert read_structure(path, "T", "MK").columns[0, 3] == 0.5
    assert read_structure(path, "T", "MU").columns[0, 3] == 0.1
    with pytest.raises(InputError, match=r"2 proteins \(a, b\), of which none is T by its id or s"):
        read_structure(path, "T", "MW")
    path = _several(tmp_path, TWO, TWO)
    with pytest.raises(InputError, match=r"2 proteins \(no ids\), of which more than one is T"):
        read_structure(path, "T", "MK")


def test_the_exact_version_is_preferred_to_another_dressing(tmp_path):
    other = {**TWO, "id": "ENST1", "rsa": [0.1, 0.1]}
    path = _several(tmp_path, other, {**TWO, "id": "ENST1.3"})
    assert read_structure(path, "ENST1.3").columns[0, 3] == 0.5
    assert read_structure(path, "ENST1").columns[0, 3] == 0.1


def test_rows_are_in_the_order_of_n(tmp_path):
    path = tmp_path / "T.netsurfp3.csv"
    head = HEAD.replace("id,seq,", "id,seq,n,")
    rows = ["T,K,2,0.2,0,0,1,0,0,0,0\n", "T,M,1,0.1,0,0,1,0,0,0,0\n"]
    path.write_text(head + "".join(rows))
    found = read_structure(path, "T")
    assert (found.sequence, found.columns[:, 3].tolist()) == ("MK", [0.1, 0.2])
    path.write_text(head + rows[1] + rows[1])
    with pytest.raises(InputError, match="its positions n are not 1 to 2, each once"):
        read_structure(path, "T")
    path.write_text(head + rows[0])
    with pytest.raises(InputError, match="its positions n are not 1 to 1, each once"):
        read_structure(path, "T")


def test_a_list_of_numbers_orders_json_too(tmp_path):
    plain = read_structure(_several(tmp_path, TWO), "T")
    backwards = {key: value[::-1] for key, value in TWO.items()}
    found = read_structure(_several(tmp_path, {**backwards, "n": [2, 1]}), "T")
    assert found.columns.tolist() == plain.columns.tolist()
    assert found.sequence == plain.sequence
    with pytest.raises(InputError, match="n has 1 positions, and not every other list has"):
        read_structure(_several(tmp_path, {**backwards, "n": [1]}), "T")


def test_a_comma_in_an_id_that_nobody_quotes(tmp_path):
    path = tmp_path / "T.netsurfp3.csv"
    path.write_text(
        HEAD + ">T, the second, of two,M,0.25,0,0,1,0,0,0,0\n>U, one,M,0.5,0,0,1,0,0,0,0\n"
    )
    assert read_structure(path, "T").columns[0, 3] == 0.25
    assert read_structure(path, "U").columns[0, 3] == 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rsa": [0.5, 1e30]}, "row 1, column 3 is 1e+30; expected a relative accessibility"),
        ({"phi": [1e30, 0.0]}, "phi is 1e+30 in row 0 (from 0); expected degrees, -360 to 360"),
        ({"disorder": [0, -1]}, "row 1, column 5 is -1.0; expected a probability of disorder"),
    ],
)
def test_numbers_that_no_structure_has(tmp_path, change, message):
    with pytest.raises(InputError) as caught:
        read_structure(_several(tmp_path, {**TWO, **change}), "T")
    assert message in str(caught.value)
