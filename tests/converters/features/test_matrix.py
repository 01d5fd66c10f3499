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


def test_files_of_two_proteins_are_refused(pten, raw):
    for end, message in (
        (".99.diff0.hhm.npy", "line 1: homosapien has 403 positions; the protein has 393"),
        (".netsurfp2.json", f"has 393 positions, but {PTEN}.99.diff0.hhm.npy has 403"),
        (".aa.obs_exp.npy", f"has 393 positions, but {PTEN}.99.diff0.hhm.npy has 403"),
    ):
        shutil.copy(raw / f"{TP53}{end}", pten / f"{PTEN}{end}")
        with pytest.raises(InputError) as caught:
            _make(pten)
        assert message in str(caught.value)
        shutil.copy(raw / f"{PTEN}{end}", pten / f"{PTEN}{end}")


def _structure(pten, **changed):
    path = pten / f"{PTEN}.netsurfp2.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def test_a_structure_of_another_protein_is_refused_as_an_alignment_is(pten):
    sequence = json.loads((pten / f"{PTEN}.netsurfp2.json").read_text())["seq"]
    _structure(pten, seq=sequence[:4] + "W" + sequence[5:])
    message = (
        rf"netsurfp2\.json: its sequence has W at position 5, the protein {sequence[4]}; expected"
    )
    with pytest.raises(InputError, match=message):
        _make(pten)
    _structure(pten, seq=sequence[:-1])
    with pytest.raises(InputError, match="its sequence has 402 residues, the protein 403"):
        _make(pten)
    _structure(pten, seq=sequence.lower())
    assert _make(pten).notes == ()


def test_selenocysteine_is_the_cysteine_of_the_profile(pten):
    plain = _make(pten).matrix
    sequence = json.loads((pten / f"{PTEN}.netsurfp2.json").read_text())["seq"]
    at = sequence.index("C")
    _structure(pten, seq=sequence.replace("C", "U", 1))
    made = _make(pten)
    assert made.matrix.tobytes() == plain.tobytes()
    assert made.notes == (
        f"{PTEN}.netsurfp2.json: its sequence has U at position {at + 1}, the profile C: U is"
        " selenocysteine, for which C may stand, so the residue is the same",
    )


def test_files_that_are_not_used_are_named(pten):
    (pten / f"{PTEN}.hhm").write_text("never read")
    assert _make(pten).notes == (f"{PTEN}.hhm was not used",)


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
