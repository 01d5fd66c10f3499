"""Matrices against the original's, and every way in which a raw file can be at fault."""

import gzip
import hashlib
import json
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from converters.features.matrix import make_matrix
from converters.features.raw_files import RawFolder
from converters.residues import AMINO_ACIDS

TP53, PTEN = "ENST00000269305", "ENST00000371953"
FILES = (".99.diff0.hhm.npy", ".compara103", ".netsurfp2.json", ".aa.obs_exp.npy")


def _make(folder, transcript=PTEN):
    return make_matrix(RawFolder(folder).find(transcript))


def _assert_original(folder, told):
    for transcript, expected in json.loads(told.read_text()).items():
        made = _make(folder, transcript)
        assert list(made.matrix.shape) == expected["shape"]
        assert made.matrix.dtype == expected["dtype"]
        assert hashlib.sha256(made.matrix.tobytes()).hexdigest() == expected["sha256"]
        assert made.notes == ()


def test_matrices_are_the_original_s_byte_for_byte(raw, golden):
    _assert_original(raw, golden / "combined" / "sha256.json")


def test_real_matrices_are_the_original_s_byte_for_byte(real):
    _assert_original(real / "feature", real / "golden" / "combined" / "sha256.json")


def test_the_usual_radians_would_not_be_the_original_s(raw, golden, monkeypatch):
    """The byte comparison above can fail: other last bits of an angle are enough."""
    monkeypatch.setattr("converters.features.structure.np.pi", np.nextafter(np.pi, 4))
    with pytest.raises(AssertionError):
        _assert_original(raw, golden / "combined" / "sha256.json")


def test_text_files_may_be_gzipped(pten):
    plain = _make(pten).matrix
    for end in (".compara103", ".netsurfp2.json"):
        path = pten / f"{PTEN}{end}"
        (pten / f"{PTEN}{end}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert _make(pten).matrix.tobytes() == plain.tobytes()


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
        ("//", "", "ends without '//'; the file is cut short"),
        ("HMM    A C", "HMM    C A", "line 9: the residues stand in another order"),
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
    with pytest.raises(InputError, match=f"exactly one entry with the id {PTEN}"):
        _make(pten)


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
    with pytest.raises(InputError, match=r"line 3: position 4 occurs a second time"):
        _make(pten)
    (pten / f"{PTEN}.obs_exp.tsv").write_text("aa_pos\tobs_mis\n")
    with pytest.raises(InputError, match="line 1: no column exp_mis, obs_syn, exp_syn"):
        _make(pten)


def test_infinite_counts_become_the_largest_number(pten):
    path = pten / f"{PTEN}.aa.obs_exp.npy"
    counts = np.load(path)
    counts[5] = [np.inf, -np.inf, np.nan, 1]
    np.save(path, counts)
    largest = np.finfo(np.float64).max
    assert _make(pten).matrix[5, 431:].tolist() == [largest, -largest, 0, 1]


def test_files_of_two_proteins_are_refused(pten, raw):
    for end, message in (
        (".99.diff0.hhm.npy", "line 1: homosapien has 403 positions; the protein has 393"),
        (".netsurfp2.json", f"has 393 positions, {PTEN}.99.diff0.hhm.npy has 403"),
        (".aa.obs_exp.npy", f"has 393 positions, {PTEN}.99.diff0.hhm.npy has 403"),
    ):
        shutil.copy(raw / f"{TP53}{end}", pten / f"{PTEN}{end}")
        with pytest.raises(InputError) as caught:
            _make(pten)
        assert message in str(caught.value)
        shutil.copy(raw / f"{PTEN}{end}", pten / f"{PTEN}{end}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rsa": None}, "rsa is missing; the file holds seq, q3_prob"),
        ({"rsa": "x"}, "rsa is not a list of numbers"),
        ({"rsa": ["1.0"] * 403}, "rsa is not a list of numbers"),
        ({"q3_prob": [[1, 2]] * 403}, "q3_prob is not a list of triples of numbers"),
        ({"phi": [float("nan")] * 403}, "holds nan in row 0"),
        ({"psi": [1.0] * 402}, "differ in length, or are empty: q3_prob 403"),
    ],
)
def test_a_damaged_structure(pten, change, message):
    found = {**_structure(pten), **change}
    found = {key: value for key, value in found.items() if value is not None}
    (pten / f"{PTEN}.netsurfp2.json").write_text(json.dumps(found))
    with pytest.raises(InputError) as caught:
        _make(pten)
    assert message in str(caught.value)


def test_what_the_files_disagree_on_is_told(pten):
    found = _structure(pten)
    found["seq"] = "W" + found["seq"][1:]
    (pten / f"{PTEN}.netsurfp2.json").write_text(json.dumps(found))
    (pten / f"{PTEN}.hhm").write_text("never read")
    assert _make(pten).notes == (
        f"{PTEN}.netsurfp2.json: its sequence differs from the profile's at 1 positions, the first"
        " 1 (W for M)",
        f"{PTEN}.hhm was not used",
    )


def _mutate(content: bytes, data: st.DataObject) -> bytes:
    how = data.draw(st.sampled_from(["cut", "flip", "repeat", "drop", "insert", "empty"]))
    if how == "empty":
        return b""
    at = data.draw(st.integers(0, len(content) - 1))
    # Most of what is delicate stands at the start: headers, keys, the first line.
    at = data.draw(st.sampled_from([at, at % 200]))
    size = data.draw(st.sampled_from([1, 2, 7, 300]))
    if how == "cut":
        return content[:at]
    if how == "flip":
        flipped = bytes([content[at] ^ data.draw(st.sampled_from([1, 2, 16, 32, 128]))])
        return content[:at] + flipped + content[at + 1 :]
    if how == "repeat":
        return content[:at] + content[at : at + size] + content[at:]
    if how == "drop":
        return content[:at] + content[at + size :]
    odd = [b"\x00", b"\xff\xfe", b"nan", b"-inf", b"1e999", b"\t", b"\n", b'"', b"[" * 3000, b"{"]
    return content[:at] + data.draw(st.sampled_from(odd)) + content[at:]


def _mutated_is_right_or_refused(raw, tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("raw")
    end = data.draw(st.sampled_from(FILES))
    for other in FILES:
        if other != end:
            (folder / f"{PTEN}{other}").symlink_to(raw / f"{PTEN}{other}")
    (folder / f"{PTEN}{end}").write_bytes(_mutate((raw / f"{PTEN}{end}").read_bytes(), data))
    refused = ""
    try:
        made = _make(folder)
    except InputError as error:
        refused = str(error)
    if refused:
        assert f"{PTEN}." in refused
        assert "\n" not in refused
    else:
        assert made.matrix.shape == (403, 435)
        assert np.isfinite(made.matrix).all()
    shutil.rmtree(folder)


@settings(max_examples=150)
@given(data=st.data())
def test_a_mutated_file_is_refused_or_still_right(raw, tmp_path_factory, data):
    _mutated_is_right_or_refused(raw, tmp_path_factory, data)


@pytest.mark.slow
@settings(max_examples=2500)
@given(data=st.data())
def test_mutated_files_at_length(raw, tmp_path_factory, data):
    _mutated_is_right_or_refused(raw, tmp_path_factory, data)
