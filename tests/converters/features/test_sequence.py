"""Comparison of another file's sequence with the protein."""

from pathlib import Path

import pytest

from converters.errors import InputError
from converters.features.sequence import Protein, compare, protein_of
from converters.residues import encode

FILE = Path("f.a3m")


def _compare(sequence, letters):
    return compare(sequence, Protein(encode(letters), letters), FILE, "its sequence", "expected it")


def test_equal_sequences_need_no_note():
    assert _compare("MKXW", "MKXW") == _compare("mkxw", "MKXW") == []


@pytest.mark.parametrize(("sequence", "own"), [("MUU", "MCC"), ("MCC", "MUU")])
def test_u_and_c_are_one_residue_and_the_note_shows_the_letter_there(sequence, own):
    (note,) = _compare(sequence, own)
    assert note.startswith(
        f"f.a3m: its sequence has {sequence[1]} at position 2 and 1 more, the profile {own[1]}:"
    )


@pytest.mark.parametrize(
    ("sequence", "own", "message"),
    [
        ("MW", "MK", "f.a3m: its sequence has W at position 2, the protein K; expected it"),
        ("MU", "MK", "f.a3m: its sequence has U at position 2, the protein K; expected it"),
        ("MX", "MC", "f.a3m: its sequence has X at position 2, the protein C; expected it"),
        ("MKK", "MK", "f.a3m: its sequence has 3 residues, the protein 2; expected it"),
    ],
)
def test_another_residue_is_refused_with_both_letters(sequence, own, message):
    with pytest.raises(InputError) as caught:
        _compare(sequence, own)
    assert str(caught.value) == message


def test_letters_of_codes():
    assert protein_of(encode("MK*")).letters == "MKX"
